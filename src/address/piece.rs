//! A piece of a text that is being parsed. It knows where it stands, so that an error can mark a column; it knows no grammar.

use super::IdError;

/// A part of the text that the user typed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    whole: &'a str,
    /// Where `text` begins in `whole`, in bytes.
    start: usize,
    /// The part itself.
    pub text: &'a str,
}

impl<'a> Piece<'a> {
    /// All of a text.
    pub fn whole(text: &'a str) -> Self {
        Piece { whole: text, start: 0, text }
    }

    /// Splits before the byte `at`; all goes to the first half where that is no place to split.
    pub fn split_at(self, at: usize) -> (Self, Self) {
        let (head, tail) = self.text.split_at_checked(at).unwrap_or((self.text, ""));
        (Piece { text: head, ..self }, Piece { start: self.start + head.len(), text: tail, ..self })
    }

    /// What is left without the first `bytes` bytes.
    pub fn skip(self, bytes: usize) -> Self {
        self.split_at(bytes).1
    }

    /// What is before and after the first `separator`.
    pub fn split_once(self, separator: char) -> Option<(Self, Self)> {
        self.text.find(separator).map(|at| self.split_around(at, separator))
    }

    /// What is before and after the last `separator`.
    pub fn rsplit_once(self, separator: char) -> Option<(Self, Self)> {
        self.text.rfind(separator).map(|at| self.split_around(at, separator))
    }

    /// The pieces between the separators; one more than there are separators.
    pub fn split(self, separator: char) -> impl Iterator<Item = Self> {
        let mut left = Some(self);
        std::iter::from_fn(move || {
            let piece = left?;
            let (head, tail) = piece.split_once(separator).map_or((piece, None), |(head, tail)| (head, Some(tail)));
            left = tail;
            Some(head)
        })
    }

    /// What follows `prefix`, which is compared without case.
    pub fn after_prefix(self, prefix: &str) -> Option<Self> {
        let (head, tail) = self.split_at(prefix.len());
        head.text.eq_ignore_ascii_case(prefix).then_some(tail)
    }

    /// An error that marks the beginning of this piece.
    pub fn error(self, reason: impl Into<String>) -> IdError {
        self.error_at(0, reason)
    }

    /// An error that marks the end of this piece.
    pub fn error_at_end(self, reason: impl Into<String>) -> IdError {
        self.error_at(self.text.len(), reason)
    }

    /// An error that marks the byte `at` of this piece.
    pub fn error_at(self, at: usize, reason: impl Into<String>) -> IdError {
        let before = self.whole.get(..self.start + at).unwrap_or(self.whole);
        IdError::new(self.whole, before.chars().count(), &reason.into())
    }

    fn split_around(self, at: usize, separator: char) -> (Self, Self) {
        let (head, tail) = self.split_at(at);
        (head, tail.skip(separator.len_utf8()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_pieces_know_their_column() {
        let whole = Piece::whole("日本:80,é,x");
        let (host, ports) = whole.split_once(':').unwrap();
        assert_eq!((host.text, host.error("").column), ("日本", 0));
        let pieces: Vec<_> = ports.split(',').map(|piece| (piece.text, piece.error("").column)).collect();
        assert_eq!(pieces, [("80", 3), ("é", 6), ("x", 8)]);
        assert_eq!(ports.rsplit_once(',').unwrap().1.error_at_end("").column, 9);
        assert_eq!(ports.error_at(5, "").column, 7);
    }

    #[test]
    fn splitting_gives_one_piece_more_than_separators() {
        let texts = |text| Piece::whole(text).split(',').map(|piece| piece.text).collect::<Vec<_>>();
        assert_eq!(texts(""), [""]);
        assert_eq!(texts(","), ["", ""]);
        assert_eq!(texts("a,,b"), ["a", "", "b"]);
    }

    #[test]
    fn a_prefix_is_taken_off_without_case() {
        assert_eq!(Piece::whole("TCP://x").after_prefix("tcp://").unwrap().error("").column, 6);
        assert!(Piece::whole("tc").after_prefix("tcp://").is_none());
        assert!(Piece::whole("tcpé//x").after_prefix("tcp://").is_none());
    }
}
