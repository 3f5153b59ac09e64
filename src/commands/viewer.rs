//! `--view`: shows what passes on stdout, where there is nothing else.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, SystemTime};

use super::context::Context;
use crate::event::Direction;
use crate::output::transcript;
use crate::output::view::{Chunk, Form, View};

/// Shows traffic on stdout.
#[derive(Debug)]
pub struct Viewer {
    form: Form,
    color: bool,
    json: bool,
}

impl Viewer {
    /// Shows it in this form; with `--json` as lines of JSON, the same as those of a transcript.
    pub fn new(form: Form, context: &Context) -> Self {
        Viewer { form, color: context.color, json: context.json }
    }

    /// Shows one chunk, whole and at once.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn show(&self, id: &str, direction: Direction, elapsed: Duration, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.json {
            let (id, bytes) = (id.into(), bytes.into());
            let record = transcript::Record { time: SystemTime::now(), offset: elapsed, id, direction, bytes };
            let mut line = Vec::new();
            record.write_to(&mut line)?;
            stdout.write_all(&line)?;
        } else {
            let view = View { form: self.form, color: self.color, width: width() };
            stdout.write_all(view.lines(Chunk { time: elapsed, id, direction, bytes }).as_bytes())?;
        }
        stdout.flush()
    }
}

/// The columns of the terminal, if stdout is one.
fn width() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&stdout).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}
