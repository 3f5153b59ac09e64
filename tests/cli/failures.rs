//! Promise 68: every failure ends with one message and the documented status.

use std::fs::File;
use std::time::Duration;

use crate::support::{Listener, Peer, Sandbox, Status, Terminal};

#[test]
fn b68_a_report_that_cannot_be_written_is_23() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    for words in [&["resolve", "-4", "localhost"][..], &["help"], &["--version"], &["open", "-jz", &listener.id()]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let ended = sandbox.netverb(words).stdout(full).run();
        ended.exits(23);
        assert!(ended.stderr.contains("no space left on device"), "{words:?}: {}", ended.stderr);
    }
}

#[test]
fn b68_a_time_limit_that_passes_is_28_and_says_which() {
    let sandbox = Sandbox::new();
    let (mut children, mut peers) = (Vec::new(), Vec::new());
    for (options, words) in [
        (["-w", "0.5"], &["timed out", "idle for 500ms"][..]),
        (["--idle-timeout", "500ms"], &["timed out", "idle for 500ms"]),
        (["--deadline", "0.5"], &["deadline", "500ms"]),
    ] {
        let listener = Listener::tcp();
        children.push((sandbox.netverb(["open", &listener.id()].iter().chain(&options)).spawn(), words));
        peers.push(listener.accept());
        children.push((sandbox.netverb(["accept", "-j", "127.0.0.1:0"].iter().chain(&options)).spawn(), words));
        peers.push(Peer::connect(children.last().unwrap().0.port()));
    }
    for (child, words) in &mut children {
        let ended = child.wait();
        ended.exits(28);
        assert!(ended.took >= Duration::from_millis(500) && ended.took < Duration::from_secs(3), "{:?}", ended.took);
        for word in *words {
            assert!(ended.stderr.contains(word), "{word:?}: {}", ended.stderr);
        }
        assert_eq!(ended.stdout, b"");
    }
}

#[test]
fn b68_a_deadline_ends_a_listener_that_nobody_visits_and_a_slow_name() {
    let sandbox = Sandbox::new();
    sandbox.netverb(["accept", "--deadline", "0.3", "127.0.0.1:0"]).run().exits(28);
    let deaf = Listener::deaf("127.0.0.1:0").unwrap();
    sandbox.netverb(["open", "--deadline", "0.3", &deaf.id()]).run().failed(28, &["deadline", "300ms"]);
}

#[test]
fn b68_idle_is_what_passes_nothing_in_either_direction() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = sandbox.netverb(["open", "--idle-timeout", "1", &listener.id()]).spawn();
    let mut peer = listener.accept();
    // Either direction re-arms it: together this takes longer than the limit.
    for number in 0..4 {
        match number % 2 {
            0 => peer.send(b"x"),
            _ => child.send(b"x"),
        }
        assert!(!child.ends_within(Duration::from_millis(500)));
    }
    child.wait().exits(28);
}

/// A refusal without any option, for the look of its message.
fn refused(sandbox: &Sandbox, options: &[&str], variables: &[(&str, &str)]) -> String {
    let closed = Listener::closed();
    let run = sandbox.netverb(["open", &closed.id()].iter().chain(options));
    let ended = variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run();
    ended.exits(7).stderr.clone()
}

#[test]
fn b68_colour_only_where_it_is_wanted() {
    let sandbox = Sandbox::new();
    let coloured =
        |options: &[&str], variables: &[(&str, &str)]| refused(&sandbox, options, variables).contains('\x1b');
    assert!(!coloured(&[], &[]), "a pipe");
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&["--color=always"], &[("NO_COLOR", "1")]), "an option wins");
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    let closed = Listener::closed();
    let mut terminal = Terminal::shell(&sandbox, &format!("\"$NETVERB\" open {}; echo over", closed.id()));
    assert!(terminal.wait_screen("over").contains('\x1b'), "a terminal");
    terminal.wait();
}

#[test]
fn b68_control_characters_are_escaped_on_a_terminal_and_untouched_in_a_pipe() {
    let sandbox = Sandbox::new();
    let hostile = b"\x1b]0;title\x07\x1b[2Jtext\x08\x7f\xc2\x9b31m\rend\n";
    let listener = Listener::tcp();
    let script = format!("\"$NETVERB\" open {}; echo over", listener.id());
    let mut terminal = Terminal::shell(&sandbox, &script);
    let mut peer = listener.accept();
    peer.send(hostile);
    drop(peer);
    let screen = terminal.wait_screen("over");
    terminal.wait();
    let shown = screen.replace("\r\n", "\n");
    assert!(shown.contains("text") && shown.contains("end\n"), "{shown:?}");
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n' && c != '\r'), "{shown:?}");

    let mut child = sandbox.netverb(["open", &listener.id()]).spawn();
    listener.accept().send(hostile);
    assert_eq!(child.wait().exits(0).stdout, hostile);
}

#[test]
fn b68_what_a_message_quotes_cannot_control_the_terminal() {
    let sandbox = Sandbox::new();
    for words in [
        &["open", "a\x1b[2J\nb:1"][..],
        &["open", "--\x1b[2J\n"],
        &["open", "127.0.0.1:1", "--transcript", "/nonexistent/\x1b[2J\n"],
        &["resolve", "\x1b[2J"],
        &["a\x1b[2J\n", "x"],
    ] {
        let ended = sandbox.netverb(words).run();
        assert!(matches!(ended.status, Status::Exited(2 | 3 | 23)), "{:?}", ended.status);
        let line = ended.stderr.strip_suffix('\n').unwrap();
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

#[test]
fn b68_no_words_no_verb_and_unknown_ones_are_2() {
    let sandbox = Sandbox::new();
    let none: [&str; 0] = [];
    sandbox.netverb(none).run().failed(2, &["verb", "open", "accept"]);
    sandbox.netverb(["opne", "x"]).run().failed(2, &["opne", "netverb help"]);
    sandbox.netverb(["open"]).run().failed(2, &["ID"]);
    sandbox.netverb(["accept"]).run().failed(2, &["AT"]);
    sandbox.netverb(["help", "opne"]).run().failed(2, &["opne"]);
    sandbox.netverb(["open", "127.0.0.1:1"]).env("NETVERB_TIMEOUT", "soon").run().failed(2, &["soon"]);
    sandbox.netverb(["accept", "127.0.0.1:0"]).env("NETVERB_ACCEPT", "maybe").run().failed(2, &["maybe", "off"]);
}

#[test]
fn b68_an_accept_that_cannot_be_is_refused_with_its_status() {
    let sandbox = Sandbox::new();
    let closed = Listener::tcp();
    let taken = closed.id();
    let file = sandbox.write("file", "kept");
    let file = format!("unix:{}", file.display());
    for (words, status, names) in [
        (&[taken.as_str()][..], 45, &[taken.as_str(), "address already in use"][..]),
        (&["192.0.2.1:0"], 45, &["192.0.2.1"]),
        (&["unix:/nonexistent/socket"], 45, &["/nonexistent/socket", "no such file"]),
        (&[file.as_str()], 45, &["file"]),
        (&["fd:77"], 45, &["77"]),
        (&["systemd"], 45, &["LISTEN_FDS"]),
        (&["127.0.0.1:0", "--port-file", "/nonexistent/port"], 23, &["/nonexistent/port", "no such file"]),
        (&["127.0.0.1:0", "--ready-fd", "77"], 23, &["77"]),
        (&["127.0.0.1:0", "--ready-fd", "0"], 2, &["--ready-fd"]),
        (&["127.0.0.1:0", "-m", "0"], 2, &["--max-conns"]),
        (&["127.0.0.1:0", "--prefix"], 2, &["--keep-open"]),
        (&["127.0.0.1:0", "-k", "--once"], 2, &["--keep-open", "--once"]),
        (&["127.0.0.1:0", "--echo", "--discard"], 2, &["--echo", "--discard"]),
        (&["127.0.0.1:0", "--reject", "politely"], 2, &["politely", "rst"]),
        (&["127.0.0.1:0", "--allow", "not an address"], 2, &["not an address"]),
        (&["127.0.0.1:0", "--allow", "10.0.0.0/33"], 2, &["10.0.0.0/33"]),
        (&["127.0.0.1:0", "--deny", "@/nonexistent/list"], 2, &["/nonexistent/list"]),
        (&["127.0.0.1:0", "--to", "127.0.0.1:x"], 3, &["127.0.0.1:x"]),
        (&["127.0.0.1:0", "--backlog", "-1"], 2, &["-1"]),
        (&["unix:socket", "--mode", "999"], 2, &["999"]),
    ] {
        let ended = sandbox.netverb(["accept"].iter().chain(words)).run();
        ended.failed(status, names);
    }
    assert_eq!(std::fs::read_to_string(sandbox.path("file")).unwrap(), "kept");
    assert!(!sandbox.path("socket").exists());
}

/// The first client decides the status of a listener that serves one.
#[test]
fn b68_a_program_joined_to_one_connection_gives_its_status() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = sandbox.netverb(["open", "-c", "exit 3", &listener.id()]).spawn();
    let _peer = listener.accept();
    let ended = child.wait();
    assert_eq!((&ended.exits(3).stdout[..], &ended.stderr[..]), (&b""[..], ""));
}

#[test]
fn b68_a_word_about_stdin_and_stdout_has_no_use_with_a_service() {
    let sandbox = Sandbox::new();
    let file = sandbox.path("file");
    let nobody = Listener::closed().id();
    for (words, remedy) in [
        (&["--output", file.to_str().unwrap()][..], "--transcript FILE"),
        (&["--send-only"], "leave it out"),
        (&["--recv-only"], "--discard"),
    ] {
        for verb in [&["accept", "127.0.0.1:0", "--echo"][..], &["open", &nobody, "-c", "true"]] {
            sandbox.netverb([verb, words].concat()).run().failed(2, &[words[0], "the service", remedy]);
        }
    }
    assert!(!file.exists());
}

#[test]
fn b68_a_variable_that_is_set_to_nothing_is_not_set() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let names = ["NETVERB_TIMEOUT", "NETVERB_PROXY", "NETVERB_ACCEPT", "NETVERB_SESSION", "NETVERB_SESSION_DIR"];
    let unset = |words: &[&str]| names.iter().fold(sandbox.netverb(words), |run, name| run.env(name, ""));
    let mut child = unset(&["open", &listener.id()]).spawn();
    listener.accept().end();
    child.wait().exits(0);
    unset(&["sockets"]).run().exits(0);
    unset(&["open", &listener.id()])
        .env("NETVERB_TIMEOUT", "x")
        .run()
        .failed(2, &["variable NETVERB_TIMEOUT", "\"x\""]);
}

#[cfg(feature = "tls")]
#[test]
fn b04_what_datagrams_cannot_go_through_is_refused_and_nothing_is_sent() {
    let sandbox = Sandbox::new();
    let peer = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let id = format!("udp://{}", peer.local_addr().unwrap());
    for (words, status, message) in [
        (&["--secure"][..], 4, "no TLS over datagrams"),
        (&["-z", "--tls-info"], 4, "no TLS over datagrams"),
        (&["--proxy", "socks5://127.0.0.1:1"], 4, "--proxy"),
        (&["--proxy-protocol", "v1"], 4, "--proxy-protocol"),
        (&["--telnet"], 2, "--telnet"),
        (&["--on-open", "true"], 2, "--on-open"),
    ] {
        let ended = sandbox.netverb(["open", &id].iter().chain(words)).feed(b"secret");
        ended.failed(status, &[message]);
    }
    peer.set_nonblocking(true).unwrap();
    assert_eq!(peer.recv(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
