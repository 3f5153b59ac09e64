//! Moving bytes through a buffer of ours: the way that always works, and the only one on which they can be changed.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::Sleep;

use super::buffer;
use super::lane::{Failed, Lane, Moved, SETTLE};
use super::side::Side;

/// A direction that copies.
#[derive(Debug, Default)]
pub struct CopyPump {
    /// Read but not written yet: `buffer[start..end]`.
    buffer: Option<Vec<u8>>,
    start: usize,
    end: usize,
    /// How much is read at once; grows with full reads.
    chunk: usize,
    ended: bool,
    /// Rings when the source has been silent for so long that nothing may be held back.
    settling: Option<Pin<Box<Sleep>>>,
}

impl CopyPump {
    /// A pump that first has to deliver these bytes.
    pub fn with_rest(rest: Vec<u8>, ended: bool) -> Self {
        let end = rest.len();
        CopyPump { buffer: Some(rest), start: 0, end, chunk: 0, ended, settling: None }
    }

    /// Whether a read has filled its buffer, and all that was read is written, so that another pump may go on from here.
    pub fn met_bulk(&self) -> bool {
        self.chunk > buffer::SMALLEST && self.start == self.end && !self.ended
    }

    /// Moves one portion, or says that the end is reached and everything written.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut impl Side,
        to: &mut impl Side,
        lane: &mut Lane<'_>,
    ) -> Poll<Result<Moved, Failed>> {
        loop {
            if let Some(waiting) = self.buffer.as_deref().and_then(|buffer| buffer.get(self.start..self.end))
                && !waiting.is_empty()
            {
                let written = match ready!(to.poll_write(cx, waiting)).map_err(Failed::Writing)? {
                    0 => return Poll::Ready(Err(Failed::Writing(io::ErrorKind::WriteZero.into()))),
                    written => written,
                };
                let bytes = waiting.get(..written).unwrap_or(waiting);
                lane.written(bytes).map_err(Failed::Recording)?;
                self.start += written;
                return Poll::Ready(Ok(Moved::Bytes(written)));
            }
            if self.ended {
                ready!(to.poll_flush(cx)).map_err(Failed::Writing)?;
                self.release();
                return Poll::Ready(Ok(Moved::End));
            }
            ready!(self.poll_fill(cx, from, to, lane))?;
        }
    }

    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut impl Side,
        to: &mut impl Side,
        lane: &mut Lane<'_>,
    ) -> Poll<Result<(), Failed>> {
        let allowed = match lane.poll_allowance(cx) {
            Poll::Ready(allowed) => allowed,
            Poll::Pending => {
                self.release();
                return Poll::Pending;
            }
        };
        self.chunk = self.chunk.max(buffer::SMALLEST);
        if self.buffer.as_ref().is_none_or(|buffer| buffer.len() < self.chunk) {
            self.release();
        }
        let mut buffer = self.buffer.take().unwrap_or_else(|| buffer::borrow(self.chunk));
        let most = self.chunk.min(allowed);
        let space = buffer.get_mut(..most).unwrap_or_default();
        let read = match from.poll_read(cx, space) {
            Poll::Ready(Ok(read)) => read,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(Failed::Reading(error))),
            Poll::Pending => {
                buffer::give_back(buffer);
                // A stream that holds written bytes back (TLS) must not wait for more of them.
                ready!(to.poll_flush(cx)).map_err(Failed::Writing)?;
                return self.poll_settle(cx, lane);
            }
        };
        self.settling = None;
        if read == self.chunk {
            self.chunk = (self.chunk * 2).min(lane.largest_chunk());
        }
        self.ended = read == 0;
        lane.spend(read);
        self.start = 0;
        self.end = read;
        self.buffer = Some(buffer);
        self.convert(lane)
    }

    /// Ready with what the conversions held back when the source stays silent.
    fn poll_settle(&mut self, cx: &mut Context<'_>, lane: &mut Lane<'_>) -> Poll<Result<(), Failed>> {
        if !lane.is_holding() {
            return Poll::Pending;
        }
        let settling = self.settling.get_or_insert_with(|| Box::pin(tokio::time::sleep(SETTLE)));
        ready!(settling.as_mut().poll(cx));
        self.settling = None;
        let held = lane.settle().map_err(Failed::Converting)?;
        (self.start, self.end) = (0, held.len());
        self.buffer = Some(held);
        Poll::Ready(Ok(()))
    }

    fn convert(&mut self, lane: &mut Lane<'_>) -> Poll<Result<(), Failed>> {
        let Some(buffer) = &self.buffer else { return Poll::Ready(Ok(())) };
        let read = buffer.get(..self.end).unwrap_or_default();
        lane.read(read).map_err(Failed::Recording)?;
        if lane.is_plain() {
            return Poll::Ready(Ok(()));
        }
        let converted = lane.convert(read, self.ended).map_err(Failed::Converting)?.into_owned();
        self.end = converted.len();
        if let Some(read) = self.buffer.replace(converted) {
            buffer::give_back(read);
        }
        Poll::Ready(Ok(()))
    }

    fn release(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            buffer::give_back(buffer);
        }
        (self.start, self.end) = (0, 0);
    }
}
