//! Which of a server's certificates a client gets to see. Files are read elsewhere.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, DnsName, ServerName};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// A server's certificates, in the order of the command line.
#[derive(Debug)]
pub(super) struct ServerKeys(pub(super) Vec<Arc<CertifiedKey>>);

impl ServerKeys {
    /// The certificates themselves, without their chains.
    pub(super) fn leaves(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.0.iter().filter_map(|key| key.cert.first())
    }
}

impl ResolvesServerCert for ServerKeys {
    /// The first that has the name the client sent and a key it can verify; then the first with such a key; then the
    /// first, so that the handshake ends with the client's own reason.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let verifiable = |key: &&Arc<CertifiedKey>| key.key.choose_scheme(hello.signature_schemes()).is_some();
        let name = hello.server_name().and_then(|name| DnsName::try_from(name).ok()).map(ServerName::DnsName);
        let named = name.and_then(|name| self.0.iter().filter(verifiable).find(|key| covers(key, &name)));
        named.or_else(|| self.0.iter().find(verifiable)).or_else(|| self.0.first()).cloned()
    }
}

fn covers(key: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let certificate = key.cert.first().and_then(|der| webpki::EndEntityCert::try_from(der).ok());
    certificate.is_some_and(|certificate| certificate.verify_is_valid_for_subject_name(name).is_ok())
}
