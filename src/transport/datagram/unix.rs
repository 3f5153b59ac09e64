//! Unix datagram sockets: a path to receive on, and a temporary one for the answers to a client (unix(7)).

use std::cell::Cell;
use std::io;
use std::path::PathBuf;

use socket2::{Domain, SockRef, Socket, Type};

use super::super::unix::{self, BoundPath};
use super::{DatagramError, DatagramOptions, DatagramSocket};
use crate::address::UnixName;

thread_local! {
    static MADE: Cell<u32> = const { Cell::new(0) };
}

/// Receives on a name.
///
/// # Errors
/// When it cannot be bound.
pub fn listen(name: &UnixName, mode: Option<u32>, options: &DatagramOptions) -> Result<DatagramSocket, DatagramError> {
    let failed = |error| DatagramError::Bind { address: format!("unix:{name}"), error };
    let (socket, path) = bound(name, mode, options, failed)?;
    DatagramSocket::new(socket, options, path).map_err(failed)
}

/// Connects to a name, from a path of our own to which answers can come: `from`, or a temporary one. It is removed with
/// the socket.
///
/// # Errors
/// When one of the names cannot be used.
pub fn connect(
    to: &UnixName,
    from: Option<&UnixName>,
    options: &DatagramOptions,
) -> Result<DatagramSocket, DatagramError> {
    let temporary = UnixName::Path(reply_path());
    let from = from.unwrap_or(&temporary);
    let unbound = |error| DatagramError::Bind { address: format!("unix:{from}"), error };
    let (socket, path) = bound(from, None, options, unbound)?;
    let connected = || -> io::Result<DatagramSocket> {
        socket.connect(&unix::sock_addr(to)?)?;
        DatagramSocket::new(socket, options, path)
    };
    connected().map_err(|error| DatagramError::Connect { target: format!("unix:{to}"), error })
}

fn bound(
    name: &UnixName,
    mode: Option<u32>,
    options: &DatagramOptions,
    failed: impl Fn(io::Error) -> DatagramError + Copy,
) -> Result<(Socket, Option<BoundPath>), DatagramError> {
    let socket = Socket::new(Domain::UNIX, Type::DGRAM, None).map_err(failed)?;
    options.socket.apply(SockRef::from(&socket), false)?;
    let _turn = unix::Turn::take(name);
    let path = unix::bind(&socket, name, Type::DGRAM, mode).map_err(failed)?;
    Ok((socket, path))
}

/// A path that no other process uses.
fn reply_path() -> PathBuf {
    let number = MADE.get();
    MADE.set(number + 1);
    std::env::temp_dir().join(format!("netverb-{}-{number}.reply", std::process::id()))
}
