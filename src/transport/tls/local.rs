//! What is wrong on our own side before any handshake: files, options, names.

use std::io;
use std::path::PathBuf;

use crate::failure::reason;

/// A file or option that TLS cannot be set up with.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// A file or folder cannot be read.
    #[error("cannot read {what} {}: {}", path.display(), reason(error))]
    Unreadable {
        /// What the file was to be, as in `the CA file`.
        what: &'static str,
        /// Its path.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file or folder holds no certificate in PEM.
    #[error("no certificate in {}: a file in PEM form (-----BEGIN CERTIFICATE-----) is needed", path.display())]
    NoCertificate {
        /// Its path.
        path: PathBuf,
    },
    /// A file has a PEM section that is damaged, or a certificate that cannot be used.
    #[error("bad certificate or key in {}: {reason}", path.display())]
    Damaged {
        /// Its path.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file holds no private key in PEM.
    #[error("no private key in {}: a file in PEM form (PKCS#8, PKCS#1 or SEC1) is needed; name it with --key", path.display())]
    NoKey {
        /// Its path.
        path: PathBuf,
    },
    /// The private key needs a password.
    #[error("the private key in {} is encrypted: decrypt it first, with `openssl pkey -in FILE -out NEW`", path.display())]
    EncryptedKey {
        /// Its path.
        path: PathBuf,
    },
    /// Certificate and key do not belong together, or the key is of a kind that is not supported.
    #[error("the key in {} does not serve the certificate in {}: {reason}", key.display(), cert.display())]
    KeyMismatch {
        /// The certificate's path.
        cert: PathBuf,
        /// The key's path.
        key: PathBuf,
        /// Why.
        reason: String,
    },
    /// `--key` without `--cert`.
    #[error("--key {} needs the certificate that it belongs to: add --cert FILE", path.display())]
    KeyWithoutCertificate {
        /// The key's path.
        path: PathBuf,
    },
    /// A server has nothing to show.
    #[error("a TLS server needs a certificate: --cert FILE --key FILE, or --self-signed")]
    NoServerCertificate,
    /// A server has files and a self-signed certificate.
    #[error("--cert and --self-signed exclude each other: leave one out")]
    TwoServerCertificates,
    /// The system has no trusted authorities.
    #[error("the system has no usable CA certificates{reason}: name some with --ca FILE, or install them")]
    NoSystemStore {
        /// Why, beginning with ` (`, or nothing.
        reason: String,
    },
    /// No name or address to verify the certificate against.
    #[error("there is no host name to verify the certificate against: name one with --verify-host NAME")]
    NoName,
    /// A host that no certificate can carry.
    #[error("`{name}` is not a name that a certificate can carry: name one with --verify-host NAME")]
    BadName {
        /// The host as written.
        name: String,
    },
    /// An application protocol whose name does not fit.
    #[error("`{name}` is not an application protocol: --alpn names have 1 to 255 bytes")]
    Alpn {
        /// The name as written.
        name: String,
    },
    /// `--key-log` with nowhere to write.
    #[error("--key-log needs the environment variable SSLKEYLOGFILE to name a file")]
    NoKeyLogFile,
    /// The key log cannot be written.
    #[error("cannot write the key log {}: {}", path.display(), reason(error))]
    KeyLog {
        /// The file that SSLKEYLOGFILE names.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A self-signed certificate cannot be made.
    #[error("cannot make a self-signed certificate: {reason}")]
    SelfSigned {
        /// Why.
        reason: String,
    },
    /// The library refuses the configuration as a whole.
    #[error("cannot set up TLS: {0}")]
    Setup(String),
}
