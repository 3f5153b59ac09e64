//! How much a command took from a kept socket and gave to it. Counting is the client's.

/// How much went through a socket for one who used it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Bytes taken.
    pub bytes_in: u64,
    /// Bytes given.
    pub bytes_out: u64,
    /// Messages taken.
    pub messages_in: u64,
    /// Messages given.
    pub messages_out: u64,
}
