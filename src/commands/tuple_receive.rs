//! `recv-tuple`: typed values from any socket, printed in a form that scripts read.

use std::io::Write;
use std::rc::Rc;

use super::admission::Admission;
use super::announce::{Bound, ReadyOptions, announce, note_chosen_port};
use super::context::Context;
use super::gate::{Gate, Reject};
use super::host::{Entrance, Host};
use super::tuple_datagrams;
use super::tuple_kept;
#[cfg(feature = "zmq")]
use super::zeromq;
use crate::access::Policy;
use crate::address::{ListenId, SocketId};
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::keeper::wire::Taking;
use crate::message::Message;
use crate::output::human::Verbosity;
use crate::output::report;
use crate::quantity::Limit;
use crate::relay::{Side, buffer};
use crate::sys;
use crate::transport::datagram::DatagramOptions;
use crate::transport::listener::{ListenOptions, listen};
#[cfg(feature = "zmq")]
use crate::transport::zeromq::ZeroMqOptions;
use crate::transport::{Bytes, Channel, ConnectOptions, Descriptor, Messages, connect};
use crate::tuple::{Codec, CodecError, ExpectedTypes, Form, Progress, Tuple};

/// Where the tuples come from.
#[derive(Debug)]
pub enum From {
    /// From a connection to this address.
    Connection(SocketId, Box<ConnectOptions>),
    /// From a kept socket, where they may stay (`--peek`); each is waited for this long, 10 s where nothing is said.
    Kept(SocketId, Taking, Option<Limit>),
    /// From the first client of a listener, or all peers of a ZeroMQ socket.
    Listener(Box<Listening>),
    /// From all who send datagrams here and whom the rules allow to.
    Datagrams(ListenId, Box<DatagramOptions>, Policy, ReadyOptions),
}

impl From {
    /// Whether they are the peers of a socket, each of whom is told of as it comes and goes.
    fn is_of_several(&self) -> bool {
        match self {
            #[cfg(feature = "zmq")]
            From::Listener(listening) => listening.zmq.is_some(),
            _ => false,
        }
    }
}

/// A listener whose first client sends the tuples.
#[derive(Debug)]
pub struct Listening {
    /// Where.
    pub at: ListenId,
    /// How.
    pub listen: ListenOptions,
    /// Who may connect.
    pub policy: Policy,
    /// What the others notice.
    pub reject: Reject,
    /// What the client goes through before it sends tuples.
    pub entrance: Entrance,
    /// The ZeroMQ socket whose peers the clients are.
    #[cfg(feature = "zmq")]
    pub zmq: Option<Box<ZeroMqOptions>>,
    /// Whom to tell that it listens.
    pub ready: ReadyOptions,
}

/// How many tuples are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// This many; fewer are a failure.
    Exactly(u64),
    /// As many as come.
    All,
}

impl std::str::FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Count::All),
            number => match number.parse() {
                Ok(count) if count > 0 => Ok(Count::Exactly(count)),
                _ => Err(format!("{text:?} is no count; type a number from 1 up, or all")),
            },
        }
    }
}

/// `recv-tuple`, parsed.
pub struct Options {
    /// Where from.
    pub from: From,
    /// The encoding.
    pub codec: Box<dyn Codec>,
    /// The largest tuple, in bytes.
    pub max_bytes: usize,
    /// How many.
    pub count: Count,
    /// How they are printed.
    pub form: Form,
    /// Which types they must have.
    pub expected: Option<ExpectedTypes>,
    /// How long nothing may come.
    pub idle: Limit,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("from", &self.from).field("count", &self.count).finish_non_exhaustive()
    }
}

/// Receives from a kept socket, which needs no event loop; `None` where the tuples come from elsewhere.
///
/// # Errors
/// As [`run`].
pub fn run_kept(options: &mut Options, context: &Context) -> Option<Result<Exit, Failure>> {
    let From::Kept(id, taking, timeout) = &options.from else { return None };
    let mut printer = Printer::new(options.form, options.expected.take(), options.count, context);
    let wanted = tuple_kept::Wanted { taking: *taking, timeout: *timeout, max_bytes: options.max_bytes };
    Some(tuple_kept::receive(id, &mut *options.codec, &mut printer, &wanted, context))
}

/// Runs the command.
///
/// # Errors
/// Data that is no tuple, a cut tuple, fewer tuples than wanted, a tuple that the form cannot show.
pub async fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    let printer =
        Printer { form: options.form, expected: options.expected, left: options.count, output: Vec::new(), context };
    let mut receiver = Receiver {
        codec: options.codec,
        printer,
        idle: options.idle,
        max_bytes: options.max_bytes,
        id: String::new(),
        said: None,
    };
    let of_several = options.from.is_of_several();
    let (id, mut channel) = match options.from {
        From::Datagrams(at, socket, policy, ready) => {
            let received = tuple_datagrams::run(&at, &socket, policy, &ready, &mut receiver, context).await;
            return received.and(receiver.printer.flush()).map(|()| Exit::Done);
        }
        From::Connection(id, connect_options) => {
            let handle = id.handle();
            let endpoint = id.endpoint.ok_or_else(|| {
                let message = format!("{handle:?} is a name without an address; type HOST:PORT");
                Failure::message(Exit::MalformedAddress, message)
            })?;
            let channel = connect(&endpoint, &connect_options, &handle, &*context.reporter).await?;
            (handle, channel)
        }
        From::Kept(id, ..) => return Err(Failure::message(Exit::NotOpen, format!("{id}: socket is not open"))),
        From::Listener(listening) => first_client(*listening, receiver.idle, context).await?,
    };
    receiver.id.clone_from(&id);
    let received = match &mut channel {
        Channel::Bytes(bytes) => receiver.stream(bytes).await,
        Channel::Messages(messages) => {
            let received = receiver.messages(messages).await;
            if received.is_ok() && matches!(receiver.printer.left, Count::Exactly(_)) {
                // A WebSocket peer would take our end for a failure otherwise; it may be deaf.
                let _ = tokio::time::timeout(crate::service::LINGER, messages.take_leave()).await;
            }
            received
        }
    };
    let received = received.and(receiver.printer.flush());
    let (peer, local) = (channel.peer().to_string(), channel.local().to_string());
    let (bytes_in, code) = (context.reporter.total(Direction::In), channel.close_code());
    let reason = received.as_ref().map_or_else(Failure::line, |()| "done".to_owned());
    if !of_several && channel.has_stood() {
        context.reporter.event(&id, &Event::Closed { peer, local, bytes_in, bytes_out: 0, code, reason });
    }
    received.map(|()| Exit::Done)
}

/// Waits for the first client; for a ZeroMQ socket, which is there without any, the wait is for its messages.
async fn first_client(listening: Listening, limit: Limit, context: &Context) -> Result<(String, Channel), Failure> {
    let admission = Admission::new(listening.policy).await?;
    let listeners = listen(&listening.at.address, &listening.listen).await?;
    let (host, pins) = Host::at(listening.entrance, context)?;
    let bound: Vec<Bound> = listeners.iter().map(|listener| Bound::of(&listening.at, listener.local())).collect();
    announce(&bound, &pins, &listening.ready, context)?;
    let chosen = listening.at.address.ports().any(|port| port == 0);
    note_chosen_port(&bound, chosen, &listening.ready, context);
    let (host, mut gate) =
        (Rc::new(host), Gate::new(listeners, admission, listening.reject, listening.at.name, context));
    #[cfg(feature = "zmq")]
    if let (Some(zmq), Some(Bound { id, local })) = (listening.zmq, bound.into_iter().next()) {
        let socket = zeromq::listening(*zmq, host, gate, local, &id);
        return Ok((id, Channel::Messages(socket)));
    }
    match crate::service::within(limit, host.first(&mut gate)).await {
        Some(client) => client.map(|client| (client.id, client.channel)),
        None => Err(Failure::message(Exit::TimedOut, "timed out: no client came in time")),
    }
}

pub(super) struct Receiver<'a> {
    codec: Box<dyn Codec>,
    pub(super) printer: Printer<'a>,
    pub(super) idle: Limit,
    max_bytes: usize,
    pub(super) id: String,
    /// The format that was told of last.
    said: Option<String>,
}

impl Receiver<'_> {
    async fn stream(&mut self, bytes: &mut Bytes) -> Result<(), Failure> {
        let mut unread: Vec<u8> = Vec::new();
        let mut size = buffer::SMALLEST;
        loop {
            let (held, count) = match crate::service::within(self.idle, buffer::read(bytes, size)).await {
                None => return Err(self.timed_out()),
                Some(read) => read.map_err(|error| self.lost(&error))?,
            };
            unread.extend_from_slice(held.get(..count).unwrap_or_default());
            buffer::give_back(held);
            self.printer.context.reporter.count(&self.id, Direction::In, count as u64);
            size = if count == size { (size * 2).min(buffer::LARGEST / 4) } else { size };
            let mut used = 0;
            while let Progress::Got(tuple, consumed) = self.decode(&unread, used)? {
                used += consumed;
                if self.print(&tuple)? {
                    return self.stop(bytes).await;
                }
            }
            if count == 0 {
                return self.end(unread.get(used..).unwrap_or_default());
            }
            if is_silent(bytes) {
                while let Progress::Got(tuple, consumed) = self.settle(&unread, used)? {
                    used += consumed;
                    if self.print(&tuple)? {
                        return self.stop(bytes).await;
                    }
                }
                self.printer.flush()?;
            }
            unread.drain(..used);
        }
    }

    async fn messages(&mut self, messages: &Messages) -> Result<(), Failure> {
        let mut message = Message::default();
        loop {
            let received = match crate::service::within(self.idle, messages.receive(&mut message)).await {
                None => return Err(self.timed_out()),
                Some(received) => received.map_err(|error| self.lost(&error))?,
            };
            if !received {
                return self.end(&[]);
            }
            self.printer.context.reporter.count(&self.id, Direction::In, message.len() as u64);
            if self.message(message.bytes())? {
                return Ok(());
            }
            self.printer.flush()?;
        }
    }

    /// Prints the tuple of a message; true when no more are wanted.
    ///
    /// # Errors
    /// A message that is no tuple, or a tuple that cannot be printed.
    pub(super) fn message(&mut self, message: &[u8]) -> Result<bool, Failure> {
        if message.len() > self.max_bytes {
            return Err(self.failed(CodecError::TooLarge { limit: self.max_bytes }));
        }
        let tuple = self.codec.decode_message(message).map_err(|error| self.failed(error))?;
        self.print(&tuple)
    }

    fn decode(&mut self, unread: &[u8], used: usize) -> Result<Progress, Failure> {
        let data = unread.get(used..).unwrap_or_default();
        let decoded = self.codec.decode(data);
        decoded.map_err(|error| self.failed(error))
    }

    fn settle(&mut self, unread: &[u8], used: usize) -> Result<Progress, Failure> {
        let data = unread.get(used..).unwrap_or_default();
        if data.is_empty() {
            return Ok(Progress::NeedMore);
        }
        let settled = self.codec.settle(data);
        settled.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: CodecError) -> Failure {
        Failure::new(error.exit(), error)
    }

    /// Prints a tuple; true when no more are wanted.
    fn print(&mut self, tuple: &Tuple) -> Result<bool, Failure> {
        let (reporter, format) = (&self.printer.context.reporter, self.codec.name());
        reporter.message(Direction::In);
        if reporter.shows(Verbosity::Verbose) && self.said.as_deref() != Some(format) {
            reporter.remark(&format!("a tuple in the format `{format}`"));
            self.said = Some(format.to_owned());
        }
        self.printer.print(tuple, format)
    }

    fn end(&mut self, rest: &[u8]) -> Result<(), Failure> {
        let last = self.codec.finish(rest).map_err(|error| Failure::new(error.exit(), error))?;
        if let Some(tuple) = last
            && self.print(&tuple)?
        {
            return Ok(());
        }
        match self.printer.left {
            Count::All => Ok(()),
            Count::Exactly(left) => {
                let message = format!("the peer closed before all tuples came: {left} more were wanted");
                Err(Failure::message(Exit::PeerClosed, message))
            }
        }
    }

    /// Closes without resetting a peer that is just about to close too.
    async fn stop(&mut self, bytes: &mut Bytes) -> Result<(), Failure> {
        self.printer.flush()?;
        let _ = buffer::end(bytes).await;
        buffer::let_close(bytes).await;
        Ok(())
    }

    pub(super) fn timed_out(&self) -> Failure {
        Failure::message(Exit::TimedOut, "timed out: no tuple came in time")
    }

    fn lost(&self, error: &std::io::Error) -> Failure {
        Failure::message(Exit::ReceiveFailed, format!("connection lost: {}", reason(error)))
    }
}

/// Whether nothing more is there for the moment. Above a socket that cannot be seen; waiting is what TLS records do.
fn is_silent(bytes: &Bytes) -> bool {
    bytes.source().is_none_or(Descriptor::is_silent)
}

/// Prints tuples and counts how many are still wanted.
pub struct Printer<'a> {
    form: Form,
    expected: Option<ExpectedTypes>,
    pub(super) left: Count,
    output: Vec<u8>,
    pub(super) context: &'a Context,
}

impl<'a> Printer<'a> {
    /// A printer for this many tuples.
    pub fn new(form: Form, expected: Option<ExpectedTypes>, wanted: Count, context: &'a Context) -> Self {
        Printer { form, expected, left: wanted, output: Vec::new(), context }
    }

    /// Whether as many are wanted as come.
    pub fn wants_all(&self) -> bool {
        self.left == Count::All
    }

    /// Prints one; true when no more are wanted.
    ///
    /// # Errors
    /// Other types than expected, or a value that the form cannot show; nothing of it is printed then.
    pub fn print(&mut self, tuple: &Tuple, format: &str) -> Result<bool, Failure> {
        if let Some(expected) = &self.expected {
            expected.check(tuple).map_err(|error| Failure::new(Exit::Negative, error))?;
        }
        let printed = self.form.print(tuple, format, &mut self.output);
        printed.map_err(|error| Failure::new(Exit::Negative, error))?;
        if let Count::Exactly(left) = &mut self.left {
            *left -= 1;
        }
        if self.output.len() >= BATCH {
            self.flush()?;
        }
        Ok(self.left == Count::Exactly(0))
    }

    /// Writes out what was printed.
    ///
    /// # Errors
    /// Status 23.
    pub fn flush(&mut self) -> Result<(), Failure> {
        if sys::stdout_was_closed() && !self.output.is_empty() {
            return Err(report::no_stdout());
        }
        let written = std::io::stdout().write_all(&self.output).and_then(|()| std::io::stdout().flush());
        self.output.clear();
        written.map_err(|error| {
            Failure::message(Exit::OutputFailed, format!("cannot write the output: {}", reason(&error)))
        })
    }
}

/// Printed tuples are written when they fill this many bytes, or when nothing more comes for the moment.
const BATCH: usize = 64 << 10;
