//! Promise 66: what is written where, and events.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{Finished, Listener, Peer, Sandbox, Signal, Status};

/// A talk of both sides, the program connecting with these options.
fn talk(sandbox: &Sandbox, options: &[&str]) -> Finished {
    let listener = Listener::tcp();
    let mut child = sandbox.netverb(["open", &listener.id()].iter().chain(options)).spawn();
    let mut peer = listener.accept();
    child.feed(b"abc".to_vec());
    assert_eq!(peer.read_to_end(), b"abc");
    peer.send(PAYLOAD);
    drop(peer);
    child.wait()
}

const PAYLOAD: &[u8] = b"hello\x00\xff\x1b[31m\n";

/// Every event has its version, a time in UTC and a known name; the last is the summary with the status of the process; and
/// what was opened is closed once, with byte counts that agree with those of its `data` events and of the summary.
#[track_caller]
fn assert_sound(ended: &Finished) -> Vec<Value> {
    let events = ended.events();
    let known = [
        "resolving",
        "resolved",
        "connecting",
        "connected",
        "tls-established",
        "listening",
        "ready",
        "accepted",
        "rejected",
        "data",
        "eof",
        "closed",
        "error",
        "exec-started",
        "exec-exited",
        "timeout",
        "inband",
        "summary",
    ];
    let mut data: BTreeMap<(String, String), u64> = BTreeMap::new();
    let (mut opened, mut closed, mut ends) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    for event in &events {
        assert_eq!(event["v"], 1, "{event}");
        let time = event["time"].as_str().unwrap();
        let age = SystemTime::now().duration_since(humantime::parse_rfc3339(time).unwrap()).unwrap();
        assert!(time.ends_with('Z') && age < Duration::from_secs(600), "{event}");
        let name = event["event"].as_str().unwrap();
        assert!(known.contains(&name), "{event}");
        let id = event["id"].as_str().unwrap_or_default().to_owned();
        match name {
            "connected" | "accepted" => _ = opened.insert(id),
            "closed" => closed.push(id),
            "eof" => assert!(ends.insert((id, event["direction"].to_string())), "ended twice: {event}"),
            "data" => {
                let direction = event["direction"].as_str().unwrap().to_owned();
                *data.entry((id, direction)).or_default() += event["length"].as_u64().unwrap();
            }
            _ => {}
        }
    }
    for (event, direction, field) in events
        .iter()
        .filter(|event| event["event"] == "closed")
        .flat_map(|event| [(event, "in", "bytes_in"), (event, "out", "bytes_out")])
    {
        let id = event["id"].as_str().unwrap().to_owned();
        // What the target of a forward sent is what its client got, and told as such.
        let told = match (id.split_once('>'), direction) {
            (None, direction) => (id, direction),
            (Some((client, _)), "in") => (client.to_owned(), "out"),
            (Some((client, _)), _) => (client.to_owned(), "in"),
        };
        let sum = data.get(&(told.0, told.1.to_owned())).copied().unwrap_or(0);
        assert_eq!(event[field], sum, "{event}");
    }
    closed.sort_unstable();
    assert_eq!(opened.into_iter().collect::<Vec<_>>(), closed, "what was opened, and what was closed");
    let summary = events.last().unwrap();
    assert_eq!(summary["event"], "summary", "{summary}");
    let status = match ended.status {
        Status::Exited(status) => status,
        Status::Killed(signal) => 128 + signal,
    };
    assert_eq!(summary["status"], status, "{summary}");
    for (direction, field) in [("in", "bytes_in"), ("out", "bytes_out")] {
        let sum: u64 = data.iter().filter(|((_, way), _)| way == direction).map(|(_, length)| length).sum();
        assert_eq!(summary[field], sum, "{summary}");
    }
    assert!(summary["phases"]["total"].as_f64().unwrap() > 0.0, "{summary}");
    events
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).filter(|name| *name != "data").collect()
}

#[test]
fn b66_what_is_told_is_never_on_stdout() {
    let sandbox = Sandbox::new();
    for options in [
        &[][..],
        &["-v"],
        &["-vv"],
        &["-j"],
        &["--progress"],
        &["--hash", "sha256"],
        &["--hex-dump", "-"],
        &["-vv", "--on-open", "echo from the hook"],
        &["--color", "always", "-vv"],
    ] {
        let ended = talk(&sandbox, options);
        ended.exits(0);
        assert_eq!(ended.stdout, PAYLOAD, "{options:?}");
        assert_eq!(ended.stderr.is_empty(), options.is_empty(), "{options:?}: {}", ended.stderr);
    }
}

#[test]
fn b66_quiet_says_nothing_not_even_errors() {
    let sandbox = Sandbox::new();
    let ended = talk(&sandbox, &["--quiet", "--hash", "sha256"]);
    assert_eq!((&ended.exits(0).stdout[..], &ended.stderr[..]), (PAYLOAD, ""));
    let closed = Listener::closed();
    let ended = sandbox.netverb(["open", "--quiet", &closed.id()]).run();
    assert_eq!((&ended.exits(7).stdout[..], &ended.stderr[..]), (&b""[..], ""));
}

#[test]
fn b66_each_level_says_more() {
    let sandbox = Sandbox::new();
    let [silent, verbose, debug] = [&[][..], &["-v"], &["-vv"]].map(|options| talk(&sandbox, options).stderr);
    assert_eq!(silent, "");
    assert!(verbose.contains("connected to 127.0.0.1:") && !verbose.contains("connecting"), "{verbose}");
    for text in ["connecting to", "sent 3 bytes", &format!("received {} bytes", PAYLOAD.len())] {
        assert!(debug.contains(text), "{text:?} is not in {debug}");
    }
    assert!(debug.lines().all(|line| line.starts_with("netverb: ")), "{debug}");
}

#[test]
fn b66_the_events_of_a_connection() {
    let sandbox = Sandbox::new();
    let ended = talk(&sandbox, &["-j"]);
    let events = assert_sound(&ended);
    let mut told = names(&events);
    // The two ends may come in any order.
    assert_eq!(told.iter().filter(|name| **name == "eof").count(), 2);
    told.retain(|name| *name != "eof");
    assert_eq!(told, ["connecting", "connected", "closed", "summary"]);
    let closed = &events[events.len() - 2];
    assert_eq!((&closed["bytes_in"], &closed["bytes_out"]), (&PAYLOAD.len().into(), &3.into()));
}

#[test]
fn b66_the_events_of_a_listener_with_many_clients() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.netverb(["accept", "-j", "-k", "--half-open", "0", "127.0.0.1:0"]).spawn();
    let port = child.port();
    let mut clients: Vec<Peer> = (0..4).map(|_| Peer::connect(port)).collect();
    child.wait_events("accepted", 4);
    let mut addresses = Vec::new();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(&vec![b'x'; 1000 * (number + 1)]);
        child.read_stdout(1000 * (number + 1));
        addresses.push(client.address());
    }
    child.send(b"to all");
    for client in &mut clients {
        assert_eq!(client.read(6), b"to all");
    }
    // One resets, two close, one is still there at the end.
    let last = clients.pop();
    clients.pop().unwrap().reset();
    drop(clients);
    child.wait_events("closed", 3);
    child.signal(Signal::TERM);
    let ended = child.wait();
    drop(last);
    let events = assert_sound(&ended);
    assert_eq!(names(&events)[..2], ["listening", "ready"]);
    for (number, address) in addresses.iter().enumerate() {
        let of_it = events.iter().find(|event| event["event"] == "closed" && event["peer"] == address.as_str());
        let closed = of_it.unwrap_or_else(|| panic!("no end of {address}"));
        assert_eq!((&closed["bytes_in"], &closed["bytes_out"]), (&(1000 * (number + 1)).into(), &6.into()));
        assert!(closed["id"].as_str().unwrap().contains(address), "{closed}");
    }
}

#[test]
fn b66_events_pair_up_and_count_right_however_it_ends() {
    let sandbox = Sandbox::new();
    let closed = Listener::closed();
    assert_sound(sandbox.netverb(["open", "-j", &closed.id()]).run().exits(7));
    let deaf = Listener::deaf("127.0.0.1:0").unwrap();
    assert_sound(sandbox.netverb(["open", "-j", "--connect-timeout", "0.2", &deaf.id()]).run().exits(28));
    for end in ["reset", "idle", "deadline", "signal", "output"] {
        let listener = Listener::tcp();
        let run = sandbox.netverb(
            match end {
                "idle" => vec!["open", "-j", "--idle-timeout", "0.3"],
                "deadline" => vec!["open", "-j", "--deadline", "0.5"],
                _ => vec!["open", "-j"],
            }
            .into_iter()
            .chain([listener.id().as_str()]),
        );
        let run =
            if end == "output" { run.stdout(File::options().write(true).open("/dev/full").unwrap()) } else { run };
        let mut child = run.spawn();
        let mut peer = listener.accept();
        child.send(b"12345");
        assert_eq!(peer.read(5), b"12345");
        peer.send(b"678");
        if end != "output" {
            child.read_stdout(3);
        }
        match end {
            "reset" => peer.reset(),
            "signal" => child.signal(Signal::TERM),
            _ => {}
        }
        let ended = child.wait();
        let status = match end {
            "reset" => Status::Exited(56),
            "signal" => Status::Killed(15),
            "output" => Status::Exited(23),
            _ => Status::Exited(28),
        };
        assert_eq!(ended.status, status, "{end}");
        assert_sound(&ended);
    }
}

#[test]
fn b66_the_events_of_services_pair_up() {
    let sandbox = Sandbox::new();
    let target = Listener::tcp();
    for service in [&["--echo"][..], &["--discard"], &["--broker"], &["--to", &target.id()], &["-c", "cat"]] {
        let mut child = sandbox.netverb(["accept", "-j", "127.0.0.1:0"].iter().chain(service)).spawn();
        let port = child.port();
        let mut left = Peer::connect(port);
        left.send(b"one that leaves");
        left.end();
        if service[0] == "--to" {
            let mut peer = target.accept();
            assert_eq!(peer.read_to_end(), b"one that leaves");
        }
        left.read_to_end();
        child.wait_event("closed");
        let mut stays = Peer::connect(port);
        stays.send(b"one that stays");
        let id = child.wait_events("accepted", 2)[1]["id"].clone();
        child.wait_for_events("the second is served", 1, |event| event["event"] == "data" && event["id"] == id);
        child.signal(Signal::TERM);
        assert_sound(&child.wait());
    }
}

#[test]
fn b66_messages_are_counted() {
    let sandbox = Sandbox::new();
    let listener = Listener::seqpacket(&sandbox.path("socket"));
    let mut child = sandbox.netverb(["open", "-j", &listener.id()]).spawn();
    let mut peer = listener.accept();
    child.feed(b"one\ntwo\nthree\n".to_vec());
    for _ in 0..3 {
        peer.packet();
    }
    peer.send(b"x");
    peer.send(b"yy");
    drop(peer);
    let ended = child.wait();
    let events = assert_sound(ended.exits(0));
    let summary = events.last().unwrap();
    assert_eq!((&summary["messages_in"], &summary["messages_out"]), (&2.into(), &3.into()));
    assert_eq!((&summary["bytes_in"], &summary["bytes_out"]), (&3.into(), &11.into()));
}

#[test]
fn b66_a_refused_command_line_is_told_as_events_too() {
    let sandbox = Sandbox::new();
    for (words, status) in [
        (&["open", "-j", "--bogus", "127.0.0.1:1"][..], 2),
        (&["open", "-j", "127.0.0.1:x"], 3),
        // Its rows would stand between the events.
        (&["open", "-j", "--hex-dump", "-", "127.0.0.1:1"], 2),
    ] {
        let ended = sandbox.netverb(words).run();
        let events = assert_sound(ended.exits(status));
        assert_eq!(names(&events), ["error", "summary"]);
    }
}

#[test]
fn b66_the_phases_of_a_run_are_those_that_happened() {
    let sandbox = Sandbox::new();
    let phases = |events: &[Value]| {
        let phases = events.last().unwrap()["phases"].as_object().unwrap().clone();
        phases.keys().cloned().collect::<Vec<_>>()
    };
    let events = talk(&sandbox, &["-j"]).events();
    assert_eq!(phases(&events), ["connect", "first_byte", "total"]);
    let listener = Listener::tcp();
    let name = format!("localhost:{}", listener.port());
    let events = sandbox.netverb(["open", "-j", "-z", "-4", &name]).run().events();
    assert_eq!(phases(&events), ["dns", "connect", "total"]);
    let resolved = events.iter().find(|event| event["event"] == "resolved").unwrap();
    assert_eq!((&resolved["host"], &resolved["addresses"]), (&"localhost".into(), &vec!["127.0.0.1"].into()));
}

#[test]
fn b66_digests_are_those_of_the_bytes() {
    let sandbox = Sandbox::new();
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let ended = talk(&sandbox, &["--hash", "sha256"]);
    assert!(ended.stderr.contains(&format!("sha256 out {abc}\n")), "{}", ended.stderr);
    let ended = talk(&sandbox, &["--hash", "sha256", "-j"]);
    let hash = &ended.events().pop().unwrap()["hash"];
    assert_eq!((&hash["algorithm"], &hash["out"]), (&"sha256".into(), &abc.into()));
    let abc = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
    let ended = talk(&sandbox, &["--hash", "blake3", "-j"]);
    assert_eq!(ended.events().pop().unwrap()["hash"]["out"], abc);
}

#[test]
fn b66_a_hex_dump_shows_every_byte() {
    let sandbox = Sandbox::new();
    let shown = "00000000  68 65 6c 6c 6f 00 ff 1b  5b 33 31 6d 0a           |hello...[31m.|\n";
    assert_eq!(String::from_utf8(talk(&sandbox, &["--hex"]).stdout).unwrap(), shown);
    let sent = "> 00000000  61 62 63                                          |abc|\n";
    let both = format!("{sent}< {shown}");
    assert_eq!(talk(&sandbox, &["--hex-dump", "-"]).stderr, both);
    talk(&sandbox, &["--hex-dump", "dump"]).exits(0);
    assert_eq!(std::fs::read_to_string(sandbox.path("dump")).unwrap(), both);
}
