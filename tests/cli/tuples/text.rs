//! Promise 60 at the shell: counts, types, forms of input and output.

use super::{received, refused, sent, sent_from};
use crate::support::{Listener, Sandbox};

#[test]
fn b60_count_takes_so_many() {
    let sandbox = Sandbox::new();
    let three = sent_from(&sandbox, &["--input", "lines"], b"1\n2\n3\n");
    for (count, lines) in [("1", "1\n"), ("2", "1\n2\n"), ("3", "1\n2\n3\n"), ("all", "1\n2\n3\n")] {
        let ended = received(&sandbox, &["--count", count], &three);
        ended.exits(0);
        assert_eq!(String::from_utf8_lossy(&ended.stdout), lines);
    }
    received(&sandbox, &[], &three).exits(0);
    refused(&sandbox, &["--count", "some"]).failed(2, &["some"]);
}

#[test]
fn b60_expected_types_are_held() {
    let sandbox = Sandbox::new();
    let bytes = sent(&sandbox, &["--", "1", "1.0", "x", "b:00"]);
    received(&sandbox, &["--expect-types", "irsb"], &bytes).exits(0);
    for types in ["irs", "iisb", "irsbi", "rrsb", "irss"] {
        received(&sandbox, &["--expect-types", types], &bytes).failed(1, &[types]);
    }
    refused(&sandbox, &["--expect-types", "x"]).failed(2, &["x"]);
}

#[test]
fn b60_bash_evaluates_the_array() {
    let sandbox = Sandbox::new();
    let values =
        ["5", "-0.0", "", "a b", "it's", "$HOME `id` \\", "new\nline", "-e", "*", "gr\u{fc}\u{df}e", "\u{1b}[31m", "!"];
    let mut arguments = vec!["--"];
    arguments.extend(values);
    let bytes = sent(&sandbox, &arguments);
    let ended = received(&sandbox, &["--shell"], &bytes);
    ended.exits(0);
    let assignment = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(assignment.matches('\n').count(), 1, "one line: {assignment:?}");
    let script = "eval \"$(cat)\"; printf '%s\\0' \"${#tuple[@]}\" \"${tuple[@]}\"";
    let ended = sandbox.program("bash", "bash", ["-c", script]).feed(assignment.as_bytes());
    ended.exits(0);
    let expected: String =
        [values.len().to_string().as_str()].iter().chain(&values).map(|value| format!("{value}\0")).collect();
    assert_eq!(String::from_utf8_lossy(&ended.stdout), expected);
    let nul = sent(&sandbox, &["--json-tuple", r#"["a\u0000b"]"#]);
    received(&sandbox, &["--shell"], &nul).failed(1, &["NUL"]);
    let ended = received(&sandbox, &["--shell"], &sent(&sandbox, &[]));
    assert_eq!(ended.stdout, b"tuple=( )\n");
}

#[test]
fn b60_each_form_of_input_is_read() {
    let sandbox = Sandbox::new();
    let expected =
        [sent(&sandbox, &["--", "5", "1.0", "a b", "s:5"]), sent(&sandbox, &["--", "s:x\ty", "b:00ff"])].concat();
    for (form, input) in [
        ("tsv", "5\t1.0\ta b\ts:5\ns:x\\ty\tb:00ff\n"),
        ("tsv", "5\t1.0\ta b\ts:5\r\ns:x\\ty\tb:00ff"),
        ("csv", "5,1.0,\"a b\",s:5\r\n\"s:x\ty\",b:00ff\r\n"),
        ("csv", "5,1.0,a b,s:5\n\n\"s:x\ty\",b:00ff"),
        ("json", "[5, 1.0, \"a b\", \"5\"]\n[\"x\\ty\",\n{\"base64\":\"AP8=\"}]"),
    ] {
        assert_eq!(sent_from(&sandbox, &["--input", form], input.as_bytes()), expected, "{input:?}");
    }
    let lines = [sent(&sandbox, &["--", "5"]), sent(&sandbox, &["--", "a\tb c"]), sent(&sandbox, &["--", ""])].concat();
    assert_eq!(sent_from(&sandbox, &["--input", "lines"], b"5\na\tb c\n\n"), lines);
    for (form, input) in [
        ("tsv", "1\n\\x\n"),
        ("csv", "1\n2,\"three\n4,5\n"),
        ("json", "[1]\n{}\n"),
        ("lines", "1\n99999999999999999999\n"),
    ] {
        let listener = Listener::tcp();
        let id = listener.id();
        let receiving = listener.serve(|mut peer| peer.read_to_end());
        sandbox.netverb(["send-tuple", "--input", form, &id]).feed(input.as_bytes()).failed(2, &["record 2"]);
        assert_eq!(receiving.join().unwrap(), b"\x81\x01", "what was right before has been sent");
    }
}

#[test]
fn b60_a_record_leaves_as_soon_as_it_is_there() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = sandbox.netverb(["send-tuple", "--input", "lines", &listener.id()]).spawn();
    let mut peer = listener.accept();
    child.send(b"1\n");
    assert_eq!(peer.read(2), b"\x81\x01");
    child.send(b"2\n");
    assert_eq!(peer.read(2), b"\x81\x02");
}

#[test]
fn b60_each_form_of_output_is_written() {
    let sandbox = Sandbox::new();
    let bytes = sent(&sandbox, &["--", "5", "1.0", "a\tb,\"c\"", "b:00ff"]);
    for (option, expected) in [
        ("--tsv", "5\t1.0\ta\\tb,\"c\"\tb:00ff\n"),
        ("--csv", "5,1.0,\"a\tb,\"\"c\"\"\",b:00ff\n"),
        ("--type", "irsb\n"),
        (
            "--json",
            "{\"tuple\":[5,1.0,\"a\\tb,\\\"c\\\"\",{\"base64\":\"AP8=\"}],\"types\":[\"i\",\"r\",\"s\",\"b\"],\"format\":\"cbor\"}\n",
        ),
    ] {
        let ended = received(&sandbox, &[option], &bytes);
        ended.exits(0);
        assert_eq!(String::from_utf8_lossy(&ended.stdout), expected);
    }
    let broken = sent(&sandbox, &["--", "two\nlines"]);
    received(&sandbox, &[], &broken).failed(1, &["line"]);
}

#[test]
fn b60_values_that_cannot_be_are_usage_errors() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    for value in ["9223372036854775808", "1e999", "i:x", "b:0", "r:x"] {
        sandbox.netverb(["send-tuple", &id, "--", value]).run().failed(2, &[value]);
    }
    listener.accept_within(std::time::Duration::from_millis(1)).err().expect("no connection");
}

#[test]
fn b02_the_peer_is_named_by_host_and_port_in_two_words() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let port = listener.port().to_string();
    let serving = listener.serve(|mut peer| peer.send(b"\x82\x01\x61x"));
    let ended = sandbox.netverb(["recv-tuple", "127.0.0.1", &port]).run();
    assert_eq!(ended.exits(0).stdout, b"1\nx\n");
    serving.join().unwrap();
    sandbox.netverb(["recv-tuple", "127.0.0.1", "70000"]).run().failed(3, &["at column 11", "not a valid port"]);
}
