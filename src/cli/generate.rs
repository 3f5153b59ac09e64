//! The files that are made from the definition of the command line: manual pages and completions.

use std::path::{Path, PathBuf};

use clap::{Arg, Args, ValueEnum};

use super::articles::{ARTICLES, Article};
use super::{help, manual, socket_names};
use crate::exit::Exit;
use crate::failure::{Failure, reason};

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

/// `man`
#[derive(Debug, Args)]
#[command(after_help = help::MAN_EXAMPLES, override_usage = "netverb man [PAGE]\n       netverb man --all DIR")]
pub struct ManArgs {
    /// A verb, or tuples, zeromq or sockets.7; without one, the page of netverb itself
    #[arg(value_name = "PAGE")]
    verb: Option<String>,
    /// Write all pages into this directory instead
    #[arg(long, value_name = "DIR", conflicts_with = "verb")]
    all: Option<PathBuf>,
}

impl ManArgs {
    /// The text to print.
    ///
    /// # Errors
    /// An unknown verb, or a file that cannot be written.
    pub fn text(&self) -> Result<String, Failure> {
        match &self.all {
            Some(directory) => {
                let written_by_hand = ARTICLES.iter().map(|article| article.file(directory));
                let pages: Vec<Generated> = all_pages()?.into_iter().chain(written_by_hand).collect();
                write(&pages, directory)
            }
            None => page(self.verb.as_deref()),
        }
    }
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its name in its directory.
    pub name: String,
    /// Its content.
    pub text: String,
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
    let mut command = command.mut_subcommands(|verb| verb.mut_args(|arg| with_words(with_plain_value_name(arg))));
    let mut text = Vec::new();
    clap_complete::generate(generator, &mut command, "netverb", &mut text);
    let mut text = String::from_utf8(text).map_err(|error| Failure::new(Exit::OutputFailed, error))?;
    if shell == Shell::Fish {
        // clap leaves the words of arguments out for it.
        let topics = topics().join(" ");
        text.push_str(&format!("complete -c netverb -n \"__fish_netverb_using_subcommand help\" -f -a \"{topics}\"\n"));
    }
    Ok(socket_names::add(shell, &text))
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
const WORDS: [(&str, &[&str]); 6] = [
    ("eol", &["lf", "crlf", "cr", "none"]),
    ("eol-in", &["lf", "crlf", "cr", "none"]),
    ("eol-out", &["lf", "crlf", "cr", "none"]),
    ("hash", &["sha256", "blake3"]),
    ("reject", &["rst", "close", "drop"]),
    ("split", &["none", "line", "nul", "length", "chunk"]),
];

/// What `netverb help` knows.
fn topics() -> Vec<&'static str> {
    let verbs = super::verbs::ALL.iter().map(|row| row.name);
    help::TOPICS.iter().map(|topic| topic.name).chain(verbs).collect()
}

fn with_words(arg: Arg) -> Arg {
    if arg.get_id() == "topic" {
        return arg.value_parser(clap::builder::PossibleValuesParser::new(topics()));
    }
    match WORDS.iter().find(|(option, _)| arg.get_long() == Some(*option)) {
        Some((_, words)) => arg.value_parser(clap::builder::PossibleValuesParser::new(*words)),
        None => arg,
    }
}

/// The completions for every shell: the files of completions/.
///
/// # Errors
/// As [`completions`].
pub fn all_completions() -> Result<Vec<Generated>, Failure> {
    let of = |shell: &Shell| Ok(Generated { name: shell.file().to_owned(), text: completions(*shell)? });
    Shell::value_variants().iter().map(of).collect()
}

/// The manual page of a verb, or of the program.
///
/// # Errors
/// Status 2 for an unknown verb.
pub fn page(verb: Option<&str>) -> Result<String, Failure> {
    let mut command = super::command();
    command.build();
    let Some(name) = verb else { return Ok(manual::main_page(&command)) };
    let name = name.strip_prefix("netverb-").unwrap_or(name);
    let verb = name.strip_suffix(".1").or(name.strip_suffix("(1)")).unwrap_or(name);
    match (command.find_subcommand(verb), Article::find(name)) {
        (Some(verb), _) => Ok(manual::verb_page(verb)),
        (None, Some(article)) => Ok(article.text()),
        (None, None) if verb == "netverb" => Ok(manual::main_page(&command)),
        (None, None) => {
            let message = format!("no manual page on {name:?}; netverb help lists the verbs");
            Err(Failure::message(Exit::Usage, message).hint("there are also tuples, zeromq and sockets.7"))
        }
    }
}

/// Every manual page: the generated files of man/.
///
/// # Errors
/// As [`page`].
pub fn all_pages() -> Result<Vec<Generated>, Failure> {
    let verbs: Vec<String> = super::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let mut pages = vec![Generated { name: "netverb.1".to_owned(), text: page(None)? }];
    for verb in verbs {
        pages.push(Generated { name: format!("netverb-{verb}.1"), text: page(Some(&verb))? });
    }
    Ok(pages)
}

/// Writes files into a directory, which is made if it is missing, and lists their names.
///
/// # Errors
/// A file that cannot be written: status 23.
pub fn write(files: &[Generated], directory: &Path) -> Result<String, Failure> {
    let failed = |path: &Path, error: &std::io::Error| {
        Failure::message(Exit::OutputFailed, format!("cannot write {}: {}", path.display(), reason(error)))
    };
    for file in files {
        let path = directory.join(&file.name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(&path, &error))?;
        }
        std::fs::write(&path, &file.text).map_err(|error| failed(&path, &error))?;
    }
    Ok(files.iter().map(|file| format!("{}\n", file.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_are_offered_are_taken() {
        for (option, words) in WORDS {
            for word in words {
                let verb = if option == "reject" { vec!["accept", "0"] } else { vec!["open", "host:1"] };
                let option = format!("--{option}");
                let words = ["netverb"].into_iter().chain(verb).chain([option.as_str(), word]);
                assert!(crate::cli::parse(words.map(Into::into).collect()).is_ok(), "{option} {word}");
            }
        }
        let bash = completions(Shell::Bash).unwrap();
        assert!(bash.contains("\"lf crlf cr none\"") && bash.contains("\"rst close drop\""), "{bash}");
        for shell in Shell::value_variants() {
            let text = completions(*shell).unwrap();
            assert!(
                text.contains("exit-codes") && text.contains("keeping"),
                "{shell:?} does not know the topics of help"
            );
        }
    }
}
