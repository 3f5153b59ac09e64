//! What went wrong, with the exit status and the remedies: the one error type of the commands.

use crate::exit::Exit;

/// A failed run: its status, its one-line message and, where there are some, hints of what to type instead.
#[derive(Debug)]
pub struct Failure {
    /// The status the process ends with.
    pub exit: Exit,
    /// The chain of causes; printed on one line, outermost first.
    pub error: anyhow::Error,
    /// What the user can do about it; printed after the message.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure with this status and message.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Failure { exit, error: error.into(), hints: Vec::new() }
    }

    /// A failure whose message is plain text.
    pub fn message(exit: Exit, text: impl Into<String>) -> Self {
        Failure { exit, error: anyhow::Error::msg(text.into()), hints: Vec::new() }
    }

    /// Adds a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The message on one line: the causes in order, no line breaks inside.
    pub fn line(&self) -> String {
        let causes: Vec<String> = self.error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
        causes.join(": ")
    }
}

/// The system's reason without its error number: `connection refused`.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if text.chars().nth(1).is_some_and(char::is_lowercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_no_error_number() {
        let refused = std::io::Error::from_raw_os_error(libc::ECONNREFUSED);
        assert_eq!(reason(&refused), "connection refused");
    }

    #[test]
    fn the_line_holds_every_cause_and_no_line_break() {
        let error = anyhow::anyhow!("connection\nrefused").context("cannot connect to host:1");
        assert_eq!(Failure::new(Exit::Refused, error).line(), "cannot connect to host:1: connection refused");
    }
}
