//! `--print all|match|before|index|none|N|NAME`: what of a match is printed.

use std::borrow::Cow;
use std::str::FromStr;

use super::pattern::PatternSearch;
use super::{Detail, Expectation, Found, Match};

/// A part of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Print {
    /// Everything up to the end of the match.
    All,
    /// The match.
    Match,
    /// What came before the match.
    Before,
    /// The place of the pattern among those of its kind, from 0, in decimal.
    Index,
    /// Nothing.
    None,
    /// A group by its number; 0 is the match.
    Number(usize),
    /// A group by its name.
    Name(String),
}

/// Why something cannot be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// It names nothing.
    #[error("--print \"{0}\" is not known: write all, match, before, index, none, or the number or name of a group")]
    Unknown(String),
    /// No pattern has this group.
    #[error("--print {0}: no pattern has such a group: write (…) for a numbered, (?<name>…) for a named one")]
    NoSuchGroup(String),
}

impl FromStr for Print {
    type Err = PrintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || PrintError::Unknown(text.into());
        Ok(match text {
            "all" => Print::All,
            "match" => Print::Match,
            "before" => Print::Before,
            "index" => Print::Index,
            "none" => Print::None,
            _ if text.starts_with(|first: char| first.is_ascii_digit()) => {
                Print::Number(text.parse().map_err(|_| unknown())?)
            }
            _ if text.is_empty() || text.contains(|letter: char| letter.is_whitespace() || letter == '-') => {
                return Err(unknown());
            }
            _ => Print::Name(text.into()),
        })
    }
}

impl Print {
    /// Sees to it that a group is one of some pattern's.
    ///
    /// # Errors
    /// No pattern has it. Patterns that cannot be compiled are left to [`super::Matcher::new`].
    pub fn check(&self, expectations: &[Expectation]) -> Result<(), PrintError> {
        let Ok(search) = PatternSearch::new(expectations) else {
            return Ok(());
        };
        match self {
            Print::Number(number) if !search.has_group(*number) => Err(PrintError::NoSuchGroup(number.to_string())),
            Print::Name(name) if !search.has_name(name) => Err(PrintError::NoSuchGroup(name.clone())),
            _ => Ok(()),
        }
    }

    /// What is printed of a result of `expect`, out of the data that it takes; a group that took no part prints
    /// nothing.
    pub fn render<'a>(&self, found: &Found, data: &'a [u8]) -> Cow<'a, [u8]> {
        let Detail::Match(matched) = &found.detail else {
            return Cow::Borrowed(&[]);
        };
        let range = match self {
            Print::All => Some(0..found.consumed),
            Print::Match => Some(matched.range()),
            Print::Before => Some(0..matched.range().start),
            Print::Index => return Cow::Owned(matched.index.to_string().into_bytes()),
            Print::None => None,
            Print::Number(number) => matched.groups.get(*number).and_then(|group| group.range.clone()),
            Print::Name(name) => named(matched, name),
        };
        Cow::Borrowed(range.and_then(|range| data.get(range)).unwrap_or_default())
    }
}

fn named(matched: &Match, name: &str) -> Option<std::ops::Range<usize>> {
    matched.groups.iter().find(|group| group.name.as_deref() == Some(name))?.range.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::{Answer, Condition, Matcher, Progress, Supply};

    fn expectations() -> Vec<Expectation> {
        let wanted = |text: &str| Expectation { pattern: text.parse().unwrap(), answer: Answer::Wanted };
        vec![wanted("never"), wanted(r"(?<code>\d+)-(x)?(\w+)!")]
    }

    #[test]
    fn every_part_of_a_match() {
        let mut matcher = Matcher::new(&Condition::Expect(expectations()), 1000).unwrap();
        let data = b"so: 12-ab! rest";
        let Progress::Found(found) = matcher.advance(data, Supply::Flowing) else { panic!("not found") };
        let table = [
            ("all", "so: 12-ab!"),
            ("match", "12-ab!"),
            ("before", "so: "),
            ("index", "1"),
            ("none", ""),
            ("0", "12-ab!"),
            ("1", "12"),
            ("2", ""),
            ("3", "ab"),
            ("9", ""),
            ("code", "12"),
            ("other", ""),
        ];
        for (print, text) in table {
            let print: Print = print.parse().unwrap();
            assert_eq!(print.render(&found, data), text.as_bytes(), "{print:?}");
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in ["", "a b", "-1", "1x", "99999999999999999999999"] {
            assert_eq!(text.parse::<Print>(), Err(PrintError::Unknown(text.into())), "{text:?}");
        }
        for text in ["4", "other"] {
            let print: Print = text.parse().unwrap();
            assert_eq!(print.check(&expectations()), Err(PrintError::NoSuchGroup(text.into())));
        }
        for text in ["3", "code", "all"] {
            assert_eq!(text.parse::<Print>().unwrap().check(&expectations()), Ok(()), "{text}");
        }
    }
}
