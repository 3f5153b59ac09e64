//! Names to addresses and back, without blocking the event loop: the system's resolver in a thread of its own.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use crate::address::Host;

/// Which address families may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// IPv4 only (`-4`).
    V4,
    /// IPv6 only (`-6`).
    V6,
}

impl Family {
    /// Whether an address belongs to it.
    pub fn includes(self, address: IpAddr) -> bool {
        match self {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        }
    }
}

/// How names are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lookup {
    /// The families wanted.
    pub family: Family,
    /// Addresses only: a name is an error (`-n`).
    pub numeric: bool,
}

/// Why a host has no usable address.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The resolver's own text.
    #[error("cannot resolve {host:?}: {reason}")]
    Resolver {
        /// The name.
        host: String,
        /// What the system's resolver says.
        reason: String,
    },
    /// A name where `--numeric` allows addresses only.
    #[error("{host:?} is a name, and --numeric allows addresses only; type its address or leave out -n")]
    NotNumeric {
        /// The name.
        host: String,
    },
    /// An address or name without an address of the wanted family.
    #[error("{host} has no {family} address; leave out -{option} or name another host")]
    NoSuchFamily {
        /// The host.
        host: String,
        /// `IPv4` or `IPv6`.
        family: &'static str,
        /// The option that asked for it.
        option: char,
    },
    /// The scope of a link-local address is no interface.
    #[error("no interface {scope:?} for the scope of {host}")]
    NoInterface {
        /// The scope as written.
        scope: String,
        /// The host.
        host: String,
    },
}

/// The addresses of a host in the resolver's order (RFC 6724), without duplicates.
///
/// # Errors
/// See [`ResolveError`]; never an empty list.
pub async fn addresses(host: &Host, port: u16, lookup: Lookup) -> Result<Vec<SocketAddr>, ResolveError> {
    let all = match host {
        Host::Unwritten => {
            vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv6Addr::LOCALHOST, port))]
        }
        Host::V4(address) => vec![SocketAddr::from((*address, port))],
        Host::V6 { address, scope } => {
            vec![SocketAddr::V6(SocketAddrV6::new(*address, port, 0, scope_id(host, scope)?))]
        }
        Host::Name(name) if lookup.numeric => return Err(ResolveError::NotNumeric { host: name.clone() }),
        Host::Name(name) => by_name(name.clone(), port, lookup.family).await?,
    };
    let mut wanted: Vec<SocketAddr> = Vec::with_capacity(all.len());
    for address in all {
        if lookup.family.includes(address.ip()) && !wanted.contains(&address) {
            wanted.push(address);
        }
    }
    if wanted.is_empty() {
        let (family, option) = if lookup.family == Family::V4 { ("IPv4", '4') } else { ("IPv6", '6') };
        return Err(ResolveError::NoSuchFamily { host: host.to_string(), family, option });
    }
    Ok(wanted)
}

fn scope_id(host: &Host, scope: &Option<String>) -> Result<u32, ResolveError> {
    let Some(scope) = scope else { return Ok(0) };
    if let Ok(index) = scope.parse() {
        return Ok(index);
    }
    nix::net::if_::if_nametoindex(scope.as_str())
        .map_err(|_| ResolveError::NoInterface { scope: scope.clone(), host: host.to_string() })
}

async fn by_name(name: String, port: u16, family: Family) -> Result<Vec<SocketAddr>, ResolveError> {
    let host = name.clone();
    let found = in_thread(move || {
        let hints = dns_lookup::AddrInfoHints {
            socktype: dns_lookup::SockType::Stream.into(),
            address: match family {
                Family::Any => 0,
                Family::V4 => dns_lookup::AddrFamily::Inet.into(),
                Family::V6 => dns_lookup::AddrFamily::Inet6.into(),
            },
            ..Default::default()
        };
        let answers = dns_lookup::getaddrinfo(Some(&name), None, Some(hints)).map_err(io::Error::from)?;
        Ok(answers.filter_map(Result::ok).map(|answer| answer.sockaddr).collect::<Vec<SocketAddr>>())
    })
    .await;
    match found {
        Ok(found) => Ok(found
            .into_iter()
            .map(|mut address| {
                address.set_port(port);
                address
            })
            .collect()),
        Err(error) => Err(ResolveError::Resolver { host, reason: resolver_text(&error) }),
    }
}

/// The name of an address, from the system's resolver.
///
/// # Errors
/// [`ResolveError::Resolver`] when it has none.
pub async fn name_of(address: IpAddr) -> Result<String, ResolveError> {
    let found = in_thread(move || {
        let flags = libc::NI_NAMEREQD;
        Ok(dns_lookup::getnameinfo(&SocketAddr::new(address, 0), flags).map_err(io::Error::from)?.0)
    })
    .await;
    found.map_err(|error| ResolveError::Resolver { host: address.to_string(), reason: resolver_text(&error) })
}

/// The resolver's words without the wrapping of the crate that asked it.
fn resolver_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(": ") {
        Some((prefix, rest)) if prefix.contains("address information") || prefix.contains("lookup") => rest.to_owned(),
        _ => text,
    }
}

/// A thread that may outlive the run: a resolver without an answer must not hold up the exit.
async fn in_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let (answer, result) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("resolver".to_owned()).spawn(move || {
        let _ = answer.send(work());
    })?;
    result.await.unwrap_or_else(|_| Err(io::Error::other("the resolver gave no answer")))
}
