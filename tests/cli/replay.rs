//! Recorded peers: a transcript of a conversation plays either of its ends.

use crate::support::{Listener, Peer, Sandbox};

/// A transcript as `--transcript` writes it: who (`in` or `out`), and what.
fn transcript(id: &str, records: &[(&str, &str)]) -> String {
    let line = |(direction, text): &(&str, &str)| {
        let record = serde_json::json!({
            "v": 1, "time": "2026-01-31T12:00:00.000000Z", "offset": 0.5, "id": id, "direction": direction, "text": text,
        });
        format!("{record}\n")
    };
    records.iter().map(line).collect()
}

/// What a client of a mail server would record.
const SESSION: [(&str, &str); 4] =
    [("in", "220 hi\r\n"), ("out", "EHLO me\r\n"), ("in", "250-a\r\n"), ("in", "250 b\r\n")];

const SERVER: [&str; 6] = ["accept", "127.0.0.1:0", "--json", "-w", "10", "--replay"];

#[test]
fn a_recorded_server_answers_whatever_the_chunks_are() {
    let said = b"EHLO me\r\n";
    for cut in 0..=said.len() {
        let sandbox = Sandbox::new();
        sandbox.write("t", transcript("mail:25", &SESSION));
        let mut child = sandbox.netverb([&SERVER[..], &["t"]].concat()).spawn();
        let mut peer = Peer::connect(child.port());
        assert_eq!(peer.read(8), b"220 hi\r\n");
        peer.send(&said[..cut]);
        peer.send(&said[cut..]);
        assert_eq!(peer.read_to_end(), b"250-a\r\n250 b\r\n");
        drop(peer);
        let ended = child.wait();
        ended.exits(0);
        assert_eq!(ended.stdout, b"");
    }
}

#[test]
fn a_recorded_server_does_not_speak_before_its_turn() {
    let sandbox = Sandbox::new();
    sandbox.write("t", transcript("mail:25", &[("out", "first"), ("in", "then"), ("out", "last")]));
    let mut child = sandbox.netverb([&SERVER[..], &["t", "-v"]].concat()).spawn();
    let mut peer = Peer::connect(child.port());
    child.wait_event("accepted");
    peer.send(b"firs");
    peer.socket().set_read_timeout(Some(std::time::Duration::from_millis(200))).unwrap();
    // Here time is the behaviour: nothing may come.
    let early = std::io::Read::read(&mut peer.socket(), &mut [0; 1]);
    assert!(early.is_err(), "it spoke before its turn: {early:?}");
    peer.socket().set_read_timeout(Some(crate::support::LIMIT)).unwrap();
    peer.send(b"tlast");
    assert_eq!(peer.read_to_end(), b"then");
    drop(peer);
    child.wait().exits(0);
}

#[test]
fn the_first_difference_is_named_and_ends_it_with_1() {
    let sandbox = Sandbox::new();
    sandbox.write("t", transcript("mail:25", &SESSION));
    let mut child = sandbox.netverb(["accept", "127.0.0.1:0", "-v", "--port-file", "port", "--replay", "t"]).spawn();
    let port = crate::support::wait_until("the port", || std::fs::read_to_string(sandbox.path("port")).ok());
    let mut peer = Peer::connect(port.trim().parse().unwrap());
    peer.send(b"EHLO you\r\n");
    let ended = child.wait();
    ended.exits(1);
    let message = r#"difference at byte 5 of what the peer sends (line 2 of the transcript): expected "me\r\n", received "you\r\n""#;
    assert!(ended.stderr.contains(message), "{}", ended.stderr);
    assert_eq!(ended.stdout, b"");
}

#[test]
fn more_than_was_recorded_is_a_difference() {
    let sandbox = Sandbox::new();
    sandbox.write("t", transcript("mail:25", &SESSION));
    let listener = Listener::tcp();
    let peer = listener_says(&listener.id(), &sandbox);
    let mut server = listener.accept();
    server.send(b"220 hi\r\n");
    assert_eq!(server.read(9), b"EHLO me\r\n");
    server.send(b"250-a\r\n250 b\r\nmore");
    let ended = { peer }.wait();
    let words = ["difference at byte 22", "after the last line", "expected its end", r#"received "more""#];
    ended.failed(1, &words);
}

/// The recorded client, talking to this server.
fn listener_says(id: &str, sandbox: &Sandbox) -> crate::support::Child {
    sandbox.netverb(["open", id, "-w", "10", "--replay", "t"]).spawn()
}

#[test]
fn a_recorded_client_says_its_part() {
    for (recorder, swap) in [("mail:25", false), ("127.0.0.1:4711|1", true), ("web.3", true)] {
        let sandbox = Sandbox::new();
        let other = |direction| if direction == "in" { "out" } else { "in" };
        let records = SESSION.map(|(direction, text)| (if swap { other(direction) } else { direction }, text));
        sandbox.write("t", transcript(recorder, &records));
        let listener = Listener::tcp();
        let mut child = listener_says(&listener.id(), &sandbox);
        let mut server = listener.accept();
        server.send_slowly(b"220 hi\r\n");
        assert_eq!(server.read(9), b"EHLO me\r\n", "{recorder}");
        server.send(b"250-a\r\n250 b\r\n");
        assert_eq!(server.read_to_end(), b"");
        drop(server);
        let ended = child.wait();
        ended.exits(0);
        assert_eq!(ended.stdout, b"", "{recorder}");
    }
}

#[test]
fn a_peer_that_ends_early_is_52_and_a_silent_one_28() {
    for (silent, status) in [(false, 52), (true, 28)] {
        let sandbox = Sandbox::new();
        sandbox.write("t", transcript("mail:25", &SESSION));
        let listener = Listener::tcp();
        let mut child = sandbox.netverb(["open", &listener.id(), "-w", "300ms", "--replay", "t"]).spawn();
        let mut server = listener.accept();
        server.send(b"220");
        if !silent {
            server.end();
        }
        child.wait().failed(status, &["at byte 3", "line 1 of the transcript", r#"expected " hi\r\n""#]);
        drop(server);
    }
}

#[test]
fn what_was_recorded_by_either_end_replays_from_both() {
    let sandbox = Sandbox::new();
    let steps = ["--send", "\u{1}b\\\"\u{fc}y", "--expect", "ask\n", "--send-line", "answer"];
    let serve = [&["accept", "127.0.0.1:0", "--json", "--transcript", "server"], &steps[..]].concat();
    let mut server = sandbox.netverb(serve).spawn();
    let id = format!("127.0.0.1:{}", server.port());
    let talk = ["--expect", "y", "--send-line", "ask", "--expect", "answer\n"];
    let ended = sandbox.netverb([&["open", &id, "--transcript", "client"], &talk[..]].concat()).run();
    ended.exits(0);
    server.wait().exits(0);
    for (played, playing) in [("server", "client"), ("client", "server"), ("client", "client"), ("server", "server")] {
        let mut server = sandbox.netverb([&SERVER[..], &[played]].concat()).spawn();
        let id = format!("127.0.0.1:{}", server.port());
        sandbox.netverb(["open", &id, "--replay", playing]).run().exits(0);
        server.wait().exits(0);
    }
}

#[test]
fn what_is_no_transcript_of_one_connection_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("text", "hello\n");
    sandbox.write("empty", "");
    sandbox.write("two", transcript("a:1|1", &SESSION) + &transcript("a:1|2", &SESSION));
    sandbox.write("t", transcript("a:1", &SESSION));
    for (file, words) in [
        ("absent", &["absent", "no such file"][..]),
        ("text", &["text: transcript line 1"]),
        ("empty", &["empty", "nothing to replay"]),
        ("two", &["two: line 5", "a:1|2"]),
    ] {
        sandbox.netverb(["open", ":1", "--replay", file]).run().failed(2, words);
    }
    sandbox.netverb(["open", ":1", "-C", "--replay", "t"]).run().failed(2, &["--replay", "-C"]);
}
