//! The request for a WebSocket and its answer (RFC 6455 section 4.2), as values: what is asked for, and whether it is agreed to. No
//! I/O.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::HEADERS;

/// What a client asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The method; a WebSocket begins with GET.
    pub method: String,
    /// The path and query.
    pub resource: String,
    /// The headers in order.
    pub headers: Vec<(String, String)>,
}

/// How a request for a WebSocket is answered: status 101 with these headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The sub-protocol.
    pub protocol: Option<String>,
    /// The headers of the answer.
    pub headers: Vec<(&'static str, String)>,
}

/// How a request is answered that makes no WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// Its phrase.
    pub phrase: &'static str,
    /// A header that the status asks for.
    pub header: Option<(&'static str, &'static str)>,
    /// What is wrong, in words.
    pub problem: &'static str,
}

/// Whether a request makes a WebSocket, and how it is answered. Of the sub-protocols that the client offers the first one is taken
/// that is among `protocols`.
///
/// # Errors
/// How it is refused.
pub fn judge(request: &Request, protocols: &[String]) -> Result<Agreement, Refusal> {
    let bad = |problem| Refusal { status: 400, phrase: "Bad Request", header: None, problem };
    if request.method != "GET" {
        let (phrase, header) = ("Method Not Allowed", Some(("Allow", "GET")));
        return Err(Refusal { status: 405, phrase, header, problem: "a WebSocket begins with GET" });
    }
    let headers = request.headers.as_slice();
    if !has_token(headers, "Upgrade", "websocket") || !has_token(headers, "Connection", "upgrade") {
        let (phrase, header) = ("Upgrade Required", Some(("Upgrade", "websocket")));
        return Err(Refusal { status: 426, phrase, header, problem: "the client asks for no WebSocket" });
    }
    if header_list(headers, "Sec-WebSocket-Version") != ["13"] {
        let (phrase, header) = ("Upgrade Required", Some(("Sec-WebSocket-Version", "13")));
        return Err(Refusal { status: 426, phrase, header, problem: "the client speaks another version than 13" });
    }
    let keys = header_list(headers, "Sec-WebSocket-Key");
    let [key] = keys.as_slice() else { return Err(bad("the request has no key, or several")) };
    if STANDARD.decode(key).map_or(true, |nonce| nonce.len() != 16) {
        return Err(bad("the key of the request is not 16 bytes in base64"));
    }
    let protocol = header_list(headers, "Sec-WebSocket-Protocol").into_iter().find(|name| protocols.contains(name));
    let mut answer = vec![
        ("Upgrade", "websocket".to_owned()),
        ("Connection", "Upgrade".to_owned()),
        ("Sec-WebSocket-Accept", derive_accept_key(key.as_bytes())),
    ];
    answer.extend(protocol.iter().map(|name| ("Sec-WebSocket-Protocol", name.clone())));
    Ok(Agreement { protocol, headers: answer })
}

/// A header of either library.
pub(super) trait Field {
    fn name(&self) -> &str;
    fn value(&self) -> &[u8];
}

impl Field for httparse::Header<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn value(&self) -> &[u8] {
        self.value
    }
}

impl Field for (String, String) {
    fn name(&self) -> &str {
        &self.0
    }

    fn value(&self) -> &[u8] {
        self.1.as_bytes()
    }
}

/// The elements of a header that is a list, over all its lines (RFC 9110 section 5.6.1).
pub(super) fn header_list(headers: &[impl Field], name: &str) -> Vec<String> {
    let lines = headers.iter().filter(|header| header.name().eq_ignore_ascii_case(name));
    let texts = lines.map(|header| String::from_utf8_lossy(header.value()).into_owned());
    let elements: Vec<Vec<String>> =
        texts.map(|text| text.split(',').map(|element| element.trim().to_owned()).collect()).collect();
    elements.concat().into_iter().filter(|element| !element.is_empty()).collect()
}

/// Whether such a list has this word.
pub(super) fn has_token(headers: &[impl Field], name: &str, token: &str) -> bool {
    header_list(headers, name).iter().any(|element| element.eq_ignore_ascii_case(token))
}

impl Agreement {
    /// The answer.
    pub(super) fn head(&self) -> String {
        let lines: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n")
    }
}

impl Refusal {
    /// The answer.
    pub(super) fn answer(&self) -> String {
        let Refusal { status, phrase, header, problem } = self;
        let connection = if *status == 426 { "Upgrade, close" } else { "close" };
        let header = header.map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
        let body = format!("{problem}\n");
        let length = body.len();
        format!(
            "HTTP/1.1 {status} {phrase}\r\nConnection: {connection}\r\n{header}Content-Type: text/plain\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
    }
}

impl Request {
    /// Reads the head of a request, the blank line included.
    ///
    /// # Errors
    /// How one is refused that is none.
    pub fn parse(head: &[u8]) -> Result<Self, Refusal> {
        let malformed =
            Refusal { status: 400, phrase: "Bad Request", header: None, problem: "the request is malformed" };
        let mut space = [httparse::EMPTY_HEADER; HEADERS];
        let mut request = httparse::Request::new(&mut space);
        let whole = request.parse(head).is_ok_and(|parsed| parsed.is_complete());
        let (Some(method), Some(path), Some(1), true) = (request.method, request.path, request.version, whole) else {
            return Err(malformed);
        };
        let text = |header: &httparse::Header<'_>| {
            (header.name.to_owned(), String::from_utf8_lossy(header.value).trim().to_owned())
        };
        Ok(Request {
            method: method.to_owned(),
            resource: path.to_owned(),
            headers: request.headers.iter().map(text).collect(),
        })
    }

    /// What programs are told: the path and query, and each header by its name.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut variables = vec![("NETVERB_RESOURCE".to_owned(), self.resource.clone())];
        for (name, value) in &self.headers {
            let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
            let variable = format!("NETVERB_HEADER_{}", name.chars().map(letter).collect::<String>());
            match variables.iter_mut().find(|(known, _)| *known == variable) {
                Some((_, values)) => *values = format!("{values}, {value}"),
                None => variables.push((variable, value.replace('\0', ""))),
            }
        }
        variables
    }
}
