//! A format such as `in2 A5 -` as a plan: read once, then used for every packet.

use super::field::{Field, Number, Order, Pad};
use crate::tuple::codec::CodecError;

/// How long a string is where no count says so, in bytes.
const DEFAULT_LENGTH: u32 = 1024;

const LETTERS: &str = "c C s S i I q Q f d A Z z a - _";

/// A format, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    text: String,
    fields: Vec<Field>,
}

/// How many bytes a packet of a format has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

impl Format {
    /// Reads a format: letters, each with an optional modifier (`n` `>` network order, `<` little-endian) and an
    /// optional count.
    ///
    /// # Errors
    /// [`CodecError::InvalidFormat`] that names the place.
    pub fn parse(text: &str) -> Result<Self, CodecError> {
        let mut reader = Reader { rest: text };
        let mut fields = Vec::new();
        reader.blanks();
        while let Some(letter) = reader.rest.chars().next() {
            let place = text.len().saturating_sub(reader.rest.len());
            let field = reader.field(letter).map_err(|reason| {
                let column = text.get(..place).map_or(0, |before| before.chars().count()).saturating_add(1);
                invalid(text, format!("{reason}, at column {column}"))
            })?;
            fields.push(field);
            reader.blanks();
        }
        if fields.is_empty() {
            return Err(invalid(text, format!("it is empty; write one or more of {LETTERS}")));
        }
        Ok(Format { text: text.to_owned(), fields })
    }

    /// The format as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The fields in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// How many values a tuple of this format has.
    pub fn values(&self) -> u64 {
        self.fields.iter().map(Field::values).fold(0, u64::saturating_add)
    }

    /// How many bytes a packet of this format has.
    pub fn size(&self) -> Size {
        let sum = |size: fn(&Field) -> u64| self.fields.iter().map(size).fold(0, u64::saturating_add);
        Size { min: sum(Field::min_size), max: sum(Field::max_size) }
    }

    /// # Errors
    /// [`CodecError::InvalidFormat`] where bytes received would not show which value they belong to.
    pub fn check_receivable(&self) -> Result<(), CodecError> {
        if self.fields.contains(&Field::Raw { length: None }) {
            return Err(invalid(&self.text, "receiving needs a length after `a`, such as a16".to_owned()));
        }
        if self.fields.iter().filter(|field| matches!(field, Field::Variable { .. })).count() > 1 {
            let reason = "of two `z` the bytes received do not show where the first ends; write A or Z with a length";
            return Err(invalid(&self.text, reason.to_owned()));
        }
        Ok(())
    }
}

fn invalid(format: &str, reason: String) -> CodecError {
    CodecError::InvalidFormat { format: format.to_owned(), reason }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(|letter: char| letter == ',' || letter.is_ascii_whitespace());
    }

    /// Skips this letter, and says whether it was there.
    fn eat(&mut self, letter: char) -> bool {
        self.blanks();
        let rest = self.rest.strip_prefix(letter);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn order(&mut self) -> Option<Order> {
        if self.eat('n') || self.eat('>') {
            Some(Order::Big)
        } else if self.eat('<') {
            Some(Order::Little)
        } else {
            None
        }
    }

    fn count(&mut self) -> Result<Option<u32>, String> {
        self.blanks();
        let end = self.rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        match digits.parse() {
            _ if digits.is_empty() => Ok(None),
            Ok(0) => Err("a count of 0 says nothing".to_owned()),
            Ok(count) => Ok(Some(count)),
            Err(_) => Err(format!("the count {digits} is above {}", u32::MAX)),
        }
    }

    fn field(&mut self, letter: char) -> Result<Field, String> {
        if !self.eat(letter) {
            return Err(format!("`{letter}` cannot be read"));
        }
        let order = self.order();
        let count = self.count()?;
        if let Some(number) = Number::of(letter) {
            return Ok(Field::Number { number, order: order.unwrap_or(Order::HOST), count: count.unwrap_or(1) });
        }
        let field = match letter {
            'A' => Field::Padded { pad: Pad::Space, length: count.unwrap_or(DEFAULT_LENGTH) },
            'Z' => Field::Padded { pad: Pad::Nul, length: count.unwrap_or(DEFAULT_LENGTH) },
            'z' => Field::Variable { max: count.unwrap_or(DEFAULT_LENGTH) },
            'a' => Field::Raw { length: count },
            '-' => Field::Skip { byte: 0x00, count: count.unwrap_or(1) },
            '_' => Field::Skip { byte: 0x20, count: count.unwrap_or(1) },
            'l' | 'L' => return Err(format!("there is no `{letter}`; write i (4 bytes) or q (8 bytes)")),
            _ => return Err(format!("`{}` is no letter of a format; write {LETTERS}", letter.escape_debug())),
        };
        if order.is_some() {
            return Err(format!("`{letter}` takes no byte order"));
        }
        Ok(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(text: &str) -> Field {
        let format = Format::parse(text).unwrap();
        assert_eq!(format.fields().len(), 1, "{text}");
        format.fields()[0].clone()
    }

    #[test]
    fn letters_modifiers_and_counts() {
        let number = |letter, order, count| Field::Number { number: Number::of(letter).unwrap(), order, count };
        let table = [
            ("c", number('c', Order::HOST, 1)),
            ("C", number('C', Order::HOST, 1)),
            ("cn", number('c', Order::Big, 1)),
            ("in2", number('i', Order::Big, 2)),
            ("i>2", number('i', Order::Big, 2)),
            ("q<", number('q', Order::Little, 1)),
            (" i , n\t2 ", number('i', Order::Big, 2)),
            ("d4294967295", number('d', Order::HOST, u32::MAX)),
            ("A", Field::Padded { pad: Pad::Space, length: 1024 }),
            ("Z7", Field::Padded { pad: Pad::Nul, length: 7 }),
            ("z", Field::Variable { max: 1024 }),
            ("z9", Field::Variable { max: 9 }),
            ("a", Field::Raw { length: None }),
            ("a3", Field::Raw { length: Some(3) }),
            ("-", Field::Skip { byte: 0, count: 1 }),
            ("_4", Field::Skip { byte: 0x20, count: 4 }),
        ];
        for (text, expected) in table {
            assert_eq!(field(text), expected, "{text}");
        }
        assert_eq!(Format::parse("c-c,An5".trim_end_matches(",An5")).unwrap().fields().len(), 3);
    }

    #[test]
    fn invalid_formats_name_the_place() {
        let table = [
            ("l", "invalid format `l`: there is no `l`; write i (4 bytes) or q (8 bytes), at column 1"),
            ("i l", "at column 3"),
            ("", "it is empty"),
            (" , ", "it is empty"),
            ("n", "`n` is no letter"),
            ("5", "`5` is no letter"),
            ("i2 3", "`3` is no letter"),
            ("i0", "a count of 0"),
            ("i4294967296", "the count 4294967296 is above 4294967295"),
            ("An5", "`A` takes no byte order"),
            ("zn", "`z` takes no byte order"),
            ("-<", "`-` takes no byte order"),
            ("inn", "`n` is no letter"),
            ("é", "`é` is no letter"),
            ("\u{1}", "`\\u{1}` is no letter"),
        ];
        for (text, words) in table {
            let error = Format::parse(text).unwrap_err();
            assert!(matches!(error, CodecError::InvalidFormat { .. }), "{text}");
            assert!(error.to_string().contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn sizes_and_values() {
        let table = [
            ("c s i q f d", 27, 27, 6),
            ("in1000", 4000, 4000, 1000),
            ("A5 Z6 a7 -8 _9", 35, 35, 3),
            ("i z20", 4, 24, 2),
            ("q4294967295", 34_359_738_360, 34_359_738_360, 4_294_967_295),
        ];
        for (text, min, max, values) in table {
            let format = Format::parse(text).unwrap();
            assert_eq!((format.size(), format.values()), (Size { min, max }, values), "{text}");
        }
    }

    #[test]
    fn formats_that_can_only_be_sent() {
        assert!(Format::parse("i a").unwrap().check_receivable().unwrap_err().to_string().contains("length after `a`"));
        assert!(Format::parse("zz").unwrap().check_receivable().unwrap_err().to_string().contains("two `z`"));
        assert_eq!(Format::parse("z a3").unwrap().check_receivable(), Ok(()));
    }

    proptest! {
        #[test]
        fn no_format_panics(text in "[a-zA-Z0-9<>n_, é-]{0,20}") {
            let _ = Format::parse(&text);
        }
    }
}
