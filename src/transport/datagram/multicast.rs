//! Multicast groups: which they are, joining them, and how multicasts leave (RFC 1112, RFC 3678, RFC 4607).

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use socket2::{InterfaceIndexOrAddress, Socket};

use super::{DatagramError, DatagramOptions};
use crate::sys;

/// A multicast group, and the interface to hear it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The address of the group.
    pub address: IpAddr,
    /// The interface by name or index; `None` leaves it to the routing.
    pub interface: Option<String>,
}

/// A text that is no multicast group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no multicast group; type an address such as 239.1.2.3, ff02::1234%eth0 or 239.1.2.3%eth0")]
pub struct GroupError(String);

impl FromStr for Group {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || GroupError(text.to_owned());
        let (address, interface) = match text.split_once('%') {
            Some((_, "")) => return Err(wrong()),
            Some((address, interface)) => (address, Some(interface.to_owned())),
            None => (text, None),
        };
        let address = address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(address);
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        if address.is_multicast() { Ok(Group { address, interface }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.interface {
            None => write!(f, "{}", self.address),
            Some(interface) => write!(f, "{}%{interface}", self.address),
        }
    }
}

/// The index of an interface, which may be given by its number.
fn index(interface: Option<&String>) -> io::Result<u32> {
    let Some(name) = interface else { return Ok(0) };
    match name.parse() {
        Ok(index) => Ok(index),
        Err(_) => nix::net::if_::if_nametoindex(name.as_str())
            .map_err(|_| io::Error::new(io::ErrorKind::NotFound, format!("there is no interface {name:?}"))),
    }
}

/// Joins all groups of the options; from then on, of all groups, only these are heard.
pub(super) fn join_all(socket: &Socket, options: &DatagramOptions) -> Result<(), DatagramError> {
    for group in &options.groups {
        let failed = |error| DatagramError::Join { group: group.to_string(), error };
        let interface = index(group.interface.as_ref().or(options.socket.interfaces.first())).map_err(failed)?;
        let sources: Vec<IpAddr> =
            options.sources.iter().copied().filter(|source| source.is_ipv4() == group.address.is_ipv4()).collect();
        if sources.is_empty() && !options.sources.is_empty() {
            let text = format!("no --source-specific address is of the family of {group}");
            return Err(DatagramError::Clash(text));
        }
        join(socket, group.address, interface, &sources).map_err(failed)?;
    }
    #[cfg(target_os = "linux")]
    if let Some(group) = options.groups.first() {
        // Without this, groups that another process joined would be heard as well (ip(7), IP_MULTICAST_ALL).
        let _ = if group.address.is_ipv4() {
            socket.set_multicast_all_v4(false)
        } else {
            socket.set_multicast_all_v6(false)
        };
    }
    Ok(())
}

fn join(socket: &Socket, group: IpAddr, interface: u32, sources: &[IpAddr]) -> io::Result<()> {
    if sources.is_empty() {
        return match group {
            IpAddr::V4(group) => socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(interface)),
            IpAddr::V6(group) => socket.join_multicast_v6(&group, interface),
        };
    }
    sources.iter().try_for_each(|source| join_source(socket, group, *source, interface))
}

/// MCAST_JOIN_SOURCE_GROUP of RFC 3678 section 5.1.2: one call for both families, and the interface by its index.
#[cfg(target_os = "linux")]
fn join_source(socket: &Socket, group: IpAddr, source: IpAddr, interface: u32) -> io::Result<()> {
    // struct group_source_req: the index, padding, and two addresses in the space of sockaddr_storage.
    let mut request = interface.to_ne_bytes().to_vec();
    request.resize(std::mem::align_of::<libc::sockaddr_storage>().max(request.len()), 0);
    for address in [group, source] {
        let end = request.len() + std::mem::size_of::<libc::sockaddr_storage>();
        match address {
            IpAddr::V4(address) => {
                request.extend_from_slice(&(libc::AF_INET as libc::sa_family_t).to_ne_bytes());
                request.extend_from_slice(&[0; 2]);
                request.extend_from_slice(&address.octets());
            }
            IpAddr::V6(address) => {
                request.extend_from_slice(&(libc::AF_INET6 as libc::sa_family_t).to_ne_bytes());
                request.extend_from_slice(&[0; 6]);
                request.extend_from_slice(&address.octets());
            }
        }
        request.resize(end, 0);
    }
    let level = if group.is_ipv4() { libc::IPPROTO_IP } else { libc::IPPROTO_IPV6 };
    sys::set_socket_option(socket, level, libc::MCAST_JOIN_SOURCE_GROUP, &request)
}

#[cfg(not(target_os = "linux"))]
fn join_source(socket: &Socket, group: IpAddr, source: IpAddr, _: u32) -> io::Result<()> {
    match (group, source) {
        (IpAddr::V4(group), IpAddr::V4(source)) => socket.join_ssm_v4(&source, &group, &Ipv4Addr::UNSPECIFIED),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Sets how multicasts leave: by which interface, how far, and whether this machine hears them.
pub(super) fn prepare_sending(socket: &Socket, to: SocketAddr, options: &DatagramOptions) -> io::Result<()> {
    let interface = index(options.socket.interfaces.first())?;
    match to {
        SocketAddr::V4(_) => {
            if interface != 0 {
                send_v4_by(socket, interface)?;
            }
            options.socket.ttl.map_or(Ok(()), |ttl| socket.set_multicast_ttl_v4(ttl))?;
            options.multicast_loop.map_or(Ok(()), |on| socket.set_multicast_loop_v4(on))
        }
        SocketAddr::V6(to) => {
            let interface = if interface == 0 { to.scope_id() } else { interface };
            if interface != 0 {
                socket.set_multicast_if_v6(interface)?;
            }
            options.socket.ttl.map_or(Ok(()), |ttl| socket.set_multicast_hops_v6(ttl))?;
            options.multicast_loop.map_or(Ok(()), |on| socket.set_multicast_loop_v6(on))
        }
    }
}

/// IP_MULTICAST_IF with the index of the interface: struct ip_mreqn of ip(7), its two addresses empty.
fn send_v4_by(socket: &Socket, interface: u32) -> io::Result<()> {
    let any = Ipv4Addr::UNSPECIFIED.octets();
    let request = [any, any, interface.to_ne_bytes()].concat();
    sys::set_socket_option(socket, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_multicast_address_with_an_optional_interface() {
        for (text, address, interface) in [
            ("239.1.2.3", "239.1.2.3", None),
            ("224.0.0.1%eth0", "224.0.0.1", Some("eth0")),
            ("ff02::1234%2", "ff02::1234", Some("2")),
            ("[ff02::1]", "ff02::1", None),
        ] {
            let group: Group = text.parse().unwrap();
            assert_eq!((group.address, group.interface.as_deref()), (address.parse().unwrap(), interface), "{text}");
        }
        for text in ["", "10.0.0.1", "239.1.2.3%", "239.1.2", "name", "fe80::1%eth0", "239.1.2.3:5000"] {
            assert!(text.parse::<Group>().is_err(), "{text}");
        }
    }
}
