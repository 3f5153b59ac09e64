//! `zmq-keygen`: a pair of keys for CURVE, in two files.

use std::path::PathBuf;

use serde_json::json;

use super::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::report;
use crate::transport::zeromq::KeyPair;

/// `zmq-keygen`, parsed.
#[derive(Debug)]
pub struct Options {
    /// What the names of the files begin with.
    pub name: PathBuf,
}

/// Writes the files and prints the public key.
///
/// # Errors
/// Status 23 when a file cannot be written, or is there already.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    let pair = KeyPair::generate();
    let [public, secret] = pair.write(&options.name).map_err(|error| Failure::new(Exit::OutputFailed, error))?;
    let key = pair.public().to_string();
    report::write(&match context.json {
        true => format!("{}\n", json!({"public_key": key, "public_file": public, "secret_file": secret})),
        false => format!("{key}\n"),
    })?;
    context.reporter.note(&format!("wrote {} and {}", public.display(), secret.display()));
    Ok(Exit::Done)
}
