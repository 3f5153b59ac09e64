//! `accept`: listen, let in whom the rules allow, and serve.

use std::num::NonZeroU64;
use std::rc::Rc;

use super::admission::Admission;
use super::announce::{Bound, ReadyOptions, announce, note_chosen_port};
use super::context::Context;
use super::conversation;
use super::datagram;
use super::gate::{Gate, Reject};
use super::host::{Host, Job};
#[cfg(feature = "http")]
use super::http_ports::HttpPorts;
#[cfg(feature = "tls")]
use super::inspection::Inspection;
use super::keep::Keep;
use super::shared_stdio::Prefix;
use super::stream::{Mistreated, Shown, StreamOptions, Streams, check_misbehaviour};
#[cfg(feature = "zmq")]
use super::zeromq;
use crate::access::Policy;
use crate::address::{ListenAddress, ListenId};
use crate::conversation::Part;
#[cfg(feature = "tls")]
use crate::conversation::Upgrade;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::is_kept;
use crate::limits;
use crate::message::Split;
use crate::service::Service;
use crate::transport::listener::{ListenOptions, Listener, listen};
#[cfg(feature = "tls")]
use crate::transport::tls::ServerOptions;
#[cfg(feature = "ws")]
use crate::transport::websocket;
#[cfg(feature = "zmq")]
use crate::transport::zeromq::ZeroMqOptions;

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
    /// What to show and demand of clients' certificates.
    #[cfg(feature = "tls")]
    pub inspection: Inspection,
}

/// Runs the command.
///
/// # Errors
/// An address that cannot be listened on, or the failure of a single client that was all there was to serve.
pub async fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    #[cfg(feature = "http")]
    let mut options = options;
    limits::raise_descriptor_limit();
    check_target(&options.offer, context)?;
    if options.carries_datagrams()? {
        return datagram::host::run(options, context).await;
    }
    let admission = Admission::new(options.policy.clone()).await?;
    let streams = Streams::open(options.stream.clone(), context)?;
    let (mut listeners, mut bound): (Vec<Listener>, Vec<Bound>) = (Vec::new(), Vec::new());
    for (index, at) in options.at.iter().enumerate() {
        let listening = listen(&at.address, &options.listen).await.inspect_err(|_| {
            if let ([_], None) = (options.at.as_slice(), &at.name) {
                context.reporter.about(&at.address.to_string());
            }
        })?;
        for listener in listening {
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
    let mistreated = match &options.offer {
        Offer::Service { service: Service::Forward(target), .. } if target.takes_datagrams() => {
            Mistreated::StreamsAndDatagrams
        }
        _ if has_messages => Mistreated::Messages,
        _ => Mistreated::Streams,
    };
    check_misbehaviour(options.stream.misbehaviour.as_ref(), mistreated, context)?;
    #[cfg_attr(not(feature = "tls"), expect(unused_mut, reason = "only TLS adds to it"))]
    let (mut host, pins) = Host::new(&options, context)?;
    #[cfg(feature = "tls")]
    let upgrade = match &options.offer {
        // The handshake is a step then, not the beginning.
        Offer::Conversation(talk) if talk.starts_tls() => {
            host.tls.take().map(|tls| Upgrade::Server(Box::new(tls), options.inspection.of_each(context)))
        }
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

/// A kept socket cannot be forwarded to: that is known before the first client comes.
fn check_target(offer: &Offer, context: &Context) -> Result<(), Failure> {
    let Offer::Service { service: Service::Forward(target), .. } = offer else { return Ok(()) };
    let Some(name) = &target.word else { return Ok(()) };
    if !context.place.look().is_ok_and(|directory| is_kept(&directory, name)) {
        return Ok(());
    }
    let text = format!("clients cannot be forwarded to the kept socket {name}");
    Err(Failure::message(Exit::Unsupported, text).hint(format!("for a host of that name type {name}:80")))
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
