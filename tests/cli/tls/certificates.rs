//! Promises 44 to 46: which certificates are accepted, what is asked of them, which is sent.

use std::fs;

use rcgen::date_time_ymd;

use super::pki::{Pki, called, params, server_config};
use super::{accept, event, meet, meet_with, open};
use crate::support::{Listener, Sandbox, Status};

#[test]
fn b44_a_good_certificate_and_name_end_with_0() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (ended, seen) = meet(&sandbox, "server", "localhost", &["--ca", "ca.pem"]);
    seen.is_good(&ended);
    let (ended, seen) = meet(&sandbox, "server", "tls://127.0.0.1", &["--ca", "ca.pem"]);
    seen.is_good(&ended);
}

#[test]
fn b44_the_authorities_of_a_folder_and_of_several_files_count() {
    let sandbox = Sandbox::new();
    let _other = Pki::in_file(&sandbox, "other");
    let _pki = Pki::for_localhost(&sandbox);
    let both = [fs::read(sandbox.path("other.pem")).unwrap(), fs::read(sandbox.path("ca.pem")).unwrap()].concat();
    sandbox.write("both.pem", both);
    fs::create_dir(sandbox.path("folder")).unwrap();
    fs::copy(sandbox.path("ca.pem"), sandbox.path("folder/0.pem")).unwrap();
    let wanted: [&[&str]; 3] = [&["--ca", "both.pem"], &["--ca", "folder"], &["--ca", "other.pem", "--ca", "ca.pem"]];
    for options in wanted {
        let (ended, seen) = meet(&sandbox, "server", "localhost", options);
        seen.is_good(&ended);
    }
    let (ended, seen) = meet(&sandbox, "server", "localhost", &["--ca", "other.pem"]);
    seen.is_nothing();
    ended.failed(60, &["not accepted"]);
}

#[test]
fn b44_a_bad_certificate_ends_with_60_before_any_byte_left() {
    let sandbox = Sandbox::new();
    let pki = Pki::new(&sandbox);
    let stranger = Pki::in_file(&sandbox, "stranger");
    pki.issue("wrong", &params(&["elsewhere.example"]));
    stranger.issue("unknown", &params(&["localhost"]));
    let mut expired = params(&["localhost"]);
    (expired.not_before, expired.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    pki.issue("expired", &expired);
    let mut early = params(&["localhost"]);
    (early.not_before, early.not_after) = (date_time_ymd(2100, 1, 1), date_time_ymd(2101, 1, 1));
    pki.issue("early", &early);
    pki.issue_self_signed("selfish", &params(&["localhost"]));
    for (name, word) in [
        ("wrong", "elsewhere.example"),
        ("unknown", "authority stranger"),
        ("expired", "2021-01-01"),
        ("early", "2100-01-01"),
        ("selfish", "self-signed"),
    ] {
        for version in super::ANY {
            let config = server_config(&sandbox, name, &[version]);
            let (ended, seen) = meet_with(&sandbox, config, "localhost", &["--ca", "ca.pem"]);
            seen.is_nothing();
            ended.failed(60, &["localhost", "not accepted", word]);
        }
    }
}

#[test]
fn b44_without_a_given_authority_those_of_the_system_count() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (ended, seen) = meet(&sandbox, "server", "localhost", &[]);
    seen.is_nothing();
    ended.failed(60, &["not trusted", "--ca"]);
    let (ended, seen) = meet(&sandbox, "server", "localhost", &["--no-verify"]);
    seen.is_good(&ended);
}

#[test]
fn b44_files_that_cannot_be_used_are_named_and_no_socket_is_opened() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    sandbox.write("empty.pem", "no certificate");
    for options in [["--ca", "none.pem"], ["--ca", "empty.pem"], ["--cert", "none.pem"], ["--cert", "ca.pem"]] {
        let listener = Listener::tcp();
        let ended = open(&sandbox, listener.port(), &options, b"");
        ended.failed(2, &[options[1]]);
        listener.accept_within(std::time::Duration::from_millis(1)).err().expect("no connection");
    }
    let ended = sandbox.netverb(["accept", "--secure", "--cert", "none.pem", "127.0.0.1:0"]).run();
    ended.failed(2, &["none.pem: no such file"]);
    assert!(!ended.stderr.contains("os error"), "the reason stands there once: {}", ended.stderr);
    sandbox.netverb(["accept", "--secure", "127.0.0.1:0"]).run().failed(2, &["--cert", "--self-signed"]);
    let ended = sandbox.netverb(["open", "127.0.0.1:1", "--ca", "ca.pem"]).run();
    ended.failed(2, &["--ca", "--secure"]);
}

#[test]
fn b45_names_of_certificates_are_their_alternative_names_alone() {
    let sandbox = Sandbox::new();
    let pki = Pki::new(&sandbox);
    let ca = ["--ca", "ca.pem", "--verify-host"];
    for (name, certificate, good) in [
        ("host.example", params(&["other.example", "host.example"]), true),
        ("HOST.example", params(&["host.EXAMPLE"]), true),
        ("a.example", params(&["*.example"]), false),
        ("a.host.example", params(&["*.host.example"]), true),
        ("host.example", params(&["*.host.example"]), false),
        ("a.b.host.example", params(&["*.host.example"]), false),
        ("127.0.0.1", params(&["127.0.0.1"]), true),
        ("::1", params(&["::1"]), true),
        ("127.0.0.2", params(&["127.0.0.1"]), false),
        ("host.example", called("host.example", &["other.example"]), false),
        ("host.example", called("host.example", &[]), false),
    ] {
        pki.issue("leaf", &certificate);
        let (ended, seen) = meet(&sandbox, "leaf", "127.0.0.1", &[ca[0], ca[1], ca[2], name]);
        let wanted = if good { 0 } else { 60 };
        assert_eq!(ended.status, Status::Exited(wanted), "{name} and {certificate:?}: {}", ended.stderr);
        match good {
            true => seen.is_good(&ended),
            false => seen.is_nothing(),
        }
    }
}

#[test]
fn b45_the_name_is_sent_and_an_address_never() {
    let sandbox = Sandbox::new();
    let pki = Pki::for_localhost(&sandbox);
    pki.issue("other", &params(&["other.example"]));
    for (certificate, host, verify, sent) in [
        ("server", "localhost", None, Some("localhost")),
        ("server", "127.0.0.1", None, None),
        ("other", "localhost", Some("other.example"), Some("other.example")),
        ("other", "127.0.0.1", Some("other.example"), Some("other.example")),
        ("server", "localhost", Some("127.0.0.1"), Some("localhost")),
    ] {
        let mut options = vec!["--ca", "ca.pem"];
        options.extend(verify.iter().flat_map(|name| ["--verify-host", name]));
        let (ended, seen) = meet(&sandbox, certificate, host, &options);
        seen.is_good(&ended);
        assert_eq!(seen.server_name.as_deref(), sent, "{host} {verify:?}");
    }
}

#[test]
fn b45_the_name_chooses_among_several_certificates() {
    let sandbox = Sandbox::new();
    let pki = Pki::for_localhost(&sandbox);
    pki.issue("other", &params(&["other.example"]));
    let more = ["--cert", "other.pem", "--key", "other.key", "-k", "--respond", "answer"];
    let (_server, port) = accept(&sandbox, &more);
    for name in ["localhost", "other.example"] {
        let ended = open(&sandbox, port, &["--ca", "ca.pem", "--verify-host", name], b"");
        ended.exits(0);
        assert_eq!(ended.stdout, b"answer");
    }
}

#[test]
fn b46_a_client_certificate_is_required_sent_and_verified() {
    let sandbox = Sandbox::new();
    let pki = Pki::for_localhost(&sandbox);
    let stranger = Pki::in_file(&sandbox, "stranger");
    pki.issue_client("client", "the tester");
    stranger.issue_client("alien", "the alien");
    let (server, port) = accept(&sandbox, &["-k", "--client-ca", "ca.pem", "-c", "env; cat"]);
    let ca = ["--ca", "ca.pem"];
    let client = ["--ca", "ca.pem", "--cert", "client.pem", "--key", "client.key"];
    let ended = open(&sandbox, port, &client, b"hello");
    ended.exits(0);
    let said = String::from_utf8(ended.stdout.clone()).unwrap();
    assert!(said.ends_with("hello"), "{said}");
    for line in ["NETVERB_TLS_VERIFIED=1", "NETVERB_TLS_CLIENT_SUBJECT=CN=the tester", "NETVERB_TLS_SNI=localhost"] {
        assert!(said.lines().any(|said| said == line), "{line} is not in {said}");
    }
    for version in ["1.2", "1.3"] {
        open(&sandbox, port, &[&ca[..], &["--tls-min", version]].concat(), b"").failed(35, &["client certificate"]);
    }
    let alien = ["--ca", "ca.pem", "--cert", "alien.pem", "--key", "alien.key"];
    open(&sandbox, port, &alien, b"").failed(35, &["alert"]);
    let errors = server.wait_events("error", 3);
    let absent = errors.iter().filter(|error| error["message"].as_str().unwrap().contains("sent none")).count();
    assert_eq!(absent, 2, "{errors:?}");
    assert!(errors.iter().any(|error| error["message"].as_str().unwrap().contains("not trusted")), "{errors:?}");
    assert_eq!(server.wait_events("exec-started", 1).len(), 1, "a program for the good client alone");
    open(&sandbox, port, &client, b"still here").exits(0);
}

#[test]
fn b46_an_application_protocol_is_offered_agreed_on_and_shown() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let (server, port) = accept(&sandbox, &["-k", "--alpn", "two,one", "-c", "echo $NETVERB_TLS_ALPN"]);
    let ended = open(&sandbox, port, &["--ca", "ca.pem", "--alpn", "one,two", "--json"], b"");
    ended.exits(0);
    assert_eq!(ended.stdout, b"two\n", "the server's first choice");
    assert_eq!(event(&ended, "tls-established")["alpn"], "two");
    assert_eq!(server.wait_event("tls-established")["alpn"], "two");
    open(&sandbox, port, &["--ca", "ca.pem", "--alpn", "three"], b"").failed(35, &["application protocol"]);
    let mut config = server_config(&sandbox, "server", super::ANY);
    config.alpn_protocols = vec![b"smtp".to_vec()];
    let (ended, seen) =
        meet_with(&sandbox, config, "localhost", &["--ca", "ca.pem", "--alpn", "imap,smtp", "--tls-info"]);
    seen.is_good(&ended);
    assert!(ended.stderr.lines().any(|line| line.contains("alpn:") && line.contains("smtp")), "{}", ended.stderr);
}

#[test]
fn b46_the_oldest_version_is_held_by_both_ends() {
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let old = || server_config(&sandbox, "server", &[&rustls::version::TLS12]);
    let (ended, seen) = meet_with(&sandbox, old(), "localhost", &["--ca", "ca.pem", "--tls-min", "1.3"]);
    seen.is_nothing();
    ended.failed(35, &["version"]);
    let (ended, seen) = meet_with(&sandbox, old(), "localhost", &["--ca", "ca.pem", "--tls-min", "1.2", "--json"]);
    seen.is_good(&ended);
    assert_eq!(event(&ended, "tls-established")["protocol"], "TLSv1.2");
    let (server, port) = accept(&sandbox, &["-k", "--echo", "--tls-min", "1.3"]);
    let to = format!("127.0.0.1:{port}");
    let ended = sandbox.program("openssl", "openssl", ["s_client", "-connect", &to, "-tls1_2"]).run();
    assert_ne!(ended.status, Status::Exited(0));
    assert!(server.wait_event("error")["message"].as_str().unwrap().contains("version"));
    open(&sandbox, port, &["--tls-min", "1.1"], b"").failed(2, &["1.1", "1.2 or 1.3"]);
}

#[test]
fn b46_a_pin_is_trust_enough_and_holds() {
    let sandbox = Sandbox::new();
    let server =
        sandbox.netverb(["accept", "--json", "--secure", "--self-signed", "127.0.0.1:0", "-k", "--echo"]).spawn();
    let port = server.port();
    let pin = server.wait_event("listening")["pins"][0].as_str().unwrap().to_owned();
    let ended = open(&sandbox, port, &["--pin", &pin], b"pinned");
    ended.exits(0);
    assert_eq!(ended.stdout, b"pinned");
    let other = format!("sha256:{}", "0".repeat(64));
    let ended = open(&sandbox, port, &["--pin", &other], b"secret");
    ended.failed(60, &["pinned", &pin]);
    open(&sandbox, port, &["--pin", &other, "--no-verify"], b"secret").failed(60, &["pinned"]);
    open(&sandbox, port, &["--pin", &other, "--pin", &pin], b"").exits(0);
    open(&sandbox, port, &["--pin", "sha256:12"], b"").failed(2, &["sha256"]);
    let plain = sandbox.netverb(["accept", "--secure", "--self-signed", "127.0.0.1:0", "--once", "--echo"]).spawn();
    let announced = plain.wait_stderr("sha256:");
    assert!(announced.contains("--pin") || announced.contains("pin"), "{announced}");
}
