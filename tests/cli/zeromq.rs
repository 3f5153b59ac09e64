//! ZeroMQ against libzmq, which `zeromq/peers.py` drives, and against peers of no good will.

mod reports;

use std::io::Write;
use std::net::TcpStream;

use super::kept::Kept;
use super::support::{Child, Finished, Sandbox, Signal, wait_until};

/// What is done with libzmq.
const PEERS: &str = include_str!("zeromq/peers.py");

fn with_libzmq(test: &str) {
    Sandbox::new().python(PEERS, [test]).run().exits(0);
}

#[test]
fn b63_every_legal_pair_talks_to_libzmq_when_bound() {
    with_libzmq("bound");
}

#[test]
fn b63_every_legal_pair_talks_to_libzmq_when_connected() {
    with_libzmq("connected");
}

#[test]
fn b63_an_illegal_pair_is_an_error_that_names_both() {
    with_libzmq("illegal");
}

#[test]
fn b63_stream_talks_to_plain_peers() {
    with_libzmq("stream");
}

#[test]
fn b63_unix_sockets_carry_it_too() {
    with_libzmq("local");
}

#[test]
fn b63_curve_with_keys_of_either_side() {
    with_libzmq("curve");
}

#[test]
fn b64_what_was_sent_is_delivered_before_the_exit() {
    with_libzmq("linger");
}

#[test]
fn b64_a_peer_that_comes_back_gets_the_rest() {
    with_libzmq("again");
}

fn accept(sandbox: &Sandbox, words: &[&str]) -> (Child, String) {
    let child = sandbox.netverb([&["accept", "--json", "127.0.0.1:0"], words].concat()).spawn();
    let id = format!("127.0.0.1:{}", child.port());
    (child, id)
}

#[track_caller]
fn prints(run: &Finished, output: &str) {
    assert_eq!(String::from_utf8_lossy(&run.exits(0).stdout), output);
}

#[test]
fn b64_connecting_before_binding_works() {
    let sandbox = Sandbox::new();
    let at = format!("ipc://{}", sandbox.path("later").display());
    let mut early = sandbox.netverb(["open", &at, "--zmq", "push", "-v"]).spawn();
    early.send(b"one\ntwo\n");
    early.end_input();
    early.wait_stderr("trying again");
    prints(&sandbox.netverb(["accept", &at, "--zmq", "pull", "--count", "2"]).run(), "one\ntwo\n");
    early.wait().exits(0);
}

#[test]
fn b64_what_cannot_be_delivered_in_time_is_reported() {
    let sandbox = Sandbox::new();
    for way in ["open", "accept"] {
        let at = format!("ipc://{}", sandbox.path(way).display());
        let sent = sandbox.netverb([way, &at, "--zmq", "push", "--linger", "0.2"]).feed(b"one\ntwo\n");
        sent.failed(28, &["2 messages were not delivered", "linger"]);
        // Nobody subscribed: nobody got it.
        let sent = sandbox.netverb([way, &at, "--zmq", "pub", "--linger", "0.2"]).feed(b"one\n");
        sent.failed(28, &["1 message was not delivered"]);
        sandbox.netverb([way, &at, "--zmq", "push", "--linger", "0"]).feed(b"").exits(0);
        // The limit of all waits is one for this one too.
        sandbox.netverb([way, &at, "--zmq", "push", "-w", "0.2"]).feed(b"one\n").failed(28, &["1 message was"]);
    }
}

#[test]
fn b64_what_came_before_a_cut_message_is_delivered() {
    let sandbox = Sandbox::new();
    let at = format!("ipc://{}", sandbox.path("cut").display());
    let mut puller = sandbox.netverb(["accept", &at, "--zmq", "pull", "--once"]).spawn();
    let cut = b"\0\0\0\x01a\0\0\0\x02bc\0\0\0\x05xy";
    let pushed = sandbox.netverb(["open", &at, "--zmq", "push", "--split", "length"]).feed(cut);
    pushed.failed(55, &["cannot read the input", "2 of 5 bytes"]);
    prints(&puller.wait(), "a\nbc\n");
}

#[cfg(feature = "tuples")]
#[test]
fn b60_tuples_are_messages() {
    let sandbox = Sandbox::new();
    let (mut pusher, id) = accept(&sandbox, &["--zmq", "push"]);
    pusher.send(b"[1,2.0,\"x\"]\n[]\n");
    let receive = ["recv-tuple", &id, "--zmq", "pull", "--encoding", "json", "--count", "2", "--json"];
    let received = sandbox.netverb(receive).run();
    let tuples: Vec<&str> = str::from_utf8(&received.exits(0).stdout).unwrap().lines().collect();
    assert!(
        tuples[0].starts_with("{\"tuple\":[1,2.0,\"x\"],") && tuples[1].starts_with("{\"tuple\":[],"),
        "{tuples:?}"
    );
    let (mut puller, id) = accept(&sandbox, &["--zmq", "pull", "--count", "1"]);
    sandbox.netverb(["send-tuple", &id, "--zmq", "push", "--encoding", "json", "1", "2.0", "x"]).run().exits(0);
    let sent: serde_json::Value = serde_json::from_slice(&puller.wait().stdout).unwrap();
    assert_eq!(sent["text"], "[1,2.0,\"x\"]\n");
    // Nobody is there.
    let nobody = format!("ipc://{}", sandbox.path("nobody").display());
    let lost = sandbox.netverb(["send-tuple", &nobody, "--zmq", "push", "-w", "0.2", "1"]).run();
    lost.failed(28, &["1 message was not delivered"]);
    for wrong in [
        &["send-tuple", &id, "--zmq", "rep", "1"][..],
        &["send-tuple", "kept", "--zmq", "push", "1"],
        &["recv-tuple", &id, "--zmq", "push"],
    ] {
        sandbox.netverb(wrong).run().failed(2, &["--zmq"]);
    }
}

#[test]
fn what_has_no_stream_is_no_address_of_zeromq() {
    let sandbox = Sandbox::new();
    for address in ["udp://127.0.0.1:1", "seqpacket:x", "ws://127.0.0.1:1/"] {
        for words in [
            &["open", address, "--zmq", "push"][..],
            #[cfg(feature = "tuples")]
            &["send-tuple", address, "--zmq", "push", "1"],
            #[cfg(feature = "tuples")]
            &["recv-tuple", address, "--zmq", "pull"],
            &["accept", "127.0.0.1:0", "--to", address, "--to-zmq", "push"],
        ] {
            sandbox.netverb(words).run().failed(2, &["ZeroMQ sockets talk over streams"]);
        }
    }
}

#[test]
fn b64_a_kept_router_reports_a_message_to_nobody() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/router", "--zmq", "router"]);
    let id = format!("localhost:{}/dealer", port.trim());
    kept.says(&["open", &id, "--zmq", "dealer", "--identity", "known"]);
    kept.says(&["write", "dealer", "hello"]);
    assert_eq!(kept.says(&["read", "router", "--parts"]), "known\nhello\n\n");
    kept.0.netverb(["write", "router", "--parts"]).feed(b"nobody\nlost\n\n").failed(55, &["lost", "no peer"]);
    kept.0.netverb(["write", "router", "--parts"]).feed(b"known\nfound\n\n").exits(0);
    assert_eq!(kept.says(&["read", "dealer"]), "found\n");
}

#[test]
fn clients_of_other_transports_are_forwarded_to_zeromq() {
    let sandbox = Sandbox::new();
    let (_replier, rep) = accept(&sandbox, &["--zmq", "rep", "--echo"]);
    let (_bridge, id) = accept(&sandbox, &["--to", &rep, "--to-zmq", "req"]);
    prints(&sandbox.netverb(["open", &id]).feed(b"a\nb\n"), "a\nb\n");
    let mut puller = sandbox.netverb(["accept", "127.0.0.1:0", "--zmq", "pull", "--port-file", "port"]).spawn();
    let port = wait_until("the port", || std::fs::read_to_string(sandbox.path("port")).ok());
    let pull = format!("127.0.0.1:{}", port.trim());
    let (_bridge, id) = accept(&sandbox, &["--to", &pull, "--to-zmq", "push"]);
    sandbox.netverb(["open", &id]).feed(b"c\n").exits(0);
    assert_eq!(puller.read_stdout(2), b"c\n");
    #[cfg(feature = "ws")]
    {
        let (_bridge, id) = accept(&sandbox, &["--ws", "--to", &pull, "--to-zmq", "push"]);
        sandbox.netverb(["open", &format!("ws://{id}/")]).feed(b"d\n").exits(0);
        assert_eq!(puller.read_stdout(2), b"d\n");
    }
    for wrong in [&["--to", &pull, "--to-zmq", "rep"][..], &["--to-zmq", "push"]] {
        sandbox.netverb([&["accept", "0"], wrong].concat()).run().failed(2, &["--to"]);
    }
}

#[test]
fn b64_a_publisher_waits_for_the_first_subscriber() {
    let sandbox = Sandbox::new();
    let (mut publisher, id) = accept(&sandbox, &["--zmq", "pub"]);
    publisher.send(b"a1\nb1\na2\n");
    publisher.end_input();
    let heard = sandbox.netverb(["open", &id, "--zmq", "sub", "--subscribe", "a", "--count", "2"]).run();
    prints(&heard, "a1\na2\n");
    publisher.wait().exits(0);
}

#[test]
fn b63_many_messages_of_all_lengths_come_whole_and_in_order() {
    let sandbox = Sandbox::new();
    let lines: Vec<String> = (0..30_000).map(|number| format!("{number}:{}", "x".repeat(number % 300))).collect();
    let lines: Vec<&str> = lines.iter().flat_map(|line| [line.as_str(), ""]).collect();
    let sent: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    for wanted in [lines.len(), 12_345] {
        let at = format!("ipc://{}", sandbox.path(&wanted.to_string()).display());
        let mut puller = sandbox.netverb(["accept", &at, "--zmq", "pull", "--count", &wanted.to_string()]).spawn();
        let mut pusher = sandbox.netverb(["open", "--json", &at, "--zmq", "push"]).spawn();
        pusher.feed(sent.clone().into_bytes());
        let heard = puller.wait();
        let expected: String = lines.iter().take(wanted).flat_map(|line| [line, "\n"]).collect();
        assert!(heard.exits(0).stdout == expected.as_bytes(), "{wanted} messages: something else came");
        if wanted == lines.len() {
            let summary = pusher.wait().exits(0).events().pop().unwrap();
            assert_eq!(summary["messages_out"], wanted, "{summary}");
        }
    }
}

#[test]
fn b63_a_publisher_drops_nothing_for_a_subscriber_that_has_room() {
    let sandbox = Sandbox::new();
    let (mut publisher, id) = accept(&sandbox, &["--zmq", "pub", "--hwm", "1"]);
    let news: String = (0..500).map(|number| format!("{number}\n")).collect();
    publisher.send(news.as_bytes());
    publisher.end_input();
    prints(&sandbox.netverb(["open", &id, "--zmq", "sub", "--count", "500"]).run(), &news);
    publisher.wait().exits(0);
}

#[test]
fn b63_a_request_from_the_shell_prints_its_reply_and_ends() {
    let sandbox = Sandbox::new();
    for (words, reply) in [
        (&["--zmq", "rep", "--echo"][..], "hi\nho\n"),
        (&["--zmq", "rep", "--respond", "yes"], "yes\nyes\n"),
        (&["--zmq", "rep", "-c", "tr a-z A-Z"], "HI\nHO\n"),
        (&["--zmq", "router", "--echo"], "hi\nho\n"),
        (&["--zmq", "router", "--respond", "yes"], "yes\nyes\n"),
        (&["--zmq", "router", "-c", "tr a-z A-Z"], "HI\nHO\n"),
    ] {
        let (_served, id) = accept(&sandbox, words);
        for _ in 0..2 {
            prints(&sandbox.netverb(["open", &id, "--zmq", "req"]).feed(b"hi\nho\n"), reply);
        }
    }
}

#[test]
fn b63_the_wrong_direction_is_a_usage_error() {
    let sandbox = Sandbox::new();
    for (words, said) in [
        (&["open", "x:1", "--zmq", "sub", "--send-only"][..], "SUB socket only receives"),
        (&["open", "x:1", "--zmq", "push", "--recv-only"], "PUSH socket only sends"),
        (&["accept", "1", "--zmq", "pull", "--echo"], "PULL socket does not"),
        (&["accept", "1", "--zmq", "pub", "-c", "cat"], "PUB socket does not"),
        (&["open", "x:1", "--zmq", "push", "--subscribe", "a"], "PUSH socket does not subscribe"),
        (&["open", "udp://x:1", "--zmq", "push"], "over streams"),
        (&["open", "ipc:///x"], "--zmq TYPE"),
        (&["accept", "ipc:///x"], "--zmq TYPE"),
        (&["accept", "1", "--zmq", "rep", "--broker"], "--broker"),
        (&["accept", "1", "--zmq", "rep", "--discard"], "--discard"),
        #[cfg(feature = "http")]
        (&["accept", "1", "--zmq", "rep", "--http-respond", "200"], "--http"),
        (&["open", "x:1", "--zmq", "queue"], "not a ZeroMQ socket type"),
        (&["open", "x:1", "--identity", "me"], "--zmq"),
        (&["open", "x:1", "--zmq", "push", "--count", "1"], "a PUSH socket only sends"),
        (&["accept", "1", "--zmq", "pub", "--count", "1"], "a PUB socket only sends"),
        (&["open", "x:1", "--zmq", "req", "--send", "hi"], "need a stream of bytes"),
        (&["open", "x:1", "--zmq", "xpub", "--subscribe", "a"], "an XPUB socket does not subscribe"),
        (&["accept", "1", "--zmq", "pull", "--to", "x:1", "--to-zmq", "sub"], "a PULL socket and a SUB socket"),
        (&["accept", "1", "--zmq", "pub", "--to", "x:1", "--to-zmq", "push"], "a PUB socket and a PUSH socket"),
        (&["accept", "1", "--zmq", "rep", "--expect", "hi"], "steps cannot be used"),
    ] {
        sandbox.netverb(words).run().failed(2, &[said]);
    }
    // A receiver does not touch its stdin.
    let (mut puller, id) = accept(&sandbox, &["--zmq", "pull", "--count", "1"]);
    puller.send(b"ignored\n");
    sandbox.netverb(["open", &id, "--zmq", "push"]).feed(b"heard\n").exits(0);
    let record = String::from_utf8(puller.wait().exits(0).stdout.clone()).unwrap();
    assert!(
        record.contains("\"length\":5,\"truncated\":false,\"parts\":[{\"text\":\"heard\"}],\"text\":\"heard\""),
        "{record}"
    );
}

#[test]
fn b63_a_kept_socket_that_goes_one_way_says_so_at_once() {
    let kept = Kept::new();
    for (kind, no_wait) in [("push", false), ("pub", false), ("push", true)] {
        match no_wait {
            true => kept.says(&["open", "127.0.0.1:1/s", "--zmq", kind, "--no-wait"]),
            false => kept.says(&["accept", "0/s", "--zmq", kind]),
        };
        let only = format!("a {} socket only sends", kind.to_uppercase());
        for words in [
            &["read", "s"][..],
            &["ask", "s", "hi"],
            &["expect", "s", "hi"],
            &["wait", "s"],
            #[cfg(feature = "tuples")]
            &["recv-tuple", "s"],
        ] {
            kept.run(words).failed(2, &[&only]);
        }
        // A question that nothing can answer is not asked.
        assert_eq!(kept.status("s").unwrap()["messages_out"], 0);
        kept.says(&["close", "s"]);
    }
    for (kind, no_wait) in [("pull", false), ("sub", false), ("sub", true)] {
        match no_wait {
            true => kept.says(&["open", "127.0.0.1:1/s", "--zmq", kind, "--no-wait"]),
            false => kept.says(&["accept", "0/s", "--zmq", kind]),
        };
        let only = format!("a {} socket only receives", kind.to_uppercase());
        for words in [
            &["write", "s", "hi"][..],
            &["ask", "s", "hi"],
            #[cfg(feature = "tuples")]
            &["send-tuple", "s", "1"],
        ] {
            kept.run(words).failed(2, &[&only]);
        }
        kept.says(&["close", "s"]);
    }
}

#[test]
fn b63_kept_sockets_that_alternate_hear_without_being_read() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/rep", "--zmq", "rep"]);
    kept.says(&["open", &format!("127.0.0.1:{}/req", port.trim()), "--zmq", "req"]);
    for turn in ["1", "2", "3"] {
        for (writer, reader) in [("req", "rep"), ("rep", "req")] {
            kept.says(&["write", writer, turn]);
            kept.wait_status(reader, "the message", |status| status["unread"] == 1);
            assert_eq!(kept.says(&["read", reader]), format!("{turn}\n"));
        }
    }
    kept.says(&["close", "rep", "req"]);
}

#[test]
fn b64_a_kept_socket_says_what_it_waits_for_and_what_it_did_not_deliver() {
    let kept = Kept::new();
    kept.says(&["accept", "0/rep", "--zmq", "rep"]);
    kept.run(&["write", "rep", "-w", "0.1", "x"]).failed(28, &["a REP socket answers requests"]);
    let port = kept.says(&["accept", "0/router", "--zmq", "router"]);
    kept.says(&["open", &format!("127.0.0.1:{}/req", port.trim()), "--zmq", "req"]);
    kept.says(&["write", "req", "x"]);
    kept.says(&["read", "router"]);
    kept.run(&["write", "req", "-w", "0.1", "y"]).failed(28, &["a REQ socket waits for the reply"]);
    kept.says(&["accept", "0/push", "--zmq", "push", "--hwm", "1", "--linger", "0.1"]);
    kept.says(&["write", "push", "x"]);
    kept.run(&["write", "push", "-w", "0.1", "y"]).failed(28, &["the peers of 127.0.0.1:", "took no more messages"]);
    kept.run(&["close", "push"]).failed(28, &["1 message was not delivered"]);
    assert!(kept.status("push").is_none());
}

#[test]
fn b64_the_end_of_the_input_ends_a_socket_that_nobody_comes_to() {
    let sandbox = Sandbox::new();
    for kind in ["router", "dealer", "pair", "xpub", "stream"] {
        sandbox.netverb(["accept", "127.0.0.1:0", "--zmq", kind, "-q", "0.1"]).feed(b"").exits(0);
    }
    let sent = sandbox.netverb(["accept", "127.0.0.1:0", "--zmq", "router", "-q", "0.1"]).feed(b"a\nb\n\n");
    assert!(sent.exits(28).stderr.contains("1 message was not delivered within the time of -q"), "{}", sent.stderr);
    // Somebody is there, and does not answer.
    let (_deaf, id) = accept(&sandbox, &["--zmq", "router"]);
    prints(&sandbox.netverb(["open", &id, "--zmq", "req", "-q", "0.1"]).feed(b"well?\n"), "");
}

#[test]
fn clients_are_forwarded_to_encrypted_sockets() {
    let sandbox = Sandbox::new();
    for name in ["server", "client"] {
        sandbox.netverb(["zmq-keygen", name]).run().exits(0);
    }
    let (puller, pull) = accept(&sandbox, &["--zmq", "pull", "--curve-key", "server.key_secret"]);
    let to = ["--to", &pull, "--to-zmq", "push"];
    let mut heard = 0;
    for (keys, status) in [
        (&["--curve-server-key", "server.key"][..], 0),
        (&["--curve-server-key", "server.key", "--curve-key", "client.key_secret"], 0),
        (&["--linger", "0.1", "--curve-server-key", "client.key"], 55),
        // A socket that listens with a key of its own, in between.
        (&["--zmq", "pull", "--curve-key", "client.key_secret", "--curve-server-key", "server.key"], 0),
    ] {
        let (mut bridge, id) = accept(&sandbox, &[&["--once"], &to[..], keys].concat());
        let through: &[&str] =
            if keys.contains(&"--zmq") { &["--zmq", "push", "--curve-server-key", "client.key"] } else { &[] };
        let mut client = sandbox.netverb([&["open", &id], through].concat()).spawn();
        client.feed(b"secret\n".to_vec());
        if status == 0 {
            heard += 1;
            puller.wait_for_events("a message", heard, |event| event["event"] == "data");
        }
        client.wait();
        bridge.wait().exits(status);
    }
}

#[test]
fn what_is_published_is_forwarded_to_clients() {
    let sandbox = Sandbox::new();
    let (mut publisher, id) = accept(&sandbox, &["--zmq", "xpub"]);
    let (_bridge, at) = accept(&sandbox, &["--to", &id, "--to-zmq", "sub", "--subscribe", "a"]);
    let mut client = sandbox.netverb(["open", &at]).spawn();
    // Its end of data says that it has nothing to say, which is true.
    client.end_input();
    publisher.read_stdout(1);
    publisher.send(b"b1\na1\n");
    assert_eq!(client.read_stdout(3), b"a1\n");
    let (mut bridge, at) = accept(&sandbox, &["--once", "--to", &id, "--to-zmq", "sub"]);
    sandbox.netverb(["open", &at]).feed(b"hello\n").exits(56);
    assert!(bridge.wait().exits(55).stderr.contains("a SUB socket only receives"));
    #[cfg(feature = "ws")]
    {
        let (mut publisher, id) = accept(&sandbox, &["--zmq", "xpub"]);
        let (mut bridge, at) = accept(&sandbox, &["--once", "--ws", "--to", &id, "--to-zmq", "sub"]);
        let mut browser = sandbox.netverb(["open", &format!("ws://{at}/"), "--count", "1"]).spawn();
        // It has been told of the subscription.
        publisher.read_stdout(1);
        publisher.send(b"c1\n");
        browser.wait().exits(0);
        bridge.wait().exits(0);
    }
}

#[test]
fn b64_a_message_for_a_peer_that_is_not_there_is_reported() {
    let sandbox = Sandbox::new();
    let (_served, id) = accept(&sandbox, &["--zmq", "dealer"]);
    let sent = sandbox.netverb(["open", &id, "--zmq", "router", "-q", "0.1"]).feed(b"nobody\nhello\n\n");
    assert!(sent.exits(55).stderr.contains("no peer is named \"nobody\""), "{}", sent.stderr);
}

#[test]
fn b63_kept_sockets_hold_messages_and_their_parts() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/router", "--zmq", "router"]);
    kept.says(&["open", &format!("127.0.0.1:{}/asking", port.trim()), "--zmq", "req", "--identity", "me"]);
    kept.says(&["write", "asking", "--parts", "one", "", "two"]);
    assert_eq!(kept.says(&["read", "router", "--parts"]), "me\n\\\none\n\\\ntwo\n\n");
    kept.0.netverb(["write", "router", "--parts"]).feed(b"me\n\\\nyes\n\n").exits(0);
    assert_eq!(kept.says(&["read", "asking"]), "yes\n");
    kept.says(&["write", "asking", "again"]);
    let record = kept.says(&["read", "router", "--json"]);
    assert!(record.contains("\"parts\":[{\"text\":\"me\"},{\"text\":\"\"},{\"text\":\"again\"}]"), "{record}");
    kept.says(&["close", "asking", "router"]);
}

/// The end of a ZMTP 3.1 greeting with NULL, and the READY of a PUSH socket.
fn introduction() -> Vec<u8> {
    let mut greeting = vec![0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1];
    greeting.extend_from_slice(b"NULL");
    greeting.resize(64, 0);
    greeting.extend_from_slice(b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04PUSH");
    greeting
}

#[test]
fn b69_hostile_peers_are_reported_and_survived() {
    let sandbox = Sandbox::new();
    let (mut puller, id) = accept(&sandbox, &["--zmq", "pull", "--count", "2"]);
    let begun = introduction();
    let after = |what: &[u8]| [&begun, what].concat();
    // Each is turned away for what it says; who says nothing yet is kept waiting.
    let mut held = vec![TcpStream::connect(&id).unwrap()];
    for (count, hostile) in [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        [&begun[..10], b"\x01\x00NULL"].concat(),
        [&begun[..12], &[0xff; 52]].concat(),
        [&begun[..64], b"\x06\xff\xff\xff\xff\xff\xff\xff\xff"].concat(),
        [&begun[..64], b"\x00\x05hello"].concat(),
        [&begun[..64], b"\x04\x05\x05READY"].concat(),
        after(b"\x02\xff\xff\xff\xff\xff\xff\xff\xff"),
        after(b"\x08\x00"),
        after(b"\x04\x00"),
        after(b"\x04\x05\x04PING"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut peer = TcpStream::connect(&id).unwrap();
        peer.write_all(&hostile).unwrap();
        // Those that are turned away at the door for the same reason are told of once.
        let closed = puller.wait_events("closed", count + 1);
        let reason = closed[count]["reason"].as_str().unwrap();
        assert!(reason.contains("ZMTP") || reason.contains("handshake") || reason.contains("limit"), "{reason}");
        held.push(peer);
    }
    // A message without end, and pings that want answers nobody reads.
    let mut endless = TcpStream::connect(&id).unwrap();
    endless.write_all(&begun).unwrap();
    let parts = [b"\x01\xff".to_vec(), vec![0; 255]].concat().repeat(1 << 10);
    while endless.write_all(&parts).is_ok() {}
    let mut pinging = TcpStream::connect(&id).unwrap();
    pinging.write_all(&after(&b"\x04\x07\x04PING\0\0".repeat(1 << 16))).unwrap();
    sandbox.netverb(["open", &id, "--zmq", "push"]).feed(b"still there\n").exits(0);
    puller.read_stdout(1);
    let memory = puller.facts().peak_memory();
    assert!(memory < 200 << 20, "{memory}");
    sandbox.netverb(["open", &id, "--zmq", "push"]).feed(b"and still\n").exits(0);
    puller.wait().exits(0);
    drop(held);
}

#[test]
fn b24_the_path_of_a_bound_socket_is_removed() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("bound");
    let at = format!("ipc://{}", path.display());
    let mut puller = sandbox.netverb(["accept", &at, "--zmq", "pull", "--json"]).spawn();
    puller.wait_event("listening");
    assert!(path.exists());
    puller.signal(Signal::TERM);
    puller.wait();
    wait_until("the path is removed", || (!path.exists()).then_some(()));
}

#[test]
fn b24_the_path_of_a_kept_socket_is_gone_when_it_is_closed() {
    let kept = Kept::new();
    let path = kept.0.path("bound");
    let at = format!("ipc://{}", path.display());
    for _ in 0..20 {
        kept.says(&["accept", &at, "--zmq", "pull", "--name", "puller"]);
        assert!(path.exists());
        kept.says(&["close", "puller"]);
        assert!(!path.exists());
    }
}
