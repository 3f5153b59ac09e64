//! The connections that come to a kept listener. They are let in when they come, so that who is turned away learns it at once
//! and handshakes get done, and are held until somebody takes them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;

use tokio::sync::{Mutex, Notify};

use super::kept::Kept;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transport::Channel;

/// So many connections are held; who comes then waits in the queue of the system.
pub const MOST_HELD: usize = 64;

/// Where connections come from: admitted, and done with their handshake.
pub trait Door {
    /// The next connection. Cancel-safe.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Channel, Failure>> + '_>>;
}

/// The connections of a listener that nobody has taken yet.
pub struct Arrivals {
    /// Held by whoever lets connections in, for as long as they are let in.
    door: Mutex<Box<dyn Door>>,
    held: RefCell<VecDeque<Channel>>,
    /// Why nobody can come any more.
    broken: RefCell<Option<(Exit, String)>>,
    changed: Notify,
    /// One taker at a time; the others queue.
    taking: Mutex<()>,
}

impl Arrivals {
    /// Those that come through this door.
    pub fn new(door: Box<dyn Door>) -> Self {
        Arrivals {
            door: Mutex::new(door),
            held: RefCell::default(),
            broken: RefCell::default(),
            changed: Notify::new(),
            taking: Mutex::new(()),
        }
    }

    /// Lets connections in until the listener is over.
    pub async fn let_in(&self, kept: &Kept) {
        let mut door = self.door.lock().await;
        loop {
            let changed = self.changed.notified();
            let full = self.held.borrow().len() >= MOST_HELD;
            tokio::select! {
                biased;
                _ = kept.over() => return,
                () = changed, if full => {}
                arrived = door.next(), if !full => match arrived {
                    Ok(channel) => {
                        self.held.borrow_mut().push_back(channel);
                        kept.touch();
                        self.changed.notify_waiters();
                    }
                    Err(failure) => {
                        self.broken.replace(Some((failure.exit, failure.line())));
                        self.changed.notify_waiters();
                        return;
                    }
                },
            }
        }
    }

    /// Takes the next connection. Cancel-safe.
    ///
    /// # Errors
    /// None can come any more.
    pub async fn next(&self) -> Result<Channel, Failure> {
        let _turn = self.taking.lock().await;
        self.there().await?;
        let channel = self.held.borrow_mut().pop_front();
        self.changed.notify_waiters();
        channel.ok_or_else(|| Failure::message(Exit::NotOpen, "the listener was closed"))
    }

    /// Waits until there is a connection to take. Cancel-safe.
    ///
    /// # Errors
    /// None can come any more.
    pub async fn there(&self) -> Result<(), Failure> {
        loop {
            let changed = self.changed.notified();
            if !self.held.borrow().is_empty() {
                return Ok(());
            }
            if let Some((exit, line)) = &*self.broken.borrow() {
                return Err(Failure::message(*exit, line.clone()));
            }
            changed.await;
        }
    }

    /// How many connections nobody has taken yet.
    pub fn count(&self) -> usize {
        self.held.borrow().len()
    }

    /// Ends the listening, once the listener is over; the connections that nobody has taken end, too.
    pub async fn shut(&self) {
        *self.door.lock().await = Box::new(Shut);
        self.held.borrow_mut().clear();
    }
}

/// A door that nobody comes through any more.
struct Shut;

impl Door for Shut {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Channel, Failure>> + '_>> {
        Box::pin(async { Err(Failure::message(Exit::NotOpen, "the listener was closed")) })
    }
}
