//! The verbs: one row for each, with its names, its words and how they become an action.

use clap::{ArgMatches, Args, Command, FromArgMatches, Id};

use super::completions::CompletionsArgs;
use super::generate::ManArgs;
use super::help::{self, HelpArgs};
#[cfg(feature = "interactive")]
use super::interactive;
#[cfg(feature = "tls")]
use super::secure;
#[cfg(feature = "tuples")]
use super::tuples::{RecvTupleArgs, SendTupleArgs};
#[cfg(feature = "zmq")]
use super::zeromq::ZmqKeygenArgs;
use super::{Verb, accept, datagram, description, open, refusal, resolve, session, talk, wait};
use crate::failure::Failure;
use crate::quantity::Limit;

/// What a verb's words ask for.
pub enum Asked {
    /// To run it, within this limit.
    Run(Verb, Limit),
    /// To print this text.
    Print(String),
}

/// A verb.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    alias: Option<&'static str>,
    about: &'static str,
    define: fn(Command) -> Command,
    /// Turns its words into an action; the flag is the global `--json`.
    pub read: fn(&mut ArgMatches, bool) -> Result<Asked, Failure>,
}

impl Row {
    /// Its definition for clap.
    pub fn command(&self) -> Command {
        self.undescribed().about(self.about)
    }

    /// Its definition for clap without what only help shows.
    pub fn undescribed(&self) -> Command {
        let command = Command::new(self.name).defer(self.define);
        match self.alias {
            Some(alias) => command.visible_alias(alias),
            None => command,
        }
    }
}

/// The row of a verb, by its name or alias.
pub fn find(name: &str) -> Option<&'static Row> {
    ALL.iter().find(|row| row.name == name || row.alias == Some(name))
}

/// All verbs, in the order in which the help lists them.
pub const ALL: &[Row] = &[
    Row {
        name: "open",
        alias: Some("connect"),
        about: "Connect; stream, probe, join a program, keep it",
        define: define::<open::OpenArgs>,
        read: |matches, _| {
            let words: open::OpenArgs = words(matches)?;
            let deadline = words.time.deadline;
            Ok(Asked::Run(Verb::Open(Box::new(words.into_options()?)), deadline))
        },
    },
    Row {
        name: "accept",
        alias: Some("listen"),
        about: "Listen; stream, serve, forward, keep the listener",
        define: define::<accept::AcceptArgs>,
        read: |matches, _| {
            let words: accept::AcceptArgs = words(matches)?;
            let deadline = words.time.deadline;
            Ok(Asked::Run(Verb::Accept(Box::new(words.into_options()?)), deadline))
        },
    },
    Row {
        name: "datagram",
        alias: Some("udp"),
        about: "Send and receive datagrams: UDP, Unix, multicast",
        define: define::<datagram::DatagramArgs>,
        read: |matches, _| {
            let words: datagram::DatagramArgs = words(matches)?;
            let deadline = words.time.deadline;
            Ok(Asked::Run(Verb::Datagram(Box::new(words.into_options()?)), deadline))
        },
    },
    #[cfg(feature = "tuples")]
    Row {
        name: "send-tuple",
        alias: None,
        about: "Send a tuple of typed values",
        define: define::<SendTupleArgs>,
        read: |matches, _| {
            let words: SendTupleArgs = words(matches)?;
            let deadline = words.time.deadline;
            Ok(Asked::Run(Verb::SendTuple(Box::new(words.into_options()?)), deadline))
        },
    },
    #[cfg(feature = "tuples")]
    Row {
        name: "recv-tuple",
        alias: Some("receive-tuple"),
        about: "Receive tuples of typed values",
        define: define::<RecvTupleArgs>,
        read: |matches, json| {
            let words: RecvTupleArgs = words(matches)?;
            let deadline = words.time.deadline;
            Ok(Asked::Run(Verb::ReceiveTuple(Box::new(words.into_options(json)?)), deadline))
        },
    },
    Row {
        name: "read",
        alias: None,
        about: "Read from a kept socket",
        define: define::<talk::ReadArgs>,
        read: |matches, _| {
            let words: talk::ReadArgs = words(matches)?;
            let deadline = words.deadline();
            Ok(Asked::Run(words.into_verb()?, deadline))
        },
    },
    Row {
        name: "write",
        alias: None,
        about: "Write to a kept socket",
        define: define::<talk::WriteArgs>,
        read: |matches, _| {
            let words: talk::WriteArgs = words(matches)?;
            let deadline = words.deadline();
            Ok(Asked::Run(words.into_verb()?, deadline))
        },
    },
    Row {
        name: "ask",
        alias: None,
        about: "Write to a kept socket and read the answer",
        define: define::<talk::AskArgs>,
        read: |matches, _| {
            let words: talk::AskArgs = words(matches)?;
            let deadline = words.deadline();
            Ok(Asked::Run(words.into_verb()?, deadline))
        },
    },
    Row {
        name: "expect",
        alias: None,
        about: "Wait for the first of several patterns on a kept socket",
        define: define::<talk::ExpectArgs>,
        read: |matches, _| {
            let words: talk::ExpectArgs = words(matches)?;
            let deadline = words.deadline();
            Ok(Asked::Run(words.into_verb()?, deadline))
        },
    },
    #[cfg(feature = "tls")]
    Row {
        name: "secure",
        alias: None,
        about: "Upgrade a kept socket to TLS",
        define: define::<secure::SecureArgs>,
        read: |matches, _| {
            let words: secure::SecureArgs = words(matches)?;
            let deadline = words.deadline();
            Ok(Asked::Run(words.into_verb()?, deadline))
        },
    },
    #[cfg(feature = "interactive")]
    Row {
        name: "attach",
        alias: None,
        about: "Talk over a kept socket at this terminal",
        define: define::<interactive::AttachArgs>,
        read: |matches, _| Ok(Asked::Run(words::<interactive::AttachArgs>(matches)?.into_verb()?, Limit::Never)),
    },
    Row {
        name: "next",
        alias: None,
        about: "Take the next connection of a kept listener",
        define: define::<talk::NextArgs>,
        read: |matches, _| {
            let words: talk::NextArgs = words(matches)?;
            let deadline = words.deadline();
            Ok(Asked::Run(words.into_verb()?, deadline))
        },
    },
    Row {
        name: "close",
        alias: None,
        about: "Close kept sockets",
        define: define::<talk::CloseArgs>,
        read: |matches, _| Ok(Asked::Run(words::<talk::CloseArgs>(matches)?.into_verb(), Limit::Never)),
    },
    Row {
        name: "sockets",
        alias: None,
        about: "List the kept sockets",
        define: define::<talk::SocketsArgs>,
        read: |matches, _| Ok(Asked::Run(words::<talk::SocketsArgs>(matches)?.into_verb(), Limit::Never)),
    },
    Row {
        name: "session",
        alias: None,
        about: "Group kept sockets, so that they end together",
        define: define::<session::SessionArgs>,
        read: |matches, _| Ok(Asked::Run(words::<session::SessionArgs>(matches)?.into_verb(), Limit::Never)),
    },
    Row {
        name: "wait",
        alias: None,
        about: "Wait until targets answer, or are gone; then run a command",
        define: define::<wait::WaitArgs>,
        read: |matches, _| {
            Ok(Asked::Run(Verb::Wait(Box::new(words::<wait::WaitArgs>(matches)?.into_options()?)), Limit::Never))
        },
    },
    Row {
        name: "resolve",
        alias: None,
        about: "Look up names and addresses",
        define: define::<resolve::ResolveArgs>,
        read: |matches, _| {
            let words: resolve::ResolveArgs = words(matches)?;
            Ok(Asked::Run(Verb::Resolve(words.into_options()), words.deadline))
        },
    },
    #[cfg(feature = "zmq")]
    Row {
        name: "zmq-keygen",
        alias: None,
        about: "Make a pair of keys for encrypted ZeroMQ (CURVE)",
        define: define::<ZmqKeygenArgs>,
        read: |matches, _| Ok(Asked::Run(words::<ZmqKeygenArgs>(matches)?.into_verb(), Limit::Never)),
    },
    Row {
        name: "completions",
        alias: None,
        about: "Print completions for a shell",
        define: define::<CompletionsArgs>,
        read: |matches, _| words::<CompletionsArgs>(matches)?.text().map(Asked::Print),
    },
    Row {
        name: "man",
        alias: None,
        about: "Print the manual page of netverb, or of a verb",
        define: define::<ManArgs>,
        read: |matches, _| words::<ManArgs>(matches)?.text().map(Asked::Print),
    },
    Row {
        name: "help",
        alias: None,
        about: "Print help on a verb or a topic",
        define: define::<HelpArgs>,
        read: |matches, _| help::topic(words::<HelpArgs>(matches)?.topic.as_deref()).map(Asked::Print),
    },
];

/// Adds a verb's own words; what it is about stands in its row. The descriptions take longer than the definition itself, and
/// are left out where there is no such line.
fn define<A: Args>(command: Command) -> Command {
    let Some(about) = command.get_about().map(ToString::to_string) else { return A::augment_args(command) };
    let globals: Vec<Id> = command.get_arguments().map(|arg| arg.get_id().clone()).collect();
    let description = description::long(command.get_name(), &about);
    let defined = A::augment_args(command).about(about).long_about(description);
    // What all verbs share comes last in the help.
    help::shortened(globals.into_iter().fold(defined, |command, id| command.mut_arg(id, |arg| arg)))
}

fn words<A: FromArgMatches>(matches: &mut ArgMatches) -> Result<A, Failure> {
    A::from_arg_matches_mut(matches).map_err(|error| refusal::failure(&error, &[]))
}
