//! The handshake from both sides: what is asked, what is agreed to, and what is refused.

use std::time::Duration;

use super::{CLOSE, TEXT, Wire, accept, accept_key, event, header, open, read_head};
use crate::support::{Listener, Peer, Sandbox, wait_until};

#[test]
fn b65_the_request_has_the_users_headers_and_no_proxy_sees_them() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let url = format!("ws://{}/a b?c=\"d&e", listener.id());
    let words = ["open", &url, "-H", "Origin: https://x.example", "-H", "Cookie: a=b; c=d", "--recv-only"];
    let child = sandbox.netverb(words).spawn();
    let wire = Wire::serve(&listener, "");
    assert!(wire.head.starts_with("GET /a%20b?c=%22d&e HTTP/1.1\r\n"), "{}", wire.head);
    for (name, value) in [
        ("Host", listener.id().as_str()),
        ("Origin", "https://x.example"),
        ("Cookie", "a=b; c=d"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
    ] {
        assert_eq!(header(&wire.head, name), Some(value), "{name}");
    }
    drop((wire, child));
    // The proxy is asked for a tunnel to the server, and sees nothing of what goes through it.
    let proxy = format!("http://{}", listener.id());
    let words = ["open", "ws://name.example/x", "--proxy", &proxy, "-H", "Authorization: Bearer y", "--recv-only"];
    let child = sandbox.netverb(words).spawn();
    let mut peer = listener.accept();
    let head = read_head(&mut peer);
    assert!(head.starts_with("CONNECT name.example:80 HTTP/1.1\r\n") && !head.contains("Bearer"), "{head}");
    peer.send(b"HTTP/1.1 200 OK\r\n\r\n");
    let head = read_head(&mut peer);
    assert_eq!(header(&head, "Host"), Some("name.example"));
    assert_eq!(header(&head, "Authorization"), Some("Bearer y"));
    drop(child);
}

#[test]
fn b65_a_host_header_of_the_user_replaces_ours() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let child = open(&sandbox, &listener, &["-H", "host: other.example", "--recv-only"]);
    let wire = Wire::serve(&listener, "");
    assert_eq!(header(&wire.head, "Host"), Some("other.example"));
    assert_eq!(wire.head.to_ascii_lowercase().matches("\r\nhost:").count(), 1);
    drop(child);
}

#[test]
fn b65_sub_protocols() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let options = ["--subprotocol", "v2.chat,chat", "--subprotocol", "x", "-v", "--recv-only"];
    let child = open(&sandbox, &listener, &options);
    let wire = Wire::serve(&listener, "Sec-WebSocket-Protocol: chat\r\n");
    assert_eq!(header(&wire.head, "Sec-WebSocket-Protocol"), Some("v2.chat, chat, x"));
    child.wait_stderr("sub-protocol chat");
    drop((child, wire));
    for (lines, words) in
        [("", "no sub-protocol of"), ("Sec-WebSocket-Protocol: y\r\n", "\"y\", which was not offered")]
    {
        let mut child = open(&sandbox, &listener, &["--subprotocol", "x"]);
        let wire = Wire::serve(&listener, lines);
        child.wait().failed(56, &[words]);
        drop(wire);
    }
    let mut child = open(&sandbox, &listener, &[]);
    let wire = Wire::serve(&listener, "Sec-WebSocket-Protocol: y\r\n");
    child.wait().failed(56, &["not offered"]);
    drop(wire);
    // The server takes the first of the client's that it understands.
    let child = accept(&sandbox, &["--echo", "--subprotocol", "chat,v2.chat"]);
    for (offered, taken) in [("v2.chat, chat", Some("v2.chat")), ("other,chat", Some("chat")), ("other", None)] {
        let wire = Wire::ask(Peer::connect(child.port()), &format!("Sec-WebSocket-Protocol: {offered}\r\n"));
        assert_eq!(header(&wire.head, "Sec-WebSocket-Protocol"), taken);
    }
}

#[test]
fn b65_a_refusal_shows_the_status_line() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    for (answer, status, words) in [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope", 7, "HTTP/1.1 403 Forbidden"),
        ("HTTP/1.1 200 OK\r\n\r\n", 7, "HTTP/1.1 200 OK"),
        ("HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", 7, "HTTP/1.1 301 Moved"),
        ("HTTP/1.1 500 a\x1b[2Jb\r\n\r\n", 7, "HTTP/1.1 500 a\\u{1b}[2Jb"),
        ("SSH-2.0-OpenSSH_9.2\r\n", 56, "SSH-2.0-OpenSSH_9.2"),
        ("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\n\r\n", 56, "Upgrade: websocket"),
        ("HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n", 56, "Connection: Upgrade"),
        ("HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 56, "Sec-WebSocket-Accept"),
        ("", 56, "closed before"),
    ] {
        let mut child = open(&sandbox, &listener, &[]);
        let mut peer = listener.accept();
        read_head(&mut peer);
        peer.send(answer.as_bytes());
        peer.end();
        child.wait().failed(status, &[words]);
    }
}

#[test]
fn b65_an_answer_that_agrees_to_what_was_not_asked_is_refused() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &[]);
    let wire = Wire::serve(&listener, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    assert!(!wire.head.contains("Extensions"), "none is offered");
    child.wait().failed(56, &["extension"]);
    drop(wire);
}

#[test]
fn b65_frames_that_come_glued_to_the_handshake_are_heard() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &[]);
    let mut peer = listener.accept();
    let head = read_head(&mut peer);
    let key = accept_key(header(&head, "Sec-WebSocket-Key").unwrap());
    let answer = format!(
        "HTTP/1.1 101 \r\nSec-WebSocket-Accept: {key}\r\nupgrade: WEBSOCKET\r\nconnection: x, UPGRADE\r\n\r\n\u{1}\u{4}glue"
    );
    // The opcode with its final bit is no character.
    let mut bytes = answer.into_bytes();
    let first = bytes.len() - 6;
    bytes[first] = 0x81;
    peer.send(&bytes);
    assert_eq!(child.read_stdout(5), b"glue\n");
    drop(peer);
    // And from a client, with its request.
    let child = accept(&sandbox, &["--echo"]);
    let mut peer = Peer::connect(child.port());
    let mut request = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        .to_vec();
    request.extend([0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
    peer.send(&request);
    read_head(&mut peer);
    assert_eq!(peer.read(4), [0x81, 2, b'h', b'i']);
}

#[test]
fn b65_over_unix_sockets() {
    let sandbox = Sandbox::new();
    let child = sandbox.netverb(["accept", "--ws", "--json", "--echo", "unix:front"]).spawn();
    child.wait_event("ready");
    let url = format!("ws+unix:{}:/r?s", sandbox.path("front").display());
    let ended = sandbox.netverb(["open", &url, "--count", "2", "--json"]).feed(b"one\ntwo\n");
    ended.exits(0);
    let connected = event(&ended, "connected");
    assert_eq!(connected["transport"], "ws");
    assert_eq!(String::from_utf8_lossy(&ended.stdout).matches("\"text\":").count(), 2);
}

#[test]
fn b65_a_client_that_wants_something_else_is_told_what_is_spoken() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--echo"]);
    let port = child.port();
    let whole = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
    let key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    for (request, status, header_line) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "426 Upgrade Required", "\r\nUpgrade: websocket\r\n"),
        (format!("POST / HTTP/1.1\r\n{whole}{key}\r\n"), "405 ", "\r\nAllow: GET\r\n"),
        (format!("GET / HTTP/1.0\r\n{whole}{key}\r\n"), "400 ", "\r\n"),
        (format!("GET / HTTP/1.1\r\n{whole}\r\n"), "400 ", "key"),
        (format!("GET / HTTP/1.1\r\n{whole}Sec-WebSocket-Key: short\r\n\r\n"), "400 ", "base64"),
        (format!("GET / HTTP/1.1\r\n{whole}{key}\r\n").replace("13", "8"), "426 ", "\r\nSec-WebSocket-Version: 13\r\n"),
        ("GET / HTTP/1.1\r\nbroken\r\n\r\n".to_owned(), "400 ", "malformed"),
    ] {
        let mut peer = Peer::connect(port);
        peer.send(request.as_bytes());
        let answer = String::from_utf8(peer.read_to_end()).unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(header_line),
            "{request}: {answer}"
        );
        assert!(answer.contains("\r\nContent-Length: "), "{answer}");
    }
    // One that speaks no HTTP gets nothing but the end, at once.
    let mut peer = Peer::connect(port);
    peer.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    assert_eq!(peer.read_to_end(), b"");
    let told = child.wait_events("error", 8);
    assert!(told.iter().any(|told| told["message"].as_str().unwrap().contains("speaks TLS")), "{told:?}");
    Wire::connect(port).say(TEXT, b"still served");
}

#[test]
fn b69_a_client_that_is_silent_or_endless_holds_up_nobody() {
    let sandbox = Sandbox::new();
    let mut child = accept(&sandbox, &[]);
    let port = child.port();
    let _silent = Peer::connect(port);
    let mut endless = Peer::connect(port);
    endless.send(b"GET / HTTP/1.1\r\n");
    // More than a head may have; the last ones may meet the end of the connection.
    let line = format!("X: {}\r\n", "y".repeat(1000));
    let sent = (0..20).take_while(|_| std::io::Write::write_all(&mut endless, line.as_bytes()).is_ok()).count();
    assert!(sent >= 15);
    let answer = String::from_utf8(endless.read_to_end()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let mut wire = Wire::connect(port);
    wire.say(TEXT, b"served");
    // With --json each message is a record.
    assert!(child.read_stdout(1) == b"{");
    wire.say(CLOSE, b"");
    wait_until("its end", || child.ends_within(Duration::from_millis(1)).then_some(()));
}
