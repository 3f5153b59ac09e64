//! `datagram`: send datagrams and print the answers, receive them, probe a port. Serving many peers is in `host`.

mod bridge;
mod callers;
pub mod exchange;
mod failures;
mod forward;
pub mod host;
mod input;
mod line_ends;
pub mod opened;
mod printer;
pub mod probe;
mod program;
mod serve;

use std::cell::RefCell;
use std::io::IsTerminal;
use std::rc::Rc;
use std::time::Duration;

use self::exchange::{Exchange, Hearing, Replies};
pub(super) use self::failures::bound_target;
use self::input::Input;
use self::printer::Printer;
use super::announce::{Bound, ReadyOptions, announce, note_chosen_port};
use super::context::Context;
use super::keep::Keep;
use super::stream::{Shown, StreamOptions, Streams};
use crate::address::{Endpoint, Host, ListenAddress, ListenId, Peer, Scheme, SocketId, UnixKind, UnixName};
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::filter::LineEnding;
use crate::filter::misbehaviour::Misbehaviour;
use crate::message::Split;
use crate::relay::rate::Rate;
use crate::service::mishaps::Mishaps;
use crate::transport::datagram::{DatagramOptions, DatagramSocket, Receiver, Target, udp, unix};
use crate::transport::listener::Unwritten;

/// How long answers are waited for after the end of the input, where nothing else is said.
pub const REPLY_WINDOW: Duration = Duration::from_secs(1);

/// Where messages come from.
#[derive(Debug, Clone)]
pub enum Messages {
    /// The arguments, each of them one.
    Words(Vec<Vec<u8>>),
    /// Standard input, cut in this way.
    Stdin(Split),
    /// Nothing is sent.
    None,
}

/// Our own end.
#[derive(Debug, Clone, Default)]
pub struct From {
    /// The local host; any where there is none.
    pub host: Option<Host>,
    /// The local port; 0 is any.
    pub port: u16,
    /// The name that Unix answers come to; a temporary path where there is none.
    pub unix: Option<UnixName>,
}

/// What to do.
#[derive(Debug)]
pub enum Form {
    /// Send to a peer and print its answers.
    Send {
        /// The peer.
        to: SocketId,
        /// Our end.
        from: From,
    },
    /// Receive from everybody; send to a peer, where one is named.
    Receive {
        /// Where to.
        at: ListenId,
        /// The peer.
        to: Option<SocketId>,
        /// Whom to tell that datagrams are received.
        ready: ReadyOptions,
    },
    /// See whether anybody answers (`-z`).
    Probe {
        /// Where.
        to: SocketId,
        /// Our end.
        from: From,
        /// How long an answer is waited for.
        limit: Duration,
    },
}

/// `datagram`, parsed.
#[derive(Debug)]
pub struct Options {
    /// What to do.
    pub form: Form,
    /// What is sent.
    pub messages: Messages,
    /// What ends received messages on stdout.
    pub ending: Split,
    /// How sockets are made.
    pub socket: DatagramOptions,
    /// When to stop receiving.
    pub replies: Replies,
    /// The streams and records.
    pub stream: StreamOptions,
    /// How it is kept, if it is.
    pub keep: Option<Keep>,
}

/// How stdin is cut where nothing is said: what a person types, by lines; all else is one message.
pub fn default_split() -> Split {
    if std::io::stdin().is_terminal() { Split::Line } else { Split::None }
}

/// How received messages are ended where nothing is said: by a line break for a person, not at all for a program.
pub fn default_ending() -> Split {
    if std::io::stdout().is_terminal() { Split::Line } else { Split::None }
}

/// Runs the command.
///
/// # Errors
/// Whatever keeps messages from being sent, received or written.
pub async fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    let Options { form, messages, ending, socket, replies, stream, keep: _ } = options;
    failures::check_sizes(&messages, &form)?;
    refuse_stream_words(&stream, context)?;
    let (eol, rate, how) = ((stream.eol_in, stream.eol_out), stream.rate, stream.misbehaviour.clone());
    let run =
        Plan { messages, ending, replies, eol, rate, how, streams: Streams::of_datagrams(stream, context)?, context };
    let done = match form {
        Form::Probe { to, from, limit } => {
            let words = match run.messages {
                Messages::Words(words) => words,
                Messages::Stdin(_) | Messages::None => vec![Vec::new()],
            };
            return probe::run(&to, &from, &words, limit, &socket, context).await;
        }
        Form::Send { to, from } => run.send(&to, &from, &socket).await,
        Form::Receive { at, to, ready } => run.receive(&at, to.as_ref(), &ready, &socket).await,
    };
    run.streams.finish(done)
}

struct Plan<'a> {
    messages: Messages,
    ending: Split,
    replies: Replies,
    /// Line endings of the peer: what comes, what it gets.
    eol: (Option<LineEnding>, Option<LineEnding>),
    rate: Option<u64>,
    how: Option<Misbehaviour>,
    streams: Streams,
    context: &'a Context,
}

impl Plan<'_> {
    async fn send(&self, to: &SocketId, from: &From, options: &DatagramOptions) -> Result<Exit, Failure> {
        let id = to.handle();
        let (socket, target) = open(to, from, options).await?;
        let peer = match &to.endpoint {
            Some(endpoint) => endpoint.to_string(),
            None => id.clone(),
        };
        let local = socket.local().to_string();
        let (address, transport) = (socket.peer(&target).to_string(), socket.transport());
        let connected = Event::Connected { peer: address.clone(), local: local.clone(), transport };
        self.context.reporter.event(&id, &connected);
        let (ended, (bytes_in, bytes_out)) = self.exchange(vec![Rc::new(socket)], Some((target, peer)), &id).await;
        let reason = ended.as_ref().map_or_else(Failure::line, |exit| match exit {
            Exit::Done => "done".to_owned(),
            _ => "ended".to_owned(),
        });
        let closed = Event::Closed { peer: address, local, bytes_in, bytes_out, code: None, reason };
        self.context.reporter.event(&id, &closed);
        ended
    }

    async fn receive(
        &self,
        at: &ListenId,
        to: Option<&SocketId>,
        ready: &ReadyOptions,
        options: &DatagramOptions,
    ) -> Result<Exit, Failure> {
        let sockets = listen(at, Unwritten::AllInterfaces, None, options).await?;
        let target = match to {
            None => None,
            Some(to) => Some(failures::bound_target(to, &sockets, options).await?),
        };
        let bound: Vec<Bound> = sockets.iter().map(|socket| Bound::of(at, socket.local())).collect();
        announce(&bound, &[], ready, self.context)?;
        note_chosen_port(&bound, at.address.ports().any(|port| port == 0), ready, self.context);
        let id = bound.first().map(|bound| bound.id.clone()).unwrap_or_default();
        if let (Some((Target::Inet { .. }, _)), [only]) = (&target, sockets.as_slice()) {
            // All that is sent goes to the one peer, and so what comes back is about that.
            only.tell_errors();
        }
        let sockets = sockets.into_iter().map(Rc::new).collect();
        self.exchange(sockets, target, &id).await.0
    }

    /// How it ended, and how many bytes came and went.
    async fn exchange(
        &self,
        sockets: Vec<Rc<DatagramSocket>>,
        target: Option<(Target, String)>,
        id: &str,
    ) -> (Result<Exit, Failure>, (u64, u64)) {
        let stdio = match self.streams.stdio() {
            Ok(stdio) => stdio,
            Err(failure) => return (Err(failure), (0, 0)),
        };
        let shown = Shown::on(&stdio);
        let around = self.streams.surroundings(shown);
        let watcher = (around.watch)(id);
        let (input, output) = stdio.split();
        let limit = sockets.first().map_or(0, |socket| socket.max_payload());
        let place = (id.into(), 1);
        let exchange = Exchange {
            rate: self.rate.map(|rate| RefCell::new(Rate::new(rate))),
            mishaps: self
                .how
                .as_ref()
                .map(|how| Mishaps::new(how, place, Direction::Out, around.report.clone(), Some(watcher.clone()))),
            hearing: Hearing::Everybody { target, watcher: watcher.clone() },
            sockets,
            replies: self.replies,
            idle: around.idle,
            traffic: self.streams.traffic(),
            report: around.report.clone(),
        };
        let input = Input::new(&self.messages, input, limit, self.eol.1);
        let printer = Printer::new(self.ending, self.eol.0, self.context.json, self.streams.hex(), shown);
        let ended = exchange.run(input, output, printer).await;
        (ended, watcher.totals())
    }
}

/// Refuses what makes sense for streams only, and tells the seed of mishaps.
fn refuse_stream_words(stream: &StreamOptions, context: &Context) -> Result<(), Failure> {
    if stream.inband.is_some() {
        return Err(Failure::message(Exit::Usage, "--inband takes commands out of a stream; datagrams have none"));
    }
    let Some(how) = &stream.misbehaviour else { return Ok(()) };
    if let Some(word) = how.only_for_streams() {
        let text = format!("{word} is for streams; see --drop, --duplicate and --reorder for datagrams");
        return Err(Failure::message(Exit::Usage, text));
    }
    if how.is_random() {
        context.reporter.remark(&format!("chance is drawn with --seed {}", how.seed));
    }
    Ok(())
}

/// Tells of datagrams that the system had to drop.
pub(super) fn note_losses(receiver: &mut Receiver, id: &str, report: &dyn Report) {
    let lost = receiver.take_lost();
    if lost > 0 {
        let message =
            format!("{lost} datagrams were lost: they came faster than they were taken, and the buffer was full");
        report.event(id, &Event::Error { message });
    }
}

/// Opens a socket towards a peer.
pub(super) async fn open(
    to: &SocketId,
    from: &From,
    options: &DatagramOptions,
) -> Result<(DatagramSocket, Target), Failure> {
    match &to.endpoint {
        Some(Endpoint::Inet { scheme: Scheme::Udp | Scheme::Tcp, host, port }) => {
            if from.unix.is_some() {
                return Err(Failure::message(
                    Exit::Usage,
                    "--from unix: goes with a Unix peer; type --from [HOST]:PORT",
                ));
            }
            Ok(udp::open(host, *port, (from.host.as_ref(), from.port), options).await?)
        }
        Some(Endpoint::Unix { kind: UnixKind::Stream, name }) => {
            if from.host.is_some() || from.port != 0 {
                return Err(Failure::message(Exit::Usage, "a Unix peer is written to from --from unix:/path"));
            }
            Ok((unix::connect(name, from.unix.as_ref(), options)?, Target::Connected))
        }
        _ => Err(failures::no_datagrams(to)),
    }
}

/// The address of a socket's own peer, where it has one.
pub(super) fn peer_of(socket: &DatagramSocket, target: &Target) -> Option<Peer> {
    match target {
        Target::Inet { to, .. } => Some(Peer::inet(*to)),
        Target::Connected => socket2::SockRef::from(socket).peer_addr().ok()?.as_socket().map(Peer::inet),
        Target::Unix(_) => None,
    }
}

/// Receives on an address.
pub(super) async fn listen(
    at: &ListenId,
    unwritten: Unwritten,
    mode: Option<u32>,
    options: &DatagramOptions,
) -> Result<Vec<DatagramSocket>, Failure> {
    match &at.address {
        ListenAddress::Udp { host, port } => Ok(udp::listen(host, *port, unwritten, options).await?),
        ListenAddress::Tcp { host, ports, secure: false } => {
            let mut sockets = Vec::new();
            for port in ports.iter().flat_map(|range| range.iter()) {
                sockets.extend(udp::listen(host, port, unwritten, options).await?);
            }
            Ok(sockets)
        }
        ListenAddress::Unix { kind: UnixKind::Stream, name } => Ok(vec![unix::listen(name, mode, options)?]),
        other => Err(Failure::message(
            Exit::Usage,
            format!("datagrams cannot be received on {other}; type [HOST:]PORT, udp://HOST:PORT or unix:/path"),
        )),
    }
}
