//! What holds for every encoding of tuples that shows its own end.

use netverb::tuple::{Codec, Progress, Tuple};

use crate::pieces;

/// The same tuples come out however a stream is cut; each is written and read again.
pub fn survive(codec: impl Fn() -> Box<dyn Codec>, data: &[u8]) {
    let whole = decode_all(&mut *codec(), &[data]);
    assert_eq!(decode_all(&mut *codec(), &pieces(data)), whole);
    for tuple in whole.0 {
        let mut bytes = Vec::new();
        // It may be longer than it was, and so too long.
        if codec().encode(&tuple, &mut bytes).is_ok() && bytes.len() < 4096 {
            assert_eq!(codec().decode_message(&bytes), Ok(tuple), "{bytes:02x?}");
        }
    }
    let _ = codec().decode_message(data);
}

/// The tuples, and whether the stream ended well.
fn decode_all(codec: &mut dyn Codec, pieces: &[&[u8]]) -> (Vec<Tuple>, bool) {
    let (mut tuples, mut buffer) = (Vec::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match codec.decode(&buffer) {
                Ok(Progress::Got(tuple, consumed)) => {
                    tuples.push(tuple);
                    buffer.drain(..consumed);
                }
                Ok(Progress::NeedMore) => break,
                Err(_) => return (tuples, false),
            }
        }
    }
    let last = codec.finish(&buffer);
    let ended = last.is_ok();
    tuples.extend(last.ok().flatten());
    (tuples, ended)
}
