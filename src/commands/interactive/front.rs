//! What a person sees and types into: the line editor with the screen above it, or plain lines where the terminal cannot move
//! its cursor. What the lines mean is not known here.

use std::io;
use std::task::{Context, Poll, ready};

use crossterm::event::Event as Pressed;
use tokio::sync::mpsc;

use super::signals::{Change, Signals, stop_job};
use crate::terminal::screen::Live;
use crate::terminal::tty::{self, Tty, Use};
use crate::terminal::{Action, Editor, Entry, History, Mark, Paint, Screen, keyboard, keymap};
use crate::transport::Descriptor;

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A line.
    Line(Vec<u8>),
    /// Ctrl-D.
    EndOfInput,
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
        let output = Output { terminal: Descriptor::stdout()?, bytes: Vec::new(), written: 0 };
        if !tty::is_capable() {
            let paint = Paint { color: false };
            let input = Descriptor::stdin()?;
            return Ok(Front::Plain(PlainFront { input, typed: Vec::new(), output, paint, shown: 0, open: false }));
        }
        let signals = Signals::listen()?;
        let tty = Tty::take(Use::Editor)?;
        let screen = Screen::new(tty::size(), paint);
        let editor = Editor::new(history, words);
        Ok(Front::Editor(Box::new(EditorFront { screen, editor, keys: keyboard::keys()?, signals, output, tty })))
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
            Front::Editor(front) => &mut front.output,
            Front::Plain(front) => &mut front.output,
        }
    }

    /// Shows lines.
    pub fn show(&mut self, entries: &[Entry], time: Option<&str>) {
        match self {
            Front::Editor(front) => front.screen.print(entries, time),
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
            Front::Editor(front) => {
                front.screen.erase();
                front.output.add(front.screen.take_output());
            }
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
            Front::Editor(front) => Some(&mut front.editor),
            Front::Plain(_) => None,
        }
    }
}

/// What waits to be written to the terminal. Nothing is dropped: who gives more than it takes has to wait.
pub struct Output {
    terminal: Descriptor,
    bytes: Vec<u8>,
    written: usize,
}

impl Output {
    /// The terminal of stdout.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn open() -> io::Result<Self> {
        Ok(Output { terminal: Descriptor::stdout()?, bytes: Vec::new(), written: 0 })
    }

    /// Adds bytes.
    pub fn add(&mut self, mut bytes: Vec<u8>) {
        match self.is_empty() {
            true => (self.bytes, self.written) = (bytes, 0),
            false => self.bytes.append(&mut bytes),
        }
    }

    /// Whether everything is written.
    pub fn is_empty(&self) -> bool {
        self.written >= self.bytes.len()
    }

    /// Writes; ready when everything is.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.bytes.get(self.written..).filter(|rest| !rest.is_empty()) {
            self.written += ready!(self.terminal.poll_write(cx, rest))?;
        }
        Poll::Ready(Ok(()))
    }
}

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
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Input>> {
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
            Action::EndOfInput => Input::EndOfInput,
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

    fn refresh(&mut self, view: &View<'_>) {
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
}

impl PlainFront {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Input>> {
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
                return Poll::Ready(Ok(Input::EndOfInput));
            }
            if count == 0 || self.typed.len() > LONGEST {
                return Poll::Ready(Ok(Input::Line(std::mem::take(&mut self.typed))));
            }
            self.typed.extend_from_slice(space.get(..count).unwrap_or_default());
        }
    }

    fn end_line(&mut self) {
        if std::mem::take(&mut self.open) {
            self.output.add(b"\n".to_vec());
        }
    }

    fn show(&mut self, entries: &[Entry], time: Option<&str>) {
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

    fn refresh(&mut self, view: &View<'_>) {
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
