//! Promise 67: transcripts and other records of what passed.

use std::fs::File;

use serde_json::Value;

use crate::support::{Listener, Peer, Sandbox, noise};

/// The records of a transcript: offset, ID, direction and bytes.
fn transcript(sandbox: &Sandbox) -> Vec<(f64, String, String, Vec<u8>)> {
    use base64::Engine;
    let text = std::fs::read_to_string(sandbox.path("transcript")).unwrap();
    let record = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        humantime::parse_rfc3339(record["time"].as_str().unwrap()).unwrap();
        let bytes = match (&record["text"], &record["base64"]) {
            (Value::String(text), Value::Null) => text.clone().into_bytes(),
            (Value::Null, Value::String(text)) => base64::engine::general_purpose::STANDARD.decode(text).unwrap(),
            _ => panic!("neither text nor base64, or both: {line}"),
        };
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        (record["offset"].as_f64().unwrap(), text("id"), text("direction"), bytes)
    };
    text.lines().map(record).collect()
}

#[test]
fn b67_a_transcript_has_both_directions_in_order_with_times_and_exact_bytes() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    // Conversion is for this side; the transcript has what was on the wire.
    let mut child = sandbox.netverb(["open", "--eol", "crlf", "--transcript", "transcript", &id]).spawn();
    let mut peer = listener.accept();
    let mut expected: Vec<(String, Vec<u8>)> = Vec::new();
    for number in 0x80..0x94 {
        child.send(&[b'q', number, 0xff, b'\n']);
        assert_eq!(peer.read(5), [b'q', number, 0xff, b'\r', b'\n']);
        peer.send(b"a0\r\n");
        assert_eq!(child.read_stdout(3), b"a0\n");
        expected.push(("out".to_owned(), vec![b'q', number, 0xff, b'\r', b'\n']));
        expected.push(("in".to_owned(), b"a0\r\n".to_vec()));
    }
    drop(peer);
    child.wait().exits(0);
    let records = transcript(&sandbox);
    assert!(records.is_sorted_by_key(|(offset, ..)| *offset));
    assert!(records.iter().all(|(_, of, ..)| *of == id));
    let passed: Vec<_> = records.into_iter().map(|(_, _, direction, bytes)| (direction, bytes)).collect();
    assert_eq!(passed, expected);
}

#[test]
fn b67_a_transcript_of_many_bytes_has_no_gap() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let (sent, answer) = (noise(3 << 20), noise(5 << 20));
    let mut child = sandbox.netverb(["open", "--transcript", "transcript", &listener.id()]).spawn();
    let mut peer = listener.accept();
    child.feed(sent.clone());
    assert!(peer.read_to_end() == sent);
    peer.send(&answer);
    drop(peer);
    child.wait().exits(0);
    let records = transcript(&sandbox);
    let all = |way: &str| -> Vec<u8> {
        records.iter().filter(|(_, _, direction, _)| direction == way).flat_map(|(.., bytes)| bytes.clone()).collect()
    };
    assert!(all("out") == sent && all("in") == answer);
}

#[test]
fn b67_a_transcript_names_the_connection() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.netverb(["accept", "-j", "-k", "--transcript", "transcript", "127.0.0.1:0"]).spawn();
    let port = child.port();
    let mut clients = [Peer::connect(port), Peer::connect(port)];
    for (client, text) in clients.iter_mut().zip(["first", "other"]) {
        client.send(text.as_bytes());
        child.read_stdout(5);
    }
    let records = transcript(&sandbox);
    let accepted = child.wait_events("accepted", 2);
    let ids: Vec<&str> = accepted.iter().map(|event| event["id"].as_str().unwrap()).collect();
    let shown: Vec<(&str, &[u8])> = records.iter().map(|(_, id, _, bytes)| (id.as_str(), &bytes[..])).collect();
    assert_eq!(shown, [(ids[0], &b"first"[..]), (ids[1], b"other")]);
}

#[test]
fn b67_a_full_disk_is_an_error_and_not_a_gap() {
    let sandbox = Sandbox::new();
    for options in [["--transcript", "/dev/full"], ["--hex-dump", "/dev/full"], ["-o", "/dev/full"]] {
        let listener = Listener::tcp();
        let mut child = sandbox.netverb(["open", &listener.id()].iter().chain(&options)).spawn();
        let mut peer = listener.accept();
        peer.send(b"data");
        child.wait().failed(23, &["cannot write", "no space left on device"]);
    }
    let listener = Listener::tcp();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut child = sandbox.netverb(["open", &listener.id()]).stdout(full).spawn();
    listener.accept().send(b"data");
    child.wait().failed(23, &["cannot write", "no space left on device"]);
}

#[test]
fn b67_a_hyphen_is_stdout() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let serve = || {
        let mut peer = listener.accept();
        peer.send(b"line\n");
        drop(peer);
    };
    let mut child = sandbox.netverb(["open", "-o", "-", &listener.id()]).spawn();
    serve();
    assert_eq!(child.wait().stdout, b"line\n");
    let mut child = sandbox.netverb(["open", "-o", "received", "--transcript", "-", &listener.id()]).spawn();
    serve();
    let record: Value = serde_json::from_slice(&child.wait().stdout).unwrap();
    assert_eq!((&record["direction"], &record["text"]), (&"in".into(), &"line\n".into()));
    assert_eq!(std::fs::read(sandbox.path("received")).unwrap(), b"line\n");
    assert!(!sandbox.path("-").exists());
}
