//! Why a text is no address or ID, and where: one message, and the text with its offending column marked.

use unicode_width::UnicodeWidthStr;

/// Why a text is no address or ID; `column` counts characters from 0 and marks where it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed {subject} {input:?} at column {}: {reason}", .column + 1)]
pub struct IdError {
    /// What the text was to be: `address`, or `socket ID` where a kept socket is meant.
    pub subject: &'static str,
    /// The whole text.
    pub input: String,
    /// Where it goes wrong.
    pub column: usize,
    /// What is wrong and what to type instead.
    pub reason: String,
}

impl IdError {
    /// A reason may quote the text: its control characters are escaped, so that it stays one line.
    pub(super) fn new(input: &str, column: usize, reason: &str) -> Self {
        IdError { subject: "address", input: input.to_owned(), column, reason: reason.chars().map(shown).collect() }
    }

    /// The text on one line and a caret under the offending column on the next, for a terminal. Control characters are escaped,
    /// and wide characters counted as wide. No line break at the end.
    pub fn marked(&self) -> String {
        let mut line = String::new();
        let mut before_caret = 0;
        for (index, character) in self.input.chars().enumerate() {
            let shown = shown(character);
            if index < self.column {
                before_caret += shown.width();
            }
            line.push_str(&shown);
        }
        format!("{line}\n{}^", " ".repeat(before_caret))
    }
}

fn shown(character: char) -> String {
    match character {
        // Printable, and in the text of an address no sign of an escape.
        '"' | '\'' | '\\' => character.to_string(),
        _ => character.escape_debug().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(input: &str, column: usize) -> IdError {
        IdError { subject: "address", input: input.to_owned(), column, reason: "no such thing".to_owned() }
    }

    #[test]
    fn the_message_has_value_column_and_reason_on_one_line() {
        let text = error("ho\nst", 2).to_string();
        assert_eq!(text, "malformed address \"ho\\nst\" at column 3: no such thing");
    }

    #[test]
    fn the_caret_stands_under_the_column_as_a_terminal_shows_it() {
        let table = [
            ("host:x", 5, "host:x\n     ^"),
            ("host:", 5, "host:\n     ^"),
            ("", 0, "\n^"),
            ("日本:x", 3, "日本:x\n     ^"),
            ("a\tb", 2, "a\\tb\n   ^"),
            ("\u{1b}[31m:x", 6, "\\u{1b}[31m:x\n           ^"),
            ("\u{202e}x", 1, "\\u{202e}x\n        ^"),
            ("a\"'\\b", 4, "a\"'\\b\n    ^"),
        ];
        for (input, column, marked) in table {
            assert_eq!(error(input, column).marked(), marked, "{input:?}");
        }
    }

    proptest! {
        #[test]
        fn two_lines_whatever_the_text(input: String, column in 0usize..100) {
            let marked = error(&input, column).marked();
            prop_assert_eq!(marked.lines().count(), 2);
            prop_assert!(!marked.replacen('\n', "", 1).chars().any(char::is_control));
        }
    }
}
