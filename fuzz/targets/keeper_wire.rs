//! What is said between a keeper and its clients, as either end reads it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::keeper::wire::{Decoder, Frame, Greeting, Request, Response};
use netverb_fuzz::pieces;

fuzz_target!(|data: &[u8]| {
    let mut stranger = Decoder::new();
    stranger.push(data);
    let _ = stranger.greeting();
    // One frame whose length is right, and a stream of them whose lengths are what they are.
    if let Some((kind, payload)) = data.split_first() {
        read(Frame { kind: *kind, payload });
    }
    let mut decoder = Decoder::new();
    decoder.push(&Greeting::own().encode());
    decoder.greeting().unwrap().unwrap();
    for piece in pieces(data) {
        decoder.push(piece);
        while let Ok(Some(frame)) = decoder.next_frame() {
            read(frame);
        }
    }
    let _ = decoder.finish();
});

/// What can be read can be written.
fn read(frame: Frame<'_>) {
    if let Ok(request) = Request::decode(frame) {
        request.encode(&mut Vec::new()).unwrap();
    }
    if let Ok(response) = Response::decode(frame) {
        response.encode(&mut Vec::new()).unwrap();
    }
}
