//! The connecting side: configuration from options, and the handshake. Opens no connections.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use super::client_certificate::{self, AskedInVain};
use super::error::TlsError;
use super::explain::handshake_failure;
use super::local::LocalError;
use super::options::{ClientOptions, alpn_names};
use super::pki_files;
use super::provider::{key_log, provider, within};
use super::server_check::{ServerCheck, Trust};
use super::session::{Role, SessionInfo};
use super::stream::{TlsStream, WRITE_BUFFER};

/// A client's TLS, ready for any number of connections to one host.
pub struct ClientTls {
    config: ClientConfig,
    has_certificate: bool,
    trust: Trust,
    /// The name to send (SNI); an address where none is to be sent.
    sent: ServerName<'static>,
    /// The name that is verified, as it was written.
    expected: String,
    timeout: Option<Duration>,
}

impl ClientTls {
    /// Prepares TLS to `host`: a name, an address (with or without a scope), or `None` where there is neither, as on a
    /// Unix socket. Files are read here, the system's store only where it is needed.
    ///
    /// # Errors
    /// [`TlsError::Local`]: a file, a name or an option is not usable.
    pub fn new(options: &ClientOptions, host: Option<&str>) -> Result<Self, TlsError> {
        let provider = provider();
        let expected = options.verify_host.as_deref().or(host);
        let trust = trust(options, expected)?;
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(options.min_version.and_newer())
            .map_err(|error| LocalError::Setup(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(ServerCheck::new(
                trust.clone(),
                provider.signature_verification_algorithms,
            )));
        let identity = client_certificate::load(options)?;
        let has_certificate = identity.is_some();
        let mut config = match identity {
            Some((chain, key)) => {
                builder.with_client_auth_cert(chain, key).map_err(|error| LocalError::KeyMismatch {
                    cert: options.cert.clone().unwrap_or_default(),
                    key: options.key.clone().or_else(|| options.cert.clone()).unwrap_or_default(),
                    reason: client_certificate::mismatch(&error),
                })?
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = alpn_names(&options.alpn)?;
        // One command makes one connection: tickets would never be used.
        config.resumption = Resumption::disabled();
        if options.key_log {
            config.key_log = key_log()?;
        }
        let sent = [expected, host].into_iter().flatten().find_map(dns_name).unwrap_or_else(no_name);
        Ok(ClientTls {
            config,
            has_certificate,
            trust,
            sent,
            expected: expected.unwrap_or("the peer").to_owned(),
            timeout: options.handshake_timeout,
        })
    }

    /// Does the handshake over a connected stream on which nothing has been read that the caller still holds.
    ///
    /// # Errors
    /// Every kind of [`TlsError`] but [`TlsError::Local`]; no application byte has been sent.
    pub async fn connect<S>(&self, stream: S) -> Result<(TlsStream<S>, SessionInfo), TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let algorithms = self.config.crypto_provider().signature_verification_algorithms;
        let check = Arc::new(ServerCheck::new(self.trust.clone(), algorithms));
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(check.clone());
        let asked = AskedInVain::new();
        if !self.has_certificate {
            config.client_auth_cert_resolver = asked.clone();
        }
        let handshake = TlsConnector::from(Arc::new(config))
            .connect_with(self.sent.clone(), stream, |session| session.set_buffer_limit(Some(WRITE_BUFFER)));
        let stream = within(self.timeout, &self.expected, handshake).await?.map_err(|error| {
            let session = SessionInfo::unfinished(Role::Client, self.server_name(), check.chain());
            handshake_failure(error, &self.expected, &self.expected, session, asked.was_asked())
        })?;
        let verified = !matches!(self.trust, Trust::Anyone);
        let info = SessionInfo::finished(Role::Client, stream.get_ref().1, self.server_name(), verified);
        Ok((TlsStream::new(stream.into(), self.expected.clone(), asked.was_asked()), info))
    }

    /// The name that is sent, if one is.
    fn server_name(&self) -> Option<String> {
        match &self.sent {
            ServerName::DnsName(name) => Some(name.as_ref().trim_end_matches('.').to_owned()),
            _ => None,
        }
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientTls")
    }
}

/// How the server's certificate is judged. The order is that of the documentation of [`ClientOptions::pins`].
fn trust(options: &ClientOptions, expected: Option<&str>) -> Result<Trust, LocalError> {
    let by_pin_alone = !options.pins.is_empty() && (options.ca.is_empty() || !options.verify);
    if by_pin_alone {
        return Ok(Trust::Pinned(options.pins.clone()));
    }
    if !options.verify {
        return Ok(Trust::Anyone);
    }
    let text = expected.ok_or(LocalError::NoName)?;
    let name = any_name(text).ok_or_else(|| LocalError::BadName { name: text.to_owned() })?;
    let (roots, given) = match options.ca.is_empty() {
        true => (pki_files::system_authorities()?, Vec::new()),
        false => (pki_files::authorities(&options.ca)?, pki_files::pins(&options.ca)?),
    };
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| LocalError::Setup(error.to_string()))?;
    Ok(Trust::Authority { verifier, name, pins: options.pins.clone(), given })
}

/// A host without the scope that an address of our own network may carry (RFC 4007): no certificate knows it.
fn without_scope(host: &str) -> &str {
    host.split_once('%').map_or(host, |(address, _)| address)
}

fn address(host: &str) -> Option<IpAddr> {
    without_scope(host).trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn dns_name(host: &str) -> Option<ServerName<'static>> {
    if address(host).is_some() {
        return None;
    }
    // A dot at the end makes a name absolute to the resolver; it is no part of it in a certificate or in SNI.
    let name = host.strip_suffix('.').unwrap_or(host).to_owned();
    ServerName::try_from(name).ok().filter(|name| matches!(name, ServerName::DnsName(_)))
}

fn any_name(host: &str) -> Option<ServerName<'static>> {
    address(host).map(ServerName::from).or_else(|| dns_name(host))
}

/// Stands for no name: the library sends none for an address.
fn no_name() -> ServerName<'static> {
    ServerName::from(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_verified_but_never_sent() {
        for host in ["127.0.0.1", "::1", "[::1]", "fe80::1%eth0"] {
            assert!(matches!(any_name(host), Some(ServerName::IpAddress(_))), "{host}");
            assert!(dns_name(host).is_none(), "{host}");
        }
    }

    #[test]
    fn a_final_dot_is_not_part_of_the_name() {
        assert_eq!(dns_name("host.example."), dns_name("host.example"));
    }

    #[test]
    fn what_no_certificate_can_carry_is_no_name() {
        for host in ["", "a b", "bücher.example", "-.-", "a..b"] {
            assert!(any_name(host).is_none(), "{host}");
        }
    }
}
