//! What is said between a keeper and its clients, as either end reads it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::keeper::wire::{Decoder, Request, Response};
use netverb_fuzz::pieces;

fuzz_target!(|data: &[u8]| {
    let mut decoder = Decoder::new();
    let mut greeted = false;
    for piece in pieces(data) {
        decoder.push(piece);
        if !greeted {
            match decoder.greeting() {
                Ok(greeting) => greeted = greeting.is_some(),
                Err(_) => return,
            }
        }
        while let (true, Ok(Some(frame))) = (greeted, decoder.next_frame()) {
            if let Ok(request) = Request::decode(frame) {
                request.encode(&mut Vec::new()).unwrap();
            }
            if let Ok(response) = Response::decode(frame) {
                response.encode(&mut Vec::new()).unwrap();
            }
        }
    }
    let _ = decoder.finish();
});
