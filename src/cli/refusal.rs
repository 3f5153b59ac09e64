//! What is said about a command line that cannot be understood: clap's errors as one line, with the word that is wrong and the
//! remedy. Only the wording; what is wrong was found elsewhere.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{MISSING_VERB, unknown};
use crate::address::IdError;
use crate::exit::Exit;
use crate::failure::Failure;

/// How much of a word a message repeats, in characters.
const EXCERPT: usize = 60;

/// A word of a message that is longer is nothing that was meant to be read.
const LONGEST_WORD: usize = 200;

/// The failure that a command line ends with, whose words were `arguments`.
pub fn failure(error: &clap::Error, arguments: &[OsString]) -> Failure {
    let exit = if address_error(error).is_some() { Exit::MalformedAddress } else { Exit::Usage };
    let message = match (error.kind(), address_error(error)) {
        (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand, _) => {
            return Failure::message(
                Exit::Usage,
                match super::verb_name(arguments) {
                    "session" => "what to do is missing; type session run -- COMMAND, session new or session end",
                    _ => MISSING_VERB,
                },
            );
        }
        (ErrorKind::InvalidUtf8, _) => return not_text(arguments),
        (ErrorKind::ValueValidation, Some(id)) => id.to_string(),
        (ErrorKind::UnknownArgument, _) => {
            unknown::argument(error, super::verb_name(arguments)).unwrap_or_else(|| one_line(error))
        }
        (ErrorKind::InvalidSubcommand, _) => unknown::verb(error).unwrap_or_else(|| one_line(error)),
        _ => one_line(error),
    };
    let failure = Failure::message(exit, abridged(&blamed(message, error, arguments), arguments));
    match error.kind() {
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand | ErrorKind::MissingRequiredArgument => {
            match super::verb_name(arguments) {
                "" => failure.hint("netverb help shows what there is"),
                verb => failure.hint(format!("netverb help {verb} shows what there is")),
            }
        }
        ErrorKind::ArgumentConflict => failure.hint(match error.get(ContextKind::PriorArg) {
            prior if prior == error.get(ContextKind::InvalidArg) => "type it once",
            _ => "leave one of them out",
        }),
        _ => failure,
    }
}

/// A failure that repeats what was typed at full length, with excerpts of it.
pub fn with_excerpts(failure: Failure, arguments: &[OsString]) -> Failure {
    let line = failure.line();
    let short = abridged(&line, arguments);
    if short == line {
        failure
    } else {
        failure.hints.into_iter().fold(Failure::message(failure.exit, short), Failure::hint)
    }
}

/// The drawing that marks the wrong place of an address, for a terminal; none where no line would hold it.
pub fn drawing(error: &clap::Error) -> Option<String> {
    drawn(address_error(error))
}

/// As [`drawing`], of a failure that was found after clap.
pub fn drawing_of(failure: &Failure) -> Option<String> {
    drawn(failure.error.downcast_ref())
}

fn drawn(error: Option<&IdError>) -> Option<String> {
    error.filter(|id| id.input.chars().count() <= LONGEST_WORD).map(IdError::marked)
}

fn address_error(error: &clap::Error) -> Option<&IdError> {
    std::error::Error::source(error).and_then(|source| source.downcast_ref())
}

/// clap's message without the usage that follows it.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let end = |line: &&str| !line.starts_with("Usage:") && !line.starts_with("For more information");
    let lines: Vec<&str> = text.lines().map(str::trim).take_while(end).filter(|line| !line.is_empty()).collect();
    let message = lines.join(" ").replace(" tip: ", "; ");
    message.strip_prefix("error: ").unwrap_or(&message).to_owned()
}

/// Blames the variable where the value came from it, and not from the option that clap names.
fn blamed(message: String, error: &clap::Error, arguments: &[OsString]) -> String {
    let (Some(ContextValue::String(option)), Some(ContextValue::String(value))) =
        (error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidValue))
    else {
        return message;
    };
    let variable = match option.split_whitespace().next() {
        // That of resolve, which has no other limit.
        Some("--timeout" | "--deadline") => "NETVERB_TIMEOUT",
        Some("--session") => "NETVERB_SESSION",
        _ => return message,
    };
    // A word of the command line goes before the variable.
    let typed = arguments.iter().any(|word| word.to_string_lossy().contains(value.as_str()) && !value.is_empty());
    match std::env::var_os(variable) {
        Some(set) if set.as_os_str() == OsStr::new(value) && !typed => {
            message.replacen(&format!("for '{option}'"), &format!("of the variable {variable}"), 1)
        }
        _ => message,
    }
}

/// What the user typed, where it is too long to be repeated, becomes an excerpt.
fn abridged(message: &str, arguments: &[OsString]) -> String {
    let mut text = message.to_owned();
    for word in arguments.iter().filter_map(|word| word.to_str()) {
        // As a word of its own, after `--option=`, or after `-o`.
        let value = word.split_once('=').map(|(_, value)| value);
        for part in [Some(word), value, word.get(2..)].into_iter().flatten() {
            if part.chars().count() > EXCERPT {
                let escaped = format!("{part:?}");
                text =
                    text.replace(escaped.trim_matches('"'), &cut(escaped.trim_matches('"'))).replace(part, &cut(part));
            }
        }
    }
    let short = |word: &str| if word.chars().count() > LONGEST_WORD { cut(word) } else { word.to_owned() };
    text.split(' ').map(short).collect::<Vec<_>>().join(" ")
}

fn cut(text: &str) -> String {
    let mut excerpt: String = text.chars().take(EXCERPT).collect();
    excerpt.push('…');
    excerpt
}

/// clap does not say which word is no text, nor what to type instead.
fn not_text(arguments: &[OsString]) -> Failure {
    let found = arguments.iter().enumerate().skip(1).find(|(_, word)| word.to_str().is_none());
    match found {
        Some((position, word)) => no_text(&format!("word {position}"), word),
        None => Failure::message(Exit::Usage, "a word is not UTF-8"),
    }
}

/// The failure that a word is which has other bytes than those of a text; `subject` is what it is called.
pub fn no_text(subject: &str, word: &OsStr) -> Failure {
    let bytes = word.as_bytes();
    let message = format!("{subject} is not UTF-8: \"{}\"", cut_bytes(bytes));
    let is_path = |prefix: &&&str| bytes.starts_with(prefix.as_bytes());
    Failure::message(Exit::Usage, message).hint(match ["unix:", "seqpacket:", "ipc:"].iter().find(is_path) {
        Some(prefix) => format!("in {prefix} write such a byte as %XX: {}", percent_encoded(bytes)),
        None => "only DATA and the names of files may have other bytes".to_owned(),
    })
}

fn cut_bytes(bytes: &[u8]) -> String {
    match bytes.get(..EXCERPT) {
        Some(excerpt) if bytes.len() > EXCERPT => format!("{}…", excerpt.escape_ascii()),
        _ => bytes.escape_ascii().to_string(),
    }
}

fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("%{byte:02X}")));
    }
    if text.chars().count() > LONGEST_WORD { cut(&text) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn long_words_are_cut_however_they_were_typed() {
        let long = "x y\t".repeat(500);
        let excerpt: String = long.chars().take(EXCERPT).collect();
        for typed in [long.clone(), format!("--timeout={long}"), format!("-w{long}")] {
            let message =
                format!("invalid value '{long}' for '--timeout <DUR>': not a duration: {long:?}; type seconds");
            let cut = abridged(&message, &words(&["netverb", "open", &typed]));
            assert!(cut.starts_with(&format!("invalid value '{excerpt}…' for")), "{cut}");
            assert!(cut.ends_with("…\"; type seconds") && cut.len() < 300, "{cut}");
        }
        let part = abridged(&format!("no such host: {}", "h".repeat(4000)), &words(&["netverb"]));
        assert_eq!(part.chars().count(), "no such host: ".len() + EXCERPT + 1);
        assert_eq!(abridged("a short message", &words(&["netverb", "a short"])), "a short message");
    }

    #[test]
    fn the_word_that_is_no_text_is_named_with_its_remedy() {
        use std::os::unix::ffi::OsStringExt;
        let mut arguments = words(&["netverb", "open"]);
        arguments.push(OsString::from_vec(b"unix:/tmp/\xff%".to_vec()));
        let failure = not_text(&arguments);
        assert_eq!(failure.line(), "word 2 is not UTF-8: \"unix:/tmp/\\xff%\"");
        assert!(failure.hints[0].contains("unix:/tmp/%FF"), "{:?}", failure.hints);
    }
}
