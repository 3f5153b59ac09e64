//! HTTP for the clients of a listener: the files of a directory, a fixed answer, or a program for each request.
//!
//! The protocol itself is hyper's (RFC 9112), files are tower-http's; here is what goes into an answer, and the limits.

mod ahead;
pub mod answer;
mod beneath;
mod body;
pub mod cgi;
mod connection;
pub mod folder;
mod listing;
mod ranges;
mod tap;
#[cfg(feature = "ws")]
pub mod upgrade;
mod upload;
mod visit;

use std::collections::BTreeSet;
use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};

pub use answer::{AnswerError, FixedAnswer};
pub use folder::Folder;

use super::program::Command;
use crate::quantity::Limit;

pub(super) use connection::serve;

/// What HTTP clients get, and within which limits.
#[derive(Debug)]
pub struct Http {
    /// What answers are made of.
    pub content: Content,
    /// What every answer has among its headers.
    pub headers: Headers,
    /// What a client may ask for.
    pub limits: Limits,
}

/// On which ports HTTP is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ports {
    /// On all, and on Unix sockets.
    All,
    /// On these.
    These(BTreeSet<u16>),
}

impl Ports {
    /// Whether it is spoken with who reached this port.
    pub fn has(&self, port: Option<u16>) -> bool {
        match self {
            Ports::All => true,
            Ports::These(ports) => port.is_some_and(|port| ports.contains(&port)),
        }
    }
}

/// What answers are made of.
#[derive(Debug)]
pub enum Content {
    /// The files of a directory.
    Files(Folder),
    /// The same for every request.
    Fixed(FixedAnswer),
    /// What a program prints (CGI, RFC 3875).
    Program(Command),
}

/// What a client may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long it may take to ask: for the whole head of a request, from the connection or the last answer on.
    pub head: Limit,
    /// How long it may take none of an answer, and how long a body may be late.
    pub stall: Limit,
    /// How long a program may print nothing.
    pub silence: Limit,
    /// The largest body of a request, in bytes.
    pub body: u64,
}

impl Limits {
    /// The time for the head of a request, where nothing is said.
    pub const HEAD: Duration = Duration::from_secs(10);
    /// The time without progress, where nothing is said.
    pub const STALL: Duration = Duration::from_secs(30);
    /// The largest body, where nothing is said: 64 MiB.
    pub const BODY: u64 = 64 << 20;
}

/// Headers to add to every answer; they replace those of the same name.
#[derive(Debug, Clone, Default)]
pub struct Headers(HeaderMap);

/// These belong to the connection, which is ours (RFC 9110 section 7.6.1).
fn is_of_the_connection(name: &HeaderName) -> bool {
    [CONNECTION, TRANSFER_ENCODING, UPGRADE, TE, TRAILER].contains(name)
        || ["keep-alive", "proxy-connection"].contains(&name.as_str())
}

impl Headers {
    /// Takes them as they were written, name and value.
    ///
    /// # Errors
    /// The first that is no header, or is not the user's to write, in words.
    pub fn new(written: &[(String, String)]) -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in written {
            let wrong = || format!("{name}: {value:?} is no HTTP header; type it as 'Name: value'");
            let header = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
            if header == CONTENT_LENGTH || is_of_the_connection(&header) {
                return Err(format!(
                    "the header {name} says how an answer is sent, and is written by it; leave it out"
                ));
            }
            headers.append(header, HeaderValue::try_from(value.as_str()).map_err(|_| wrong())?);
        }
        Ok(Headers(headers))
    }

    fn add_to(&self, headers: &mut HeaderMap) {
        for name in self.0.keys() {
            headers.remove(name);
        }
        for (name, value) in &self.0 {
            headers.append(name, value.clone());
        }
    }
}
