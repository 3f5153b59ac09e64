//! A recorded conversation as something that can be played. Where it was recorded, and in which format, is not known here.

/// One end of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The end that connected.
    Client,
    /// The end that accepted.
    Server,
}

/// What one end said at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// The line of the transcript, from 1.
    pub line: u64,
    /// Who said it.
    pub part: Part,
    /// What, byte for byte.
    pub bytes: Vec<u8>,
}

/// A recorded conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// What was said, in its order.
    pub speeches: Vec<Speech>,
}
