//! Received bytes in a message: escaped, and not longer than a person reads.

use std::fmt;

/// How many bytes at the beginning are shown of what is too long to be shown whole.
const HEAD: usize = 80;

/// How many at the end.
const TAIL: usize = 160;

/// Bytes as a message shows them: in quotes and ASCII, with escapes, the middle left out where there is too much.
#[derive(Debug, Clone, Copy)]
pub struct Excerpt<'a>(pub &'a [u8]);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Excerpt(bytes) = self;
        let left_out = bytes.len().saturating_sub(HEAD + TAIL);
        match (bytes.get(..HEAD), bytes.get(HEAD + left_out..)) {
            (Some(head), Some(tail)) if left_out > 0 => {
                write!(f, "\"{}\" ({left_out} bytes) \"{}\"", head.escape_ascii(), tail.escape_ascii())
            }
            _ => write!(f, "\"{}\"", bytes.escape_ascii()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_data_is_whole_and_escaped() {
        assert_eq!(Excerpt(b"220 a\r\n\x1b\"").to_string(), r#""220 a\r\n\x1b\"""#);
        assert_eq!(Excerpt(b"").to_string(), "\"\"");
        let most = [b'x'; HEAD + TAIL];
        assert_eq!(Excerpt(&most).to_string().len(), HEAD + TAIL + 2);
    }

    #[test]
    fn long_data_keeps_its_ends() {
        let long = [b"begin".as_slice(), &[b'.'; 100_000], b"end"].concat();
        let shown = Excerpt(&long).to_string();
        assert!(shown.starts_with("\"begin") && shown.ends_with("end\"") && shown.contains("(99768 bytes)"), "{shown}");
        assert!(shown.len() < 400);
    }
}
