//! What the head of a request to an HTTP proxy means, and its rewriting for the origin. No I/O.

use httparse::{EMPTY_HEADER, Header, Status};

use super::super::credentials::Credentials;
use super::super::target::Target;
use super::{Dialect, Request, RequestError};
use crate::address::Host;
use crate::transport::http_head;

/// More headers than any client sends.
const MOST_HEADERS: usize = 256;

/// Headers that concern only the connection between client and proxy (RFC 9110 section 7.6.1), beside `Proxy-*` and
/// those that `Connection` names.
const HOP_BY_HOP: [&str; 4] = ["connection", "keep-alive", "te", "upgrade"];

/// Headers that `Connection` must not take away: they say where the request ends and whom it is for.
const FRAMING: [&str; 3] = ["content-length", "transfer-encoding", "host"];

/// Reads a whole head; `body` came behind it.
pub(super) fn read(head: &[u8], body: Vec<u8>, credentials: Option<&Credentials>) -> Result<Request, RequestError> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let malformed = |what: &str| RequestError::Malformed(format!("{what}: {}", http_head::first_line(head)));
    match request.parse(head) {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) => return Err(malformed("it is not HTTP")),
        Err(httparse::Error::TooManyHeaders) => return Err(RequestError::TooLarge),
        Err(error) => return Err(malformed(&error.to_string())),
    }
    let (Some(method), Some(path), Some(version)) = (request.method, request.path, request.version) else {
        return Err(malformed("it is not HTTP"));
    };
    if credentials.is_some_and(|credentials| !is_authorized(credentials, request.headers)) {
        return Err(RequestError::Unauthorized);
    }
    if method == "CONNECT" {
        let target = target(path, None).ok_or_else(|| malformed("CONNECT needs HOST:PORT"))?;
        return Ok(Request { target, first: body, dialect: Dialect::Tunnel });
    }
    let Some((scheme, rest)) = path.split_once("://") else {
        return Err(malformed("this is a proxy, it needs a whole URL or CONNECT"));
    };
    if !scheme.eq_ignore_ascii_case("http") {
        return Err(RequestError::Unsupported(format!("only http:// URLs: {}", http_head::first_line(head))));
    }
    let (authority, resource) =
        rest.split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len())).unwrap_or((rest, ""));
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let target = target(place, Some(80)).ok_or_else(|| malformed("its URL has no valid host"))?;
    let host = if target.port() == 80 { target.url_host() } else { target.to_string() };
    let mut first =
        format!("{method} {} HTTP/1.{version}\r\nHost: {host}\r\n", origin_form(method, resource)).into_bytes();
    let named = named_by_connection(request.headers);
    for header in request.headers.iter().filter(|header| is_for_origin(header, &named)) {
        first.extend_from_slice(header.name.as_bytes());
        first.extend_from_slice(b": ");
        first.extend_from_slice(header.value);
        first.extend_from_slice(b"\r\n");
    }
    first.extend_from_slice(b"Connection: close\r\n\r\n");
    first.extend(body);
    Ok(Request { target, first, dialect: Dialect::Forward })
}

fn is_authorized(credentials: &Credentials, headers: &[Header<'_>]) -> bool {
    headers
        .iter()
        .any(|header| header.name.eq_ignore_ascii_case("Proxy-Authorization") && credentials.are_basic(header.value))
}

/// `HOST:PORT`; with a port to assume the port may be missing or empty (RFC 3986 section 3.2.3).
fn target(place: &str, assumed: Option<u16>) -> Option<Target> {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (place, ""),
    };
    let port = match port {
        "" => assumed?,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    match Host::parse(host).ok()? {
        Host::Unwritten => None,
        host => Some(Target::new(&host, port)).filter(Target::is_speakable),
    }
}

/// What the origin is asked for (RFC 9112 sections 3.2.1 and 3.2.4).
fn origin_form(method: &str, resource: &str) -> String {
    let resource = resource.split('#').next().unwrap_or_default();
    match resource {
        "" if method == "OPTIONS" => "*".to_owned(),
        path if path.starts_with('/') => path.to_owned(),
        query => format!("/{query}"),
    }
}

/// The headers that `Connection` names, in lower case.
fn named_by_connection(headers: &[Header<'_>]) -> Vec<String> {
    headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("Connection"))
        .flat_map(|header| header.value.split(|byte| *byte == b','))
        .map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase())
        .filter(|name| !FRAMING.contains(&name.as_str()))
        .collect()
}

fn is_for_origin(header: &Header<'_>, named: &[String]) -> bool {
    let name = header.name.to_ascii_lowercase();
    name != "host" && !name.starts_with("proxy-") && !HOP_BY_HOP.contains(&name.as_str()) && !named.contains(&name)
}
