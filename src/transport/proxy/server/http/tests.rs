use proptest::prelude::*;
use tokio::io::AsyncReadExt;

use super::super::super::testing::{Peer, block_on};
use super::super::Dialect;
use super::*;

/// The result, and what the client has been told.
async fn served(mut peer: Peer, credentials: Option<&Credentials>) -> (Result<Request, RequestError>, String) {
    let result = read_request(&mut peer.stream, credentials).await;
    (result, String::from_utf8(peer.received().await).unwrap())
}

async fn request(text: &str) -> Request {
    let (result, told) = served(Peer::answering_at_once(text.as_bytes()), None).await;
    assert_eq!(told, "");
    result.unwrap()
}

fn text(request: &Request) -> &str {
    std::str::from_utf8(&request.first).unwrap()
}

#[tokio::test]
async fn connect_names_the_target_and_early_bytes_are_kept() {
    for (target, expected) in
        [("host.example:443", "host.example:443"), ("10.0.0.1:1", "10.0.0.1:1"), ("[::1]:65535", "[::1]:65535")]
    {
        let request = request(&format!("CONNECT {target} HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01")).await;
        assert_eq!(request.target.to_string(), expected);
        assert_eq!(request.first, b"\x16\x03\x01");
        assert_eq!(request.dialect, Dialect::Tunnel);
    }
}

#[tokio::test]
async fn a_request_with_a_url_is_rewritten_for_the_origin() {
    let request = request(
        "POST http://me:pw@host.example:8080/path?q=1#top HTTP/1.1\r\nHost: other.example\r\nAccept: */*\r\n\
         Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nConnection: X-Hop, Content-Length\r\n\
         X-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: x\r\nX-Word: \u{fc}\r\nContent-Length: 4\r\n\r\nbody",
    )
    .await;
    assert_eq!(request.target.to_string(), "host.example:8080");
    assert_eq!(
        text(&request),
        "POST /path?q=1 HTTP/1.1\r\nHost: host.example:8080\r\nAccept: */*\r\nX-Word: \u{fc}\r\n\
         Content-Length: 4\r\nConnection: close\r\n\r\nbody"
    );
    assert_eq!(request.dialect, Dialect::Forward);
}

#[tokio::test]
async fn every_form_of_url() {
    for (line, target, rewritten) in [
        ("GET http://h HTTP/1.0", "h:80", "GET / HTTP/1.0\r\nHost: h\r\n"),
        ("GET HTTP://h:/ HTTP/1.1", "h:80", "GET / HTTP/1.1\r\nHost: h\r\n"),
        ("GET http://a:b@c@h/ HTTP/1.1", "h:80", "GET / HTTP/1.1\r\nHost: h\r\n"),
        ("GET http://h?a=b HTTP/1.1", "h:80", "GET /?a=b HTTP/1.1\r\nHost: h\r\n"),
        ("GET http://[::1]:81/x HTTP/1.1", "[::1]:81", "GET /x HTTP/1.1\r\nHost: [::1]:81\r\n"),
        ("GET http://[::1]/x HTTP/1.1", "[::1]:80", "GET /x HTTP/1.1\r\nHost: [::1]\r\n"),
        ("OPTIONS http://h HTTP/1.1", "h:80", "OPTIONS * HTTP/1.1\r\nHost: h\r\n"),
    ] {
        let request = request(&format!("{line}\r\n\r\n")).await;
        assert_eq!(request.target.to_string(), target);
        assert_eq!(text(&request), format!("{rewritten}Connection: close\r\n\r\n"), "{line}");
    }
}

#[tokio::test]
async fn bad_requests_are_answered_with_their_status() {
    let many = format!("GET http://h/ HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(300));
    let long = format!("GET http://h/{} HTTP/1.1\r\n\r\n", "x".repeat(70_000));
    for (text, status) in [
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "400 Bad Request"),
        ("CONNECT host HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("CONNECT :80 HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("CONNECT host:x HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("CONNECT host:65536 HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("CONNECT http://host:80/ HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("GET http:///x HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("GET http://h/ HTTP/1.1\r\nbad header\r\n\r\n", "400 Bad Request"),
        ("GET http://h/ HTTP/1.1\r\na: b\r\n folded\r\n\r\n", "400 Bad Request"),
        ("GET\r\n\r\n", "400 Bad Request"),
        ("\x16\x03\x01\x02\x00\x01", "400 Bad Request"),
        ("\x05\x01\x00", "400 Bad Request"),
        ("\r\nGET http://h/ HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("GET https://h/ HTTP/1.1\r\n\r\n", "501 Not Implemented"),
        (&many, "431 Request Header Fields Too Large"),
        (&long, "431 Request Header Fields Too Large"),
    ] {
        let (result, told) = served(Peer::answering_at_once(text.as_bytes()), None).await;
        assert!(result.is_err(), "{text:?}");
        assert!(told.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{text:?}: {told}");
        let (head, body) = told.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{told}");
        assert!(body.chars().all(|character| character == '\n' || !character.is_control()), "{body:?}");
    }
}

#[tokio::test]
async fn credentials_are_asked_for_where_they_are_set() {
    let credentials = Credentials { user: "me".to_owned(), password: "pw".to_owned() };
    let right = credentials.basic();
    for (header, accepted) in [
        (format!("Proxy-Authorization: {right}\r\n"), true),
        (format!("proxy-authorization: {}\r\n", right.replace("Basic", "BASIC")), true),
        (format!("Authorization: {right}\r\n"), false),
        ("Proxy-Authorization: Basic bWU6cHg=\r\n".to_owned(), false),
        (String::new(), false),
    ] {
        let text = format!("CONNECT h:1 HTTP/1.1\r\n{header}\r\n");
        let (result, told) = served(Peer::answering(text.as_bytes()), Some(&credentials)).await;
        assert_eq!(result.is_ok(), accepted, "{header}");
        if !accepted {
            assert!(matches!(result, Err(RequestError::Unauthorized)));
            assert!(told.starts_with("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic"));
        }
    }
}

#[tokio::test]
async fn a_request_that_is_cut_anywhere_is_an_error_and_one_in_single_bytes_is_not() {
    let text = b"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n";
    for length in 0..text.len() {
        let (result, told) = served(Peer::answering(&text[..length]), None).await;
        assert!(matches!(result, Err(RequestError::Closed)), "{length}");
        assert_eq!(told, "");
    }
    assert!(served(Peer::answering(text), None).await.0.is_ok());
}

#[tokio::test]
async fn refusals_have_their_status() {
    for (refusal, status) in [
        (Refusal::Denied, "403 Forbidden"),
        (Refusal::TimedOut, "504 Gateway Timeout"),
        (Refusal::Refused, "502 Bad Gateway"),
        (Refusal::from(io::ErrorKind::HostUnreachable), "502 Bad Gateway"),
    ] {
        for line in ["CONNECT h:1", "GET http://h/"] {
            let request = request(&format!("{line} HTTP/1.1\r\n\r\n")).await;
            let mut peer = Peer::answering(b"");
            request.refuse(&mut peer.stream, refusal).await.unwrap();
            let told = String::from_utf8(peer.received().await).unwrap();
            assert!(told.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{told}");
        }
    }
}

#[tokio::test]
async fn a_tunnel_is_announced_and_a_forwarded_request_is_not() {
    for (line, told) in [("CONNECT h:1", "HTTP/1.1 200 Connection established\r\n\r\n"), ("GET http://h/", "")] {
        let request = request(&format!("{line} HTTP/1.1\r\n\r\n")).await;
        let mut peer = Peer::answering(b"");
        request.accept(&mut peer.stream, "127.0.0.1:1".parse().unwrap()).await.unwrap();
        assert_eq!(String::from_utf8(peer.received().await).unwrap(), told);
    }
}

#[tokio::test]
async fn our_two_sides_understand_each_other() {
    let (mut ours, mut theirs) = tokio::io::duplex(7);
    let credentials = Credentials { user: "me".to_owned(), password: "p:w".to_owned() };
    let target = Target::Address("[::1]:22".parse().unwrap());
    let client = super::super::super::http_connect::connect(&mut ours, &target, Some(&credentials), &[]);
    let server = async {
        let request = read_request(&mut theirs, Some(&credentials)).await.unwrap();
        request.accept(&mut theirs, "127.0.0.1:1".parse().unwrap()).await.unwrap();
        request.target
    };
    let (early, found) = tokio::join!(client, server);
    assert_eq!(early.unwrap(), b"");
    assert_eq!(found, target);
    drop(theirs);
    assert_eq!(ours.read(&mut [0; 1]).await.unwrap(), 0);
}

proptest! {
    #[test]
    fn no_request_does_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), begin in 0..3_usize) {
        let begin: &[u8] = [b"".as_slice(), b"GET http://", b"CONNECT "][begin];
        block_on(async {
            let _ = served(Peer::answering_at_once(&[begin, &bytes].concat()), None).await;
        });
    }

    #[test]
    fn a_rewritten_request_is_one_request_to_one_origin(
        authority in "[a-z0-9.:@\\[\\]-]{1,12}",
        path in "(/|\\?|#)?[ -~]{0,8}",
        headers in prop::collection::vec("[A-Za-z-]{1,10}: ?[ -~]{0,10}", 0..4),
    ) {
        let text = format!("GET http://{authority}{path} HTTP/1.1\r\n{}\r\n", headers.iter().map(|h| format!("{h}\r\n")).collect::<String>());
        let (result, _) = block_on(async { served(Peer::answering_at_once(text.as_bytes()), None).await });
        if let Ok(request) = result {
            let mut headers = [httparse::EMPTY_HEADER; 300];
            let mut parsed = httparse::Request::new(&mut headers);
            prop_assert!(parsed.parse(&request.first).unwrap().is_complete());
            let count = |name: &str| parsed.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)).count();
            prop_assert_eq!((count("Host"), count("Connection")), (1, 1));
            prop_assert!(parsed.path.unwrap().starts_with('/'));
        }
    }
}
