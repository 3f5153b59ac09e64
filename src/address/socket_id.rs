//! THE parser of socket IDs: `ADDRESS [NAMEPART]`. Whether a socket of that ID exists is not known here.
//!
//! A host without a port means port 80, with `tls://` and `udp://` too; the URLs of WebSockets have their own (80 and 443).

use std::fmt;

pub use super::id_error::IdError;
use super::label::{self, Label, Reading};
use super::piece::Piece;
use super::prefix::{self, Prefix};
use super::{Endpoint, Host, Scheme, SocketName, host, port, unix_name, websocket_url};

/// The port of a host that is written without one.
const DEFAULT_PORT: u16 = 80;

/// What a user names a socket with: an address, a name, or both. Host names and names compare without case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SocketId {
    /// The address, absent where a kept socket is called by its name alone.
    pub endpoint: Option<Endpoint>,
    /// The name, if there is one.
    pub name: Option<SocketName>,
    /// The number of an accepted connection: `web.2`, `peerhost:port|2`.
    pub number: Option<u32>,
}

impl SocketId {
    /// Reads the ID of a socket to open. A word alone is a host; numbers of accepted connections have no place in it.
    ///
    /// # Errors
    /// [`IdError`], which marks the column.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        parse(Piece::whole(text), Reading::New)
    }

    /// Reads `HOST PORT` in two words, the port with its NAMEPART, the host with or without brackets and `tcp://`, `tls://` or
    /// `udp://`; or a whole ID where there is no second word. An error has the two words with a blank between them as its input.
    ///
    /// # Errors
    /// [`IdError`], which marks the column.
    pub fn parse_words(host: &str, port: Option<&str>) -> Result<Self, IdError> {
        let Some(port) = port else { return Self::parse(host) };
        let text = format!("{host} {port}");
        let (first, second) = Piece::whole(&text).split_at(host.len());
        parse_words(first, second.skip(1), Reading::New)
    }

    /// As [`SocketId::parse_words`], of a kept socket: a word alone is read as [`SocketId::parse_kept`] does, and the port may have
    /// the number of an accepted connection.
    ///
    /// # Errors
    /// [`IdError`], which marks the column.
    pub fn parse_kept_words(host: &str, port: Option<&str>) -> Result<Self, IdError> {
        let Some(port) = port else { return Self::parse_kept(host) };
        let text = format!("{host} {port}");
        let (first, second) = Piece::whole(&text).split_at(host.len());
        parse_words(first, second.skip(1), Reading::Kept).map_err(|error| IdError { subject: "socket ID", ..error })
    }

    /// Reads the ID of a kept socket: a word that is a NAME is one, `NAME.N` and `ADDRESS|N` are accepted connections, and all else
    /// is read as [`SocketId::parse`] does.
    ///
    /// # Errors
    /// [`IdError`], which marks the column.
    pub fn parse_kept(text: &str) -> Result<Self, IdError> {
        let whole = Piece::whole(text);
        if let Ok(name) = SocketName::parse(text) {
            return Ok(SocketId { endpoint: None, name: Some(name), number: None });
        }
        let read = match label::numbered(whole) {
            Ok(Some(Label { name, number })) => Ok(SocketId { endpoint: None, name, number }),
            Ok(None) => parse(whole, Reading::Kept),
            Err(error) => Err(error),
        };
        read.map_err(|error| of_kept(error, text))
    }

    /// What a script calls the kept socket: the name if there is one (`mail`, `web.2`), else the address as in
    /// [`Endpoint::handle`], with the number of an accepted connection (`host:port|2`). [`SocketId::parse_kept`] reads it.
    pub fn handle(&self) -> String {
        let address = match self.name {
            Some(_) => None,
            None => self.endpoint.as_ref().map(Endpoint::handle),
        };
        match address {
            Some(address) if self.number.is_some() => format!("{address}|{}", self.label()),
            Some(address) => address,
            None => self.label(),
        }
    }

    /// The handle in one spelling, for look-ups: equal IDs have equal keys, host names and names being in lower case.
    pub fn key(&self) -> String {
        let endpoint = self.endpoint.as_ref().map(Endpoint::folded);
        let name = self.name.as_ref().map(SocketName::folded);
        SocketId { endpoint, name, number: self.number }.handle()
    }

    /// What stands in the NAMEPART.
    fn label(&self) -> String {
        match (&self.name, self.number) {
            (None, None) => String::new(),
            (Some(name), None) => name.to_string(),
            (None, Some(number)) => number.to_string(),
            (Some(name), Some(number)) => format!("{name}.{number}"),
        }
    }
}

/// The text that [`SocketId::parse_kept`] reads as the same ID, and [`SocketId::parse`] too where there is an address and no number.
impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(endpoint) = &self.endpoint else { return f.write_str(&self.label()) };
        let sign = match (endpoint, &self.name, self.number) {
            (_, None, None) => "",
            (Endpoint::Inet { .. }, Some(_), None) => "/",
            _ => "|",
        };
        write!(f, "{endpoint}{sign}{}", self.label())
    }
}

fn parse(id: Piece<'_>, reading: Reading) -> Result<SocketId, IdError> {
    let (prefix, rest) = prefix::split(id)?;
    let (address, label) = match prefix {
        Prefix::Inet(_) => label::split_after_port(rest, reading)?,
        Prefix::Unix(_) | Prefix::WebSocket { .. } | Prefix::WebSocketUnix => label::split_after_path(rest, reading),
    };
    let endpoint = match prefix {
        Prefix::Inet(scheme) => inet(scheme, address)?,
        Prefix::Unix(kind) => Endpoint::Unix { kind, name: unix_name::parse(address)? },
        Prefix::WebSocket { secure } => websocket_url::parse(address, secure)?,
        Prefix::WebSocketUnix => websocket_url::parse_unix(address)?,
    };
    Ok(with_label(endpoint, label))
}

/// What is wrong with the ID of a kept socket. A text without any sign of an address was to be a name.
fn of_kept(error: IdError, text: &str) -> IdError {
    let reason = match text {
        "" => "the socket is missing: write its NAME, or HOST:PORT".to_owned(),
        text if !text.contains([':', '/', '|', '[', '.']) => {
            format!("it is no name of a kept socket: {}; nor is it HOST:PORT", SocketName::RULE)
        }
        _ => error.reason,
    };
    IdError { subject: "socket ID", reason, ..error }
}

fn parse_words(first: Piece<'_>, second: Piece<'_>, reading: Reading) -> Result<SocketId, IdError> {
    let (Prefix::Inet(scheme), first) = prefix::split(first)? else {
        return Err(second.error("only a host has its port in a second word: write the address alone"));
    };
    let (host, port_before) = host::split_port(first, host::Place::BeforePort)?;
    if let Some(port) = port_before {
        return Err(port.error("the port is given twice: write HOST:PORT or HOST PORT"));
    }
    let (port, label) = label::split_after_port(second, reading)?;
    Ok(with_label(Endpoint::Inet { scheme, host, port: host::port(port)? }, label))
}

fn with_label(endpoint: Endpoint, Label { name, number }: Label) -> SocketId {
    SocketId { endpoint: Some(endpoint), name, number }
}

fn inet(scheme: Scheme, address: Piece<'_>) -> Result<Endpoint, IdError> {
    if address.text.is_empty() {
        return Err(address.error("the address is missing: write HOST:PORT"));
    }
    if port::is_number(address.text) {
        return Ok(Endpoint::Inet { scheme, host: Host::Unwritten, port: host::port(address)? });
    }
    let (host, port) = host::split_port(address, host::Place::BeforePort)?;
    let port = port.map_or(Ok(DEFAULT_PORT), host::port)?;
    Ok(Endpoint::Inet { scheme, host, port })
}

#[cfg(test)]
mod tests;
