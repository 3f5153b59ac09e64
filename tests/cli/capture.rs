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

/// A capture goes to stdout where nothing else does, and to no file of the name "-".
#[test]
fn b76_a_capture_on_stdout_is_alone_there() {
    let sandbox = Sandbox::new();
    let begins = |bytes: &[u8]| assert_eq!(bytes.get(..4), Some(&b"\x0a\x0d\x0d\x0a"[..]), "{}", bytes.escape_ascii());
    let listener = Listener::tcp();
    let id = listener.id();
    for words in [&["--output", "received"][..], &["--send-only"], &["-c", "cat >/dev/null"]] {
        let child = sandbox.netverb(["open", "--pcap", "-", &id].iter().chain(words)).spawn();
        let mut peer = listener.accept();
        peer.send(b"received");
        drop(peer);
        let mut child = child;
        let ended = child.wait();
        begins(&ended.stdout);
        assert!(ended.stdout.windows(8).any(|window| window == b"received") || words == ["--send-only"]);
    }
    let server = sandbox.netverb(["accept", "--json", "--once", "127.0.0.1:0", "--echo", "--pcap", "-"]).spawn();
    let mut client = Peer::connect(server.port());
    client.end();
    assert_eq!(client.read_to_end(), b"");
    let mut server = server;
    begins(&server.wait().stdout);
    for (words, said) in [
        (&["open", "--pcap", "-", &id][..], "-o FILE"),
        (&["open", "--transcript", "-", &id], "-o FILE"),
        (&["open", "--pcap", "-", "--transcript", "-", "-o", "received", &id], "both go to stdout"),
        (&["accept", "127.0.0.1:0", "--pcap", "-"], "-o FILE"),
        (&["accept", "127.0.0.1:0", "--echo", "--view", "--pcap", "-"], "both go to stdout"),
        (&["datagram", "127.0.0.1:9", "--pcap", "-", "x"], "-o FILE"),
        (&["datagram", "127.0.0.1:9/name", "--pcap", "file"], "--foreground"),
    ] {
        sandbox.netverb(words).run().failed(2, &[said]);
    }
    assert!(!sandbox.path("-").exists());
}

#[test]
fn b76_a_terminal_gets_no_packets() {
    let sandbox = Sandbox::new();
    let mut terminal =
        crate::support::Terminal::shell(&sandbox, "exec \"$NETVERB\" accept 127.0.0.1:0 --echo --pcap -");
    terminal.wait_screen("a terminal cannot show");
    assert_eq!(terminal.wait(), crate::support::Status::Exited(2));
}
