//! The process that keeps a socket: the hidden verb that `keep.rs` starts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::accept::{self, Offer};
use super::admission::Admission;
use super::context::Context;
use super::datagram;
use super::gate::Gate;
use super::host::Host;
use super::keep::Keep;
use super::keeper_datagrams;
use super::open::{self, Mode};
use super::stream::StreamOptions;
#[cfg(feature = "zmq")]
use crate::address::Peer;
use crate::address::{Endpoint, SocketId, SocketName, UnixKind};
#[cfg(feature = "zmq")]
use crate::event::Direction;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::keeper::arrivals::{Arrivals, Door, MOST_HELD};
use crate::keeper::claim::Guard;
use crate::keeper::client::address_key;
use crate::keeper::directory::Directory;
use crate::keeper::kept::{Body, Kept, Listening, Terms};
pub use crate::keeper::launch::{VERB, words};
use crate::keeper::mailbox::Mailbox;
#[cfg(feature = "zmq")]
use crate::keeper::mailbox::OneWay;
use crate::keeper::process::{self, Process};
use crate::keeper::readiness::Readiness;
use crate::keeper::serve::refused;
use crate::keeper::stream::{LineEndings, Stream};
use crate::keeper::wire::Response;
use crate::output::Reporter;
use crate::quantity::Limit;
use crate::service::Client;
use crate::service::program::Environment;
use crate::transport::listener::{Listener, Unwritten, listen};
use crate::transport::{Channel, connect};

/// The hidden verb, parsed.
#[derive(Debug)]
pub struct Options {
    /// Where the socket is kept.
    pub directory: PathBuf,
    /// What is kept.
    pub task: Task,
}

/// What a keeper was started for.
#[derive(Debug)]
pub enum Task {
    /// A connection.
    Open(Box<open::Options>),
    /// A listener.
    Accept(Box<accept::Options>),
    /// A datagram socket.
    Datagram(Box<datagram::Options>),
}

/// Runs the keeper until nothing is kept any more.
///
/// # Errors
/// Why nothing came to be kept; who started it has been told.
pub async fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    let system = |error: std::io::Error| {
        Failure::message(Exit::Unsupported, format!("cannot keep a socket: {}", reason(&error)))
    };
    let readiness = RefCell::new(Some(Readiness::take().map_err(system)?));
    let ready = Telling { readiness, reporter: context.reporter.clone(), environment: RefCell::default() };
    let kept = async {
        process::detach().map_err(system)?;
        let directory = Directory::given(options.directory)?;
        match options.task {
            Task::Open(task) if task.is_datagram() => {
                keeper_datagrams::keep(datagram::opened::options(*task)?, directory, &ready).await
            }
            Task::Open(task) => keep_connection(*task, directory, context, &ready).await,
            Task::Accept(task) => match (task.carries_datagrams()?, &task.offer) {
                (true, Offer::Keep(keep)) => keeper_datagrams::keep_accepting(&task, keep, directory, &ready).await,
                _ => keep_listener(*task, directory, context, &ready).await,
            },
            Task::Datagram(task) => keeper_datagrams::keep(*task, directory, &ready).await,
        }
    };
    let kept = kept.await;
    if let Err(failure) = &kept {
        let _ = ready.tell(&refused(failure));
    }
    kept.map(|()| Exit::Done)
}

/// The field of the status that tells who waits what took how long.
pub(super) const PHASES: &str = "phases";
/// The field that tells what `--on-open` is to know.
pub(super) const ENVIRONMENT: &str = "environment";

/// Who waits for this keeper, until they were told.
pub(super) struct Telling {
    readiness: RefCell<Option<Readiness>>,
    reporter: Rc<Reporter>,
    /// What `--on-open` is to know.
    environment: RefCell<BTreeMap<String, String>>,
}

impl Telling {
    fn tell(&self, response: &Response<'_>) -> Result<(), Failure> {
        let Some(readiness) = self.readiness.take() else { return Ok(()) };
        // Whoever has heard its events so far hears no more.
        self.reporter.fall_silent();
        // Whoever was interrupted does not know the handle: nobody would ever close the socket.
        readiness.tell(response).map_err(|_| Failure::message(Exit::Usage, "nobody waits for the socket any more"))
    }

    pub(super) fn tell_status(&self, kept: &Kept) -> Result<(), Failure> {
        let mut status = kept.status();
        if let (Some(fields), Ok(phases)) = (status.as_object_mut(), serde_json::to_value(self.reporter.phases())) {
            fields.insert(PHASES.to_owned(), phases);
            fields.insert(ENVIRONMENT.to_owned(), json!(*self.environment.borrow()));
        }
        self.tell(&Response::Status(status))
    }
}

pub(super) fn terms(keep: &Keep, stream: &StreamOptions, directory: Directory) -> Terms {
    Terms {
        directory,
        idle: keep.idle,
        owner: keep.owner,
        buffer: keep.buffer,
        endings: LineEndings { incoming: stream.eol_in, outgoing: stream.eol_out },
    }
}

async fn keep_connection(
    options: open::Options,
    directory: Directory,
    context: &Context,
    ready: &Telling,
) -> Result<(), Failure> {
    let Mode::Keep(keep) = &options.mode else { return Err(not_kept()) };
    let endpoint = options.id.endpoint.clone().ok_or_else(not_kept)?;
    let process = Process::new(terms(keep, &options.stream, directory));
    let id = options.id.handle();
    let (claim, socket) = process::claim(&process.terms, &id, &options.id.key(), Guard::Lock)?;
    let body = match carries_messages(&options) {
        true => Body::Messages(mailbox(&options, process.terms.buffer)),
        false => Body::Stream(Stream::connecting(process.terms.buffer, process.terms.endings)),
    };
    let mut kept = Kept::new(id.clone(), options.id.name.clone(), body, process, claim);
    kept.address = Some(address_key(&endpoint));
    kept.endpoint = Some(endpoint.clone());
    let kept = Rc::new(kept);
    let begin = async {
        if keep.no_wait {
            ready.tell_status(&kept)?;
        }
        let connected = async {
            let channel = connect(&endpoint, &options.connect, &id, &*context.reporter).await?;
            let channel = demanded(&options, channel, context)?;
            if options.on_open.is_some() {
                ready.environment.borrow_mut().extend(Environment::of(&id, &channel).variables());
            }
            Ok(channel)
        };
        let connected = connected.await;
        // No folder is held on to by a process that nobody sees.
        let _ = rustix::process::chdir("/");
        match connected.and_then(|channel| kept.body.install(channel)) {
            Ok(()) => {
                kept.body.send_queued().await;
                ready.tell_status(&kept)
            }
            Err(failure) if keep.no_wait => {
                kept.body.fail(&failure);
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    };
    process::keep(kept.clone(), socket, begin).await
}

/// Where the messages of a connection will be; what cannot be done with them is known before it stands.
fn mailbox(options: &open::Options, limit: usize) -> Rc<Mailbox> {
    let mailbox = Mailbox::connecting(limit);
    #[cfg(feature = "zmq")]
    if let Some(zmq) = &options.connect.zmq {
        let [read, write] = [Direction::In, Direction::Out].map(|direction| zmq.kind.refusal(direction));
        mailbox.go_one_way(OneWay { read, write });
    }
    #[cfg(not(feature = "zmq"))]
    let _ = options;
    mailbox
}

/// Whether messages will come of an address: known before it is connected to, so that some can be written at once.
fn carries_messages(options: &open::Options) -> bool {
    #[cfg(feature = "zmq")]
    if options.connect.zmq.is_some() {
        return true;
    }
    match &options.id.endpoint {
        Some(Endpoint::Unix { kind, .. }) => *kind != UnixKind::Stream,
        Some(Endpoint::WebSocket { .. } | Endpoint::WebSocketUnix { .. }) => true,
        Some(Endpoint::Inet { .. }) | None => false,
    }
}

#[cfg(feature = "tls")]
fn demanded(options: &open::Options, channel: Channel, context: &Context) -> Result<Channel, Failure> {
    if let Some(session) = channel.session() {
        options.inspection.show_aside(session, context);
        options.inspection.demand(session)?;
    }
    Ok(channel)
}

#[cfg(not(feature = "tls"))]
fn demanded(_: &open::Options, channel: Channel, _: &Context) -> Result<Channel, Failure> {
    Ok(channel)
}

pub(super) fn not_kept() -> Failure {
    Failure::message(Exit::Usage, "the keeper was started for nothing that can be kept")
}

async fn keep_listener(
    options: accept::Options,
    directory: Directory,
    context: &Context,
    ready: &Telling,
) -> Result<(), Failure> {
    let Offer::Keep(keep) = &options.offer else { return Err(not_kept()) };
    let process = Process::new(terms(keep, &options.stream, directory));
    let name = options.at.first().and_then(|at| at.name.clone());
    // A taken name is known before a port is.
    let named = match &name {
        Some(name) => {
            let key = SocketId { endpoint: None, name: Some(name.clone()), number: None }.key();
            Some(process::claim(&process.terms, name.as_str(), &key, Guard::Lock)?)
        }
        None => None,
    };
    let mut listen_options = options.listen.clone();
    listen_options.unwritten = Unwritten::Loopback;
    let mut listeners: Vec<Listener> = Vec::new();
    for at in &options.at {
        listeners.extend(listen(&at.address, &listen_options).await?);
    }
    let local: Vec<String> = listeners.iter().map(|listener| listener.local().to_string()).collect();
    let first = local.first().cloned().unwrap_or_default();
    let id = name.as_ref().map_or_else(|| first.clone(), SocketName::to_string);
    let (claim, socket) = match named {
        Some(named) => named,
        None => {
            let key = SocketId::parse_kept(&id).map_or_else(|_| id.clone(), |id| id.key());
            process::claim(&process.terms, &id, &key, Guard::Lock)?
        }
    };
    let mut ports: Vec<u16> = listeners.iter().filter_map(Listener::port).collect();
    ports.dedup();
    #[cfg(feature = "zmq")]
    if let Some(zmq) = &options.zmq {
        let address = listeners.first().map(|listener| listener.local().clone()).unwrap_or(Peer::Unix(None));
        let (Doorway { gate, host, .. }, _) = doorway(&options, listeners, name.clone(), context).await?;
        let _ = rustix::process::chdir("/");
        let peers = super::zeromq::listening((**zmq).clone(), host, gate, address, &id);
        let mailbox = Mailbox::connecting(process.terms.buffer);
        mailbox.install(peers, ports);
        let kept = Rc::new(Kept::new(id, name, Body::Messages(mailbox), process, claim));
        return process::keep(kept.clone(), socket, async { ready.tell_status(&kept) }).await;
    }
    let transport = if ports.is_empty() { "unix" } else { "tcp" };
    let (doorway, pins) = doorway(&options, listeners, name.clone(), context).await?;
    let _ = rustix::process::chdir("/");
    let listening = Listening {
        arrivals: Arrivals::new(Box::new(doorway)),
        count: std::cell::Cell::new(0),
        local,
        ports,
        pins,
        wait: match keep.wait {
            None => Value::Null,
            Some(Limit::Never) => json!("none"),
            Some(Limit::After(limit)) => json!(limit.as_secs_f64()),
        },
        secure: options.secure(),
        transport: transport.to_owned(),
    };
    let kept = Kept::new(id, name, Body::Listener(Box::new(listening)), process, claim);
    let kept = Rc::new(kept);
    process::keep(kept.clone(), socket, async { ready.tell_status(&kept) }).await
}

/// The door of the listeners: access rules, PROXY protocol, TLS.
struct Doorway {
    gate: Gate,
    host: Rc<Host>,
    entering: JoinSet<Option<Client>>,
}

async fn doorway(
    options: &accept::Options,
    listeners: Vec<Listener>,
    name: Option<SocketName>,
    context: &Context,
) -> Result<(Doorway, Vec<String>), Failure> {
    let admission = Admission::new(options.policy.clone()).await?;
    let gate = Gate::new(listeners, admission, options.reject, name, context);
    let (host, pins) = Host::new(options, context)?;
    Ok((Doorway { gate, host: Rc::new(host), entering: JoinSet::new() }, pins))
}

impl Door for Doorway {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Channel, Failure>> + '_>> {
        Box::pin(async {
            loop {
                tokio::select! {
                    admitted = self.gate.next(), if self.entering.len() < MOST_HELD => {
                        let (host, admitted) = (self.host.clone(), admitted?);
                        self.entering.spawn_local(async move { host.enter(admitted).await });
                    }
                    Some(entered) = self.entering.join_next() => {
                        if let Ok(Some(Client { channel, .. })) = entered {
                            return Ok(channel);
                        }
                    }
                }
            }
        })
    }
}
