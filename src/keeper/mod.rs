//! The process that keeps a socket open between shell commands, and the conversation with it.

pub mod buffer;
mod byte_queue;
pub mod messages;
pub mod wire;
