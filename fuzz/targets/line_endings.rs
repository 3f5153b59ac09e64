//! Line endings, both ways: how a stream is cut changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::filter::{Incoming, LineEnding, Outgoing, Transform};
use netverb_fuzz::pieces;

fuzz_target!(|data: &[u8]| {
    for kind in [LineEnding::CrLf, LineEnding::Cr, LineEnding::Lf] {
        let whole = through(Incoming::new(kind), &[data]);
        assert_eq!(through(Incoming::new(kind), &pieces(data)), whole, "incoming {kind:?}");
        let whole = through(Outgoing::new(kind), &[data]);
        assert_eq!(through(Outgoing::new(kind), &pieces(data)), whole, "outgoing {kind:?}");
    }
});

fn through(mut filter: impl Transform, pieces: &[&[u8]]) -> Vec<u8> {
    let mut output = Vec::new();
    for piece in pieces {
        filter.push(piece, &mut output).unwrap();
    }
    filter.finish(&mut output).unwrap();
    output
}
