//! Where a socket leads: one value for every transport that the command line can name.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

/// A host as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
}
