//! `secure`: TLS on a kept socket that stands.

use std::time::Duration;

use super::context::Context;
use crate::address::SocketId;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::dial;
pub use crate::keeper::upgrade::TlsTerms;
use crate::keeper::wire::Secure;

/// `secure`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The socket.
    pub id: SocketId,
    /// How TLS is done; its files are named by absolute paths.
    pub terms: TlsTerms,
    /// How long the handshake may take.
    pub timeout: Option<Duration>,
}

/// Runs the command.
///
/// # Errors
/// The handshake failed, or unread plain text forbids it.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    let mut keeper = dial(&context.place, &options.id)?;
    let terms = serde_json::to_value(&options.terms)
        .map_err(|error| Failure::message(Exit::Usage, format!("an option of TLS cannot be passed on: {error}")))?;
    keeper.secure(&Secure { timeout: options.timeout, options: terms })?;
    Ok(Exit::Done)
}
