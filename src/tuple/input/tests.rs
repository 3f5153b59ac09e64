use proptest::prelude::*;

use super::*;
use crate::tuple::literal;
use crate::tuple::testing;
use crate::tuple::text::Form;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn int(number: i64) -> Value {
    Value::Integer(number)
}

/// Gives at most `piece` bytes at a time.
struct Slow<'a> {
    rest: &'a [u8],
    piece: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.piece.min(buffer.len()).min(self.rest.len());
        let (now, later) = self.rest.split_at(size);
        buffer[..size].copy_from_slice(now);
        self.rest = later;
        Ok(size)
    }
}

fn read_all(form: InputForm, input: &[u8], piece: usize, limit: usize) -> Result<Vec<Vec<Value>>, String> {
    let mut reader = TupleReader::new(Slow { rest: input, piece }, form, limit, Integers::Signed);
    let mut tuples = Vec::new();
    while let Some(tuple) = reader.next_tuple().map_err(|error| error.to_string())? {
        tuples.push(tuple.into_values());
    }
    Ok(tuples)
}

#[test]
fn records_and_their_tuples() {
    let table: Vec<(InputForm, &str, Vec<Vec<Value>>)> = vec![
        (InputForm::Tsv, "", vec![]),
        (InputForm::Tsv, "1\t1.0\tx y\n", vec![vec![int(1), Value::Real(1.0), text("x y")]]),
        (InputForm::Tsv, "1\n\n2", vec![vec![int(1)], vec![], vec![int(2)]]),
        (InputForm::Tsv, "1\r\n2\r\n", vec![vec![int(1)], vec![int(2)]]),
        (
            InputForm::Tsv,
            "a\\tb\\nc\\\\\ts:5\tb:ff\t\n",
            vec![vec![text("a\tb\nc\\"), text("5"), Value::Bytes(vec![255]), text("")]],
        ),
        (InputForm::Tsv, "\"a\",b\n", vec![vec![text("\"a\",b")]]),
        (
            InputForm::Csv,
            "1,1.0,\"x, \"\"y\"\"\nz\"\r\n2\n",
            vec![vec![int(1), Value::Real(1.0), text("x, \"y\"\nz")], vec![int(2)]],
        ),
        (InputForm::Csv, "a\n\nb\n", vec![vec![text("a")], vec![text("b")]]),
        (InputForm::Csv, "\"\"\n", vec![vec![text("")]]),
        (
            InputForm::Lines,
            "a b\n5\n\ns:5\nx\ty\n",
            vec![vec![text("a b")], vec![int(5)], vec![text("")], vec![text("5")], vec![text("x\ty")]],
        ),
        (InputForm::Lines, "a\\n\r\nlast", vec![vec![text("a\\n")], vec![text("last")]]),
        (InputForm::Tsv, "\u{feff}1\t2\n\u{feff}3", vec![vec![int(1), int(2)], vec![text("\u{feff}3")]]),
        (InputForm::Csv, "\u{feff}1,2\n", vec![vec![int(1), int(2)]]),
        (InputForm::Lines, "\u{feff}1\n", vec![vec![int(1)]]),
        (InputForm::Json, "\u{feff}[1]\n[2]", vec![vec![int(1)], vec![int(2)]]),
        (InputForm::Json, " [1,2.0]\n[\"x\"][]\n", vec![vec![int(1), Value::Real(2.0)], vec![text("x")], vec![]]),
        (
            InputForm::Json,
            "{\"tuple\":[\"NaN\"],\"types\":[\"r\"],\"format\":\"cbor\"}\n",
            vec![vec![Value::Real(f64::NAN)]],
        ),
    ];
    for (form, input, tuples) in table {
        for piece in [1, 2, 1000] {
            assert_eq!(read_all(form, input.as_bytes(), piece, 1000), Ok(tuples.clone()), "{form:?} {input:?}");
        }
    }
}

#[test]
fn integers_without_sign_are_read_where_they_can_be_sent() {
    for form in [InputForm::Tsv, InputForm::Csv, InputForm::Lines] {
        let mut reader = TupleReader::new(&b"18446744073709551615\n"[..], form, 1000, Integers::UnsignedToo);
        let tuple = reader.next_tuple().unwrap().unwrap();
        assert_eq!(tuple.into_values(), [Value::integer(u64::MAX.into())], "{form:?}");
    }
}

#[test]
fn errors_name_the_record() {
    let table: [(InputForm, &[u8], &str); 11] = [
        (InputForm::Tsv, b"1\n2\tb:x\n", "record 2 of the input: field 2: `b:x` is no row of bytes"),
        (InputForm::Tsv, b"1\n2\n99999999999999999999\n", "record 3 of the input: field 1: `99999999999999999999` is"),
        (InputForm::Tsv, b"C:\\dir\n", "record 1 of the input: field 1 has `\\d`: write \\\\"),
        (InputForm::Tsv, b"\xff\n", "record 1 of the input: it is not UTF-8"),
        (InputForm::Csv, b"1\n2,i:x\n", "record 2 of the input: field 2: `i:x` is no integer"),
        (InputForm::Csv, b"1\n2,\"x\n3\n", "record 2 of the input: a quote is never closed"),
        (InputForm::Csv, b"\"1\"\n\"2\"\"", "record 2 of the input: a quote is never closed"),
        (InputForm::Csv, b"1\n\xff\n", "record 2 of the input: it is not UTF-8"),
        (InputForm::Lines, b"a\n\xff\n", "record 2 of the input: it is not UTF-8"),
        (InputForm::Json, b"[1]\n[1,]\n", "record 2 of the input: at byte 3"),
        (InputForm::Json, b"[1]\n[1", "record 2 of the input: the end of the array is missing"),
    ];
    for (form, input, words) in table {
        let message = read_all(form, input, 1000, 1000).unwrap_err();
        assert!(message.starts_with(words), "{message}");
    }
}

#[test]
fn records_without_an_end_are_refused() {
    // Endless: only a reader that stops by itself comes back.
    for (form, pattern) in [
        (InputForm::Tsv, &b"x"[..]),
        (InputForm::Lines, b"x"),
        (InputForm::Csv, b"\"x"),
        (InputForm::Csv, b"x,"),
        (InputForm::Json, b"[\"x"),
        (InputForm::Json, b" "),
    ] {
        let endless = pattern.chain(io::repeat(*pattern.last().unwrap()));
        let error = TupleReader::new(endless, form, 1000, Integers::Signed).next_tuple().unwrap_err();
        assert!(matches!(error.cause, InputCause::TooLarge(1000)), "{form:?}: {error}");
        assert_eq!(error.exit().status(), 63);
    }
    assert!(read_all(InputForm::Tsv, b"12345678\n", 3, 8).is_ok());
    assert!(read_all(InputForm::Tsv, b"12345678\r\n", 3, 8).is_ok());
    assert!(read_all(InputForm::Tsv, b"123456789\n", 3, 8).unwrap_err().contains("longer than 8 bytes"));
    assert!(read_all(InputForm::Csv, b"123456789\n", 3, 8).unwrap_err().contains("longer than 8 bytes"));
    assert!(read_all(InputForm::Json, b"[1234567]\n", 3, 8).unwrap_err().contains("longer than 8 bytes"));
}

#[test]
fn a_record_is_given_before_the_next_is_there() {
    for (form, first) in [
        (InputForm::Tsv, &b"1\t2\n"[..]),
        (InputForm::Csv, b"1,2\n"),
        (InputForm::Lines, b"1\n"),
        (InputForm::Json, b"[1]"),
    ] {
        struct Fails;
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("asked too early"))
            }
        }
        let mut reader = TupleReader::new(first.chain(Fails), form, 1000, Integers::Signed);
        assert!(reader.next_tuple().unwrap().is_some(), "{form:?}");
        let error = reader.next_tuple().unwrap_err();
        assert_eq!(error.record, 2, "{form:?}");
        assert!(matches!(error.cause, InputCause::Read(_)), "{form:?}: {error}");
    }
}

#[test]
fn names() {
    for (name, form) in
        [("tsv", InputForm::Tsv), ("csv", InputForm::Csv), ("json", InputForm::Json), ("lines", InputForm::Lines)]
    {
        assert_eq!(name.parse(), Ok(form));
    }
    assert!("xml".parse::<InputForm>().unwrap_err().to_string().contains("write tsv, csv, json or lines"));
}

proptest! {
    #[test]
    fn printed_literals_come_back(tuples in prop::collection::vec(testing::typed_tuple(), 0..5), piece in 1usize..50) {
        let (mut tsv, mut csv) = (Vec::new(), Vec::new());
        let tuples: Vec<Vec<Value>> = tuples.into_iter().map(Tuple::into_values).filter(|t| !t.is_empty()).collect();
        for values in &tuples {
            let literals: Tuple = values.iter().map(|value| {
                // The empty string alone on its line would be the empty tuple.
                let literal = literal::print(value).unwrap();
                text(if literal.is_empty() { "s:" } else { &literal })
            }).collect();
            Form::Tsv.print(&literals, "", &mut tsv).unwrap();
            Form::Csv.print(&literals, "", &mut csv).unwrap();
        }
        prop_assert_eq!(read_all(InputForm::Tsv, &tsv, piece, 100_000), Ok(tuples.clone()));
        prop_assert_eq!(read_all(InputForm::Csv, &csv, piece, 100_000), Ok(tuples));
    }

    #[test]
    fn reports_come_back(tuples in prop::collection::vec(testing::typed_tuple(), 0..5), piece in 1usize..50) {
        let mut json = Vec::new();
        for tuple in &tuples {
            Form::Json.print(tuple, "cbor", &mut json).unwrap();
        }
        let tuples: Vec<Vec<Value>> = tuples.into_iter().map(Tuple::into_values).collect();
        prop_assert_eq!(read_all(InputForm::Json, &json, piece, 100_000), Ok(tuples));
    }

    #[test]
    fn no_input_panics(input in prop::collection::vec(any::<u8>(), 0..200), piece in 1usize..50) {
        for form in [InputForm::Tsv, InputForm::Csv, InputForm::Json, InputForm::Lines] {
            let _ = read_all(form, &input, piece, 50);
        }
    }
}
