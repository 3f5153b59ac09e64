//! The proxy's own side: reading what a client asks for, and answering it. Who may ask, and the connection to the target,
//! are decided and made elsewhere.
//!
//! After an error, and after [`Request::refuse`], the answer has been sent: let the client read it (shut down, read to the
//! end for a moment) before closing, or the system's reset may overtake it.

mod http;
mod http_request;
mod socks5;

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};

pub use http::read_request as read_http_request;
pub use socks5::read_request as read_socks5_request;

use super::target::Target;

/// What a client asks for.
#[derive(Debug)]
pub struct Request {
    /// Where it wants to be connected to.
    pub target: Target,
    /// Bytes that the target gets before all others: a rewritten HTTP request, and what the client sent with its request.
    pub first: Vec<u8>,
    dialect: Dialect,
}

/// How a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// HTTP CONNECT: the proxy answers.
    Tunnel,
    /// Another HTTP request: the target answers, the proxy only where there is none.
    Forward,
    /// SOCKS5.
    Socks5,
}

/// Why a client does not get what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Our rules do not allow it.
    Denied,
    /// The target's name is not known.
    NotResolved,
    /// The target refused.
    Refused,
    /// There is no way to the target's network.
    NetworkUnreachable,
    /// There is no way to the target.
    HostUnreachable,
    /// The target did not answer in time.
    TimedOut,
    /// Anything else.
    Failed,
}

impl From<io::ErrorKind> for Refusal {
    fn from(kind: io::ErrorKind) -> Self {
        match kind {
            io::ErrorKind::PermissionDenied => Refusal::Denied,
            io::ErrorKind::NotFound => Refusal::NotResolved,
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Refusal::Refused,
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => Refusal::NetworkUnreachable,
            io::ErrorKind::HostUnreachable | io::ErrorKind::AddrNotAvailable => Refusal::HostUnreachable,
            io::ErrorKind::TimedOut => Refusal::TimedOut,
            _ => Refusal::Failed,
        }
    }
}

/// Why a client's request was not understood or not accepted. The client has been told.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The client left before its request was complete.
    #[error("the client closed the connection before its proxy request was complete")]
    Closed,
    /// The connection failed.
    #[error("the connection to the client failed: {0}")]
    Io(io::Error),
    /// The request is not of the protocol; untrusted text in it is escaped.
    #[error("the client's proxy request does not make sense: {0}")]
    Malformed(String),
    /// The request is larger than 64 KiB or has too many headers.
    #[error("the client's proxy request is too large")]
    TooLarge,
    /// Wrong credentials, or none.
    #[error("the client gave no valid user and password")]
    Unauthorized,
    /// A request of the protocol that is not served.
    #[error("the client's proxy request is not served: {0}")]
    Unsupported(String),
}

impl From<io::Error> for RequestError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => RequestError::Closed,
            _ => RequestError::Io(error),
        }
    }
}

impl Request {
    /// Tells the client that it is connected; `local` is our end of the connection to the target.
    ///
    /// # Errors
    /// The client cannot be written to.
    pub async fn accept<S>(&self, stream: &mut S, local: SocketAddr) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self.dialect {
            Dialect::Tunnel => http::write_established(stream).await,
            Dialect::Forward => Ok(()),
            Dialect::Socks5 => socks5::write_connected(stream, local).await,
        }
    }

    /// Tells the client that it is not connected, and why.
    ///
    /// # Errors
    /// The client cannot be written to.
    pub async fn refuse<S>(&self, stream: &mut S, refusal: Refusal) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self.dialect {
            Dialect::Tunnel | Dialect::Forward => http::write_refusal(stream, refusal, &self.target).await,
            Dialect::Socks5 => socks5::write_refusal(stream, refusal).await,
        }
    }
}
