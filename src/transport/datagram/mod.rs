//! Datagram sockets, UDP and Unix: one message is one datagram. What is done with the messages belongs to `commands`.

mod burst;
mod connect;
mod control;
mod error;
mod flow;
mod inbox;
mod mailbox;
pub mod multicast;
mod receiver;
pub mod refusal;
mod socket;
mod target;
pub mod udp;
pub mod unix;

pub use burst::Burst;
pub use connect::connect;
pub use error::DatagramError;
pub use flow::{Flow, Outlet, REPLY_WINDOW};
pub use inbox::{Arrival, Inbox};
pub use mailbox::Mailbox;
pub use multicast::Group;
pub use receiver::Receiver;
pub use socket::DatagramSocket;
pub use target::{Source, Target};

use super::resolve::Lookup;
use super::sockopt::SocketOptions;
use std::net::IpAddr;

/// The largest payload of a UDP datagram over IPv4: 65,535 bytes less the headers of IP and UDP (RFC 768, RFC 791).
pub const MAX_PAYLOAD: usize = 65_507;

/// The largest Unix datagram that is received whole; the system's default send buffer allows less.
pub const MAX_UNIX_PAYLOAD: usize = 1 << 20;

/// How datagram sockets are made.
#[derive(Debug, Clone, Default)]
pub struct DatagramOptions {
    /// How names are looked up.
    pub lookup: Lookup,
    /// What to set on the socket.
    pub socket: SocketOptions,
    /// Whether broadcast addresses may be sent to.
    pub broadcast: bool,
    /// The multicast groups to join.
    pub groups: Vec<Group>,
    /// The only senders to hear in these groups; empty for all (RFC 4607).
    pub sources: Vec<IpAddr>,
    /// Whether this machine hears the multicasts that it sends; `None` leaves it to the system, where it does.
    pub multicast_loop: Option<bool>,
    /// At most this many bytes of a datagram are received.
    pub max_bytes: Option<usize>,
}
