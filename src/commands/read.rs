//! `read`: what a kept socket has received, up to a condition.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use super::message_output::Form;
use crate::address::SocketId;
use crate::condition::{Condition, Found, TerminatorRule, Unit};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::keeper::client::{Delivered, Keeper, Outcome};
use crate::keeper::wire::{Read, Reason, Unmet};
pub use crate::keeper::wire::{Taking, WhenUnmet};
use crate::message::Split;
use crate::output::report;
use crate::sys;

/// How much of what had come a message shows, in bytes.
const SHOWN: usize = 200;

/// `read`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The socket.
    pub id: SocketId,
    /// What to wait for, and what becomes of it.
    pub wish: Wish,
    /// Where the data goes instead of stdout.
    pub output: Option<PathBuf>,
}

/// What a reader wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What it waits for; nothing said: a line, or a message.
    pub condition: Option<Condition>,
    /// Whether the terminator is part of it.
    pub terminator: TerminatorRule,
    /// Whether it leaves the socket.
    pub taking: Taking,
    /// What is printed when it does not come.
    pub when_unmet: WhenUnmet,
    /// Its bound in bytes.
    pub max_bytes: usize,
    /// How long to wait, again after each byte that comes.
    pub timeout: Option<Duration>,
    /// What ends each message on stdout, where it is said.
    pub split: Option<Split>,
    /// Whether each part of a message stands apart on stdout.
    pub parts: bool,
}

/// Runs the command.
///
/// # Errors
/// What was waited for did not come, or cannot be written.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    context.talk(&options.id, |keeper| {
        let mut output = Output::open(options.output.as_ref())?;
        read(keeper, &options.wish, &mut output, context)
    })
}

/// Where received data goes.
pub struct Output {
    file: Option<std::fs::File>,
    name: String,
}

impl Output {
    /// stdout, or a file.
    ///
    /// # Errors
    /// The file cannot be made: status 23.
    pub fn open(path: Option<&PathBuf>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Output { file: None, name: "stdout".to_owned() }) };
        let name = path.display().to_string();
        let file = std::fs::File::create(path);
        let file = file.map_err(|error| {
            Failure::message(Exit::OutputFailed, format!("cannot write {name}: {}", reason(&error)))
        })?;
        Ok(Output { file: Some(file), name })
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Status 23.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = match &mut self.file {
            Some(file) => file.write_all(bytes),
            None if sys::stdout_was_closed() && !bytes.is_empty() => return Err(report::no_stdout()),
            None => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            }
        };
        written.map_err(|error| {
            Failure::message(Exit::OutputFailed, format!("cannot write {}: {}", self.name, reason(&error)))
        })
    }
}

/// Reads once and writes the result out before the socket lets it go.
///
/// # Errors
/// As [`run`].
pub fn read(keeper: &mut Keeper, wish: &Wish, output: &mut Output, context: &Context) -> Result<Exit, Failure> {
    match keeper.read(&request(wish))? {
        Outcome::Found(found, bytes) => {
            output.write(&rendered(wish, &found, &bytes))?;
            taken(keeper, wish.taking)?;
            Ok(Exit::Done)
        }
        Outcome::Messages(messages, _) => {
            output.write(&wish.form(context).render(&messages)?)?;
            taken(keeper, wish.taking)?;
            Ok(Exit::Done)
        }
        Outcome::Unmet(unmet, bytes) => Err(unmet_failure(keeper, wish, &unmet, &bytes, output)?),
        Outcome::UnmetMessages(unmet, messages) => {
            Err(unmet_messages(keeper, wish, &unmet, &messages, output, context)?)
        }
    }
}

impl Wish {
    /// The form of messages on stdout.
    pub fn form(&self, context: &Context) -> Form {
        match (context.json, self.parts) {
            (false, true) => Form::Parts(self.split.unwrap_or(Split::Line)),
            _ => Form::new(context.json, self.split, self.terminator),
        }
    }
}

/// The request for a wish. What has come is always asked for: the message of a failure shows it.
pub fn request(wish: &Wish) -> Read {
    Read {
        condition: wish.condition.clone(),
        timeout: wish.timeout,
        max_bytes: wish.max_bytes,
        taking: wish.taking,
        when_unmet: WhenUnmet::Partial,
        skip: 0,
    }
}

/// Lets the socket drop what was delivered.
///
/// # Errors
/// The keeper has gone.
pub fn taken(keeper: &mut Keeper, taking: Taking) -> Result<(), Failure> {
    match taking {
        Taking::Take => keeper.acknowledge(),
        Taking::Peek => Ok(()),
    }
}

fn rendered(wish: &Wish, found: &Found, bytes: &[u8]) -> Vec<u8> {
    let value = bytes.get(found.value(wish.terminator)).unwrap_or_default();
    match wish.condition {
        Some(Condition::For(amount)) => {
            let mut text = amount.render(value).into_owned();
            if matches!(amount.unit, Unit::Numbers(_)) {
                text.push(b'\n');
            }
            text
        }
        _ => value.to_vec(),
    }
}

/// The failure of a read whose condition was not met; with `--partial` what had come is printed and leaves the socket.
///
/// # Errors
/// It cannot be printed.
pub fn unmet_failure(
    keeper: &mut Keeper,
    wish: &Wish,
    unmet: &Unmet,
    bytes: &[u8],
    output: &mut Output,
) -> Result<Failure, Failure> {
    let printed = wish.when_unmet == WhenUnmet::Partial && !bytes.is_empty();
    if printed {
        output.write(bytes)?;
        taken(keeper, wish.taking)?;
    }
    let came = if printed { "what had come was printed".to_owned() } else { shown(bytes, unmet.unread) };
    Ok(failure(keeper, wish, &unmet.reason, &came))
}

/// As [`unmet_failure`], of messages.
///
/// # Errors
/// They cannot be printed.
pub fn unmet_messages(
    keeper: &mut Keeper,
    wish: &Wish,
    unmet: &Unmet,
    messages: &[Delivered],
    output: &mut Output,
    context: &Context,
) -> Result<Failure, Failure> {
    if wish.when_unmet == WhenUnmet::Partial {
        output.write(&wish.form(context).render(messages)?)?;
        taken(keeper, wish.taking)?;
        return Ok(failure(keeper, wish, &unmet.reason, "what had come was printed"));
    }
    let s = if unmet.unread == 1 { "" } else { "s" };
    let first = messages.first().map(|message| excerpt(&message.bytes)).unwrap_or_default();
    Ok(failure(
        keeper,
        wish,
        &unmet.reason,
        &format!("{} message{s} had come and stay unread, the first {first}", unmet.unread),
    ))
}

fn failure(keeper: &Keeper, wish: &Wish, reason: &Reason, came: &str) -> Failure {
    let (exit, what) = match reason {
        Reason::TimedOut => {
            let limit = wish
                .timeout
                .map_or_else(|| "the time".to_owned(), |limit| humantime::format_duration(limit).to_string());
            (Exit::TimedOut, format!("timed out after {limit}"))
        }
        Reason::Ended => (Exit::PeerClosed, "the peer closed before it came".to_owned()),
        Reason::Failed(reason) => (Exit::ReceiveFailed, format!("connection lost: {reason}")),
        Reason::TooLarge => (Exit::TooLarge, format!("it is not within {} bytes", wish.max_bytes)),
        Reason::NoReply(reason) => (Exit::Negative, reason.clone()),
        Reason::Refused(reason) => (Exit::Refused, reason.clone()),
    };
    let failure = Failure::message(exit, format!("{}: {what}; {came}", keeper.id()));
    match exit {
        Exit::TooLarge => failure.hint("allow more with --max-bytes"),
        _ => failure,
    }
}

/// What had come, for a person.
fn shown(bytes: &[u8], unread: u64) -> String {
    if unread == 0 {
        return "nothing had come".to_owned();
    }
    let s = if unread == 1 { "" } else { "s" };
    format!("{unread} byte{s} had come and stay unread: {}", excerpt(bytes))
}

/// The beginning of what had come.
fn excerpt(bytes: &[u8]) -> String {
    let (head, more) = bytes.split_at_checked(SHOWN).unwrap_or((bytes, &[]));
    let dots = if more.is_empty() { "" } else { " …" };
    format!("\"{}\"{dots}", head.escape_ascii())
}
