//! Connections of every kind: dialling, listening, and the channel that comes of it. What is done with a channel belongs
//! to `relay`, `service` and `conversation`.

pub mod channel;
pub mod connect;
pub mod datagram;
pub mod descriptor;
pub mod dial;
pub mod http_head;
#[cfg(any(feature = "ws", feature = "zmq"))]
pub mod inbox;
pub mod listener;
pub mod messages;
pub mod overlay;
pub mod proxy;
pub mod resolve;
#[cfg(all(feature = "ws", feature = "http"))]
pub mod rewound;
pub mod route;
pub mod secure;
pub mod seqpacket;
pub mod socket;
pub mod sockopt;
pub mod telnet;
#[cfg(feature = "tls")]
pub mod tls;
pub mod unix;
#[cfg(feature = "ws")]
pub mod websocket;
#[cfg(feature = "zmq")]
pub mod zeromq;

pub use channel::{Bytes, Channel};
pub use connect::{ConnectOptions, Patience, connect};
pub use descriptor::{Descriptor, Kind};
pub use messages::Messages;
pub use resolve::{Family, Lookup};
pub use route::Route;
pub use socket::Socket;
pub use sockopt::SocketOptions;
