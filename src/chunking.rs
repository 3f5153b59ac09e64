//! Any chunking of a stream, for the property tests of everything that streams. For tests only.

use proptest::prelude::*;
use proptest::sample::Index;

/// Where to cut a stream of any length: from not at all to very often, empty chunks included.
pub fn cuts() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..12)
}

/// The stream in chunks, cut there.
pub fn cut<'a>(stream: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    at.extend([0, stream.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect()
}
