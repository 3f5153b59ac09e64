//! What a handshake agreed on and whom it was with, for people, for programs, and for the environment of commands.

use std::fmt;

use rustls::CommonState;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use super::certificate::CertificateInfo;
use crate::exit::Exit;
use crate::failure::Failure;

/// Which side of the handshake is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// We connected.
    #[default]
    Client,
    /// We accepted.
    Server,
}

/// What is known of a TLS session. Serialized it is the object of `--tls-info --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// Which side we are.
    #[serde(skip)]
    pub role: Role,
    /// The protocol, as in `TLSv1.3`; `None`: the handshake did not get so far.
    pub protocol: Option<String>,
    /// The cipher suite by its IANA name; `None`: the handshake did not get so far.
    pub cipher: Option<String>,
    /// The application protocol that was agreed on (RFC 7301).
    pub alpn: Option<String>,
    /// The name that the client sent (SNI, RFC 6066 section 3); never an address.
    pub server_name: Option<String>,
    /// Whether the peer's certificate was verified or is a pinned one.
    pub verified: bool,
    /// The peer's certificates as it sent them, its own first; empty: it sent none.
    pub chain: Vec<CertificateInfo>,
}

impl SessionInfo {
    /// What is known before, or without, a finished handshake.
    pub(super) fn unfinished(role: Role, server_name: Option<String>, chain: &[CertificateDer<'_>]) -> Self {
        SessionInfo {
            role,
            protocol: None,
            cipher: None,
            alpn: None,
            server_name,
            verified: false,
            chain: chain.iter().map(|der| CertificateInfo::read(der)).collect(),
        }
    }

    /// What a finished handshake agreed on.
    pub(super) fn finished(role: Role, session: &CommonState, server_name: Option<String>, verified: bool) -> Self {
        SessionInfo {
            // Debug is how the library gives the names: `TLSv1_3` and `TLS13_AES_128_GCM_SHA256`.
            protocol: session.protocol_version().map(|version| format!("{version:?}").replace('_', ".")),
            cipher: session
                .negotiated_cipher_suite()
                .map(|suite| format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1)),
            alpn: session.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            verified,
            ..SessionInfo::unfinished(role, server_name, session.peer_certificates().unwrap_or_default())
        }
    }

    /// Whole days until the first certificate of the chain expires, negative once one has; `None`: there is none.
    pub fn min_days_left(&self) -> Option<i64> {
        self.chain.iter().filter_map(|certificate| certificate.days_left).min()
    }

    /// Whether every certificate of the chain is valid for `wanted` more days (`--min-days`).
    ///
    /// # Errors
    /// Status 60 where one is not, or there is none.
    pub fn demand_days(&self, wanted: i64) -> Result<(), Failure> {
        let text = match self.min_days_left() {
            Some(left) if left >= wanted => return Ok(()),
            Some(left) => {
                format!("the certificate is valid for {left} more days only, and --min-days wants {wanted}")
            }
            None => "the peer sent no certificate whose days could be counted".to_owned(),
        };
        Err(Failure::message(Exit::BadCertificate, text))
    }

    /// The variables that tell a program about the session. Values hold no control characters, whatever the peer sent.
    pub fn environment(&self) -> Vec<(String, String)> {
        let peer = match self.role {
            Role::Client => "SERVER",
            Role::Server => "CLIENT",
        };
        let mut variables = vec![("NETVERB_TLS_VERIFIED".to_owned(), if self.verified { "1" } else { "0" }.to_owned())];
        let mut add = |name: String, value: Option<&str>| {
            if let Some(value) = value {
                variables.push((format!("NETVERB_TLS_{name}"), printable(value)));
            }
        };
        add("PROTOCOL".to_owned(), self.protocol.as_deref());
        add("CIPHER".to_owned(), self.cipher.as_deref());
        add("ALPN".to_owned(), self.alpn.as_deref());
        add("SNI".to_owned(), self.server_name.as_deref());
        if let Some(leaf) = self.chain.first() {
            add(format!("{peer}_SUBJECT"), Some(&leaf.subject));
            add(format!("{peer}_ISSUER"), Some(&leaf.issuer));
            add(format!("{peer}_NAMES"), Some(leaf.names.join(",").as_str()).filter(|names| !names.is_empty()));
            add(format!("{peer}_NOT_AFTER"), leaf.not_after.as_deref());
            add(format!("{peer}_SHA256"), Some(&leaf.sha256));
        }
        variables
    }
}

/// The text with control characters, and those that turn the direction of writing, as escapes. An environment value
/// cannot hold a NUL, a shell script should not meet a line break in a name, and a terminal obeys what it is shown.
fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        match character.is_control() || turns {
            true => clean.extend(character.escape_default()),
            false => clean.push(character),
        }
    }
    clean
}

impl fmt::Display for SessionInfo {
    /// The lines of `--tls-info`, without a line break at the end. Control characters are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<String>| printable(value.as_deref().unwrap_or("-"));
        writeln!(f, "protocol:    {}", text(&self.protocol))?;
        writeln!(f, "cipher:      {}", text(&self.cipher))?;
        writeln!(f, "alpn:        {}", text(&self.alpn))?;
        writeln!(f, "server name: {}", text(&self.server_name))?;
        write!(f, "verified:    {}", if self.verified { "yes" } else { "no" })?;
        for (number, certificate) in self.chain.iter().enumerate() {
            let names: Vec<String> = certificate.names.iter().map(|name| printable(name)).collect();
            write!(f, "\ncertificate {number}:")?;
            write!(f, "\n  subject:    {}", printable(&certificate.subject))?;
            write!(f, "\n  issuer:     {}", printable(&certificate.issuer))?;
            write!(f, "\n  names:      {}", if names.is_empty() { "-".to_owned() } else { names.join(", ") })?;
            write!(f, "\n  not before: {}", text(&certificate.not_before))?;
            write!(f, "\n  not after:  {}", text(&certificate.not_after))?;
            if let Some(days) = certificate.days_left {
                write!(f, " ({days} days left)")?;
            }
            write!(f, "\n  pin:        sha256:{}", certificate.sha256)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> SessionInfo {
        let certificate = CertificateInfo {
            subject: "CN=a\0b\n\u{1b}[2J\u{202e}\"é\"".to_owned(),
            issuer: "CN=issuer".to_owned(),
            names: vec!["x\r\n".to_owned()],
            not_before: None,
            not_after: Some("2030-01-01T00:00:00Z".to_owned()),
            days_left: Some(-3),
            sha256: "00".repeat(32),
        };
        SessionInfo {
            protocol: Some("TLSv1.3".to_owned()),
            alpn: Some("h2".to_owned()),
            chain: vec![CertificateInfo { days_left: Some(9), ..certificate.clone() }, certificate],
            ..SessionInfo::unfinished(Role::Server, Some("host.example".to_owned()), &[])
        }
    }

    #[test]
    fn the_json_has_the_fields_of_the_contract() {
        let json = serde_json::to_value(hostile()).unwrap();
        let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["protocol", "cipher", "alpn", "server_name", "verified", "chain"]);
        let keys: Vec<&str> = json["chain"][0].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["subject", "issuer", "names", "not_before", "not_after", "days_left", "sha256"]);
    }

    #[test]
    fn the_fewest_days_of_the_chain_count() {
        assert_eq!(hostile().min_days_left(), Some(-3));
        assert_eq!(SessionInfo::unfinished(Role::Client, None, &[]).min_days_left(), None);
    }

    #[test]
    fn neither_lines_nor_environment_carry_the_peers_control_characters() {
        let info = hostile();
        assert!(info.to_string().chars().all(|character| character == '\n' || !character.is_control()));
        assert_eq!(info.to_string().lines().count(), 5 + 2 * 7);
        let environment = info.environment();
        assert!(environment.iter().all(|(_, value)| !value.chars().any(char::is_control)));
        let subject = "CN=a\\u{0}b\\n\\u{1b}[2J\\u{202e}\"é\"";
        assert!(environment.contains(&("NETVERB_TLS_CLIENT_SUBJECT".into(), subject.into())));
        assert!(info.to_string().contains(subject));
        assert!(environment.contains(&("NETVERB_TLS_SNI".into(), "host.example".into())));
        assert!(!environment.iter().any(|(name, _)| name == "NETVERB_TLS_CIPHER"));
    }
}
