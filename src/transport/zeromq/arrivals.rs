//! Where the peers of a ZeroMQ socket come from: it dials, again and again, or a listener lets them in.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep};

use crate::address::Endpoint;
use crate::event::Unheard;
use crate::transport::channel::{Bytes, Channel};
use crate::transport::connect::{ConnectError, ConnectOptions, Patience, connect};

/// The first pause before dialling again; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A connection that held for so long was a good one: the next pause is a short one again.
const GOOD: Duration = Duration::from_secs(5);

/// A connection that a listener let in.
#[derive(Debug)]
pub struct Arrival {
    /// What events call it.
    pub id: String,
    /// The connection.
    pub stream: Bytes,
    /// Its place among as many as may be there at the same time.
    pub place: Option<OwnedSemaphorePermit>,
}

/// What comes of waiting for a peer.
#[derive(Debug)]
pub enum Came {
    /// A peer.
    Peer(Arrival),
    /// A failed try; there will be another.
    Not(ConnectError),
    /// No try can fare better.
    Never(ConnectError),
}

/// Where peers come from.
#[derive(Debug)]
pub enum Source {
    /// From here to a peer.
    Dialler(Box<Dialler>),
    /// From peers to here.
    Listener(Door),
}

/// Where peers come in.
#[derive(Debug)]
pub struct Door {
    /// Those that were let in.
    pub arrivals: mpsc::Receiver<Arrival>,
    /// Whoever lets them in, and has the listeners.
    pub keeper: JoinHandle<()>,
}

/// Keeps one connection.
pub struct Dialler {
    id: String,
    target: Rc<(Endpoint, ConnectOptions)>,
    state: State,
    pause: Duration,
    since: Instant,
}

enum State {
    Idle,
    Connected,
    Dialling(Pin<Box<dyn Future<Output = Result<Channel, ConnectError>>>>),
    Pausing(Pin<Box<Sleep>>),
}

impl std::fmt::Debug for Dialler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialler").field("id", &self.id).field("target", &self.target.0).finish_non_exhaustive()
    }
}

impl Dialler {
    /// Dials this endpoint whenever there is no connection.
    pub fn new(id: &str, endpoint: Endpoint, options: ConnectOptions) -> Self {
        // Each try is one: the pauses between them are made here.
        let options = ConnectOptions { patience: Patience::Once, zmq: None, ..options };
        Dialler {
            id: id.to_owned(),
            target: Rc::new((endpoint, options)),
            state: State::Idle,
            pause: FIRST_PAUSE,
            since: Instant::now(),
        }
    }

    /// Waits a moment before the next try; longer each time, until a connection has held.
    fn pause(&mut self) {
        if matches!(self.state, State::Connected) && self.since.elapsed() > GOOD {
            self.pause = FIRST_PAUSE;
        }
        self.state = State::Pausing(Box::pin(tokio::time::sleep(self.pause)));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Came> {
        loop {
            match &mut self.state {
                State::Connected => self.pause(),
                State::Pausing(sleep) => {
                    std::task::ready!(sleep.as_mut().poll(cx));
                    self.state = State::Idle;
                }
                State::Idle => {
                    let target = self.target.clone();
                    let id = self.id.clone();
                    let dialling = async move { connect(&target.0, &target.1, &id, &Unheard).await };
                    self.state = State::Dialling(Box::pin(dialling));
                }
                State::Dialling(dialling) => {
                    let dialled = std::task::ready!(dialling.as_mut().poll(cx));
                    self.state = State::Idle;
                    return Poll::Ready(match dialled {
                        Ok(Channel::Bytes(stream)) => {
                            (self.state, self.since) = (State::Connected, Instant::now());
                            Came::Peer(Arrival { id: self.id.clone(), stream, place: None })
                        }
                        Ok(Channel::Messages(_)) => {
                            Came::Never(ConnectError::Unsupported("ZeroMQ over a message socket".to_owned()))
                        }
                        Err(error) if error.may_pass() => {
                            self.pause();
                            Came::Not(error)
                        }
                        Err(error) => Came::Never(error),
                    });
                }
            }
        }
    }
}

impl Source {
    /// The next peer, where there is one to come: a dialler has one at a time.
    pub fn poll(&mut self, cx: &mut Context<'_>, alone: bool) -> Poll<Came> {
        match self {
            Source::Dialler(dialler) if alone => dialler.poll(cx),
            Source::Dialler(_) => Poll::Pending,
            Source::Listener(door) => match door.arrivals.poll_recv(cx) {
                Poll::Ready(Some(arrival)) => Poll::Ready(Came::Peer(arrival)),
                // The listener is gone; those that came stay.
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            },
        }
    }

    /// Lets nobody in any more; ready when the listeners are gone, and their paths with them.
    pub fn poll_shut(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Source::Listener(door) if !door.keeper.is_finished() => {
                door.keeper.abort();
                Pin::new(&mut door.keeper).poll(cx).map(|_| ())
            }
            Source::Listener(_) | Source::Dialler(_) => Poll::Ready(()),
        }
    }

    /// Whether it dials.
    pub fn dials(&self) -> bool {
        matches!(self, Source::Dialler(_))
    }

    /// Takes a connection that stands already for the dialler's own.
    pub fn note_connected(&mut self) {
        if let Source::Dialler(dialler) = self {
            (dialler.state, dialler.since) = (State::Connected, Instant::now());
        }
    }
}
