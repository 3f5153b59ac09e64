//! A ZeroMQ socket with all its peers, as one message socket. Whoever polls it drives all of it; it has no task of its own.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task::coop::has_budget_remaining;
use tokio::time::Instant;

use super::arrivals::{Arrival, Dialler, Door, Source};
use super::core::{Core, Ending};
use super::kind::Kind;
use super::options::ZeroMqOptions;
use super::send::Sent;
use super::session::Session;
use super::wakers::{Waits, Wakers};
use crate::address::{Endpoint, Peer};
use crate::event::Report;
use crate::message::Message;
use crate::quantity::Limit;
use crate::transport::channel::Bytes;
use crate::transport::connect::ConnectOptions;

/// How long a peer that was sent everything, and the end of data, may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// How often one poll looks again after something happened, before others get their turn.
const TURNS: usize = 16;

/// A ZeroMQ socket.
pub struct ZeroMq {
    core: RefCell<Core>,
    wakers: Arc<Wakers>,
    /// Of all that it waits for.
    waker: Waker,
    local: Peer,
    peer: Peer,
    kind: Kind,
}

impl std::fmt::Debug for ZeroMq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZeroMq").field("kind", &self.kind).field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// What was sent did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("{count} {} not delivered within the {limit}{trouble}", if *count == 1 { "message was" } else { "messages were" })]
pub struct Undelivered {
    count: usize,
    /// What was waited for.
    limit: &'static str,
    /// What is known of the reason, behind a colon.
    trouble: String,
}

impl ZeroMq {
    /// A socket that connects to `endpoint` and again whenever the connection is lost; `first` stands already, or did not come
    /// to stand for a reason.
    pub fn dialling(
        options: ZeroMqOptions,
        endpoint: &Endpoint,
        connect: &ConnectOptions,
        id: &str,
        first: Result<Bytes, String>,
    ) -> Self {
        let ends = first.as_ref().ok().map(|first| (first.local().clone(), first.peer().clone()));
        let unknown = Peer::Endpoint(endpoint.to_string());
        let (local, peer) = ends.unwrap_or((unknown.clone(), unknown));
        let dialler = Dialler::new(id, endpoint.clone(), connect.clone());
        let mut core = Core::new(options, Source::Dialler(Box::new(dialler)), id.to_owned());
        match first {
            Ok(stream) => {
                core.note_connected();
                core.welcome(Arrival { id: id.to_owned(), stream, place: None });
            }
            Err(trouble) => core.last_trouble = Some(trouble),
        }
        Self::new(core, local, peer)
    }

    /// A socket for the peers that a listener at `local` lets in.
    pub fn listening(options: ZeroMqOptions, door: Door, local: Peer, id: &str) -> Self {
        let peer = Peer::Endpoint(format!("the peers of {local}"));
        Self::new(Core::new(options, Source::Listener(door), id.to_owned()), local, peer)
    }

    fn new(core: Core, local: Peer, peer: Peer) -> Self {
        let wakers = Arc::new(Wakers::default());
        let kind = core.kind();
        ZeroMq { waker: Waker::from(wakers.clone()), core: RefCell::new(core), wakers, local, peer, kind }
    }

    /// Its type.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// This end.
    pub fn local(&self) -> &Peer {
        &self.local
    }

    /// The other end, or all of them.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Who sent the last message that was received.
    pub fn sender(&self) -> String {
        let core = self.core.borrow();
        if core.sender.1.is_empty() { self.peer.to_string() } else { core.sender.1.clone() }
    }

    /// Where to tell what happens with its peers.
    pub fn report_to(&self, report: Rc<dyn Report>) {
        self.core.borrow_mut().report_to(report);
    }

    /// Receives one message; false is the end: no other can come.
    ///
    /// # Errors
    /// A peer that it dialled and that does not fit, or cannot be reached ever.
    pub fn poll_receive(&self, cx: &mut Context<'_>, message: &mut Message) -> Poll<io::Result<bool>> {
        let mut core = self.core.borrow_mut();
        for _ in 0..TURNS {
            if core.receive(message) {
                if let Ending::Done = core.ending {
                    core.heard = Instant::now();
                }
                return Poll::Ready(Ok(true));
            }
            core.bury();
            core.check()?;
            if core.is_at_end() {
                return Poll::Ready(Ok(false));
            }
            self.wakers.register(Waits::Receiving, cx.waker());
            if !core.drive(&mut Context::from_waker(&self.waker)) {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Gives messages of one part that came with the last one to `take`, until it says that it has enough; it may be given none.
    pub fn receive_singles(&self, take: impl FnMut(&[u8]) -> bool) {
        self.core.borrow_mut().receive_singles(take);
    }

    /// Takes more messages of one part, as many as need not wait; it may take none.
    pub fn send_singles<'a>(&self, mut pieces: impl Iterator<Item = &'a [u8]>) {
        let mut core = self.core.borrow_mut();
        core.send_singles(&mut pieces);
        core.write_batches(&mut Context::from_waker(&self.waker));
    }

    /// Whether a connection stood, now or before.
    pub fn has_stood(&self) -> bool {
        self.core.borrow().has_stood()
    }

    /// How many messages are lost since their peer was not there, or gone.
    pub fn lost(&self) -> u64 {
        self.core.borrow().lost
    }

    /// How many messages were taken and not given to the system.
    pub fn undelivered(&self) -> usize {
        self.core.borrow().undelivered()
    }

    /// Why nothing more is taken at the moment, where that is not because of slow or absent peers.
    pub fn awaits(&self) -> Option<&'static str> {
        self.core.borrow().awaits()
    }

    /// Takes one message to send.
    ///
    /// # Errors
    /// As [`ZeroMq::poll_receive`], and what can never be sent.
    pub fn poll_send(&self, cx: &mut Context<'_>, message: &Message) -> Poll<io::Result<()>> {
        // A task that has used up its turn cannot write: subscribers that have room would look full, and miss the message.
        if !has_budget_remaining() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut core = self.core.borrow_mut();
        for _ in 0..TURNS {
            if core.send(message)? == Sent::Taken {
                core.write_batches(&mut Context::from_waker(&self.waker));
                if self.kind.alternates() {
                    // Whoever receives, perhaps another task, can go on with what has come meanwhile.
                    self.waker.wake_by_ref();
                }
                return Poll::Ready(Ok(()));
            }
            self.wakers.register(Waits::Sending, cx.waker());
            if !core.drive(&mut Context::from_waker(&self.waker)) {
                // Writing may have made room.
                return match core.send(message)? {
                    Sent::Taken => Poll::Ready(Ok(())),
                    Sent::Full => Poll::Pending,
                };
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Gives what was taken to the system, as far as there are peers that take it; the rest follows when they do.
    ///
    /// # Errors
    /// As [`ZeroMq::poll_receive`].
    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut core = self.core.borrow_mut();
        self.wakers.register(Waits::Flushing, cx.waker());
        core.drive(&mut Context::from_waker(&self.waker));
        Poll::Ready(core.check())
    }

    /// Lets no peers in any more, where they come by themselves; ready when their listener is gone.
    pub fn poll_shut(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.wakers.register(Waits::Flushing, cx.waker());
        self.core.borrow_mut().source.poll_shut(&mut Context::from_waker(&self.waker))
    }

    /// Delivers what was taken; where nothing can be received, takes leave of the peers.
    ///
    /// # Errors
    /// What was not delivered within the linger time ([`Undelivered`]), or to nobody.
    pub fn poll_end(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut core = self.core.borrow_mut();
        if let Ending::Open = core.ending {
            let now = std::time::Instant::now();
            let after = |limit: Limit| limit.deadline(now).map(Instant::from_std);
            let until = after(core.options.linger);
            let nobody_until = core.options.quit_after.and_then(after);
            core.ending = Ending::Begun { until, nobody_until, shut_until: None };
            core.heard = now.into();
        }
        self.wakers.register(Waits::Flushing, cx.waker());
        for _ in 0..TURNS {
            if let Ending::Done = core.ending {
                return Poll::Ready(core.check());
            }
            let (happened, ended) = core.poll_deliver(&mut Context::from_waker(&self.waker));
            if let Some(ended) = ended {
                core.ending = Ending::Done;
                // Who got nothing has nothing to answer.
                if ended.is_ok() {
                    core.heard = Instant::now();
                }
                // Whoever receives may be at the end now.
                self.waker.wake_by_ref();
                return Poll::Ready(ended);
            }
            if !happened {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Core {
    /// Writes to peers for which much waits.
    fn write_batches(&mut self, cx: &mut Context<'_>) {
        let most = self.options.high_water;
        for session in self.peers.iter_mut().flatten().filter(|session| session.has_batch(most)) {
            let _ = session.poll_out(cx);
        }
    }

    /// Goes on with the end of sending: whether something happened, and the outcome where there is one.
    fn poll_deliver(&mut self, cx: &mut Context<'_>) -> (bool, Option<io::Result<()>>) {
        let Ending::Begun { until, nobody_until, shut_until } = self.ending else { return (false, Some(Ok(()))) };
        let happened = self.drive(cx);
        if let Err(error) = self.check() {
            return (happened, Some(Err(error)));
        }
        let delivered = self.backlog.is_empty() && self.sessions().all(Session::is_flushed);
        if delivered && self.poll_leave(cx, shut_until) {
            return (happened, Some(self.settle()));
        }
        let now = Instant::now();
        let passed = |moment: Option<Instant>| moment.is_some_and(|moment| moment <= now);
        let limit = match (passed(until), self.has_nobody() && passed(nobody_until)) {
            (true, _) => Some("linger time"),
            (_, true) => Some("time of -q"),
            _ => None,
        };
        let ended = limit.map(|limit| match self.undelivered() {
            0 => self.settle(),
            count => {
                let trouble = self.last_trouble.as_ref().map(|trouble| format!(": {trouble}")).unwrap_or_default();
                Err(io::Error::new(io::ErrorKind::TimedOut, Undelivered { count, limit, trouble }))
            }
        });
        (happened, ended)
    }

    /// Takes leave of the peers, where nothing is to come from them; true when that is done. A peer that has closed has read
    /// everything before.
    fn poll_leave(&mut self, cx: &mut Context<'_>, shut_until: Option<Instant>) -> bool {
        if !self.leaves_at_end() {
            return true;
        }
        let now = Instant::now();
        let until = shut_until.unwrap_or(now + CLOSE_LIMIT);
        if let Ending::Begun { shut_until, .. } = &mut self.ending {
            *shut_until = Some(until);
        }
        let dials = self.source.dials();
        for session in self.peers.iter_mut().flatten() {
            // A peer that was dialled may yet turn out to be none for this type: that is said even where there was nothing to send.
            if session.handshake_until().is_some() && dials && now < until {
                continue;
            }
            if session.handshake_until().is_some() {
                session.give_up(super::trouble::Trouble::Closed);
            } else {
                let _ = session.poll_shut(cx);
            }
        }
        for _ in 0..TURNS {
            if !self.drive(cx) {
                break;
            }
        }
        self.is_alone() || until <= now
    }

    /// The outcome when everything was delivered that could be.
    fn settle(&self) -> io::Result<()> {
        if self.dropped > 0 {
            self.remark(&format!("{} messages were dropped for subscribers that did not keep up", self.dropped));
        }
        match self.lost {
            0 => Ok(()),
            1 => Err(io::Error::new(io::ErrorKind::NotFound, "a message was lost: its peer was not there, or gone")),
            count => Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("{count} messages were lost: their peers were gone"),
            )),
        }
    }
}
