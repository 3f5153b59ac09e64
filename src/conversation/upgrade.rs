//! STARTTLS: putting TLS on a connection that has spoken in clear. What was read in clear is the caller's to check first.

use crate::event::Report;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transport::secure::{self, SecureLayer};
use crate::transport::tls::{ServerTls, SessionInfo};
use crate::transport::{Bytes, Channel};

/// Looks at a session before it is used.
pub type Inspect = Box<dyn Fn(&SessionInfo) -> Result<(), Failure>>;

/// Whose part of the handshake is ours.
pub enum Upgrade {
    /// The client's, and what the user wants to know and demand of the session.
    Client(Box<SecureLayer>, Inspect),
    /// The server's, and the same of clients' sessions.
    Server(Box<ServerTls>, Inspect),
}

impl Upgrade {
    /// Does the handshake.
    ///
    /// # Errors
    /// Status 35 or 60, with hints; or what the inspection says.
    pub async fn put_on(&self, bytes: Bytes, id: &str, report: &dyn Report) -> Result<Bytes, Failure> {
        let channel = Channel::Bytes(bytes);
        let secured = match self {
            Upgrade::Client(layer, _) => layer.put_on(channel, id, report).await.map_err(Failure::from)?,
            Upgrade::Server(tls, _) => secure::accept(tls, channel, id, report).await.map_err(|error| {
                let hints = error.hints();
                hints.into_iter().fold(Failure::message(error.exit(), error.to_string()), Failure::hint)
            })?,
        };
        let Channel::Bytes(bytes) = secured else {
            return Err(Failure::message(Exit::Unsupported, "TLS over a message socket is not supported"));
        };
        let (Upgrade::Client(_, inspect) | Upgrade::Server(_, inspect)) = self;
        bytes.session().map_or(Ok(()), inspect)?;
        Ok(bytes)
    }
}
