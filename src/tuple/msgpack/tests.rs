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

fn decode(bytes: &[u8]) -> Result<Vec<Value>, CodecError> {
    MsgPack::new(LIMIT).decode_message(bytes).map(Tuple::into_values)
}

fn both_ways() -> Vec<(String, Value)> {
    let table = [
        ("00", Value::Integer(0)),
        ("7f", Value::Integer(127)),
        ("cc80", Value::Integer(128)),
        ("ccff", Value::Integer(255)),
        ("cd0100", Value::Integer(256)),
        ("ce00010000", Value::Integer(65536)),
        ("cf0000000100000000", Value::Integer(1 << 32)),
        ("cf7fffffffffffffff", Value::Integer(i64::MAX)),
        ("cfffffffffffffffff", Nested::Wide(u64::MAX.into()).into()),
        ("ff", Value::Integer(-1)),
        ("e0", Value::Integer(-32)),
        ("d0df", Value::Integer(-33)),
        ("d080", Value::Integer(-128)),
        ("d1ff7f", Value::Integer(-129)),
        ("d2ffff7fff", Value::Integer(-32769)),
        ("d3ffffffff7fffffff", Value::Integer(-2_147_483_649)),
        ("d38000000000000000", Value::Integer(i64::MIN)),
        ("cb3ff0000000000000", Value::Real(1.0)),
        ("cb8000000000000000", Value::Real(-0.0)),
        ("cb7ff8000000000000", Value::Real(f64::NAN)),
        ("cbfff0000000000000", Value::Real(f64::NEG_INFINITY)),
        ("a0", text("")),
        ("a2c3bc", text("ü")),
        ("c400", Value::Bytes(vec![])),
        ("c4020aff", Value::Bytes(vec![10, 255])),
        ("c0", Nested::Null.into()),
        ("c2", Nested::Bool(false).into()),
        ("c3", Nested::Bool(true).into()),
        ("d40507", Nested::Extension(5, vec![7]).into()),
        ("d5ff0102", Nested::Extension(-1, vec![1, 2]).into()),
        ("d605 01020304", Nested::Extension(5, vec![1, 2, 3, 4]).into()),
        ("d705 0102030405060708", Nested::Extension(5, (1..=8).collect()).into()),
        ("d805 0102030405060708090a0b0c0d0e0f10", Nested::Extension(5, (1..=16).collect()).into()),
        ("c70005", Nested::Extension(5, vec![]).into()),
        ("c70305 010203", Nested::Extension(5, vec![1, 2, 3]).into()),
        ("920102", Nested::Array(vec![Value::Integer(1), Value::Integer(2)]).into()),
        ("8101a16b", Nested::Map(vec![(Value::Integer(1), text("k"))]).into()),
    ];
    let mut table: Vec<(String, Value)> = table.into_iter().map(|(bytes, value)| (bytes.to_owned(), value)).collect();
    // The borders of the widths of lengths.
    for (length, head) in [(31, "bf"), (32, "d920"), (255, "d9ff"), (256, "da0100"), (65536, "db00010000")] {
        table.push((format!("{head}{}", "78".repeat(length)), text(&"x".repeat(length))));
    }
    for (length, head) in [(255, "c4ff"), (256, "c50100"), (65536, "c600010000")] {
        table.push((format!("{head}{}", "78".repeat(length)), Value::Bytes(vec![b'x'; length])));
    }
    for (length, head) in [(256, "c8010005"), (65536, "c90001000005")] {
        table.push((format!("{head}{}", "78".repeat(length)), Nested::Extension(5, vec![b'x'; length]).into()));
    }
    for (count, head) in [(15, "9f"), (16, "dc0010"), (65536, "dd00010000")] {
        table.push((format!("{head}{}", "07".repeat(count)), Nested::Array(vec![Value::Integer(7); count]).into()));
    }
    for (count, head) in [(15, "8f"), (16, "de0010"), (65536, "df00010000")] {
        let pairs = vec![(Value::Integer(7), Value::Integer(7)); count];
        table.push((format!("{head}{}", "0707".repeat(count)), Nested::Map(pairs).into()));
    }
    table
}

#[test]
fn values_and_their_bytes() {
    const LARGE: usize = LIMIT * 8;
    for (bytes, value) in both_ways() {
        let bytes = hex(&format!("91{bytes}"));
        let shown = bytes.iter().take(12).copied().collect::<Vec<u8>>();
        let tuple = Tuple::from(vec![value]);
        assert!(testing::encode(&MsgPack::new(LARGE), &tuple) == bytes, "{shown:02x?}");
        assert!(MsgPack::new(LARGE).decode_message(&bytes) == Ok(tuple), "{shown:02x?}");
    }
}

#[test]
fn other_forms_of_the_same_are_read() {
    let table = [
        ("cc05", Value::Integer(5)),
        ("d37fffffffffffffff", Value::Integer(i64::MAX)),
        ("d00005".get(..4).unwrap(), Value::Integer(0)),
        ("d3ffffffffffffffff", Value::Integer(-1)),
        ("ca3f800000", Value::Real(1.0)),
        ("ca80000000", Value::Real(-0.0)),
        ("ca7fc00000", Value::Real(f64::NAN)),
        ("d90161", text("a")),
        ("db0000000161", text("a")),
        ("c60000000161", Value::Bytes(b"a".to_vec())),
        ("dc000101", Nested::Array(vec![Value::Integer(1)]).into()),
        ("df00000000", Nested::Map(vec![]).into()),
    ];
    for (bytes, value) in table {
        assert_eq!(decode(&hex(&format!("91{bytes}"))), Ok(vec![value.clone()]), "{bytes}");
        assert_eq!(decode(&hex(&format!("dd00000001{bytes}"))), Ok(vec![value]), "{bytes}");
    }
}

#[test]
fn what_is_no_tuple() {
    let table = [
        ("00", "does not begin with an array"),
        ("80", "does not begin with an array"),
        ("c0", "does not begin with an array"),
        ("c1", "does not begin with an array"),
        ("91c1", "0xc1 begins no MessagePack item"),
        ("9291c1", "0xc1 begins no MessagePack item"),
        ("91a1ff", "not UTF-8"),
        ("9181a1ff00", "not UTF-8"),
        ("90c1", "1 bytes follow"),
        ("", "the message is empty"),
    ];
    for (bytes, words) in table {
        let error = decode(&hex(bytes)).unwrap_err();
        assert!(matches!(error, CodecError::NotATuple(_)), "{bytes}: {error:?}");
        assert!(error.to_string().contains(words), "{bytes}: {error}");
    }
}

#[test]
fn claims_beyond_the_limit_are_refused_before_they_come() {
    for bytes in [
        "91dbffffffff",
        "91c6ffffffff",
        "91c9ffffffff01",
        "ddffffffff",
        "91ddffffffff",
        "91df80000000",
        "9191dbfffffff0",
        "91db00100000",
    ] {
        let error = MsgPack::new(LIMIT).decode(&hex(bytes));
        assert_eq!(error, Err(CodecError::TooLarge { limit: LIMIT }), "{bytes}");
    }
    let tuple = Tuple::from(vec![text(&"x".repeat(100))]);
    let bytes = testing::encode(&MsgPack::new(LIMIT), &tuple);
    assert_eq!(MsgPack::new(bytes.len()).decode_message(&bytes), Ok(tuple));
    assert_eq!(MsgPack::new(100).decode(&hex("dc0100")), Err(CodecError::TooLarge { limit: 100 }));
    let limit = bytes.len() - 1;
    assert_eq!(MsgPack::new(limit).decode(&bytes[..3]), Err(CodecError::TooLarge { limit }));
}

#[test]
fn the_memory_of_values_counts() {
    let limit = 100_000;
    for (head, item) in [("dd00015f90", 0x00), ("dc3fff", 0xc0), ("dc3fff", 0x90), ("dcffff", 0x80), ("dcffff", 0xa0)] {
        let mut stream = hex(head);
        stream.resize(limit - 1, item);
        assert_eq!(MsgPack::new(limit).decode(&stream), Err(CodecError::TooLarge { limit }), "{head} {item:02x}");
    }
    let mut nils = hex("dc1f40");
    nils.resize(8003, 0xc0);
    assert_eq!(MsgPack::new(limit).decode(&nils), Err(CodecError::TooLarge { limit }));
    nils[3..].fill(0x00);
    assert_eq!(MsgPack::new(limit).decode_message(&nils).map(|tuple| tuple.len()), Ok(8000));
    let mut doubles = hex("dc2000");
    doubles.extend([0xcb, 0, 0, 0, 0, 0, 0, 0, 0].repeat(0x2000));
    assert_eq!(MsgPack::new(doubles.len()).decode_message(&doubles).map(|tuple| tuple.len()), Ok(0x2000));
}

#[test]
fn nesting_is_bounded() {
    for (level, per_level) in [("91", 1), ("9181c0", 2), ("dc0001", 1), ("91df00000001c0", 2)] {
        let deep = hex(&level.repeat(100_000));
        let error = MsgPack::new(LIMIT * 100).decode(&deep).unwrap_err();
        assert!(error.to_string().contains("nested deeper than 64 levels"), "{level}: {error}");
        let fits = hex(&format!("{}00", level.repeat(64 / per_level)));
        assert!(matches!(MsgPack::new(LIMIT).decode(&fits), Ok(Progress::Got(..))), "{level}");
    }
}

#[test]
fn what_has_been_looked_at_is_not_looked_at_again() {
    testing::looks_once(&mut MsgPack::new(LIMIT), &testing::many(10_000), 0xc1);
}

#[test]
fn what_msgpack_cannot_hold() {
    for nested in [
        Nested::Tagged(1, Value::Integer(1)),
        Nested::Simple(23),
        Nested::Wide(1 << 64),
        Nested::Wide(i128::from(i64::MIN) - 1),
        Nested::Array(vec![Nested::Simple(0).into()]),
    ] {
        let mut out = b"kept".to_vec();
        let tuple = Tuple::from(vec![Value::Integer(1), nested.into()]);
        let error = MsgPack::new(LIMIT).encode(&tuple, &mut out).unwrap_err();
        assert!(error.to_string().starts_with("msgpack has no form for "), "{error}");
        assert_eq!(out, b"kept");
    }
}

fn leaf() -> impl Strategy<Value = Nested> {
    prop_oneof![
        Just(Nested::Null),
        any::<bool>().prop_map(Nested::Bool),
        (i64::MAX as u64 + 1..).prop_map(|number| Nested::Wide(number.into())),
        (any::<i8>(), prop::collection::vec(any::<u8>(), 0..20))
            .prop_map(|(kind, bytes)| Nested::Extension(kind, bytes)),
    ]
}

proptest! {
    #[test]
    fn round_trips(tuples in prop::collection::vec(testing::any_tuple(leaf()), 0..4), piece in 1usize..40) {
        testing::arrives_in_pieces(&mut MsgPack::new(LIMIT), &tuples, piece);
    }

    #[test]
    fn a_cut_is_an_error(tuple in testing::any_tuple(leaf())) {
        testing::is_never_cut_short(&mut MsgPack::new(LIMIT), &tuple);
    }

    #[test]
    fn hostile_bytes(bytes in prop::collection::vec(any::<u8>(), 0..64), piece in 1usize..64) {
        let mut stream = vec![0x9f];
        stream.extend(bytes);
        testing::survives(&mut MsgPack::new(64), &stream, piece);
    }

    #[test]
    fn one_wrong_byte(tuple in testing::any_tuple(leaf()), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        testing::survives_a_wrong_byte(&mut MsgPack::new(LIMIT), &tuple, at, byte);
    }
}
