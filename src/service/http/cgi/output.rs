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
    /// How much is to come, where the head says it.
    promised: Option<u64>,
    /// Whether what was given may still be on its way to the client.
    under_way: bool,
    /// Finds out whether the client is gone while nothing is printed.
    sounding: Pin<Box<dyn Future<Output = Infallible>>>,
    /// How it ended before its end, while that is not told.
    last: Option<Option<Said>>,
}

impl Output {
    pub(super) fn new(said: mpsc::Receiver<Said>) -> Self {
        let sounding = Box::pin(std::future::pending());
        Output { said, rest: Bytes::new(), promised: None, under_way: false, sounding, last: None }
    }

    /// The body begins, of this length where that is known. From here on, `sounding` is waited for together with what the
    /// program prints.
    pub(super) fn begin(&mut self, promised: Option<u64>, sounding: Pin<Box<dyn Future<Output = Infallible>>>) {
        (self.promised, self.sounding, self.under_way) = (promised, sounding, true);
    }

    /// A piece of the body.
    fn give(&mut self, bytes: Bytes) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.promised = self.promised.map(|promised| promised.saturating_sub(bytes.len() as u64));
        self.under_way = true;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
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
            return self.give(rest);
        }
        let said = match self.last.take() {
            Some(last) => last,
            None => match self.said.poll_recv(cx) {
                Poll::Ready(said) => said,
                Poll::Pending => {
                    self.under_way = false;
                    return self.sounding.as_mut().poll(cx).map(|never| match never {});
                }
            },
        };
        let is_whole = match &said {
            Some(Said::Bytes(_)) => true,
            None => self.promised.is_none_or(|promised| promised == 0),
            Some(Said::Cut(_) | Said::Gone) => false,
        };
        if !is_whole && std::mem::take(&mut self.under_way) {
            // What the library holds leaves when it has to wait, and is lost when the connection breaks off.
            self.last = Some(said);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match said {
            None => Poll::Ready(None),
            Some(Said::Bytes(bytes)) => self.give(bytes),
            // The client must not take a part for the whole: the connection breaks off.
            Some(Said::Cut(status)) => {
                Poll::Ready(Some(Err(io::Error::other(format!("the answer was cut: {status}")))))
            }
            Some(Said::Gone) => {
                Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::ConnectionReset, "the client is gone"))))
            }
        }
    }
}
