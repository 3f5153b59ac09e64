//! Promises 47 and 48, and what is shown of a session: how connections end, and what other clients suffer.

use std::io::{Read, Write};
use std::time::Duration;

use rcgen::date_time_ymd;

use super::pki::{Client, Pki, Served, params, server_config};
use super::{ANY, accept, event, meet, open};
use crate::support::{Listener, Peer, Sandbox, Status, noise, wait_until};

#[test]
fn b47_a_connection_cut_without_close_notify_is_56_and_what_came_is_there() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    for version in ANY {
        let config = server_config(&sandbox, "server", &[version]);
        let listener = Listener::tcp();
        let port = listener.port();
        let serving = std::thread::spawn(move || {
            let mut peer = Served::accept(&listener, config);
            peer.handshake().unwrap();
            peer.send(b"what came");
            peer.cut();
        });
        let ended = open(&sandbox, port, &["--ca", "ca.pem"], b"");
        serving.join().unwrap();
        assert_eq!(ended.stdout, b"what came");
        ended.failed_after_data(56, &["close_notify"]);
    }
}

#[test]
fn b47_a_client_that_cuts_is_56_to_a_listener() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (mut server, port) = accept(&sandbox, &[]);
    let mut client = Client::connect(&sandbox, port, |_| {});
    client.handshake().unwrap();
    client.send(b"what came");
    assert_eq!(server.read_stdout(9), b"what came");
    client.cut();
    let ended = server.wait();
    ended.exits(56);
    assert_eq!(ended.stdout, b"what came");
    assert_eq!(event(&ended, "summary")["status"], 56);
}

#[test]
fn b47_close_notify_leaves_at_the_end_of_stdin_and_the_answer_is_read_in_full() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let answer = noise(4 << 20);
    for version in ANY {
        let config = server_config(&sandbox, "server", &[version]);
        let listener = Listener::tcp();
        let port = listener.port();
        let sent = answer.clone();
        let serving = std::thread::spawn(move || {
            let mut peer = Served::accept(&listener, config);
            // Ends only when close_notify has come; no other end is Ok.
            let question = peer.read_to_end().unwrap();
            peer.send(&sent);
            peer.close();
            question
        });
        let ended = open(&sandbox, port, &["--ca", "ca.pem"], b"question");
        assert_eq!(serving.join().unwrap(), b"question");
        ended.exits(0);
        assert!(ended.stdout == answer, "the answer is not what was sent");
    }
}

#[test]
fn b47_an_accepted_client_that_half_closes_gets_its_answer_in_full() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (_server, port) = accept(&sandbox, &["-k", "-c", "wc -c; head -c 1000000 /dev/zero"]);
    let question = noise(1 << 20);
    let mut client = Client::connect(&sandbox, port, |_| {});
    client.send(&question);
    client.end();
    let answer = client.read_to_end().expect("the program's end is close_notify");
    assert!(answer.starts_with(b"1048576\n"), "{:?}", answer.get(..20));
    assert_eq!(answer.len(), 8 + 1_000_000);
    let ended = open(&sandbox, port, &["--ca", "ca.pem"], &question);
    ended.exits(0);
    assert_eq!(ended.stdout, answer);
}

/// Who closes without close_notify looks to the peer like one whose data was cut.
#[test]
fn b47_a_side_that_sends_nothing_takes_leave_all_the_same() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    for more in [&["--recv-only"][..], &["-k"], &["--no-shutdown", "-k", "--prefix"], &["--discard"]] {
        let (_server, port) = accept(&sandbox, more);
        let mut client = Client::connect(&sandbox, port, |_| {});
        client.send(b"all there is");
        client.end();
        client.read_to_end().unwrap_or_else(|error| panic!("{more:?}: no close_notify came: {error}"));
    }
    let config = server_config(&sandbox, "server", ANY);
    let listener = Listener::tcp();
    let port = listener.port();
    let serving = std::thread::spawn(move || {
        let mut peer = Served::accept(&listener, config);
        peer.handshake().unwrap();
        peer.end();
        peer.read_to_end()
    });
    open(&sandbox, port, &["--ca", "ca.pem", "--recv-only"], b"").exits(0);
    serving.join().unwrap().expect("the end is close_notify");
}

#[test]
fn b47_every_byte_passes_both_ways() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (_server, port) = accept(&sandbox, &["--echo", "-k"]);
    let data = noise(16 << 20);
    let ended = open(&sandbox, port, &["--ca", "ca.pem"], &data);
    ended.exits(0);
    assert!(ended.stdout == data, "the echo is not what was sent");
    let (ended, seen) = meet(&sandbox, "server", "localhost", &["--ca", "ca.pem"]);
    seen.is_good(&ended);
}

#[test]
fn b48_a_silent_client_holds_up_nobody_and_is_dropped() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (server, port) = accept(&sandbox, &["-k", "--echo", "--connect-timeout", "1s"]);
    let mut silent = Peer::connect(port);
    server.wait_event("accepted");
    let ended = open(&sandbox, port, &["--ca", "ca.pem"], b"not held up");
    ended.exits(0);
    assert_eq!(ended.stdout, b"not held up");
    assert_eq!(silent.read_to_end(), b"");
    let message = server.wait_event("error")["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&silent.address()) && message.contains("1s"), "{message}");
    open(&sandbox, port, &["--ca", "ca.pem"], b"").exits(0);
}

#[test]
fn b48_a_silent_server_is_28_within_its_limit() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let listener = Listener::tcp();
    let to = format!("tls://localhost:{}", listener.port());
    let mut child = sandbox.netverb(["open", "-4", &to, "--ca", "ca.pem", "--connect-timeout", "1s"]).spawn();
    let _silent = listener.accept();
    let ended = child.wait();
    ended.failed(28, &["localhost", "1s"]);
    assert!(ended.took >= Duration::from_millis(950) && ended.took < Duration::from_secs(3), "{:?}", ended.took);
}

#[test]
fn b48_a_plain_text_client_is_reported_and_survived() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (server, port) = accept(&sandbox, &["-k", "-c", "echo started"]);
    let mut plain = Peer::connect(port);
    plain.send(b"GET / HTTP/1.0\r\n\r\n");
    let answer = plain.read_to_end();
    assert!(!answer.windows(7).any(|window| window == b"started"), "{answer:?}");
    let error = server.wait_event("error");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(&plain.address()) && message.contains("plain text"), "{message}");
    Peer::connect(port).reset();
    let ended = open(&sandbox, port, &["--ca", "ca.pem"], b"");
    ended.exits(0);
    assert_eq!(ended.stdout, b"started\n");
    assert_eq!(server.wait_events("exec-started", 1).len(), 1, "no program for the others");
}

#[test]
fn b48_a_plain_text_server_is_35() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let listener = Listener::tcp();
    let port = listener.port();
    let serving = listener.serve(|mut peer| {
        peer.send(b"220 mail.example ESMTP\r\n");
        peer.end();
        let mut received = Vec::new();
        let _ = std::io::Read::read_to_end(&mut peer.socket(), &mut received);
        received
    });
    open(&sandbox, port, &["--ca", "ca.pem"], b"secret").failed(35, &["plain text"]);
    let received = serving.join().unwrap();
    assert!(!received.windows(6).any(|window| window == b"secret"), "a secret left in clear");
}

#[test]
fn b48_a_denied_client_never_reaches_tls() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (server, port) = accept(&sandbox, &["-k", "--echo", "--deny", "127.0.0.0/8"]);
    // The reset may come as early as in connect(2); what counts is that not a byte of TLS comes.
    if let Ok(mut client) = std::net::TcpStream::connect(("127.0.0.1", port)) {
        let _ = client.write_all(&[0x16, 3, 1, 0, 5]);
        assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)));
    }
    server.wait_event("rejected");
}

#[test]
fn b46_the_session_is_shown_with_all_its_fields() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (_server, port) = accept(&sandbox, &["-k", "--echo"]);
    let ended = open(&sandbox, port, &["-z", "--tls-info", "--json", "--ca", "ca.pem"], b"");
    ended.exits(0);
    let shown: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!((&shown["protocol"], &shown["alpn"]), (&"TLSv1.3".into(), &serde_json::Value::Null));
    assert!(shown["cipher"].as_str().unwrap().starts_with("TLS_"), "{shown}");
    let leaf = &shown["chain"][0];
    assert_eq!((&leaf["subject"], &leaf["issuer"]), (&"CN=the server".into(), &"CN=authority ca".into()));
    assert_eq!(leaf["names"], serde_json::json!(["localhost", "127.0.0.1"]));
    assert!(leaf["days_left"].as_i64().unwrap() > 365, "{leaf}");
    let date = |name: &str| leaf[name].as_str().unwrap().ends_with("T00:00:00Z");
    assert!(date("not_before") && date("not_after"), "{leaf}");
    // The fingerprint is the pin, and what openssl says.
    let script = "openssl x509 -in server.pem -noout -fingerprint -sha256 | cut -d= -f2 | tr -d : | tr A-F a-f";
    let fingerprint = String::from_utf8(sandbox.shell(script).run().stdout).unwrap();
    assert_eq!(leaf["sha256"].as_str().unwrap(), fingerprint.trim());
    let plain = open(&sandbox, port, &["-z", "--tls-info", "--ca", "ca.pem"], b"");
    plain.exits(0);
    let text = String::from_utf8(plain.stdout).unwrap();
    for words in ["TLSv1.3", "CN=the server", "localhost, 127.0.0.1", fingerprint.trim(), "days left"] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let stream = open(&sandbox, port, &["--tls-info", "--ca", "ca.pem"], b"payload");
    stream.exits(0);
    assert_eq!(stream.stdout, b"payload", "what is shown stays out of the data");
    assert!(stream.stderr.contains(fingerprint.trim()), "{}", stream.stderr);
}

#[test]
fn b46_too_few_days_left_end_with_60() {
    let sandbox = Sandbox::new();
    let pki = Pki::for_localhost(&sandbox);
    let mut certificate = params(&["localhost"]);
    certificate.not_before = date_time_ymd(2020, 1, 1);
    certificate.not_after = certificate.not_before
        + (std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
            + Duration::from_secs(20 * 86_400 + 3600)
            - Duration::from_secs(1_577_836_800));
    pki.issue("server", &certificate);
    let (_server, port) = accept(&sandbox, &["-k", "--echo"]);
    let days = |days| open(&sandbox, port, &["-z", "--ca", "ca.pem", "--min-days", days], b"");
    days("20").exits(0);
    days("21").failed(60, &["20 more days", "21"]);
    let ended = open(&sandbox, port, &["--ca", "ca.pem", "--min-days", "21"], b"secret");
    ended.failed(60, &["20 more days"]);
}

#[test]
fn b46_a_program_is_told_about_the_session() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (_server, port) = accept(&sandbox, &["--once", "-c", "env"]);
    let ended = open(&sandbox, port, &["--ca", "ca.pem"], b"");
    ended.exits(0);
    let said = String::from_utf8(ended.stdout).unwrap();
    for line in
        ["NETVERB_PROTO=tls", "NETVERB_TLS_PROTOCOL=TLSv1.3", "NETVERB_TLS_VERIFIED=0", "NETVERB_TLS_SNI=localhost"]
    {
        assert!(said.lines().any(|said| said == line), "{line} is not in {said}");
    }
    assert!(said.contains("NETVERB_TLS_CIPHER=TLS_"), "{said}");
    assert!(!said.contains("NETVERB_TLS_CLIENT"), "{said}");
    let listener = Listener::tcp();
    let to = format!("tls://localhost:{}", listener.port());
    let config = server_config(&sandbox, "server", ANY);
    let serving = std::thread::spawn(move || {
        let mut peer = Served::accept(&listener, config);
        let said = peer.read_to_end().unwrap();
        peer.close();
        said
    });
    sandbox.netverb(["open", "-4", &to, "--ca", "ca.pem", "-c", "env"]).run().exits(0);
    let said = String::from_utf8(serving.join().unwrap()).unwrap();
    for line in ["NETVERB_TLS_VERIFIED=1", "NETVERB_TLS_SERVER_SUBJECT=CN=the server"] {
        assert!(said.lines().any(|said| said == line), "{line} is not in {said}");
    }
}

#[test]
fn b46_the_secrets_of_sessions_are_logged_only_when_asked_for() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (theirs, ours) = (sandbox.path("theirs"), sandbox.path("ours"));
    let fixed = ["accept", "--json", "--secure", "--cert", "server.pem", "--key", "server.key", "127.0.0.1:0"];
    let server =
        sandbox.netverb(fixed.iter().chain(&["-k", "--echo", "--key-log"])).env("SSLKEYLOGFILE", &theirs).spawn();
    let to = format!("tls://localhost:{}", server.port());
    let client = |options: &[&str]| {
        let fixed = ["open", "-4", &to, "--ca", "ca.pem"];
        sandbox.netverb(fixed.iter().chain(options)).env("SSLKEYLOGFILE", &ours).run()
    };
    client(&[]).exits(0);
    assert!(!ours.exists(), "the variable alone is not enough");
    client(&["--key-log"]).exits(0);
    let logged = std::fs::read_to_string(&ours).unwrap();
    for secret in ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"] {
        let line =
            logged.lines().find(|line| line.starts_with(secret)).unwrap_or_else(|| panic!("{logged}")).to_owned();
        // The server writes its own copy when it is done with its part.
        wait_until("the same secret at the other end", || {
            std::fs::read_to_string(&theirs).ok().filter(|all| all.contains(&line))
        });
    }
}

#[test]
fn b46_who_asks_for_the_certificate_speaks_tls() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (_server, port) = accept(&sandbox, &["-k", "--echo"]);
    let id = format!("localhost:{port}");
    let shown = sandbox.netverb(["open", "-4", "-z", &id, "--tls-info", "--ca", "ca.pem"]).run();
    assert!(String::from_utf8_lossy(&shown.exits(0).stdout).contains("CN=the server"));
    sandbox.netverb(["open", "-4", "-z", &id, "--min-days", "1", "--ca", "ca.pem"]).run().exits(0);
    sandbox.netverb(["open", "-4", "-z", &id, "--min-days", "1"]).run().failed(60, &["not trusted"]);
}

#[test]
fn b46_the_certificates_of_clients_are_shown_and_have_to_hold() {
    let sandbox = Sandbox::new();
    let pki = Pki::for_localhost(&sandbox);
    pki.issue_client("client", "a visitor");
    let own = ["--ca", "ca.pem", "--cert", "client.pem", "--key", "client.key"];
    let words = ["accept", "--secure", "--cert", "server.pem", "--key", "server.key", "127.0.0.1:0", "-k", "--echo"];
    let more = ["--client-ca", "ca.pem", "--tls-info", "--port-file", "port"];
    let server = sandbox.netverb(words.iter().chain(&more)).spawn();
    let port = wait_until("the port is announced", || std::fs::read_to_string(sandbox.path("port")).ok());
    let ended = open(&sandbox, port.trim().parse().unwrap(), &own, b"payload");
    assert_eq!(ended.exits(0).stdout, b"payload");
    server.wait_stderr("CN=a visitor");
    let (strict, port) = accept(&sandbox, &["-k", "--echo", "--client-ca", "ca.pem", "--min-days", "999999"]);
    let turned_away = open(&sandbox, port, &own, b"payload");
    assert_eq!((turned_away.stdout.as_slice(), turned_away.status == Status::Exited(0)), (&b""[..], false));
    let closed = strict.wait_event("closed");
    assert!(closed["reason"].as_str().unwrap().contains("--min-days wants 999999"), "{closed}");
    let clear = sandbox.netverb(["accept", "127.0.0.1:0", "--tls-info"]).run();
    clear.failed(2, &["--tls-info", "--secure"]);
}
