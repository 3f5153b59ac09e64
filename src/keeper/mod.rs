//! The process that keeps a socket open between shell commands, and the conversation with it.

pub mod arrivals;
pub mod buffer;
mod byte_delivery;
mod byte_queue;
pub mod claim;
pub mod client;
pub mod datagrams;
mod delivered;
pub mod directory;
pub mod entry;
pub mod kept;
pub mod launch;
pub mod link;
mod lookup;
pub mod mailbox;
mod message_delivery;
mod message_search;
pub mod messages;
pub mod passed;
pub mod pidfd;
pub mod process;
pub mod readiness;
mod received;
#[cfg(feature = "tls")]
mod replayed;
pub mod serve;
mod serve_letters;
mod serve_messages;
mod serve_read;
mod serve_write;
mod status;
pub mod stream;
mod talk;
mod trouble;
pub mod upgrade;
pub mod wire;

pub use serve_write::send_queued;
