//! The relay: bytes both ways between two sides, with half-close, limits and the fastest path for each direction.
//!
//! `half_close` decides and `drive` obeys it; `bytes` and `messages` are the two kinds of traffic; `copy` and `splice` move
//! bytes, and `plan` chooses between them.

pub mod buffer;
pub mod bytes;
pub mod copy;
pub mod drive;
pub mod half_close;
pub mod lane;
pub mod messages;
pub mod misbehave;
pub mod plan;
pub mod rate;
pub mod side;
pub mod spin;
pub mod splice;
pub mod stdio;

use std::io;

use crate::event::Direction;
use crate::message::SplitError;
use crate::transport::messages::TooLarge;
pub use bytes::run;
pub use half_close::{AtLocalEnd, End, HalfClose, Next, Rules, Traffic};
#[cfg(test)]
pub use lane::Nobody;
pub use lane::{Lane, Observer, SETTLE};
pub use side::Side;
pub use stdio::{Output, Stdio};

use lane::Failed;

/// How a relay ended.
#[derive(Debug)]
pub struct Outcome {
    /// Why.
    pub end: End,
    /// What failed, if something did: the first failure, or the peer's reset if there was one.
    pub fault: Option<Fault>,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Reading the local input.
    Input,
    /// Writing the local output.
    Output,
    /// Sending to the peer.
    Sending,
    /// Receiving from the peer.
    Receiving,
    /// Converting bytes.
    Converting,
    /// A message over the size limit.
    Oversized,
    /// Writing a transcript or dump.
    Recording,
    /// A handshake that the peer ended late: under TLS 1.3 a server refuses a certificate after the client is done.
    Securing,
}

/// A failure in the middle of a relay.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Fault {
    /// Whose it is.
    pub blame: Blame,
    /// The system's error.
    pub error: io::Error,
}

impl Fault {
    fn new(direction: Direction, failed: Failed) -> Self {
        let (blame, error) = match (direction, failed) {
            (Direction::Out, Failed::Reading(error)) => (Blame::Input, error),
            (Direction::Out, Failed::Writing(error)) => (Blame::Sending, error),
            (Direction::In, Failed::Reading(error)) => (Blame::Receiving, error),
            (Direction::In, Failed::Writing(error)) => (Blame::Output, error),
            (_, Failed::Converting(error)) => (Blame::Converting, error),
            (_, Failed::Recording(error)) => (Blame::Recording, error),
        };
        #[cfg(feature = "tls")]
        if let Some(crate::transport::tls::TlsError::Handshake { .. }) = crate::transport::tls::TlsError::in_io(&error)
        {
            return Fault { blame: Blame::Securing, error };
        }
        if is_oversized(&error) {
            return Fault { blame: Blame::Oversized, error };
        }
        // A reset that is met while sending is still the peer's reset.
        let reset = blame == Blame::Sending && error.kind() == io::ErrorKind::ConnectionReset;
        Fault { blame: if reset { Blame::Receiving } else { blame }, error }
    }

    /// Whether nothing but this program would end the connection: what could not be read or sent is our side's fault, and
    /// the peer, which knows nothing of it, would wait for ever.
    fn leaves_connection_alive(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, WriteZero};
        let over =
            [BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, WriteZero].contains(&self.error.kind());
        matches!(self.blame, Blame::Input | Blame::Sending) && !over
    }

    /// Whether the local side is a connection, and lost.
    fn is_lost_local_peer(&self) -> bool {
        use io::ErrorKind::{ConnectionReset, HostUnreachable, NetworkUnreachable, TimedOut, UnexpectedEof};
        let lost = matches!(
            self.error.kind(),
            ConnectionReset | TimedOut | HostUnreachable | NetworkUnreachable | UnexpectedEof
        );
        self.blame == Blame::Input && lost
    }
}

/// Whether an error is that of a message over the size limit.
pub fn is_oversized(error: &io::Error) -> bool {
    let split = error.get_ref().and_then(|inner| inner.downcast_ref::<SplitError>());
    TooLarge::in_io(error).is_some() || matches!(split, Some(SplitError::TooLarge { .. }))
}

/// Whether a relay may burn a little time to answer sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Look for data for some microseconds before sleeping; for the one relay of a process.
    Eager,
    /// Sleep at once; for one of many.
    Patient,
}
