//! Manual pages and completions, made from the definition of the command line.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

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

/// `completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// bash, zsh or fish
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// A verb; without one, the page of netverb itself
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
            Some(directory) => all_pages(directory),
            None => page(self.verb.as_deref()),
        }
    }
}

/// The completions for a shell.
///
/// # Errors
/// Never in practice: clap writes into memory.
pub fn completions(shell: Shell) -> Result<String, Failure> {
    let generator = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut text = Vec::new();
    clap_complete::generate(generator, &mut super::command(), "netverb", &mut text);
    Ok(super::socket_names::add(shell, &readable(text)?))
}

/// The manual page of a verb, or of the program.
///
/// # Errors
/// Status 2 for an unknown verb.
pub fn page(verb: Option<&str>) -> Result<String, Failure> {
    let mut command = super::command();
    command.build();
    let Some(verb) = verb else { return render(command) };
    let found = command.find_subcommand(verb).cloned();
    let found = found.ok_or_else(|| {
        Failure::message(Exit::Usage, format!("no manual page on {verb:?}; netverb help lists the verbs"))
    })?;
    let name = format!("netverb-{}", found.get_name());
    render(found.name(name))
}

fn render(command: clap::Command) -> Result<String, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut text)
        .map_err(|error| Failure::message(Exit::OutputFailed, reason(&error)))?;
    readable(text)
}

/// Writes every manual page into a directory and lists what was written.
///
/// # Errors
/// A file that cannot be written: status 23.
pub fn all_pages(directory: &Path) -> Result<String, Failure> {
    let mut listed = String::new();
    let verbs: Vec<String> = super::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let pages = std::iter::once(None).chain(verbs.iter().map(Some));
    for verb in pages {
        let name = verb.map_or_else(|| "netverb.1".to_owned(), |verb| format!("netverb-{verb}.1"));
        let path = directory.join(&name);
        std::fs::write(&path, page(verb.map(String::as_str))?).map_err(|error| {
            Failure::message(Exit::OutputFailed, format!("cannot write {}: {}", path.display(), reason(&error)))
        })?;
        listed.push_str(&name);
        listed.push('\n');
    }
    Ok(listed)
}

fn readable(text: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(text).map_err(|error| Failure::new(Exit::OutputFailed, error))
}
