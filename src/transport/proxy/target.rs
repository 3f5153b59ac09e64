//! Where a proxy is asked to connect to. Nothing is resolved here.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::address::Host;

/// A name or an address, with a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A name that the proxy resolves.
    Name {
        /// The name.
        name: String,
        /// The port.
        port: u16,
    },
    /// An address.
    Address(SocketAddr),
}

impl Target {
    /// The target that a user wrote. The scope of an address is left out: it means nothing on the proxy's machine. An
    /// unwritten host is localhost, the proxy's own.
    pub fn new(host: &Host, port: u16) -> Self {
        match host {
            Host::Unwritten => Target::Name { name: "localhost".to_owned(), port },
            Host::Name(name) => Target::Name { name: name.strip_suffix('.').unwrap_or(name).to_owned(), port },
            Host::V4(address) => Target::Address((*address, port).into()),
            Host::V6 { address, .. } => Target::Address((*address, port).into()),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        match self {
            Target::Name { port, .. } => *port,
            Target::Address(address) => address.port(),
        }
    }

    /// Whether the name, if it is one, has only characters that can stand in a host name on the wire. All else would
    /// mean something to the protocol around it.
    pub(super) fn is_speakable(&self) -> bool {
        let fits = |c: char| c.is_ascii_graphic() && !"/?#@:[]\\".contains(c);
        match self {
            Target::Name { name, .. } => (1..=255).contains(&name.len()) && name.chars().all(fits),
            Target::Address(_) => true,
        }
    }

    /// The host as it stands in a URL (RFC 3986 section 3.2.2).
    pub(super) fn url_host(&self) -> String {
        match self {
            Target::Name { name, .. } => name.clone(),
            Target::Address(address) => match address.ip() {
                IpAddr::V4(v4) => v4.to_string(),
                IpAddr::V6(v6) => format!("[{v6}]"),
            },
        }
    }
}

impl fmt::Display for Target {
    /// `HOST:PORT`, an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.url_host(), self.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_becomes_a_target() {
        for (host, target) in [
            ("host.example", "host.example:80"),
            ("host.example.", "host.example:80"),
            ("10.0.0.1", "10.0.0.1:80"),
            ("fe80::1%eth0", "[fe80::1]:80"),
        ] {
            assert_eq!(Target::new(&Host::parse(host).unwrap(), 80).to_string(), target);
        }
        assert_eq!(Target::new(&Host::Unwritten, 80).to_string(), "localhost:80");
    }

    #[test]
    fn only_names_that_mean_nothing_else_are_sent() {
        let name = |name: &str| Target::Name { name: name.to_owned(), port: 1 };
        assert!(name("my_host-1.example").is_speakable());
        for bad in ["", "a b", "a\r\nX: y", "bücher.example", "a:1", "a/b", "\0", &"a".repeat(256)] {
            assert!(!name(bad).is_speakable(), "{bad:?}");
        }
    }
}
