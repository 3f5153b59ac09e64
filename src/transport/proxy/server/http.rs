//! An HTTP proxy's side of the conversation: the head of a request, credentials, answers. What the head means is read in
//! `http_request`.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::super::HEAD_LIMIT;
use super::super::credentials::Credentials;
use super::super::target::Target;
use super::{Refusal, Request, RequestError, http_request};
use crate::transport::http_head::{self, HeadError};

/// Reads a client's request: CONNECT, or any method with an absolute `http://` URL. Such a request is rewritten for the
/// origin (RFC 9112 section 3.2.1): no headers for proxies, and `Connection: close`, because the next request on this
/// connection could be for another origin, which would go unnoticed.
///
/// With `credentials` the client must give them by the Basic scheme.
///
/// # Errors
/// [`RequestError`]; the client has been told where that makes sense. There is no time limit here.
pub async fn read_request<S>(stream: &mut S, credentials: Option<&Credentials>) -> Result<Request, RequestError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let result = read(stream, credentials).await;
    let (status, extra) = match &result {
        Ok(_) | Err(RequestError::Closed | RequestError::Io(_)) => return result,
        Err(RequestError::Malformed(_)) => ("400 Bad Request", ""),
        Err(RequestError::TooLarge) => ("431 Request Header Fields Too Large", ""),
        Err(RequestError::Unauthorized) => {
            ("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"netverb\", charset=\"UTF-8\"\r\n")
        }
        Err(RequestError::Unsupported(_)) => ("501 Not Implemented", ""),
    };
    let reason = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
    // The error of the request is worth more than one of the answer to it.
    let _ = write_error(stream, status, extra, &reason).await;
    result
}

async fn read<S>(stream: &mut S, credentials: Option<&Credentials>) -> Result<Request, RequestError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = Vec::new();
    let end = http_head::read(stream, &mut buffer, HEAD_LIMIT, may_begin).await.map_err(|error| match error {
        HeadError::Closed => RequestError::Closed,
        HeadError::Io(error) => RequestError::from(error),
        HeadError::TooLarge => RequestError::TooLarge,
        HeadError::NotHttp => RequestError::Malformed(format!("it is not HTTP: {}", http_head::first_line(&buffer))),
    })?;
    let body = buffer.split_off(end);
    http_request::read(&buffer, body, credentials)
}

/// Every method that is in use is made of letters; neither TLS nor SOCKS begins with one.
fn may_begin(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(u8::is_ascii_alphabetic)
}

/// The answer to CONNECT that opens the tunnel.
pub(super) async fn write_established<S: AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    stream.flush().await
}

/// The answer where there is no connection to the target.
pub(super) async fn write_refusal<S>(stream: &mut S, refusal: Refusal, target: &Target) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    let (status, reason) = match refusal {
        Refusal::Denied => ("403 Forbidden", "the rules of this proxy do not allow it"),
        Refusal::TimedOut => ("504 Gateway Timeout", "it did not answer in time"),
        Refusal::NotResolved => ("502 Bad Gateway", "its name is not known"),
        Refusal::Refused => ("502 Bad Gateway", "connection refused"),
        Refusal::NetworkUnreachable => ("502 Bad Gateway", "network unreachable"),
        Refusal::HostUnreachable => ("502 Bad Gateway", "host unreachable"),
        Refusal::Failed => ("502 Bad Gateway", "the connection failed"),
    };
    write_error(stream, status, "", &format!("cannot connect to {target}: {reason}")).await
}

async fn write_error<S>(stream: &mut S, status: &str, extra: &str, reason: &str) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    let length = reason.len() + 1;
    let head = format!(
        "HTTP/1.1 {status}\r\n{extra}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(format!("{head}{reason}\n").as_bytes()).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests;
