//! A person at a terminal: `open --interactive`, `--raw`, `attach`, on a pseudo-terminal.

mod attached;
mod editing;
#[cfg(feature = "tls")]
mod starttls;
mod telnet;
#[cfg(all(feature = "tls", feature = "ws"))]
mod tutorial;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::{Listener, Peer, Sandbox, Signal, Status, Terminal, wait_until};

/// `open` to this listener at a terminal, as the only program there.
fn talk(sandbox: &Sandbox, listener: &Listener, words: &str) -> (Terminal, Peer) {
    greeted(sandbox, listener, words, " leaves\r\n")
}

/// The same, line by line.
fn lines(sandbox: &Sandbox, listener: &Listener, words: &str) -> (Terminal, Peer) {
    greeted(sandbox, listener, &format!("--interactive {words}"), "connected to")
}

fn greeted(sandbox: &Sandbox, listener: &Listener, words: &str, greeting: &str) -> (Terminal, Peer) {
    let terminal = Terminal::shell(sandbox, &format!("exec \"$NETVERB\" open {words} {}", listener.id()));
    let peer = listener.accept();
    terminal.wait_screen(greeting);
    (terminal, peer)
}

/// The same from a shell, with the settings of the terminal before.
fn from_shell(sandbox: &Sandbox, listener: &Listener, words: &str) -> (Terminal, Peer, String) {
    let script = format!("echo ready; read word; exec \"$NETVERB\" open {words} {}", listener.id());
    let mut terminal = Terminal::shell(sandbox, &script);
    terminal.wait_screen("ready");
    let before = terminal.settings();
    terminal.send("go\n");
    (terminal, listener.accept(), before)
}

/// Sequences that only a peer could have sent.
#[track_caller]
fn is_tame(screen: &str) {
    for wild in ["\x1b]", "\x1b[31m", "\x07", "\u{9b}", "\u{202e}"] {
        assert!(!screen.contains(wild), "{wild:?} reached the terminal: {screen:?}");
    }
}

#[test]
fn b15_what_is_typed_leaves_at_once_and_what_comes_is_shown_at_once() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "");
    peer.send(b"220 hello\r\nlogin: ");
    // A prompt has no end, and is shown all the same.
    terminal.wait_screen("< \x1b[0mlogin: ");
    terminal.send("me and 漢字\r");
    assert_eq!(peer.read("me and 漢字\n".len()), "me and 漢字\n".as_bytes());
    terminal.wait_screen("> \x1b[0mme and 漢字\r\n");
    peer.send(b"welcome\n");
    terminal.wait_screen("< \x1b[0mwelcome\r\n");
    drop(peer);
    terminal.wait_screen("closed by 127.0.0.1");
    assert_eq!(terminal.wait(), Status::Exited(0));
}

#[test]
fn what_a_peer_sends_does_not_control_the_terminal() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (terminal, mut peer) = lines(&sandbox, &listener, "");
    peer.send("\x1b]0;title\x07\x1b[31mred\u{9b}2J \u{202e}olleh\rover\n".as_bytes());
    peer.send(b"\xff\x00binary\n\x1b]0;open");
    terminal.wait_screen("\\x1b]0;open");
    let screen = terminal.wait_screen("\\xff\\x00binary");
    assert!(screen.contains("\\x1b]0;title\\x07\\x1b[31mred\\u{9b}2J \\u{202e}olleh\\rover"), "{screen:?}");
    is_tame(&screen);
}

#[test]
fn b07_control_d_ends_our_data_and_the_answer_is_shown() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "");
    terminal.send("last words\r\x04");
    assert_eq!(peer.read_to_end(), b"last words\n");
    terminal.wait_screen("the end of our data is sent");
    terminal.send("more\r");
    terminal.wait_screen("nothing more can be sent");
    peer.send(b"the answer");
    drop(peer);
    let screen = terminal.wait_screen("closed by");
    assert!(screen.contains("< \x1b[0mthe answer\r\n") && screen.contains("the peer has ended its data"), "{screen:?}");
    assert_eq!(terminal.wait(), Status::Exited(0));
}

#[test]
fn b05_a_reset_is_told_with_its_status() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer, before) = from_shell(&sandbox, &listener, "--interactive");
    peer.send(b"unfinished");
    terminal.wait_screen("unfinished");
    peer.reset();
    let screen = terminal.wait_screen("lost: connection reset by peer");
    assert!(screen.contains("< \x1b[0munfinished\r\n"), "{screen:?}");
    assert_eq!(terminal.wait(), Status::Exited(56));
    assert_eq!(terminal.settings(), before);
}

#[test]
fn b14_the_terminal_is_given_back_whatever_ends_the_program() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        for style in ["--interactive", "--raw"] {
            let (mut terminal, _peer, before) = from_shell(&sandbox, &listener, style);
            terminal.wait_screen("connected to");
            wait_until("raw mode", || (terminal.settings() != before).then_some(()));
            terminal.signal(signal);
            assert_eq!(terminal.wait(), Status::Killed(signal.as_raw()));
            assert_eq!(terminal.settings(), before, "{style} after {signal:?}");
        }
    }
}

#[test]
fn b14_the_terminal_is_given_back_while_the_program_is_stopped() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let script = "echo ready; read word; set -m; \"$NETVERB\" open --interactive ID; echo stopped=$?; read word; fg >/dev/null; echo ended=$?";
    let mut terminal = Terminal::shell(&sandbox, &script.replace("ID", &listener.id()));
    terminal.wait_screen("ready");
    let before = terminal.settings();
    terminal.send("go\n");
    let mut peer = listener.accept();
    terminal.wait_screen("Ctrl-D ends our data");
    terminal.send("half a line\x1a");
    terminal.wait_screen("stopped=148");
    assert_eq!(terminal.settings(), before);
    peer.send(b"meanwhile\n");
    terminal.send("go\n");
    terminal.wait_screen("meanwhile");
    assert_ne!(terminal.settings(), before);
    terminal.send(" is whole\r");
    assert_eq!(peer.read(21), b"half a line is whole\n");
    drop(peer);
    terminal.wait_screen("ended=0");
    assert_eq!(terminal.settings(), before);
    assert_eq!(terminal.wait(), Status::Exited(0));
}

#[test]
fn b12_a_flood_is_shown_whole_and_keys_are_answered_meanwhile() {
    const LINES: usize = 60_000;
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "--color never");
    let mut other = peer.another();
    let flood = std::thread::spawn(move || {
        for block in 0..LINES / 1000 {
            let lines = (block * 1000..(block + 1) * 1000).map(|number| format!("{number:06}{}\n", "y".repeat(43)));
            other.send(lines.collect::<String>().as_bytes());
        }
    });
    terminal.wait_screen("yyyyy\r\n");
    terminal.send("still here\r");
    assert_eq!(peer.read(11), b"still here\n");
    flood.join().unwrap();
    peer.send(b"the end\n");
    let screen = terminal.wait_screen("< the end\r\n");
    let whole = screen.split("\r\n").filter_map(|line| line.strip_suffix(&"y".repeat(43))?.rsplit_once("< "));
    let numbers: BTreeSet<&str> = whole.map(|(_, number)| number).collect();
    assert_eq!(numbers.len(), LINES, "a line is missing");
    assert!(screen.find("> still here\r\n") < screen.rfind("yyyyy\r\n"), "the flood was over before");
    let memory = terminal.facts().peak_memory();
    assert!(memory < 64 << 20, "{memory} bytes");
    drop(peer);
    assert_eq!(terminal.wait(), Status::Exited(0));
}

#[test]
fn b12_a_peer_that_reads_nothing_is_told_of_and_can_be_left() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let file = sandbox.write("large", vec![b'x'; 64 << 20]);
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "");
    terminal.send(&format!("/send-file {}\r", file.display()));
    terminal.wait_screen("large, 67108864 bytes");
    assert_eq!(peer.read(1 << 20), vec![b'x'; 1 << 20]);
    terminal.send("a line\r");
    terminal.wait_screen("is being sent; Ctrl-C stops it");
    // The line is still there: the first clears it, and stops the file.
    terminal.send("\x03");
    terminal.wait_screen("stopped: ");
    assert!(terminal.facts().peak_memory() < 64 << 20);
    terminal.send("\x03\x03");
    assert_eq!(terminal.wait(), Status::Killed(Signal::INT.as_raw()));
}

#[test]
fn without_colours_marks_tell_the_directions_apart() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    for plain in ["NO_COLOR=1 exec \"$NETVERB\"", "exec \"$NETVERB\" --color never"] {
        let script = format!("{plain} open --interactive {}", listener.id());
        let mut terminal = Terminal::shell(&sandbox, &script);
        let mut peer = listener.accept();
        peer.send(b"in\n");
        terminal.wait_screen("< in\r\n");
        terminal.send("out\r");
        peer.read(4);
        let screen = terminal.wait_screen("> out\r\n");
        assert!(!screen.contains("m< ") && !screen.contains("\x1b[0m"), "{screen:?}");
    }
}

#[test]
fn a_terminal_without_a_cursor_gets_plain_lines() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let script = format!("TERM=dumb exec \"$NETVERB\" open --interactive {}", listener.id());
    let mut terminal = Terminal::shell(&sandbox, &script);
    let mut peer = listener.accept();
    peer.send(b"banner\r\nname? ");
    terminal.wait_screen("< banner\r\n< name? ");
    terminal.send("me\n");
    assert_eq!(peer.read(3), b"me\n");
    peer.send(b"\x1b[2Jhello me\n");
    terminal.wait_screen("< \\x1b[2Jhello me\r\n");
    terminal.send("/eol crlf\n");
    terminal.wait_screen("lines that go end with crlf");
    terminal.send("/help\n");
    let screen = terminal.wait_screen("begins with one slash");
    assert!(
        screen.contains("-- Ctrl-C leaves.") && !screen.contains("Ctrl-R") && !screen.contains("stops it"),
        "{screen}"
    );
    terminal.send("\x04");
    assert_eq!(peer.read_to_end(), b"");
    drop(peer);
    let screen = terminal.wait_screen("closed by");
    assert!(!screen.contains('\x1b'), "{screen:?}");
    assert_eq!(terminal.wait(), Status::Exited(0));
}

#[test]
fn a_terminal_without_a_cursor_shows_no_password_either() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let script = format!("stty echo; TERM=dumb exec \"$NETVERB\" open --interactive {}", listener.id());
    let mut terminal = Terminal::shell(&sandbox, &script);
    let mut peer = listener.accept();
    terminal.wait_screen("connected to");
    let before = terminal.settings();
    let wait_settings = |terminal: &Terminal, shown: bool| {
        wait_until("other settings of the terminal", || ((terminal.settings() == before) == shown).then_some(()));
    };
    peer.send(b"Password: ");
    wait_settings(&terminal, false);
    terminal.send("hunter2\n");
    assert_eq!(peer.read(8), b"hunter2\n");
    peer.send(b"welcome\n");
    wait_settings(&terminal, true);
    let screen = terminal.wait_screen("< Password: \r\n< welcome\r\n");
    assert!(!screen.contains("hunter2"), "{screen:?}");
    // Also when the program is ended before there was an answer.
    peer.send(b"Password: ");
    wait_settings(&terminal, false);
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait(), Status::Killed(Signal::TERM.as_raw()));
    assert_eq!(terminal.settings(), before);
}

#[test]
fn raw_passes_each_character_both_ways() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer, before) = from_shell(&sandbox, &listener, "--raw");
    terminal.wait_screen(" leaves\r\n");
    terminal.send("a");
    assert_eq!(peer.read(1), b"a");
    terminal.send("\x03\x04\x1a\r\x1b[A");
    assert_eq!(peer.read(7), b"\x03\x04\x1a\r\x1b[A");
    peer.send(b"\x1b[31mred\r\nstairs\n");
    terminal.wait_screen("\x1b[31mred\r\nstairs\n");
    terminal.send("last\x1dnot sent");
    assert_eq!(peer.read_to_end(), b"last");
    terminal.wait_screen("closed; received");
    assert_eq!(terminal.wait(), Status::Exited(0));
    assert_eq!(terminal.settings(), before);
}

/// In raw mode a line feed alone leaves the cursor where it is in the line; afterwards the terminal puts a CR before each.
#[test]
fn what_is_said_after_raw_mode_begins_at_the_left() {
    for (last, between) in [("prompt> ", "\r\r\n"), ("line\r\n", ""), ("stairs\n", "\r")] {
        let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
        let (mut terminal, mut peer) = talk(&sandbox, &listener, "--raw");
        peer.send(last.as_bytes());
        terminal.wait_screen(last);
        terminal.send("\x1d");
        // Behind what sets the terminal right again.
        let screen = terminal.wait_screen("-- closed; received");
        assert!(screen.contains(&format!("\x1b[?2004l{between}-- closed;")), "{last:?}: {screen:?}");
        assert_eq!(terminal.wait(), Status::Exited(0));
        let (mut terminal, mut peer) = talk(&sandbox, &listener, "--raw");
        peer.send(last.as_bytes());
        terminal.wait_screen(last);
        peer.reset();
        let screen = terminal.wait_screen("connection reset by peer");
        assert!(screen.contains(&format!("\x1b[?2004l{between}netverb open: ")), "{last:?}: {screen:?}");
        assert_eq!(terminal.wait(), Status::Exited(56));
    }
}

#[test]
fn silence_ends_it_as_it_ends_a_stream() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, _peer) = lines(&sandbox, &listener, "-w 300ms");
    terminal.wait_screen("for too long");
    assert_eq!(terminal.wait(), Status::Exited(28));
}

#[test]
fn a_message_socket_carries_a_message_in_each_line() {
    let sandbox = Sandbox::new();
    let listener = Listener::seqpacket(&sandbox.path("s"));
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "--color never");
    terminal.send("one\r\r");
    assert_eq!(peer.packet(), b"one");
    assert_eq!(peer.packet(), b"", "an empty line is an empty message");
    peer.send(b"two\nlines");
    terminal.wait_screen("< two\r\n  lines\r\n");
    terminal.send("/help\r");
    terminal.wait_screen("Enter sends a message");
    drop(peer);
    terminal.wait_screen("closed by");
    assert_eq!(terminal.wait(), Status::Exited(0));
}

/// A ZeroMQ socket has no end of data that a peer could see: Ctrl-D closes it, and nothing is shown twice.
#[test]
#[cfg(feature = "zmq")]
fn zeromq_is_talked_to_line_by_line() {
    let sandbox = Sandbox::new();
    let server = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "-k", "--zmq", "rep", "--echo"]).spawn();
    let script = format!("exec \"$NETVERB\" open --interactive --color never --zmq req 127.0.0.1:{}", server.port());
    let mut terminal = Terminal::shell(&sandbox, &script);
    terminal.wait_screen("Ctrl-D closes it");
    terminal.send("question\r");
    terminal.wait_screen("< question\r\n");
    terminal.send("/eol crlf\r");
    terminal.wait_screen("-- each line is a message here, and nothing ends it\r\n");
    terminal.send("\x04");
    let screen = terminal.wait_screen("-- closed; received 8 bytes, sent 8\r\n");
    assert_eq!(screen.matches("< question\r\n").count(), 1, "{screen:?}");
    assert_eq!(terminal.wait(), Status::Exited(0));
}

#[test]
fn where_it_makes_no_sense_the_remedy_is_named() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let run = |words: &[&str]| sandbox.netverb([&["open", &id], words].concat()).run();
    run(&["--interactive"]).failed(2, &["a terminal on stdin and stdout", "without --interactive, open streams"]);
    run(&["--interactive", "-z"]).failed(2, &["-z and --interactive cannot be used together"]);
    run(&["--raw", "--send", "x"]).failed(2, &["--raw and steps"]);
    run(&["--interactive", "--name", "x"]).failed(2, &["--interactive works in the foreground", "--foreground"]);
    run(&["--interactive", "-o", "x"]).failed(2, &["--output", "--transcript FILE"]);
    run(&["--raw", "--hex"]).failed(2, &["--hex", "leave out --raw"]);
    sandbox.netverb(["open", "udp://127.0.0.1:9", "--interactive"]).run().failed(2, &["netverb datagram"]);
    assert!(listener.accept_within(Duration::from_millis(1)).is_err(), "nothing was connected");
    let mut terminal = Terminal::shell(&sandbox, &format!("exec \"$NETVERB\" open --interactive --json {id}"));
    terminal.wait_screen("add 2> FILE");
    assert_eq!(terminal.wait(), Status::Exited(2));
}
