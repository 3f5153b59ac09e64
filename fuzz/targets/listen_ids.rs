//! Where to listen, as `accept` reads it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::address::ListenId;

fuzz_target!(|text: &str| {
    if let Ok(id) = ListenId::parse(text) {
        assert_eq!(ListenId::parse(&id.to_string()).as_ref(), Ok(&id), "{id}");
    }
});
