//! The command line: the only place that knows clap. It turns words into an [`Action`] before anything has an effect.

pub mod accept;
pub mod access;
mod articles;
pub mod capture;
pub mod completions;
pub mod datagram;
pub mod description;
pub mod dial;
pub mod generate;
pub mod groups;
pub mod help;
#[cfg(feature = "http")]
pub mod http;
pub mod interactive;
pub mod keep;
pub mod kept_id;
mod listen_words;
pub mod manual;
pub mod messages;
pub mod misbehave;
pub mod open;
pub mod payload;
mod refusal;
pub mod resolve;
#[cfg(feature = "tls")]
pub mod secure;
pub mod session;
pub mod socket_names;
pub mod steps;
mod subject;
pub mod talk;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "tuples")]
mod tuple_listen;
#[cfg(feature = "tuples")]
pub mod tuples;
mod unknown;
pub mod until;
mod variable;
pub mod verbs;
pub mod wait;
mod websocket;
pub mod words;
#[cfg(feature = "zmq")]
pub mod zeromq;

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::error::ErrorKind;
use clap::{ArgAction, ArgMatches, Args, ColorChoice, FromArgMatches};

use crate::address::SocketName;
use crate::commands;
use crate::commands::context::Place;
use crate::commands::recorder::DumpTarget;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Format;
use crate::output::human::Verbosity;
use crate::quantity::Limit;

use variable::variable;
use verbs::Asked;

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
    /// Whether what a person reads on stdout is in colour.
    pub color: bool,
    /// How talkative it is.
    pub verbosity: Verbosity,
    /// The limit of the whole command.
    pub deadline: Limit,
    /// Where sockets are kept.
    pub place: Place,
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
    /// `zmq-keygen`
    #[cfg(feature = "zmq")]
    ZmqKeygen(commands::zmq_keygen::Options),
    /// `read`
    Read(Box<commands::read::Options>),
    /// `write`
    Write(Box<commands::write::Options>),
    /// `ask`
    Ask(Box<commands::ask::Options>),
    /// `expect`
    Expect(Box<commands::expect::Options>),
    /// `secure`
    #[cfg(feature = "tls")]
    Secure(Box<commands::secure::Options>),
    /// `attach`
    #[cfg(feature = "interactive")]
    Attach(Box<commands::attach::Options>),
    /// `next`
    Next(commands::next::Options),
    /// `close`
    Close(commands::close::Options),
    /// `sockets`
    Sockets(commands::sockets::Options),
    /// `session`
    Session(commands::session::Options),
    /// The hidden verb of keepers.
    Keeper(Box<commands::keeper::Options>),
    /// `wait`
    Wait(Box<commands::wait::Options>),
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

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Globals {
    /// Say more on stderr: -v connections, -vv every chunk
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Say nothing on stderr, not even errors
    #[arg(long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Events on stderr and reports on stdout as JSON, one a line
    #[arg(short, long, global = true)]
    json: bool,
    /// Use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Keep sockets, and look for them, in this session
    #[arg(long, global = true, value_name = "NAME", value_parser = SocketName::parse, env = variable("NETVERB_SESSION"), hide_env = true)]
    session: Option<SocketName>,
    /// Keep sockets, and look for them, in this directory
    #[arg(long, global = true, value_name = "DIR", env = variable("NETVERB_SESSION_DIR"), hide_env = true)]
    session_dir: Option<std::path::PathBuf>,
    /// Print help: -h the common options, --help all of them
    #[arg(short, long, global = true, action = ArgAction::Help)]
    help: Option<bool>,
    /// Print the version
    #[arg(short = 'V', long, global = true, action = ArgAction::Version)]
    version: Option<bool>,
}

/// The definition of the whole command line. What a verb has of its own is only defined when the verb is used.
pub fn command() -> clap::Command {
    let described =
        root().about(help::ABOUT).long_about(description::long("netverb", help::ABOUT)).after_help(help::EXAMPLES);
    verbs::ALL.iter().fold(described, |root, row| root.subcommand(row.command()))
}

/// What all verbs have in common.
fn root() -> clap::Command {
    let root = clap::Command::new("netverb")
        .version(env!("CARGO_PKG_VERSION"))
        .override_usage("netverb VERB [OPTIONS] …")
        .subcommand_help_heading("Verbs")
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .propagate_version(true)
        .subcommand_required(true)
        .max_term_width(120);
    Globals::augment_args(root)
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// Whatever cannot be understood, with status 2, or 3 for an address.
pub fn parse(arguments: Vec<OsString>) -> Result<Action, Box<Refusal>> {
    if arguments.get(1).is_some_and(|word| word == commands::keeper::VERB) {
        return parse_keeper(arguments);
    }
    let words: Vec<OsString> = arguments.iter().skip(1).cloned().collect();
    let name = verb_name(&arguments);
    let json = arguments.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "-j" || word == "--json");
    let color = color_of(&arguments);
    let format = if json { Format::Json } else { Format::Human { color: wants_color(color, &std::io::stderr()) } };
    let refuse = |failure, drawing| Box::new(Refusal { name, failure, format, drawing });
    #[cfg(feature = "tuples")]
    let spelled = if name == "send-tuple" { tuples::with_types(&arguments) } else { arguments.clone() };
    #[cfg(not(feature = "tuples"))]
    let spelled = arguments.clone();
    let mut matches = match matches(&spelled, name, color) {
        Ok(matches) => matches,
        Err(error) => {
            return match error.kind() {
                ErrorKind::DisplayHelp => Ok(Action::Print(error.render().to_string())),
                ErrorKind::DisplayVersion => Ok(Action::Print(VERSION.to_owned())),
                _ => Err(refuse(refusal::failure(&error, &arguments), refusal::drawing(&error))),
            };
        }
    };
    let globals = Globals::from_arg_matches_mut(&mut matches)
        .map_err(|error| refuse(refusal::failure(&error, &arguments), None))?;
    // Now it is known what belongs together, as in `-jz`, and what is the value of another option.
    let on_stderr = wants_color(globals.color, &std::io::stderr());
    let format = if globals.json { Format::Json } else { Format::Human { color: on_stderr } };
    let color = wants_color(globals.color, &std::io::stdout());
    let refuse = |failure, drawing| Box::new(Refusal { name, failure, format, drawing });
    let dump = matches.subcommand().and_then(|(_, words)| words.try_get_one::<DumpTarget>("hex_dump").ok().flatten());
    if let (true, Some(DumpTarget::Stderr)) = (globals.json, dump) {
        let message = "--hex-dump - would mix with the events that --json writes to stderr; type --hex-dump FILE";
        return Err(refuse(Failure::message(Exit::Usage, message), None));
    }
    let verbosity = match (globals.quiet, globals.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Verbose,
        (false, _) => Verbosity::Debug,
    };
    let asked = matches
        .remove_subcommand()
        .and_then(|(verb, matches)| Some((verbs::find(&verb)?, matches)))
        .ok_or_else(|| Failure::message(Exit::Usage, MISSING_VERB))
        .and_then(|(row, mut matches)| (row.read)(&mut matches, globals.json));
    let refused = |failure: Failure| {
        let drawing = refusal::drawing_of(&failure);
        refuse(refusal::with_excerpts(failure, &arguments), drawing)
    };
    match asked.map_err(refused)? {
        Asked::Run(mut verb, deadline) => {
            verb.remember(words);
            let place = Place { directory: globals.session_dir, session: globals.session };
            Ok(Action::Run(Box::new(Run { name, verb, format, color, verbosity, deadline, place })))
        }
        Asked::Print(text) => Ok(Action::Print(text)),
    }
}

/// Has clap read the words, with `name` as the likely verb.
///
/// Defining all verbs and describing them takes longer than anything else at the start, so that only the likely one is defined at
/// first. Where it is not the verb, the words cannot be understood, for nothing else may stand where the verb does; only then, for
/// any other fault, or when help is asked for, everything is defined, and the answer is as if it had been from the beginning.
fn matches(arguments: &[OsString], name: &str, color: Color) -> Result<ArgMatches, clap::Error> {
    let color = match color {
        Color::Never => ColorChoice::Never,
        Color::Always => ColorChoice::Always,
        Color::Auto => ColorChoice::Auto,
    };
    let read = |command: clap::Command| command.color(color).try_get_matches_from(arguments);
    let likely = verbs::find(name).and_then(|row| read(root().subcommand(row.undescribed())).ok());
    likely.map_or_else(|| read(help::on_one_screen(command(), arguments)), Ok)
}

impl Verb {
    /// Leaves the words of the command line to what keeps a socket: its keeper reads them again.
    fn remember(&mut self, words: Vec<OsString>) {
        match self {
            Verb::Open(options) => {
                if let commands::open::Mode::Keep(keep) = &mut options.mode {
                    keep.words = words;
                }
            }
            Verb::Accept(options) => {
                if let commands::accept::Offer::Keep(keep) = &mut options.offer {
                    keep.words = words;
                }
            }
            Verb::Datagram(options) => {
                if let Some(keep) = &mut options.keep {
                    keep.words = words;
                }
            }
            _ => {}
        }
    }
}

/// Reads the command line of a keeper: the hidden verb and its directory, and from a pipe the words that it was started for.
fn parse_keeper(arguments: Vec<OsString>) -> Result<Action, Box<Refusal>> {
    let mut words = arguments.into_iter();
    let program = words.next();
    let directory = words.nth(1).unwrap_or_default().into();
    let words = commands::keeper::words().unwrap_or_default();
    let Action::Run(mut run) = parse(program.into_iter().chain(words).collect())? else {
        return Ok(Action::Print(String::new()));
    };
    let task = match run.verb {
        Verb::Open(options) => commands::keeper::Task::Open(options),
        Verb::Accept(options) => commands::keeper::Task::Accept(options),
        Verb::Datagram(options) => commands::keeper::Task::Datagram(options),
        _ => return Ok(Action::Print(String::new())),
    };
    run.verb = Verb::Keeper(Box::new(commands::keeper::Options { directory, task }));
    // Its work has no end of its own.
    run.deadline = Limit::Never;
    Ok(Action::Run(run))
}

const VERSION: &str = concat!("netverb ", env!("CARGO_PKG_VERSION"), "\n");

pub(super) const MISSING_VERB: &str = "a verb is missing; netverb help lists them, for example open and accept";

/// The verb's name for messages that come before the command line is understood.
fn verb_name(arguments: &[OsString]) -> &'static str {
    arguments.iter().skip(1).find_map(|word| verbs::find(word.to_str()?)).map_or("", |row| row.name)
}

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
fn wants_color(choice: Color, stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = || set("CLICOLOR_FORCE") && std::env::var_os("CLICOLOR_FORCE").is_none_or(|value| value != "0");
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto => forced() || stream.is_terminal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_verb_may_be_the_value_of_an_option() {
        let words = ["netverb", "--session", "open", "sockets"].map(OsString::from);
        let Ok(Action::Run(run)) = parse(words.into()) else { panic!("not understood") };
        assert!(matches!(run.verb, Verb::Sockets(_)), "{:?}", run.verb);
        assert!(run.place.session.is_some());
    }
}
