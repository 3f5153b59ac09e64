//! Whether a server's certificate is accepted, and a record of the chain it sent, kept even when it is rejected.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::{ASN1Time, FromDer};

use super::pin::Pin;

/// What makes a server's certificate acceptable.
#[derive(Clone)]
pub(super) enum Trust {
    /// Nothing need be right about it.
    Anyone,
    /// It is one of these, whatever its issuer, names and dates.
    Pinned(Vec<Pin>),
    /// It leads to a trusted authority, is valid now and for this name; and where there are pins, is one of them. `given`
    /// are the certificates that the user named as authorities: a server may show one of them itself.
    Authority { verifier: Arc<WebPkiServerVerifier>, name: ServerName<'static>, pins: Vec<Pin>, given: Vec<Pin> },
}

/// The peer showed a certificate that was accepted, but did not sign the handshake with its key: it is somebody else's.
#[derive(Debug, thiserror::Error)]
#[error("the handshake is not signed with the certificate's key")]
pub(super) struct KeyNotProven;

/// The check of one connection: it may serve only one handshake, whose chain it records.
pub(super) struct ServerCheck {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
    chain: OnceLock<Vec<CertificateDer<'static>>>,
}

impl ServerCheck {
    /// A check by `trust` with the provider's `algorithms`.
    pub(super) fn new(trust: Trust, algorithms: WebPkiSupportedAlgorithms) -> Self {
        ServerCheck { trust, algorithms, chain: OnceLock::new() }
    }

    /// The chain that the server sent, its own certificate first; empty before that.
    pub(super) fn chain(&self) -> &[CertificateDer<'static>] {
        self.chain.get().map_or(&[], Vec::as_slice)
    }
}

impl fmt::Debug for ServerCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerCheck")
    }
}

fn pinned(pins: &[Pin], certificate: &CertificateDer<'_>) -> Result<(), Error> {
    match pins.contains(&Pin::of(certificate)) {
        true => Ok(()),
        // `explain` knows this error for that of a pin: no verifier of the library returns it.
        false => Err(CertificateError::ApplicationVerificationFailure.into()),
    }
}

fn is_authority_as_server(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) = error else { return false };
    matches!(inner.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// A certificate that the user named as trusted, shown by the server itself: what `openssl req -x509` makes is marked as
/// an authority's (CA:TRUE), which the library refuses from a server. Its name and its dates still count.
fn trusted_by_itself(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let moment =
        |time: ASN1Time| UnixTime::since_unix_epoch(Duration::from_secs(time.timestamp().max(0).unsigned_abs()));
    let (not_before, not_after) = (moment(parsed.validity().not_before), moment(parsed.validity().not_after));
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    Ok(ServerCertVerified::assertion())
}

impl ServerCertVerifier for ServerCheck {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _sni: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let sent = std::iter::once(end_entity).chain(intermediates).map(|one| one.clone().into_owned()).collect();
        // A second handshake on one check would be a mistake of ours; the first chain stays.
        let _ = self.chain.set(sent);
        match &self.trust {
            Trust::Anyone => Ok(ServerCertVerified::assertion()),
            Trust::Pinned(pins) => pinned(pins, end_entity).map(|()| ServerCertVerified::assertion()),
            // The name to verify is not always the one that is sent: an address is never sent.
            Trust::Authority { verifier, name, pins, given } => {
                let verified = match verifier.verify_server_cert(end_entity, intermediates, name, ocsp_response, now) {
                    Err(error) if is_authority_as_server(&error) && given.contains(&Pin::of(end_entity)) => {
                        trusted_by_itself(end_entity, name, now)?
                    }
                    verified => verified?,
                };
                if !pins.is_empty() {
                    pinned(pins, end_entity)?;
                }
                Ok(verified)
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.trust {
            // Whoever accepts any certificate learns nothing from whether the server has its key, and would lose old
            // devices whose certificates the library cannot read.
            Trust::Anyone => Ok(HandshakeSignatureValid::assertion()),
            Trust::Pinned(_) => verify_tls12_with_key(message, certificate, signature, &self.algorithms),
            Trust::Authority { .. } => verify_tls12_signature(message, certificate, signature, &self.algorithms),
        }
        .map_err(key_not_proven)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.trust {
            Trust::Anyone => Ok(HandshakeSignatureValid::assertion()),
            Trust::Pinned(_) => {
                verify_tls13_signature_with_raw_key(message, &public_key(certificate)?, signature, &self.algorithms)
            }
            Trust::Authority { .. } => verify_tls13_signature(message, certificate, signature, &self.algorithms),
        }
        .map_err(key_not_proven)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The certificate itself has been accepted before: what is wrong with it now is the signature of the handshake.
fn key_not_proven(error: Error) -> Error {
    match error {
        Error::InvalidCertificate(_) => CertificateError::Other(OtherError(Arc::new(KeyNotProven))).into(),
        other => other,
    }
}

/// The public key of a certificate. Not the library's reader of certificates, which refuses the version 1 that many
/// self-signed ones have: where the certificate is pinned its key is all that counts.
fn public_key(certificate: &CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'static>, Error> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    Ok(SubjectPublicKeyInfoDer::from(parsed.public_key().raw.to_vec()))
}

/// As [`verify_tls13_signature_with_raw_key`], for TLS 1.2, where one scheme may stand for several algorithms.
fn verify_tls12_with_key(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let refused = || Error::from(CertificateError::BadSignature);
    let spki = public_key(certificate)?;
    let key = webpki::RawPublicKeyEntity::try_from(&spki).map_err(|_| refused())?;
    let valid = algorithms
        .mapping
        .iter()
        .filter(|(scheme, _)| *scheme == signature.scheme)
        .flat_map(|(_, candidates)| candidates.iter())
        .any(|algorithm| key.verify_signature(*algorithm, message, signature.signature()).is_ok());
    if valid { Ok(HandshakeSignatureValid::assertion()) } else { Err(refused()) }
}
