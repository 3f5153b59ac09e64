//! Proxies, from both sides: asking one for a connection, being one, and the PROXY protocol. All of it works on a
//! stream that is already connected; nothing here dials, listens or resolves names.

mod credentials;
mod error;
pub mod frugal;
mod http_connect;
mod percent;
pub mod proxy_protocol;
pub mod server;
mod socks;
mod target;
mod url;

#[cfg(test)]
mod testing;

use tokio::io::{AsyncRead, AsyncWrite};

pub use credentials::Credentials;
pub use error::ProxyError;
pub use target::Target;
pub use url::{ProxyScheme, ProxyUrl, ProxyUrlError};

/// The largest head of a proxy's request or answer in bytes.
const HEAD_LIMIT: usize = 64 * 1024;

/// Asks the proxy at the other end of `stream` for a connection to `target`. `headers` are added to an HTTP request and
/// mean nothing to SOCKS. For `https://` the caller has done TLS with the proxy before.
///
/// The bytes that come back beside the stream are the peer's first ones, which came glued to the proxy's answer: they
/// are to be delivered before anything is read from the stream.
///
/// # Errors
/// [`ProxyError`]: the proxy refused, or did not make sense. There is no time limit here, the caller sets it.
pub async fn connect<S>(
    mut stream: S,
    proxy: &ProxyUrl,
    target: &Target,
    headers: &[(String, String)],
) -> Result<(S, Vec<u8>), ProxyError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let credentials = proxy.credentials.as_ref();
    let early = match proxy.scheme {
        ProxyScheme::Http | ProxyScheme::Https => {
            http_connect::connect(&mut stream, target, credentials, headers).await?
        }
        ProxyScheme::Socks4 | ProxyScheme::Socks5 if matches!(target, Target::Name { .. }) => {
            let reason = format!("{} needs an address, it does not resolve names", proxy.scheme);
            return Err(ProxyError::Target { target: target.clone(), reason });
        }
        ProxyScheme::Socks4 | ProxyScheme::Socks4a => {
            socks::connect_v4(&mut stream, target, credentials).await?;
            Vec::new()
        }
        ProxyScheme::Socks5 | ProxyScheme::Socks5h => {
            socks::connect_v5(&mut stream, target, credentials).await?;
            Vec::new()
        }
    };
    Ok((stream, early))
}
