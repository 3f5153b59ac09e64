//! One file for each verb: its typed options and what it does. clap is not known here.

pub mod accept;
pub mod announce;
pub mod context;
pub mod gate;
#[cfg(feature = "tls")]
pub mod inspection;
pub mod monitor;
pub mod open;
pub mod probe;
pub mod recorder;
pub mod resolve;
pub mod shared_stdio;
pub mod stream;
#[cfg(feature = "tuples")]
pub mod tuple_receive;
#[cfg(feature = "tuples")]
pub mod tuple_send;
pub mod ask;
pub mod close;
pub mod expect;
pub mod keep;
pub mod keeper;
pub mod next;
pub mod read;
pub mod session;
pub mod sockets;
pub mod write;
#[cfg(feature = "tls")]
pub mod secure;

pub use context::Context;
