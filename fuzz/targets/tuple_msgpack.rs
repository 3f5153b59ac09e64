//! Tuples in msgpack.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::tuple::Encoding;
use netverb_fuzz::tuples;

fuzz_target!(|data: &[u8]| {
    tuples::survive(|| Encoding::MsgPack.codec(4096), data);
});
