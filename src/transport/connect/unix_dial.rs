//! Connecting to a Unix socket, whatever is spoken over it.

use std::io;
use std::time::Duration;

use socket2::{Domain, SockRef, Type};
use tokio::time::Instant;

use super::{ConnectError, ConnectOptions};
use crate::address::{Endpoint, Peer, UnixName};
use crate::event::{Event, Phase, Report};
use crate::transport::channel::Bytes;
use crate::transport::socket::Socket;
use crate::transport::unix;

/// Connects a stream socket, and says for whom where that is wanted.
pub(super) async fn unix_stream(
    endpoint: &Endpoint,
    name: &UnixName,
    options: &ConnectOptions,
    id: &str,
    report: &dyn Report,
) -> Result<Bytes, ConnectError> {
    let socket = unix_socket(endpoint, name, Type::STREAM, options, id, report).await?;
    if options.socket.send_buffer.is_none() {
        unix::widen(&socket);
    }
    let failed = |error| ConnectError::Unix { target: endpoint.to_string(), error };
    let mut bytes = Bytes::Socket(Socket::new(socket, Some(Peer::Unix(Some(name.clone())))).map_err(failed)?);
    options.route.announce_to(&mut bytes).await.map_err(failed)?;
    Ok(bytes)
}

/// Connects a socket of this type.
pub(super) async fn unix_socket(
    endpoint: &Endpoint,
    name: &UnixName,
    kind: Type,
    options: &ConnectOptions,
    id: &str,
    report: &dyn Report,
) -> Result<socket2::Socket, ConnectError> {
    let failed = |error| ConnectError::Unix { target: endpoint.to_string(), error };
    report.event(id, &Event::Connecting { peer: endpoint.to_string() });
    let begun = Instant::now();
    let to = unix::sock_addr(name).map_err(failed)?;
    let socket = socket2::Socket::new(Domain::UNIX, kind.nonblocking(), None).map_err(failed)?;
    options.socket.apply(SockRef::from(&socket), false)?;
    let mut pause = Duration::from_millis(1);
    loop {
        match socket.connect(&to) {
            Ok(()) => break,
            // A full backlog; unix(7) offers nothing to wait on, and the connection limit ends this.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => tokio::time::sleep(pause).await,
            Err(error) => return Err(failed(error)),
        }
        pause = (pause * 2).min(Duration::from_millis(100));
    }
    report.phase(Phase::Connect, begun.elapsed());
    Ok(socket)
}
