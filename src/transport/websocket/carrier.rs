//! The stream below a WebSocket, seen as frames. Whole messages are read where they lie and written many at a time; the library gets
//! all other frames, each by itself, so that it never has a byte of the next one. What it writes is taken whole: it would move the
//! rest of a large message to the front of its buffer after each piece that the system takes.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::Role;

use super::frames::{self, Head, Mask};
use crate::transport::inbox::Inbox;

/// A stream that a WebSocket can be spoken over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + std::fmt::Debug {}

impl<S: AsyncRead + AsyncWrite + Unpin + std::fmt::Debug> Stream for S {}

/// Space for unsent bytes beyond this is given back when they are sent.
const KEPT: usize = 640 << 10;

/// So many unsent bytes are written before another message is taken.
const BATCH: usize = 128 << 10;

/// The largest message that is awaited here; the library puts larger ones together.
const LARGEST: u64 = 1 << 20;

/// A stream, what came from it and was not looked at yet, and what of the written the system has not taken yet.
#[derive(Debug)]
pub struct Carrier {
    stream: Box<dyn Stream>,
    role: Role,
    /// The largest message in bytes.
    limit: u64,
    inbox: Inbox,
    /// How much of the frame that the library is given it did not get yet.
    rest: u64,
    /// The library has fragments of a message.
    incomplete: bool,
    /// What reading came to: the end of data, or a failure that was not told yet.
    over: Option<Option<io::Error>>,
    /// To be written: `held[given..]`.
    held: Vec<u8>,
    given: usize,
    /// What masks are made of, and how many were: nobody else can foresee them (RFC 6455 section 10.3).
    secret: RandomState,
    masks: u64,
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Front {
    /// A message, all of it here.
    Message { text: bool, mask: Option<Mask>, head: usize, total: usize },
    /// A frame for the library.
    Frame(Head),
    /// The beginning of a frame, too short to say, or of a message.
    Incomplete(usize),
}

impl Carrier {
    /// Over this stream, from which `early` came already; a message has at most `limit` bytes, and `read_buffer` are read at once.
    pub fn new(stream: Box<dyn Stream>, early: Vec<u8>, role: Role, limit: usize, read_buffer: usize) -> Self {
        Carrier {
            stream,
            role,
            limit: limit as u64,
            inbox: Inbox::with(early, read_buffer),
            rest: 0,
            incomplete: false,
            over: None,
            held: Vec::new(),
            given: 0,
            secret: RandomState::new(),
            masks: 0,
        }
    }

    /// What is at the front of the inbox, between two frames.
    fn front(&self) -> Front {
        let unread = self.inbox.unread();
        let Some(head) = frames::head(unread) else { return Front::Incomplete(0) };
        // Clients mask what they send, and nobody else does (RFC 6455 section 5.1).
        let fits = head.mask.is_some() == (self.role == Role::Server) && !self.incomplete;
        let size = usize::try_from(head.size).ok().filter(|_| head.size <= self.limit.min(LARGEST));
        match (head.message(), size) {
            (Some(text), Some(size)) if fits && head.length + size <= unread.len() => {
                Front::Message { text, mask: head.mask, head: head.length, total: head.length + size }
            }
            (Some(_), Some(size)) if fits => Front::Incomplete(head.length + size),
            _ => Front::Frame(head),
        }
    }

    /// As [`Carrier::front`], as soon as it is more than a beginning; `None` at the end of data.
    fn poll_front(&mut self, cx: &mut Context<'_>) -> Poll<Option<Front>> {
        loop {
            match self.front() {
                _ if self.over.is_some() => return Poll::Ready(None),
                Front::Incomplete(wanted) => self.inbox.want(wanted),
                front => return Poll::Ready(Some(front)),
            }
            match ready!(self.inbox.poll_fill(&mut self.stream, cx)) {
                Ok(0) => self.over = Some(None),
                Ok(_) => {}
                Err(error) => self.over = Some(Some(error)),
            }
        }
    }

    /// Gives the next message to `take`, which is told whether it is text; false where the library has to be asked what came.
    pub fn poll_message(&mut self, cx: &mut Context<'_>, take: impl FnOnce(bool, &[u8])) -> Poll<bool> {
        if self.rest > 0 {
            return Poll::Ready(false);
        }
        let front = ready!(self.poll_front(cx));
        Poll::Ready(front.is_some_and(|front| self.take(front, take).is_some()))
    }

    /// Gives messages that are here to `take`, until it says that it has enough.
    pub fn messages(&mut self, mut take: impl FnMut(&[u8]) -> bool) {
        while self.rest == 0 && self.over.is_none() && self.take(self.front(), |_, message| take(message)) == Some(true)
        {
        }
    }

    fn take<T>(&mut self, front: Front, take: impl FnOnce(bool, &[u8]) -> T) -> Option<T> {
        let Front::Message { text, mask, head, total } = front else { return None };
        let payload = self.inbox.unread_mut().get_mut(head..total)?;
        frames::apply(mask, payload);
        if text && std::str::from_utf8(payload).is_err() {
            // The library says what is wrong, and needs it as it came.
            frames::apply(mask, payload);
            return None;
        }
        let taken = take(text, payload);
        self.inbox.consume(total);
        Some(taken)
    }

    /// Ready when another message may be put.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.has_room() { Poll::Ready(Ok(())) } else { self.poll_drain(cx) }
    }

    /// Whether another message may be put without writing anything.
    pub fn has_room(&self) -> bool {
        self.held.len() - self.given < BATCH
    }

    /// Puts a message behind what is to be written.
    pub fn put(&mut self, text: bool, message: &[u8]) {
        let mask = (self.role == Role::Client).then(|| {
            self.masks += 1;
            let [a, b, c, d, ..] = self.secret.hash_one(self.masks).to_ne_bytes();
            [a, b, c, d]
        });
        frames::put(&mut self.held, text, mask, message);
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.held.get(self.given..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.given += count,
            }
        }
        self.given = 0;
        match self.held.capacity() > KEPT {
            true => self.held = Vec::new(),
            false => self.held.clear(),
        }
        Poll::Ready(Ok(()))
    }
}

/// What the library reads: one frame at most with each call.
impl AsyncRead for Carrier {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.rest == 0 && this.over.is_none() {
            let head = match ready!(this.poll_front(cx)) {
                Some(Front::Frame(head)) => Some(head),
                Some(Front::Message { .. } | Front::Incomplete(_)) => frames::head(this.inbox.unread()),
                None => None,
            };
            if let Some(head) = head {
                this.incomplete = head.leaves_incomplete(this.incomplete);
                this.rest = head.size.saturating_add(head.length as u64);
            }
        }
        // Behind the last whole frame everything is its to complain about.
        let most = if this.over.is_some() { usize::MAX } else { usize::try_from(this.rest).unwrap_or(usize::MAX) };
        let most = most.min(buffer.remaining());
        let unread = this.inbox.unread();
        let count = match (unread.get(..most).unwrap_or(unread), &mut this.over) {
            ([], Some(failed)) => return Poll::Ready(failed.take().map_or(Ok(()), Err)),
            ([], None) => {
                let mut space = ReadBuf::new(buffer.initialize_unfilled_to(most));
                ready!(Pin::new(&mut this.stream).poll_read(cx, &mut space))?;
                let count = space.filled().len();
                buffer.advance(count);
                count
            }
            (part, _) => {
                buffer.put_slice(part);
                let count = part.len();
                this.inbox.consume(count);
                count
            }
        };
        this.rest = this.rest.saturating_sub(count as u64);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        let count = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
        if count > 0 {
            this.held.extend_from_slice(bytes.get(count..).unwrap_or_default());
            return Poll::Ready(Ok(bytes.len()));
        }
        Poll::Ready(Ok(0))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What came out of a carrier.
    #[derive(Debug, PartialEq)]
    enum Came {
        Message(bool, Vec<u8>),
        /// What one read gave to the library.
        Piece(Vec<u8>),
    }

    async fn all(carrier: &mut Carrier) -> Vec<Came> {
        let mut came = Vec::new();
        let mut space = [0; 4096];
        loop {
            let take = |text, message: &[u8], came: &mut Vec<Came>| came.push(Came::Message(text, message.to_vec()));
            if std::future::poll_fn(|cx| carrier.poll_message(cx, |text, message| take(text, message, &mut came))).await
            {
                continue;
            }
            match carrier.read(&mut space).await.unwrap() {
                0 => return came,
                count => came.push(Came::Piece(space[..count].to_vec())),
            }
        }
    }

    fn over_bytes(bytes: &[u8], role: Role) -> Vec<Came> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (near, mut far) = tokio::io::duplex(7);
            let (early, later) = bytes.split_at(bytes.len().min(3));
            let mut carrier = Carrier::new(Box::new(near), early.to_vec(), role, 1000, 1 << 13);
            let sending = async {
                far.write_all(later).await.unwrap();
                drop(far);
            };
            tokio::join!(all(&mut carrier), sending).0
        })
    }

    #[test]
    fn messages_are_taken_and_the_library_gets_each_other_frame_by_itself() {
        let mut bytes = Vec::new();
        frames::put(&mut bytes, true, None, b"one");
        bytes.extend_from_slice(b"\x89\x02hi");
        frames::put(&mut bytes, false, None, b"two");
        // A message in two fragments with a ping between them, and what may not come before the second.
        for frame in [&b"\x01\x01a"[..], b"\x89\x00", b"\x80\x01b", b"\x02\x00", b"\x81\x01c"] {
            bytes.extend_from_slice(frame);
        }
        let came = over_bytes(&bytes, Role::Client);
        let pieces: Vec<u8> = came
            .iter()
            .filter_map(|came| match came {
                Came::Piece(piece) => Some(piece.as_slice()),
                Came::Message(..) => None,
            })
            .collect::<Vec<_>>()
            .concat();
        let messages: Vec<&Came> = came.iter().filter(|came| matches!(came, Came::Message(..))).collect();
        assert_eq!(pieces, b"\x89\x02hi\x01\x01a\x89\x00\x80\x01b\x02\x00\x81\x01c");
        assert_eq!(messages, [&Came::Message(true, b"one".to_vec()), &Came::Message(false, b"two".to_vec())]);
    }

    #[test]
    fn what_is_wrong_comes_to_the_library_as_it_was_sent() {
        let mask = Some([1, 2, 3, 4]);
        let framed = |text, mask, payload: &[u8]| {
            let mut out = Vec::new();
            frames::put(&mut out, text, mask, payload);
            out
        };
        for (role, bytes) in [
            (Role::Server, framed(true, mask, b"not \xff UTF-8")),
            (Role::Server, framed(true, None, b"unmasked")),
            (Role::Client, framed(true, mask, b"masked")),
            (Role::Server, framed(false, mask, &[0; 1001])),
            (Role::Server, framed(true, mask, b"cut short").split_off(1)),
            (Role::Client, framed(true, None, b"cut short")[..5].to_vec()),
            (Role::Client, b"\x81".to_vec()),
        ] {
            let came = over_bytes(&bytes, role);
            let pieces = came.iter().map(|came| match came {
                Came::Piece(piece) => piece.as_slice(),
                Came::Message(..) => panic!("{came:?} of {bytes:?}"),
            });
            assert_eq!(pieces.collect::<Vec<_>>().concat(), bytes);
        }
    }

    proptest! {
        #[test]
        fn messages_come_back_and_what_the_library_writes_stands_between_them(
            messages in prop::collection::vec((any::<bool>(), "[a-zü]{0,300}"), 0..20),
            room in 1..64usize,
            client: bool,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let heard = runtime.block_on(async {
                let (near, far) = tokio::io::duplex(room);
                let (role, other) = if client { (Role::Client, Role::Server) } else { (Role::Server, Role::Client) };
                let mut carrier = Carrier::new(Box::new(near), Vec::new(), role, 1000, 1 << 13);
                let mut other = Carrier::new(Box::new(far), Vec::new(), other, 1000, 1 << 13);
                let sending = async {
                    for (text, message) in &messages {
                        std::future::poll_fn(|cx| carrier.poll_room(cx)).await.unwrap();
                        carrier.put(*text, message.as_bytes());
                        carrier.write_all(b"\x8a\x01x").await.unwrap();
                    }
                    carrier.shutdown().await.unwrap();
                };
                tokio::join!(sending, all(&mut other)).1
            });
            let heard: Vec<Came> = heard.into_iter().filter(|came| matches!(came, Came::Message(..))).collect();
            let expected: Vec<Came> =
                messages.iter().map(|(text, message)| Came::Message(*text, message.as_bytes().to_vec())).collect();
            prop_assert_eq!(heard, expected);
        }

        #[test]
        fn bytes_arrive_whole_and_in_order(
            writes in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20),
            room in 1..64usize,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let heard = runtime.block_on(async {
                let (near, mut far) = tokio::io::duplex(room);
                let mut carrier = Carrier::new(Box::new(near), Vec::new(), Role::Server, 1000, 1 << 13);
                let sending = async {
                    for bytes in writes.iter().filter(|bytes| !bytes.is_empty()) {
                        assert_eq!(carrier.write(bytes).await.unwrap(), bytes.len());
                    }
                    carrier.shutdown().await.unwrap();
                };
                let mut heard = Vec::new();
                tokio::join!(sending, async { far.read_to_end(&mut heard).await.unwrap() });
                heard
            });
            prop_assert_eq!(heard, writes.concat());
        }
    }
}
