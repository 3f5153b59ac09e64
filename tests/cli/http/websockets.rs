//! `--ws` on HTTP ports: who asks for a WebSocket gets the service, everybody else an answer.

use super::{Answer, accept, curl, talk};
use crate::support::Sandbox;

#[test]
fn b65_an_upgrade_request_becomes_a_client_of_the_service() {
    let sandbox = Sandbox::new();
    sandbox.write("page.html", "page");
    let (child, port) = accept(&sandbox, ["--ws", "--subprotocol", "chat", "--echo", "--http", "."]);
    assert_eq!(curl(&sandbox, port, "/page.html", &[]).text(), "page");
    let ended = sandbox.netverb(["open", &format!("ws://127.0.0.1:{port}/any/path")]).feed("grüße".as_bytes());
    ended.exits(0);
    assert_eq!(ended.stdout, "grüße\n".as_bytes());
    let script = "
import sys, websockets.sync.client
with websockets.sync.client.connect(f'ws://127.0.0.1:{sys.argv[1]}/x', subprotocols=['other', 'chat'], proxy=None) as s:
    assert s.subprotocol == 'chat', s.subprotocol
    for message in ['', 'text', b'bytes', 'x' * 100000, ['in', 'pieces']]:
        s.send(message)
        got = s.recv()
        assert got == (''.join(message) if isinstance(message, list) else message), got[:80]
print('done')
";
    let ended = sandbox.python(script, [port.to_string()]).run();
    ended.exits(0);
    assert_eq!(ended.stdout, b"done\n");
    child.wait_events("closed", 3);
    assert_eq!(curl(&sandbox, port, "/page.html", &[]).text(), "page");
}

/// A frame that comes in the same packet as the request, and a request whose head comes byte by byte.
#[test]
fn b65_nothing_that_comes_with_the_request_is_lost() {
    let sandbox = Sandbox::new();
    let (_child, port) = accept(&sandbox, ["--ws", "--echo", "--http-respond", "200:hello"]);
    let head = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let frame = [0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];
    let mut peer = crate::support::Peer::connect(port);
    peer.send(&[head.as_bytes(), &frame].concat());
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.extend(peer.read(1));
    }
    assert_eq!(Answer::of(&answer).header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(peer.read(4), [0x81, 2, b'h', b'i']);

    let mut peer = crate::support::Peer::connect(port);
    peer.send_slowly(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
    assert_eq!(Answer::of(&peer.read_to_end()).text(), "hello");
}

#[test]
fn b27_the_other_ports_speak_websocket_alone() {
    let sandbox = Sandbox::new();
    let options = ["--ws", "--echo", "--http-ports", "0", "--http-respond", "200:hello"];
    let child = sandbox.netverb(["accept", "--json", "127.0.0.1:0"].iter().chain(&options)).spawn();
    let events = child.wait_events("listening", 2);
    let [plain, http] = [0, 1].map(|at: usize| u16::try_from(events[at]["port"].as_u64().unwrap()).unwrap());
    assert_eq!(curl(&sandbox, http, "/", &[]).text(), "hello");
    assert_eq!(Answer::of(&talk(plain, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).status, 426);
    for port in [plain, http] {
        let ended = sandbox.netverb(["open", &format!("ws://127.0.0.1:{port}/")]).feed(b"message");
        assert_eq!(ended.stdout, b"message\n");
    }
}

#[test]
fn websockets_need_a_service_of_their_own() {
    let sandbox = Sandbox::new();
    let ended = sandbox.netverb(["accept", "127.0.0.1:0", "--ws", "--http", "."]).run();
    ended.failed(2, &["needs a service for the WebSockets", "--echo"]);
}
