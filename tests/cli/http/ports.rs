//! Which connections are HTTP, and what holds for them as for all others.

use std::net::TcpListener;

use super::{Answer, accept, curl, run_curl, talk};
use crate::support::{Child, Peer, Sandbox, Signal, Status};

/// The ports that it listens on, in order.
fn ports(child: &Child, count: usize) -> Vec<u16> {
    let events = child.wait_events("listening", count);
    events.iter().map(|event| u16::try_from(event["port"].as_u64().unwrap()).unwrap()).collect()
}

#[test]
fn b27_http_ports_speak_http_and_the_others_do_not() {
    let sandbox = Sandbox::new();
    let options = ["--echo", "--http-ports", "0,0", "--http-respond", "200:hello"];
    let child = sandbox.netverb(["accept", "--json", "127.0.0.1:0,0"].iter().chain(&options)).spawn();
    let ports = ports(&child, 4);
    for port in &ports[..2] {
        assert_eq!(talk(*port, b"GET / HTTP/1.0\r\n\r\n"), b"GET / HTTP/1.0\r\n\r\n");
    }
    for port in &ports[2..] {
        assert_eq!(curl(&sandbox, *port, "/", &[]).text(), "hello");
    }
    let accepted = child.wait_events("accepted", 4);
    let hit: Vec<u64> = accepted.iter().map(|event| event["port"].as_u64().unwrap()).collect();
    assert_eq!(hit, ports.iter().map(|port| u64::from(*port)).collect::<Vec<_>>());
}

/// An inherited listener has a port that is known beforehand.
#[test]
fn b27_a_port_in_both_lists_speaks_http() {
    let sandbox = Sandbox::new();
    let [both, plain] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [both_port, plain_port] = [&both, &plain].map(|listener| listener.local_addr().unwrap().port());
    let script = format!(
        "exec \"$NETVERB\" accept --json --echo fd:3 --http-ports {both_port} --http-respond 200:http 3<&0 </dev/null"
    );
    let child = sandbox.shell(&script).stdin(std::os::fd::OwnedFd::from(both)).spawn();
    child.wait_event("ready");
    assert_eq!(curl(&sandbox, both_port, "/", &[]).text(), "http");
    let script = script.replace(&both_port.to_string(), "1");
    let child = sandbox.shell(&script).stdin(std::os::fd::OwnedFd::from(plain)).spawn();
    child.wait_event("ready");
    assert_eq!(talk(plain_port, b"x"), b"x");
}

#[test]
fn b27_without_a_list_all_of_it_is_http() {
    let sandbox = Sandbox::new();
    let child =
        sandbox.netverb(["accept", "--json", "127.0.0.1:0", "unix:front", "--http-respond", "200:hello"]).spawn();
    child.wait_event("ready");
    assert_eq!(curl(&sandbox, child.port(), "/", &[]).text(), "hello");
    let ended = run_curl(&sandbox, "http://localhost/", &["--unix-socket", "front"]);
    assert_eq!(Answer::of(&ended.stdout).text(), "hello");
}

#[test]
fn b27_the_list_alone_is_enough() {
    let sandbox = Sandbox::new();
    let child = sandbox.netverb(["accept", "--json", "--http-ports", "0", "--http-respond", "204"]).spawn();
    let answer = curl(&sandbox, child.port(), "/", &[]);
    assert_eq!((answer.status, answer.body.len()), (204, 0));
}

#[test]
fn b27_an_http_port_means_nothing_for_udp() {
    let sandbox = Sandbox::new();
    let options = ["--echo", "--http-ports", "0", "--http-respond", "204"];
    let child = sandbox.netverb(["accept", "--json", "udp://127.0.0.1:0"].iter().chain(&options)).spawn();
    let port = child.port();
    let ended = sandbox.netverb(["datagram", "--replies", "1", &format!("127.0.0.1:{port}"), "ping"]).run();
    ended.exits(0);
    assert_eq!(ended.stdout, b"ping");
}

#[test]
fn b04_what_cannot_be_is_refused_before_anything_is_opened() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "");
    let table: [(&[&str], i32, &[&str]); 14] = [
        (&["--http-respond", "99"], 2, &["is no HTTP status", "type 200 to 599"]),
        (&["--http-respond", "100"], 2, &["type 200 to 599"]),
        (&["--http-respond", "204:x"], 2, &["type 204 alone"]),
        (&["--http", "none"], 2, &["cannot serve none", "no such file"]),
        (&["--http", "file"], 2, &["cannot serve file", "not a directory"]),
        (&["--http", ".", "--http-exec", "x"], 2, &["--http and --http-exec"]),
        (&["--http", ".", "--echo"], 2, &["--echo and --http"]),
        (&["--http-exec", " "], 2, &["empty"]),
        (&["--http-ports", "0"], 2, &["add --http DIR"]),
        (&["--http-ports", "x!", "--http", "."], 3, &["not a valid port"]),
        (&["--http-ports", "0", "--http", "."], 2, &["need a service"]),
        (&["--http", ".", "-H", "a b: c"], 2, &["is no HTTP header"]),
        (&["--http-respond", "200:hello", "-H", "Content-Length: 3"], 2, &["leave it out"]),
        (&["--http", ".", "-H", "connection: x"], 2, &["leave it out"]),
    ];
    for (options, status, words) in table {
        let ended = sandbox.netverb(["accept", "unix:never"].iter().chain(options)).run();
        ended.failed(status, words);
        assert!(!sandbox.path("never").exists(), "{options:?}");
    }
    sandbox.netverb(["accept", "udp://127.0.0.1:0", "--http", "."]).run().failed(2, &["HTTP needs streams"]);
    sandbox.netverb(["accept", "seqpacket:never", "--http", "."]).run().failed(4, &["seqpacket"]);
    sandbox.netverb(["accept", "0/web", "--http", "."]).run().failed(2, &["--http works in the foreground"]);
}

#[test]
fn one_client_is_served_to_its_end() {
    let sandbox = Sandbox::new();
    let (mut child, port) = accept(&sandbox, ["--once", "--http-respond", "200:hello"]);
    // Two requests, the second the last.
    let answers =
        talk(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(String::from_utf8(answers).unwrap().matches("hello").count(), 2);
    let ended = child.wait();
    ended.exits(0);
    let closed = ended.events().into_iter().find(|event| event["event"] == "closed").unwrap();
    assert_eq!(closed["bytes_in"], 73);
}

#[test]
fn b26_who_is_denied_gets_no_answer() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--deny", "all", "--http-exec", "touch ran"]);
    let ended = run_curl(&sandbox, &format!("http://127.0.0.1:{port}/"), &[]);
    assert!(ended.status != Status::Exited(0) && ended.stdout.is_empty(), "{ended:?}");
    child.wait_event("rejected");
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn b20_a_place_is_one_connection() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["-m", "1", "--http-respond", "200:hello"]);
    let mut first = Peer::connect(port);
    first.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    child.wait_for_events("a request", 1, |event| event["request"]["status"] == 200);
    let mut second = Peer::connect(port);
    second.send(b"GET / HTTP/1.0\r\n\r\n");
    assert_eq!(child.wait_events("accepted", 1).len(), 1);
    drop(first);
    assert!(second.read_to_end().ends_with(b"hello"));
}

#[cfg(feature = "tls")]
#[test]
fn http_over_tls() {
    let sandbox = Sandbox::new();
    let script = "printf 'Content-Type: a/b\\n\\n'; echo \"$HTTPS $NETVERB_PROTO\"";
    let (child, port) = accept(&sandbox, ["--secure", "--self-signed", "--http-exec", script]);
    let ended = run_curl(&sandbox, &format!("https://127.0.0.1:{port}/"), &["--insecure"]);
    ended.exits(0);
    assert_eq!(Answer::of(&ended.stdout).text(), "on tls\n");
    child.wait_event("tls-established");
}

#[test]
fn the_client_is_whom_a_proxy_in_front_names() {
    let sandbox = Sandbox::new();
    let script = "printf 'Content-Type: a/b\\n\\n'; echo \"$REMOTE_ADDR $SERVER_PORT\"";
    let options = ["--accept-proxy", "--echo", "--http-ports", "0", "--http-exec", script];
    let child = sandbox.netverb(["accept", "--json", "127.0.0.1:0"].iter().chain(&options)).spawn();
    let port = ports(&child, 2)[1];
    let request = b"PROXY TCP4 192.0.2.7 192.0.2.8 5000 443\r\nGET / HTTP/1.0\r\n\r\n";
    assert_eq!(Answer::of(&talk(port, request)).text(), "192.0.2.7 443\n");
}

#[test]
fn b66_requests_are_told_on_stderr_and_their_bytes_counted_once() {
    let sandbox = Sandbox::new();
    sandbox.write("page.txt", "0123456789");
    let (mut child, port) = accept(&sandbox, ["--http", "."]);
    curl(&sandbox, port, "/page.txt?a=b", &[]);
    child.wait_event("closed");
    child.signal(Signal::TERM);
    let ended = child.wait();
    let events = ended.events();
    let request = events.iter().find(|event| event["request"].is_object()).unwrap();
    assert_eq!((&request["event"], &request["length"]), (&"data".into(), &0.into()));
    let request = &request["request"];
    assert_eq!((&request["method"], &request["path"]), (&"GET".into(), &"/page.txt?a=b".into()));
    assert_eq!((&request["status"], &request["bytes"]), (&200.into(), &10.into()));
    let passed: u64 = events
        .iter()
        .filter(|event| event["event"] == "data" && event["direction"] == "out")
        .map(|event| event["length"].as_u64().unwrap())
        .sum();
    let closed = events.iter().find(|event| event["event"] == "closed").unwrap();
    assert_eq!(closed["bytes_out"], passed);

    let child = sandbox.netverb(["accept", "-v", "127.0.0.1:0", "--port-file", "port", "--http", "."]).spawn();
    child.wait_stderr("listening");
    let port = crate::support::wait_until("the port", || std::fs::read_to_string(sandbox.path("port")).ok());
    curl(&sandbox, port.trim().parse().unwrap(), "/none%0Ax", &[]);
    child.wait_stderr("GET /none%0Ax: 404, 14 bytes");
}
