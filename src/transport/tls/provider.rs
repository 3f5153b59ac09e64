//! What both sides of TLS are built on: the cryptography, the key log, the time limit.

use std::env;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::{KeyLog, KeyLogFile};

use super::error::TlsError;
use super::local::LocalError;

/// The one provider of cryptography. Nothing else names one, and no process-wide default is installed or relied upon:
/// with two providers in the build, the default constructors panic.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The log of session secrets that the environment asks for (the format of NSS). The library would only log that it
/// cannot write; a user who asked for it must know, hence the trial.
///
/// # Errors
/// `SSLKEYLOGFILE` is not set, or names a file that cannot be written.
pub(super) fn key_log() -> Result<Arc<dyn KeyLog>, LocalError> {
    let path = env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty()).ok_or(LocalError::NoKeyLogFile)?;
    let path = PathBuf::from(path);
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| LocalError::KeyLog { path, error })?;
    Ok(Arc::new(KeyLogFile::new()))
}

/// Awaits a handshake for at most `limit`.
///
/// # Errors
/// [`TlsError::TimedOut`].
pub(super) async fn within<T>(
    limit: Option<Duration>,
    peer: &str,
    handshake: impl Future<Output = T>,
) -> Result<T, TlsError> {
    match limit {
        None => Ok(handshake.await),
        Some(limit) => tokio::time::timeout(limit, handshake)
            .await
            .map_err(|_| TlsError::TimedOut { peer: peer.to_owned(), limit }),
    }
}
