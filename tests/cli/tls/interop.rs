//! Promises 44 to 47 between the program and others: openssl, curl, ncat, socat, Python's ssl.

use super::pki::{Pki, params};
use super::{accept, open};
use crate::support::{Child, Sandbox, Status, noise, wait_until};

/// The port at the end of a line of stderr that has these words.
fn announced(child: &Child, words: &str) -> u16 {
    let line = child.wait_stderr(words);
    line.trim().rsplit(':').next().unwrap().parse().unwrap_or_else(|error| panic!("{error} in {line}"))
}

/// The port that this process listens on, from proc(5): for programs that do not tell it.
fn listening_port(child: &Child) -> u16 {
    let proc = format!("/proc/{}", child.pid().as_raw_nonzero());
    wait_until("its listening socket", || {
        let links = std::fs::read_dir(format!("{proc}/fd")).unwrap();
        let sockets: Vec<String> = links
            .filter_map(|link| std::fs::read_link(link.ok()?.path()).ok()?.into_os_string().into_string().ok())
            .filter_map(|target| Some(target.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
            .collect();
        let table = std::fs::read_to_string(format!("{proc}/net/tcp")).unwrap();
        // Fields: number, local address, remote address, state (0A: listening), …, the socket's inode as the tenth.
        table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find_map(|fields| {
            let ours =
                fields.get(3) == Some(&"0A") && sockets.iter().any(|socket| fields.get(9) == Some(&socket.as_str()));
            let (_, port) = fields.get(1).filter(|_| ours)?.split_once(':')?;
            u16::from_str_radix(port, 16).ok()
        })
    })
}

/// The sandbox's authority with certificates `server` and `client`.
fn pki(sandbox: &Sandbox) {
    let pki = Pki::for_localhost(sandbox);
    pki.issue("other", &params(&["other.example"]));
    pki.issue_client("client", "the tester");
}

#[test]
fn b44_openssl_is_a_server() {
    let sandbox = Sandbox::new();
    pki(&sandbox);
    for version in ["-tls1_2", "-tls1_3"] {
        // It sends each line back reversed.
        let fixed =
            ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-rev", "-alpn", "one"];
        let mut server = sandbox.program("openssl", "openssl", fixed.iter().chain(&[version])).spawn();
        // It announces itself on stdout.
        let port = listening_port(&server);
        let ended = open(&sandbox, port, &["--ca", "ca.pem", "--alpn", "one", "--json"], b"hello\n");
        ended.exits(0);
        assert_eq!(ended.stdout, b"olleh\n");
        assert_eq!(super::event(&ended, "tls-established")["alpn"], "one");
        open(&sandbox, port, &["--ca", "ca.pem", "--verify-host", "other.example"], b"secret\n")
            .failed(60, &["localhost"]);
        server.end_input();
    }
}

#[test]
fn b46_openssl_requires_a_client_certificate() {
    let sandbox = Sandbox::new();
    pki(&sandbox);
    let fixed = ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-rev"];
    let more = ["-CAfile", "ca.pem", "-Verify", "2", "-verify_return_error"];
    for version in ["-tls1_2", "-tls1_3"] {
        let server = sandbox.program("openssl", "openssl", fixed.iter().chain(&more).chain(&[version])).spawn();
        let port = listening_port(&server);
        let client = ["--ca", "ca.pem", "--cert", "client.pem", "--key", "client.key"];
        let ended = open(&sandbox, port, &client, b"hello\n");
        ended.exits(0);
        assert_eq!(ended.stdout, b"olleh\n");
        open(&sandbox, port, &["--ca", "ca.pem"], b"").failed(35, &["client certificate"]);
    }
}

#[test]
fn b44_openssl_is_a_client() {
    let sandbox = Sandbox::new();
    pki(&sandbox);
    let (_server, port) =
        accept(&sandbox, &["-k", "--alpn", "one", "-c", "cat; echo $NETVERB_TLS_SNI $NETVERB_TLS_ALPN"]);
    let to = format!("127.0.0.1:{port}");
    for version in ["-tls1_2", "-tls1_3"] {
        let fixed =
            ["s_client", "-connect", &to, "-servername", "localhost", "-CAfile", "ca.pem", "-verify_return_error"];
        let more = ["-quiet", "-no_ign_eof", "-alpn", "one", version];
        let mut client = sandbox.program("openssl", "openssl", fixed.iter().chain(&more)).spawn();
        client.send(b"hello\n");
        assert_eq!(client.read_stdout(6), b"hello\n");
    }
    let wrong =
        ["s_client", "-connect", &to, "-CAfile", "ca.pem", "-verify_hostname", "other.example", "-verify_return_error"];
    let ended = sandbox.program("openssl", "openssl", wrong).run();
    assert_ne!(ended.status, Status::Exited(0));
}

#[test]
fn b44_curl_gets_an_answer_and_a_reason() {
    let sandbox = Sandbox::new();
    pki(&sandbox);
    let script = "while read line; do test \"$line\" = \"$(printf '\\r')\" && break; done; \
                  printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello from %s' \"$NETVERB_TLS_SNI\"";
    let (_server, port) = accept(&sandbox, &["-k", "--alpn", "http/1.1", "-c", script]);
    let url = format!("https://localhost:{port}/");
    let fixed = ["-4", "--noproxy", "*", "-sS", &url, "--cacert"];
    let ended = sandbox.program("curl", "curl", fixed.iter().chain(&["ca.pem"])).run();
    ended.exits(0);
    assert_eq!(ended.stdout, b"hello from localhost");
    let _other = Pki::in_file(&sandbox, "stranger");
    sandbox.program("curl", "curl", fixed.iter().chain(&["stranger.pem"])).run().exits(60);
}

#[test]
fn b44_ncat_is_either_end() {
    let sandbox = Sandbox::new();
    pki(&sandbox);
    let (server, port) = accept(&sandbox, &["-k", "--echo"]);
    let port = port.to_string();
    let client = ["-4", "--ssl-verify", "--ssl-trustfile", "ca.pem", "localhost", &port];
    let mut client = sandbox.program("ncat", "ncat", client).spawn();
    client.send(b"hello");
    assert_eq!(client.read_stdout(5), b"hello");
    // It ends without close_notify, which is reported and hurts nobody.
    client.end_input();
    let reason = server.wait_event("closed")["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("close_notify"), "{reason}");
    let serving = ["-l", "--ssl", "--ssl-cert", "server.pem", "--ssl-key", "server.key", "127.0.0.1", "0", "-c", "cat"];
    let server = sandbox.program("ncat", "ncat", serving).spawn();
    let listening = listening_port(&server);
    let mut child = sandbox.netverb(["open", "-4", &format!("tls://localhost:{listening}"), "--ca", "ca.pem"]).spawn();
    child.send(b"hello");
    assert_eq!(child.read_stdout(5), b"hello");
}

#[test]
fn b47_socat_is_either_end_and_half_closes() {
    let sandbox = Sandbox::new();
    pki(&sandbox);
    let data = noise(1 << 20);
    let (_server, port) = accept(&sandbox, &["-k", "--echo"]);
    let to = format!("OPENSSL:localhost:{port},cafile=ca.pem,pf=ip4");
    let ended = sandbox.program("socat", "socat", ["-t", "20", "-", &to]).feed(&data);
    ended.exits(0);
    assert!(ended.stdout == data, "{} of {} bytes", ended.stdout.len(), data.len());
    let at = "OPENSSL-LISTEN:0,bind=127.0.0.1,cert=server.pem,key=server.key,verify=0";
    let server = sandbox.program("socat", "socat", ["-d", "-d", at, "EXEC:cat"]).spawn();
    let listening = announced(&server, "listening on");
    let ended = open(&sandbox, listening, &["--ca", "ca.pem"], b"hello");
    assert_eq!(ended.stdout, b"hello");
}

#[test]
fn b47_python_is_either_end() {
    let sandbox = Sandbox::new();
    pki(&sandbox);
    let (_server, port) =
        accept(&sandbox, &["-k", "--client-ca", "ca.pem", "-c", "cat; printf \"$NETVERB_TLS_CLIENT_SUBJECT\""]);
    let client = "
import socket, ssl, sys
context = ssl.create_default_context(cafile='ca.pem')
context.load_cert_chain('client.pem', 'client.key')
with context.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))), server_hostname='localhost') as peer:
    peer.sendall(b'hello')
    print(peer.recv(5), peer.version(), flush=True)
";
    let ended = sandbox.python(client, [port.to_string()]).run();
    ended.exits(0);
    assert_eq!(ended.stdout, b"b'hello' TLSv1.3\n");
    let server = "
import socket, ssl, sys
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile='ca.pem')
context.load_cert_chain('server.pem', 'server.key')
context.verify_mode = ssl.CERT_REQUIRED
names = []
context.sni_callback = lambda peer, name, context: names.append(name)
with socket.create_server(('127.0.0.1', 0)) as listener:
    print('listening:%d' % listener.getsockname()[1], file=sys.stderr, flush=True)
    plain, _ = listener.accept()
    with context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) as peer:
        data = b''
        while part := peer.recv(1 << 16):
            data += part
        print(names, peer.getpeercert()['subject'][0][0][1], len(data))
        peer.sendall(data[::-1])
        peer.unwrap()
";
    let mut server = sandbox.python(server, [""; 0]).spawn();
    let listening = announced(&server, "listening");
    let data = noise(1 << 20);
    let ended = open(&sandbox, listening, &["--ca", "ca.pem", "--cert", "client.pem", "--key", "client.key"], &data);
    ended.exits(0);
    let answer: Vec<u8> = data.iter().rev().copied().collect();
    assert!(ended.stdout == answer, "{} bytes", ended.stdout.len());
    let said = server.wait();
    said.exits(0);
    assert_eq!(said.stdout, b"['localhost'] the tester 1048576\n");
}
