use proptest::prelude::*;

use super::*;
use crate::tuple::testing;
use crate::tuple::value::{Nested, Value};

const LIMIT: usize = 1 << 20;

fn int(number: i64) -> Value {
    Value::Integer(number)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn pack(formats: &[&str]) -> Pack {
    Pack::receiver(formats, Charset::default(), LIMIT).unwrap()
}

fn encode(format: &str, values: Vec<Value>) -> Result<Vec<u8>, CodecError> {
    let mut out = b"kept".to_vec();
    let result = Pack::sender(format, Charset::default(), LIMIT)?.encode(&values.into(), &mut out);
    let bytes = out.split_off(4);
    assert_eq!(out, b"kept");
    result.map(|()| bytes).inspect_err(|_| assert_eq!(out, b"kept"))
}

fn decode(format: &str, bytes: &[u8]) -> Result<Vec<Value>, CodecError> {
    pack(&[format]).decode_message(bytes).map(Tuple::into_values)
}

#[test]
fn values_and_their_bytes() {
    let table: Vec<(&str, Vec<Value>, &[u8])> = vec![
        ("i<", vec![int(1)], b"\x01\x00\x00\x00"),
        ("in", vec![int(1)], b"\x00\x00\x00\x01"),
        ("In", vec![int(409_600)], b"\x00\x06\x40\x00"),
        ("in2", vec![int(1), int(2)], b"\x00\x00\x00\x01\x00\x00\x00\x02"),
        ("sn", vec![int(-2)], b"\xff\xfe"),
        ("dn", vec![Value::Real(3.25)], b"\x40\x0a\x00\x00\x00\x00\x00\x00"),
        ("fn", vec![Value::Real(1.5)], b"\x3f\xc0\x00\x00"),
        ("A5", vec![text("ab")], b"ab   "),
        ("Z5", vec![text("ab")], b"ab\0\0\0"),
        ("c-c", vec![int(65), int(66)], b"\x41\x00\x42"),
        ("c_c", vec![int(65), int(66)], b"\x41\x20\x42"),
        ("z", vec![text("SA0001#")], b"SA0001#"),
        ("c", vec![int(-128)], b"\x80"),
        ("C", vec![int(255)], b"\xff"),
        ("s>", vec![int(-32768)], b"\x80\x00"),
        ("S<", vec![int(0x1234)], b"\x34\x12"),
        ("in", vec![int(-2_147_483_648)], b"\x80\x00\x00\x00"),
        ("I<", vec![int(4_294_967_295)], b"\xff\xff\xff\xff"),
        ("qn", vec![int(i64::MIN)], b"\x80\x00\x00\x00\x00\x00\x00\x00"),
        ("q<", vec![int(-2)], b"\xfe\xff\xff\xff\xff\xff\xff\xff"),
        ("Qn", vec![int(i64::MAX)], b"\x7f\xff\xff\xff\xff\xff\xff\xff"),
        ("Qn", vec![Value::integer(u64::MAX.into())], b"\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("f<", vec![Value::Real(-0.0)], b"\x00\x00\x00\x80"),
        ("dn", vec![Value::Real(f64::NEG_INFINITY)], b"\xff\xf0\x00\x00\x00\x00\x00\x00"),
        ("fn", vec![Value::Real(f64::INFINITY)], b"\x7f\x80\x00\x00"),
        ("a4", vec![Value::Bytes(vec![0, 32, 255, 0])], b"\x00\x20\xff\x00"),
        ("A2", vec![text("ü")], b"\xc3\xbc"),
        ("A2", vec![text("")], b"  "),
        ("Z1", vec![text("")], b"\0"),
        ("z", vec![text("")], b""),
        ("z5 sn", vec![text("ab"), int(1)], b"ab\x00\x01"),
        ("sn, z", vec![int(1), text("a\0b")], b"\x00\x01a\0b"),
        ("-3_2", vec![], b"\0\0\0  "),
        ("c2sn2", vec![int(1), int(2), int(3), int(4)], b"\x01\x02\x00\x03\x00\x04"),
    ];
    for (format, values, bytes) in table {
        assert_eq!(encode(format, values.clone()).as_deref(), Ok(bytes), "{format} of {values:?}");
        assert_eq!(decode(format, bytes), Ok(values), "{format} from {bytes:02x?}");
    }
}

#[test]
fn no_modifier_means_the_order_of_this_machine() {
    let bytes = 0x0102_0304i32.to_ne_bytes();
    assert_eq!(encode("i", vec![int(0x0102_0304)]).as_deref(), Ok(&bytes[..]));
    assert_eq!(decode("i", &bytes), Ok(vec![int(0x0102_0304)]));
    assert_eq!(encode("d", vec![Value::Real(0.1)]).as_deref(), Ok(&0.1f64.to_ne_bytes()[..]));
}

#[test]
fn one_way_only() {
    assert_eq!(encode("a", vec![Value::Bytes(vec![1, 2])]).as_deref(), Ok(&[1, 2][..]));
    assert_eq!(encode("a a2", vec![text("xyz"), text("ü")]).as_deref(), Ok("xyzü".as_bytes()));
    assert_eq!(encode("A3", vec![Value::Bytes(vec![255])]).as_deref(), Ok(&b"\xff  "[..]));
    assert_eq!(encode("dn", vec![int(1)]), encode("dn", vec![Value::Real(1.0)]));
    assert_eq!(encode("fn", vec![int(16_777_216)]), encode("fn", vec![Value::Real(16_777_216.0)]));
    assert_eq!(encode("fn", vec![Value::Real(0.1)]).as_deref(), Ok(&0.1f32.to_be_bytes()[..]));
    assert_eq!(encode("zz", vec![text("a"), text("b")]).as_deref(), Ok(&b"ab"[..]));
    assert_eq!(encode("A", vec![text("x")]).map(|bytes| bytes.len()), Ok(1024));
    assert_eq!(encode("Z", vec![text("x")]).map(|bytes| bytes.len()), Ok(1024));
    assert_eq!(decode("A4", b"a  \0"), Ok(vec![text("a  \0")]));
    assert_eq!(decode("Z6", b"ab\0junk"[..6].try_into().unwrap_or(b"")), Ok(vec![text("ab")]));
}

#[test]
fn what_does_not_match_is_not_sent() {
    let table = [
        ("c", vec![int(200)], "`200`, and `c` takes an integer from -128 to 127"),
        ("c", vec![int(-129)], "takes an integer from -128 to 127"),
        ("C", vec![int(-1)], "takes an integer from 0 to 255"),
        ("s", vec![int(32768)], "takes an integer from -32768 to 32767"),
        ("S", vec![int(65536)], "takes an integer from 0 to 65535"),
        ("i", vec![int(1 << 31)], "takes an integer from -2147483648 to 2147483647"),
        ("I", vec![int(1 << 32)], "takes an integer from 0 to 4294967295"),
        ("q", vec![Value::integer(u64::MAX.into())], "`18446744073709551615`, and `q` takes an integer from -9"),
        ("Q", vec![int(-1)], "takes an integer from 0 to 18446744073709551615"),
        ("i", vec![Value::Real(1.0)], "`1.0`, and `i` takes an integer"),
        ("i", vec![text("1")], "`s:1`, and `i` takes an integer"),
        ("f", vec![Value::Real(1e300)], "`1e300` is no value of `f`, a real of 4 bytes"),
        ("f", vec![int(16_777_217)], "`16777217` is no value of `f`"),
        ("d", vec![int(i64::MAX)], "is no value of `d`, a real of 8 bytes"),
        ("d", vec![text("x")], "`x`, and `d` takes a real"),
        ("A2", vec![text("abc")], "`abc` has 3 bytes, and the field holds 2"),
        ("A2", vec![text("üü")], "has 4 bytes, and the field holds 2"),
        ("Z2", vec![text("ab")], "has 2 bytes, and the field holds 1"),
        ("Z9", vec![text("a\0b")], "holds a NUL, which ends a `Z`"),
        ("z2", vec![text("abc")], "has 3 bytes, and the field holds 2"),
        ("a2", vec![text("abc")], "has 3 bytes, and the field has 2"),
        ("a2", vec![text("a")], "has 1 bytes, and the field has 2"),
        ("A2", vec![int(5)], "`5`, where a string belongs: type s:5"),
        ("A2", vec![Nested::Null.into()], "null, where a string belongs"),
        ("i", vec![Nested::Array(vec![]).into()], "an array, and `i` takes an integer"),
        ("i", vec![], "the tuple has 0 values, and the format takes 1"),
        ("i", vec![int(1), int(2)], "the tuple has 2 values, and the format takes 1"),
        ("in2 c", vec![int(1), int(2), int(300)], "`300`, and `c` takes"),
        ("A2000", vec![text(&"y".repeat(3000))], "has 3000 bytes"),
    ];
    for (format, values, words) in table {
        let error = encode(format, values).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(&format!("data does not match the format `{format}`: ")), "{message}");
        assert!(message.contains(words), "{format}: {message}");
        assert!(message.len() < 250, "{message}");
    }
}

#[test]
fn packets_that_do_not_match() {
    let table: [(&str, &[u8], &str); 7] = [
        ("in", b"\0\0\0", "3 bytes were received"),
        ("in", b"\0\0\0\0\0", "5 bytes were received"),
        ("in", b"", "0 bytes were received"),
        ("c-c", b"A B", "the byte 0x20 is where 0x00 belongs"),
        ("c_c", b"A\0B", "the byte 0x00 is where 0x20 belongs"),
        ("Z2", b"ab", "no NUL ends"),
        ("z", b"\xff", "not UTF-8"),
    ];
    for (format, bytes, words) in table {
        let error = decode(format, bytes).unwrap_err();
        assert!(matches!(error, CodecError::DoesNotMatch { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{format}: {error}");
    }
}

#[test]
fn the_format_whose_size_fits_wins_and_is_named() {
    let mut codec = pack(&["in", "sn", "in2", "dn", "c z3"]);
    let table: [(&[u8], &str, Vec<Value>); 5] = [
        (b"\0\0\0\x01", "in", vec![int(1)]),
        (b"\0\x01", "sn", vec![int(1)]),
        (b"\0\0\0\x01\0\0\0\x02", "in2", vec![int(1), int(2)]),
        (b"Axy", "c z3", vec![int(65), text("xy")]),
        (b"A", "c z3", vec![int(65), text("")]),
    ];
    for (bytes, format, values) in table {
        assert_eq!(codec.decode_message(bytes).map(Tuple::into_values), Ok(values), "{format}");
        assert_eq!(codec.name(), format);
    }
    let message = codec.decode_message(b"12345").unwrap_err().to_string();
    assert_eq!(message, "data does not match the format `in`, `sn`, `in2`, `dn`, `c z3`: 5 bytes were received");
}

#[test]
fn one_format_of_fixed_size_cuts_a_stream() {
    let mut codec = pack(&["in"]);
    assert_eq!(codec.decode(b"\0\0\0"), Ok(Progress::NeedMore));
    assert_eq!(codec.settle(b"\0\0\0"), Ok(Progress::NeedMore));
    assert_eq!(codec.decode(b"\0\0\0\x01\0"), Ok(Progress::Got(vec![int(1)].into(), 4)));
    assert_eq!(codec.finish(b"\0"), Err(CodecError::Cut { received: 1 }));
    assert_eq!(codec.finish(b""), Ok(None));
}

#[test]
fn in_a_stream_an_open_end_is_what_had_come() {
    let mut codec = pack(&["z10"]);
    assert_eq!(codec.decode(b"SA0001#"), Ok(Progress::NeedMore));
    assert_eq!(codec.settle(b"SA0001#"), Ok(Progress::Got(vec![text("SA0001#")].into(), 7)));
    assert_eq!(codec.settle(b""), Ok(Progress::NeedMore));
    assert_eq!(codec.decode(b"0123456789a"), Ok(Progress::Got(vec![text("0123456789")].into(), 10)));
    assert_eq!(codec.finish(b"rest"), Ok(Some(vec![text("rest")].into())));
    assert_eq!(codec.finish(b""), Ok(None));

    let mut codec = pack(&["sn", "in"]);
    assert_eq!(codec.decode(b"\0\x01"), Ok(Progress::NeedMore));
    assert_eq!(codec.settle(b"\0\x01"), Ok(Progress::Got(vec![int(1)].into(), 2)));
    assert_eq!(codec.settle(b"\0\0\0"), Ok(Progress::NeedMore));
    assert_eq!(codec.decode(b"\0\0\0\x02\0"), Ok(Progress::Got(vec![int(2)].into(), 4)));
    assert_eq!(codec.name(), "in");
    assert_eq!(codec.finish(b"\0"), Err(CodecError::Cut { received: 1 }));
    assert_eq!(codec.finish(b"\0\x07"), Ok(Some(vec![int(7)].into())));
}

#[test]
fn what_can_only_be_sent_never_decodes_to_nothing() {
    let mut codec = Pack::sender("a", Charset::default(), LIMIT).unwrap();
    assert_eq!(codec.decode(b"abc"), Ok(Progress::NeedMore));
    assert_eq!(codec.finish(b"abc"), Err(CodecError::Cut { received: 3 }));
}

#[test]
fn formats_are_checked_before_anything_is_received() {
    let receiver = |formats: &[&str]| Pack::receiver(formats, Charset::default(), 1000).map(drop).unwrap_err();
    assert_eq!(receiver(&["in", "l"]).exit().status(), 2);
    assert_eq!(receiver(&["a"]).exit().status(), 2);
    assert_eq!(receiver(&["z3 z3"]).exit().status(), 2);
    assert_eq!(receiver(&[]).exit().status(), 2);
    assert_eq!(receiver(&["q4294967295"]), CodecError::TooLarge { limit: 1000 });
    assert_eq!(Pack::sender("A2000", Charset::default(), 1000).unwrap_err(), CodecError::TooLarge { limit: 1000 });
    let raw = Pack::sender("a", Charset::default(), 10).unwrap();
    let mut out = Vec::new();
    let tuple = vec![Value::Bytes(vec![0; 11])].into();
    assert_eq!(raw.encode(&tuple, &mut out), Err(CodecError::TooLarge { limit: 10 }));
    assert!(out.is_empty());
}

#[test]
fn character_sets() {
    let latin = Charset::parse("latin1", "").unwrap();
    let mut codec = Pack::receiver(&["A3"], latin, LIMIT).unwrap();
    let mut out = Vec::new();
    codec.encode(&vec![text("é")].into(), &mut out).unwrap();
    assert_eq!(out, b"\xe9  ");
    assert_eq!(codec.decode_message(&out), Ok(vec![text("é")].into()));
    let error = codec.encode(&vec![text("Я")].into(), &mut out).unwrap_err();
    assert!(error.to_string().contains("`Я`: windows-1252 has no form"), "{error}");

    let mut codec = Pack::receiver(&["A3"], Charset::Ignore, LIMIT).unwrap();
    assert_eq!(codec.decode_message(b"\xe9  "), Ok(vec![Value::Bytes(vec![0xe9])].into()));
    assert_eq!(codec.decode_message(b"ab "), Ok(vec![text("ab")].into()));
}

/// A letter with values that fit it.
fn field() -> impl Strategy<Value = (String, Vec<Value>)> {
    let order = prop::sample::select(vec!["", "n", "<", ">"]);
    let integer = prop::sample::select(vec![('c', 8), ('s', 16), ('i', 32), ('q', 64)]);
    let integers = (integer, any::<bool>(), order.clone(), prop::collection::vec(any::<u64>(), 1..4)).prop_map(
        |((letter, bits), signed, order, raw)| {
            let letter = if signed { letter } else { letter.to_ascii_uppercase() };
            let value = |raw: &u64| match signed {
                true => Value::Integer((*raw as i64) >> (64 - bits)),
                false => Value::integer((*raw >> (64 - bits)).into()),
            };
            (format!("{letter}{order}{}", raw.len()), raw.iter().map(value).collect())
        },
    );
    let doubles =
        (order.clone(), testing::real()).prop_map(|(order, real)| (format!("d{order}"), vec![Value::Real(real)]));
    let floats =
        (order, any::<f32>()).prop_map(|(order, real)| (format!("f{order}"), vec![Value::Real(f64::from(real))]));
    let strings = (prop::sample::select(vec!['A', 'Z']), "[!-~é]{0,9}", 20usize..30)
        .prop_map(|(letter, string, length)| (format!("{letter}{length}"), vec![Value::Text(string)]));
    let raw = prop::collection::vec(any::<u8>(), 1..9)
        .prop_map(|bytes| (format!("a{}", bytes.len()), vec![Value::Bytes(bytes)]));
    let skips = prop::sample::select(vec!["-", "_", "-3", "_2"]).prop_map(|skip| (skip.to_owned(), vec![]));
    prop_oneof![integers, doubles, floats, strings, raw, skips]
}

fn fields() -> impl Strategy<Value = (String, Vec<Value>)> {
    prop::collection::vec(field(), 1..8).prop_map(|fields| {
        let (formats, values): (Vec<String>, Vec<Vec<Value>>) = fields.into_iter().unzip();
        (formats.join(" "), values.concat())
    })
}

proptest! {
    #[test]
    fn round_trips((format, values) in fields(), piece in 1usize..20) {
        let mut codec = Pack::receiver(&[format], Charset::default(), LIMIT).unwrap();
        let tuple = Tuple::from(values);
        testing::arrives_in_pieces(&mut codec, &[tuple.clone(), tuple.clone()], piece);
        testing::is_never_cut_short(&mut codec, &tuple);
        let mut bytes = Vec::new();
        codec.encode(&tuple, &mut bytes).unwrap();
        prop_assert_eq!(codec.decode_message(&bytes), Ok(tuple));
    }

    #[test]
    fn a_string_of_variable_length_takes_the_rest((format, values) in fields(), tail in "[ -~]{0,40}") {
        let mut codec = Pack::receiver(&[format!("{format} z40")], Charset::default(), LIMIT).unwrap();
        let tuple: Tuple = values.into_iter().chain([Value::Text(tail)]).collect();
        let mut bytes = Vec::new();
        codec.encode(&tuple, &mut bytes).unwrap();
        prop_assert_eq!(codec.decode_message(&bytes), Ok(tuple));
    }

    #[test]
    fn hostile_bytes((format, _) in fields(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut codec = Pack::receiver(&[format, "A3 c z5".to_owned()], Charset::default(), LIMIT).unwrap();
        let _ = codec.decode(&bytes);
        let _ = codec.settle(&bytes);
        let _ = codec.finish(&bytes);
        let _ = codec.decode_message(&bytes);
    }
}
