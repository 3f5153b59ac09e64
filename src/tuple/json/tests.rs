use proptest::prelude::*;

use super::*;
use crate::tuple::testing;

const LIMIT: usize = 1 << 20;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn wide(number: i128) -> Value {
    Nested::Wide(number).into()
}

fn decode(json: &str) -> Result<Vec<Value>, CodecError> {
    Json::new(LIMIT).decode_message(json.as_bytes()).map(Tuple::into_values)
}

#[test]
fn values_and_their_text() {
    let table = [
        ("1", Value::Integer(1)),
        ("1.0", Value::Real(1.0)),
        ("-0.0", Value::Real(-0.0)),
        ("0", Value::Integer(0)),
        ("9223372036854775807", Value::Integer(i64::MAX)),
        ("-9223372036854775808", Value::Integer(i64::MIN)),
        ("18446744073709551615", wide(u64::MAX.into())),
        ("1e300", Value::Real(1e300)),
        ("5e-324", Value::Real(5e-324)),
        ("0.1", Value::Real(0.1)),
        ("NaN", Value::Real(f64::NAN)),
        ("Infinity", Value::Real(f64::INFINITY)),
        ("-Infinity", Value::Real(f64::NEG_INFINITY)),
        ("\"\"", text("")),
        ("\"a\\\"b\\\\c\\n\\u0000é\"", text("a\"b\\c\n\0é")),
        ("{\"base64\":\"Cv8=\"}", Value::Bytes(vec![10, 255])),
        ("{\"base64\":\"\"}", Value::Bytes(vec![])),
        ("null", Nested::Null.into()),
        ("true", Nested::Bool(true).into()),
        ("false", Nested::Bool(false).into()),
        ("[]", Nested::Array(vec![]).into()),
        ("[1,[2]]", Nested::Array(vec![Value::Integer(1), Nested::Array(vec![Value::Integer(2)]).into()]).into()),
        ("{}", Nested::Map(vec![]).into()),
        (
            "{\"b\":1,\"a\":NaN}",
            Nested::Map(vec![(text("b"), Value::Integer(1)), (text("a"), Value::Real(f64::NAN))]).into(),
        ),
    ];
    for (json, value) in table {
        let tuple = Tuple::from(vec![value]);
        assert_eq!(String::from_utf8(testing::encode(&Json::new(LIMIT), &tuple)).unwrap(), format!("[{json}]\n"));
        assert_eq!(decode(&format!("[{json}]")), Ok(tuple.into_values()), "{json}");
    }
}

#[test]
fn other_forms_of_the_same_are_read() {
    let table = [
        (" [ 1 ,\n\t\r 2 ] \n", vec![Value::Integer(1), Value::Integer(2)]),
        ("[]", vec![]),
        ("[ ]", vec![]),
        ("[-0]", vec![Value::Integer(0)]),
        ("[1E2,1e+2,1.5e-1]", vec![Value::Real(100.0), Value::Real(100.0), Value::Real(0.15)]),
        ("[1e-999]", vec![Value::Real(0.0)]),
        ("[\"\\u00e9\\ud83d\\ude00\\/\"]", vec![text("é😀/")]),
        ("[\"]\\\"[\",\"\\\\\"]", vec![text("]\"["), text("\\")]),
        ("[ { \"base64\" : \"AA==\" } ]", vec![Value::Bytes(vec![0])]),
        ("[{\"base64\":\"no!\"}]", vec![Nested::Map(vec![(text("base64"), text("no!"))]).into()]),
        ("[-9223372036854775809]", vec![wide(i128::from(i64::MIN) - 1)]),
    ];
    for (json, values) in table {
        assert_eq!(decode(json), Ok(values), "{json}");
    }
}

#[test]
fn values_that_json_lacks_are_shown_as_objects() {
    let tuple = Tuple::from(vec![
        Nested::Tagged(1, Value::Integer(5)).into(),
        Nested::Simple(23).into(),
        Nested::Extension(5, vec![255]).into(),
        Nested::Map(vec![(Value::Integer(1), Value::Real(2.0)), (Nested::Null.into(), text("x"))]).into(),
    ]);
    let json = String::from_utf8(testing::encode(&Json::new(LIMIT), &tuple)).unwrap();
    assert_eq!(
        json,
        "[{\"tag\":1,\"value\":5},{\"simple\":23},{\"extension\":5,\"base64\":\"/w==\"},{\"1\":2.0,\"null\":\"x\"}]\n"
    );
}

#[test]
fn what_is_no_tuple() {
    let table = [
        ("1", "no JSON array"),
        ("{}", "no JSON array"),
        ("GET / HTTP/1.1", "no JSON array"),
        ("\u{feff}[]", "no JSON array"),
        ("[1 2]", "at byte 3 `,` or `]` must follow"),
        ("[1,]", "at byte 3 a value must follow"),
        ("[,1]", "at byte 1 a value must follow"),
        ("[01]", "needless 0"),
        ("[-]", "a digit must follow"),
        ("[1.]", "a digit must follow"),
        ("[1e]", "a digit must follow"),
        ("[.5]", "a value must follow"),
        ("[+1]", "a value must follow"),
        ("[1e999]", "beyond the largest double"),
        ("[340282366920938463463374607431768211456]", "more than 128 bits"),
        ("[nan]", "a value must follow"),
        ("[-NaN]", "a digit must follow"),
        ("[truex]", "`,` or `]` must follow"),
        ("['a']", "a value must follow"),
        ("[\"a\nb\"]", "the string at byte 1 is malformed"),
        ("[\"\\x\"]", "the string at byte 1 is malformed"),
        ("[\"\\ud800\"]", "the string at byte 1 is malformed"),
        ("[{1:2}]", "a string must follow"),
        ("[{\"a\" 1}]", "`:` must follow"),
        ("[{\"a\":1,}]", "a string must follow"),
        ("[1}", "`,` or `]` must follow"),
        ("[] []", "3 bytes follow the tuple"),
        ("", "the message is empty"),
        (" \n", "the message is empty"),
    ];
    for (json, words) in table {
        let error = decode(json).unwrap_err();
        assert!(matches!(error, CodecError::NotATuple(_)), "{json}: {error:?}");
        assert!(error.to_string().contains(words), "{json}: {error}");
    }
    assert!(Json::new(LIMIT).decode_message(b"[\"\xff\"]").unwrap_err().to_string().contains("malformed"));
}

#[test]
fn a_tuple_ends_at_its_bracket_and_blanks_stand_between() {
    let mut codec = Json::new(LIMIT);
    let stream = b"[1]\n\n [2][3]\n";
    let mut used = 0;
    let mut got = Vec::new();
    while let Progress::Got(tuple, consumed) = codec.decode(&stream[used..]).unwrap() {
        got.push(tuple.into_values());
        used += consumed;
    }
    assert_eq!(got, [[Value::Integer(1)], [Value::Integer(2)], [Value::Integer(3)]]);
    assert_eq!(codec.finish(&stream[used..]), Ok(None));
}

#[test]
fn sizes_are_bounded() {
    let too_large = |limit| Err(CodecError::TooLarge { limit });
    assert_eq!(Json::new(8).decode(b"[12345678"), too_large(8));
    assert_eq!(Json::new(8).decode(b"[123456]").map(|_| ()), Ok(()));
    assert_eq!(Json::new(8).decode(b"[1234567]"), too_large(8));
    assert_eq!(Json::new(8).decode(&[b' '; 9]), too_large(8));
    assert_eq!(Json::new(8).decode(b"[\"abcdefgh"), too_large(8));
    // Few bytes each in the text, more in memory.
    for item in ["0,", "[],", "{},"] {
        let items = format!("[{}0]", item.repeat(30_000));
        assert_eq!(Json::new(100_000).decode(items.as_bytes()), too_large(100_000), "{item}");
    }
}

#[test]
fn nesting_is_bounded() {
    for level in ["[", "[{\"a\":"] {
        let error = Json::new(LIMIT).decode(level.repeat(10_000).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("nested deeper than 64 levels"), "{level}: {error}");
    }
    let deepest = format!("{}{}", "[".repeat(64), "]".repeat(64));
    assert!(decode(&deepest).is_ok());
}

#[test]
fn what_has_been_looked_at_is_not_looked_at_again() {
    testing::looks_once(&mut Json::new(LIMIT), &testing::many(10_000), b']');
    testing::looks_once(&mut Json::new(LIMIT), &Tuple::from(vec![text(&"x".repeat(10_000))]), b'"');
}

#[test]
fn arguments() {
    let values = vec![Value::Integer(1), Value::Real(2.0), text("x")];
    assert_eq!(parse_argument("[1,2.0,\"x\"]"), Ok(values.into()));
    for (argument, words) in [("[1", "its end is missing"), ("1", "no JSON array"), ("", "empty"), ("[1],", "follow")] {
        let message = parse_argument(argument).unwrap_err().to_string();
        assert!(message.contains(words) && message.contains("type for example"), "{argument}: {message}");
    }
}

#[test]
fn reports_read_back() {
    let read = |json: &str| Json::with_reports(LIMIT).decode_message(json.as_bytes()).map(Tuple::into_values);
    let report = "{\"tuple\":[\"NaN\",\"NaN\",1.0],\"types\":[\"r\",\"s\",\"r\"],\"format\":\"cbor\"}";
    assert_eq!(read(report), Ok(vec![Value::Real(f64::NAN), text("NaN"), Value::Real(1.0)]));
    assert_eq!(read("{\"tuple\":[1]}"), Ok(vec![Value::Integer(1)]));
    assert_eq!(read("[1]"), Ok(vec![Value::Integer(1)]));
    assert!(read("{\"types\":[]}").unwrap_err().to_string().contains("no array named `tuple`"));
    assert!(read("{\"tuple\":[\"x\"],\"types\":[\"r\"]}").unwrap_err().to_string().contains("`x` is no real"));
}

fn leaf() -> impl Strategy<Value = Nested> {
    prop_oneof![
        Just(Nested::Null),
        any::<bool>().prop_map(Nested::Bool),
        (i64::MAX as u64 + 1..).prop_map(|number| Nested::Wide(number.into())),
        Just(Nested::Wide(i128::MIN)),
    ]
}

proptest! {
    #[test]
    fn round_trips(tuples in prop::collection::vec(testing::any_tuple(leaf()), 0..4), piece in 1usize..40) {
        testing::arrives_in_pieces(&mut Json::new(LIMIT), &tuples, piece);
    }

    #[test]
    fn a_cut_is_an_error(tuple in testing::any_tuple(leaf())) {
        testing::is_never_cut_short(&mut Json::new(LIMIT), &tuple);
    }

    #[test]
    fn reports_are_json_to_the_letter_and_round_trip(tuple in testing::typed_tuple()) {
        let mut out = Vec::new();
        report::write(&tuple, "in2 \"z\"", &mut out).unwrap();
        let parsed: serde_json::Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(&parsed["format"], "in2 \"z\"");
        prop_assert_eq!(Json::with_reports(LIMIT).decode_message(&out), Ok(tuple));
    }

    #[test]
    fn hostile_text(text in "[\\[\\]{}\",:0-9eE.+\\\\a-z -]{0,60}", piece in 1usize..64) {
        testing::survives(&mut Json::new(64), format!("[{text}").as_bytes(), piece);
    }

    #[test]
    fn one_wrong_byte(tuple in testing::any_tuple(leaf()), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        testing::survives_a_wrong_byte(&mut Json::new(LIMIT), &tuple, at, byte);
    }
}
