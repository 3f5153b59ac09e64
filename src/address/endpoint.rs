//! Where a socket leads: one value for every transport that the command line can name.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use super::websocket_url;

/// A host as it was written. Names compare without case.
#[derive(Debug, Clone, Eq)]
pub enum Host {
    /// Not written, as in `:80`: localhost to `open`, every interface to `accept`.
    Unwritten,
    /// A name to resolve.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address; the scope (RFC 4007 section 11) is an interface name or index, as in `fe80::1%eth0`.
    V6 {
        /// The address.
        address: Ipv6Addr,
        /// What follows `%`.
        scope: Option<String>,
    },
}

impl Host {
    /// The name that stands for every interface, as in `accept *:80`; only listening addresses have it.
    pub const EVERY_INTERFACE: &str = "*";

    /// Whether this is `*`, which is to be bound on all interfaces and not resolved.
    pub fn is_every_interface(&self) -> bool {
        matches!(self, Host::Name(name) if name == Host::EVERY_INTERFACE)
    }

    /// `HOST:PORT`, an IPv6 address in brackets, an unwritten host as nothing.
    pub fn with_port(&self, port: u16) -> String {
        format!("{}:{port}", self.authority())
    }

    /// What stands before the colon and the port.
    pub(super) fn authority(&self) -> String {
        match self {
            Host::V6 { .. } => format!("[{self}]"),
            _ => self.to_string(),
        }
    }

    fn folded(&self) -> Self {
        match self {
            Host::Name(name) => Host::Name(name.to_ascii_lowercase()),
            other => other.clone(),
        }
    }

    /// Whether `HOST:PORT` alone would read as something else, as `unix:80` does.
    pub(super) fn is_a_scheme(&self) -> bool {
        let reserved =
            |name: &String| ["unix", "seqpacket", "fd", "systemd"].iter().any(|s| s.eq_ignore_ascii_case(name));
        matches!(self, Host::Name(name) if reserved(name))
    }
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Host::Unwritten, Host::Unwritten) => true,
            (Host::Name(a), Host::Name(b)) => a.eq_ignore_ascii_case(b),
            (Host::V4(a), Host::V4(b)) => a == b,
            (Host::V6 { address: a, scope: s }, Host::V6 { address: b, scope: t }) => a == b && s == t,
            _ => false,
        }
    }
}

impl Hash for Host {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Host::Unwritten => {}
            Host::Name(name) => name.to_ascii_lowercase().hash(state),
            Host::V4(address) => address.hash(state),
            Host::V6 { address, scope } => (address, scope).hash(state),
        }
    }
}

/// An IPv6 address stands without brackets, an unwritten host is empty.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Unwritten => Ok(()),
            Host::Name(name) => f.write_str(name),
            Host::V4(address) => write!(f, "{address}"),
            Host::V6 { address, scope: None } => write!(f, "{address}"),
            Host::V6 { address, scope: Some(scope) } => write!(f, "{address}%{scope}"),
        }
    }
}

/// What is spoken over an internet address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// A plain TCP stream.
    Tcp,
    /// TLS over TCP.
    Tls,
    /// UDP datagrams.
    Udp,
}

/// What kind of Unix socket a path or abstract name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnixKind {
    /// SOCK_STREAM.
    Stream,
    /// SOCK_SEQPACKET.
    Seqpacket,
    /// SOCK_STREAM that carries ZeroMQ (`ipc://`).
    ZeroMq,
}

/// The name of a Unix socket (unix(7)).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UnixName {
    /// A path in the file system.
    Path(PathBuf),
    /// A name in the abstract namespace, without its leading NUL; any bytes.
    Abstract(Vec<u8>),
}

/// Where a socket leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `HOST:PORT`, `tcp://…`, `tls://…`, `udp://…`.
    Inet {
        /// What is spoken there.
        scheme: Scheme,
        /// The host as written.
        host: Host,
        /// The port number, service names resolved.
        port: u16,
    },
    /// `unix:…`, `seqpacket:…`, `ipc://…`.
    Unix {
        /// The kind of socket.
        kind: UnixKind,
        /// Its name.
        name: UnixName,
    },
    /// `ws://…`, `wss://…`.
    WebSocket {
        /// Whether TLS is below (`wss`).
        secure: bool,
        /// The host as written.
        host: Host,
        /// The port: 80 or 443 where none is written.
        port: u16,
        /// The path and query, beginning with `/`.
        resource: String,
    },
    /// `ws+unix:/path:/resource`: a WebSocket over a Unix stream.
    WebSocketUnix {
        /// The name of the Unix socket.
        name: UnixName,
        /// The path and query, beginning with `/`.
        resource: String,
    },
}

impl Endpoint {
    /// The address by which a script calls a socket that has no name: `host:port` for TCP, TLS and UDP alike, with `localhost` where
    /// no host is written; the whole address for all others.
    pub fn handle(&self) -> String {
        match self {
            Endpoint::Inet { host: Host::Unwritten, port, .. } => format!("localhost:{port}"),
            Endpoint::Inet { host, port, .. } => {
                Endpoint::Inet { scheme: Scheme::Tcp, host: host.clone(), port: *port }.to_string()
            }
            other => other.to_string(),
        }
    }

    /// Whether a WebSocket is spoken there.
    pub fn is_websocket(&self) -> bool {
        matches!(self, Endpoint::WebSocket { .. } | Endpoint::WebSocketUnix { .. })
    }

    /// The same in one spelling: host names in lower case, paths (which keep their case) without doubled slashes and the like.
    pub(super) fn folded(&self) -> Self {
        let mut folded = self.clone();
        match &mut folded {
            Endpoint::Inet { host, .. } | Endpoint::WebSocket { host, .. } => *host = host.folded(),
            Endpoint::Unix { name, .. } | Endpoint::WebSocketUnix { name, .. } => {
                if let UnixName::Path(path) = name {
                    *path = path.components().collect();
                }
            }
        }
        folded
    }
}

/// The shortest text that reads back as the same.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Inet { scheme, host, port } => {
                let prefix = match scheme {
                    Scheme::Tcp if host.is_a_scheme() => "tcp://",
                    Scheme::Tcp => "",
                    Scheme::Tls => "tls://",
                    Scheme::Udp => "udp://",
                };
                write!(f, "{prefix}{}", host.with_port(*port))
            }
            Endpoint::Unix { kind, name } => write!(f, "{}{name}", kind.prefix()),
            Endpoint::WebSocket { secure, host, port, resource } => {
                websocket_url::write(f, *secure, host, *port, resource)
            }
            Endpoint::WebSocketUnix { name, resource } => websocket_url::write_unix(f, name, resource),
        }
    }
}

impl UnixKind {
    /// What an address of this kind begins with.
    pub fn prefix(self) -> &'static str {
        match self {
            UnixKind::Stream => "unix:",
            UnixKind::Seqpacket => "seqpacket:",
            UnixKind::ZeroMq => "ipc://",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn v6(scope: Option<&str>) -> Host {
        Host::V6 { address: "fe80::1".parse().unwrap(), scope: scope.map(str::to_owned) }
    }

    fn name(text: &str) -> Host {
        Host::Name(text.to_owned())
    }

    fn inet(scheme: Scheme, host: Host, port: u16) -> Endpoint {
        Endpoint::Inet { scheme, host, port }
    }

    #[test]
    fn hosts_print_without_brackets_and_with_a_port_in_them() {
        let table = [
            (Host::Unwritten, "", ":80"),
            (name("Example.com"), "Example.com", "Example.com:80"),
            (Host::V4(Ipv4Addr::LOCALHOST), "127.0.0.1", "127.0.0.1:80"),
            (v6(None), "fe80::1", "[fe80::1]:80"),
            (v6(Some("eth0")), "fe80::1%eth0", "[fe80::1%eth0]:80"),
        ];
        for (host, alone, with_port) in table {
            assert_eq!(host.to_string(), alone);
            assert_eq!(host.with_port(80), with_port);
        }
    }

    #[test]
    fn host_names_compare_without_case_and_scopes_with_it() {
        assert_eq!(name("Mail.Example"), name("mAIL.eXAMPLE"));
        assert!(HashSet::from([name("A")]).contains(&name("a")));
        assert_ne!(name("a"), name("b"));
        assert_ne!(v6(Some("eth0")), v6(Some("ETH0")));
        assert_ne!(v6(None), v6(Some("eth0")));
        assert_ne!(Host::Unwritten, name(""));
        assert_ne!(name("127.0.0.1"), Host::V4(Ipv4Addr::LOCALHOST));
    }

    #[test]
    fn addresses_print_as_they_are_typed() {
        let path = |text: &str| UnixName::Path(PathBuf::from(text));
        let web = |secure, host, port, resource: &str| Endpoint::WebSocket {
            secure,
            host,
            port,
            resource: resource.to_owned(),
        };
        let unix = |kind, name| Endpoint::Unix { kind, name };
        let table = [
            (inet(Scheme::Tcp, name("host"), 25), "host:25"),
            (inet(Scheme::Tcp, Host::Unwritten, 25), ":25"),
            (inet(Scheme::Tcp, name("Unix"), 25), "tcp://Unix:25"),
            (inet(Scheme::Tls, v6(Some("eth0")), 443), "tls://[fe80::1%eth0]:443"),
            (inet(Scheme::Udp, Host::Unwritten, 53), "udp://:53"),
            (unix(UnixKind::Stream, path("/run/a b")), "unix:/run/a b"),
            (unix(UnixKind::Seqpacket, UnixName::Abstract(b"x\0\xff".to_vec())), "seqpacket:@x%00%FF"),
            (unix(UnixKind::ZeroMq, path("/run/z")), "ipc:///run/z"),
            (web(false, name("host"), 80, "/"), "ws://host/"),
            (web(false, name("host"), 443, "/x?y"), "ws://host:443/x?y"),
            (web(true, v6(Some("eth0")), 443, "/"), "wss://[fe80::1%25eth0]/"),
            (Endpoint::WebSocketUnix { name: path("/a:b"), resource: "/r:/s".into() }, "ws+unix:/a%3Ab:/r:/s"),
        ];
        for (endpoint, text) in table {
            assert_eq!(endpoint.to_string(), text);
        }
    }

    #[test]
    fn a_handle_is_host_and_port_whatever_is_spoken_there() {
        for scheme in [Scheme::Tcp, Scheme::Tls, Scheme::Udp] {
            assert_eq!(inet(scheme, name("host"), 443).handle(), "host:443");
            assert_eq!(inet(scheme, Host::Unwritten, 8080).handle(), "localhost:8080");
        }
        let unix = Endpoint::Unix { kind: UnixKind::Stream, name: UnixName::Path("/X".into()) };
        assert_eq!(unix.handle(), "unix:/X");
    }
}
