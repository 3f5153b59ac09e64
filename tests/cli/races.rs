//! What must come out right whoever is first: ports of two families, paths that several listeners want, resets at once.

use std::os::unix::net::UnixListener;
use std::time::Duration;

use crate::support::{Child, Listener, Peer, Sandbox, Status, close};

/// A network of its own with sixteen ports to choose from, of which a half is taken in one of the two families of `localhost`.
const FEW_PORTS: &str = r#"
    mount --bind hosts /etc/hosts && ip link set lo up || exit 99
    echo "40000 40015" > /proc/sys/net/ipv4/ip_local_port_range || exit 99
    "$NETVERB" accept 127.0.0.1:40000-40003,40008-40011 --discard --port-file taken & first=$!
    until [ -s taken ]; do sleep 0.02; done
    for round in 1 2 3 4 5 6 7 8 9 10; do
        "$NETVERB" accept localhost:0 --discard --port-file port & second=$!
        until [ -s port ] || ! kill -0 $second 2> /dev/null; do sleep 0.02; done
        cat port && rm port
        kill $second
    done
    kill $first
"#;

#[test]
fn b21_port_0_of_a_name_with_two_families_is_free_on_both() {
    let sandbox = Sandbox::new();
    if !rustix::process::geteuid().is_root() {
        eprintln!(
            "skipped: b21_port_0_of_a_name_with_two_families_is_free_on_both needs the superuser, who makes networks"
        );
        return;
    }
    sandbox.write("hosts", "127.0.0.1 localhost\n::1 localhost\n");
    let ended = sandbox.program("unshare", "util-linux", ["--net", "--mount", "sh", "-c", FEW_PORTS]).run();
    if ended.status == Status::Exited(99) {
        eprintln!("skipped: b21_port_0_of_a_name_with_two_families_is_free_on_both may not make a network here");
        return;
    }
    let ports = String::from_utf8(ended.stdout).unwrap();
    let free = |port: &str| {
        port.parse().is_ok_and(|port: u16| (40004..40008).contains(&port) || (40012..40016).contains(&port))
    };
    assert_eq!(ports.lines().filter(|port| free(port)).count(), 10, "{ports}{}", ended.stderr);
}

#[test]
fn b24_of_many_listeners_for_a_stale_path_one_wins() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("socket");
    let at = format!("unix:{}", path.display());
    for round in 0..20 {
        close(UnixListener::bind(&path).unwrap());
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
