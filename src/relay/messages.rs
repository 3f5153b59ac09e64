//! A relay of a stream of bytes and a message socket: messages are cut out of what is read, and what comes is written with the
//! ending that the framing says.

use std::io;
use std::task::{Context, Poll, ready};

use super::drive::{self, Traffic};
use super::half_close::Rules;
use super::lane::{Failed, Moved, Observer};
use super::side::Side;
use super::{Outcome, Waiting, buffer};
use crate::event::{Direction, Report};
use crate::filter::Transform;
use crate::message::{Message, Split, Splitter};
use crate::transport::{Descriptor, Messages};

struct Relayed<'a, S> {
    stream: &'a mut S,
    socket: &'a Messages,
    split: Split,
    observer: &'a dyn Observer,
    report: &'a dyn Report,
    splitter: Splitter,
    /// Read from the stream and not split yet: `input[start..filled]`.
    input: Vec<u8>,
    start: usize,
    filled: usize,
    ended: bool,
    /// The message that is being sent, where there is one.
    outgoing: Message,
    sending: bool,
    /// Messages were sent since the last flush.
    unflushed: bool,
    /// What is being written to the stream: `output[written..]`.
    output: Vec<u8>,
    written: usize,
    incoming: Message,
    shown: Shown,
}

/// How messages are written for whoever reads them.
pub enum Shown {
    /// Byte for byte, ended as the framing says.
    Plain,
    /// Made fit for a terminal, and ended as the framing says.
    Escaped(Box<dyn Transform>),
    /// As a dump, whose lines tell them apart.
    Dumped(Box<dyn Transform>),
}

/// Relays until both directions are over or a rule ends it.
pub async fn run(
    stream: &mut impl Side,
    socket: &Messages,
    rules: Rules,
    split: Split,
    observer: &dyn Observer,
    report: &dyn Report,
    waiting: Waiting,
) -> Outcome {
    run_shown(stream, socket, rules, split, observer, report, waiting, Shown::Plain).await
}

/// As [`run`]; what is written to the stream is written as `shown` says.
#[expect(clippy::too_many_arguments, reason = "those of `run` and one more")]
pub async fn run_shown(
    stream: &mut impl Side,
    socket: &Messages,
    rules: Rules,
    split: Split,
    observer: &dyn Observer,
    report: &dyn Report,
    waiting: Waiting,
    shown: Shown,
) -> Outcome {
    let messages = Relayed {
        stream,
        socket,
        split,
        observer,
        report,
        splitter: Splitter::new(split, socket.limit()),
        input: vec![0; buffer::LARGEST / 4],
        start: 0,
        filled: 0,
        ended: false,
        outgoing: Message::default(),
        sending: false,
        unflushed: false,
        output: Vec::new(),
        written: 0,
        incoming: Message::default(),
        shown,
    };
    drive::run(messages, rules, waiting).await
}

impl<S: Side> Relayed<'_, S> {
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        loop {
            if self.sending {
                ready!(self.socket.poll_send(cx, &self.outgoing)).map_err(Failed::Writing)?;
                (self.sending, self.unflushed) = (false, true);
                self.note(Direction::Out, self.outgoing.bytes()).map_err(Failed::Recording)?;
                return Poll::Ready(Ok(Moved::Bytes(self.outgoing.len())));
            }
            let mut rest = self.input.get(self.start..self.filled).unwrap_or_default();
            let before = rest.len();
            let invalid = |error| Failed::Converting(io::Error::new(io::ErrorKind::InvalidData, error));
            if let Some(message) = self.splitter.next_message(&mut rest).map_err(invalid)? {
                self.outgoing.set(message);
                self.sending = true;
            }
            self.start += before - rest.len();
            if self.sending {
                continue;
            }
            if self.ended {
                match self.splitter.finish().map_err(invalid)? {
                    Some(message) => {
                        self.outgoing.set(message);
                        self.sending = true;
                    }
                    None => return Poll::Ready(Ok(Moved::End)),
                }
                continue;
            }
            let read = match self.stream.poll_read(cx, &mut self.input) {
                Poll::Ready(read) => read.map_err(Failed::Reading)?,
                // Nothing more for the moment: what was taken leaves now.
                Poll::Pending if self.unflushed => {
                    ready!(self.socket.poll_flush(cx)).map_err(Failed::Writing)?;
                    self.unflushed = false;
                    return Poll::Pending;
                }
                Poll::Pending => return Poll::Pending,
            };
            (self.start, self.filled) = (0, read);
            self.ended = read == 0;
        }
    }

    fn poll_in(&mut self, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        loop {
            if let Some(rest) = self.output.get(self.written..).filter(|rest| !rest.is_empty()) {
                let written = ready!(self.stream.poll_write(cx, rest)).map_err(Failed::Writing)?;
                if written == 0 {
                    return Poll::Ready(Err(Failed::Writing(io::ErrorKind::WriteZero.into())));
                }
                self.written += written;
                return Poll::Ready(Ok(Moved::Bytes(written)));
            }
            if !ready!(self.socket.poll_receive(cx, &mut self.incoming)).map_err(Failed::Reading)? {
                return Poll::Ready(Ok(Moved::End));
            }
            let message = self.incoming.bytes();
            self.note(Direction::In, message).map_err(Failed::Recording)?;
            self.output.clear();
            self.written = 0;
            let unfit = |error| Failed::Converting(io::Error::new(io::ErrorKind::InvalidData, error));
            match &mut self.shown {
                Shown::Plain => self.split.join(message, &mut self.output).map_err(unfit)?,
                Shown::Escaped(escape) => {
                    let mut text = Vec::with_capacity(message.len());
                    escape.push(message, &mut text).map_err(Failed::Converting)?;
                    escape.finish(&mut text).map_err(Failed::Converting)?;
                    self.split.join(&text, &mut self.output).map_err(unfit)?;
                }
                Shown::Dumped(dump) => dump.push(message, &mut self.output).map_err(Failed::Converting)?,
            }
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

impl<S: Side> Traffic for Relayed<'_, S> {
    fn poll_move(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        match direction {
            Direction::Out => self.poll_out(cx),
            Direction::In => self.poll_in(cx),
        }
    }

    fn poll_end(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match direction {
            Direction::Out => self.socket.poll_end(cx),
            Direction::In => self.stream.poll_end(cx),
        }
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.poll_gone(cx)
    }

    fn ended(&self, direction: Direction) {
        self.observer.ended(direction);
    }

    fn all_acknowledged(&self) -> bool {
        true
    }

    fn sources(&self) -> [Option<&Descriptor>; 2] {
        [self.stream.source(), None]
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::OwnedFd;

    use socket2::{Domain, Socket, Type};

    use super::*;
    use crate::event::{Event, Phase};
    use crate::relay::{Output, Stdio};
    use crate::transport::seqpacket::Seqpacket;

    struct Deaf;

    impl Observer for Deaf {
        fn wants_bytes(&self) -> bool {
            false
        }
        fn wire(&self, _: Direction, _: &[u8]) -> io::Result<()> {
            Ok(())
        }
        fn moved(&self, _: Direction, _: u64) {}
        fn ended(&self, _: Direction) {}
    }

    impl Report for Deaf {
        fn event(&self, _: &str, _: &Event) {}
        fn remark(&self, _: &str) {}
        fn phase(&self, _: Phase, _: std::time::Duration) {}
        fn message(&self, _: Direction) {}
    }

    /// An input that has nothing to give at first adds nothing of its own when it does.
    #[tokio::test]
    async fn late_input_is_sent_as_it_came() {
        let (ours, theirs) = Socket::pair(Domain::UNIX, Type::SEQPACKET, None).unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let of = |socket| Messages::Seqpacket(Seqpacket::new(socket, None).unwrap());
        let (ours, theirs) = (of(ours), of(theirs));
        let (reader, mut writer) = io::pipe().unwrap();
        let mut stdio = Stdio::new(Some(Descriptor::own_pipe(OwnedFd::from(reader)).unwrap()), Output::Discard);
        let relay = run(&mut stdio, &ours, Rules::SYMMETRIC, Split::Line, &Deaf, &Deaf, Waiting::Patient);
        let peer = async {
            // The relay has found the input empty by now: it was polled first.
            writer.write_all(b"one\ntwo").unwrap();
            drop(writer);
            let mut message = Message::default();
            let mut heard: Vec<Vec<u8>> = Vec::new();
            while theirs.receive(&mut message).await.unwrap() {
                heard.push(message.bytes().to_vec());
            }
            theirs.end().await.unwrap();
            heard
        };
        let both = async { tokio::join!(biased; relay, peer) };
        let (outcome, heard) = tokio::time::timeout(std::time::Duration::from_secs(10), both).await.unwrap();
        assert!(outcome.fault.is_none(), "{outcome:?}");
        assert_eq!(heard, [b"one", b"two"]);
    }
}
