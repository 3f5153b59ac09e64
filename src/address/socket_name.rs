//! The NAME of a named socket.

use std::fmt;

/// A valid socket name: 1 to 32 of `A-Z a-z 0-9 _ -`, beginning with a letter or `_`. Compared without case.
#[derive(Debug, Clone)]
pub struct SocketName(String);

impl fmt::Display for SocketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
