//! How TLS fails, sorted by who is to blame: the certificate, the handshake, time, a local file, the connection.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::exit::Exit;
use crate::failure::reason;

use super::local::LocalError;
use super::pin::Pin;
use super::session::{Role, SessionInfo};

/// A TLS connection that was not made, or that broke.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The peer's certificate was not accepted; no application byte has been sent.
    #[error("{0}")]
    Certificate(Box<Rejection>),
    /// The handshake failed for another reason.
    #[error("TLS handshake with {peer} failed: {problem}")]
    Handshake {
        /// Which side we were.
        role: Role,
        /// Whom with.
        peer: String,
        /// Why.
        problem: HandshakeProblem,
    },
    /// The peer did not finish the handshake in time.
    #[error("TLS handshake with {peer} not finished within {}", humantime::format_duration(*limit))]
    TimedOut {
        /// Whom with.
        peer: String,
        /// The limit that passed.
        limit: Duration,
    },
    /// A file or option of our own is wrong.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The peer closed the connection below TLS without saying so inside TLS: an attacker, or a crash, may have cut it.
    #[error("the peer closed the connection without a TLS close_notify: the data may be cut short")]
    Truncated,
    /// The established connection broke: a damaged record, a fatal alert.
    #[error("the TLS connection broke: {0}")]
    Broken(HandshakeProblem),
}

/// A certificate that was not accepted.
#[derive(Debug)]
pub struct Rejection {
    /// Whose it is.
    pub peer: String,
    /// Why.
    pub problem: CertificateProblem,
    /// What is known of the session: the peer's chain where it sent one. Protocol and cipher are unknown, the
    /// handshake having ended before its end.
    pub session: SessionInfo,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate of {} not accepted: {}", self.peer, self.problem)
    }
}

/// Why a certificate is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// Its time is over.
    #[error("expired since {since}")]
    Expired {
        /// The end of its validity (RFC 3339).
        since: String,
    },
    /// Its time has not come.
    #[error("not valid before {from}")]
    NotYetValid {
        /// The beginning of its validity (RFC 3339).
        from: String,
    },
    /// It is for other names.
    #[error("it is not for {expected:?} but for {}", listed(names))]
    WrongName {
        /// The name that was asked for.
        expected: String,
        /// The names that it has.
        names: Vec<String>,
    },
    /// It signed itself, and is not trusted.
    #[error("it is self-signed")]
    SelfSigned,
    /// It leads to no trusted authority.
    #[error("its issuer{} is not trusted here", quoted(issuer))]
    UnknownIssuer {
        /// The issuer of the last certificate that was sent; `None`: a server does not learn its clients' rejected ones.
        issuer: Option<String>,
    },
    /// It is not signed by the trusted authority of its issuer's name: there are two of that name.
    #[error("its issuer{} has the name of one that is trusted here, but another key", quoted(issuer))]
    BadSignature {
        /// As for `UnknownIssuer`.
        issuer: Option<String>,
    },
    /// The peer did not sign the handshake with the certificate's key: it shows somebody else's certificate.
    #[error("the peer cannot prove that it has the certificate's key")]
    KeyNotProven,
    /// A certificate of an authority, used as a server's.
    #[error("it is an authority's own certificate (CA:TRUE), which is not accepted as anybody else's")]
    AuthorityAsServer,
    /// It is older than version 3 of X.509, and says nothing of names and purposes.
    #[error("it has an old form (older than X.509 version 3) that cannot be verified")]
    OldFormat,
    /// It is none of the pinned ones.
    #[error("it is {found}, not the one that is pinned")]
    NotPinned {
        /// What it is.
        found: Pin,
    },
    /// The peer sent none, and one is required.
    #[error("it sent none, and one is required")]
    Absent,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

fn quoted(issuer: &Option<String>) -> String {
    issuer.as_ref().map(|issuer| format!(" {issuer:?}")).unwrap_or_default()
}

/// How many of a certificate's names an error lists.
const NAMES_LISTED: usize = 8;

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "no name at all (a common name does not count)".to_owned();
    }
    let shown: Vec<String> = names.iter().take(NAMES_LISTED).map(|name| format!("{name:?}")).collect();
    match names.len().saturating_sub(NAMES_LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Why a handshake failed, or a connection broke.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeProblem {
    /// What came is no TLS.
    #[error("the peer does not speak TLS here, it sent plain text")]
    PlainText,
    /// The peer closed the connection in mid-handshake.
    #[error("the peer closed the connection before the handshake was done")]
    Closed,
    /// The two sides have no protocol version in common.
    #[error("no TLS version in common with the peer")]
    NoCommonVersion,
    /// The two sides have no application protocol in common.
    #[error("no application protocol in common with the peer")]
    NoCommonProtocol,
    /// The peer wants a client certificate.
    #[error("the peer requires a client certificate, and none was given")]
    CertificateRequired,
    /// The peer ended it with an alert (RFC 8446 section 6.2).
    #[error("the peer sent the alert {name}")]
    Alert {
        /// The alert's name in the RFC's spelling.
        name: String,
    },
    /// The connection below failed.
    #[error("{}", reason(.0))]
    Io(io::Error),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl TlsError {
    /// The exit status of this failure.
    pub fn exit(&self) -> Exit {
        match self {
            TlsError::Certificate(_) => Exit::BadCertificate,
            TlsError::Handshake { .. } => Exit::TlsFailed,
            TlsError::TimedOut { .. } => Exit::TimedOut,
            TlsError::Local(_) => Exit::Usage,
            TlsError::Truncated | TlsError::Broken(_) => Exit::ReceiveFailed,
        }
    }

    /// What the user can do about it, one remedy an entry.
    pub fn hints(&self) -> Vec<String> {
        match self {
            TlsError::Certificate(rejection) => rejection.hints(),
            TlsError::Handshake { role: Role::Client, problem, .. } => problem.hints(),
            // What a client does wrong is for the client to mend.
            TlsError::Handshake { role: Role::Server, .. } => Vec::new(),
            TlsError::TimedOut { .. } | TlsError::Local(_) | TlsError::Truncated | TlsError::Broken(_) => Vec::new(),
        }
    }

    /// What is known of the session that failed: after a rejected certificate its chain, so that it can be shown.
    pub fn session(&self) -> Option<&SessionInfo> {
        match self {
            TlsError::Certificate(rejection) => Some(&rejection.session),
            _ => None,
        }
    }

    /// The TLS failure inside an error that reading from a [`TlsStream`](super::TlsStream) returned, if it is one.
    pub fn in_io(error: &io::Error) -> Option<&TlsError> {
        error.get_ref().and_then(|inner| inner.downcast_ref())
    }
}

impl Rejection {
    fn hints(&self) -> Vec<String> {
        if self.session.role == Role::Server {
            return vec!["the authorities of clients are named with --client-ca FILE".to_owned()];
        }
        let mut hints = Vec::new();
        let leaf = self.session.chain.first();
        match &self.problem {
            CertificateProblem::UnknownIssuer { .. }
            | CertificateProblem::BadSignature { .. }
            | CertificateProblem::SelfSigned => {
                hints.push("to trust its issuer: --ca FILE".to_owned());
            }
            CertificateProblem::WrongName { names, .. } => {
                hints.extend(
                    names
                        .iter()
                        .find(|name| !name.contains('*'))
                        .map(|name| format!("if that is the one you mean: --verify-host {}", name.escape_debug())),
                );
            }
            CertificateProblem::NotPinned { .. } | CertificateProblem::KeyNotProven | CertificateProblem::Absent => {
                return hints;
            }
            _ => {}
        }
        if let Some(leaf) = leaf {
            hints.push(format!("to trust exactly this certificate: --pin sha256:{}", leaf.sha256));
            hints.push("to accept any certificate at all: --no-verify".to_owned());
        }
        hints
    }
}

impl HandshakeProblem {
    fn hints(&self) -> Vec<String> {
        let hint = match self {
            HandshakeProblem::PlainText => {
                "leave out --secure, or begin TLS with --starttls when the peer has agreed to it"
            }
            HandshakeProblem::CertificateRequired => "send one: --cert FILE --key FILE",
            HandshakeProblem::NoCommonVersion => "the oldest version to accept is chosen with --tls-min 1.2",
            HandshakeProblem::NoCommonProtocol => "the protocols to offer are chosen with --alpn NAME,NAME",
            _ => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_names_is_cut_and_control_characters_are_escaped() {
        let names: Vec<String> = (0..20).map(|number| format!("n{number}")).collect();
        assert!(listed(&names).ends_with("\"n7\" and 12 more"));
        assert_eq!(listed(&["a\u{1b}[2J".to_owned()]), "\"a\\u{1b}[2J\"");
        assert!(listed(&[]).contains("no name at all"));
    }
}
