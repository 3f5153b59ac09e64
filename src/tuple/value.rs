//! The values of a tuple and their types. How they look on the wire and in text belongs to the codecs and forms.

use super::types::Kind;

/// One value of a tuple.
#[derive(Debug, Clone)]
pub enum Value {
    /// A signed 64-bit integer; `1` and `1.0` are different values.
    Integer(i64),
    /// An IEEE 754 double.
    Real(f64),
    /// A string of Unicode characters.
    Text(String),
    /// Bytes without a meaning of their own.
    Bytes(Vec<u8>),
    /// What other programs send and nobody types in; kept so that it can be shown and passed on.
    Nested(Box<Nested>),
}

/// Values that only other programs send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nested {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer outside the signed 64 bits.
    Wide(i128),
    /// An array within a tuple.
    Array(Vec<Value>),
    /// Keys with their values, in the order received; a key may occur twice.
    Map(Vec<(Value, Value)>),
    /// A CBOR tag and what it is put on (RFC 8949 section 3.4).
    Tagged(u64, Value),
    /// A CBOR simple value without a meaning here (RFC 8949 section 3.3); 23 is `undefined`.
    Simple(u8),
    /// A MessagePack extension: its type and its bytes.
    Extension(i8, Vec<u8>),
}

impl Nested {
    /// What the value is, in the words of a message.
    pub fn noun(&self) -> &'static str {
        match self {
            Nested::Null => "null",
            Nested::Bool(_) => "a truth value",
            Nested::Wide(_) => "an integer outside 64 bits",
            Nested::Array(_) => "an array",
            Nested::Map(_) => "a map",
            Nested::Tagged(..) => "a CBOR tag",
            Nested::Simple(_) => "a CBOR simple value",
            Nested::Extension(..) => "a MessagePack extension",
        }
    }
}

impl From<Nested> for Value {
    fn from(nested: Nested) -> Self {
        Value::Nested(Box::new(nested))
    }
}

impl Value {
    /// An integer of any width: `Integer` where 64 bits hold it, `Wide` otherwise.
    pub fn integer(number: i128) -> Self {
        i64::try_from(number).map_or_else(|_| Nested::Wide(number).into(), Value::Integer)
    }

    /// The type of the value.
    pub fn kind(&self) -> Kind {
        match self {
            Value::Integer(_) => Kind::Integer,
            Value::Real(_) => Kind::Real,
            Value::Text(_) => Kind::Text,
            Value::Bytes(_) => Kind::Bytes,
            Value::Nested(_) => Kind::Nested,
        }
    }
}

/// Two reals are equal when they are the same value on the wire: `-0.0` is not `0.0`, and `nan` is `nan`.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Integer(a), Value::Integer(b)) => a == b,
            (Value::Real(a), Value::Real(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::Nested(a), Value::Nested(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

/// A sequence of values, each with its own type; it may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tuple(Vec<Value>);

impl Tuple {
    /// The values in order.
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether this is the empty tuple.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values, taken out.
    pub fn into_values(self) -> Vec<Value> {
        self.0
    }
}

impl From<Vec<Value>> for Tuple {
    fn from(values: Vec<Value>) -> Self {
        Tuple(values)
    }
}

impl FromIterator<Value> for Tuple {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        Tuple(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_reals_of_the_same_size_differ() {
        assert_ne!(Value::Integer(1), Value::Real(1.0));
        assert_ne!(Value::Real(0.0), Value::Real(-0.0));
        assert_eq!(Value::Real(f64::NAN), Value::Real(-f64::NAN));
    }

    #[test]
    fn integers_are_wide_only_outside_64_bits() {
        assert_eq!(Value::integer(i64::MIN.into()), Value::Integer(i64::MIN));
        assert_eq!(Value::integer(u64::MAX.into()), Nested::Wide(18_446_744_073_709_551_615).into());
    }

    #[test]
    fn a_value_takes_four_words() {
        assert_eq!(size_of::<Value>(), 32, "the memory that hostile input can make us take is counted in values");
    }
}
