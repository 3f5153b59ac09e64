//! The ID of a kept socket, in one word or in two.

use clap::Args;

use crate::address::SocketId;
use crate::exit::Exit;
use crate::failure::Failure;

/// The socket that a verb is about.
#[derive(Debug, Args)]
pub struct KeptIdArgs {
    /// The kept socket: its name, or its full ID
    #[arg(value_name = "ID")]
    id: String,
    /// The port, where the host stands alone
    #[arg(value_name = "PORT")]
    port: Option<String>,
}

impl KeptIdArgs {
    /// The typed form.
    ///
    /// # Errors
    /// Status 3.
    pub fn id(&self) -> Result<SocketId, Failure> {
        read(&self.id, self.port.as_deref())
    }
}

/// Reads both words.
///
/// # Errors
/// Status 3.
pub fn read(id: &str, port: Option<&str>) -> Result<SocketId, Failure> {
    SocketId::parse_kept_words(id, port).map_err(|error| Failure::new(Exit::MalformedAddress, error))
}
