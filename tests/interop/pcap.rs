//! Captures, read by Wireshark's tshark: ports, addresses, order, bytes, checksums.

use std::net::UdpSocket;

use crate::needs;
use crate::support::{Listener, Peer, Sandbox, noise};

const FIELDS: [&str; 10] = [
    "ip.src",
    "ipv6.src",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.flags",
    "tcp.payload",
    "udp.srcport",
    "udp.dstport",
    "udp.payload",
    "frame.comment",
];

#[derive(Debug)]
struct Packet {
    source: String,
    ports: (u16, u16),
    /// Those of TCP.
    flags: u32,
    payload: Vec<u8>,
    comment: String,
}

/// What tshark reads. It verifies checksums, and finds nothing to complain of.
fn read(sandbox: &Sandbox) -> Vec<Packet> {
    needs("tshark", "tshark");
    let tshark = |arguments: &str| {
        let verify = "-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE";
        let run =
            sandbox.shell(&format!("tshark -n -r file {verify} {arguments} 2>errors || {{ cat errors >&2; exit 1; }}"));
        let finished = run.run();
        String::from_utf8(finished.exits(0).stdout.clone()).unwrap()
    };
    let bad = ["tcp.analysis.flags", "ip.checksum.status == 0", "tcp.checksum.status == 0", "udp.checksum.status == 0"];
    let complaints = tshark(&format!("-Y '{}'", bad.join(" || ")));
    assert_eq!(complaints, "", "tshark complains");
    let fields: String = FIELDS.iter().map(|field| format!(" -e {field}")).collect();
    let packets = tshark(&format!("-T fields -E separator='|' -E occurrence=f{fields}"));
    packets.lines().map(packet).collect()
}

fn packet(line: &str) -> Packet {
    let mut fields: Vec<&str> = line.splitn(FIELDS.len(), '|').collect();
    fields.resize(FIELDS.len(), "");
    let either = |a: usize, b: usize| if fields[a].is_empty() { fields[b] } else { fields[a] };
    let bytes =
        |hex: &str| (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
    Packet {
        source: either(0, 1).to_owned(),
        ports: (either(2, 6).parse().unwrap(), either(3, 7).parse().unwrap()),
        flags: u32::from_str_radix(fields[4].trim_start_matches("0x"), 16).unwrap_or(0),
        payload: bytes(either(5, 8)),
        comment: fields[9].to_owned(),
    }
}

/// The payload that left this port, in order.
fn said(packets: &[Packet], port: u16) -> Vec<u8> {
    packets.iter().filter(|packet| packet.ports.0 == port).flat_map(|packet| packet.payload.clone()).collect()
}

const SYN: u32 = 2;
const SYN_ACK: u32 = 0x12;

#[test]
fn b76_a_stream_is_read_with_its_ports_order_and_bytes() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let sandbox = Sandbox::new();
        let listener = Listener::tcp_on(address).unwrap();
        let id = listener.id();
        let mut child = sandbox.netverb(["open", "--pcap", "file", &id]).spawn();
        let mut peer = listener.accept();
        let client = peer.socket().peer_addr().unwrap().as_socket().unwrap();
        let (question, answer) = (noise(3_000_000), noise(100_001));
        child.send(b"hello");
        assert_eq!(peer.read(5), b"hello");
        peer.send(b"hi");
        assert_eq!(child.read_stdout(2), b"hi");
        child.feed(question.clone());
        assert_eq!(peer.read_to_end(), question);
        peer.send(&answer);
        drop(peer);
        child.wait().exits(0);
        let packets = read(&sandbox);
        let flags: Vec<u32> = packets.iter().take(3).map(|packet| packet.flags).collect();
        assert_eq!(flags, [SYN, SYN_ACK, 0x10]);
        assert_eq!(packets[0].ports, (client.port(), listener.port()));
        assert_eq!((packets[0].source.clone(), packets[0].comment.as_str()), (client.ip().to_string(), id.as_str()));
        assert_eq!(said(&packets, client.port()), [b"hello", &question[..]].concat());
        assert_eq!(said(&packets, listener.port()), [b"hi", &answer[..]].concat());
        let order: Vec<u16> = packets.iter().filter(|it| !it.payload.is_empty()).map(|it| it.ports.0).take(2).collect();
        assert_eq!(order, [client.port(), listener.port()]);
        assert_eq!(packets.iter().filter(|packet| packet.flags & 1 != 0).count(), 2, "each side ends once");
    }
}

#[test]
fn b76_clients_of_a_relay_are_told_apart_and_tls_is_read_in_clear() {
    let sandbox = Sandbox::new();
    let target = Listener::tcp();
    let arguments =
        ["accept", "--json", "--secure", "--self-signed", "--pcap", "file", "--to", &target.id(), "127.0.0.1:0/web"];
    let mut child = sandbox.netverb(arguments.iter().chain(&["--foreground"])).spawn();
    let to = format!("127.0.0.1:{}", child.port());
    let mut ports = Vec::new();
    for number in 1..=2 {
        let mut client = sandbox.netverb(["open", "--secure", "--no-verify", "--json", &to]).spawn();
        let local = client.wait_event("connected")["local"].as_str().unwrap().to_owned();
        ports.push(local.rsplit(':').next().unwrap().parse::<u16>().unwrap());
        let mut peer = target.accept();
        client.send(format!("secret {number}").as_bytes());
        assert_eq!(peer.read(8), format!("secret {number}").as_bytes());
        peer.send(b"answer");
        assert_eq!(client.read_stdout(6), b"answer");
        client.end_input();
        peer.read_to_end();
        drop(peer);
        client.wait().exits(0);
        child.wait_for_events("the end", number, |event| {
            event["event"] == "closed" && !event["id"].as_str().unwrap().contains('>')
        });
    }
    child.signal(crate::support::Signal::TERM);
    child.wait();
    let packets = read(&sandbox);
    let openings: Vec<(u16, String)> = packets
        .iter()
        .filter(|packet| packet.flags == SYN)
        .map(|packet| (packet.ports.0, packet.comment.clone()))
        .collect();
    assert_eq!(openings, [(ports[0], "web.1".to_owned()), (ports[1], "web.2".to_owned())]);
    assert_eq!(said(&packets, ports[0]), b"secret 1");
    assert_eq!(said(&packets, ports[1]), b"secret 2");
    let fins = packets.iter().filter(|packet| packet.flags & 1 != 0).count();
    assert_eq!((fins, packets.iter().filter(|packet| packet.flags & 4 != 0).count()), (4, 0));
}

#[test]
fn b76_a_reset_is_a_reset() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = sandbox.netverb(["open", "--pcap", "file", &listener.id()]).spawn();
    let mut peer = listener.accept();
    peer.send(b"x");
    child.read_stdout(1);
    peer.reset();
    child.wait().exits(56);
    let packets = read(&sandbox);
    let last = packets.last().unwrap();
    assert_eq!((last.flags & 4, last.ports.0), (4, listener.port()));
}

#[test]
fn b76_a_unix_socket_has_made_up_addresses() {
    let sandbox = Sandbox::new();
    let listener = Listener::unix(&sandbox.path("s"));
    let mut child = sandbox.netverb(["open", "--pcap", "file", &listener.id()]).spawn();
    let mut peer = listener.accept();
    child.feed(b"question".to_vec());
    assert_eq!(peer.read_to_end(), b"question");
    drop(peer);
    child.wait().exits(0);
    let packets = read(&sandbox);
    assert_eq!((packets[0].source.as_str(), packets[0].ports), ("192.0.2.1", (1024, 1)));
    assert_eq!(packets[0].comment, listener.id());
    assert_eq!(said(&packets, 1024), b"question");
}

#[test]
fn b76_datagrams_are_udp() {
    let sandbox = Sandbox::new();
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = peer.local_addr().unwrap().port();
    let to = format!("127.0.0.1:{port}");
    let arguments = ["datagram", "--pcap", "file", "--split", "line", "--replies", "2", &to];
    let mut child = sandbox.netverb(arguments).spawn();
    child.feed(b"one\n\nthree\n".to_vec());
    let mut buffer = [0; 100];
    let mut from = None;
    for expected in [&b"one"[..], b"", b"three"] {
        let (count, sender) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..count], expected);
        from = Some(sender);
    }
    let client = from.unwrap();
    peer.send_to(b"answer", client).unwrap();
    peer.send_to(&noise(60_000), client).unwrap();
    child.wait().exits(0);
    let packets = read(&sandbox);
    let told: Vec<(u16, u16, Vec<u8>)> =
        packets.iter().map(|packet| (packet.ports.0, packet.ports.1, packet.payload.clone())).collect();
    let there = |payload: &[u8]| (client.port(), port, payload.to_vec());
    let back = |payload: &[u8]| (port, client.port(), payload.to_vec());
    let noise = noise(60_000);
    assert_eq!(told, [there(b"one"), there(b""), there(b"three"), back(b"answer"), back(&noise)]);
}

#[test]
fn b76_each_caller_of_a_udp_service_has_its_addresses() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.netverb(["accept", "--json", "udp://127.0.0.1:0", "--echo", "--pcap", "file"]).spawn();
    let server = child.port();
    let mut ports = Vec::new();
    for number in 0..3u8 {
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        peer.send_to(&[b'0' + number], ("127.0.0.1", server)).unwrap();
        peer.recv(&mut [0; 10]).unwrap();
        ports.push(peer.local_addr().unwrap().port());
    }
    child.signal(crate::support::Signal::TERM);
    child.wait();
    let packets = read(&sandbox);
    for (number, port) in ports.iter().enumerate() {
        let told: Vec<_> =
            packets.iter().filter(|it| it.ports == (*port, server) || it.ports == (server, *port)).collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|packet| packet.payload == [b'0' + number as u8]));
        assert!(told[0].comment.ends_with(&format!("|{}", number + 1)), "{}", told[0].comment);
    }
}

#[test]
fn b76_a_client_of_ours_is_seen_too() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--pcap", "file"]).spawn();
    let server = child.port();
    let mut peer = Peer::connect(server);
    let client = peer.socket().local_addr().unwrap().as_socket().unwrap().port();
    peer.send(b"question");
    child.read_stdout(8);
    child.feed(b"answer".to_vec());
    assert_eq!(peer.read_to_end(), b"answer");
    drop(peer);
    child.wait().exits(0);
    let packets = read(&sandbox);
    assert_eq!(packets[0].ports, (client, server));
    assert_eq!((said(&packets, client), said(&packets, server)), (b"question".to_vec(), b"answer".to_vec()));
}

#[cfg(feature = "ws")]
#[test]
fn b76_messages_are_the_payload() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--ws", "--echo", "--pcap", "server"]).spawn();
    let server = child.port();
    let url = format!("ws://127.0.0.1:{server}/");
    let mut client = sandbox.netverb(["open", "--pcap", "file", "--slice", "1", &url]).spawn();
    client.send(b"one\ntwo\n");
    assert_eq!(client.read_stdout(8), b"one\ntwo\n");
    client.end_input();
    client.wait().exits(0);
    child.wait_event("closed");
    child.signal(crate::support::Signal::TERM);
    child.wait();
    for file in ["file", "server"] {
        std::fs::rename(sandbox.path(file), sandbox.path("file")).unwrap();
        let packets = read(&sandbox);
        let said: Vec<(bool, Vec<u8>)> = packets
            .iter()
            .filter(|packet| !packet.payload.is_empty())
            .map(|packet| (packet.ports.1 == server, packet.payload.clone()))
            .collect();
        let one = |there| (there, b"one".to_vec());
        let two = |there| (there, b"two".to_vec());
        assert_eq!(said.len(), 4, "{said:?}");
        assert!([one(true), two(true), one(false), two(false)].iter().all(|it| said.contains(it)), "{said:?}");
    }
}
