//! Socket options: those with an option of their own, and `--sockopt NAME=VALUE` by the names of socket(7), tcp(7), ip(7)
//! and ipv6(7).

use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use crate::failure::reason;
use crate::quantity::{Limit, parse_duration};
use crate::sys;

/// What to set on every socket of a run.
#[derive(Debug, Clone, Default)]
pub struct SocketOptions {
    /// Idle time before keep-alive probes begin.
    pub keepalive: Option<Duration>,
    /// SO_SNDBUF in bytes.
    pub send_buffer: Option<usize>,
    /// SO_RCVBUF in bytes.
    pub receive_buffer: Option<usize>,
    /// Hops that a packet may take.
    pub ttl: Option<u32>,
    /// The DSCP and ECN byte.
    pub tos: Option<u32>,
    /// SO_MARK, for routing and firewalls.
    pub mark: Option<u32>,
    /// TCP_CONGESTION by name.
    pub congestion: Option<String>,
    /// Interfaces; an outgoing socket is bound to the first.
    pub interfaces: Vec<String>,
    /// Whether SO_REUSEADDR is left off.
    pub no_reuse_address: bool,
    /// `--sockopt`, in order.
    pub named: Vec<NamedOption>,
}

/// Reads how long a connection is idle before it is probed; tcp(7) counts whole seconds.
///
/// # Errors
/// Not a duration, or one that the system refuses.
pub fn parse_keepalive(text: &str) -> Result<Limit, String> {
    match parse_duration(text).map_err(|error| error.to_string())? {
        Limit::After(idle) if !(1..=LONGEST_KEEPALIVE).contains(&idle.as_secs()) => {
            Err(format!("type a time from 1s to {LONGEST_KEEPALIVE}s, or infinite not to probe"))
        }
        limit => Ok(limit),
    }
}

/// The longest TCP_KEEPIDLE that Linux takes, in seconds (MAX_TCP_KEEPIDLE).
const LONGEST_KEEPALIVE: u64 = 32767;

impl SocketOptions {
    /// Sets what must be set before a socket is connected or bound.
    ///
    /// # Errors
    /// The option that the system refused, with its reason.
    pub fn apply(&self, socket: SockRef<'_>, v6: bool) -> Result<(), OptionError> {
        let named = |option: &'static str| move |error| OptionError { option: option.to_owned(), error };
        if let Some(size) = self.send_buffer {
            socket.set_send_buffer_size(size).map_err(named("--sndbuf"))?;
        }
        if let Some(size) = self.receive_buffer {
            socket.set_recv_buffer_size(size).map_err(named("--rcvbuf"))?;
        }
        if let Some(idle) = self.keepalive {
            socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(idle)).map_err(named("--keepalive"))?;
        }
        if let Some(ttl) = self.ttl {
            let set = if v6 { socket.set_unicast_hops_v6(ttl) } else { socket.set_ttl_v4(ttl) };
            set.map_err(named("--ttl"))?;
        }
        if let Some(tos) = self.tos {
            let set = if v6 { socket.set_tclass_v6(tos) } else { socket.set_tos_v4(tos) };
            set.map_err(named("--tos"))?;
        }
        if let Some(name) = &self.congestion {
            congestion::set(&socket, name)
                .map_err(|error| OptionError { option: format!("--congestion {name}"), error })?;
        }
        if let Some(mark) = self.mark {
            device::mark(&socket, mark).map_err(named("--mark"))?;
        }
        if let Some(interface) = self.interfaces.first() {
            device::bind(&socket, interface)
                .map_err(|error| OptionError { option: format!("--interface {interface}"), error })?;
        }
        for option in &self.named {
            option.apply(&socket)?;
        }
        Ok(())
    }
}

/// An option that could not be set.
#[derive(Debug, thiserror::Error)]
#[error("cannot set {option}: {}", reason(.error))]
pub struct OptionError {
    /// As the user named it.
    pub option: String,
    /// The system's reason.
    pub error: io::Error,
}

/// One `--sockopt NAME=VALUE`: an integer, `on` or `off`; a text for the options that take one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedOption {
    name: &'static str,
    level: libc::c_int,
    number: libc::c_int,
    value: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Integer,
    Text,
    /// SO_LINGER: seconds, `off`.
    Linger,
}

type Known = (&'static str, libc::c_int, libc::c_int, Form);

const KNOWN: &[Known] = &[
    ("SO_BROADCAST", libc::SOL_SOCKET, libc::SO_BROADCAST, Form::Integer),
    ("SO_DONTROUTE", libc::SOL_SOCKET, libc::SO_DONTROUTE, Form::Integer),
    ("SO_KEEPALIVE", libc::SOL_SOCKET, libc::SO_KEEPALIVE, Form::Integer),
    ("SO_LINGER", libc::SOL_SOCKET, libc::SO_LINGER, Form::Linger),
    ("SO_OOBINLINE", libc::SOL_SOCKET, libc::SO_OOBINLINE, Form::Integer),
    ("SO_RCVBUF", libc::SOL_SOCKET, libc::SO_RCVBUF, Form::Integer),
    ("SO_RCVLOWAT", libc::SOL_SOCKET, libc::SO_RCVLOWAT, Form::Integer),
    ("SO_REUSEADDR", libc::SOL_SOCKET, libc::SO_REUSEADDR, Form::Integer),
    ("SO_REUSEPORT", libc::SOL_SOCKET, libc::SO_REUSEPORT, Form::Integer),
    ("SO_SNDBUF", libc::SOL_SOCKET, libc::SO_SNDBUF, Form::Integer),
    ("TCP_NODELAY", libc::IPPROTO_TCP, libc::TCP_NODELAY, Form::Integer),
    ("TCP_MAXSEG", libc::IPPROTO_TCP, libc::TCP_MAXSEG, Form::Integer),
    ("TCP_KEEPINTVL", libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, Form::Integer),
    ("TCP_KEEPCNT", libc::IPPROTO_TCP, libc::TCP_KEEPCNT, Form::Integer),
    ("IP_TTL", libc::IPPROTO_IP, libc::IP_TTL, Form::Integer),
    ("IP_TOS", libc::IPPROTO_IP, libc::IP_TOS, Form::Integer),
    ("IPV6_UNICAST_HOPS", libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS, Form::Integer),
    ("IPV6_TCLASS", libc::IPPROTO_IPV6, libc::IPV6_TCLASS, Form::Integer),
    ("IPV6_V6ONLY", libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, Form::Integer),
];

#[cfg(target_os = "linux")]
const KNOWN_LINUX: &[Known] = &[
    ("SO_BINDTODEVICE", libc::SOL_SOCKET, libc::SO_BINDTODEVICE, Form::Text),
    ("SO_BUSY_POLL", libc::SOL_SOCKET, libc::SO_BUSY_POLL, Form::Integer),
    ("SO_INCOMING_CPU", libc::SOL_SOCKET, libc::SO_INCOMING_CPU, Form::Integer),
    ("SO_MARK", libc::SOL_SOCKET, libc::SO_MARK, Form::Integer),
    ("SO_PRIORITY", libc::SOL_SOCKET, libc::SO_PRIORITY, Form::Integer),
    ("SO_RCVBUFFORCE", libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, Form::Integer),
    ("SO_SNDBUFFORCE", libc::SOL_SOCKET, libc::SO_SNDBUFFORCE, Form::Integer),
    ("TCP_CONGESTION", libc::IPPROTO_TCP, libc::TCP_CONGESTION, Form::Text),
    ("TCP_CORK", libc::IPPROTO_TCP, libc::TCP_CORK, Form::Integer),
    ("TCP_DEFER_ACCEPT", libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, Form::Integer),
    ("TCP_FASTOPEN", libc::IPPROTO_TCP, libc::TCP_FASTOPEN, Form::Integer),
    ("TCP_FASTOPEN_CONNECT", libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT, Form::Integer),
    ("TCP_KEEPIDLE", libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, Form::Integer),
    ("TCP_LINGER2", libc::IPPROTO_TCP, libc::TCP_LINGER2, Form::Integer),
    ("TCP_NOTSENT_LOWAT", libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT, Form::Integer),
    ("TCP_QUICKACK", libc::IPPROTO_TCP, libc::TCP_QUICKACK, Form::Integer),
    ("TCP_SYNCNT", libc::IPPROTO_TCP, libc::TCP_SYNCNT, Form::Integer),
    ("TCP_USER_TIMEOUT", libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, Form::Integer),
    ("TCP_WINDOW_CLAMP", libc::IPPROTO_TCP, libc::TCP_WINDOW_CLAMP, Form::Integer),
    ("IP_BIND_ADDRESS_NO_PORT", libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, Form::Integer),
    ("IP_FREEBIND", libc::IPPROTO_IP, libc::IP_FREEBIND, Form::Integer),
    ("IP_MTU_DISCOVER", libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, Form::Integer),
    ("IP_TRANSPARENT", libc::IPPROTO_IP, libc::IP_TRANSPARENT, Form::Integer),
];
#[cfg(not(target_os = "linux"))]
const KNOWN_LINUX: &[Known] = &[];

/// A `--sockopt` that makes no sense.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NamedOptionError {
    /// No `=`.
    #[error("{0:?} has no value; type NAME=VALUE, for example TCP_USER_TIMEOUT=5000")]
    NoValue(String),
    /// A name that is not in the table.
    #[error("unknown socket option {name:?}; known here: {known}")]
    Unknown {
        /// What was typed.
        name: String,
        /// All names.
        known: String,
    },
    /// A value that is no number.
    #[error("{value:?} is no value for {name}; type an integer, on or off")]
    Value {
        /// The option.
        name: &'static str,
        /// What was typed.
        value: String,
    },
}

impl FromStr for NamedOption {
    type Err = NamedOptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').ok_or_else(|| NamedOptionError::NoValue(text.to_owned()))?;
        let known = || KNOWN.iter().chain(KNOWN_LINUX);
        let (name, level, number, form) =
            *known().find(|(known, ..)| known.eq_ignore_ascii_case(name)).ok_or_else(|| NamedOptionError::Unknown {
                name: name.to_owned(),
                known: known().map(|(known, ..)| *known).collect::<Vec<_>>().join(" "),
            })?;
        let integer = || -> Result<i32, NamedOptionError> {
            match value {
                "on" | "yes" | "true" => Ok(1),
                "off" | "no" | "false" => Ok(0),
                _ => value.parse().map_err(|_| NamedOptionError::Value { name, value: value.to_owned() }),
            }
        };
        let value = match form {
            Form::Text => value.as_bytes().to_vec(),
            Form::Integer => integer()?.to_ne_bytes().to_vec(),
            Form::Linger => {
                let (on, seconds) = if value == "off" { (0i32, 0) } else { (1, integer()?) };
                [on.to_ne_bytes(), seconds.to_ne_bytes()].concat()
            }
        };
        Ok(NamedOption { name, level, number, value })
    }
}

impl NamedOption {
    fn apply(&self, socket: &SockRef<'_>) -> Result<(), OptionError> {
        sys::set_socket_option(&**socket, self.level, self.number, &self.value)
            .map_err(|error| OptionError { option: self.name.to_owned(), error })
    }
}

/// Lets a connection within this machine run at full speed: a paced congestion control such as BBR paces on loopback too,
/// where there is nothing to be fair to. Returns the control that was replaced. An explicit `--congestion` is left alone.
pub fn unpace_local(socket: SockRef<'_>, local: SocketAddr, peer: SocketAddr) -> Option<String> {
    if local.ip().to_canonical() != peer.ip().to_canonical() && !peer.ip().to_canonical().is_loopback() {
        return None;
    }
    let current = congestion::get(&socket)?;
    if !current.starts_with("bbr") {
        return None;
    }
    congestion::set(&socket, "reno").ok().map(|()| current)
}

#[cfg(target_os = "linux")]
mod congestion {
    use std::io;

    use socket2::SockRef;

    pub(super) fn get(socket: &SockRef<'_>) -> Option<String> {
        let name = socket.tcp_congestion().ok()?;
        let name: Vec<u8> = name.into_iter().take_while(|byte| *byte != 0).collect();
        String::from_utf8(name).ok()
    }

    pub(super) fn set(socket: &SockRef<'_>, name: &str) -> io::Result<()> {
        socket.set_tcp_congestion(name.as_bytes())
    }
}

#[cfg(not(target_os = "linux"))]
mod congestion {
    use std::io;

    use socket2::SockRef;

    pub(super) fn get(_: &SockRef<'_>) -> Option<String> {
        None
    }

    pub(super) fn set(_: &SockRef<'_>, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(target_os = "linux")]
mod device {
    use std::io;

    use socket2::SockRef;

    pub(super) fn bind(socket: &SockRef<'_>, interface: &str) -> io::Result<()> {
        socket.bind_device(Some(interface.as_bytes()))
    }

    pub(super) fn mark(socket: &SockRef<'_>, mark: u32) -> io::Result<()> {
        socket.set_mark(mark)
    }
}

#[cfg(not(target_os = "linux"))]
mod device {
    use std::io;

    use socket2::SockRef;

    pub(super) fn bind(_: &SockRef<'_>, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn mark(_: &SockRef<'_>, _: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_options_are_read_by_their_manual_page_names() {
        let nodelay: NamedOption = "tcp_nodelay=on".parse().unwrap();
        assert_eq!((nodelay.name, nodelay.value), ("TCP_NODELAY", 1i32.to_ne_bytes().to_vec()));
        let linger: NamedOption = "SO_LINGER=5".parse().unwrap();
        assert_eq!(linger.value, [1i32.to_ne_bytes(), 5i32.to_ne_bytes()].concat());
        assert!(matches!("SO_NOTHING=1".parse::<NamedOption>(), Err(NamedOptionError::Unknown { .. })));
        assert!(matches!("SO_KEEPALIVE".parse::<NamedOption>(), Err(NamedOptionError::NoValue(_))));
        assert!(matches!("SO_KEEPALIVE=x".parse::<NamedOption>(), Err(NamedOptionError::Value { .. })));
    }
}
