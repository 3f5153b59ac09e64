//! The datagrams exchanged with one peer, as a message connection: over a socket of our own, or over the one of a listener
//! that all its callers share.
//!
//! Datagrams have no end of data. Where our own end was said, the peer's is made of silence: nothing came for
//! [`REPLY_WINDOW`].

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::mailbox::Mailbox;
use super::{Burst, DatagramSocket, Inbox, Target};
use crate::address::Peer;
use crate::message::Message;

/// How long answers are waited for after the last datagram was sent or came, where nothing else is said.
pub const REPLY_WINDOW: Duration = Duration::from_secs(1);

/// A burst on its way; it comes back to be filled again.
type Sending = Pin<Box<dyn Future<Output = (Burst, io::Result<()>)>>>;

/// Takes datagrams to be sent.
pub trait Outlet {
    /// Takes one.
    fn send(&self, datagram: &[u8]);

    /// Waits until nothing that was taken is on its way any more.
    fn poll_drained(&self, cx: &mut Context<'_>) -> Poll<()>;
}

/// The datagrams exchanged with one peer.
pub struct Flow {
    socket: Rc<DatagramSocket>,
    /// `None` for a Unix socket without a name, which cannot be answered.
    target: Option<Target>,
    local: Peer,
    peer: Peer,
    arriving: Arriving,
    /// What was taken to be sent.
    waiting: RefCell<Burst>,
    sending: RefCell<Option<Sending>>,
    /// Set by the end of what we send: when the silence after it is over.
    silence: RefCell<Option<Pin<Box<Sleep>>>>,
    /// Takes what is sent in place of the socket.
    outlet: Option<Box<dyn Outlet>>,
    /// Why sending failed.
    broken: RefCell<Option<io::Error>>,
}

/// Where datagrams come from.
enum Arriving {
    /// From a socket that hears this peer alone.
    Own(Box<Own>),
    /// A listener sorts them by their senders.
    Sorted(Rc<Mailbox>),
}

/// A socket that hears one peer alone.
struct Own {
    inbox: RefCell<Inbox>,
    /// Which of the datagrams in the inbox is next.
    next: Cell<usize>,
    /// What came back by ICMP, which wakes no reader.
    trouble: RefCell<Pin<Box<dyn Future<Output = io::Error>>>>,
}

impl Own {
    fn poll_receive(
        &self,
        cx: &mut Context<'_>,
        socket: &DatagramSocket,
        message: &mut Message,
    ) -> Poll<io::Result<bool>> {
        let mut inbox = self.inbox.borrow_mut();
        loop {
            if let Some(datagram) = inbox.datagrams().nth(self.next.get()) {
                self.next.set(self.next.get() + 1);
                message.set(datagram);
                return Poll::Ready(Ok(true));
            }
            match socket.poll_receive(cx, &mut inbox) {
                Poll::Ready(received) => received?,
                Poll::Pending => return self.trouble.borrow_mut().as_mut().poll(cx).map(Err),
            }
            self.next.set(0);
        }
    }
}

impl Flow {
    /// Over a socket of its own, which hears this peer alone or, for a group or a broadcast address, all who answer.
    pub fn own(socket: DatagramSocket, target: Target, peer: Peer) -> Self {
        let socket = Rc::new(socket);
        let troubled = socket.clone();
        let arriving = Arriving::Own(Box::new(Own {
            inbox: RefCell::new(socket.inbox()),
            next: Cell::new(usize::MAX),
            trouble: RefCell::new(Box::pin(async move { troubled.failed().await })),
        }));
        let local = socket.local().clone();
        Flow::new(socket, Some(target), local, peer, arriving)
    }

    /// Over the socket of a listener, which puts what this peer sends to `local` into the mailbox.
    pub fn shared(
        socket: Rc<DatagramSocket>,
        target: Option<Target>,
        local: Peer,
        peer: Peer,
        mailbox: Rc<Mailbox>,
    ) -> Self {
        Flow::new(socket, target, local, peer, Arriving::Sorted(mailbox))
    }

    fn new(socket: Rc<DatagramSocket>, target: Option<Target>, local: Peer, peer: Peer, arriving: Arriving) -> Self {
        Flow {
            local,
            socket,
            target,
            peer,
            arriving,
            waiting: RefCell::default(),
            sending: RefCell::default(),
            silence: RefCell::default(),
            outlet: None,
            broken: RefCell::default(),
        }
    }

    /// From now on, what this makes of the socket and the target takes what is sent; a peer that cannot be answered is left alone.
    pub fn send_through(&mut self, make: impl FnOnce(Rc<DatagramSocket>, Target) -> Box<dyn Outlet>) {
        self.outlet = self.target.clone().map(|target| make(self.socket.clone(), target));
    }

    /// This end.
    pub fn local(&self) -> &Peer {
        &self.local
    }

    /// The other end.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// `udp` or `unix-datagram`.
    pub fn transport(&self) -> &'static str {
        self.socket.transport()
    }

    /// The longest message that can be sent, in bytes.
    pub fn limit(&self) -> usize {
        self.socket.max_payload()
    }

    /// Receives one datagram; false when the silence after our own end is over, or the listener has forgotten the peer.
    ///
    /// # Errors
    /// What the socket says, also what came back for an earlier datagram, such as ConnectionRefused.
    pub fn poll_receive(&self, cx: &mut Context<'_>, message: &mut Message) -> Poll<io::Result<bool>> {
        let received = match &self.arriving {
            Arriving::Own(own) => own.poll_receive(cx, &self.socket, message),
            Arriving::Sorted(mailbox) => mailbox.poll_take(cx, message).map(Ok),
        };
        if let (Poll::Pending, Some(error)) = (&received, self.broken.borrow_mut().take()) {
            return Poll::Ready(Err(error));
        }
        let mut silence = self.silence.borrow_mut();
        match (&received, silence.as_mut()) {
            (Poll::Ready(_), Some(silence)) => silence.as_mut().reset(Instant::now() + REPLY_WINDOW),
            (Poll::Pending, Some(silence)) => return silence.as_mut().poll(cx).map(|()| Ok(false)),
            (_, None) => {}
        }
        received
    }

    /// Takes one message to be sent as one datagram, in a run with others of its size.
    ///
    /// # Errors
    /// InvalidInput for one that is too large, of which nothing is sent; otherwise what the socket says of those before it.
    pub fn poll_send(&self, cx: &mut Context<'_>, message: &Message) -> Poll<io::Result<()>> {
        if message.len() > self.limit() {
            let text = format!(
                "a message of {} bytes does not fit into a datagram, which takes {}",
                message.len(),
                self.limit()
            );
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidInput, text)));
        }
        if self.waiting.borrow_mut().push(message.bytes()) {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_flush(cx))?;
        // The first one always fits.
        let _taken = self.waiting.borrow_mut().push(message.bytes());
        Poll::Ready(Ok(()))
    }

    /// Sends what was taken.
    ///
    /// # Errors
    /// What the socket says, also of earlier datagrams.
    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut sending = self.sending.borrow_mut();
        loop {
            if let Some(burst) = sending.as_mut() {
                let (burst, sent) = ready!(burst.as_mut().poll(cx));
                *sending = None;
                self.waiting.borrow_mut().give_space(burst);
                sent.map_err(|error| self.broken_by(error, cx))?;
            }
            if self.waiting.borrow().is_empty() {
                return Poll::Ready(Ok(()));
            }
            if let Some(outlet) = &self.outlet {
                let mut burst = self.waiting.borrow_mut();
                burst.messages().for_each(|message| outlet.send(message));
                burst.clear();
                return Poll::Ready(Ok(()));
            }
            let Some(target) = self.target.clone() else {
                let text = "the peer has no name to be answered at";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::NotConnected, text)));
            };
            let socket = self.socket.clone();
            let burst = self.waiting.take();
            *sending = Some(Box::pin(async move {
                let sent = socket.send_burst(&target, &burst).await;
                (burst, sent)
            }));
        }
    }

    /// Sends what was taken; from now on, silence is the peer's end of data.
    ///
    /// # Errors
    /// As [`Flow::poll_flush`]; what came back already, too.
    pub fn poll_end(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        if let Some(outlet) = &self.outlet {
            ready!(outlet.poll_drained(cx));
        }
        if let (Arriving::Own(_), Some(error)) = (&self.arriving, self.socket.take_error()?) {
            return Poll::Ready(Err(self.broken_by(error, cx)));
        }
        self.silence.borrow_mut().get_or_insert_with(|| {
            // Whoever receives is to learn of it.
            cx.waker().wake_by_ref();
            Box::pin(tokio::time::sleep(REPLY_WINDOW))
        });
        Poll::Ready(Ok(()))
    }

    /// The system tells an error once; whoever receives is to learn of it, too.
    fn broken_by(&self, error: io::Error, cx: &Context<'_>) -> io::Error {
        let again = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
        *self.broken.borrow_mut() = Some(again);
        cx.waker().wake_by_ref();
        error
    }
}

impl std::fmt::Debug for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flow").field("local", &self.local).field("peer", &self.peer).finish_non_exhaustive()
    }
}
