//! Promise 61: `--format`, each row of its table, and Python's struct.

use super::{python, received, refused, sent};
use crate::support::{Listener, Sandbox};

/// Formats, their values, and the bytes.
pub(super) fn rows() -> Vec<(&'static str, &'static [&'static str], Vec<u8>)> {
    let host = |number: i32| number.to_ne_bytes().to_vec();
    vec![
        ("i", &["1"], host(1)),
        ("in", &["1"], vec![0, 0, 0, 1]),
        ("In", &["409600"], vec![0, 6, 0x40, 0]),
        ("in2", &["1", "2"], vec![0, 0, 0, 1, 0, 0, 0, 2]),
        ("sn", &["-2"], vec![0xff, 0xfe]),
        ("fn", &["1.5"], vec![0x3f, 0xc0, 0, 0]),
        ("dn", &["3.25"], vec![0x40, 0x0a, 0, 0, 0, 0, 0, 0]),
        ("A5", &["ab"], b"ab   ".to_vec()),
        ("Z5", &["ab"], b"ab\0\0\0".to_vec()),
        ("c-c", &["65", "66"], b"A\0B".to_vec()),
        ("c_c", &["65", "66"], b"A B".to_vec()),
        ("z", &["SA0001#"], b"SA0001#".to_vec()),
    ]
}

/// These values are sent as these bytes, and received from them.
#[track_caller]
fn passes_both_ways(sandbox: &Sandbox, format: &str, values: &[&str], bytes: &[u8]) {
    let arguments: Vec<&str> = ["--format", format, "--"].iter().chain(values).copied().collect();
    assert_eq!(sent(sandbox, &arguments), bytes, "{format}");
    let ended = received(sandbox, &["--format", format], bytes);
    ended.exits(0);
    assert_eq!(String::from_utf8_lossy(&ended.stdout), values.join("\n") + "\n", "{format}");
}

#[test]
fn b61_every_row_of_the_table_is_sent_and_received() {
    let sandbox = Sandbox::new();
    for (format, values, bytes) in rows() {
        passes_both_ways(&sandbox, format, values, &bytes);
    }
}

#[test]
fn b61_what_does_not_fit_is_not_sent() {
    let sandbox = Sandbox::new();
    for (format, values, status, words) in [
        ("l", &["1"][..], 2, "invalid format"),
        ("c", &["200"], 1, "data does not match the format"),
        ("in", &["1", "2"], 1, "data does not match the format"),
        ("in2", &["1"], 1, "data does not match the format"),
        ("A2", &["abc"], 1, "data does not match the format"),
        ("Z2", &["ab"], 1, "data does not match the format"),
        ("i", &["1.5"], 1, "data does not match the format"),
        ("i", &["text"], 1, "data does not match the format"),
    ] {
        let listener = Listener::tcp();
        let id = listener.id();
        let line = ["send-tuple", "--format", format, &id, "--"];
        sandbox.netverb(line.iter().chain(values)).run().failed(status, &[words]);
        if let Ok(mut peer) = listener.accept_within(std::time::Duration::from_millis(1)) {
            assert_eq!(peer.read_to_end(), b"", "{format} {values:?}");
        }
    }
}

#[test]
fn b61_received_packets_that_do_not_match_are_refused() {
    let sandbox = Sandbox::new();
    for (format, bytes) in [("c-c", &b"A.B"[..]), ("c_c", b"A\0B"), ("Z2", b"ab")] {
        received(&sandbox, &["--format", format], bytes).failed(1, &["data does not match the format"]);
    }
    refused(&sandbox, &["--format", "l"]).failed(2, &["invalid format"]);
}

#[test]
fn b61_of_several_formats_the_first_whose_size_fits_wins_and_is_named() {
    let sandbox = Sandbox::new();
    let options = ["--json", "--format", "in", "--format", "sn2", "--format", "sn", "--format", "z"];
    for (bytes, tuple, format) in [
        (&b"\0\0\0\x01"[..], serde_json::json!([1]), "in"),
        (b"\xff\xfe", serde_json::json!([-2]), "sn"),
        (b"abc", serde_json::json!(["abc"]), "z"),
    ] {
        let ended = received(&sandbox, &options, bytes);
        ended.exits(0);
        let shown: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
        assert_eq!((&shown["tuple"], &shown["format"]), (&tuple, &serde_json::json!(format)));
    }
}

#[test]
fn b61_python_packs_the_same() {
    let sandbox = Sandbox::new();
    for (format, theirs, values) in [
        ("c C", "=bB", &["-128", "255"][..]),
        (
            "s<S<i<I<q<Q<",
            "<hHiIqQ",
            &["-32768", "65535", "-2147483648", "4294967295", "-9223372036854775808", "18446744073709551615"],
        ),
        (
            "snSninInqnQn",
            ">hHiIqQ",
            &["-32768", "65535", "-2147483648", "4294967295", "-9223372036854775808", "18446744073709551615"],
        ),
        ("-c", "=xb", &["65"]),
        ("s>i>q>", ">hiq", &["1", "2", "3"]),
        ("s,i q", "=hiq", &["1", "2", "3"]),
        ("f<d<", "<fd", &["-0.0", "5e-324"]),
        ("fndn", ">fd", &["inf", "-inf"]),
        ("fndn", ">fd", &["0.5", "0.1"]),
        ("f d", "=fd", &["nan", "nan"]),
    ] {
        let numbers = values.iter().map(|value| match *value {
            "inf" | "-inf" | "nan" => format!("float('{value}')"),
            value => value.to_owned(),
        });
        let numbers: Vec<String> = numbers.collect();
        let script =
            format!("import struct, sys\nsys.stdout.buffer.write(struct.pack('{theirs}', {}))", numbers.join(", "));
        let bytes = python(&sandbox, &script, b"");
        passes_both_ways(&sandbox, format, values, &bytes);
    }
}

#[test]
fn b61_strings_have_the_character_set_that_was_asked_for() {
    let sandbox = Sandbox::new();
    let latin = ["--text-encoding", "iso-8859-1", "--format", "A5"];
    assert_eq!(sent(&sandbox, &[&latin[..], &["--", "\u{e9}"]].concat()), b"\xe9    ");
    let ended = received(&sandbox, &latin, b"\xe9    ");
    ended.exits(0);
    assert_eq!(ended.stdout, "\u{e9}\n".as_bytes());
    received(&sandbox, &["--format", "A5"], b"\xe9    ").exits(1);
    let ended = received(&sandbox, &["--format", "A5", "--text-encoding", "ignore"], b"\xe9    ");
    ended.exits(0);
    assert!(ended.stdout.starts_with(b"b:e9"), "{}", ended.stdout.escape_ascii());
}
