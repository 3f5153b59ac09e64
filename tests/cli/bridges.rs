//! Promises 37 and 40 between datagrams and what is none: each peer has a connection, and messages are framed there.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};

use crate::support::{Child, LIMIT, Listener, Sandbox, uninterrupted};

/// A socket that sends to this port and hears its answers.
fn caller(port: u16) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket.connect(("127.0.0.1", port)).unwrap();
    socket
}

#[track_caller]
fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut space = vec![0; 1 << 16];
    let length = uninterrupted(|| socket.recv(&mut space)).expect("a datagram comes");
    space.truncate(length);
    space
}

/// `accept udp://… --to` this, with these options.
fn bridge(sandbox: &Sandbox, to: &str, options: &[&str]) -> Child {
    let line = ["accept", "--json", "udp://127.0.0.1:0", "--to", to];
    sandbox.netverb(line.iter().chain(options)).spawn()
}

#[test]
fn b40_each_peer_has_a_connection_of_its_own_and_messages_are_framed_there() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let child = bridge(&sandbox, &format!("tcp://{}", listener.id()), &["--split", "length"]);
    let (one, other) = (caller(child.port()), caller(child.port()));
    for message in [&b"one"[..], b"", b"1\n2"] {
        one.send(message).unwrap();
    }
    let mut first = listener.accept();
    assert_eq!(first.read(18), b"\0\0\0\x03one\0\0\0\0\0\0\0\x031\n2");
    other.send(b"other").unwrap();
    let mut second = listener.accept();
    assert_eq!(second.read(9), b"\0\0\0\x05other");
    second.send(b"\0\0\0\x02to");
    first.send(b"\0\0\0\x04ping\0\0\0\0\0\0\0\x04pong");
    assert_eq!(receive(&other), b"to");
    assert_eq!([receive(&one), receive(&one), receive(&one)], [&b"ping"[..], b"", b"pong"]);
}

#[test]
fn b40_a_stream_that_ends_ends_its_peer_and_the_next_datagram_begins_another() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let child = bridge(&sandbox, &format!("tcp://{}", listener.id()), &[]);
    let socket = caller(child.port());
    socket.send(b"first").unwrap();
    let mut peer = listener.accept();
    assert_eq!(peer.read(6), b"first\n");
    peer.send(b"answer");
    peer.end();
    assert_eq!(receive(&socket), b"answer");
    // The connection ends in the silence after that, and with it the peer.
    assert_eq!(peer.read_to_end(), b"");
    child.wait_events("closed", 2);
    socket.send(b"second").unwrap();
    assert_eq!(listener.accept().read(7), b"second\n");
    let accepted = child.wait_events("accepted", 2);
    assert_eq!(accepted[0]["peer"], accepted[1]["peer"]);
}

#[test]
fn b40_a_silent_peer_is_forgotten() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let child = bridge(&sandbox, &format!("tcp://{}", listener.id()), &["--idle-timeout", "0.1"]);
    caller(child.port()).send(b"and away").unwrap();
    let mut peer = listener.accept();
    assert_eq!(peer.read_to_end(), b"and away\n");
    let closed = child.wait_events("closed", 2);
    assert_eq!(closed[1]["reason"], "idle for 100ms");
}

#[test]
fn b40_datagrams_reach_unix_sockets_and_tls() {
    let sandbox = Sandbox::new();
    let path = |name: &str| sandbox.path(name).display().to_string();
    let (stream, packets) = (format!("unix:{}", path("stream")), format!("seqpacket:{}", path("packets")));
    for (at, to, options) in [
        (stream.as_str(), stream.clone(), &[][..]),
        (packets.as_str(), packets.clone(), &[]),
        ("tls://127.0.0.1:0", "tls://127.0.0.1".to_owned(), &["--self-signed"]),
    ] {
        let line = ["accept", "-k", "--json", "--echo", at];
        let echo = sandbox.netverb(line.iter().chain(options)).spawn();
        let listening = echo.wait_event("listening");
        let to = listening["port"].as_u64().map_or(to.clone(), |port| format!("{to}:{port}"));
        let no_verify = if to.starts_with("tls") { &["--no-verify"][..] } else { &[] };
        let child = bridge(&sandbox, &to, &[&["--split", "length"][..], no_verify].concat());
        let socket = caller(child.port());
        for message in [&b"one"[..], b"two two"] {
            socket.send(message).unwrap();
            assert_eq!(receive(&socket), message, "{to}");
        }
    }
}

/// A listener on a TCP port that forwards to a datagram socket, and a client of it.
fn over_tcp(sandbox: &Sandbox, to: &str, options: &[&str]) -> (Child, TcpStream) {
    let line = ["accept", "--json", "127.0.0.1:0", "--to", to];
    let child = sandbox.netverb(line.iter().chain(options)).spawn();
    let client = TcpStream::connect(("127.0.0.1", child.port())).unwrap();
    client.set_read_timeout(Some(LIMIT)).unwrap();
    (child, client)
}

#[test]
fn b37_each_message_of_a_stream_is_one_datagram_and_answers_are_framed() {
    let sandbox = Sandbox::new();
    let target = UdpSocket::bind("127.0.0.1:0").unwrap();
    target.set_read_timeout(Some(LIMIT)).unwrap();
    let to = format!("udp://{}", target.local_addr().unwrap());
    let (_child, mut client) = over_tcp(&sandbox, &to, &[]);
    client.write_all(b"one\n\nthree\nla").unwrap();
    let mut space = [0; 99];
    let (mut heard, mut from) = (Vec::new(), None);
    for _ in 0..3 {
        let (length, sender) = uninterrupted(|| target.recv_from(&mut space)).unwrap();
        heard.push(space[..length].to_vec());
        from = Some(sender);
    }
    assert_eq!(heard, [&b"one"[..], b"", b"three"]);
    for answer in [&b"an answer"[..], b""] {
        target.send_to(answer, from.unwrap()).unwrap();
    }
    let mut lines = BufReader::new(client.try_clone().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    lines.read_line(&mut line).unwrap();
    assert_eq!(line, "an answer\n\n");
    // What has no line end is a message at the end; then silence is the end of the answers.
    client.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(uninterrupted(|| target.recv(&mut space)).unwrap(), 2);
    target.send_to(b"late", from.unwrap()).unwrap();
    line.clear();
    lines.read_line(&mut line).unwrap();
    assert_eq!(line, "late\n");
    assert_eq!(lines.read_line(&mut line).unwrap(), 0);
}

#[test]
fn b40_a_client_learns_that_nobody_receives_its_datagrams() {
    let sandbox = Sandbox::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (child, mut client) = over_tcp(&sandbox, &format!("udp://{closed}"), &[]);
    client.write_all(b"anybody?\n").unwrap();
    // Not any more, where the reset is there already.
    let _ = client.shutdown(std::net::Shutdown::Write);
    let error = std::io::copy(&mut client, &mut std::io::sink()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let closed = child.wait_events("closed", 2);
    assert!(closed[1]["reason"].as_str().unwrap().contains("connection refused"), "{closed:?}");
}

#[cfg(feature = "ws")]
#[test]
fn b37_messages_of_websockets_are_datagrams_and_back() {
    let sandbox = Sandbox::new();
    let echo = sandbox.netverb(["accept", "--json", "udp://127.0.0.1:0", "--echo"]).spawn();
    let to = format!("udp://127.0.0.1:{}", echo.port());
    let server = sandbox.netverb(["accept", "--json", "--ws", "127.0.0.1:0", "--to", &to]).spawn();
    let to = format!("ws://127.0.0.1:{}/", server.port());
    let bridge = bridge(&sandbox, &to, &[]);
    let ended = sandbox.netverb(["open", &to]).feed(b"one\n\ntwo\n");
    ended.exits(0);
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "one\n\ntwo\n");
    let socket = caller(bridge.port());
    for message in [&b"one"[..], b"", b"two"] {
        socket.send(message).unwrap();
        assert_eq!(receive(&socket), message);
    }
}
