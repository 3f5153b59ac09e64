//! What a read waits for: the words that `read` and `ask` share, and those of every wait.

use std::time::Duration;

use clap::Args;

use super::variable::variable;
use crate::commands::read::{Taking, WhenUnmet, Wish};
use crate::condition::{Amount, Condition, DEFAULT_MAX_BYTES, Pattern, TerminatorRule, Until};
use crate::message::Split;
use crate::quantity::{Limit, parse_duration, parse_size};

/// How long a wait on a kept socket lasts that names no limit.
const USUAL: Limit = Limit::After(Duration::from_secs(10));

/// The condition.
#[derive(Debug, Args)]
#[command(next_help_heading = "Until")]
#[group(id = "condition", multiple = false, args = ["until", "until_regex", "amount", "until_idle", "any"])]
pub struct UntilArgs {
    /// Read up to TEXT, or crlf, lf, cr, nul, blank (an empty line), eof, reply (a whole SMTP or FTP reply) [default: lf; of messages: one]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    until: Option<Until>,
    /// Read up to the end of the first match
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    until_regex: Option<Pattern>,
    /// Read an amount: 512, 4k, "3 lines", "2 words", "4 items", "2 int4", "1 message", …
    #[arg(long = "for", id = "amount", value_name = "AMOUNT", allow_hyphen_values = true)]
    amount: Option<Amount>,
    /// Read until nothing has come for this long, once something has
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration)]
    until_idle: Option<Limit>,
    /// Read what is there, or what comes next
    #[arg(long)]
    any: bool,
    /// Leave out what ended the read
    #[arg(long)]
    strip: bool,
    /// Leave in the socket what was read
    #[arg(long)]
    peek: bool,
    /// Its bounds
    #[command(flatten)]
    pub bounds: BoundArgs,
}

/// How messages are cut.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
pub struct SplitArgs {
    /// What ends each message on stdout, and how stdin is cut into messages: none, line, nul, length, chunk or SIZE
    #[arg(long, value_name = "KIND")]
    split: Option<Split>,
    /// On a kept ZeroMQ socket: each line, or each DATA, is a part of one message, and an empty line ends it
    #[arg(long)]
    parts: bool,
}

impl SplitArgs {
    /// Whether what is read and written are parts of messages.
    pub fn parts(&self) -> bool {
        self.parts
    }

    /// What is given.
    pub fn split(&self) -> Option<Split> {
        self.split
    }
}

/// The bounds of a wait.
#[derive(Debug, Args)]
pub struct BoundArgs {
    /// Print what had come even when the rest does not; it leaves the socket
    #[arg(long, help_heading = "Until")]
    partial: bool,
    /// Fail with 63 when the result is larger than SIZE [default: 64M]
    #[arg(long, help_heading = "Until", value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_size)]
    max_bytes: Option<u64>,
    /// Its limits
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// The limits of a wait.
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// How long to wait, again after each byte that comes; 0: not at all [default: 10s]
    #[arg(short = 'w', long, help_heading = "Time", value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration, env = variable("NETVERB_TIMEOUT"), hide_env = true)]
    timeout: Option<Limit>,
    /// Limit the whole command (status 28)
    #[arg(long, help_heading = "Time", value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration, default_value = "none", hide_default_value = true)]
    pub deadline: Limit,
}

impl WaitArgs {
    /// The limit, if one is given.
    pub fn given(&self) -> Option<Limit> {
        self.timeout
    }

    /// The limit; `None`: there is none.
    pub fn limit(&self) -> Option<Duration> {
        match self.timeout.unwrap_or(USUAL) {
            Limit::Never => None,
            Limit::After(limit) => Some(limit),
        }
    }
}

impl BoundArgs {
    /// A wait for this condition.
    pub fn wish(&self, condition: Option<Condition>, terminator: TerminatorRule, taking: Taking) -> Wish {
        Wish {
            condition,
            terminator,
            taking,
            when_unmet: if self.partial { WhenUnmet::Partial } else { WhenUnmet::Leave },
            max_bytes: self.max_bytes.map_or(DEFAULT_MAX_BYTES, |size| usize::try_from(size).unwrap_or(usize::MAX)),
            timeout: self.wait.limit(),
            split: None,
            parts: false,
        }
    }
}

impl UntilArgs {
    /// The typed form.
    pub fn wish(&self, split: &SplitArgs) -> Wish {
        let terminator = if self.strip { TerminatorRule::Strip } else { TerminatorRule::Keep };
        let taking = if self.peek { Taking::Peek } else { Taking::Take };
        Wish { split: split.split(), parts: split.parts(), ..self.bounds.wish(self.condition(), terminator, taking) }
    }

    fn condition(&self) -> Option<Condition> {
        Some(if let Some(until) = &self.until {
            Condition::Until(until.clone())
        } else if let Some(pattern) = &self.until_regex {
            Condition::UntilRegex(pattern.clone())
        } else if let Some(amount) = self.amount {
            Condition::For(amount)
        } else if let Some(idle) = self.until_idle {
            match idle {
                Limit::Never => Condition::Until(Until::Eof),
                Limit::After(silence) => Condition::UntilIdle(silence),
            }
        } else if self.any {
            Condition::Any
        } else {
            return None;
        })
    }
}
