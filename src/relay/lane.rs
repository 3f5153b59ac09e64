//! What one direction of a relay does to its bytes on their way: convert, record, limit. No I/O.

use std::borrow::Cow;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use super::buffer;
use super::rate::Rate;
use crate::event::Direction;
use crate::filter::Transform;

/// How long a conversion may hold back what could still be the first half of something, such as a CR whose LF has not come:
/// long enough for a line end that comes in two packets, short enough for a prompt that ends in a CR.
pub const SETTLE: Duration = Duration::from_secs(1);

/// What a step of a pump did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// This many bytes arrived at the other side.
    Bytes(usize),
    /// The end was reached and everything is written.
    End,
}

/// Where a direction failed.
#[derive(Debug)]
pub enum Failed {
    /// Reading the source.
    Reading(io::Error),
    /// Writing the sink.
    Writing(io::Error),
    /// A filter refused the bytes.
    Converting(io::Error),
    /// A transcript or dump could not be written.
    Recording(io::Error),
}

/// Sees what passes a relay.
pub trait Observer {
    /// Whether [`Observer::wire`] wants the bytes, which keeps them from moving inside the kernel.
    fn wants_bytes(&self) -> bool;
    /// Bytes as the peer sent or receives them.
    ///
    /// # Errors
    /// When they cannot be recorded, which ends the relay: a record has no gaps.
    fn wire(&self, direction: Direction, bytes: &[u8]) -> io::Result<()>;
    /// How much has arrived at the other side.
    fn moved(&self, direction: Direction, length: u64);
    /// A direction came to its end.
    fn ended(&self, direction: Direction);
}

/// Nobody who looks.
#[cfg(test)]
pub struct Nobody;

#[cfg(test)]
impl Observer for Nobody {
    fn wants_bytes(&self) -> bool {
        false
    }
    fn wire(&self, _: Direction, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn moved(&self, _: Direction, _: u64) {}
    fn ended(&self, _: Direction) {}
}

/// One direction of a relay.
pub struct Lane<'a> {
    direction: Direction,
    transforms: Vec<Box<dyn Transform>>,
    rate: Option<Rate>,
    observer: &'a dyn Observer,
}

impl std::fmt::Debug for Lane<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").field("direction", &self.direction).field("rate", &self.rate).finish_non_exhaustive()
    }
}

impl<'a> Lane<'a> {
    /// A direction whose bytes go through these transforms in order, at most `rate` bytes a second.
    pub fn new(
        direction: Direction,
        transforms: Vec<Box<dyn Transform>>,
        rate: Option<u64>,
        observer: &'a dyn Observer,
    ) -> Self {
        Lane { direction, transforms, rate: rate.map(Rate::new), observer }
    }

    /// Which way.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Whether the bytes pass as they are.
    pub fn is_plain(&self) -> bool {
        self.transforms.is_empty()
    }

    /// Whether the bytes are seen or changed, or their number is limited.
    pub fn is_looked_at(&self) -> bool {
        !self.is_plain() || self.rate.is_some() || self.observer.wants_bytes()
    }

    /// How large reads may become.
    pub(super) fn largest_chunk(&self) -> usize {
        if self.is_looked_at() { buffer::LARGEST / 4 } else { buffer::LARGEST }
    }

    /// How many bytes may pass now; ready when it is more than none.
    pub fn poll_allowance(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        match &mut self.rate {
            Some(rate) => rate.poll_allowance(cx),
            None => Poll::Ready(usize::MAX),
        }
    }

    /// As [`Lane::poll_allowance`], of which it may be asked again after it was dropped.
    pub async fn allowance(&mut self) -> usize {
        std::future::poll_fn(|cx| self.poll_allowance(cx)).await
    }

    /// So many bytes passed.
    pub fn spend(&mut self, bytes: usize) {
        if let Some(rate) = &mut self.rate {
            rate.spend(bytes);
        }
    }

    /// Bytes were read: those of the peer are on the wire before any conversion.
    pub(super) fn read(&self, bytes: &[u8]) -> io::Result<()> {
        if self.direction == Direction::In && self.observer.wants_bytes() && !bytes.is_empty() {
            self.observer.wire(Direction::In, bytes)?;
        }
        if self.direction == Direction::In && !bytes.is_empty() {
            self.observer.moved(Direction::In, bytes.len() as u64);
        }
        Ok(())
    }

    /// Bytes were written: those for the peer are on the wire after every conversion.
    ///
    /// # Errors
    /// When they cannot be recorded.
    pub fn written(&self, bytes: &[u8]) -> io::Result<()> {
        if self.direction == Direction::Out && !bytes.is_empty() {
            if self.observer.wants_bytes() {
                self.observer.wire(Direction::Out, bytes)?;
            }
            self.observer.moved(Direction::Out, bytes.len() as u64);
        }
        Ok(())
    }

    /// A message passed, which may be empty.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub fn passed(&self, message: &[u8]) -> io::Result<()> {
        self.observer.moved(self.direction, message.len() as u64);
        if self.observer.wants_bytes() { self.observer.wire(self.direction, message) } else { Ok(()) }
    }

    /// Bytes passed that nobody looks at ([`Lane::is_looked_at`]).
    pub(super) fn passed_unseen(&self, length: usize) {
        self.observer.moved(self.direction, length as u64);
    }

    /// What the peer's bytes are for us: recorded, counted, converted.
    ///
    /// # Errors
    /// When they cannot be recorded or converted.
    pub fn receive<'b>(&mut self, bytes: &'b [u8], ended: bool) -> io::Result<Cow<'b, [u8]>> {
        self.read(bytes)?;
        self.convert(bytes, ended)
    }

    /// What our bytes are for the peer; [`Lane::written`] records and counts them when they are sent.
    ///
    /// # Errors
    /// When they cannot be converted.
    pub fn convert<'b>(&mut self, bytes: &'b [u8], ended: bool) -> io::Result<Cow<'b, [u8]>> {
        let mut current = Cow::Borrowed(bytes);
        for transform in &mut self.transforms {
            let mut output = Vec::with_capacity(current.len() + current.len() / 8 + 16);
            transform.push(&current, &mut output)?;
            if ended {
                transform.finish(&mut output)?;
            }
            current = Cow::Owned(output);
        }
        Ok(current)
    }

    /// Whether a conversion holds something back that must not wait for more than [`SETTLE`].
    pub fn is_holding(&self) -> bool {
        self.transforms.iter().any(|transform| transform.is_holding())
    }

    /// What conversions held back; the source has been silent for [`SETTLE`].
    ///
    /// # Errors
    /// When it cannot be converted.
    pub fn settle(&mut self) -> io::Result<Vec<u8>> {
        let mut current = Vec::new();
        for transform in &mut self.transforms {
            let mut output = Vec::new();
            transform.push(&current, &mut output)?;
            transform.settle(&mut output);
            current = output;
        }
        Ok(current)
    }

    /// The direction came to its end.
    pub fn ended(&self) {
        self.observer.ended(self.direction);
    }
}
