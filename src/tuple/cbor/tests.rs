use proptest::prelude::*;

use super::*;
use crate::tuple::testing;

const LIMIT: usize = 1 << 20;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn wide(number: i128) -> Value {
    Nested::Wide(number).into()
}

fn decode(bytes: &[u8]) -> Result<Vec<Value>, CodecError> {
    Cbor::new(LIMIT).decode_message(bytes).map(Tuple::into_values)
}

/// One value, and its bytes in preferred serialisation.
fn both_ways() -> Vec<(&'static str, Value)> {
    vec![
        ("00", Value::Integer(0)),
        ("17", Value::Integer(23)),
        ("1818", Value::Integer(24)),
        ("18ff", Value::Integer(255)),
        ("190100", Value::Integer(256)),
        ("1a000f4240", Value::Integer(1_000_000)),
        ("1b000000e8d4a51000", Value::Integer(1_000_000_000_000)),
        ("1b7fffffffffffffff", Value::Integer(i64::MAX)),
        ("1bffffffffffffffff", wide(u64::MAX.into())),
        ("20", Value::Integer(-1)),
        ("37", Value::Integer(-24)),
        ("3818", Value::Integer(-25)),
        ("3903e7", Value::Integer(-1000)),
        ("3b7fffffffffffffff", Value::Integer(i64::MIN)),
        ("3b8000000000000000", wide(i128::from(i64::MIN) - 1)),
        ("3bffffffffffffffff", wide(-18_446_744_073_709_551_616)),
        ("fb3ff199999999999a", Value::Real(1.1)),
        ("fb0000000000000000", Value::Real(0.0)),
        ("fb8000000000000000", Value::Real(-0.0)),
        ("fb3ff0000000000000", Value::Real(1.0)),
        ("fb7ff0000000000000", Value::Real(f64::INFINITY)),
        ("fbfff0000000000000", Value::Real(f64::NEG_INFINITY)),
        ("fb7ff8000000000000", Value::Real(f64::NAN)),
        ("60", text("")),
        ("6449455446", text("IETF")),
        ("62c3bc", text("ü")),
        ("64f0908591", text("\u{10151}")),
        ("40", Value::Bytes(vec![])),
        ("4401020304", Value::Bytes(vec![1, 2, 3, 4])),
        ("f4", Nested::Bool(false).into()),
        ("f5", Nested::Bool(true).into()),
        ("f6", Nested::Null.into()),
        ("f7", Nested::Simple(23).into()),
        ("f0", Nested::Simple(16).into()),
        ("f8ff", Nested::Simple(255).into()),
        ("c11a514b67b0", Nested::Tagged(1, Value::Integer(1_363_896_240)).into()),
        ("d818456449455446", Nested::Tagged(24, Value::Bytes(b"dIETF".to_vec())).into()),
        ("80", Nested::Array(vec![]).into()),
        ("8201820203", Nested::Array(vec![Value::Integer(1), ints(&[2, 3])]).into()),
        ("a0", Nested::Map(vec![]).into()),
        ("a201020304", Nested::Map(vec![int_pair(1, 2), int_pair(3, 4)]).into()),
    ]
}

fn ints(numbers: &[i64]) -> Value {
    Nested::Array(numbers.iter().copied().map(Value::Integer).collect()).into()
}

fn int_pair(key: i64, value: i64) -> (Value, Value) {
    (Value::Integer(key), Value::Integer(value))
}

#[test]
fn values_and_their_bytes() {
    for (bytes, value) in both_ways() {
        let bytes = hex(&format!("81{bytes}"));
        let tuple = Tuple::from(vec![value]);
        assert_eq!(testing::encode(&Cbor::new(LIMIT), &tuple), bytes, "{tuple:?}");
        assert_eq!(decode(&bytes), Ok(tuple.into_values()), "{bytes:02x?}");
    }
}

#[test]
fn heads_of_tuples() {
    for (count, head) in [(0, "80"), (23, "97"), (24, "9818"), (255, "98ff"), (256, "990100"), (65536, "9a00010000")] {
        let tuple = testing::many(count);
        let bytes = testing::encode(&Cbor::new(LIMIT), &tuple);
        assert!(bytes.starts_with(&hex(head)), "{count}");
        assert_eq!(Cbor::new(LIMIT).decode_message(&bytes), Ok(tuple), "{count}");
    }
}

#[test]
fn other_forms_of_the_same_are_read() {
    let table = [
        ("1800", Value::Integer(0)),
        ("1b0000000000000005", Value::Integer(5)),
        ("3900ff", Value::Integer(-256)),
        ("7800", text("")),
        ("f93c00", Value::Real(1.0)),
        ("f90001", Value::Real(5.960_464_477_539_063e-8)),
        ("f97bff", Value::Real(65504.0)),
        ("f98000", Value::Real(-0.0)),
        ("f97e00", Value::Real(f64::NAN)),
        ("f9fc00", Value::Real(f64::NEG_INFINITY)),
        ("fa47c35000", Value::Real(100_000.0)),
        ("fa7f7fffff", Value::Real(f32::MAX.into())),
        ("fa7fc00000", Value::Real(f64::NAN)),
        ("fb7ff8000000000001", Value::Real(f64::NAN)),
        ("5fff", Value::Bytes(vec![])),
        ("5f42010243030405ff", Value::Bytes(vec![1, 2, 3, 4, 5])),
        ("7f657374726561646d696e67ff", text("streaming")),
        ("7f60ff", text("")),
        ("9fff", Nested::Array(vec![]).into()),
        ("9f0102ff", ints(&[1, 2])),
        ("83018202039f0405ff", Nested::Array(vec![Value::Integer(1), ints(&[2, 3]), ints(&[4, 5])]).into()),
        ("bf01020304ff", Nested::Map(vec![int_pair(1, 2), int_pair(3, 4)]).into()),
        ("bfff", Nested::Map(vec![]).into()),
    ];
    for (bytes, value) in table {
        assert_eq!(decode(&hex(&format!("81{bytes}"))), Ok(vec![value.clone()]), "{bytes}");
        assert_eq!(decode(&hex(&format!("9f{bytes}ff"))), Ok(vec![value]), "{bytes} in an indefinite array");
    }
}

#[test]
fn what_is_no_tuple() {
    let table = [
        ("00", "does not begin with an array"),
        ("a0", "does not begin with an array"),
        ("c180", "does not begin with an array"),
        ("ff", "does not begin with an array"),
        ("474554202f", "does not begin with an array"),
        ("811c", "begins no CBOR item"),
        ("811f", "begins no CBOR item"),
        ("81df", "begins no CBOR item"),
        ("81fc", "begins no CBOR item"),
        ("9c", "begins no CBOR item"),
        ("81ff", "break ends nothing"),
        ("bf01ff", "does not begin with an array"),
        ("81bf01ff", "break ends nothing"),
        ("81f817", "simple value 23 takes two bytes"),
        ("815f00ff", "holds something else"),
        ("815f6161ff", "holds something else"),
        ("817f7f6161ffff", "holds something else"),
        ("8161ff", "utf-8"),
        ("817f61c361bcff", "utf-8"),
        ("8000", "1 bytes follow the tuple"),
        ("", "the message is empty"),
    ];
    for (bytes, words) in table {
        let error = decode(&hex(bytes)).unwrap_err();
        assert!(matches!(error, CodecError::NotATuple(_)), "{bytes}: {error:?}");
        let message = error.to_string();
        assert!(message.starts_with("received data is no tuple: "), "{message}");
        assert!(message.to_lowercase().contains(&words.to_lowercase()), "{bytes}: {message}");
    }
}

#[test]
fn claims_beyond_the_limit_are_refused_before_they_come() {
    let claims = [
        "817affffffff",
        "815affffffff",
        "817b00000001 00000000",
        "817bffffffffffffffff",
        "9affffffff",
        "9bffffffffffffffff",
        "81bbffffffffffffffff",
        "81ba80000000",
        "9f7f7affffffff",
        "817a00100000",
    ];
    for bytes in claims {
        let error = Cbor::new(LIMIT).decode(&hex(bytes));
        assert_eq!(error, Err(CodecError::TooLarge { limit: LIMIT }), "{bytes}");
    }
}

#[test]
fn the_limit_is_exact() {
    let tuple = Tuple::from(vec![text(&"x".repeat(100))]);
    let bytes = testing::encode(&Cbor::new(LIMIT), &tuple);
    assert_eq!(Cbor::new(bytes.len()).decode_message(&bytes), Ok(tuple));
    let limit = bytes.len() - 1;
    assert_eq!(Cbor::new(limit).decode(&bytes[..3]), Err(CodecError::TooLarge { limit }));
    assert_eq!(Cbor::new(100).decode(&hex("990100")), Err(CodecError::TooLarge { limit: 100 }));
}

#[test]
fn endless_tuples_are_refused() {
    // One byte each on the wire, more in memory: arrays with an end, without one, and of values that take more still.
    let limit = 100_000;
    let too_large = Err(CodecError::TooLarge { limit });
    for (head, item) in [("9f", 0x00), ("9a00015f90", 0x00), ("9900ff9f", 0xf6), ("9f", 0x80), ("9fbf", 0xa0)] {
        let mut stream = hex(head);
        stream.resize(limit - 1, item);
        assert_eq!(Cbor::new(limit).decode(&stream), too_large, "{head} {item:02x}");
    }
    // A null takes more than its place.
    let mut nulls = hex("991f40");
    nulls.resize(8003, 0xf6);
    assert_eq!(Cbor::new(limit).decode(&nulls), too_large);
    nulls[3..].fill(0x00);
    assert_eq!(Cbor::new(limit).decode_message(&nulls).map(|tuple| tuple.len()), Ok(8000));
    // What is no more than that is read: doubles are.
    let mut doubles = hex("992000");
    doubles.extend([0xfb, 0, 0, 0, 0, 0, 0, 0, 0].repeat(0x2000));
    assert_eq!(Cbor::new(doubles.len()).decode_message(&doubles).map(|tuple| tuple.len()), Ok(0x2000));
}

#[test]
fn nesting_is_bounded() {
    for (level, end) in [("81", "00"), ("9f", ""), ("81a100", "00"), ("81c1", "00"), ("81bf00", "")] {
        let deep = hex(&level.repeat(100_000));
        let error = Cbor::new(LIMIT * 100).decode(&deep).unwrap_err();
        assert!(error.to_string().contains("nested deeper than 64 levels"), "{level}: {error}");
        let per_level = if level.len() > 2 { 2 } else { 1 };
        let fits = hex(&format!("{}{end}", level.repeat(64 / per_level)));
        assert!(Cbor::new(LIMIT).decode(&fits).is_ok(), "{level}");
    }
    let deepest = hex(&format!("{}00", "81".repeat(64)));
    assert_eq!(decode(&deepest).map(|values| values.len()), Ok(1));
}

#[test]
fn what_has_been_looked_at_is_not_looked_at_again() {
    testing::looks_once(&mut Cbor::new(LIMIT), &testing::many(10_000), 0x1c);
}

#[test]
fn what_cbor_cannot_hold() {
    for nested in [Nested::Extension(1, vec![]), Nested::Wide(1 << 64), Nested::Wide(-(1 << 64) - 1)] {
        let mut out = b"kept".to_vec();
        let tuple = Tuple::from(vec![Value::Integer(1), nested.into()]);
        let error = Cbor::new(LIMIT).encode(&tuple, &mut out).unwrap_err();
        assert!(error.to_string().starts_with("cbor has no form for "), "{error}");
        assert_eq!(out, b"kept");
    }
}

fn leaf() -> impl Strategy<Value = Nested> {
    prop_oneof![
        Just(Nested::Null),
        any::<bool>().prop_map(Nested::Bool),
        (i64::MAX as u64 + 1..).prop_map(|number| Nested::Wide(number.into())),
        (i64::MAX as u64 + 1..).prop_map(|number| Nested::Wide(-1 - i128::from(number))),
        (any::<u64>(), testing::typed_value()).prop_map(|(tag, value)| Nested::Tagged(tag, value)),
        prop_oneof![0u8..20, Just(23), 32u8..].prop_map(Nested::Simple),
    ]
}

proptest! {
    #[test]
    fn round_trips(tuples in prop::collection::vec(testing::any_tuple(leaf()), 0..4), piece in 1usize..40) {
        testing::arrives_in_pieces(&mut Cbor::new(LIMIT), &tuples, piece);
    }

    #[test]
    fn a_cut_is_an_error(tuple in testing::any_tuple(leaf())) {
        testing::is_never_cut_short(&mut Cbor::new(LIMIT), &tuple);
    }

    #[test]
    fn hostile_bytes(bytes in prop::collection::vec(any::<u8>(), 0..64), piece in 1usize..64) {
        let mut stream = vec![0x9f];
        stream.extend(bytes);
        testing::survives(&mut Cbor::new(64), &stream, piece);
    }

    #[test]
    fn one_wrong_byte(tuple in testing::any_tuple(leaf()), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        testing::survives_a_wrong_byte(&mut Cbor::new(LIMIT), &tuple, at, byte);
    }
}
