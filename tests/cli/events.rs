//! Promise 66: what every event has, on every way that a run can go.

use std::net::UdpSocket;

use serde_json::Value;

use crate::kept::Kept;
use crate::support::{Finished, Listener, Sandbox};

/// The events of a run, each of which has what every event has, and the last of which is the summary.
#[track_caller]
fn events(ended: &Finished) -> Vec<Value> {
    let events = ended.events();
    for event in &events {
        let has = |field: &str| event[field].is_string();
        assert!(event["v"] == 1 && has("time") && has("event") && has("id"), "{event}");
        if let "connecting" | "connected" | "closed" | "accepted" | "rejected" = event["event"].as_str().unwrap() {
            assert!(has("peer"), "{event}");
        }
    }
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let summaries = names.iter().filter(|name| **name == "summary").count();
    assert!(summaries == 1 && names.last() == Some(&"summary"), "{names:?}");
    let mut opened: Vec<&str> = Vec::new();
    for event in &events {
        let id = event["id"].as_str().unwrap();
        match event["event"].as_str().unwrap() {
            "connected" | "accepted" => opened.push(id),
            "closed" => {
                let at = opened.iter().position(|open| *open == id).expect("closed, but never opened");
                opened.remove(at);
            }
            _ => {}
        }
    }
    events
}

/// Runs to a status, which the summary has too, and returns the events.
#[track_caller]
fn run(sandbox: &Sandbox, words: &[&str], status: i32) -> Vec<Value> {
    let ended = sandbox.netverb([words, &["--json"]].concat()).run();
    ended.exits(status);
    let events = events(&ended);
    assert_eq!(events.last().unwrap()["status"], status, "{words:?}");
    events
}

fn only<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

#[test]
fn b66_every_event_has_the_id_of_what_the_run_is_about() {
    let sandbox = Sandbox::new();
    let nobody = Listener::closed().id();
    let ids = |words: &[&str], status, id: &str| {
        for event in run(&sandbox, words, status) {
            assert_eq!(event["id"], id, "{words:?}: {event}");
        }
    };
    ids(&["open", &nobody], 7, &nobody);
    ids(&["open", "-z", &nobody], 7, &nobody);
    ids(&["wait", &nobody, "-w", "0"], 28, &nobody);
    ids(&["wait", "--gone", &nobody], 0, &nobody);
    ids(&["resolve", "127.0.0.1", "-n"], 0, "127.0.0.1");
    ids(&["read", "nothing"], 110, "nothing");
    ids(&["close", "nothing"], 110, "nothing");
    ids(&["accept", &format!("unix:{}", sandbox.path("no/s").display())], 45, "");
    // Nothing is known of them.
    ids(&["open", "localhost:99999"], 3, "");
    ids(&["open", "--bogus", &nobody], 2, "");
    ids(&["sockets"], 0, "");
}

#[test]
fn b66_a_run_about_several_things_is_about_none_of_them() {
    let sandbox = Sandbox::new();
    let events = run(&sandbox, &["resolve", "-n", "127.0.0.1", "localhost"], 6);
    assert_eq!(only(&events, "resolving")[0]["id"], "127.0.0.1");
    assert_eq!((&only(&events, "error")[0]["id"], &events.last().unwrap()["id"]), (&"".into(), &"".into()));
    let mut child = sandbox.netverb(["accept", "127.0.0.1:0,0", "--echo", "--json"]).spawn();
    assert_eq!(child.wait_event("ready")["id"], "");
    child.signal(rustix::process::Signal::TERM);
    child.wait();
}

#[test]
fn b66_a_listener_without_a_name_is_its_address_and_so_is_what_it_rejects() {
    let sandbox = Sandbox::new();
    let mut child =
        sandbox.netverb(["accept", "127.0.0.1:0", "--echo", "--deny", "all", "--deadline", "2", "--json"]).spawn();
    let address = format!("127.0.0.1:{}", child.port());
    child.wait_event("ready");
    // Who is reset before connect(2) has returned hears of it there.
    let client = std::net::TcpStream::connect(&address);
    let rejected = child.wait_event("rejected");
    assert_eq!(rejected["id"], address.as_str(), "{rejected}");
    drop(client);
    let ended = child.wait();
    ended.exits(28);
    assert!(events(&ended).iter().all(|event| event["id"] == address.as_str()), "{}", ended.stderr);
}

#[test]
fn b66_every_time_limit_has_one_event() {
    let sandbox = Kept::new();
    let (silent, deaf) = (Listener::tcp(), Listener::deaf("127.0.0.1:0").unwrap());
    let nobody = Listener::closed();
    sandbox.says(&["open", &format!("{}/kept", silent.id())]);
    sandbox.says(&["accept", "0/door"]);
    for words in [
        &["open", &deaf.id(), "--connect-timeout", "100ms"][..],
        &["open", "-z", &deaf.id(), "-w", "100ms"],
        &["open", &silent.id(), "--recv-only", "--idle-timeout", "100ms"],
        &["open", &silent.id(), "--recv-only", "-w", "100ms"],
        &["open", &silent.id(), "--recv-only", "--deadline", "500ms"],
        &["open", &silent.id(), "--expect", "x", "-w", "500ms"],
        &["open", &format!("{}/other", deaf.id()), "--connect-timeout", "100ms"],
        &["wait", &nobody.id(), "-w", "100ms"],
        &["read", "kept", "-w", "100ms"],
        &["ask", "kept", "x", "-w", "100ms"],
        &["expect", "kept", "x", "-w", "100ms"],
        &["next", "door", "-w", "100ms"],
    ] {
        let events = run(&sandbox.0, words, 28);
        let timeouts = only(&events, "timeout");
        assert!(timeouts.len() == 1 && timeouts[0]["limit"].is_string(), "{words:?}: {timeouts:?}");
    }
    // A client of many, whose limit ends nothing else.
    let mut child = sandbox.0.netverb(["accept", "127.0.0.1:0", "--echo", "--idle-timeout", "100ms", "--json"]).spawn();
    let _client = std::net::TcpStream::connect(("127.0.0.1", child.port())).unwrap();
    let (timeout, closed) = (child.wait_event("timeout"), child.wait_event("closed"));
    assert_eq!((&timeout["id"], &closed["reason"]), (&closed["id"], &Value::from("idle for 100ms")));
    child.signal(rustix::process::Signal::TERM);
    child.wait();
}

#[test]
fn b66_each_message_is_one_event() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("s");
    let listener = Listener::seqpacket(&path);
    let mut child = sandbox.netverb(["open", &listener.id(), "--json"]).spawn();
    let mut peer = listener.accept();
    for message in [&b"one"[..], b"", b"three"] {
        child.send(&[message, b"\n"].concat());
        assert_eq!(peer.packet(), message);
    }
    peer.end();
    let ended = child.wait();
    let lengths: Vec<u64> =
        only(&events(&ended), "data").iter().map(|event| event["length"].as_u64().unwrap()).collect();
    assert_eq!(lengths, [3, 0, 5]);
}

#[test]
fn b66_a_failure_has_its_remedy_in_the_event() {
    let sandbox = Sandbox::new();
    let events = run(&sandbox, &["read", "nothing"], 110);
    assert_eq!(only(&events, "error")[0]["hints"][0], "netverb sockets lists what is open");
}

#[test]
fn b66_datagrams_have_addresses_and_are_opened_before_they_are_closed() {
    let sandbox = Sandbox::new();
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for words in [
        &["open", "-z", &format!("udp://localhost:{}", nobody.port()), "-4"][..],
        &["datagram", "-4", &format!("localhost:{}", nobody.port()), "hello"],
    ] {
        let events = run(&sandbox, words, 7);
        for name in ["connected", "closed"] {
            assert_eq!(only(&events, name)[0]["peer"], nobody.to_string(), "{words:?}");
        }
        assert_eq!(only(&events, "connected")[0]["transport"], "udp");
    }
}

#[test]
fn b66_looking_up_is_told_and_timed() {
    let sandbox = Sandbox::new();
    let events = run(&sandbox, &["resolve", "localhost"], 0);
    assert_eq!(only(&events, "resolving")[0]["host"], "localhost");
    assert!(!only(&events, "resolved")[0]["addresses"].as_array().unwrap().is_empty());
    assert!(events.last().unwrap()["phases"]["dns"].is_number());
}

#[test]
fn b66_what_a_command_takes_from_a_kept_socket_and_gives_is_counted() {
    let sandbox = Kept::new();
    let events = {
        let listener = Listener::tcp();
        let opened = run(&sandbox.0, &["open", &format!("{}/s", listener.id())], 0);
        let mut peer = listener.accept();
        peer.send(b"one\ntwo\n");
        let read = run(&sandbox.0, &["read", "s"], 0);
        let wrote = run(&sandbox.0, &["write", "s", "12345"], 0);
        let asked = run(&sandbox.0, &["ask", "s", "123"], 0);
        assert_eq!(peer.read(8), b"12345123");
        peer.send(b"more");
        let expected = run(&sandbox.0, &["expect", "s", "mor"], 0);
        let late = run(&sandbox.0, &["read", "s", "-w", "0"], 28);
        [opened, read, wrote, asked, expected, late]
    };
    let totals = events.each_ref().map(|events| {
        let summary = events.last().unwrap();
        assert_eq!(summary["id"], "s");
        (summary["bytes_in"].as_u64().unwrap(), summary["bytes_out"].as_u64().unwrap())
    });
    assert_eq!(totals, [(0, 0), (4, 0), (0, 5), (4, 3), (3, 0), (0, 0)]);
    assert!(events[0].last().unwrap()["phases"]["connect"].is_number(), "{:?}", events[0]);
}

#[test]
fn b66_a_command_that_is_run_ends_before_the_summary_that_has_its_status() {
    let sandbox = Kept::new();
    let listener = Listener::tcp();
    for words in [&["wait", "--json", &listener.id()][..], &["session", "--json", "run"]] {
        let ended = sandbox.0.netverb([words, &["--", "sh", "-c", "echo said; exit 3"]].concat()).run();
        ended.exits(3);
        let events = events(&ended);
        let (started, exited) = (only(&events, "exec-started"), only(&events, "exec-exited"));
        assert_eq!((&started[0]["pid"], &exited[0]["status"]), (&exited[0]["pid"], &Value::from(3)));
        assert_eq!((ended.stdout.as_slice(), &events.last().unwrap()["status"]), (&b"said\n"[..], &Value::from(3)));
    }
}
