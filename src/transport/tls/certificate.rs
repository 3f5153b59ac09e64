//! What a certificate says, for people and for programs. Nothing here decides whether to trust it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use super::pin::Pin;

const SECONDS_A_DAY: i64 = 86_400;

/// One certificate of a chain. The texts are the peer's: they may hold control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateInfo {
    /// The distinguished name of its owner.
    pub subject: String,
    /// The distinguished name of who signed it.
    pub issuer: String,
    /// The subject alternative names: host names, addresses, and other kinds.
    pub names: Vec<String>,
    /// The beginning of its validity in UTC (RFC 3339); `None`: it cannot be read.
    pub not_before: Option<String>,
    /// The end of its validity in UTC (RFC 3339); `None`: it cannot be read.
    pub not_after: Option<String>,
    /// Whole days until `not_after`, negative once it has passed; `None`: it cannot be read.
    pub days_left: Option<i64>,
    /// The SHA-256 of the DER in hexadecimal: with `sha256:` before it, a pin.
    pub sha256: String,
}

impl CertificateInfo {
    /// Reads a certificate in DER as it is at this moment. What cannot be read stays empty: a probe shows bad
    /// certificates too.
    pub fn read(der: &[u8]) -> Self {
        let sha256 = Pin::of(der).hex();
        let Ok((_, certificate)) = X509Certificate::from_der(der) else {
            let unreadable = "(unreadable)".to_owned();
            return CertificateInfo {
                subject: unreadable.clone(),
                issuer: unreadable,
                names: Vec::new(),
                not_before: None,
                not_after: None,
                days_left: None,
                sha256,
            };
        };
        let validity = certificate.validity();
        CertificateInfo {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            names: names(&certificate),
            not_before: Some(timestamp(validity.not_before)),
            not_after: Some(timestamp(validity.not_after)),
            days_left: Some((validity.not_after.timestamp() - ASN1Time::now().timestamp()).div_euclid(SECONDS_A_DAY)),
            sha256,
        }
    }

    /// Whether it names itself as its issuer.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    extension.value.general_names.iter().map(name).collect()
}

fn name(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => (*text).to_owned(),
        GeneralName::IPAddress(bytes) => match address(bytes) {
            Some(address) => address.to_string(),
            None => name.to_string(),
        },
        other => other.to_string(),
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let v6 = <[u8; 16]>::try_from(bytes).map(IpAddr::from);
    v4.or(v6).ok()
}

/// A date as RFC 3339 writes it, in UTC to the second. Certificates may have any year from 0 to 9999.
fn timestamp(time: ASN1Time) -> String {
    let time = time.to_datetime();
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The same for seconds since 1970, as the verifier reports them.
pub(super) fn timestamp_of_unix(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| ASN1Time::from_timestamp(seconds).ok());
    time.map_or_else(|| format!("{seconds} seconds after 1970"), timestamp)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair, SanType, date_time_ymd};

    use super::*;

    fn certificate(edit: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["host.example".to_owned(), "::1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(1950, 1, 2);
        params.not_after = date_time_ymd(2001, 12, 31);
        edit(&mut params);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn every_field_is_read() {
        let der = certificate(|params| {
            params.distinguished_name.push(DnType::CommonName, "someone");
            params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        });
        let info = CertificateInfo::read(&der);
        assert_eq!(info.subject, "CN=someone");
        assert!(info.is_self_issued());
        assert_eq!(info.names, ["host.example", "::1", "127.0.0.1"]);
        assert_eq!(info.not_before.as_deref(), Some("1950-01-02T00:00:00Z"));
        assert_eq!(info.not_after.as_deref(), Some("2001-12-31T00:00:00Z"));
        assert!(info.days_left.unwrap() < -9000);
        assert_eq!(info.sha256, Pin::of(&der).hex());
    }

    #[test]
    fn days_are_whole_days_and_rounded_down() {
        let now = ASN1Time::now().to_datetime();
        for (hours, days) in [(47_u64, 1), (25, 1), (23, 0)] {
            let info = CertificateInfo::read(&certificate(|params| {
                params.not_after = now + std::time::Duration::from_secs(hours * 3600);
            }));
            assert_eq!(info.days_left, Some(days), "{hours}");
        }
        let info = CertificateInfo::read(&certificate(|params| {
            params.not_after = now - std::time::Duration::from_secs(3600);
        }));
        assert_eq!(info.days_left, Some(-1));
    }

    #[test]
    fn a_cut_certificate_is_shown_as_unreadable_at_every_length() {
        let der = certificate(|_| ());
        for length in 0..der.len() {
            let info = CertificateInfo::read(&der[..length]);
            assert_eq!((info.subject.as_str(), info.days_left), ("(unreadable)", None), "{length}");
        }
    }

    proptest! {
        #[test]
        fn damaged_certificates_do_no_harm(damage in prop::collection::vec((0usize..400, any::<u8>()), 1..8)) {
            let mut der = certificate(|_| ());
            for (place, byte) in damage {
                let length = der.len();
                der[place % length] = byte;
            }
            let _ = CertificateInfo::read(&der);
        }
    }
}
