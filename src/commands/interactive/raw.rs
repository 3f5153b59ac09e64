//! `--raw`: each character goes to the peer as it is typed, and what the peer sends goes to the terminal as it is, for programs
//! that draw on it. `Ctrl-]` leaves.

use std::io;
use std::task::{Context, Poll};

use super::front::Output;
use super::link::{Link, Lost, Received};
use super::outgoing::Outgoing;
use super::signals::{Change, Signals};
use super::{Ending, Gathered, Place, Terms, last_line};
use crate::event::{Direction, Report};
use crate::filter::{self, LineEnding};
use crate::relay::Blame;
use crate::service::Watcher;
use crate::terminal::tty::{self, Tty, Use};
use crate::terminal::{Entry, Mark, Paint};
use crate::transport::Descriptor;

/// What leaves: `Ctrl-]`, as in telnet(1).
const LEAVE: u8 = 0x1d;

struct Raw<'a> {
    link: Link,
    watcher: &'a dyn Watcher,
    report: &'a dyn Report,
    outgoing: Outgoing,
    /// What Enter sends.
    enter: &'static [u8],
    input: Descriptor,
    output: Output,
    /// The last two bytes that were shown.
    tail: [u8; 2],
    signals: Signals,
    buffer: Vec<u8>,
}

enum Happening {
    Typed(io::Result<Vec<u8>>),
    Changed(io::Result<Change>),
    Terminal(io::Error),
    Sent(Result<bool, Lost>),
    Received(Result<Received, Lost>),
}

/// Holds a conversation, character by character.
///
/// # Errors
/// The terminal cannot be used.
pub async fn hold(parts: Gathered<'_, '_>, terms: Terms, place: &Place<'_>) -> io::Result<Ending> {
    let Gathered { link, watcher, report, mut lane, .. } = parts;
    let enter: &[u8] = match terms.endings.outgoing {
        Some(kind @ (LineEnding::CrLf | LineEnding::Lf)) => kind.terminator(),
        Some(LineEnding::Cr | LineEnding::None) | None => b"\r",
    };
    let (input, output, signals) = (Descriptor::stdin()?, Output::open()?, Signals::listen()?);
    let tty = Tty::take(Use::PassThrough)?;
    let outgoing = Outgoing::new(None, false);
    let mut raw =
        Raw { link, watcher, report, outgoing, enter, input, output, tail: *b"\r\n", signals, buffer: Vec::new() };
    raw.note(&format!("{}; Ctrl-] leaves", place.greeting));
    let mut converter = terms.endings.incoming.filter(|kind| kind.converts()).map(filter::Incoming::new);
    let ending = loop {
        match std::future::poll_fn(|cx| raw.poll(&tty, cx)).await {
            Happening::Typed(Ok(typed)) => {
                let (before, leaves) = match typed.iter().position(|byte| *byte == LEAVE) {
                    Some(at) => (typed.get(..at).unwrap_or_default(), true),
                    None => (typed.as_slice(), false),
                };
                raw.say(before);
                if leaves || typed.is_empty() {
                    break if terms.detaches { Ending::Detached } else { Ending::Closed };
                }
            }
            Happening::Typed(Err(error)) | Happening::Changed(Err(error)) | Happening::Terminal(error) => {
                break Ending::NoTerminal(error);
            }
            Happening::Changed(Ok(_)) => raw.tell_window(),
            Happening::Sent(Ok(_)) => {}
            Happening::Sent(Err(lost)) | Happening::Received(Err(lost)) => break Ending::Lost(lost),
            Happening::Received(Ok(received)) => {
                let ended = received == Received::End;
                if received == Received::Message {
                    report.message(Direction::In);
                }
                match lane.receive(&raw.buffer, ended) {
                    Ok(bytes) => raw.show(match &mut converter {
                        None => bytes.into_owned(),
                        Some(converter) => {
                            let mut converted = Vec::new();
                            converter.push(&bytes, &mut converted);
                            converted
                        }
                    }),
                    Err(error) => break Ending::Lost(Lost::Broken(Blame::Recording, error)),
                }
                if ended {
                    lane.ended();
                    break Ending::PeerClosed;
                }
            }
        }
    };
    let (came, went) = watcher.totals();
    let last = async {
        let _ = std::future::poll_fn(|cx| raw.poll_rest(cx)).await;
        tty.leave();
        // Also an error, which is told later, begins at the left.
        raw.output.add(raw.to_the_left().to_vec());
        if let Some(text) = last_line(&ending, place.peer, &place.left, came, went) {
            raw.note(&text);
        }
        let _ = std::future::poll_fn(|cx| raw.output.poll_flush(cx)).await;
        if let Link::Kept(kept) = &mut raw.link {
            kept.settle().await;
        }
    };
    let _ = tokio::time::timeout(super::LAST_WORDS, last).await;
    Ok(ending)
}

impl Raw<'_> {
    fn poll(&mut self, tty: &Tty, cx: &mut Context<'_>) -> Poll<Happening> {
        if let Poll::Ready(change) = self.signals.poll(tty, cx) {
            return Poll::Ready(Happening::Changed(change));
        }
        // A peer that takes nothing stops the keyboard, too, but for what leaves.
        let mut space = [0; 4096];
        if let Poll::Ready(read) = self.input.poll_read(cx, &mut space) {
            return Poll::Ready(Happening::Typed(read.map(|count| space.get(..count).unwrap_or_default().to_vec())));
        }
        if let Poll::Ready(Err(error)) = self.output.poll_flush(cx) {
            return Poll::Ready(Happening::Terminal(error));
        }
        match self.outgoing.poll_send(&mut self.link, self.watcher, self.report, cx) {
            Poll::Ready(Ok(false)) | Poll::Pending => {}
            sent @ Poll::Ready(_) => return sent.map(Happening::Sent),
        }
        if self.output.is_empty() {
            return self.link.poll_receive(cx, &mut self.buffer).map(Happening::Received);
        }
        Poll::Pending
    }

    /// What is to be delivered before the end: both ways, as far as the other side takes it.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Poll::Ready(Ok(true)) = self.outgoing.poll_send(&mut self.link, self.watcher, self.report, cx) {}
        self.output.poll_flush(cx)
    }

    /// Sends what was typed; too much of it is refused by a bell.
    fn say(&mut self, typed: &[u8]) {
        if typed.is_empty() {
            return;
        }
        if self.outgoing.refusal().is_some() {
            return self.output.add(b"\x07".to_vec());
        }
        let mut bytes = Vec::with_capacity(typed.len());
        for byte in typed {
            match byte {
                b'\r' => bytes.extend_from_slice(self.enter),
                byte => bytes.push(*byte),
            }
        }
        self.outgoing.bytes(bytes);
    }

    fn show(&mut self, bytes: Vec<u8>) {
        match *bytes.as_slice() {
            [.., first, second] => self.tail = [first, second],
            [only] => self.tail = [self.tail[1], only],
            [] => {}
        }
        self.output.add(bytes);
    }

    /// What leads to the beginning of a line, as far as what was shown tells where the cursor is. A line feed alone moves it down
    /// only.
    fn to_the_left(&self) -> &'static [u8] {
        match self.tail {
            [b'\r', b'\n'] => b"",
            [_, b'\n'] => b"\r",
            _ => b"\r\n",
        }
    }

    fn note(&mut self, text: &str) {
        let line = Paint { color: false }.line(&Entry::new(Mark::Note, text), None);
        self.output.add(format!("{line}\r\n").into_bytes());
    }

    fn tell_window(&mut self) {
        let (columns, rows) = tty::size();
        let narrow = |size: usize| u16::try_from(size).unwrap_or(u16::MAX);
        if let Link::Bytes(bytes) = &self.link
            && let Some(control) = bytes.telnet()
        {
            control.borrow_mut().resize(narrow(columns), narrow(rows));
        }
    }
}
