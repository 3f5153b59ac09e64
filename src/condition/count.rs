//! The counting of the amounts of `amount.rs` in data that grows.

use memchr::memchr;

use super::{Found, Progress, Supply};

/// Waits for a number of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByteCount(pub(super) u64);

impl ByteCount {
    pub(super) fn advance(self, window: &[u8]) -> Progress {
        match usize::try_from(self.0) {
            Ok(count) if count <= window.len() => Progress::Found(Found::counted(count)),
            _ => Progress::NotYet,
        }
    }
}

/// Counts lines or items. Each byte is looked at once.
#[derive(Debug, Clone)]
pub(super) struct SeparatorCount {
    remaining: u64,
    ending: Ending,
    from: usize,
}

/// What ends the pieces that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// LF; stripped with the CR before it.
    LineFeed,
    /// A comma, or the end of the data.
    Comma,
}

impl SeparatorCount {
    pub(super) fn new(count: u64, ending: Ending) -> Self {
        SeparatorCount { remaining: count, ending, from: 0 }
    }

    pub(super) fn advance(&mut self, window: &[u8], supply: Supply) -> Progress {
        let separator = match self.ending {
            Ending::LineFeed => b'\n',
            Ending::Comma => b',',
        };
        if self.remaining == 0 {
            return Progress::Found(Found::counted(0));
        }
        while let Some(at) = window.get(self.from..).and_then(|tail| memchr(separator, tail)) {
            self.from += at + 1;
            self.remaining -= 1;
            if self.remaining == 0 {
                let result = window.get(..self.from).unwrap_or_default();
                let crlf = self.ending == Ending::LineFeed && result.ends_with(b"\r\n");
                return Progress::Found(Found::terminated(self.from, if crlf { 2 } else { 1 }));
            }
        }
        match (self.ending, supply) {
            (Ending::Comma, Supply::Ended) if self.remaining == 1 && self.from < window.len() => {
                Progress::Found(Found::counted(window.len()))
            }
            _ => Progress::NotYet,
        }
    }
}

/// Counts words. Each byte is looked at once.
#[derive(Debug, Clone)]
pub(super) struct WordCount {
    remaining: u64,
    from: usize,
    place: Place,
    /// Where the first word begins.
    first: Option<usize>,
}

/// Where the walk over words is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Between,
    Inside,
}

impl WordCount {
    pub(super) fn new(count: u64) -> Self {
        WordCount { remaining: count, from: 0, place: Place::Between, first: None }
    }

    pub(super) fn advance(&mut self, window: &[u8], supply: Supply) -> Progress {
        if self.remaining == 0 {
            return Progress::Found(Found::counted(0));
        }
        for byte in window.get(self.from..).unwrap_or_default() {
            match (self.place, is_space(*byte)) {
                (Place::Between, true) | (Place::Inside, false) => {}
                (Place::Between, false) => {
                    self.place = Place::Inside;
                    self.first.get_or_insert(self.from);
                }
                (Place::Inside, true) => {
                    self.place = Place::Between;
                    self.remaining -= 1;
                    if self.remaining == 0 {
                        return self.found(self.from);
                    }
                }
            }
            self.from += 1;
        }
        match (supply, self.place) {
            (Supply::Ended, Place::Inside) if self.remaining == 1 => self.found(window.len()),
            _ => Progress::NotYet,
        }
    }

    fn found(&self, end: usize) -> Progress {
        Progress::Found(Found { skipped: self.first.unwrap_or(0), ..Found::counted(end) })
    }
}

/// ASCII whitespace with the vertical tab, as isspace(3) in the C locale.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::TerminatorRule;

    #[test]
    fn lines_are_counted_with_their_endings() {
        let lines = |count, data: &[u8]| SeparatorCount::new(count, Ending::LineFeed).advance(data, Supply::Ended);
        assert_eq!(lines(2, b"a\nb\r\nc"), Progress::Found(Found::terminated(5, 2)));
        assert_eq!(lines(1, b"\n"), Progress::Found(Found::terminated(1, 1)));
        assert_eq!(lines(3, b"a\nb\nc"), Progress::NotYet, "an unended line is not a line");
        assert_eq!(lines(0, b"a\n"), Progress::Found(Found::counted(0)));
    }

    #[test]
    fn items_are_separated_by_commas_alone() {
        let items = |count, data: &[u8], supply| SeparatorCount::new(count, Ending::Comma).advance(data, supply);
        assert_eq!(items(2, b"a b,c\nd,e", Supply::Flowing), Progress::Found(Found::terminated(8, 1)));
        assert_eq!(items(2, b"a,b", Supply::Flowing), Progress::NotYet);
        assert_eq!(items(2, b"a,b", Supply::Ended), Progress::Found(Found::counted(3)));
        assert_eq!(items(2, b"a,b", Supply::Broken), Progress::NotYet, "what is cut may be half an item");
        assert_eq!(items(2, b"a,", Supply::Ended), Progress::NotYet);
    }

    #[test]
    fn words_leave_what_follows_them() {
        let words = |count, data: &[u8], supply| WordCount::new(count).advance(data, supply);
        let Progress::Found(found) = words(2, b" \r\n ab\tcde\r\nf", Supply::Flowing) else { panic!("not found") };
        assert_eq!((found.consumed, found.value(TerminatorRule::Keep)), (10, 4..10));
        assert_eq!(words(1, b"ab", Supply::Flowing), Progress::NotYet);
        assert_eq!(words(1, b"ab", Supply::Ended), Progress::Found(Found::counted(2)));
        assert_eq!(words(1, b"ab", Supply::Broken), Progress::NotYet);
        assert_eq!(words(1, b" \t\x0b\x0c", Supply::Ended), Progress::NotYet);
    }
}
