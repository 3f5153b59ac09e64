//! Forwards a client to another address, any transport to any transport.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::mishaps::Mishaps;
use super::{Client, Closing, Surroundings, Verdict, Watcher};
use crate::address::{Endpoint, Peer, Scheme, SocketName, UnixKind};
use crate::event::{Direction, Event, Phase, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::filter::misbehaviour::Misbehaviour;
use crate::message::{Message, Split};
use crate::quantity::Limit;
use crate::relay::{self, AtLocalEnd, Blame, Observer, Outcome, Rules, Waiting, misbehave};
use crate::transport::proxy::proxy_protocol::Ends;
use crate::transport::{Bytes, Channel, ConnectOptions, Messages, connect};

/// How long a client may be silent after a target has closed that takes nothing more.
const HALF_OPEN: Duration = Duration::from_secs(1);

/// Where clients are forwarded to.
#[derive(Debug)]
pub struct Target {
    /// The address.
    pub endpoint: Endpoint,
    /// The word that it was written as, where that could name a kept socket as well as a host.
    pub word: Option<SocketName>,
    /// How to connect.
    pub connect: ConnectOptions,
    /// How messages are cut out of a stream and written into it, where one side has messages and the other has not.
    pub split: Split,
    /// How the target is mistreated, for tests.
    pub misbehaviour: Option<Misbehaviour>,
    /// What the end of a client's data means for a target whose close ends both directions.
    pub at_clients_end: AtLocalEnd,
}

impl Target {
    /// Whether what clients send goes on as datagrams.
    pub fn takes_datagrams(&self) -> bool {
        matches!(self.endpoint, Endpoint::Inet { scheme: Scheme::Udp, .. })
    }
}

/// Whether clients can be forwarded to an address that says itself what is spoken there.
pub fn reaches(endpoint: &Endpoint) -> bool {
    match endpoint {
        Endpoint::Inet { .. } => true,
        Endpoint::Unix { kind, .. } => *kind != UnixKind::ZeroMq,
        Endpoint::WebSocket { .. } | Endpoint::WebSocketUnix { .. } => cfg!(feature = "ws"),
    }
}

pub(super) async fn serve(
    client: &mut Client,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
    target: &Target,
) -> Closing {
    let (split, at_clients_end) = (target.split, target.at_clients_end);
    let own;
    let announced = ends(&client.channel).filter(|_| target.connect.route.announce.is_some());
    let options = match (announced, &target.misbehaviour) {
        (None, None) => &target.connect,
        (ends, how) => {
            let mut route = target.connect.route.clone();
            route.on_behalf_of = ends;
            let overlay = misbehave::overlay(how.as_ref(), number(&client.id), Direction::In);
            own = ConnectOptions { route, overlay, ..target.connect.clone() };
            &own
        }
    };
    let target_id = target_id(&client.id, &target.endpoint);
    let misbehaviour = target.misbehaviour.as_ref();
    let mut target = match connect(&target.endpoint, options, &target_id, &*around.report).await {
        Ok(mut channel) => {
            if let (Channel::Messages(Messages::Datagram(flow)), Some(how)) = (&mut channel, misbehaviour) {
                // What the client's connection takes is counted there.
                let place = (target_id.as_str().into(), number(&client.id));
                let mishaps = Mishaps::new(how, place, Direction::In, around.report.clone(), None);
                flow.send_through(|socket, to| mishaps.outlet(socket, to));
            }
            channel
        }
        Err(error) => {
            reset(&client.channel);
            let failure = Failure::from(error);
            around.report.event(&client.id, &Event::Error { message: failure.line() });
            return Closing { reason: failure.line(), verdict: Verdict::Reported(failure.exit) };
        }
    };
    let closing = join(client, &mut target, split, at_clients_end, watcher, around).await;
    target_closed(&target_id, &target.peer().to_string(), &target.local().to_string(), &closing, &**watcher, around);
    closing
}

/// What events call the connection to a target: it belongs to a client, and is not the client's own.
pub(super) fn target_id(client: &str, target: &Endpoint) -> String {
    format!("{client}>{target}")
}

/// The number at the end of the ID of an accepted connection, `web.2` or `host:port|2`.
fn number(id: &str) -> u64 {
    id.rsplit(['|', '.']).next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The connection to a target is over: what it sent is what the client got.
pub(super) fn target_closed(
    id: &str,
    peer: &str,
    local: &str,
    closing: &Closing,
    watcher: &dyn Watcher,
    around: &Surroundings,
) {
    let (from_client, to_client) = watcher.totals();
    let event = Event::Closed {
        peer: peer.to_owned(),
        local: local.to_owned(),
        bytes_in: to_client,
        bytes_out: from_client,
        code: None,
        reason: closing.reason.clone(),
    };
    around.report.event(id, &event);
}

async fn join(
    client: &mut Client,
    target: &mut Channel,
    split: Split,
    at_clients_end: AtLocalEnd,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
) -> Closing {
    let name = target.peer().clone();
    let rules = Rules { idle: around.idle, ..Rules::SYMMETRIC };
    let watched: &dyn Observer = &**watcher;
    let outcome = match (&mut client.channel, &mut *target) {
        (Channel::Bytes(bytes), Channel::Bytes(target)) => {
            return streams(bytes, target, &client.id, watcher, around).await;
        }
        (Channel::Messages(socket), Channel::Bytes(target)) => {
            let outgoing = around.lane(Direction::Out, &client.id, watched);
            let incoming = around.lane(Direction::In, &client.id, watched);
            let report = &*around.report;
            relay::messages::run(target, socket, rules, split, outgoing, incoming, report, Waiting::Patient).await
        }
        (Channel::Bytes(bytes), Channel::Messages(socket)) => {
            // To the relay the message socket is the peer, to us the client is.
            let rules = towards(socket, at_clients_end, rules);
            let mirror = Mirror { observer: watched, report: &*around.report };
            let outgoing = around.mirrored_lane(Direction::Out, &client.id, &mirror);
            let incoming = around.mirrored_lane(Direction::In, &client.id, &mirror);
            let run = relay::messages::run(bytes, socket, rules, split, outgoing, incoming, &mirror, Waiting::Patient);
            let outcome = run.await;
            mirrored(outcome)
        }
        (Channel::Messages(client), Channel::Messages(target)) => {
            return messages(client, target, at_clients_end, watched, around).await;
        }
    };
    if outcome.fault.is_some() {
        reset(&client.channel);
        reset(target);
    }
    closing(outcome, &name)
}

/// The rules of a client's stream and a message socket.
fn towards(target: &Messages, at_clients_end: AtLocalEnd, rules: Rules) -> Rules {
    match target {
        // The client is there to listen.
        target if target.refusal(Direction::Out).is_some() => Rules { at_local_end: AtLocalEnd::KeepOpen, ..rules },
        target if target.has_half_close() => rules,
        _ => Rules { at_local_end: at_clients_end, half_open: Limit::After(HALF_OPEN), ..rules },
    }
}

/// Joins two streams until both are at their end.
pub(super) async fn streams(
    client: &mut Bytes,
    target: &mut Bytes,
    id: &str,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
) -> Closing {
    let outgoing = around.lane(Direction::Out, id, &**watcher);
    let incoming = around.lane(Direction::In, id, &**watcher);
    let rules = Rules { idle: around.idle, ..Rules::SYMMETRIC };
    let outcome = relay::run(target, client, rules, outgoing, incoming, Waiting::Patient).await;
    if outcome.fault.is_some() {
        client.socket().reset_on_close();
        target.socket().reset_on_close();
    }
    closing(outcome, target.peer())
}

/// Neither side may take a cut stream for a whole one, nor no answer for an empty one.
fn reset(channel: &Channel) {
    match channel {
        Channel::Bytes(bytes) => bytes.socket().reset_on_close(),
        Channel::Messages(messages) => messages.fail(),
    }
}

/// What the relay's outcome means where its local side is the target.
fn closing(outcome: Outcome, target: &Peer) -> Closing {
    let exit = match outcome.fault.as_ref().map(|fault| fault.blame) {
        Some(Blame::Input) => Exit::ReceiveFailed,
        Some(Blame::Output) => Exit::SendFailed,
        _ => return Closing::from(outcome),
    };
    let why = outcome.fault.map(|fault| reason(&fault.error)).unwrap_or_default();
    Closing { reason: format!("connection to the target {target} lost: {why}"), verdict: Verdict::TargetLost(exit) }
}

fn mirrored(mut outcome: Outcome) -> Outcome {
    if let Some(fault) = &mut outcome.fault {
        fault.blame = match fault.blame {
            Blame::Input => Blame::Receiving,
            Blame::Output => Blame::Sending,
            Blame::Receiving => Blame::Input,
            Blame::Sending => Blame::Output,
            other => other,
        };
    }
    outcome
}

/// Exchanges the directions of what it sees.
struct Mirror<'a> {
    observer: &'a dyn Observer,
    report: &'a dyn Report,
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::In => Direction::Out,
        Direction::Out => Direction::In,
    }
}

impl Observer for Mirror<'_> {
    fn wants_bytes(&self) -> bool {
        self.observer.wants_bytes()
    }

    fn wire(&self, direction: Direction, bytes: &[u8]) -> io::Result<()> {
        self.observer.wire(opposite(direction), bytes)
    }

    fn moved(&self, direction: Direction, length: u64) {
        self.observer.moved(opposite(direction), length);
    }

    fn ended(&self, direction: Direction) {
        self.observer.ended(opposite(direction));
    }
}

impl Report for Mirror<'_> {
    fn event(&self, id: &str, event: &Event) {
        self.report.event(id, event);
    }

    fn remark(&self, sentence: &str) {
        self.report.remark(sentence);
    }

    fn phase(&self, phase: Phase, took: Duration) {
        self.report.phase(phase, took);
    }

    fn messages(&self, direction: Direction, count: u64) {
        self.report.messages(opposite(direction), count);
    }
}

async fn messages(
    client: &Messages,
    target: &Messages,
    at_clients_end: AtLocalEnd,
    watcher: &dyn Observer,
    around: &Surroundings,
) -> Closing {
    let last = Cell::new(Instant::now());
    let answered = Notify::new();
    let asked = async {
        pass(client, target, Direction::In, watcher, around, &last).await?;
        if client.has_half_close() && target.refusal(Direction::Out).is_some() {
            // The client is there to listen.
            return Ok(());
        }
        if client.has_half_close() && !target.has_half_close() {
            target.flush().await?;
            last.set(Instant::now());
            let quiet = match at_clients_end {
                AtLocalEnd::HalfClose => Limit::After(Duration::ZERO),
                AtLocalEnd::WhenQuiet(limit) => limit,
                AtLocalEnd::KeepOpen => Limit::Never,
            };
            tokio::select! {
                () = silence(quiet, &last) => {}
                () = answered.notified() => {}
            }
        }
        target.end().await
    };
    let heard = async {
        pass(target, client, Direction::Out, watcher, around, &last).await?;
        answered.notify_one();
        client.end().await
    };
    let both = async { tokio::try_join!(asked, heard) };
    tokio::select! {
        biased;
        joined = both => match joined {
            Ok(_) => Closing::clean("done"),
            Err(error) => Closing::failed(&error, Blame::Sending),
        },
        () = silence(around.idle, &last) => {
            Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle }
        }
    }
}

/// Passes messages on to the end of their source, and the way in which that closed.
async fn pass(
    from: &Messages,
    to: &Messages,
    direction: Direction,
    watcher: &dyn Observer,
    around: &Surroundings,
    last: &Cell<Instant>,
) -> io::Result<()> {
    let mut message = Message::default();
    loop {
        match from.receive_for(&mut message, to).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                to.close_like(from);
                let _ = to.take_leave().await;
                return Err(error);
            }
        }
        to.feed(&message).await?;
        last.set(Instant::now());
        around.note_message(direction, message.bytes(), watcher)?;
    }
    to.close_like(from);
    Ok(())
}

/// Until nothing has passed for so long.
async fn silence(idle: Limit, last: &Cell<Instant>) {
    let Limit::After(idle) = idle else { return std::future::pending().await };
    loop {
        match last.get().checked_add(idle) {
            // Beyond what a clock can say.
            None => std::future::pending().await,
            Some(at) if at <= Instant::now() => return,
            Some(at) => tokio::time::sleep_until(at).await,
        }
    }
}

/// Whose connection is forwarded, for the PROXY protocol.
fn ends(client: &Channel) -> Option<Ends> {
    Some(Ends { source: client.peer().socket_addr()?, destination: client.local().socket_addr()? })
}
