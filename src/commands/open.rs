//! `open`: connect, then stream, join a program, probe, or hand the descriptor over.

use std::io::IoSlice;
use std::num::NonZeroU64;
use std::rc::Rc;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

use super::context::Context;
use super::conversation;
use super::datagram;
use super::hook;
#[cfg(feature = "tls")]
use super::inspection::Inspection;
#[cfg(feature = "interactive")]
use super::interactive;
use super::keep::Keep;
use super::probe;
use super::stream::{Mistreated, Shown, StreamOptions, Streams, check_misbehaviour, verdict};
use crate::address::{Endpoint, Scheme, SocketId, UnixKind};
use crate::conversation::Part;
#[cfg(feature = "tls")]
use crate::conversation::upgrade::Upgrade;
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::message::Split;
use crate::relay::messages::Form;
use crate::relay::{self, Waiting, misbehave};
use crate::service::program::Command;
use crate::service::{Client, Closing, Service, Verdict, serve};
#[cfg(feature = "tls")]
use crate::transport::secure::SecureLayer;
use crate::transport::{Bytes, Channel, ConnectOptions, connect};

/// What to do with the connection.
#[derive(Debug)]
pub enum Mode {
    /// Join it to stdin and stdout.
    Stream,
    /// Join it to a program.
    Program(Command),
    /// Only see whether it comes to stand (`-z`).
    Probe,
    /// Pass the descriptor over stdout (`-F`).
    PassDescriptor,
    /// Leave it to a keeper.
    Keep(Keep),
    /// Let a person talk.
    #[cfg(feature = "interactive")]
    Interactive(interactive::Options),
    /// Hold a conversation: steps, or a recorded client.
    Conversation(conversation::Options),
}

/// `open`, parsed.
#[derive(Debug)]
pub struct Options {
    /// Where to.
    pub id: SocketId,
    /// How.
    pub connect: ConnectOptions,
    /// What then.
    pub mode: Mode,
    /// The streams.
    pub stream: StreamOptions,
    /// The framing of messages on stdin and stdout, where it is said.
    pub split: Option<Split>,
    /// Whether it frames parts of messages.
    pub parts: bool,
    /// End after this many received messages.
    pub count: Option<NonZeroU64>,
    /// `--on-open CMD`.
    pub on_open: Option<String>,
    /// What to show and demand of the peer's certificate.
    #[cfg(feature = "tls")]
    pub inspection: Inspection,
}

impl Options {
    /// Whether the address is one for datagrams.
    pub fn is_datagram(&self) -> bool {
        matches!(self.id.endpoint, Some(Endpoint::Inet { scheme: Scheme::Udp, .. }))
    }
}

/// Runs the command.
///
/// # Errors
/// Whatever keeps bytes from being delivered.
pub async fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    let id = options.id.handle();
    let endpoint = options.id.endpoint.clone().ok_or_else(|| {
        Failure::message(Exit::MalformedAddress, format!("{id:?} is a name without an address; type HOST:PORT/NAME"))
    })?;
    if options.is_datagram() {
        return datagram::run(datagram::opened::options(options)?, context).await;
    }
    #[cfg(feature = "interactive")]
    if let Mode::Interactive(_) = options.mode {
        interactive::check(context)?;
    }
    if let Mode::Probe = options.mode {
        #[cfg(feature = "tls")]
        return probe::run(&endpoint, &options.connect, &options.inspection, &id, context).await;
        #[cfg(not(feature = "tls"))]
        return probe::run(&endpoint, &options.connect, &id, context).await;
    }
    let prepared = match &options.mode {
        Mode::Conversation(talk) => Some(prepare(talk, &endpoint, &options, context).await?),
        _ => None,
    };
    let misbehaviour = options.stream.misbehaviour.clone();
    let has_packets = matches!(endpoint, Endpoint::Unix { kind: UnixKind::Seqpacket, .. });
    let of = if has_packets { Mistreated::Messages } else { Mistreated::Streams };
    check_misbehaviour(misbehaviour.as_ref(), of, context)?;
    let streams = Streams::open(options.stream.clone(), context)?;
    let overlay = misbehave::overlay(misbehaviour.as_ref(), 1, Direction::Out);
    let connect_options = ConnectOptions { overlay, ..options.connect.clone() };
    let channel = connect(&endpoint, &connect_options, &id, &*context.reporter).await?;
    #[cfg(feature = "tls")]
    if let Some(session) = channel.session() {
        options.inspection.show_aside(session, context);
        options.inspection.demand(session)?;
    }
    if let Channel::Messages(messages) = &channel {
        let report: Rc<dyn Report> = context.reporter.clone();
        messages.report_to(&report);
    }
    let mut client = Client { id, port: None, channel };
    if let Some(command) = &options.on_open {
        hook::start(command, &client, context)?;
    }
    #[cfg(feature = "interactive")]
    if let Mode::Interactive(terms) = &options.mode {
        let id = client.id.clone();
        let talked =
            interactive::run(client, terms, starter(&endpoint, &options, &id, context), &streams, context).await;
        return streams.finish(talked);
    }
    let joined = match prepared {
        Some(prepared) => conversation::run(prepared, client, &streams, context).await,
        None => {
            let split = options.split.unwrap_or(Split::Line);
            let form = Form { split, parts: options.parts, records: context.json, count: options.count };
            join(&mut client, &options.mode, form, &streams, context).await
        }
    };
    streams.finish(joined)
}

/// The TLS that a person may start.
#[cfg(feature = "interactive")]
fn starter<'a>(
    endpoint: &'a Endpoint,
    options: &'a Options,
    id: &'a str,
    context: &'a Context,
) -> interactive::Starter<'a> {
    #[cfg(feature = "tls")]
    {
        let prepare = || Ok(upgrade(SecureLayer::prepare(endpoint, &in_tls(options))?, options, context));
        interactive::of_stream(Box::new(prepare), id, &*context.reporter)
    }
    #[cfg(not(feature = "tls"))]
    {
        let _ = (endpoint, options, id, context);
        interactive::no_tls("TLS is not supported in this build")
    }
}

/// The options of a connection that goes on in TLS.
#[cfg(feature = "tls")]
fn in_tls(options: &Options) -> ConnectOptions {
    ConnectOptions { secure: true, ..options.connect.clone() }
}

#[cfg(feature = "tls")]
fn upgrade(layer: SecureLayer, options: &Options, context: &Context) -> Upgrade {
    Upgrade::Client(Box::new(layer), options.inspection.of_each(context))
}

/// Prepares a conversation, and the TLS that it may start.
async fn prepare(
    talk: &conversation::Options,
    endpoint: &Endpoint,
    options: &Options,
    context: &Context,
) -> Result<conversation::Prepared, Failure> {
    #[cfg(feature = "tls")]
    {
        let layer = talk.starts_tls().then(|| SecureLayer::prepare(endpoint, &in_tls(options))).transpose()?;
        talk.prepare(Part::Client, layer.map(|layer| upgrade(layer, options, context))).await
    }
    #[cfg(not(feature = "tls"))]
    {
        let _ = (endpoint, options, context);
        talk.prepare(Part::Client).await
    }
}

async fn join(
    client: &mut Client,
    mode: &Mode,
    form: Form,
    streams: &Streams,
    context: &Context,
) -> Result<Exit, Failure> {
    if let Mode::PassDescriptor = mode {
        return pass_descriptor(&client.channel);
    }
    let (peer, local) = (client.channel.peer().to_string(), client.channel.local().to_string());
    let (closing, totals) = match mode {
        Mode::Program(command) => {
            let around = streams.surroundings(Shown::ToProgram);
            let watcher = (around.watch)(&client.id);
            let service = Service::Program(Rc::new(command.clone()));
            (serve(&service, client, &watcher, &around).await, watcher.totals())
        }
        _ => stream(client, form, streams).await?,
    };
    let (bytes_in, bytes_out) = totals;
    let reason = closing.reason.clone();
    let code = client.channel.close_code();
    // What never stood cannot be closed.
    if client.channel.has_stood() {
        let closed = Event::Closed { peer: peer.clone(), local, bytes_in, bytes_out, code, reason };
        context.reporter.event(&client.id, &closed);
    }
    verdict(&peer, &closing)
}

/// Joins a connection to the standard streams.
///
/// # Errors
/// When the standard streams cannot be used.
pub async fn stream(client: &mut Client, form: Form, streams: &Streams) -> Result<(Closing, (u64, u64)), Failure> {
    let mut stdio = streams.stdio()?;
    let around = streams.surroundings(Shown::on(&stdio));
    let watcher = (around.watch)(&client.id);
    let outgoing = around.lane(Direction::Out, &client.id, &*watcher);
    let incoming = around.lane(Direction::In, &client.id, &*watcher);
    let outcome = match &mut client.channel {
        Channel::Bytes(bytes) => {
            let rules = streams.rules(&stdio);
            relay::run(&mut stdio, bytes, rules, outgoing, incoming, Waiting::Eager).await
        }
        Channel::Messages(messages) => {
            let (rules, report) = (streams.message_rules(&stdio, messages), &*around.report);
            relay::messages::run(&mut stdio, messages, rules, form, outgoing, incoming, report, Waiting::Eager).await
        }
    };
    let closing = Closing::of(outcome, &client.channel).timed(around.idle, &client.id, &*around.report);
    if closing.verdict == Verdict::Clean {
        client.channel.take_leave().await;
    }
    Ok((closing, watcher.totals()))
}

/// OpenSSH's ProxyUseFdpass: the connected descriptor goes to the parent over stdout, which is a Unix socket there.
fn pass_descriptor(channel: &Channel) -> Result<Exit, Failure> {
    let socket = match channel {
        Channel::Bytes(Bytes::Socket(socket)) => socket,
        Channel::Bytes(Bytes::Layered(_)) => {
            let message = "-F passes the descriptor alone, and what is spoken above it would stay behind";
            return Err(Failure::message(Exit::Unsupported, message));
        }
        Channel::Messages(_) => {
            return Err(Failure::message(Exit::Unsupported, "only a stream's descriptor can be passed"));
        }
    };
    let sent = (|| -> std::io::Result<()> {
        let socket = socket.duplicate_blocking()?;
        let descriptors = [std::os::fd::AsFd::as_fd(&socket)];
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
        rustix::net::sendmsg(rustix::stdio::stdout(), &[IoSlice::new(&[0])], &mut control, SendFlags::empty())?;
        Ok(())
    })();
    sent.map(|()| Exit::Done).map_err(|error| {
        let message = format!("cannot pass the descriptor over stdout: {}", reason(&error));
        Failure::message(Exit::OutputFailed, message)
            .hint("stdout must be a Unix socket, as under ssh's ProxyUseFdpass")
    })
}
