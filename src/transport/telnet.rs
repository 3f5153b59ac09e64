//! TELNET as a layer of a connection: what is read is data, what is asked in between is answered without anybody above
//! noticing. The protocol itself is in `filter::telnet`.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::channel::{ByteStream, Bytes, Layered};
use super::socket::Socket;
use crate::filter::telnet::{Telnet, Terms};

/// How much is read at once, in bytes.
const READ: usize = 16 << 10;

/// While more than this waits to be sent, nothing is taken to be sent, and nothing is read that may have to be answered.
const WAITING: usize = 64 << 10;

/// What is known of the protocol, shared with whoever wants to know or to tell it something.
pub type Control = Rc<RefCell<Telnet>>;

/// A connection on which TELNET is spoken.
#[derive(Debug)]
struct TelnetStream {
    inner: Bytes,
    control: Control,
    /// Data that was received and not read.
    inbox: Vec<u8>,
    /// How much of it was read.
    taken: usize,
    /// What waits to be sent.
    outbox: Vec<u8>,
    /// Whether nothing can be answered any more: our direction has ended, or failed.
    mute: bool,
}

/// Puts TELNET on a connection.
pub fn put_on(bytes: Bytes, terms: &Terms) -> Bytes {
    let control: Control = Rc::new(RefCell::new(Telnet::new(terms.clone())));
    #[cfg(feature = "tls")]
    let session = bytes.session().cloned();
    let stream = TelnetStream {
        inner: bytes,
        control: control.clone(),
        inbox: Vec::new(),
        taken: 0,
        outbox: Vec::new(),
        mute: false,
    };
    let layered = Layered::new(Box::new(stream), "telnet").with_telnet(control);
    #[cfg(feature = "tls")]
    if let Some(session) = session {
        return Bytes::Layered(layered.with_session(session));
    }
    Bytes::Layered(layered)
}

impl ByteStream for TelnetStream {
    fn socket(&self) -> &Socket {
        self.inner.socket()
    }
}

impl TelnetStream {
    /// Sends what waits, answers included, until at most `rest` bytes do.
    fn poll_drain(&mut self, rest: usize, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let answers = self.control.borrow_mut().take_answers();
        if !self.mute {
            self.outbox.extend_from_slice(&answers);
        }
        if self.outbox.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while !self.outbox.is_empty() {
            match Pin::new(&mut self.inner).poll_write(cx, &self.outbox) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => _ = self.outbox.drain(..count.min(self.outbox.len())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if self.outbox.len() <= rest => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for TelnetStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if let Some(data) = this.inbox.get(this.taken..).filter(|data| !data.is_empty()) {
                let count = data.len().min(buffer.remaining());
                buffer.put_slice(data.get(..count).unwrap_or_default());
                this.taken += count;
                return Poll::Ready(Ok(()));
            }
            this.inbox.clear();
            this.taken = 0;
            // That the peer takes no answers is told to who writes; what it has sent before is read all the same.
            this.mute |= ready!(this.poll_drain(WAITING, cx)).is_err();
            let mut wire = [0; READ];
            let mut wire = ReadBuf::new(&mut wire);
            let read = Pin::new(&mut this.inner).poll_read(cx, &mut wire);
            if read.is_pending() {
                let _ = Pin::new(&mut this.inner).poll_flush(cx);
            }
            ready!(read)?;
            if wire.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.control.borrow_mut().receive(wire.filled(), &mut this.inbox);
        }
    }
}

impl AsyncWrite for TelnetStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(WAITING, cx))?;
        let taken = bytes.get(..READ).unwrap_or(bytes);
        this.control.borrow_mut().send(taken, &mut this.outbox);
        ready!(this.poll_drain(usize::MAX, cx))?;
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.control.borrow_mut().settle(&mut this.outbox);
        ready!(this.poll_drain(0, cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.control.borrow_mut().settle(&mut this.outbox);
        ready!(this.poll_drain(0, cx))?;
        this.mute = true;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}
