//! Promise 62: streams that are cut, that lie about their size, that never end, that are no tuples.

use super::{received, sent};
use crate::support::{Listener, Sandbox};

#[test]
fn b62_a_stream_cut_at_any_byte_is_56_and_never_a_wrong_tuple() {
    let sandbox = Sandbox::new();
    for options in [["--encoding", "cbor"], ["--encoding", "msgpack"], ["--encoding", "json"], ["--format", "in3 d A4"]]
    {
        let values: &[&str] = match options[0] {
            "--format" => &["--", "1", "70000", "-1", "2.5", "text"],
            _ => &["--", "1", "70000", "-1", "2.5", "text", "b:00ff", "", "s:1"],
        };
        let bytes = sent(&sandbox, &[&options[..], values].concat());
        let whole = bytes.trim_ascii_end().len();
        for length in 1..whole {
            let ended = received(&sandbox, &options, &bytes[..length]);
            ended.failed(56, &["ended inside a tuple"]);
        }
        received(&sandbox, &options, &bytes[..whole]).exits(0);
        // The first of two is whole.
        let two = [&bytes[..], &bytes[..whole - 1]].concat();
        let ended = received(&sandbox, &[&options[..], &["--count", "all", "--type"]].concat(), &two);
        ended.failed_after_data(56, &["ended inside a tuple"]);
        assert_eq!(ended.stdout.iter().filter(|byte| **byte == b'\n').count(), 1);
    }
}

/// How much memory, in bytes, the program had at most while it did this with a stream of these bytes, and its status.
fn memory(sandbox: &Sandbox, options: &[&str], bytes: &[u8], endless: bool) -> (u64, i64) {
    let listener = Listener::tcp();
    let id = listener.id();
    let bytes = bytes.to_vec();
    let sending = listener.serve(move |peer| {
        let _ = std::io::Write::write_all(&mut peer.socket(), &bytes);
        match endless {
            true => peer.flood(),
            // It has to decide by what came: no end comes.
            false => drop(std::io::copy(&mut peer.socket(), &mut std::io::sink())),
        }
    });
    let script = "
import os, resource, subprocess, sys
status = subprocess.run([os.environ['NETVERB'], 'recv-tuple'] + sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, status)
";
    let ended = sandbox.python(script, [id.as_str()].iter().chain(options)).run();
    ended.exits(0);
    sending.join().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    let (memory, status) = said.trim().split_once(' ').unwrap();
    (memory.parse().unwrap(), status.parse().unwrap())
}

#[test]
fn b62_a_tuple_that_claims_4_gib_is_63_in_little_memory() {
    let sandbox = Sandbox::new();
    for (encoding, claim) in [
        ("cbor", &b"\x9b\0\0\0\x01\0\0\0\0"[..]),
        ("cbor", b"\x9a\xff\xff\xff\xff"),
        ("cbor", b"\x81\x7b\0\0\0\x01\0\0\0\0"),
        ("cbor", b"\x81\x5a\xff\xff\xff\xff"),
        ("cbor", b"\x81\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("msgpack", b"\xdd\xff\xff\xff\xff"),
        ("msgpack", b"\x91\xdb\xff\xff\xff\xff"),
        ("msgpack", b"\x91\xc6\xff\xff\xff\xff"),
        ("msgpack", b"\x91\xdf\xff\xff\xff\xff"),
    ] {
        let (memory, status) = memory(&sandbox, &["--encoding", encoding], claim, false);
        assert_eq!(status, 63, "{}", claim.escape_ascii());
        assert!(memory < 64 << 20, "{memory} bytes for {}", claim.escape_ascii());
    }
}

#[test]
fn b62_a_tuple_that_never_ends_is_63_in_little_memory() {
    let sandbox = Sandbox::new();
    for (encoding, beginning) in [("json", &b"[\""[..]), ("cbor", b"\x9f\x7f"), ("cbor", b"\x9f\x7b\0\0\0\0\0\x80\0\0")]
    {
        let (memory, status) = memory(&sandbox, &["--encoding", encoding, "--max-bytes", "1M"], beginning, true);
        assert!(status == 63 || encoding == "cbor" && status == 1, "{} {status}", beginning.escape_ascii());
        assert!(memory < 64 << 20, "{memory} bytes for {}", beginning.escape_ascii());
    }
    let largest = sent(&sandbox, &["--", "12345678"]);
    received(&sandbox, &["--max-bytes", "5"], &largest).failed(63, &["larger than 5 bytes", "--max-bytes"]);
    received(&sandbox, &["--max-bytes", "6"], &largest).exits(0);
}

#[test]
fn b62_deep_nesting_ends_in_an_error() {
    let sandbox = Sandbox::new();
    for (encoding, open) in [("cbor", b'\x81'), ("msgpack", b'\x91'), ("json", b'[')] {
        let ended = received(&sandbox, &["--encoding", encoding], &vec![open; 1 << 20]);
        assert!([1, 63].map(crate::support::Status::Exited).contains(&ended.status), "{:?}", ended.status);
        assert_eq!(ended.stdout, b"");
    }
}

#[test]
fn b62_what_is_no_tuple_is_1() {
    let sandbox = Sandbox::new();
    for (encoding, bytes) in [
        ("cbor", &b"HTTP/1.1 200 OK\r\n\r\n"[..]),
        ("cbor", b"\x05"),
        ("cbor", b"\x81\x61\xff"),
        ("cbor", b"\x81\x1c"),
        ("msgpack", b"\x05"),
        ("msgpack", b"\x91\xc1"),
        ("msgpack", b"\x91\xa1\xff"),
        ("json", b"{}\n"),
        ("json", b"hello\n"),
        ("json", b"[1,]\n"),
        ("json", b"[\"\xff\"]\n"),
    ] {
        let ended = received(&sandbox, &["--encoding", encoding], bytes);
        ended.failed(1, &["received data is no tuple"]);
    }
}

#[test]
fn b62_a_connection_without_a_tuple_is_no_success() {
    let sandbox = Sandbox::new();
    received(&sandbox, &[], b"").failed(52, &["tuple"]);
    let one = sent(&sandbox, &["--", "1"]);
    let ended = received(&sandbox, &["--count", "2"], &one);
    ended.failed_after_data(52, &["tuple"]);
    assert_eq!(ended.stdout, b"1\n");
    received(&sandbox, &["--count", "all"], b"").exits(0);
}

#[test]
fn b62_a_silent_sender_is_28() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = sandbox.netverb(["recv-tuple", "-w", "300ms", &listener.id()]).spawn();
    let mut peer = listener.accept();
    peer.send(b"\x82\x01");
    child.wait().failed(28, &["timed out"]);
}
