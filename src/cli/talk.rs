//! The words of the verbs that talk over a kept socket: `read`, `write`, `ask`, `expect`, `next`, `close`, `sockets`.

use std::path::PathBuf;

use clap::Args;

use super::groups::received_to;
use super::keep::kept_id;
use super::kept_id::{self, KeptIdArgs};
use super::payload::{LetterArgs, PayloadArgs};
use super::until::{BoundArgs, SplitArgs, UntilArgs, WaitArgs};
use super::{Verb, help};
use crate::address::SocketId;
use crate::commands::close::Close;
use crate::commands::read::Taking;
use crate::commands::{ask, close, expect, next, read, sockets, write};
use crate::condition::{Answer, Condition, Expectation, Pattern, Print, TerminatorRule};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::quantity::Limit;

/// `read`
#[derive(Debug, Args)]
#[command(after_help = help::READ_EXAMPLES)]
pub struct ReadArgs {
    #[command(flatten)]
    id: KeptIdArgs,
    /// Write to FILE instead of stdout, which is -
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    until: UntilArgs,
    #[command(flatten)]
    split: SplitArgs,
}

impl ReadArgs {
    /// The limit of the whole command.
    pub fn deadline(&self) -> Limit {
        self.until.bounds.wait.deadline
    }

    /// The typed form.
    ///
    /// # Errors
    /// Status 3.
    pub fn into_verb(self) -> Result<Verb, Failure> {
        let (id, wish) = (self.id.id()?, self.until.wish(&self.split));
        Ok(Verb::Read(Box::new(read::Options { id, wish, output: received_to(self.output.as_ref()) })))
    }
}

/// `write`
#[derive(Debug, Args)]
#[command(
    after_help = help::WRITE_EXAMPLES,
    mut_arg("timeout", |arg| arg.help("How long to wait while the peer takes nothing; 0: not at all [default: 10s]")),
)]
pub struct WriteArgs {
    /// The kept socket: its name, or its full ID
    #[arg(value_name = "ID", value_parser = kept_id)]
    id: SocketId,
    #[command(flatten)]
    payload: PayloadArgs,
    #[command(flatten)]
    letter: LetterArgs,
    #[command(flatten)]
    split: SplitArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

impl WriteArgs {
    /// The limit of the whole command.
    pub fn deadline(&self) -> Limit {
        self.wait.deadline
    }

    /// The typed form.
    ///
    /// # Errors
    /// Status 2.
    pub fn into_verb(self) -> Result<Verb, Failure> {
        let sending = self.payload.sending(&self.letter, &self.split)?;
        Ok(Verb::Write(Box::new(write::Options { id: self.id, sending, timeout: self.wait.limit() })))
    }
}

/// `ask`
#[derive(Debug, Args)]
#[command(after_help = help::ASK_EXAMPLES)]
pub struct AskArgs {
    /// The kept socket: its name, or its full ID
    #[arg(value_name = "ID", value_parser = kept_id)]
    id: SocketId,
    #[command(flatten)]
    payload: PayloadArgs,
    #[command(flatten)]
    letter: LetterArgs,
    #[command(flatten)]
    until: UntilArgs,
    #[command(flatten)]
    split: SplitArgs,
}

impl AskArgs {
    /// The limit of the whole command.
    pub fn deadline(&self) -> Limit {
        self.until.bounds.wait.deadline
    }

    /// The typed form.
    ///
    /// # Errors
    /// Status 2.
    pub fn into_verb(self) -> Result<Verb, Failure> {
        let sending = self.payload.sending(&self.letter, &self.split)?;
        Ok(Verb::Ask(Box::new(ask::Options { id: self.id, sending, wish: self.until.wish(&self.split) })))
    }
}

/// `expect`
#[derive(Debug, Args)]
#[command(after_help = help::EXPECT_EXAMPLES)]
pub struct ExpectArgs {
    /// The kept socket: its name, or its full ID
    #[arg(value_name = "ID", value_parser = kept_id)]
    id: SocketId,
    /// Regular expressions over bytes; the first match wins
    #[arg(value_name = "RE", required = true)]
    patterns: Vec<Pattern>,
    /// A pattern whose match is a failure: status 1 (repeat)
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    fail: Vec<Pattern>,
    /// What to print: all, match, before, index, none, or a group by its number or name
    #[arg(long, value_name = "PART", default_value = "all")]
    print: PrintArg,
    #[command(flatten)]
    bounds: BoundArgs,
}

/// A part of a match, as clap keeps it.
#[derive(Debug, Clone)]
struct PrintArg(Print);

impl std::str::FromStr for PrintArg {
    type Err = crate::condition::PrintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(PrintArg)
    }
}

impl ExpectArgs {
    /// The limit of the whole command.
    pub fn deadline(&self) -> Limit {
        self.bounds.wait.deadline
    }

    /// The typed form.
    ///
    /// # Errors
    /// Status 2 for a group that no pattern has.
    pub fn into_verb(self) -> Result<Verb, Failure> {
        let with = |answer| move |pattern| Expectation { pattern, answer };
        let wanted = self.patterns.into_iter().map(with(Answer::Wanted));
        let expectations: Vec<Expectation> = wanted.chain(self.fail.into_iter().map(with(Answer::Failed))).collect();
        self.print.0.check(&expectations).map_err(|error| Failure::new(Exit::Usage, error))?;
        let condition = Condition::Expect(expectations);
        let wish = self.bounds.wish(Some(condition), TerminatorRule::Keep, Taking::Take);
        Ok(Verb::Expect(Box::new(expect::Options { id: self.id, wish, print: self.print.0 })))
    }
}

/// `next`
#[derive(Debug, Args)]
#[command(
    after_help = help::NEXT_EXAMPLES,
    mut_arg("timeout", |arg| {
        arg.help("How long to wait for a connection; 0: not at all [default: that of the listener, else 10s]")
    }),
)]
pub struct NextArgs {
    /// The kept listener: its name, or its full ID
    #[arg(value_name = "ID")]
    id: String,
    /// The port, where the host stands alone
    #[arg(value_name = "PORT")]
    port: Option<String>,
    #[command(flatten)]
    wait: WaitArgs,
}

impl NextArgs {
    /// The limit of the whole command.
    pub fn deadline(&self) -> Limit {
        self.wait.deadline
    }

    /// The typed form.
    ///
    /// # Errors
    /// Status 3.
    pub fn into_verb(self) -> Result<Verb, Failure> {
        Ok(Verb::Next(next::Options { id: kept_id::read(&self.id, self.port.as_deref())?, timeout: self.wait.given() }))
    }
}

/// `close`
#[derive(Debug, Args)]
#[command(after_help = help::CLOSE_EXAMPLES)]
pub struct CloseArgs {
    /// The kept sockets
    #[arg(value_name = "ID", value_parser = kept_id, required_unless_present = "all")]
    ids: Vec<SocketId>,
    /// Close everything that is kept in this session
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Reset the connections
    #[arg(long)]
    rst: bool,
    /// Kill a keeper that does not answer
    #[arg(long)]
    force: bool,
}

impl CloseArgs {
    /// The typed form.
    pub fn into_verb(self) -> Verb {
        let how = if self.rst { Close::Reset } else { Close::Graceful };
        Verb::Close(close::Options { ids: self.ids, all: self.all, how, force: self.force })
    }
}

/// `sockets`
#[derive(Debug, Args)]
#[command(after_help = help::SOCKETS_EXAMPLES)]
pub struct SocketsArgs {
    /// Show all there is to know
    #[arg(long, conflicts_with_all = ["ids", "watch"])]
    long: bool,
    /// Print the IDs alone
    #[arg(long, conflicts_with = "watch")]
    ids: bool,
    /// Draw the table again each second, with rates and graphs; one table where stdout is no terminal
    #[arg(long)]
    watch: bool,
}

impl SocketsArgs {
    /// The typed form.
    pub fn into_verb(self) -> Verb {
        Verb::Sockets(match (self.long, self.ids, self.watch) {
            (true, ..) => sockets::Options::Long,
            (_, true, _) => sockets::Options::Ids,
            (.., true) => sockets::Options::Watch,
            _ => sockets::Options::Short,
        })
    }
}
