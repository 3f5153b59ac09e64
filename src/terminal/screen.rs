//! The screen: what has been said scrolls away above, and the live rows stay below: a line of the peer that is not at its end,
//! such as its prompt, and the line that is being written. This makes the bytes; writing them is the caller's.

use crossterm::cursor::{MoveRight, MoveToColumn, MoveUp};
use crossterm::terminal::{Clear, ClearType};
use crossterm::{Command, cursor};

use super::layout::{Block, Row};
use super::mark::{Entry, Mark, Paint};

/// What the live rows show.
#[derive(Debug, Clone, Default)]
pub struct Live<'a> {
    /// The peer's line that is not at its end.
    pub unfinished: Option<(Mark, &'a str)>,
    /// What stands before the line that is being written.
    pub label: &'a str,
    /// The line.
    pub text: &'a str,
    /// Where the cursor is in it, in bytes.
    pub cursor: usize,
    /// Whether the line is a secret.
    pub hidden: bool,
}

/// The rows that are drawn, as far as they have to be known to take them away.
#[derive(Debug)]
struct Drawn {
    widths: Vec<usize>,
    cursor: (usize, usize),
}

/// A screen that shows a conversation.
#[derive(Debug)]
pub struct Screen {
    columns: usize,
    rows: usize,
    paint: Paint,
    drawn: Option<Drawn>,
    output: String,
}

impl Screen {
    /// A screen of this size whose cursor is at the beginning of a row.
    pub fn new(size: (usize, usize), paint: Paint) -> Self {
        let mut screen = Screen { columns: 0, rows: 0, paint, drawn: None, output: String::new() };
        screen.resize(size);
        screen
    }

    /// The screen has another size, in columns and rows.
    pub fn resize(&mut self, (columns, rows): (usize, usize)) {
        self.columns = columns.max(2);
        self.rows = rows.max(2);
    }

    /// What is to be written to the terminal.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output).into_bytes()
    }

    /// Shows these lines above the live rows, which have to be drawn again.
    pub fn print<'e>(&mut self, entries: impl IntoIterator<Item = &'e Entry>, time: Option<&str>) {
        self.erase();
        for entry in entries {
            // What the peer says is left to the terminal to wrap, so that it can be copied as it is.
            let pieces = match entry.mark {
                Mark::Note | Mark::Trouble => {
                    wrapped(&entry.text, self.columns.saturating_sub(entry.mark.text().len()))
                }
                Mark::In | Mark::Rest | Mark::Out => vec![entry.text.clone()],
            };
            for text in pieces {
                let line = self.paint.line(&Entry { mark: entry.mark, text }, time);
                self.output.push_str(&line);
                self.output.push_str("\r\n");
            }
        }
    }

    /// Takes the live rows away.
    pub fn erase(&mut self) {
        let Some(drawn) = self.drawn.take() else { return };
        // A terminal that has become narrower has wrapped the rows that did not fit any more.
        let wrapped = |width: usize| width.saturating_sub(1) / self.columns;
        let (row, column) = drawn.cursor;
        let above: usize = drawn.widths.iter().take(row).map(|width| 1 + wrapped(*width)).sum();
        let up = above + column / self.columns;
        if up > 0 {
            self.command(MoveUp(u16::try_from(up).unwrap_or(u16::MAX)));
        }
        self.output.push('\r');
        self.command(Clear(ClearType::FromCursorDown));
    }

    /// Clears the whole screen.
    pub fn clear(&mut self) {
        self.drawn = None;
        self.command(Clear(ClearType::All));
        self.command(cursor::MoveTo(0, 0));
    }

    /// What was drawn is not there any more: the terminal was used by others.
    pub fn forget(&mut self) {
        self.drawn = None;
        self.output.push('\r');
        self.command(Clear(ClearType::FromCursorDown));
    }

    /// Draws the live rows, in the place of those that are drawn.
    pub fn draw(&mut self, live: &Live<'_>) {
        self.erase();
        let (written, cursor) = self.written(live).around_cursor(self.rows - 1);
        let space = (self.rows - 1).saturating_sub(written.len()).min(self.rows / 2);
        let mut rows = match live.unfinished {
            Some((mark, text)) if space > 0 => self.unfinished(mark, text, space),
            _ => Vec::new(),
        };
        let cursor = (rows.len() + cursor.0, cursor.1);
        rows.extend(written);
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                self.output.push_str("\r\n");
            }
            self.output.push_str(&row.text);
        }
        self.output.push_str(self.paint.off());
        let below = rows.len().saturating_sub(1 + cursor.0);
        if below > 0 {
            self.command(MoveUp(u16::try_from(below).unwrap_or(u16::MAX)));
        }
        self.command(MoveToColumn(0));
        if cursor.1 > 0 {
            self.command(MoveRight(u16::try_from(cursor.1).unwrap_or(u16::MAX)));
        }
        self.drawn = Some(Drawn { widths: rows.iter().map(|row| row.width).collect(), cursor });
    }

    fn written(&self, live: &Live<'_>) -> Block {
        let mut block = Block::new(self.columns);
        block.style(self.paint.mark(Mark::Out));
        block.text(live.label);
        block.style(self.paint.off());
        let mut passed = false;
        for (at, c) in live.text.char_indices() {
            if at >= live.cursor && !passed {
                block.cursor_here();
                passed = true;
            }
            block.character(if live.hidden { '*' } else { c });
        }
        if !passed {
            block.cursor_here();
        }
        block
    }

    /// The end of the peer's unfinished line, as far as there is space. No more of it is laid out than could be seen.
    fn unfinished(&self, mark: Mark, text: &str, space: usize) -> Vec<Row> {
        let seen = text.floor_char_boundary(text.len().saturating_sub(space * self.columns * 4));
        let (skipped, text) = text.split_at_checked(seen).unwrap_or(("", text));
        let mut block = Block::new(self.columns);
        block.style(self.paint.mark(mark));
        block.text(if skipped.is_empty() { mark.text() } else { "…" });
        block.style(self.paint.off());
        block.text(text);
        block.last_rows(space)
    }

    fn command(&mut self, command: impl Command) {
        // Writing to a String does not fail.
        let _ = command.write_ansi(&mut self.output);
    }
}

/// Wraps a sentence between its words; what is more than one blank away stays below itself.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let hanging = text.find("  ").map_or(0, |at| text.len() - text.get(at..).unwrap_or_default().trim_start().len());
    let hanging = if hanging < columns / 2 { hanging } else { 0 };
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.trim_end().is_empty() || line.chars().count() + word.trim_end().chars().count() <= columns {
            line.push_str(word);
        } else {
            lines.push(format!("{}{word}", " ".repeat(hanging)));
        }
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines
}

#[cfg(test)]
mod tests;
