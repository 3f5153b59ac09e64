//! The byte order mark that some programs begin a text with: it is no part of the text, and is skipped here.

use std::io::{self, Read};

/// U+FEFF in UTF-8.
const MARK: &[u8; 3] = b"\xef\xbb\xbf";

/// A text without its mark.
#[derive(Debug)]
pub(super) struct Unmarked<R> {
    source: R,
    decided: bool,
    /// What may be the mark; once that is decided, what is none and still has to be given.
    begin: Vec<u8>,
}

impl<R: Read> Unmarked<R> {
    pub(super) fn new(source: R) -> Self {
        Unmarked { source, decided: false, begin: Vec::new() }
    }

    fn decide(&mut self) -> io::Result<()> {
        while !self.decided {
            let mut piece = [0; MARK.len()];
            let wanted = MARK.len().saturating_sub(self.begin.len());
            let count = self.source.read(piece.get_mut(..wanted).unwrap_or_default())?;
            self.begin.extend_from_slice(piece.get(..count).unwrap_or_default());
            self.decided = count == 0 || self.begin.len() == MARK.len() || !MARK.starts_with(&self.begin);
        }
        if self.begin == MARK {
            self.begin.clear();
        }
        Ok(())
    }
}

impl<R: Read> Read for Unmarked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decide()?;
        match self.begin.as_slice().read(buffer)? {
            0 => self.source.read(buffer),
            count => {
                self.begin.drain(..count);
                Ok(count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_mark_at_the_beginning_is_none_of_the_text() {
        let table: [(&[u8], &[u8]); 7] = [
            (b"\xef\xbb\xbfa", b"a"),
            (b"\xef\xbb\xbf\xef\xbb\xbf", b"\xef\xbb\xbf"),
            (b"a\xef\xbb\xbf", b"a\xef\xbb\xbf"),
            (b"\xef\xbba", b"\xef\xbba"),
            (b"\xef\xbb", b"\xef\xbb"),
            (b"", b""),
            (b"abcd", b"abcd"),
        ];
        for (bytes, text) in table {
            for cut in 0..=bytes.len() {
                let (front, rest) = bytes.split_at(cut);
                let mut read = Vec::new();
                Unmarked::new(front.chain(rest)).read_to_end(&mut read).unwrap();
                assert_eq!(read, text, "{bytes:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn what_is_there_is_given_before_more_is() {
        struct Fails;
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("asked too early"))
            }
        }
        let mut text = Unmarked::new(b"5\n".chain(Fails));
        let mut space = [0; 9];
        assert_eq!(text.read(&mut space).unwrap(), 2);
    }
}
