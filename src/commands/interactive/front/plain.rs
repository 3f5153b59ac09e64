//! Plain lines, for a terminal that cannot move its cursor.

use std::io;
use std::task::{Context, Poll, ready};

use super::{Input, Output, View};
use crate::terminal::tty::Echo;
use crate::terminal::{Entry, Mark, Paint};
use crate::transport::Descriptor;

/// The longest line that is taken without its end, in bytes.
const LONGEST: usize = 1 << 20;

/// Plain lines: the terminal does the editing that it can.
pub struct PlainFront {
    input: Descriptor,
    /// What was typed and is not at the end of its line.
    typed: Vec<u8>,
    output: Output,
    paint: Paint,
    /// How much of the peer's unfinished line is on the terminal, in bytes.
    shown: usize,
    /// Whether the cursor is behind it.
    open: bool,
    echo: Echo,
}

impl PlainFront {
    /// The terminal as it is.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn open() -> io::Result<Self> {
        let (input, output) = (Descriptor::stdin()?, Output::open()?);
        let (paint, echo) = (Paint { color: false }, Echo::default());
        Ok(PlainFront { input, typed: Vec::new(), output, paint, shown: 0, open: false, echo })
    }

    /// What waits to be written.
    pub fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// See [`super::Front::poll_input`].
    pub fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Input>> {
        loop {
            let end = self.typed.iter().position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let mut line: Vec<u8> = self.typed.drain(..=end).collect();
                line.pop();
                // The terminal has begun a new row.
                self.open = false;
                return Poll::Ready(Ok(Input::Line(line)));
            }
            let mut space = [0; 4096];
            let count = ready!(self.input.poll_read(cx, &mut space))?;
            if count == 0 && self.typed.is_empty() {
                return Poll::Ready(Ok(Input::End));
            }
            if count == 0 || self.typed.len() > LONGEST {
                return Poll::Ready(Ok(Input::Line(std::mem::take(&mut self.typed))));
            }
            self.typed.extend_from_slice(space.get(..count).unwrap_or_default());
        }
    }

    /// Ends a line that has no end yet.
    pub fn end_line(&mut self) {
        if std::mem::take(&mut self.open) {
            self.output.add(b"\n".to_vec());
        }
    }

    /// See [`super::Front::show`].
    pub fn show(&mut self, entries: &[Entry], time: Option<&str>) {
        for entry in entries {
            let shown = match entry.mark {
                Mark::In | Mark::Rest => std::mem::take(&mut self.shown),
                Mark::Out | Mark::Note | Mark::Trouble => 0,
            };
            // A line whose beginning is on the terminal goes on there, or below what came in between.
            let text = match (shown, entry.text.get(shown..).unwrap_or_default()) {
                (0, _) => {
                    self.end_line();
                    self.paint.line(entry, time)
                }
                (_, rest) if std::mem::take(&mut self.open) => rest.to_owned(),
                (_, "") => continue,
                (_, rest) => self.paint.line(&Entry::new(Mark::Rest, rest), None),
            };
            self.output.add(format!("{text}\n").into_bytes());
        }
    }

    /// See [`super::Front::refresh`].
    pub fn refresh(&mut self, view: &View<'_>) {
        if let Err(error) = self.echo.hide(view.hidden) {
            let text = format!("this terminal shows what you type: {}", crate::failure::reason(&error));
            self.show(&[Entry::new(Mark::Trouble, text)], None);
        }
        let Some((mark, text)) = view.unfinished else { return };
        let Some(more) = text.get(self.shown..).filter(|more| !more.is_empty()) else { return };
        let mark = match (self.open, self.shown) {
            (true, _) => "",
            (false, 0) => mark.text(),
            (false, _) => Mark::Rest.text(),
        };
        self.output.add(format!("{mark}{more}").into_bytes());
        (self.open, self.shown) = (true, text.len());
    }
}
