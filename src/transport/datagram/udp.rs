//! UDP sockets: connected to one peer, open for answers from many, or bound to receive.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::super::listener::Unwritten;
use super::super::resolve::{self, Family};
use super::super::sockopt::SocketOptions;
use super::inbox::is_of_a_link;
use super::{DatagramError, DatagramOptions, DatagramSocket, Target, multicast};
use crate::address::Host;

/// Opens a socket towards a host. Its only peer is that host, and what comes back by ICMP is an error of the socket; but for
/// a group or a broadcast address, where many may answer. A name with several addresses: the first that there is a way to.
///
/// # Errors
/// No address, no way there, or a local address that cannot be used.
pub async fn open(
    host: &Host,
    port: u16,
    from: (Option<&Host>, u16),
    options: &DatagramOptions,
) -> Result<(DatagramSocket, Target), DatagramError> {
    let targets = resolve::addresses(host, port, options.lookup).await?;
    let sources = match from.0 {
        None => Vec::new(),
        Some(host) => resolve::addresses(host, from.1, options.lookup).await?,
    };
    let mut failure = None;
    for to in targets {
        let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let local = match sources.iter().find(|source| source.is_ipv4() == to.is_ipv4()) {
            Some(local) => *local,
            None if sources.is_empty() => SocketAddr::new(any, from.1),
            None => continue,
        };
        match towards(to, local, options) {
            Ok(opened) => return Ok(opened),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.unwrap_or_else(|| {
        DatagramError::Clash(format!("{host} and the address given by --from are not of one family; type -4 or -6"))
    }))
}

fn towards(
    to: SocketAddr,
    local: SocketAddr,
    options: &DatagramOptions,
) -> Result<(DatagramSocket, Target), DatagramError> {
    let unreachable = |error: io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied if !options.broadcast => DatagramError::Broadcast(to.to_string()),
        io::ErrorKind::InvalidInput if lacks_scope(to) => DatagramError::NoScope(to),
        _ => DatagramError::Connect { target: to.to_string(), error },
    };
    let socket = made(to, options)?;
    multicast::prepare_sending(&socket, to, options).map_err(unreachable)?;
    if local.port() != 0 || !local.ip().is_unspecified() {
        bind(&socket, local, false)?;
    }
    // Asking for the way tells whether there is one, and whether it is one to all.
    let way = made(to, &DatagramOptions { broadcast: false, ..options.clone() })?;
    let to_all = match way.connect(&to.into()) {
        Ok(()) => false,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && options.broadcast => true,
        Err(error) => return Err(unreachable(error)),
    };
    if to_all || to.ip().is_multicast() {
        let unspecified: IpAddr =
            if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        if local.port() == 0 && local.ip().is_unspecified() {
            bind(&socket, SocketAddr::new(unspecified, 0), false)?;
        }
        let socket = DatagramSocket::new(socket, options, None).map_err(unreachable)?;
        return Ok((socket, Target::Inet { to, source: None }));
    }
    socket.connect(&to.into()).map_err(unreachable)?;
    let socket = DatagramSocket::new(socket, options, None).map_err(unreachable)?;
    socket.tell_errors();
    Ok((socket, Target::Connected))
}

/// Whether the address is one of a link, and which link is not said (RFC 4007 section 6).
fn lacks_scope(to: SocketAddr) -> bool {
    matches!(to, SocketAddr::V6(to) if is_of_a_link(to.ip()) && to.scope_id() == 0)
}

fn made(address: SocketAddr, options: &DatagramOptions) -> Result<Socket, DatagramError> {
    let failed = |error| DatagramError::Bind { address: address.to_string(), error };
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP)).map_err(failed)?;
    options.socket.apply(SockRef::from(&socket), address.is_ipv6())?;
    socket.set_broadcast(options.broadcast).map_err(failed)?;
    Ok(socket)
}

fn bind(socket: &Socket, local: SocketAddr, shared: bool) -> Result<(), DatagramError> {
    let bound = || -> io::Result<()> {
        if shared {
            socket.set_reuse_address(true)?;
        }
        socket.bind(&local.into())
    };
    bound().map_err(|error| DatagramError::Bind { address: local.to_string(), error })
}

/// Receives on a host and port, on one socket for each address and interface; with groups, where these are heard.
///
/// # Errors
/// The first address that cannot be received on; none stays open then.
pub async fn listen(
    host: &Host,
    port: u16,
    unwritten: Unwritten,
    options: &DatagramOptions,
) -> Result<Vec<DatagramSocket>, DatagramError> {
    let family = family(options)?;
    let unwritten_is_all = unwritten == Unwritten::AllInterfaces || !options.groups.is_empty();
    let dual = host.is_every_interface() || (*host == Host::Unwritten && unwritten_is_all);
    let addresses = match family {
        _ if !dual => resolve::addresses(host, port, resolve::Lookup { family, ..options.lookup }).await?,
        Family::V4 => vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))],
        Family::Any | Family::V6 => vec![SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))],
    };
    let interfaces: Vec<Option<String>> = match options.socket.interfaces.as_slice() {
        [] => vec![None],
        several => several.iter().cloned().map(Some).collect(),
    };
    let mut sockets: Vec<DatagramSocket> = Vec::new();
    for interface in interfaces {
        let interfaces = interface.into_iter().collect();
        let options =
            DatagramOptions { socket: SocketOptions { interfaces, ..options.socket.clone() }, ..options.clone() };
        for mut address in addresses.iter().copied() {
            if let (0, Some(chosen)) = (port, sockets.first().and_then(DatagramSocket::port)) {
                address.set_port(chosen);
            }
            match receiving(address, family == Family::V6, dual, &options) {
                Ok(socket) => sockets.push(socket),
                // A machine without IPv6: all interfaces are those with IPv4.
                Err(DatagramError::Bind { error, .. })
                    if dual && family == Family::Any && error.raw_os_error() == Some(libc::EAFNOSUPPORT) =>
                {
                    let v4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
                    sockets.push(receiving(v4, false, false, &options)?);
                }
                // A name such as localhost may have an address of a family that this machine has not.
                Err(DatagramError::Bind { error, .. })
                    if !sockets.is_empty() && error.kind() == io::ErrorKind::AddrNotAvailable => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(sockets)
}

/// The family to use: that of the groups, where there are any.
fn family(options: &DatagramOptions) -> Result<Family, DatagramError> {
    let asked = options.lookup.family;
    let Some(first) = options.groups.first() else { return Ok(asked) };
    let family = if first.address.is_ipv4() { Family::V4 } else { Family::V6 };
    match options.groups.iter().find(|group| !family.includes(group.address)) {
        Some(other) => Err(DatagramError::Clash(format!(
            "{first} and {other} are of different families; join them in two commands"
        ))),
        None if !asked.includes(first.address) => {
            Err(DatagramError::Clash(format!("{first} is not of the family that -4 or -6 asks for; leave that out")))
        }
        None => Ok(family),
    }
}

fn receiving(
    address: SocketAddr,
    only_v6: bool,
    dual: bool,
    options: &DatagramOptions,
) -> Result<DatagramSocket, DatagramError> {
    let failed = |error| DatagramError::Bind { address: address.to_string(), error };
    let socket = made(address, options)?;
    if address.is_ipv6() && (only_v6 || dual) {
        socket.set_only_v6(only_v6).map_err(failed)?;
    }
    // Several programs of a machine may hear one group; all else is one program's alone.
    bind(&socket, address, !options.groups.is_empty() && !options.socket.no_reuse_address)?;
    multicast::join_all(&socket, options)?;
    if !options.groups.is_empty() {
        multicast::prepare_sending(&socket, address, options).map_err(failed)?;
    }
    DatagramSocket::new(socket, options, None).map_err(failed)
}
