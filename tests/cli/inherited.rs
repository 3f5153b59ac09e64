//! Promise 28: listeners that the program was started with, by number (`fd:N`) or as systemd passes them.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

use crate::support::{Child, Peer, Sandbox, Signal};

/// A script that gives `listener`, its stdin, to the program as descriptor 3.
fn on_descriptor(sandbox: &Sandbox, listener: OwnedFd, arguments: &str) -> Child {
    let script = format!(
        "export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web; exec \"$NETVERB\" accept --json {arguments} 3<&0 </dev/null"
    );
    sandbox.shell(&script).stdin(listener).spawn()
}

#[test]
fn b28_an_inherited_listener_is_used_and_left_alone() {
    let sandbox = Sandbox::new();
    for address in ["fd:3", "systemd", "systemd:web"] {
        let path = sandbox.path("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let mut child = on_descriptor(&sandbox, listener.try_clone().unwrap().into(), &format!("--echo {address}"));
        let mut peer = Peer::connect_unix(&path).unwrap();
        peer.send(b"x");
        assert_eq!(peer.read(1), b"x");
        child.signal(Signal::TERM);
        child.wait();
        // Its giver goes on with it: the path is there, it listens, and it blocks as before.
        UnixStream::connect(&path).unwrap();
        listener.accept().unwrap();
        let flags = rustix::fs::fcntl_getfl(&listener).unwrap();
        assert!(!flags.contains(rustix::fs::OFlags::NONBLOCK));
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn b28_a_one_shot_listener_leaves_the_rest_to_its_giver() {
    let sandbox = Sandbox::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut child = on_descriptor(&sandbox, listener.try_clone().unwrap().into(), "fd:3");
    Peer::connect(port).send(b"to the program");
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"to the program");
    let client = Peer::connect(port);
    let (_, from) = listener.accept().unwrap();
    assert_eq!(client.address(), from.to_string());
}

#[test]
fn b28_descriptors_that_are_no_listeners_are_refused() {
    let sandbox = Sandbox::new();
    let refused = |script: &str, words: &[&str]| {
        sandbox.shell(script).run().failed(45, words);
    };
    refused(r#"exec "$NETVERB" accept fd:3 3</dev/null"#, &["descriptor 3"]);
    refused(r#"exec "$NETVERB" accept fd:3 3<&-"#, &["descriptor 3", "bad file descriptor"]);
    // One that the program has opened itself was not passed to it.
    for number in 3..10 {
        refused(&format!(r#"exec "$NETVERB" accept fd:{number}"#), &[&format!("descriptor {number}")]);
    }
    refused(r#"exec "$NETVERB" accept systemd"#, &["LISTEN_FDS"]);
    refused(r#"LISTEN_PID=1 LISTEN_FDS=1 exec "$NETVERB" accept systemd 3</dev/null"#, &["LISTEN_PID"]);
    let connected: OwnedFd = TcpStream::connect(listener_address()).unwrap().into();
    let mut child = sandbox.shell(r#"exec "$NETVERB" accept fd:3 3<&0 </dev/null"#).stdin(connected).spawn();
    child.wait().failed(45, &["descriptor 3", "not a listening socket"]);
}

/// A listener of this process that lives as long as it does.
fn listener_address() -> SocketAddr {
    static LISTENER: std::sync::OnceLock<TcpListener> = std::sync::OnceLock::new();
    LISTENER.get_or_init(|| TcpListener::bind("127.0.0.1:0").unwrap()).local_addr().unwrap()
}

#[test]
fn b28_a_wrong_name_of_a_passed_descriptor_is_refused() {
    let sandbox = Sandbox::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let script =
        "export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web; exec \"$NETVERB\" accept systemd:mail 3<&0 </dev/null";
    let mut child = sandbox.shell(script).stdin(OwnedFd::from(listener)).spawn();
    child.wait().failed(45, &["mail", "web"]);
}
