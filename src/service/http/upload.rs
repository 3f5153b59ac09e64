//! The body of a request: not larger than allowed, and not slower.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::{Request, StatusCode};
use tokio::time::Instant;

use super::Limits;
use crate::quantity::Limit;

/// Each so many bytes buy a client another second.
const BYTES_A_SECOND: u64 = 512;

/// Why a body is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is larger than allowed.
    TooLarge,
    /// It comes too slowly.
    TooSlow,
    /// It is not well formed, or cut.
    Malformed,
}

impl Refused {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Refused::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refused::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refused::Malformed => StatusCode::BAD_REQUEST,
        }
    }
}

/// A body on its way in.
pub(super) struct Upload {
    /// None: there is nothing to come.
    body: Option<Incoming>,
    limits: Limits,
    received: u64,
    /// How long was waited for the client so far: not the time in which nobody wanted more of it.
    waited: Duration,
}

impl Upload {
    pub(super) fn of(body: Option<Incoming>, limits: Limits) -> Self {
        Upload { body, limits, received: 0, waited: Duration::ZERO }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether the client announces more than is allowed.
    pub(super) fn is_too_large(request: &Request<Incoming>, limits: Limits) -> bool {
        request.body().size_hint().lower() > limits.body
    }

    /// The next piece; none at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Refused>> {
        let body = self.body.as_mut()?;
        loop {
            let began = Instant::now();
            let frame = match self.limits.stall {
                Limit::Never => body.frame().await,
                Limit::After(limit) => {
                    let earned = Duration::from_secs(self.received / BYTES_A_SECOND);
                    let left = limit.saturating_add(earned).saturating_sub(self.waited);
                    match tokio::time::timeout(left, body.frame()).await {
                        Ok(frame) => frame,
                        Err(_) => return Some(Err(Refused::TooSlow)),
                    }
                }
            };
            self.waited = self.waited.saturating_add(began.elapsed());
            let data = match frame? {
                Err(_) => return Some(Err(Refused::Malformed)),
                Ok(frame) => frame.into_data(),
            };
            // Trailers are nobody's.
            let Ok(data) = data else { continue };
            self.received += data.len() as u64;
            return Some(if self.received > self.limits.body { Err(Refused::TooLarge) } else { Ok(data) });
        }
    }

    /// Reads all of it and keeps none.
    pub(super) async fn drop_all(mut self) -> Result<(), Refused> {
        while let Some(piece) = self.next().await {
            piece?;
        }
        Ok(())
    }
}
