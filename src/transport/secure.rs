//! TLS as a layer of a connection, ours or a client's; in a build without TLS, the answer that it is not supported.

#[cfg(feature = "tls")]
use std::time::Instant;

#[cfg(feature = "tls")]
use super::channel::Layered;
use super::channel::{Bytes, Channel};
use super::connect::{ConnectError, ConnectOptions};
#[cfg(feature = "tls")]
use super::tls::{ClientTls, ServerTls, SessionInfo, TlsError, TlsStream};
use crate::address::{Endpoint, Host, Scheme};
use crate::event::Report;
#[cfg(feature = "tls")]
use crate::event::{Event, Phase};

/// What is put on a connection before it is used.
pub struct SecureLayer {
    #[cfg(feature = "tls")]
    tls: Option<ClientTls>,
}

impl SecureLayer {
    /// Prepares TLS where the address or the options ask for it, before anything is connected.
    ///
    /// # Errors
    /// A file or name that cannot be used; a build without TLS.
    pub fn prepare(endpoint: &Endpoint, options: &ConnectOptions) -> Result<Self, ConnectError> {
        let (host, named) = match endpoint {
            Endpoint::Inet { scheme, host, .. } => (Some(host.to_string()), *scheme == Scheme::Tls),
            Endpoint::WebSocket { secure, host, .. } => (Some(host.to_string()), *secure),
            _ => (None, false),
        };
        if !named && !options.secure {
            return Ok(SecureLayer {
                #[cfg(feature = "tls")]
                tls: None,
            });
        }
        #[cfg(feature = "tls")]
        {
            // An unwritten host is this machine.
            let host = host.map(|host| if host.is_empty() { "localhost".to_owned() } else { host });
            let tls_options = super::tls::ClientOptions { handshake_timeout: options.timeout, ..options.tls.clone() };
            Ok(SecureLayer { tls: Some(ClientTls::new(&tls_options, host.as_deref())?) })
        }
        #[cfg(not(feature = "tls"))]
        {
            let _ = host;
            Err(ConnectError::Unsupported("TLS in this build".to_owned()))
        }
    }

    /// Prepares TLS with a proxy: its certificate is verified like a server's, but what is pinned, named and shown of
    /// certificates concerns the target alone.
    ///
    /// # Errors
    /// As [`SecureLayer::prepare`].
    pub fn to_proxy(host: &Host, port: u16, options: &ConnectOptions) -> Result<Self, ConnectError> {
        let endpoint = Endpoint::Inet { scheme: Scheme::Tls, host: host.clone(), port };
        #[cfg(feature = "tls")]
        let options = &ConnectOptions {
            tls: super::tls::ClientOptions {
                verify: options.tls.verify,
                ca: options.tls.ca.clone(),
                ..super::tls::ClientOptions::default()
            },
            timeout: options.timeout,
            ..ConnectOptions::default()
        };
        Self::prepare(&endpoint, options)
    }

    /// Whether it is TLS and not nothing.
    pub fn is_used(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }

    /// Puts the layer on a stream.
    ///
    /// # Errors
    /// As [`SecureLayer::put_on`].
    pub async fn put_on_bytes(&self, bytes: Bytes, id: &str, report: &dyn Report) -> Result<Bytes, ConnectError> {
        match self.put_on(Channel::Bytes(bytes), id, report).await? {
            Channel::Bytes(bytes) => Ok(bytes),
            Channel::Messages(_) => Err(ConnectError::Unsupported("TLS over a message socket".to_owned())),
        }
    }

    /// Puts the layer on a connection.
    ///
    /// # Errors
    /// A failed handshake or a certificate that is not accepted; nothing was sent then.
    pub async fn put_on(&self, channel: Channel, id: &str, report: &dyn Report) -> Result<Channel, ConnectError> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let Channel::Bytes(bytes) = channel else {
                return Err(ConnectError::Unsupported("TLS over a message socket".to_owned()));
            };
            let begun = Instant::now();
            let (stream, session) = tls.connect(bytes).await?;
            report.phase(Phase::Tls, begun.elapsed());
            return Ok(Channel::Bytes(layered(stream, session, id, report)));
        }
        #[cfg(not(feature = "tls"))]
        let _ = (id, report);
        Ok(channel)
    }
}

/// Does the server's part of the handshake with a client.
///
/// # Errors
/// What is wrong with this one client.
#[cfg(feature = "tls")]
pub async fn accept(tls: &ServerTls, channel: Channel, id: &str, report: &dyn Report) -> Result<Channel, TlsError> {
    let Channel::Bytes(bytes) = channel else { return Ok(channel) };
    let (stream, session) = tls.accept(bytes).await?;
    Ok(Channel::Bytes(layered(stream, session, id, report)))
}

#[cfg(feature = "tls")]
fn layered(stream: TlsStream<Bytes>, session: SessionInfo, id: &str, report: &dyn Report) -> Bytes {
    let facts = serde_json::to_value(&session).unwrap_or_default();
    report.event(id, &Event::TlsEstablished { session: facts });
    Bytes::Layered(Layered::new(Box::new(stream), "tls").with_session(session))
}
