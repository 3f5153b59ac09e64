//! A relay of the standard streams and a message socket: messages are cut out of what is read, and what comes is written
//! with the ending that the framing says.

use std::io;
use std::task::{Context, Poll, ready};

use super::drive::{self, Traffic};
use super::half_close::Rules;
use super::lane::{Failed, Moved, Observer};
use super::side::Side;
use super::stdio::Stdio;
use super::{Outcome, Waiting, buffer};
use crate::event::{Direction, Report};
use crate::message::{Split, Splitter};
use crate::transport::Descriptor;
use crate::transport::seqpacket::{MAX_MESSAGE, Seqpacket};

struct Messages<'a> {
    stdio: &'a mut Stdio,
    socket: &'a Seqpacket,
    split: Split,
    observer: &'a dyn Observer,
    report: &'a dyn Report,
    splitter: Splitter,
    /// Read from stdin and not split yet: `input[start..filled]`.
    input: Vec<u8>,
    start: usize,
    filled: usize,
    ended: bool,
    /// The message that is being sent.
    sending: Option<Vec<u8>>,
    /// What is being written to stdout: `output[written..]`.
    output: Vec<u8>,
    written: usize,
    space: Vec<u8>,
}

/// Relays until both directions are over or a rule ends it.
pub async fn run(
    stdio: &mut Stdio,
    socket: &Seqpacket,
    rules: Rules,
    split: Split,
    observer: &dyn Observer,
    report: &dyn Report,
) -> Outcome {
    let messages = Messages {
        stdio,
        socket,
        split,
        observer,
        report,
        splitter: Splitter::new(split, MAX_MESSAGE),
        input: vec![0; buffer::LARGEST / 4],
        start: 0,
        filled: 0,
        ended: false,
        sending: None,
        output: Vec::new(),
        written: 0,
        space: vec![0; MAX_MESSAGE],
    };
    drive::run(messages, rules, Waiting::Eager).await
}

impl Messages<'_> {
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        loop {
            if let Some(message) = &self.sending {
                ready!(self.socket.poll_send(cx, message)).map_err(Failed::Writing)?;
                let length = message.len();
                self.note(Direction::Out, message).map_err(Failed::Recording)?;
                self.sending = None;
                return Poll::Ready(Ok(Moved::Bytes(length)));
            }
            let mut rest = self.input.get(self.start..self.filled).unwrap_or_default();
            let before = rest.len();
            let invalid = |error| Failed::Converting(io::Error::new(io::ErrorKind::InvalidData, error));
            if let Some(message) = self.splitter.next_message(&mut rest).map_err(invalid)? {
                self.sending = Some(message.to_vec());
            }
            self.start += before - rest.len();
            if self.sending.is_some() {
                continue;
            }
            if self.ended {
                match self.splitter.finish().map_err(invalid)? {
                    Some(message) => self.sending = Some(message.to_vec()),
                    None => return Poll::Ready(Ok(Moved::End)),
                }
                continue;
            }
            let read = ready!(self.stdio.poll_read(cx, &mut self.input)).map_err(Failed::Reading)?;
            (self.start, self.filled) = (0, read);
            self.ended = read == 0;
        }
    }

    fn poll_in(&mut self, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        loop {
            if let Some(rest) = self.output.get(self.written..).filter(|rest| !rest.is_empty()) {
                let written = ready!(self.stdio.poll_write(cx, rest)).map_err(Failed::Writing)?;
                if written == 0 {
                    return Poll::Ready(Err(Failed::Writing(io::ErrorKind::WriteZero.into())));
                }
                self.written += written;
                return Poll::Ready(Ok(Moved::Bytes(written)));
            }
            let length = ready!(self.socket.poll_receive(cx, &mut self.space)).map_err(Failed::Reading)?;
            if length == 0 {
                return Poll::Ready(Ok(Moved::End));
            }
            let message = self.space.get(..length).unwrap_or_default();
            self.note(Direction::In, message).map_err(Failed::Recording)?;
            self.output.clear();
            self.written = 0;
            let joined = self.split.join(message, &mut self.output);
            joined.map_err(|error| Failed::Converting(io::Error::new(io::ErrorKind::InvalidData, error)))?;
            if self.output.is_empty() {
                return Poll::Ready(Ok(Moved::Bytes(0)));
            }
        }
    }

    fn note(&self, direction: Direction, message: &[u8]) -> io::Result<()> {
        self.report.message(direction);
        self.observer.moved(direction, message.len() as u64);
        if self.observer.wants_bytes() { self.observer.wire(direction, message) } else { Ok(()) }
    }
}

impl Traffic for Messages<'_> {
    fn poll_move(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        match direction {
            Direction::Out => self.poll_out(cx),
            Direction::In => self.poll_in(cx),
        }
    }

    fn poll_end(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match direction {
            Direction::Out => Poll::Ready(self.socket.shutdown()),
            Direction::In => self.stdio.poll_end(cx),
        }
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stdio.poll_gone(cx)
    }

    fn ended(&self, direction: Direction) {
        self.observer.ended(direction);
    }

    fn all_acknowledged(&self) -> bool {
        true
    }

    fn sources(&self) -> [Option<&Descriptor>; 2] {
        [self.stdio.source(), None]
    }
}
