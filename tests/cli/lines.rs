//! Promises 33 to 35: conversion of line endings, whatever the reads are cut like.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use crate::support::{Child, Listener, Peer, Sandbox};

/// More than any buffer: what must not be held in memory.
const LONG: u64 = 100 << 20;

fn open(sandbox: &Sandbox, options: &[&str]) -> (Child, Peer) {
    let listener = Listener::tcp();
    let child = sandbox.netverb(["open", &listener.id()].iter().chain(options)).spawn();
    let peer = listener.accept();
    (child, peer)
}

/// What the peer gets of this input, and what stdout gets of these bytes of the peer.
fn converted(options: &[&str], input: &[u8], answer: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, options);
    child.feed(input.to_vec());
    let received = peer.read_to_end();
    peer.send(answer);
    drop(peer);
    let ended = child.wait();
    ended.exits(0);
    (received, ended.stdout)
}

#[test]
fn b33_lf_becomes_crlf_and_crlf_is_not_doubled() {
    let mixed = b"one\ntwo\r\n\nthree\r\r\n\r\nlast";
    let full = b"one\r\ntwo\r\n\r\nthree\r\r\n\r\nlast".to_vec();
    for options in [&["-C"][..], &["--crlf"], &["--eol-out", "crlf"], &["--eol", "crlf"], &["--eol", "CRLF"]] {
        assert_eq!(converted(options, mixed, b"").0, full, "{options:?}");
    }
}

#[test]
fn b33_only_what_was_asked_for_is_converted() {
    let text = b"a\r\nb\nc\rd";
    let lf = b"a\nb\nc\rd".to_vec();
    let crlf = b"a\r\nb\r\nc\rd".to_vec();
    for (options, out, incoming) in [
        (&[][..], text.to_vec(), text.to_vec()),
        (&["--eol", "none"], text.to_vec(), text.to_vec()),
        (&["--eol", "lf"], text.to_vec(), text.to_vec()),
        (&["-C"], crlf.clone(), text.to_vec()),
        (&["--eol-in", "crlf"], text.to_vec(), lf.clone()),
        (&["--eol", "crlf"], crlf.clone(), lf.clone()),
        (&["--eol", "cr"], b"a\rb\rc\rd".to_vec(), b"a\nb\nc\nd".to_vec()),
        (&["--eol", "crlf", "--eol-out", "none"], text.to_vec(), lf),
        (&["--eol-in", "none", "--eol-out", "crlf"], crlf, text.to_vec()),
    ] {
        assert_eq!(converted(options, text, text), (out, incoming), "{options:?}");
    }
}

#[test]
fn b33_a_crlf_in_two_reads_is_not_doubled() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &["-C"]);
    // What the peer has was read, so that the next portion is a read of its own.
    child.send(b"one\r");
    assert_eq!(peer.read(4), b"one\r");
    child.send(b"\ntwo");
    assert_eq!(peer.read(4), b"\ntwo");
    child.send(b"\n");
    assert_eq!(peer.read(2), b"\r\n");
    child.send(b"\r");
    assert_eq!(peer.read(1), b"\r");
    child.send(b"x\n");
    child.end_input();
    assert_eq!(peer.read_to_end(), b"x\r\n");
}

#[test]
fn b33_a_crlf_in_two_packets_becomes_one_lf() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &["--eol", "crlf"]);
    peer.send(b"one\r");
    assert_eq!(child.read_stdout(3), b"one");
    peer.send(b"\ntwo\r\n");
    assert_eq!(child.read_stdout(5), b"\ntwo\n");
    peer.send_slowly(b"three\r\nfour\rfive");
    drop(peer);
    assert_eq!(child.wait().exits(0).stdout, b"one\ntwo\nthree\nfour\rfive");
}

#[test]
fn b34_a_lone_cr_survives_in_both_directions() {
    let text = b"\rone\rtwo\r\r\rthree\r";
    assert_eq!(converted(&["--eol", "crlf"], text, text), (text.to_vec(), text.to_vec()));
    let (mut sent, mut shown) = (b"\r".repeat(100_000), b"\r".repeat(100_000));
    assert_eq!(converted(&["--eol", "crlf"], &sent, &shown), (sent.clone(), shown.clone()));
    sent.push(b'\n');
    shown.push(b'\n');
    assert_eq!(converted(&["--eol", "crlf"], &sent, &shown), (sent, [b"\r".repeat(99_999), b"\n".to_vec()].concat()));
}

#[test]
fn b34_a_cr_at_the_end_of_what_the_peer_says_is_shown_without_waiting_for_more() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &["--eol", "crlf"]);
    peer.send(b"50 %\r");
    assert_eq!(child.read_stdout(5), b"50 %\r");
    peer.send(b"60 %\r");
    assert_eq!(child.read_stdout(5), b"60 %\r");
}

#[test]
fn b34_each_direction_has_a_state_of_its_own() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &["--eol", "crlf"]);
    peer.send(b"in\r");
    assert_eq!(child.read_stdout(2), b"in");
    child.send(b"\n");
    assert_eq!(peer.read(2), b"\r\n", "the CR that came in is none of this direction");
    child.send(b"out\r");
    assert_eq!(peer.read(4), b"out\r");
    peer.send(b"\nx\n");
    assert_eq!(child.read_stdout(3).last(), Some(&b'\n'));
    drop(peer);
    child.end_input();
    let shown = child.wait().exits(0).stdout.clone();
    assert!(shown == b"in\nx\n" || shown == b"in\r\nx\n", "{}", shown.escape_ascii());
}

#[test]
fn b34_each_connection_has_a_state_of_its_own() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.netverb(["accept", "-j", "-k", "--eol", "crlf", "127.0.0.1:0"]).spawn();
    let mut one = Peer::connect(child.port());
    let mut other = Peer::connect(child.port());
    one.send(b"one\r");
    assert_eq!(child.read_stdout(3), b"one");
    other.send(b"\n");
    // Whether the CR of the first is shown by now or not, the second's LF does not complete it.
    let mut shown = child.read_stdout(2);
    shown.sort_unstable();
    assert_eq!(shown, b"\n\r");
}

#[test]
fn b35_100_mib_without_a_newline_are_converted_in_constant_memory() {
    let sandbox = Sandbox::new();
    // Zeros, which take no space on the disk.
    let source = File::create_new(sandbox.path("zeros")).unwrap();
    source.set_len(LONG).unwrap();
    let listener = Listener::tcp();
    for direction in ["out", "in"] {
        let run = sandbox.netverb(["open", "--eol", "crlf", &listener.id()]).stdout(Stdio::piped());
        let mut child = run.stdin(File::open(sandbox.path("zeros")).unwrap()).spawn();
        let mut peer = listener.accept();
        let mut stdout = child.take_stdout();
        assert_eq!(peer.count_to_end(), LONG);
        if direction == "in" {
            let mut source = File::open(sandbox.path("zeros")).unwrap();
            let sending = std::thread::spawn(move || std::io::copy(&mut source, &mut peer).map(|_| peer));
            let mut shown = stdout.by_ref().take(LONG);
            assert_eq!(std::io::copy(&mut shown, &mut std::io::sink()).unwrap(), LONG);
            peer = sending.join().unwrap().unwrap();
        }
        assert!(child.facts().peak_memory() < 32 << 20, "{direction}: {} bytes", child.facts().peak_memory());
        drop(peer);
        child.wait().exits(0);
    }
}

/// A prompt that ends in a CR is not withheld until more comes, whatever becomes of what clients send.
#[test]
fn b34_no_service_holds_a_trailing_cr_back() {
    let sandbox = Sandbox::new();
    for (service, answers) in [("--echo", 0), ("--broker", 1)] {
        let child = sandbox.netverb(["accept", "127.0.0.1:0", service, "--eol-in", "crlf", "--json"]).spawn();
        let port = child.port();
        let mut clients = [Peer::connect(port), Peer::connect(port)];
        child.wait_events("accepted", 2);
        clients[0].send(b"password:\r");
        assert_eq!(clients[answers].read(10), b"password:\r", "{service}");
        clients[0].send(b"a\r\nb");
        assert_eq!(clients[answers].read(3), b"a\nb", "{service}");
    }
}
