//! What the program shows: renderings of events, payload and traffic. Nothing here opens, reads or waits for a socket.

pub mod direction;
pub mod hex;
pub mod sanitize;
pub mod transcript;

pub use direction::Direction;
