//! `attach`: a kept socket at a terminal.

use crate::support::{Listener, Sandbox, Status, Terminal};

fn attach(sandbox: &Sandbox, words: &str) -> Terminal {
    let terminal = Terminal::shell(sandbox, &format!("exec \"$NETVERB\" attach dev {words}"));
    terminal.wait_screen("attached to dev");
    terminal
}

#[test]
fn a_kept_socket_is_talked_to_and_stays_open() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    sandbox.netverb(["open", "-C", &format!("{}/dev", listener.id())]).run().exits(0);
    let mut peer = listener.accept();
    peer.send(b"unread before\r\n");
    {
        let mut terminal = attach(&sandbox, "--color never");
        terminal.wait_screen("< unread before\r\n");
        terminal.send("hello\r");
        assert_eq!(peer.read(7), b"hello\r\n", "with the line end of the socket");
        peer.send(b"prompt> ");
        terminal.wait_screen("< prompt> ");
        terminal.send("\x04");
        terminal.wait_screen("left dev, which stays open");
        assert_eq!(terminal.wait(), Status::Exited(0));
    }
    // What was shown is read, and what comes later is not.
    peer.send(b"later\r\n");
    let read = sandbox.netverb(["read", "dev"]).run();
    assert_eq!(read.exits(0).stdout, b"later\r\n");
    {
        let mut terminal = attach(&sandbox, "--raw");
        terminal.send("x\r");
        assert_eq!(peer.read(3), b"x\r\n");
        peer.send(b"\x1b[1mbold");
        terminal.wait_screen("\x1b[1mbold");
        terminal.send("\x1d");
        assert_eq!(terminal.wait(), Status::Exited(0));
    }
    let mut terminal = attach(&sandbox, "--color never");
    terminal.send("/close\r");
    terminal.wait_screen("-- closed; ");
    assert_eq!(terminal.wait(), Status::Exited(0));
    assert_eq!(peer.read_to_end(), b"");
    sandbox.netverb(["read", "dev"]).run().failed(110, &["dev: socket is not open"]);
}

#[test]
fn b54_a_terminal_that_dies_takes_nothing_with_it() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    sandbox.netverb(["open", &format!("{}/dev", listener.id())]).run().exits(0);
    let mut peer = listener.accept();
    let terminal = attach(&sandbox, "");
    terminal.signal(crate::support::Signal::KILL);
    drop(terminal);
    peer.send(b"not lost\n");
    assert_eq!(sandbox.netverb(["read", "dev"]).run().exits(0).stdout, b"not lost\n");
}

#[test]
fn the_end_of_the_peer_ends_it() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    sandbox.netverb(["open", &format!("{}/dev", listener.id())]).run().exits(0);
    let mut peer = listener.accept();
    let mut terminal = attach(&sandbox, "");
    peer.send(b"bye");
    drop(peer);
    let screen = terminal.wait_screen("closed by 127.0.0.1");
    assert!(screen.contains("bye"), "{screen:?}");
    terminal.wait_screen("; received 3 bytes, sent 0");
    assert_eq!(terminal.wait(), Status::Exited(0));
}

#[cfg(feature = "zmq")]
#[test]
fn a_socket_that_goes_one_way_is_attached_to() {
    let sandbox = Sandbox::new();
    for kind in ["push", "pull"] {
        let at = format!("ipc://{}", sandbox.path(kind).display());
        sandbox.netverb(["accept", &at, "--zmq", kind, "--name", "dev"]).run().exits(0);
        let mut terminal = attach(&sandbox, "--color never");
        if kind == "push" {
            terminal.send("typed\r");
            let heard = sandbox.netverb(["open", &at, "--zmq", "pull", "--count", "1"]).run();
            assert_eq!(heard.exits(0).stdout, b"typed\n");
        } else {
            terminal.send("typed\r");
            terminal.wait_screen("this socket only receives");
            sandbox.netverb(["open", &at, "--zmq", "push"]).feed(b"heard\n").exits(0);
            terminal.wait_screen("heard");
        }
        terminal.send("\x15\x04");
        terminal.wait_screen("left dev, which stays open");
        assert_eq!(terminal.wait(), Status::Exited(0));
        sandbox.netverb(["close", "dev"]).run().exits(0);
    }
}

#[test]
fn what_cannot_be_attached_to_is_told() {
    let sandbox = Sandbox::new();
    let run = |script: &str, status: i32, words: &str| {
        let mut terminal = Terminal::shell(&sandbox, script);
        terminal.wait_screen(words);
        assert_eq!(terminal.wait(), Status::Exited(status));
    };
    run("exec \"$NETVERB\" attach none", 110, "none: socket is not open");
    sandbox.netverb(["accept", "127.0.0.1:0/web"]).run().exits(0);
    run("exec \"$NETVERB\" attach web", 4, "netverb next web takes a connection of it");
    sandbox.netverb(["attach", "web"]).run().failed(2, &["a terminal on stdin and stdout"]);
    sandbox.netverb(["close", "web"]).run().exits(0);
}
