//! The words of `resolve`.

use clap::Args;

use super::help;
use super::variable::variable;
use crate::address::Host;
use crate::commands::resolve::Options;
use crate::quantity::{Limit, parse_duration};
use crate::transport::{Family, Lookup};

/// `resolve`
#[derive(Debug, Args)]
#[command(after_help = help::RESOLVE_EXAMPLES)]
pub struct ResolveArgs {
    /// Names to look up, and addresses to find the names of
    #[arg(value_name = "NAME", required = true, value_parser = Host::parse)]
    names: Vec<Host>,
    /// IPv4 addresses only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    ipv4: bool,
    /// IPv6 addresses only
    #[arg(short = '6', long)]
    ipv6: bool,
    /// Ask no resolver: addresses are printed in their usual form, names are an error
    #[arg(short, long)]
    numeric: bool,
    /// Limit the whole command (status 28)
    #[arg(long, short = 'w', alias = "timeout", value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration, default_value = "none", hide_default_value = true, env = variable("NETVERB_TIMEOUT"), hide_env = true)]
    pub deadline: Limit,
}

impl ResolveArgs {
    /// The typed form.
    pub fn into_options(&self) -> Options {
        let family = match (self.ipv4, self.ipv6) {
            (true, _) => Family::V4,
            (_, true) => Family::V6,
            _ => Family::Any,
        };
        Options { names: self.names.clone(), lookup: Lookup { family, numeric: self.numeric } }
    }
}
