//! What a WebSocket keeps of the connection below it: its ends, and what is told of it.

use crate::address::Peer;

/// Both ends of a connection and the name of its transport.
#[derive(Debug, Clone)]
pub struct Ends {
    /// This end.
    pub local: Peer,
    /// The other end.
    pub peer: Peer,
    /// `ws`, or over TLS `wss`.
    pub transport: &'static str,
}

/// What a WebSocket knows from the stream below it.
#[derive(Debug, Default)]
pub(super) struct Origin {
    /// What programs are told of it.
    pub(super) environment: Vec<(String, String)>,
    /// What its TLS handshake agreed on.
    #[cfg(feature = "tls")]
    pub(super) session: Option<Box<crate::transport::tls::SessionInfo>>,
}

impl Origin {
    pub(super) fn of(bytes: &crate::transport::Bytes) -> Self {
        Origin {
            environment: bytes.environment(),
            #[cfg(feature = "tls")]
            session: bytes.session().cloned().map(Box::new),
        }
    }
}

impl Ends {
    /// Those of the connection below.
    pub fn of(bytes: &crate::transport::Bytes, secure: bool) -> Self {
        let transport = if secure { "wss" } else { "ws" };
        Ends { local: bytes.local().clone(), peer: bytes.peer().clone(), transport }
    }
}
