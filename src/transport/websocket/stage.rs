//! The life of a WebSocket from its handshake to its end: when the peer is asked whether it is there, what it is told of an error,
//! and how the last frame is seen off (RFC 6455 section 7).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_util::Sink;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Bytes as Payload;
use tokio_tungstenite::tungstenite::protocol::{Message as Frame, Role};

use super::carrier::Carrier;
use super::closing::{CloseFrame, Closed, explain};

/// How long the peer may take to answer our close.
pub(super) const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// After this many steps without an end the others get their turn.
pub(super) const TURNS: usize = 64;

/// How long the last frame may take to leave, and the peer to end the connection below.
const PARTING_LIMIT: Duration = Duration::from_secs(1);

/// A WebSocket at work.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) stream: WebSocketStream<Carrier>,
    pub(super) role: Role,
    pub(super) stage: Stage,
    /// When to ask the peer again, or how long to wait for it at the end.
    pub(super) timer: Option<Pin<Box<Sleep>>>,
    pub(super) ping: Option<Duration>,
    /// Nothing has come since the last ping.
    pub(super) unanswered: bool,
    /// The peer has sent a ping.
    pub(super) owes_answer: bool,
    pub(super) closed: Option<CloseFrame>,
    /// The code that we closed with, if we did so first: a peer answers with the same (RFC 6455 section 5.5.1).
    pub(super) said: Option<u16>,
    /// Who is to be woken when more can be sent, if that is not who receives.
    pub(super) writer: Option<Waker>,
}

/// How far it is from its end.
#[derive(Debug)]
pub(super) enum Stage {
    Open,
    /// We have said that we close; the peer has not answered yet.
    Closing,
    /// Nothing is left to say but what is on its way.
    Parting(Step, Option<io::Error>),
    Over,
}

/// The end of the connection below.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// What was said last leaves.
    Flush,
    /// We end our direction.
    Shutdown,
    /// The peer ends its own.
    Drain,
}

impl Inner {
    pub(super) fn remember(&mut self, cx: &Context<'_>) {
        match &mut self.writer {
            Some(writer) => writer.clone_from(cx.waker()),
            None => self.writer = Some(cx.waker().clone()),
        }
    }

    pub(super) fn wait(&mut self, span: Duration) {
        let until = Instant::now() + span;
        match &mut self.timer {
            Some(timer) => timer.as_mut().reset(until),
            None => self.timer = Some(Box::pin(tokio::time::sleep_until(until))),
        }
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !matches!(self.stage, Stage::Open | Stage::Closing) {
            return Poll::Ready(Ok(()));
        }
        self.remember(cx);
        Pin::new(&mut self.stream).poll_flush(cx).map_err(|error| explain(error).1)
    }

    /// Lets the library send the answer that it has ready: it does so when it is asked for the next frame, and in a flood of messages
    /// nobody asks it.
    pub(super) fn poll_answer(&mut self, cx: &Context<'_>) -> Poll<()> {
        let writer = self.writer.clone().unwrap_or_else(|| cx.waker().clone());
        // A failure is met again by whoever reads or writes next.
        Pin::new(&mut self.stream).poll_flush(&mut Context::from_waker(&writer)).map(|_| ())
    }

    pub(super) fn closed_error(&self) -> io::Error {
        let text = match &self.closed {
            Some(frame) => format!("the peer has closed the WebSocket with {frame}"),
            None => "the WebSocket is closed".to_owned(),
        };
        io::Error::new(io::ErrorKind::BrokenPipe, text)
    }

    /// The time has come, or nothing happens for now: asks an idle peer whether it is there, gives up a silent one.
    pub(super) fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(timer) = &mut self.timer else { return Poll::Pending };
        ready!(timer.as_mut().poll(cx));
        let silent = |text: String| io::Error::new(io::ErrorKind::TimedOut, text);
        match (&self.stage, self.ping) {
            (Stage::Closing, _) => {
                let limit = humantime::format_duration(CLOSE_LIMIT);
                self.fail(None, silent(format!("the peer did not answer our close within {limit}")));
            }
            (Stage::Open, Some(every)) if self.unanswered => {
                let limit = humantime::format_duration(every);
                let told = CloseFrame::new(1011, "no answer to a ping");
                self.fail(Some(told), silent(format!("the peer did not answer a ping within {limit}")));
            }
            (Stage::Open, Some(every)) => {
                self.unanswered = true;
                self.wait(every);
                let writer = self.writer.clone().unwrap_or_else(|| cx.waker().clone());
                let cx = &mut Context::from_waker(&writer);
                // A peer that takes nothing at the moment is asked by what is on its way to it.
                if let Poll::Ready(Ok(())) = Pin::new(&mut self.stream).poll_ready(cx) {
                    let _ = Pin::new(&mut self.stream).start_send(Frame::Ping(Payload::new()));
                    let _ = Pin::new(&mut self.stream).poll_flush(cx);
                }
            }
            _ => return Poll::Pending,
        }
        Poll::Ready(())
    }

    pub(super) fn part(&mut self, error: Option<io::Error>) {
        self.stage = Stage::Parting(Step::Flush, error);
        self.wait(PARTING_LIMIT);
    }

    /// Ends by an error, which the peer is told where it can be.
    pub(super) fn fail(&mut self, told: Option<CloseFrame>, error: io::Error) {
        if let Some(frame) = told {
            // Not waited for: what cannot leave within the limit of parting is not said.
            let _ = Pin::new(&mut self.stream).start_send(Frame::Close(frame.to_wire()));
        }
        self.part(Some(error));
    }

    /// Sees to it that the last frame leaves, and that closing the connection below cannot destroy it on its way: unread bytes
    /// would become a reset.
    pub(super) fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Stage::Parting(step, error) = &mut self.stage else { return Poll::Ready(()) };
        if self.timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(());
        }
        // By the protocol the server ends the connection first, and who is told of an error does not.
        let we_end = self.role == Role::Server || error.is_some();
        let mut space = [0; 4096];
        for _ in 0..TURNS {
            match step {
                Step::Flush => {
                    let flushed = ready!(Pin::new(&mut self.stream).poll_flush(cx));
                    let flushed = flushed.is_ok() && ready!(Pin::new(self.stream.get_mut()).poll_flush(cx)).is_ok();
                    match (flushed, we_end) {
                        (false, _) => return Poll::Ready(()),
                        (true, true) => *step = Step::Shutdown,
                        (true, false) => *step = Step::Drain,
                    }
                }
                Step::Shutdown => match ready!(Pin::new(self.stream.get_mut()).poll_shutdown(cx)) {
                    Ok(()) if we_end => *step = Step::Drain,
                    _ => return Poll::Ready(()),
                },
                Step::Drain => {
                    let mut space = ReadBuf::new(&mut space);
                    match ready!(Pin::new(self.stream.get_mut()).poll_read(cx, &mut space)) {
                        Ok(()) if !space.filled().is_empty() => {}
                        Ok(()) if !we_end => *step = Step::Shutdown,
                        _ => return Poll::Ready(()),
                    }
                }
            }
        }
        // A peer that floods us is not waited for any longer than one that is silent.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// What the end means.
    pub(super) fn verdict(&mut self) -> io::Result<bool> {
        match (std::mem::replace(&mut self.stage, Stage::Over), &self.closed) {
            (Stage::Parting(_, Some(error)), _) => Err(error),
            (_, Some(frame)) if !frame.is_normal() && frame.code != self.said => {
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, Closed(frame.clone())))
            }
            _ => Ok(false),
        }
    }
}
