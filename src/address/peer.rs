//! Who is at the other end of a connection.

use std::fmt;
use std::net::SocketAddr;

use super::UnixName;

/// One end of a connected socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Peer {
    /// An internet address; v4-mapped v6 addresses are stored as v4.
    Inet(SocketAddr),
    /// A Unix socket; clients mostly have no name.
    Unix(Option<UnixName>),
    /// A Unix socket that keeps the boundaries of messages.
    Seqpacket(Option<UnixName>),
    /// Something that is not one connected socket, as it was written: what is still to be reached, or several peers.
    Endpoint(String),
}

impl Peer {
    /// An internet peer; a v4-mapped v6 address (RFC 4291 section 2.5.5.2) becomes the v4 address that it is.
    pub fn inet(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
                Some(v4) => Peer::Inet(SocketAddr::from((v4, v6.port()))),
                None => Peer::Inet(address),
            },
            SocketAddr::V4(_) => Peer::Inet(address),
        }
    }

    /// The same address where messages have boundaries.
    pub fn with_messages(self) -> Self {
        match self {
            Peer::Unix(name) => Peer::Seqpacket(name),
            other => other,
        }
    }

    /// The internet address, if it is one.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Peer::Inet(address) => Some(*address),
            Peer::Unix(_) | Peer::Seqpacket(_) | Peer::Endpoint(_) => None,
        }
    }

    /// The IP address without a port, or the empty string for a Unix socket: `REMOTE_ADDR` of a program.
    pub fn ip_text(&self) -> String {
        self.socket_addr().map(|address| address.ip().to_string()).unwrap_or_default()
    }

    /// The port in decimal, or the empty string for a Unix socket.
    pub fn port_text(&self) -> String {
        self.socket_addr().map(|address| address.port().to_string()).unwrap_or_default()
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Inet(address) => write!(f, "{address}"),
            Peer::Unix(None) => f.write_str("unix"),
            Peer::Unix(Some(name)) => write!(f, "unix:{name}"),
            Peer::Seqpacket(None) => f.write_str("seqpacket"),
            Peer::Seqpacket(Some(name)) => write!(f, "seqpacket:{name}"),
            Peer::Endpoint(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_address_is_the_v4_address_that_it_is() {
        let peer = Peer::inet("[::ffff:10.0.0.1]:80".parse().unwrap());
        assert_eq!(peer.to_string(), "10.0.0.1:80");
        assert_eq!(peer.ip_text(), "10.0.0.1");
    }

    #[test]
    fn an_address_reads_back_as_what_it_is() {
        let name = Some(UnixName::Abstract(b"x".to_vec()));
        assert_eq!(Peer::Unix(name.clone()).to_string(), "unix:@x");
        assert_eq!(Peer::Unix(name).with_messages().to_string(), "seqpacket:@x");
        assert_eq!(Peer::Unix(None).with_messages().to_string(), "seqpacket");
    }
}
