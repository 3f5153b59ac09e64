//! Promises 37 to 43, and 25 as far as it is about datagrams.

mod ends;

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Child, LIMIT, Sandbox, Signal, noise, uninterrupted, wait_until};

/// The largest payload of UDP over IPv4.
const MOST: usize = 65_507;

fn peer() -> (UdpSocket, String) {
    peer_on("127.0.0.1")
}

fn peer_on(host: &str) -> (UdpSocket, String) {
    let socket = UdpSocket::bind((host, 0)).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let id = socket.local_addr().unwrap().to_string();
    (socket, id)
}

#[track_caller]
fn receive(socket: &UdpSocket) -> (Vec<u8>, std::net::SocketAddr) {
    let mut space = vec![0; 1 << 16];
    let (length, from) = uninterrupted(|| socket.recv_from(&mut space)).expect("a datagram comes");
    space.truncate(length);
    (space, from)
}

/// A port of 127.0.0.1 where nobody receives.
fn closed_port() -> u16 {
    peer().0.local_addr().unwrap().port()
}

fn records(stdout: &[u8]) -> Vec<Value> {
    stdout.split_inclusive(|byte| *byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// A listener with these words, and its port.
fn listener(sandbox: &Sandbox, words: &[&str]) -> (Child, u16) {
    let child = sandbox.netverb(words).spawn();
    let port = child.port();
    (child, port)
}

#[test]
fn b37_each_argument_is_one_datagram() {
    let sandbox = Sandbox::new();
    let (socket, id) = peer();
    sandbox.netverb(["datagram", &id, "one", "", "three words here", "--send-only"]).run().exits(0);
    let all: Vec<Vec<u8>> = (0..3).map(|_| receive(&socket).0).collect();
    assert_eq!(all, [&b"one"[..], b"", b"three words here"]);
}

#[test]
fn b37_escapes_digits_and_files_become_datagrams() {
    let sandbox = Sandbox::new();
    let (socket, id) = peer();
    std::fs::write(sandbox.path("lines"), "one\n\ntwo\n").unwrap();
    std::fs::write(sandbox.path("largest"), noise(MOST)).unwrap();
    for (words, datagrams) in [
        (&["-E", "a\\x00b", "\\n"][..], &[&b"a\0b"[..], b"\n"][..]),
        (&["--from-hex", "00 ff", "--line"], &[b"\0\xff\n"]),
        (&["--file", "lines"], &[b"one\n\ntwo\n"]),
        (&["--file", "lines", "--split", "line"], &[b"one", b"", b"two"]),
        (&["--file", "largest"], &[&noise(MOST)]),
    ] {
        sandbox.netverb([&["datagram", &id, "--send-only"], words].concat()).run().exits(0);
        for datagram in datagrams {
            assert_eq!(receive(&socket).0, *datagram, "{words:?}");
        }
    }
    std::fs::write(sandbox.path("larger"), noise(MOST + 1)).unwrap();
    sandbox.netverb(["datagram", &id, "--file", "larger"]).run().failed(63, &["65508"]);
    sandbox.netverb(["datagram", &id, "--file", "missing"]).run().failed(2, &["missing", "no such file"]);
    sandbox.netverb(["datagram", &id, "--file", "lines", "x"]).run().failed(2, &["--file and DATA"]);
    sandbox.netverb(["datagram", &id, "-E", "\\q"]).run().failed(2, &["\\q"]);
}

#[test]
fn b37_stdin_is_one_datagram_of_up_to_65507_bytes() {
    let sandbox = Sandbox::new();
    let (socket, id) = peer();
    let largest = noise(MOST);
    sandbox.netverb(["datagram", &id, "--send-only"]).feed(&largest).exits(0);
    assert!(receive(&socket).0 == largest, "other bytes came");
}

#[test]
fn b37_a_larger_message_is_an_error_before_anything_is_sent() {
    let sandbox = Sandbox::new();
    let (socket, id) = peer();
    let ended = sandbox.netverb(["datagram", &id]).feed(&noise(MOST + 1));
    ended.failed(63, &["65507"]);
    let long = "x".repeat(MOST + 1);
    sandbox.netverb(["datagram", &id, "short", &long]).run().failed(63, &["65508", "65507"]);
    sandbox.netverb(["datagram", &id, "--split", "64k"]).feed(b"abc").failed(63, &["65536"]);
    socket.set_nonblocking(true).unwrap();
    assert!(socket.recv(&mut [0; 9]).is_err(), "something was sent");
}

#[test]
fn b37_stdin_is_cut_as_split_says() {
    let sandbox = Sandbox::new();
    let table: [(&str, &str, &[&str]); 5] = [
        ("line", "a\n\nbc\nd", &["a", "", "bc", "d"]),
        ("nul", "a\0b\n\0", &["a", "b\n"]),
        ("length", "\0\0\0\x02ab\0\0\0\0", &["ab", ""]),
        ("2", "abcde", &["ab", "cd", "e"]),
        ("none", "a\nb\n", &["a\nb\n"]),
    ];
    for (kind, input, messages) in table {
        let (socket, id) = peer();
        sandbox.netverb(["datagram", &id, "--split", kind, "--send-only"]).feed(input.as_bytes()).exits(0);
        let all: Vec<String> = messages.iter().map(|_| String::from_utf8(receive(&socket).0).unwrap()).collect();
        assert_eq!(all, messages, "{kind}");
    }
}

/// Runs of equal size leave in one call; what arrives must not show it.
#[test]
fn b37_many_datagrams_of_equal_size_keep_their_boundaries_and_order() {
    let sandbox = Sandbox::new();
    let (mut child, port) = listener(&sandbox, &["datagram", "--listen", "127.0.0.1:0", "--json", "--count", "1001"]);
    let input: Vec<u8> = (0..1000).flat_map(|number| format!("{number:09}\n").into_bytes()).chain(*b"end").collect();
    let id = format!("127.0.0.1:{port}");
    sandbox.netverb(["datagram", &id, "--split", "10", "--send-only"]).feed(&input).exits(0);
    let ended = child.wait();
    let all: Vec<String> =
        records(&ended.stdout).iter().map(|record| record["text"].as_str().unwrap().into()).collect();
    assert_eq!(all.len(), 1001);
    assert_eq!(all.concat().into_bytes(), input);
}

#[test]
fn b38_65507_bytes_are_received_whole_and_a_cut_one_is_flagged() {
    let sandbox = Sandbox::new();
    let largest = noise(MOST);
    let words = ["datagram", "--listen", "127.0.0.1:0", "--port-file", "port", "--count", "1"];
    let mut child = sandbox.netverb(words).spawn();
    let port = wait_until("the port file", || std::fs::read_to_string(sandbox.path("port")).ok());
    peer().0.send_to(&largest, format!("127.0.0.1:{}", port.trim())).unwrap();
    let ended = child.wait();
    ended.exits(0);
    assert!(ended.stdout == largest, "{} bytes came", ended.stdout.len());

    let (mut child, port) =
        listener(&sandbox, &["datagram", "--listen", "127.0.0.1:0", "--json", "--count", "2", "--max-bytes", "10"]);
    let (socket, from) = peer();
    for message in ["0123456789", "0123456789+"] {
        socket.send_to(message.as_bytes(), ("127.0.0.1", port)).unwrap();
    }
    let all = records(&child.wait().stdout);
    let facts = |record: &Value| format!("{} {} {}", record["length"], record["truncated"], record["text"]);
    assert_eq!(facts(&all[0]), "10 false \"0123456789\"");
    assert_eq!(facts(&all[1]), "11 true \"0123456789\"");
    assert_eq!(all[1]["from"], from);
}

#[test]
fn b38_a_record_says_all_that_is_known() {
    let sandbox = Sandbox::new();
    for host in ["127.0.0.1", "[::1]"] {
        let at = format!("{host}:0");
        let (mut child, port) = listener(&sandbox, &["datagram", "--listen", &at, "--json", "--count", "2"]);
        let (socket, from) = peer_on(host.trim_matches(['[', ']']));
        let to = format!("{host}:{port}");
        socket.send_to(b"text", &to).unwrap();
        socket.send_to(b"\xff", &to).unwrap();
        let all = records(&child.wait().stdout);
        assert_eq!((all[0]["text"].as_str(), all[1]["base64"].as_str()), (Some("text"), Some("/w==")));
        for record in all {
            assert_eq!(
                (&record["from"], &record["to"], &record["interface"]),
                (&from.clone().into(), &to.clone().into(), &"lo".into())
            );
            assert_eq!(record["ttl"], 64, "{record}");
            assert!(
                record["time"].as_str().is_some_and(|time| time.starts_with("20") && time.ends_with('Z')),
                "{record}"
            );
        }
    }
}

#[test]
fn b39_an_empty_datagram_is_sent_shown_and_ends_nothing() {
    let sandbox = Sandbox::new();
    let (mut child, port) = listener(&sandbox, &["datagram", "--listen", "127.0.0.1:0", "--json", "--count", "3"]);
    let id = format!("127.0.0.1:{port}");
    sandbox.netverb(["datagram", &id, "", "--send-only"]).run().exits(0);
    sandbox.netverb(["datagram", &id, "", "after", "--send-only"]).run().exits(0);
    let ended = child.wait();
    ended.exits(0);
    let lengths: Vec<u64> = records(&ended.stdout).iter().map(|record| record["length"].as_u64().unwrap()).collect();
    assert_eq!(lengths, [0, 0, 5]);
    let summary = ended.events().pop().unwrap();
    assert_eq!((&summary["messages_in"], &summary["bytes_in"]), (&3.into(), &5.into()));
}

#[test]
fn b39_an_empty_datagram_is_answered_by_an_empty_one() {
    let sandbox = Sandbox::new();
    let (_echo, port) = listener(&sandbox, &["accept", "--json", "udp://127.0.0.1:0", "--echo"]);
    let id = format!("127.0.0.1:{port}");
    let ended = sandbox.netverb(["datagram", &id, "--split", "line", "--replies", "1", ""]).run();
    ended.exits(0);
    assert_eq!(ended.stdout, b"\n");
}

#[test]
fn b40_a_listener_hears_several_peers_and_answers_each() {
    let sandbox = Sandbox::new();
    let (mut child, port) =
        listener(&sandbox, &["accept", "-j", "-k", "udp://127.0.0.1:0", "--split", "line", "--hex-dump", "dump"]);
    let peers = [peer().0, peer().0, peer().0];
    for (number, socket) in peers.iter().enumerate() {
        socket.send_to(format!("from {number}").as_bytes(), ("127.0.0.1", port)).unwrap();
    }
    let accepted = child.wait_events("accepted", 3);
    assert!(accepted.iter().all(|event| event["local"] == format!("127.0.0.1:{port}")), "{accepted:?}");
    child.send(b"to all\n");
    for socket in &peers {
        let (answer, from) = receive(socket);
        assert_eq!((answer.as_slice(), from.port()), (&b"to all"[..], port));
    }
    child.signal(Signal::TERM);
    let closed = child.wait().events().into_iter().filter(|event| event["event"] == "closed").count();
    assert_eq!(closed, 3, "each accepted peer is closed again");
}

#[test]
fn b40_stdin_answers_the_first_peer_and_others_are_ignored() {
    let sandbox = Sandbox::new();
    let (mut child, port) = listener(&sandbox, &["accept", "-j", "udp://127.0.0.1:0", "-q", "0"]);
    let (first, second) = (peer().0, peer().0);
    first.send_to(b"first", ("127.0.0.1", port)).unwrap();
    child.wait_event("accepted");
    second.send_to(b"second", ("127.0.0.1", port)).unwrap();
    first.send_to(b"again", ("127.0.0.1", port)).unwrap();
    child.wait_events("data", 2);
    child.feed(b"answer".to_vec());
    assert_eq!(receive(&first).0, b"answer");
    let ended = child.wait();
    ended.exits(0);
    let all: Vec<Value> = records(&ended.stdout);
    assert_eq!(all.iter().map(|record| &record["text"]).collect::<Vec<_>>(), ["first", "again"]);
}

/// On all addresses of the machine, an answer comes from the one that was written to.
#[test]
fn b40_answers_come_from_the_address_that_was_written_to() {
    let sandbox = Sandbox::new();
    for words in [&["accept", "-j", "udp://*:0", "--echo"][..], &["accept", "-j", "-4", "udp://*:0", "--respond", "q"]]
    {
        let (_server, port) = listener(&sandbox, words);
        for host in ["127.0.0.1", "127.0.0.2", "127.1.2.3"] {
            let socket = peer().0;
            socket.send_to(b"q", (host, port)).unwrap();
            assert_eq!(receive(&socket), (b"q".to_vec(), format!("{host}:{port}").parse().unwrap()), "{words:?}");
        }
    }
}

#[test]
fn b40_refused_is_7() {
    let sandbox = Sandbox::new();
    let id = format!("127.0.0.1:{}", closed_port());
    sandbox.netverb(["datagram", &id, "x"]).run().failed(7, &[&id, "refused"]);
    sandbox.netverb(["datagram", &id, "x", "--send-only"]).run().failed(7, &[&id]);
    let open = format!("udp://{id}");
    sandbox.netverb(["open", &open]).feed(b"x").failed(7, &[&id]);
}

#[test]
fn b02_an_address_of_a_link_wants_its_interface() {
    let sandbox = Sandbox::new();
    for id in ["[fe80::1]:9", "[ff02::1]:9"] {
        sandbox.netverb(["datagram", id, "x"]).run().failed(7, &[id, "%eth0]:9"]);
    }
}

#[test]
fn b40_socat_and_python_are_answered() {
    let sandbox = Sandbox::new();
    let (_echo, port) = listener(&sandbox, &["accept", "-j", "udp://127.0.0.1:0", "--echo"]);
    let socat = sandbox.shell(&format!("printf ping | socat -t2 - UDP4:127.0.0.1:{port}")).run();
    assert_eq!(socat.exits(0).stdout, b"ping");
    let python = format!(
        "import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.settimeout(20)\n\
         s.sendto(b'x'*60000,('127.0.0.1',{port}))\nprint(len(s.recv(65536)))"
    );
    let script = sandbox.write("peer.py", python);
    let python = sandbox.shell(&format!("python3 {}", script.display())).run();
    assert_eq!(python.exits(0).stdout, b"60000\n");
}

#[test]
fn b41_ends_by_itself_after_the_reply_window() {
    let sandbox = Sandbox::new();
    let (_socket, id) = peer();
    let begun = Instant::now();
    sandbox.netverb(["datagram", &id, "--replies-for", "300ms"]).feed(b"x").exits(0);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    // Within the window an answer is printed, and a wanted number of them ends it.
    let (socket, id) = peer();
    let answering = std::thread::spawn(move || {
        let (_, from) = receive(&socket);
        socket.send_to(b"one", from).unwrap();
        socket.send_to(b"two", from).unwrap();
    });
    let ended =
        sandbox.netverb(["datagram", &id, "--replies", "2", "--split", "line", "q", "--replies-for", "1h"]).run();
    assert_eq!(ended.exits(0).stdout, b"one\ntwo\n");
    answering.join().unwrap();
    let (_socket, id) = peer();
    let ended = sandbox.netverb(["datagram", &id, "--replies", "1", "-w", "200ms", "q"]).run();
    ended.failed(28, &["0 of 1", &id]);
}

#[test]
fn b42_probe_open_refused_silent() {
    let sandbox = Sandbox::new();
    let (_echo, port) = listener(&sandbox, &["accept", "-j", "udp://127.0.0.1:0", "--echo"]);
    let open = format!("127.0.0.1:{port}");
    let refused = format!("127.0.0.1:{}", closed_port());
    let (_socket, silent) = peer();
    for (id, status) in [(&open, 0), (&refused, 7), (&silent, 28)] {
        let ended = sandbox.netverb(["datagram", "-z", "-w", "300ms", id]).run();
        ended.exits(status);
        assert_eq!(ended.stdout, b"");
        let ended = sandbox.netverb(["open", "--json", "-z", "-w", "300ms", &format!("udp://{id}")]).run();
        let record: Value = serde_json::from_slice(&ended.exits(status).stdout).unwrap();
        assert_eq!(record["open"], status == 0);
    }
    // What was asked and answered is counted.
    let events = sandbox.netverb(["datagram", "-j", "-z", &open, "seven b"]).run().events();
    let [opened, closed] = ["connected", "closed"]
        .map(|name| events.iter().find(|event| event["event"] == name).unwrap_or_else(|| panic!("{name}: {events:?}")));
    assert_eq!((&opened["local"], &opened["id"]), (&closed["local"], &closed["id"]));
    for event in [closed, events.last().unwrap()] {
        assert_eq!((&event["bytes_out"], &event["bytes_in"]), (&7.into(), &7.into()), "{event}");
    }
}

#[test]
fn b43_broadcast_only_with_the_flag() {
    let sandbox = Sandbox::new();
    let (socket, _) = peer_on("0.0.0.0");
    let id = format!("127.255.255.255:{}", socket.local_addr().unwrap().port());
    sandbox.netverb(["datagram", &id, "x"]).run().failed(2, &[&id, "-b"]);
    sandbox.netverb(["datagram", "-b", &id, "x", "--send-only"]).run().exits(0);
    assert_eq!(receive(&socket).0, b"x");
}

#[test]
fn b43_a_group_is_joined_on_the_chosen_interface() {
    let sandbox = Sandbox::new();
    let join = ["datagram", "--listen", "0", "--json", "--count", "1", "--join", "239.77.1.2%lo"];
    let (mut child, port) = listener(&sandbox, &join);
    // Another group on the same port is not heard, also when another program of this machine has joined it.
    let elsewhere = peer_on("0.0.0.0").0;
    elsewhere.join_multicast_v4(&"239.77.1.3".parse().unwrap(), &"127.0.0.1".parse().unwrap()).unwrap();
    let id = |group: &str| format!("{group}:{port}");
    let send = |group: &str, word: &str| {
        let words = ["datagram", &id(group), "--interface", "lo", "--send-only", "--ttl", "3", word];
        sandbox.netverb(words).run().exits(0);
    };
    send("239.77.1.3", "other");
    send("239.77.1.2", "group");
    let record = records(&child.wait().stdout).remove(0);
    assert_eq!((&record["text"], &record["interface"], &record["ttl"]), (&"group".into(), &"lo".into(), &3.into()));
    assert_eq!(record["to"], id("239.77.1.2"));
}

#[test]
fn b43_source_specific_hears_one_sender() {
    let sandbox = Sandbox::new();
    let words = ["--count", "1", "--join", "239.77.2.2%lo", "--source-specific", "127.0.0.5"];
    let (mut child, port) = listener(&sandbox, &[&["datagram", "--listen", "0", "--json"][..], &words].concat());
    let id = format!("239.77.2.2:{port}");
    for from in ["127.0.0.4", "127.0.0.5"] {
        sandbox.netverb(["datagram", &id, "--interface", "lo", "--from", from, "--send-only", from]).run().exits(0);
    }
    assert_eq!(records(&child.wait().stdout)[0]["text"], "127.0.0.5");
}

/// Two namespaces and a cable between them: v4 and v6 groups, the source of a group, and hearing oneself or not.
const NAMESPACES: &str = r#"
unshare -n sleep 60 & other=$!
trap 'kill $other' EXIT
ip link set lo up && ip link add v0 type veth peer name v1 || exit 99
until ip link set v1 netns $other 2>/dev/null; do kill -0 $other || exit 99; done
there() { nsenter -t $other -n "$@"; }
ip addr add 10.9.0.1/24 dev v0 && ip -6 addr add fd09::1/64 dev v0 nodad && ip link set v0 up
there ip addr add 10.9.0.2/24 dev v1 && there ip -6 addr add fd09::2/64 dev v1 nodad && there ip link set v1 up
while ip -6 addr show dev v0 | grep -q tentative || ! ip -6 addr show dev v0 | grep -q fe80; do :; done
ready() { until [ -s "$1" ]; do kill -0 $2 || exit 1; done; rm "$1"; }
hear() { # where, port, words…
  where=$1; port=$2; shift 2
  $where "$NETVERB" datagram --listen $port --count 1 --port-file port -w 20 --split line "$@" & heard=$!
  ready port $heard
}
hear there 5001 --join 239.1.2.3%v1
"$NETVERB" datagram 239.1.2.3:5001 --interface v0 --send-only four && wait $heard || exit 1
hear there 5002 --join ff02::1234%v1
"$NETVERB" datagram '[ff02::1234%v0]:5002' --send-only six && wait $heard || exit 1
hear there 5003 --join ff15::77%v1 --source-specific fd09::1
there "$NETVERB" datagram '[ff15::77]:5003' --interface v1 --send-only wrong || exit 1
"$NETVERB" datagram '[ff15::77]:5003' --interface v0 --from '[fd09::1]' --send-only source && wait $heard || exit 1
for group in 239.1.2.4 '[ff15::78]'; do
  hear "" 5004 --join $group%v0
  "$NETVERB" datagram $group:5004 --interface v0 --send-only --loop=off unheard || exit 1
  "$NETVERB" datagram $group:5004 --interface v0 --send-only --loop=on looped && wait $heard || exit 1
done
"#;

#[test]
fn b43_multicast_between_network_namespaces() {
    let can = Command::new("unshare")
        .args(["-Urn", "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1"])
        .output();
    if !can.is_ok_and(|done| done.status.success()) {
        eprintln!("b43_multicast_between_network_namespaces: not run, no network namespaces here");
        return;
    }
    let sandbox = Sandbox::new();
    let script = sandbox.write("script", NAMESPACES);
    let ended =
        sandbox.shell(&format!("PATH=$PATH:/usr/sbin:/sbin exec unshare -Urn /bin/sh {}", script.display())).run();
    assert_eq!(String::from_utf8_lossy(&ended.exits(0).stdout), "four\nsix\nsource\nlooped\nlooped\n");
}

#[test]
fn b25_unix_datagrams_are_answered_and_reply_paths_removed() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("server");
    let server = UnixDatagram::bind(&path).unwrap();
    server.set_read_timeout(Some(LIMIT)).unwrap();
    let id = format!("unix:{}", path.display());
    let mut child = sandbox.netverb(["datagram", &id, "--replies", "1", "question"]).spawn();
    let mut space = [0; 64];
    let (length, from) = uninterrupted(|| server.recv_from(&mut space)).unwrap();
    let reply = from.as_pathname().expect("a path to answer to").to_owned();
    assert!(reply.exists() && reply.starts_with(sandbox.directory()), "{reply:?}");
    server.send_to(&space[..length], &reply).unwrap();
    assert_eq!(child.wait().exits(0).stdout, b"question");
    assert!(!reply.exists());

    let mut child = sandbox.netverb(["datagram", &id, "--replies-for", "infinite", "x"]).spawn();
    let (_, from) = uninterrupted(|| server.recv_from(&mut space)).unwrap();
    child.signal(Signal::TERM);
    child.wait();
    assert!(!from.as_pathname().unwrap().exists(), "left behind after a signal");
}

#[test]
fn b25_a_unix_datagram_service_answers_and_removes_its_path() {
    let sandbox = Sandbox::new();
    let (mut echo, id) = (sandbox.netverb(["accept", "-j", "--datagram", "unix:s", "--echo"]).spawn(), "unix:s");
    echo.wait_event("ready");
    let large = noise(100_000);
    let ended = sandbox.netverb(["datagram", id, "--replies", "1"]).feed(&large);
    assert!(ended.exits(0).stdout == large, "{} bytes came back", ended.stdout.len());
    // A sender without a name cannot be answered, and harms nobody.
    UnixDatagram::unbound().unwrap().send_to(b"x", sandbox.path("s")).unwrap();
    assert_eq!(sandbox.netverb(["datagram", id, "--replies", "1", "ok"]).run().exits(0).stdout, b"ok");
    echo.signal(Signal::TERM);
    echo.wait();
    assert!(!sandbox.path("s").exists());
    sandbox.netverb(["datagram", id, "x"]).run().failed(7, &["unix:s"]);
}

#[test]
fn services_respond_broker_forward_and_programs() {
    let sandbox = Sandbox::new();
    let (_respond, port) = listener(&sandbox, &["accept", "-j", "udp://127.0.0.1:0", "--respond", "pong"]);
    let target = format!("127.0.0.1:{port}");
    assert_eq!(sandbox.netverb(["datagram", &target, "--replies", "1", "x"]).run().exits(0).stdout, b"pong");

    let to = format!("udp://{target}");
    let (_forward, port) = listener(&sandbox, &["accept", "-j", "udp://127.0.0.1:0", "--to", &to]);
    let through = format!("127.0.0.1:{port}");
    assert_eq!(sandbox.netverb(["datagram", &through, "--replies", "2", "x", "yy"]).run().exits(0).stdout, b"pongpong");

    let program = "tr a-z A-Z; echo $NETVERB_PROTO $REMOTE_ADDR";
    let (_program, port) = listener(&sandbox, &["accept", "-j", "udp://127.0.0.1:0", "-c", program]);
    let id = format!("127.0.0.1:{port}");
    assert_eq!(
        sandbox.netverb(["datagram", &id, "--replies", "1", "abc "]).run().exits(0).stdout,
        b"ABC udp 127.0.0.1\n"
    );

    let (broker, port) = listener(&sandbox, &["accept", "-j", "udp://127.0.0.1:0", "--broker"]);
    let (a, b, c) = (peer().0, peer().0, peer().0);
    for (number, socket) in [&a, &b, &c].into_iter().enumerate() {
        socket.send_to(b"", ("127.0.0.1", port)).unwrap();
        broker.wait_events("accepted", number + 1);
    }
    // Each hears of those who come later; then a message of one reaches the two others.
    a.send_to(b"news", ("127.0.0.1", port)).unwrap();
    assert_eq!(receive(&b), (vec![], format!("127.0.0.1:{port}").parse().unwrap()));
    assert_eq!((receive(&b).0, receive(&c).0), (b"news".to_vec(), b"news".to_vec()));
}

#[test]
fn a_denied_datagram_is_ignored() {
    let sandbox = Sandbox::new();
    let (server, port) = listener(&sandbox, &["accept", "-j", "udp://*:0", "--echo", "--deny", "127.0.0.2"]);
    let denied = peer_on("127.0.0.2").0;
    denied.send_to(b"x", ("127.0.0.1", port)).unwrap();
    assert_eq!(server.wait_event("rejected")["rule"], "deny 127.0.0.2");
    let allowed = peer().0;
    allowed.send_to(b"y", ("127.0.0.1", port)).unwrap();
    assert_eq!(receive(&allowed).0, b"y");
    denied.set_nonblocking(true).unwrap();
    assert!(denied.recv(&mut [0; 9]).is_err(), "a denied peer was answered");
}

#[test]
fn idle_peers_are_forgotten_and_make_room() {
    let sandbox = Sandbox::new();
    let words = ["accept", "-j", "udp://127.0.0.1:0", "--echo", "-m", "1", "--idle-timeout", "300ms"];
    let (server, port) = listener(&sandbox, &words);
    let (first, second) = (peer().0, peer().0);
    first.send_to(b"1", ("127.0.0.1", port)).unwrap();
    assert_eq!(receive(&first).0, b"1");
    second.send_to(b"ignored", ("127.0.0.1", port)).unwrap();
    server.wait_event("closed");
    second.send_to(b"2", ("127.0.0.1", port)).unwrap();
    assert_eq!(receive(&second).0, b"2");
}

#[test]
fn both_directions_are_recorded() {
    let sandbox = Sandbox::new();
    let (_echo, port) = listener(&sandbox, &["accept", "-j", "udp://127.0.0.1:0", "--echo"]);
    let id = format!("127.0.0.1:{port}");
    sandbox.netverb(["datagram", &id, "--transcript", "t", "--replies", "1", "-o", "out", "word"]).run().exits(0);
    assert_eq!(std::fs::read(sandbox.path("out")).unwrap(), b"word");
    let transcript = records(&std::fs::read(sandbox.path("t")).unwrap());
    let facts: Vec<_> =
        transcript.iter().map(|record| (record["direction"].as_str(), record["text"].as_str())).collect();
    assert_eq!(facts, [(Some("out"), Some("word")), (Some("in"), Some("word"))]);
}

#[test]
fn a_taken_port_is_45_and_nonsense_is_2() {
    let sandbox = Sandbox::new();
    let (_socket, id) = peer();
    sandbox.netverb(["datagram", "--listen", &id]).run().failed(45, &[&id]);
    sandbox.netverb(["accept", &format!("udp://{id}"), "--echo"]).run().failed(45, &[&id]);
    for words in [
        &["datagram"][..],
        &["datagram", "localhost", "5000"],
        &["datagram", "localhost", "5000", "hello"],
        &["datagram", "--listen", "0", "word"],
        &["datagram", "--join", "239.1.2.3", "localhost:5"],
        &["accept", "udp://:0", "0"],
        &["datagram", "ws://localhost/", "x"],
        &["datagram", "--count", "0", "localhost:5", "x"],
        &["datagram", "--replies", "0", "localhost:5", "x"],
    ] {
        sandbox.netverb(words).run().failed(2, &[]);
    }
}

#[test]
fn b38_what_the_system_had_to_drop_is_told_of() {
    let sandbox = Sandbox::new();
    let line = ["accept", "--json", "udp://127.0.0.1:0", "--discard", "--rcvbuf", "8k"];
    let (child, port) = listener(&sandbox, &line);
    let socket = peer().0;
    socket.connect(("127.0.0.1", port)).unwrap();
    child.stop();
    let mut sent = 1000;
    for _ in 0..sent {
        socket.send(&[0; 64]).unwrap();
    }
    child.signal(Signal::CONT);
    // The count comes with a datagram that is received after the loss.
    let lost = wait_until("the loss", || {
        socket.send(b"more").unwrap();
        sent += 1;
        let error = child.wait_for_events("lost", 0, |_| true).into_iter().find(|event| event["event"] == "error");
        Some(error?["message"].as_str()?.to_owned())
    });
    let count: u64 = lost.split_once(' ').unwrap().0.parse().unwrap();
    assert!(lost.contains("datagrams were lost") && (500..sent).contains(&count), "{lost}");
}
