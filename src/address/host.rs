//! The parser of hosts, and of a host with a port. It decides how a host is written, never whether it exists.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::piece::Piece;
use super::{Host, IdError, port};

/// The longest host name in its textual form (RFC 1035 section 2.3.4, without the dot of the root).
const LONGEST_NAME: usize = 253;

/// Where a host stands, for what is to be written instead of a wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// There is no port beside it.
    Alone,
    /// A port may follow.
    BeforePort,
}

impl Place {
    fn host(self) -> &'static str {
        match self {
            Place::Alone => "write a host name or an IP address",
            Place::BeforePort => "write HOST:PORT",
        }
    }

    fn bracketed(self) -> &'static str {
        match self {
            Place::Alone => "write [V6]",
            Place::BeforePort => "write [V6]:PORT",
        }
    }
}

impl Host {
    /// Reads a host alone: a name, an IPv4 address, or an IPv6 address with or without brackets.
    ///
    /// # Errors
    /// [`IdError`] when it is none of these, or when a port follows.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match split_port(Piece::whole(text), Place::Alone)? {
            (host, None) => Ok(host),
            (_, Some(port)) => Err(port.error("no port belongs here: write the host alone")),
        }
    }
}

/// Takes `HOST`, `HOST:…`, `[V6]`, `[V6]:…`, `:…` or a bare IPv6 address apart, and leaves what follows the colon to the caller.
pub(super) fn split_port(address: Piece<'_>, place: Place) -> Result<(Host, Option<Piece<'_>>), IdError> {
    if let Some(inside) = address.after_prefix("[") {
        return bracketed(inside, place);
    }
    let Some((host, after)) = address.split_once(':') else { return Ok((name_or_v4(address, place)?, None)) };
    if after.text.contains(':') {
        return v6(address.text).map(|host| (host, None)).ok_or_else(|| too_many_colons(address, after, place));
    }
    match host.text {
        "" => Ok((Host::Unwritten, Some(after))),
        _ => Ok((name_or_v4(host, place)?, Some(after))),
    }
}

/// Reads a port where one has to be.
pub(super) fn port(piece: Piece<'_>) -> Result<u16, IdError> {
    port::parse(piece.text).map_err(|error| piece.error(error.to_string()))
}

/// Reads an IPv6 address without brackets, with its scope (RFC 4007 section 11).
fn v6(text: &str) -> Option<Host> {
    let Some((address, scope)) = text.split_once('%') else {
        return Some(Host::V6 { address: text.parse().ok()?, scope: None });
    };
    let address: Ipv6Addr = address.parse().ok()?;
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && !"/:%[]|".contains(c);
    (!scope.is_empty() && scope.chars().all(fits)).then(|| Host::V6 { address, scope: Some(scope.to_owned()) })
}

fn bracketed(inside: Piece<'_>, place: Place) -> Result<(Host, Option<Piece<'_>>), IdError> {
    let Some((address, after)) = inside.split_once(']') else {
        return Err(inside.error_at_end(format!("the closing bracket is missing: {}", place.bracketed())));
    };
    let Some(host) = v6(address.text) else {
        return Err(address.error(format!(
            "{:?} is not an IPv6 address, and only that goes in brackets: {} or {}",
            address.text,
            place.bracketed(),
            place.host().trim_start_matches("write ")
        )));
    };
    match after.after_prefix(":") {
        Some(port) => Ok((host, Some(port))),
        None if after.text.is_empty() => Ok((host, None)),
        None if place == Place::Alone => Err(after.error("nothing follows the closing bracket: write [V6]")),
        None => Err(after.error("a closing bracket is followed by a colon and a port: write [V6]:PORT")),
    }
}

/// `after` is what follows the first of the colons.
fn too_many_colons(address: Piece<'_>, after: Piece<'_>, place: Place) -> IdError {
    let second = after.text.find(':').unwrap_or(0);
    if place == Place::Alone {
        return after.error_at(second, format!("{:?} is not an IPv6 address: {}", address.text, place.host()));
    }
    if let Some((host, port)) = address.rsplit_once(':')
        && v6(host.text).is_some()
    {
        let instead = format!("an IPv6 address with a port needs brackets: write [{}]:{}", host.text, port.text);
        return host.error_at_end(instead);
    }
    after.error_at(second, "too many colons: write HOST:PORT, or [V6]:PORT for an IPv6 address")
}

fn name_or_v4(host: Piece<'_>, place: Place) -> Result<Host, IdError> {
    let text = host.text;
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::V4(address));
    }
    let labels = text.strip_suffix('.').unwrap_or(text);
    if text.is_empty() {
        return Err(host.error(format!("the host is missing: {}", place.host())));
    }
    if text == Host::EVERY_INTERFACE {
        return Err(host.error("\"*\" stands for every interface and is only for listening: write a host"));
    }
    if let Some((at, wrong)) = text.char_indices().find(|(_, c)| !belongs_in_a_name(*c)) {
        return Err(host.error_at(at, format!("{wrong:?} has no place in a host name: {}", place.host())));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let instead = match place {
            Place::Alone => place.host(),
            Place::BeforePort => "write HOST:PORT, or a port alone for localhost",
        };
        return Err(host.error(format!("{text:?} is a number and no host: {instead}")));
    }
    if looks_like_v4(text) {
        let reason = format!("{text:?} is not an IPv4 address: write four numbers from 0 to 255 without leading zeros");
        return Err(host.error(reason));
    }
    if let Some(at) = empty_label(labels) {
        return Err(host.error_at(at, format!("{text:?} is not a host name: a dot stands between two parts")));
    }
    if labels.len() > LONGEST_NAME {
        let reason = format!("a host name has at most {LONGEST_NAME} bytes, and this one {}", labels.len());
        return Err(host.error(reason));
    }
    Ok(Host::Name(text.to_owned()))
}

/// Anything that is not ASCII may be part of an internationalised name; the resolver knows which.
fn belongs_in_a_name(c: char) -> bool {
    match c {
        'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '_' | '.' => true,
        _ => !c.is_ascii() && !c.is_whitespace() && !c.is_control(),
    }
}

/// Four numbers with dots are meant as an address; a resolver that took `010.0.0.1` would read it as octal.
fn looks_like_v4(text: &str) -> bool {
    text.split('.').count() == 4 && text.split('.').all(port::is_number)
}

/// Where the first label that is empty stands.
fn empty_label(labels: &str) -> Option<usize> {
    match labels.starts_with('.') || labels.is_empty() {
        true => Some(0),
        false => labels.find("..").map(|at| at + 1).or_else(|| labels.ends_with('.').then_some(labels.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v6_host(address: &str, scope: Option<&str>) -> Host {
        Host::V6 { address: address.parse().unwrap(), scope: scope.map(str::to_owned) }
    }

    #[test]
    fn hosts() {
        let longest = format!("{}.", ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join("."));
        let name = |text: &str| Host::Name(text.to_owned());
        let table = [
            ("localhost", name("localhost")),
            ("Example.COM", name("Example.COM")),
            ("example.com.", name("example.com.")),
            ("my_host-1", name("my_host-1")),
            ("bücher.example", name("bücher.example")),
            ("127.1", name("127.1")),
            ("1.2.3.4.5", name("1.2.3.4.5")),
            (longest.as_str(), name(&longest)),
            ("10.0.0.1", Host::V4(Ipv4Addr::new(10, 0, 0, 1))),
            ("::1", v6_host("::1", None)),
            ("[::1]", v6_host("::1", None)),
            ("::ffff:10.0.0.1", v6_host("::ffff:10.0.0.1", None)),
            ("fe80::1%eth0", v6_host("fe80::1", Some("eth0"))),
            ("[fe80::1%3]", v6_host("fe80::1", Some("3"))),
        ];
        for (text, host) in table {
            assert_eq!(Host::parse(text), Ok(host), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_and_where() {
        let too_long = format!("{}example", "a.".repeat(130));
        let table = [
            ("", 0, "host is missing"),
            ("*", 0, "every interface"),
            ("80", 0, "is a number"),
            ("a b", 1, "' ' has no place"),
            ("user@host", 4, "'@' has no place"),
            ("a/b", 1, "'/' has no place"),
            ("a\0", 1, "'\\0' has no place"),
            ("日本\u{3000}", 2, "has no place"),
            ("256.0.0.1", 0, "not an IPv4 address"),
            ("010.0.0.1", 0, "without leading zeros"),
            (".", 0, "a dot stands"),
            (".a", 0, "a dot stands"),
            ("a..b", 2, "a dot stands"),
            ("a..", 2, "a dot stands"),
            (too_long.as_str(), 0, "at most 253 bytes, and this one 267"),
            ("host:80", 5, "no port belongs here"),
            ("[::1]:80", 6, "no port belongs here"),
            ("[::1", 4, "closing bracket is missing"),
            ("[::1]x", 5, "nothing follows"),
            ("[10.0.0.1]", 1, "only that goes in brackets"),
            ("[fe80::1%]", 1, "not an IPv6 address"),
            ("[fe80::1%eth0/64]", 1, "not an IPv6 address"),
            ("fe80::1%", 5, "not an IPv6 address"),
            ("2001:db8::1::80", 8, "not an IPv6 address"),
            ("a:b:c", 3, "not an IPv6 address"),
        ];
        for (text, column, reason) in table {
            let error = Host::parse(text).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
            assert!(!error.reason.contains("PORT"), "{text}: {error}");
            assert_eq!(error.column, column, "{text}: {error}");
        }
    }

    #[test]
    fn what_is_no_host_before_a_port() {
        let table = [
            ("", 0, "write HOST:PORT"),
            ("a b", 1, "write HOST:PORT"),
            ("80", 0, "or a port alone for localhost"),
            ("[::1", 4, "write [V6]:PORT"),
            ("[::1]x", 5, "followed by a colon"),
            ("[10.0.0.1]", 1, "write [V6]:PORT or HOST:PORT"),
            ("fe80::1%", 5, "too many colons"),
            ("2001:db8::1::80", 8, "too many colons"),
            ("fe80::1%eth0:80", 12, "write [fe80::1%eth0]:80"),
            ("2001:db8:0:0:0:0:0:1:80", 20, "write [2001:db8:0:0:0:0:0:1]:80"),
            (":::80", 2, "write [::]:80"),
            ("a:b:c", 3, "too many colons"),
        ];
        for (text, column, reason) in table {
            let error = split_port(Piece::whole(text), Place::BeforePort).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
            assert_eq!(error.column, column, "{text}: {error}");
        }
    }
}
