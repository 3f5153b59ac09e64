//! Steps in `open` and `accept`, and promises 36 and 58 as far as steps keep them.

#[cfg(feature = "tls")]
use crate::support::MailServer;
use crate::support::{Listener, Peer, Sandbox, noise};

/// `open` with `-w` and these words behind it, to this peer.
fn open<'a>(id: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    [&["open", id, "-w", "10"], words].concat()
}

#[test]
fn steps_are_done_in_the_order_in_which_they_stand() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("file", b"from a file\n");
    let listener = Listener::tcp();
    let id = listener.id();
    let file = file.display().to_string();
    let peer = listener.serve(|mut peer| {
        peer.send(b"hello\n");
        let mut said = peer.read(4 + 2 + 12 + 2);
        peer.send(b"enough\n");
        said.extend(peer.read_to_end());
        peer.send(b"and more");
        said
    });
    let steps = ["--expect", "^hello\n", "--send", "a\nb", "--send", "\n", "--send-line", "c", "--send-file", &file];
    let steps = [&steps[..], &["--sleep", "1ms", "--send-line", "d", "--expect", "^en", "--send", "-e"]].concat();
    let ended = sandbox.netverb(open(&id, &steps)).run();
    ended.exits(0);
    assert_eq!(ended.stdout, b"hello\nenough\nand more");
    assert_eq!(peer.join().unwrap(), b"a\nb\nc\nfrom a file\nd\n-e");
}

#[test]
fn lines_end_as_the_socket_ends_them() {
    for (option, line) in [("--eol-out=crlf", &b"x\r\n"[..]), ("-C", b"x\r\n"), ("--eol=cr", b"x\r"), ("-4", b"x\n")] {
        let sandbox = Sandbox::new();
        let listener = Listener::tcp();
        let id = listener.id();
        let peer = listener.serve(|mut peer| peer.read_to_end());
        sandbox.netverb(open(&id, &[option, "--send-line", "x"])).run().exits(0);
        assert_eq!(peer.join().unwrap(), line, "{option}");
    }
}

#[test]
fn stdin_is_a_file_to_send() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let peer = listener.serve(|mut peer| peer.read_to_end());
    let steps = ["--send-line", "before", "--send-file", "-", "--send-line", "after"];
    sandbox.netverb(open(&id, &steps)).feed(b"stdin\n").exits(0);
    assert_eq!(peer.join().unwrap(), b"before\nstdin\nafter\n");
}

#[test]
fn b36_what_is_expected_is_found_wherever_it_is_cut() {
    let banner = b"220 a\r\n250-b\r\n250 c\r\nrest";
    for cut in 0..banner.len() {
        let sandbox = Sandbox::new();
        let listener = Listener::tcp();
        let id = listener.id();
        let (first, last) = (banner[..cut].to_vec(), banner[cut..].to_vec());
        let steps = ["-v", "--expect", "220 a\r\n", "--expect", "(?m)^250 .*\r\n", "--send", "got it"];
        let mut child = sandbox.netverb(open(&id, &steps)).spawn();
        let mut peer = listener.accept();
        child.wait_stderr("step 1 of 3");
        peer.send(&first);
        if cut >= 7 {
            child.wait_stderr("step 2 of 3");
        }
        peer.send(&last);
        assert_eq!(peer.read(6), b"got it", "cut at {cut}");
        peer.end();
        let ended = child.wait();
        ended.exits(0);
        assert_eq!(ended.stdout, banner, "cut at {cut}");
    }
}

#[test]
fn a_pattern_that_is_feared_ends_it_with_1_from_its_place_on() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let peer = listener.serve(|mut peer| {
        peer.send(b"500 not yet feared\n");
        peer.read(3);
        peer.send(b"500 feared\n");
    });
    let steps = ["--expect", "feared\n", "--fail-on", "^500", "--send", "go\n", "--expect", "250"];
    let ended = sandbox.netverb(open(&id, &steps)).run();
    ended.exits(1);
    for words in ["step 4 of 4, --expect \"250\"", "--fail-on \"^500\" (step 2) matched", r#""500 feared\n""#] {
        assert!(ended.stderr.contains(words), "{words} is not in {}", ended.stderr);
    }
    assert_eq!(ended.stderr.lines().count(), 1);
    assert_eq!(ended.stdout, b"500 not yet feared\n500 feared\n");
    peer.join().unwrap();
}

#[test]
fn of_two_matches_that_begin_together_the_feared_one_counts() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let peer = listener.serve(|mut peer| peer.send(b"554 no\r\n"));
    sandbox.netverb(open(&id, &["--fail-on", "^5", "--expect", r"^\d+ .*\n"])).run().exits(1);
    peer.join().unwrap();
}

#[test]
fn silence_ends_it_with_28_and_says_what_had_come() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let steps = ["open", &id, "-w", "200ms", "--send-line", "x", "--expect", "^250"];
    let mut child = sandbox.netverb(steps).spawn();
    let mut peer = listener.accept();
    peer.send(b"a \"greeting\"\r\n250 too late\x1b\n");
    let ended = child.wait();
    ended.exits(28);
    for words in
        ["step 2 of 2", "--expect \"^250\"", "within 200ms", r#"28 bytes had come: "a \"greeting\"\r\n250 too"#]
    {
        assert!(ended.stderr.contains(words), "{words} is not in {}", ended.stderr);
    }
    assert!(ended.stderr.contains(r"\x1b\n") && !ended.stderr.contains('\x1b'));
    assert!(ended.stderr.contains("(?m)^ is that of every line"), "{}", ended.stderr);
    drop(peer);
}

#[test]
fn silence_is_an_event_too() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let ended = sandbox.netverb(["open", &id, "-j", "-w", "100ms", "--expect", "x"]).run();
    ended.exits(28);
    let events = ended.events();
    assert!(
        events.iter().any(|event| event["event"] == "timeout" && event["limit"] == "the wait of 100ms"),
        "{events:?}"
    );
}

#[test]
fn what_had_come_is_shown_within_bounds() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let peer = listener.serve(|mut peer| peer.send(&[b'z'; 100_000]));
    let ended = sandbox.netverb(open(&id, &["--expect", "never"])).run();
    ended.exits(52);
    assert!(ended.stderr.contains("100000 bytes had come"), "{}", ended.stderr);
    assert!(ended.stderr.len() < 600, "{} bytes", ended.stderr.len());
    assert_eq!(ended.stdout.len(), 100_000);
    peer.join().unwrap();
}

#[test]
fn a_peer_that_closes_first_is_52_and_one_that_resets_56() {
    for (reset, status) in [(false, 52), (true, 56)] {
        let sandbox = Sandbox::new();
        let listener = Listener::tcp();
        let id = listener.id();
        let mut child = sandbox.netverb(open(&id, &["-v", "--expect", "a", "--expect", "b"])).spawn();
        let mut peer = listener.accept();
        peer.send(b"a");
        child.wait_stderr("step 2 of 2");
        if reset {
            peer.reset();
        } else {
            drop(peer);
        }
        let ended = child.wait();
        ended.exits(status);
        assert!(ended.stderr.contains("step 2 of 2, --expect \"b\""), "{}", ended.stderr);
    }
}

#[test]
fn a_peer_that_answers_while_it_is_sent_to_does_not_block() {
    let sandbox = Sandbox::new();
    let data = noise(16 << 20);
    let file = sandbox.write("large", &data).display().to_string();
    let server = sandbox.netverb(["accept", "127.0.0.1:0", "--echo", "--once", "--json"]).spawn();
    let id = format!("127.0.0.1:{}", server.port());
    let ended = sandbox.netverb(open(&id, &["--send-file", &file])).run();
    ended.exits(0);
    assert!(ended.stdout == data, "{} bytes came back", ended.stdout.len());
}

#[test]
fn a_peer_that_takes_nothing_is_28() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("large", vec![0; 32 << 20]).display().to_string();
    let listener = Listener::tcp();
    let id = listener.id();
    let mut child = sandbox.netverb(["open", &id, "-w", "300ms", "--send-file", &file]).spawn();
    let peer = listener.accept();
    child.wait().failed(28, &["step 1 of 1", "--send-file", "took no data for 300ms"]);
    drop(peer);
}

#[test]
fn a_peer_that_never_ends_is_left_after_the_limit() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    // Long enough for what the peer says at once, however busy the machine.
    let mut child = sandbox.netverb(["open", &id, "-w", "2s", "--expect", "a"]).spawn();
    let mut peer = listener.accept();
    peer.send(b"ab");
    assert_eq!(peer.read_to_end(), b"");
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"ab");
}

#[test]
fn accept_performs_steps_with_its_first_client() {
    let sandbox = Sandbox::new();
    let steps = ["--expect", "(?s)^GET .*\r\n\r\n", "--send", "HTTP/1.0 204 No Content\r\n\r\n"];
    let words = [&["accept", "127.0.0.1:0", "--json", "-w", "10"], &steps[..]].concat();
    let mut child = sandbox.netverb(words).spawn();
    let mut peer = Peer::connect(child.port());
    peer.send(b"GET / HTTP/1.0\r\n");
    peer.send(b"\r\n");
    assert_eq!(peer.read_to_end(), b"HTTP/1.0 204 No Content\r\n\r\n");
    drop(peer);
    let ended = child.wait();
    ended.exits(0);
    assert_eq!(ended.stdout, b"GET / HTTP/1.0\r\n\r\n");
}

#[test]
fn counters_hash_and_transcript_see_the_bytes() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let peer = listener.serve(|mut peer| {
        peer.send(b"hi\r\n");
        peer.read_to_end()
    });
    let steps =
        ["--eol", "crlf", "--json", "--hash", "sha256", "--transcript", "t", "--expect", "^hi\n$", "--send-line", "x"];
    let ended = sandbox.netverb(open(&id, &steps)).run();
    ended.exits(0);
    assert_eq!(ended.stdout, b"hi\n");
    let events = ended.events();
    let summary = events.last().unwrap();
    assert_eq!((summary["bytes_in"].as_u64(), summary["bytes_out"].as_u64()), (Some(4), Some(3)));
    // sha256 of "hi\r\n" and of "x\r\n".
    assert!(summary["hash"]["in"].as_str().unwrap().len() == 64 && summary["hash"]["in"] != summary["hash"]["out"]);
    assert!(events.iter().any(|event| event["event"] == "closed" && event["reason"] == "done"));
    let transcript = std::fs::read_to_string(sandbox.path("t")).unwrap();
    assert!(transcript.contains(r#""direction":"in","text":"hi\r\n""#), "{transcript}");
    assert!(transcript.contains(r#""direction":"out","text":"x\r\n""#), "{transcript}");
    assert_eq!(peer.join().unwrap(), b"x\r\n");
}

#[test]
fn b58_plaintext_before_the_handshake_is_an_error_and_no_data() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let peer = listener.serve(|mut peer| {
        peer.send(b"220 go\r\n250 injected\r\n");
        peer.read_to_end()
    });
    let steps = ["--no-verify", "--expect", "^220 .*\n", "--starttls", "--expect", "250 injected"];
    let ended = sandbox.netverb(open(&id, &steps)).run();
    ended.exits(35);
    for words in ["step 2 of 3, --starttls", "unencrypted", r#""250 injected\r\n""#] {
        assert!(ended.stderr.contains(words), "{words} is not in {}", ended.stderr);
    }
    assert_eq!(ended.stdout, b"220 go\r\n");
    assert_eq!(peer.join().unwrap(), b"", "nothing may be sent after it");
}

#[test]
fn b58_plaintext_of_a_client_is_an_error_too() {
    let sandbox = Sandbox::new();
    let words = [
        "accept",
        "127.0.0.1:0",
        "--json",
        "--self-signed",
        "--expect",
        "STARTTLS\r\n",
        "--send",
        "220\r\n",
        "--starttls",
    ];
    let mut child = sandbox.netverb(words).spawn();
    let mut peer = Peer::connect(child.port());
    peer.send(b"STARTTLS\r\nRCPT TO:<injected>\r\n");
    assert_eq!(peer.read(5), b"220\r\n");
    child.wait().exits(35);
}

#[test]
fn both_ends_upgrade_in_place() {
    let sandbox = Sandbox::new();
    let serve =
        ["--expect", "^STARTTLS\n", "--send-line", "go", "--starttls", "--expect", "^secret\n", "--send-line", "yes"];
    let serve = [&["accept", "127.0.0.1:0", "--json", "--self-signed"], &serve[..]].concat();
    let mut server = sandbox.netverb(serve).spawn();
    let event = server.wait_event("listening");
    let pin = event["pins"][0].as_str().unwrap().to_owned();
    let id = format!("127.0.0.1:{}", event["port"]);
    let talk = [
        "--json",
        "--pin",
        &pin,
        "--send-line",
        "STARTTLS",
        "--expect",
        "^go\n",
        "--starttls",
        "--send-line",
        "secret",
    ];
    let ended = sandbox.netverb(open(&id, &[&talk[..], &["--expect", "yes\n"]].concat())).run();
    ended.exits(0);
    assert_eq!(ended.stdout, b"go\nyes\n");
    assert!(ended.events().iter().any(|event| event["event"] == "tls-established"));
    let served = server.wait();
    served.exits(0);
    assert_eq!(served.stdout, b"STARTTLS\nsecret\n");
}

#[test]
fn the_certificate_of_an_upgrade_can_be_inspected() {
    let sandbox = Sandbox::new();
    let words = ["accept", "127.0.0.1:0", "--json", "--self-signed", "--starttls"];
    let server = sandbox.netverb(words).spawn();
    let id = format!("127.0.0.1:{}", server.port());
    let steps = ["--no-verify", "--starttls", "--send", "x", "--tls-info", "--min-days", "99999"];
    let ended = sandbox.netverb(open(&id, &steps)).run();
    ended.exits(60);
    assert!(ended.stderr.contains("sha256") && ended.stderr.contains("--min-days wants 99999"), "{}", ended.stderr);
}

#[test]
fn steps_without_sense_are_refused_before_anything_is_done() {
    let sandbox = Sandbox::new();
    let cases: [(&[&str], &[&str]); 8] = [
        (&["open", ":1", "-z", "--expect", "a"], &["-z and steps"]),
        (&["open", ":1", "-e", "cat", "--send", "a"], &["-e and steps"]),
        (&["open", ":1", "--send", "a", "--replay", "f"], &["steps and --replay"]),
        (&["open", ":1", "--expect", "a", "--fail-on", "b"], &["--fail-on", "no --expect after it"]),
        (&["open", ":1", "--expect", "("], &["--expect", "unclosed group"]),
        (&["open", "tls://:1", "--starttls"], &["--starttls", "tls://"]),
        (&["accept", "0", "-k", "--expect", "a"], &["-k", "first client"]),
        (&["open", ":1", "--send-file", "absent"], &["--send-file absent", "no such file"]),
    ];
    for (words, message) in cases {
        sandbox.netverb(words).run().failed(2, message);
    }
    sandbox.netverb(["accept", "127.0.0.1:0", "--starttls"]).run().failed(2, &["certificate", "--self-signed"]);
}

#[cfg(feature = "tls")]
#[test]
fn a_mail_is_sent_to_a_real_server_with_starttls() {
    let sandbox = Sandbox::new();
    let mut server = MailServer::start(&sandbox);
    sandbox.write("mail", "From: a@b.test\nSubject: steps\n\nhello\n.\n");
    let conversation = r#"exec "$NETVERB" open "localhost:$PORT" -4 -C --ca ca.pem --fail-on '(?m)^[45]' \
        --expect '^220 .*\n' --send-line 'EHLO client.test' --expect '(?m)^250 .*\n' \
        --send-line STARTTLS --expect '^220 .*\n' --starttls \
        --send-line 'EHLO client.test' --expect '(?m)^250 .*\n' \
        --send-line 'MAIL FROM:<a@b.test>' --expect '^250 .*\n' \
        --send-line 'RCPT TO:<c@d.test>' --expect '^250 .*\n' \
        --send-line DATA --expect '^354 .*\n' --send-file mail --expect '^250 taken\r\n' \
        --send-line QUIT --expect '^221 .*\n'"#;
    let ended = sandbox.shell(conversation).env("PORT", server.port.to_string()).run();
    ended.exits(0);
    let mail = r"b'From: a@b.test\r\nSubject: steps\r\n\r\nhello\r\n'";
    assert_eq!(server.taken(), format!("True a@b.test ['c@d.test'] {mail}"));
    let shown = String::from_utf8(ended.stdout).unwrap();
    assert!(shown.starts_with("220 mail.test ") && shown.contains("Ready to start TLS"), "{shown}");
    assert!(shown.ends_with("221 Bye\r\n"), "{shown}");
    // The same without TLS is refused by this server, and the refusal is the answer.
    let steps =
        ["-C", "--fail-on", "^5", "--expect", "^220 .*\n", "--send-line", "MAIL FROM:<a@b>", "--expect", "^250"];
    let id = format!("127.0.0.1:{}", server.port);
    let refused = sandbox.netverb(open(&id, &steps)).run();
    refused.exits(1);
    assert!(refused.stderr.contains("STARTTLS"), "{}", refused.stderr);
}
