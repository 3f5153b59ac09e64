//! What a person sees and types into: the line editor with the screen above it, or plain lines where the terminal cannot move
//! its cursor. What the lines mean is not known here.

mod output;
mod plain;
mod with_editor;

use std::io;
use std::task::{Context, Poll};

use crate::terminal::tty;
use crate::terminal::{Editor, Entry, History, Mark, Paint};

pub use output::Output;
use plain::PlainFront;
use with_editor::EditorFront;

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A line.
    Line(Vec<u8>),
    /// Ctrl-D.
    End,
    /// Ctrl-C, and whether there was nothing to clear.
    Interrupt {
        /// The line was empty.
        idle: bool,
    },
    /// Something on the screen is to be drawn again.
    Redraw,
    /// The window has another size.
    Resized,
    /// Something for the person to know.
    Note(String),
}

/// What is shown below what was said.
#[derive(Debug, Clone, Default)]
pub struct View<'a> {
    /// The peer's line that is not at its end.
    pub unfinished: Option<(Mark, &'a str)>,
    /// What stands before the line that is being written.
    pub label: &'a str,
    /// Whether the line is a secret.
    pub hidden: bool,
}

/// The terminal of a conversation.
pub enum Front {
    /// With a cursor that moves.
    Editor(Box<EditorFront>),
    /// Without.
    Plain(PlainFront),
}

impl Front {
    /// The terminal, as well as it can.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn open(history: History, words: Vec<&'static str>, paint: Paint) -> io::Result<Self> {
        Ok(match tty::is_capable() {
            true => Front::Editor(Box::new(EditorFront::open(history, words, paint)?)),
            false => Front::Plain(PlainFront::open()?),
        })
    }

    /// What is typed next.
    pub fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Input>> {
        match self {
            Front::Editor(front) => front.poll_input(cx),
            Front::Plain(front) => front.poll_input(cx),
        }
    }

    /// Writes what is to be shown; ready when nothing is left.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.output().poll_flush(cx)
    }

    /// Whether everything is on the terminal.
    pub fn is_flushed(&mut self) -> bool {
        self.output().is_empty()
    }

    fn output(&mut self) -> &mut Output {
        match self {
            Front::Editor(front) => front.output(),
            Front::Plain(front) => front.output(),
        }
    }

    /// Shows lines.
    pub fn show(&mut self, entries: &[Entry], time: Option<&str>) {
        match self {
            Front::Editor(front) => front.show(entries, time),
            Front::Plain(front) => front.show(entries, time),
        }
    }

    /// Shows what stays below.
    pub fn refresh(&mut self, view: &View<'_>) {
        match self {
            Front::Editor(front) => front.refresh(view),
            Front::Plain(front) => front.refresh(view),
        }
    }

    /// Nothing more is typed: what was below is taken away.
    pub fn close(&mut self) {
        match self {
            Front::Editor(front) => front.close(),
            Front::Plain(front) => front.end_line(),
        }
    }

    /// Whether what is typed is shown by the terminal itself.
    pub fn echoes(&self) -> bool {
        matches!(self, Front::Plain(_))
    }

    /// The editor, where there is one.
    pub fn editor(&mut self) -> Option<&mut Editor> {
        match self {
            Front::Editor(front) => Some(front.editor()),
            Front::Plain(_) => None,
        }
    }
}
