//! Promise 60: every value survives, in every encoding, in both directions.

use super::{python, received, sent};
use crate::support::{Listener, Sandbox};

/// Values as arguments, the same in Python, and as a line of output.
const VALUES: [(&str, &str, &str); 34] = [
    ("9223372036854775807", "9223372036854775807", "9223372036854775807"),
    ("-9223372036854775808", "-9223372036854775808", "-9223372036854775808"),
    ("0", "0", "0"),
    ("-1", "-1", "-1"),
    ("23", "23", "23"),
    ("-24", "-24", "-24"),
    ("-33", "-33", "-33"),
    ("128", "128", "128"),
    ("-129", "-129", "-129"),
    ("65535", "65535", "65535"),
    ("65536", "65536", "65536"),
    ("4294967295", "4294967295", "4294967295"),
    ("-4294967297", "-4294967297", "-4294967297"),
    ("0x1f", "31", "31"),
    ("1.0", "1.0", "1.0"),
    ("-0.0", "-0.0", "-0.0"),
    ("nan", "math.nan", "nan"),
    ("inf", "math.inf", "inf"),
    ("-inf", "-math.inf", "-inf"),
    ("0.1", "0.1", "0.1"),
    ("5e-324", "5e-324", "5e-324"),
    ("1.7976931348623157e308", "1.7976931348623157e308", "1.7976931348623157e308"),
    ("r:5", "5.0", "5.0"),
    (".56", "0.56", "0.56"),
    ("", "''", ""),
    ("s:5", "'5'", "5"),
    ("s:nan", "'nan'", "nan"),
    ("text", "'text'", "text"),
    (
        "gr\u{fc}\u{df}e \u{2603} \u{1f389}",
        "'gr\u{fc}\u{df}e \u{2603} \u{1f389}'",
        "gr\u{fc}\u{df}e \u{2603} \u{1f389}",
    ),
    ("e\u{301}\u{202e}", "'e\\u0301\\u202e'", "e\u{301}\u{202e}"),
    ("tab\there \"'\\$`", "'tab\\there \"\\'\\\\$`'", "tab\there \"'\\$`"),
    ("b:", "b''", "b:"),
    ("b:00ff0a80", "b'\\x00\\xff\\n\\x80'", "b:00ff0a80"),
    ("-text", "'-text'", "-text"),
];

/// Encodings, with how Python reads and writes them. JSON has bytes as objects.
const CODECS: [(&str, &str, &str); 3] = [
    ("cbor", "cbor2.loads(data)", "cbor2.dumps(values)"),
    ("msgpack", "msgpack.unpackb(data)", "msgpack.packb(values)"),
    (
        "json",
        "[base64.b64decode(value['base64']) if isinstance(value, dict) else value for value in json.loads(data)]",
        "json.dumps([{'base64': base64.b64encode(value).decode()} if isinstance(value, bytes) else value \
         for value in values]).encode()",
    ),
];

fn script(python: &str) -> String {
    let values: Vec<&str> = VALUES.iter().map(|(_, python, _)| *python).collect();
    let values = values.join(", ");
    format!("import base64, cbor2, json, math, msgpack, struct, sys\nvalues = [{values}]\n{python}")
}

#[test]
fn b60_python_reads_every_value() {
    let sandbox = Sandbox::new();
    for (encoding, read, _) in CODECS {
        let mut arguments = vec!["--encoding", encoding, "--"];
        arguments.extend(VALUES.iter().map(|(argument, ..)| argument));
        let bytes = sent(&sandbox, &arguments);
        // repr tells 1 from 1.0, 0.0 from -0.0, and has one nan.
        let compare = format!(
            "data = sys.stdin.buffer.read()\nfor got, value in zip({read}, values, strict=True):\n    \
             if repr(got) != repr(value): print(repr(got), 'is not', repr(value))"
        );
        assert_eq!(String::from_utf8_lossy(&python(&sandbox, &script(&compare), &bytes)), "", "{encoding}");
    }
}

#[test]
fn b60_every_value_of_python_is_read() {
    let sandbox = Sandbox::new();
    let types: String = VALUES
        .iter()
        .map(|(_, python, _)| match python.as_bytes() {
            [b'b', ..] => 'b',
            [b'\'', ..] => 's',
            _ if python.contains(['.', 'e', 'm']) => 'r',
            _ => 'i',
        })
        .collect();
    let lines: String = VALUES.iter().map(|(.., line)| format!("{line}\n")).collect();
    for (encoding, _, write) in CODECS {
        let write = format!("sys.stdout.buffer.write({write})");
        let bytes = python(&sandbox, &script(&write), b"");
        let ended = received(&sandbox, &["--encoding", encoding, "--expect-types", &types], &bytes);
        ended.exits(0);
        assert_eq!(String::from_utf8_lossy(&ended.stdout), lines, "{encoding}");
        let ended = received(&sandbox, &["--encoding", encoding, "--type"], &bytes);
        assert_eq!(String::from_utf8_lossy(&ended.stdout), format!("{types}\n"), "{encoding}");
    }
}

#[test]
fn b60_the_shorter_reals_of_other_writers_are_read() {
    let sandbox = Sandbox::new();
    for (encoding, write) in [
        ("cbor", "cbor2.dumps([1.5, -0.0, math.inf, math.nan, 1.0000001192092896, 0.1], canonical=True)"),
        ("msgpack", "msgpack.packb([1.5, -0.0, math.inf, math.nan, 1.0000001192092896, 0.5], use_single_float=True)"),
    ] {
        let bytes = python(&sandbox, &script(&format!("sys.stdout.buffer.write({write})")), b"");
        let ended = received(&sandbox, &["--encoding", encoding], &bytes);
        ended.exits(0);
        let last = if encoding == "cbor" { "0.1" } else { "0.5" };
        let expected = format!("1.5\n-0.0\ninf\nnan\n1.0000001192092896\n{last}\n");
        assert_eq!(String::from_utf8_lossy(&ended.stdout), expected, "{encoding}");
    }
}

#[test]
fn b60_the_empty_tuple_is_one() {
    let sandbox = Sandbox::new();
    for (encoding, bytes) in [("cbor", &b"\x80"[..]), ("msgpack", b"\x90"), ("json", b"[]\n")] {
        assert_eq!(sent(&sandbox, &["--encoding", encoding]), bytes);
        let ended = received(&sandbox, &["--encoding", encoding, "--json"], bytes);
        ended.exits(0);
        let shown: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
        assert_eq!(shown, serde_json::json!({"tuple": [], "types": [], "format": encoding}));
        let ended = received(&sandbox, &["--encoding", encoding], bytes);
        ended.exits(0);
        assert_eq!(ended.stdout, b"");
    }
}

#[test]
fn b60_json_shows_every_value_and_sends_it_again() {
    let sandbox = Sandbox::new();
    for (encoding, ..) in CODECS {
        let mut arguments = vec!["--encoding", encoding, "--"];
        arguments.extend(VALUES.iter().map(|(argument, ..)| argument));
        let bytes = sent(&sandbox, &arguments);
        let ended = received(&sandbox, &["--encoding", encoding, "--json"], &bytes);
        ended.exits(0);
        // It is JSON to the letter: another reader takes it.
        serde_json::from_slice::<serde_json::Value>(&ended.stdout).unwrap();
        let again = super::sent_from(&sandbox, &["--encoding", encoding, "--input", "json"], &ended.stdout);
        assert_eq!(again, bytes, "{encoding}");
    }
    let bytes = sent(&sandbox, &["--json-tuple", r#"[1, 1.0, "x", {"base64": "Cv8="}]"#]);
    assert_eq!(bytes, b"\x84\x01\xfb\x3f\xf0\0\0\0\0\0\0\x61x\x42\x0a\xff");
}

#[test]
fn b60_tuples_pass_between_two_of_the_program() {
    let sandbox = Sandbox::new();
    let receiver = sandbox.netverb(["recv-tuple", "--json", "--listen", "127.0.0.1:0", "--count", "all"]).spawn();
    let mut receiver = receiver;
    let to = format!("127.0.0.1:{}", receiver.port());
    sandbox.netverb(["send-tuple", "--input", "tsv", &to]).feed(b"1\t2.0\tthree\n\ns:\n").exits(0);
    let ended = receiver.wait();
    ended.exits(0);
    let lines: Vec<serde_json::Value> =
        ended.stdout.split_inclusive(|byte| *byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect();
    let expected = [
        serde_json::json!({"tuple": [1, 2.0, "three"], "types": ["i", "r", "s"], "format": "cbor"}),
        serde_json::json!({"tuple": [], "types": [], "format": "cbor"}),
        serde_json::json!({"tuple": [""], "types": ["s"], "format": "cbor"}),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn b60_a_message_is_a_tuple() {
    let sandbox = Sandbox::new();
    let listener = Listener::seqpacket(&sandbox.path("socket"));
    let mut child = sandbox.netverb(["send-tuple", "--input", "lines", &listener.id()]).spawn();
    child.feed(b"5\nfive\n".to_vec());
    let mut peer = listener.accept();
    assert_eq!((peer.packet(), peer.packet()), (b"\x81\x05".to_vec(), b"\x81\x64five".to_vec()));
    child.wait().exits(0);
    let mut child = sandbox.netverb(["recv-tuple", "--count", "2", &listener.id()]).spawn();
    let mut peer = listener.accept();
    peer.send(b"\x81\x05");
    peer.send(b"\x81\x64five");
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"5\nfive\n");
}

/// Options may stand anywhere, and none is taken for a value; numbers with a minus are no options.
#[test]
fn b60_options_and_values_may_stand_in_any_order() {
    let sandbox = Sandbox::new();
    let sent = |words: &[&str]| {
        let listener = Listener::tcp();
        let id = listener.id();
        let receiving = listener.serve(|mut peer| peer.read_to_end());
        sandbox.netverb(["send-tuple", &id].iter().chain(words)).run().exits(0);
        receiving.join().unwrap()
    };
    assert_eq!(sent(&["1", "2", "--format", "cn2"]), [1, 2]);
    assert_eq!(sent(&["-5", "--encoding", "json", "x"]), b"[-5,\"x\"]\n");
    let numbers = ["-inf", "-0x10", "-.5", "-1e-2", "-2", "-1.5", "-1e3"];
    assert_eq!(
        sent(&[&numbers[..], &["--encoding", "json"]].concat()),
        b"[-Infinity,-16,-0.5,-0.01,-2,-1.5,-1000.0]\n"
    );
    assert_eq!(sent(&["--encoding", "json", "--", "--format", "-x"]), b"[\"--format\",\"-x\"]\n");
    for words in [&["--foramt", "in", "5"][..], &["5", "--foo"], &["5", "-x"]] {
        sandbox.netverb(["send-tuple", "127.0.0.1:1"].iter().chain(words)).run().failed(2, &["unexpected argument"]);
    }
}

#[test]
fn b68_an_input_that_cannot_be_read_is_no_wrong_record() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    for form in ["tsv", "csv", "json", "lines"] {
        let directory = std::fs::File::open("/").unwrap();
        let ended = sandbox.netverb(["send-tuple", "--input", form, &listener.id()]).stdin(directory).run();
        ended.failed(55, &["cannot read the input: is a directory"]);
    }
}
