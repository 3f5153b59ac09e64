//! Durations and sizes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::quantity::{parse_duration, parse_size};

fuzz_target!(|text: &str| {
    let _ = (parse_duration(text), parse_size(text));
});
