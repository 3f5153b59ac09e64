//! What a program prints, on its way to the client.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::StatusCode;
use hyper::body::{Bytes, Frame};
use tokio::sync::mpsc;

use super::head::{self, Head, HeadError};

/// What comes from a program.
#[derive(Debug)]
pub(super) enum Said {
    /// A piece of its output.
    Bytes(Bytes),
    /// It was ended before its end, for a reason that has this status.
    Cut(StatusCode),
    /// It was ended because the client is gone.
    Gone,
}

/// What the note of a request says whose client was gone before its answer; nobody gets it.
fn gone() -> StatusCode {
    StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST)
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The request was not taken whole, or the program not run to its end.
    Refused(StatusCode),
    /// What the program printed has no head.
    Head(HeadError),
}

/// The output of a program; after its head, the body of an answer.
pub(super) struct Output {
    said: mpsc::Receiver<Said>,
    /// What came with the head and is none of it.
    rest: Bytes,
    /// Finds out whether the client is gone while nothing is printed.
    sounding: Pin<Box<dyn Future<Output = Infallible>>>,
}

impl Output {
    pub(super) fn new(said: mpsc::Receiver<Said>) -> Self {
        Output { said, rest: Bytes::new(), sounding: Box::pin(std::future::pending()) }
    }

    /// From here on, this is waited for together with what the program prints.
    pub(super) fn sound(&mut self, sounding: Pin<Box<dyn Future<Output = Infallible>>>) {
        self.sounding = sounding;
    }

    /// Reads the head.
    pub(super) async fn head(&mut self) -> Result<Head, NoAnswer> {
        let mut read = Vec::new();
        loop {
            match self.said.recv().await {
                None => return Err(NoAnswer::Head(HeadError::Missing)),
                Some(Said::Cut(status)) => return Err(NoAnswer::Refused(status)),
                Some(Said::Gone) => return Err(NoAnswer::Refused(gone())),
                Some(Said::Bytes(bytes)) => read.extend_from_slice(&bytes),
            }
            if let Some((head, length)) = head::parse(&read).map_err(NoAnswer::Head)? {
                self.rest = Bytes::from(read).slice(length..);
                return Ok(head);
            }
        }
    }
}

impl hyper::body::Body for Output {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(rest))));
        }
        let Poll::Ready(said) = self.said.poll_recv(cx) else {
            return self.sounding.as_mut().poll(cx).map(|never| match never {});
        };
        Poll::Ready(match said {
            None => None,
            Some(Said::Bytes(bytes)) => Some(Ok(Frame::data(bytes))),
            // The client must not take a part for the whole: the connection breaks off.
            Some(Said::Cut(status)) => Some(Err(io::Error::other(format!("the answer was cut: {status}")))),
            Some(Said::Gone) => Some(Err(io::Error::new(io::ErrorKind::ConnectionReset, "the client is gone"))),
        })
    }
}
