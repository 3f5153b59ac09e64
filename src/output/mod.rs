//! What the program shows: renderings of events, payload and traffic. Nothing here opens, reads or waits for a socket.
//! `reporter` is the only writer of stderr.

pub mod hex;
pub mod human;
pub mod json;
pub mod packet;
pub mod pcapng;
pub mod progress;
pub mod report;
pub mod reporter;
pub mod sanitize;
pub mod sparkline;
pub mod standing;
pub mod table;
pub mod transcript;
pub mod view;

pub use reporter::{Format, Reporter};
