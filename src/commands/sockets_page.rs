//! `sockets --watch` at a terminal that can do it: the live table on a screen of its own, until somebody has seen enough.

use std::io;
use std::task::{Context as TaskContext, Poll};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::context::Context;
use super::interactive::{Change, Output, Signals, stop_job};
use super::sockets::{self, all};
use super::sockets_watch::{BEAT, Watch, size};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::terminal::keyboard;
use crate::terminal::tty::{self, Tty, Use};

/// What stands below the table.
const HINT: &str = "q leaves";

/// Whether the table gets a screen of its own.
pub fn is_wanted(options: sockets::Options, context: &Context) -> bool {
    options == sockets::Options::Watch && !context.json && tty::is_there() && tty::is_capable()
}

/// Shows the table until a key ends it.
///
/// # Errors
/// The directory does not pass; the terminal cannot be used.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let directory = std::sync::Arc::new(context.place.look()?);
    let no_terminal =
        |error: io::Error| Failure::message(Exit::OutputFailed, format!("cannot use the terminal: {}", reason(&error)));
    let mut page = Page::open().map_err(no_terminal)?;
    // Keepers are asked in a thread: one that does not answer holds up no key.
    let ask = || {
        let directory = directory.clone();
        tokio::task::spawn_blocking(move || all(&directory))
    };
    let (mut asking, mut beat, mut asked) = (Some(ask()), Instant::now(), Instant::now());
    loop {
        let idle = asking.is_none();
        let answer = async {
            match &mut asking {
                Some(asking) => asking.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            happened = std::future::poll_fn(|cx| page.poll(cx)) => match happened.map_err(no_terminal)? {
                Happened::Leave => return Ok(Exit::Done),
                Happened::Interrupt => return Ok(Exit::Signal(libc::SIGINT)),
                Happened::Redraw => page.draw(),
            },
            answer = answer => {
                asking = None;
                let statuses = answer
                    .map_err(|error| Failure::message(Exit::KeeperSilent, format!("cannot ask the keepers: {error}")))?;
                let now = Instant::now();
                page.watch.beat(&statuses, now - asked);
                (asked, beat) = (now, now + BEAT);
                page.draw();
            }
            () = sleep_until(beat), if idle => asking = Some(ask()),
        }
    }
}

enum Happened {
    Leave,
    Interrupt,
    Redraw,
}

struct Page {
    watch: Watch,
    keys: mpsc::Receiver<io::Result<Event>>,
    signals: Signals,
    output: Output,
    /// Dropped last: the terminal is given back after all else.
    tty: Tty,
}

impl Page {
    fn open() -> io::Result<Self> {
        let (output, signals) = (Output::open()?, Signals::listen()?);
        let tty = Tty::take(Use::Page)?;
        Ok(Page { watch: Watch::default(), keys: keyboard::keys()?, signals, output, tty })
    }

    /// What the terminal has to tell, while it is given what it has not taken yet.
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<io::Result<Happened>> {
        if let Poll::Ready(change) = self.signals.poll(&self.tty, cx) {
            return Poll::Ready(change.map(|_: Change| Happened::Redraw));
        }
        while let Poll::Ready(key) = self.keys.poll_recv(cx) {
            let Some(key) = key.transpose()? else { return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())) };
            if let Some(happened) = obey(&key)? {
                return Poll::Ready(Ok(happened));
            }
        }
        match self.output.poll_flush(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Pending,
        }
    }

    fn draw(&mut self) {
        // A terminal that takes nothing gets the next picture, not all of them.
        if !self.output.is_empty() {
            return;
        }
        let (width, height) = size();
        let mut lines = self.watch.lines((width, height));
        if lines.len() + 2 < height && width > HINT.len() {
            lines.extend(["\n".to_owned(), format!("{HINT}\n")]);
        }
        // ECMA-48: to the top; each line is erased to its end as it is drawn, and all below at last.
        let mut frame = String::from("\x1b[H");
        for line in &lines {
            frame.push_str(line.trim_end());
            frame.push_str("\x1b[K\r\n");
        }
        frame.push_str("\x1b[J");
        self.output.add(frame.into_bytes());
    }
}

/// What a key means, if it means anything.
fn obey(event: &Event) -> io::Result<Option<Happened>> {
    let Event::Key(KeyEvent { code, modifiers, .. }) = event else { return Ok(None) };
    Ok(match (code, modifiers.contains(KeyModifiers::CONTROL)) {
        (KeyCode::Char('q' | 'Q') | KeyCode::Esc, false) | (KeyCode::Char('d'), true) => Some(Happened::Leave),
        (KeyCode::Char('c'), true) => Some(Happened::Interrupt),
        (KeyCode::Char('z'), true) => stop_job()?.then_some(Happened::Redraw),
        (KeyCode::Char('l'), true) => Some(Happened::Redraw),
        _ => None,
    })
}
