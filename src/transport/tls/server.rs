//! The accepting side: configuration from options, and the handshake. Accepts no connections.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use super::client_certificate::mismatch;
use super::error::TlsError;
use super::explain::handshake_failure;
use super::local::LocalError;
use super::options::{ServerOptions, alpn_names};
use super::pin::Pin;
use super::provider::{key_log, provider, within};
use super::server_keys::ServerKeys;
use super::session::{Role, SessionInfo};
use super::stream::{TlsStream, WRITE_BUFFER};
use super::{pki_files, self_signed};

/// How errors name the other side.
const PEER: &str = "the client";

/// A server's TLS, ready for any number of clients. Clones share everything.
#[derive(Clone)]
pub struct ServerTls {
    acceptor: TlsAcceptor,
    pins: Vec<Pin>,
    requires_certificate: bool,
    timeout: Option<Duration>,
}

impl ServerTls {
    /// Prepares TLS: reads the files, or makes the self-signed certificate.
    ///
    /// # Errors
    /// [`TlsError::Local`]: a file or an option is not usable.
    pub fn new(options: &ServerOptions) -> Result<Self, TlsError> {
        let provider = provider();
        let keys = keys(options, &provider)?;
        let pins = keys.leaves().map(|leaf| Pin::of(leaf)).collect();
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(options.min_version.and_newer())
            .map_err(|error| LocalError::Setup(error.to_string()))?;
        let requires_certificate = !options.client_ca.is_empty();
        let builder = if requires_certificate {
            let roots = pki_files::authorities(&options.client_ca)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| LocalError::Setup(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_cert_resolver(Arc::new(keys));
        config.alpn_protocols = alpn_names(&options.alpn)?;
        // No sessions to resume, hence no tickets. They come after the handshake and many clients never read them: one
        // that only sends and then closes has them unread, its system answers with a reset, and the reset destroys data
        // that is still on its way to us.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        if options.key_log {
            config.key_log = key_log()?;
        }
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(ServerTls { acceptor, pins, requires_certificate, timeout: options.handshake_timeout })
    }

    /// The pins of the server's certificates, in the order of the options; one for a self-signed certificate.
    pub fn pins(&self) -> &[Pin] {
        &self.pins
    }

    /// Does the handshake over an accepted stream on which nothing has been read that the caller still holds.
    ///
    /// # Errors
    /// Every kind of [`TlsError`] but [`TlsError::Local`]. They concern this client alone.
    pub async fn accept<S>(&self, stream: S) -> Result<(TlsStream<S>, SessionInfo), TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let handshake = self.acceptor.accept_with(stream, |session| session.set_buffer_limit(Some(WRITE_BUFFER)));
        let stream = within(self.timeout, PEER, handshake).await?.map_err(|error| {
            handshake_failure(error, PEER, "", SessionInfo::unfinished(Role::Server, None, &[]), false)
        })?;
        let session = stream.get_ref().1;
        let server_name = session.server_name().map(str::to_owned);
        let info = SessionInfo::finished(Role::Server, session, server_name, self.requires_certificate);
        Ok((TlsStream::new(stream.into(), PEER.to_owned(), false), info))
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls")
    }
}

fn keys(options: &ServerOptions, provider: &Arc<CryptoProvider>) -> Result<ServerKeys, LocalError> {
    match (options.certificates.as_slice(), options.self_signed) {
        ([], false) => Err(LocalError::NoServerCertificate),
        ([_, ..], true) => Err(LocalError::TwoServerCertificates),
        ([], true) => {
            let (certificate, key) = self_signed::generate(&options.names)?;
            let made = Path::new("memory");
            Ok(ServerKeys(vec![certified(vec![certificate], key, provider, made, made)?]))
        }
        (files, false) => files
            .iter()
            .map(|(cert, key)| certified(pki_files::chain(cert)?, pki_files::key(key)?, provider, cert, key))
            .collect::<Result<_, _>>()
            .map(ServerKeys),
    }
}

fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    provider: &CryptoProvider,
    cert_path: &Path,
    key_path: &Path,
) -> Result<Arc<CertifiedKey>, LocalError> {
    CertifiedKey::from_der(chain, key, provider).map(Arc::new).map_err(|error| LocalError::KeyMismatch {
        cert: cert_path.to_owned(),
        key: key_path.to_owned(),
        reason: mismatch(&error),
    })
}
