//! A certificate made in memory, for servers that are to be found by its pin. Nothing is written to disk.

use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::time::ASN1Time;

use super::local::LocalError;

const DAY: Duration = Duration::from_secs(86_400);

/// A new certificate and its key, for localhost, its addresses, and `names` (host names or addresses). It is valid from
/// a day ago, for clocks that are slow, for a little over a year.
///
/// # Errors
/// A name that no certificate can carry.
pub(super) fn generate(names: &[String]) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), LocalError> {
    let failed = |error: rcgen::Error| LocalError::SelfSigned { reason: error.to_string() };
    let mut all: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    all.extend(names.iter().filter(|name| !["localhost", "127.0.0.1", "::1"].contains(&name.as_str())).cloned());
    let mut params = CertificateParams::new(all).map_err(failed)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, names.first().map_or("localhost", String::as_str));
    let now = ASN1Time::now().to_datetime();
    params.not_before = now - DAY;
    params.not_after = now + 397 * DAY;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|reason| LocalError::SelfSigned { reason: reason.to_owned() })?;
    Ok((certificate.der().clone(), key))
}

#[cfg(test)]
mod tests {
    use super::super::certificate::CertificateInfo;
    use super::*;

    #[test]
    fn it_has_the_local_names_and_the_given_ones() {
        let (der, _) = generate(&["host.example".into(), "10.0.0.1".into(), "::1".into()]).unwrap();
        let info = CertificateInfo::read(&der);
        assert_eq!(info.names, ["localhost", "127.0.0.1", "::1", "host.example", "10.0.0.1"]);
        assert!((396..=397).contains(&info.days_left.unwrap()));
        assert!(info.is_self_issued());
    }

    #[test]
    fn every_one_is_different() {
        assert_ne!(generate(&[]).unwrap().0, generate(&[]).unwrap().0);
    }

    #[test]
    fn a_name_that_does_not_fit_is_an_error() {
        assert!(matches!(generate(&["bücher.example".into()]), Err(LocalError::SelfSigned { .. })));
    }
}
