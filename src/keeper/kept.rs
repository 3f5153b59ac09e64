//! What a keeper keeps: a connection or a listener under an ID, its life, and what it says about itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::arrivals::Arrivals;
use super::claim::Claim;
use super::directory::Directory;
use super::link::Link;
use super::mailbox::Mailbox;
use super::process::Process;
use super::status;
use super::stream::{LineEndings, Stream};
use super::wire::Close;
use crate::address::{Endpoint, SocketName};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transport::Channel;

/// What a keeper was told about the sockets it keeps.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The directory of its sockets.
    pub directory: Directory,
    /// How long a socket lives that nobody uses; `None`: for ever.
    pub idle: Option<Duration>,
    /// The process with which it ends.
    pub owner: Option<u32>,
    /// How much is read ahead, in bytes.
    pub buffer: usize,
    /// How lines end.
    pub endings: LineEndings,
}

/// A listener.
pub struct Listening {
    /// The connections that nobody has taken yet.
    pub arrivals: Arrivals,
    /// The number of the last connection that was given out.
    pub count: Cell<u32>,
    /// The bound addresses.
    pub local: Vec<String>,
    /// The bound ports.
    pub ports: Vec<u16>,
    /// The pins of its certificates.
    pub pins: Vec<String>,
    /// How long `next` waits where it is not told: the listener's own `--timeout` in seconds, `none`, or null.
    pub wait: Value,
    /// Whether TLS is spoken with clients.
    pub secure: bool,
    /// The transport.
    pub transport: String,
}

/// What is kept.
pub enum Body {
    /// A connection that carries a stream.
    Stream(Rc<Stream>),
    /// A socket that carries messages.
    Messages(Rc<Mailbox>),
    /// A listener.
    Listener(Box<Listening>),
}

impl Body {
    /// The connection, where it is one.
    pub fn link(&self) -> Option<&Link> {
        match self {
            Body::Stream(stream) => Some(stream),
            Body::Messages(mailbox) => Some(mailbox),
            Body::Listener(_) => None,
        }
    }

    /// The connection stands.
    ///
    /// # Errors
    /// It carries something else than was expected.
    pub fn install(&self, channel: Channel) -> Result<(), Failure> {
        match (self, channel) {
            (Body::Stream(stream), Channel::Bytes(bytes)) => stream.install(bytes),
            (Body::Messages(mailbox), Channel::Messages(messages)) => mailbox.install(messages, Vec::new()),
            (_, channel) => {
                let text = format!("a connection over {} cannot be kept", channel.transport());
                return Err(Failure::message(Exit::Unsupported, text).hint("add --foreground"));
            }
        }
        Ok(())
    }

    /// Sends what was written before the connection stood. A failure shows at the next write.
    pub async fn send_queued(&self) {
        match self {
            Body::Stream(stream) => {
                let _turn = stream.writing.lock().await;
                let _ = super::send_queued(stream).await;
            }
            Body::Messages(mailbox) => {
                let _turn = mailbox.writing.lock().await;
                let _ = mailbox.send_queued().await;
            }
            Body::Listener(_) => {}
        }
    }

    /// The connection did not come to stand, or is lost.
    pub fn fail(&self, failure: &Failure) {
        match self {
            Body::Stream(stream) => stream.fail(failure),
            Body::Messages(mailbox) => mailbox.fail(failure),
            Body::Listener(_) => {}
        }
    }
}

/// A kept socket.
pub struct Kept {
    /// What a script calls it.
    pub id: String,
    /// Its name, where it has one.
    pub name: Option<SocketName>,
    /// The address it was opened with; accepted connections and listeners have none.
    pub endpoint: Option<Endpoint>,
    /// The address in one spelling, to check an ID against.
    pub address: Option<String>,
    /// What it is.
    pub body: Body,
    /// The process that keeps it.
    pub process: Rc<Process>,
    born: Instant,
    used: Cell<Instant>,
    busy: Cell<usize>,
    claim: RefCell<Option<Claim>>,
    over: Cell<Option<Close>>,
    ended: Notify,
}

/// A client that is being served: as long as there is one, the socket is in use.
pub struct InUse<'a>(&'a Kept);

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        self.0.busy.set(self.0.busy.get().saturating_sub(1));
        self.0.used.set(Instant::now());
    }
}

impl Kept {
    /// A socket under its name.
    pub fn new(id: String, name: Option<SocketName>, body: Body, process: Rc<Process>, claim: Claim) -> Self {
        let now = Instant::now();
        Kept {
            id,
            name,
            endpoint: None,
            address: None,
            body,
            process,
            born: now,
            used: Cell::new(now),
            busy: Cell::new(0),
            claim: RefCell::new(Some(claim)),
            over: Cell::new(None),
            ended: Notify::new(),
        }
    }

    /// Marks it as used for as long as the result lives.
    pub fn in_use(&self) -> InUse<'_> {
        self.busy.set(self.busy.get() + 1);
        InUse(self)
    }

    /// How long nobody has used it, and nothing has come.
    pub fn idle(&self) -> Duration {
        if self.busy.get() > 0 { Duration::ZERO } else { self.used.get().elapsed() }
    }

    /// Something has come or was sent.
    pub fn touch(&self) {
        self.used.set(Instant::now());
    }

    /// Whether its path still leads here.
    pub fn stands(&self) -> bool {
        self.claim.borrow().as_ref().is_none_or(Claim::stands)
    }

    /// Gives the name back, so that another one can have it.
    pub fn release(&self) {
        drop(self.claim.borrow_mut().take());
    }

    /// Ends it. The first way counts.
    pub fn end(&self, how: Close) {
        if self.over.get().is_none() {
            self.over.set(Some(how));
            self.ended.notify_waiters();
        }
    }

    /// Becomes ready when it is to end.
    pub async fn over(&self) -> Close {
        loop {
            let ended = self.ended.notified();
            if let Some(how) = self.over.get() {
                return how;
            }
            ended.await;
        }
    }

    /// What it says about itself. Fields are only ever added.
    pub fn status(&self) -> Value {
        let status = json!({
            "id": self.id,
            "name": self.name.as_ref().map(ToString::to_string),
        });
        let more = match &self.body {
            Body::Stream(stream) => status::of_stream(stream),
            Body::Messages(mailbox) => status::of_mailbox(mailbox),
            Body::Listener(listening) => json!({
                "kind": "listener", "transport": listening.transport, "secure": listening.secure,
                "local": listening.local.first(), "peer": null, "state": "open",
                "bytes_in": 0, "bytes_out": 0, "messages_in": 0, "messages_out": 0,
                "unread": listening.arrivals.count(),
                "ports": listening.ports, "pins": listening.pins, "accepted": listening.count.get(), "wait": listening.wait,
            }),
        };
        let last = json!({
            "age": status::seconds(self.born.elapsed()),
            "idle": status::seconds(self.idle()),
            "pid": std::process::id(),
            "address": self.address,
        });
        status::merged(status::merged(status, more), last)
    }
}
