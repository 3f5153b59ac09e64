//! `send-tuple`: typed values to any socket.

use std::cell::RefCell;
use std::io::Read;
use std::rc::Rc;

use tokio::sync::mpsc;

use super::context::Context;
use super::datagram;
use super::tuple_kept;
use crate::address::{Endpoint, Peer, SocketId};
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::message::Message;
use crate::quantity::Limit;
use crate::relay::buffer;
use crate::transport::datagram::{DatagramOptions, Flow};
use crate::transport::{Channel, ConnectOptions, Messages, connect};
use crate::tuple::input::{InputCause, InputError};
use crate::tuple::{Codec, InputForm, Tuple, TupleReader};

/// A batch is handed over when it has grown to this many bytes, or when the input has nothing more for the moment.
const BATCH: usize = 64 << 10;

/// Where the tuples come from.
#[derive(Debug)]
pub enum Source {
    /// From the command line: one tuple.
    Arguments(Tuple),
    /// From the records of stdin.
    Stdin(InputForm),
}

/// `send-tuple`, parsed.
pub struct Options {
    /// Where to; without an address it is a kept socket.
    pub id: SocketId,
    /// Whether it is a kept socket that is meant.
    pub kept: bool,
    /// The limit of waiting for a kept socket, 10 s where nothing is said.
    pub timeout: Option<Limit>,
    /// How to connect.
    pub connect: ConnectOptions,
    /// How a datagram socket is made, where that is asked for (`--datagram`).
    pub datagram: Option<DatagramOptions>,
    /// What.
    pub source: Source,
    /// The encoding.
    pub codec: Box<dyn Codec>,
    /// The largest tuple, in bytes.
    pub max_bytes: usize,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("id", &self.id).field("source", &self.source).finish_non_exhaustive()
    }
}

/// Encoded tuples, ready to be sent.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Where each tuple ends.
    ends: Vec<usize>,
}

impl Batch {
    fn push(&mut self, codec: &dyn Codec, tuple: &Tuple, max_bytes: usize) -> Result<(), Failure> {
        encode(codec, tuple, max_bytes, &mut self.bytes)?;
        self.ends.push(self.bytes.len());
        Ok(())
    }

    fn tuples(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(start, end)| self.bytes.get(start..*end))
    }
}

/// Appends the bytes of a tuple.
///
/// # Errors
/// Values that the encoding cannot hold, or more bytes than are allowed; nothing of it is to be sent then.
pub fn encode(codec: &dyn Codec, tuple: &Tuple, max_bytes: usize, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    let before = bytes.len();
    codec.encode(tuple, bytes).map_err(|error| Failure::new(error.exit(), error))?;
    match bytes.len() - before {
        length if length > max_bytes => {
            let message = format!("the tuple takes {length} bytes, and --max-bytes allows {max_bytes}");
            Err(Failure::message(Exit::TooLarge, message))
        }
        _ => Ok(()),
    }
}

/// Why the input gives no more tuples.
pub fn unread(error: InputError) -> Failure {
    match &error.cause {
        InputCause::Read(cause) => {
            Failure::message(Exit::SendFailed, format!("cannot read the input: {}", reason(cause)))
        }
        _ => Failure::new(error.exit(), error),
    }
}

/// Sends to a kept socket, which needs no event loop; `None` where the tuples go elsewhere.
///
/// # Errors
/// As [`run`].
pub fn run_kept(options: &Options, context: &Context) -> Option<Result<Exit, Failure>> {
    let Options { id, source, codec, max_bytes, timeout, .. } = options;
    options.kept.then(|| tuple_kept::send(id, source, &**codec, *max_bytes, *timeout, context))
}

/// Runs the command.
///
/// # Errors
/// A tuple that the encoding cannot hold, before anything of it is sent; whatever keeps it from being delivered.
pub async fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    let id = options.id.handle();
    let endpoint = options.id.endpoint.clone().ok_or_else(|| {
        Failure::message(Exit::MalformedAddress, format!("{id:?} is a name without an address; type HOST:PORT"))
    })?;
    // What cannot be encoded opens no socket.
    let first = match &options.source {
        Source::Arguments(tuple) => {
            let mut batch = Batch::default();
            batch.push(&*options.codec, tuple, options.max_bytes)?;
            Some(batch)
        }
        Source::Stdin(_) => None,
    };
    let mut channel = match options.datagram {
        Some(datagram) => to_datagram_socket(&options.id, &datagram, context).await?,
        None => connect(&endpoint, &options.connect, &id, &*context.reporter).await?,
    };
    let mut sender = Sender { channel: &mut channel, context, id: id.clone(), sent: 0 };
    match (first, options.source) {
        (Some(batch), _) => sender.send(&batch).await?,
        (None, Source::Stdin(form)) => sender.send_all(records(form, options.codec, options.max_bytes)?).await?,
        (None, Source::Arguments(_)) => {}
    }
    sender.finish().await?;
    let (peer, local, bytes_out) =
        (channel.peer().to_string(), channel.local().to_string(), context.reporter.total(Direction::Out));
    let event =
        Event::Closed { peer, local, bytes_in: 0, bytes_out, code: None, reason: "everything was sent".to_owned() };
    context.reporter.event(&id, &event);
    Ok(Exit::Done)
}

/// A Unix datagram socket, which no address tells apart from a stream.
async fn to_datagram_socket(id: &SocketId, options: &DatagramOptions, context: &Context) -> Result<Channel, Failure> {
    let (socket, target) = datagram::open(id, &datagram::From::default(), options).await?;
    let name = id.endpoint.as_ref().map(ToString::to_string).unwrap_or_default();
    let event = Event::Connected { peer: name, local: socket.local().to_string(), transport: socket.transport() };
    context.reporter.event(&id.handle(), &event);
    let peer = match &id.endpoint {
        Some(Endpoint::Unix { name, .. }) => Peer::Unix(Some(name.clone())),
        _ => Peer::Unix(None),
    };
    Ok(Channel::Messages(Messages::Datagram(Box::new(Flow::own(socket, target, peer)))))
}

struct Sender<'a> {
    channel: &'a mut Channel,
    context: &'a Context,
    id: String,
    sent: u64,
}

impl Sender<'_> {
    async fn send(&mut self, batch: &Batch) -> Result<(), Failure> {
        let sent = match self.channel {
            Channel::Bytes(bytes) => buffer::write_all(bytes, &batch.bytes).await,
            Channel::Messages(messages) => {
                let mut sent = Ok(());
                let mut message = Message::default();
                for tuple in batch.tuples() {
                    if tuple.len() > messages.limit() {
                        let (length, limit, carrier) = (tuple.len(), messages.limit(), messages.transport());
                        // Those before it are good.
                        messages.flush().await.map_err(|error| self.failed(&error))?;
                        let message =
                            format!("a tuple of {length} bytes is more than one message over {carrier} takes, {limit}");
                        return Err(Failure::message(Exit::TooLarge, message));
                    }
                    message.set(tuple);
                    sent = messages.feed(&message).await;
                    if sent.is_err() {
                        break;
                    }
                }
                match sent {
                    Ok(()) => messages.flush().await,
                    failed => failed,
                }
            }
        };
        sent.map_err(|error| self.failed(&error))?;
        self.sent += batch.ends.len() as u64;
        self.context.reporter.count(&self.id, Direction::Out, batch.bytes.len() as u64);
        for _ in &batch.ends {
            self.context.reporter.message(Direction::Out);
        }
        Ok(())
    }

    async fn send_all(&mut self, mut batches: mpsc::Receiver<Result<Batch, Failure>>) -> Result<(), Failure> {
        while let Some(batch) = batches.recv().await {
            self.send(&batch?).await?;
        }
        Ok(())
    }

    /// Sends the end of data and sees that the peer's system has everything.
    async fn finish(&mut self) -> Result<(), Failure> {
        let finished = match self.channel {
            Channel::Bytes(bytes) => buffer::deliver(bytes).await,
            Channel::Messages(messages) => messages.end().await,
        };
        finished.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        use std::io::ErrorKind::{ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable, TimedOut};
        let exit = match error.kind() {
            // What comes back for datagrams.
            ConnectionRefused | HostUnreachable | NetworkUnreachable => Exit::Refused,
            ConnectionReset => Exit::ReceiveFailed,
            // What lingered in vain, and TCP's own patience.
            TimedOut => Exit::TimedOut,
            _ => Exit::SendFailed,
        };
        let tuples = if self.sent == 1 { "tuple" } else { "tuples" };
        let (peer, why) = (self.channel.peer(), reason(error));
        let message = format!("cannot send to {peer}: {why}; {} {tuples} had been sent", self.sent);
        Failure::message(exit, message)
    }
}

/// Reads and encodes records in a thread of its own, so that neither a slow stdin nor a slow peer holds up the other.
fn records(
    form: InputForm,
    codec: Box<dyn Codec>,
    max_bytes: usize,
) -> Result<mpsc::Receiver<Result<Batch, Failure>>, Failure> {
    let (sender, receiver) = mpsc::channel(4);
    std::thread::Builder::new()
        .name("records".to_owned())
        .spawn(move || {
            let outbox = Rc::new(RefCell::new(Outbox { batch: Batch::default(), sender }));
            let stdin = BeforeBlocking { inner: std::io::stdin().lock(), outbox: outbox.clone() };
            let mut reader = TupleReader::new(stdin, form, max_bytes, codec.integers());
            loop {
                let pushed = match reader.next_tuple() {
                    Ok(Some(tuple)) => outbox.borrow_mut().batch.push(&*codec, &tuple, max_bytes),
                    Ok(None) => break,
                    Err(error) => Err(unread(error)),
                };
                let mut outbox = outbox.borrow_mut();
                if outbox.batch.bytes.len() >= BATCH || pushed.is_err() {
                    outbox.flush();
                }
                if let Err(failure) = pushed {
                    let _ = outbox.sender.blocking_send(Err(failure));
                    break;
                }
            }
            outbox.borrow_mut().flush();
        })
        .map_err(|error| Failure::message(Exit::Unsupported, format!("cannot start a thread: {}", reason(&error))))?;
    Ok(receiver)
}

struct Outbox {
    batch: Batch,
    sender: mpsc::Sender<Result<Batch, Failure>>,
}

impl Outbox {
    fn flush(&mut self) {
        if !self.batch.ends.is_empty() {
            // A receiver that is gone has failed and says so itself.
            let _ = self.sender.blocking_send(Ok(std::mem::take(&mut self.batch)));
        }
    }
}

/// Hands over what is encoded before it waits for more input: each record leaves at once.
struct BeforeBlocking<R> {
    inner: R,
    outbox: Rc<RefCell<Outbox>>,
}

impl<R: Read> Read for BeforeBlocking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.outbox.borrow_mut().flush();
        self.inner.read(buffer)
    }
}
