//! Streaming filters: bytes in, bytes out, whatever the chunks are cut like. No I/O and no clocks; what is held back
//! is bounded.

pub mod chance;
pub mod escapes;
pub mod inband;
pub mod line_ending;
pub mod lossy;
pub mod misbehaviour;
pub mod telnet;
pub mod transform;

pub use inband::{Inband, InbandError, InbandMarks, InbandMarksError, Piece};
pub use line_ending::{Incoming, LineEnding, LineEndingError, Outgoing};
pub use transform::Transform;

/// What stands before the first `byte`, and what stands after it.
fn split_at_byte(byte: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (before, rest) = input.split_at_checked(memchr::memchr(byte, input)?)?;
    Some((before, rest.split_first()?.1))
}
