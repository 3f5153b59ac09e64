//! The connection that a keeper holds: what has come and is unread, what is being sent, how it does.
//!
//! Who asks for what is known in `serve.rs`; here nobody waits for a client.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Mutex;

use super::buffer::{End, ReadBuffer};
use super::link::{Facts, Link};
use crate::failure::{Failure, reason};
use crate::filter::{Incoming, LineEnding, Outgoing};
use crate::transport::Bytes;

/// How much is received at once where it has to be converted, in bytes.
const CONVERTED_AT_ONCE: usize = 16 << 10;

/// How a client begins a TLS handshake: the type of its record (RFC 8446 section 5.1). No text begins so.
pub const HANDSHAKE: u8 = 22;

/// How the lines of a peer end.
#[derive(Debug, Clone, Copy, Default)]
pub struct LineEndings {
    /// Those it sends.
    pub incoming: Option<LineEnding>,
    /// Those it gets.
    pub outgoing: Option<LineEnding>,
}

/// A kept connection.
pub struct Stream {
    link: Link,
    channel: RefCell<Option<Bytes>>,
    buffer: RefCell<ReadBuffer>,
    incoming: RefCell<Option<Incoming>>,
    ending: Option<LineEnding>,
    /// Whether a peer may begin a TLS handshake by itself: one that was accepted, in clear.
    may_be_secured: Cell<bool>,
    /// Whether what is unread begins as a handshake does: it has no line endings.
    handshaking: Cell<bool>,
    /// One writer at a time, with the state of the conversion of line endings.
    pub writing: Mutex<Option<Outgoing>>,
    /// Written before the connection stands, in bytes that the buffer's limit bounds.
    queued: RefCell<Vec<u8>>,
    limit: usize,
}

impl std::ops::Deref for Stream {
    type Target = Link;

    fn deref(&self) -> &Link {
        &self.link
    }
}

impl Stream {
    /// A connection that does not stand yet, with `limit` bytes of read-ahead.
    pub fn connecting(limit: usize, endings: LineEndings) -> Rc<Self> {
        let incoming = endings.incoming.filter(|kind| kind.converts()).map(Incoming::new);
        let ending = endings.outgoing.filter(|kind| kind.converts());
        Rc::new(Stream {
            link: Link::connecting(),
            channel: RefCell::new(None),
            buffer: RefCell::new(ReadBuffer::new(limit)),
            incoming: RefCell::new(incoming),
            ending,
            may_be_secured: Cell::new(false),
            handshaking: Cell::new(false),
            writing: Mutex::new(ending.map(Outgoing::new)),
            queued: RefCell::default(),
            limit,
        })
    }

    /// An accepted connection, which may begin a TLS handshake by itself.
    pub fn accepted(limit: usize, endings: LineEndings, bytes: Bytes) -> Rc<Self> {
        let stream = Self::connecting(limit, endings);
        stream.may_be_secured.set(bytes.transport() != "tls");
        stream.install(bytes);
        stream
    }

    /// The connection stands; also after an upgrade to TLS.
    pub fn install(&self, bytes: Bytes) {
        let facts = Facts {
            transport: bytes.transport().to_owned(),
            local: bytes.local().to_string(),
            peer: bytes.peer().to_string(),
            secure: bytes.transport() == "tls",
            ports: Vec::new(),
        };
        if facts.secure {
            self.may_be_secured.set(false);
        }
        *self.channel.borrow_mut() = Some(bytes);
        self.stands(facts);
    }

    /// The connection is lost.
    pub fn fail(&self, failure: &Failure) {
        self.buffer.borrow_mut().finish(End::Failed(failure.line()));
        self.lost(failure);
    }

    /// Takes the connection out, for an upgrade or for its end.
    pub fn take(&self) -> Option<Bytes> {
        self.channel.borrow_mut().take()
    }

    /// How the lines end that it sends, where they are converted.
    pub fn ending(&self) -> Option<LineEnding> {
        self.ending
    }

    /// Looks at or changes the unread data. Nothing is awaited meanwhile.
    pub fn with_buffer<T>(&self, work: impl FnOnce(&mut ReadBuffer) -> T) -> T {
        work(&mut self.buffer.borrow_mut())
    }

    /// Drops what is unread: it has been taken out for a layer above.
    pub fn forget_unread(&self) {
        self.with_buffer(|buffer| {
            let all = buffer.reserve_unread(usize::MAX);
            let _ = buffer.commit(all);
        });
    }

    /// Receives until the end of the data, and stands still while there is no space.
    pub async fn pump(self: Rc<Self>) {
        loop {
            let result = tokio::select! {
                biased;
                result = poll_fn(|cx| self.poll_fill(cx)) => result,
                () = self.resumed() => match self.with_buffer(|buffer| buffer.end().clone()) {
                    End::Open => continue,
                    End::Eof | End::Failed(_) => return,
                },
            };
            let end = match result {
                Ok(0) => Some(End::Eof),
                Ok(_) => None,
                Err(error) => Some(End::Failed(reason(&error))),
            };
            let over = end.is_some();
            if let Some(end) = end {
                self.finish(end);
            }
            self.note_change();
            if over {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    fn finish(&self, end: End) {
        let mut buffer = self.buffer.borrow_mut();
        if let Some(incoming) = &mut *self.incoming.borrow_mut() {
            let mut rest = Vec::new();
            incoming.finish(&mut rest);
            buffer.fill(&rest);
        }
        buffer.finish(end);
    }

    /// Receives once; pending also while there is no connection or no space.
    fn poll_fill(&self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut channel = self.channel.borrow_mut();
        let Some(bytes) = &mut *channel else { return Poll::Pending };
        let mut buffer = self.buffer.borrow_mut();
        if *buffer.end() != End::Open {
            return Poll::Pending;
        }
        let count = match &mut *self.incoming.borrow_mut() {
            None => {
                let area = buffer.area();
                if area.is_empty() {
                    return Poll::Pending;
                }
                let mut area = ReadBuf::new(area);
                ready!(Pin::new(bytes).poll_read(cx, &mut area))?;
                let count = area.filled().len();
                buffer.filled(count);
                count
            }
            Some(incoming) => {
                // A CR that was held back may come out besides what is received.
                let space = buffer.space().saturating_sub(1).min(CONVERTED_AT_ONCE);
                if space == 0 {
                    return Poll::Pending;
                }
                let mut raw = vec![0; space];
                let mut area = ReadBuf::new(&mut raw);
                ready!(Pin::new(bytes).poll_read(cx, &mut area))?;
                let came = area.filled();
                if buffer.unread().is_empty() {
                    self.handshaking.set(self.may_be_secured.get() && came.first() == Some(&HANDSHAKE));
                }
                if self.handshaking.get() {
                    buffer.fill(came);
                } else {
                    let mut converted = Vec::with_capacity(came.len() + 1);
                    incoming.push(came, &mut converted);
                    buffer.fill(&converted);
                }
                came.len()
            }
        };
        self.count_received(count);
        Poll::Ready(Ok(count))
    }

    /// Receives what is there already, without waiting: before an upgrade nothing may be left below.
    pub fn receive_pending(&self) {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        loop {
            match self.poll_fill(&mut cx) {
                Poll::Ready(Ok(1..)) => {}
                Poll::Ready(Ok(0)) => break self.finish(End::Eof),
                Poll::Ready(Err(error)) => break self.finish(End::Failed(reason(&error))),
                Poll::Pending => break,
            }
        }
        // The pump is to ask again: this call has taken its place in the event loop.
        self.resume();
        self.note_change();
    }

    /// Queues bytes for a connection that does not stand yet; `false` when they are too many.
    pub fn queue(&self, bytes: &[u8]) -> bool {
        let mut queued = self.queued.borrow_mut();
        if queued.len() + bytes.len() > self.limit {
            return false;
        }
        queued.extend_from_slice(bytes);
        true
    }

    /// What was queued.
    pub fn take_queued(&self) -> Vec<u8> {
        std::mem::take(&mut *self.queued.borrow_mut())
    }

    /// Sends some of these bytes.
    ///
    /// # Errors
    /// What the connection says; NotConnected when there is none.
    pub async fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        let count = poll_fn(|cx| match &mut *self.channel.borrow_mut() {
            Some(channel) => Pin::new(channel).poll_write(cx, bytes),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        })
        .await?;
        self.count_sent(count);
        Ok(count)
    }

    /// Sends all of these bytes.
    ///
    /// # Errors
    /// As [`Stream::send`].
    pub async fn send_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = self.send(bytes).await?;
            bytes = bytes.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Sends what a layer such as TLS still holds.
    ///
    /// # Errors
    /// What the connection says.
    pub async fn flush(&self) -> io::Result<()> {
        poll_fn(|cx| match &mut *self.channel.borrow_mut() {
            Some(channel) => Pin::new(channel).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        })
        .await
    }

    /// Sends the end of our data.
    ///
    /// # Errors
    /// What the connection says.
    pub async fn half_close(&self) -> io::Result<()> {
        self.half_closing();
        poll_fn(|cx| match &mut *self.channel.borrow_mut() {
            Some(channel) => Pin::new(channel).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        })
        .await
    }

    /// Makes the end of the connection a reset.
    pub fn reset_on_close(&self) {
        if let Some(channel) = &*self.channel.borrow() {
            channel.socket().reset_on_close();
        }
    }

    /// After our end of data: drops what the peer still sends until it ends or all of ours is acknowledged, so that the
    /// close does not become a reset that destroys what is on its way.
    pub async fn linger(&self) {
        const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
        const STEP: std::time::Duration = std::time::Duration::from_millis(20);
        let Some(mut channel) = self.take() else { return };
        let drained = async {
            let mut waste = vec![0; 16 << 10];
            loop {
                let mut area = ReadBuf::new(&mut waste);
                let read = poll_fn(|cx| Pin::new(&mut channel).poll_read(cx, &mut area));
                match tokio::time::timeout(STEP, read).await {
                    Ok(Ok(())) if !area.filled().is_empty() => {}
                    Ok(_) => return,
                    Err(_) if channel.socket().all_acknowledged() => return,
                    Err(_) => {}
                }
            }
        };
        let _ = tokio::time::timeout(PATIENCE, drained).await;
    }
}
