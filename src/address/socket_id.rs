//! THE parser of socket IDs: `ADDRESS [NAMEPART]`.

use super::{Endpoint, SocketName};

/// What a user names a socket with: an address, a name, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketId {
    /// The address, absent where a kept socket is called by its name alone.
    pub endpoint: Option<Endpoint>,
    /// The name, if there is one.
    pub name: Option<SocketName>,
    /// The number of an accepted connection: `web.2`, `peerhost:port|2`.
    pub number: Option<u32>,
}

/// Why a text is no ID; `column` counts characters from 0 and marks where it goes wrong.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct IdError {
    /// The whole text.
    pub input: String,
    /// Where it goes wrong.
    pub column: usize,
    /// What is wrong and what to type instead.
    pub reason: String,
}
