//! Promises 17 to 23 and 27: who is served when, what is announced, and how a listener ends.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{Child, Listener, Peer, Sandbox, Signal, noise, uninterrupted, wait_until};

fn accept(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    sandbox.netverb(["accept", "--json"].iter().chain(arguments)).spawn()
}

/// That a client was let in and hears nothing: it is not served.
fn is_silent(peer: &Peer) -> bool {
    let mut space = [std::mem::MaybeUninit::uninit(); 1];
    let received = peer.socket().recv_with_flags(&mut space, libc::MSG_DONTWAIT);
    received.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

fn answers(peer: &mut Peer, text: &[u8]) {
    peer.send(text);
    assert_eq!(peer.read(text.len()), text);
}

/// How many descriptors it has open after a first client, whose end this event tells: all that it needs are there.
fn descriptors_at_rest(child: &Child, end: &str) -> usize {
    // Who is reset before connect(2) has returned hears of it there.
    drop(Peer::connect_tcp(&format!("127.0.0.1:{}", child.port())));
    child.wait_event(end);
    child.facts().descriptors()
}

/// The descriptors that it has open come down to this number.
fn comes_down_to(child: &Child, descriptors: usize) {
    wait_until(&format!("{descriptors} open descriptors"), || {
        (child.facts().descriptors() <= descriptors).then_some(())
    });
}

#[test]
fn b17_a_second_client_is_refused() {
    let sandbox = Sandbox::new();
    let mut child = accept(&sandbox, &["127.0.0.1:0"]);
    let port = child.port();
    let mut first = Peer::connect(port);
    first.send(b"x");
    assert_eq!(child.read_stdout(1), b"x");
    let second = Peer::connect_tcp(&format!("127.0.0.1:{port}")).err().expect("the second client is refused");
    assert_eq!(second.kind(), ErrorKind::ConnectionRefused);
    // The first one is none the worse for it.
    child.send(b"y");
    assert_eq!(first.read(1), b"y");
    child.end_input();
    first.end();
    child.wait().exits(0);
}

#[test]
fn b17_of_two_clients_at_once_one_is_served_and_one_reset() {
    let sandbox = Sandbox::new();
    for service in [&["127.0.0.1:0"][..], &["127.0.0.1:0", "--once", "--echo"]] {
        let mut child = accept(&sandbox, service);
        let port = child.port();
        child.stop();
        let (mut first, mut second) = (Peer::connect(port), Peer::connect(port));
        first.send(b"x");
        child.signal(Signal::CONT);
        assert_eq!(second.read_error(), ErrorKind::ConnectionReset);
        assert_eq!(child.wait_events("accepted", 1).len(), 1);
        first.end();
        child.end_input();
        first.read_to_end();
        let ended = child.wait();
        ended.exits(0);
        assert_eq!(ended.events().iter().filter(|event| event["event"] == "accepted").count(), 1);
    }
}

#[test]
fn b18_a_thousand_clients_one_after_another() {
    let sandbox = Sandbox::new();
    let mut child = accept(&sandbox, &["--keep-open", "127.0.0.1:0"]);
    let port = child.port();
    let descriptors = descriptors_at_rest(&child, "closed");
    let mut expected = Vec::new();
    for number in 0..1000 {
        let line = format!("client {number:03}\n");
        Peer::connect(port).send(line.as_bytes());
        expected.push(line.into_bytes());
    }
    let received = child.read_stdout(11 * 1000);
    let mut lines: Vec<&[u8]> = received.split_inclusive(|byte| *byte == b'\n').collect();
    // Clients are served at the same time, so a line may overtake another one.
    lines.sort_unstable();
    assert_eq!(lines, expected);
    assert_eq!(child.wait_events("closed", 1001).len(), 1001);
    comes_down_to(&child, descriptors);
}

#[test]
fn b18_clients_at_the_same_time_share_the_standard_streams() {
    let sandbox = Sandbox::new();
    let mut child = accept(&sandbox, &["-k", "--prefix", "--half-open", "infinite", "127.0.0.1:0"]);
    let port = child.port();
    let mut clients: Vec<Peer> = (0..50).map(|_| Peer::connect(port)).collect();
    child.wait_events("accepted", 50);
    child.send(b"to all");
    for client in &mut clients {
        assert_eq!(client.read(6), b"to all");
        client.send(b"half a line, ");
    }
    let mut expected = Vec::new();
    for (client, event) in clients.iter_mut().rev().zip(child.wait_events("accepted", 50).iter().rev()) {
        let (address, id) = (client.address(), event["id"].as_str().unwrap());
        assert_eq!(event["peer"], address);
        client.send(format!("{address} says\nno end").as_bytes());
        client.end();
        expected.extend([format!("{id}: half a line, {address} says"), format!("{id}: no end")]);
    }
    let length: usize = expected.iter().map(|line| line.len() + 1).sum();
    let shown = String::from_utf8(child.read_stdout(length)).unwrap();
    let mut lines: Vec<&str> = shown.lines().collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
    // stdin is theirs as long as it gives, also of those who have said all they had to say.
    child.send(b", and more");
    child.end_input();
    for client in &mut clients {
        assert_eq!(client.read_to_end(), b", and more");
    }
}

#[test]
fn b18_a_client_that_resets_does_not_disturb_the_others() {
    let sandbox = Sandbox::new();
    let mut child = accept(&sandbox, &["-k", "127.0.0.1:0"]);
    let port = child.port();
    let (mut rude, mut polite) = (Peer::connect(port), Peer::connect(port));
    rude.send(b"a");
    assert_eq!(child.read_stdout(1), b"a");
    rude.reset();
    child.wait_event("closed");
    polite.send(b"b");
    assert_eq!(child.read_stdout(1), b"b");
    child.send(b"c");
    assert_eq!(polite.read(1), b"c");
    assert!(child.is_running());
}

#[test]
fn b18_rejected_clients_cost_no_descriptor() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--echo", "--deny", "127.0.0.1", "127.0.0.1:0"]);
    let port = child.port();
    let descriptors = descriptors_at_rest(&child, "rejected");
    for _ in 0..1000 {
        // Who is reset before connect(2) has returned hears of it there.
        if let Ok(mut client) = Peer::connect_tcp(&format!("127.0.0.1:{port}")) {
            assert_eq!(client.read_error(), ErrorKind::ConnectionReset);
        }
    }
    assert_eq!(child.wait_events("rejected", 1001).len(), 1001);
    comes_down_to(&child, descriptors);
}

#[cfg(feature = "tls")]
#[test]
fn b18_failed_handshakes_cost_no_descriptor() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--echo", "--secure", "--self-signed", "127.0.0.1:0"]);
    let port = child.port();
    let descriptors = descriptors_at_rest(&child, "closed");
    for _ in 0..200 {
        Peer::connect(port).send(b"GET / HTTP/1.0\r\n\r\n");
    }
    child.wait_events("closed", 201);
    comes_down_to(&child, descriptors);
}

#[test]
fn b18_programs_leave_no_zombies() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--exec", "cat", "127.0.0.1:0"]);
    let port = child.port();
    let descriptors = descriptors_at_rest(&child, "closed");
    for _ in 0..10 {
        let mut clients: Vec<Peer> = (0..10).map(|_| Peer::connect(port)).collect();
        for client in &mut clients {
            client.send(b"the last byte is X");
            client.end();
        }
        for client in &mut clients {
            assert_eq!(client.read_to_end(), b"the last byte is X");
        }
    }
    child.wait_events("closed", 101);
    wait_until("no children", || child.facts().children().is_empty().then_some(()));
    comes_down_to(&child, descriptors);
}

#[test]
fn b18_a_fixed_answer_arrives_whatever_the_client_has_sent() {
    let sandbox = Sandbox::new();
    let answer = "answer ".repeat(10_000);
    let child = accept(&sandbox, &["--respond", &answer, "127.0.0.1:0"]);
    let port = child.port();
    for _ in 0..20 {
        let mut client = Peer::connect(port);
        // Never read by anybody, and yet no reason for a reset.
        client.send(&noise(100_000));
        assert_eq!(client.read_to_end(), answer.as_bytes());
    }
}

#[test]
fn b18_discard_reads_all_and_says_nothing() {
    let sandbox = Sandbox::new();
    let mut child = accept(&sandbox, &["--discard", "--once", "127.0.0.1:0"]);
    let mut client = Peer::connect(child.port());
    client.send(&noise(3_000_000));
    client.end();
    assert_eq!(client.read_to_end(), b"");
    child.wait().exits(0);
    assert_eq!(child.wait_event("closed")["bytes_in"], 3_000_000);
}

/// Raises the limit of this process and of what it starts from now on.
fn allow_descriptors(needed: u64) {
    let limit = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= needed);
    assert!(
        enough(limit.maximum),
        "this test needs {needed} descriptors, the hard limit is {:?}: ulimit -Hn",
        limit.maximum
    );
    if !enough(limit.current) {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    }
}

#[test]
fn b19_ten_thousand_clients_at_once() {
    allow_descriptors(11_000);
    let sandbox = Sandbox::new();
    let child = sandbox.netverb(["accept", "--echo", "127.0.0.1:0", "--port-file", "port"]).spawn();
    let port = port_in_file(&sandbox);
    let mut clients: Vec<Peer> = (0..10_000).map(|_| Peer::connect(port)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(format!("{number:05}").as_bytes());
    }
    for (number, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.read(5), format!("{number:05}").as_bytes());
    }
    // The last of them all at once are still there.
    assert!(child.facts().descriptors() > 10_000);
    for client in clients {
        // No port stays behind in TIME_WAIT.
        client.reset();
    }
}

fn port_in_file(sandbox: &Sandbox) -> u16 {
    let text = wait_until("the port file", || std::fs::read_to_string(sandbox.path("port")).ok());
    text.strip_suffix('\n').expect("a newline after the port").parse().expect("a port")
}

#[test]
fn b20_no_more_clients_than_max_conns() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--echo", "--max-conns", "2", "127.0.0.1:0"]);
    let port = child.port();
    let (mut first, mut second) = (Peer::connect(port), Peer::connect(port));
    let (mut third, mut fourth) = (Peer::connect(port), Peer::connect(port));
    third.send(b"third");
    fourth.send(b"fourth");
    for _ in 0..100 {
        answers(&mut first, b"1");
        answers(&mut second, b"2");
    }
    assert!(is_silent(&third), "the third client is served beside two others");
    // The count is right after a client was killed.
    first.reset();
    assert_eq!(third.read(5), b"third");
    for _ in 0..100 {
        answers(&mut second, b"2");
        answers(&mut third, b"3");
    }
    assert!(is_silent(&fourth), "the fourth client is served beside two others");
    drop(second);
    assert_eq!(fourth.read(6), b"fourth");
    assert_eq!(child.wait_events("accepted", 4).len(), 4);
}

#[test]
fn b20_a_program_that_ends_frees_its_place() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["-c", "read line; echo got $line", "-m", "1", "127.0.0.1:0"]);
    let port = child.port();
    for number in 0..20 {
        let mut client = Peer::connect(port);
        client.send(format!("{number}\n").as_bytes());
        assert_eq!(client.read_to_end(), format!("got {number}\n").as_bytes());
    }
}

#[test]
fn b21_the_announced_port_takes_connections_at_once() {
    allow_descriptors(11_000);
    let sandbox = Sandbox::new();
    let _child = sandbox.netverb(["accept", "--echo", "127.0.0.1:0", "--port-file", "port"]).spawn();
    let port = port_in_file(&sandbox);
    assert_ne!(port, 0);
    let mut clients: Vec<Peer> = (0..1000).map(|_| Peer::connect(port)).collect();
    for client in &mut clients {
        answers(client, b"x");
    }
    // Written beside and renamed: nothing is left of that.
    let names: Vec<_> =
        std::fs::read_dir(sandbox.directory()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.iter().filter(|name| name.to_string_lossy().contains("port")).count(), 1, "{names:?}");
}

#[test]
fn b21_the_event_and_the_ready_descriptor_name_each_port() {
    let sandbox = Sandbox::new();
    let script = r#"exec "$NETVERB" accept --json --echo 127.0.0.1:0 127.0.0.1:0 --ready-fd 3 3>&1 >/dev/null"#;
    let mut child = sandbox.shell(script).spawn();
    let events = child.wait_events("listening", 2);
    child.wait_event("ready");
    let ports: Vec<u64> = events.iter().map(|event| event["port"].as_u64().unwrap()).collect();
    let told = format!("{}\n{}\n", ports[0], ports[1]);
    assert_eq!(child.read_stdout(told.len()), told.as_bytes());
    for port in ports {
        answers(&mut Peer::connect(u16::try_from(port).unwrap()), b"x");
    }
}

#[test]
fn b21_a_chosen_port_is_said_to_people_too() {
    let sandbox = Sandbox::new();
    let child = sandbox.netverb(["accept", "--echo", "127.0.0.1:0"]).spawn();
    let line = child.wait_stderr("listening on 127.0.0.1:");
    let port = line.trim_end().rsplit_once(':').unwrap().1.parse().unwrap();
    answers(&mut Peer::connect(port), b"x");
}

#[test]
fn b21_the_service_manager_is_notified() {
    let sandbox = Sandbox::new();
    let socket = UnixDatagram::bind(sandbox.path("notify")).unwrap();
    socket.set_read_timeout(Some(crate::support::LIMIT)).unwrap();
    let arguments = ["accept", "--json", "--echo", "127.0.0.1:0"];
    let child = sandbox.netverb(arguments).env("NOTIFY_SOCKET", sandbox.path("notify")).spawn();
    let mut space = [0; 100];
    let length = uninterrupted(|| socket.recv(&mut space)).unwrap();
    assert_eq!(&space[..length], b"READY=1");
    answers(&mut Peer::connect(child.port()), b"x");
}

#[test]
fn b21_what_cannot_be_announced_is_an_error() {
    let sandbox = Sandbox::new();
    for (place, subject) in [(["--port-file", "no/such/dir"], "no/such/dir"), (["--ready-fd", "5"], "descriptor 5")] {
        let child = sandbox.netverb(["accept", "unix:socket", "--echo"].iter().chain(&place)).run();
        child.failed(23, &[subject]);
        assert!(!sandbox.path("socket").exists());
    }
}

#[test]
fn b22_a_port_that_is_taken_is_45_at_once() {
    let sandbox = Sandbox::new();
    let taken = Listener::tcp();
    for address in [taken.id(), format!("127.0.0.1:0,{}", taken.port())] {
        let ended = sandbox.netverb(["accept", &address]).run();
        ended.failed(45, &[&taken.id(), "address already in use"]);
        assert!(ended.took < Duration::from_secs(5), "after {:?}", ended.took);
    }
    // All interfaces are not free where one of them is not.
    sandbox.netverb(["accept", &taken.port().to_string()]).run().failed(45, &[&taken.port().to_string()]);
    // 192.0.2.0/24 is nobody's (RFC 5737).
    sandbox.netverb(["accept", "192.0.2.1:8080"]).run().failed(45, &["192.0.2.1:8080"]);
}

#[test]
fn b23_a_clean_client_is_0_and_one_that_resets_56() {
    let sandbox = Sandbox::new();
    for service in [&[][..], &["--once", "--echo"], &["--once", "--discard"]] {
        let arguments: Vec<&str> = ["127.0.0.1:0"].iter().chain(service).copied().collect();
        let start = || {
            let mut child = accept(&sandbox, &arguments);
            let mut client = Peer::connect(child.port());
            client.send(b"x");
            child.wait_event("data");
            child.end_input();
            (child, client)
        };
        let (mut child, mut client) = start();
        client.end();
        client.read_to_end();
        child.wait().exits(0);
        let (mut child, client) = start();
        let address = client.address();
        client.reset();
        let ended = child.wait();
        ended.exits(56);
        let error = ended.events().into_iter().find(|event| event["event"] == "error").expect("an error event");
        assert!(error["message"].as_str().unwrap().contains(&address), "{error}");
    }
}

/// A busy machine may let a client come and go before it is accepted.
#[test]
fn b23_a_client_that_has_reset_before_it_is_accepted_is_a_client() {
    let sandbox = Sandbox::new();
    for line in [
        &["accept", "127.0.0.1:0"][..],
        &["accept", "127.0.0.1:0", "--once", "--echo"],
        #[cfg(feature = "tuples")]
        &["recv-tuple", "--listen", "127.0.0.1:0"],
    ] {
        let mut child = sandbox.netverb([line, &["--json"]].concat()).spawn();
        let port = child.port();
        child.signal(Signal::STOP);
        let client = Peer::connect(port);
        let address = client.address();
        client.reset();
        child.signal(Signal::CONT);
        let ended = child.wait();
        let accepted = ended.exits(56).events().into_iter().find(|event| event["event"] == "accepted").unwrap();
        assert_eq!(accepted["peer"], address, "{line:?}");
    }
}

#[test]
fn b27_each_event_names_the_port_that_was_hit() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--echo", "127.0.0.1:0,0", "[::1]:0", "unix:socket"]);
    let listening = child.wait_events("listening", 4);
    let ports: Vec<u64> = listening.iter().filter_map(|event| event["port"].as_u64()).collect();
    assert_eq!(ports.len(), 3, "a Unix socket has no port");
    for (index, port) in ports.iter().enumerate().rev() {
        let host = if index == 2 { "[::1]" } else { "127.0.0.1" };
        let mut client = Peer::connect_tcp(&format!("{host}:{port}")).unwrap();
        answers(&mut client, b"x");
        let accepted = child.wait_events("accepted", 3 - index).pop().unwrap();
        assert_eq!((&accepted["port"], &accepted["peer"]), (&listening[index]["port"], &client.address().into()));
        assert_eq!(accepted["local"], format!("{host}:{port}"));
    }
    answers(&mut Peer::connect_unix(&sandbox.path("socket")).unwrap(), b"x");
    assert_eq!(child.wait_events("accepted", 4)[3]["local"], "unix:socket");
}

#[test]
fn b27_a_range_of_ports() {
    let sandbox = Sandbox::new();
    // An address of this test's own: beside a free port there are more.
    let first = u64::from(Listener::tcp_on("127.0.27.1:0").unwrap().port().min(65_000));
    let child = accept(&sandbox, &["--echo", &format!("127.0.27.1:{first}-{}", first + 4)]);
    for (event, port) in child.wait_events("listening", 5).iter().zip(first..) {
        assert_eq!(event["port"], port);
        answers(&mut Peer::connect_tcp(&format!("127.0.27.1:{port}")).unwrap(), b"x");
    }
}

#[test]
fn b27_the_family_decides_who_is_heard() {
    let sandbox = Sandbox::new();
    for (options, v4, v6) in [
        (&["0"][..], true, true),
        (&["-4", "0"], true, false),
        (&["-6", "0"], false, true),
        (&["--interface", "lo", "0"], true, true),
    ] {
        let child = accept(&sandbox, &[&["--echo"], options].concat());
        let port = child.port();
        for (host, expected) in [("127.0.0.1", v4), ("[::1]", v6)] {
            match Peer::connect_tcp(&format!("{host}:{port}")) {
                Ok(mut client) => {
                    assert!(expected, "{options:?} hears {host}");
                    answers(&mut client, b"x");
                }
                Err(error) => assert!(!expected, "{options:?} does not hear {host}: {error}"),
            }
        }
    }
}

#[test]
fn b27_socket_options_are_set_on_listeners() {
    let sandbox = Sandbox::new();
    let arguments = ["--echo", "--rcvbuf", "64k", "--sockopt", "TCP_MAXSEG=900", "127.0.0.1:0"];
    let child = accept(&sandbox, &arguments);
    let client = Peer::connect(child.port());
    // The peer is told how large segments may be.
    assert!(client.socket().tcp_mss().unwrap() <= 900);
    sandbox.netverb(["accept", "127.0.0.1:0", "--interface", "nosuchif"]).run().failed(4, &["nosuchif"]);
}

#[test]
fn b18_a_line_without_an_end_is_shown_when_the_command_is_ended() {
    let sandbox = Sandbox::new();
    let mut child = accept(&sandbox, &["-k", "--prefix", "-vv", "127.0.0.1:0"]);
    let mut client = Peer::connect(child.port());
    client.send(b"half a line");
    let id = child.wait_event("data")["id"].as_str().unwrap().to_owned();
    child.signal(Signal::TERM);
    assert_eq!(String::from_utf8(child.wait().stdout).unwrap(), format!("{id}: half a line\n"));
}
