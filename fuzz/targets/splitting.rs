//! Messages in a stream: any way of splitting, cut in any way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::message::{Split, Splitter};
use netverb_fuzz::pieces;

fuzz_target!(|data: &[u8]| {
    let _ = std::str::from_utf8(data).map(str::parse::<Split>);
    for split in ["none", "line", "nul", "length", "3"] {
        let split = split.parse().unwrap();
        assert_eq!(split_all(split, &pieces(data)), split_all(split, &[data]), "{split:?}");
    }
});

/// The messages, and whether the stream ended well.
fn split_all(split: Split, pieces: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    let (mut splitter, mut messages) = (Splitter::new(split, 4096), Vec::new());
    for piece in pieces {
        let mut input = *piece;
        loop {
            match splitter.next_message(&mut input) {
                Ok(Some(message)) => messages.push(message.to_vec()),
                Ok(None) => break,
                Err(_) => return (messages, false),
            }
        }
    }
    let last = splitter.finish();
    let ended = last.is_ok();
    messages.extend(last.ok().flatten().map(<[u8]>::to_vec));
    (messages, ended)
}
