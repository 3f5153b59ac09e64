//! The connection as the HTTP library sees it: what passes is counted, recorded and limited on its way.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::ahead::Ahead;
use crate::quantity::Limit;
use crate::relay::{Blame, Lane};
use crate::transport::Bytes;

/// A connection under HTTP.
pub(super) struct Tap<'a> {
    bytes: &'a mut Bytes,
    incoming: Lane<'a>,
    outgoing: Lane<'a>,
    /// How long the client may take nothing of what is sent.
    stall: Limit,
    stalled: Option<Pin<Box<Sleep>>>,
    ahead: Rc<Ahead>,
    /// Whose fault it was that the connection failed.
    pub(super) fault: Option<Blame>,
    /// Whether the client has sent anything.
    pub(super) heard: bool,
    ended: bool,
}

impl<'a> Tap<'a> {
    pub(super) fn new(
        bytes: &'a mut Bytes,
        incoming: Lane<'a>,
        outgoing: Lane<'a>,
        stall: Limit,
        ahead: Rc<Ahead>,
    ) -> Self {
        Tap { bytes, incoming, outgoing, stall, stalled: None, ahead, fault: None, heard: false, ended: false }
    }

    /// Writes bytes that have not left yet.
    fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let allowed = ready!(self.outgoing.poll_allowance(cx)).min(bytes.len());
        let bytes = bytes.get(..allowed).unwrap_or_default();
        match Pin::new(&mut *self.bytes).poll_write(cx, bytes) {
            Poll::Pending => self.poll_stalled(cx),
            Poll::Ready(Err(error)) => self.failed(Blame::Sending, error),
            Poll::Ready(Ok(count)) => {
                self.stalled = None;
                self.outgoing.spend(count);
                match self.outgoing.written(bytes.get(..count).unwrap_or_default()) {
                    Ok(()) => Poll::Ready(Ok(count)),
                    Err(error) => self.failed(Blame::Recording, error),
                }
            }
        }
    }

    fn failed<T>(&mut self, blame: Blame, error: io::Error) -> Poll<io::Result<T>> {
        self.fault.get_or_insert(blame);
        Poll::Ready(Err(error))
    }

    /// Nothing can be written at the moment, which must not last.
    fn poll_stalled<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let Limit::After(limit) = self.stall else { return Poll::Pending };
        let far = Duration::from_secs(u64::from(u32::MAX));
        let stalled =
            self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + limit.min(far))));
        ready!(stalled.as_mut().poll(cx));
        self.failed(Blame::Sending, io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing of the answer"))
    }
}

impl AsyncRead for Tap<'_> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let tap = self.get_mut();
        let allowed = ready!(tap.incoming.poll_allowance(cx)).min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(allowed));
        if let Err(error) = ready!(Pin::new(&mut *tap.bytes).poll_read(cx, &mut part)) {
            return tap.failed(Blame::Receiving, error);
        }
        let count = part.filled().len();
        if let Err(error) = tap.incoming.receive(part.filled(), count == 0) {
            return tap.failed(Blame::Recording, error);
        }
        tap.incoming.spend(count);
        tap.heard |= count > 0;
        if count == 0 && allowed > 0 && !std::mem::replace(&mut tap.ended, true) {
            tap.incoming.ended();
        }
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tap<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let tap = self.get_mut();
        match tap.ahead.leave_out(bytes.len()) {
            0 => tap.poll_send(cx, bytes),
            already => Poll::Ready(Ok(already)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let tap = self.get_mut();
        // Only who has written everything flushes.
        while let due @ [_, ..] = tap.ahead.due() {
            let count = ready!(tap.poll_send(cx, due))?;
            tap.ahead.left(count);
        }
        match Pin::new(&mut *tap.bytes).poll_flush(cx) {
            Poll::Pending => tap.poll_stalled(cx),
            Poll::Ready(Err(error)) => tap.failed(Blame::Sending, error),
            Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
        }
    }

    /// The end of data is sent by whoever owns the connection.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
