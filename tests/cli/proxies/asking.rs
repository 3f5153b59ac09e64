//! Promises 49 and 50: what is asked of HTTP and SOCKS proxies, and what their answers come to.

use super::Turn::{Head, Read, Slowly, To};
use super::{Turn, cut, say, talk, through};
use crate::support::{Finished, Listener, Sandbox};

const TARGET: &str = "target.example:4000";

#[track_caller]
fn is_through(ended: &Finished, tunnel: &[u8], glued: &str) {
    ended.exits(0);
    assert_eq!(String::from_utf8_lossy(&ended.stdout), format!("{glued}from the target"));
    assert_eq!(String::from_utf8_lossy(tunnel), "to the target");
}

#[test]
fn b49_bytes_glued_to_the_answer_are_delivered() {
    let sandbox = Sandbox::new();
    let answer = b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n220 glued\r\n\r\n";
    for turn in [say(answer), Slowly(answer.to_vec())] {
        let (ended, told, tunnel) = through(&sandbox, &["--proxy", "http://PROXY", TARGET], vec![Head, turn]);
        is_through(&ended, &tunnel, "220 glued\r\n\r\n");
        let told = String::from_utf8(told).unwrap();
        assert_eq!(
            told,
            format!("CONNECT {TARGET} HTTP/1.1\r\nHost: {TARGET}\r\n\r\n"),
            "the name is left to the proxy"
        );
    }
}

#[test]
fn b49_any_2xx_with_any_reason_is_success() {
    let sandbox = Sandbox::new();
    for line in
        ["HTTP/1.1 200 OK", "HTTP/1.0 200", "HTTP/1.1 200 ", "HTTP/1.1 201 Created", "HTTP/1.1 299 \u{e7}a va: 1"]
    {
        for end in ["\r\n\r\n", "\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"] {
            let answer = format!("{line}{end}glued ").into_bytes();
            let arguments = ["--proxy", "http://PROXY", TARGET];
            let (ended, _, tunnel) = through(&sandbox, &arguments, vec![Head, say(&answer)]);
            is_through(&ended, &tunnel, "glued ");
        }
    }
    let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
    let (ended, _, tunnel) = through(&sandbox, &["--proxy", "http://PROXY", TARGET], vec![Head, say(interim)]);
    is_through(&ended, &tunnel, "");
}

#[test]
fn b49_any_other_answer_is_97_with_its_status() {
    let sandbox = Sandbox::new();
    let arguments = ["--proxy", "http://PROXY", TARGET];
    for (answer, words) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", &["407 Proxy Authentication Required"][..]),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno", &["502 Bad Gateway"]),
        ("HTTP/1.1 403 \x1b[2Jno\r\n\r\n", &["403"]),
        ("HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", &["301"]),
        ("HTTP/1.1 101 Switching\r\n\r\n", &["101"]),
        ("HTTP/1.1 20\r\n\r\n", &["not that of an HTTP proxy"]),
        ("HTTP/1.1 2000 OK\r\n\r\n", &["not that of an HTTP proxy"]),
        ("HTTP/2 200 OK\r\n\r\n", &["not that of an HTTP proxy"]),
        ("220 mail.example ESMTP\r\n", &["not that of an HTTP proxy"]),
        ("HTTP/1.1 200 OK\r\nno end", &["closed"]),
        ("HTTP", &["closed"]),
        ("", &["closed"]),
    ] {
        let ended = cut(&sandbox, &arguments, vec![Head], answer.as_bytes());
        ended.failed(97, words).failed(97, &["cannot connect to target.example:4000 through http://127.0.0.1:"]);
        assert!(!ended.stderr.contains('\x1b'), "a control character of the proxy");
    }
    let endless = [b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'x'; 1 << 20]].concat();
    cut(&sandbox, &arguments, vec![Head], &endless).failed(97, &["64 KiB"]);
}

#[test]
fn b49_a_proxy_that_cannot_be_reached_is_97_or_its_own_cause() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    drop(listener);
    let ended = sandbox.netverb(["open", "--proxy", &format!("http://{id}"), TARGET]).run();
    ended.failed(97, &[&id, "refused"]);
    sandbox.netverb(["open", "--proxy", "ftp://127.0.0.1:1", TARGET]).run().failed(2, &["socks5h://"]);
}

#[test]
fn b49_credentials_come_from_the_url_the_environment_the_option_and_a_file() {
    let sandbox = Sandbox::new();
    sandbox.write("user", "us er:pass:word\n");
    let ok = || vec![Head, say(b"HTTP/1.1 200 OK\r\n\r\n")];
    // base64 of `us er:pass:word`
    let expected = "Proxy-Authorization: Basic dXMgZXI6cGFzczp3b3Jk\r\n";
    for arguments in [
        &["--proxy", "http://us%20er:pass%3Aword@PROXY", TARGET][..],
        &["--proxy", "http://PROXY", "--proxy-user", "us er:pass:word", TARGET],
        &["--proxy", "http://PROXY", "--proxy-user", "@user", TARGET],
    ] {
        let (ended, told, tunnel) = through(&sandbox, arguments, ok());
        is_through(&ended, &tunnel, "");
        assert!(String::from_utf8_lossy(&told).contains(expected), "{}", String::from_utf8_lossy(&told));
    }
    let environment = |arguments: &'static [&'static str]| {
        let sandbox = &sandbox;
        move |listener: &Listener| {
            let url = format!("http://us%20er:pass%3Aword@{}", listener.id());
            sandbox.netverb(arguments).env("NETVERB_PROXY", url).feed(b"to the target")
        }
    };
    let (ended, told, tunnel) = talk(environment(&["open", TARGET]), ok());
    is_through(&ended, &tunnel, "");
    assert!(String::from_utf8_lossy(&told).contains(expected));
    let header = &["open", "-H", "X-One: two", "-H", "Host: front.example", TARGET];
    let (ended, told, _) = talk(environment(header), ok());
    ended.exits(0);
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("\r\nX-One: two\r\n") && told.contains("\r\nHost: front.example\r\n"), "{told}");
    assert_eq!(told.matches("Host:").count(), 1, "{told}");
    let refused =
        cut(&sandbox, &["--proxy", "http://us%20er:pass%3Aword@PROXY", TARGET], vec![Head], b"HTTP/1.1 407 No\r\n\r\n");
    refused.failed(97, &["407"]);
    assert!(!refused.stderr.contains("word"), "a password is shown: {}", refused.stderr);
    let missing = sandbox.netverb(["open", "--proxy", "http://127.0.0.1:1", "--proxy-user", "@none", TARGET]).run();
    missing.failed(2, &["--proxy-user", "none"]);
    // Without somebody who reads it a header would be lost silently.
    let socks = ["open", "-H", "X-One: two", "--proxy", "socks5://127.0.0.1:1", TARGET];
    for words in [&["open", "-H", "X-One: two", TARGET][..], &socks] {
        sandbox.netverb(words).run().failed(2, &["-H", "ws://"]);
    }
}

/// `127.0.0.1:4000` in an answer or question: port 4000 is 0f a0.
const V4: [u8; 6] = [127, 0, 0, 1, 0x0f, 0xa0];

const GRANTED_4: &[u8] = &[0, 0x5a, 0, 0, 0, 0, 0, 0];

#[test]
fn b50_socks4_and_4a_ask_as_they_should() {
    let sandbox = Sandbox::new();
    let (ended, told, tunnel) =
        through(&sandbox, &["--proxy", "socks4://PROXY", "127.0.0.1:4000"], vec![Read(9), say(GRANTED_4)]);
    is_through(&ended, &tunnel, "");
    assert_eq!(told, [4, 1, 0x0f, 0xa0, 127, 0, 0, 1, 0]);
    let arguments = ["--proxy", "socks4://me@PROXY", "127.0.0.1:4000"];
    let (ended, told, tunnel) = through(&sandbox, &arguments, vec![Read(8), To(0), Slowly(GRANTED_4.to_vec())]);
    is_through(&ended, &tunnel, "");
    assert_eq!(told, [&[4, 1, 0x0f, 0xa0, 127, 0, 0, 1][..], b"me\0"].concat());
    let arguments = ["--proxy", "socks4a://PROXY", TARGET];
    let glued = [GRANTED_4, b"glued "].concat();
    let (ended, told, tunnel) = through(&sandbox, &arguments, vec![Read(8), To(0), To(0), say(&glued)]);
    is_through(&ended, &tunnel, "glued ");
    let (head, rest) = told.split_at(7);
    assert_eq!(head, [4, 1, 0x0f, 0xa0, 0, 0, 0]);
    assert_ne!(rest[0], 0, "an address 0.0.0.x that is not 0.0.0.0 means a name");
    assert_eq!(&rest[1..], b"\0target.example\0");
    cut(&sandbox, &["--proxy", "socks4://PROXY", "[::1]:4000"], vec![], b"").failed(97, &["IPv6"]);
}

#[test]
fn b50_socks4_answers_that_are_short_denied_or_senseless_are_97() {
    let sandbox = Sandbox::new();
    let arguments = ["--proxy", "socks4a://PROXY", TARGET];
    let asked = || vec![Read(8), To(0), To(0)];
    for length in 0..GRANTED_4.len() {
        cut(&sandbox, &arguments, asked(), &GRANTED_4[..length]).failed(97, &["closed"]);
    }
    for code in [0x5b, 0x5c, 0x5d] {
        cut(&sandbox, &arguments, asked(), &[0, code, 0, 0, 0, 0, 0, 0]).failed(97, &["proxy"]);
    }
    for answer in [&[0, 0x99, 0, 0, 0, 0, 0, 0][..], &[5, 0x5a, 0, 0, 0, 0, 0, 0], b"HTTP/1.1 400 Bad Request\r\n\r\n"]
    {
        cut(&sandbox, &arguments, asked(), answer).failed(97, &["not that of a SOCKS proxy"]);
    }
}

/// The answers that end in a connection: bound to an IPv4 address, an IPv6 address, a name.
fn granted_5() -> [Vec<u8>; 3] {
    let begin = |kind: u8| vec![5, 0, 0, kind];
    [
        [begin(1), V4.to_vec()].concat(),
        [begin(4), vec![0; 16], vec![0, 80]].concat(),
        [begin(3), vec![4], b"host".to_vec(), vec![0, 80]].concat(),
    ]
}

#[test]
fn b50_socks5_asks_for_addresses_and_5h_for_names() {
    let sandbox = Sandbox::new();
    let v6 = [&[5, 1, 0, 4][..], &[0; 15], &[1, 0x0f, 0xa0]].concat();
    for (scheme, target, question) in [
        ("socks5", "127.0.0.1:4000", [&[5, 1, 0, 1][..], &V4].concat()),
        ("socks5", "[::1]:4000", v6),
        ("socks5h", TARGET, [&[5, 1, 0, 3, 14][..], b"target.example", &[0x0f, 0xa0]].concat()),
        ("socks5h", "127.0.0.1:4000", [&[5, 1, 0, 1][..], &V4].concat()),
    ] {
        for answer in granted_5() {
            let glued = [&answer[..], b"glued "].concat();
            for last in [say(&glued), Slowly(glued)] {
                let turns = vec![Read(3), say(&[5, 0]), Read(question.len()), last];
                let arguments = ["--proxy", &format!("{scheme}://PROXY"), target];
                let (ended, told, tunnel) = through(&sandbox, &arguments, turns);
                is_through(&ended, &tunnel, "glued ");
                assert_eq!(told, [&[5, 1, 0][..], &question].concat(), "{scheme} {target}");
            }
        }
    }
    // socks5:// looks names up here, where localhost is known.
    let turns = vec![Read(3), say(&[5, 0]), Read(10), say(&granted_5()[0])];
    let (ended, told, tunnel) = through(&sandbox, &["-4", "--proxy", "socks5://PROXY", "localhost:4000"], turns);
    is_through(&ended, &tunnel, "");
    assert_eq!(told[3..], [&[5, 1, 0, 1][..], &V4].concat());
}

/// A greeting with user and password, and that answer to it.
fn with_password(verdict: &[u8]) -> Vec<Turn> {
    vec![Read(4), say(&[5, 2]), Read(11), say(verdict)]
}

#[test]
fn b50_socks5_sends_user_and_password_when_asked() {
    let sandbox = Sandbox::new();
    let arguments = ["--proxy", "socks5://user:p%40ss@PROXY", "127.0.0.1:4000"];
    let mut turns = with_password(&[1, 0]);
    turns.extend([Read(10), say(&granted_5()[0])]);
    let (ended, told, tunnel) = through(&sandbox, &arguments, turns);
    is_through(&ended, &tunnel, "");
    let (greeting, rest) = told.split_at(4);
    assert_eq!(&greeting[..2], [5, 2]);
    assert!(greeting[2..].contains(&0) && greeting[2..].contains(&2), "both ways are offered: {greeting:?}");
    assert_eq!(rest, [&b"\x01\x04user\x04p@ss"[..], &[5, 1, 0, 1], &V4].concat());
}

#[test]
fn b50_socks5_answers_that_are_short_denied_or_senseless_are_97() {
    let sandbox = Sandbox::new();
    let plain = ["--proxy", "socks5://PROXY", "127.0.0.1:4000"];
    let asked = || vec![Read(3), say(&[5, 0]), Read(10)];
    for answer in granted_5() {
        for length in 0..answer.len() {
            cut(&sandbox, &plain, asked(), &answer[..length]).failed(97, &["closed"]);
        }
    }
    for length in 0..2 {
        cut(&sandbox, &plain, vec![Read(3)], &[5, 0][..length]).failed(97, &["closed"]);
    }
    for (code, words) in [
        (1, "could not"),
        (2, "rules"),
        (3, "network unreachable"),
        (4, "host unreachable"),
        (5, "connection refused"),
        (6, "time to live"),
        (7, "connecting"),
        (8, "kind of address"),
    ] {
        let answer = [&[5, code, 0, 1][..], &V4].concat();
        cut(&sandbox, &plain, asked(), &answer).failed(97, &[words]);
    }
    for answer in [[5, 9, 0, 1], [4, 0, 0, 1], [5, 0, 7, 1], [5, 0, 0, 9], *b"HTTP"] {
        let answer = [&answer[..], &V4].concat();
        cut(&sandbox, &plain, asked(), &answer).failed(97, &["not that of a SOCKS proxy"]);
    }
    cut(&sandbox, &plain, vec![Read(3)], &[5, 0xff]).failed(97, &["authentication"]);
    cut(&sandbox, &plain, vec![Read(3)], &[5, 7]).failed(97, &["proxy"]);
    cut(&sandbox, &plain, vec![Read(3)], &[4, 0]).failed(97, &["not that of a SOCKS proxy"]);
    cut(&sandbox, &plain, vec![Read(3)], &[5, 2]).failed(97, &["user and a password"]);
    let named = ["--proxy", "socks5://user:word@PROXY", "127.0.0.1:4000"];
    for verdict in [&[1, 1][..], &[1, 0xff]] {
        cut(&sandbox, &named, vec![Read(4), say(&[5, 2]), Read(11)], verdict).failed(97, &["user or password"]);
    }
    cut(&sandbox, &named, vec![Read(4), say(&[5, 2]), Read(11)], &[1]).failed(97, &["closed"]);
}

#[test]
fn b50_a_silent_proxy_is_28_within_the_limit() {
    let sandbox = Sandbox::new();
    for scheme in ["http", "socks4", "socks5"] {
        let listener = Listener::tcp();
        let url = format!("{scheme}://{}", listener.id());
        let arguments = ["open", "--connect-timeout", "500ms", "--proxy", &url, "127.0.0.1:4000"];
        let mut child = sandbox.netverb(arguments).spawn();
        let _silent = listener.accept();
        child.wait().failed(28, &["500ms"]);
    }
}

#[test]
fn b50_a_chain_asks_the_nearest_first() {
    let sandbox = Sandbox::new();
    let turns =
        vec![Head, say(b"HTTP/1.1 200 OK\r\n\r\n"), Read(3), say(&[5, 0]), Read(5 + 14 + 2), say(&granted_5()[0])];
    let arguments = ["--proxy", "http://PROXY", "--proxy", "socks5h://second.example:1080", TARGET];
    let (ended, told, tunnel) = through(&sandbox, &arguments, turns);
    is_through(&ended, &tunnel, "");
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(told.starts_with("CONNECT second.example:1080 HTTP/1.1\r\n"), "{told}");
    assert!(told.contains("\r\n\r\n\u{5}\u{1}\0\u{5}\u{1}\0\u{3}\u{e}target.example"), "{told:?}");
}
