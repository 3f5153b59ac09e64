//! What is seen and heard of a socket while it comes to be kept, and promises 52 and 58 about it.

use std::time::Duration;

use crate::kept::Kept;
#[cfg(feature = "tls")]
use crate::support::Child;
#[cfg(feature = "zmq")]
use crate::support::wait_until;
use crate::support::{Finished, Listener, Peer};

/// The names of the events that a run has told.
fn told(ended: &Finished) -> Vec<String> {
    ended.events().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}

/// A kept TLS listener `web`, with somebody who takes its connections, and its port.
#[cfg(feature = "tls")]
fn secured(kept: &Kept) -> (Child, String) {
    let port = kept.says(&["accept", "0/web", "--secure", "--self-signed"]).trim().to_owned();
    (kept.0.netverb(["next", "web", "-w", "infinite"]).spawn(), port)
}

#[cfg(feature = "tls")]
#[test]
fn b66_a_kept_open_tells_what_happens_until_it_stands() {
    let kept = Kept::new();
    let (_taker, port) = secured(&kept);
    let ended = kept.run(&["-j", "open", &format!("tls://localhost:{port}/s"), "--no-verify"]);
    ended.exits(0);
    assert_eq!(ended.stdout, b"s\n");
    let names = told(&ended);
    assert_eq!(names[..4], ["resolving", "resolved", "connecting", "connected"]);
    assert_eq!(names[names.len() - 2..], ["tls-established", "summary"]);
    assert!(ended.events().iter().all(|event| event["event"] == "summary" || event["id"] == "s"));
    let said = kept.run(&["-v", "open", &format!("localhost:{port}/t")]);
    said.exits(0);
    assert!(said.stderr.contains("connected to 127.0.0.1:"), "{}", said.stderr);
    assert_eq!(kept.run(&["open", &format!("localhost:{port}/u")]).stderr, "", "nothing is said unasked");
}

#[test]
fn b03_a_kept_open_that_fails_tells_so_once() {
    let kept = Kept::new();
    let closed = Listener::closed();
    let id = format!("{}/s", closed.id());
    let ended = kept.run(&["-j", "open", &id]);
    ended.exits(7);
    let names = told(&ended);
    assert_eq!(names.iter().filter(|name| *name == "error").count(), 1, "{names:?}");
    assert_eq!((names.first().unwrap().as_str(), names.last().unwrap().as_str()), ("connecting", "summary"));
    kept.run(&["open", &id]).failed(7, &["connection refused"]);
}

#[cfg(feature = "tls")]
#[test]
fn b44_a_kept_open_shows_the_certificates() {
    let kept = Kept::new();
    let (_taker, port) = secured(&kept);
    let ended = kept.run(&["open", &format!("tls://localhost:{port}/s"), "--no-verify", "--tls-info"]);
    ended.exits(0);
    assert_eq!(ended.stdout, b"s\n");
    for words in ["protocol:", "subject:", "CN=localhost", "not after:", "pin:"] {
        assert!(ended.stderr.contains(words), "{words} is not in {}", ended.stderr);
    }
}

#[test]
fn b52_what_was_heard_until_then_holds_up_nobody() {
    let kept = Kept::new();
    let listener = Listener::tcp();
    let script = format!("x=$(\"$NETVERB\" -vv open {}/s 2>&1); echo \"$x\"", listener.id());
    let ended = kept.0.shell(&script).run();
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(text.contains("connected to"), "{text}");
    // The keeper is there, and has not kept what it spoke to.
    let mut peer = listener.accept();
    peer.send(b"hello\n");
    assert_eq!(kept.says(&["read", "s"]), "hello\n");
    // Whoever is killed while it waits leaves nothing behind that holds its pipe.
    let deaf = Listener::deaf("127.0.0.1:0").unwrap();
    let script = format!("x=$(timeout 0.3 \"$NETVERB\" -vv open {}/d -w 9 2>&1); echo \"[$?]\"", deaf.id());
    let begun = std::time::Instant::now();
    assert_eq!(kept.0.shell(&script).run().stdout, b"[124]\n");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn the_password_of_a_proxy_is_in_no_list_of_processes() {
    let kept = Kept::new();
    let proxy = Listener::tcp();
    let url = format!("http://user:hidden@{}", proxy.id());
    kept.says(&["open", "example.invalid:80/s", "--proxy", &url, "--no-wait"]);
    let _asked = proxy.accept();
    let pid = kept.status("s").unwrap()["pid"].as_i64().unwrap();
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    let words = String::from_utf8_lossy(&words);
    assert!(words.contains("keeper") && !words.contains("hidden"), "{words}");
}

#[cfg(feature = "tls")]
#[test]
fn b58_a_handshake_that_came_early_is_not_taken_for_lines() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/web", "--eol", "crlf"]);
    kept.says(&["open", &format!("localhost:{}/mail", port.trim())]);
    kept.says(&["next", "web"]);
    kept.says(&["write", "web.1", "-l", "ready"]);
    assert_eq!(kept.says(&["read", "mail"]), "ready\r\n");
    let mut client = kept.0.netverb(["secure", "mail", "--no-verify"]).spawn();
    kept.wait_status("web.1", "the handshake", |status| status["unread"].as_u64() > Some(0));
    kept.says(&["secure", "web.1", "--self-signed"]);
    client.wait().exits(0);
    kept.says(&["write", "mail", "-E", "over TLS\\r\\n"]);
    assert_eq!(kept.says(&["ask", "web.1", "-l", "answer"]), "over TLS\n");
    assert_eq!(kept.says(&["read", "mail"]), "answer\r\n");
}

#[test]
fn b33_the_lines_of_an_accepted_connection_are_converted() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/web", "--eol", "crlf"]);
    let mut peer = Peer::connect(port.trim().parse().unwrap());
    kept.says(&["next", "web"]);
    peer.send(b"one\r\ntwo\rthree\r");
    peer.send(b"\nfour\r\n");
    assert_eq!(kept.says(&["read", "web.1", "--for", "3 lines"]), "one\ntwo\rthree\nfour\n");
    kept.says(&["write", "web.1", "-l", "a"]);
    kept.0.netverb(["write", "web.1"]).feed(b"b\nc\r\n").exits(0);
    assert_eq!(peer.read(9), b"a\r\nb\r\nc\r\n");
}

#[cfg(feature = "ws")]
#[test]
fn a_kept_websocket_keeps_messages_and_what_they_are() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/web", "--ws"]);
    let mut next = kept.0.netverb(["next", "web", "-w", "infinite"]).spawn();
    let url = format!("ws://localhost:{}/chat", port.trim());
    assert_eq!(kept.says(&["open", &url, "--name", "c"]), "c\n");
    assert_eq!(next.wait().stdout, b"web.1\n");
    kept.says(&["write", "c", "--text", "one", ""]);
    kept.says(&["write", "c", "--binary", "three"]);
    assert_eq!(kept.says(&["read", "web.1", "--for", "3 messages"]), "one\n\nthree\n");
    kept.run(&["write", "c", "--text", "-E", "\\xff"]).failed(55, &["UTF-8"]);
    let mut asking = kept.0.netverb(["ask", "c", "question"]).spawn();
    assert_eq!(kept.says(&["read", "web.1"]), "question\n");
    kept.says(&["write", "web.1", "answer", "rest"]);
    assert_eq!(asking.wait().stdout, b"answer\n");
    kept.says(&["close", "web.1"]);
    let status = kept.wait_status("c", "the end", |status| status["state"] == "eof");
    assert_eq!((&status["unread"], &status["ended"]), (&1.into(), &"closed with 1000".into()));
    assert_eq!(kept.says(&["read", "c"]), "rest\n");
    kept.run(&["read", "c"]).failed(52, &["closed"]);
}

#[cfg(feature = "zmq")]
#[test]
fn kept_zeromq_sockets_connect_bind_and_keep_messages() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/replies", "--zmq", "rep"]);
    let id = format!("localhost:{}/asks", port.trim());
    assert_eq!(kept.says(&["open", &id, "--zmq", "req"]), "asks\n");
    for (question, answer) in [("one", "1"), ("two", "2")] {
        kept.says(&["write", "asks", question]);
        assert_eq!(kept.says(&["read", "replies"]), format!("{question}\n"));
        kept.says(&["write", "replies", answer]);
        assert_eq!(kept.says(&["read", "asks"]), format!("{answer}\n"));
    }
    kept.says(&["close", "asks", "replies"]);
    wait_until("both are gone", || kept.says(&["sockets", "--ids"]).is_empty().then_some(()));
}

#[test]
fn b30_on_open_needs_a_command_and_a_connection() {
    let kept = Kept::new();
    kept.run(&["open", "127.0.0.1:1/t", "--no-wait", "--on-open", "true"])
        .failed(2, &["--no-wait", "leave one of them"]);
    kept.run(&["open", "127.0.0.1:1/t", "--on-open", " "]).failed(2, &["--on-open", "empty"]);
}

#[test]
fn b52_the_name_of_a_listener_stands_at_any_of_its_addresses() {
    let kept = Kept::new();
    let ports = kept.says(&["accept", "127.0.0.1:0", "127.0.0.1:0/web"]);
    assert_eq!(ports.lines().count(), 2, "{ports}");
    assert_eq!(kept.says(&["sockets", "--ids"]), "web\n");
    kept.run(&["accept", "127.0.0.1:0/a", "127.0.0.1:0/b"]).failed(2, &["one listener has one name"]);
}
