//! ZeroMQ: ZMTP 3 (RFC 23, 26, 37) over any stream of ours, and the patterns of its socket types. One library, known in this
//! folder alone, does the handshakes and CURVE. What the command line calls things belongs to `cli`.

mod arrivals;
mod core;
pub mod decoder;
mod dial;
pub mod frame;
pub mod handshake;
pub mod keys;
pub mod kind;
pub mod options;
mod outbox;
mod receive;
mod send;
mod session;
pub mod socket;
pub mod trouble;
mod wakers;

pub use arrivals::{Arrival, Door};
pub(super) use dial::connect;
pub use keys::{KeyError, KeyPair, PublicKey};
pub use kind::Kind;
pub use options::{Security, ZeroMqOptions};
pub use session::MAX_MESSAGE;
pub use socket::{Undelivered, ZeroMq};
