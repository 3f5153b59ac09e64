//! Lines in data that grows, for the searches that look at whole lines.

use memchr::memchr;

/// Walks over the lines of a buffer that grows, each line once, each byte once.
#[derive(Debug, Clone, Default)]
pub(super) struct LineWalk {
    start: usize,
    from: usize,
}

/// A whole line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Without its ending.
    pub(super) text: &'a [u8],
    /// Length of the ending: 1 for LF, 2 for CRLF.
    pub(super) ending: usize,
    /// Where the next line begins.
    pub(super) end: usize,
}

impl LineWalk {
    /// The next line that is there as a whole.
    pub(super) fn next<'a>(&mut self, window: &'a [u8]) -> Option<Line<'a>> {
        let Some(at) = window.get(self.from..).and_then(|tail| memchr(b'\n', tail)) else {
            self.from = self.from.max(window.len());
            return None;
        };
        let feed = self.from + at;
        let line = window.get(self.start..feed)?;
        let (text, ending) = line.strip_suffix(b"\r").map_or((line, 1), |text| (text, 2));
        self.from = feed + 1;
        self.start = feed + 1;
        Some(Line { text, ending, end: feed + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_walked_once() {
        let mut lines = LineWalk::default();
        let data = b"ab\r\n\n c";
        assert_eq!(lines.next(&data[..3]), None);
        assert_eq!(lines.next(data), Some(Line { text: b"ab", ending: 2, end: 4 }));
        assert_eq!(lines.next(data), Some(Line { text: b"", ending: 1, end: 5 }));
        assert_eq!(lines.next(data), None);
        assert_eq!(lines.from, data.len());
    }

    #[test]
    fn a_buffer_that_has_shrunk_is_survived() {
        let mut lines = LineWalk::default();
        lines.next(b"01234\n6789");
        assert_eq!(lines.next(b"a\n"), None);
    }
}
