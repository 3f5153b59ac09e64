//! A message of a kept socket, as its reader has it. What is done with it is the reader's.

use super::wire::MessageHeader;

/// A message that a read brought.
#[derive(Debug, Clone, Default)]
pub struct Delivered {
    /// What is known of it.
    pub header: MessageHeader,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Delivered {
    /// Its parts, at least one.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.header.ends.iter().map(|end| usize::try_from(*end).unwrap_or(usize::MAX));
        let starts = std::iter::once(0).chain(ends.clone());
        let ends = ends.chain(std::iter::once(self.bytes.len()));
        starts.zip(ends).map(|(start, end)| self.bytes.get(start..end).unwrap_or_default())
    }
}
