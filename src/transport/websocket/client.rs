//! The client's part of the handshake (RFC 6455 section 4.1).

use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::error::HandshakeError;
use super::origin::{Ends, Origin};
use super::request::{has_token, header_list};
use super::settings::Settings;
use super::socket::{Role, WebSocket};
use super::{HEAD_LIMIT, HEADERS};
use crate::transport::Bytes;
use crate::transport::http_head::{self, HeadError, first_line};

/// Asks the server at the other end of a stream for a WebSocket. `host` is what the URL has before the path. There is no time
/// limit here.
///
/// # Errors
/// A refusal, an answer that makes no sense, a connection that breaks.
pub async fn connect(
    mut bytes: Bytes,
    ends: Ends,
    host: &str,
    resource: &str,
    settings: &Settings,
) -> Result<WebSocket, HandshakeError> {
    let key = generate_key();
    bytes.write_all(request(host, resource, &key, settings).as_bytes()).await?;
    bytes.flush().await?;
    let target = host;
    let senseless = |problem: String| HandshakeError::Senseless { target: target.to_owned(), problem };
    let mut buffer = Vec::new();
    let end = http_head::read(&mut bytes, &mut buffer, HEAD_LIMIT, may_begin).await;
    let end = end.map_err(|error| match error {
        HeadError::Closed => HandshakeError::Closed,
        HeadError::Io(error) => HandshakeError::Io(error),
        HeadError::TooLarge => HandshakeError::TooLarge,
        HeadError::NotHttp => senseless(strange(&buffer)),
    })?;
    let early = buffer.split_off(end);
    let protocol = agreed(&buffer, &key, target, settings)?;
    let origin = Origin::of(&bytes);
    let socket = WebSocket::new(bytes, early, Role::Client, ends, settings).await;
    Ok(socket.with_origin(origin).with_protocol(protocol))
}

fn may_begin(bytes: &[u8]) -> bool {
    bytes.iter().zip(b"HTTP/1.").all(|(byte, expected)| byte == expected)
}

/// What a server says that is none of HTTP.
fn strange(bytes: &[u8]) -> String {
    match bytes {
        [0x15 | 0x16, 3, ..] => "it speaks TLS: type wss:// instead of ws://".to_owned(),
        _ => format!("it says \"{}\"", first_line(bytes)),
    }
}

fn request(host: &str, resource: &str, key: &str, settings: &Settings) -> String {
    let given = |name: &str| settings.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    let mut request = format!("GET {resource} HTTP/1.1\r\n");
    let mut add = |name: &str, value: &str| request.push_str(&format!("{name}: {value}\r\n"));
    if !given("Host") {
        add("Host", host);
    }
    add("Upgrade", "websocket");
    add("Connection", "Upgrade");
    add("Sec-WebSocket-Key", key);
    add("Sec-WebSocket-Version", "13");
    if !settings.protocols.is_empty() {
        add("Sec-WebSocket-Protocol", &settings.protocols.join(", "));
    }
    if !given("User-Agent") {
        add("User-Agent", concat!("netverb/", env!("CARGO_PKG_VERSION")));
    }
    for (name, value) in &settings.headers {
        add(name, value);
    }
    request.push_str("\r\n");
    request
}

/// The sub-protocol that the server chose, if its answer makes a WebSocket.
fn agreed(head: &[u8], key: &str, target: &str, settings: &Settings) -> Result<Option<String>, HandshakeError> {
    let senseless =
        |problem: &str| HandshakeError::Senseless { target: target.to_owned(), problem: problem.to_owned() };
    let mut space = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut space);
    let parsed = response.parse(head);
    match response.code {
        Some(101) => {}
        Some(code) => return Err(HandshakeError::Refused { target: target.to_owned(), code, line: first_line(head) }),
        None => return Err(senseless(&strange(head))),
    }
    parsed.map_err(|error| senseless(&format!("its head is malformed: {error}")))?;
    let headers: &[httparse::Header<'_>] = response.headers;
    if !has_token(headers, "Upgrade", "websocket") {
        return Err(senseless("its answer has no \"Upgrade: websocket\""));
    }
    if !has_token(headers, "Connection", "upgrade") {
        return Err(senseless("its answer has no \"Connection: Upgrade\""));
    }
    if header_list(headers, "Sec-WebSocket-Accept") != [derive_accept_key(key.as_bytes())] {
        return Err(senseless("its Sec-WebSocket-Accept does not fit the key of the request"));
    }
    if !header_list(headers, "Sec-WebSocket-Extensions").is_empty() {
        return Err(senseless("it wants an extension that was not offered"));
    }
    match header_list(headers, "Sec-WebSocket-Protocol").as_slice() {
        [] if settings.protocols.is_empty() => Ok(None),
        [] => Err(senseless(&format!("it speaks no sub-protocol of {}", settings.protocols.join(", ")))),
        [one] if settings.protocols.contains(one) => Ok(Some(one.clone())),
        others => Err(senseless(&format!("it chose the sub-protocol {:?}, which was not offered", others.join(", ")))),
    }
}
