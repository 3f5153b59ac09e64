//! TELNET: at a terminal, and in a stream.

use super::{lines, talk};
use crate::support::{Listener, Sandbox, Terminal};

const WILL_ECHO: &[u8] = &[255, 251, 1];
const WONT_ECHO: &[u8] = &[255, 252, 1];
const WILL_SGA: &[u8] = &[255, 251, 3];
const DO_WINDOW: &[u8] = &[255, 253, 31];
const DO_TERMINAL: &[u8] = &[255, 253, 24];
const SEND_TERMINAL: &[u8] = &[255, 250, 24, 1, 255, 240];

#[test]
fn a_stream_answers_and_shows_none_of_it() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = sandbox.netverb(["open", "--telnet", &listener.id()]).spawn();
    let mut peer = listener.accept();
    // An option that nobody knows, twice: it is refused each time, and no answer asks for another.
    peer.send(&[WILL_ECHO, WILL_ECHO, DO_WINDOW, &[255, 253, 99, 255, 253, 99], b"data\xff\xff\r\0"].concat());
    assert_eq!(peer.read(12), [[255, 253, 1], [255, 252, 31], [255, 252, 99], [255, 252, 99]].concat());
    assert_eq!(child.read_stdout(6), b"data\xff\r");
    child.send(b"line\n\xff");
    child.end_input();
    assert_eq!(peer.read_to_end(), b"line\r\n\xff\xff");
    peer.send(b"end");
    drop(peer);
    assert_eq!(child.read_stdout(3), b"end");
    child.wait().exits(0);
}

#[test]
fn b12_a_peer_that_only_asks_and_reads_no_answer_takes_no_memory() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let child = sandbox.netverb(["open", "--telnet", &listener.id()]).spawn();
    let mut peer = listener.accept();
    peer.socket().set_write_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
    let questions = [255, 253, 99].repeat(1 << 16);
    let asked = (0..400).take_while(|_| std::io::Write::write_all(&mut peer, &questions).is_ok()).count();
    assert!(asked < 400, "the peer is stopped");
    assert!(child.facts().peak_memory() < 64 << 20);
}

#[test]
fn a_terminal_is_described_and_its_size_is_told_again() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let script = format!("stty cols 90 rows 30; exec \"$NETVERB\" open --interactive --telnet {}", listener.id());
    let terminal = Terminal::shell(&sandbox, &script);
    let mut peer = listener.accept();
    terminal.wait_screen("Ctrl-D ends our data");
    peer.send(&[DO_WINDOW, DO_TERMINAL, SEND_TERMINAL].concat());
    let answer = b"\xff\xfb\x1f\xff\xfa\x1f\0\x5a\0\x1e\xff\xf0\xff\xfb\x18\xff\xfa\x18\0xterm\xff\xf0";
    assert_eq!(peer.read(answer.len()), answer);
    terminal.resize(100, 40);
    assert_eq!(peer.read(9), b"\xff\xfa\x1f\0\x64\0\x28\xff\xf0");
}

#[test]
fn a_password_is_not_shown_and_not_remembered() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "--telnet");
    peer.send(&[WILL_ECHO, b"Password: "].concat());
    assert_eq!(peer.read(3), [255, 253, 1]);
    terminal.wait_screen("Password: ");
    terminal.send("secret");
    terminal.wait_screen("******");
    terminal.send("\r");
    assert_eq!(peer.read(8), b"secret\r\n");
    peer.send(&[WONT_ECHO, b"\r\nwelcome\r\n"].concat());
    assert_eq!(peer.read(3), [255, 254, 1]);
    terminal.wait_screen("welcome");
    terminal.send("open\r");
    assert_eq!(peer.read(6), b"open\r\n");
    let screen = terminal.wait_screen("> \x1b[0mopen\r\n");
    assert!(!screen.contains("secret") && screen.contains("(not shown)"), "{screen:?}");
    let history = std::fs::read_to_string(sandbox.path(".local/state/netverb/history")).unwrap();
    assert_eq!(history, "open\n");
}

#[test]
fn a_prompt_for_a_password_is_known_where_each_character_is_echoed() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "--telnet");
    peer.send(&[WILL_ECHO, WILL_SGA, b"login: "].concat());
    peer.read(6);
    terminal.wait_screen("login: ");
    terminal.send("root\r");
    assert_eq!(peer.read(6), b"root\r\n");
    peer.send(b"root\r\nPassword: ");
    terminal.wait_screen("Password: ");
    terminal.send("secret");
    terminal.wait_screen("******");
    terminal.send("\r");
    assert_eq!(peer.read(8), b"secret\r\n");
    peer.send(b"\r\nwelcome\r\n");
    assert!(!terminal.wait_screen("welcome").contains("secret"));
    let history = std::fs::read_to_string(sandbox.path(".local/state/netverb/history")).unwrap();
    assert_eq!(history, "root\n");
}

#[test]
fn raw_suits_a_peer_that_echoes_each_character() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    {
        let (terminal, mut peer) = lines(&sandbox, &listener, "--telnet");
        peer.send(&[WILL_ECHO, WILL_SGA].concat());
        terminal.wait_screen("--raw suits it better");
    }
    let (mut terminal, mut peer) = talk(&sandbox, &listener, "--raw --telnet");
    peer.send(&[WILL_ECHO, WILL_SGA, b"$ "].concat());
    assert_eq!(peer.read(6), [255, 253, 1, 255, 253, 3]);
    terminal.send("l");
    assert_eq!(peer.read(1), b"l");
    terminal.send("\r");
    assert_eq!(peer.read(2), b"\r\0");
}
