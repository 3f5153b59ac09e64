//! An open WebSocket: messages both ways, pings, and the closing handshake (RFC 6455 sections 5 to 7).

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures_util::{Sink, Stream as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Message as Frame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes as Payload, Utf8Bytes};

pub use tokio_tungstenite::tungstenite::protocol::Role;

use super::carrier::{Carrier, Stream};
use super::closing::{CloseFrame, explain};
use super::origin::{Ends, Origin};
use super::request::Request;
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
        let carrier = Carrier::new(Box::new(stream));
        let inner = Inner {
            stream: WebSocketStream::from_partially_read(carrier, early, role, Some(config)).await,
            role,
            stage: Stage::Open,
            timer: settings.ping.map(|every| Box::pin(tokio::time::sleep(every))),
            ping: settings.ping,
            unanswered: false,
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

    /// The server's end of a WebSocket over a stream that an HTTP server has upgraded, after
    /// [`judge`](super::judge) agreed to the request and its answer was sent.
    pub async fn from_upgraded(
        stream: impl Stream + 'static,
        ends: Ends,
        request: &Request,
        protocol: Option<String>,
        settings: &Settings,
    ) -> Self {
        let mut socket = WebSocket::new(stream, Vec::new(), Role::Server, ends, settings).await;
        socket.tell(request.environment());
        socket.with_protocol(protocol)
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
                        // The library answers pings itself.
                        Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) => {}
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
        ready!(Pin::new(&mut inner.stream).poll_ready(cx)).map_err(|error| explain(error).1)?;
        let frame = self.frame(message)?;
        Poll::Ready(Pin::new(&mut inner.stream).start_send(frame).map_err(|error| explain(error).1))
    }

    fn frame(&self, message: &Message) -> io::Result<Frame> {
        let bytes = message.bytes();
        if bytes.len() > self.limit {
            let error = TooLarge { length: bytes.len(), limit: self.limit };
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        let kind = if message.kind() == Kind::Unsaid { self.kind } else { message.kind() };
        let payload = Payload::copy_from_slice(bytes);
        if kind == Kind::Binary {
            return Ok(Frame::Binary(payload));
        }
        match Utf8Bytes::try_from(payload.clone()) {
            Ok(text) => Ok(Frame::Text(text)),
            Err(_) if kind == Kind::Unsaid => Ok(Frame::Binary(payload)),
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
