//! Headers of the PROXY protocol: what was read is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::transport::proxy::proxy_protocol::{decode, encode};
use netverb_fuzz::hostile::{Hostile, finish};

fuzz_target!(|data: &[u8]| {
    survives(data);
    survives(&[b"PROXY TCP4 ", data].concat());
    survives(&[b"\r\n\r\n\0\r\nQUIT\n", data].concat());
});

fn survives(bytes: &[u8]) {
    let Ok(header) = finish(decode(&mut Hostile::new(bytes))) else { return };
    let written = encode(header.version, header.ends);
    let again = finish(decode(&mut Hostile::new(&written))).unwrap();
    // Where only one end is IPv6, the other is written as IPv6.
    if let (Some(ends), Some(again)) = (header.ends, again.ends) {
        assert_eq!(again.source.ip().to_canonical(), ends.source.ip().to_canonical());
        assert_eq!(again.destination.port(), ends.destination.port());
    }
}
