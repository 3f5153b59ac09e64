//! Promises 52 to 56, and those of messages, on kept sockets that keep the boundaries of messages.

use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::kept::Kept;
use crate::support::{Facts, Listener, Peer, noise, uninterrupted, wait_until};

/// A seqpacket listener of ours, and a socket that is kept to it as `s`.
fn opened(kept: &Kept, more: &[&str]) -> Peer {
    let listener = Listener::seqpacket(&kept.0.path("peer"));
    let id = listener.id();
    let words: Vec<&str> = ["open", &id, "--name", "s"].into_iter().chain(more.iter().copied()).collect();
    assert_eq!(kept.says(&words), "s\n");
    listener.accept()
}

/// Sends these messages and waits until the keeper has them.
fn sent(kept: &Kept, peer: &Peer, messages: &[&[u8]]) {
    let before = kept.status("s").unwrap()["messages_in"].as_u64().unwrap();
    for message in messages {
        uninterrupted(|| peer.socket().send(message)).unwrap();
    }
    let all = before + messages.len() as u64;
    kept.wait_status("s", "the messages", |status| status["messages_in"] == all);
}

#[test]
fn b25_each_message_is_written_and_read_whole() {
    let kept = Kept::new();
    let mut peer = opened(&kept, &[]);
    kept.says(&["write", "s", "one", "", "two words"]);
    assert_eq!([peer.packet(), peer.packet(), peer.packet()], [&b"one"[..], b"", b"two words"]);
    kept.0.netverb(["write", "s"]).feed(b"a\nb").exits(0);
    assert_eq!([peer.packet(), peer.packet()], [b"a", b"b"]);
    kept.0.netverb(["write", "s", "--split", "none"]).feed(b"a\nb").exits(0);
    assert_eq!(peer.packet(), b"a\nb");
    let file = kept.0.write("file", b"whole\nfile\0");
    kept.says(&["write", "s", "--file", file.to_str().unwrap()]);
    assert_eq!(peer.packet(), b"whole\nfile\0");
    kept.run(&["write", "s", "--parts", "a", "b"]).failed(2, &["--parts", "no parts"]);
    kept.says(&["write", "s", "-E", "-l", "a\\x00", "b"]);
    assert_eq!([peer.packet(), peer.packet()], [&b"a\0\n"[..], b"b\n"]);

    sent(&kept, &peer, &[b"first", b"", b"with\nline", b"x", b"y", b"z"]);
    assert_eq!(kept.status("s").unwrap()["unread"], 6);
    assert_eq!(kept.says(&["read", "s"]), "first\n");
    assert_eq!(kept.says(&["read", "s", "--for", "2 messages", "--split", "length"]), "\0\0\0\0\0\0\0\u{9}with\nline");
    assert_eq!(kept.says(&["read", "s", "--strip"]), "x");
    assert_eq!(kept.says(&["read", "s", "--peek"]), "y\n");
    assert_eq!(kept.says(&["read", "s", "--any"]), "y\nz\n");
    let status = kept.status("s").unwrap();
    let counters =
        ["messages_in", "messages_out", "bytes_in", "bytes_out", "unread"].map(|field| status[field].as_u64());
    assert_eq!(counters, [6, 9, 17, 33, 0].map(Some));
}

#[test]
fn b25_messages_until_a_text_silence_or_the_end() {
    let kept = Kept::new();
    let mut peer = opened(&kept, &[]);
    sent(&kept, &peer, &[b"o", b"k", b"it is ok so far", b"later", b"100 done", b"rest"]);
    assert_eq!(kept.says(&["read", "s", "--until", "ok"]), "o\nk\nit is ok so far\n");
    assert_eq!(kept.says(&["expect", "s", "([0-9]+) done", "--print", "1"]), "100");
    assert_eq!(kept.says(&["read", "s", "--until-idle", "0.05"]), "rest\n");
    sent(&kept, &peer, &[b"oops: no"]);
    kept.run(&["expect", "s", "never", "--fail", "oops.*"]).failed_after_data(1, &["--fail \"oops.*\" has matched"]);
    let mut asking = kept.0.netverb(["ask", "s", "question"]).spawn();
    assert_eq!(peer.packet(), b"question");
    peer.send(b"answer");
    assert_eq!(asking.wait().stdout, b"answer\n");
    let mut last = kept.0.netverb(["read", "s", "--until", "eof"]).spawn();
    peer.send(b"the");
    peer.send(b"end");
    drop(peer);
    assert_eq!(last.wait().stdout, b"the\nend\n");
    kept.run(&["read", "s", "--until", "eof"]).failed(52, &["closed"]);
}

#[test]
fn b25_a_record_of_each_message_tells_when_it_came() {
    let kept = Kept::new();
    let peer = opened(&kept, &[]);
    sent(&kept, &peer, &[b"text", b"\xff\xfe", b""]);
    let records = kept.says(&["-j", "read", "s", "--any"]);
    let records: Vec<Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let field = |name: &str| records.iter().map(|record| record[name].clone()).collect::<Vec<_>>();
    assert_eq!(field("length"), [4, 2, 0]);
    assert_eq!(field("text"), [Value::from("text"), Value::Null, Value::from("")]);
    assert_eq!(records[1]["base64"], "//4=");
    assert!(field("time").iter().all(Value::is_string));
}

#[test]
fn b04_what_only_streams_have_is_refused_and_nothing_is_lost() {
    let kept = Kept::new();
    let mut peer = opened(&kept, &[]);
    sent(&kept, &peer, &[b"one"]);
    for amount in ["3", "1 line", "2 int4"] {
        kept.run(&["read", "s", "--for", amount]).failed(2, &["messages"]);
    }
    kept.run(&["secure", "s", "--no-verify"]).failed(4, &["carries messages"]);
    let large = kept.0.write("large", noise((1 << 20) + 1));
    kept.run(&["write", "s", "--file", large.to_str().unwrap()]).failed(63, &["message", "1048576"]);
    assert_eq!(kept.says(&["read", "s"]), "one\n");
    kept.says(&["write", "s", "next"]);
    assert_eq!(peer.packet(), b"next", "nothing of the large one was sent");
    let stream = kept.open("stream", &[]);
    for words in [&["--to", "127.0.0.1:9"][..], &["--text"], &["--split", "line"]] {
        let words: Vec<&str> = ["write", "stream", "x"].iter().chain(words).copied().collect();
        kept.run(&words).failed(2, &["no messages"]);
    }
    drop(stream);
}

#[test]
fn b54_a_killed_reader_loses_no_message() {
    let kept = Kept::new();
    let peer = opened(&kept, &["--buffer", "8M"]);
    let messages: Vec<Vec<u8>> = (0..60).map(|n| [vec![n], noise(40_000 + usize::from(n) * 100)].concat()).collect();
    let refs: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    sent(&kept, &peer, &refs);
    // Killed while its stdout takes no more, at ten places of what it has written.
    for places in 1..10 {
        let amount = format!("{} messages", places * 6);
        let pipe = std::process::Stdio::piped();
        let mut reader = kept.0.netverb(["read", "s", "--for", &amount]).stdout(pipe).spawn();
        let mut stdout = reader.take_stdout();
        let mut some = vec![0; places * 5000];
        std::io::Read::read_exact(&mut stdout, &mut some).unwrap();
        reader.signal(Signal::KILL);
        reader.wait();
    }
    // Killed while it waits, and out of time.
    let mut waiting = kept.0.netverb(["read", "s", "--for", "70 messages", "-w", "infinite"]).spawn();
    waiting.signal(Signal::INT);
    waiting.wait();
    let ended = kept.run(&["read", "s", "--for", "61 messages", "-w", "0"]);
    ended.failed(28, &["timed out", "60 messages had come and stay unread"]);
    let all = kept.run(&["read", "s", "--for", "60 messages", "--split", "none"]).stdout;
    assert!(all == messages.concat());
}

#[test]
fn b54_a_partial_read_of_messages_prints_what_had_come() {
    let kept = Kept::new();
    let peer = opened(&kept, &[]);
    sent(&kept, &peer, &[b"one", b"two"]);
    let ended = kept.run(&["read", "s", "--for", "3 messages", "-w", "0", "--partial"]);
    ended.exits(28);
    assert_eq!(ended.stdout, b"one\ntwo\n");
    kept.run(&["read", "s", "-w", "0"]).failed(28, &["nothing had come"]);
}

#[test]
fn b54_readers_of_messages_queue_and_each_gets_its_own() {
    let kept = Kept::new();
    let peer = opened(&kept, &[]);
    let mut readers: Vec<_> = (0..5).map(|_| kept.0.netverb(["read", "s", "-w", "infinite"]).spawn()).collect();
    for message in [b"1", b"2", b"3", b"4", b"5"] {
        uninterrupted(|| peer.socket().send(message)).unwrap();
    }
    let mut read: Vec<Vec<u8>> = readers.iter_mut().map(|reader| reader.wait().stdout).collect();
    read.sort();
    assert_eq!(read, [b"1\n", b"2\n", b"3\n", b"4\n", b"5\n"]);
}

#[test]
fn b55_a_peer_whose_messages_nobody_reads_is_slowed_down_in_bounded_memory() {
    let kept = Kept::new();
    let peer = opened(&kept, &["--buffer", "256k"]);
    peer.socket().set_nonblocking(true).unwrap();
    let (mut sent, mut stuck) = (0u32, None);
    while sent < 100_000 {
        let message = [&sent.to_be_bytes()[..], &[b'x'; 1000]].concat();
        match uninterrupted(|| peer.socket().send(&message)) {
            Ok(_) => (sent, stuck) = (sent + 1, None),
            Err(_) if stuck.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(1) => break,
            Err(_) => std::thread::yield_now(),
        }
    }
    assert!(sent < 10_000, "the peer was not slowed down");
    let unread = kept.status("s").unwrap()["unread"].as_u64().unwrap();
    assert!((100..=256).contains(&unread), "{unread} messages of 1004 bytes in 256 KiB");
    let memory = Facts(kept.keeper("s")).peak_memory();
    assert!(memory < 32 << 20, "the keeper has {memory} bytes");
    // Everything comes, in order, when somebody reads: also more at once than the buffer holds.
    let amount = format!("{sent} messages");
    let read = kept.run(&["read", "s", "--for", &amount, "--split", "none"]).stdout;
    let numbers: Vec<u32> =
        read.chunks(1004).map(|message| u32::from_be_bytes(message[..4].try_into().unwrap())).collect();
    assert!(numbers.into_iter().eq(0..sent));
}

#[test]
fn b56_after_the_peers_close_the_unread_messages_are_readable_and_then_52() {
    let kept = Kept::new();
    let peer = opened(&kept, &[]);
    sent(&kept, &peer, &[b"one", b"two"]);
    drop(peer);
    kept.wait_status("s", "the end", |status| status["state"] == "eof");
    assert_eq!(kept.says(&["read", "s"]), "one\n");
    kept.run(&["read", "s", "--for", "2 messages"]).failed(52, &["closed", "1 message had come and stay"]);
    assert_eq!(kept.says(&["read", "s"]), "two\n");
    kept.run(&["read", "s"]).failed(52, &["closed"]);
}

#[test]
fn a_kept_message_socket_ends_with_what_was_written() {
    let kept = Kept::new();
    let mut peer = opened(&kept, &[]);
    kept.says(&["write", "s", "bye", "--eof"]);
    assert_eq!([peer.packet(), peer.packet()], [&b"bye"[..], b""]);
    peer.send(b"one more");
    assert_eq!(kept.says(&["read", "s"]), "one more\n");
    kept.run(&["write", "s", "late"]).failed(55, &["cannot send"]);
    kept.says(&["close", "s"]);
    kept.run(&["read", "s"]).failed(110, &["socket is not open"]);
}

#[test]
fn the_connections_of_a_kept_message_listener_keep_boundaries() {
    let kept = Kept::new();
    let path = kept.0.path("web");
    assert_eq!(kept.says(&["accept", &format!("seqpacket:{}", path.display()), "--name", "web"]), "web\n");
    drop(UnixListener::bind(&path).unwrap_err());
    for number in 1..=3 {
        let mut peer = Peer::connect_seqpacket(&path).unwrap();
        let name = format!("web.{number}");
        assert_eq!(kept.says(&["next", "web"]), format!("{name}\n"));
        peer.send(b"hello");
        peer.send(b"again");
        assert_eq!(kept.says(&["read", &name, "--for", "2 messages"]), "hello\nagain\n");
        kept.says(&["write", &name, "a", "b"]);
        assert_eq!([peer.packet(), peer.packet()], [b"a", b"b"]);
    }
    kept.says(&["close", "web"]);
    wait_until("the path is gone", || (!path.exists()).then_some(()));
}

#[cfg(feature = "tuples")]
#[test]
fn a_kept_message_is_a_tuple() {
    let kept = Kept::new();
    let mut peer = opened(&kept, &[]);
    kept.says(&["send-tuple", "s", "1", "2.0", "three"]);
    kept.0.netverb(["send-tuple", "s", "--encoding", "json", "--input", "json"]).feed(b"[1]\n[]\n[\"x\"]\n").exits(0);
    assert_eq!(peer.packet()[0], 0x83, "an array of three");
    assert_eq!([peer.packet(), peer.packet(), peer.packet()], [&b"[1]\n"[..], b"[]\n", b"[\"x\"]\n"]);
    sent(&kept, &peer, &[b"\x82\x01\x61a", b"\x81\x02", b"\x81\x03\x81\x04", b"after"]);
    let received = kept.says(&["recv-tuple", "s", "--peek", "--json"]);
    assert_eq!(received, kept.says(&["recv-tuple", "s", "--json"]));
    let tuple: Value = serde_json::from_str(&received).unwrap();
    assert_eq!((&tuple["tuple"], &tuple["types"]), (&serde_json::json!([1, "a"]), &serde_json::json!(["i", "s"])));
    assert_eq!(kept.says(&["recv-tuple", "s"]), "2\n");
    // Two of them in one message are none.
    kept.run(&["recv-tuple", "s"]).failed(1, &["no tuple"]);
    assert_eq!(kept.run(&["read", "s"]).stdout, b"\x81\x03\x81\x04\n");
    assert_eq!(kept.says(&["read", "s"]), "after\n");
    kept.run(&["recv-tuple", "s", "-w", "0.1"]).failed(28, &["timed out after 100ms", "nothing had come"]);
}
