//! In-band commands: their marks, and streams that hold them, cut in any way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::filter::{Inband, InbandMarks, Piece};
use netverb_fuzz::pieces;

fuzz_target!(|data: &[u8]| {
    let _ = std::str::from_utf8(data).map(str::parse::<InbandMarks>);
    let marks: InbandMarks = "$,%".parse().unwrap();
    assert_eq!(through(marks, &pieces(data)), through(marks, &[data]));
});

fn through(marks: InbandMarks, pieces: &[&[u8]]) -> (Vec<u8>, Vec<Vec<u8>>, bool) {
    let (mut plain, mut commands) = (Vec::new(), Vec::new());
    let mut inband = Inband::new(marks);
    for piece in pieces {
        let pushed = inband.push(piece, |piece| match piece {
            Piece::Data(data) => plain.extend_from_slice(data),
            Piece::Command(command) => commands.push(command.to_vec()),
        });
        if pushed.is_err() {
            return (plain, commands, false);
        }
    }
    let ended = inband.finish().is_ok();
    (plain, commands, ended)
}
