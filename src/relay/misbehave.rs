//! A stream that misbehaves in what it sends, so that its peer can be tested: late, in small pieces, stalling, resetting. What
//! it receives is untouched.
//!
//! Whoever uses the stream drives it: reading, writing and flushing all send what is due, so there is no task beside it.
//! Flushing is done when everything has left.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::event::Direction;
use crate::filter::chance::Chance;
use crate::filter::misbehaviour::Misbehaviour;
use crate::transport::channel::ByteStream;
use crate::transport::overlay::Overlay;
use crate::transport::{Bytes, Channel, Socket};

/// At most this many bytes are held back; then the writer waits, and with it whoever feeds it.
const MOST_BYTES: usize = 1 << 20;

/// At most this many pieces are held back.
const MOST_PIECES: usize = 4096;

/// Between two slices, so that the peer reads them one by one.
const GAP: Duration = Duration::from_millis(1);

/// How long a reset waits for the peer's system to acknowledge what it is to have.
const PATIENCE: Duration = Duration::from_secs(5);

/// What comes after so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Stall,
    Reset,
}

/// What is held back, and until when.
#[derive(Debug)]
struct Piece {
    due: Instant,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Misbehaving {
    stream: Bytes,
    latency: Duration,
    jitter: Duration,
    slice: Option<NonZeroUsize>,
    limit: Option<(u64, Then)>,
    chance: Chance,
    held: VecDeque<Piece>,
    held_bytes: usize,
    /// How much of the first piece has left.
    begun: usize,
    /// How much was taken to be sent, ever.
    taken: u64,
    unflushed: bool,
    /// No piece leaves before the one in front of it.
    last_due: Instant,
    not_before: Instant,
    /// When the bytes in front of a reset were sent.
    sent_all: Option<Instant>,
    reset: bool,
    failed: Option<io::Error>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// Makes this end of a stream misbehave, where that is asked for; messages pass as they are. `connection` and `direction`
/// choose the decisions, see [`Chance::new`].
pub fn put_on(channel: Channel, how: Option<&Misbehaviour>, connection: u64, direction: Direction) -> Channel {
    match (channel, how) {
        (Channel::Bytes(bytes), Some(how)) => Channel::Bytes(put_on_bytes(bytes, how, connection, direction)),
        (channel, _) => channel,
    }
}

/// The same for connections of ours, before any framing of messages.
pub fn overlay(how: Option<&Misbehaviour>, connection: u64, direction: Direction) -> Overlay {
    match how.cloned() {
        Some(how) => Overlay::new(move |bytes| put_on_bytes(bytes, &how, connection, direction)),
        None => Overlay::default(),
    }
}

fn put_on_bytes(bytes: Bytes, how: &Misbehaviour, connection: u64, direction: Direction) -> Bytes {
    let chance = how.chance(connection, direction);
    bytes.wrapped(|stream| Box::new(Misbehaving::new(stream, how, chance)))
}

impl Misbehaving {
    fn new(stream: Bytes, how: &Misbehaviour, chance: Chance) -> Self {
        let now = Instant::now();
        let stall = how.stall_after.map(|size| (size, Then::Stall));
        Misbehaving {
            stream,
            latency: how.latency,
            jitter: how.jitter,
            slice: how.slice,
            limit: stall.or_else(|| how.reset_after.map(|size| (size, Then::Reset))),
            chance,
            held: VecDeque::new(),
            held_bytes: 0,
            begun: 0,
            taken: 0,
            unflushed: false,
            last_due: now,
            not_before: now,
            sent_all: None,
            reset: false,
            failed: None,
            timer: None,
        }
    }

    /// Whether nothing more is taken, for ever.
    fn is_full(&self) -> bool {
        self.limit.is_some_and(|(size, _)| self.taken >= size)
    }

    /// Takes a part of what is to be sent, and says how long it was.
    fn hold_back(&mut self, bytes: &[u8]) -> usize {
        let left = self.limit.map_or(u64::MAX, |(size, _)| size.saturating_sub(self.taken));
        let room = MOST_BYTES.saturating_sub(self.held_bytes).min(usize::try_from(left).unwrap_or(usize::MAX));
        let bytes = bytes.get(..room).unwrap_or(bytes);
        let mut taken = 0;
        for piece in bytes.chunks(self.slice.map_or(usize::MAX, NonZeroUsize::get)) {
            if self.held.len() >= MOST_PIECES {
                break;
            }
            let due = Instant::now() + self.latency + self.chance.part_of(self.jitter);
            self.last_due = self.last_due.max(due);
            self.held.push_back(Piece { due: self.last_due, bytes: piece.to_vec() });
            taken += piece.len();
        }
        self.held_bytes += taken;
        self.taken += taken as u64;
        taken
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        if Instant::now() >= at {
            return Poll::Ready(());
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        timer.as_mut().poll(cx)
    }

    /// Sends what is due. Ready when nothing is held any more.
    fn poll_drive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.failed.is_none()
            && let Err(error) = ready!(self.poll_send(cx))
        {
            self.failed = Some(error);
        }
        Poll::Ready(match &mut self.failed {
            None => Ok(()),
            Some(error) => {
                let again = copy(error);
                Err(std::mem::replace(error, again))
            }
        })
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.unflushed {
                ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
                self.unflushed = false;
            }
            let Some(due) = self.held.front().map(|piece| piece.due) else { break };
            ready!(self.poll_until(cx, due.max(self.not_before)));
            let Some(rest) = self.held.front().and_then(|piece| piece.bytes.get(self.begun..)) else { break };
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let whole = written >= rest.len();
            self.begun += written;
            self.held_bytes = self.held_bytes.saturating_sub(written);
            if whole {
                self.held.pop_front();
                (self.begun, self.unflushed) = (0, true);
                if self.slice.is_some() {
                    self.not_before = Instant::now() + GAP;
                }
            }
        }
        match self.limit {
            Some((size, Then::Reset)) if self.is_full() => self.poll_reset(cx, size),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Resets as soon as the peer has what it is to have.
    fn poll_reset(&mut self, cx: &mut Context<'_>, size: u64) -> Poll<io::Result<()>> {
        let since = *self.sent_all.get_or_insert_with(Instant::now);
        while !self.stream.socket().all_acknowledged() && since.elapsed() < PATIENCE {
            let again = Instant::now() + GAP;
            ready!(self.poll_until(cx, again));
        }
        self.stream.socket().reset_on_close();
        self.reset = true;
        let text = format!("reset after {size} bytes, as --reset-after says");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionReset, text)))
    }
}

/// The same error again, for those who ask later.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

impl AsyncRead for Misbehaving {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // A failure to send is the next writer's to hear of; what the peer has said is read all the same.
        if let Poll::Ready(Err(error)) = self.poll_drive(cx)
            && self.reset
        {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Misbehaving {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let driven = self.poll_drive(cx);
        if let Poll::Ready(Err(error)) = driven {
            return Poll::Ready(Err(error));
        }
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        match self.hold_back(bytes) {
            0 => Poll::Pending,
            taken => {
                // What is due leaves now; a failure is kept for the next call.
                let _ = self.poll_drive(cx);
                Poll::Ready(Ok(taken))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drive(cx))?;
        // What stalls is never done.
        if self.is_full() { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl ByteStream for Misbehaving {
    fn socket(&self) -> &Socket {
        self.stream.socket()
    }
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Type};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn how() -> Misbehaviour {
        Misbehaviour { seed: 7, ..Misbehaviour::default() }
    }

    fn pair(how: &Misbehaviour) -> (Misbehaving, Bytes) {
        let (ours, theirs) = socket2::Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap();
        let [ours, theirs] = [ours, theirs].map(|socket| {
            socket.set_nonblocking(true).unwrap();
            Bytes::Socket(Socket::new(socket, None).unwrap())
        });
        (Misbehaving::new(ours, how, how.chance(1, Direction::Out)), theirs)
    }

    /// What the peer reads at a time, and when, until the end.
    async fn sent(how: &Misbehaviour, chunks: &[&[u8]]) -> Vec<(Duration, Vec<u8>)> {
        let (mut ours, mut theirs) = pair(how);
        let begun = Instant::now();
        let writing = async {
            for chunk in chunks {
                ours.write_all(chunk).await.unwrap();
            }
            ours.shutdown().await.unwrap();
        };
        let reading = async {
            let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
            loop {
                match theirs.read(&mut buffer).await.unwrap() {
                    0 => return heard,
                    count => heard.push((begun.elapsed(), buffer.get(..count).unwrap().to_vec())),
                }
            }
        };
        tokio::join!(writing, reading).1
    }

    fn joined(heard: &[(Duration, Vec<u8>)]) -> Vec<u8> {
        heard.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_late_is_late_once_and_not_once_for_each_chunk() {
        let latency = Duration::from_millis(100);
        let heard = sent(&Misbehaviour { latency, ..how() }, &[b"one ", b"two ", b"three"]).await;
        assert_eq!(joined(&heard), b"one two three");
        assert!(heard.iter().all(|(when, _)| (latency..latency * 2).contains(when)), "{heard:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn jitter_keeps_the_order_and_is_repeated_by_its_seed() {
        let jittery = Misbehaviour { jitter: Duration::from_secs(1), ..how() };
        let times = |how: Misbehaviour| async move {
            let (mut ours, _theirs) = pair(&how);
            for chunk in [&b"a"[..], b"b", b"c", b"d"] {
                assert_eq!(ours.hold_back(chunk), 1);
            }
            let begun = Instant::now();
            ours.held.iter().map(|piece| piece.due - begun).collect::<Vec<_>>()
        };
        let first = times(jittery.clone()).await;
        assert_eq!(first, times(jittery.clone()).await);
        assert_ne!(first, times(Misbehaviour { seed: 8, ..jittery.clone() }).await);
        assert!(first.is_sorted() && first.iter().any(|due| !due.is_zero()), "{first:?}");
        assert_eq!(joined(&sent(&jittery, &[b"1", b"2", b"3", b"4", b"5"]).await), b"12345");
    }

    #[tokio::test(start_paused = true)]
    async fn slices_are_read_one_by_one() {
        let sliced = Misbehaviour { slice: NonZeroUsize::new(3), ..how() };
        let heard = sent(&sliced, &[b"abcdefgh", b"ij"]).await;
        let pieces: Vec<&[u8]> = heard.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        assert_eq!(pieces, [&b"abc"[..], b"def", b"gh", b"ij"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_sends_so_much_and_never_ends() {
        let (mut ours, mut theirs) = pair(&Misbehaviour { stall_after: Some(5), ..how() });
        let hour = Duration::from_secs(3600);
        assert!(tokio::time::timeout(hour, ours.write_all(b"1234567")).await.is_err());
        assert!(tokio::time::timeout(hour, ours.shutdown()).await.is_err());
        let mut buffer = [0; 100];
        assert_eq!(theirs.read(&mut buffer).await.unwrap(), 5);
        assert!(tokio::time::timeout(hour, theirs.read(&mut buffer)).await.is_err());
        // It goes on hearing.
        theirs.write_all(b"?").await.unwrap();
        assert_eq!(ours.read(&mut buffer).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_reset_waits_for_what_comes_before_it_and_ends_reading_too() {
        let (mut ours, mut theirs) = pair(&Misbehaviour { reset_after: Some(5), ..how() });
        assert_eq!(ours.write(b"1234567").await.unwrap(), 5);
        let mut buffer = [0; 100];
        let (read, error) = tokio::join!(theirs.read(&mut buffer), ours.read_u8());
        assert_eq!(read.unwrap(), 5);
        let error = error.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert!(error.to_string().contains("reset after 5 bytes"), "{error}");
        assert_eq!(ours.write(b"8").await.unwrap_err().to_string(), error.to_string());
    }

    #[tokio::test]
    async fn what_is_held_back_is_bounded() {
        let (mut ours, _theirs) = pair(&Misbehaviour { latency: Duration::from_secs(3600), ..how() });
        let large = vec![0; MOST_BYTES * 2];
        assert_eq!(ours.hold_back(&large), MOST_BYTES);
        assert_eq!(ours.hold_back(&large), 0);
        let (mut ours, _theirs) = pair(&Misbehaviour { slice: NonZeroUsize::new(1), ..how() });
        assert_eq!(ours.hold_back(&large), MOST_PIECES);
    }
}
