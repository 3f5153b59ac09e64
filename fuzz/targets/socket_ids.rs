//! IDs of sockets, as `open` reads them: one that was read is read again from how it is shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::address::SocketId;

fuzz_target!(|text: &str| {
    let _ = SocketId::parse_kept(text);
    if let Ok(id) = SocketId::parse(text) {
        assert_eq!(SocketId::parse(&id.to_string()).as_ref(), Ok(&id), "{id}");
    }
});
