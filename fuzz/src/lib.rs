//! What several targets need.

pub mod hostile;
pub mod tuples;

/// The data in pieces, whose lengths come from the data itself.
pub fn pieces(data: &[u8]) -> Vec<&[u8]> {
    let (mut pieces, mut rest) = (Vec::new(), data);
    while let Some(first) = rest.first() {
        let (piece, after) = rest.split_at(rest.len().min(1 + usize::from(first % 7)));
        pieces.push(piece);
        rest = after;
    }
    pieces
}
