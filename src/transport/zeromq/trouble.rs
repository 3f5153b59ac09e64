//! What goes wrong with one peer.

use std::io;

use super::frame::BadFlags;
use super::kind::Kind;
use crate::failure::reason;

/// Why a peer is given up.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The two types do not talk to each other.
    #[error("{} cannot talk to {}; {ours} talks to {}", .ours.described(), .theirs.described(), partners(*.ours))]
    Illegal {
        /// Our type.
        ours: Kind,
        /// The peer's.
        theirs: Kind,
    },
    /// The peer speaks no ZMTP 3, or wants another security, or refuses ours.
    #[error("no ZeroMQ handshake: {0}")]
    Handshake(String),
    /// The peer closed before the handshake was done.
    #[error(
        "the peer closed in the middle of the ZeroMQ handshake: it speaks something else, or keys of CURVE do not fit"
    )]
    ClosedEarly,
    /// The handshake takes too long.
    #[error("no ZeroMQ handshake came in time")]
    Late,
    /// What came is no frame.
    #[error("not ZMTP: {0}")]
    Frame(#[from] BadFlags),
    /// What came breaks the protocol.
    #[error("not ZMTP: {0}")]
    Protocol(String),
    /// A message or command is larger than can be taken.
    #[error("a message is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The identity is taken.
    #[error("its identity {0:?} is that of another peer")]
    Taken(String),
    /// A PAIR has a peer already.
    #[error("a PAIR socket takes one peer at a time")]
    Second,
    /// The peer closed.
    #[error("the peer closed")]
    Closed,
    /// The connection broke.
    #[error("{}", reason(.0))]
    Broken(#[from] io::Error),
}

impl Trouble {
    /// Whether another connection to the same peer could fare better.
    pub fn may_pass(&self) -> bool {
        matches!(self, Trouble::Closed | Trouble::ClosedEarly | Trouble::Late | Trouble::Broken(_))
    }

    /// Whether a peer that never got in was turned away, and will try again.
    pub fn turns_away(&self) -> bool {
        match self {
            Trouble::Illegal { .. } | Trouble::Handshake(_) | Trouble::ClosedEarly | Trouble::Late => true,
            Trouble::Taken(_) | Trouble::Second => true,
            Trouble::Frame(_) | Trouble::Protocol(_) | Trouble::TooLarge { .. } => false,
            Trouble::Closed | Trouble::Broken(_) => false,
        }
    }
}

fn partners(kind: Kind) -> String {
    let names: Vec<&str> = kind.partners().iter().map(|partner| partner.name()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "plain TCP".to_owned(),
    }
}
