//! `open ws://`: messages both ways, the end of stdin, closes.

use std::time::Duration;

use super::{BINARY, CLOSE, CONTINUED, Frame, PING, PONG, TEXT, Wire, close, event, open};
use crate::kept::Kept;
use crate::support::{Listener, Sandbox, Signal, noise};

#[test]
fn b65_lines_are_messages_and_messages_are_lines() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &[]);
    let mut wire = Wire::serve(&listener, "");
    assert!(wire.head.starts_with("GET / HTTP/1.1\r\n"), "{}", wire.head);
    // A line leaves as soon as it is typed.
    child.send(b"one\n");
    wire.hears(TEXT, b"one");
    wire.say(TEXT, "ünicode".as_bytes());
    assert_eq!(child.read_stdout(9), "ünicode\n".as_bytes());
    child.send(b"\n\xff\xfe\nlast");
    wire.hears(TEXT, b"");
    wire.hears(BINARY, b"\xff\xfe");
    wire.say(BINARY, b"\0\xff");
    wire.say(TEXT, b"");
    assert_eq!(child.read_stdout(4), b"\0\xff\n\n");
    child.end_input();
    wire.hears(TEXT, b"last");
    wire.hears_close(1000);
    drop(wire);
    child.wait().exits(0);
}

#[test]
fn b65_the_kind_is_the_users_choice() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &["--binary"]);
    let mut wire = Wire::serve(&listener, "");
    child.send(b"text\n");
    wire.hears(BINARY, b"text");
    drop((child, wire));
    let mut child = open(&sandbox, &listener, &["--text"]);
    let mut wire = Wire::serve(&listener, "");
    child.send(b"text\n\xff\n");
    wire.hears(TEXT, b"text");
    wire.hears_close(1001);
    child.wait().failed(55, &["UTF-8", "--binary"]);
}

#[test]
fn b65_messages_of_every_length_of_length() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &["--split", "length"]);
    let mut wire = Wire::serve(&listener, "");
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 16 << 20] {
        let message = noise(length);
        let framed = [&(length as u32).to_be_bytes()[..], &message].concat();
        let said = wire.bytes(true, BINARY, &message);
        let mut another = wire.peer.another();
        let saying = std::thread::spawn(move || another.send(&said));
        assert!(child.read_stdout(length + 4) == framed, "{length} bytes came as others");
        saying.join().unwrap();
        let heard = std::thread::spawn(move || {
            let frame = wire.hear();
            (wire, frame)
        });
        child.send(&framed);
        let frame;
        (wire, frame) = heard.join().unwrap();
        // The empty one is text, being UTF-8; whether noise is, it says itself.
        let kind = if std::str::from_utf8(&message).is_ok() { TEXT } else { BINARY };
        assert!(frame == Frame::whole(kind, &message), "{length} bytes left as others");
    }
    child.end_input();
    wire.hears_close(1000);
    drop(wire);
    child.wait().exits(0);
}

#[test]
fn b65_fragments_are_joined_with_pings_between_and_characters_cut() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &[]);
    let mut wire = Wire::serve(&listener, "");
    let text = "aü€𝄞z".as_bytes();
    // Cut at every byte, so that every character is cut at each of its own.
    for (place, byte) in text.iter().enumerate() {
        let opcode = if place == 0 { TEXT } else { CONTINUED };
        wire.send(place == text.len() - 1, opcode, &[*byte]);
        if place + 1 < text.len() {
            wire.say(PING, &[*byte]);
            wire.hears(PONG, &[*byte]);
        }
    }
    assert_eq!(child.read_stdout(text.len() + 1), [text, b"\n"].concat());
    // Pings of every allowed length, an unasked pong, empty fragments.
    wire.say(PING, &noise(125));
    wire.hears(PONG, &noise(125));
    wire.say(PONG, b"nobody asked");
    for (fin, opcode) in [(false, BINARY), (false, CONTINUED), (true, CONTINUED)] {
        wire.send(fin, opcode, b"");
    }
    assert_eq!(child.read_stdout(1), b"\n");
    wire.close(1000, "");
    wire.hears(CLOSE, &close(1000, ""));
    drop(wire);
    child.wait().exits(0);
}

#[test]
fn b65_the_answer_to_the_last_line_is_waited_for_and_silence_is_the_end() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &[]);
    let mut wire = Wire::serve(&listener, "");
    child.feed(b"hi\n".to_vec());
    wire.hears(TEXT, b"hi");
    // Each within a second of the other.
    for answer in ["one", "two", "three"] {
        std::thread::sleep(Duration::from_millis(500));
        wire.say(TEXT, answer.as_bytes());
    }
    wire.hears_close(1000);
    drop(wire);
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"one\ntwo\nthree\n");
}

#[test]
fn b65_how_the_end_of_stdin_is_told() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    // -N and --send-only at once, -q after this much silence, --no-shutdown never.
    for (options, quiet) in [(&["-N"][..], 0), (&["--send-only"], 0), (&["-q", "300ms"], 300)] {
        let mut child = open(&sandbox, &listener, options);
        let mut wire = Wire::serve(&listener, "");
        let fed = std::time::Instant::now();
        child.feed(b"hi\n".to_vec());
        wire.hears(TEXT, b"hi");
        let told = std::time::Instant::now();
        wire.hears_close(1000);
        assert!(told.elapsed() < Duration::from_millis(900), "{options:?}: {:?}", told.elapsed());
        assert!(fed.elapsed() >= Duration::from_millis(quiet), "{options:?}: {:?}", fed.elapsed());
        drop(wire);
        child.wait().exits(0);
    }
    for options in [&["--no-shutdown"][..], &["-q", "infinite"]] {
        let mut child = open(&sandbox, &listener, options);
        let mut wire = Wire::serve(&listener, "");
        child.feed(b"hi\n".to_vec());
        wire.hears(TEXT, b"hi");
        assert!(!child.ends_within(Duration::from_millis(1500)), "{options:?}");
        wire.say(TEXT, b"late");
        assert_eq!(child.read_stdout(5), b"late\n");
        wire.close(1001, "");
        wire.hears(CLOSE, &close(1001, ""));
        drop(wire);
        child.wait().exits(0);
    }
    // With both, the peer is told nothing and the end comes all the same.
    let mut child = open(&sandbox, &listener, &["--no-shutdown", "-q", "0.1"]);
    let mut wire = Wire::serve(&listener, "");
    child.feed(b"hi\n".to_vec());
    wire.hears(TEXT, b"hi");
    child.wait().exits(0);
}

#[test]
fn b65_closes_are_shown_and_the_abnormal_ones_are_failures() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    for (payload, status, code, words) in [
        (close(1000, "bye"), 0, Some(1000), "closed with 1000 (bye)"),
        (close(1001, ""), 0, Some(1001), "closed with 1001"),
        (Vec::new(), 0, None, "closed with no code"),
        (close(1011, "out of tea"), 56, Some(1011), "closed with 1011 (out of tea)"),
        (close(1008, ""), 56, Some(1008), "closed with 1008"),
        (close(4321, "own \x1b[2J"), 56, Some(4321), "4321 (own \\u{1b}[2J)"),
    ] {
        let mut child = open(&sandbox, &listener, &["--json"]);
        let mut wire = Wire::serve(&listener, "");
        wire.say(TEXT, b"x");
        wire.say(CLOSE, &payload);
        wire.hears(CLOSE, &payload);
        drop(wire);
        let ended = child.wait();
        ended.exits(status);
        let closed = event(&ended, "closed");
        assert_eq!(closed["code"].as_u64(), code, "{closed}");
        assert!(closed["reason"].as_str().unwrap().contains(words), "{closed}");
        assert!(String::from_utf8_lossy(&ended.stdout).contains("\"text\":\"x\""));
    }
    // No close at all, and a reset.
    for rude in [Wire::drop_it, Wire::reset_it] {
        let mut child = open(&sandbox, &listener, &[]);
        let mut wire = Wire::serve(&listener, "");
        wire.say(TEXT, b"x");
        assert_eq!(child.read_stdout(2), b"x\n");
        rude(wire);
        child.wait().failed_after_data(56, &["connection to 127.0.0.1"]);
    }
}

impl Wire {
    fn drop_it(self) {}

    fn reset_it(self) {
        self.peer.reset();
    }
}

#[test]
fn b65_our_close_has_the_users_code_and_waits_for_the_answer() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &["-N", "--close-with", "4000:that is all"]);
    let mut wire = Wire::serve(&listener, "");
    child.end_input();
    let frame = wire.hear();
    assert_eq!(frame, Frame::whole(CLOSE, &close(4000, "that is all")));
    // What was on its way is still heard.
    wire.say(TEXT, b"crossing");
    assert_eq!(child.read_stdout(9), b"crossing\n");
    wire.close(4000, "that is all");
    drop(wire);
    // A peer answers with the same code: that is no complaint of its own.
    child.wait().exits(0);
    // A peer that answers no close is given up.
    let mut child = open(&sandbox, &listener, &["-N"]);
    let mut wire = Wire::serve(&listener, "");
    child.end_input();
    assert_eq!(wire.hear().opcode, CLOSE);
    child.wait().failed(56, &["did not answer our close within 5s"]);
}

#[test]
fn b65_count_ends_with_a_close() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &["--count", "2"]);
    let mut wire = Wire::serve(&listener, "");
    for message in ["one", "two", "three"] {
        wire.say(TEXT, message.as_bytes());
    }
    wire.hears_close(1000);
    drop(wire);
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"one\ntwo\n");
}

#[test]
fn b65_a_peer_that_answers_no_ping_is_given_up() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &["--ping", "300ms"]);
    let mut wire = Wire::serve(&listener, "");
    for _ in 0..2 {
        wire.hears(PING, b"");
        wire.say(PONG, b"");
    }
    // Anything that comes shows that it is there.
    wire.hears(PING, b"");
    wire.say(TEXT, b"x");
    wire.hears(PING, b"");
    wire.hears_close(1011);
    child.wait().failed_after_data(56, &["ping", "300ms"]);
}

#[test]
fn b65_records_have_one_line_a_message() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &["--json", "--transcript", "record"]);
    let mut wire = Wire::serve(&listener, "");
    wire.say(TEXT, b"two\nlines");
    wire.say(BINARY, b"\0\xff");
    wire.close(1000, "");
    assert_eq!(wire.hear().opcode, CLOSE);
    drop(wire);
    let ended = child.wait();
    ended.exits(0);
    let lines: Vec<serde_json::Value> =
        ended.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!((lines[0]["text"].as_str(), lines[0]["length"].as_u64()), (Some("two\nlines"), Some(9)));
    assert_eq!((lines[1]["base64"].as_str(), lines.len()), (Some("AP8="), 2));
    let summary = event(&ended, "summary");
    assert_eq!((summary["messages_in"].as_u64(), summary["bytes_in"].as_u64()), (Some(2), Some(11)));
    let record = std::fs::read_to_string(sandbox.path("record")).unwrap();
    assert!(record.contains("two\\nlines") && record.contains("AP8="), "{record}");
}

#[test]
fn b65_a_program_that_is_told_to_end_goes_away() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &[]);
    let mut wire = Wire::serve(&listener, "");
    child.send(b"there\n");
    wire.hears(TEXT, b"there");
    child.signal(Signal::TERM);
    wire.hears_close(1001);
}

#[test]
fn a_kept_client_sends_each_message_as_what_was_asked_for() {
    let kept = Kept::new();
    let listener = Listener::tcp();
    let mut open = kept.0.netverb(["open", &format!("ws://{}/", listener.id()), "--name", "c"]).spawn();
    let mut wire = Wire::serve(&listener, "");
    open.wait().exits(0);
    kept.says(&["write", "c", "--text", "one"]);
    kept.says(&["write", "c", "--binary", "two"]);
    kept.says(&["write", "c", "three"]);
    wire.hears(TEXT, b"one");
    wire.hears(BINARY, b"two");
    wire.hears(TEXT, b"three");
}
