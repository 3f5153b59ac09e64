//! The command line: the only place that knows clap. It turns words into an [`Action`] before anything has an effect.

pub mod accept;
pub mod datagram;
pub mod generate;
pub mod groups;
pub mod help;
pub mod open;
pub mod resolve;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "tuples")]
pub mod tuples;

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::error::ErrorKind;
use clap::{ArgAction, Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Format;
use crate::output::human::Verbosity;
use crate::quantity::Limit;

/// What one command line asks for.
#[derive(Debug)]
pub enum Action {
    /// Run a verb.
    Run(Box<Run>),
    /// Print a text on stdout: help, version, a manual page, completions.
    Print(String),
}

/// A verb with its globals.
#[derive(Debug)]
pub struct Run {
    /// The verb's name, for messages.
    pub name: &'static str,
    /// The verb with its options.
    pub verb: Verb,
    /// How stderr is written.
    pub format: Format,
    /// How talkative it is.
    pub verbosity: Verbosity,
    /// The limit of the whole command.
    pub deadline: Limit,
}

/// The verbs.
#[derive(Debug)]
pub enum Verb {
    /// `open`
    Open(Box<commands::open::Options>),
    /// `accept`
    Accept(Box<commands::accept::Options>),
    /// `datagram`
    Datagram(Box<commands::datagram::Options>),
    /// `resolve`
    Resolve(commands::resolve::Options),
    /// `send-tuple`
    #[cfg(feature = "tuples")]
    SendTuple(Box<commands::tuple_send::Options>),
    /// `recv-tuple`
    #[cfg(feature = "tuples")]
    ReceiveTuple(Box<commands::tuple_receive::Options>),
}

/// A command line that cannot be run.
#[derive(Debug)]
pub struct Refusal {
    /// The verb's name, as far as it is known.
    pub name: &'static str,
    /// Why, with the status.
    pub failure: Failure,
    /// How the message is written.
    pub format: Format,
    /// A drawing that marks the wrong place of an address, for a terminal.
    pub drawing: Option<String>,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Parser)]
#[command(
    name = "netverb",
    version,
    about = "netcat with verbs: open, accept, read, write and close sockets from the shell",
    after_help = help::EXAMPLES,
    disable_help_subcommand = true,
    infer_subcommands = false,
    max_term_width = 120
)]
struct Cli {
    #[command(flatten)]
    global: Globals,
    #[command(subcommand)]
    verb: VerbArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Globals {
    /// Say more on stderr: -v connections, -vv every chunk
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Say nothing on stderr, not even errors
    #[arg(long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Write events to stderr as JSON, one a line; reports on stdout become JSON too
    #[arg(short, long, global = true)]
    json: bool,
    /// Use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum VerbArgs {
    /// Connect, and join stdin and stdout or a program to the socket
    #[command(visible_alias = "connect")]
    Open(Box<open::OpenArgs>),
    /// Listen, and serve whoever connects
    #[command(visible_alias = "listen")]
    Accept(Box<accept::AcceptArgs>),
    /// Send and receive datagrams: UDP, Unix, multicast, broadcast
    #[command(visible_alias = "udp")]
    Datagram(Box<datagram::DatagramArgs>),
    /// Send a tuple of typed values
    #[cfg(feature = "tuples")]
    SendTuple(Box<tuples::SendTupleArgs>),
    /// Receive tuples of typed values
    #[cfg(feature = "tuples")]
    #[command(visible_alias = "receive-tuple")]
    RecvTuple(Box<tuples::RecvTupleArgs>),
    /// Look up names and addresses
    Resolve(resolve::ResolveArgs),
    /// Print completions for a shell
    Completions {
        /// bash, zsh or fish
        #[arg(value_enum)]
        shell: generate::Shell,
    },
    /// Print the manual page
    Man {
        /// A verb; without one, the page of netverb itself
        verb: Option<String>,
        /// Write all pages into this directory instead
        #[arg(long, value_name = "DIR", conflicts_with = "verb")]
        all: Option<std::path::PathBuf>,
    },
    /// Print help on a verb or a topic: ids, exit-codes, environment, recipes
    Help {
        /// A verb or a topic
        topic: Option<String>,
    },
}

/// The definition that manual pages and completions are made from.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// Whatever cannot be understood, with status 2, or 3 for an address.
pub fn parse(arguments: Vec<OsString>) -> Result<Action, Box<Refusal>> {
    let name = verb_name(&arguments);
    let json = arguments.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "-j" || word == "--json");
    let color = color_of(&arguments);
    let format = if json { Format::Json } else { Format::Human { color: wants_color(color) } };
    let refuse = |failure, drawing| Box::new(Refusal { name, failure, format, drawing });
    let command = command().color(match color {
        Color::Never => ColorChoice::Never,
        Color::Always => ColorChoice::Always,
        Color::Auto => ColorChoice::Auto,
    });
    let matches = match command.try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Action::Print(error.render().to_string())),
                _ => Err(refuse(usage_failure(&error), drawing(&error))),
            };
        }
    };
    let cli = Cli::from_arg_matches(&matches).map_err(|error| refuse(usage_failure(&error), None))?;
    let verbosity = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Verbose,
        (false, _) => Verbosity::Debug,
    };
    let run = |verb, deadline| Action::Run(Box::new(Run { name, verb, format, verbosity, deadline }));
    let printed = |text: Result<String, Failure>| text.map(Action::Print).map_err(|failure| refuse(failure, None));
    match cli.verb {
        VerbArgs::Open(args) => {
            let deadline = args.time.deadline;
            let options = args.into_options().map_err(|failure| refuse(failure, None))?;
            Ok(run(Verb::Open(Box::new(options)), deadline))
        }
        VerbArgs::Accept(args) => {
            let deadline = args.time.deadline;
            let options = args.into_options().map_err(|failure| refuse(failure, None))?;
            Ok(run(Verb::Accept(Box::new(options)), deadline))
        }
        VerbArgs::Datagram(args) => {
            let deadline = args.time.deadline;
            let options = args.into_options().map_err(|failure| refuse(failure, None))?;
            Ok(run(Verb::Datagram(Box::new(options)), deadline))
        }
        #[cfg(feature = "tuples")]
        VerbArgs::SendTuple(args) => {
            let deadline = args.time.deadline;
            let options = args.into_options().map_err(|failure| refuse(failure, None))?;
            Ok(run(Verb::SendTuple(Box::new(options)), deadline))
        }
        #[cfg(feature = "tuples")]
        VerbArgs::RecvTuple(args) => {
            let deadline = args.time.deadline;
            let options = args.into_options(cli.global.json).map_err(|failure| refuse(failure, None))?;
            Ok(run(Verb::ReceiveTuple(Box::new(options)), deadline))
        }
        VerbArgs::Resolve(args) => Ok(run(Verb::Resolve(args.into_options()), args.deadline)),
        VerbArgs::Completions { shell } => printed(generate::completions(shell)),
        VerbArgs::Man { all: Some(directory), .. } => printed(generate::all_pages(&directory)),
        VerbArgs::Man { verb, all: None } => printed(generate::page(verb.as_deref())),
        VerbArgs::Help { topic } => printed(help::topic(topic.as_deref())),
    }
}

/// The verb's name for messages that come before the command line is understood.
fn verb_name(arguments: &[OsString]) -> &'static str {
    let command = command();
    arguments
        .iter()
        .skip(1)
        .filter_map(|word| command.find_subcommand(word))
        .find_map(|verb| VERBS.iter().find(|name| **name == verb.get_name()))
        .copied()
        .unwrap_or("")
}

const VERBS: [&str; 9] =
    ["open", "accept", "datagram", "send-tuple", "recv-tuple", "resolve", "completions", "man", "help"];

fn color_of(arguments: &[OsString]) -> Color {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        let value = if word == "--color" { words.next() } else { word.strip_prefix("--color=") };
        match value {
            Some("always") => return Color::Always,
            Some("never") => return Color::Never,
            _ => {}
        }
    }
    Color::Auto
}

/// NO_COLOR (no-color.org) and CLICOLOR_FORCE (bixense.com/clicolors).
fn wants_color(choice: Color) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto => set("CLICOLOR_FORCE") || std::io::stderr().is_terminal(),
    }
}

/// clap's message on one line, without the usage that follows it.
fn usage_failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("Usage:") || line.starts_with("For more information") {
            break;
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    let message = lines.join(" ").replace(" tip: ", "; ");
    let message = message.strip_prefix("error: ").unwrap_or(&message).to_owned();
    let exit = if address_error(error).is_some() { Exit::MalformedAddress } else { Exit::Usage };
    match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => Failure::message(
            Exit::Usage,
            "a verb is missing; type one of open, accept, datagram, send-tuple, recv-tuple, resolve, or help",
        ),
        ErrorKind::ValueValidation if exit == Exit::MalformedAddress => match address_error(error) {
            Some(id) => Failure::message(exit, id.to_string()),
            None => Failure::message(exit, message),
        },
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand | ErrorKind::MissingRequiredArgument => {
            Failure::message(exit, message).hint("netverb help shows what there is")
        }
        _ => Failure::message(exit, message),
    }
}

fn address_error(error: &clap::Error) -> Option<&crate::address::IdError> {
    std::error::Error::source(error).and_then(|source| source.downcast_ref())
}

fn drawing(error: &clap::Error) -> Option<String> {
    address_error(error).map(crate::address::IdError::marked)
}
