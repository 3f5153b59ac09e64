//! STARTTLS: putting TLS on a connection that has spoken in clear. What was read in clear is the caller's to check first.

use crate::event::Report;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transport::secure::{self, SecureLayer};
use crate::transport::tls::ServerTls;
use crate::transport::{Bytes, Channel};

/// Whose part of the handshake is ours.
pub enum Upgrade {
    /// The client's.
    Client(Box<SecureLayer>),
    /// The server's.
    Server(ServerTls),
}

impl Upgrade {
    /// Does the handshake.
    ///
    /// # Errors
    /// Status 35 or 60, with hints.
    pub async fn put_on(&self, bytes: Bytes, id: &str, report: &dyn Report) -> Result<Bytes, Failure> {
        let channel = Channel::Bytes(bytes);
        let secured = match self {
            Upgrade::Client(layer) => layer.put_on(channel, id, report).await.map_err(Failure::from)?,
            Upgrade::Server(tls) => secure::accept(tls, channel, id, report).await.map_err(|error| {
                let hints = error.hints();
                hints.into_iter().fold(Failure::message(error.exit(), error.to_string()), Failure::hint)
            })?,
        };
        match secured {
            Channel::Bytes(bytes) => Ok(bytes),
            Channel::Messages(_) => {
                Err(Failure::message(Exit::Unsupported, "TLS over a message socket is not supported"))
            }
        }
    }
}
