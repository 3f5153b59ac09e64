//! Promises 1 to 16: what a stream between stdin, stdout and a socket does.

use crate::support::{Listener, Sandbox};

#[test]
fn b05_reset_in_mid_session_is_56() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = sandbox.netverb(["open", &listener.id()]).spawn();
    let mut peer = listener.accept();
    peer.send(b"half of it");
    assert_eq!(child.read_stdout(10), b"half of it");
    peer.reset();
    let ended = child.wait();
    ended.exits(56);
    assert_eq!(ended.stdout, b"half of it");
    assert!(ended.stderr.contains(&listener.id()) && ended.stderr.contains("reset"), "{}", ended.stderr);
}
