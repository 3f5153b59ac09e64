//! WebSockets (RFC 6455) over any stream: both sides of the handshake, and the socket that comes of it. Who dials, listens and
//! does TLS below is decided elsewhere; so is what the messages mean.
//!
//! Fragments, control frames and everything wrong are the library's; whole messages, which are nearly all that there is, are read
//! and written without it, many at a time (`carrier.rs`). There are no extensions: permessage-deflate (RFC 7692) is never offered
//! and never agreed to.

mod carrier;
mod client;
mod closing;
mod error;
mod frames;
mod origin;
mod request;
mod server;
mod settings;
mod socket;
mod stage;
#[cfg(test)]
mod tests;

pub use carrier::Stream;
pub use client::connect;
pub use closing::{CloseFrame, CloseFrameError, Closed};
pub use error::HandshakeError;
pub use origin::Ends;
pub use request::{Agreement, Refusal, Request, judge};
pub use server::accept;
pub use settings::{Settings, SubprotocolError, parse_header, parse_subprotocol};
pub use socket::{Role, WebSocket};

/// The largest head of a handshake in bytes.
const HEAD_LIMIT: usize = 16 << 10;

/// The most headers of a handshake.
const HEADERS: usize = 100;
