//! Promises 24 and 25: Unix sockets, their paths, their abstract names, and the boundaries of seqpacket messages.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;

use crate::support::{Child, Listener, Peer, Sandbox, Signal, Status, close, noise, uninterrupted};

fn accept(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    sandbox.netverb(["accept", "--json"].iter().chain(arguments)).spawn()
}

/// An echo at this address that listens.
fn echo(sandbox: &Sandbox, address: &str) -> Child {
    let child = accept(sandbox, &["--echo", address]);
    child.wait_event("ready");
    child
}

fn answers(path: &Path) {
    let mut peer = Peer::connect_unix(path).unwrap();
    peer.send(b"x");
    assert_eq!(peer.read(1), b"x");
}

#[test]
fn b24_the_path_has_the_mode_that_was_asked_for() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("socket");
    for mode in [0o600, 0o660, 0o666, 0o777, 0] {
        let mut child = accept(&sandbox, &["--echo", "--mode", &format!("{mode:o}"), "unix:socket"]);
        child.wait_event("ready");
        let found = fs::metadata(&path).unwrap();
        assert!(found.file_type().is_socket());
        assert_eq!(found.mode() & 0o7777, mode, "{mode:o}");
        child.signal(Signal::TERM);
        child.wait();
    }
    let script = r#"umask 027; exec "$NETVERB" accept --json --echo unix:socket"#;
    sandbox.shell(script).spawn().wait_event("ready");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o750);
    for mode in ["888", "1777", "rw", ""] {
        sandbox.netverb(["accept", "unix:other", "--mode", mode]).run().failed(2, &["--mode"]);
    }
    assert!(!sandbox.path("other").exists());
}

#[test]
fn b24_the_path_is_removed_on_signals() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("socket");
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut child = echo(&sandbox, "unix:socket");
        assert!(path.exists());
        child.signal(signal);
        assert_eq!(child.wait().status, Status::Killed(signal.as_raw()));
        assert!(!path.exists(), "{signal:?}");
        // The same while a client is connected.
        let mut child = echo(&sandbox, "unix:socket");
        let _client = Peer::connect_unix(&path).unwrap();
        child.wait_event("accepted");
        child.signal(signal);
        child.wait();
        assert!(!path.exists(), "{signal:?} with a client");
    }
}

#[test]
fn b24_the_path_is_removed_at_the_end_of_one_shot_listeners() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("socket");
    let mut child = accept(&sandbox, &["unix:socket"]);
    child.wait_event("ready");
    let mut client = Peer::connect_unix(&path).unwrap();
    client.send(b"x");
    assert_eq!(child.read_stdout(1), b"x");
    // A second client is refused, so there is nothing to connect to.
    assert!(!path.exists());
    child.end_input();
    client.end();
    child.wait().exits(0);
    // A listener that fails, or whose time is over, leaves none behind.
    let ended = sandbox.netverb(["accept", "--deadline", "50ms", "unix:socket"]).run();
    ended.failed(28, &["deadline"]);
    assert!(!path.exists());
    let taken = Listener::tcp();
    sandbox.netverb(["accept", "unix:socket", &taken.id()]).run().exits(45);
    assert!(!path.exists());
}

#[test]
fn b24_a_stale_socket_is_replaced() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("socket");
    let mut child = echo(&sandbox, "unix:socket");
    child.signal(Signal::KILL);
    child.wait();
    assert!(path.exists(), "SIGKILL leaves it behind");
    let child = echo(&sandbox, "unix:socket");
    answers(&path);
    drop(child);
    // Whatever kind of socket it was.
    fs::remove_file(&path).unwrap();
    close(UnixDatagram::bind(&path).unwrap());
    let _child = echo(&sandbox, "seqpacket:socket");
    let mut client = Peer::connect_seqpacket(&path).unwrap();
    client.send(b"x");
    assert_eq!(client.packet(), b"x");
}

#[test]
fn b24_a_live_socket_is_refused_and_left_alone() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("socket");
    let _child = echo(&sandbox, "unix:socket");
    let before = fs::metadata(&path).unwrap().ino();
    for address in ["unix:socket", "seqpacket:socket"] {
        sandbox.netverb(["accept", address]).run().failed(45, &["socket", "listen"]);
    }
    assert_eq!(fs::metadata(&path).unwrap().ino(), before);
    answers(&path);
    // One that accepts nobody, its queue being full, is alive nevertheless.
    let busy = sandbox.path("busy");
    let listener = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    listener.bind(&socket2::SockAddr::unix(&busy).unwrap()).unwrap();
    listener.listen(0).unwrap();
    let _waiting = Peer::connect_unix(&busy).unwrap();
    sandbox.netverb(["accept", "unix:busy"]).run().failed(45, &["another process listens there"]);
    assert!(busy.exists());
    let _datagrams = UnixDatagram::bind(sandbox.path("datagrams")).unwrap();
    sandbox.netverb(["accept", "unix:datagrams"]).run().failed(45, &["another kind of socket"]);
    assert!(sandbox.path("datagrams").exists());
}

#[test]
fn b24_a_file_that_is_no_socket_is_never_removed() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("socket");
    let refused = || {
        sandbox.netverb(["accept", "unix:socket"]).run().failed(45, &["unix:socket", "no socket"]);
    };
    sandbox.write("socket", "precious");
    refused();
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused();
    fs::remove_dir(&path).unwrap();
    symlink("nowhere", &path).unwrap();
    refused();
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
}

#[test]
fn b24_a_path_that_others_took_over_is_not_removed() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("socket");
    let mut child = echo(&sandbox, "unix:socket");
    fs::remove_file(&path).unwrap();
    let _others = UnixListener::bind(&path).unwrap();
    child.signal(Signal::TERM);
    child.wait();
    assert!(path.exists());
}

#[test]
fn b24_a_path_that_is_too_long_is_an_error() {
    let sandbox = Sandbox::new();
    for (address, longest) in [("unix:", 107), ("seqpacket:", 107), ("unix:@", 107)] {
        let ended = sandbox.netverb(["accept".to_owned(), format!("{address}{}", "x".repeat(longest + 1))]).run();
        ended.failed(3, &["at most 107 bytes", "108"]);
        let mut child = echo(&sandbox, &format!("{address}{}", "x".repeat(longest)));
        child.signal(Signal::TERM);
        child.wait();
    }
    let names = fs::read_dir(sandbox.directory()).unwrap().count();
    assert_eq!(names, 1, "only the runtime directory is there");
}

#[test]
fn b24_a_directory_that_is_missing_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.netverb(["accept", "unix:missing/socket"]).run().failed(45, &["missing/socket", "no such file"]);
    sandbox.write("file", "");
    sandbox.netverb(["accept", "unix:file/socket"]).run().failed(45, &["file/socket", "not a directory"]);
}

#[test]
fn b25_abstract_names_have_any_bytes() {
    let sandbox = Sandbox::new();
    let every: Vec<u8> = (0..=255).collect();
    for name in every.chunks(86).chain([&b"|/%@ \n"[..]]) {
        let escaped: String = name.iter().map(|byte| format!("%{byte:02x}")).collect();
        let address = format!("unix:@{escaped}");
        let child = echo(&sandbox, &address);
        let ended = sandbox.netverb(["open", &address]).feed(b"over an abstract name");
        ended.exits(0);
        assert_eq!(ended.stdout, b"over an abstract name");
        // What is announced reads back as the same name.
        let announced = child.wait_event("listening")["local"].as_str().unwrap().to_owned();
        assert_eq!(sandbox.netverb(["open", &announced]).feed(b"x").stdout, b"x");
        sandbox.netverb(["accept", &address]).run().failed(45, &["address already in use"]);
        // And it is exactly these bytes to others.
        let mut raw = vec![0];
        raw.extend_from_slice(name);
        use std::os::unix::ffi::OsStrExt;
        answers(Path::new(std::ffi::OsStr::from_bytes(&raw)));
    }
}

/// Large for a message, small enough for any send buffer.
const LARGE: usize = 100_000;

fn packets() -> Vec<Vec<u8>> {
    vec![b"a".to_vec(), b"two\nlines\n".to_vec(), vec![0; 3], (0..=255).collect(), noise(LARGE), b"z".to_vec()]
}

#[test]
fn b25_seqpacket_keeps_boundaries() {
    let sandbox = Sandbox::new();
    let _child = echo(&sandbox, "seqpacket:socket");
    let mut peer = Peer::connect_seqpacket(&sandbox.path("socket")).unwrap();
    for packet in packets() {
        peer.send(&packet);
    }
    for packet in packets() {
        assert_eq!(peer.packet(), packet);
    }
}

#[test]
fn b38_records_of_seqpacket_messages_say_that_they_are_whole() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.netverb(["accept", "--json", "seqpacket:socket"]).spawn();
    child.wait_event("listening");
    let mut peer = Peer::connect_seqpacket(&sandbox.path("socket")).unwrap();
    peer.send(b"\xff");
    drop(peer);
    let record: serde_json::Value = serde_json::from_slice(&child.wait().exits(0).stdout).unwrap();
    assert_eq!(
        (&record["length"], &record["truncated"], &record["base64"]),
        (&1.into(), &false.into(), &"/w==".into())
    );
    assert!(record["from"].is_string() && record["time"].is_string(), "{record}");
    assert_eq!(record["to"], "seqpacket:socket");
}

#[test]
fn b25_seqpacket_messages_are_cut_as_split_says() {
    let sandbox = Sandbox::new();
    type Case<'a> = (&'a str, &'a [u8], &'a [&'a [u8]]);
    let table: [Case; 7] = [
        ("line", b"one\ntwo\nthr", &[b"one", b"two", b"thr"]),
        ("line", b"one\n\nthree\n", &[b"one", b"", b"three"]),
        ("nul", b"one\0two\n\0", &[b"one", b"two\n"]),
        ("none", b"one\ntwo\n", &[b"one\ntwo\n"]),
        ("4", b"123456789", &[b"1234", b"5678", b"9"]),
        ("length", b"\0\0\0\0\0\0\0\x03one", &[b"", b"one"]),
        ("chunk", b"whatever", &[b"whatever"]),
    ];
    for (split, input, messages) in table {
        let _ = fs::remove_file(sandbox.path("peer"));
        let listener = Listener::seqpacket(&sandbox.path("peer"));
        let mut child = sandbox.netverb(["open", "seqpacket:peer", "--split", split]).spawn();
        let mut peer = listener.accept();
        child.feed(input.to_vec());
        for message in messages {
            assert_eq!(peer.packet(), *message, "{split}");
        }
        // The other way round, what is printed is what was read.
        for message in messages {
            assert_eq!(uninterrupted(|| peer.socket().send(message)).unwrap(), message.len());
        }
        drop(peer);
        let ended = child.wait();
        ended.exits(0);
        let complete = match split {
            "line" => [input, if input.ends_with(b"\n") { b"" } else { b"\n" }].concat(),
            _ => input.to_vec(),
        };
        assert_eq!(ended.stdout, complete, "{split}");
    }
}

#[test]
fn b25_messages_wait_for_input_that_comes_later() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.netverb(["accept", "-v", "seqpacket:socket"]).spawn();
    child.wait_stderr("listening");
    let mut peer = Peer::connect_seqpacket(&sandbox.path("socket")).unwrap();
    for word in ["first", "second", "third"] {
        // Each is asked for before stdin has anything.
        peer.send(word.as_bytes());
        assert_eq!(child.read_stdout(word.len() + 1), format!("{word}\n").as_bytes());
        child.send(format!("{word} answer\n").as_bytes());
        assert_eq!(peer.packet(), format!("{word} answer").as_bytes());
    }
    child.end_input();
    assert_eq!(peer.packet(), b"");
    drop(peer);
    child.wait().exits(0);
}

#[test]
fn b25_a_message_that_is_too_large_is_an_error_and_not_cut() {
    let sandbox = Sandbox::new();
    let listener = Listener::seqpacket(&sandbox.path("peer"));
    let mut child = sandbox.netverb(["open", "seqpacket:peer", "--split", "none"]).spawn();
    let mut peer = listener.accept();
    child.feed(noise(16 << 20));
    child.wait().exits(63);
    assert_eq!(peer.packet(), b"");
}

#[test]
fn b25_messages_are_forwarded_whole() {
    let sandbox = Sandbox::new();
    let _target = echo(&sandbox, "seqpacket:target");
    let forward = accept(&sandbox, &["--to", "seqpacket:target", "seqpacket:socket"]);
    forward.wait_event("ready");
    let mut peer = Peer::connect_seqpacket(&sandbox.path("socket")).unwrap();
    for packet in packets() {
        peer.send(&packet);
        assert_eq!(peer.packet(), packet);
    }
    drop(peer);
    let closed = forward.wait_event("closed");
    let total: usize = packets().iter().map(Vec::len).sum();
    assert_eq!((&closed["bytes_in"], &closed["bytes_out"]), (&total.into(), &total.into()));
}

#[test]
fn b25_streams_and_messages_are_joined_by_a_framing() {
    let sandbox = Sandbox::new();
    // A stream in front of messages …
    let _target = echo(&sandbox, "seqpacket:target");
    let forward = accept(&sandbox, &["--to", "seqpacket:target", "127.0.0.1:0"]);
    let mut peer = Peer::connect(forward.port());
    peer.send(b"one\ntwo\n\nno end");
    peer.end();
    assert_eq!(peer.read_to_end(), b"one\ntwo\n\nno end\n");
    let closed = forward.wait_event("closed");
    assert_eq!((&closed["bytes_in"], &closed["bytes_out"]), (&12.into(), &12.into()));
    // … and the other way round.
    let target = Listener::tcp();
    let forward = accept(&sandbox, &["--to", &target.id(), "--split", "nul", "seqpacket:front"]);
    forward.wait_event("ready");
    let mut peer = Peer::connect_seqpacket(&sandbox.path("front")).unwrap();
    let mut stream = target.accept();
    peer.send(b"question");
    assert_eq!(stream.read(9), b"question\0");
    stream.send(b"answer\0last");
    stream.end();
    assert_eq!(peer.packet(), b"answer");
    assert_eq!(peer.packet(), b"last");
    assert_eq!(peer.packet(), b"");
}

#[test]
fn b25_what_needs_streams_is_refused_on_message_sockets() {
    let sandbox = Sandbox::new();
    for service in [&["--proxy-server", "socks5"][..], &["--expect", "x"]] {
        let arguments = ["accept", "seqpacket:socket"].iter().chain(service);
        sandbox.netverb(arguments).run().failed(4, &["seqpacket"]);
        assert!(!sandbox.path("socket").exists());
    }
}

#[test]
fn b25_services_speak_in_messages_on_message_sockets() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("socket");
    let serve = |options: &[&str]| {
        let arguments = ["accept", "--json", "seqpacket:socket"].iter().chain(options);
        let child = sandbox.netverb(arguments).spawn();
        child.wait_event("ready");
        child
    };
    for (service, what) in [("--broker", ""), ("--chat", "<seqpacket|1> ")] {
        let child = serve(&[service]);
        let (mut a, mut b) = (Peer::connect_seqpacket(&path).unwrap(), Peer::connect_seqpacket(&path).unwrap());
        child.wait_events("accepted", 2);
        a.send(b"one\n");
        a.send(b"two");
        assert_eq!(
            (b.packet(), b.packet()),
            ([what.as_bytes(), b"one\n"].concat(), [what.as_bytes(), b"two"].concat())
        );
    }
    let child = serve(&["--respond", "yes"]);
    let mut peer = Peer::connect_seqpacket(&path).unwrap();
    for _ in 0..2 {
        peer.send(b"?");
        assert_eq!(peer.packet(), b"yes");
    }
    drop(child);
    let child = serve(&["-c", "while read -r line; do echo \"<$line>\"; done; echo end"]);
    let mut peer = Peer::connect_seqpacket(&path).unwrap();
    peer.send(b"one");
    assert_eq!(peer.packet(), b"<one>");
    // The program's answer to the end of data comes, as on a stream.
    peer.end();
    assert_eq!(peer.packet(), b"end");
    assert_eq!(peer.packet(), b"");
    drop(child);
    let mut child = serve(&["-k"]);
    let (mut a, mut b) = (Peer::connect_seqpacket(&path).unwrap(), Peer::connect_seqpacket(&path).unwrap());
    child.wait_events("accepted", 2);
    child.send(b"all\n");
    assert_eq!((a.packet(), b.packet()), (b"all".to_vec(), b"all".to_vec()));
    b.send(b"heard");
    assert_eq!(child.read_stdout(1), b"{");
}

#[test]
fn b25_a_unix_stream_carries_bulk_and_half_closes() {
    let sandbox = Sandbox::new();
    let child = echo(&sandbox, "unix:socket");
    let mut peer = Peer::connect_unix(&sandbox.path("socket")).unwrap();
    let data = noise(4 << 20);
    let writer = {
        let (mut socket, data) = (peer.socket().try_clone().unwrap(), data.clone());
        std::thread::spawn(move || {
            std::io::Write::write_all(&mut socket, &data).unwrap();
            socket.shutdown(std::net::Shutdown::Write).unwrap();
        })
    };
    assert_eq!(peer.read_to_end(), data);
    writer.join().unwrap();
    drop(peer);
    assert_eq!(child.wait_event("closed")["reason"], "the client closed");
}

#[test]
fn b25_a_missing_or_dead_unix_peer_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.netverb(["open", "unix:missing"]).run().failed(7, &["unix:missing", "no such file"]);
    close(UnixListener::bind(sandbox.path("dead")).unwrap());
    sandbox.netverb(["open", "unix:dead"]).run().failed(7, &["unix:dead", "connection refused"]);
    let error = Peer::connect_unix(&sandbox.path("dead")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    // Unless it is waited for.
    let mut waiting = sandbox.netverb(["open", "--verbose", "--verbose", "--wait", "20", "unix:late"]).spawn();
    waiting.wait_stderr("trying again");
    let listener = Listener::unix(&sandbox.path("late"));
    drop(listener.accept());
    waiting.end_input();
    waiting.wait().exits(0);
}
