//! Types of values and tuples: letters, and the check against the types that a script expects.

use std::fmt::Write as _;

use super::value::{Tuple, Value};

/// The type of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A 64-bit integer, `i`.
    Integer,
    /// A double, `r`.
    Real,
    /// A string, `s`.
    Text,
    /// Bytes, `b`.
    Bytes,
    /// Anything else that a peer sent, `n`.
    Nested,
}

impl Kind {
    /// The letter that stands for the type.
    pub fn letter(self) -> char {
        match self {
            Kind::Integer => 'i',
            Kind::Real => 'r',
            Kind::Text => 's',
            Kind::Bytes => 'b',
            Kind::Nested => 'n',
        }
    }

    fn from_letter(letter: char) -> Option<Self> {
        [Kind::Integer, Kind::Real, Kind::Text, Kind::Bytes, Kind::Nested]
            .into_iter()
            .find(|kind| kind.letter() == letter)
    }
}

impl Tuple {
    /// The type letters of the values in order, such as `irs`; empty for the empty tuple.
    pub fn letters(&self) -> String {
        self.values().iter().map(|value| value.kind().letter()).collect()
    }
}

/// The types that a tuple must have: `--expect-types irs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedTypes(Vec<Kind>);

/// Why types are not those expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypesError {
    /// The expectation itself is malformed.
    #[error(
        "`{letter}` in `{input}` is no type letter: write i (integer), r (real), s (string), b (bytes), n (nested)"
    )]
    UnknownLetter {
        /// The whole expectation.
        input: String,
        /// The letter that is none.
        letter: char,
    },
    /// The tuple has other types.
    #[error("received data has the types `{got}`, expected were `{expected}`{place}")]
    Differ {
        /// The letters of the tuple, shortened where there are many.
        got: String,
        /// The letters expected.
        expected: String,
        /// Where they part.
        place: String,
    },
}

/// Letters beyond this number are not printed in a message.
const SHOWN: usize = 40;

impl std::str::FromStr for ExpectedTypes {
    type Err = TypesError;

    fn from_str(input: &str) -> Result<Self, TypesError> {
        let kind = |letter| {
            Kind::from_letter(letter).ok_or_else(|| TypesError::UnknownLetter { input: input.to_owned(), letter })
        };
        input.chars().map(kind).collect::<Result<_, _>>().map(ExpectedTypes)
    }
}

impl ExpectedTypes {
    /// Accepts tuples that have exactly these types.
    ///
    /// # Errors
    /// [`TypesError::Differ`] otherwise.
    pub fn check(&self, tuple: &Tuple) -> Result<(), TypesError> {
        let kinds = tuple.values().iter().map(Value::kind);
        if kinds.clone().eq(self.0.iter().copied()) {
            return Ok(());
        }
        let mut place = String::new();
        if let Some(index) = kinds.zip(&self.0).position(|(got, expected)| got != *expected) {
            let _ = write!(place, ": value {} differs", index.saturating_add(1));
        } else {
            let _ = write!(place, ": {} values, not {}", tuple.len(), self.0.len());
        }
        let expected = self.0.iter().map(|kind| kind.letter()).take(SHOWN).collect();
        let got = tuple.values().iter().map(|value| value.kind().letter()).take(SHOWN).collect();
        Err(TypesError::Differ { got, expected, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tuple::value::Nested;

    #[test]
    fn letters_stand_in_order() {
        let i = Value::Integer(1);
        let r = Value::Real(1.0);
        let s = Value::Text("x".into());
        let b = Value::Bytes(vec![1]);
        let n: Value = Nested::Null.into();
        let table = [
            (vec![], ""),
            (vec![i.clone(), i.clone()], "ii"),
            (vec![i, r, s], "irs"),
            (vec![b], "b"),
            (vec![n.clone(), n], "nn"),
        ];
        for (values, letters) in table {
            let tuple = Tuple::from(values);
            assert_eq!(tuple.letters(), letters, "{tuple:?}");
        }
    }

    #[test]
    fn expected_types_accept_exactly_themselves() {
        let tuple = Tuple::from(vec![Value::Integer(1), Value::Real(1.0), Value::Text(String::new())]);
        let check = |letters: &str| letters.parse::<ExpectedTypes>().unwrap().check(&tuple);
        assert_eq!(check("irs"), Ok(()));
        assert_eq!(
            check("iis").unwrap_err().to_string(),
            "received data has the types `irs`, expected were `iis`: value 2 differs"
        );
        assert_eq!(
            check("ir").unwrap_err().to_string(),
            "received data has the types `irs`, expected were `ir`: 3 values, not 2"
        );
        assert!(check("irss").is_err());
        assert!(check("").is_err());
        assert_eq!("".parse::<ExpectedTypes>().unwrap().check(&Tuple::default()), Ok(()));
        assert!("irx".parse::<ExpectedTypes>().unwrap_err().to_string().starts_with("`x` in `irx` is no type letter"));
    }

    #[test]
    fn a_message_about_many_values_stays_short() {
        let tuple = Tuple::from(vec![Value::Integer(1); 100_000]);
        assert!("s".parse::<ExpectedTypes>().unwrap().check(&tuple).unwrap_err().to_string().len() < 200);
    }
}
