//! One file for each verb: its typed options and what it does. clap is not known here.

pub mod accept;
pub mod admission;
pub mod announce;
pub mod ask;
#[cfg(feature = "interactive")]
pub mod attach;
pub mod capture;
pub mod close;
pub mod context;
pub mod conversation;
pub mod datagram;
pub mod expect;
pub mod gate;
mod hook;
pub mod host;
#[cfg(feature = "http")]
pub mod http_ports;
#[cfg(feature = "tls")]
pub mod inspection;
#[cfg(feature = "interactive")]
pub mod interactive;
pub mod keep;
pub mod keeper;
mod keeper_datagrams;
pub mod message_output;
pub mod monitor;
pub mod next;
pub mod open;
pub mod probe;
pub mod reach;
pub mod read;
pub mod recorder;
pub mod resolve;
#[cfg(feature = "tls")]
pub mod secure;
pub mod session;
pub mod shared_stdio;
pub mod sockets;
#[cfg(feature = "interactive")]
pub mod sockets_page;
pub mod sockets_watch;
pub mod stream;
pub mod transcript_file;
#[cfg(feature = "tuples")]
mod tuple_datagrams;
#[cfg(feature = "tuples")]
pub mod tuple_kept;
#[cfg(feature = "tuples")]
pub mod tuple_receive;
#[cfg(feature = "tuples")]
pub mod tuple_send;
pub mod viewer;
pub mod wait;
pub mod write;
#[cfg(feature = "zmq")]
mod zeromq;
#[cfg(feature = "zmq")]
pub mod zmq_keygen;

pub use context::Context;
