//! Promise 69: clients that mean no good cost bounded memory and time.

use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant};

use super::{Answer, accept, curl, talk};
use crate::support::{Child, Peer, Sandbox, wait_until};

/// What a program under attack may use.
const MEMORY: u64 = 64 << 20;

#[track_caller]
fn still_serves(sandbox: &Sandbox, child: &Child, port: u16) {
    assert_eq!(curl(sandbox, port, "/", &[]).text(), "hello");
    let memory = child.facts().peak_memory();
    assert!(memory < MEMORY, "{memory} bytes");
}

/// Writes without end, until the other end has had enough of it.
#[track_caller]
fn flood(peer: &mut Peer, piece: &[u8]) {
    let begun = Instant::now();
    // What is refused is dropped for some seconds, so that the client can read why.
    while begun.elapsed() < Duration::from_secs(40) {
        match peer.write(piece) {
            Ok(_) => {}
            Err(error) if [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind()) => return,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("an endless request is read for ever");
}

#[test]
fn b69_who_is_slow_to_ask_is_let_go() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["-w", "400ms", "--http-respond", "200:hello"]);
    let begun = Instant::now();
    // Says nothing at all, begins a head, sends a line now and then, asks once and then nothing more.
    let mut silent = Peer::connect(port);
    let mut begins = Peer::connect(port);
    begins.send(b"GET / HTTP/1.1\r\nHost:");
    let mut asks = Peer::connect(port);
    asks.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut drips = Peer::connect(port);
    drips.send(b"GET / HTTP/1.1\r\n");
    while drips.write_all(b"X: y\r\n").is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it goes on reading a head for ever");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(silent.read_to_end(), b"");
    assert_eq!(Answer::of(&begins.read_to_end()).status, 408);
    assert_eq!(Answer::of(&asks.read_to_end()).text(), "hello");
    child.wait_events("closed", 4);
    still_serves(&sandbox, &child, port);
}

#[test]
fn b69_an_endless_head_is_refused() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--http-respond", "200:hello"]);
    for piece in ["X-Header: value\r\n", "x", "X: ", "\u{fc}"] {
        let mut peer = Peer::connect(port);
        peer.send(b"GET / HTTP/1.1\r\n");
        flood(&mut peer, piece.repeat(1000).as_bytes());
    }
    let mut line = b"GET /".to_vec();
    line.resize(20_000, b'x');
    line.extend_from_slice(b" HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(Answer::of(&talk(port, &line)).status, 431);
    let headers = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(200));
    assert_eq!(Answer::of(&talk(port, headers.as_bytes())).status, 431);
    still_serves(&sandbox, &child, port);
}

#[test]
fn b69_a_body_has_a_limit() {
    let sandbox = Sandbox::new();
    for service in [["--http-respond", "200:hello"], ["--http-exec", "cat >/dev/null; printf 'A: b\\n\\nhello'"]] {
        let (child, port) = accept(&sandbox, [&["--max-bytes", "1k"][..], &service].concat());
        let announced = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1025\r\n\r\n";
        assert_eq!(Answer::of(&talk(port, announced)).status, 413);
        let chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let chunk = [&b"200\r\n"[..], &[b'x'; 512], b"\r\n"].concat();
        let three = [&chunked[..], &chunk.repeat(3), b"0\r\n\r\n"].concat();
        assert_eq!(Answer::of(&talk(port, &three)).status, 413);
        let two = [&chunked[..], &chunk.repeat(2), b"0\r\n\r\n"].concat();
        assert!(Answer::of(&talk(port, &two)).text().contains("hello"));
        // Endless.
        let mut peer = Peer::connect(port);
        peer.send(&chunked);
        flood(&mut peer, &chunk.repeat(100));
        still_serves(&sandbox, &child, port);
    }
}

#[test]
fn b69_a_body_that_does_not_come_is_not_waited_for() {
    let sandbox = Sandbox::new();
    let script = "cat >/dev/null; printf 'A: b\\n\\nhello'";
    for service in [["--http-respond", "200:hello"], ["--http-exec", script]] {
        let (child, port) = accept(&sandbox, [&["-w", "400ms"][..], &service].concat());
        let mut peer = Peer::connect(port);
        peer.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
        assert_eq!(Answer::of(&peer.read_to_end()).status, 408);
        // A byte now and then does not help.
        let mut peer = Peer::connect(port);
        peer.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
        let begun = Instant::now();
        while peer.write_all(b"x").is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(10), "it goes on reading a body for ever");
            std::thread::sleep(Duration::from_millis(50));
        }
        still_serves(&sandbox, &child, port);
    }
}

#[test]
fn b69_chunks_that_are_none_are_refused() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--http-respond", "200:hello"]);
    for body in ["zz\r\nx\r\n", "ffffffffffffffffff\r\n", "-1\r\n", "5\r\nabcdefgh\r\n", "\r\n\r\n", "1;ext\r\n"] {
        let request = format!("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        let answer = talk(port, request.as_bytes());
        assert_eq!(Answer::of(&answer).status, 400, "{body:?}");
    }
    // Extensions and trailers without end.
    for begin in ["1;", "1\r\nx\r\n0\r\nTrailer: "] {
        let mut peer = Peer::connect(port);
        peer.send(format!("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{begin}").as_bytes());
        flood(&mut peer, &[b'x'; 4096]);
    }
    still_serves(&sandbox, &child, port);
}

#[test]
fn b69_what_is_no_request_is_told_so() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--http-respond", "200:hello"]);
    let hello = [&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3][..], &[7; 400]].concat();
    for request in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/3.0\r\nHost: a\r\n\r\n",
        b"GET ten HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        &hello,
    ] {
        assert_eq!(Answer::of(&talk(port, request)).status, 400, "{}", String::from_utf8_lossy(request));
    }
    assert_eq!(talk(port, b""), b"");
    still_serves(&sandbox, &child, port);
}

#[test]
fn b69_pipelined_requests_are_answered_in_order_and_held_up_unread() {
    let sandbox = Sandbox::new();
    let script = "printf 'A: b\\nContent-Length: 4\\n\\n%04d' \"$QUERY_STRING\"";
    let (_child, port) = accept(&sandbox, ["--http-exec", script]);
    let requests: String = (0..20).map(|count| format!("GET /?{count} HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    let answers = String::from_utf8(talk(port, requests.as_bytes())).unwrap();
    let bodies: Vec<&str> = answers.split("\r\n\r\n").skip(1).map(|body| &body[..4]).collect();
    assert_eq!(bodies, (0..20).map(|count| format!("{count:04}")).collect::<Vec<_>>());

    // Long answers, few of which fill the queues of the system.
    let body = "hello".repeat(10_000);
    let (child, port) = accept(&sandbox, ["-w", "1s", "--http-respond", &format!("200:{body}")]);
    let mut peer = Peer::connect(port);
    // Nobody reads the answers: asking comes to a halt, and after its time to an end.
    flood(&mut peer, &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000));
    child.wait_event("closed");
    assert_eq!(curl(&sandbox, port, "/", &[]).text(), body);
    let memory = child.facts().peak_memory();
    assert!(memory < MEMORY, "{memory} bytes");
}

#[test]
fn b18_nothing_is_left_of_clients() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--http-exec", "printf 'A: b\\n\\nhello'"]);
    still_serves(&sandbox, &child, port);
    child.wait_events("closed", 1);
    let before = child.facts().descriptors();
    for count in 0..30 {
        let mut peer = Peer::connect(port);
        child.wait_events("accepted", count + 2);
        peer.send(if count % 3 == 0 { b"nonsense\r\n\r\n" } else { b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" });
        match count % 2 {
            0 => drop(peer),
            _ => peer.reset(),
        }
    }
    child.wait_events("closed", 31);
    // The event comes just before the descriptor is closed.
    wait_until("no more descriptors than before", || (child.facts().descriptors() <= before).then_some(()));
    assert_eq!(child.facts().children(), []);
}
