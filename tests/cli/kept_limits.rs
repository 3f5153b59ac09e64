//! What ends a verb that waits on a kept socket from outside: a deadline, a signal. And words that keeping has no use for.

use rustix::process::Signal;
use serde_json::Value;

use crate::kept::Kept;
use crate::support::{Child, Status, wait_until};

/// Waits until a run has caught a signal, which it does before it waits for anything else.
fn wait_caught(child: &Child, signal: Signal) {
    let path = format!("/proc/{}/status", child.pid().as_raw_nonzero());
    wait_until("it catches the signal", || {
        let status = std::fs::read_to_string(&path).ok()?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
        (caught & (1 << (signal.as_raw() - 1)) != 0).then_some(())
    });
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["event"].as_str()).collect()
}

#[test]
fn b16_a_signal_ends_a_verb_that_waits_and_its_summary_is_told() {
    let kept = Kept::new();
    let _peer = kept.open("s", &[]);
    kept.says(&["accept", "0/web"]);
    for (words, signal) in [
        (&["read", "s"][..], Signal::TERM),
        (&["expect", "s", "never"], Signal::INT),
        (&["next", "web"], Signal::HUP),
        (&["ask", "s", "what?"], Signal::TERM),
    ] {
        let mut child = kept.0.netverb([words, &["-j", "-w", "infinite"]].concat()).spawn();
        wait_caught(&child, signal);
        child.signal(signal);
        let ended = child.wait();
        assert_eq!(ended.status, Status::Killed(signal.as_raw()), "{words:?}");
        let events = ended.events();
        let last = events.last().expect("the summary");
        assert_eq!((&last["event"], &last["id"]), (&Value::from("summary"), &Value::from(words[1])));
        assert_eq!(last["status"], 128 + signal.as_raw());
    }
}

#[test]
fn b54_a_deadline_ends_every_wait_and_loses_nothing() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    kept.says(&["accept", "0/web"]);
    peer.send(b"partial");
    kept.wait_status("s", "the beginning", |status| status["unread"] == 7);
    for words in [
        &["read", "s"][..],
        &["expect", "s", "never"],
        &["ask", "s", "what?"],
        &["next", "web"],
        // Its stdin stays open.
        &["write", "s"],
    ] {
        let words = [words, &["-w", "infinite", "--deadline", "200ms"]].concat();
        let ended = kept.0.netverb(&words).spawn().wait();
        ended.failed(28, &["timed out: the deadline of 200ms has passed"]);
        let ended = kept.0.netverb([&words[..], &["-j"]].concat()).spawn().wait();
        ended.exits(28);
        assert_eq!(names(&ended.events()), ["timeout", "error", "summary"], "{words:?}");
        assert_eq!(ended.events()[2]["status"], 28);
    }
    assert_eq!(kept.says(&["read", "s", "--any", "--deadline", "20s"]), "partial");
}

#[cfg(feature = "tuples")]
#[test]
fn b54_a_deadline_holds_for_tuples_of_a_kept_socket() {
    let kept = Kept::new();
    let _peer = kept.open("s", &[]);
    let words = ["recv-tuple", "s", "-w", "infinite", "--deadline", "200ms"];
    kept.run(&words).failed(28, &["the deadline of 200ms"]);
}

#[test]
fn b04_what_is_about_the_end_of_stdin_has_no_use_for_a_kept_socket() {
    let kept = Kept::new();
    for word in [&["-N"][..], &["--half-open", "3s"]] {
        kept.run(&[&["open", "127.0.0.1:9/s"], word].concat()).failed(2, &[word[0], "--foreground"]);
        kept.run(&[&["accept", "0/s"], word].concat()).failed(2, &[word[0], "--foreground"]);
    }
    assert_eq!(kept.says(&["sockets", "--ids"]), "");
}

#[test]
fn ids_are_listed_as_they_were_written() {
    let kept = Kept::new();
    let _peer = kept.open("Mail", &[]);
    let port = kept.says(&["accept", "0/WeB"]);
    let _client = crate::support::Peer::connect(port.trim().parse().unwrap());
    assert_eq!(kept.says(&["next", "web"]), "WeB.1\n");
    assert_eq!(kept.says(&["sockets", "--ids"]), "Mail\nWeB.1\nWeB\n");
    assert_eq!(kept.says(&["sockets", "--ids", "--json"]), "{\"id\":\"Mail\"}\n{\"id\":\"WeB.1\"}\n{\"id\":\"WeB\"}\n");
    // The name stays the same one, whatever its case.
    kept.says(&["close", "MAIL"]);
    let _peer = kept.open("mAil", &[]);
    assert!(kept.says(&["sockets", "--ids"]).starts_with("mAil\n"));
}

#[test]
fn sessions_are_listed_as_json() {
    let kept = Kept::new();
    kept.says(&["session", "new", "one"]);
    assert_eq!(kept.says(&["session", "list", "-j"]), "{\"session\":\"one\"}\n");
    kept.says(&["session", "end", "one"]);
}

#[test]
fn b30_on_open_runs_with_the_handle_of_a_kept_socket() {
    let kept = Kept::new();
    let listener = crate::support::Listener::tcp();
    let id = format!("{}/Mail", listener.id());
    let hook = r#"echo "$NETVERB_ID $NETVERB_PEER $REMOTE_PORT"; "$NETVERB" write "$1" greeting; (exit 3); : "#;
    let ended = kept.run(&["-j", "open", &id, "--on-open", hook]);
    ended.exits(0);
    assert_eq!(ended.stdout, b"Mail\n");
    assert!(ended.stderr.contains(&format!("Mail {} {}\n", listener.id(), listener.port())), "{}", ended.stderr);
    let told = ["exec-started", "exec-exited", "summary"];
    let at = told.map(|name| ended.stderr.find(&format!("\"event\":\"{name}\"")).expect(name));
    assert!(at.is_sorted(), "{}", ended.stderr);
    assert_eq!(listener.accept().read(8), b"greeting");
}

/// A connection that both ends are about to go on with in TLS: `mail` and `web.1`.
#[cfg(feature = "tls")]
fn about_to_be_secured(kept: &Kept) -> Child {
    let port = kept.says(&["accept", "0/web"]);
    kept.says(&["open", &format!("localhost:{}/mail", port.trim())]);
    kept.says(&["next", "web"]);
    kept.0.netverb(["secure", "web.1", "--self-signed"]).spawn()
}

#[cfg(feature = "tls")]
#[test]
fn b46_secure_shows_what_was_agreed_on() {
    let kept = Kept::new();
    let mut server = about_to_be_secured(&kept);
    let ended = kept.run(&["-j", "secure", "mail", "--no-verify", "--tls-info"]);
    ended.exits(0);
    let shown: Value = serde_json::from_slice(&ended.stdout).expect("an object");
    assert_eq!(shown["protocol"], "TLSv1.3");
    let events = ended.events();
    assert_eq!(names(&events), ["tls-established", "summary"]);
    assert_eq!((&events[0]["id"], &events[0]["chain"]), (&Value::from("mail"), &shown["chain"]));
    assert!(events[1]["phases"]["tls"].is_number());
    // The pin of the certificate that was made is the one that the other end saw.
    let said = server.wait();
    said.exits(0);
    let pin = format!("--pin sha256:{}", shown["chain"][0]["sha256"].as_str().unwrap());
    assert!(said.stderr.contains(&pin), "{pin} is not in {}", said.stderr);
}

#[cfg(feature = "tls")]
#[test]
fn b44_secure_demands_days() {
    let kept = Kept::new();
    let mut server = about_to_be_secured(&kept);
    let ended = kept.run(&["secure", "mail", "--no-verify", "--min-days", "1000000"]);
    ended.failed(60, &["mail: the certificate is valid for", "--min-days wants 1000000"]);
    server.wait();
    kept.run(&["write", "mail", "x"]).failed(60, &["--min-days"]);
}
