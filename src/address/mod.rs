//! Addresses and socket IDs as pure values: parsing and printing, no look-ups and no sockets.

pub mod endpoint;
mod host;
mod id_error;
mod label;
pub mod listen;
pub mod peer;
mod piece;
pub mod port;
mod ports;
mod prefix;
pub mod socket_id;
pub mod socket_name;
pub mod unix_name;
mod websocket_url;

pub use endpoint::{Endpoint, Host, Scheme, UnixKind, UnixName};
pub use listen::{ListenAddress, ListenId, PortList, PortRange};
pub use peer::Peer;
pub use socket_id::{IdError, SocketId};
pub use socket_name::SocketName;
