//! Streaming filters: bytes in, bytes out, state kept between pushes, no I/O.

use std::io;

/// Something that changes a stream of bytes.
pub trait Transform {
    /// Takes bytes and appends what is ready.
    ///
    /// # Errors
    /// InvalidData when the stream cannot be converted.
    fn push(&mut self, input: &[u8], output: &mut Vec<u8>) -> io::Result<()>;

    /// Appends what was held back; nothing comes after it.
    ///
    /// # Errors
    /// InvalidData when the stream ends in the middle of something.
    fn finish(&mut self, output: &mut Vec<u8>) -> io::Result<()>;
}
