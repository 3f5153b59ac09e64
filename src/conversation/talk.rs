//! One end of a conversation: sends, receives, and waits for conditions within a limit. What is said is not decided here.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, timeout_at};

use super::Trouble;
use crate::condition::{Condition, DEFAULT_MAX_BYTES, Found, Matcher, MatcherError, Progress, Supply};
use crate::quantity::Limit;
use crate::relay::{Lane, Side, buffer};
use crate::transport::Bytes;

/// How the peer's data came to its end.
#[derive(Debug)]
enum Ending {
    Open,
    Ended,
    Broken(io::Error),
}

/// What came while a conversation was being ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wind {
    /// More data.
    Data,
    /// The peer's end of data.
    Ended,
    /// Nothing for as long as the limit says.
    Silent,
}

/// One end of a conversation over a stream of bytes.
///
/// It reads only when something is waited for, or when the peer takes nothing before it is read; so nothing is read ahead
/// that a layer above the stream (STARTTLS) would miss.
pub struct Talk<'a> {
    outgoing: Lane<'a>,
    incoming: Lane<'a>,
    received: Vec<u8>,
    /// How much of it is consumed.
    consumed: usize,
    ending: Ending,
    limit: Limit,
}

impl<'a> Talk<'a> {
    /// A conversation in which each wait lasts at most `limit`.
    pub fn new(outgoing: Lane<'a>, incoming: Lane<'a>, limit: Limit) -> Self {
        Talk { outgoing, incoming, received: Vec::new(), consumed: 0, ending: Ending::Open, limit }
    }

    /// What was received and not consumed.
    pub fn unread(&self) -> &[u8] {
        self.received.get(self.consumed..).unwrap_or_default()
    }

    /// Takes this many bytes out of what was received.
    pub fn consume(&mut self, count: usize) -> Vec<u8> {
        let taken = self.unread().get(..count).unwrap_or(self.unread()).to_vec();
        self.consumed += taken.len();
        // Moving what is left only now and then keeps many small takes cheap.
        if self.consumed > self.received.len() / 2 {
            self.received.drain(..self.consumed);
            self.consumed = 0;
        }
        taken
    }

    /// Waits until a condition is met by what was received; [`Talk::consume`] then takes it.
    ///
    /// # Errors
    /// A condition that cannot be searched for; or what keeps it from being met.
    pub async fn wait_for(
        &mut self,
        bytes: &mut Bytes,
        condition: &Condition,
    ) -> Result<Result<Found, Trouble>, MatcherError> {
        let mut matcher = Matcher::new(condition, DEFAULT_MAX_BYTES)?;
        let silence = condition.silence();
        let deadline = self.deadline();
        let mut supply = self.supply();
        loop {
            let settles = match matcher.advance(self.unread(), supply) {
                Progress::Found(found) => return Ok(Ok(found)),
                Progress::TooLarge => return Ok(Err(Trouble::TooLarge(DEFAULT_MAX_BYTES))),
                Progress::Ended | Progress::NoReply(_) => return Ok(Err(self.ended())),
                Progress::NotYet if supply == Supply::Idle && passed(deadline) => return Ok(Err(self.silence())),
                Progress::NotYet => None,
                Progress::Growing => silence.and_then(|silence| Instant::now().checked_add(silence)),
            };
            // What could still grow when the limit passes is taken as it stands.
            supply = match within(earlier(settles, deadline), self.receive(bytes)).await {
                Some(received) => match received {
                    Ok(()) => self.supply(),
                    Err(trouble) => return Ok(Err(trouble)),
                },
                None => Supply::Idle,
            };
        }
    }

    /// Waits until something is unread.
    ///
    /// # Errors
    /// The peer's end of data, silence, or what broke.
    pub async fn wait_for_data(&mut self, bytes: &mut Bytes) -> Result<(), Trouble> {
        let deadline = self.deadline();
        while self.unread().is_empty() {
            match (within(deadline, self.receive(bytes)).await, &self.ending) {
                (None, _) => return Err(self.silence()),
                (Some(result), Ending::Open) => result?,
                (Some(result), _) => {
                    result?;
                    return Err(self.ended());
                }
            }
        }
        Ok(())
    }

    /// Sends bytes through the conversions of the stream.
    ///
    /// # Errors
    /// When they cannot be converted, recorded or sent.
    pub async fn send(&mut self, bytes: &mut Bytes, data: &[u8]) -> Result<(), Trouble> {
        let wire = self.outgoing.convert(data, false).map_err(Trouble::taking)?.into_owned();
        self.transmit(bytes, &wire).await
    }

    async fn transmit(&mut self, bytes: &mut Bytes, wire: &[u8]) -> Result<(), Trouble> {
        let mut rest = wire;
        while !rest.is_empty() {
            let deadline = self.deadline();
            let sending = poll_fn(|cx| self.poll_beside_receiving(bytes, cx, |bytes, cx| bytes.poll_write(cx, rest)));
            let count = match within(deadline, sending).await {
                Some(sent) => sent?,
                None => return Err(self.deafness()),
            };
            if count == 0 {
                return Err(Trouble::Sending(io::ErrorKind::WriteZero.into()));
            }
            let (sent, left) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            self.outgoing.written(sent).map_err(Trouble::Recording)?;
            rest = left;
        }
        let deadline = self.deadline();
        let flushing = poll_fn(|cx| self.poll_beside_receiving(bytes, cx, |bytes, cx| bytes.poll_flush(cx)));
        within(deadline, flushing).await.unwrap_or_else(|| Err(self.deafness()))
    }

    /// Tries to send, and receives where that has to wait: a peer may take nothing before it is read.
    fn poll_beside_receiving<T>(
        &mut self,
        bytes: &mut Bytes,
        cx: &mut Context<'_>,
        mut send: impl FnMut(&mut Bytes, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<Result<T, Trouble>> {
        loop {
            if let Poll::Ready(sent) = send(bytes, cx) {
                return Poll::Ready(sent.map_err(Trouble::sending));
            }
            if !matches!(self.ending, Ending::Open) || self.unread().len() > DEFAULT_MAX_BYTES {
                return Poll::Pending;
            }
            ready!(self.poll_receive(bytes, cx))?;
        }
    }

    /// Ends our direction.
    ///
    /// # Errors
    /// When the end cannot be sent.
    pub async fn end(&mut self, bytes: &mut Bytes) -> Result<(), Trouble> {
        let held = self.outgoing.convert(&[], true).map_err(Trouble::taking)?.into_owned();
        self.transmit(bytes, &held).await?;
        let deadline = self.deadline();
        let ending = poll_fn(|cx| self.poll_beside_receiving(bytes, cx, |bytes, cx| bytes.poll_end(cx)));
        within(deadline, ending).await.unwrap_or_else(|| Err(self.deafness()))?;
        self.outgoing.ended();
        Ok(())
    }

    /// Waits for more data, the peer's end or silence, for at most `limit` and the limit of the conversation.
    ///
    /// # Errors
    /// When receiving fails.
    pub async fn wind_down(&mut self, bytes: &mut Bytes, until: Option<Instant>) -> Result<Wind, Trouble> {
        if !self.unread().is_empty() {
            return Ok(Wind::Data);
        }
        let deadline = earlier(self.deadline(), until);
        match (within(deadline, self.receive(bytes)).await, &self.ending) {
            (None, _) => Ok(Wind::Silent),
            (Some(Err(trouble)), _) => Err(trouble),
            (Some(Ok(())), Ending::Broken(_)) => Err(self.ended()),
            (Some(Ok(())), _) if !self.unread().is_empty() => Ok(Wind::Data),
            (Some(Ok(())), Ending::Ended) => Ok(Wind::Ended),
            (Some(Ok(())), Ending::Open) => Ok(Wind::Data),
        }
    }

    /// Receives once. Dropped before it is ready it has received nothing.
    async fn receive(&mut self, bytes: &mut Bytes) -> Result<(), Trouble> {
        poll_fn(|cx| self.poll_receive(bytes, cx)).await
    }

    fn poll_receive(&mut self, bytes: &mut Bytes, cx: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        if !matches!(self.ending, Ending::Open) {
            return Poll::Ready(Ok(()));
        }
        let mut space = buffer::borrow(buffer::SMALLEST);
        let read = bytes.poll_read(cx, &mut space);
        let taken = match read {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => {
                self.ending = Ending::Broken(error);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Ok(count)) => {
                let received = self.incoming.receive(space.get(..count).unwrap_or_default(), count == 0);
                let taken = received.map(|received| self.received.extend_from_slice(&received));
                if count == 0 {
                    self.ending = Ending::Ended;
                    self.incoming.ended();
                }
                Poll::Ready(taken.map_err(Trouble::taking))
            }
        };
        buffer::give_back(space);
        taken
    }

    fn supply(&self) -> Supply {
        match self.ending {
            Ending::Open => Supply::Flowing,
            Ending::Ended => Supply::Ended,
            Ending::Broken(_) => Supply::Broken,
        }
    }

    /// What the end of the data means for a wait; the error of a broken stream is told once.
    fn ended(&mut self) -> Trouble {
        match std::mem::replace(&mut self.ending, Ending::Ended) {
            Ending::Broken(error) => Trouble::Receiving(error),
            Ending::Open | Ending::Ended => Trouble::Closed,
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self.limit {
            Limit::Never => None,
            Limit::After(limit) => Instant::now().checked_add(limit),
        }
    }

    fn silence(&self) -> Trouble {
        Trouble::Silence(self.span())
    }

    fn deafness(&self) -> Trouble {
        Trouble::Deaf(self.span())
    }

    fn span(&self) -> std::time::Duration {
        match self.limit {
            Limit::After(limit) => limit,
            Limit::Never => std::time::Duration::MAX,
        }
    }
}

fn passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// `None` when the moment came first.
async fn within<T>(deadline: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match deadline {
        None => Some(work.await),
        Some(deadline) => timeout_at(deadline, work).await.ok(),
    }
}

#[cfg(test)]
mod tests;
