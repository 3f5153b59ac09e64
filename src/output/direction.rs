//! Which way bytes of a connection went.

use serde::{Deserialize, Serialize};

/// Which way bytes went, as seen from this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the peer.
    In,
    /// To the peer.
    Out,
}

impl Direction {
    /// The mark in front of a line that went this way: `<` from the peer, `>` to it.
    pub fn mark(self) -> char {
        match self {
            Direction::In => '<',
            Direction::Out => '>',
        }
    }
}
