//! Promises 11, 14 and 16: descriptors that are missing, shared or a terminal, and signals.

use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::process::Pid;

use crate::support::{Child, Facts, Listener, Peer, Sandbox, Signal, Status, Terminal, close, wait_until};

/// Every way to start without some of the standard streams.
const CLOSED: [&str; 7] = ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"];

#[test]
fn b11_closed_standard_streams_confuse_no_descriptors_and_spin_nothing() {
    let sandbox = Sandbox::new();
    let mut children: Vec<(Child, Peer)> = Vec::new();
    for redirection in CLOSED {
        let listener = Listener::tcp();
        let child = sandbox.shell(&format!("exec \"$NETVERB\" open {} {redirection}", listener.id())).spawn();
        children.push((child, listener.accept()));
        let script = format!("exec \"$NETVERB\" accept 127.0.0.1:0 --port-file port {redirection}");
        let child = sandbox.shell(&script).spawn();
        let port = wait_until("the port file", || std::fs::read_to_string(sandbox.path("port")).ok());
        std::fs::remove_file(sandbox.path("port")).unwrap();
        children.push((child, Peer::connect(port.trim().parse().unwrap())));
    }
    let used = |child: &Child| child.facts().cpu_time();
    let before: Vec<Duration> = children.iter().map(|(child, _)| used(child)).collect();
    // Time is the behaviour: for so long there is nothing to do.
    std::thread::sleep(Duration::from_millis(500));
    for ((child, mut peer), before) in children.into_iter().zip(before) {
        assert!(used(&child) - before <= Duration::from_millis(50), "spins: {}", child.line());
        for (number, target) in child.facts().standard_streams().into_iter().enumerate() {
            assert!(!target.contains("socket:"), "descriptor {number} is {target}: {}", child.line());
        }
        converse(child, &mut peer);
    }
}

/// A little talk over what streams there are.
fn converse(mut child: Child, peer: &mut Peer) {
    let line = child.line().to_owned();
    child.feed(b"from stdin".to_vec());
    peer.send(b"from the peer");
    peer.end();
    let received = peer.read_to_end();
    let ended = child.wait();
    // What came had nowhere to go.
    ended.exits(if line.contains(" >&-") || line.contains("- >&-") { 23 } else { 0 });
    assert_eq!(received, if line.contains("<&-") { &b""[..] } else { b"from stdin" }, "{line}");
    assert_eq!(ended.stdout, if line.contains(" >&-") { &b""[..] } else { b"from the peer" }, "{line}");
    let told = line.contains(" >&-") && !line.contains("2>&-");
    assert_eq!(ended.stderr.contains("stdout is closed"), told, "{line}");
    assert_eq!(ended.stderr.lines().count(), usize::from(told), "{line}");
}

#[test]
fn b11_a_failure_without_standard_streams_has_its_status() {
    let sandbox = Sandbox::new();
    let listener = Listener::closed();
    let refused = listener.id();
    for redirection in CLOSED {
        let ended = sandbox.shell(&format!("exec \"$NETVERB\" open {refused} {redirection}")).run();
        ended.exits(7);
        assert_eq!(ended.stdout, b"", "{redirection}");
        assert_eq!(ended.stderr.lines().count(), usize::from(!redirection.contains("2>&-")), "{redirection}");
    }
}

/// Whether this file description is non-blocking, for everyone who shares it.
fn is_nonblocking(shared: &impl AsFd) -> bool {
    fcntl_getfl(shared).unwrap().contains(OFlags::NONBLOCK)
}

/// A talk, then an end or a signal: what the program shares with us stays blocking all the time.
fn stays_blocking(sandbox: &Sandbox, stdin: impl AsFd, stdout: impl AsFd, signal: Option<Signal>) {
    let listener = Listener::tcp();
    let own = |fd: &dyn AsFd| fd.as_fd().try_clone_to_owned().unwrap();
    let arguments = ["open", "--json", "--half-open", "0", &listener.id()];
    let mut child = sandbox.netverb(arguments).stdin(own(&stdin)).stdout(own(&stdout)).spawn();
    let mut peer = listener.accept();
    peer.send(b"data");
    child.wait_event("data");
    let both = || is_nonblocking(&stdin) || is_nonblocking(&stdout);
    assert!(!both(), "while it is connected");
    match signal {
        Some(signal) => {
            child.signal(signal);
            assert_eq!(child.wait().status, Status::Killed(signal.as_raw()));
        }
        None => {
            drop(peer);
            child.wait().exits(0);
        }
    }
    assert!(!both(), "left so; signal: {signal:?}");
}

#[test]
fn b14_pipes_and_sockets_are_never_left_nonblocking() {
    let sandbox = Sandbox::new();
    for signal in [None, Some(Signal::TERM), Some(Signal::INT), Some(Signal::KILL)] {
        let (in_reader, _in_writer) = std::io::pipe().unwrap();
        let (_out_reader, out_writer) = std::io::pipe().unwrap();
        stays_blocking(&sandbox, &in_reader, &out_writer, signal);
        let (ours, _theirs) = UnixStream::pair().unwrap();
        stays_blocking(&sandbox, &ours, &ours, signal);
    }
}

#[test]
fn b14_one_pipe_for_stdout_and_stderr_stays_blocking() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let run = sandbox.netverb(["open", "-vv", &listener.id()]);
    let mut child = run.stdout(writer.try_clone().unwrap()).stderr(writer.try_clone().unwrap()).spawn();
    let mut peer = listener.accept();
    peer.send(b"payload");
    drop(peer);
    child.wait().exits(0);
    assert!(!is_nonblocking(&writer));
    close(writer);
    let mut all = String::new();
    reader.read_to_string(&mut all).unwrap();
    assert!(all.contains("payload") && all.contains("connected"), "{all}");
}

/// A shell at a terminal that runs `open` and stays; gives the terminal, and the shell's process.
fn at_a_terminal(sandbox: &Sandbox, id: &str) -> (Terminal, Facts) {
    let script = format!("trap : INT; echo shell=$$.; \"$NETVERB\" open {id}; echo status=$?.; read line");
    let terminal = Terminal::shell(sandbox, &script);
    let screen = terminal.wait_screen("\n");
    let number = screen.trim().strip_prefix("shell=").and_then(|rest| rest.strip_suffix('.')).unwrap();
    (terminal, Facts(Pid::from_raw(number.parse().unwrap()).unwrap()))
}

/// The only child of this shell.
fn child_of(shell: Facts) -> Facts {
    let children = shell.children();
    assert_eq!(children.len(), 1, "{children:?}");
    Facts(Pid::from_raw(children[0].0).unwrap())
}

fn signal_child_of(shell: Facts, signal: Signal) {
    rustix::process::kill_process(child_of(shell).0, signal).unwrap();
}

#[test]
fn b14_a_terminal_is_left_as_it_was() {
    let sandbox = Sandbox::new();
    for (ending, status) in [("close", 0), ("SIGTERM", 143), ("ctrl-c", 130), ("SIGKILL", 137)] {
        let listener = Listener::tcp();
        let (mut terminal, shell) = at_a_terminal(&sandbox, &listener.id());
        let mut peer = listener.accept();
        let settings = terminal.settings();
        peer.send(b"shown");
        terminal.wait_screen("shown");
        let flags = shell.flags_of_stdin();
        assert!(!flags.contains(OFlags::NONBLOCK), "while it is connected");
        match ending {
            "close" => drop(peer),
            "ctrl-c" => terminal.send("\x03"),
            "SIGTERM" => signal_child_of(shell, Signal::TERM),
            _ => signal_child_of(shell, Signal::KILL),
        }
        terminal.wait_screen(&format!("status={status}."));
        assert_eq!(shell.flags_of_stdin(), flags, "{ending}");
        assert_eq!(terminal.settings(), settings, "{ending}");
        terminal.send("\n");
        terminal.wait();
    }
}

#[test]
fn b12_an_idle_terminal_uses_no_cpu() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let (mut terminal, shell) = at_a_terminal(&sandbox, &listener.id());
    let mut peer = listener.accept();
    peer.send(b"shown");
    terminal.wait_screen("shown");
    let used = || child_of(shell).cpu_time();
    let before = used();
    // Time is the behaviour.
    std::thread::sleep(Duration::from_secs(1));
    assert!(used() - before <= Duration::from_millis(20), "{:?} of a second", used() - before);
    terminal.send("\x03");
    terminal.wait_screen("status=130.");
    terminal.send("\n");
    terminal.wait();
}

/// Each state in which a signal may come: the program in it, and what keeps it there.
fn in_every_state(sandbox: &Sandbox) -> Vec<(Child, Vec<Peer>, Vec<Listener>)> {
    let mut states = Vec::new();
    let deaf = Listener::deaf("127.0.0.1:0").unwrap();
    let child = sandbox.netverb(["open", "-j", &deaf.id()]).spawn();
    child.wait_event("connecting");
    states.push((child, vec![], vec![deaf]));

    let listener = Listener::tcp();
    let child = sandbox.netverb(["open", "-j", &listener.id()]).spawn();
    child.wait_event("connected");
    states.push((child, vec![listener.accept()], vec![]));

    for options in [&[][..], &["-k"], &["--echo"]] {
        for connected in [false, true] {
            let path = sandbox.path(&format!("socket{}", states.len()));
            let at = format!("unix:{}", path.display());
            let child = sandbox.netverb(["accept", "-j", &at].iter().chain(options)).spawn();
            child.wait_event("ready");
            let mut peers = Vec::new();
            if connected {
                peers.push(Peer::connect_unix(&path).unwrap());
                child.wait_event("accepted");
            }
            states.push((child, peers, vec![]));
        }
    }
    states
}

#[test]
fn b16_a_signal_is_what_it_dies_of_and_unix_paths_are_removed() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let sandbox = Sandbox::new();
        for (mut child, _peers, _listeners) in in_every_state(&sandbox) {
            child.signal(signal);
            let ended = child.wait();
            assert_eq!(ended.status, Status::Killed(signal.as_raw()), "{}", child.line());
            let summary = ended.events().pop().unwrap();
            assert_eq!((&summary["event"], &summary["status"]), (&"summary".into(), &(128 + signal.as_raw()).into()));
        }
        let left: Vec<_> =
            std::fs::read_dir(sandbox.directory()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["run"], "{signal:?}");
    }
}

#[test]
fn b16_a_shell_sees_128_and_the_signal() {
    let sandbox = Sandbox::new();
    for (name, status) in [("TERM", "143"), ("HUP", "129")] {
        let script = format!(
            "rm -f port; \"$NETVERB\" accept 127.0.0.1:0 --port-file port & until test -s port; do sleep 0.01; done; \
             kill -{name} $!; wait $!; echo $?"
        );
        assert_eq!(sandbox.shell(&script).run().stdout, format!("{status}\n").as_bytes());
    }
}

#[test]
fn b11_data_without_a_stdout_is_not_delivered() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = sandbox.shell(&format!("exec \"$NETVERB\" open {} >&-", listener.id())).spawn();
    child.feed(b"all of it".to_vec());
    let mut peer = listener.accept();
    peer.send(b"for nobody");
    peer.end();
    assert_eq!(peer.read_to_end(), b"all of it", "what was to be sent is sent");
    child.wait().failed(23, &["stdout is closed", ">/dev/null"]);
    for script in ["\"$NETVERB\" resolve -n 127.0.0.1 >&-", "\"$NETVERB\" --help >&-"] {
        sandbox.shell(script).run().failed(23, &["stdout is closed"]);
    }
    // Nothing came, or nothing was wanted: nothing is lost.
    for redirection in [">&-", ">/dev/null", "<>/dev/null 1>&0"] {
        let mut child = sandbox.shell(&format!("exec \"$NETVERB\" open {} {redirection}", listener.id())).spawn();
        child.end_input();
        let mut peer = listener.accept();
        if redirection != ">&-" {
            peer.send(b"for nobody");
        }
        drop(peer);
        child.wait().exits(0);
    }
}
