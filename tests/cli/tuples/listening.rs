//! `recv-tuple --listen`: whom it lets in, what is spoken with them, and how it ends.

use std::net::UdpSocket;

use crate::support::{Child, Finished, Peer, Sandbox};

/// `recv-tuple` that listens on a port of its choice with these options.
fn listening(sandbox: &Sandbox, options: &[&str]) -> Child {
    let line = ["recv-tuple", "--json", "--listen", "127.0.0.1:0"];
    sandbox.netverb(line.iter().chain(options)).spawn()
}

/// The tuples that were printed, as JSON.
fn tuples(ended: &Finished) -> Vec<String> {
    ended.exits(0);
    let lines = ended.stdout.split_inclusive(|byte| *byte == b'\n');
    lines.map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap()["tuple"].to_string()).collect()
}

#[cfg(any(feature = "tls", feature = "ws", feature = "zmq"))]
#[test]
fn b60_clients_of_every_transport_are_heard() {
    let sandbox = Sandbox::new();
    let table: &[(&[&str], &str, &[&str])] = &[
        #[cfg(feature = "ws")]
        (&["--ws"], "ws://127.0.0.1:", &[]),
        #[cfg(feature = "tls")]
        (&["--secure", "--self-signed"], "tls://127.0.0.1:", &["--no-verify"]),
        #[cfg(all(feature = "ws", feature = "tls"))]
        (&["--ws", "--secure", "--self-signed"], "wss://127.0.0.1:", &["--no-verify"]),
        #[cfg(feature = "zmq")]
        (&["--zmq", "pull"], "127.0.0.1:", &["--zmq", "push"]),
        #[cfg(feature = "zmq")]
        (&["--zmq", "sub"], "127.0.0.1:", &["--zmq", "pub"]),
        #[cfg(feature = "zmq")]
        (&["--zmq", "pair"], "127.0.0.1:", &["--zmq", "pair"]),
        #[cfg(feature = "zmq")]
        (&["--zmq", "dealer"], "127.0.0.1:", &["--zmq", "dealer"]),
    ];
    for (listens, address, sends) in table {
        let mut child = listening(&sandbox, &[listens, &["--count", "2"][..]].concat());
        let id = format!("{address}{}", child.port());
        let line = ["send-tuple", &id, "--input", "tsv"];
        sandbox.netverb(line.iter().chain(*sends)).feed(b"1\t2.0\n\n").exits(0);
        assert_eq!(tuples(&child.wait()), ["[1,2.0]", "[]"], "{listens:?}");
    }
}

#[cfg(feature = "zmq")]
#[test]
fn b60_all_peers_of_a_zeromq_socket_are_heard() {
    let sandbox = Sandbox::new();
    let mut child = listening(&sandbox, &["--zmq", "pull", "--count", "2"]);
    let id = format!("127.0.0.1:{}", child.port());
    for value in ["1", "2"] {
        sandbox.netverb(["send-tuple", &id, "--zmq", "push", value]).run().exits(0);
    }
    let ended = child.wait();
    let mut heard = tuples(&ended);
    heard.sort();
    assert_eq!(heard, ["[1]", "[2]"]);
    let told = |kind: &str| {
        let events = ended.events().into_iter().filter(|event| event["event"] == kind);
        events.map(|event| event["id"].to_string()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(told("closed"), told("accepted"));
}

#[cfg(feature = "zmq")]
#[test]
fn b63_tuples_are_encrypted_with_curve() {
    let sandbox = Sandbox::new();
    for name in ["server", "other"] {
        sandbox.netverb(["zmq-keygen", name]).run().exits(0);
    }
    let mut child = listening(&sandbox, &["--zmq", "pull", "--count", "2", "--curve-key", "server.key_secret"]);
    let id = format!("127.0.0.1:{}", child.port());
    for (keys, fit) in [
        (&["--curve-server-key", "server.key"][..], true),
        (&["--curve-server-key", "other.key"], false),
        (&[], false),
        (&["--curve-server-key", "server.key", "--curve-key", "other.key_secret"], true),
    ] {
        let push = ["send-tuple", &id, "--zmq", "push", "-w", if fit { "1m" } else { "1" }, "7"];
        let ended = sandbox.netverb([&push, keys].concat()).run();
        assert_eq!(ended.status == crate::support::Status::Exited(0), fit, "{keys:?}: {}", ended.stderr);
    }
    assert_eq!(tuples(&child.wait()), ["[7]", "[7]"]);
    // The other way round: who publishes has the key, and who hears it connects.
    let mut publisher = sandbox
        .netverb(["accept", "--json", "--zmq", "push", "127.0.0.1:0", "--curve-key", "server.key_secret"])
        .spawn();
    let id = format!("127.0.0.1:{}", publisher.port());
    publisher.feed(b"[1,\"x\"]\n".to_vec());
    let pull = ["recv-tuple", &id, "--encoding", "json", "--tsv", "--zmq", "pull", "--curve-server-key", "server.key"];
    assert_eq!(sandbox.netverb(pull).run().exits(0).stdout, b"1\tx\n");
    sandbox.netverb(["send-tuple", &id, "--curve-key", "server.key_secret", "1"]).run().failed(2, &["--zmq"]);
}

#[cfg(feature = "ws")]
#[test]
fn b65_a_websocket_is_closed_in_order_when_enough_has_come() {
    let sandbox = Sandbox::new();
    let mut server = sandbox.netverb(["accept", "--json", "--ws", "127.0.0.1:0"]).spawn();
    let id = format!("ws://127.0.0.1:{}", server.port());
    let mut child = sandbox.netverb(["recv-tuple", "--json", "--encoding", "json", &id]).spawn();
    server.send(b"[1]\n[2]\n");
    assert_eq!(tuples(&child.wait()), ["[1]"]);
    assert_eq!(server.wait_event("closed")["code"], 1000);
}

#[cfg(feature = "ws")]
#[test]
fn b60_a_client_that_speaks_nonsense_holds_up_nobody() {
    let sandbox = Sandbox::new();
    let mut child = listening(&sandbox, &["--ws"]);
    let port = child.port();
    let mut stranger = Peer::connect(port);
    stranger.send(b"hello\r\n\r\n");
    child.wait_event("error");
    sandbox.netverb(["send-tuple", &format!("ws://127.0.0.1:{port}"), "x"]).run().exits(0);
    assert_eq!(tuples(&child.wait()), ["[\"x\"]"]);
}

#[test]
fn b60_nobody_comes_in_time() {
    let sandbox = Sandbox::new();
    let ended = listening(&sandbox, &["-w", "0.1"]).wait();
    let events = ended.exits(28).events();
    assert_eq!(events.last().unwrap()["reason"], "timed out: no client came in time");
}

#[test]
fn b26_whom_the_rules_deny_sends_no_tuple() {
    let sandbox = Sandbox::new();
    let mut child = listening(&sandbox, &["--deny", "127.0.0.2", "--count", "1"]);
    let port = child.port();
    let tuple = b"\x81\x07";
    let refused = sandbox.netverb(["send-tuple", "-s", "127.0.0.2", &format!("127.0.0.1:{port}"), "1"]).run();
    assert_eq!(child.wait_event("rejected")["rule"], "deny 127.0.0.2", "{}", refused.stderr);
    let mut peer = Peer::connect(port);
    peer.send(tuple);
    assert_eq!(tuples(&child.wait()), ["[7]"]);

    let line = ["recv-tuple", "--json", "--listen", "udp://127.0.0.1:0", "--allow", "127.0.0.3"];
    let mut child = sandbox.netverb(line).spawn();
    let target = ("127.0.0.1", child.port());
    UdpSocket::bind("127.0.0.2:0").unwrap().send_to(b"\x81\x01", target).unwrap();
    child.wait_event("rejected");
    UdpSocket::bind("127.0.0.3:0").unwrap().send_to(tuple, target).unwrap();
    assert_eq!(tuples(&child.wait()), ["[7]"]);
}

#[test]
fn b26_the_switch_in_the_environment_is_above_all() {
    let sandbox = Sandbox::new();
    let line = ["recv-tuple", "--json", "--listen", "127.0.0.1:0", "--allow", "all"];
    let child = sandbox.netverb(line).env("NETVERB_ACCEPT", "off").spawn();
    // Who is reset before connect(2) has returned hears of it there.
    let _peer = Peer::connect_tcp(&format!("127.0.0.1:{}", child.port()));
    child.wait_event("rejected");
    assert!(child.is_running());
}

#[test]
fn b66_the_end_of_a_connection_says_what_was_wrong_with_it() {
    let sandbox = Sandbox::new();
    let mut child = listening(&sandbox, &[]);
    let mut peer = Peer::connect(child.port());
    peer.send(b"\x82\x01");
    peer.end();
    let ended = child.wait();
    ended.exits(56);
    let closed = ended.events().into_iter().find(|event| event["event"] == "closed").unwrap();
    assert_eq!(closed["reason"], "the data ended inside a tuple, 2 bytes after its beginning");
}

#[test]
fn b04_words_that_clash_open_nothing() {
    let sandbox = Sandbox::new();
    for (line, words) in [
        (&["127.0.0.1:1", "--deny", "all"][..], "--deny says who may connect; add --listen AT"),
        (&["127.0.0.1:1", "--peek"], "--peek leaves a tuple in a kept socket"),
        (&["127.0.0.1:1", "--count", "0"], "type a number from 1 up, or all"),
        (&["127.0.0.1:1", "--count", "-1"], "type a number from 1 up, or all"),
        (&["--listen", "127.0.0.1:0", "--join", "239.1.1.1"], "--join needs datagrams"),
        #[cfg(feature = "ws")]
        (&["127.0.0.1:1", "--ws"], "--ws is for the side that accepts; add --listen AT"),
        #[cfg(feature = "ws")]
        (&["--listen", "udp://127.0.0.1:0", "--ws"], "--ws needs stream sockets"),
        #[cfg(feature = "ws")]
        (&["--listen", "seqpacket:x", "--ws"], "--ws needs stream sockets"),
        #[cfg(feature = "tls")]
        (&["127.0.0.1:1", "--self-signed"], "--self-signed is for the side that accepts"),
        #[cfg(feature = "tls")]
        (&["--listen", "127.0.0.1:0", "--secure"], "a TLS server needs a certificate"),
        #[cfg(feature = "tls")]
        (&["--listen", "127.0.0.1:0", "--self-signed"], "add --secure"),
        #[cfg(feature = "tls")]
        (&["--listen", "udp://127.0.0.1:0", "--secure", "--self-signed"], "TLS needs streams"),
        #[cfg(feature = "zmq")]
        (&["--listen", "udp://127.0.0.1:0", "--zmq", "pull"], "plain streams"),
        #[cfg(feature = "zmq")]
        (&["--listen", "127.0.0.1:0", "--zmq", "push"], "pull, sub, pair, dealer"),
        #[cfg(feature = "zmq")]
        (&["--listen", "ipc:///x"], "add --zmq TYPE"),
    ] {
        sandbox.netverb(["recv-tuple"].iter().chain(line)).run().failed(2, &[words]);
    }
}
