//! The manual pages that are made from the definition of the command line, and writing files that are made.

use std::path::{Path, PathBuf};

use clap::Args;

use super::articles::{ARTICLES, Article};
use super::{help, manual};
use crate::exit::Exit;
use crate::failure::{Failure, reason};

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
