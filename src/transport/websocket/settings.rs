//! What a WebSocket may carry and how it behaves, as both sides of it are told by the command line.

use std::time::Duration;

use super::closing::CloseFrame;
use crate::message::Kind;
use crate::transport::http_head::is_token;

/// How a WebSocket behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The largest message in bytes, in either direction.
    pub limit: usize,
    /// What messages of no said kind are sent as; [`Kind::Unsaid`]: as text where they are UTF-8, else as binary.
    pub kind: Kind,
    /// How often the peer is asked whether it is still there. It has as much time to answer.
    pub ping: Option<Duration>,
    /// The sub-protocols that are offered or, by a server, understood; the dearest first.
    pub protocols: Vec<String>,
    /// Headers for the request of a client.
    pub headers: Vec<(String, String)>,
    /// What our side closes with.
    pub farewell: CloseFrame,
    /// How much is read at once, in bytes; each socket holds as much.
    pub read_buffer: usize,
}

impl Settings {
    /// What is read at once by a socket that is one of many.
    pub const SMALL_BUFFER: usize = 8 << 10;
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            limit: 64 << 20,
            kind: Kind::Unsaid,
            ping: None,
            protocols: Vec::new(),
            headers: Vec::new(),
            farewell: CloseFrame::NORMAL,
            read_buffer: 256 << 10,
        }
    }
}

/// A sub-protocol that cannot be written in a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a sub-protocol: {0:?}; letters, digits and !#$%&'*+-.^_`|~ make one")]
pub struct SubprotocolError(String);

/// Reads the name of a sub-protocol (RFC 6455 section 4.1).
///
/// # Errors
/// A character that cannot stand in one.
pub fn parse_subprotocol(text: &str) -> Result<String, SubprotocolError> {
    if is_token(text) { Ok(text.to_owned()) } else { Err(SubprotocolError(text.to_owned())) }
}

/// Checks a header for the request: the ones that make the handshake are not the user's to write.
///
/// # Errors
/// A sentence that says what is wrong and what to type instead.
pub fn parse_header(name: &str, value: &str) -> Result<(), String> {
    const OURS: [&str; 6] = [
        "connection",
        "upgrade",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-extensions",
        "sec-websocket-accept",
    ];
    let lower = name.to_ascii_lowercase();
    if !is_token(name) {
        return Err(format!("{name:?} is not the name of a header; type it as 'Name: value'"));
    }
    if OURS.contains(&lower.as_str()) {
        return Err(format!("the header {name} belongs to the handshake and is written by it; leave it out"));
    }
    if lower == "sec-websocket-protocol" {
        return Err(format!("the header {name} belongs to the handshake; type --subprotocol {value}"));
    }
    if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
        return Err(format!("the value of the header {name} has a control character; a header is one line"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_protocols_are_tokens() {
        for name in ["chat", "v12.stomp", "graphql-ws", "soap+x"] {
            assert_eq!(parse_subprotocol(name), Ok(name.to_owned()));
        }
        for name in ["", "a b", "a,b", "ä", "a\r\n", "(x)"] {
            assert_eq!(parse_subprotocol(name), Err(SubprotocolError(name.to_owned())));
        }
    }

    #[test]
    fn headers_may_neither_end_early_nor_make_the_handshake() {
        for (name, value) in [("Origin", "https://x.example"), ("X", ""), ("Cookie", "a=b; c=ü"), ("Host", "x")] {
            assert_eq!(parse_header(name, value), Ok(()), "{name}");
        }
        for (name, value, reason) in [
            ("", "x", "not the name"),
            ("a b", "x", "not the name"),
            ("X", "a\r\nY: b", "control character"),
            ("X", "a\0", "control character"),
            ("upgrade", "h2c", "belongs to the handshake"),
            ("Sec-WebSocket-Protocol", "chat", "type --subprotocol chat"),
        ] {
            let error = parse_header(name, value).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
