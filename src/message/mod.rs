//! Messages on stdin and stdout: how a byte stream is split into them and joined from them, and their JSON record. No
//! I/O.

#[allow(clippy::module_inception)]
mod message;
pub mod parts;
pub mod record;
pub mod split;
pub mod splitter;

pub use message::{Kind, Message};
pub use record::MessageRecord;
pub use split::{JoinError, Split, SplitKindError};
pub use splitter::{SplitError, Splitter};
