//! Reports of verbs on stdout: answers, records, texts of help. Received data takes another way.

use std::io::{self, Write};

use crate::exit::Exit;
use crate::failure::{Failure, reason};

/// Writes a report whole. A reader that is gone has read enough: no error.
///
/// # Errors
/// Status 23 when stdout cannot be written.
pub fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::message(Exit::OutputFailed, format!("cannot write the output: {}", reason(&error))))
        }
        _ => Ok(()),
    }
}
