//! One file for each verb: its typed options and what it does. clap is not known here.

pub mod accept;
pub mod announce;
pub mod context;
pub mod conversation;
pub mod gate;
#[cfg(feature = "tls")]
pub mod inspection;
pub mod monitor;
pub mod open;
pub mod probe;
pub mod reach;
pub mod recorder;
pub mod resolve;
pub mod shared_stdio;
pub mod stream;
pub mod transcript_file;
#[cfg(feature = "tuples")]
pub mod tuple_receive;
#[cfg(feature = "tuples")]
pub mod tuple_send;
pub mod wait;

pub use context::Context;
