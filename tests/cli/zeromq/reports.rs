//! What is told of peers: who they are, what passed, and what is wrong with them, once.

use std::io::Read;

use super::super::support::{Listener, Peer};
use super::*;

/// The next line of stdout, a record.
fn record(child: &mut Child) -> serde_json::Value {
    let line: Vec<u8> =
        std::iter::from_fn(|| Some(child.read_stdout(1)[0])).take_while(|byte| *byte != b'\n').collect();
    serde_json::from_slice(&line).unwrap()
}

#[test]
fn b63_a_peer_that_comes_again_and_again_is_told_of_once() {
    let sandbox = Sandbox::new();
    let (mut pair, id) = accept(&sandbox, &["--zmq", "pair"]);
    for count in 1..=3 {
        let mut peer = TcpStream::connect(&id).unwrap();
        peer.write_all(&introduction()).unwrap();
        let closed = pair.wait_events("closed", count);
        assert!(closed[count - 1]["reason"].as_str().unwrap().contains("cannot talk to a PUSH socket"));
    }
    // Something else is another matter.
    let mut peer = TcpStream::connect(&id).unwrap();
    peer.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    pair.wait_events("closed", 4);
    pair.signal(Signal::TERM);
    let events = pair.wait().events();
    let errors: Vec<_> = events.iter().filter(|event| event["event"] == "error").collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
}

#[test]
fn b63_what_is_told_of_a_peer_says_which_it_is() {
    let sandbox = Sandbox::new();
    let (mut publisher, id) = accept(&sandbox, &["--zmq", "xpub"]);
    let _subscriber = sandbox.netverb(["open", &id, "--zmq", "sub", "--subscribe", "a"]).spawn();
    let subscribed = record(&mut publisher);
    let peer = publisher.wait_event("accepted")["peer"].clone();
    assert_eq!((&subscribed["from"], &subscribed["text"]), (&peer, &"\u{1}a".into()));
    let (mut plain, id) = accept(&sandbox, &["--zmq", "stream"]);
    let client = TcpStream::connect(&id).unwrap();
    let address = client.local_addr().unwrap().to_string();
    assert_eq!(record(&mut plain)["from"], address.as_str());
    drop(client);
    assert_eq!(record(&mut plain)["from"], address.as_str());
}

#[test]
fn b66_the_name_of_a_routers_peer_is_none_of_what_passed() {
    let sandbox = Sandbox::new();
    let (mut router, id) = accept(&sandbox, &["--zmq", "router", "--once"]);
    let mut dealer =
        sandbox.netverb(["open", &id, "--zmq", "dealer", "--identity", "somebody", "--count", "1"]).spawn();
    dealer.send(b"question\n");
    router.wait_event("data");
    router.send(b"somebody\nanswer\n\n");
    assert_eq!(dealer.wait().exits(0).stdout, b"answer\n");
    let ended = router.wait();
    let events = ended.exits(0).events();
    for name in ["closed", "summary"] {
        let event = events.iter().find(|event| event["event"] == name).unwrap();
        assert_eq!((event["bytes_in"].as_u64(), event["bytes_out"].as_u64()), (Some(8), Some(6)), "{event}");
    }
}

#[test]
fn b66_what_never_stood_is_not_closed() {
    let sandbox = Sandbox::new();
    let nobody = Listener::closed().id();
    let sent = sandbox.netverb(["open", &nobody, "--json", "--zmq", "push", "--linger", "0"]).feed(b"lost\n");
    let heard = sandbox.netverb(["recv-tuple", &nobody, "--json", "--zmq", "pull", "-w", "0.1"]).feed(b"");
    for run in [sent, heard] {
        let events = run.exits(28).events();
        assert!(events.iter().all(|event| event["event"] != "connected" && event["event"] != "closed"), "{events:?}");
        assert_eq!(events.last().unwrap()["event"], "summary");
    }
}

#[test]
fn b63_a_peer_that_does_not_fit_is_an_error_with_nothing_to_send_too() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let peer = listener.serve(|mut peer: Peer| {
        // Its greeting has come, and nothing else will come: it waits for ours.
        peer.read(64);
        peer.send(&introduction());
        let _ = peer.socket().read(&mut [0; 1 << 10]);
    });
    let sent = sandbox.netverb(["open", &id, "--zmq", "pub"]).feed(b"");
    sent.failed(56, &["PUB", "PUSH"]);
    peer.join().unwrap();
    // Nobody says who it is: that is not waited for long.
    let silent = Listener::tcp();
    sandbox.netverb(["open", &silent.id(), "--zmq", "pub", "--linger", "0.1"]).feed(b"").exits(0);
}
