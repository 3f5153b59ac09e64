//! The AT of `accept`: what to listen on. Here a word alone is a port, not a host.

use std::fmt;

use super::label::{self, Reading};
use super::piece::Piece;
pub use super::ports::{PortList, PortRange};
use super::prefix::{self, Prefix};
use super::{Host, IdError, Scheme, SocketName, UnixKind, UnixName, host, port, ports, unix_name};

/// What one AT names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    /// `[HOST:]PORT[,PORT|,A-B…]`.
    Tcp {
        /// The host as written; [`Host::is_every_interface`] for `*`.
        host: Host,
        /// The ports in the order written.
        ports: Vec<PortRange>,
        /// Whether TLS is spoken there (`tls://`).
        secure: bool,
    },
    /// `udp://HOST:PORT`.
    Udp {
        /// The host as written; [`Host::is_every_interface`] for `*`.
        host: Host,
        /// The port.
        port: u16,
    },
    /// `unix:/path`, `unix:@name`, `seqpacket:/path`, `ipc:///path`.
    Unix {
        /// The kind of socket.
        kind: UnixKind,
        /// Its name.
        name: UnixName,
    },
    /// `fd:N`: an inherited listening descriptor.
    Descriptor(i32),
    /// `systemd[:NAME]`: the descriptors of LISTEN_FDS (sd_listen_fds(3)), all or those with this name.
    Systemd(Option<String>),
}

/// An AT with its optional name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenId {
    /// What to listen on.
    pub address: ListenAddress,
    /// The name, if there is one.
    pub name: Option<SocketName>,
}

impl ListenAddress {
    /// The ports in the order written; none where there are no ports.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        let (ranges, single) = match self {
            ListenAddress::Tcp { ports, .. } => (ports.as_slice(), None),
            ListenAddress::Udp { port, .. } => (&[][..], Some(*port)),
            ListenAddress::Unix { .. } | ListenAddress::Descriptor(_) | ListenAddress::Systemd(_) => (&[][..], None),
        };
        ranges.iter().flat_map(|range| range.iter()).chain(single)
    }
}

impl ListenId {
    /// Reads an AT.
    ///
    /// # Errors
    /// [`IdError`], which marks the column.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let whole = Piece::whole(text);
        if let Some(inherited) = inherited(whole)? {
            return Ok(inherited);
        }
        let (prefix, rest) = prefix::split(whole)?;
        let (address, label) = match prefix {
            Prefix::Inet(scheme) => {
                let (address, label) = label::split_after_port(rest, Reading::New)?;
                (inet(scheme, address)?, label)
            }
            Prefix::Unix(kind) => {
                let (name, label) = label::split_after_path(rest, Reading::New);
                (ListenAddress::Unix { kind, name: unix_name::parse(name)? }, label)
            }
            Prefix::WebSocket { .. } | Prefix::WebSocketUnix => {
                return Err(whole.error("a WebSocket URL is for open: write [HOST:]PORT and --ws to accept WebSockets"));
            }
        };
        Ok(ListenId { address, name: label.name })
    }
}

/// Reads `fd:N` and `systemd[:NAME]`; `None` for all else.
fn inherited(whole: Piece<'_>) -> Result<Option<ListenId>, IdError> {
    let (head, _) = whole.split_at(whole.text.find(['/', '|']).unwrap_or(whole.text.len()));
    let address = if let Some(number) = head.after_prefix("fd:") {
        ListenAddress::Descriptor(descriptor(number)?)
    } else if let Some(name) = head.after_prefix("systemd:") {
        ListenAddress::Systemd(Some(descriptor_name(name)?))
    } else if head.text.eq_ignore_ascii_case("systemd") {
        ListenAddress::Systemd(None)
    } else {
        return Ok(None);
    };
    let (_, label) = label::split_after_port(whole, Reading::New)?;
    Ok(Some(ListenId { address, name: label.name }))
}

fn descriptor(number: Piece<'_>) -> Result<i32, IdError> {
    let digits = Some(number.text).filter(|text| port::is_number(text));
    digits.and_then(|text| text.parse().ok()).ok_or_else(|| {
        number.error(format!(
            "{:?} is not a file descriptor: write the number of an inherited one, as in fd:3",
            number.text
        ))
    })
}

/// The names that sd_listen_fds_with_names(3) gives, but for those with the signs of a NAMEPART.
fn descriptor_name(name: Piece<'_>) -> Result<String, IdError> {
    if name.text.is_empty() || name.text.len() > 255 {
        return Err(name.error("a descriptor name has 1 to 255 characters: write systemd:NAME, or systemd for all"));
    }
    match name.text.char_indices().find(|(_, c)| !c.is_ascii() || c.is_ascii_control() || *c == ':') {
        None => Ok(name.text.to_owned()),
        Some((at, wrong)) => Err(name.error_at(
            at,
            format!("{wrong:?} has no place in a descriptor name: write the FileDescriptorName of the systemd unit"),
        )),
    }
}

fn inet(scheme: Scheme, address: Piece<'_>) -> Result<ListenAddress, IdError> {
    let (host, list) = split_host(address)?;
    let ranges = ports::parse(list).map_err(|error| with_hint(error, address))?;
    match (scheme, ranges.as_slice()) {
        (Scheme::Tcp, _) => Ok(ListenAddress::Tcp { host, ports: ranges, secure: false }),
        (Scheme::Tls, _) => Ok(ListenAddress::Tcp { host, ports: ranges, secure: true }),
        (Scheme::Udp, [range]) if range.first == range.last => Ok(ListenAddress::Udp { host, port: range.first }),
        (Scheme::Udp, _) => Err(list.error("udp:// takes one port: write an address for each port")),
    }
}

fn split_host(address: Piece<'_>) -> Result<(Host, Piece<'_>), IdError> {
    if let Some(list) = address.after_prefix("*:") {
        return Ok((Host::Name(Host::EVERY_INTERFACE.to_owned()), list));
    }
    if !address.text.starts_with('[') && !address.text.contains(':') {
        return Ok((Host::Unwritten, address));
    }
    match host::split_port(address, host::Place::BeforePort)? {
        (host, Some(list)) => Ok((host, list)),
        (host, None) => Err(address.error_at_end(format!("the port is missing: write {}:PORT", host.authority()))),
    }
}

/// A word that is no service was perhaps meant as a host.
fn with_hint(error: IdError, address: Piece<'_>) -> IdError {
    let like_a_host = address.text.contains(|c: char| c.is_alphabetic() || c == '.');
    match Host::parse(address.text) {
        Ok(host) if like_a_host => IdError { reason: format!("{}, or {host}:PORT", error.reason), ..error },
        _ => error,
    }
}

/// The text that [`ListenId::parse`] reads as the same address.
impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddress::Tcp { host, ports, secure } => {
                match (secure, host) {
                    (true, _) => write!(f, "tls://{}:", host.authority())?,
                    (false, Host::Unwritten) => {}
                    (false, _) if host.is_a_scheme() => write!(f, "tcp://{host}:")?,
                    (false, _) => write!(f, "{}:", host.authority())?,
                }
                ports::write(f, ports)
            }
            ListenAddress::Udp { host, port } => write!(f, "udp://{}", host.with_port(*port)),
            ListenAddress::Unix { kind, name } => write!(f, "{}{name}", kind.prefix()),
            ListenAddress::Descriptor(number) => write!(f, "fd:{number}"),
            ListenAddress::Systemd(None) => f.write_str("systemd"),
            ListenAddress::Systemd(Some(name)) => write!(f, "systemd:{name}"),
        }
    }
}

/// The text that [`ListenId::parse`] reads as the same.
impl fmt::Display for ListenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if matches!(self.address, ListenAddress::Unix { .. }) { '|' } else { '/' };
        match &self.name {
            None => write!(f, "{}", self.address),
            Some(name) => write!(f, "{}{sign}{name}", self.address),
        }
    }
}

#[cfg(test)]
mod tests;
