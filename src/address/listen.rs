//! The AT of `accept`: what to listen on.

use super::{Host, SocketName, UnixKind, UnixName};

/// An inclusive range of ports; a single port is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    /// The first port.
    pub first: u16,
    /// The last port, not below `first`.
    pub last: u16,
}

/// What one AT names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    /// `[HOST:]PORT[,PORT|,A-B…]`.
    Tcp {
        /// The host as written.
        host: Host,
        /// The ports in the order written.
        ports: Vec<PortRange>,
        /// Whether TLS is spoken there (`tls://`).
        secure: bool,
    },
    /// `udp://HOST:PORT`.
    Udp {
        /// The host as written.
        host: Host,
        /// The port.
        port: u16,
    },
    /// `unix:/path`, `unix:@name`, `seqpacket:/path`, `ipc:///path`.
    Unix {
        /// The kind of socket.
        kind: UnixKind,
        /// Its name.
        name: UnixName,
    },
    /// `fd:N`: an inherited listening descriptor.
    Descriptor(i32),
    /// `systemd[:NAME]`: the descriptors of LISTEN_FDS (sd_listen_fds(3)), all or those with this name.
    Systemd(Option<String>),
}

/// An AT with its optional name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenId {
    /// What to listen on.
    pub address: ListenAddress,
    /// The name, if there is one.
    pub name: Option<SocketName>,
}
