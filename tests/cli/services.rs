//! Promise 29: the broker. And what else listeners serve: forwarding, under the promises of streams.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::support::{Child, LIMIT, Listener, Peer, Sandbox, close, noise};

fn accept(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    sandbox.netverb(["accept", "--json"].iter().chain(arguments)).spawn()
}

/// This many clients of a service, all let in.
fn clients(child: &Child, count: usize) -> Vec<Peer> {
    let port = child.port();
    let clients = (0..count).map(|_| Peer::connect(port)).collect();
    child.wait_events("accepted", count);
    clients
}

fn three(child: &Child) -> [Peer; 3] {
    clients(child, 3).try_into().ok().unwrap()
}

#[test]
fn b29_what_one_says_reaches_all_others_and_not_itself() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--broker", "127.0.0.1:0"]);
    let [mut a, mut b, mut c] = three(&child);
    a.send(b"from a");
    assert_eq!((b.read(6), c.read(6)), (b"from a".to_vec(), b"from a".to_vec()));
    b.send(b"from b");
    // What a itself has said would have come first.
    assert_eq!((a.read(6), c.read(6)), (b"from b".to_vec(), b"from b".to_vec()));
    c.send(&[0, 10, 13, 255]);
    assert_eq!((a.read(4), b.read(4)), (vec![0, 10, 13, 255], vec![0, 10, 13, 255]));
    // One that leaves, in whatever way, does not disturb the others.
    a.reset();
    child.wait_event("closed");
    b.send(b"still here");
    assert_eq!(c.read(10), b"still here");
    // Its last words arrive with its end.
    b.send(b"last words");
    b.end();
    assert_eq!(c.read(10), b"last words");
    assert_eq!(b.read_to_end(), b"");
}

#[test]
fn b29_a_chat_shows_whole_lines_with_their_speaker() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--chat", "127.0.0.1:0"]);
    let [mut a, mut b, mut c] = three(&child);
    let ids: Vec<String> =
        child.wait_events("accepted", 3).iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    a.send(b"half of ");
    b.send(b"b is faster\n");
    let line = format!("<{}> b is faster\n", ids[1]);
    assert_eq!((a.read(line.len()), c.read(line.len())), (line.clone().into_bytes(), line.into_bytes()));
    a.send(b"it\nand no end");
    a.end();
    let lines = format!("<{0}> half of it\n<{0}> and no end\n", ids[0]);
    assert_eq!((b.read(lines.len()), c.read(lines.len())), (lines.clone().into_bytes(), lines.into_bytes()));
}

#[test]
fn b29_who_stops_reading_does_not_stop_the_others() {
    const SAID: usize = 32 << 20;
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--broker", "127.0.0.1:0"]);
    let [mut speaker, mut listener, mut deaf] = three(&child);
    let data = noise(1 << 20);
    let saying = {
        let data = data.clone();
        std::thread::spawn(move || {
            for _ in 0..SAID / data.len() {
                speaker.send(&data);
            }
            speaker
        })
    };
    let begun = Instant::now();
    for _ in 0..SAID / data.len() {
        assert!(listener.read(data.len()) == data);
        assert!(begun.elapsed() < LIMIT, "the others are held up again and again");
    }
    let speaker = saying.join().unwrap();
    // It was disconnected, and cannot take what it has for all there was.
    assert_eq!(deaf.read_error(), ErrorKind::ConnectionReset);
    let closed = child.wait_event("closed");
    assert_eq!(
        (&closed["peer"], &closed["reason"]),
        (&deaf_address(&child).into(), &"the client does not read".into())
    );
    assert_eq!(child.wait_events("closed", 1).len(), 1, "only it");
    assert!(child.facts().peak_memory() < 64 << 20, "{} bytes", child.facts().peak_memory());
    drop((speaker, listener));
}

/// The third of those let in.
fn deaf_address(child: &Child) -> String {
    child.wait_events("accepted", 3)[2]["peer"].as_str().unwrap().to_owned()
}

#[test]
fn b29_everybody_may_talk_at_once() {
    const EACH: usize = 2 << 20;
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--broker", "127.0.0.1:0"]);
    let talking: Vec<_> = clients(&child, 4)
        .into_iter()
        .enumerate()
        .map(|(number, mut peer)| {
            std::thread::spawn(move || {
                let mut socket = peer.socket().try_clone().unwrap();
                let saying = std::thread::spawn(move || socket.write_all(&vec![number as u8; EACH]).unwrap());
                let heard = peer.read(3 * EACH);
                saying.join().unwrap();
                (number as u8, heard, peer)
            })
        })
        .collect();
    // Nobody leaves before all have heard all.
    let all: Vec<_> = talking.into_iter().map(|thread| thread.join().unwrap()).collect();
    for (number, heard, _) in &all {
        for speaker in 0..4 {
            let count = heard.iter().filter(|byte| **byte == speaker).count();
            assert_eq!(count, if speaker == *number { 0 } else { EACH }, "of {speaker} at {number}");
        }
    }
}

#[test]
fn b07_forwarding_passes_each_end_of_data_on() {
    let sandbox = Sandbox::new();
    for front in ["127.0.0.1:0", "unix:front"] {
        let target = Listener::unix(&sandbox.path("target"));
        let child = accept(&sandbox, &["--to", "unix:target", front]);
        child.wait_event("ready");
        let mut client = match front {
            "unix:front" => Peer::connect_unix(&sandbox.path("front")).unwrap(),
            _ => Peer::connect(child.port()),
        };
        let mut server = target.accept();
        client.send(b"question");
        client.end();
        assert_eq!(server.read_to_end(), b"question");
        let answer = noise(2_000_000);
        server.send(&answer);
        drop(server);
        assert!(client.read_to_end() == answer);
        // The connection to the target ends first; what came from it went to the client.
        let closed = child.wait_events("closed", 2);
        assert_eq!((&closed[0]["bytes_in"], &closed[0]["bytes_out"]), (&2_000_000.into(), &8.into()));
        assert_eq!((&closed[1]["bytes_in"], &closed[1]["bytes_out"]), (&8.into(), &2_000_000.into()));
        std::fs::remove_file(sandbox.path("target")).unwrap();
    }
}

#[test]
fn b05_forwarding_passes_each_reset_on() {
    let sandbox = Sandbox::new();
    let target = Listener::tcp();
    let child = accept(&sandbox, &["--to", &target.id(), "127.0.0.1:0"]);
    let port = child.port();
    let (mut client, mut server) = (Peer::connect(port), target.accept());
    server.send(b"x");
    assert_eq!(client.read(1), b"x");
    server.reset();
    let begun = Instant::now();
    assert_eq!(client.read_error(), ErrorKind::ConnectionReset);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let (mut client, mut server) = (Peer::connect(port), target.accept());
    client.send(b"y");
    assert_eq!(server.read(1), b"y");
    client.reset();
    assert_eq!(server.read_error(), ErrorKind::ConnectionReset);
}

#[test]
fn b05_the_fate_of_the_target_is_the_status_of_one_forward() {
    let sandbox = Sandbox::new();
    let once = |to: &str| {
        let child = accept(&sandbox, &["--once", "--to", to, "127.0.0.1:0"]);
        // Whose target is refused at once may be reset before connect(2) has returned.
        let peer = Peer::connect_tcp(&format!("127.0.0.1:{}", child.port()));
        (child, peer)
    };
    let target = Listener::tcp();
    let (mut child, client) = once(&target.id());
    let mut client = client.unwrap();
    let mut server = target.accept();
    server.send(b"x");
    assert_eq!(client.read(1), b"x");
    server.reset();
    let ended = child.wait();
    ended.exits(56);
    assert!(ended.stderr.contains(&target.id()) && ended.stderr.contains("reset"), "{}", ended.stderr);
    let refusing = hold("127.0.0.1:0");
    let (mut child, _client) = once(&local(&refusing).to_string());
    child.wait().exits(7);
    let (mut child, _client) = once("unix:missing");
    let ended = child.wait();
    ended.exits(7);
    let errors = ended.events().into_iter().filter(|event| event["event"] == "error").count();
    assert_eq!(errors, 1, "{}", ended.stderr);
}

#[test]
fn b03_a_client_of_a_dead_target_is_reset() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--to", "unix:missing", "127.0.0.1:0"]);
    let port = child.port();
    for _ in 0..3 {
        if let Ok(mut client) = Peer::connect_tcp(&format!("127.0.0.1:{port}")) {
            assert_eq!(client.read_error(), ErrorKind::ConnectionReset);
        }
    }
    assert_eq!(child.wait_events("closed", 3).len(), 3);
    assert!(child.is_running());
}

#[test]
fn b12_a_forward_whose_client_never_reads_stays_small() {
    let sandbox = Sandbox::new();
    let target = Listener::tcp();
    // A transcript would take all there is; looking at the bytes is what costs memory, if anything.
    let child = accept(&sandbox, &["--to", &target.id(), "--hash", "blake3", "127.0.0.1:0"]);
    let client = Peer::connect(child.port());
    let server = target.accept();
    let socket = server.socket();
    socket.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let data = noise(1 << 20);
    // Until nothing is taken any more.
    let mut sent = 0;
    while let Ok(length) = socket.send(&data) {
        sent += length;
        assert!(sent < 256 << 20, "somebody takes {sent} bytes");
    }
    assert!(child.facts().peak_memory() < 64 << 20, "{} bytes", child.facts().peak_memory());
    drop(client);
}

/// Binds a socket to an address, to share it with those who connect.
fn hold(address: &str) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&address.parse::<SocketAddr>().unwrap().into()).unwrap();
    socket
}

fn local(socket: &Socket) -> SocketAddr {
    socket.local_addr().unwrap().as_socket().unwrap()
}

#[test]
fn b02_the_local_end_of_a_connection_can_be_chosen() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    // Ports that others do not take meanwhile: they are bound, and may be shared by those who connect.
    let held: Vec<_> = ["127.0.0.2:0", "127.0.0.1:0", "127.0.0.2:0"].map(hold).into_iter().collect();
    let ports: Vec<String> = held.iter().map(|held| local(held).port().to_string()).collect();
    let (whole, alone, apart) = (format!("127.0.0.2:{}", ports[0]), format!(":{}", ports[1]), ports[2].clone());
    let table: [(&[&str], &str, &str); 5] = [
        (&["--from", "127.0.0.2"], "127.0.0.2:", ""),
        (&["--from", &whole], "", &whole),
        (&["--from", &alone], "127.0.0.1:", &alone),
        (&["-s", "127.0.0.3"], "127.0.0.3:", ""),
        (&["-s", "127.0.0.2", "-p", &apart], "127.0.0.2:", &apart),
    ];
    for (options, begin, end) in table {
        let child = sandbox.netverb(["open", "--json", &id].iter().chain(options)).spawn();
        let peer = listener.accept();
        let from = peer.socket().peer_addr().unwrap().as_socket().unwrap().to_string();
        assert!(from.starts_with(begin) && from.ends_with(end), "{from} of {options:?}");
        assert_eq!(child.wait_event("connected")["local"], from);
    }
    let failed = |options: &[&str], words: &[&str]| {
        sandbox.netverb(["open", &id].iter().chain(options)).run().failed(45, words);
    };
    failed(&["-s", "192.0.2.1"], &["192.0.2.1"]);
    failed(&["-s", "::1"], &["::1", "other family"]);
    failed(&["-s", "127.0.0.1", "-p", &listener.port().to_string()], &["address already in use"]);
}

#[test]
fn b03_a_refused_connection_is_tried_again_when_asked_for() {
    let sandbox = Sandbox::new();
    // Bound and not listening yet: nobody else has the port, and it refuses.
    let socket = hold("127.0.0.1:0");
    let id = local(&socket).to_string();
    let ended = sandbox.netverb(["open", "-vv", &id, "--retry", "3"]).run();
    ended.exits(7);
    assert_eq!(ended.stderr.matches("trying again").count(), 3, "{}", ended.stderr);
    let ended = sandbox.netverb(["open", &id, "--wait", "300ms"]).run();
    ended.failed(7, &[&id, "refused"]);
    assert!(ended.took < Duration::from_secs(5), "{:?}", ended.took);
    let mut child = sandbox.netverb(["open", "-vv", &id, "--wait", "infinite"]).spawn();
    child.wait_stderr("trying again");
    socket.listen(1).unwrap();
    close(socket.accept().unwrap());
    child.end_input();
    child.wait().exits(0);
}

#[test]
fn what_is_only_dropped_has_a_rate_too() {
    let sandbox = Sandbox::new();
    let mut child =
        sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--once", "--discard", "--rate", "100k"]).spawn();
    let mut peer = Peer::connect(child.port());
    let begun = Instant::now();
    peer.send(&noise(150 << 10));
    peer.end();
    assert_eq!(peer.read_to_end(), b"");
    assert!(begun.elapsed() > Duration::from_millis(1300), "{:?}", begun.elapsed());
    child.wait().exits(0);
}
