//! Promises 2 to 4: what addresses reach, and how it ends where nobody answers or nothing was understood.

use std::ffi::OsStr;
use std::net::{Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Finished, Listener, Peer, Sandbox};

/// A label is at most 63 bytes long (RFC 1035 section 2.3.4), so the resolver refuses this one without asking anybody.
const UNKNOWN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example";

/// Connects with these words, which must lead to this listener, and talks.
#[track_caller]
fn reaches<S: AsRef<str>>(listener: &Listener, words: &[S]) {
    let sandbox = Sandbox::new();
    let words = std::iter::once("open").chain(words.iter().map(AsRef::as_ref));
    let mut child = sandbox.netverb(words).spawn();
    let mut peer = listener.accept();
    child.feed(b"ping".to_vec());
    assert_eq!(peer.read_to_end(), b"ping");
    peer.send(b"pong");
    drop(peer);
    assert_eq!(child.wait().exits(0).stdout, b"pong");
}

#[test]
fn b02_ipv4_in_every_spelling() {
    let listener = Listener::tcp();
    let port = listener.port();
    for id in [format!("127.0.0.1:{port}"), format!("tcp://127.0.0.1:{port}"), format!(":{port}"), port.to_string()] {
        reaches(&listener, &[id]);
    }
    reaches(&listener, &["127.0.0.1".to_owned(), port.to_string()]);
    reaches(&listener, &["localhost".to_owned(), port.to_string(), "-4".to_owned()]);
}

#[test]
fn b02_ipv6_in_every_spelling_and_with_a_scope() {
    let listener = Listener::tcp_on("[::1]:0").unwrap();
    let port = listener.port();
    let spellings = ["[::1]", "[0:0:0:0:0:0:0:1]", "tcp://[::1]", "[::1%lo]", "[::1%1]", ""];
    for host in spellings {
        reaches(&listener, &[format!("{host}:{port}")]);
    }
    for host in ["::1", "[::1]", "::1%lo", "[::1%lo]"] {
        reaches(&listener, &[host.to_owned(), port.to_string()]);
    }
}

#[test]
fn b02_unix_sockets_by_path_and_by_abstract_name() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("a socket");
    let listener = Listener::unix(&path);
    reaches(&listener, &[listener.id()]);
    let name = format!("\0netverb test {}", std::process::id());
    let listener = Listener::unix(Path::new(&name));
    reaches(&listener, &[listener.id()]);
    let listener = Listener::seqpacket(&sandbox.path("packets"));
    reaches(&listener, &["--split".to_owned(), "none".to_owned(), listener.id()]);
}

#[test]
fn b02_a_relative_unix_path_is_relative_to_the_working_directory() {
    let sandbox = Sandbox::new();
    let listener = Listener::unix(&sandbox.path("socket"));
    let mut child = sandbox.netverb(["open", "unix:socket"]).spawn();
    drop(listener.accept());
    child.wait().exits(0);
}

/// The same free port on both loopback addresses: what the first makes of 127.0.0.1, and a listener on ::1.
fn both_families(first: impl Fn(&str) -> std::io::Result<Listener>) -> (Listener, Listener) {
    for _ in 0..100 {
        let v4 = first("127.0.0.1:0").unwrap();
        if let Ok(v6) = Listener::tcp_on(&format!("[::1]:{}", v4.port())) {
            return (v4, v6);
        }
    }
    panic!("no port is free in both families")
}

#[test]
fn b02_of_several_addresses_the_one_that_answers_is_taken_without_waiting_for_a_dead_one() {
    let sandbox = Sandbox::new();
    // `:PORT` is 127.0.0.1 and ::1, in this order.
    let (_dead, answering) = both_families(Listener::deaf);
    let begun = Instant::now();
    let mut child = sandbox.netverb(["open", "-j", &format!(":{}", answering.port())]).spawn();
    let peer = answering.accept();
    assert!(begun.elapsed() < Duration::from_secs(2), "waited {:?}", begun.elapsed());
    drop(peer);
    let ended = child.wait();
    ended.exits(0);
    let tried: Vec<String> = peers_of(&ended, "connecting");
    let port = answering.port();
    assert_eq!(tried, [format!("127.0.0.1:{port}"), format!("[::1]:{port}")]);
    assert_eq!(peers_of(&ended, "connected"), [format!("[::1]:{port}")]);
}

#[test]
fn b02_of_several_addresses_one_that_refuses_is_passed_over() {
    let (refusing, answering) = both_families(Listener::closed_on);
    reaches(&answering, &[format!(":{}", answering.port())]);
    drop(refusing);
}

#[test]
fn b02_the_families_can_be_chosen() {
    let sandbox = Sandbox::new();
    let (v4, v6) = both_families(Listener::tcp_on);
    let id = format!(":{}", v4.port());
    reaches(&v4, &["-4", &id]);
    reaches(&v6, &["-6", &id]);
    sandbox.netverb(["open", "-6", "127.0.0.1:1"]).run().failed(6, &["127.0.0.1", "IPv6", "-6"]);
    sandbox.netverb(["open", "-4", "[::1]:1"]).run().failed(6, &["::1", "IPv4", "-4"]);
}

fn peers_of(ended: &Finished, event: &str) -> Vec<String> {
    let events = ended.events().into_iter().filter(|candidate| candidate["event"] == event);
    events.map(|event| event["peer"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn b02_without_a_port_it_is_80_and_a_service_name_is_a_port() {
    let sandbox = Sandbox::new();
    // What is behind these ports of this machine does not matter: the attempt tells.
    for (id, peer) in [("127.0.0.9", "127.0.0.9:80"), ("127.0.0.9:smtp", "127.0.0.9:25")] {
        let ended = sandbox.netverb(["open", "-z", "-j", id]).run();
        assert_eq!(peers_of(&ended, "connecting"), [peer]);
    }
}

#[test]
fn b02_the_local_address_and_port_can_be_chosen() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    // A port for each: a connection that has just ended would be in the way of another one between the same two.
    let [one, other] = [(); 2].map(|()| Listener::tcp_on("127.0.0.2:0").unwrap().port().to_string());
    let both = format!("127.0.0.2:{other}");
    for (options, port) in [
        (&["-s", "127.0.0.2", "-p", &one][..], Some(&one)),
        (&["--from", &both], Some(&other)),
        (&["--from", "127.0.0.2"], None),
    ] {
        let mut child = sandbox.netverb(["open", &listener.id()].iter().chain(options)).stdin(Stdio::null()).spawn();
        let peer = listener.accept();
        let address: SocketAddr = peer.remote().parse().unwrap();
        assert_eq!(address.ip().to_string(), "127.0.0.2");
        assert!(port.is_none_or(|port| *port == address.port().to_string()), "{address} instead of {port:?}");
        drop(peer);
        child.wait().exits(0);
    }
    let ended = sandbox.netverb(["open", "-s", "192.0.2.1", &listener.id()]).run();
    ended.failed(45, &["192.0.2.1"]);
    let other = Ipv6Addr::LOCALHOST.to_string();
    sandbox.netverb(["open", "-s", &other, &listener.id()]).run().failed(45, &["::1", "family"]);
}

#[test]
fn b03_refused_is_7_and_names_address_and_cause() {
    let sandbox = Sandbox::new();
    let closed = Listener::closed();
    sandbox.netverb(["open", &closed.id()]).run().failed(7, &[&closed.id(), "connection refused"]);
    sandbox.netverb(["open", "-z", &closed.id()]).run().failed(7, &[&closed.id(), "connection refused"]);
    let stale = sandbox.path("stale");
    drop(Listener::unix(&stale));
    for scheme in ["unix", "seqpacket"] {
        let missing = format!("{scheme}:{}", sandbox.path("missing").display());
        sandbox.netverb(["open", &missing]).run().failed(7, &[&missing, "no such file"]);
    }
    let stale = format!("unix:{}", stale.display());
    sandbox.netverb(["open", &stale]).run().failed(7, &[&stale, "connection refused"]);
    let nobody = format!("unix:@netverb test nobody {}", std::process::id());
    sandbox.netverb(["open", &nobody]).run().failed(7, &[&nobody, "connection refused"]);
}

#[test]
fn b03_refused_by_every_address_is_7_and_says_so_once() {
    let sandbox = Sandbox::new();
    let closed = Listener::closed();
    let id = format!(":{}", closed.port());
    sandbox.netverb(["open", "-4", &id]).run().failed(7, &[&id, "connection refused"]);
}

#[test]
fn b03_an_unknown_name_is_6() {
    let sandbox = Sandbox::new();
    sandbox.netverb(["open", UNKNOWN, "80"]).run().failed(6, &[UNKNOWN]);
    sandbox.netverb(["open", "-z", UNKNOWN]).run().failed(6, &[UNKNOWN]);
    sandbox.netverb(["accept", &format!("{UNKNOWN}:0")]).run().failed(6, &[UNKNOWN]);
    sandbox.netverb(["open", "-n", "localhost:1"]).run().failed(6, &["localhost", "-n"]);
    sandbox.netverb(["open", "[::1%nosuch]:1"]).run().failed(6, &["nosuch", "interface"]);
}

#[test]
fn b03_a_connect_time_out_is_28_within_a_tenth_of_the_limit() {
    let sandbox = Sandbox::new();
    let deaf = Listener::deaf("127.0.0.1:0").unwrap();
    let path = sandbox.path("socket");
    let full = Listener::unix_with_backlog(&path, 0);
    let _first = Peer::connect_unix(&path).unwrap();
    let mut children = [
        sandbox.netverb(["open", "--connect-timeout", "2", &deaf.id()]).spawn(),
        sandbox.netverb(["open", "-w", "2s", "-z", &deaf.id()]).spawn(),
        sandbox.netverb(["open", "--connect-timeout", "2000ms", &full.id()]).spawn(),
    ];
    let limit = Duration::from_secs(2);
    for child in &mut children {
        let ended = child.wait();
        ended.failed(28, &["within 2s"]);
        assert!(ended.took >= limit && ended.took <= limit.mul_f64(1.1), "{:?}: {}", ended.took, child.line());
    }
}

#[test]
fn b03_retry_tries_so_many_times_more() {
    let sandbox = Sandbox::new();
    let closed = Listener::closed();
    let ended = sandbox.netverb(["open", "-j", "--retry", "2", &closed.id()]).run();
    ended.exits(7);
    assert_eq!(peers_of(&ended, "connecting").len(), 3);
}

#[test]
fn b03_wait_keeps_trying_until_somebody_listens_or_the_time_is_over() {
    let sandbox = Sandbox::new();
    let closed = Listener::closed();
    let mut child = sandbox.netverb(["open", "-j", "-z", "--wait", "20", &closed.id()]).spawn();
    child.wait_events("connecting", 2);
    closed.listen();
    child.wait().exits(0);

    let closed = Listener::closed();
    let ended = sandbox.netverb(["open", "-z", "--wait", "0.5", &closed.id()]).run();
    ended.failed(7, &["connection refused"]);
    assert!(ended.took <= Duration::from_secs(2), "{:?}", ended.took);
}

#[test]
fn b03_a_probe_says_open_and_sends_nothing() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let ended = sandbox.netverb(["open", "-z", &listener.id()]).feed(b"not sent");
    ended.exits(0);
    assert_eq!((&ended.stdout[..], &ended.stderr[..]), (&b""[..], ""));
    assert_eq!(listener.accept().read_to_end(), b"");
    let ended = sandbox.netverb(["open", "-z", "-j", &listener.id()]).run();
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!((&report["open"], &report["id"]), (&true.into(), &listener.id().into()));
}

/// Words that are refused before any socket is opened, with the status and what the message names.
const REFUSED: [(&[&str], i32, &[&str]); 46] = [
    (&["--bogus"], 2, &["--bogus"]),
    (&["extra", "words"], 2, &["words"]),
    (&["-w", "soon"], 2, &["soon", "250ms"]),
    (&["-w", "-1"], 2, &["-1"]),
    (&["--connect-timeout", ""], 2, &["--connect-timeout"]),
    (&["--deadline", "1 fortnight"], 2, &["1 fortnight"]),
    (&["--eol", "dos"], 2, &["dos", "crlf"]),
    (&["-C", "--eol", "lf"], 2, &["--crlf", "--eol"]),
    (&["--send-only", "--recv-only"], 2, &["--send-only", "--recv-only"]),
    (&["-N", "--no-shutdown"], 2, &["-N", "--no-shutdown"]),
    (&["-z", "-e", "cat"], 2, &["-z", "-e"]),
    (&["-e", "cat", "-c", "cat"], 2, &["--exec", "--sh-exec"]),
    (&["-z", "-F"], 2, &["-z", "-F"]),
    (&["-e", "'open"], 2, &["'open", "quote"]),
    (&["-e", ""], 2, &["empty"]),
    (&["-4", "-6"], 2, &["--ipv4", "--ipv6"]),
    (&["--quiet", "-v"], 2, &["--quiet", "--verbose"]),
    (&["--color", "blue"], 2, &["blue", "always"]),
    (&["--retry", "-1"], 2, &["-1"]),
    (&["--retry", "1", "--wait", "1"], 2, &["--retry", "--wait"]),
    (&["--from", "127.0.0.1", "-p", "1"], 2, &["--from", "--source-port"]),
    (&["--from", ""], 3, &["it is empty", "HOST:PORT"]),
    (&["--from", "127.0.0.1:99999"], 3, &["\"127.0.0.1:99999\" at column 11", "not a valid port"]),
    (&["--from", "[::1:5"], 3, &["closing bracket"]),
    (&["-p", "65536"], 2, &["65536"]),
    (&["-s", "a b"], 3, &["a b"]),
    (&["--ttl", "0"], 2, &["--ttl"]),
    (&["--ttl", "256"], 2, &["256"]),
    (&["--tos", "0x100"], 2, &["0x100"]),
    (&["--sndbuf", "big"], 2, &["big"]),
    (&["--sockopt", "SO_BOGUS=1"], 2, &["SO_BOGUS"]),
    (&["--sockopt", "TCP_NODELAY"], 2, &["TCP_NODELAY"]),
    (&["--rate", "0"], 2, &["0"]),
    (&["--hash", "md5"], 2, &["md5", "sha256"]),
    (&["--split", "words"], 2, &["words"]),
    (&["--inband", "x"], 2, &["x"]),
    (&["--half-open", "x"], 2, &["x"]),
    (&["--mark", "red"], 2, &["red"]),
    (&["/9name"], 3, &["given twice"]),
    (&["--keepalive", "x"], 2, &["x"]),
    (&["-q", "x"], 2, &["x"]),
    (&["--idle-timeout", "x"], 2, &["x"]),
    (&["-o"], 2, &["--output"]),
    (&["--transcript", "/nonexistent/file"], 23, &["/nonexistent/file", "no such file"]),
    (&["--hex-dump", "/nonexistent/file"], 23, &["/nonexistent/file", "no such file"]),
    (&["--verbose=3"], 2, &["--verbose"]),
];

#[test]
fn b04_a_bad_option_is_2_and_no_socket_is_opened() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    for (words, status, names) in REFUSED {
        let ended = sandbox.netverb(["open", &listener.id()].iter().chain(words)).run();
        ended.failed(status, names);
        assert!(ended.stderr.starts_with("netverb open: "), "{}", ended.stderr);
    }
    assert!(listener.accept_within(Duration::ZERO).is_err(), "somebody connected");
}

#[test]
fn b04_a_bad_address_is_3_and_says_what_is_wrong_with_it() {
    let sandbox = Sandbox::new();
    for (words, names) in [
        (&["127.0.0.1:x-y"][..], &["x-y", "not a valid port"][..]),
        (&["127.0.0.1:65536"], &["65536", "not a valid port"]),
        (&["127.0.0.1:-1"], &["-1", "not a valid port"]),
        (&["127.0.0.1:"], &["not a valid port"]),
        (&["127.0.0.1", "65536"], &["65536", "not a valid port"]),
        (&["[::1"], &["[::1", "bracket"]),
        (&["[::1]x:1"], &["[::1]x:1"]),
        (&["[127.0.0.1]:1"], &["127.0.0.1"]),
        (&[""], &["address is missing"]),
        (&["a b:1"], &["a b", "column 2"]),
        (&["host:80/index.html"], &["index.html", "A-Z a-z 0-9 _ -", "begins with a letter"]),
        (&["host:80/9"], &["\"9\"", "name"]),
        (&["host:80|"], &["name"]),
        (&["host:80/abcdefghijklmnopqrstuvwxyz0123456"], &["32"]),
        (&["bogus://host:80"], &["bogus://", "tcp://"]),
        (&["unix:"], &["path"]),
        (&["unix:@"], &["name"]),
        (&["ws://"], &["ws://"]),
    ] {
        let ended = sandbox.netverb(["open"].iter().chain(words)).run();
        ended.failed(3, names);
    }
    for (at, name) in [
        ("127.0.0.1:x-y", "x-y"),
        ("65536", "65536"),
        ("127.0.0.1:1,65536", "65536"),
        ("127.0.0.1:9-1", "9-1"),
        ("127.0.0.1:1,,2", "port"),
        ("[::1", "bracket"),
        ("bogus://x", "bogus://"),
        ("unix:", "path"),
        ("fd:x", "fd:x"),
        ("", "not a valid port"),
    ] {
        sandbox.netverb(["accept", at]).run().failed(3, &[name]);
    }
    let no_text = OsStr::from_bytes(b"unix:/tmp/\xff");
    sandbox.netverb([OsStr::new("open"), no_text]).run().failed(2, &["UTF-8"]);
    let long = format!("unix:/{}", "x".repeat(120));
    sandbox.netverb(["open", &long]).run().failed(3, &["107 bytes"]);
    sandbox.netverb(["accept", &long]).run().failed(3, &["107 bytes"]);
}

#[test]
fn a_listener_has_its_host_and_port_in_two_words_too() {
    let sandbox = Sandbox::new();
    for host in ["127.0.0.1", "localhost"] {
        let mut child = sandbox.netverb(["accept", host, "0", "--echo", "--once", "--json", "-4"]).spawn();
        let mut peer = Peer::connect(child.port());
        assert!(child.wait_event("listening")["local"].as_str().unwrap().starts_with("127.0.0.1:"));
        peer.end();
        child.wait().exits(0);
    }
    sandbox.netverb(["accept", "localhost"]).run().failed(3, &["\"localhost\" is not a valid port", "localhost:PORT"]);
}
