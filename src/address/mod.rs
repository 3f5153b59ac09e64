//! Addresses and socket IDs as pure values: parsing and printing, no look-ups and no sockets.

pub mod endpoint;
pub mod listen;
pub mod peer;
pub mod port;
pub mod socket_id;
pub mod socket_name;

pub use endpoint::{Endpoint, Host, Scheme, UnixKind, UnixName};
pub use listen::{ListenAddress, ListenId, PortRange};
pub use peer::Peer;
pub use socket_id::{IdError, SocketId};
pub use socket_name::SocketName;
