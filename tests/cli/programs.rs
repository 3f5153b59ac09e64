//! Promises 30 to 32: programs joined to connections by `-e` and `-c`, their surroundings, their input, their end.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::support::{Child, Listener, Peer, Sandbox, Signal, Status, noise, wait_until};

/// What makes the bytes pass through pipes instead of handing the socket to the program: they are looked at.
const THROUGH_PIPES: &[&str] = &["--transcript", "transcript"];

/// Both ways a program is joined.
const WAYS: [&[&str]; 2] = [&[], THROUGH_PIPES];

fn accept(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    sandbox.netverb(["accept", "--json"].iter().chain(arguments)).spawn()
}

/// One client's program.
fn once(sandbox: &Sandbox, script: &str, way: &[&str]) -> (Child, Peer) {
    let child = accept(sandbox, &[&["--once", "127.0.0.1:0", "-c", script], way].concat());
    let peer = Peer::connect(child.port());
    (child, peer)
}

#[test]
fn b30_exec_has_no_shell_and_sh_exec_has_one() {
    let sandbox = Sandbox::new();
    let table: [(&str, &str, &str); 5] = [
        ("-e", "echo $HOME; 'two words' \"a;b\"", "$HOME; two words a;b\n"),
        ("--exec", "printf %s| a\\ b 'c|d' *", "a b|c|d|*|"),
        ("-c", "x=1; echo $((x+1)) 'two words'", "2 two words\n"),
        ("--sh-exec", "printf b; printf a | cat", "ba"),
        ("-c", "echo \"$0\" $#", "/bin/sh 0\n"),
    ];
    for (option, command, output) in table {
        let mut child = accept(&sandbox, &["--once", "127.0.0.1:0", option, command]);
        let answer = Peer::connect(child.port()).read_to_end();
        assert_eq!(String::from_utf8(answer).unwrap(), output, "{option} {command}");
        child.wait().exits(0);
    }
    let refused = |arguments: &[&str], words: &[&str]| {
        sandbox.netverb(["accept", "unix:socket"].iter().chain(arguments)).run().failed(2, words);
        assert!(!sandbox.path("socket").exists());
    };
    refused(&["-e", ""], &["empty"]);
    refused(&["-c", "  "], &["empty"]);
    refused(&["-e", "echo 'open"], &["quote"]);
    refused(&["-e", "true", "-c", "true"], &["cannot be used with"]);
    refused(&["-e", "true", "--echo"], &["--echo and -e"]);
}

fn environment(printed: &[u8]) -> BTreeMap<String, String> {
    let printed = String::from_utf8(printed.to_vec()).unwrap();
    printed.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn b30_the_documented_environment_and_no_other() {
    let sandbox = Sandbox::new();
    for way in WAYS {
        let arguments = [&["accept", "--json", "127.0.0.1:0", "-e", "env"], way].concat();
        let run =
            sandbox.netverb(arguments).env("NOTIFY_SOCKET", "/nowhere").env("LISTEN_FDS", "1").env("OURS", "kept");
        let child = run.spawn();
        let port = child.port();
        let mut peer = Peer::connect(port);
        let mut found = environment(&peer.read_to_end());
        let event = child.wait_event("accepted");
        let (peer_host, peer_port) = event["peer"].as_str().unwrap().split_once(':').unwrap();
        assert_eq!(event["peer"], peer.address());
        for (name, value) in [
            ("NETVERB_ID", event["id"].as_str().unwrap()),
            ("NETVERB_PEER", event["peer"].as_str().unwrap()),
            ("NETVERB_LOCAL", event["local"].as_str().unwrap()),
            ("NETVERB_PROTO", "tcp"),
            ("REMOTE_ADDR", peer_host),
            ("REMOTE_PORT", peer_port),
            ("LOCAL_ADDR", "127.0.0.1"),
            ("LOCAL_PORT", &port.to_string()),
            ("OURS", "kept"),
        ] {
            assert_eq!(found.remove(name).as_deref(), Some(value), "{name}");
        }
        // Nothing that was meant for the listener alone.
        let strays: Vec<&String> = found
            .keys()
            .filter(|name| ["NETVERB_", "LISTEN_", "NOTIFY_"].iter().any(|kind| name.starts_with(kind)))
            .collect();
        assert!(strays.is_empty(), "{strays:?}");
    }
    let child = accept(&sandbox, &["unix:socket", "-e", "env"]);
    child.wait_event("ready");
    let found = environment(&Peer::connect_unix(&sandbox.path("socket")).unwrap().read_to_end());
    assert_eq!((found["NETVERB_PROTO"].as_str(), found["NETVERB_LOCAL"].as_str()), ("unix", "unix:socket"));
    assert_eq!(found["REMOTE_ADDR"], "");
}

#[test]
fn b30_no_descriptor_leaks_but_the_three() {
    let sandbox = Sandbox::new();
    for way in WAYS {
        // Two that our own parent leaked to us, and those of a listener, its clients and its transcript.
        let script = format!(
            "exec \"$NETVERB\" accept --json 127.0.0.1:0 -e 'ls /proc/self/fd' {} 3</dev/null 9</dev/null",
            way.join(" ")
        );
        let child = sandbox.shell(&script).spawn();
        let port = child.port();
        let _other = Peer::connect(port);
        child.wait_event("exec-exited");
        // 3 is the directory that ls(1) itself has open.
        assert_eq!(Peer::connect(port).read_to_end(), b"0\n1\n2\n3\n", "{way:?}");
    }
}

#[test]
fn b30_a_program_has_the_limit_of_descriptors_that_we_were_given() {
    let sandbox = Sandbox::new();
    // More clients than the limit has descriptors.
    let script = r#"ulimit -Sn 64; exec "$NETVERB" accept --json 127.0.0.1:0 -c 'ulimit -Sn; read line'"#;
    let child = sandbox.shell(script).spawn();
    let port = child.port();
    let mut clients: Vec<Peer> = (0..80).map(|_| Peer::connect(port)).collect();
    for client in &mut clients {
        assert_eq!(client.read(3), b"64\n");
    }
}

#[test]
fn b30_a_program_that_cannot_be_run_is_said_once() {
    let sandbox = Sandbox::new();
    sandbox.write("data", "no program");
    for (command, status, reason) in [("./missing", 127, "no such file"), ("./data", 126, "permission denied")] {
        let mut child =
            sandbox.netverb(["accept", "--once", "unix:socket", "--port-file", "ready", "-e", command]).spawn();
        wait_until("it listens", || sandbox.path("ready").exists().then_some(()));
        let mut peer = UnixStream::connect(sandbox.path("socket")).unwrap();
        let _ = std::io::copy(&mut peer, &mut std::io::sink());
        child.wait().failed(status, &[command, reason]);
        fs::remove_file(sandbox.path("ready")).unwrap();
    }
    // The next client of many gets its chance, and this one does not take the end for an empty answer.
    let child = accept(&sandbox, &["127.0.0.1:0", "-e", "./missing"]);
    let port = child.port();
    for number in 1..=3 {
        // Who is reset before connect(2) has returned hears of it there.
        if let Ok(mut peer) = Peer::connect_tcp(&format!("127.0.0.1:{port}")) {
            assert_eq!(peer.read_error(), std::io::ErrorKind::ConnectionReset);
        }
        child.wait_events("error", number);
    }
    assert!(child.is_running());
}

#[test]
fn b30_open_joins_a_program_too() {
    let sandbox = Sandbox::new();
    for way in WAYS {
        let listener = Listener::tcp();
        let id = listener.id();
        let command = "read line; echo \"$NETVERB_PROTO $line\"; exit 7";
        let mut child = sandbox.netverb([&["open", &id, "-c", command], way].concat()).spawn();
        let mut peer = listener.accept();
        peer.send(b"line\n");
        assert_eq!(peer.read_to_end(), b"tcp line\n");
        drop(peer);
        child.wait().exits(7);
    }
}

#[test]
fn b30_on_open_runs_beside_the_stream() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let hook = r#"echo "$1 $NETVERB_PEER" > told; echo to stderr; echo"#;
    let mut child = sandbox.netverb(["open", "--verbose", &listener.id(), "--on-open", hook]).spawn();
    let mut peer = listener.accept();
    child.wait_stderr("to stderr");
    child.wait_stderr("ended with status 0");
    assert_eq!(fs::read_to_string(sandbox.path("told")).unwrap(), format!("{0} {0}\n", listener.id()));
    peer.send(b"payload");
    peer.end();
    child.end_input();
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"payload");
}

/// Runs `open --pass-fd` with these words, and lets the peer talk, until the descriptor has come.
fn passed(sandbox: &Sandbox, words: &[&str], talk: impl FnOnce() -> Peer) -> (Peer, std::net::TcpStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let words = [&["open", "--pass-fd"], words].concat();
    let mut child = sandbox.netverb(words).stdout(OwnedFd::from(theirs)).spawn();
    let peer = talk();
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = rustix::net::RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let into = &mut [std::io::IoSliceMut::new(&mut byte)];
    rustix::net::recvmsg(&ours, into, &mut control, rustix::net::RecvFlags::empty()).unwrap();
    let passed = control.drain().find_map(|message| match message {
        rustix::net::RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    child.wait().exits(0);
    (peer, std::net::TcpStream::from(passed.expect("a descriptor comes")))
}

#[test]
fn b30_the_connected_descriptor_is_passed_over_stdout() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let (mut peer, mut stream) = passed(&sandbox, &[&listener.id()], || listener.accept());
    // It outlives the program that made it, and blocks as programs expect.
    std::io::Write::write_all(&mut stream, b"through it").unwrap();
    assert_eq!(peer.read(10), b"through it");
    peer.send(b"back");
    let mut back = [0; 4];
    std::io::Read::read_exact(&mut stream, &mut back).unwrap();
    assert_eq!(&back, b"back");
    sandbox.netverb(["open", "-F", &listener.id()]).run().failed(23, &["stdout"]);
}

#[test]
fn b49_what_comes_with_a_proxys_answer_is_left_to_who_gets_the_descriptor() {
    let sandbox = Sandbox::new();
    let proxy = Listener::tcp();
    let url = format!("http://{}", proxy.id());
    let (_peer, mut stream) = passed(&sandbox, &["--proxy", &url, "target.example", "22"], || {
        let mut peer = proxy.accept();
        assert!(peer.read(30).starts_with(b"CONNECT target.example:22"));
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0");
        peer
    });
    let mut banner = [0; 7];
    std::io::Read::read_exact(&mut stream, &mut banner).unwrap();
    assert_eq!(&banner, b"SSH-2.0");
}

#[test]
fn b30_no_descriptor_is_passed_of_which_a_part_would_stay_behind() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    for words in [
        &["--telnet"][..],
        #[cfg(feature = "tls")]
        &["--secure", "--no-verify"],
    ] {
        sandbox.netverb([&["open", "-F", &listener.id()], words].concat()).run().failed(2, &["-F", "stay behind"]);
    }
    listener.accept_within(Duration::from_millis(1)).err().expect("no connection");
}

#[test]
fn b31_the_answer_after_the_clients_end_of_data_arrives_in_full() {
    let sandbox = Sandbox::new();
    // Later than tools that cut after half a second, and more than any buffer on the way.
    let script = "wc -c; sleep 0.8; head -c 3000000 /dev/zero; echo end";
    for way in WAYS {
        let (mut child, mut peer) = once(&sandbox, script, way);
        peer.send(&noise(300_000));
        peer.end();
        let answer = peer.read_to_end();
        assert!(answer.starts_with(b"300000\n") && answer.ends_with(b"\0end\n"), "{way:?}");
        assert_eq!(answer.len(), 7 + 3_000_000 + 4);
        child.wait().exits(0);
    }
}

#[test]
fn b31_a_program_reads_all_before_it_learns_of_the_end() {
    let sandbox = Sandbox::new();
    let data = noise(100_000);
    for (number, way) in WAYS.into_iter().enumerate() {
        // The client is gone for good before the program has read a byte.
        let script = "while ! test -e gone; do sleep 0.01; done; cat > got; echo $? >> got";
        let child = accept(&sandbox, &[&["unix:socket", "127.0.0.1:0", "-c", script], way].concat());
        let port = child.wait_events("listening", 2)[1]["port"].as_u64().unwrap();
        let connect: [&dyn Fn() -> Peer; 2] =
            [&|| Peer::connect_unix(&sandbox.path("socket")).unwrap(), &|| Peer::connect(u16::try_from(port).unwrap())];
        for (index, connect) in connect.into_iter().enumerate() {
            connect().send(&data);
            sandbox.write("gone", "");
            let exited = child.wait_events("exec-exited", index + 1).pop().unwrap();
            assert_eq!(exited["status"], 0, "{way:?}");
            let got = fs::read(sandbox.path("got")).unwrap();
            assert!(got.strip_suffix(b"0\n") == Some(&data), "{} bytes, {number} {index}", got.len());
            fs::remove_file(sandbox.path("gone")).unwrap();
        }
        drop(child);
        fs::remove_file(sandbox.path("socket")).unwrap();
    }
}

#[test]
fn b32_the_status_of_the_program_is_reported() {
    let sandbox = Sandbox::new();
    for way in WAYS {
        for (script, status) in [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -KILL $$", 137)] {
            let (mut child, mut peer) = once(&sandbox, script, way);
            assert_eq!(peer.read_to_end(), b"");
            drop(peer);
            let ended = child.wait();
            ended.exits(status);
            let events = ended.events();
            let exited = events.iter().find(|event| event["event"] == "exec-exited").expect("exec-exited");
            let started = events.iter().find(|event| event["event"] == "exec-started").expect("exec-started");
            assert_eq!((&exited["status"], &exited["pid"]), (&status.into(), &started["pid"]));
            assert_eq!(events.iter().find(|event| event["event"] == "summary").unwrap()["status"], status);
        }
    }
}

#[test]
fn b32_the_output_of_a_program_that_exits_at_once_arrives() {
    let sandbox = Sandbox::new();
    for way in WAYS {
        let (mut child, mut peer) = once(&sandbox, "head -c 200000 /dev/zero", way);
        // Nobody reads this: it must not turn the end into a reset.
        peer.send(b"unread request");
        child.wait_event("exec-exited");
        assert_eq!(peer.read_to_end().len(), 200_000, "{way:?}");
        drop(peer);
        child.wait().exits(0);
    }
}

#[test]
fn b32_a_process_in_the_background_may_go_on_answering() {
    let sandbox = Sandbox::new();
    for way in WAYS {
        let (mut child, mut peer) =
            once(&sandbox, "(while ! test -e go; do sleep 0.01; done; echo late) & echo early", way);
        child.wait_event("exec-exited");
        sandbox.write("go", "");
        assert_eq!(peer.read_to_end(), b"early\nlate\n", "{way:?}");
        drop(peer);
        child.wait().exits(0);
        fs::remove_file(sandbox.path("go")).unwrap();
    }
}

/// A program that says when it runs and writes what ends it. It does not live longer than a test may.
const PATIENT: &str = "trap 'echo hup > hup; exit 9' HUP; echo ready; for i in $(seq 1000); do sleep 0.02; done";

#[test]
fn b32_a_reset_of_the_client_hangs_the_program_up() {
    let sandbox = Sandbox::new();
    for way in WAYS {
        let (mut child, mut peer) = once(&sandbox, PATIENT, way);
        assert_eq!(peer.read(6), b"ready\n");
        peer.reset();
        assert_eq!(child.wait_event("exec-exited")["status"], 9);
        assert_eq!(fs::read(sandbox.path("hup")).unwrap(), b"hup\n", "{way:?}");
        child.wait().exits(9);
        fs::remove_file(sandbox.path("hup")).unwrap();
    }
}

#[test]
fn b32_the_whole_group_of_the_program_is_hung_up() {
    let sandbox = Sandbox::new();
    let (child, mut peer) = once(&sandbox, "sleep 300 & echo $!; wait", &[]);
    let mut number = Vec::new();
    while !number.ends_with(b"\n") {
        number.extend(peer.read(1));
    }
    let process = format!("/proc/{}", String::from_utf8(number).unwrap().trim());
    assert!(fs::exists(&process).unwrap());
    peer.reset();
    child.wait_event("exec-exited");
    wait_until("the program's own child is gone", || {
        let stat = fs::read_to_string(format!("{process}/stat")).unwrap_or_else(|_| ") Z".to_owned());
        stat.contains(") Z").then_some(())
    });
}

#[test]
fn b32_a_program_that_does_not_listen_is_ended_in_time() {
    let sandbox = Sandbox::new();
    let (mut child, mut peer) =
        once(&sandbox, "trap '' HUP; echo ready; for i in $(seq 1000); do sleep 0.02; done", &[]);
    assert_eq!(peer.read(6), b"ready\n");
    peer.reset();
    assert_eq!(child.wait_event("exec-exited")["status"], 137);
    let ended = child.wait();
    ended.exits(137);
    assert!(ended.took > Duration::from_secs(5), "it had no time to end: {:?}", ended.took);
}

#[test]
fn b32_programs_are_hung_up_when_the_listener_is_terminated() {
    let sandbox = Sandbox::new();
    for way in WAYS {
        let mut child = accept(&sandbox, &[&["127.0.0.1:0", "-c", PATIENT], way].concat());
        let mut peer = Peer::connect(child.port());
        assert_eq!(peer.read(6), b"ready\n");
        child.signal(Signal::TERM);
        // It is told, and has the time to put its things in order.
        wait_until("the program was hung up", || fs::read(sandbox.path("hup")).ok().filter(|text| text == b"hup\n"));
        assert_eq!(child.wait().status, Status::Killed(Signal::TERM.as_raw()));
        fs::remove_file(sandbox.path("hup")).unwrap();
    }
}

#[test]
fn b32_a_program_that_reads_no_more_does_not_end_the_answer() {
    let sandbox = Sandbox::new();
    for way in WAYS {
        let (mut child, mut peer) = once(&sandbox, "exec <&-; sleep 0.2; head -c 100000 /dev/zero", way);
        peer.send(&noise(100_000));
        peer.end();
        assert_eq!(peer.read_to_end().len(), 100_000, "{way:?}");
        drop(peer);
        child.wait().exits(0);
    }
}

/// However the program is joined, and whether or not it would ever end by itself.
#[test]
fn b32_a_connection_that_idles_ends_its_program() {
    let sandbox = Sandbox::new();
    for way in WAYS {
        let words = [way, &["--idle-timeout", "1s"]].concat();
        let (mut child, mut peer) = once(&sandbox, "read line; echo $line; sleep 1000", &words);
        peer.send(b"line\n");
        assert_eq!(peer.read(5), b"line\n");
        child.wait().exits(28);
    }
}

#[test]
fn b32_what_a_shell_started_for_open_ends_with_the_connection() {
    let sandbox = Sandbox::new();
    for end in ["reset", "signal"] {
        let listener = Listener::tcp();
        // A shell that does not replace itself: its child has our stderr, and would keep it open.
        let mut child =
            sandbox.netverb(["open", &listener.id(), "-c", "sh -c 'echo on; exec sleep 600'; true"]).spawn();
        let mut peer = listener.accept();
        assert_eq!(peer.read(3), b"on\n");
        match end {
            "reset" => peer.reset(),
            _ => child.signal(rustix::process::Signal::TERM),
        }
        child.wait();
    }
}
