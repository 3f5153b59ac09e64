//! The words that show what passes.

use std::path::PathBuf;

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::view::Form;

/// Recording what passes as packets.
#[derive(Debug, Args)]
#[command(next_help_heading = "Seeing")]
pub struct CaptureArgs {
    /// Write what passes to FILE as pcapng packets, plain text under TLS too
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub pcap: Option<PathBuf>,
}

/// Showing what passes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Seeing")]
pub struct ViewArgs {
    /// Show on stdout what passes between clients and service, as text or hex [default: text]
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    view: Option<Form>,
}

impl ViewArgs {
    /// The form, for a listener whose stdout is free.
    ///
    /// # Errors
    /// Status 2 where stdout has received data.
    pub fn form(&self, serves: bool) -> Result<Option<Form>, Failure> {
        match self.view {
            Some(_) if !serves => {
                let text = "--view shows the traffic of a service on stdout, which has received data here; add --to ID or another service, or use --hex-dump";
                Err(Failure::message(Exit::Usage, text))
            }
            view => Ok(view),
        }
    }
}
