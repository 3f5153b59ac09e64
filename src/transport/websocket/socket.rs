//! An open WebSocket: messages both ways, pings, and the closing handshake (RFC 6455 sections 5 to 7).

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures_util::{Sink, Stream as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Message as Frame, WebSocketConfig};

pub use tokio_tungstenite::tungstenite::protocol::Role;

use super::carrier::{Carrier, Stream};
use super::closing::{CloseFrame, explain};
use super::origin::{Ends, Origin};
use super::settings::Settings;
use super::stage::{CLOSE_LIMIT, Inner, Stage, TURNS};
use crate::address::Peer;
use crate::message::{Kind, Message};
use crate::transport::messages::TooLarge;

/// A WebSocket whose handshake is done. Both directions can be at work in one task.
#[derive(Debug)]
pub struct WebSocket {
    inner: RefCell<Inner>,
    ends: Ends,
    limit: usize,
    kind: Kind,
    farewell: RefCell<CloseFrame>,
    protocol: Option<String>,
    environment: Vec<(String, String)>,
    #[cfg(feature = "tls")]
    session: Option<Box<crate::transport::tls::SessionInfo>>,
}

impl WebSocket {
    /// A WebSocket over a stream on which the handshake was done; `early` has come with its last bytes.
    pub(super) async fn new(
        stream: impl Stream + 'static,
        early: Vec<u8>,
        role: Role,
        ends: Ends,
        settings: &Settings,
    ) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(settings.read_buffer)
            .max_message_size(Some(settings.limit))
            .max_frame_size(Some(settings.limit));
        let carrier = Carrier::new(Box::new(stream), early, role, settings.limit, settings.read_buffer);
        let inner = Inner {
            stream: WebSocketStream::from_raw_socket(carrier, role, Some(config)).await,
            role,
            stage: Stage::Open,
            timer: settings.ping.map(|every| Box::pin(tokio::time::sleep(every))),
            ping: settings.ping,
            unanswered: false,
            owes_answer: false,
            closed: None,
            said: None,
            writer: None,
        };
        WebSocket {
            inner: RefCell::new(inner),
            ends,
            limit: settings.limit,
            kind: settings.kind,
            farewell: RefCell::new(settings.farewell.clone()),
            protocol: None,
            environment: Vec::new(),
            #[cfg(feature = "tls")]
            session: None,
        }
    }

    /// Adds to what programs are told.
    pub(super) fn tell(&mut self, variables: Vec<(String, String)>) {
        self.environment.extend(variables);
    }

    pub(super) fn with_protocol(mut self, protocol: Option<String>) -> Self {
        if let Some(protocol) = &protocol {
            self.environment.push(("NETVERB_SUBPROTOCOL".to_owned(), protocol.clone()));
        }
        self.protocol = protocol;
        self
    }

    /// Adds what the stream below knows.
    pub(super) fn with_origin(mut self, origin: Origin) -> Self {
        self.environment.extend(origin.environment);
        #[cfg(feature = "tls")]
        {
            self.session = origin.session;
        }
        self
    }

    /// This end.
    pub fn local(&self) -> &Peer {
        &self.ends.local
    }

    /// The other end.
    pub fn peer(&self) -> &Peer {
        &self.ends.peer
    }

    /// `ws` or `wss`.
    pub fn transport(&self) -> &'static str {
        self.ends.transport
    }

    /// The largest message in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The sub-protocol that was agreed on.
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// What the TLS handshake below agreed on, where there is TLS.
    #[cfg(feature = "tls")]
    pub fn session(&self) -> Option<&crate::transport::tls::SessionInfo> {
        self.session.as_deref()
    }

    /// What programs are told beside the addresses: the request, the sub-protocol, TLS.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.environment.clone()
    }

    /// What the peer closed with, if it did.
    pub fn closed(&self) -> Option<CloseFrame> {
        self.inner.borrow().closed.clone()
    }

    /// Closes with this from now on.
    pub fn close_with(&self, frame: CloseFrame) {
        *self.farewell.borrow_mut() = frame;
    }

    /// Receives one message; false is the end after a normal close.
    ///
    /// # Errors
    /// The peer breaks the protocol or a limit (it is told so), ends the connection without closing, or closes with a code that
    /// says that something went wrong.
    pub fn poll_receive(&self, cx: &mut Context<'_>, message: &mut Message) -> Poll<io::Result<bool>> {
        let inner = &mut *self.inner.borrow_mut();
        for _ in 0..TURNS {
            match inner.stage {
                Stage::Over => return Poll::Ready(Ok(false)),
                Stage::Parting(..) => return inner.poll_part(cx).map(|()| inner.verdict()),
                Stage::Open | Stage::Closing => {}
            }
            if inner.owes_answer && inner.poll_answer(cx).is_ready() {
                inner.owes_answer = false;
            }
            let taken = inner.stream.get_mut().poll_message(cx, |text, bytes| {
                message.set(bytes);
                message.set_text(text);
            });
            if let Poll::Ready(true) = taken {
                inner.unanswered = false;
                return Poll::Ready(Ok(true));
            }
            match Pin::new(&mut inner.stream).poll_next(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    inner.unanswered = false;
                    match frame {
                        Frame::Text(text) => {
                            message.set(text.as_bytes());
                            message.set_text(true);
                            return Poll::Ready(Ok(true));
                        }
                        Frame::Binary(bytes) => {
                            message.set(&bytes);
                            message.set_text(false);
                            return Poll::Ready(Ok(true));
                        }
                        Frame::Close(frame) => {
                            inner.closed = Some(CloseFrame::from_wire(frame));
                            inner.part(None);
                        }
                        Frame::Ping(_) => inner.owes_answer = true,
                        Frame::Pong(_) | Frame::Frame(_) => {}
                    }
                }
                Poll::Ready(None) => inner.part(None),
                Poll::Ready(Some(Err(error))) => {
                    let (told, error) = explain(error);
                    inner.fail(told, error);
                }
                Poll::Pending => {
                    if inner.poll_time(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Gives messages that came with the last one to `take`, until it says that it has enough; it may be given none.
    pub fn receive_singles(&self, take: impl FnMut(&[u8]) -> bool) {
        let inner = &mut *self.inner.borrow_mut();
        if matches!(inner.stage, Stage::Open | Stage::Closing) {
            inner.stream.get_mut().messages(take);
        }
    }

    /// Takes more messages, none over the limit, as many as need not wait; it may take none.
    pub fn send_singles<'a>(&self, mut pieces: impl Iterator<Item = &'a [u8]>) {
        let inner = &mut *self.inner.borrow_mut();
        // What cannot go as text is for `poll_send` to refuse.
        let unfit = self.kind == Kind::Text || !matches!(inner.stage, Stage::Open);
        let carrier = inner.stream.get_mut();
        while !unfit
            && carrier.has_room()
            && let Some(piece) = pieces.next()
        {
            carrier.put(self.kind == Kind::Unsaid && std::str::from_utf8(piece).is_ok(), piece);
        }
    }

    /// Takes one message; [`WebSocket::poll_flush`] sends what was taken.
    ///
    /// # Errors
    /// A message over the limit or, where text is wanted, not of UTF-8; a closed WebSocket; what the stream below says.
    pub fn poll_send(&self, cx: &mut Context<'_>, message: &Message) -> Poll<io::Result<()>> {
        let inner = &mut *self.inner.borrow_mut();
        if !matches!(inner.stage, Stage::Open) {
            return Poll::Ready(Err(inner.closed_error()));
        }
        inner.remember(cx);
        let text = self.goes_as_text(message)?;
        ready!(inner.stream.get_mut().poll_room(cx))?;
        inner.stream.get_mut().put(text, message.bytes());
        Poll::Ready(Ok(()))
    }

    fn goes_as_text(&self, message: &Message) -> io::Result<bool> {
        let bytes = message.bytes();
        if bytes.len() > self.limit {
            let error = TooLarge { length: bytes.len(), limit: self.limit };
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        let kind = if message.kind() == Kind::Unsaid { self.kind } else { message.kind() };
        if kind == Kind::Binary {
            return Ok(false);
        }
        match std::str::from_utf8(bytes) {
            Ok(_) => Ok(true),
            Err(_) if kind == Kind::Unsaid => Ok(false),
            Err(_) => {
                let text = "the message is not valid UTF-8 and cannot go as text; use --binary";
                Err(io::Error::new(io::ErrorKind::InvalidInput, text))
            }
        }
    }

    /// Sends what was taken.
    ///
    /// # Errors
    /// What the stream below says.
    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.borrow_mut().poll_flush(cx)
    }

    /// Sends what was taken and our close; the peer may still send until it answers with its own.
    ///
    /// # Errors
    /// What the stream below says.
    pub fn poll_end(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let inner = &mut *self.inner.borrow_mut();
        if matches!(inner.stage, Stage::Open) {
            inner.remember(cx);
            ready!(Pin::new(&mut inner.stream).poll_ready(cx)).map_err(|error| explain(error).1)?;
            let farewell = self.farewell.borrow();
            let frame = Frame::Close(farewell.to_wire());
            inner.said = farewell.code;
            Pin::new(&mut inner.stream).start_send(frame).map_err(|error| explain(error).1)?;
            inner.stage = Stage::Closing;
            inner.wait(CLOSE_LIMIT);
            // Whoever receives has to look at the new limit.
            cx.waker().wake_by_ref();
        }
        inner.poll_flush(cx)
    }
}

/// Who leaves without closing says at least that it goes, if that can be said at once.
impl Drop for WebSocket {
    fn drop(&mut self) {
        let inner = self.inner.get_mut();
        let farewell = self.farewell.get_mut();
        let farewell = if farewell.is_normal() { &CloseFrame::AWAY } else { farewell };
        let cx = &mut Context::from_waker(Waker::noop());
        if matches!(inner.stage, Stage::Open) && Pin::new(&mut inner.stream).poll_ready(cx).is_ready() {
            let _ = Pin::new(&mut inner.stream).start_send(Frame::Close(farewell.to_wire()));
            let _ = Pin::new(&mut inner.stream).poll_flush(cx);
        }
    }
}
