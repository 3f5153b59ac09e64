//! Promise 26: who may connect.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

use crate::support::{Child, LIMIT, Peer, Sandbox, uninterrupted};

fn echo(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    sandbox.netverb(["accept", "--json", "--echo"].iter().chain(arguments)).spawn()
}

/// What a client notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notices {
    Answers,
    Reset,
    Close,
    Silence,
}

/// Connects from a local address to the same host and says something.
fn call(from: &str, port: u16) -> Notices {
    call_from(from.parse::<SocketAddr>().unwrap(), port)
}

fn call_from(from: SocketAddr, port: u16) -> Notices {
    let host = if from.is_ipv6() { "[::1]" } else { "127.0.0.1" };
    let to: SocketAddr = format!("{host}:{port}").parse().unwrap();
    let mut socket = Socket::new(Domain::for_address(to), Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&from.into()).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let reset = |error: std::io::Error| {
        assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
        Notices::Reset
    };
    if let Err(error) = socket.connect_timeout(&to.into(), LIMIT) {
        return reset(error);
    }
    if let Err(error) = socket.write_all(b"x") {
        return reset(error);
    }
    let mut answer = [0];
    match uninterrupted(|| socket.read(&mut answer)) {
        Ok(0) => Notices::Close,
        Ok(_) => Notices::Answers,
        Err(error) => reset(error),
    }
}

/// Asserts whom these rules let in, of 127.0.0.1, 127.0.0.2 and ::1.
#[track_caller]
fn lets_in(rules: &[&str], expected: [bool; 3]) {
    let sandbox = Sandbox::new();
    let child = echo(&sandbox, &[rules, &["[::]:0"]].concat());
    let port = child.port();
    for (from, allowed) in ["127.0.0.1:0", "127.0.0.2:0", "[::1]:0"].into_iter().zip(expected) {
        let expected = if allowed { Notices::Answers } else { Notices::Reset };
        assert_eq!(call(from, port), expected, "{from} under {rules:?}");
    }
}

#[test]
fn b26_allowed_are_those_that_a_rule_names() {
    lets_in(&[], [true, true, true]);
    lets_in(&["--allow", "127.0.0.1"], [true, false, false]);
    lets_in(&["--allow", "::1"], [false, false, true]);
    lets_in(&["--allow", "127.0.0.0/8"], [true, true, false]);
    lets_in(&["--allow", "127.0.0.2/31"], [false, true, false]);
    lets_in(&["--allow", "0.0.0.0/0"], [true, true, false]);
    lets_in(&["--allow", "::/0"], [false, false, true]);
    lets_in(&["--allow", "all"], [true, true, true]);
    lets_in(&["--allow", "10.0.0.1"], [false, false, false]);
    lets_in(&["--allow", "127.0.0.2", "--allow", "::1"], [false, true, true]);
}

#[test]
fn b26_a_mapped_address_is_the_v4_address() {
    lets_in(&["--allow", "::ffff:127.0.0.1"], [true, false, false]);
    lets_in(&["--deny", "::ffff:127.0.0.0/104"], [false, false, true]);
}

#[test]
fn b26_denied_are_those_that_a_rule_names_and_deny_wins() {
    lets_in(&["--deny", "127.0.0.1"], [false, true, true]);
    lets_in(&["--deny", "all"], [false, false, false]);
    lets_in(&["--deny", "::/0"], [true, true, false]);
    lets_in(&["--allow", "all", "--deny", "127.0.0.2"], [true, false, true]);
    lets_in(&["--deny", "127.0.0.2", "--allow", "127.0.0.2"], [false, false, false]);
    lets_in(&["--allow", "127.0.0.0/8", "--deny", "127.0.0.2"], [true, false, false]);
}

#[test]
fn b26_names_are_their_addresses() {
    // Whatever localhost is on this machine, of both families perhaps.
    use std::net::ToSocketAddrs;
    let localhost: Vec<SocketAddr> = ("localhost", 0).to_socket_addrs().unwrap().collect();
    let is = |address: &str| localhost.contains(&address.parse().unwrap());
    let named = [is("127.0.0.1:0"), false, is("[::1]:0")];
    lets_in(&["--allow", "localhost"], named);
    lets_in(&["--deny", "localhost"], named.map(|named| !named));
}

#[test]
fn b26_rules_with_a_port_mean_the_clients_port() {
    let sandbox = Sandbox::new();
    // A port that is nobody's at the moment, held by being bound.
    let held = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    held.set_reuse_address(true).unwrap();
    held.bind(&"127.0.0.2:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    let source = held.local_addr().unwrap().as_socket().unwrap();
    for (option, expected) in [("--allow", Notices::Answers), ("--deny", Notices::Reset)] {
        let child = echo(&sandbox, &[option, &source.to_string(), "127.0.0.1:0"]);
        let port = child.port();
        let otherwise = if option == "--allow" { Notices::Reset } else { Notices::Answers };
        assert_eq!(call("127.0.0.2:0", port), otherwise);
        assert_eq!(call_from(source, port), expected, "{option}");
    }
}

#[test]
fn b26_a_list_is_read_from_a_file() {
    let sandbox = Sandbox::new();
    let list = sandbox.write("list", "# friends\n127.0.0.1\n\n10.0.0.0/8\n::1\n");
    let list = format!("@{}", list.display());
    lets_in(&["--allow", &list], [true, false, true]);
    lets_in(&["--deny", &list], [false, true, false]);
    sandbox.write("bad", "127.0.0.1\n300.1.2.3/8\n");
    let refused = |rule: &str, words: &[&str]| {
        sandbox.netverb(["accept", "127.0.0.1:0", "--allow", rule]).run().failed(2, words);
    };
    refused("@bad", &["bad", "300.1.2.3"]);
    refused("@missing", &["missing", "no such file"]);
    refused("127.0.0.1/33", &["/33", "/32"]);
    refused("", &["malformed access rule"]);
}

#[test]
fn b26_a_switch_turns_all_away() {
    let sandbox = Sandbox::new();
    for (value, expected) in
        [("off", Notices::Reset), ("OFF", Notices::Reset), ("on", Notices::Answers), ("", Notices::Answers)]
    {
        let arguments = ["accept", "--json", "--echo", "--allow", "all", "127.0.0.1:0"];
        let child = sandbox.netverb(arguments).env("NETVERB_ACCEPT", value).spawn();
        assert_eq!(call("127.0.0.1:0", child.port()), expected, "{value:?}");
    }
    let ended = sandbox.netverb(["accept", "127.0.0.1:0"]).env("NETVERB_ACCEPT", "maybe").run();
    ended.failed(2, &["NETVERB_ACCEPT", "maybe", "off or on"]);
}

#[test]
fn b26_a_rejection_is_reported_with_its_rule() {
    let sandbox = Sandbox::new();
    let child = echo(&sandbox, &["--deny", "127.0.0.0/8", "127.0.0.1:0"]);
    let port = child.port();
    assert_eq!(call("127.0.0.2:0", port), Notices::Reset);
    let event = child.wait_event("rejected");
    assert!(event["peer"].as_str().unwrap().starts_with("127.0.0.2:"), "{event}");
    assert_eq!((&event["port"], &event["local"]), (&port.into(), &format!("127.0.0.1:{port}").into()));
    assert!(event["rule"].as_str().unwrap().contains("127.0.0.0/8"), "{event}");
}

#[test]
fn b26_what_the_rejected_notice_can_be_chosen() {
    let sandbox = Sandbox::new();
    for (how, expected) in [("rst", Notices::Reset), ("close", Notices::Close)] {
        let child = echo(&sandbox, &["--deny", "all", "--reject", how, "127.0.0.1:0"]);
        assert_eq!(call("127.0.0.1:0", child.port()), expected, "{how}");
    }
    let child = echo(&sandbox, &["--deny", "127.0.0.1", "--reject", "drop", "[::]:0"]);
    let port = child.port();
    let dropped = Peer::connect(port);
    child.wait_event("rejected");
    assert_eq!(call("[::1]:0", port), Notices::Answers);
    let mut space = [std::mem::MaybeUninit::uninit(); 1];
    let heard = dropped.socket().recv_with_flags(&mut space, libc::MSG_DONTWAIT);
    assert_eq!(heard.unwrap_err().kind(), ErrorKind::WouldBlock, "{:?}", Notices::Silence);
    sandbox
        .netverb(["accept", "127.0.0.1:0", "--reject", "politely"])
        .run()
        .failed(2, &["politely", "rst, close or drop"]);
}

#[test]
fn b26_a_denied_client_costs_no_slot() {
    let sandbox = Sandbox::new();
    let child = echo(&sandbox, &["--deny", "127.0.0.2", "-m", "1", "127.0.0.1:0"]);
    let port = child.port();
    for _ in 0..5 {
        assert_eq!(call("127.0.0.2:0", port), Notices::Reset);
        assert_eq!(call("127.0.0.1:0", port), Notices::Answers);
    }
    // Nor the only one of a one-shot listener.
    let mut child = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--deny", "127.0.0.2"]).spawn();
    let port = child.port();
    assert_eq!(call("127.0.0.2:0", port), Notices::Reset);
    Peer::connect(port).send(b"welcome");
    child.end_input();
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"welcome");
}

#[test]
fn b26_a_denied_client_never_reaches_a_program() {
    let sandbox = Sandbox::new();
    let arguments = ["accept", "--json", "-c", "echo ran >> ran; cat", "--deny", "127.0.0.2", "127.0.0.1:0"];
    let child = sandbox.netverb(arguments).spawn();
    let port = child.port();
    assert_eq!(call("127.0.0.2:0", port), Notices::Reset);
    assert_eq!(call("127.0.0.1:0", port), Notices::Answers);
    assert_eq!(std::fs::read(sandbox.path("ran")).unwrap(), b"ran\n");
    assert_eq!(child.wait_events("exec-started", 1).len(), 1);
}

#[cfg(feature = "tls")]
#[test]
fn b26_a_denied_client_never_reaches_tls() {
    let sandbox = Sandbox::new();
    let child = echo(&sandbox, &["--secure", "--self-signed", "--deny", "127.0.0.2", "127.0.0.1:0"]);
    let port = child.port();
    let target = format!("127.0.0.1:{port}");
    let open = |source: &str| sandbox.netverb(["open", "--secure", "--no-verify", &target, "-s", source]).feed(b"x");
    let denied = open("127.0.0.2");
    assert_ne!(denied.status, crate::support::Status::Exited(0));
    child.wait_event("rejected");
    let allowed = open("127.0.0.1");
    allowed.exits(0);
    assert_eq!(allowed.stdout, b"x");
    assert_eq!(child.wait_events("tls-established", 1).len(), 1);
}

#[test]
fn b26_only_all_is_about_unix_peers() {
    let sandbox = Sandbox::new();
    for (rules, allowed) in [
        (&["--allow", "0.0.0.0/0"][..], false),
        (&["--allow", "all"], true),
        (&["--deny", "::/0"], true),
        (&["--deny", "all"], false),
    ] {
        let child = echo(&sandbox, &[rules, &["unix:socket"]].concat());
        child.wait_event("ready");
        let mut peer = Peer::connect_unix(&sandbox.path("socket")).unwrap();
        if allowed {
            peer.send(b"x");
            assert_eq!(peer.read(1), b"x");
        } else {
            child.wait_event("rejected");
            assert_eq!(uninterrupted(|| peer.socket().read(&mut [0])).unwrap_or(0), 0);
        }
        drop(child);
        std::fs::remove_file(sandbox.path("socket")).unwrap();
    }
}
