//! Who has written to a listening datagram socket: let in by the rules, remembered for a while, bounded in number.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::admission::Admission;
use super::super::context::Context;
use super::bridge::Lane;
use super::forward::Upstream;
use crate::access::Verdict;
use crate::address::{Peer, SocketName};
use crate::event::{Direction, Event, Report};
use crate::filter::misbehaviour::Misbehaviour;
use crate::service::mishaps::Mishaps;
use crate::service::{MakeWatcher, Watcher};
use crate::transport::datagram::{Arrival, DatagramSocket, Target};

/// The most callers that are remembered, where nothing is said.
pub const MOST: usize = 65_536;

/// What is needed to answer a caller.
#[derive(Clone)]
pub struct Caller {
    /// What events and programs call it.
    pub id: Rc<str>,
    /// Its address.
    pub peer: Peer,
    /// The address of ours that it wrote to.
    pub local: Peer,
    /// The socket it wrote to, by its place in the list.
    pub socket: usize,
    /// Where answers go; `None` for a Unix socket without a name, which cannot be answered.
    pub target: Option<Target>,
    /// Counts and records what passes.
    pub watcher: Rc<dyn Watcher>,
    /// When it was heard or written to last.
    pub last: Rc<Cell<Instant>>,
    /// The way on, where datagrams are forwarded.
    pub upstream: Option<Rc<Upstream>>,
    /// The way on, where a connection takes them.
    pub lane: Option<Rc<Lane>>,
    /// What happens to what is sent to it, where mishaps are asked for.
    pub mishaps: Option<Rc<Mishaps>>,
    /// Its number among all callers.
    pub number: u64,
}

/// Everybody who is remembered.
pub struct Callers {
    admission: Admission,
    most: usize,
    name: Option<SocketName>,
    count: u64,
    table: HashMap<Peer, Caller>,
    watch: MakeWatcher,
    context: Context,
    said_full: bool,
    misbehaviour: Option<Misbehaviour>,
    bridged: bool,
}

impl Callers {
    /// Nobody yet, and at most this many.
    pub fn new(
        admission: Admission,
        most: usize,
        name: Option<SocketName>,
        watch: MakeWatcher,
        context: &Context,
    ) -> Self {
        let (table, context) = (HashMap::new(), context.clone());
        let (misbehaviour, bridged) = (None, false);
        Callers { admission, most, name, count: 0, table, watch, context, said_full: false, misbehaviour, bridged }
    }

    /// What happens to what callers are sent; `bridged` when connections count what passes.
    pub fn mistreat(&mut self, how: Option<Misbehaviour>, bridged: bool) {
        (self.misbehaviour, self.bridged) = (how, bridged);
    }

    /// The sender of a datagram; `None` when the rules deny it or there is no place left, which the sender does not notice.
    pub fn hear(&mut self, number: usize, socket: &DatagramSocket, arrival: &Arrival) -> Option<&mut Caller> {
        if !self.table.contains_key(&arrival.from) {
            let caller = self.admit(number, socket, arrival)?;
            self.table.insert(arrival.from.clone(), caller);
        }
        let caller = self.table.get_mut(&arrival.from)?;
        caller.last.set(Instant::now());
        if caller.socket != number || !answers_from(caller.target.as_ref(), arrival) {
            // It writes to another of our addresses now, and is answered from there.
            (caller.socket, caller.target) = (number, Target::back_to(&arrival.from, arrival.source));
        }
        Some(caller)
    }

    fn admit(&mut self, number: usize, socket: &DatagramSocket, arrival: &Arrival) -> Option<Caller> {
        let local = arrival.destination(socket.local());
        let (peer, port) = (arrival.from.to_string(), socket.port());
        if let Verdict::Denied { rule } = self.admission.decide(&arrival.from) {
            self.context.reporter.event("", &Event::Rejected { peer, local: local.to_string(), port, rule });
            return None;
        }
        if self.table.len() >= self.most {
            if !std::mem::replace(&mut self.said_full, true) {
                self.context.reporter.remark(&format!("{} peers are remembered; others are ignored", self.most));
            }
            return None;
        }
        self.count += 1;
        let id = match &self.name {
            Some(name) => format!("{name}.{}", self.count),
            None => format!("{peer}|{}", self.count),
        };
        self.context.reporter.event(&id, &Event::Accepted { peer, local: local.to_string(), port });
        let watcher = (self.watch)(&id);
        watcher.between(&local, &arrival.from);
        let id: Rc<str> = id.into();
        // A connection counts by itself what it passes on.
        let counting = (!self.bridged).then(|| watcher.clone());
        let place = (id.clone(), self.count);
        let mishaps = self
            .misbehaviour
            .as_ref()
            .map(|how| Mishaps::new(how, place, Direction::Out, self.context.reporter.clone(), counting));
        Some(Caller {
            watcher,
            id,
            peer: arrival.from.clone(),
            local,
            socket: number,
            target: Target::back_to(&arrival.from, arrival.source),
            last: Rc::new(Cell::new(Instant::now())),
            upstream: None,
            lane: None,
            mishaps,
            number: self.count,
        })
    }

    /// Begins a connection for one who is remembered.
    pub fn set_lane(&mut self, peer: &Peer, lane: Rc<Lane>) {
        if let Some(caller) = self.table.get_mut(peer) {
            caller.lane = Some(lane);
        }
    }

    /// Everybody who is remembered.
    pub fn all(&self) -> impl Iterator<Item = &Caller> {
        self.table.values()
    }

    /// Forgets whom nothing was heard of for so long.
    pub fn forget_idle(&mut self, idle: Duration) {
        let now = Instant::now();
        let gone: Vec<Peer> = self
            .all()
            // A connection has its own clock.
            .filter(|caller| caller.lane.is_none() && now.duration_since(caller.last.get()) >= idle)
            .map(|caller| caller.peer.clone())
            .collect();
        for peer in gone {
            self.forget(&peer, "idle for too long");
        }
    }

    /// Forgets one.
    pub fn forget(&mut self, peer: &Peer, reason: &str) {
        let Some(caller) = self.table.remove(peer) else { return };
        self.said_full = false;
        let (bytes_in, bytes_out) = caller.watcher.totals();
        let (peer, local) = (caller.peer.to_string(), caller.local.to_string());
        let closed = Event::Closed { peer, local, bytes_in, bytes_out, code: None, reason: reason.to_owned() };
        self.context.reporter.event(&caller.id, &closed);
    }
}

impl Drop for Callers {
    fn drop(&mut self) {
        let all: Vec<Peer> = self.table.keys().cloned().collect();
        for peer in all {
            self.forget(&peer, "the listener ended");
        }
    }
}

fn answers_from(target: Option<&Target>, arrival: &Arrival) -> bool {
    match target {
        Some(Target::Inet { source, .. }) => *source == arrival.source,
        _ => true,
    }
}
