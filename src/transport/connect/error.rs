//! Why no connection came to stand, with the status and the remedies. No connecting here.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::transport::datagram;
use crate::transport::dial::Failures;
use crate::transport::proxy::ProxyError;
use crate::transport::resolve::ResolveError;
use crate::transport::sockopt::OptionError;
#[cfg(feature = "tls")]
use crate::transport::tls;
#[cfg(feature = "ws")]
use crate::transport::websocket as ws;

/// Why no connection came to stand.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// Every address failed.
    #[error("cannot connect to {target}: {}", describe(.failures))]
    Failed {
        /// What was dialled.
        target: String,
        /// Why each address failed.
        failures: Failures,
    },
    /// A connection stood, and was reset at once.
    #[error("connection to {target} lost: {}", reason(.error))]
    Lost {
        /// What was dialled.
        target: String,
        /// Why.
        error: io::Error,
    },
    /// The Unix socket failed.
    #[error("cannot connect to {target}: {}", reason(.error))]
    Unix {
        /// What was dialled.
        target: String,
        /// Why.
        error: io::Error,
    },
    /// The limit passed.
    #[error("cannot connect to {target}: no answer within {}", humantime::format_duration(*.limit))]
    TimedOut {
        /// What was dialled.
        target: String,
        /// The limit.
        limit: Duration,
    },
    /// The local address cannot be used.
    #[error("cannot connect from {local}: {}", reason(.error))]
    Source {
        /// The local address.
        local: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// A socket option was refused.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A datagram socket could not be made.
    #[error(transparent)]
    Datagram(#[from] datagram::DatagramError),
    /// A proxy on the way failed.
    #[error("cannot connect to {target} through {proxy}: {error}")]
    Proxy {
        /// What was dialled.
        target: String,
        /// The URL of the proxy, without credentials.
        proxy: String,
        /// What it did.
        error: ProxyError,
    },
    /// TLS did not come about.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    /// The WebSocket handshake failed.
    #[cfg(feature = "ws")]
    #[error(transparent)]
    WebSocket(#[from] ws::HandshakeError),
    /// The first proxy cannot be reached.
    #[error("the proxy cannot be reached: {0}")]
    NoProxy(Box<ConnectError>),
    /// Not in this build.
    #[error("{0} is not supported")]
    Unsupported(String),
}

fn describe(failures: &Failures) -> String {
    let mut reasons: Vec<String> = failures.iter().map(|(_, error)| reason(error)).collect();
    reasons.dedup();
    if let [one] = reasons.as_slice() {
        return one.clone();
    }
    failures.iter().map(|(address, error)| format!("{address}: {}", reason(error))).collect::<Vec<_>>().join("; ")
}

impl ConnectError {
    fn exit(&self) -> Exit {
        match self {
            ConnectError::Resolve(_) => Exit::NotResolved,
            ConnectError::Failed { failures, .. }
                if failures.iter().all(|(_, error)| error.kind() == io::ErrorKind::TimedOut) =>
            {
                Exit::TimedOut
            }
            ConnectError::Failed { .. } | ConnectError::Unix { .. } => Exit::Refused,
            ConnectError::TimedOut { .. } => Exit::TimedOut,
            ConnectError::Lost { .. } => Exit::ReceiveFailed,
            ConnectError::Source { .. } => Exit::CannotBind,
            ConnectError::Datagram(error) => error.exit(),
            ConnectError::Proxy { error, .. } => error.exit(),
            ConnectError::NoProxy(_) => Exit::ProxyFailed,
            #[cfg(feature = "tls")]
            ConnectError::Tls(error) => error.exit(),
            #[cfg(feature = "ws")]
            ConnectError::WebSocket(error) => error.exit(),
            ConnectError::Option(_) | ConnectError::Unsupported(_) => Exit::Unsupported,
        }
    }

    /// Whether another attempt could fare better.
    pub(in crate::transport) fn may_pass(&self) -> bool {
        #[cfg(feature = "ws")]
        if let ConnectError::WebSocket(error) = self {
            return error.may_pass();
        }
        matches!(
            self,
            ConnectError::NoProxy(_)
                | ConnectError::Resolve(ResolveError::Resolver { .. })
                | ConnectError::Failed { .. }
                | ConnectError::Lost { .. }
                | ConnectError::Unix { .. }
                | ConnectError::TimedOut { .. }
        )
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let exit = error.exit();
        #[cfg(feature = "tls")]
        if let ConnectError::Tls(error) = &error {
            let hints = error.hints();
            return hints.into_iter().fold(Failure::message(exit, error.to_string()), Failure::hint);
        }
        #[cfg(feature = "ws")]
        if let ConnectError::WebSocket(error) = &error {
            return error.hint().into_iter().fold(Failure::message(exit, error.to_string()), Failure::hint);
        }
        if let ConnectError::Proxy { error: problem, .. } = &error {
            let hints = problem.hints();
            return hints.into_iter().fold(Failure::new(exit, error), Failure::hint);
        }
        Failure::new(exit, error)
    }
}
