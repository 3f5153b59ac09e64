//! Promises 12 and 69: bounded memory, no CPU without work, and no hang, whatever the peer and stdin do.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Child, LIMIT, Listener, Peer, Run, Sandbox, Status};

/// The most memory that any stream may use.
const MEMORY: u64 = 64 << 20;

/// Waits until none of these uses CPU time any more; panics when one does so for ever.
fn settle(children: &[Child]) {
    let begun = Instant::now();
    let used = || children.iter().map(|child| child.facts().cpu_time()).sum::<Duration>();
    let mut before = used();
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let now = used();
        if now == before {
            return;
        }
        before = now;
        assert!(begun.elapsed() < LIMIT, "still busy after {LIMIT:?}: {before:?} of CPU time");
    }
}

/// Asserts that these use next to no CPU time while a second passes. Time is the behaviour.
fn assert_idle(children: &[Child]) {
    settle(children);
    let used = || children.iter().map(|child| child.facts().cpu_time()).collect::<Vec<_>>();
    let before = used();
    std::thread::sleep(Duration::from_secs(1));
    for ((child, before), after) in children.iter().zip(before).zip(used()) {
        assert!(child.is_running(), "{} has ended", child.line());
        assert!(after - before <= Duration::from_millis(20), "{:?} of a second: {}", after - before, child.line());
    }
}

fn assert_bounded_and_idle(children: &[Child]) {
    assert_idle(children);
    for child in children {
        assert!(child.facts().peak_memory() < MEMORY, "{} bytes: {}", child.facts().peak_memory(), child.line());
    }
}

fn open(sandbox: &Sandbox, id: &str, options: &[&str]) -> Run {
    sandbox.netverb(["open", id].iter().chain(options))
}

/// A stdin without end.
fn endless() -> File {
    File::open("/dev/zero").unwrap()
}

#[test]
fn b12_a_peer_that_never_reads_costs_neither_memory_nor_cpu() {
    let sandbox = Sandbox::new();
    let tcp = Listener::tcp();
    let unix = Listener::unix(&sandbox.path("stream"));
    let packets = Listener::seqpacket(&sandbox.path("packets"));
    let (mut children, mut peers) = (Vec::new(), Vec::new());
    for options in [&[][..], &["-C"], &["--send-only"], &["--hash", "blake3"], &["--rate", "1G"]] {
        children.push(open(&sandbox, &tcp.id(), options).stdin(endless()).spawn());
        peers.push(tcp.accept());
    }
    children.push(open(&sandbox, &unix.id(), &[]).stdin(endless()).spawn());
    peers.push(unix.accept());
    children.push(open(&sandbox, &packets.id(), &["--split", "1k"]).stdin(endless()).spawn());
    peers.push(packets.accept());
    // A pipe, which always has more.
    let mut piped = open(&sandbox, &tcp.id(), &[]).spawn();
    piped.feed(vec![b'x'; 128 << 20]);
    children.push(piped);
    peers.push(tcp.accept());
    assert_bounded_and_idle(&children);
}

#[test]
fn b12_a_consumer_that_never_reads_costs_neither_memory_nor_cpu() {
    let sandbox = Sandbox::new();
    let mut children = Vec::new();
    for options in [&[][..], &["--eol", "crlf"], &["--hex"], &["--hash", "blake3"]] {
        let listener = Listener::tcp();
        let id = listener.id();
        children.push(open(&sandbox, &id, options).stdout(Stdio::piped()).spawn());
        listener.serve(Peer::flood);
    }
    assert_bounded_and_idle(&children);
}

#[test]
fn b12_waiting_for_a_peer_or_for_stdin_uses_no_cpu() {
    let sandbox = Sandbox::new();
    let tcp = Listener::tcp();
    let packets = Listener::seqpacket(&sandbox.path("packets"));
    let (mut children, mut peers) = (Vec::new(), Vec::new());
    let mut add = |mut child: Child, peer: Peer, ends: bool| {
        if ends {
            child.end_input();
        }
        children.push(child);
        peers.push(peer);
    };
    // Idle both ways, and with our half closed.
    for ends in [false, true] {
        for options in [&[][..], &["-C"], &["--no-shutdown"], &["--recv-only"], &["-w", "1h"], &["--hash", "sha256"]] {
            add(open(&sandbox, &tcp.id(), options).spawn(), tcp.accept(), ends);
        }
        add(open(&sandbox, &packets.id(), &[]).spawn(), packets.accept(), ends);
    }
    add(open(&sandbox, &tcp.id(), &[]).stdin(Stdio::null()).spawn(), tcp.accept(), false);
    // The peer's half is closed.
    for options in [&[][..], &["-C"]] {
        let child = open(&sandbox, &tcp.id(), &[&["--half-open", "infinite"], options].concat()).spawn();
        let mut peer = tcp.accept();
        peer.end();
        add(child, peer, false);
    }
    assert_idle(&children);
}

#[test]
fn b12_waiting_for_clients_and_serving_silent_ones_uses_no_cpu() {
    let sandbox = Sandbox::new();
    let (mut children, mut peers) = (Vec::new(), Vec::new());
    for options in [&[][..], &["-k"], &["--echo"], &["--broker"], &["--discard"], &["-c", "cat"]] {
        for served in [false, true] {
            let child = sandbox.netverb(["accept", "-j", "127.0.0.1:0"].iter().chain(options)).spawn();
            let port = child.port();
            if served {
                peers.push(Peer::connect(port));
                child.wait_event("accepted");
            }
            children.push(child);
        }
    }
    assert_idle(&children);
}

#[test]
fn b69_words_of_any_size_are_refused_in_one_line() {
    let sandbox = Sandbox::new();
    // One argument may be 128 KiB long on Linux.
    let long = "9".repeat(50_000);
    for words in [
        &["open", &long][..],
        &["open", "127.0.0.1", &long],
        &["accept", &long],
        &["resolve", &long],
        &["open", "127.0.0.1:1", "-w", &long],
        &["open", "127.0.0.1:1", "--rate", &long],
    ] {
        let ended = sandbox.netverb(words).run();
        assert!(matches!(ended.status, Status::Exited(2 | 3)), "{:?}", ended.status);
        assert_eq!(ended.stdout, b"");
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}

#[test]
fn b69_an_inband_command_without_end_is_an_error_of_its_connection_only() {
    let sandbox = Sandbox::new();
    let endless = [b"$#".to_vec(), vec![b'x'; 200_000]].concat();
    let mut child = sandbox.netverb(["accept", "-j", "-k", "--inband", "$,%", "127.0.0.1:0"]).spawn();
    let mut hostile = Peer::connect(child.port());
    hostile.send(&endless);
    let closed = child.wait_event("closed");
    assert!(closed["reason"].as_str().unwrap().contains("in-band"), "{closed}");
    let mut other = Peer::connect(child.port());
    other.send(b"still served");
    assert_eq!(child.read_stdout(12), b"still served");

    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener.id(), &["--inband", "$,%"]).spawn();
    listener.accept().send(&endless);
    child.wait().failed(56, &["in-band", "65536"]);
}

#[test]
fn b69_a_line_without_end_is_shown_with_its_sender_in_bounded_memory() {
    let sandbox = Sandbox::new();
    let run = sandbox.netverb(["accept", "-j", "-k", "--prefix", "127.0.0.1:0"]).stdout(Stdio::piped());
    let mut child = run.spawn();
    let mut stdout = child.take_stdout();
    let client = Peer::connect(child.port());
    let id = child.wait_event("accepted")["id"].as_str().unwrap().to_owned();
    let flooding = std::thread::spawn(move || client.flood());
    let mut shown = vec![0; 32 << 20];
    stdout.read_exact(&mut shown).unwrap();
    let mark = format!("{id}: ");
    assert!(shown.starts_with(mark.as_bytes()));
    assert!(shown.split(|byte| *byte == b'\n').rev().skip(1).all(|line| line.starts_with(mark.as_bytes())));
    assert!(child.facts().peak_memory() < MEMORY, "{} bytes", child.facts().peak_memory());
    drop(child);
    flooding.join().unwrap();
}
