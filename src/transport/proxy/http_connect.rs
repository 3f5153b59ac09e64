//! HTTP CONNECT, the asking side (RFC 9110 section 9.3.6).

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::HEAD_LIMIT;
use super::credentials::Credentials;
use super::error::ProxyError;
use super::target::Target;
use crate::transport::http_head::{self, HeadError};

/// Asks for a tunnel. Returned are the bytes of the tunnel that came glued to the proxy's answer.
pub(super) async fn connect<S>(
    stream: &mut S,
    target: &Target,
    credentials: Option<&Credentials>,
    headers: &[(String, String)],
) -> Result<Vec<u8>, ProxyError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(request(target, credentials, headers)?.as_bytes()).await?;
    stream.flush().await?;
    let mut buffer = Vec::new();
    let mut interim = 0;
    loop {
        let end = http_head::read(stream, &mut buffer, HEAD_LIMIT, may_begin)
            .await
            .map_err(|error| head_error(error, &buffer))?;
        let early = buffer.split_off(end);
        match status(&buffer) {
            Some(200..=299) => return Ok(early),
            // An interim answer, such as 100 (RFC 9110 section 15.2); their sum is limited like one head.
            Some(100 | 102..=199) if interim + end <= HEAD_LIMIT => interim += end,
            Some(100 | 102..=199) => return Err(ProxyError::TooLarge),
            Some(code) => return Err(ProxyError::Status { code, line: http_head::first_line(&buffer) }),
            None => return Err(senseless(&buffer)),
        }
        buffer = early;
    }
}

fn request(
    target: &Target,
    credentials: Option<&Credentials>,
    headers: &[(String, String)],
) -> Result<String, ProxyError> {
    if !target.is_speakable() {
        let reason = "the name has characters that cannot be sent".to_owned();
        return Err(ProxyError::Target { target: target.clone(), reason });
    }
    let given = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    let mut request = format!("CONNECT {target} HTTP/1.1\r\n");
    if !given("Host") {
        request.push_str(&format!("Host: {target}\r\n"));
    }
    if let Some(credentials) = credentials.filter(|_| !given("Proxy-Authorization")) {
        request.push_str(&format!("Proxy-Authorization: {}\r\n", credentials.basic()));
    }
    for (name, value) in headers {
        if !http_head::is_token(name) || value.contains(['\r', '\n', '\0']) {
            return Err(ProxyError::Header { name: name.clone() });
        }
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    Ok(request)
}

fn may_begin(bytes: &[u8]) -> bool {
    bytes.iter().zip(b"HTTP/1.").all(|(byte, expected)| byte == expected)
}

/// The status code of a head. Neither reason nor headers count, so no room is given for headers, and the parser is not
/// asked what it thinks of them, only whether there is a code.
fn status(head: &[u8]) -> Option<u16> {
    let mut response = httparse::Response::new(&mut []);
    let _ = response.parse(head);
    // It has read three digits, and would have objected to a fourth.
    let word = head.split(u8::is_ascii_whitespace).nth(1)?;
    response.code.filter(|_| word.len() == 3)
}

fn head_error(error: HeadError, buffer: &[u8]) -> ProxyError {
    match error {
        HeadError::Closed => ProxyError::Closed,
        HeadError::Io(error) => ProxyError::from(error),
        HeadError::TooLarge => ProxyError::TooLarge,
        HeadError::NotHttp => senseless(buffer),
    }
}

fn senseless(bytes: &[u8]) -> ProxyError {
    ProxyError::Senseless { expected: "an HTTP", found: http_head::first_line(bytes) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt;

    use super::super::testing::{Peer, block_on};
    use super::*;

    fn target() -> Target {
        Target::Name { name: "host.example".to_owned(), port: 443 }
    }

    async fn ask(peer: &mut Peer) -> Result<Vec<u8>, ProxyError> {
        connect(&mut peer.stream, &target(), None, &[]).await
    }

    #[tokio::test]
    async fn the_request_names_the_target_and_the_user() {
        let mut peer = Peer::answering(b"HTTP/1.1 200 OK\r\n\r\n");
        let credentials = Credentials { user: "a".to_owned(), password: "b".to_owned() };
        let headers = [("X-Why".to_owned(), "because".to_owned())];
        connect(&mut peer.stream, &target(), Some(&credentials), &headers).await.unwrap();
        assert_eq!(
            String::from_utf8(peer.received().await).unwrap(),
            "CONNECT host.example:443 HTTP/1.1\r\nHost: host.example:443\r\n\
             Proxy-Authorization: Basic YTpi\r\nX-Why: because\r\n\r\n"
        );
    }

    #[test]
    fn a_header_that_is_given_replaces_ours_and_a_bad_one_is_refused() {
        let header = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
        let text = request(&target(), None, &header("host", "other")).unwrap();
        assert_eq!(text, "CONNECT host.example:443 HTTP/1.1\r\nhost: other\r\n\r\n");
        for (name, value) in [("", "x"), ("a b", "x"), ("a:", "x"), ("a", "x\r\nb: c"), ("a\n", ""), ("a", "\0")] {
            let error = request(&target(), None, &header(name, value)).unwrap_err();
            assert!(matches!(error, ProxyError::Header { .. }), "{name:?}");
        }
        let injected = Target::Name { name: "h\r\nX: y".to_owned(), port: 1 };
        assert!(matches!(request(&injected, None, &[]), Err(ProxyError::Target { .. })));
        let v6 = Target::Address("[::1]:22".parse().unwrap());
        assert!(request(&v6, None, &[]).unwrap().starts_with("CONNECT [::1]:22 HTTP/1.1\r\nHost: [::1]:22\r\n"));
    }

    #[tokio::test]
    async fn any_success_opens_the_tunnel_and_glued_bytes_are_kept() {
        for head in [
            "HTTP/1.1 200 Connection established\r\n\r\n",
            "HTTP/1.0 200\r\n\r\n",
            "HTTP/1.1 299 \u{fc}\u{1}nusual\r\nVia: x\r\nContent-Length: 5\r\nbroken header\r\n\r\n",
            "HTTP/1.1 200 OK\nServer: y\n\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ] {
            let mut peer = Peer::answering_at_once(format!("{head}220 hello\r\n").as_bytes());
            assert_eq!(ask(&mut peer).await.unwrap(), b"220 hello\r\n", "{head:?}");
            // Byte by byte, nothing behind the head is read.
            let mut peer = Peer::answering(format!("{head}220 hello\r\n").as_bytes());
            assert_eq!(ask(&mut peer).await.unwrap(), b"", "{head:?}");
            let mut rest = [0; 11];
            peer.stream.read_exact(&mut rest).await.unwrap();
            assert_eq!(&rest, b"220 hello\r\n");
        }
    }

    #[tokio::test]
    async fn any_other_status_is_shown() {
        let mut peer = Peer::answering(b"HTTP/1.1 407 Auth\x1b[2J required\r\nProxy-Authenticate: Basic\r\n\r\nbody");
        let error = ask(&mut peer).await.unwrap_err();
        assert_eq!(error.to_string(), "the proxy answered HTTP/1.1 407 Auth\\u{1b}[2J required");
        assert_eq!(error.exit(), crate::exit::Exit::ProxyFailed);
        assert!(error.hints()[0].contains("USER:PASSWORD"));
        for head in ["HTTP/1.1 302 Found\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 503\r\n\r\n"] {
            assert!(matches!(ask(&mut Peer::answering(head.as_bytes())).await, Err(ProxyError::Status { .. })));
        }
    }

    #[tokio::test]
    async fn another_protocol_is_known_by_its_first_bytes_though_it_waits() {
        for text in ["SSH-2.0-OpenSSH_9\r\n", "220 mail\r\n", "\x05\0", "HTTP/2 200\r\n", "\r\n\r\n"] {
            let error = ask(&mut Peer::waiting_after(text.as_bytes())).await.unwrap_err();
            assert!(matches!(error, ProxyError::Senseless { .. }), "{text:?}: {error}");
        }
        for head in ["HTTP/1.1 OK\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n"] {
            let error = ask(&mut Peer::answering(head.as_bytes())).await.unwrap_err();
            assert!(matches!(error, ProxyError::Senseless { .. }), "{head:?}: {error}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_anywhere_is_an_error() {
        let answer = b"HTTP/1.1 200 OK\r\nServer: y\r\n\r\n";
        for length in 0..answer.len() {
            let result = ask(&mut Peer::answering(&answer[..length])).await;
            assert!(matches!(result, Err(ProxyError::Closed)), "{length}");
        }
    }

    #[tokio::test]
    async fn an_endless_answer_is_given_up() {
        for repeated in ["x: y\r\n", "HTTP/1.1 100 Continue\r\n\r\n"] {
            let answer = format!("HTTP/1.1 100 Continue\r\n{}", repeated.repeat(40_000));
            let result = ask(&mut Peer::answering_at_once(answer.as_bytes())).await;
            assert!(matches!(result, Err(ProxyError::TooLarge | ProxyError::Senseless { .. })), "{result:?}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_does_harm(answer in prop::collection::vec(any::<u8>(), 0..200), begin in any::<bool>()) {
            let answer = if begin { [b"HTTP/1.1 200".as_slice(), &answer].concat() } else { answer };
            let _ = block_on(async { ask(&mut Peer::answering_at_once(&answer)).await });
        }
    }
}
