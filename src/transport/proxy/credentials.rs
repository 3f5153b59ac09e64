//! A user and a password for a proxy, and HTTP's Basic scheme (RFC 7617). Never shown, not even for debugging.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// A user and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password; may be empty.
    pub password: String,
}

impl Credentials {
    /// The value of a `Proxy-Authorization` header.
    pub(super) fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password)))
    }

    /// Whether this is what the value of a `Proxy-Authorization` header holds.
    pub(super) fn are_basic(&self, value: &[u8]) -> bool {
        let Some((scheme, encoded)) = std::str::from_utf8(value).ok().and_then(|text| text.split_once(' ')) else {
            return false;
        };
        let decoded = STANDARD.decode(encoded.trim()).unwrap_or_default();
        scheme.eq_ignore_ascii_case("basic") && same(&decoded, format!("{}:{}", self.user, self.password).as_bytes())
    }

    /// Whether these are the user and the password.
    pub(super) fn are(&self, user: &[u8], password: &[u8]) -> bool {
        // Both are compared whatever the first says.
        same(user, self.user.as_bytes()) & same(password, self.password.as_bytes())
    }
}

/// Compares hashes, so that the time it takes tells nothing of where the first difference is.
fn same(one: &[u8], other: &[u8]) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials { user: "Aladdin".to_owned(), password: "open sesame".to_owned() }
    }

    #[test]
    fn the_example_of_the_standard() {
        assert_eq!(credentials().basic(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        for value in ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ=="] {
            assert!(credentials().are_basic(value.as_bytes()), "{value}");
        }
        for value in ["", "Basic", "Basic ", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZ", "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ=="] {
            assert!(!credentials().are_basic(value.as_bytes()), "{value}");
        }
        assert!(!credentials().are_basic(b"Basic \xff"));
    }

    #[test]
    fn both_parts_must_fit() {
        assert!(credentials().are(b"Aladdin", b"open sesame"));
        assert!(!credentials().are(b"Aladdin", b"sesame"));
        assert!(!credentials().are(b"aladdin", b"open sesame"));
    }

    #[test]
    fn they_are_not_shown() {
        assert_eq!(format!("{:?}", credentials()), "Credentials");
    }
}
