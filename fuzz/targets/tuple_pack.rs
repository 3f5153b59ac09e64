//! Packed tuples: formats as users write them, and packets of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::tuple::{Charset, Codec, Pack};

fuzz_target!(|input: (&str, &[u8])| {
    let (formats, data) = input;
    let charset = Charset::default();
    let formats: Vec<&str> = formats.split(';').collect();
    let Ok(mut codec) = Pack::receiver(&formats, charset, 4096) else { return };
    let Ok(tuple) = codec.decode_message(data) else { return };
    // What was received in a format can be sent in it.
    let sender = Pack::sender(codec.name(), charset, 4096).unwrap();
    sender.encode(&tuple, &mut Vec::new()).unwrap();
});
