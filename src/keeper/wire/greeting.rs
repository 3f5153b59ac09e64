//! The first 12 bytes of each side. They never change.

use super::WireError;

/// The version of everything that may change.
pub const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"netverb\0";

/// The version that the other side speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting {
    /// Its number.
    pub version: u32,
}

/// What two sides have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Everything.
    Full,
    /// The requests `Status` and `Close`, and their answers.
    StatusAndClose,
}

impl Greeting {
    /// Its length in bytes.
    pub const LENGTH: usize = 12;

    /// That of this version.
    pub fn own() -> Self {
        Greeting { version: VERSION }
    }

    /// What can be said to a side that greets so.
    pub fn dialect(self) -> Dialect {
        if self.version == VERSION { Dialect::Full } else { Dialect::StatusAndClose }
    }

    /// The bytes to send.
    pub fn encode(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let parts = MAGIC.into_iter().chain(self.version.to_be_bytes());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        bytes
    }

    /// Reads a greeting at the beginning of what was received; `None` when it is not whole yet.
    ///
    /// # Errors
    /// A byte that no greeting has there, as soon as it is seen.
    pub(super) fn decode(bytes: &[u8]) -> Result<Option<Self>, WireError> {
        if bytes.iter().zip(&MAGIC).any(|(byte, wanted)| byte != wanted) {
            return Err(WireError::NotAKeeper);
        }
        let version = bytes.get(MAGIC.len()..).and_then(|rest| rest.first_chunk());
        Ok(version.map(|version| Greeting { version: u32::from_be_bytes(*version) }))
    }
}
