//! Promises 52 to 59, and 36 on a kept socket: sockets that outlive the command.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal};
use serde_json::Value;

use crate::support::{Facts, Finished, LIMIT, Listener, Peer, Sandbox, Status, Terminal, close, noise, wait_until};

/// A sandbox whose keepers end with it.
pub struct Kept(pub Sandbox);

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.netverb(["close", "--all", "--force"]).run();
    }
}

impl Kept {
    pub fn new() -> Self {
        Kept(Sandbox::new())
    }

    pub fn run(&self, words: &[&str]) -> Finished {
        self.0.netverb(words).run()
    }

    /// The stdout of a run that succeeds, as text.
    #[track_caller]
    pub fn says(&self, words: &[&str]) -> String {
        let ended = self.run(words);
        ended.exits(0);
        String::from_utf8(ended.stdout).unwrap()
    }

    /// A listener of ours, and a socket that is kept to it.
    pub fn open(&self, name: &str, more: &[&str]) -> Peer {
        let listener = Listener::tcp();
        let id = format!("{}/{name}", listener.id());
        let words: Vec<&str> = ["open", &id].into_iter().chain(more.iter().copied()).collect();
        assert_eq!(self.says(&words), format!("{name}\n"));
        listener.accept()
    }

    pub fn status(&self, name: &str) -> Option<Value> {
        let lines = self.0.netverb(["sockets", "--json"]).run().stdout;
        let lines = String::from_utf8(lines).unwrap();
        let statuses = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        statuses.into_iter().find(|status| status["id"] == name)
    }

    pub fn wait_status(&self, name: &str, what: &str, fact: impl Fn(&Value) -> bool) -> Value {
        wait_until(what, || self.status(name).filter(|status| fact(status)))
    }

    pub fn keeper(&self, name: &str) -> Pid {
        let pid = self.status(name).expect("it is open")["pid"].as_i64().unwrap();
        Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
    }

    pub fn directory(&self) -> PathBuf {
        self.0.path("run/netverb")
    }
}

fn wait_for_end(pid: Pid) {
    let Ok(process) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else { return };
    let limit = rustix::event::Timespec::try_from(LIMIT).unwrap();
    let mut watched = [rustix::event::PollFd::new(&process, rustix::event::PollFlags::IN)];
    assert!(rustix::event::poll(&mut watched, Some(&limit)).unwrap() > 0, "process {pid:?} is still there");
}

#[test]
fn b36_a_terminator_over_two_reads_is_found_and_the_rest_stays() {
    let kept = Kept::new();
    // More than the buffer: the last byte is taken only when a reader looks for more.
    let mut peer = kept.open("s", &["--buffer", "1k"]);
    let line = "y".repeat(4000);
    peer.send(format!("{line}\r").as_bytes());
    kept.wait_status("s", "the first part", |status| status["unread"].as_u64() > Some(0));
    let mut reader = kept.0.netverb(["read", "s", "--until", "crlf", "--strip"]).spawn();
    kept.wait_status("s", "all of the line", |status| status["unread"] == 4001);
    assert!(reader.is_running());
    peer.send(b"\nnext\r\nrest");
    assert_eq!(reader.wait().stdout, line.as_bytes());
    assert_eq!(kept.says(&["read", "s", "--until", "crlf"]), "next\r\n");
    assert_eq!(kept.says(&["read", "s", "--any"]), "rest");
}

#[test]
fn b52_command_substitution_returns_whatever_it_captures() {
    let kept = Kept::new();
    let listener = Listener::tcp();
    let id = listener.id();
    for (name, words) in [("a", ""), ("b", "2>&1"), ("c", "2>&1 3>&1"), ("d", "2>&1 </dev/null 9>&1")] {
        let begun = Instant::now();
        let ended = kept.0.shell(&format!("x=$(\"$NETVERB\" open {id}/{name} {words}); echo \"[$x]\"")).run();
        assert_eq!(String::from_utf8(ended.stdout).unwrap(), format!("[{name}]\n"), "{}", ended.stderr);
        assert!(begun.elapsed() < Duration::from_secs(1), "{name}: {:?}", begun.elapsed());
    }
    let ended = kept.0.shell("p=$(\"$NETVERB\" accept 0/web 2>&1); echo \"[$p]\"").run();
    let port = String::from_utf8(ended.stdout).unwrap();
    let port: u16 = port.trim_matches(['[', ']', '\n']).parse().unwrap();
    drop(Peer::connect(port));
}

#[test]
fn b53_sixty_parallel_opens_have_one_winner_over_a_stale_socket() {
    let kept = Kept::new();
    kept.run(&["sockets"]);
    let listener = Listener::tcp();
    let id = format!("{}/x", listener.id());
    for round in 0..20 {
        close(UnixListener::bind(kept.directory().join("x.sock")).unwrap());
        let children: Vec<_> = (0..60).map(|_| kept.0.netverb(["open", &id]).spawn()).collect();
        let mut statuses = Vec::new();
        for mut child in children {
            let ended = child.wait();
            statuses.push(ended.status);
            if ended.stdout.is_empty() {
                ended.failed(111, &["socket is already open"]);
            } else {
                ended.exits(0);
            }
        }
        let winners = statuses.iter().filter(|status| **status == Status::Exited(0)).count();
        assert_eq!(winners, 1, "round {round}");
        let _winner = listener.accept();
        assert!(listener.accept_within(Duration::from_millis(20)).is_err(), "a loser has connected");
        kept.run(&["close", "x"]).exits(0);
    }
}

#[test]
fn b53_a_killed_keeper_never_blocks_its_name() {
    let kept = Kept::new();
    let listener = Listener::tcp();
    let id = format!("{}/x", listener.id());
    for _ in 0..5 {
        kept.run(&["open", &id]).exits(0);
        let keeper = kept.keeper("x");
        rustix::process::kill_process(keeper, Signal::KILL).unwrap();
        wait_for_end(keeper);
        kept.run(&["read", "x"]).failed(110, &["socket is not open"]);
        assert_eq!(kept.says(&["sockets", "--ids"]), "");
    }
    kept.run(&["open", &id]).exits(0);
}

#[test]
fn b54_a_killed_reader_loses_nothing() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &["--buffer", "8M"]);
    let data = noise(3 << 20);
    peer.send(&data);
    kept.wait_status("s", "all of it", |status| status["unread"] == data.len());
    // Killed while its stdout takes no more, at ten places of what it has written.
    for places in 0..10 {
        let size = (200_000 + places * 290_000).to_string();
        let pipe = std::process::Stdio::piped();
        let mut reader = kept.0.netverb(["read", "s", "--for", &size]).stdout(pipe).spawn();
        let mut stdout = reader.take_stdout();
        let mut some = vec![0; 1 + places * 5000];
        std::io::Read::read_exact(&mut stdout, &mut some).unwrap();
        reader.signal(Signal::KILL);
        reader.wait();
    }
    // Killed while it waits.
    let mut waiting = kept.0.netverb(["read", "s", "--for", "8M", "-w", "infinite"]).spawn();
    waiting.signal(Signal::INT);
    waiting.wait();
    let ended = kept.run(&["read", "s", "--for", "7M", "-w", "0"]);
    ended.failed(28, &["timed out", "bytes had come and stay unread"]);
    assert!(kept.run(&["read", "s", "--for", &data.len().to_string()]).stdout == data);
}

#[test]
fn b54_readers_queue_and_each_gets_its_own() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    let mut readers: Vec<_> = (0..5).map(|_| kept.0.netverb(["read", "s", "-w", "infinite"]).spawn()).collect();
    peer.send(b"1\n2\n3\n4\n5\n");
    let mut lines: Vec<String> =
        readers.iter_mut().map(|reader| String::from_utf8(reader.wait().stdout).unwrap()).collect();
    lines.sort();
    assert_eq!(lines, ["1\n", "2\n", "3\n", "4\n", "5\n"]);
}

#[test]
fn b54_a_partial_read_prints_what_had_come_and_a_peek_leaves_it() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    peer.send(b"half");
    kept.wait_status("s", "the half", |status| status["unread"] == 4);
    assert_eq!(kept.says(&["read", "s", "--any", "--peek"]), "half");
    let ended = kept.run(&["read", "s", "-w", "0", "--partial"]);
    ended.exits(28);
    assert_eq!(ended.stdout, b"half");
    kept.run(&["read", "s", "-w", "0"]).failed(28, &["nothing had come"]);
}

#[test]
fn b55_an_unread_socket_slows_its_peer_down_in_bounded_memory() {
    const OFFERED: usize = 400 << 20;
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    let block = noise(1 << 20);
    let (sent, expected) = (Arc::new(AtomicUsize::new(0)), block.clone());
    let progress = sent.clone();
    let sender = std::thread::spawn(move || {
        for piece in block.chunks(64 << 10).cycle().take(OFFERED / (64 << 10)) {
            peer.send(piece);
            progress.fetch_add(piece.len(), Ordering::Relaxed);
        }
    });
    // Nobody reads: what the keeper takes is what its buffer holds, and the rest waits in the queues of TCP.
    let mut before = (usize::MAX, Instant::now());
    wait_until("the sender to be stopped", || {
        let now = sent.load(Ordering::Relaxed);
        if now != before.0 {
            before = (now, Instant::now());
        }
        (before.1.elapsed() > Duration::from_secs(1)).then_some(())
    });
    let (stopped, memory) = (sent.load(Ordering::Relaxed), || Facts(kept.keeper("s")).peak_memory());
    assert!(stopped < 100 << 20, "the peer was not slowed down");
    assert_eq!(kept.status("s").unwrap()["unread"], 1 << 20);
    assert!(memory() < 32 << 20, "the keeper has {} bytes", memory());
    // The same holds while all of it goes through, in order.
    for round in 0..OFFERED / (2 << 20) {
        let read = kept.run(&["read", "s", "--for", "2M"]);
        assert!(read.stdout[..1 << 20] == expected && read.stdout[1 << 20..] == expected, "round {round}");
    }
    sender.join().unwrap();
    assert!(memory() < 32 << 20, "the keeper has {} bytes", memory());
}

#[test]
fn b56_after_the_peers_close_the_rest_is_readable_and_then_52() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    peer.send(b"one\ntwo\nrest");
    drop(peer);
    kept.wait_status("s", "the end", |status| status["state"] == "eof");
    assert_eq!(kept.says(&["read", "s"]), "one\n");
    assert_eq!(kept.says(&["read", "s"]), "two\n");
    kept.run(&["read", "s"]).failed(52, &["closed"]);
    assert_eq!(kept.says(&["read", "s", "--until", "eof"]), "rest");
    kept.run(&["read", "s"]).failed(52, &["closed"]);
}

#[test]
fn b56_after_a_reset_it_is_56() {
    let kept = Kept::new();
    kept.open("s", &[]).reset();
    kept.wait_status("s", "the reset", |status| status["state"] == "error");
    kept.run(&["read", "s"]).failed(56, &["reset"]);
}

#[test]
fn b57_only_a_private_directory_of_ours_will_do() {
    let kept = Kept::new();
    let listener = Listener::tcp();
    let id = format!("{}/x", listener.id());
    let open = |directory: &str| kept.run(&["open", &id, "--session-dir", directory]);
    let wide = kept.0.path("wide");
    std::fs::create_dir(&wide).unwrap();
    std::fs::set_permissions(&wide, std::fs::Permissions::from_mode(0o755)).unwrap();
    open(wide.to_str().unwrap()).failed(2, &["mode is 0755", "chmod 700"]);
    let link = kept.0.path("link");
    std::os::unix::fs::symlink(kept.0.path("run"), &link).unwrap();
    open(link.to_str().unwrap()).failed(2, &["symbolic link", "--session-dir"]);
    let long = kept.0.path(&"l".repeat(90));
    open(long.to_str().unwrap()).failed(2, &["103", "--session-dir"]);
    if rustix::process::geteuid().is_root() {
        let foreign = kept.0.path("foreign");
        std::fs::create_dir(&foreign).unwrap();
        std::fs::set_permissions(&foreign, std::fs::Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::chown(&foreign, Some(12345), None).unwrap();
        open(foreign.to_str().unwrap()).failed(2, &["belongs to user 12345"]);
    }
    assert!(listener.accept_within(Duration::from_millis(20)).is_err(), "it has connected all the same");
    let made = kept.0.path("made");
    open(made.to_str().unwrap()).exits(0);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&made), mode(&made.join("x.sock"))), (0o700, 0o700));
    kept.run(&["close", "x", "--session-dir", made.to_str().unwrap()]).exits(0);
}

#[test]
fn b58_secure_upgrades_in_place_and_refuses_early_plain_text() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/web"]);
    let port = port.trim();
    kept.says(&["open", &format!("localhost:{port}/mail")]);
    assert_eq!(kept.says(&["next", "web"]), "web.1\n");
    kept.says(&["write", "web.1", "--line", "injected"]);
    kept.wait_status("mail", "the early text", |status| status["unread"] == 9);
    kept.run(&["secure", "mail", "--no-verify"]).failed(35, &["plain text"]);
    assert_eq!(kept.status("mail").unwrap()["secure"], false);
    assert_eq!(kept.says(&["read", "mail"]), "injected\n");
    let mut server = kept.0.netverb(["secure", "web.1", "--self-signed"]).spawn();
    kept.says(&["secure", "mail", "--no-verify"]);
    server.wait().exits(0);
    assert_eq!(kept.status("mail").unwrap()["secure"], true);
    kept.says(&["write", "mail", "--line", "over TLS"]);
    assert_eq!(kept.says(&["ask", "web.1", "--line", "answer"]), "over TLS\n");
    assert_eq!(kept.says(&["read", "mail"]), "answer\n");
    kept.says(&["close", "web.1"]);
    kept.run(&["read", "mail"]).failed(52, &["closed"]);
}

#[test]
fn b58_a_handshake_that_fails_is_60_and_the_socket_is_in_error() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/web", "--secure", "--self-signed"]);
    let _server = kept.0.netverb(["next", "web", "-w", "infinite"]).spawn();
    kept.run(&["open", &format!("tls://localhost:{}/mail", port.trim())]).exits(60);
    kept.run(&["read", "mail"]).failed(110, &["socket is not open"]);
}

#[test]
fn b59_session_run_leaves_no_keeper_behind() {
    let kept = Kept::new();
    let listener = Listener::tcp();
    let id = listener.id();
    for (end, status) in [("exit 7", 7), ("kill -KILL $$", 137), ("kill -TERM $$", 143), ("exit 0", 0)] {
        let script = format!("\"$NETVERB\" open {id}/a; \"$NETVERB\" accept 0/web; echo $NETVERB_SESSION; {end}");
        let ended = kept.0.shell(&format!("\"$NETVERB\" session run -- sh -c '{script}'")).run();
        ended.exits(status);
        assert_eq!(listener.accept().read_to_end(), b"", "the connection has ended");
        assert_eq!(kept.says(&["session", "list"]), "");
        let session = String::from_utf8(ended.stdout).unwrap();
        let session = session.lines().last().unwrap().to_owned();
        kept.run(&["open", &format!("{id}/late"), "--session", &session]).failed(2, &["no session"]);
    }
    // Killed itself, it cannot close anything: the keepers see its end.
    let script = format!("\"$NETVERB\" session run -- sh -c '\"$NETVERB\" open {id}/a >&2; exec sleep 60 >&- 2>&-'");
    let mut session = kept.0.shell(&format!("exec {}", script)).spawn();
    let mut peer = listener.accept();
    session.signal(Signal::KILL);
    session.wait();
    assert_eq!(peer.read_to_end(), b"");
    // Its folder is cleared away when somebody looks, once no keeper is in it.
    wait_until("the session is gone", || kept.says(&["session", "list"]).is_empty().then_some(()));
}

#[test]
fn b59_an_owner_takes_its_socket_along() {
    let kept = Kept::new();
    let mut owner = kept.0.shell("read line").spawn();
    let pid = owner.pid().as_raw_nonzero().to_string();
    let mut peer = kept.open("s", &["--owner", &pid]);
    let keeper = kept.keeper("s");
    owner.end_input();
    owner.wait();
    assert_eq!(peer.read_to_end(), b"");
    wait_for_end(keeper);
    kept.run(&["open", &format!("localhost:{}/t", Listener::tcp().port()), "--owner", "4194304"])
        .failed(2, &["4194304"]);
}

#[test]
fn b59_an_idle_life_ends() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &["--keep=150ms"]);
    assert_eq!(peer.read_to_end(), b"");
    wait_until("its socket is removed", || (!kept.directory().join("s.sock").exists()).then_some(()));
    kept.run(&["read", "s"]).failed(110, &["socket is not open"]);
}

#[test]
fn a_keeper_whose_path_is_not_its_own_ends() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    let keeper = kept.keeper("s");
    std::fs::remove_file(kept.directory().join("s.sock")).unwrap();
    assert_eq!(peer.read_to_end(), b"");
    wait_for_end(keeper);
}

#[test]
fn what_is_written_before_the_connection_stands_is_sent() {
    let kept = Kept::new();
    let listener = Listener::tcp();
    let id = format!("{}/s", listener.id());
    assert_eq!(kept.says(&["open", &id, "--no-wait"]), "s\n");
    kept.says(&["write", "s", "early", "bird"]);
    assert_eq!(listener.accept().read(10), b"early bird");
}

#[test]
fn line_endings_belong_to_the_socket() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &["--eol", "crlf"]);
    kept.says(&["write", "s", "--line", "EHLO me"]);
    assert_eq!(peer.read(9), b"EHLO me\r\n");
    peer.send(b"250 a\r\n250 b\r\n");
    assert_eq!(kept.says(&["read", "s", "--for", "2 lines"]), "250 a\n250 b\n");
    kept.says(&["write", "s", "-E", "a\\r\\n\\x00"]);
    assert_eq!(peer.read(4), b"a\r\n\0");
}

#[test]
fn expect_finds_the_first_and_fails_on_a_feared_one() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    peer.send(b"motd\nlogin: denied 42\n");
    assert_eq!(kept.says(&["expect", "s", "login: ", "--fail", "denied"]), "motd\nlogin: ");
    let ended = kept.run(&["expect", "s", "welcome", "--fail", "denied (?<code>\\d+)", "--print", "code"]);
    ended.exits(1);
    assert_eq!(ended.stdout, b"42");
    kept.run(&["expect", "s", "x", "-w", "0"]).failed(28, &["timed out", "\\n"]);
}

#[test]
fn a_kept_listener_numbers_its_connections() {
    let kept = Kept::new();
    let port: u16 = kept.says(&["accept", "0/web"]).trim().parse().unwrap();
    kept.run(&["next", "web", "-w", "0"]).failed(28, &["no connection"]);
    kept.run(&["read", "web"]).failed(4, &["can't read from this socket"]);
    kept.run(&["write", "web", "x"]).failed(4, &["can't write to this socket"]);
    kept.run(&["ask", "web", "x"]).failed(4, &["can't write to this socket"]);
    let (mut one, mut two) = (Peer::connect(port), Peer::connect(port));
    assert_eq!(kept.says(&["next", "web"]), "web.1\n");
    assert_eq!(kept.says(&["next", "web", "-w", "infinite"]), "web.2\n");
    one.send(b"first\n");
    two.send(b"second\n");
    assert_eq!(kept.says(&["read", "web.2"]), "second\n");
    assert_eq!(kept.says(&["read", &format!("{}|1", one.address())]), "first\n");
    kept.run(&["open", "localhost:1/web"]).failed(111, &["socket is already open"]);
    kept.says(&["close", "web"]);
    assert!(Peer::connect_tcp(&format!("127.0.0.1:{port}")).is_err());
    kept.says(&["write", "web.1", "still there"]);
    assert_eq!(one.read(11), b"still there");
    // A new listener of this name passes the numbers over that are in use.
    let port: u16 = kept.says(&["accept", "0/web"]).trim().parse().unwrap();
    let _three = Peer::connect(port);
    assert_eq!(kept.says(&["next", "web"]), "web.3\n");
    kept.says(&["close", "web.1", "web.2"]);
    assert_eq!(two.read_to_end(), b"");
}

#[test]
fn a_full_id_is_checked_and_errors_are_worded() {
    let kept = Kept::new();
    let listener = Listener::tcp();
    let id = format!("{}/Mail", listener.id());
    kept.says(&["open", &id]);
    kept.says(&["write", &id.to_uppercase(), "x"]);
    kept.run(&["write", "127.0.0.1:1/mail", "x"]).failed(110, &["socket is not open"]);
    kept.run(&["open", &id]).failed(111, &["socket is already open"]);
    kept.run(&["read", "other"]).failed(110, &["socket is not open"]);
    kept.run(&["read", "9lives"]).exits(110);
    kept.run(&["open", &id, "-e", "cat"]).failed(2, &["--foreground"]);
    let unnamed = kept.says(&["open", &listener.id(), "--keep"]);
    assert_eq!(unnamed, format!("{}\n", listener.id()));
    kept.says(&["close", "mail", unnamed.trim()]);
    assert_eq!(kept.says(&["sockets", "--ids"]), "");
}

#[test]
fn a_keeper_that_does_not_answer_is_112_and_can_be_killed() {
    let kept = Kept::new();
    let _peer = kept.open("s", &[]);
    let keeper = kept.keeper("s");
    rustix::process::kill_process(keeper, Signal::STOP).unwrap();
    kept.run(&["read", "s"]).failed(112, &["does not answer", "--force"]);
    let begun = Instant::now();
    assert_eq!(kept.says(&["sockets", "--ids"]), "s\n");
    // An answer is waited for for 5 s.
    assert!(begun.elapsed() < Duration::from_secs(4), "a completion waits for nobody");
    kept.says(&["close", "s", "--force"]);
    wait_for_end(keeper);
    kept.run(&["close", "s"]).failed(110, &["socket is not open"]);
}

#[test]
fn a_reset_is_seen_by_the_peer_and_a_close_delivers_all() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    kept.says(&["close", "s", "--rst"]);
    assert_eq!(peer.read_error(), std::io::ErrorKind::ConnectionReset);
    let mut peer = kept.open("s", &[]);
    // What is unread must not turn the close into a reset that destroys what was written.
    peer.send(b"never read");
    kept.wait_status("s", "the unread bytes", |status| status["unread"] == 10);
    kept.says(&["write", "s", "last words"]);
    kept.says(&["close", "s"]);
    assert_eq!(peer.read_to_end(), b"last words");
}

#[test]
fn wait_is_done_when_a_kept_socket_is_readable_or_gone() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    kept.run(&["wait", "s", "-w", "0"]).failed(28, &["s"]);
    let mut readable = kept.0.netverb(["wait", "s"]).spawn();
    let mut gone = kept.0.netverb(["wait", "--gone", "s"]).spawn();
    peer.send(b"x");
    readable.wait().exits(0);
    assert!(gone.is_running());
    kept.says(&["close", "s"]);
    gone.wait().exits(0);
    kept.run(&["wait", "s"]).failed(110, &["socket is not open"]);
}

#[test]
fn the_table_is_live_at_a_terminal_and_printed_once_elsewhere() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    assert!(kept.says(&["sockets", "--watch"]).starts_with("ID "));
    let mut terminal =
        Terminal::shell(&kept.0, "echo ready; read word; \"$NETVERB\" sockets --watch; echo \"ended=$?\"; read word");
    terminal.wait_screen("ready");
    let before = terminal.settings();
    terminal.send("go\n");
    terminal.wait_screen("IN/s");
    peer.send(&[b'x'; 4242]);
    terminal.wait_screen("4.1k");
    // The rate of the beat in which it came is the highest column.
    terminal.wait_screen("█");
    terminal.wait_screen("q leaves");
    // Another size is drawn at once, and a socket that is closed is there no more.
    terminal.resize(20, 3);
    terminal.wait_screen("\x1b[HID  IN/s  OUT/s\x1b[K");
    kept.says(&["close", "s"]);
    terminal.resize(80, 24);
    terminal.wait_screen("no socket is kept");
    terminal.send("q");
    let screen = terminal.wait_screen("ended=0");
    // What the terminal showed before comes back.
    assert!(screen.contains("\x1b[?1049h") && screen.contains("\x1b[?25h\x1b[?1049l"), "{screen:?}");
    assert_eq!(terminal.settings(), before);
    for (key, status) in [("\x03", Status::Killed(2)), ("\x1b", Status::Exited(0))] {
        let mut terminal = Terminal::shell(&kept.0, "exec \"$NETVERB\" sockets --watch");
        terminal.wait_screen("no socket is kept");
        terminal.send(key);
        terminal.wait_screen("\x1b[?1049l");
        assert_eq!(terminal.wait(), status);
    }
    let mut terminal = Terminal::shell(&kept.0, "TERM=dumb exec \"$NETVERB\" sockets --watch");
    terminal.wait_times("no socket is kept", 2);
    terminal.send("\x03");
    assert!(!terminal.wait_screen("kept").contains('\x1b'));
    assert_eq!(terminal.wait(), Status::Killed(2));
}
