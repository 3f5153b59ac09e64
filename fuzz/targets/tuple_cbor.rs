//! Tuples in cbor.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::tuple::Encoding;
use netverb_fuzz::tuples;

fuzz_target!(|data: &[u8]| {
    tuples::survive(|| Encoding::Cbor.codec(4096), data);
});
