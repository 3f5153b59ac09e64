//! Datagrams that are lost, doubled, swapped and late on purpose, seen by those who get them.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Child, LIMIT, Listener, Peer, Sandbox, uninterrupted};

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket
}

fn caller(child: &Child) -> UdpSocket {
    let socket = socket();
    socket.connect(("127.0.0.1", child.port())).unwrap();
    socket
}

fn receive(socket: &UdpSocket) -> String {
    let mut space = [0; 2000];
    let length = uninterrupted(|| socket.recv(&mut space)).expect("a datagram comes");
    String::from_utf8(space[..length].to_vec()).unwrap()
}

/// What comes up to "end".
fn heard(socket: &UdpSocket) -> Vec<String> {
    std::iter::repeat_with(|| receive(socket)).take_while(|text| text != "end").collect()
}

fn numbers(range: std::ops::Range<u32>) -> String {
    range.map(|number| format!("{number}\n")).collect()
}

/// What the peer gets of 100 numbered datagrams; with all of them twice, its buffer has room.
fn sent(sandbox: &Sandbox, options: &[&str]) -> Vec<String> {
    let peer = socket();
    let id = peer.local_addr().unwrap().to_string();
    let line = ["datagram", &id, "--split", "line", "--send-only"];
    sandbox.netverb(line.iter().chain(options)).feed(numbers(0..100).as_bytes()).exits(0);
    // The program has ended, so everything is in the buffer in front of this.
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"end", peer.local_addr().unwrap()).unwrap();
    heard(&peer)
}

#[test]
fn b79_chances_are_those_of_the_seed() {
    let sandbox = Sandbox::new();
    let options = ["--drop", "0.2", "--duplicate", "10%", "--reorder", "0.1", "--seed", "7"];
    let first = sent(&sandbox, &options);
    assert_eq!(sent(&sandbox, &options), first);
    let mut different: Vec<u32> = first.iter().map(|number| number.parse().unwrap()).collect();
    assert!(!different.is_sorted(), "none was overtaken");
    different.sort_unstable();
    different.dedup();
    assert!((65..95).contains(&different.len()), "{} of 100 came", different.len());
    assert!(different.len() < first.len(), "none came twice");
    let other = sent(&sandbox, &["--drop", "0.2", "--duplicate", "10%", "--reorder", "0.1", "--seed", "8"]);
    assert_ne!(other, first);
    assert_eq!(sent(&sandbox, &["--drop", "1"]), [""; 0]);
    assert_eq!(sent(&sandbox, &["--duplicate", "1"]).len(), 200);
}

#[test]
fn b79_what_was_dropped_is_not_counted_as_sent() {
    let sandbox = Sandbox::new();
    let peer = socket();
    let id = peer.local_addr().unwrap().to_string();
    let line = ["datagram", "--json", &id, "--split", "line", "--send-only", "--drop", "0.5", "--seed", "3"];
    let ended = sandbox.netverb(line).feed(numbers(0..200).as_bytes());
    ended.exits(0);
    peer.send_to(b"end", peer.local_addr().unwrap()).unwrap();
    let got = heard(&peer);
    let summary = ended.events().into_iter().find(|event| event["event"] == "summary").unwrap();
    assert_eq!(summary["messages_out"], got.len());
    assert_eq!(summary["bytes_out"], got.iter().map(String::len).sum::<usize>());
}

#[test]
fn b79_services_answer_late_and_each_peer_has_chances_of_its_own() {
    let sandbox = Sandbox::new();
    let line = ["accept", "--json", "udp://127.0.0.1:0", "--echo", "--latency", "200ms", "--duplicate", "1"];
    let child = sandbox.netverb(line).spawn();
    let (one, begun) = (caller(&child), Instant::now());
    one.send(b"late").unwrap();
    assert_eq!([receive(&one), receive(&one)], ["late", "late"]);
    assert!(begun.elapsed() >= Duration::from_millis(200));
    child.wait_events("data", 3);
    let line = ["accept", "--json", "udp://127.0.0.1:0", "--echo", "--drop", "0.5", "--seed", "7"];
    let child = sandbox.netverb(line).spawn();
    let answers: Vec<Vec<String>> = (0..2)
        .map(|_| {
            let caller = caller(&child);
            for number in 0..100 {
                caller.send(number.to_string().as_bytes()).unwrap();
            }
            // As often as it takes until one passes.
            std::iter::repeat_with(|| caller.send(b"end").unwrap()).take(64).for_each(drop);
            heard(&caller)
        })
        .collect();
    assert!(answers.iter().all(|some| (30..70).contains(&some.len())), "{answers:?}");
    assert_ne!(answers[0], answers[1]);
}

#[test]
fn b79_a_forward_mistreats_both_directions() {
    let sandbox = Sandbox::new();
    let target = socket();
    let to = format!("udp://{}", target.local_addr().unwrap());
    let line = ["accept", "--json", "udp://127.0.0.1:0", "--to", &to, "--duplicate", "1"];
    let child = sandbox.netverb(line).spawn();
    let one = caller(&child);
    one.send(b"question").unwrap();
    assert_eq!(receive(&target), "question");
    let mut space = [0; 99];
    let (length, from) = uninterrupted(|| target.recv_from(&mut space)).unwrap();
    assert_eq!(&space[..length], b"question");
    target.send_to(b"answer", from).unwrap();
    assert_eq!([receive(&one), receive(&one)], ["answer", "answer"]);
}

#[test]
fn b79_answers_of_a_stream_are_datagrams_that_get_lost() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let to = format!("tcp://{}", listener.id());
    let line = ["accept", "--json", "udp://127.0.0.1:0", "--to", &to, "--duplicate", "1"];
    let child = sandbox.netverb(line).spawn();
    let one = caller(&child);
    one.send(b"question").unwrap();
    let mut peer = listener.accept();
    assert_eq!(peer.read(9), b"question\n");
    peer.send(b"answer\n");
    assert_eq!([receive(&one), receive(&one)], ["answer", "answer"]);
}

#[test]
fn b40_refused_is_7_for_what_is_late_or_doubled_too() {
    let sandbox = Sandbox::new();
    let closed = socket().local_addr().unwrap().to_string();
    for options in [&["--duplicate", "1"][..], &["--latency", "10ms"], &["--reorder", "0.5", "--send-only"]] {
        let line = ["datagram", &closed, "one", "two"];
        sandbox.netverb(line.iter().chain(options)).run().failed(7, &["refused", &closed]);
    }
}

/// What the target gets of 40 numbered lines that a client of a stream sends, and goes on as datagrams.
fn forwarded(sandbox: &Sandbox, options: &[&str]) -> Vec<String> {
    let target = socket();
    let to = format!("udp://{}", target.local_addr().unwrap());
    let line = ["accept", "--json", "--once", "127.0.0.1:0", "--to", &to];
    let mut child = sandbox.netverb(line.iter().chain(options)).spawn();
    let mut client = Peer::connect(child.port());
    client.send(numbers(0..40).as_bytes());
    client.end();
    child.wait().exits(0);
    // The listener has ended, so everything is in the buffer in front of this.
    socket().send_to(b"end", target.local_addr().unwrap()).unwrap();
    heard(&target)
}

#[test]
fn b79_datagrams_made_of_a_stream_get_lost_on_the_way_to_the_target() {
    let sandbox = Sandbox::new();
    let all: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    assert_eq!(forwarded(&sandbox, &[]), all);
    let dropped = forwarded(&sandbox, &["--drop", "0.5", "--seed", "7"]);
    assert!((8..32).contains(&dropped.len()), "{dropped:?}");
    assert_eq!(forwarded(&sandbox, &["--drop", "0.5", "--seed", "7"]), dropped);
    let doubled: Vec<String> = all.iter().flat_map(|number| [number.clone(), number.clone()]).collect();
    assert_eq!(forwarded(&sandbox, &["--duplicate", "1"]), doubled);
    assert_eq!(forwarded(&sandbox, &["--drop", "1"]), [""; 0]);
    // The end waits for what is still on its way, however late.
    assert_eq!(forwarded(&sandbox, &["--latency", "1500ms"]), all);
}

#[test]
fn b79_what_makes_no_sense_is_refused() {
    let sandbox = Sandbox::new();
    for (line, words) in [
        (&["accept", "udp://127.0.0.1:0", "--echo", "--slice", "5"][..], &["--slice", "streams", "--drop"][..]),
        (&["open", "udp://127.0.0.1:9", "--reset-after", "5"], &["--reset-after", "streams"]),
        (&["accept", "127.0.0.1:0", "--echo", "--drop", "0.5"], &["--drop", "datagrams"]),
        (&["datagram", "127.0.0.1:9", "--drop", "2", "x"], &["from 0 (never) to 1"]),
        (&["accept", "udp://127.0.0.1:0", "--echo", "--rate", "5"], &["--rate", "service"]),
        (&["accept", "udp://127.0.0.1:0", "--discard", "--eol", "crlf"], &["--eol", "service"]),
        (&["accept", "udp://127.0.0.1:0", "--inband", "$,%"], &["--inband", "stream"]),
    ] {
        let ended = sandbox.netverb(line).run();
        assert_eq!(ended.status, crate::support::Status::Exited(2), "{line:?}");
        let text = ended.stderr.clone();
        assert!(words.iter().all(|word| text.contains(word)), "{line:?}: {text}");
    }
}

/// `--eol` and `--rate` where stdin and stdout are joined to datagrams.
#[test]
fn b33_each_datagram_is_a_text_with_the_line_ends_of_its_peer() {
    let sandbox = Sandbox::new();
    let line = ["accept", "--json", "udp://127.0.0.1:0", "--eol", "crlf", "--split", "nul"];
    let mut child = sandbox.netverb(line).spawn();
    let peer = caller(&child);
    peer.send(b"one\r\ntwo\r").unwrap();
    child.wait_event("data");
    child.send(b"three\nfour\r\n\0");
    assert_eq!(receive(&peer), "three\r\nfour\r\n");
    peer.send(b"end").unwrap();
    child.wait_events("data", 3);
    child.signal(crate::support::Signal::TERM);
    let records: Vec<Value> = child
        .wait()
        .stdout
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!((&records[0]["text"], &records[0]["length"]), (&"one\ntwo\r".into(), &9.into()));
}

#[test]
fn b37_the_rate_of_datagrams_is_held() {
    let sandbox = Sandbox::new();
    let peer = socket();
    let line =
        ["open", &format!("udp://{}", peer.local_addr().unwrap()), "--split", "100", "--rate", "2000", "--send-only"];
    let begun = Instant::now();
    sandbox.netverb(line).feed(&[b'x'; 1000]).exits(0);
    assert!(begun.elapsed() >= Duration::from_millis(350), "{:?}", begun.elapsed());
    assert_eq!((0..10).map(|_| receive(&peer).len()).sum::<usize>(), 1000);
}
