//! The line editor with the screen above it.

use std::io;
use std::task::{Context, Poll, ready};

use crossterm::event::Event as Pressed;
use tokio::sync::mpsc;

use super::{Input, Output, View};
use crate::commands::interactive::signals::{Change, Signals, stop_job};
use crate::terminal::screen::Live;
use crate::terminal::tty::{self, Tty, Use};
use crate::terminal::{Action, Editor, Entry, History, Paint, Screen, keyboard, keymap};

/// The line editor and its screen.
pub struct EditorFront {
    screen: Screen,
    editor: Editor,
    keys: mpsc::Receiver<io::Result<Pressed>>,
    signals: Signals,
    output: Output,
    /// Dropped last: the terminal is given back after all else.
    tty: Tty,
}

impl EditorFront {
    /// Takes the terminal.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn open(history: History, words: Vec<&'static str>, paint: Paint) -> io::Result<Self> {
        let (output, signals) = (Output::open()?, Signals::listen()?);
        let tty = Tty::take(Use::Editor)?;
        let screen = Screen::new(tty::size(), paint);
        let editor = Editor::new(history, words);
        Ok(EditorFront { screen, editor, keys: keyboard::keys()?, signals, output, tty })
    }

    /// The editor.
    pub fn editor(&mut self) -> &mut Editor {
        &mut self.editor
    }

    /// What waits to be written.
    pub fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// See [`super::Front::show`].
    pub fn show(&mut self, entries: &[Entry], time: Option<&str>) {
        self.screen.print(entries, time);
    }

    /// See [`super::Front::close`].
    pub fn close(&mut self) {
        self.screen.erase();
        self.output.add(self.screen.take_output());
    }

    /// See [`super::Front::poll_input`].
    pub fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Input>> {
        loop {
            if let Poll::Ready(change) = self.signals.poll(&self.tty, cx) {
                if change? == Change::UsedByOthers {
                    self.screen.forget();
                }
                self.screen.resize(tty::size());
                return Poll::Ready(Ok(Input::Resized));
            }
            let pressed = match ready!(self.keys.poll_recv(cx)) {
                Some(pressed) => pressed?,
                None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            };
            let edit = match pressed {
                Pressed::Key(key) => keymap::edit(&key),
                // What is pasted is text, whatever it contains: a line end in it sends nothing.
                Pressed::Paste(text) => Some(keymap::Edit::Insert(text.replace("\r\n", "\n").replace('\r', "\n"))),
                _ => None,
            };
            if let Some(edit) = edit {
                return Poll::Ready(self.apply(edit));
            }
        }
    }

    fn apply(&mut self, edit: keymap::Edit) -> io::Result<Input> {
        Ok(match self.editor.apply(edit) {
            Action::Redraw => Input::Redraw,
            Action::Submit(line) => Input::Line(line.into_bytes()),
            Action::Interrupt { idle } => Input::Interrupt { idle },
            Action::EndOfInput => Input::End,
            Action::ClearScreen => {
                self.screen.clear();
                Input::Redraw
            }
            Action::Suspend if stop_job()? => Input::Redraw,
            Action::Suspend => Input::Note("no shell is there that could let this go on again".to_owned()),
            Action::Refused => {
                self.output.add(b"\x07".to_vec());
                Input::Redraw
            }
        })
    }

    /// See [`super::Front::refresh`].
    pub fn refresh(&mut self, view: &View<'_>) {
        let line = self.editor.line();
        let label = match self.editor.searching() {
            None => view.label.to_owned(),
            Some((query, true)) => format!("(search {query}) "),
            Some((query, false)) => format!("(no line has {query}) "),
        };
        let live = Live {
            unfinished: view.unfinished,
            label: &label,
            text: line.text(),
            cursor: line.cursor(),
            hidden: view.hidden,
        };
        self.screen.draw(&live);
        self.output.add(self.screen.take_output());
    }
}
