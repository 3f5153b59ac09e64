//! Keys, the history, and the commands that begin with a slash.

use std::os::unix::fs::PermissionsExt;

use super::lines;
use crate::support::{Listener, Sandbox, Signal, Status};

#[test]
fn keys_edit_the_line_before_it_is_sent() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "");
    // Home, an inserted letter, End, a deleted one; then a cut that is put back twice.
    terminal.send("ello!\x1b[HH\x1b[F\x7f\r");
    assert_eq!(peer.read(6), b"Hello\n");
    terminal.send("one two\x17\x19\x19\x01\x1bf,\r");
    assert_eq!(peer.read(12), b"one, twotwo\n");
    terminal.send("cleared\x03kept\r");
    assert_eq!(peer.read(5), b"kept\n");
}

#[test]
fn a_paste_is_text_until_it_is_entered() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "-C");
    terminal.send("\x1b[200~first\nsecond\x03\x1b[201~");
    terminal.wait_screen("second^C");
    assert!(peer.poll_read().is_err(), "nothing was sent yet");
    terminal.send("\x7f\r");
    assert_eq!(peer.read(15), b"first\r\nsecond\r\n");
    // Enter is the end of the last line, and no line of its own, whether or not what was pasted has that end.
    terminal.send("\x1b[200~whole\nlines\n\x1b[201~\rnext\r");
    assert_eq!(peer.read(20), b"whole\r\nlines\r\nnext\r\n");
}

#[test]
fn the_history_outlives_the_program_and_is_private() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let file = sandbox.path(".local/state/netverb/history");
    {
        let (mut terminal, mut peer) = lines(&sandbox, &listener, "");
        terminal.send("EHLO me\rQUIT\r secret\r/close\r");
        assert_eq!(peer.read_to_end(), b"EHLO me\nQUIT\n secret\n");
        assert_eq!(terminal.wait(), Status::Exited(0));
    }
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    let remembered = std::fs::read_to_string(&file).unwrap();
    assert_eq!(remembered, "EHLO me\nQUIT\n/close\n", "what begins with a blank is not remembered");
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "");
    terminal.send("\x1b[A\x1b[A\r");
    assert_eq!(peer.read(5), b"QUIT\n");
    terminal.send("\x12HLO");
    terminal.wait_screen("(search HLO) ");
    terminal.send("\r");
    assert_eq!(peer.read(8), b"EHLO me\n");
}

#[test]
fn secrets_are_not_remembered() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "--color never");
    peer.send(b"Password: ");
    terminal.wait_screen("Password: ");
    terminal.send("hunter1\r");
    assert_eq!(peer.read(8), b"hunter1\n");
    terminal.wait_screen("> (not shown)\r\n");
    terminal.send("PASS hunter2\ra1 LOGIN me hunter3\r");
    assert_eq!(peer.read(33), b"PASS hunter2\na1 LOGIN me hunter3\n");
    peer.send(b"334 UGFzc3dvcmQ6\r\n");
    terminal.wait_screen("UGFzc3dvcmQ6\r\n");
    terminal.send("hunter4\rQUIT\r/close\r");
    assert_eq!(peer.read_to_end(), b"hunter4\nQUIT\n");
    assert_eq!(terminal.wait(), Status::Exited(0));
    assert!(!terminal.wait_screen("closed").contains("hunter1"), "it was shown");
    let remembered = std::fs::read_to_string(sandbox.path(".local/state/netverb/history")).unwrap();
    assert_eq!(remembered, "QUIT\n/close\n");
}

#[test]
fn line_ends_are_told_as_they_are_kept() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "--color never -C");
    terminal.send("/eol\r");
    terminal.wait_screen("-- line ends that come are not changed, lines that go end with crlf\r\n");
    terminal.send("/eol in crlf\r");
    terminal.wait_screen("-- lines that come end with crlf, lines that go end with crlf\r\n");
    // In hexadecimal stands what was on the wire, both ways.
    terminal.send("/hex\r");
    terminal.wait_screen("in hexadecimal");
    peer.send(b"a\r\n");
    terminal.wait_screen("< 00000000  61 0d 0a ");
    terminal.send("/hex\r/eol none\rx\r");
    terminal.wait_screen("-- line ends that come are not changed, lines that go end with lf\r\n");
    assert_eq!(peer.read(2), b"x\n");
}

#[test]
fn commands_begin_with_a_slash_and_lines_with_two() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let file = sandbox.write("file", b"from\na file\n");
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "--color never");
    terminal.send("//slash\r");
    assert_eq!(peer.read(7), b"/slash\n");
    terminal.send("/nonsense\r");
    terminal.wait_screen("!! /nonsense is no command; there are /help");
    terminal.send("/help\r");
    terminal.wait_screen("send a line that begins with one slash");
    terminal.send("/eol crlf\rx\r");
    assert_eq!(peer.read(3), b"x\r\n");
    terminal.send(&format!("/send-file {}\r", file.display()));
    assert_eq!(peer.read(14), b"from\r\na file\r\n");
    terminal.wait_screen("sent ");
    terminal.send("/send no end\\x00\r");
    assert_eq!(peer.read(7), b"no end\0");
    terminal.send("/send-hex 0a ff\r");
    assert_eq!(peer.read(2), b"\n\xff");
    terminal.wait_screen("> \\n\\xff");
    terminal.send("/hex\ry\r");
    terminal.wait_screen("> 00000000  79 0d 0a");
    assert_eq!(peer.read(3), b"y\r\n");
    peer.send(b"\x00\xfe");
    terminal.wait_screen("< 00000000  00 fe ");
    terminal.send("/hex\r/time\r");
    terminal.wait_screen("times are shown, in UTC");
    peer.send(b"now\r\n");
    let screen = terminal.wait_screen(" < now\r\n");
    let stamp = screen.rsplit_once(" < now").unwrap().0;
    let stamp: String = stamp.chars().skip(stamp.chars().count() - 12).collect();
    assert!(stamp.chars().all(|c| c.is_ascii_digit() || c == ':' || c == '.'), "{stamp:?}");
    terminal.send("/cl\t\r");
    assert_eq!(peer.read_to_end(), b"");
    terminal.wait_screen("-- closed; received");
    assert_eq!(terminal.wait(), Status::Exited(0));
}

#[test]
fn a_narrow_terminal_and_another_size_are_no_trouble() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "--color never");
    terminal.resize(10, 4);
    terminal.send("0123456789漢字");
    // The third row begins with the wide character that did not fit into the second.
    terminal.wait_screen("> 01234567\r\n89漢字");
    terminal.resize(4, 2);
    peer.send(b"more\n");
    terminal.wait_screen("< more\r\n");
    terminal.resize(1, 1);
    terminal.send("!");
    terminal.resize(80, 24);
    terminal.wait_screen("> 0123456789漢字!");
    terminal.send("\r");
    assert_eq!(peer.read(18), "0123456789漢字!\n".as_bytes());
}

#[test]
fn control_c_twice_leaves() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "");
    terminal.send("text\x03\x03");
    terminal.wait_screen("Ctrl-C again leaves");
    // Anything in between begins anew.
    terminal.send("x\x7f\x03");
    terminal.wait_times("Ctrl-C again leaves", 2);
    terminal.send("\x03");
    assert_eq!(terminal.wait(), Status::Killed(Signal::INT.as_raw()));
    assert_eq!(peer.read_to_end(), b"");
}
