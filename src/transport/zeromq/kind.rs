//! The twelve types of ZeroMQ sockets, and which of them talk to which. No I/O.

use std::fmt;
use std::str::FromStr;

use crate::event::Direction;

/// A type of socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One peer, both ways.
    Pair,
    /// Sends to all that subscribed.
    Pub,
    /// Receives what it subscribed to.
    Sub,
    /// Asks, then hears the answer.
    Req,
    /// Hears a request, then answers it.
    Rep,
    /// Sends to its peers in turn, receives from all.
    Dealer,
    /// Sends to the peer that the first part names, receives with the name of the sender.
    Router,
    /// Receives from all.
    Pull,
    /// Sends to its peers in turn.
    Push,
    /// As PUB, and receives the subscriptions.
    XPub,
    /// As SUB, and sends its subscriptions as messages.
    XSub,
    /// Talks to plain TCP peers.
    Stream,
}

/// Why a text names no type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a ZeroMQ socket type: {0:?}; type pair, pub, sub, req, rep, dealer, router, pull, push, xpub, xsub or stream"
)]
pub struct KindError(String);

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 12] = [
        Kind::Pair,
        Kind::Pub,
        Kind::Sub,
        Kind::Req,
        Kind::Rep,
        Kind::Dealer,
        Kind::Router,
        Kind::Pull,
        Kind::Push,
        Kind::XPub,
        Kind::XSub,
        Kind::Stream,
    ];

    /// Its name on the wire (RFC 23, "The Null Security Mechanism").
    pub fn name(self) -> &'static str {
        match self {
            Kind::Pair => "PAIR",
            Kind::Pub => "PUB",
            Kind::Sub => "SUB",
            Kind::Req => "REQ",
            Kind::Rep => "REP",
            Kind::Dealer => "DEALER",
            Kind::Router => "ROUTER",
            Kind::Pull => "PULL",
            Kind::Push => "PUSH",
            Kind::XPub => "XPUB",
            Kind::XSub => "XSUB",
            Kind::Stream => "STREAM",
        }
    }

    /// Whether it sends messages of its user.
    pub fn sends(self) -> bool {
        !matches!(self, Kind::Sub | Kind::Pull)
    }

    /// Whether it receives messages for its user.
    pub fn receives(self) -> bool {
        !matches!(self, Kind::Pub | Kind::Push)
    }

    /// A socket of this type, for a sentence.
    pub fn described(self) -> String {
        let article = if matches!(self, Kind::XPub | Kind::XSub) { "an" } else { "a" };
        format!("{article} {self} socket")
    }

    /// Why no messages of its user go this way, where none do.
    pub fn refusal(self, direction: Direction) -> Option<String> {
        match direction {
            Direction::Out if !self.sends() => Some(format!("{} only receives", self.described())),
            Direction::In if !self.receives() => Some(format!("{} only sends", self.described())),
            _ => None,
        }
    }

    /// Whether what it receives can be sent on by a socket of another type.
    pub fn feeds(self, other: Kind) -> bool {
        self.receives() && other.sends()
    }

    /// Whether it sends and receives in turn.
    pub fn alternates(self) -> bool {
        matches!(self, Kind::Req | Kind::Rep)
    }

    /// Whether it has subscriptions of its own.
    pub fn subscribes(self) -> bool {
        matches!(self, Kind::Sub | Kind::XSub)
    }

    /// Whether the first part of a message names a peer.
    pub fn names_peers(self) -> bool {
        matches!(self, Kind::Router | Kind::Stream)
    }

    /// Whether peers that come and go are told of by an empty message.
    pub fn tells_arrivals(self) -> bool {
        self == Kind::Stream
    }

    /// The types that it talks to (RFC 28 to 31).
    pub fn partners(self) -> &'static [Kind] {
        match self {
            Kind::Pair => &[Kind::Pair],
            Kind::Pub | Kind::XPub => &[Kind::Sub, Kind::XSub],
            Kind::Sub | Kind::XSub => &[Kind::Pub, Kind::XPub],
            Kind::Req => &[Kind::Rep, Kind::Router],
            Kind::Rep => &[Kind::Req, Kind::Dealer],
            Kind::Dealer => &[Kind::Rep, Kind::Dealer, Kind::Router],
            Kind::Router => &[Kind::Req, Kind::Dealer, Kind::Router],
            Kind::Pull => &[Kind::Push],
            Kind::Push => &[Kind::Pull],
            Kind::Stream => &[],
        }
    }

    /// Whether the two talk to each other.
    pub fn fits(self, other: Kind) -> bool {
        self.partners().contains(&other)
    }
}

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, KindError> {
        let found = Kind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| KindError(text.to_owned()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_in_any_case_and_anything_else_is_answered_with_all_of_them() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(kind.name().to_lowercase().parse(), Ok(kind));
        }
        let error = "queue".parse::<Kind>().unwrap_err().to_string();
        assert!(error.contains("\"queue\"") && error.contains("xsub or stream"), "{error}");
    }

    #[test]
    fn who_talks_to_whom_is_mutual() {
        for one in Kind::ALL {
            for other in Kind::ALL {
                assert_eq!(one.fits(other), other.fits(one), "{one} {other}");
            }
        }
        assert!(!Kind::Req.fits(Kind::Dealer) && !Kind::Stream.fits(Kind::Stream));
    }
}
