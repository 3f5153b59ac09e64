//! `wait`: until targets answer or are gone, and the command after it.

use crate::support::{Child, Listener, Peer, Sandbox};

fn waiting(sandbox: &Sandbox, words: &[&str]) -> Child {
    sandbox.netverb([&["wait", "-v", "--interval", "20ms", "-w", "20s"], words].concat()).spawn()
}

/// An address at which nobody listens.
fn nobody(sandbox: &Sandbox) -> String {
    format!("unix:{}", sandbox.path("nobody").display())
}

#[test]
fn a_listener_that_is_there_needs_one_try() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let path = sandbox.path("s");
    let unix = Listener::unix(&path);
    let ended = sandbox.netverb(["wait", &listener.id(), &unix.id(), "-w", "0"]).run();
    ended.exits(0);
    assert!(ended.stdout.is_empty() && ended.stderr.is_empty(), "{}", ended.stderr);
}

#[test]
fn one_that_comes_later_is_waited_for() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("s");
    let id = format!("unix:{}", path.display());
    let mut child = waiting(&sandbox, &[&id]);
    child.wait_stderr("no such file");
    let _listener = Listener::unix(&path);
    let ended = child.wait();
    ended.exits(0);
    assert!(ended.stderr.contains("answers after"), "{}", ended.stderr);
}

#[test]
fn all_are_waited_for_but_with_any() {
    let sandbox = Sandbox::new();
    let (here, absent) = (Listener::tcp(), nobody(&sandbox));
    let ended = sandbox.netverb(["wait", &here.id(), &absent, "-w", "200ms"]).run();
    ended.failed(28, &["timed out after 200ms", &absent, "no such file"]);
    assert!(!ended.stderr.contains(&here.id()), "{}", ended.stderr);
    sandbox.netverb(["wait", "--any", &absent, &here.id()]).run().exits(0);
}

#[test]
fn gone_is_when_nobody_answers() {
    let sandbox = Sandbox::new();
    let listener = Listener::unix(&sandbox.path("s"));
    let id = listener.id();
    sandbox.netverb(["wait", "--gone", &id, "-w", "100ms"]).run().failed(28, &[&id, "still answers"]);
    let mut child = waiting(&sandbox, &["--gone", &id]);
    drop(listener.accept());
    drop(listener);
    let ended = child.wait();
    ended.exits(0);
    assert!(ended.stderr.contains("is gone after"), "{}", ended.stderr);
}

#[test]
fn http_wants_a_status_of_2xx_or_3xx() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let url = format!("http://{}/health?x=1", listener.id());
    let mut child = waiting(&sandbox, &[&url]);
    let host = format!("Host: {}\r\n", listener.id());
    let answer = |status: &str| {
        let mut peer = listener.accept();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.extend(peer.read(1));
        }
        let request = String::from_utf8(request).unwrap();
        assert!(request.starts_with("GET /health?x=1 HTTP/1.1\r\n") && request.contains(&host), "{request}");
        for part in status.split('|') {
            peer.send(part.as_bytes());
        }
    };
    answer("HTTP/1.1 503 No\r\n\r\n");
    child.wait_stderr("with status 503");
    answer("hello\r\n\r\n");
    child.wait_stderr("not an HTTP answer");
    assert!(child.is_running());
    answer("HTTP/1.1 100 Continue\r\n\r\n|HTT|P/1.1 30|4 Not Modified\r\na: b\r\nc: d\r\n\r\n");
    child.wait().exits(0);
}

#[test]
fn expect_wants_data_that_matches() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = waiting(&sandbox, &["--expect", "^220 ", &listener.id()]);
    listener.accept().send(b"421 busy\r\n");
    child.wait_stderr(r#"sent "421 busy\r\n", not what matches "^220 ""#);
    let mut peer = listener.accept();
    peer.send(b"22");
    peer.send(b"0 ready");
    child.wait().exits(0);
}

#[test]
fn a_tls_handshake_is_an_answer() {
    let sandbox = Sandbox::new();
    let words = ["accept", "127.0.0.1:0", "--echo", "--json", "--secure", "--self-signed"];
    let server = sandbox.netverb(words).spawn();
    let event = server.wait_event("listening");
    let (id, pin) = (format!("127.0.0.1:{}", event["port"]), event["pins"][0].as_str().unwrap().to_owned());
    sandbox.netverb(["wait", "--tls", "--pin", &pin, &id]).run().exits(0);
    let plain = Listener::tcp();
    let target = format!("tls://{}", plain.id());
    let child = waiting(&sandbox, &[&target, "--no-verify"]);
    plain.accept().send(b"plain text");
    child.wait_stderr("TLS");
    assert!(child.is_running());
}

#[test]
fn stable_is_lost_by_one_failure() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("s");
    let listener = Listener::unix(&path);
    let id = listener.id();
    let mut child = waiting(&sandbox, &["--stable", "300ms", &id]);
    drop(listener.accept());
    drop(listener);
    child.wait_stderr("refused");
    assert!(child.is_running(), "one answer is not 300 ms of answers");
    std::fs::remove_file(&path).unwrap();
    let back = std::time::Instant::now();
    let _listener = Listener::unix(&path);
    child.wait().exits(0);
    assert!(back.elapsed() >= std::time::Duration::from_millis(290), "{:?}", back.elapsed());
}

#[test]
fn the_command_runs_in_its_place() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let script = "echo \"$0 $1 $$\"; cat; exit 9";
    let mut child = sandbox.netverb(["wait", &id, "--", "sh", "-c", script, "-a", "b"]).spawn();
    child.send(b"stdin");
    child.end_input();
    let pid = child.pid().as_raw_nonzero();
    let ended = child.wait();
    ended.exits(9);
    assert_eq!(String::from_utf8(ended.stdout).unwrap(), format!("-a b {pid}\nstdin"));
    sandbox.netverb(["wait", &id, "--", "./absent"]).run().failed(127, &["./absent"]);
    sandbox.write("file", "");
    sandbox.netverb(["wait", &id, "--", "./file"]).run().failed(126, &["./file"]);
    sandbox.netverb(["wait", &nobody(&sandbox), "-w", "0", "--", "echo"]).run().failed(28, &["at the first try"]);
}

#[test]
fn json_reports_each_target() {
    let sandbox = Sandbox::new();
    let (here, absent) = (Listener::tcp(), nobody(&sandbox));
    let ended = sandbox.netverb(["wait", "-j", "-w", "0", &here.id(), &absent]).run();
    ended.exits(28);
    let report = String::from_utf8(ended.stdout.clone()).unwrap();
    let report: Vec<serde_json::Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&report[0]["target"], &report[0]["done"]), (&here.id().into(), &true.into()));
    assert!(report[0]["seconds"].is_number() && report[0]["tries"] == 1);
    assert_eq!((&report[1]["answers"], &report[1]["done"]), (&false.into(), &false.into()));
    assert!(report[1]["reason"].as_str().unwrap().contains("no such file"));
    assert_eq!(ended.events().last().unwrap()["status"], 28);
}

#[test]
fn what_no_waiting_can_mend_ends_at_once() {
    let sandbox = Sandbox::new();
    sandbox.netverb(["wait", "udp://127.0.0.1:1"]).run().failed(4, &["udp://127.0.0.1:1", "not supported"]);
    sandbox.netverb(["wait", "--tls", "--ca", "absent", ":1"]).run().failed(2, &["absent"]);
    sandbox.netverb(["wait", "mail"]).run().failed(110, &["socket is not open", "mail"]);
    sandbox.netverb(["wait", "host:99999"]).run().failed(3, &["99999"]);
    sandbox.netverb(["wait", "--interval", "0", ":1"]).run().failed(2, &["--interval"]);
    sandbox.netverb(["wait", "--http=health", ":1"]).run().failed(2, &["health", "/health"]);
    sandbox.netverb(["wait", "--ca", "x", ":1"]).run().failed(2, &["--ca", "--secure"]);
}

#[test]
fn a_silent_one_is_tried_again() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = waiting(&sandbox, &["--expect", "x", "--connect-timeout", "50ms", &listener.id()]);
    let silent: Vec<Peer> = (0..2).map(|_| listener.accept()).collect();
    child.wait_stderr("no answer within 50ms");
    listener.accept().send(b"x");
    // The tries that came before it in the queue are over.
    loop {
        if child.ends_within(std::time::Duration::ZERO) {
            break;
        }
        if let Ok(peer) = listener.accept_within(std::time::Duration::from_millis(20)) {
            let _ = std::io::Write::write_all(&mut peer.socket(), b"x");
        }
    }
    child.wait().exits(0);
    drop(silent);
}

#[test]
fn a_target_behind_a_proxy_is_reached_through_it() {
    let sandbox = Sandbox::new();
    let proxy = Listener::tcp();
    let url = format!("http://{}", proxy.id());
    for way in [&["--proxy", url.as_str()][..], &[]] {
        let run = sandbox.netverb([&["wait", "target.example:80", "-w", "20s"], way].concat());
        let mut child = if way.is_empty() { run.env("NETVERB_PROXY", &url) } else { run }.spawn();
        let mut peer = proxy.accept();
        assert_eq!(peer.read(29), b"CONNECT target.example:80 HTT");
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n");
        child.wait().exits(0);
    }
}
