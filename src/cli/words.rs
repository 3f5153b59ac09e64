//! How the DATA of `datagram`, or a file, becomes messages.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::payload::SpellingArgs;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::message::{Split, Splitter};

/// What is done with DATA.
#[derive(Debug, Args)]
#[command(next_help_heading = "Send")]
pub struct WordArgs {
    /// End each DATA with a line feed
    #[arg(short = 'l', long)]
    line: bool,
    #[command(flatten)]
    spelling: SpellingArgs,
    /// Send a file, as one datagram unless --split cuts it; - is stdin
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["line", "escape", "from_hex"])]
    file: Option<PathBuf>,
}

impl WordArgs {
    /// The messages; none where stdin has them.
    ///
    /// # Errors
    /// An escape or a digit that is none, DATA beside a file, a file that cannot be read or cut: status 2.
    pub fn messages(&self, words: Vec<OsString>, split: Option<Split>) -> Result<Vec<Vec<u8>>, Failure> {
        let usage = |text: String| Failure::message(Exit::Usage, text);
        let Some(path) = &self.file else {
            let read = |word: OsString| {
                let mut bytes = self.spelling.read(&word)?;
                if self.line {
                    bytes.push(b'\n');
                }
                Ok(bytes)
            };
            return words.into_iter().map(read).collect();
        };
        if !words.is_empty() {
            return Err(usage("--file and DATA cannot be used together; send them with two commands".to_owned()));
        }
        if path.as_os_str() == "-" {
            return Ok(Vec::new());
        }
        let shown = path.display();
        let content = std::fs::read(path).map_err(|error| usage(format!("cannot read {shown}: {}", reason(&error))))?;
        let cut = |error| usage(format!("cannot cut {shown} into messages: {error}"));
        let Some(split) = split.filter(|split| *split != Split::None) else { return Ok(vec![content]) };
        let mut splitter = Splitter::new(split, usize::MAX);
        let (mut rest, mut messages) = (content.as_slice(), Vec::new());
        while let Some(message) = splitter.next_message(&mut rest).map_err(cut)? {
            messages.push(message.to_vec());
        }
        messages.extend(splitter.finish().map_err(cut)?.map(<[u8]>::to_vec));
        Ok(messages)
    }
}
