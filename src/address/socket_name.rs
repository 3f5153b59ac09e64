//! The NAME of a named socket. What a name stands for is not known here.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The most characters that a name has.
pub const LONGEST: usize = 32;

/// A valid socket name: 1 to 32 of `A-Z a-z 0-9 _ -`, beginning with a letter or `_`. Compared without case.
#[derive(Debug, Clone)]
pub struct SocketName(String);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a name: {}", SocketName::RULE)]
pub struct NameError {
    /// The text.
    pub text: String,
    /// Where it goes wrong, in characters (which up to there are bytes, too) from 0.
    pub column: usize,
}

impl SocketName {
    /// What a name is, in words.
    pub const RULE: &str = "a name is 1 to 32 of A-Z a-z 0-9 _ - and begins with a letter or _";

    /// Reads a name.
    ///
    /// # Errors
    /// [`NameError`], which says what a name is.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match first_fault(text) {
            None => Ok(SocketName(text.to_owned())),
            Some(column) => Err(NameError { text: text.to_owned(), column }),
        }
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same name in lower case.
    pub(super) fn folded(&self) -> Self {
        SocketName(self.0.to_ascii_lowercase())
    }

    fn folded_bytes(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

/// The index of the first character that has no place in a name; 0 for an empty one.
fn first_fault(text: &str) -> Option<usize> {
    let fits = |index: usize, character: char| match character {
        'A'..='Z' | 'a'..='z' | '_' => index < LONGEST,
        '0'..='9' | '-' => index > 0 && index < LONGEST,
        _ => false,
    };
    if text.is_empty() {
        return Some(0);
    }
    text.chars().enumerate().find(|(index, character)| !fits(*index, *character)).map(|(index, _)| index)
}

impl fmt::Display for SocketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for SocketName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for SocketName {}

impl Hash for SocketName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.folded_bytes() {
            state.write_u8(byte);
        }
        state.write_u8(0xff);
    }
}

impl PartialOrd for SocketName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SocketName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded_bytes().cmp(other.folded_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_a_name() {
        let longest = "a".repeat(32);
        for text in ["m", "mail", "MAIL_2", "_", "_9", "a-", "x--y", &longest] {
            assert_eq!(SocketName::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_no_name_and_where() {
        let too_long = "a".repeat(33);
        let table = [
            ("", 0),
            ("2", 0),
            ("-a", 0),
            ("index.html", 5),
            ("a b", 1),
            ("a/b", 1),
            ("a|", 1),
            ("grün", 2),
            ("ﬁ", 0),
            ("a\n", 1),
            (too_long.as_str(), 32),
        ];
        for (text, column) in table {
            let error = SocketName::parse(text).unwrap_err();
            assert_eq!(error.column, column, "{text}");
            assert!(error.to_string().contains("a name is 1 to 32 of A-Z a-z 0-9 _ -"), "{error}");
        }
    }

    #[test]
    fn compared_hashed_and_ordered_without_case() {
        let name = |text| SocketName::parse(text).unwrap();
        assert_eq!(name("Mail"), name("mAIL"));
        assert_ne!(name("mail"), name("mai"));
        assert!(HashSet::from([name("Mail")]).contains(&name("mail")));
        assert!(name("a") < name("B") && name("B") < name("c"));
        assert_eq!(name("MAIL").cmp(&name("mail")), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn a_valid_name_reads_back(text in "[A-Za-z_][A-Za-z0-9_-]{0,31}") {
            prop_assert_eq!(SocketName::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn a_fault_lies_within_the_text(text in ".{0,40}") {
            if let Err(error) = SocketName::parse(&text) {
                prop_assert!(error.column <= text.chars().count());
                prop_assert!(text.is_char_boundary(error.column));
            }
        }
    }
}
