//! `accept --ws`: stdin and stdout, many clients, and every service, which speaks in messages.

use super::{BINARY, CLOSE, TEXT, Wire, accept, close, event};
use crate::support::{Child, Listener, Peer, Sandbox, noise};

fn two(child: &Child) -> [Wire; 2] {
    let port = child.port();
    let wires = [Wire::connect(port), Wire::connect(port)];
    child.wait_events("accepted", 2);
    wires
}

#[test]
fn b65_one_client_gets_stdin_and_stdout() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.netverb(["accept", "--ws", "127.0.0.1:0", "--port-file", "port"]).spawn();
    let port = crate::support::wait_until("the port", || std::fs::read_to_string(sandbox.path("port")).ok());
    let mut wire = Wire::connect(port.trim().parse().unwrap());
    child.send(b"from stdin\n");
    wire.hears(TEXT, b"from stdin");
    wire.say(BINARY, b"to stdout");
    assert_eq!(child.read_stdout(10), b"to stdout\n");
    wire.close(1000, "");
    // The server answers the close and ends the connection first.
    wire.hears(CLOSE, &close(1000, ""));
    assert_eq!(wire.peer.read_to_end(), b"");
    drop(wire);
    child.wait().exits(0);
}

#[test]
fn b65_many_clients_share_stdin_and_stdout() {
    let sandbox = Sandbox::new();
    let mut child = accept(&sandbox, &["-k"]);
    let [mut a, mut b] = two(&child);
    child.send(b"all\nof you\n");
    for wire in [&mut a, &mut b] {
        wire.hears(TEXT, b"all");
        wire.hears(TEXT, b"of you");
    }
    // The end of stdin is nobody's end: it could not be heard any more.
    child.end_input();
    a.say(TEXT, b"one");
    let record: Vec<u8> =
        std::iter::from_fn(|| Some(child.read_stdout(1)[0])).take_while(|byte| *byte != b'\n').collect();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    assert_eq!((record["text"].as_str(), record["from"].as_str()), (Some("one"), Some(a.peer.address().as_str())));
    assert_eq!(record["to"], child.wait_event("listening")["local"]);
    let mut late = Wire::connect(child.port());
    late.say(TEXT, b"late");
    assert!(child.read_stdout(1) == b"{");
    b.close(1000, "");
    assert_eq!(b.hear().opcode, CLOSE);
    assert_eq!(child.wait_event("closed")["code"], 1000);
}

#[test]
fn b65_a_client_whose_target_is_not_there_does_not_see_a_normal_end() {
    let sandbox = Sandbox::new();
    let nobody = Listener::tcp().id();
    let child = accept(&sandbox, &["-k", "--to", &nobody]);
    Wire::connect(child.port()).hears_close(1011);
    let id = format!("ws://127.0.0.1:{}/", child.port());
    sandbox.netverb(["open", &id]).feed(b"lost\n").failed_after_data(56, &["1011"]);
    sandbox.netverb(["accept", "--ws", "0", "--zmq", "rep"]).run().failed(2, &["--zmq", "--ws", "speak"]);
}

#[test]
fn b65_an_echo_keeps_kind_and_boundaries() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--echo"]);
    let mut wire = Wire::connect(child.port());
    // Many at once, too.
    let said: Vec<(u8, Vec<u8>)> = vec![(TEXT, b"text".to_vec()), (BINARY, b"text".to_vec()), (TEXT, vec![])];
    let said: Vec<(u8, Vec<u8>)> = said.into_iter().chain([(BINARY, noise(70_000)), (TEXT, "ü\n".into())]).collect();
    let bytes: Vec<u8> = said.iter().flat_map(|(opcode, payload)| wire.bytes(true, *opcode, payload)).collect();
    wire.peer.send(&bytes);
    for (opcode, payload) in &said {
        wire.hears(*opcode, payload);
    }
    wire.close(4001, "enough");
    wire.hears(CLOSE, &close(4001, "enough"));
    let closed = child.wait_event("closed");
    assert_eq!((closed["code"].as_u64(), closed["bytes_in"].as_u64()), (Some(4001), Some(70_011)), "{closed}");
}

#[test]
fn b65_an_answer_to_each_message() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--respond", "yes"]);
    let mut wire = Wire::connect(child.port());
    for question in ["one", "two"] {
        wire.say(TEXT, question.as_bytes());
        wire.hears(TEXT, b"yes");
    }
    let mut discarding = accept(&sandbox, &["--discard", "--once"]);
    let mut wire = Wire::connect(discarding.port());
    wire.say(TEXT, b"dropped");
    wire.close(1000, "");
    wire.hears(CLOSE, &close(1000, ""));
    drop(wire);
    let ended = discarding.wait();
    ended.exits(0);
    assert_eq!(event(&ended, "closed")["bytes_in"], 7);
}

#[test]
fn b65_a_broker_passes_messages_on_and_a_chat_names_them() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--broker"]);
    let [mut a, mut b] = two(&child);
    a.say(BINARY, b"\0\xff");
    a.say(TEXT, b"");
    b.hears(BINARY, b"\0\xff");
    b.hears(TEXT, b"");
    b.say(TEXT, b"back");
    a.hears(TEXT, b"back");
    a.close(1000, "");
    assert_eq!(a.hear().opcode, CLOSE);
    let child = accept(&sandbox, &["--chat"]);
    let [mut a, mut b] = two(&child);
    a.say(TEXT, b"hello");
    let name = child.wait_events("accepted", 2)[0]["id"].as_str().unwrap().to_owned();
    b.hears(TEXT, format!("<{name}> hello").as_bytes());
}

#[test]
fn b65_a_program_for_each_client() {
    let sandbox = Sandbox::new();
    let script = r#"echo "$NETVERB_PROTO $NETVERB_RESOURCE $NETVERB_HEADER_X_WHY $NETVERB_SUBPROTOCOL"; exec cat"#;
    let child = accept(&sandbox, &["-c", script, "--subprotocol", "lines"]);
    let lines = "X-Why: because\r\nSec-WebSocket-Protocol: lines\r\n";
    let mut wire = Wire::ask(Peer::connect(child.port()), lines);
    wire.hears(TEXT, b"ws /path?query because lines");
    wire.say(TEXT, b"one");
    wire.hears(TEXT, b"one");
    wire.say(BINARY, b"two\nlines");
    wire.hears(TEXT, b"two");
    wire.hears(TEXT, b"lines");
    wire.close(1000, "");
    wire.hears(CLOSE, &close(1000, ""));
    // The program's stdin has ended with the client.
    assert_eq!(child.wait_event("exec-exited")["status"], 0);
    // One that ends by itself closes the socket, after all that it wrote.
    let child = accept(&sandbox, &["-e", "printf 'a\\nb'"]);
    let mut wire = Wire::connect(child.port());
    wire.hears(TEXT, b"a");
    wire.hears(TEXT, b"b");
    wire.hears_close(1000);
    // One that does not read is hung up when its client has gone.
    let child = accept(&sandbox, &["-c", "exec sleep 1000"]);
    let mut wire = Wire::connect(child.port());
    wire.close(1000, "");
    assert_eq!(child.wait_event("exec-exited")["status"], 129);
}

#[test]
fn b65_forwarding_between_websockets_and_others() {
    let sandbox = Sandbox::new();
    let echo = accept(&sandbox, &["--echo"]);
    let url = format!("ws://127.0.0.1:{}/x", echo.port());
    // WebSocket to WebSocket: kinds are kept.
    let forward = accept(&sandbox, &["--to", &url]);
    let mut wire = Wire::connect(forward.port());
    for (opcode, payload) in [(TEXT, &b"text"[..]), (BINARY, b"text")] {
        wire.say(opcode, payload);
        wire.hears(opcode, payload);
    }
    // A stream to a WebSocket: lines are messages.
    let forward = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--to", &url]).spawn();
    let mut peer = Peer::connect(forward.port());
    peer.send(b"line\nanother\n");
    assert_eq!(peer.read(13), b"line\nanother\n");
    // A WebSocket to a stream.
    let listener = Listener::tcp();
    let forward = accept(&sandbox, &["--to", &listener.id()]);
    let mut wire = Wire::connect(forward.port());
    wire.say(TEXT, b"message");
    let mut stream = listener.accept();
    assert_eq!(stream.read(8), b"message\n");
    stream.send(b"answer\nand more");
    wire.hears(TEXT, b"answer");
    stream.end();
    wire.hears(TEXT, b"and more");
    wire.hears_close(1000);
}

#[test]
fn b65_the_end_of_a_clients_data_waits_for_the_answer_of_a_websocket() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let to = format!("ws://{}/", listener.id());
    let packets = sandbox.path("packets");
    for at in ["127.0.0.1:0".to_owned(), format!("seqpacket:{}", packets.display())] {
        let mut forward = sandbox.netverb(["accept", "--json", &at, "--once", "--to", &to]).spawn();
        forward.wait_event("listening");
        let streams = at.starts_with("127");
        let mut peer = match streams {
            true => Peer::connect(forward.port()),
            false => Peer::connect_seqpacket(&packets).unwrap(),
        };
        peer.send(if streams { b"question\n" } else { b"question" });
        peer.end();
        let mut target = Wire::serve(&listener, "");
        target.hears(TEXT, b"question");
        let asked = std::time::Instant::now();
        target.say(TEXT, b"answer");
        target.hears_close(1000);
        assert!(asked.elapsed() >= std::time::Duration::from_millis(900), "{:?}", asked.elapsed());
        target.close(1000, "");
        assert_eq!(peer.read_to_end(), if streams { &b"answer\n"[..] } else { b"answer" });
        drop(target);
        forward.wait().exits(0);
    }
    // A target that has closed takes nothing more: its client is not kept, however silent it is.
    let mut forward = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--once", "--to", &to]).spawn();
    let mut peer = Peer::connect(forward.port());
    let mut target = Wire::serve(&listener, "");
    target.close(1000, "");
    target.hears(CLOSE, &close(1000, ""));
    drop(target);
    forward.wait().exits(0);
    assert_eq!(peer.read_to_end(), b"");
}

#[test]
fn b01_streams_pass_through_websockets_as_they_are() {
    let sandbox = Sandbox::new();
    let echo = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--echo"]).spawn();
    let out = accept(&sandbox, &["--split", "chunk", "--to", &format!("127.0.0.1:{}", echo.port())]);
    let to = format!("ws://127.0.0.1:{}/", out.port());
    let into = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--split", "chunk", "--to", &to]).spawn();
    let data = noise(8 << 20);
    let mut client = sandbox.netverb(["open", &format!("127.0.0.1:{}", into.port())]).spawn();
    client.feed(data.clone());
    assert!(client.wait().exits(0).stdout == data);
}

#[test]
fn b65_a_close_is_passed_on_with_its_code() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let forward = accept(&sandbox, &["--to", &format!("ws://{}/", listener.id())]);
    for (code, reason) in [(1000, "done"), (4004, "went wrong")] {
        let mut wire = Wire::connect(forward.port());
        let mut target = Wire::serve(&listener, "");
        wire.say(TEXT, b"x");
        target.hears(TEXT, b"x");
        wire.close(code, reason);
        assert_eq!(target.hears_close(code), reason);
    }
}
