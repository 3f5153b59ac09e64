//! Why a handshake came to nothing, with the exit status of each case.

use std::io;

use crate::exit::Exit;
use crate::failure::reason;

/// A WebSocket that did not come about.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The server answered, but not with 101.
    #[error("{target} refused the WebSocket: {line}")]
    Refused {
        /// Who.
        target: String,
        /// The code of its answer.
        code: u16,
        /// Its status line.
        line: String,
    },
    /// The server's answer is none that may follow the request.
    #[error("{target} does not answer as a WebSocket server: {problem}")]
    Senseless {
        /// Who.
        target: String,
        /// What is wrong.
        problem: String,
    },
    /// The client's request is none for a WebSocket; it was told so.
    #[error("no WebSocket handshake: {0}")]
    NoRequest(String),
    /// The peer ended the connection in the middle.
    #[error("the connection was closed before the WebSocket handshake was done")]
    Closed,
    /// The head is too large.
    #[error("the head of the WebSocket handshake is larger than {} KiB", super::HEAD_LIMIT >> 10)]
    TooLarge,
    /// The client was silent for too long.
    #[error("no WebSocket handshake came in time")]
    TimedOut,
    /// The connection broke.
    #[error("the connection broke in the WebSocket handshake: {}", reason(.0))]
    Io(#[from] io::Error),
}

impl HandshakeError {
    /// The status of a command that fails with it.
    pub fn exit(&self) -> Exit {
        match self {
            HandshakeError::Refused { .. } => Exit::Refused,
            HandshakeError::TimedOut => Exit::TimedOut,
            HandshakeError::TooLarge => Exit::TooLarge,
            HandshakeError::Senseless { .. }
            | HandshakeError::NoRequest(_)
            | HandshakeError::Closed
            | HandshakeError::Io(_) => Exit::ReceiveFailed,
        }
    }

    /// Whether another try could fare better: whoever answered may be a proxy whose server is not there yet (RFC 9110
    /// section 15.6).
    pub fn may_pass(&self) -> bool {
        matches!(self, HandshakeError::Refused { code: 502..=504, .. } | HandshakeError::Closed | HandshakeError::Io(_))
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            HandshakeError::Refused { code: 401 | 407, .. } => Some("give credentials with -H 'Authorization: …'"),
            HandshakeError::Refused { code: 403, .. } => {
                Some("many servers want to know the page: give it with -H 'Origin: https://…'")
            }
            HandshakeError::Refused { code: 404, .. } => Some("the path may be wrong: ws://HOST:PORT/PATH"),
            _ => None,
        }
    }
}
