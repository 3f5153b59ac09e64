//! The words of `session`.

use std::ffi::OsString;

use clap::{Args, Subcommand};

use super::{Verb, help};
use crate::address::SocketName;
use crate::commands::session::Options;

/// `session`
#[derive(Debug, Args)]
#[command(after_help = help::SESSION_EXAMPLES)]
pub struct SessionArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Run a command; every socket that it kept is closed when it ends
    Run {
        /// The command with its arguments
        #[arg(value_name = "CMD", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
    /// Make a session and print its name
    New {
        /// Its name; made up where there is none
        #[arg(value_name = "NAME", value_parser = SocketName::parse)]
        name: Option<SocketName>,
    },
    /// List the sessions
    List,
    /// Close every socket of a session
    End {
        /// Its name; that of --session where there is none
        #[arg(value_name = "NAME", value_parser = SocketName::parse)]
        name: Option<SocketName>,
    },
}

impl SessionArgs {
    /// The typed form.
    pub fn into_verb(self) -> Verb {
        Verb::Session(match self.what {
            What::Run { command } => Options::Run(command),
            What::New { name } => Options::New(name),
            What::List => Options::List,
            What::End { name } => Options::End(name),
        })
    }
}
