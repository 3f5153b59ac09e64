//! Whole handshakes and connections between our two sides.

mod connection;
mod server;
mod setup;
mod verification;
