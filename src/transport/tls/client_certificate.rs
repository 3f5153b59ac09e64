//! The certificate that a client shows, and a note of servers that asked for one in vain.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, SignatureScheme};

use super::local::LocalError;
use super::options::ClientOptions;
use super::pki_files;

/// The chain and key that the options name, if they name any. The key may be in the certificate's own file.
///
/// # Errors
/// A file is not usable, or there is a key alone.
pub(super) fn load(
    options: &ClientOptions,
) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>, LocalError> {
    match (options.cert.as_deref(), options.key.as_deref()) {
        (None, None) => Ok(None),
        (None, Some(path)) => Err(LocalError::KeyWithoutCertificate { path: path.to_owned() }),
        (Some(cert), key) => Ok(Some((pki_files::chain(cert)?, pki_files::key(key.unwrap_or(cert))?))),
    }
}

/// What the library says when it is given a chain and a key that it cannot use together.
pub(super) fn mismatch(error: &Error) -> String {
    match error {
        Error::InconsistentKeys(_) => "they do not belong together".to_owned(),
        other => other.to_string(),
    }
}

/// For a client without a certificate: whether the server asked for one. Before TLS 1.3 a server has no alert of its
/// own for a missing certificate, and says no more than handshake_failure.
#[derive(Debug, Default)]
pub(super) struct AskedInVain(AtomicBool);

impl AskedInVain {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn was_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for AskedInVain {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
