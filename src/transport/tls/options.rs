//! What a user can ask of TLS, as values. Nothing is opened or read here.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use serde::{Deserialize, Serialize};

use super::local::LocalError;
use super::pin::Pin;

/// How long a handshake may take where nothing else is asked for.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The oldest protocol version that is accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    #[default]
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}

/// Why a text is no TLS version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a TLS version that is supported: write 1.2 or 1.3")]
pub struct TlsVersionError {
    text: String,
}

impl FromStr for TlsVersion {
    type Err = TlsVersionError;

    fn from_str(text: &str) -> Result<Self, TlsVersionError> {
        match text {
            "1.2" => Ok(TlsVersion::V1_2),
            "1.3" => Ok(TlsVersion::V1_3),
            _ => Err(TlsVersionError { text: text.to_owned() }),
        }
    }
}

impl TlsVersion {
    /// This version and all newer ones.
    pub(super) fn and_newer(self) -> &'static [&'static SupportedProtocolVersion] {
        const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
        const NEWEST: &[&SupportedProtocolVersion] = &[&TLS13];
        match self {
            TlsVersion::V1_2 => BOTH,
            TlsVersion::V1_3 => NEWEST,
        }
    }
}

/// How a connecting side does TLS.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClientOptions {
    /// Whether the server's certificate must lead to a trusted authority and carry the right name. A pin is checked
    /// even without it.
    pub verify: bool,
    /// The name to verify and to send (SNI), where it is not the host's.
    pub verify_host: Option<String>,
    /// Files, or folders of files, of trusted authorities in PEM. Empty: the system's store.
    pub ca: Vec<PathBuf>,
    /// The client's certificate and its chain in PEM.
    pub cert: Option<PathBuf>,
    /// The key of `cert` in PEM; looked for in the certificate's own file where it is not given.
    pub key: Option<PathBuf>,
    /// Application protocols to offer, best first (RFC 7301).
    pub alpn: Vec<String>,
    /// The oldest protocol version to accept.
    pub min_version: TlsVersion,
    /// Certificates of which the server's must be one. A pin alone is trust enough: authorities, name and dates are
    /// checked beside it only where `ca` names authorities too.
    pub pins: Vec<Pin>,
    /// Whether the session's secrets are appended to the file that `SSLKEYLOGFILE` names.
    pub key_log: bool,
    /// How long the handshake may take; `None`: for ever.
    pub handshake_timeout: Option<Duration>,
}

impl Default for ClientOptions {
    /// Full verification against the system's store.
    fn default() -> Self {
        ClientOptions {
            verify: true,
            verify_host: None,
            ca: Vec::new(),
            cert: None,
            key: None,
            alpn: Vec::new(),
            min_version: TlsVersion::default(),
            pins: Vec::new(),
            key_log: false,
            handshake_timeout: Some(HANDSHAKE_TIMEOUT),
        }
    }
}

/// How an accepting side does TLS.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServerOptions {
    /// Certificate and key files in PEM. The client's SNI chooses among them; the first serves all others.
    pub certificates: Vec<(PathBuf, PathBuf)>,
    /// Instead of files: a certificate made in memory for localhost, 127.0.0.1, `::1` and `names`.
    pub self_signed: bool,
    /// Further names and addresses in the self-signed certificate.
    pub names: Vec<String>,
    /// Files or folders of the authorities that clients' certificates must come from; not empty: a certificate is
    /// required.
    pub client_ca: Vec<PathBuf>,
    /// Application protocols to accept, best first (RFC 7301).
    pub alpn: Vec<String>,
    /// The oldest protocol version to accept.
    pub min_version: TlsVersion,
    /// Whether the sessions' secrets are appended to the file that `SSLKEYLOGFILE` names.
    pub key_log: bool,
    /// How long a client may take for its handshake; `None`: for ever.
    pub handshake_timeout: Option<Duration>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        ServerOptions {
            certificates: Vec::new(),
            self_signed: false,
            names: Vec::new(),
            client_ca: Vec::new(),
            alpn: Vec::new(),
            min_version: TlsVersion::default(),
            key_log: false,
            handshake_timeout: Some(HANDSHAKE_TIMEOUT),
        }
    }
}

/// The names of application protocols as they go over the wire: 1 to 255 bytes each (RFC 7301 section 3.1).
///
/// # Errors
/// [`LocalError::Alpn`] for a name that cannot be sent.
pub(super) fn alpn_names(names: &[String]) -> Result<Vec<Vec<u8>>, LocalError> {
    names
        .iter()
        .map(|name| match name.len() {
            1..=255 => Ok(name.as_bytes().to_vec()),
            _ => Err(LocalError::Alpn { name: name.clone() }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_manual() {
        assert_eq!("1.2".parse(), Ok(TlsVersion::V1_2));
        assert_eq!("1.3".parse(), Ok(TlsVersion::V1_3));
        assert_eq!(
            "1.1".parse::<TlsVersion>().unwrap_err().to_string(),
            "`1.1` is not a TLS version that is supported: write 1.2 or 1.3"
        );
    }

    #[test]
    fn protocol_names_fit_the_wire() {
        assert_eq!(alpn_names(&["h2".into()]).unwrap(), [b"h2".to_vec()]);
        assert!(alpn_names(&[String::new()]).is_err());
        assert!(alpn_names(&["x".repeat(256)]).is_err());
    }
}
