//! The words of `secure`.

use std::path::PathBuf;

use clap::Args;

use super::kept_id::KeptIdArgs;
use super::tls::{InspectionArgs, TlsArgs, TlsServerArgs};
use super::until::WaitArgs;
use super::{Verb, help};
use crate::commands::secure::{Options, TlsTerms};
use crate::failure::Failure;
use crate::quantity::Limit;
use crate::transport::tls::{ClientOptions, ServerOptions};

/// `secure`
#[derive(Debug, Args)]
#[command(
    after_help = help::SECURE_EXAMPLES,
    // What it does is said by its name.
    mut_arg("secure", |arg| arg.hide(true)),
    mut_arg("timeout", |arg| arg.help("How long the handshake may take [default: 10s]")),
)]
pub struct SecureArgs {
    #[command(flatten)]
    id: KeptIdArgs,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    server: TlsServerArgs,
    #[command(flatten)]
    inspection: InspectionArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// The options of TLS for a keeper, which has left the folder in which their files were written.
pub fn terms(mut client: ClientOptions, mut server: ServerOptions) -> TlsTerms {
    let absolute = |path: &mut PathBuf| {
        if let Ok(full) = std::path::absolute(&*path) {
            *path = full;
        }
    };
    client.ca.iter_mut().chain(&mut client.cert).chain(&mut client.key).for_each(absolute);
    server.client_ca.iter_mut().for_each(absolute);
    for (certificate, key) in &mut server.certificates {
        absolute(certificate);
        absolute(key);
    }
    TlsTerms { client, server, min_days: None }
}

impl SecureArgs {
    /// The limit of the whole command.
    pub fn deadline(&self) -> Limit {
        self.wait.deadline
    }

    /// The typed form.
    ///
    /// # Errors
    /// Status 2.
    pub fn into_verb(self) -> Result<Verb, Failure> {
        let terms = terms(self.tls.client(true)?, self.tls.server(&self.server, None)?);
        let inspection = self.inspection.inspection();
        let terms = TlsTerms { min_days: inspection.min_days, ..terms };
        Ok(Verb::Secure(Box::new(Options { id: self.id.id()?, terms, inspection, timeout: self.wait.limit() })))
    }
}
