//! A SOCKS5 proxy's side of the conversation (RFC 1928, RFC 1929). Only CONNECT is served.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::super::credentials::Credentials;
use super::super::target::Target;
use super::{Dialect, Refusal, Request, RequestError};
use crate::address::Host;

const VERSION: u8 = 5;
const PASSWORD_VERSION: u8 = 1;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NO_ACCEPTABLE_METHOD: u8 = 0xff;
const CONNECT: u8 = 1;

/// Reply codes (RFC 1928 section 6).
const SUCCEEDED: u8 = 0;
const GENERAL_FAILURE: u8 = 1;
const NOT_ALLOWED: u8 = 2;
const NETWORK_UNREACHABLE: u8 = 3;
const HOST_UNREACHABLE: u8 = 4;
const CONNECTION_REFUSED: u8 = 5;
const TTL_EXPIRED: u8 = 6;
const COMMAND_NOT_SUPPORTED: u8 = 7;
const ADDRESS_TYPE_NOT_SUPPORTED: u8 = 8;

/// Reads a client's request and no byte more. With `credentials` the client must give them.
///
/// # Errors
/// [`RequestError`]; the client has been told where that makes sense. There is no time limit here.
pub async fn read_request<S>(stream: &mut S, credentials: Option<&Credentials>) -> Result<Request, RequestError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    authenticate(stream, credentials).await?;
    let [version, command, _reserved, kind] = read_array(stream).await?;
    if version != VERSION {
        return Err(RequestError::Malformed(format!("version {version} in its second message")));
    }
    let host = match kind {
        1 => Some(Host::V4(read_array::<_, 4>(stream).await?.into())),
        3 => {
            let [length] = read_array(stream).await?;
            let mut name = vec![0; usize::from(length)];
            stream.read_exact(&mut name).await?;
            std::str::from_utf8(&name).ok().and_then(|name| Host::parse(name).ok())
        }
        4 => Some(Host::V6 { address: read_array::<_, 16>(stream).await?.into(), scope: None }),
        _ => {
            write_reply(stream, ADDRESS_TYPE_NOT_SUPPORTED, None).await?;
            return Err(RequestError::Unsupported(format!("the address type {kind}")));
        }
    };
    let port = u16::from_be_bytes(read_array(stream).await?);
    if command != CONNECT {
        write_reply(stream, COMMAND_NOT_SUPPORTED, None).await?;
        return Err(RequestError::Unsupported(format!("the command {command}")));
    }
    match host.map(|host| Target::new(&host, port)).filter(Target::is_speakable) {
        Some(target) => Ok(Request { target, first: Vec::new(), dialect: Dialect::Socks5 }),
        None => {
            write_reply(stream, GENERAL_FAILURE, None).await?;
            Err(RequestError::Malformed("its target is not a host name".to_owned()))
        }
    }
}

async fn authenticate<S>(stream: &mut S, credentials: Option<&Credentials>) -> Result<(), RequestError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let [version] = read_array(stream).await?;
    if version == 4 {
        // The refusal of version 4, which its clients understand.
        write(stream, &[0, 91, 0, 0, 0, 0, 0, 0]).await?;
        return Err(RequestError::Unsupported("SOCKS version 4".to_owned()));
    }
    if version != VERSION {
        return Err(RequestError::Malformed("it is not SOCKS".to_owned()));
    }
    let [count] = read_array(stream).await?;
    let mut offered = vec![0; usize::from(count)];
    stream.read_exact(&mut offered).await?;
    let method = if credentials.is_some() { USER_AND_PASSWORD } else { NO_AUTHENTICATION };
    if !offered.contains(&method) {
        write(stream, &[VERSION, NO_ACCEPTABLE_METHOD]).await?;
        return Err(match credentials {
            Some(_) => RequestError::Unauthorized,
            None => RequestError::Unsupported("a client that insists on authentication".to_owned()),
        });
    }
    write(stream, &[VERSION, method]).await?;
    let Some(credentials) = credentials else { return Ok(()) };
    let [version, length] = read_array(stream).await?;
    if version != PASSWORD_VERSION {
        return Err(RequestError::Malformed(format!("version {version} of the password message")));
    }
    let mut user = vec![0; usize::from(length)];
    stream.read_exact(&mut user).await?;
    let [length] = read_array(stream).await?;
    let mut password = vec![0; usize::from(length)];
    stream.read_exact(&mut password).await?;
    let right = credentials.are(&user, &password);
    write(stream, &[PASSWORD_VERSION, u8::from(!right)]).await?;
    if right { Ok(()) } else { Err(RequestError::Unauthorized) }
}

/// The reply that opens the connection; `local` is our end of the one to the target.
pub(super) async fn write_connected<S: AsyncWrite + Unpin>(stream: &mut S, local: SocketAddr) -> io::Result<()> {
    write_reply(stream, SUCCEEDED, Some(local)).await
}

/// The reply where there is no connection to the target.
pub(super) async fn write_refusal<S: AsyncWrite + Unpin>(stream: &mut S, refusal: Refusal) -> io::Result<()> {
    let code = match refusal {
        Refusal::Denied => NOT_ALLOWED,
        Refusal::NotResolved | Refusal::HostUnreachable => HOST_UNREACHABLE,
        Refusal::Refused => CONNECTION_REFUSED,
        Refusal::NetworkUnreachable => NETWORK_UNREACHABLE,
        Refusal::TimedOut => TTL_EXPIRED,
        Refusal::Failed => GENERAL_FAILURE,
    };
    write_reply(stream, code, None).await
}

async fn write_reply<S>(stream: &mut S, code: u8, bound: Option<SocketAddr>) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    let bound = bound.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
    let mut reply = vec![VERSION, code, 0];
    match bound.ip().to_canonical() {
        IpAddr::V4(v4) => {
            reply.push(1);
            reply.extend(v4.octets());
        }
        IpAddr::V6(v6) => {
            reply.push(4);
            reply.extend(v6.octets());
        }
    }
    reply.extend(bound.port().to_be_bytes());
    write(stream, &reply).await
}

async fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

async fn read_array<S: AsyncRead + Unpin, const N: usize>(stream: &mut S) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
