//! Whether a text of CSV is inside of quotes: at its end that is a quote that nobody closes, which the reader of CSV takes for
//! the end of the field.

/// Where in a record of RFC 4180 a text is. A quote means something at the beginning of a field, and inside of quotes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Where a field begins.
    #[default]
    Begin,
    /// In a field without quotes.
    Outside,
    /// In a field with quotes.
    Inside,
    /// Behind a quote that ends the field, unless another one follows.
    Behind,
}

impl Quotes {
    /// Goes on by what was read.
    pub(super) fn push(&mut self, text: &[u8]) {
        *self = text.iter().fold(*self, |place, byte| match (place, byte) {
            (Quotes::Begin | Quotes::Behind, b'"') => Quotes::Inside,
            (Quotes::Inside, b'"') => Quotes::Behind,
            (Quotes::Inside, _) => Quotes::Inside,
            (_, b',' | b'\n' | b'\r') => Quotes::Begin,
            _ => Quotes::Outside,
        });
    }

    /// Whether a quote is open.
    pub(super) fn are_open(self) -> bool {
        self == Quotes::Inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_are_open_at_the_end() {
        let table = [
            ("", false),
            ("\"", true),
            ("\"a", true),
            ("\"a\"", false),
            ("\"a\"\"", true),
            ("\"a\"\"\"", false),
            ("a\"b", false),
            ("1,\"a\nb\",\"", true),
            ("1\r\n\"a,", true),
            ("\"a\"b\"c", false),
            ("\"a\"b,\"c", true),
        ];
        for (text, open) in table {
            for cut in 0..=text.len() {
                let (front, rest) = text.split_at(cut);
                let mut quotes = Quotes::default();
                quotes.push(front.as_bytes());
                quotes.push(rest.as_bytes());
                assert_eq!(quotes.are_open(), open, "{text:?} cut at {cut}");
            }
        }
    }
}
