//! Why a datagram socket could not be made.

use std::io;
use std::net::SocketAddr;

use super::super::resolve::ResolveError;
use super::super::sockopt::OptionError;
use crate::exit::Exit;
use crate::failure::{Failure, reason};

/// Why a datagram socket could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DatagramError {
    /// The host has no address.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A socket option was refused.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The local address is taken, forbidden or not of this machine.
    #[error("cannot receive on {address}: {}", reason(.error))]
    Bind {
        /// The address.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// There is no way to the peer.
    #[error("cannot send to {target}: {}", reason(.error))]
    Connect {
        /// The peer.
        target: String,
        /// Why.
        error: io::Error,
    },
    /// The address is one of a link, and nobody said of which.
    #[error("cannot send to {0}: every link has such addresses; name the interface, as in [{ip}%eth0]:{port}", ip = .0.ip(), port = .0.port())]
    NoScope(SocketAddr),
    /// Sending to all needs the flag.
    #[error("{0} is a broadcast address, and datagrams go there only with -b")]
    Broadcast(String),
    /// A multicast group cannot be joined.
    #[error("cannot join {group}: {}", reason(.error))]
    Join {
        /// The group.
        group: String,
        /// Why.
        error: io::Error,
    },
    /// What was asked for does not fit together.
    #[error("{0}")]
    Clash(String),
}

impl DatagramError {
    /// The status that this error means.
    pub fn exit(&self) -> Exit {
        match self {
            DatagramError::Resolve(_) => Exit::NotResolved,
            DatagramError::Option(_) => Exit::Unsupported,
            DatagramError::Bind { .. } | DatagramError::Join { .. } => Exit::CannotBind,
            DatagramError::Connect { .. } | DatagramError::NoScope(_) => Exit::Refused,
            DatagramError::Broadcast(_) | DatagramError::Clash(_) => Exit::Usage,
        }
    }
}

impl From<DatagramError> for Failure {
    fn from(error: DatagramError) -> Self {
        Failure::new(error.exit(), error)
    }
}
