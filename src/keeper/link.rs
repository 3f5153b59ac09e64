//! How a kept connection does, whatever it carries: how far it has come, its addresses, what has passed, and who waits for a
//! change. What it carries is in `stream.rs` and `mailbox.rs`.

use std::cell::{Cell, RefCell};

use tokio::sync::futures::Notified;
use tokio::sync::{Mutex, Notify};

use crate::failure::Failure;

/// How far a connection has come.
#[derive(Debug, Clone)]
pub enum Stage {
    /// It does not stand yet.
    Connecting,
    /// It stands, or did until the peer ended it.
    Up,
    /// It never came to stand, or was lost: the exit status, the message, the remedies.
    Failed(u8, String, Vec<String>),
}

impl Stage {
    /// What a failure leaves.
    pub fn failed(failure: &Failure) -> Self {
        Stage::Failed(failure.exit.status(), failure.line(), failure.hints.clone())
    }
}

/// What is known of a connection besides its data.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// `tcp`, `unix`, `tls`, `seqpacket`, `ws`, `zeromq`, `udp`.
    pub transport: String,
    /// This end.
    pub local: String,
    /// The other end; empty for a datagram socket that hears everybody.
    pub peer: String,
    /// Whether TLS is spoken.
    pub secure: bool,
    /// The ports that peers come to by themselves.
    pub ports: Vec<u16>,
}

/// The state that every kept connection has.
pub struct Link {
    stage: RefCell<Stage>,
    facts: RefCell<Facts>,
    received: Cell<u64>,
    sent: Cell<u64>,
    half_closed: Cell<bool>,
    /// One reader at a time; the others queue in the order in which they came.
    pub reading: Mutex<()>,
    changed: Notify,
    resume: Notify,
}

impl Link {
    /// One that does not stand yet.
    pub fn connecting() -> Self {
        Link {
            stage: RefCell::new(Stage::Connecting),
            facts: RefCell::default(),
            received: Cell::new(0),
            sent: Cell::new(0),
            half_closed: Cell::new(false),
            reading: Mutex::new(()),
            changed: Notify::new(),
            resume: Notify::new(),
        }
    }

    /// It stands; also after an upgrade to TLS.
    pub fn stands(&self, facts: Facts) {
        *self.facts.borrow_mut() = facts;
        *self.stage.borrow_mut() = Stage::Up;
        self.resume();
        self.note_change();
    }

    /// It is lost.
    pub fn lost(&self, failure: &Failure) {
        *self.stage.borrow_mut() = Stage::failed(failure);
        self.resume();
        self.note_change();
    }

    /// How far it has come.
    pub fn stage(&self) -> Stage {
        self.stage.borrow().clone()
    }

    /// Its addresses.
    pub fn facts(&self) -> Facts {
        self.facts.borrow().clone()
    }

    /// How many bytes came and went.
    pub fn totals(&self) -> (u64, u64) {
        (self.received.get(), self.sent.get())
    }

    /// So many bytes came.
    pub fn count_received(&self, bytes: usize) {
        self.received.set(self.received.get().saturating_add(bytes as u64));
    }

    /// So many bytes went.
    pub fn count_sent(&self, bytes: usize) {
        self.sent.set(self.sent.get().saturating_add(bytes as u64));
    }

    /// Whether our end of data has been sent.
    pub fn is_half_closed(&self) -> bool {
        self.half_closed.get()
    }

    /// Our end of data is being sent.
    pub fn half_closing(&self) {
        self.half_closed.set(true);
    }

    /// There may be space again, or something else for the pump to look at.
    pub fn resume(&self) {
        self.resume.notify_one();
    }

    /// Becomes ready when there is something for the pump to look at.
    pub async fn resumed(&self) {
        self.resume.notified().await;
    }

    /// Tells those who wait.
    pub fn note_change(&self) {
        self.changed.notify_waiters();
    }

    /// Becomes ready when something has changed since it was called.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }
}
