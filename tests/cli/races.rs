//! What must come out right whoever is first: ports of two families, paths that several listeners want, resets at once.

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use crate::support::{Child, Listener, Peer, Sandbox, Signal, Status};

/// Ports from which the system chooses.
fn chosen_from() -> std::ops::RangeInclusive<u16> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
    let mut bounds = range.split_whitespace().map(|bound| bound.parse::<u16>().unwrap());
    bounds.next().unwrap()..=bounds.next().unwrap()
}

#[test]
fn b21_port_0_of_a_name_with_two_families_is_free_on_both() {
    let sandbox = Sandbox::new();
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("skipped: b21_port_0_of_a_name_with_two_families_is_free_on_both needs IPv6");
        return;
    }
    let limits = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limits.maximum, ..limits };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, raised).unwrap();
    // Three of four ports are taken on one family: what is free on the other is mostly not free on both.
    let taken: Vec<TcpListener> = chosen_from()
        .filter(|port| port % 8 > 1)
        .filter_map(|port| TcpListener::bind(("127.0.0.1", port)).ok())
        .collect();
    assert!(taken.len() > 1000, "only {} ports could be taken", taken.len());
    for _ in 0..10 {
        let mut child = sandbox.netverb(["accept", "localhost:0", "--echo", "--json"]).spawn();
        let listening = child.wait_events("listening", 2);
        assert_eq!(listening[0]["port"], listening[1]["port"]);
        child.signal(Signal::TERM);
        child.wait();
    }
}

#[test]
fn b24_of_many_listeners_for_a_stale_path_one_wins() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("socket");
    let at = format!("unix:{}", path.display());
    for round in 0..20 {
        drop(UnixListener::bind(&path).unwrap());
        let mut children: Vec<Child> =
            (0..8).map(|_| sandbox.netverb(["accept", &at, "--once", "--respond", "it is me"]).spawn()).collect();
        // All but one end by themselves; the winner is the one that answers.
        let deadline = std::time::Instant::now() + crate::support::LIMIT;
        let mut running: Vec<usize> = (0..children.len()).collect();
        while running.len() > 1 {
            assert!(std::time::Instant::now() < deadline, "{} listen in round {round}", running.len());
            running.retain(|index| !children[*index].ends_within(Duration::from_millis(2)));
        }
        let winner = running.pop().expect("one listens");
        assert_eq!(Peer::connect_unix(&path).unwrap().read_to_end(), b"it is me", "round {round}");
        for (index, mut child) in children.drain(..).enumerate() {
            let ended = child.wait();
            match index == winner {
                true => ended.exits(0),
                false => ended.failed(45, &["another process listens there"]),
            };
        }
        assert!(!path.exists(), "round {round}");
    }
}

#[test]
fn b05_a_reset_at_once_is_a_lost_connection_and_not_a_refusal() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let resets = std::thread::spawn(move || {
        while let Ok(peer) = listener.accept_within(Duration::from_secs(2)) {
            peer.reset();
        }
    });
    for _ in 0..100 {
        let ended = sandbox.netverb(["open", &id, "--recv-only"]).run();
        assert_eq!(ended.status, Status::Exited(56), "{}", ended.stderr);
    }
    resets.join().unwrap();
}
