//! The answers of a search: values only, offsets in bytes from the start of the unread data.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::ReplyError;

/// What is known about the bytes that follow those in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// More may come.
    Flowing,
    /// More may come, but none has for as long as [`super::Condition::silence`] says.
    Idle,
    /// The peer has ended its data.
    Ended,
    /// Receiving failed: what is in the buffer may be cut anywhere.
    Broken,
}

/// The answer to "is it there yet?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not yet: ask again when more has come.
    NotYet,
    /// There is a result, but more data could change it: ask again when more has come, or with [`Supply::Idle`] once
    /// the stream has been silent for long enough.
    Growing,
    /// Satisfied.
    Found(Found),
    /// The data ended or broke before the condition was met.
    Ended,
    /// More than `--max-bytes` came, and the condition is not met within them.
    TooLarge,
    /// `--until reply`, and the data is no reply.
    NoReply(ReplyError),
}

/// A result: how much of the unread data it takes, and what part of that is its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Bytes that leave the buffer with it.
    pub consumed: usize,
    /// Bytes at its beginning that are never part of the value: the whitespace before the first word.
    pub skipped: usize,
    /// What ended it.
    pub terminator: Terminator,
    /// What else the search has learned.
    pub detail: Detail,
}

/// What ended a result; a part of `consumed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Terminator {
    /// Nothing in the data: the amount was reached, or silence came.
    None,
    /// That many bytes at the end of the result.
    Bytes(usize),
    /// The end of the data, waited for (`--until eof`). Whoever has had this result has had the end.
    EndOfData,
}

/// What a search has learned besides the length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// Nothing.
    Plain,
    /// The code of an SMTP or FTP reply, 0 to 999.
    Reply(u16),
    /// The match of a pattern.
    Match(Match),
}

/// Which pattern matched, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// Whether the pattern was wanted or feared.
    pub answer: super::Answer,
    /// The place of the pattern among those of the same kind, from 0.
    pub index: usize,
    /// The groups of the pattern in order; group 0 is the whole match.
    pub groups: Vec<Group>,
}

/// One group of a match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Where it matched, if it took part.
    pub range: Option<Range<usize>>,
}

/// What happens to the terminator: included as received, or dropped by `--strip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TerminatorRule {
    /// Part of the value.
    Keep,
    /// Not part of the value.
    Strip,
}

impl Found {
    /// A result of this many bytes whose last ones are the terminator.
    pub(super) fn terminated(consumed: usize, terminator: usize) -> Self {
        Found { consumed, skipped: 0, terminator: Terminator::Bytes(terminator), detail: Detail::Plain }
    }

    /// A result of this many bytes that no byte ended.
    pub fn counted(consumed: usize) -> Self {
        Found { consumed, skipped: 0, terminator: Terminator::None, detail: Detail::Plain }
    }

    /// The value inside the unread data.
    pub fn value(&self, rule: TerminatorRule) -> Range<usize> {
        let dropped = match (rule, self.terminator) {
            (TerminatorRule::Strip, Terminator::Bytes(length)) => length,
            _ => 0,
        };
        let end = self.consumed.saturating_sub(dropped);
        self.skipped.min(end)..end
    }
}

impl Match {
    /// The whole match.
    pub fn range(&self) -> Range<usize> {
        self.groups.first().and_then(|group| group.range.clone()).unwrap_or(0..0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_leaves_out_what_was_skipped_and_a_stripped_terminator() {
        let found = Found { skipped: 2, ..Found::terminated(9, 3) };
        assert_eq!(found.value(TerminatorRule::Keep), 2..9);
        assert_eq!(found.value(TerminatorRule::Strip), 2..6);
        assert_eq!(Found::counted(4).value(TerminatorRule::Strip), 0..4);
    }

    #[test]
    fn a_result_that_contradicts_itself_has_an_empty_value() {
        let found = Found { skipped: 8, ..Found::terminated(2, 9) };
        assert_eq!(found.value(TerminatorRule::Strip), 0..0);
    }
}
