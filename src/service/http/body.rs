//! The bodies of answers, whatever they are made of, and the note of a request that is made when one is over.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http_body_util::Full;
use hyper::body::{Bytes, Frame, SizeHint};

use crate::event::{Event, HttpRequest, Report};

/// The body of an answer.
pub(super) type Body = Pin<Box<dyn hyper::body::Body<Data = Bytes, Error = io::Error>>>;

/// A body that is all there.
pub(super) fn whole(bytes: impl Into<Bytes>) -> Body {
    Box::pin(Infallible(Full::new(bytes.into())))
}

/// A body that cannot fail.
struct Infallible(Full<Bytes>);

impl hyper::body::Body for Infallible {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.0).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(|never| match never {})))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// A body that is noted, with the request that it answers, when it is over or nobody takes more of it.
pub(super) struct Noted {
    pub(super) body: Body,
    pub(super) id: Rc<str>,
    pub(super) request: HttpRequest,
    pub(super) report: Rc<dyn Report>,
}

impl hyper::body::Body for Noted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = ready!(self.body.as_mut().poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.request.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.report.event(&self.id, &Event::request(self.request.clone()));
    }
}
