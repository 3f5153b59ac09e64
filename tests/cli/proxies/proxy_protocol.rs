//! Promise 51: the PROXY protocol, sent and received.

use crate::support::{Child, Listener, Peer, Sandbox};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// What a program that is joined to each client says about its peer; the PROXY protocol is expected.
fn accept(sandbox: &Sandbox, option: &[&str]) -> (Child, u16) {
    let script = "echo $REMOTE_ADDR $REMOTE_PORT $LOCAL_ADDR $LOCAL_PORT; cat";
    let fixed = ["accept", "--json", "-k", "127.0.0.1:0", "-c", script];
    let server = sandbox.netverb(fixed.iter().chain(option)).spawn();
    let port = server.port();
    (server, port)
}

fn binary(command: u8, family: u8, addresses: &[u8], more: &[u8]) -> Vec<u8> {
    let length = u16::try_from(addresses.len() + more.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family], &length, addresses, more].concat()
}

#[test]
fn b51_a_header_is_sent_before_the_first_byte() {
    let sandbox = Sandbox::new();
    for (at, family, word) in [("127.0.0.1:0", 0x11, "TCP4"), ("[::1]:0", 0x21, "TCP6")] {
        for version in ["v1", "v2"] {
            let listener = Listener::tcp_on(at).unwrap();
            let port = listener.port();
            let mut child = sandbox.netverb(["open", "--json", "--proxy-protocol", version, &listener.id()]).spawn();
            let mut peer = listener.accept();
            child.feed(b"data".to_vec());
            let received = peer.read_to_end();
            drop(peer);
            child.wait().exits(0);
            let local = child.wait_event("connected")["local"].as_str().unwrap().to_owned();
            let local: std::net::SocketAddr = local.parse().unwrap();
            let expected = match version {
                "v1" => format!("PROXY {word} {0} {0} {1} {port}\r\n", local.ip(), local.port()).into_bytes(),
                _ => {
                    let ip = match local.ip() {
                        std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
                        std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
                    };
                    let ports = [local.port().to_be_bytes(), port.to_be_bytes()].concat();
                    binary(0x21, family, &[&ip[..], &ip, &ports].concat(), b"")
                }
            };
            assert_eq!(received, [&expected[..], b"data"].concat(), "{}", received.escape_ascii());
        }
    }
}

#[test]
fn b51_a_connection_without_addresses_says_so() {
    let sandbox = Sandbox::new();
    for (version, expected) in [("v1", b"PROXY UNKNOWN\r\n".to_vec()), ("v2", binary(0x20, 0, b"", b""))] {
        let path = sandbox.path(version);
        let listener = Listener::unix(&path);
        let mut child = sandbox.netverb(["open", "--proxy-protocol", version, &listener.id()]).spawn();
        child.end_input();
        assert_eq!(listener.accept().read_to_end(), expected);
        child.wait().exits(0);
    }
}

#[test]
fn b51_a_relay_speaks_for_its_client() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let fixed = ["accept", "--json", "127.0.0.1:0", "--to", &listener.id(), "--proxy-protocol", "v1"];
    let server = sandbox.netverb(fixed).spawn();
    let port = server.port();
    let mut client = Peer::connect(port);
    client.send(b"data");
    client.end();
    let (host, source) =
        client.address().rsplit_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).unwrap();
    let received = String::from_utf8(listener.accept().read_to_end()).unwrap();
    assert_eq!(received, format!("PROXY TCP4 {host} {host} {source} {port}\r\ndata"));
}

#[test]
fn b51_a_received_header_says_who_the_client_is() {
    let sandbox = Sandbox::new();
    let v4 = [192, 0, 2, 1, 198, 51, 100, 2, 0x30, 0x39, 1, 0xbb];
    let mut v6 = [0; 36];
    (v6[0], v6[15], v6[16], v6[31]) = (0xfd, 1, 0xfd, 2);
    v6[32..].copy_from_slice(&[0x30, 0x39, 1, 0xbb]);
    let told = "192.0.2.1 12345 198.51.100.2 443\n";
    let cases = [
        (b"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n".to_vec(), Some(told)),
        (b"PROXY TCP6 fd00::1 fd00::2 12345 443\r\n".to_vec(), Some("fd00::1 12345 fd00::2 443\n")),
        (b"PROXY UNKNOWN\r\n".to_vec(), None),
        (b"PROXY UNKNOWN ffff::1 whatever 1\r\n".to_vec(), None),
        (binary(0x21, 0x11, &v4, b""), Some(told)),
        (binary(0x21, 0x11, &v4, &[4, 0, 1, 0]), Some(told)), // A padding of one byte (PP2_TYPE_NOOP).
        (binary(0x21, 0x21, &v6, b""), Some("fd00::1 12345 fd00::2 443\n")),
        (binary(0x20, 0, b"", b""), None),
    ];
    for option in [&["--accept-proxy"][..], &["--proxy-protocol", "v1"]] {
        let (_server, port) = accept(&sandbox, option);
        for (header, said) in &cases {
            let mut client = Peer::connect(port);
            match option.len() {
                1 => client.send(&[header, &b"glued"[..]].concat()),
                _ => client.send_slowly(&[header, &b"glued"[..]].concat()),
            }
            client.end();
            let own = client.address().replace(':', " ");
            let own = format!("{own} 127.0.0.1 {port}\n");
            let answer = String::from_utf8(client.read_to_end()).unwrap();
            assert_eq!(answer, format!("{}glued", said.unwrap_or(&own)), "{}", header.escape_ascii());
        }
    }
}

/// Who the client is becomes known only behind the door; its ID was given there and stays.
#[test]
fn b66_a_client_that_a_header_names_has_one_id() {
    let sandbox = Sandbox::new();
    let (server, port) = accept(&sandbox, &["--accept-proxy"]);
    let mut client = Peer::connect(port);
    let own = client.address();
    client.send(b"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n");
    client.end();
    client.read_to_end();
    let (accepted, closed) = (server.wait_event("accepted"), server.wait_event("closed"));
    assert_eq!((&accepted["id"], &accepted["peer"]), (&format!("{own}|1").into(), &own.into()));
    assert_eq!((&closed["id"], &closed["peer"]), (&accepted["id"], &"192.0.2.1:12345".into()));
}

#[test]
fn b51_a_bad_header_is_rejected_before_anything_starts() {
    let sandbox = Sandbox::new();
    let (server, port) = accept(&sandbox, &["--accept-proxy"]);
    let good = b"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n";
    let binary_good = binary(0x21, 0x11, &[192, 0, 2, 1, 198, 51, 100, 2, 0x30, 0x39, 1, 0xbb], b"");
    let mut bad: Vec<Vec<u8>> = [
        &b"GET / HTTP/1.0\r\n\r\n"[..],
        b"",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 12345 65536\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 012345 443\r\n",
        b"PROXY TCP4 192.0.2.256 198.51.100.2 12345 443\r\n",
        b"PROXY TCP4 fd00::1 fd00::2 12345 443\r\n",
        b"PROXY TCP5 192.0.2.1 198.51.100.2 12345 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 12345\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\n",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    bad.push([b"PROXY UNKNOWN ".to_vec(), vec![b'x'; 200], b"\r\n".to_vec()].concat());
    bad.push(binary(0x11, 0x11, &binary_good[16..], b""));
    bad.push(binary(0x2f, 0x11, &binary_good[16..], b""));
    bad.push(binary(0x21, 0x11, &binary_good[16..20], b""));
    bad.extend([1, 6, 20, good.len() - 1].map(|length| good[..length].to_vec()));
    bad.extend([1, 12, 15, 16, 27].map(|length| binary_good[..length].to_vec()));
    for (number, header) in bad.iter().enumerate() {
        let mut client = Peer::connect(port);
        client.send(header);
        let _ = client.socket().shutdown(std::net::Shutdown::Write); // It may be gone already.
        // Closed, or reset where bytes were left unread; never answered.
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(&mut client.socket(), &mut answer);
        assert_eq!(answer, b"", "{}", header.escape_ascii());
        let errors = server.wait_events("error", number + 1);
        let message = errors[number]["message"].as_str().unwrap();
        assert!(message.contains("PROXY protocol header"), "{message}");
    }
    let mut client = Peer::connect(port);
    client.send(good);
    client.end();
    assert_eq!(client.read_to_end(), b"192.0.2.1 12345 198.51.100.2 443\n");
    assert_eq!(server.wait_events("exec-started", 1).len(), 1, "for the good one alone");
}

#[test]
fn b51_curl_sends_a_header() {
    let sandbox = Sandbox::new();
    let script = "while read line; do test \"$line\" = \"$(printf '\\r')\" && break; done; \
                  printf 'HTTP/1.0 200 OK\\r\\n\\r\\n%s' \"$REMOTE_ADDR $REMOTE_PORT\"";
    let fixed = ["accept", "--json", "-k", "127.0.0.1:0", "--accept-proxy", "-c", script];
    let server = sandbox.netverb(fixed).spawn();
    let url = format!("http://127.0.0.1:{}/", server.port());
    let ended = sandbox
        .program("curl", "curl", ["-sS", "--noproxy", "*", "--haproxy-protocol", "-w", " %{local_port}", &url])
        .run();
    ended.exits(0);
    let said = String::from_utf8(ended.stdout).unwrap();
    let words: Vec<&str> = said.split(' ').collect();
    assert_eq!(words[0], "127.0.0.1");
    assert_eq!(words[1], words[2], "{said}");
}
