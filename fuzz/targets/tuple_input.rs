//! Tuples on stdin: tsv, csv, json, lines; and values as arguments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::tuple::{InputForm, TupleReader, literal};

fuzz_target!(|data: &[u8]| {
    let _ = std::str::from_utf8(data).map(literal::parse);
    for form in ["tsv", "csv", "json", "lines"] {
        let form: InputForm = form.parse().unwrap();
        let mut reader = TupleReader::new(data, form, 4096, literal::Integers::UnsignedToo);
        while let Ok(Some(_)) = reader.next_tuple() {}
    }
});
