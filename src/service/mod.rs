//! What a listener does with a client it has let in: one file for each service, one match to choose.

pub mod broker;
pub mod discard;
pub mod echo;
pub mod forward;
#[cfg(feature = "http")]
pub mod http;
pub mod mishaps;
pub mod one_shot;
pub mod outbox;
pub mod presence;
pub mod program;
pub mod proxy_server;
#[cfg(feature = "zmq")]
mod requests;
pub mod respond;
pub mod room;
pub mod voice;

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use crate::address::Peer;
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::reason;
use crate::filter::Transform;
use crate::message::Split;
use crate::quantity::Limit;
use crate::relay::{Blame, End, Lane, Observer, Outcome, buffer, is_oversized};
use crate::transport::{Channel, Messages};

use presence::Presence;

/// A client that was let in.
#[derive(Debug)]
pub struct Client {
    /// What events and programs call it.
    pub id: String,
    /// The port of ours that it reached, whatever a proxy in front says of it.
    pub port: Option<u16>,
    /// The connection.
    pub channel: Channel,
}

/// Sees what passes one connection and counts it.
pub trait Watcher: Observer {
    /// Bytes received from the peer and sent to it so far.
    fn totals(&self) -> (u64, u64);
    /// The ends of the datagrams that it sees next, where several pass the same socket.
    fn between(&self, _local: &Peer, _peer: &Peer) {}
}

/// Makes the watcher of the connection with this ID.
pub type MakeWatcher = Rc<dyn Fn(&str) -> Rc<dyn Watcher>>;

/// Makes the transforms of a direction of the connection with this ID, with fresh state.
pub type MakeTransforms = Rc<dyn Fn(Direction, &str) -> Vec<Box<dyn Transform>>>;

/// What every service may use.
#[derive(Clone)]
pub struct Surroundings {
    /// Where events go.
    pub report: Rc<dyn Report>,
    /// Makes the watcher of a connection.
    pub watch: MakeWatcher,
    /// Makes the transforms of a direction, with fresh state.
    pub transforms: MakeTransforms,
    /// Bytes per second and direction.
    pub rate: Option<u64>,
    /// How long nothing may pass.
    pub idle: Limit,
    /// Who else is there.
    pub presence: Rc<Presence>,
    /// What ends a message where messages are cut out of a stream and written into one.
    pub split: Split,
    /// Whether somebody is shown how many bytes pass, so that they must pass here.
    pub counted: bool,
}

impl Surroundings {
    /// A direction of the connection `id`.
    pub fn lane<'a>(&self, direction: Direction, id: &str, watcher: &'a dyn Observer) -> Lane<'a> {
        Lane::new(direction, (self.transforms)(direction, id), self.rate, watcher)
    }

    /// A direction of the connection `id` for a relay to whom the client is the local side.
    pub fn mirrored_lane<'a>(&self, direction: Direction, id: &str, observer: &'a dyn Observer) -> Lane<'a> {
        let ours = match direction {
            Direction::In => Direction::Out,
            Direction::Out => Direction::In,
        };
        Lane::new(direction, (self.transforms)(ours, id), self.rate, observer)
    }

    /// Counts a message that passed and records it.
    ///
    /// # Errors
    /// When it cannot be recorded.
    fn note_message(&self, direction: Direction, message: &[u8], watcher: &dyn Observer) -> io::Result<()> {
        self.report.message(direction);
        watcher.moved(direction, message.len() as u64);
        if watcher.wants_bytes() { watcher.wire(direction, message) } else { Ok(()) }
    }

    /// Whether bytes are changed, limited, timed or recorded on their way, so that nobody else may move them.
    pub fn looks_at(&self, id: &str, watcher: &dyn Observer) -> bool {
        // Who moves bytes between others does not know how long nothing has passed.
        self.counted
            || self.idle != Limit::Never
            || [Direction::In, Direction::Out]
                .into_iter()
                .any(|direction| self.lane(direction, id, watcher).is_looked_at())
    }
}

/// The services that serve many clients at once.
#[derive(Debug, Clone)]
pub enum Service {
    /// Sends back what comes.
    Echo,
    /// Reads and drops what comes.
    Discard,
    /// Sends a fixed answer.
    Respond(Rc<[u8]>),
    /// Sends what comes to all the others.
    Broker(Rc<room::Room>, broker::Naming),
    /// Forwards to another address.
    Forward(Rc<forward::Target>),
    /// Runs a program for each client.
    Program(Rc<program::Command>),
    /// Is a proxy: the client says where to.
    Proxy(Rc<proxy_server::Proxy>),
    /// Answers HTTP requests.
    #[cfg(feature = "http")]
    Http(Rc<http::Http>),
    /// Answers HTTP requests of clients that reached one of these ports, and serves the others otherwise: those of other ports,
    /// and WebSockets, which have messages.
    #[cfg(feature = "http")]
    HttpOn(http::Ports, Rc<http::Http>, Box<Service>),
}

impl Service {
    /// Whether it serves streams of bytes only.
    pub fn needs_streams(&self) -> bool {
        match self {
            Service::Echo | Service::Discard | Service::Respond(_) | Service::Forward(_) => false,
            Service::Broker(..) | Service::Program(_) => false,
            Service::Proxy(_) => true,
            #[cfg(feature = "http")]
            Service::Http(_) => true,
            #[cfg(feature = "http")]
            Service::HttpOn(_, _, others) => others.needs_streams(),
        }
    }
}

/// How a connection ended.
#[derive(Debug)]
pub struct Closing {
    /// In words.
    pub reason: String,
    /// What it means for the exit status.
    pub verdict: Verdict,
}

/// What the end of a connection means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was delivered.
    Clean,
    /// The peer reset or sending failed.
    Failed(Blame),
    /// Nothing passed for too long.
    Idle,
    /// The connection to the target of a forward was lost.
    TargetLost(Exit),
    /// A program ended with this status, or could not be run, which was reported.
    Program(u8),
    /// What was sent was not delivered within its time.
    Undelivered,
    /// The client could not be served, which was reported: the target of a forward was not reached, or the service does not
    /// serve this transport.
    Reported(Exit),
}

impl Closing {
    /// A clean end.
    pub fn clean(reason: &str) -> Self {
        Closing { reason: reason.to_owned(), verdict: Verdict::Clean }
    }

    /// An end before the beginning: the service cannot serve this client's transport. Reports it.
    pub fn unsupported(client: &str, reason: &str, around: &Surroundings) -> Self {
        around.report.event(client, &Event::Error { message: reason.to_owned() });
        Closing { reason: reason.to_owned(), verdict: Verdict::Reported(Exit::Unsupported) }
    }

    /// What a relay's end means, with the farewell of a peer that gave one.
    pub fn of(outcome: Outcome, channel: &Channel) -> Self {
        let closing = Closing::from(outcome);
        match channel {
            Channel::Messages(messages) if closing.verdict == Verdict::Clean => closing.with_farewell(messages),
            _ => closing,
        }
    }

    /// With the peer's farewell as the reason, where it gave one.
    pub fn with_farewell(self, messages: &Messages) -> Self {
        Closing { reason: messages.farewell().unwrap_or(self.reason), ..self }
    }

    /// Reports an end by the limit of idling, and says in the reason how long that is.
    #[must_use]
    pub fn timed(self, limit: Limit, id: &str, report: &dyn Report) -> Self {
        let (Verdict::Idle, Limit::After(limit)) = (self.verdict, limit) else { return self };
        let limit = humantime::format_duration(limit);
        report.event(id, &Event::Timeout { limit: format!("the idle limit of {limit}") });
        Closing { reason: self.reason.replace("for too long", &format!("for {limit}")), ..self }
    }

    /// An end by an error of the connection.
    pub fn failed(error: &io::Error, blame: Blame) -> Self {
        if error.get_ref().is_some_and(|error| error.is::<buffer::Stuck>()) {
            return Closing { reason: reason(error), verdict: Verdict::Idle };
        }
        let blame = match error.kind() {
            _ if is_oversized(error) => Blame::Oversized,
            io::ErrorKind::ConnectionReset => Blame::Receiving,
            _ => blame,
        };
        Closing { reason: reason(error), verdict: Verdict::Failed(blame) }
    }
}

impl From<Outcome> for Closing {
    fn from(outcome: Outcome) -> Self {
        if let Some(fault) = outcome.fault {
            #[cfg(feature = "zmq")]
            if fault.error.get_ref().is_some_and(|error| error.is::<crate::transport::zeromq::Undelivered>()) {
                return Closing { reason: reason(&fault.error), verdict: Verdict::Undelivered };
            }
            return Closing { reason: reason(&fault.error), verdict: Verdict::Failed(fault.blame) };
        }
        match outcome.end {
            End::Complete => Closing::clean("done"),
            End::PeerClosed => Closing::clean("the peer closed"),
            End::Quit => Closing::clean("the time after the end of the input is over"),
            End::Delivered => Closing::clean("everything was sent"),
            End::Idle => Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle },
            End::Failed => Closing { reason: "failed".to_owned(), verdict: Verdict::Failed(Blame::Sending) },
        }
    }
}

/// Serves one client to its end.
pub async fn serve(
    service: &Service,
    client: &mut Client,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
) -> Closing {
    let _present = around.presence.enter();
    // Each in an allocation of its own: a held connection costs what its service needs, not what the largest one does.
    let serving: Pin<Box<dyn Future<Output = Closing> + '_>> = match service {
        Service::Echo => Box::pin(echo::serve(client, watcher, around)),
        Service::Discard => Box::pin(discard::serve(client, watcher, around)),
        Service::Respond(answer) => Box::pin(respond::serve(client, watcher, around, answer)),
        Service::Broker(room, naming) => Box::pin(broker::serve(client, watcher, around, room, *naming)),
        Service::Forward(target) => Box::pin(forward::serve(client, watcher, around, target)),
        Service::Program(command) => Box::pin(program::serve(client, watcher, around, command)),
        Service::Proxy(proxy) => Box::pin(proxy_server::serve(client, watcher, around, proxy)),
        #[cfg(feature = "http")]
        Service::Http(http) => Box::pin(http::serve(client, watcher, around, http)),
        #[cfg(feature = "http")]
        Service::HttpOn(ports, http, others) => match &client.channel {
            Channel::Bytes(_) if ports.has(client.port) => Box::pin(http::serve(client, watcher, around, http)),
            _ => Box::pin(serve(others, client, watcher, around)),
        },
    };
    let closing = serving.await.timed(around.idle, &client.id, &*around.report);
    if closing.verdict == Verdict::Clean {
        client.channel.take_leave().await;
    }
    closing
}

/// Ends the wait when nothing came for too long. Where many wait, `work` is better pinned by the caller (`pin!`): given whole, it
/// takes room twice in what is held for each.
pub(crate) async fn within<T>(limit: Limit, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Limit::Never => Some(work.await),
        Limit::After(span) => tokio::time::timeout(span, work).await.ok(),
    }
}

/// How long so many bytes take at so many a second.
pub(crate) fn at_rate(bytes: usize, rate: Option<u64>) -> Duration {
    rate.map_or(Duration::ZERO, |rate| Duration::from_secs((bytes as u64).div_ceil(rate.max(1))))
}

/// How long a finished answer waits for the client's end of data before closing; closing on unread data would reset the
/// connection and could cost the client the answer.
pub(crate) const LINGER: Duration = Duration::from_secs(5);
