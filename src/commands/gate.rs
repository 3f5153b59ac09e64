//! The door of a listener: takes connections from all listening sockets, turns away whom the rules deny, numbers the rest.

use std::collections::VecDeque;
use std::io;
use std::str::FromStr;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::admission::Admission;
use super::context::Context;
use crate::access::Verdict;
use crate::address::SocketName;
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::transport::listener::{Listener, Pending};

/// What a client that is turned away notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reject {
    /// A reset at once.
    #[default]
    Reset,
    /// An orderly close.
    Close,
    /// Nothing: the connection stays silent until it is forgotten.
    Drop,
}

impl FromStr for Reject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "rst" => Ok(Reject::Reset),
            "close" => Ok(Reject::Close),
            "drop" => Ok(Reject::Drop),
            other => Err(format!("{other:?} is no way to reject; type rst, close or drop")),
        }
    }
}

/// How long, and how many, rejected connections are held that are not reset.
const DROPPED_FOR: Duration = Duration::from_secs(60);
const DROPPED_MOST: usize = 256;

/// How long to wait when this process has no descriptor left for another connection.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// The door of all listeners of one `accept`.
pub struct Gate {
    listeners: Vec<Listener>,
    admission: Admission,
    reject: Reject,
    dropped: VecDeque<(Instant, Pending)>,
    name: Option<SocketName>,
    count: u64,
    turn: usize,
    context: Context,
}

/// A client that the rules let in.
#[derive(Debug)]
pub struct Admitted {
    /// `NAME.N` where the listener has a name, else `peerhost:port|N`.
    pub id: String,
    /// Its number, counted from 1.
    pub number: u64,
    /// The connection.
    pub pending: Pending,
}

impl Gate {
    /// A door for these listeners.
    pub fn new(
        listeners: Vec<Listener>,
        admission: Admission,
        reject: Reject,
        name: Option<SocketName>,
        context: &Context,
    ) -> Self {
        let (dropped, context) = (VecDeque::new(), context.clone());
        Gate { listeners, admission, reject, dropped, name, count: 0, turn: 0, context }
    }

    /// Whether clients of some listener have messages.
    pub fn has_messages(&self) -> bool {
        self.listeners.iter().any(Listener::has_messages)
    }

    /// The next client that may come in. Cancel-safe.
    ///
    /// # Errors
    /// When a listening socket fails for good.
    pub async fn next(&mut self) -> Result<Admitted, Failure> {
        loop {
            let (listener, pending) = match self.accept().await {
                Ok(accepted) => accepted,
                Err(error) if is_exhaustion(&error) => {
                    let message = format!("cannot accept for a moment: {}", reason(&error));
                    self.context.reporter.event("", &Event::Error { message });
                    tokio::time::sleep(EXHAUSTED_PAUSE).await;
                    continue;
                }
                Err(error) => {
                    return Err(Failure::message(Exit::CannotBind, format!("cannot accept: {}", reason(&error))));
                }
            };
            match self.admission.decide(pending.peer()) {
                Verdict::Allowed => {
                    self.count += 1;
                    let id = match &self.name {
                        Some(name) => format!("{name}.{}", self.count),
                        None => format!("{}|{}", pending.peer(), self.count),
                    };
                    let (peer, local) = (pending.peer().to_string(), pending.local().to_string());
                    let port = pending.local().socket_addr().map(|address| address.port());
                    self.context.reporter.event(&id, &Event::Accepted { peer, local, port });
                    return Ok(Admitted { id, number: self.count, pending });
                }
                Verdict::Denied { rule } => self.turn_away(listener, pending, rule),
            }
        }
    }

    /// A connection, and the place of the listener that it came to.
    async fn accept(&mut self) -> io::Result<(usize, Pending)> {
        std::future::poll_fn(|cx| {
            // Each listener gets its turn to be first, so that a busy one does not starve the others.
            self.turn = self.turn.wrapping_add(1);
            let count = self.listeners.len().max(1);
            for step in 0..count {
                let place = (self.turn + step) % count;
                let Some(listener) = self.listeners.get(place) else { continue };
                if let Poll::Ready(result) = listener.poll_accept(cx) {
                    return Poll::Ready(result.map(|pending| (place, pending)));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Who is turned away has no number; the event has the ID of the listener.
    fn turn_away(&mut self, listener: usize, pending: Pending, rule: String) {
        let id = match (&self.name, self.listeners.get(listener)) {
            (Some(name), _) => name.to_string(),
            (None, listener) => listener.map(|listener| listener.local().to_string()).unwrap_or_default(),
        };
        let (peer, local) = (pending.peer().to_string(), pending.local().to_string());
        let port = pending.local().socket_addr().map(|address| address.port());
        self.context.reporter.event(&id, &Event::Rejected { peer, local, port, rule });
        match self.reject {
            Reject::Reset => pending.reset(),
            Reject::Close => {
                // Held for a while: closing on what the client sends would be a reset after all.
                pending.end();
                self.hold(pending);
            }
            Reject::Drop => self.hold(pending),
        }
    }

    fn hold(&mut self, pending: Pending) {
        let now = Instant::now();
        while self.dropped.len() >= DROPPED_MOST
            || self.dropped.front().is_some_and(|(since, _)| now.duration_since(*since) > DROPPED_FOR)
        {
            self.dropped.pop_front();
        }
        self.dropped.push_back((now, pending));
    }
}

/// accept(2): no descriptor or memory left, which passes.
fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}
