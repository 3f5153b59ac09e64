//! The URLs of WebSockets (RFC 6455 section 3): `ws://HOST[:PORT]/RESOURCE`, `wss://…`, and `ws+unix:/path:/RESOURCE`.

use std::fmt;

use super::piece::Piece;
use super::{Endpoint, Host, IdError, UnixName, host, unix_name};

/// What may stand in a resource as it is (RFC 3986 section 3.3 and 3.4), beside letters and digits.
const AS_IT_IS: &str = "-._~:/?[]@!$&'()*+,;=%";

fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// Reads what follows `ws://` or `wss://`.
pub(super) fn parse(rest: Piece<'_>, secure: bool) -> Result<Endpoint, IdError> {
    let end = rest.text.find(['/', '?', '#']).unwrap_or(rest.text.len());
    let (authority, resource) = rest.split_at(end);
    if let Some((user, _)) = authority.rsplit_once('@') {
        return Err(user.error("a WebSocket URL has no user: write -H 'Authorization: …' instead"));
    }
    let (host, port) = host::split_port(authority, host::Place::BeforePort)?;
    if host == Host::Unwritten {
        return Err(authority.error("the host is missing: write localhost"));
    }
    let port = port.map_or(Ok(default_port(secure)), host::port)?;
    Ok(Endpoint::WebSocket { secure, host: with_url_scope(host), port, resource: parse_resource(resource)? })
}

/// Reads what follows `ws+unix:`. The first `:/` ends the path; a colon in the path is `%3A`.
pub(super) fn parse_unix(rest: Piece<'_>) -> Result<Endpoint, IdError> {
    let end = rest.text.find(":/").unwrap_or(rest.text.len());
    let (path, resource) = rest.split_at(end);
    Ok(Endpoint::WebSocketUnix { name: unix_name::parse(path)?, resource: parse_resource(resource.skip(1))? })
}

/// In a URL the `%` before a scope is itself escaped (RFC 6874 section 2); without that, it is taken as it is.
fn with_url_scope(host: Host) -> Host {
    match host {
        Host::V6 { address, scope: Some(scope) } => {
            let plain = scope.strip_prefix("25").filter(|plain| !plain.is_empty());
            Host::V6 { address, scope: Some(plain.unwrap_or(&scope).to_owned()) }
        }
        other => other,
    }
}

/// A resource that can stand in a request line: what a URL cannot contain is percent-encoded.
fn parse_resource(piece: Piece<'_>) -> Result<String, IdError> {
    let mut resource = String::with_capacity(piece.text.len() + 1);
    if !piece.text.starts_with('/') {
        resource.push('/');
    }
    for (at, character) in piece.text.char_indices() {
        match character {
            '#' => return Err(piece.error_at(at, "a WebSocket URL has no fragment: write %23 for the character")),
            c if c.is_ascii_control() => {
                return Err(piece.error_at(at, format!("{c:?} has no place in a URL: write it percent-encoded")));
            }
            c if c.is_ascii_alphanumeric() || AS_IT_IS.contains(c) => resource.push(c),
            c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| resource.push_str(&format!("%{byte:02X}"))),
        }
    }
    Ok(resource)
}

/// Writes the URL; the port only where it is not the scheme's own.
pub(super) fn write(f: &mut fmt::Formatter<'_>, secure: bool, host: &Host, port: u16, resource: &str) -> fmt::Result {
    f.write_str(if secure { "wss://" } else { "ws://" })?;
    match host {
        Host::V6 { address, scope: Some(scope) } => write!(f, "[{address}%25{scope}]")?,
        Host::V6 { .. } => write!(f, "[{host}]")?,
        _ => write!(f, "{host}")?,
    }
    if port != default_port(secure) {
        write!(f, ":{port}")?;
    }
    f.write_str(resource)
}

/// Writes the `ws+unix:` form.
pub(super) fn write_unix(f: &mut fmt::Formatter<'_>, name: &UnixName, resource: &str) -> fmt::Result {
    f.write_str("ws+unix:")?;
    unix_name::write(f, name, &[':'])?;
    write!(f, ":{resource}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(secure: bool, host: &str, port: u16, resource: &str) -> Endpoint {
        Endpoint::WebSocket { secure, host: Host::parse(host).unwrap(), port, resource: resource.to_owned() }
    }

    #[test]
    fn urls() {
        let table = [
            ("host", false, web(false, "host", 80, "/")),
            ("host", true, web(true, "host", 443, "/")),
            ("host:8080/", false, web(false, "host", 8080, "/")),
            ("host:http/a/b?c=d:/e", true, web(true, "host", 80, "/a/b?c=d:/e")),
            ("host?q=/", false, web(false, "host", 80, "/?q=/")),
            ("[::1]:81/x", false, web(false, "::1", 81, "/x")),
            ("[fe80::1%25eth0]/x", false, web(false, "fe80::1%eth0", 80, "/x")),
            ("[fe80::1%eth0]/x", false, web(false, "fe80::1%eth0", 80, "/x")),
            ("[fe80::1%25]/x", false, web(false, "fe80::1%25", 80, "/x")),
            ("host/a b|ü\"\\%20", false, web(false, "host", 80, "/a%20b%7C%C3%BC%22%5C%20")),
        ];
        for (text, secure, endpoint) in table {
            assert_eq!(parse(Piece::whole(text), secure), Ok(endpoint), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_and_where() {
        let table = [
            ("", 0, "host is missing"),
            ("/x", 0, "host is missing"),
            (":80/x", 0, "host is missing: write localhost"),
            ("8080/x", 0, "is a number"),
            ("host:/x", 5, "not a valid port"),
            ("host:99999/x", 5, "ports go from 0 to 65535"),
            ("user:secret@host/x", 0, "Authorization"),
            ("host/ü#f", 6, "no fragment"),
            ("host#f", 4, "no fragment"),
            ("host/ü\r\nX: y", 6, "'\\r' has no place in a URL"),
            ("ho st/", 2, "' ' has no place in a host name"),
        ];
        for (text, column, reason) in table {
            let error = parse(Piece::whole(text), false).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
            assert_eq!(error.column, column, "{text}: {error}");
        }
    }

    #[test]
    fn over_a_unix_socket() {
        let table = [
            ("/run/x", UnixName::Path("/run/x".into()), "/"),
            ("/run/x:/r?u=a:/b", UnixName::Path("/run/x".into()), "/r?u=a:/b"),
            ("/run/a%3A/b:/", UnixName::Path("/run/a:/b".into()), "/"),
            ("@name:/r", UnixName::Abstract(b"name".to_vec()), "/r"),
        ];
        for (text, name, resource) in table {
            let endpoint = Endpoint::WebSocketUnix { name, resource: resource.to_owned() };
            assert_eq!(parse_unix(Piece::whole(text)), Ok(endpoint), "{text}");
        }
        assert_eq!(parse_unix(Piece::whole(":/r")).unwrap_err().column, 0);
        assert_eq!(parse_unix(Piece::whole("/x:/r#")).unwrap_err().column, 5);
    }
}
