//! A content whose last line is ended where it is not, such as that of a file with a password.

use std::io::{self, Read};

/// Reads a content, and then the line ending that it lacks.
pub struct WholeLines<R> {
    content: R,
    ending: &'static [u8],
    /// The last byte so far.
    last: Option<u8>,
}

impl<R: Read> WholeLines<R> {
    /// Ends this content with this, if it does not end with it or with LF.
    pub fn new(content: R, ending: &'static [u8]) -> Self {
        WholeLines { content, ending, last: None }
    }
}

impl<R: Read> Read for WholeLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        if let Some(last) = buffer.get(..count).and_then(<[u8]>::last) {
            self.last = Some(*last);
            return Ok(count);
        }
        if self.last.take().is_some_and(|last| last == b'\n' || self.ending.last() == Some(&last)) {
            self.ending = &[];
        }
        self.ending.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read in pieces of two bytes.
    fn whole(content: &[u8], ending: &'static [u8]) -> Vec<u8> {
        let (mut input, mut read) = (WholeLines::new(content, ending), Vec::new());
        loop {
            let mut piece = [0; 2];
            match input.read(&mut piece).unwrap() {
                0 => return read,
                count => read.extend_from_slice(&piece[..count]),
            }
        }
    }

    #[test]
    fn a_line_gets_an_ending_where_it_has_none() {
        for (content, ending, expected) in [
            (&b"secret"[..], &b"\n"[..], &b"secret\n"[..]),
            (b"secret\n", b"\n", b"secret\n"),
            (b"secret", b"\r\n", b"secret\r\n"),
            (b"secret\r\n", b"\r\n", b"secret\r\n"),
            (b"secret\r", b"\r", b"secret\r"),
            (b"", b"\r\n", b"\r\n"),
        ] {
            assert_eq!(whole(content, ending), expected, "{}", content.escape_ascii());
        }
    }
}
