//! A relay of a stream of bytes and a message socket: messages are cut out of what is read, and what comes is written with the
//! ending that the framing says, or as JSON records.

use std::io;
use std::num::NonZeroU64;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use super::drive::{self, Traffic};
use super::half_close::Rules;
use super::lane::{Failed, Lane, Moved};
use super::side::Side;
use super::{Outcome, Waiting, buffer};
use crate::event::{Direction, Report};
use crate::message::parts::{self, Gatherer};
use crate::message::{Message, MessageRecord, Split, Splitter};
use crate::transport::{Descriptor, Messages};

/// So many bytes of messages are written to the stream at once, if they are there.
const WRITTEN_AT_ONCE: usize = 256 << 10;

/// So many messages are sent before the other direction gets its turn, not counting those that are taken behind another.
const SENT_AT_ONCE: usize = 128;

/// So many bytes of messages are sent before the other direction gets its turn.
const BYTES_AT_ONCE: usize = 256 << 10;

/// How messages look on the stream, and how many are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// What ends a message on the stream.
    pub split: Split,
    /// Whether each piece is a part of a message, and an empty one ends it.
    pub parts: bool,
    /// Whether each received message becomes a JSON record.
    pub records: bool,
    /// The end comes after this many received ones.
    pub count: Option<NonZeroU64>,
}

/// All messages as they are.
impl From<Split> for Form {
    fn from(split: Split) -> Self {
        Form { split, parts: false, records: false, count: None }
    }
}

struct Relayed<'a, S> {
    stream: &'a mut S,
    socket: &'a Messages,
    form: Form,
    outgoing: Lane<'a>,
    incoming: Lane<'a>,
    report: &'a dyn Report,
    splitter: Splitter,
    gatherer: Gatherer,
    /// Read from the stream and not split yet: `input[start..filled]`.
    input: Vec<u8>,
    start: usize,
    filled: usize,
    ended: bool,
    /// The message that is being sent, where there is one.
    message: Message,
    sending: bool,
    /// Why the input gives no more messages; told when those before it are delivered.
    unfit: Option<Failed>,
    /// Messages were sent since the last flush.
    unflushed: bool,
    /// What is being written to the stream: `output[written..]`.
    output: Vec<u8>,
    written: usize,
    received: Message,
    /// How many messages are still wanted.
    wanted: u64,
    /// Why nothing more comes; told when what came before is written.
    over: Option<Result<(), Failed>>,
}

/// Relays until both directions are over or a rule ends it. The lanes are those of the message socket's peer.
#[expect(clippy::too_many_arguments, reason = "two sides, two directions, and the rules between them")]
pub async fn run(
    stream: &mut impl Side,
    socket: &Messages,
    rules: Rules,
    form: impl Into<Form>,
    outgoing: Lane<'_>,
    incoming: Lane<'_>,
    report: &dyn Report,
    waiting: Waiting,
) -> Outcome {
    let form = form.into();
    let messages = Relayed {
        stream,
        socket,
        form,
        outgoing,
        incoming,
        report,
        splitter: Splitter::new(form.split, socket.limit()),
        gatherer: Gatherer::default(),
        input: vec![0; buffer::LARGEST / 4],
        start: 0,
        filled: 0,
        ended: false,
        message: Message::default(),
        sending: false,
        unfit: None,
        unflushed: false,
        output: Vec::new(),
        written: 0,
        received: Message::default(),
        wanted: form.count.map_or(u64::MAX, NonZeroU64::get),
        over: None,
    };
    drive::run(messages, rules, waiting).await
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> Failed {
    Failed::Converting(io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The input cannot be cut into messages.
fn unfit(error: impl std::error::Error + Send + Sync + 'static) -> Failed {
    Failed::Reading(io::Error::new(io::ErrorKind::InvalidData, error))
}

impl<S: Side> Relayed<'_, S> {
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        let mut moved = 0;
        for _ in 0..SENT_AT_ONCE {
            if self.unfit.is_some() {
                let _ = ready!(self.socket.poll_end(cx));
                return Poll::Ready(self.unfit.take().map_or(Ok(Moved::End), Err));
            }
            match self.poll_send_next(cx) {
                Poll::Ready(Err(failed @ Failed::Reading(_))) => {
                    self.socket.fail();
                    self.unfit = Some(failed);
                }
                Poll::Ready(Ok(Moved::Bytes(count))) => {
                    moved += count;
                    if moved >= BYTES_AT_ONCE {
                        break;
                    }
                }
                Poll::Ready(Err(failed)) => return Poll::Ready(Err(failed)),
                _ if moved > 0 => break,
                // Nothing more, for the moment or at all: what was taken leaves now.
                Poll::Ready(Ok(Moved::End)) | Poll::Pending if self.unflushed => {
                    ready!(self.socket.poll_flush(cx)).map_err(Failed::Writing)?;
                    self.unflushed = false;
                }
                other => return other,
            }
        }
        Poll::Ready(Ok(Moved::Bytes(moved)))
    }

    /// Sends one message.
    fn poll_send_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        loop {
            if self.sending {
                ready!(self.outgoing.poll_allowance(cx));
                ready!(self.socket.poll_send(cx, &self.message)).map_err(Failed::Writing)?;
                (self.sending, self.unflushed) = (false, true);
                let payload = self.socket.payload(&self.message);
                self.outgoing.spend(payload.len());
                self.report.message(Direction::Out);
                self.outgoing.passed(payload).map_err(Failed::Recording)?;
                return Poll::Ready(Ok(Moved::Bytes(self.message.len().max(1) + self.send_more())));
            }
            if self.wanted == 0 {
                return Poll::Ready(Ok(Moved::End));
            }
            let mut rest = self.input.get(self.start..self.filled).unwrap_or_default();
            let before = rest.len();
            let next = match self.splitter.next_message(&mut rest).map_err(unfit)? {
                None if self.ended => match self.splitter.finish().map_err(unfit)? {
                    None if self.gatherer.finish() => {
                        self.sending = true;
                        continue;
                    }
                    None => return Poll::Ready(Ok(Moved::End)),
                    last => last,
                },
                next => next,
            };
            if let Some(piece) = next {
                let converted = match self.outgoing.is_plain() {
                    true => None,
                    false => Some(self.outgoing.convert(piece, true).map_err(Failed::Converting)?),
                };
                let piece = converted.as_deref().unwrap_or(piece);
                self.sending = match self.form.parts {
                    true => self.gatherer.take(piece, &mut self.message),
                    false => {
                        self.message.set(piece);
                        true
                    }
                };
            }
            self.start += before - rest.len();
            if self.sending || before > rest.len() {
                continue;
            }
            let read = ready!(self.stream.poll_read(cx, &mut self.input)).map_err(Failed::Reading)?;
            (self.start, self.filled) = (0, read);
            self.ended = read == 0;
        }
    }

    /// Offers the socket the pieces of the input behind a message that it took, where nothing is done to them on their way; says how
    /// many bytes it took.
    fn send_more(&mut self) -> usize {
        if self.form.parts || self.outgoing.is_looked_at() || self.wanted == 0 {
            return 0;
        }
        let mut rest = self.input.get(self.start..self.filled).unwrap_or_default();
        let (before, mut pieces, mut sent) = (rest.len(), 0, 0);
        let splitter = &mut self.splitter;
        self.socket.send_singles(std::iter::from_fn(|| {
            let piece = splitter.next_whole(&mut rest)?;
            (pieces, sent) = (pieces + 1, sent + piece.len());
            Some(piece)
        }));
        self.start += before - rest.len();
        if pieces > 0 {
            self.report.messages(Direction::Out, pieces);
            self.outgoing.passed_unseen(sent);
        }
        sent
    }

    fn poll_in(&mut self, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        let mut count = 0;
        let filled = if self.written < self.output.len() { Ok(Poll::Ready(())) } else { self.fill(cx, &mut count) };
        let filled = match filled {
            Ok(filled) => filled,
            Err(failed) => return Poll::Ready(Err(failed)),
        };
        while let Some(rest) = self.output.get(self.written..).filter(|rest| !rest.is_empty()) {
            let written = ready!(self.stream.poll_write(cx, rest)).map_err(Failed::Writing)?;
            if written == 0 {
                return Poll::Ready(Err(Failed::Writing(io::ErrorKind::WriteZero.into())));
            }
            self.written += written;
            count += 1;
        }
        if count > 0 {
            return Poll::Ready(Ok(Moved::Bytes(count)));
        }
        if self.wanted == 0 {
            // As many came as were wanted; the peer may still have something to say, and its trouble is none of ours any more.
            let _ = ready!(self.socket.poll_leave(cx, &mut self.received));
            return Poll::Ready(Ok(Moved::End));
        }
        match self.over.take() {
            Some(Ok(())) => Poll::Ready(Ok(Moved::End)),
            Some(Err(failed)) => Poll::Ready(Err(failed)),
            None => filled.map(|()| Ok(Moved::Bytes(0))),
        }
    }

    /// Receives what is there, up to a limit; ready when more may be.
    fn fill(&mut self, cx: &mut Context<'_>, count: &mut usize) -> Result<Poll<()>, Failed> {
        self.output.clear();
        self.written = 0;
        while self.wanted > 0 && self.over.is_none() && self.output.len() < WRITTEN_AT_ONCE {
            if self.incoming.poll_allowance(cx).is_pending() {
                return Ok(Poll::Pending);
            }
            match self.socket.poll_receive(cx, &mut self.received) {
                Poll::Pending => return Ok(Poll::Pending),
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Ok(false)) => self.over = Some(Ok(())),
                Poll::Ready(Err(error)) => self.over = Some(Err(Failed::Reading(error))),
            }
            if self.over.is_none() {
                *count += 1;
                self.wanted -= u64::from(self.form.count.is_some());
                self.present()?;
                self.present_more(count)?;
            }
        }
        Ok(Poll::Ready(()))
    }

    /// Appends messages that came with the received one, where nothing is done to them on their way.
    fn present_more(&mut self, count: &mut usize) -> Result<(), Failed> {
        if self.form.records || self.form.parts || self.incoming.is_looked_at() || self.wanted == 0 {
            return Ok(());
        }
        let (split, counted) = (self.form.split, u64::from(self.form.count.is_some()));
        let (output, wanted) = (&mut self.output, &mut self.wanted);
        let (mut joined, mut messages, mut received) = (Ok(()), 0, 0);
        self.socket.receive_singles(|message| {
            (messages, received) = (messages + 1, received + message.len());
            *wanted -= counted;
            joined = split.join(message, output);
            joined.is_ok() && *wanted > 0 && output.len() < WRITTEN_AT_ONCE
        });
        *count += messages;
        self.report.messages(Direction::In, messages as u64);
        self.incoming.passed_unseen(received);
        joined.map_err(invalid)
    }

    /// Appends the received message to the output.
    fn present(&mut self) -> Result<(), Failed> {
        let (message, payload) = (self.received.bytes(), self.socket.payload(&self.received));
        self.incoming.spend(payload.len());
        self.report.message(Direction::In);
        self.incoming.passed(payload).map_err(Failed::Recording)?;
        if self.form.records {
            let (from, to) = (self.socket.sender(), self.socket.local().to_string());
            let time = Some(SystemTime::now());
            let record = match self.socket.has_parts() {
                true => MessageRecord::of_parts(&self.received),
                false => MessageRecord::new(message),
            };
            let record = MessageRecord { from: Some(&from), to: Some(&to), time, ..record };
            return record.write_to(&mut self.output).map_err(Failed::Converting);
        }
        let join = |output: &mut Vec<u8>| match self.form.parts {
            true => parts::join(&self.received, self.form.split, output),
            false => self.form.split.join(message, output),
        };
        if self.incoming.is_plain() {
            return join(&mut self.output).map_err(invalid);
        }
        let mut joined = Vec::with_capacity(message.len() + 4);
        join(&mut joined).map_err(invalid)?;
        let shown = self.incoming.convert(&joined, true).map_err(Failed::Converting)?;
        self.output.extend_from_slice(&shown);
        Ok(())
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
        match direction {
            Direction::Out => self.outgoing.ended(),
            Direction::In => self.incoming.ended(),
        }
    }

    fn all_acknowledged(&self) -> bool {
        // Without a half-close the peer says itself that it has everything: it answers our close.
        self.socket.has_half_close()
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
    use crate::relay::lane::Nobody;
    use crate::relay::{Output, Stdio};
    use crate::transport::seqpacket::Seqpacket;

    struct Deaf;

    impl Report for Deaf {
        fn event(&self, _: &str, _: &Event) {}
        fn remark(&self, _: &str) {}
        fn phase(&self, _: Phase, _: std::time::Duration) {}
        fn messages(&self, _: Direction, _: u64) {}
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
        let lane = |direction| Lane::new(direction, Vec::new(), None, &Nobody);
        let (outgoing, incoming) = (lane(Direction::Out), lane(Direction::In));
        let relay = run(&mut stdio, &ours, Rules::SYMMETRIC, Split::Line, outgoing, incoming, &Deaf, Waiting::Patient);
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
