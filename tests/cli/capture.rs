//! Captures that cannot be made. What is in them is seen by other programs, in the tests of those.

use crate::support::{Listener, Peer, Sandbox, close, wait_until};

#[test]
fn b76_a_capture_on_a_full_disk_is_an_error_and_never_a_gap() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    // Nobody is connected to for a file that cannot be begun.
    for file in ["/dev/full", "missing/file"] {
        sandbox.netverb(["open", "--pcap", file, &listener.id()]).run().failed(23, &["cannot write", file]);
    }
    assert!(listener.accept_within(std::time::Duration::ZERO).is_err());
}

/// A pipe whose reader goes away stands for a disk that fills up later.
#[test]
fn b76_a_capture_that_breaks_off_ends_the_command() {
    let sandbox = Sandbox::new();
    let pipe = sandbox.path("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    for service in ["--echo", "--respond=hello", "-ccat"] {
        let _ = std::fs::remove_file(sandbox.path("port"));
        let accept = ["accept", "127.0.0.1:0", "--port-file", "port", "--pcap", "pipe", service];
        let mut child = sandbox.netverb(accept).spawn();
        let reader = std::fs::File::open(&pipe).unwrap();
        let port = wait_until("the port file", || std::fs::read_to_string(sandbox.path("port")).ok());
        close(reader);
        let mut client = Peer::connect(port.trim().parse().unwrap());
        let _ = std::io::Write::write(&mut client, b"x");
        child.wait().failed(23, &["pcap file"]);
    }
}

#[test]
fn b76_a_kept_socket_has_no_capture() {
    let sandbox = Sandbox::new();
    let run = sandbox.netverb(["open", "--pcap", "file", "localhost:1/name"]).run();
    run.failed(2, &["--pcap", "--foreground"]);
}
