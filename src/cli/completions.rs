//! The completions that are made from the definition of the command line, for each shell.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Args, Command, ValueEnum};

use super::articles::ARTICLES;
use super::generate::{Generated, write};
use super::{help, socket_names};
use crate::exit::Exit;
use crate::failure::Failure;

/// The shells that completions are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU bash.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
}

impl Shell {
    /// The file in which the shell looks for the completions of `netverb`.
    fn file(self) -> &'static str {
        match self {
            Shell::Bash => "netverb.bash",
            Shell::Zsh => "_netverb",
            Shell::Fish => "netverb.fish",
        }
    }
}

/// `completions`
#[derive(Debug, Args)]
#[command(after_help = help::COMPLETIONS_EXAMPLES, override_usage = "netverb completions SHELL\n       netverb completions --all DIR")]
pub struct CompletionsArgs {
    /// bash, zsh or fish
    #[arg(value_enum, hide_possible_values = true)]
    shell: Option<Shell>,
    /// Write those for all shells into this directory instead
    #[arg(long, value_name = "DIR", conflicts_with = "shell")]
    all: Option<PathBuf>,
}

impl CompletionsArgs {
    /// The text to print.
    ///
    /// # Errors
    /// No shell, or a file that cannot be written.
    pub fn text(&self) -> Result<String, Failure> {
        match (self.shell, &self.all) {
            (_, Some(directory)) => write(&all_completions()?, directory),
            (Some(shell), None) => completions(shell),
            (None, None) => Err(Failure::message(Exit::Usage, "a shell is missing; type bash, zsh or fish")),
        }
    }
}

/// The completions for a shell.
///
/// # Errors
/// Never in practice: clap writes text.
pub fn completions(shell: Shell) -> Result<String, Failure> {
    let generator = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut command = super::command();
    command.build();
    let pages = named_pages(&command);
    let mut command = command.mut_subcommands(|verb| {
        let name = verb.get_name().to_owned();
        verb.mut_args(|arg| with_pages(with_words(with_plain_value_name(arg)), &name, &pages))
    });
    let mut text = Vec::new();
    clap_complete::generate(generator, &mut command, "netverb", &mut text);
    let mut text = String::from_utf8(text).map_err(|error| Failure::new(Exit::OutputFailed, error))?;
    if shell == Shell::Fish {
        text.push_str(&fish_arguments(&command));
    }
    Ok(socket_names::add(shell, &text, &command))
}

/// zsh gives colons and brackets in the name of a value a meaning, and nothing escapes them.
fn with_plain_value_name(arg: Arg) -> Arg {
    let plain = |name: &str| -> String {
        let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ")
    };
    match arg.get_value_names().map(|names| names.iter().map(|name| plain(name)).collect::<Vec<_>>()) {
        Some(names) => arg.value_names(names),
        None => arg,
    }
}

/// Options whose values are words, as completions offer them; a value may also be something else, such as a size.
const WORDS: [(&str, &[&str]); 18] = [
    ("eol", &["lf", "crlf", "cr", "none"]),
    ("eol-in", &["lf", "crlf", "cr", "none"]),
    ("eol-out", &["lf", "crlf", "cr", "none"]),
    ("encoding", &["cbor", "msgpack", "json"]),
    ("hash", &["sha256", "blake3"]),
    ("input", &["tsv", "csv", "json", "lines"]),
    ("loop", &["on", "off"]),
    ("print", &["all", "match", "before", "index", "none"]),
    ("proxy-protocol", &["v1", "v2"]),
    ("proxy-server", &["http", "socks5"]),
    ("reject", &["rst", "close", "drop"]),
    ("split", &["none", "line", "nul", "length", "chunk"]),
    ("text-encoding", &["utf8", "locale", "ignore"]),
    ("tls-min", &["1.2", "1.3"]),
    ("to-zmq", &["sub", "pull"]),
    ("until", &["crlf", "lf", "cr", "nul", "blank", "eof", "reply"]),
    ("view", &["text", "hex"]),
    ("zmq", &["pair", "pub", "sub", "req", "rep", "dealer", "router", "pull", "push", "xpub", "xsub", "stream"]),
];

fn with_words(arg: Arg) -> Arg {
    match WORDS.iter().find(|(option, _)| arg.get_long() == Some(*option)) {
        Some((_, words)) => arg.value_parser(PossibleValuesParser::new(*words)),
        None => arg,
    }
}

/// What `help` and `man` have texts on.
struct NamedPages {
    help: Vec<String>,
    man: Vec<String>,
}

fn named_pages(command: &Command) -> NamedPages {
    let verbs = || command.get_subcommands().map(|verb| verb.get_name().to_owned());
    NamedPages {
        help: help::TOPICS.iter().map(|topic| topic.name.to_owned()).chain(verbs()).collect(),
        man: verbs().chain(ARTICLES.iter().map(super::articles::Article::word)).collect(),
    }
}

fn with_pages(arg: Arg, verb: &str, pages: &NamedPages) -> Arg {
    match verb {
        "help" if arg.is_positional() => arg.value_parser(PossibleValuesParser::new(&pages.help)),
        "man" if arg.is_positional() => arg.value_parser(PossibleValuesParser::new(&pages.man)),
        _ => arg,
    }
}

/// The words that arguments of verbs may be: for fish clap writes options alone.
fn fish_arguments(command: &Command) -> String {
    let mut text = String::new();
    for verb in command.get_subcommands() {
        let values = verb.get_positionals().flat_map(Arg::get_possible_values);
        let words: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        if !words.is_empty() {
            let (verb, words) = (verb.get_name(), words.join(" "));
            let line = format!("complete -c netverb -n \"__fish_netverb_using_subcommand {verb}\" -f -a \"{words}\"\n");
            text.push_str(&line);
        }
    }
    text
}

/// The completions for every shell: the files of completions/.
///
/// # Errors
/// As [`completions`].
pub fn all_completions() -> Result<Vec<Generated>, Failure> {
    let of = |shell: &Shell| Ok(Generated { name: shell.file().to_owned(), text: completions(*shell)? });
    Shell::value_variants().iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "default")] // Left-out features leave out options.
    fn the_words_that_are_offered_are_taken() {
        for (option, words) in WORDS {
            let verb: &[&str] = match option {
                "reject" | "proxy-server" => &["accept", "0"],
                "view" => &["accept", "0", "--echo"],
                "to-zmq" => &["accept", "0", "--to", "host:1"],
                "loop" => &["datagram", "host:1"],
                "encoding" | "input" => &["send-tuple", "host:1"],
                "text-encoding" => &["send-tuple", "host:1", "--format", "z", "x"],
                "tls-min" => &["open", "tls://host:1"],
                "until" => &["read", "name"],
                "print" => &["expect", "name", "x"],
                _ => &["open", "host:1"],
            };
            for word in words {
                let option = format!("--{option}={word}");
                let words = ["netverb"].into_iter().chain(verb.iter().copied()).chain([option.as_str()]);
                assert!(crate::cli::parse(words.map(Into::into).collect()).is_ok(), "{verb:?} {option}");
            }
        }
    }

    #[test]
    fn the_pages_that_are_offered_exist() {
        let command = crate::cli::command();
        let pages = named_pages(&command);
        assert!(pages.help.iter().all(|name| help::topic(Some(name)).is_ok()), "{:?}", pages.help);
        assert!(pages.man.iter().all(|name| crate::cli::generate::page(Some(name)).is_ok()), "{:?}", pages.man);
    }
}
