//! What an address begins with: `tcp://`, `unix:` and so on. Schemes are compared without case.

use super::piece::Piece;
use super::{IdError, Scheme, UnixKind};

/// What the rest of the address is to be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    /// A host and a port; TCP where nothing else is written.
    Inet(Scheme),
    /// The name of a Unix socket.
    Unix(UnixKind),
    /// What follows `ws://` or `wss://`.
    WebSocket {
        /// `wss`.
        secure: bool,
    },
    /// A path and a resource.
    WebSocketUnix,
}

const PREFIXES: [(&str, Prefix); 9] = [
    ("tcp://", Prefix::Inet(Scheme::Tcp)),
    ("tls://", Prefix::Inet(Scheme::Tls)),
    ("udp://", Prefix::Inet(Scheme::Udp)),
    ("unix:", Prefix::Unix(UnixKind::Stream)),
    ("seqpacket:", Prefix::Unix(UnixKind::Seqpacket)),
    ("ipc://", Prefix::Unix(UnixKind::ZeroMq)),
    ("ws://", Prefix::WebSocket { secure: false }),
    ("wss://", Prefix::WebSocket { secure: true }),
    ("ws+unix:", Prefix::WebSocketUnix),
];

/// Takes the prefix off.
pub(super) fn split(address: Piece<'_>) -> Result<(Prefix, Piece<'_>), IdError> {
    for (text, prefix) in PREFIXES {
        if let Some(rest) = address.after_prefix(text) {
            return Ok((prefix, rest));
        }
    }
    if let Some(scheme) = unknown_scheme(address.text) {
        let known: Vec<&str> = PREFIXES.iter().map(|(text, _)| *text).collect();
        return Err(address.error(format!("{scheme}:// is not known here: write one of {}", known.join(" "))));
    }
    if ["/", "./", "../", "@"].iter().any(|start| address.text.starts_with(start)) {
        return Err(address.error(format!("a path or abstract name needs its scheme: write unix:{}", address.text)));
    }
    Ok((Prefix::Inet(Scheme::Tcp), address))
}

/// The scheme of a URL (RFC 3986 section 3.1).
fn unknown_scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(fits)).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_taken_off_in_any_case() {
        for (text, prefix) in PREFIXES {
            for text in [text.to_owned(), text.to_uppercase()] {
                let address = format!("{text}rest");
                let (found, rest) = split(Piece::whole(&address)).unwrap();
                assert_eq!((found, rest.text), (prefix, "rest"), "{address}");
            }
        }
    }

    #[test]
    fn without_a_prefix_it_is_tcp() {
        for text in ["host:80", "unix", "tcp:80", "1://x", "", "a/b://c", ":80", "~x"] {
            let (prefix, rest) = split(Piece::whole(text)).unwrap();
            assert_eq!((prefix, rest.text), (Prefix::Inet(Scheme::Tcp), text));
        }
    }

    #[test]
    fn an_unknown_scheme_is_answered_with_the_known_ones() {
        let error = split(Piece::whole("http://host/")).unwrap_err();
        assert!(error.reason.starts_with("http:// is not known here: write one of tcp:// tls://"), "{error}");
        assert_eq!(error.column, 0);
    }

    #[test]
    fn a_path_without_a_scheme_is_answered_with_the_scheme() {
        for text in ["/run/x", "./x", "../x", "@x"] {
            let error = split(Piece::whole(text)).unwrap_err();
            assert!(error.reason.ends_with(&format!("write unix:{text}")), "{error}");
        }
    }
}
