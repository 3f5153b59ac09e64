//! `--ws`: the word of whoever listens for WebSockets, `accept` and `recv-tuple --listen`.

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;

/// Whether clients speak WebSocket.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
pub struct WebSocketArgs {
    /// Speak WebSocket with clients, whatever path they ask for
    #[cfg(feature = "ws")]
    #[arg(long)]
    ws: bool,
}

impl WebSocketArgs {
    /// Whether they do.
    pub fn is_given(&self) -> bool {
        #[cfg(feature = "ws")]
        return self.ws;
        #[cfg(not(feature = "ws"))]
        false
    }

    /// Refuses WebSockets on what is not all streams.
    ///
    /// # Errors
    /// Status 2.
    pub fn check(&self, all_streams: bool) -> Result<(), Failure> {
        match self.is_given() && !all_streams {
            true => Err(Failure::message(
                Exit::Usage,
                "--ws needs stream sockets; leave it out, or listen on a port or unix:/path",
            )),
            false => Ok(()),
        }
    }
}
