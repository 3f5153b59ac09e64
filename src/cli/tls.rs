//! The words of TLS, for both ends.

use std::path::PathBuf;

use clap::Args;

use crate::address::{Endpoint, Scheme};
use crate::commands::inspection::Inspection;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transport::ConnectOptions;
use crate::transport::tls::{ClientOptions, Pin, ServerOptions, TlsVersion};

/// TLS.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsArgs {
    /// Speak TLS; a server's certificate is verified
    #[arg(long, visible_alias = "tls")]
    secure: bool,
    /// Accept any certificate
    #[arg(long)]
    no_verify: bool,
    /// Verify the certificate against NAME, and send that name (SNI)
    #[arg(long, value_name = "NAME")]
    verify_host: Option<String>,
    /// Trust these authorities instead of the system's (repeat)
    #[arg(long, value_name = "FILE|DIR")]
    ca: Vec<PathBuf>,
    /// Our certificate, in PEM; accept takes several, for several names
    #[arg(long, value_name = "FILE")]
    cert: Vec<PathBuf>,
    /// The key of --cert, in PEM; looked for in the same file where it is not given
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Vec<PathBuf>,
    /// Application protocols, best first
    #[arg(long, value_name = "P[,P…]", value_delimiter = ',')]
    alpn: Vec<String>,
    /// The oldest version to accept: 1.2 or 1.3
    #[arg(long, value_name = "VERSION")]
    tls_min: Option<TlsVersion>,
    /// Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)
    #[arg(long, value_name = "sha256:HEX")]
    pin: Vec<Pin>,
    /// Write the session's secrets to the file that SSLKEYLOGFILE names
    #[arg(long)]
    key_log: bool,
}

/// TLS as only a server does it.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsServerArgs {
    /// Make a certificate for this run and print its pin
    #[arg(long, conflicts_with = "cert")]
    self_signed: bool,
    /// Require a certificate of clients, from an authority in this file or folder (repeat)
    #[arg(long, value_name = "FILE|DIR")]
    client_ca: Vec<PathBuf>,
}

/// What is shown and demanded of the peer's certificate.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct InspectionArgs {
    /// Show the peer's certificates, protocol and cipher; open speaks TLS then
    #[arg(long)]
    tls_info: bool,
    /// Fail with 60 when a certificate has fewer than N days left; accept turns such clients away
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_days)]
    min_days: Option<i64>,
}

fn parse_days(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "type a whole number of days".to_owned())
}

impl InspectionArgs {
    /// The typed form.
    pub fn inspection(&self) -> Inspection {
        Inspection { show: self.tls_info, min_days: self.min_days }
    }

    /// Whether anything is to be inspected.
    pub fn is_given(&self) -> bool {
        self.tls_info || self.min_days.is_some()
    }
}

impl TlsArgs {
    /// Whether `--secure` was given.
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// The first option that makes no sense without TLS.
    fn stray(&self) -> Option<&'static str> {
        [
            ("--no-verify", self.no_verify),
            ("--verify-host", self.verify_host.is_some()),
            ("--ca", !self.ca.is_empty()),
            ("--cert", !self.cert.is_empty()),
            ("--alpn", !self.alpn.is_empty()),
            ("--tls-min", self.tls_min.is_some()),
            ("--pin", !self.pin.is_empty()),
            ("--key-log", self.key_log),
        ]
        .into_iter()
        .find_map(|(name, given)| given.then_some(name))
    }

    /// Refuses TLS options where no TLS will be spoken: data must not go out in clear because a word is missing.
    ///
    /// # Errors
    /// Status 2.
    pub fn require_tls(&self, spoken: bool) -> Result<(), Failure> {
        match self.stray() {
            Some(option) if !spoken => {
                Err(Failure::message(Exit::Usage, format!("{option} has no use without TLS; add --secure")))
            }
            _ => Ok(()),
        }
    }

    /// The client's part.
    ///
    /// # Errors
    /// Status 2 when there is more than one certificate.
    pub fn client(&self, with_certificate: bool) -> Result<ClientOptions, Failure> {
        if with_certificate && (self.cert.len() > 1 || self.key.len() > 1) {
            return Err(Failure::message(Exit::Usage, "a client has one certificate; give --cert and --key once"));
        }
        let own = |files: &[PathBuf]| files.first().filter(|_| with_certificate).cloned();
        Ok(ClientOptions {
            verify: !self.no_verify,
            verify_host: self.verify_host.clone(),
            ca: self.ca.clone(),
            cert: own(&self.cert),
            key: own(&self.key),
            alpn: self.alpn.clone(),
            min_version: self.tls_min.unwrap_or_default(),
            pins: self.pin.clone(),
            key_log: self.key_log,
            ..ClientOptions::default()
        })
    }

    /// Adds TLS to the ways of connecting to this address.
    ///
    /// # Errors
    /// Status 2 for TLS options without TLS.
    pub fn with_tls(&self, mut connect: ConnectOptions, to: Option<&Endpoint>) -> Result<ConnectOptions, Failure> {
        let named =
            matches!(to, Some(Endpoint::Inet { scheme: Scheme::Tls, .. } | Endpoint::WebSocket { secure: true, .. }));
        connect.secure = self.secure;
        self.require_tls(named || self.secure)?;
        connect.tls = self.client(true)?;
        Ok(connect)
    }

    /// The server's part.
    ///
    /// # Errors
    /// Status 2 when there are more keys than certificates.
    pub fn server(&self, server: &TlsServerArgs, connect: Option<&ConnectOptions>) -> Result<ServerOptions, Failure> {
        if self.key.len() > self.cert.len() {
            return Err(Failure::message(Exit::Usage, "there are more --key than --cert; give each --cert its --key"));
        }
        let keys = self.key.iter().map(Some).chain(std::iter::repeat(None));
        let pairs = self.cert.iter().zip(keys).map(|(cert, key)| (cert.clone(), key.unwrap_or(cert).clone()));
        let mut options = ServerOptions {
            certificates: pairs.collect(),
            self_signed: server.self_signed,
            client_ca: server.client_ca.clone(),
            alpn: self.alpn.clone(),
            min_version: self.tls_min.unwrap_or_default(),
            key_log: self.key_log,
            ..ServerOptions::default()
        };
        if let Some(timeout) = connect.map(|connect| connect.timeout) {
            options.handshake_timeout = timeout;
        }
        Ok(options)
    }
}

impl TlsServerArgs {
    /// The first word that was given.
    pub fn given(&self) -> Option<&'static str> {
        let words = [("--self-signed", self.self_signed), ("--client-ca", !self.client_ca.is_empty())];
        words.into_iter().find_map(|(word, given)| given.then_some(word))
    }

    /// Refuses options that make no sense without TLS.
    ///
    /// # Errors
    /// Status 2.
    pub fn require_tls(&self, spoken: bool) -> Result<(), Failure> {
        match self.given() {
            Some(word) if !spoken => {
                Err(Failure::message(Exit::Usage, format!("{word} has no use without TLS; add --secure")))
            }
            _ => Ok(()),
        }
    }
}
