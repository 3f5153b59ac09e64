//! Makes a script out of the file that `--transcript` has written.

use std::path::Path;

use crate::conversation::script::{Part, Script, Speech};
use crate::event::Direction;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::output::transcript::{Record, TranscriptError, read_record};

/// Why a transcript cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptFileError {
    /// The file cannot be read.
    #[error("cannot read the transcript {path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A line is no record.
    #[error("{path}: {error}")]
    Record {
        /// The file.
        path: String,
        /// Which line, and why.
        error: TranscriptError,
    },
    /// Several connections are mixed in it.
    #[error(
        "{path}: line {line} is of the connection {other:?}, all before it of {first:?}; keep the lines of one of them"
    )]
    SeveralConnections {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// The connection of the lines before it.
        first: String,
        /// The connection of this line.
        other: String,
    },
    /// Nothing is in it.
    #[error("{path} is empty: there is nothing to replay; record a conversation with --transcript {path}")]
    Empty {
        /// The file.
        path: String,
    },
}

impl From<TranscriptFileError> for Failure {
    fn from(error: TranscriptFileError) -> Self {
        Failure::new(Exit::Usage, error)
    }
}

/// Reads a file that `--transcript` has written.
///
/// # Errors
/// A file that is no transcript of one connection.
pub fn read(path: &Path) -> Result<Script, TranscriptFileError> {
    let name = path.display().to_string();
    let text = std::fs::read(path)
        .map_err(|error| TranscriptFileError::File { path: name.clone(), reason: reason(&error) })?;
    parse(&text, &name)
}

/// Reads the text of a transcript; `path` is for messages.
///
/// # Errors
/// A text that is no transcript of one connection.
pub fn parse(text: &[u8], path: &str) -> Result<Script, TranscriptFileError> {
    let path = || path.to_owned();
    let mut script = Script::default();
    let mut id: Option<String> = None;
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let record = read_record(number, line).map_err(|error| TranscriptFileError::Record { path: path(), error })?;
        let first = id.get_or_insert_with(|| record.id.to_string());
        if *first != record.id {
            let (first, other) = (first.clone(), record.id.into_owned());
            return Err(TranscriptFileError::SeveralConnections { path: path(), line: number, first, other });
        }
        script.speeches.push(Speech { line: number, part: speaker(&record), bytes: record.bytes.into_owned() });
    }
    match script.speeches.is_empty() {
        true => Err(TranscriptFileError::Empty { path: path() }),
        false => Ok(script),
    }
}

/// Who said it: a record has its direction as seen by the end that wrote it.
fn speaker(record: &Record<'_>) -> Part {
    let writer = writer(&record.id);
    match (writer, record.direction) {
        (part, Direction::Out) => part,
        (Part::Client, Direction::In) => Part::Server,
        (Part::Server, Direction::In) => Part::Client,
    }
}

/// Which end wrote a transcript: only connections that were accepted have a number, `web.2` or `host:port|2`.
fn writer(id: &str) -> Part {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = |text: &str| crate::address::SocketName::parse(text).is_ok();
    let accepted = id.rsplit_once('|').is_some_and(|(_, number)| is_number(number))
        || id.rsplit_once('.').is_some_and(|(name, number)| is_name(name) && is_number(number));
    if accepted { Part::Server } else { Part::Client }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, direction: &str, text: &str) -> String {
        format!(
            r#"{{"v":1,"time":"2026-01-31T12:00:00.000000Z","offset":0.5,"id":"{id}","direction":"{direction}","text":"{text}"}}"#
        ) + "\n"
    }

    fn parts(id: &str) -> Vec<Part> {
        let text = line(id, "in", "a") + &line(id, "out", "b");
        parse(text.as_bytes(), "t").unwrap().speeches.iter().map(|speech| speech.part).collect()
    }

    #[test]
    fn the_id_tells_which_end_wrote_it() {
        for client in ["localhost:80", "mail", "10.0.0.1:80", "unix:/tmp/a.1", "[::1]:80", "wss://host/x.1"] {
            assert_eq!(parts(client), [Part::Server, Part::Client], "{client}");
        }
        for server in ["127.0.0.1:5000|1", "web.12", "unix:|3", "[::1]:5000|1"] {
            assert_eq!(parts(server), [Part::Client, Part::Server], "{server}");
        }
    }

    #[test]
    fn what_is_no_transcript_of_one_connection_is_refused() {
        let message = |text: &str| parse(text.as_bytes(), "file").unwrap_err().to_string();
        assert!(message("\n").contains("file is empty"));
        assert!(message("nonsense").contains("file: transcript line 1 is no record"));
        let two = line("h:1|1", "in", "a") + &line("h:2|2", "in", "a");
        assert!(message(&two).contains("line 2") && message(&two).contains("h:2|2"), "{}", message(&two));
    }

    #[test]
    fn the_number_of_a_line_counts_empty_ones() {
        let text = format!("\n{}\r\n", line("h:1", "in", "a"));
        assert_eq!(parse(text.as_bytes(), "t").unwrap().speeches.first().unwrap().line, 2);
    }
}
