//! How a proxy fails us.

use std::io;

use super::target::Target;
use crate::exit::Exit;

/// A connection that a proxy did not make.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// It closed the connection.
    #[error("the proxy closed the connection before its answer was complete")]
    Closed,
    /// The connection to it failed.
    #[error("the connection to the proxy failed: {0}")]
    Io(io::Error),
    /// An HTTP proxy answered with another status than success.
    #[error("the proxy answered {line}")]
    Status {
        /// The status code.
        code: u16,
        /// The status line, control characters escaped.
        line: String,
    },
    /// A SOCKS proxy refused.
    #[error("the proxy refused: {reason}")]
    Refused {
        /// What its reply code means.
        reason: &'static str,
    },
    /// A SOCKS proxy wants other credentials, or any.
    #[error("the proxy does not let us in: {reason}")]
    Unauthorized {
        /// What it said.
        reason: &'static str,
    },
    /// What came is not the protocol that the URL names.
    #[error("the answer is not that of {expected} proxy: {found}")]
    Senseless {
        /// Which protocol, as in `an HTTP`.
        expected: &'static str,
        /// What is wrong, or the beginning of what came with its control characters escaped.
        found: String,
    },
    /// The answer does not end.
    #[error("the proxy's answer is longer than 64 KiB")]
    TooLarge,
    /// The protocol cannot carry the target.
    #[error("cannot ask the proxy for {target}: {reason}")]
    Target {
        /// What was to be asked for.
        target: Target,
        /// Why it cannot be, and what can.
        reason: String,
    },
    /// The protocol cannot carry the credentials.
    #[error("cannot send the user and password of the proxy URL: {reason}")]
    Credentials {
        /// Why.
        reason: &'static str,
    },
    /// A header that would break the request.
    #[error("the header {name:?} cannot be sent: a name has letters, digits and dashes, and a value no line break")]
    Header {
        /// Its name as given.
        name: String,
    },
}

impl ProxyError {
    /// The exit status of this failure.
    pub fn exit(&self) -> Exit {
        match self {
            ProxyError::Header { .. } => Exit::Usage,
            _ => Exit::ProxyFailed,
        }
    }

    /// What the user can do about it, one remedy an entry.
    pub fn hints(&self) -> Vec<String> {
        match self {
            ProxyError::Status { code: 407, .. } | ProxyError::Unauthorized { .. } => {
                vec!["credentials stand in the proxy's URL: SCHEME://USER:PASSWORD@HOST:PORT".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

impl From<io::Error> for ProxyError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => ProxyError::Closed,
            _ => ProxyError::Io(error),
        }
    }
}
