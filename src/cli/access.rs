//! The words about who may connect to a listener.

use std::path::Path;

use clap::Args;

use crate::access::{Policy, Rule};
use crate::commands::admission::read_list;
use crate::commands::gate::Reject;
use crate::exit::Exit;
use crate::failure::Failure;

/// Who may connect.
#[derive(Debug, Args)]
#[command(next_help_heading = "Access")]
pub struct AccessArgs {
    /// Let in these only (repeat)
    ///
    /// SPEC is an address, a network such as 10.0.0.0/8, a name, one of these with :PORT, all, or @FILE with one of them a
    /// line.
    #[arg(long, value_name = "SPEC")]
    allow: Vec<String>,
    /// Keep out; wins over --allow (repeat)
    #[arg(long, value_name = "SPEC")]
    deny: Vec<String>,
    /// What a denied client gets: rst, close or drop
    #[arg(long, value_name = "HOW", default_value = "rst")]
    reject: Reject,
}

impl std::fmt::Display for Reject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reject::Reset => "rst",
            Reject::Close => "close",
            Reject::Drop => "drop",
        })
    }
}

impl AccessArgs {
    /// The first word that was given.
    pub fn given(&self) -> Option<&'static str> {
        let words = [
            ("--allow", !self.allow.is_empty()),
            ("--deny", !self.deny.is_empty()),
            ("--reject", self.reject != Reject::default()),
        ];
        words.into_iter().find_map(|(word, given)| given.then_some(word))
    }

    /// What a denied client gets.
    pub fn reject(&self) -> Reject {
        self.reject
    }

    /// The rules, with those of the lists that are named and of NETVERB_ACCEPT.
    ///
    /// # Errors
    /// Status 2 for what is no rule, or a list that cannot be read.
    pub fn policy(&self) -> Result<Policy, Failure> {
        let off = match std::env::var("NETVERB_ACCEPT") {
            Ok(value) if value.eq_ignore_ascii_case("off") => true,
            Ok(value) if value.is_empty() || value.eq_ignore_ascii_case("on") => false,
            Err(std::env::VarError::NotPresent) => false,
            other => {
                let value = other.unwrap_or_else(|error| error.to_string());
                let message = format!("NETVERB_ACCEPT is {value:?}; set it to off or on, or unset it");
                return Err(Failure::message(Exit::Usage, message));
            }
        };
        Ok(Policy { allow: rules(&self.allow)?, deny: rules(&self.deny)?, off })
    }
}

fn rules(specs: &[String]) -> Result<Vec<Rule>, Failure> {
    let mut rules = Vec::new();
    for spec in specs {
        match spec.strip_prefix('@') {
            Some(path) => rules.extend(read_list(Path::new(path))?),
            None => rules.push(Rule::parse(spec).map_err(|error| Failure::new(Exit::Usage, error))?),
        }
    }
    Ok(rules)
}
