//! `accept`: listen, let in whom the rules allow, and serve.

use std::num::NonZeroU64;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::admission::Admission;
use super::announce::{Bound, ReadyOptions, announce, note_chosen_port};
use super::context::Context;
use super::conversation;
use super::datagram;
use super::gate::{Admitted, Gate, Reject};
#[cfg(feature = "http")]
use super::http_ports::HttpPorts;
use super::keep::Keep;
use super::open;
use super::shared_stdio::{Prefix, SharedStdio};
use super::stream::{Shown, StreamOptions, Streams, check_misbehaviour, verdict};
#[cfg(feature = "zmq")]
use super::zeromq;
use crate::access::Policy;
use crate::address::{ListenAddress, ListenId, Peer};
use crate::conversation::Part;
#[cfg(feature = "tls")]
use crate::conversation::Upgrade;
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::filter::misbehaviour::Misbehaviour;
use crate::limits;
use crate::message::Split;
use crate::relay::messages::Form;
use crate::relay::misbehave;
#[cfg(all(feature = "ws", feature = "http"))]
use crate::service::http::{self, upgrade};
use crate::service::{Client, Closing, Service, Surroundings, serve};
#[cfg(feature = "ws")]
use crate::transport::Messages;
use crate::transport::listener::{ListenOptions, Listener, listen};
use crate::transport::proxy::proxy_protocol;
#[cfg(feature = "tls")]
use crate::transport::secure;
use crate::transport::seqpacket;
#[cfg(feature = "tls")]
use crate::transport::tls::{ServerOptions, ServerTls};
#[cfg(feature = "ws")]
use crate::transport::websocket;
#[cfg(feature = "zmq")]
use crate::transport::zeromq::ZeroMqOptions;
use crate::transport::{Bytes, Channel, SocketOptions};

/// How long a proxy in front may take to say whom it brings.
const HEADER_LIMIT: Duration = Duration::from_secs(10);

/// How long a client may take for the WebSocket handshake.
#[cfg(feature = "ws")]
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// What clients get.
#[derive(Debug)]
pub enum Offer {
    /// stdin and stdout; `many` clients share them.
    Stdio {
        /// Whether to go on after the first client (`-k`).
        many: bool,
        /// Whether stdout shows who sent what.
        prefix: Prefix,
    },
    /// A service, for many clients or `once`.
    Service {
        /// Which one.
        service: Service,
        /// Whether to end after the first client (`--once`).
        once: bool,
    },
    /// Nothing yet: a keeper takes them in.
    Keep(Keep),
    /// A conversation with the first client: steps, or a recorded server.
    Conversation(conversation::Options),
}

impl Offer {
    fn needs_streams(&self) -> bool {
        match self {
            Offer::Stdio { .. } => false,
            Offer::Service { service, .. } => service.needs_streams(),
            Offer::Conversation(_) | Offer::Keep(_) => true,
        }
    }
}

/// `accept`, parsed.
#[derive(Debug)]
pub struct Options {
    /// Where to listen.
    pub at: Vec<ListenId>,
    /// Whether ports and paths are those of datagram sockets (`--datagram`).
    pub datagrams: bool,
    /// How.
    pub listen: ListenOptions,
    /// What clients get.
    pub offer: Offer,
    /// At most this many at the same time (`-m`).
    pub max_connections: Option<usize>,
    /// Who may connect.
    pub policy: Policy,
    /// What the others notice.
    pub reject: Reject,
    /// Whom to tell that the listeners listen.
    pub ready: ReadyOptions,
    /// The streams.
    pub stream: StreamOptions,
    /// The framing of messages on stdin and stdout, where it is said.
    pub split: Option<Split>,
    /// Whether it frames parts of messages.
    pub parts: bool,
    /// With one client on stdin and stdout: end after this many received messages.
    pub count: Option<NonZeroU64>,
    /// How the WebSocket handshake is done with clients, where it is (`--ws`).
    #[cfg(feature = "ws")]
    pub websocket: Option<websocket::Settings>,
    /// Whether each client begins with a PROXY protocol header.
    pub expects_header: bool,
    /// The ZeroMQ socket whose peers the clients are.
    #[cfg(feature = "zmq")]
    pub zmq: Option<Box<ZeroMqOptions>>,
    /// The ports on which HTTP is spoken, where the others get another service.
    #[cfg(feature = "http")]
    pub http: Option<HttpPorts>,
    /// How TLS is done with clients, where it is.
    #[cfg(feature = "tls")]
    pub tls: Option<ServerOptions>,
}

/// Runs the command.
///
/// # Errors
/// An address that cannot be listened on, or the failure of a single client that was all there was to serve.
pub async fn run(mut options: Options, context: &Context) -> Result<Exit, Failure> {
    limits::raise_descriptor_limit();
    if options.carries_datagrams()? {
        return datagram::host::run(options, context).await;
    }
    let admission = Admission::new(options.policy.clone()).await?;
    let streams = Streams::open(options.stream.clone(), context)?;
    let (mut listeners, mut bound): (Vec<Listener>, Vec<Bound>) = (Vec::new(), Vec::new());
    for (index, at) in options.at.iter().enumerate() {
        for listener in listen(&at.address, &options.listen).await? {
            #[cfg(feature = "http")]
            if let Some(http) = &mut options.http {
                http.note(index, listener.local());
            }
            #[cfg(not(feature = "http"))]
            let _ = index;
            bound.push(Bound::of(at, listener.local()));
            listeners.push(listener);
        }
    }
    #[cfg(feature = "http")]
    if let (Offer::Service { service, .. }, Some(http)) = (&mut options.offer, &options.http) {
        http.put_before(service);
    }
    let has_messages = listeners.iter().any(Listener::has_messages);
    if options.offer.needs_streams() && has_messages {
        let message = "seqpacket sockets have messages, and this needs streams; use a port or unix:/path";
        return Err(Failure::message(Exit::Unsupported, message));
    }
    check_misbehaviour(options.stream.misbehaviour.as_ref(), has_messages, context)?;
    #[cfg_attr(not(feature = "tls"), expect(unused_mut, reason = "only TLS adds to it"))]
    let (mut host, pins) = Host::new(&options, context)?;
    #[cfg(feature = "tls")]
    let upgrade = match &options.offer {
        // The handshake is a step then, not the beginning.
        Offer::Conversation(talk) if talk.starts_tls() => host.tls.take().map(Upgrade::Server),
        _ => None,
    };
    let conversation = match &options.offer {
        #[cfg(feature = "tls")]
        Offer::Conversation(talk) => Some(talk.prepare(Part::Server, upgrade).await?),
        #[cfg(not(feature = "tls"))]
        Offer::Conversation(talk) => Some(talk.prepare(Part::Server).await?),
        Offer::Stdio { .. } | Offer::Service { .. } | Offer::Keep(_) => None,
    };
    announce(&bound, &pins, &options.ready, context)?;
    if options.makes_certificate() {
        for pin in &pins {
            context.reporter.note(&format!("made a certificate; clients can trust it with --pin {pin}"));
        }
    }
    let chosen = options.at.iter().any(|at| at.address.ports().any(|port| port == 0));
    note_chosen_port(&bound, chosen, &options.ready, context);
    let name = options.at.first().and_then(|at| at.name.clone());
    let mut gate = Gate::new(listeners, admission, options.reject, name, context);
    let host = Rc::new(host);
    #[cfg(feature = "zmq")]
    if let (Some(zmq), Some(first)) = (options.zmq, bound.into_iter().next()) {
        let served = zeromq::serve_peers(host, gate, *zmq, first, (&options.offer, conversation), &streams).await;
        return streams.finish(served);
    }
    let served = match (conversation, options.offer) {
        (Some(conversation), _) => host.one_conversation(gate, conversation, &streams).await,
        (None, Offer::Stdio { many: true, prefix }) => {
            streams.unless_broken(host.many_on_stdio(&mut gate, &streams, &options.stream, prefix)).await
        }
        (None, Offer::Service { service, once: true }) => {
            let around = streams.surroundings(Shown::ToProgram);
            host.one_by_service(gate, &service, &around).await
        }
        (None, Offer::Service { service, once: false }) => {
            let around = streams.surroundings(Shown::ToProgram);
            streams.unless_broken(host.serve_all(&mut gate, &around, &Job::Service(Rc::new(service)))).await
        }
        (None, Offer::Stdio { .. } | Offer::Conversation(_)) => host.one_on_stdio(gate, &streams).await,
        (None, Offer::Keep(_)) => Err(Failure::message(Exit::Usage, "a kept listener is its keeper's")),
    };
    streams.finish(served)
}

/// What is done with each of many clients.
#[derive(Clone)]
enum Job {
    Service(Rc<Service>),
    Stdio(Rc<SharedStdio>),
}

/// How clients are let in and served.
pub(super) struct Host {
    socket: SocketOptions,
    pub(super) form: Form,
    places: Option<Arc<Semaphore>>,
    pub(super) context: Context,
    expects_header: bool,
    /// Where clients may ask for a WebSocket or for something else.
    #[cfg(all(feature = "ws", feature = "http"))]
    http: Option<http::Ports>,
    misbehaviour: Option<Misbehaviour>,
    #[cfg(feature = "ws")]
    websocket: Option<websocket::Settings>,
    #[cfg(feature = "tls")]
    tls: Option<ServerTls>,
}

impl Options {
    /// Whether datagrams are received, not connections accepted.
    ///
    /// # Errors
    /// Both are asked for: status 2.
    pub fn carries_datagrams(&self) -> Result<bool, Failure> {
        let is_udp = |at: &ListenId| matches!(at.address, ListenAddress::Udp { .. });
        if !self.datagrams && self.at.iter().any(is_udp) && !self.at.iter().all(is_udp) {
            let message = "udp:// and other addresses cannot be mixed; use --datagram for all, or two commands";
            return Err(Failure::message(Exit::Usage, message));
        }
        Ok(self.datagrams || self.at.iter().any(is_udp))
    }

    /// Whether a certificate is made in memory.
    pub fn makes_certificate(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.as_ref().is_some_and(|tls| tls.self_signed);
        #[cfg(not(feature = "tls"))]
        false
    }

    /// Whether TLS is spoken with clients.
    pub fn secure(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }
}

impl Host {
    /// Reads the files of TLS; the pins of the certificates come beside.
    pub(super) fn new(options: &Options, context: &Context) -> Result<(Self, Vec<String>), Failure> {
        #[cfg(feature = "tls")]
        let tls =
            options.tls.as_ref().map(ServerTls::new).transpose().map_err(|error| Failure::new(error.exit(), error))?;
        #[cfg(feature = "tls")]
        let pins = tls.iter().flat_map(ServerTls::pins).map(|pin| format!("sha256:{}", pin.hex())).collect();
        #[cfg(not(feature = "tls"))]
        let pins = Vec::new();
        let host = Host {
            socket: options.listen.socket.clone(),
            form: Form {
                split: options.split.unwrap_or(Split::Line),
                parts: options.parts,
                records: context.json,
                count: options.count,
            },
            expects_header: options.expects_header,
            misbehaviour: options.stream.misbehaviour.clone(),
            places: options.max_connections.map(|count| Arc::new(Semaphore::new(count))),
            context: context.clone(),
            #[cfg(all(feature = "ws", feature = "http"))]
            http: options.http.as_ref().map(|http| http.ports.clone()),
            #[cfg(feature = "ws")]
            websocket: options.websocket.clone(),
            #[cfg(feature = "tls")]
            tls,
        };
        Ok((host, pins))
    }

    /// A free place for another client; `None` where their number has no bound.
    pub(super) async fn place(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        match &self.places {
            Some(places) => places.clone().acquire_owned().await.ok(),
            None => None,
        }
    }

    /// The first client gets stdin and stdout, and the door is closed behind it: a second one is refused, not queued.
    async fn one_on_stdio(self: Rc<Self>, mut gate: Gate, streams: &Streams) -> Result<Exit, Failure> {
        let mut client = self.first(&mut gate).await?;
        drop(gate);
        let (closing, totals) = open::stream(&mut client, self.form, streams).await?;
        self.closed(&client, &closing, totals)
    }

    async fn one_conversation(
        self: Rc<Self>,
        mut gate: Gate,
        prepared: conversation::Prepared,
        streams: &Streams,
    ) -> Result<Exit, Failure> {
        let client = self.first(&mut gate).await?;
        drop(gate);
        conversation::run(prepared, client, streams, &self.context).await
    }

    async fn one_by_service(
        self: Rc<Self>,
        mut gate: Gate,
        service: &Service,
        around: &Surroundings,
    ) -> Result<Exit, Failure> {
        let mut client = self.first(&mut gate).await?;
        drop(gate);
        let watcher = (around.watch)(&client.id);
        let closing = serve(service, &mut client, &watcher, around).await;
        self.closed(&client, &closing, watcher.totals())
    }

    async fn many_on_stdio(
        self: Rc<Self>,
        gate: &mut Gate,
        streams: &Streams,
        options: &StreamOptions,
        prefix: Prefix,
    ) -> Result<Exit, Failure> {
        let messages = self.largest_message(gate);
        let (shared, input) = SharedStdio::new(streams, options, prefix, self.form, messages)?;
        let around = streams.surroundings(shared.shown().await);
        let reading = tokio::task::spawn_local(shared.clone().distribute(input, around.report.clone()));
        let job = Job::Stdio(shared.clone());
        let served = tokio::select! {
            failure = shared.output_failed() => Err(failure),
            served = self.serve_all(gate, &around, &job) => served,
        };
        reading.abort();
        served
    }

    /// The size of the largest message, where clients have messages.
    fn largest_message(&self, gate: &Gate) -> Option<usize> {
        #[cfg(feature = "ws")]
        if let Some(settings) = &self.websocket {
            return Some(settings.limit);
        }
        gate.has_messages().then_some(seqpacket::MAX_MESSAGE)
    }

    /// Serves clients until the process is told to end.
    async fn serve_all(self: &Rc<Self>, gate: &mut Gate, around: &Surroundings, job: &Job) -> Result<Exit, Failure> {
        loop {
            // Without a free place nobody is accepted: who comes waits in the queue of the system.
            let place = self.place().await;
            let admitted = gate.next().await?;
            let (host, around, job) = (self.clone(), around.clone(), job.clone());
            tokio::task::spawn_local(async move {
                // Boxed, so that what letting a client in and the other kind of job need is not held for every client.
                let Some(mut client) = Box::pin(host.enter(admitted)).await else { return };
                let watcher = (around.watch)(&client.id);
                let closing = match job {
                    Job::Service(service) => serve(&service, &mut client, &watcher, &around).await,
                    Job::Stdio(shared) => Box::pin(shared.serve(&mut client, &watcher, &around)).await,
                };
                report_closed(&client, &closing, watcher.totals(), &host.context);
                drop(client);
                drop(place);
            });
        }
    }

    /// The first client that is let in and done with its handshake. One that is slow or speaks nonsense holds up nobody.
    async fn first(self: &Rc<Self>, gate: &mut Gate) -> Result<Client, Failure> {
        let mut entering = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                admitted = gate.next() => {
                    let (host, admitted) = (self.clone(), admitted?);
                    if !self.shakes_hands() {
                        // Nobody else is admitted while this one enters.
                        match self.enter(admitted).await {
                            Some(client) => return Ok(client),
                            None => continue,
                        }
                    }
                    entering.spawn_local(async move { host.enter(admitted).await });
                }
                Some(entered) = entering.join_next() => {
                    if let Ok(Some(client)) = entered {
                        return Ok(client);
                    }
                }
            }
        }
    }

    fn shakes_hands(&self) -> bool {
        #[cfg(feature = "ws")]
        if self.websocket.is_some() {
            return true;
        }
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        return false;
    }

    /// Lets a client in: what comes before it is served. What is wrong with it is reported.
    pub(super) async fn enter(&self, admitted: Admitted) -> Option<Client> {
        let Admitted { id, number, pending } = admitted;
        let (peer, local) = (pending.peer().to_string(), pending.local().to_string());
        let port = pending.local().socket_addr().map(|address| address.port());
        let reason = match pending.into_channel(&self.socket) {
            Ok(channel) => match self.prepare(channel, &id, port, number).await {
                Ok(channel) => return Some(Client { id, port, channel }),
                Err(reason) => reason,
            },
            Err(error) => format!("cannot serve: {}", reason(&error)),
        };
        self.context.reporter.event(&id, &Event::Error { message: format!("{peer}: {reason}") });
        let closed = Event::Closed { peer, local, bytes_in: 0, bytes_out: 0, code: None, reason };
        self.context.reporter.event(&id, &closed);
        None
    }

    /// What comes before a client is served: the header of a proxy in front, TLS, the WebSocket handshake.
    #[cfg_attr(not(feature = "ws"), expect(unused_variables, reason = "only WebSockets depend on the port"))]
    async fn prepare(&self, channel: Channel, id: &str, port: Option<u16>, number: u64) -> Result<Channel, String> {
        let channel = match self.expects_header {
            true => self.secure(self.read_header(channel, id).await?, id).await?,
            false => self.secure(channel, id).await?,
        };
        let channel = misbehave::put_on(channel, self.misbehaviour.as_ref(), number, Direction::Out);
        #[cfg(feature = "ws")]
        if let Some(settings) = &self.websocket {
            let Channel::Bytes(bytes) = channel else { return Ok(channel) };
            #[cfg(feature = "http")]
            let bytes = match self.http.as_ref().is_some_and(|http| http.has(port)) {
                true => match upgrade::ask(bytes, HANDSHAKE_LIMIT).await {
                    upgrade::Asks::Upgrade(bytes) => bytes,
                    upgrade::Asks::Otherwise(bytes) => return Ok(Channel::Bytes(bytes)),
                },
                false => bytes,
            };
            let socket =
                websocket::accept(bytes, settings, HANDSHAKE_LIMIT).await.map_err(|error| error.to_string())?;
            if let Some(protocol) = socket.protocol() {
                self.context.reporter.remark(&format!("{id} speaks the sub-protocol {protocol}"));
            }
            return Ok(Channel::Messages(Messages::WebSocket(Box::new(socket))));
        }
        Ok(channel)
    }

    /// Reads the PROXY protocol header; from then on the client is whom it names.
    async fn read_header(&self, channel: Channel, id: &str) -> Result<Channel, String> {
        let Channel::Bytes(Bytes::Socket(mut socket)) = channel else {
            return Err("the PROXY protocol needs a plain stream".to_owned());
        };
        let header = match tokio::time::timeout(HEADER_LIMIT, proxy_protocol::decode(&mut socket)).await {
            Ok(header) => header.map_err(|error| error.to_string())?,
            Err(_) => return Err("no PROXY protocol header came in time".to_owned()),
        };
        let Some(ends) = header.ends else { return Ok(Channel::Bytes(Bytes::Socket(socket))) };
        let (peer, local) = (Peer::inet(ends.source), Peer::inet(ends.destination));
        self.context.reporter.remark(&format!("{id} comes from {peer}, says the proxy {}", socket.peer()));
        Ok(Channel::Bytes(Bytes::Socket(socket.presenting(local, peer))))
    }

    #[cfg(feature = "tls")]
    async fn secure(&self, channel: Channel, id: &str) -> Result<Channel, String> {
        match &self.tls {
            Some(tls) => {
                let secured = secure::accept(tls, channel, id, &*self.context.reporter).await;
                secured.map_err(|error| error.to_string())
            }
            None => Ok(channel),
        }
    }

    #[cfg(not(feature = "tls"))]
    async fn secure(&self, channel: Channel, _: &str) -> Result<Channel, String> {
        Ok(channel)
    }

    fn closed(&self, client: &Client, closing: &Closing, totals: (u64, u64)) -> Result<Exit, Failure> {
        report_closed(client, closing, totals, &self.context);
        verdict(&client.channel.peer().to_string(), closing)
    }
}

fn report_closed(client: &Client, closing: &Closing, (bytes_in, bytes_out): (u64, u64), context: &Context) {
    let event = Event::Closed {
        peer: client.channel.peer().to_string(),
        local: client.channel.local().to_string(),
        bytes_in,
        bytes_out,
        code: client.channel.close_code(),
        reason: closing.reason.clone(),
    };
    context.reporter.event(&client.id, &event);
}
