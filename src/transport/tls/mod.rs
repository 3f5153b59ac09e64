//! TLS over any byte stream: configuration, handshake, what was negotiated, and errors that say what to do.
//!
//! It opens no sockets and knows no transport: a connected stream comes in, a [`TlsStream`] goes out. `connect` and
//! `accept` take the raw stream alone and read nothing but TLS records from it. A caller that upgrades a connection
//! in place (STARTTLS) must itself check that it holds no plaintext which it had read ahead: such bytes came before
//! the handshake, an attacker may have put them there, and they must be an error, not data (RFC 3207 section 6).

mod certificate;
mod client;
mod client_certificate;
mod error;
mod explain;
mod local;
mod options;
mod pin;
mod pki_files;
mod provider;
mod self_signed;
mod server;
mod server_check;
mod server_keys;
mod session;
mod stream;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use certificate::CertificateInfo;
pub use client::ClientTls;
pub use error::{CertificateProblem, HandshakeProblem, Rejection, TlsError};
pub use local::LocalError;
pub use options::{ClientOptions, ServerOptions, TlsVersion, TlsVersionError};
pub use pin::{Pin, PinError};
pub use server::ServerTls;
pub use session::{Role, SessionInfo};
pub use stream::TlsStream;
