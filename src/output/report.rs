//! Reports of verbs on stdout: answers, records, texts of help. Received data takes another way.

use std::io::{self, Write};

use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::sys;

/// What there was to print, and no stdout to print it to.
pub fn no_stdout() -> Failure {
    Failure::message(Exit::OutputFailed, "cannot write the output: stdout is closed")
        .hint("type >/dev/null for what is not wanted")
}

/// Writes a report whole. A reader that is gone has read enough: no error.
///
/// # Errors
/// Status 23 when stdout cannot be written.
pub fn write(text: &str) -> Result<(), Failure> {
    if sys::stdout_was_closed() {
        return Err(no_stdout());
    }
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::message(Exit::OutputFailed, format!("cannot write the output: {}", reason(&error))))
        }
        _ => Ok(()),
    }
}
