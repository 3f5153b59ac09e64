//! From `udp://HOST:PORT` to the datagrams exchanged with that peer, by the options of a connection.

use socket2::SockRef;

use super::super::connect::{ConnectError, ConnectOptions};
use super::super::socket::peer_of;
use super::{DatagramError, DatagramOptions, Flow, Target, udp};
use crate::address::{Host, Peer};

/// Opens a socket towards a peer. Nothing is sent, so nobody need be there.
///
/// # Errors
/// No address, no way there, a local address that cannot be used; proxies, which carry no datagrams.
pub async fn connect(host: &Host, port: u16, options: &ConnectOptions) -> Result<Flow, ConnectError> {
    if options.route.needs_streams() {
        return Err(ConnectError::Unsupported("a proxy or its header on the way of datagrams".to_owned()));
    }
    let datagram =
        DatagramOptions { lookup: options.lookup, socket: options.socket.clone(), ..DatagramOptions::default() };
    let from = (options.source_host.as_ref(), options.source_port);
    let (socket, target) = udp::open(host, port, from, &datagram).await?;
    let peer = match &target {
        Target::Inet { to, .. } => Peer::inet(*to),
        Target::Connected | Target::Unix(_) => {
            let address = SockRef::from(&socket).peer_addr();
            peer_of(&address.map_err(|error| DatagramError::Connect { target: host.with_port(port), error })?)
        }
    };
    Ok(Flow::own(socket, target, peer))
}
