//! How a listener lets clients in and what it does with each: the header of a proxy, TLS and handshakes first, then the service.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::accept::Options;
use super::context::Context;
use super::conversation;
use super::gate::{Admitted, Gate};
#[cfg(feature = "tls")]
use super::inspection::Inspection;
use super::open;
use super::shared_stdio::{Prefix, SharedStdio};
use super::stream::{StreamOptions, Streams, verdict};
use crate::address::Peer;
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::filter::misbehaviour::Misbehaviour;
use crate::message::Split;
use crate::relay::messages::Form;
use crate::relay::misbehave;
#[cfg(all(feature = "ws", feature = "http"))]
use crate::service::http::{self, upgrade};
use crate::service::{Client, Closing, Service, Surroundings, serve};
#[cfg(feature = "ws")]
use crate::transport::Messages;
use crate::transport::proxy::proxy_protocol;
#[cfg(feature = "tls")]
use crate::transport::secure;
use crate::transport::seqpacket;
#[cfg(feature = "tls")]
use crate::transport::tls::{ServerOptions, ServerTls};
#[cfg(feature = "ws")]
use crate::transport::websocket;
use crate::transport::{Bytes, Channel, SocketOptions};

/// How long a proxy in front may take to say whom it brings.
const HEADER_LIMIT: Duration = Duration::from_secs(10);

/// How long a client may take for the WebSocket handshake.
#[cfg(feature = "ws")]
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// What is done with each of many clients.
#[derive(Clone)]
pub(super) enum Job {
    Service(Rc<Service>),
    Stdio(Rc<SharedStdio>),
}

/// What a client goes through before it is served.
#[derive(Debug, Default)]
pub struct Entrance {
    /// What is set on its socket.
    pub socket: SocketOptions,
    /// Whether it begins with a PROXY protocol header.
    pub expects_header: bool,
    /// How the WebSocket handshake is done with it, where it is.
    #[cfg(feature = "ws")]
    pub websocket: Option<websocket::Settings>,
    /// How TLS is done with it, where it is.
    #[cfg(feature = "tls")]
    pub tls: Option<ServerOptions>,
    /// What is shown and demanded of its certificate.
    #[cfg(feature = "tls")]
    pub inspection: Inspection,
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
    pub(super) tls: Option<ServerTls>,
    #[cfg(feature = "tls")]
    inspection: Inspection,
}

impl Host {
    /// Reads the files of TLS; the pins of the certificates come beside.
    pub(super) fn new(options: &Options, context: &Context) -> Result<(Self, Vec<String>), Failure> {
        let entrance = Entrance {
            socket: options.listen.socket.clone(),
            expects_header: options.expects_header,
            #[cfg(feature = "ws")]
            websocket: options.websocket.clone(),
            #[cfg(feature = "tls")]
            tls: options.tls.clone(),
            #[cfg(feature = "tls")]
            inspection: options.inspection,
        };
        let (host, pins) = Host::at(entrance, context)?;
        let host = Host {
            form: Form {
                split: options.split.unwrap_or(Split::Line),
                parts: options.parts,
                records: context.json,
                count: options.count,
            },
            misbehaviour: options.stream.misbehaviour.clone(),
            places: options.max_connections.map(|count| Arc::new(Semaphore::new(count))),
            #[cfg(all(feature = "ws", feature = "http"))]
            http: options.http.as_ref().map(|http| http.ports.clone()),
            ..host
        };
        Ok((host, pins))
    }

    /// Lets in whoever passes the entrance. Reads the files of TLS; the pins of the certificates come beside.
    ///
    /// # Errors
    /// Certificates that cannot be used.
    pub(super) fn at(entrance: Entrance, context: &Context) -> Result<(Self, Vec<String>), Failure> {
        #[cfg(feature = "tls")]
        let tls =
            entrance.tls.as_ref().map(ServerTls::new).transpose().map_err(|error| Failure::new(error.exit(), error))?;
        #[cfg(feature = "tls")]
        let pins = tls.iter().flat_map(ServerTls::pins).map(|pin| format!("sha256:{}", pin.hex())).collect();
        #[cfg(not(feature = "tls"))]
        let pins = Vec::new();
        let host = Host {
            socket: entrance.socket,
            form: Form::from(Split::Line),
            expects_header: entrance.expects_header,
            misbehaviour: None,
            places: None,
            context: context.clone(),
            #[cfg(all(feature = "ws", feature = "http"))]
            http: None,
            #[cfg(feature = "ws")]
            websocket: entrance.websocket,
            #[cfg(feature = "tls")]
            tls,
            #[cfg(feature = "tls")]
            inspection: entrance.inspection,
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
    pub(super) async fn one_on_stdio(self: Rc<Self>, mut gate: Gate, streams: &Streams) -> Result<Exit, Failure> {
        let mut client = self.first(&mut gate).await?;
        drop(gate);
        let (closing, totals) = open::stream(&mut client, self.form, streams).await?;
        self.closed(&client, &closing, totals)
    }

    pub(super) async fn one_conversation(
        self: Rc<Self>,
        mut gate: Gate,
        prepared: conversation::Prepared,
        streams: &Streams,
    ) -> Result<Exit, Failure> {
        let client = self.first(&mut gate).await?;
        drop(gate);
        conversation::run(prepared, client, streams, &self.context).await
    }

    pub(super) async fn one_by_service(
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

    pub(super) async fn many_on_stdio(
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
    pub(super) async fn serve_all(
        self: &Rc<Self>,
        gate: &mut Gate,
        around: &Surroundings,
        job: &Job,
    ) -> Result<Exit, Failure> {
        let around = Rc::new(around.clone());
        loop {
            // Without a free place nobody is accepted: who comes waits in the queue of the system.
            let place = self.place().await;
            let admitted = gate.next().await?;
            let (host, around, job) = (self.clone(), around.clone(), job.clone());
            // Boxed, so that what letting a client in needs is not held for as long as the client.
            let entering = Box::pin(async move { host.enter(admitted).await.map(|client| (host, client)) });
            tokio::task::spawn_local(async move {
                let Some((host, mut client)) = entering.await else { return };
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
    pub(super) async fn first(self: &Rc<Self>, gate: &mut Gate) -> Result<Client, Failure> {
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

    /// What comes before a client is served.
    async fn prepare(&self, channel: Channel, id: &str, port: Option<u16>, number: u64) -> Result<Channel, String> {
        if !self.expects_header && !self.shakes_hands() {
            return Ok(misbehave::put_on(channel, self.misbehaviour.as_ref(), number, Direction::Out));
        }
        // Boxed, so that whom it does not concern needs no room for it.
        Box::pin(self.shake_hands(channel, id, port, number)).await
    }

    /// The header of a proxy in front, TLS, the WebSocket handshake.
    #[cfg_attr(
        not(all(feature = "ws", feature = "http")),
        expect(unused_variables, reason = "only HTTP ports have both")
    )]
    async fn shake_hands(&self, channel: Channel, id: &str, port: Option<u16>, number: u64) -> Result<Channel, String> {
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
                let channel = secured.map_err(|error| error.to_string())?;
                if let Some(session) = channel.session() {
                    self.inspection.show_aside(session, &self.context);
                    self.inspection.demand(session).map_err(|failure| failure.line())?;
                }
                Ok(channel)
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
