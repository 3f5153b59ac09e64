//! From the library's errors to ours: which of them are the certificate's, and what each means to a user.

use std::io;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::certificate::{CertificateInfo, timestamp_of_unix};
use super::error::{CertificateProblem, HandshakeProblem, Rejection, TlsError};
use super::pin::Pin;
use super::server_check::KeyNotProven;
use super::session::SessionInfo;

/// The failure of a handshake with `peer`, who had sent the chain in `session` of which the first was verified for
/// `expected`; `asked_in_vain`: it asked for a certificate and got none.
pub(super) fn handshake_failure(
    error: io::Error,
    peer: &str,
    expected: &str,
    session: SessionInfo,
    asked_in_vain: bool,
) -> TlsError {
    let (peer, role) = (peer.to_owned(), session.role);
    let rejected =
        |problem, session| TlsError::Certificate(Box::new(Rejection { peer: peer.clone(), problem, session }));
    match tls_error(&error) {
        Some(Error::InvalidCertificate(problem)) => {
            let problem = certificate_problem(problem, &session.chain, expected);
            rejected(problem, session)
        }
        Some(Error::NoCertificatesPresented) => rejected(CertificateProblem::Absent, session),
        Some(error) => TlsError::Handshake { role, peer, problem: handshake_problem(error, asked_in_vain) },
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            TlsError::Handshake { role, peer, problem: HandshakeProblem::Closed }
        }
        None => TlsError::Handshake { role, peer, problem: HandshakeProblem::Io(error) },
    }
}

/// The error of the library inside an I/O error.
pub(super) fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// Why a handshake failed or a connection broke; `asked_in_vain`: the peer asked for a certificate and got none.
pub(super) fn handshake_problem(error: &Error, asked_in_vain: bool) -> HandshakeProblem {
    match error {
        // Every record of TLS begins with one of four bytes, none of them printable: text never gets further.
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => HandshakeProblem::PlainText,
        Error::NoApplicationProtocol | Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            HandshakeProblem::NoCommonProtocol
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::ServerDoesNotSupportTls12Or13
            // Clients of TLS 1.1 and older do not have that extension.
            | PeerIncompatible::SignatureAlgorithmsExtensionRequired
            | PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => HandshakeProblem::NoCommonVersion,
        Error::AlertReceived(AlertDescription::CertificateRequired) => HandshakeProblem::CertificateRequired,
        Error::AlertReceived(
            AlertDescription::HandshakeFailure
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied,
        ) if asked_in_vain => HandshakeProblem::CertificateRequired,
        Error::AlertReceived(alert) => HandshakeProblem::Alert { name: alert_name(*alert) },
        other => HandshakeProblem::Other(other.to_string()),
    }
}

/// `UnknownCA` and `HandshakeFailure` as `unknown_ca` and `handshake_failure`: the RFC's spelling, which searches find.
fn alert_name(alert: AlertDescription) -> String {
    let mut name = String::new();
    let mut after_lower = false;
    for character in format!("{alert:?}").chars() {
        if character.is_ascii_uppercase() && after_lower {
            name.push('_');
        }
        after_lower = character.is_ascii_lowercase();
        name.push(character.to_ascii_lowercase());
    }
    name
}

fn certificate_problem(error: &CertificateError, chain: &[CertificateInfo], expected: &str) -> CertificateProblem {
    let leaf = chain.first();
    let issuer = || chain.last().map(|last| last.issuer.clone());
    match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            CertificateProblem::Expired { since: timestamp_of_unix(not_after.as_secs()) }
        }
        // Without the times: they contradict each other, or the certificate is not the first one.
        CertificateError::Expired => {
            CertificateProblem::Expired { since: leaf.and_then(|leaf| leaf.not_after.clone()).unwrap_or_default() }
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            CertificateProblem::NotYetValid { from: timestamp_of_unix(not_before.as_secs()) }
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateProblem::WrongName {
                expected: expected.to_owned(),
                names: leaf.map(|leaf| leaf.names.clone()).unwrap_or_default(),
            }
        }
        CertificateError::UnknownIssuer => match chain {
            [only] if only.is_self_issued() => CertificateProblem::SelfSigned,
            _ => CertificateProblem::UnknownIssuer { issuer: issuer() },
        },
        // An authority of the same name with another kind of key is another authority.
        CertificateError::BadSignature | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            match chain {
                [only] if only.is_self_issued() => CertificateProblem::SelfSigned,
                _ => CertificateProblem::BadSignature { issuer: issuer() },
            }
        }
        CertificateError::ApplicationVerificationFailure => match leaf.and_then(|leaf| pin(&leaf.sha256)) {
            Some(found) => CertificateProblem::NotPinned { found },
            None => CertificateProblem::Other(error.to_string()),
        },
        CertificateError::Other(inner) if inner.0.is::<KeyNotProven>() => CertificateProblem::KeyNotProven,
        CertificateError::Other(inner) => match inner.0.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => CertificateProblem::AuthorityAsServer,
            Some(webpki::Error::UnsupportedCertVersion) => CertificateProblem::OldFormat,
            Some(problem) => CertificateProblem::Other(problem.to_string()),
            None => CertificateProblem::Other(error.to_string()),
        },
        other => CertificateProblem::Other(other.to_string()),
    }
}

fn pin(hex: &str) -> Option<Pin> {
    format!("sha256:{hex}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vague_alert_after_a_certificate_was_asked_for_in_vain_is_about_that() {
        for (alert, asked, understood) in [
            (AlertDescription::HandshakeFailure, true, true),
            (AlertDescription::BadCertificate, true, true),
            (AlertDescription::BadCertificate, false, false),
            (AlertDescription::CertificateRequired, false, true),
            (AlertDescription::DecodeError, true, false),
        ] {
            let problem = handshake_problem(&Error::AlertReceived(alert), asked);
            assert_eq!(matches!(problem, HandshakeProblem::CertificateRequired), understood, "{alert:?}");
        }
    }

    #[test]
    fn alerts_have_the_names_of_the_standard() {
        for (alert, name) in [
            (AlertDescription::HandshakeFailure, "handshake_failure"),
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::BadRecordMac, "bad_record_mac"),
        ] {
            assert_eq!(alert_name(alert), name);
        }
    }
}
