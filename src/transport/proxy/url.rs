//! The URL of a proxy. No message ever repeats any part of it that may be a password by mistake.

use std::fmt;
use std::str::FromStr;

use super::credentials::Credentials;
use super::percent;
use crate::address::Host;

/// What is spoken with a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyScheme {
    /// `http://`: HTTP CONNECT (RFC 9110 section 9.3.6).
    Http,
    /// `https://`: the same over TLS to the proxy.
    Https,
    /// `socks4://`: the proxy is given an IPv4 address.
    Socks4,
    /// `socks4a://`: the proxy resolves names.
    Socks4a,
    /// `socks5://` (RFC 1928): the proxy is given an address.
    Socks5,
    /// `socks5h://`: the proxy resolves names.
    Socks5h,
}

const SCHEMES: [(&str, ProxyScheme); 6] = [
    ("http", ProxyScheme::Http),
    ("https", ProxyScheme::Https),
    ("socks4", ProxyScheme::Socks4),
    ("socks4a", ProxyScheme::Socks4a),
    ("socks5", ProxyScheme::Socks5),
    ("socks5h", ProxyScheme::Socks5h),
];

impl ProxyScheme {
    /// Whether names are left to the proxy. Where they are not, the target must be an address.
    pub fn resolves_names(self) -> bool {
        !matches!(self, ProxyScheme::Socks4 | ProxyScheme::Socks5)
    }

    /// The port of a URL without one: 8080 for HTTP, 443 for HTTP over TLS, 1080 for SOCKS.
    fn default_port(self) -> u16 {
        match self {
            ProxyScheme::Http => 8080,
            ProxyScheme::Https => 443,
            _ => 1080,
        }
    }
}

impl fmt::Display for ProxyScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = SCHEMES.iter().find(|(_, scheme)| scheme == self).map_or("", |(name, _)| name);
        write!(f, "{name}://")
    }
}

/// A proxy: what it speaks, where it is, who we are to it. Neither Display nor Debug shows the user or the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    /// What is spoken with it.
    pub scheme: ProxyScheme,
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// The user and the password, percent-decoded.
    pub credentials: Option<Credentials>,
}

/// Why a text is no proxy URL. The text itself is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyUrlError {
    /// No scheme, or an unknown one.
    #[error(
        "the proxy URL has no scheme that is known: write http://, https://, socks4://, socks4a://, socks5:// or \
         socks5h:// before the host"
    )]
    Scheme,
    /// Nothing, or no host, where the host belongs.
    #[error("the proxy URL has no valid host: write SCHEME://[USER:PASSWORD@]HOST[:PORT]")]
    Host,
    /// Something else than a port after the colon.
    #[error("the proxy URL has no valid port: write a number from 1 to 65535 after the host")]
    Port,
    /// A path or more after the host.
    #[error("the proxy URL goes on after the port: write SCHEME://[USER:PASSWORD@]HOST[:PORT] and no path")]
    Path,
    /// A `%` that is none of percent-encoding.
    #[error("the user or password in the proxy URL is not percent-encoded: write %25 for %, %40 for @, %3A for :")]
    Encoding,
}

impl ProxyUrl {
    /// Reads `SCHEME://[USER[:PASSWORD]@]HOST[:PORT]`, with an IPv6 address in brackets. User and password end at the
    /// last `@`, so that only a `%`, and a `:` in the user, must be encoded.
    ///
    /// # Errors
    /// [`ProxyUrlError`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, ProxyUrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(ProxyUrlError::Scheme)?;
        let (_, scheme) =
            *SCHEMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme)).ok_or(ProxyUrlError::Scheme)?;
        let (credentials, place) = match rest.rsplit_once('@') {
            Some((user_info, place)) => (Some(credentials(user_info)?), place),
            None => (None, rest),
        };
        let place = place.strip_suffix('/').unwrap_or(place);
        if place.contains(['/', '?', '#']) {
            return Err(ProxyUrlError::Path);
        }
        let (host, port) = split_port(place);
        let host = match Host::parse(host) {
            Ok(host) if !host.is_every_interface() && host != Host::Unwritten => host,
            _ => return Err(ProxyUrlError::Host),
        };
        let port = match port {
            None => scheme.default_port(),
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port > 0).ok_or(ProxyUrlError::Port)?
            }
            Some(_) => return Err(ProxyUrlError::Port),
        };
        Ok(ProxyUrl { scheme, host, port, credentials })
    }
}

impl FromStr for ProxyUrl {
    type Err = ProxyUrlError;

    fn from_str(text: &str) -> Result<Self, ProxyUrlError> {
        ProxyUrl::parse(text)
    }
}

/// The host, and what follows the colon after it. An IPv6 address has its colons in brackets.
fn split_port(place: &str) -> (&str, Option<&str>) {
    match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (place, None),
    }
}

fn credentials(user_info: &str) -> Result<Credentials, ProxyUrlError> {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let decode = |text| percent::decode(text).ok_or(ProxyUrlError::Encoding);
    Ok(Credentials { user: decode(user)?, password: decode(password)? })
}

impl fmt::Display for ProxyUrl {
    /// `SCHEME://HOST:PORT`, without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.scheme, self.host.with_port(self.port))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls() {
        for (text, shown, credentials) in [
            ("http://proxy.example", "http://proxy.example:8080", None),
            ("HTTP://proxy.example:3128/", "http://proxy.example:3128", None),
            ("https://proxy.example", "https://proxy.example:443", None),
            ("socks4://10.0.0.1", "socks4://10.0.0.1:1080", None),
            ("socks4a://me@h:9", "socks4a://h:9", Some(("me", ""))),
            ("socks5://[::1]", "socks5://[::1]:1080", None),
            ("socks5h://a:b@[fe80::1%eth0]:99", "socks5h://[fe80::1%eth0]:99", Some(("a", "b"))),
            ("http://u%3a%40:p:w@x/%25@h", "http://h:8080", Some(("u:@", "p:w@x/%"))),
        ] {
            let url = ProxyUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), shown);
            let found = url.credentials.as_ref().map(|found| (found.user.as_str(), found.password.as_str()));
            assert_eq!(found, credentials, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, error) in [
            ("", ProxyUrlError::Scheme),
            ("proxy:3128", ProxyUrlError::Scheme),
            ("ftp://proxy", ProxyUrlError::Scheme),
            ("http://", ProxyUrlError::Host),
            ("http://user:pw@", ProxyUrlError::Host),
            ("http://:80", ProxyUrlError::Host),
            ("http://*", ProxyUrlError::Host),
            ("http://a b", ProxyUrlError::Host),
            ("http://::1", ProxyUrlError::Host),
            ("http://[::1", ProxyUrlError::Host),
            ("http://h:", ProxyUrlError::Port),
            ("http://h:0", ProxyUrlError::Port),
            ("http://h:+1", ProxyUrlError::Port),
            ("http://h:65536", ProxyUrlError::Port),
            ("http://h/path", ProxyUrlError::Path),
            ("http://h?x", ProxyUrlError::Path),
            ("http://100%@h", ProxyUrlError::Encoding),
        ] {
            assert_eq!(ProxyUrl::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_rendering_shows_a_password(
            text in "(http|socks5|x)(://|:)[a-z]{0,3}[:@]hunter2[@:/%]?[a-z:]{0,4}"
        ) {
            match ProxyUrl::parse(&text) {
                // Without an `@` the word is the host or the port as far as anybody can tell.
                Ok(url) if text.contains('@') && !url.host.to_string().contains("hunter2") => {
                    let shown = format!("{url} {url:?}");
                    prop_assert!(!shown.contains("hunter2"));
                }
                Ok(_) => {}
                Err(error) => {
                    let shown = format!("{error} {error:?}");
                    prop_assert!(!shown.contains("hunter2"));
                }
            }
        }
    }
}
