//! Promises 37 to 40, and those of kept sockets, on kept datagram sockets.

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;
use serde_json::Value;

use crate::kept::Kept;
use crate::support::{Facts, LIMIT, noise, uninterrupted, wait_until};

/// The largest payload of a UDP datagram over IPv4.
const LARGEST: usize = 65_507;

/// A socket of ours.
fn udp() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket
}

fn next(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; 1 << 16];
    let (length, _) = uninterrupted(|| socket.recv_from(&mut buffer)).expect("a datagram comes");
    buffer.truncate(length);
    buffer
}

/// A kept socket `s` that hears everybody, and its port.
fn listening(kept: &Kept, more: &[&str]) -> u16 {
    let words: Vec<&str> = ["datagram", "--listen", "0/s"].iter().chain(more).copied().collect();
    kept.says(&words).trim().parse().expect("a port")
}

/// Sends these datagrams to `s` and waits until the keeper has seen them.
fn sent(kept: &Kept, from: &UdpSocket, port: u16, datagrams: &[&[u8]]) {
    let before = kept.status("s").unwrap()["messages_in"].as_u64().unwrap();
    for datagram in datagrams {
        from.send_to(datagram, ("127.0.0.1", port)).unwrap();
    }
    let all = before + datagrams.len() as u64;
    kept.wait_status("s", "the datagrams", |status| status["messages_in"] == all);
}

fn record(kept: &Kept, words: &[&str]) -> Value {
    let words: Vec<&str> = ["-j"].iter().chain(words).copied().collect();
    serde_json::from_str(&kept.says(&words)).unwrap()
}

#[test]
fn b37_each_message_is_one_datagram_and_a_larger_one_is_refused() {
    let kept = Kept::new();
    let peer = udp();
    let id = format!("{}/s", peer.local_addr().unwrap());
    assert_eq!(kept.says(&["datagram", &id]), "s\n");
    kept.says(&["write", "s", "one", "", "two words"]);
    assert_eq!([next(&peer), next(&peer), next(&peer)], [&b"one"[..], b"", b"two words"]);
    let largest = noise(LARGEST);
    kept.0.netverb(["write", "s"]).feed(&largest).exits(0);
    assert!(next(&peer) == largest, "stdin is one datagram");
    kept.0.netverb(["write", "s"]).feed(&noise(LARGEST + 1)).failed(63, &["65507"]);
    kept.0.netverb(["write", "s", "--split", "line"]).feed(b"a\nb\n").exits(0);
    assert_eq!([next(&peer), next(&peer)], [b"a", b"b"]);
    let status = kept.status("s").unwrap();
    assert_eq!((&status["kind"], &status["transport"]), (&Value::from("datagram"), &Value::from("udp")));
    assert_eq!(status["peer"], peer.local_addr().unwrap().to_string());
    assert_eq!((&status["messages_out"], &status["bytes_out"]), (&Value::from(6), &Value::from(12 + LARGEST + 2)));
}

#[test]
fn b38_datagrams_are_read_whole_and_a_truncated_one_is_flagged() {
    let kept = Kept::new();
    let port = listening(&kept, &[]);
    let (peer, largest) = (udp(), noise(LARGEST));
    sent(&kept, &peer, port, &[&largest, b"a", b"b"]);
    assert!(kept.run(&["read", "s"]).stdout == largest);
    assert_eq!(kept.says(&["read", "s", "--for", "2 messages", "--split", "line"]), "a\nb\n");
    kept.says(&["close", "s"]);
    let port = listening(&kept, &["--max-bytes", "4"]);
    sent(&kept, &peer, port, &[b"123456"]);
    let record = record(&kept, &["read", "s"]);
    let fields = ["length", "truncated", "text"].map(|field| record[field].clone());
    assert_eq!(fields, [Value::from(6), Value::from(true), Value::from("1234")]);
}

#[test]
fn b39_an_empty_datagram_is_a_message() {
    let kept = Kept::new();
    let port = listening(&kept, &[]);
    let peer = udp();
    sent(&kept, &peer, port, &[b"", b"next"]);
    assert_eq!(kept.status("s").unwrap()["unread"], 2);
    assert_eq!(record(&kept, &["read", "s"])["length"], 0);
    assert_eq!(kept.says(&["read", "s"]), "next");
    let from = peer.local_addr().unwrap().to_string();
    kept.says(&["write", "s", "--to", &from, ""]);
    assert_eq!(next(&peer), b"");
}

#[test]
fn b40_a_record_names_the_sender_who_can_be_answered() {
    let kept = Kept::new();
    let port = listening(&kept, &[]);
    let peers = [udp(), udp(), udp()];
    for (number, peer) in peers.iter().enumerate() {
        sent(&kept, peer, port, &[format!("question {number}").as_bytes()]);
    }
    for (number, peer) in peers.iter().enumerate() {
        let record = record(&kept, &["read", "s"]);
        assert_eq!(record["text"], format!("question {number}"));
        assert_eq!(record["from"], peer.local_addr().unwrap().to_string());
        assert_eq!(record["to"], format!("127.0.0.1:{port}"));
        assert_eq!((&record["interface"], &record["truncated"]), (&Value::from("lo"), &Value::from(false)));
        assert!(record["time"].is_string() && record["ttl"].is_number());
        kept.says(&["write", "s", "--to", record["from"].as_str().unwrap(), "answer", &number.to_string()]);
        assert_eq!([next(peer), next(peer)], [b"answer".to_vec(), number.to_string().into_bytes()]);
    }
    kept.run(&["write", "s", "to whom?"]).failed(2, &["hears everybody", "--to"]);
    kept.run(&["write", "s", "--to", "127.0.0.1:port", "x"]).failed(3, &["port"]);
    let mut asking = kept.0.netverb(["ask", "s", "--to", &peers[1].local_addr().unwrap().to_string(), "you?"]).spawn();
    assert_eq!(next(&peers[1]), b"you?");
    peers[1].send_to(b"me", ("127.0.0.1", port)).unwrap();
    assert_eq!(asking.wait().stdout, b"me");
}

#[test]
fn b40_a_refused_datagram_is_7() {
    let kept = Kept::new();
    let closed = udp().local_addr().unwrap();
    for (name, id) in [("a", format!("{closed}")), ("b", format!("udp://{closed}"))] {
        let verb = if name == "a" { "datagram" } else { "open" };
        assert_eq!(kept.says(&[verb, &id, "--name", name]), format!("{name}\n"));
        kept.run(&["ask", name, "anybody?"]).failed(7, &["refused", "nobody receives there"]);
        // It is told once, and ends nothing.
        kept.run(&["read", name, "-w", "0"]).failed(28, &["timed out"]);
        let peer = UdpSocket::bind(closed).unwrap();
        peer.set_read_timeout(Some(LIMIT)).unwrap();
        kept.says(&["write", name, "now"]);
        assert_eq!(next(&peer), b"now");
    }
}

#[test]
fn b26_a_kept_datagram_socket_ignores_those_who_are_not_let_in() {
    let kept = Kept::new();
    let words = ["accept", "udp://127.0.0.1:0", "--name", "s", "--allow", "127.0.0.1"];
    let port: u16 = kept.says(&words).trim().parse().unwrap();
    let stranger = UdpSocket::bind("127.0.0.2:0").unwrap();
    let friend = udp();
    stranger.send_to(b"let me in", ("127.0.0.1", port)).unwrap();
    friend.send_to(b"hello", ("127.0.0.1", port)).unwrap();
    assert_eq!(kept.says(&["read", "s"]), "hello");
    assert_eq!(kept.status("s").unwrap()["messages_in"], 1);
}

#[test]
fn b54_a_killed_reader_loses_no_datagram() {
    let kept = Kept::new();
    let port = listening(&kept, &[]);
    let peer = udp();
    sent(&kept, &peer, port, &[b"one", b"two"]);
    let mut waiting = kept.0.netverb(["read", "s", "--for", "3 messages", "-w", "infinite"]).spawn();
    waiting.signal(Signal::KILL);
    waiting.wait();
    kept.run(&["read", "s", "--for", "3 messages", "-w", "0"]).failed(28, &["2 messages had come and stay unread"]);
    assert_eq!(kept.says(&["read", "s", "--any", "--split", "nul"]), "one\0two\0");
}

#[test]
fn b55_datagrams_that_nobody_reads_are_dropped_and_counted_in_bounded_memory() {
    let kept = Kept::new();
    let port = listening(&kept, &["--buffer", "64k"]);
    let peer = udp();
    let mut numbers = 0u32;
    // A few at a time: what the system drops is not what this is about.
    for _ in 0..40 {
        let batch: Vec<Vec<u8>> = (0..50).map(|at| [&(numbers + at).to_be_bytes()[..], &[0; 1000]].concat()).collect();
        sent(&kept, &peer, port, &batch.iter().map(Vec::as_slice).collect::<Vec<_>>());
        numbers += 50;
    }
    let status = kept.status("s").unwrap();
    let field = |name: &str| status[name].as_u64().unwrap();
    assert!((40..=64).contains(&field("unread")), "{status}");
    assert_eq!(field("dropped") + field("unread"), u64::from(numbers));
    assert!(kept.says(&["sockets", "--long"]).contains(&field("dropped").to_string()));
    let memory = Facts(kept.keeper("s")).peak_memory();
    assert!(memory < 32 << 20, "the keeper has {memory} bytes");
    // Those that came first are there, in order.
    let read = kept.run(&["read", "s", "--any"]).stdout;
    let kept_ones = read.chunks(1004).map(|datagram| u32::from_be_bytes(datagram[..4].try_into().unwrap()));
    assert!(kept_ones.eq(0..u32::try_from(field("unread")).unwrap()));
    // With space again, what comes is kept again.
    sent(&kept, &peer, port, &[b"again"]);
    assert_eq!(kept.says(&["read", "s"]), "again");
}

#[test]
fn a_kept_unix_datagram_socket_answers_and_leaves_no_path() {
    let kept = Kept::new();
    let (path, own) = (kept.0.path("s"), kept.0.path("own"));
    let at = format!("unix:{}", path.display());
    assert_eq!(kept.says(&["datagram", "--listen", &at, "--name", "s"]), "s\n");
    let peer = UnixDatagram::bind(&own).unwrap();
    peer.set_read_timeout(Some(LIMIT)).unwrap();
    peer.send_to(b"hello", &path).unwrap();
    let record = record(&kept, &["read", "s"]);
    assert_eq!(
        (&record["text"], &record["from"]),
        (&Value::from("hello"), &Value::from(format!("unix:{}", own.display())))
    );
    kept.says(&["write", "s", "--to", record["from"].as_str().unwrap(), "answer"]);
    let mut buffer = [0; 64];
    let length = uninterrupted(|| peer.recv(&mut buffer)).unwrap();
    assert_eq!(&buffer[..length], b"answer");
    kept.says(&["close", "s"]);
    wait_until("the path is gone", || (!path.exists()).then_some(()));
}

#[test]
fn a_kept_datagram_socket_refuses_what_only_the_foreground_has() {
    let kept = Kept::new();
    for words in [&["DATA"][..], &["-z"], &["--count", "1"], &["--hex"], &["--split", "line"]] {
        let words: Vec<&str> = ["datagram", "127.0.0.1:9/s"].iter().chain(words).copied().collect();
        kept.run(&words).failed(2, &["kept in the background", "--foreground"]);
    }
    kept.run(&["read", "s"]).failed(110, &["not open"]);
    let port = listening(&kept, &[]);
    kept.run(&["datagram", "127.0.0.1:9/s"]).failed(111, &["already open"]);
    let to = format!("127.0.0.1:{port}/peer");
    kept.says(&["datagram", &to]);
    kept.run(&["write", "peer", "x", "--eof"]).failed(2, &["no end"]);
    kept.run(&["write", "peer", "--to", "127.0.0.1:9", "x"]).failed(2, &["one peer"]);
    kept.run(&["next", "s"]).failed(4, &["no listener"]);
    kept.run(&["read", "s", "-w", "0"]).failed(28, &["nothing had come"]);
}

#[cfg(feature = "tuples")]
#[test]
fn a_kept_datagram_is_a_tuple() {
    let kept = Kept::new();
    let port = listening(&kept, &[]);
    kept.says(&["datagram", &format!("127.0.0.1:{port}/peer")]);
    kept.says(&["send-tuple", "peer", "1", "x"]);
    kept.says(&["send-tuple", "peer", "--format", "in2", "7", "8"]);
    assert_eq!(kept.says(&["recv-tuple", "s"]), "1\nx\n");
    assert_eq!(kept.says(&["recv-tuple", "s", "--format", "in2"]), "7\n8\n");
}
