//! Tuples over a kept socket. Like every verb on one it blocks: no event loop, and a signal ends it at once.

use std::io::{self, Cursor, Read as Input};
use std::time::Duration;

use super::context::Context;
use super::tuple_receive::Printer;
use super::tuple_send::{Source, encode};
use crate::address::SocketId;
use crate::condition::{Amount, Condition, Unit};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::{Keeper, Outcome, dial};
use crate::keeper::wire::{Read, Reason, Taking, Unmet, WhenUnmet, Write, WriteEnd};
use crate::quantity::Limit;
use crate::tuple::{Codec, Progress, Tuple, TupleReader};

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
    let write = Write { timeout: limit(timeout), then: WriteEnd::Continue, message: serde_json::Value::Null };
    match source {
        Source::Arguments(tuple) => {
            let bytes = encoded(codec, tuple, max_bytes)?;
            dial(&context.place, id)?.write(&write, &mut Cursor::new(bytes))?;
        }
        Source::Stdin(form) => {
            let mut keeper = dial(&context.place, id)?;
            let reader = TupleReader::new(io::stdin().lock(), *form, max_bytes);
            let mut records = Records { reader, codec, max_bytes, ready: Vec::new(), given: 0, failure: None };
            let written = keeper.write(&write, &mut records);
            // What is wrong with a record says more than that the input ended there.
            match records.failure {
                Some(failure) => return Err(failure),
                None => written?,
            }
        }
    }
    Ok(Exit::Done)
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
    failure: Option<Failure>,
}

impl<R: Input> Records<'_, R> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self.reader.next_tuple() {
            Ok(Some(tuple)) => encoded(self.codec, &tuple, self.max_bytes).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(Failure::new(error.exit(), error)),
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

/// Receives tuples from a kept socket. A tuple leaves the socket when it is printed, whole; with `Taking::Peek` it stays.
///
/// # Errors
/// What comes is no tuple, or none comes in time; the data stays in the socket then.
pub fn receive(
    id: &SocketId,
    codec: &mut dyn Codec,
    printer: &mut Printer<'_>,
    taking: Taking,
    timeout: Option<Limit>,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut keeper = dial(&context.place, id)?;
    let timeout = limit(timeout);
    let mut seen = 0u64;
    loop {
        let looked = match look(&mut keeper, seen + 1, timeout)? {
            Sight::Unread(bytes) => bytes,
            Sight::TooLittle(unmet, bytes) => return end(&unmet, &bytes, codec, printer),
        };
        let failed = |error: crate::tuple::CodecError| Failure::new(error.exit(), error);
        let mut progress = codec.decode(&looked).map_err(failed)?;
        if progress == Progress::NeedMore {
            progress = codec.settle(&looked).map_err(failed)?;
        }
        let Progress::Got(tuple, consumed) = progress else {
            seen = looked.len() as u64;
            continue;
        };
        let enough = printer.print(&tuple, codec.name())?;
        if taking == Taking::Peek {
            printer.flush()?;
            return Ok(Exit::Done);
        }
        take(&mut keeper, looked.get(..consumed).unwrap_or_default(), printer)?;
        codec.reset();
        seen = 0;
        if enough {
            return Ok(Exit::Done);
        }
    }
}

/// What is to be seen of the unread data.
enum Sight {
    /// All of it.
    Unread(Vec<u8>),
    /// As much as was waited for did not come; what had come.
    TooLittle(Unmet, Vec<u8>),
}

/// Everything that is unread, once it is at least `least` bytes; it stays where it is.
fn look(keeper: &mut Keeper, least: u64, timeout: Option<Duration>) -> Result<Sight, Failure> {
    let at_least = Condition::For(Amount { count: least, unit: Unit::Bytes });
    for condition in [at_least, Condition::Any] {
        let read =
            Read { condition, timeout, max_bytes: usize::MAX, taking: Taking::Peek, when_unmet: WhenUnmet::Partial };
        match keeper.read(&read)? {
            Outcome::Found(_, bytes) if read.condition == Condition::Any => return Ok(Sight::Unread(bytes)),
            Outcome::Found(..) => {}
            Outcome::Unmet(unmet, bytes) => return Ok(Sight::TooLittle(unmet, bytes)),
        }
    }
    Ok(Sight::Unread(Vec::new()))
}

/// Takes exactly these bytes and shows what they were; they leave the socket when it is shown.
fn take(keeper: &mut Keeper, bytes: &[u8], printer: &mut Printer<'_>) -> Result<(), Failure> {
    let amount = Amount { count: bytes.len() as u64, unit: Unit::Bytes };
    let read = Read {
        condition: Condition::For(amount),
        timeout: None,
        max_bytes: usize::MAX,
        taking: Taking::Take,
        when_unmet: WhenUnmet::Leave,
    };
    match keeper.read(&read)? {
        Outcome::Found(_, taken) if taken == bytes => {
            printer.flush()?;
            keeper.acknowledge()
        }
        _ => Err(Failure::message(Exit::Negative, "another reader took a part of the tuple meanwhile")),
    }
}

fn end(unmet: &Unmet, bytes: &[u8], codec: &mut dyn Codec, printer: &mut Printer<'_>) -> Result<Exit, Failure> {
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
        Reason::TimedOut => Err(Failure::message(Exit::TimedOut, format!("timed out: no tuple came in time; {came}"))),
        Reason::TooLarge | Reason::NoReply(_) => {
            Err(Failure::message(Exit::TooLarge, "a tuple is larger than the socket's keeper holds"))
        }
    }
}
