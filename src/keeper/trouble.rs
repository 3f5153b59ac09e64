//! Why a keeper cannot be talked to, with the status and the remedy of each reason.

use std::io;

use super::wire::WireError;
use crate::exit::Exit;
use crate::failure::{Failure, reason};

/// Why the keeper cannot be talked to.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// There is none.
    #[error("{0}: socket is not open")]
    NotOpen(String),
    /// It does not answer.
    #[error("{0}: its keeper does not answer")]
    Silent(String),
    /// It belongs to somebody else.
    #[error("{id}: its keeper belongs to user {owner}, and is not used")]
    Foreign {
        /// The socket.
        id: String,
        /// The user.
        owner: u32,
    },
    /// What answers is none, or another version.
    #[error("{id}: {error}")]
    Wire {
        /// The socket.
        id: String,
        /// What is wrong.
        error: WireError,
    },
    /// It ended meanwhile.
    #[error("{0}: socket is not open: it ended meanwhile")]
    Ended(String),
    /// It speaks another version.
    #[error("{0}: its keeper is of another version of netverb: it can be listed and closed only")]
    Version(String),
    /// The connection to it failed.
    #[error("{id}: cannot talk to its keeper: {}", reason(error))]
    Io {
        /// The socket.
        id: String,
        /// Why.
        error: io::Error,
    },
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let (exit, remedy) = match &trouble {
            Trouble::NotOpen(_) => (Exit::NotOpen, Some("netverb sockets lists what is open".to_owned())),
            Trouble::Ended(_) => (Exit::NotOpen, None),
            Trouble::Foreign { .. } => {
                (Exit::KeeperSilent, Some("name a directory of your own with --session-dir".to_owned()))
            }
            Trouble::Silent(id) | Trouble::Version(id) | Trouble::Wire { id, .. } => {
                (Exit::KeeperSilent, Some(format!("type: netverb close --force {id}")))
            }
            Trouble::Io { .. } => (Exit::KeeperSilent, None),
        };
        let failure = Failure::new(exit, trouble);
        match remedy {
            Some(remedy) => failure.hint(remedy),
            None => failure,
        }
    }
}
