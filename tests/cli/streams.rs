//! Promises 1, 5 to 10, 12, 13 and 15: what a stream between stdin, stdout and a socket does.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Child, Listener, Peer, Sandbox, Terminal, close, noise};

/// More than all buffers on the way together.
const PLENTY: usize = 64 << 20;

fn every_byte() -> Vec<u8> {
    (0..=255).collect()
}

/// A connection from `open` with these options to a peer of ours over TCP.
fn open(sandbox: &Sandbox, options: &[&str]) -> (Child, Peer) {
    let listener = Listener::tcp();
    let id = listener.id();
    let child = sandbox.netverb(["open", &id].iter().chain(options)).spawn();
    let peer = listener.accept();
    (child, peer)
}

/// A connection from a peer of ours to `accept` with these options over TCP.
fn accept(sandbox: &Sandbox, options: &[&str]) -> (Child, Peer) {
    let child = sandbox.netverb(["accept", "--json", "127.0.0.1:0"].iter().chain(options)).spawn();
    let peer = Peer::connect(child.port());
    (child, peer)
}

fn talk_both_ways(mut child: Child, mut peer: Peer) {
    child.send(&every_byte());
    assert_eq!(peer.read(256), every_byte());
    peer.send(&every_byte());
    assert_eq!(child.read_stdout(256), every_byte());
    child.end_input();
    assert_eq!(peer.read_to_end(), b"");
    drop(peer);
    child.wait().exits(0);
}

#[test]
fn b01_every_byte_value_passes_both_ways() {
    let sandbox = Sandbox::new();
    let (child, peer) = open(&sandbox, &[]);
    talk_both_ways(child, peer);
    let (child, peer) = accept(&sandbox, &[]);
    talk_both_ways(child, peer);
    let listener = Listener::unix(&sandbox.path("socket"));
    let child = sandbox.netverb(["open", &listener.id()]).spawn();
    let peer = listener.accept();
    talk_both_ways(child, peer);
}

#[test]
fn b01_every_byte_value_passes_both_ways_as_packets() {
    let sandbox = Sandbox::new();
    let listener = Listener::seqpacket(&sandbox.path("socket"));
    let mut child = sandbox.netverb(["open", "--split", "none", &listener.id()]).spawn();
    let mut peer = listener.accept();
    child.send(&every_byte());
    child.end_input();
    assert_eq!(peer.packet(), every_byte());
    assert_eq!(peer.packet(), b"", "then the end of data");
    peer.send(&every_byte());
    drop(peer);
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, every_byte());
}

#[test]
fn b01_a_line_is_a_packet_and_a_packet_a_line() {
    let sandbox = Sandbox::new();
    let listener = Listener::seqpacket(&sandbox.path("socket"));
    let mut child = sandbox.netverb(["open", &listener.id()]).spawn();
    let mut peer = listener.accept();
    child.feed(b"one\ntwo\nunended".to_vec());
    assert_eq!(["one", "two", "unended"].map(|_| peer.packet()), [&b"one"[..], b"two", b"unended"]);
    peer.send(b"first");
    peer.send(b"second");
    drop(peer);
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"first\nsecond\n");
}

/// 64 MiB each way at the same time, through pipes.
fn much_both_ways(mut child: Child, peer: &Peer) {
    let sent = noise(PLENTY);
    let answer: Vec<u8> = sent.iter().rev().copied().collect();
    child.feed(sent.clone());
    let mut writer = peer.another();
    let writing = std::thread::spawn({
        let answer = answer.clone();
        move || {
            writer.send(&answer);
            writer.end();
        }
    });
    assert!(peer.another().read_to_end() == sent, "what was sent is not what arrived");
    writing.join().unwrap();
    let ended = child.wait();
    ended.exits(0);
    assert!(ended.stdout == answer, "the answer is not what arrived");
}

#[test]
fn b01_much_random_data_passes_open_both_ways() {
    let sandbox = Sandbox::new();
    let (child, peer) = open(&sandbox, &[]);
    much_both_ways(child, &peer);
}

#[test]
fn b01_much_random_data_passes_accept_both_ways() {
    let sandbox = Sandbox::new();
    let (child, peer) = accept(&sandbox, &[]);
    much_both_ways(child, &peer);
}

#[test]
fn b01_much_random_data_passes_from_a_file_into_a_file() {
    let sandbox = Sandbox::new();
    let data = noise(PLENTY);
    let source = sandbox.write("source", &data);
    for unix in [false, true] {
        let target = sandbox.path("target");
        let at = if unix { format!("unix:{}", sandbox.path("socket").display()) } else { "127.0.0.1:0".to_owned() };
        let mut server = sandbox.netverb(["accept", "--json", "-o", "target", &at]).stdin(Stdio::null()).spawn();
        let listening = server.wait_event("listening");
        let to = if unix { at } else { listening["local"].as_str().unwrap().to_owned() };
        let mut client = sandbox.netverb(["open", &to]).stdin(File::open(&source).unwrap()).spawn();
        client.wait().exits(0);
        server.wait().exits(0);
        assert!(std::fs::read(&target).unwrap() == data, "the file is not what was sent; over unix: {unix}");
    }
}

#[test]
fn b01_one_byte_and_the_end_arrive() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let server = listener.serve(|mut peer| {
        peer.send(b"<");
        peer.end();
        peer.read_to_end()
    });
    let ended = sandbox.netverb(["open", &id]).feed(b">");
    ended.exits(0);
    assert_eq!((ended.stdout, server.join().unwrap()), (b"<".to_vec(), b">".to_vec()));
}

#[test]
fn b01_byte_at_a_time_works() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &[]);
    for byte in every_byte() {
        child.send(&[byte]);
        assert_eq!(peer.read(1), [byte]);
        peer.send(&[byte]);
        assert_eq!(child.read_stdout(1), [byte]);
    }
    peer.send_slowly(&every_byte());
    drop(peer);
    assert_eq!(child.wait().exits(0).stdout.len(), 512);
}

#[test]
fn b05_reset_in_mid_session_is_56() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &[]);
    let address = peer.address();
    peer.send(b"half of it");
    assert_eq!(child.read_stdout(10), b"half of it");
    peer.reset();
    let ended = child.wait();
    assert_eq!(ended.stdout, b"half of it");
    ended.failed_after_data(56, &[&address, "reset"]);
}

#[test]
fn b05_reset_after_our_end_of_data_is_56() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &[]);
    child.feed(b"question".to_vec());
    assert_eq!(peer.read_to_end(), b"question");
    peer.reset();
    child.wait().failed(56, &["reset"]);
}

#[test]
fn b05_reset_while_we_send_is_56() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &[]);
    child.feed(vec![0; PLENTY]);
    peer.read(1 << 20);
    peer.reset();
    child.wait().failed(56, &["reset"]);
}

#[test]
fn b05_a_unix_peer_that_closes_on_unread_data_is_56() {
    let sandbox = Sandbox::new();
    let listener = Listener::unix(&sandbox.path("socket"));
    let mut child = sandbox.netverb(["open", "--json", &listener.id()]).spawn();
    let peer = listener.accept();
    child.send(b"nobody reads this");
    child.wait_event("data");
    drop(peer);
    child.wait().exits(56);
}

#[test]
fn b06_a_peer_that_closes_ends_it_though_stdin_is_an_idle_pipe() {
    let sandbox = Sandbox::new();
    for (mut child, mut peer) in [open(&sandbox, &[]), accept(&sandbox, &[])] {
        peer.send(b"bye");
        let closed = Instant::now();
        drop(peer);
        let ended = child.wait();
        ended.exits(0);
        assert_eq!(ended.stdout, b"bye");
        assert!(closed.elapsed() < Duration::from_secs(2), "{:?}", closed.elapsed());
    }
}

#[test]
fn b06_a_peer_that_closes_ends_it_though_stdin_is_an_idle_terminal() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut terminal = Terminal::shell(&sandbox, &format!("\"$NETVERB\" open {}; echo status=$?", listener.id()));
    let mut peer = listener.accept();
    peer.send(b"bye\n");
    let closed = Instant::now();
    drop(peer);
    assert!(terminal.wait_screen("status=0").contains("bye"));
    assert!(closed.elapsed() < Duration::from_secs(2), "{:?}", closed.elapsed());
    terminal.wait();
}

#[test]
fn b07_the_end_of_stdin_reaches_the_peer_after_all_data_and_a_late_answer_is_printed_in_full() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let answer = noise(1 << 20);
    let server = listener.serve({
        let answer = answer.clone();
        move |mut peer| {
            let question = peer.read_to_end();
            // Time is the behaviour: others give up after half a second.
            std::thread::sleep(Duration::from_millis(1500));
            peer.send(&answer);
            question
        }
    });
    let question = noise(8 << 20);
    let ended = sandbox.netverb(["open", &id]).feed(&question);
    ended.exits(0);
    assert!(server.join().unwrap() == question, "the question is not what was sent");
    assert!(ended.stdout == answer, "the answer is not what was sent");
}

#[test]
fn b07_with_no_shutdown_the_peer_is_not_told_of_the_end_of_stdin() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &["--json", "--no-shutdown"]);
    child.feed(b"all".to_vec());
    child.wait_event("eof");
    assert_eq!(peer.read(3), b"all");
    peer.send(b"answer");
    assert_eq!(child.read_stdout(6), b"answer");
    assert_eq!(peer.poll_read().map_err(|error| error.kind()), Err(ErrorKind::WouldBlock), "no end of data came");
    drop(peer);
    child.wait().exits(0);
}

#[test]
fn b07_quit_after_eof_ends_it_though_the_peer_says_nothing() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &["-q", "0.3"]);
    child.feed(b"all".to_vec());
    assert_eq!(peer.read_to_end(), b"all");
    let ended = child.wait();
    ended.exits(0);
    assert!(ended.took >= Duration::from_millis(300), "{:?}", ended.took);
}

#[test]
fn b08_after_the_peers_half_close_we_can_still_send() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &["--json", "--half-open", "infinite"]);
    peer.end();
    child.wait_event("eof");
    // Time is the behaviour: by default it would end after a second.
    assert!(!child.ends_within(Duration::from_millis(1300)));
    child.send(b"still ");
    assert_eq!(peer.read(6), b"still ");
    child.send(b"here");
    child.end_input();
    assert_eq!(peer.read_to_end(), b"here");
    child.wait().exits(0);
}

#[test]
fn b08_what_stdin_gives_in_time_is_sent_and_its_idleness_ends_it() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &["--json", "--half-open", "1.5"]);
    peer.end();
    child.wait_event("eof");
    let mut sent = Instant::now();
    // Each portion re-arms the limit: together they take longer than it.
    for _ in 0..4 {
        sent = Instant::now();
        child.send(b"x");
        assert_eq!(peer.read(1), b"x");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(peer.read_to_end(), b"");
    let ended = child.wait();
    ended.exits(0);
    assert!(sent.elapsed() >= Duration::from_millis(1500), "{:?}", sent.elapsed());
}

#[test]
fn b08_all_of_a_long_input_is_sent_to_a_peer_that_has_ended() {
    let sandbox = Sandbox::new();
    let data = noise(16 << 20);
    // Longer than it takes a busy machine to begin.
    let (mut child, mut peer) = open(&sandbox, &["--half-open", "10s"]);
    peer.end();
    child.feed(data.clone());
    assert!(peer.read_to_end() == data, "what arrived is not what was sent");
    child.wait().exits(0);
}

#[test]
fn b09_a_stalled_consumer_gets_every_byte() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let data = noise(2 << 20);
    let server = listener.serve({
        let data = data.clone();
        move |mut peer| peer.send(&data)
    });
    let mut child = sandbox.netverb(["open", &id]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut stdout = child.take_stdout();
    server.join().unwrap();
    // Time is the behaviour: the peer has closed, and the consumer does not read for two seconds.
    std::thread::sleep(Duration::from_secs(2));
    let mut came = Vec::new();
    stdout.read_to_end(&mut came).unwrap();
    assert!(came == data, "{} of {} bytes came", came.len(), data.len());
    child.wait().exits(0);
}

#[test]
fn b10_a_consumer_that_goes_away_ends_it_within_a_second() {
    let sandbox = Sandbox::new();
    for floods in [false, true] {
        let listener = Listener::tcp();
        let mut child = sandbox.netverb(["open", &listener.id()]).stdout(Stdio::piped()).spawn();
        let mut peer = listener.accept();
        peer.send(b"x");
        let mut stdout = child.take_stdout();
        stdout.read_exact(&mut [0]).unwrap();
        let flood = peer.another();
        let flooding = floods.then(|| std::thread::spawn(move || flood.flood()));
        let gone = Instant::now();
        close(stdout);
        child.wait().failed(23, &["broken pipe"]);
        assert!(gone.elapsed() < Duration::from_secs(1), "{:?}, flooded: {floods}", gone.elapsed());
        drop(peer);
        flooding.map(std::thread::JoinHandle::join);
    }
}

#[test]
fn b10_a_pipeline_whose_reader_has_read_enough_ends() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let script = format!("{{ \"$NETVERB\" open {}; echo status=$? >&2; }} | head -c 5", listener.id());
    let mut child = sandbox.shell(&script).spawn();
    let mut peer = listener.accept();
    peer.send(b"12345678");
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"12345");
    assert!(ended.stderr.ends_with("status=23\n"), "{}", ended.stderr);
}

#[test]
fn b13_send_only_never_prints_and_ends_when_the_peer_has_everything() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) = open(&sandbox, &["--send-only"]);
    peer.send(b"not wanted");
    let data = noise(16 << 20);
    child.feed(data.clone());
    // More than the peer's system holds: as long as it does not read, there is something it does not have.
    assert!(!child.ends_within(Duration::from_millis(300)));
    assert!(peer.read_to_end() == data, "what arrived is not what was sent");
    // The peer closes nothing.
    let ended = child.wait();
    ended.exits(0);
    assert_eq!((&ended.stdout[..], &ended.stderr[..]), (&b""[..], ""));
}

#[test]
fn b13_recv_only_never_touches_stdin() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let (reader, writer) = std::io::pipe().unwrap();
    rustix::io::write(&writer, b"untouched").unwrap();
    let mut child = sandbox.netverb(["open", "--recv-only", &listener.id()]).stdin(reader.try_clone().unwrap()).spawn();
    let mut peer = listener.accept();
    peer.send(b"data");
    peer.end();
    assert_eq!(peer.read_to_end(), b"");
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"data");
    drop(writer);
    let mut left = Vec::new();
    { reader }.read_to_end(&mut left).unwrap();
    assert_eq!(left, b"untouched");
}

#[test]
fn b15_each_typed_line_leaves_at_once_and_each_received_one_is_shown_at_once() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut terminal = Terminal::shell(&sandbox, &format!("exec \"$NETVERB\" open {}", listener.id()));
    let mut peer = listener.accept();
    peer.send(b"login: ");
    terminal.wait_screen("login: ");
    for number in 0..3 {
        terminal.send(&format!("line {number}\n"));
        assert_eq!(peer.read(7), format!("line {number}\n").as_bytes());
        peer.send(format!("reply {number}\n").as_bytes());
        terminal.wait_screen(&format!("reply {number}"));
    }
    terminal.send("\x04");
    assert_eq!(peer.read_to_end(), b"");
    drop(peer);
    assert_eq!(terminal.wait(), crate::support::Status::Exited(0));
}

#[test]
fn b15_a_dialogue_over_pipes_needs_no_flushing() {
    let sandbox = Sandbox::new();
    for (mut child, mut peer) in [open(&sandbox, &[]), accept(&sandbox, &[])] {
        for line in [&b"one\n"[..], b"no newline", b"\n"] {
            child.send(line);
            assert_eq!(peer.read(line.len()), line);
            peer.send(line);
            assert_eq!(child.read_stdout(line.len()), line);
        }
    }
}
