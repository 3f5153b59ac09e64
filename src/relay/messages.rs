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
use crate::message::{Split, Splitter};
use crate::transport::Descriptor;
use crate::transport::seqpacket::{MAX_MESSAGE, Seqpacket};

struct Messages<'a, S> {
    stream: &'a mut S,
    socket: &'a Seqpacket,
    split: Split,
    observer: &'a dyn Observer,
    report: &'a dyn Report,
    splitter: Splitter,
    /// Read from the stream and not split yet: `input[start..filled]`.
    input: Vec<u8>,
    start: usize,
    filled: usize,
    ended: bool,
    /// The message that is being sent.
    sending: Option<Vec<u8>>,
    /// What is being written to the stream: `output[written..]`.
    output: Vec<u8>,
    written: usize,
    space: Vec<u8>,
}

/// Relays until both directions are over or a rule ends it.
pub async fn run(
    stream: &mut impl Side,
    socket: &Seqpacket,
    rules: Rules,
    split: Split,
    observer: &dyn Observer,
    report: &dyn Report,
    waiting: Waiting,
) -> Outcome {
    let messages = Messages {
        stream,
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
    drive::run(messages, rules, waiting).await
}

impl<S: Side> Messages<'_, S> {
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
            let read = ready!(self.stream.poll_read(cx, &mut self.input)).map_err(Failed::Reading)?;
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
            let length = ready!(self.socket.poll_receive(cx, &mut self.space)).map_err(Failed::Reading)?;
            let Some(length) = length else { return Poll::Ready(Ok(Moved::End)) };
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

impl<S: Side> Traffic for Messages<'_, S> {
    fn poll_move(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        match direction {
            Direction::Out => self.poll_out(cx),
            Direction::In => self.poll_in(cx),
        }
    }

    fn poll_end(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match direction {
            Direction::Out => Poll::Ready(self.socket.shutdown()),
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
        let (ours, theirs) = (Seqpacket::new(ours, None).unwrap(), Seqpacket::new(theirs, None).unwrap());
        let (reader, mut writer) = io::pipe().unwrap();
        let mut stdio = Stdio::new(Some(Descriptor::own_pipe(OwnedFd::from(reader)).unwrap()), Output::Discard);
        let relay = run(&mut stdio, &ours, Rules::SYMMETRIC, Split::Line, &Deaf, &Deaf, Waiting::Patient);
        let peer = async {
            // The relay has found the input empty by now: it was polled first.
            writer.write_all(b"one\ntwo").unwrap();
            drop(writer);
            let mut space = [0; 64];
            let mut heard: Vec<Vec<u8>> = Vec::new();
            while let Some(count) = theirs.receive(&mut space).await.unwrap() {
                heard.push(space[..count].to_vec());
            }
            theirs.shutdown().unwrap();
            heard
        };
        let both = async { tokio::join!(biased; relay, peer) };
        let (outcome, heard) = tokio::time::timeout(std::time::Duration::from_secs(10), both).await.unwrap();
        assert!(outcome.fault.is_none(), "{outcome:?}");
        assert_eq!(heard, [b"one", b"two"]);
    }
}
