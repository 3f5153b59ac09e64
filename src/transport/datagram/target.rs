//! Where a datagram goes, and from which of our addresses.

use std::net::{IpAddr, SocketAddr};

use crate::address::{Peer, UnixName};

/// Where a datagram goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To the peer that the socket is connected to.
    Connected,
    /// To an internet address.
    Inet {
        /// The address.
        to: SocketAddr,
        /// The address of ours that it comes from; `None` leaves it to the routing.
        source: Option<Source>,
    },
    /// To a Unix socket.
    Unix(UnixName),
}

/// The address of ours that a datagram comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The address.
    pub address: IpAddr,
    /// The interface that it leaves by; 0 leaves it to the routing.
    pub interface: u32,
}

impl Target {
    /// The way back to the sender of a datagram, from the address it was sent to. `None` for a sender without a name.
    pub fn back_to(peer: &Peer, source: Option<Source>) -> Option<Self> {
        match peer {
            Peer::Inet(to) => Some(Target::Inet { to: *to, source }),
            Peer::Unix(name) | Peer::Seqpacket(name) => name.clone().map(Target::Unix),
            Peer::Endpoint(_) => None,
        }
    }
}
