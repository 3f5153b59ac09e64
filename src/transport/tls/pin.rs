//! Certificate pins, `sha256:HEX`: parsing, printing, comparing. No certificates are read here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of a whole certificate in DER: what `--tls-info` and `--self-signed` print and `--pin` takes.
///
/// It is the hash of the certificate (as `openssl x509 -fingerprint -sha256` prints it), not that of its public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pin([u8; 32]);

/// Why a text is no pin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a pin: write sha256: and 64 hexadecimal digits, as --tls-info prints them")]
pub struct PinError {
    text: String,
}

impl Pin {
    /// The pin of this certificate.
    pub fn of(certificate_der: &[u8]) -> Self {
        Pin(Sha256::digest(certificate_der).into())
    }

    /// The 64 lower-case hexadecimal digits, without the `sha256:`.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl FromStr for Pin {
    type Err = PinError;

    /// Takes `sha256:HEX` in either case, with colons between the bytes as other tools print them.
    fn from_str(text: &str) -> Result<Self, PinError> {
        let refused = || PinError { text: text.to_owned() };
        let (algorithm, hex) = text.split_once(':').ok_or_else(refused)?;
        if !algorithm.eq_ignore_ascii_case("sha256") {
            return Err(refused());
        }
        let digits: Option<Vec<u8>> = hex
            .chars()
            .filter(|character| *character != ':')
            .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let bytes: Vec<u8> = digits
            .filter(|digits| digits.len() == 64)
            .ok_or_else(refused)?
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
            .collect();
        bytes.try_into().map(Pin).map_err(|_| refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_pin_is_the_sha256_of_the_certificate() {
        assert_eq!(Pin::of(b"").hex(), EMPTY);
        assert_eq!(Pin::of(b"").to_string(), format!("sha256:{EMPTY}"));
    }

    #[test]
    fn both_cases_and_colons_are_taken() {
        let colons: Vec<String> = EMPTY.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into()).collect();
        for text in [
            format!("sha256:{EMPTY}"),
            format!("SHA256:{}", EMPTY.to_uppercase()),
            format!("sha256:{}", colons.join(":").to_uppercase()),
        ] {
            assert_eq!(text.parse::<Pin>(), Ok(Pin::of(b"")), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_form_it_has() {
        for text in ["", EMPTY, "sha1:00", "sha256:", "sha256:00", &format!("sha256:{EMPTY}00"), "sha256:é"] {
            let error = text.parse::<Pin>().unwrap_err().to_string();
            assert!(error.contains("sha256: and 64 hexadecimal digits"), "{text}: {error}");
        }
        assert!(format!("sha256:{}g", &EMPTY[1..]).parse::<Pin>().is_err());
    }
}
