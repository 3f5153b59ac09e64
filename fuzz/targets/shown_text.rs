//! What a terminal is shown of a peer's bytes: no control character, however they are cut; and hex dumps.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::output::hex::HexDump;
use netverb::output::sanitize::Sanitizer;
use netverb_fuzz::pieces;

fuzz_target!(|data: &[u8]| {
    let text = sanitized(&pieces(data));
    assert_eq!(text, sanitized(&[data]));
    assert!(!text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\t')), "{text:?}");
    assert_eq!(dumped(&pieces(data)), dumped(&[data]));
});

fn sanitized(pieces: &[&[u8]]) -> String {
    let (mut sanitizer, mut text) = (Sanitizer::new(), String::new());
    pieces.iter().for_each(|piece| sanitizer.push(piece, &mut text));
    sanitizer.finish(&mut text);
    text
}

fn dumped(pieces: &[&[u8]]) -> Vec<u8> {
    let (mut dump, mut output) = (HexDump::new(), Vec::new());
    pieces.iter().for_each(|piece| dump.push(piece, &mut output));
    dump.finish(&mut output);
    output
}
