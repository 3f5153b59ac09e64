//! Tuples over a kept socket. Like every verb on one it blocks: no event loop, and a signal ends it at once.

use std::io::{self, Cursor, Read as Input};
use std::time::Duration;

use super::context::Context;
use super::tuple_receive::Printer;
use super::tuple_send::{Source, encode, unread};
use crate::address::SocketId;
use crate::condition::{Amount, Condition, DEFAULT_MAX_BYTES, Unit};
use crate::event::{Direction, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::{Keeper, Outcome, dial};
use crate::keeper::passed::Passed;
use crate::keeper::wire::{Letter, Read, Reason, Taking, Unmet, WhenUnmet, Write, WriteEnd};
use crate::quantity::Limit;
use crate::tuple::{Codec, CodecError, Progress, Tuple, TupleReader};

/// How long a wait lasts that names no limit.
const USUAL: Duration = Duration::from_secs(10);

/// The limit of a wait on a kept socket.
fn limit(given: Option<Limit>) -> Option<Duration> {
    match given {
        None => Some(USUAL),
        Some(Limit::Never) => None,
        Some(Limit::After(limit)) => Some(limit),
    }
}

/// Sends tuples to a kept socket, which stays open.
///
/// # Errors
/// A tuple that cannot be encoded, of which nothing is sent; the socket is not open.
pub fn send(
    id: &SocketId,
    source: &Source,
    codec: &dyn Codec,
    max_bytes: usize,
    timeout: Option<Limit>,
    context: &Context,
) -> Result<Exit, Failure> {
    let write = |letter| Write { timeout: limit(timeout), then: WriteEnd::Continue, letter };
    match source {
        Source::Arguments(tuple) => {
            let bytes = encoded(codec, tuple, max_bytes)?;
            let mut keeper = dial(&context.place, id)?;
            let letter = keeper.has_messages()?.then(Letter::default);
            let written = keeper.write(&write(letter), &mut Cursor::new(bytes));
            tell(&keeper, u64::from(written.is_ok()), context);
            written?;
        }
        Source::Stdin(form) => {
            let mut keeper = dial(&context.place, id)?;
            let reader = TupleReader::new(io::stdin().lock(), *form, max_bytes, codec.integers());
            let mut records =
                Records { reader, codec, max_bytes, ready: Vec::new(), given: 0, count: 0, failure: None };
            if keeper.has_messages()? {
                let write = write(Some(Letter::default()));
                let mut give = || -> Result<(), Failure> {
                    while let Some(bytes) = records.next()? {
                        keeper.write(&write, &mut Cursor::new(bytes))?;
                    }
                    Ok(())
                };
                let given = give();
                tell(&keeper, keeper.passed().messages_out, context);
                return given.map(|()| Exit::Done);
            }
            let write = write(None);
            let written = keeper.write(&write, &mut records);
            tell(&keeper, if written.is_ok() { records.count } else { 0 }, context);
            // What is wrong with a record says more than that the input ended there.
            match records.failure {
                Some(failure) => return Err(failure),
                None => written?,
            }
        }
    }
    Ok(Exit::Done)
}

/// Counts what was sent; a tuple is a message, whatever carries it.
fn tell(keeper: &Keeper, tuples: u64, context: &Context) {
    context.count(Passed { messages_out: tuples, ..keeper.passed() });
}

fn encoded(codec: &dyn Codec, tuple: &Tuple, max_bytes: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    encode(codec, tuple, max_bytes, &mut bytes)?;
    Ok(bytes)
}

/// The records of an input as encoded bytes, one at a time.
struct Records<'a, R> {
    reader: TupleReader<R>,
    codec: &'a dyn Codec,
    max_bytes: usize,
    ready: Vec<u8>,
    given: usize,
    /// How many there were.
    count: u64,
    failure: Option<Failure>,
}

impl<R: Input> Records<'_, R> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self.reader.next_tuple() {
            Ok(Some(tuple)) => {
                self.count += 1;
                encoded(self.codec, &tuple, self.max_bytes).map(Some)
            }
            Ok(None) => Ok(None),
            Err(error) => Err(unread(error)),
        }
    }
}

impl<R: Input> Input for Records<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() {
            self.given = 0;
            self.ready = match self.next() {
                Ok(bytes) => bytes.unwrap_or_default(),
                // The records before it are sent; it ends the input, and is reported.
                Err(failure) => {
                    self.failure = Some(failure);
                    Vec::new()
                }
            };
        }
        let rest = self.ready.get(self.given..).unwrap_or_default();
        let count = Input::read(&mut { rest }, buffer)?;
        self.given += count;
        Ok(count)
    }
}

/// Which tuples are received.
pub struct Wanted {
    /// Whether the tuple leaves the socket.
    pub taking: Taking,
    /// How long to wait, again after each byte that comes.
    pub timeout: Option<Limit>,
    /// The largest tuple, in bytes.
    pub max_bytes: usize,
}

/// Receives tuples from a kept socket. A tuple leaves the socket when it is printed, whole; with `Taking::Peek` it stays.
///
/// # Errors
/// What comes is no tuple, or none comes in time; the data stays in the socket then.
pub fn receive(
    id: &SocketId,
    codec: &mut dyn Codec,
    printer: &mut Printer<'_>,
    wanted: &Wanted,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut keeper = dial(&context.place, id)?;
    let received = match keeper.has_messages()? {
        true => receive_messages(&mut keeper, codec, printer, wanted),
        false => receive_bytes(&mut keeper, codec, printer, wanted),
    };
    context.count(Passed { messages_in: 0, ..keeper.passed() });
    received
}

/// As [`receive`], from a stream.
fn receive_bytes(
    keeper: &mut Keeper,
    codec: &mut dyn Codec,
    printer: &mut Printer<'_>,
    wanted: &Wanted,
) -> Result<Exit, Failure> {
    let failed = |error: CodecError| Failure::new(error.exit(), error);
    let mut looked = Vec::new();
    loop {
        if let Some(unmet) = look(keeper, &mut looked, wanted)? {
            return end(&unmet, &looked, codec, printer, wanted);
        }
        let mut progress = codec.decode(&looked).map_err(failed)?;
        if progress == Progress::NeedMore {
            progress = codec.settle(&looked).map_err(failed)?;
        }
        let Progress::Got(tuple, consumed) = progress else { continue };
        let enough = printer.print(&tuple, codec.name())?;
        if wanted.taking == Taking::Peek {
            printer.flush()?;
            return Ok(Exit::Done);
        }
        take(keeper, looked.get(..consumed).unwrap_or_default(), printer)?;
        codec.reset();
        if enough {
            return Ok(Exit::Done);
        }
        looked.clear();
    }
}

/// As [`receive`], from a socket that keeps the boundaries of messages: each holds one tuple.
fn receive_messages(
    keeper: &mut Keeper,
    codec: &mut dyn Codec,
    printer: &mut Printer<'_>,
    wanted: &Wanted,
) -> Result<Exit, Failure> {
    let read = Read {
        condition: None,
        timeout: limit(wanted.timeout),
        max_bytes: wanted.max_bytes,
        taking: wanted.taking,
        when_unmet: WhenUnmet::Leave,
        skip: 0,
    };
    loop {
        let message = match keeper.read(&read)? {
            Outcome::Messages(messages, _) => messages.into_iter().next().unwrap_or_default(),
            Outcome::Unmet(unmet, _) | Outcome::UnmetMessages(unmet, _) => {
                return end(&unmet, &[], codec, printer, wanted);
            }
            Outcome::Found(..) => return Err(Failure::message(Exit::Negative, "the socket is a stream now")),
        };
        let tuple = codec.decode_message(&message.bytes).map_err(|error| Failure::new(error.exit(), error))?;
        let enough = printer.print(&tuple, codec.name())?;
        printer.flush()?;
        if wanted.taking == Taking::Peek {
            return Ok(Exit::Done);
        }
        printer.context.reporter.message(Direction::In);
        keeper.acknowledge()?;
        if enough {
            return Ok(Exit::Done);
        }
    }
}

/// Appends to `looked`, the beginning of the unread data, what has come after it, once something has; all of it stays
/// where it is. Otherwise says why nothing came.
fn look(keeper: &mut Keeper, looked: &mut Vec<u8>, wanted: &Wanted) -> Result<Option<Unmet>, Failure> {
    let more = Condition::For(Amount { count: looked.len() as u64 + 1, unit: Unit::Bytes });
    for condition in [more, Condition::Any] {
        let read = Read {
            condition: Some(condition),
            timeout: limit(wanted.timeout),
            // A tuple of the largest size that is not whole yet has to be seen, to be refused.
            max_bytes: wanted.max_bytes.saturating_mul(2).max(DEFAULT_MAX_BYTES),
            taking: Taking::Peek,
            when_unmet: WhenUnmet::Leave,
            skip: looked.len(),
        };
        match keeper.read(&read)? {
            Outcome::Found(_, bytes) => looked.extend_from_slice(&bytes),
            Outcome::Unmet(unmet, _) | Outcome::UnmetMessages(unmet, _) => return Ok(Some(unmet)),
            Outcome::Messages(..) => return Err(Failure::message(Exit::Negative, "the socket has messages now")),
        }
    }
    Ok(None)
}

/// Takes exactly these bytes and shows what they were; they leave the socket when it is shown.
fn take(keeper: &mut Keeper, bytes: &[u8], printer: &mut Printer<'_>) -> Result<(), Failure> {
    let amount = Amount { count: bytes.len() as u64, unit: Unit::Bytes };
    let read = Read {
        condition: Some(Condition::For(amount)),
        timeout: None,
        max_bytes: usize::MAX,
        taking: Taking::Take,
        when_unmet: WhenUnmet::Leave,
        skip: 0,
    };
    match keeper.read(&read)? {
        Outcome::Found(_, taken) if taken == bytes => {
            printer.flush()?;
            printer.context.reporter.message(Direction::In);
            keeper.acknowledge()
        }
        _ => Err(Failure::message(Exit::Negative, "another reader took a part of the tuple meanwhile")),
    }
}

fn end(
    unmet: &Unmet,
    bytes: &[u8],
    codec: &mut dyn Codec,
    printer: &mut Printer<'_>,
    wanted: &Wanted,
) -> Result<Exit, Failure> {
    printer.flush()?;
    let came = if unmet.unread == 0 { "nothing had come" } else { "a part of one had come and stays unread" };
    match &unmet.reason {
        Reason::Ended if bytes.is_empty() && printer.wants_all() => Ok(Exit::Done),
        Reason::Ended if bytes.is_empty() => {
            Err(Failure::message(Exit::PeerClosed, "the peer closed before all tuples came"))
        }
        Reason::Ended => match codec.finish(bytes) {
            Ok(Some(tuple)) => printer.print(&tuple, codec.name()).and_then(|_| printer.flush()).map(|()| Exit::Done),
            Ok(None) => Err(Failure::message(Exit::PeerClosed, "the peer closed before all tuples came")),
            Err(error) => Err(Failure::new(error.exit(), error)),
        },
        Reason::Failed(reason) => Err(Failure::message(Exit::ReceiveFailed, format!("connection lost: {reason}"))),
        Reason::TimedOut => {
            let limit = limit(wanted.timeout).unwrap_or_default();
            let text = format!("timed out after {}: no tuple came; {came}", humantime::format_duration(limit));
            Err(Failure::message(Exit::TimedOut, text))
        }
        Reason::Refused(reason) => Err(Failure::message(Exit::Refused, reason.clone())),
        Reason::TooLarge | Reason::NoReply(_) => {
            Err(Failure::message(Exit::TooLarge, "a tuple is larger than the socket's keeper holds"))
        }
    }
}
