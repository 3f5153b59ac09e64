//! One connection: requests come, answers go, until the client or a limit ends it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use hyper::ext::ReasonPhrase;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::answer::{not_allowed, plain};
use super::body::Body;
use super::tap::Tap;
use super::upload::{Refused, Upload};
use super::visit::Visit;
use super::{Content, Http, cgi};
use crate::event::{Direction, Event};
use crate::failure::reason;
use crate::quantity::Limit;
use crate::relay::{Blame, Lane, buffer};
use crate::service::{Client, Closing, Surroundings, Verdict, Watcher, discard};
use crate::transport::Channel;

/// The longest head of a request, in bytes.
const HEAD_BYTES: usize = 16 << 10;

/// The most headers of a request.
const HEADERS: usize = 100;

/// How much of a connection is held in memory each way, in bytes.
const BUFFER: usize = 64 << 10;

/// The answer to who began a request and did not end it in time.
const TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

pub(in crate::service) async fn serve(
    client: &mut Client,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
    http: &Http,
) -> Closing {
    let visit = Visit::of(client, around, matches!(http.content, Content::Program(_)));
    let Channel::Bytes(bytes) = &mut client.channel else {
        return Closing::unsupported(&client.id, "HTTP needs streams; message sockets are not supported", around);
    };
    // Line endings and in-band commands are for streams; the bytes of HTTP are its own.
    let lane = |direction| Lane::new(direction, Vec::new(), around.rate, &**watcher);
    let ended = {
        let tap = Tap::new(bytes, lane(Direction::In), lane(Direction::Out), http.limits.stall, visit.ahead().clone());
        converse(tap, &visit, http).await
    };
    let closing = match ended {
        Ended::Done => Closing::clean("done"),
        Ended::Silent { asked: true } => Closing::clean("the client asked for nothing more"),
        Ended::Silent { asked: false } => {
            Closing { reason: "the client asked for nothing".to_owned(), verdict: Verdict::Idle }
        }
        Ended::Late => {
            let _ = buffer::write_all(bytes, TOO_SLOW).await;
            let _ = lane(Direction::Out).written(TOO_SLOW);
            Closing { reason: "the client was too slow to ask".to_owned(), verdict: Verdict::Idle }
        }
        Ended::NoHttp(reason) => {
            around.report.event(&client.id, &Event::Error { message: format!("{}: {reason}", bytes.peer()) });
            Closing { reason, verdict: Verdict::Failed(Blame::Converting) }
        }
        Ended::Failed(closing) => {
            visit.end().await;
            return closing;
        }
    };
    // What the client still sends must not turn the close into a reset, which could cost it the answer.
    let _ = buffer::end(bytes).await;
    discard::linger(bytes, &mut lane(Direction::In)).await;
    visit.end().await;
    closing
}

/// How a conversation ended.
enum Ended {
    /// The last answer was sent.
    Done,
    /// The client kept silent; `asked`: after at least one request.
    Silent { asked: bool },
    /// The head of a request came too slowly.
    Late,
    /// What the client sent is no HTTP, which it was told.
    NoHttp(String),
    /// The connection failed.
    Failed(Closing),
}

async fn converse(tap: Tap<'_>, visit: &Visit, http: &Http) -> Ended {
    let asked = std::cell::Cell::new(false);
    let service = service_fn(|request: Request<Incoming>| {
        asked.set(true);
        let answering = async { Ok::<_, Infallible>(respond(http, visit, request).await) };
        Box::pin(answering) as Pin<Box<dyn Future<Output = _>>>
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .half_close(true)
        .title_case_headers(true)
        .max_headers(HEADERS)
        .max_header_size(HEAD_BYTES)
        .max_buf_size(BUFFER)
        .header_read_timeout(match http.limits.head {
            Limit::Never => None,
            // Beyond any clock is no limit either.
            Limit::After(limit) => Some(limit).filter(|limit| *limit < Duration::from_secs(u64::from(u32::MAX))),
        });
    let mut connection = builder.serve_connection(TokioIo::new(tap), service);
    let result = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let parts = connection.into_parts();
    let tap = parts.io.into_inner();
    let Err(error) = result else { return Ended::Done };
    let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    match (tap.fault, cause) {
        (Some(Blame::Sending), Some(cause)) if cause.kind() == std::io::ErrorKind::TimedOut => {
            Ended::Failed(Closing { reason: cause.to_string(), verdict: Verdict::Idle })
        }
        (Some(blame), Some(cause)) => Ended::Failed(Closing::failed(cause, blame)),
        (None, Some(cause)) if cause.kind() == std::io::ErrorKind::ConnectionReset => {
            Ended::Failed(Closing::failed(cause, Blame::Receiving))
        }
        _ if error.is_timeout() && parts.read_buf.is_empty() => Ended::Silent { asked: asked.get() },
        _ if error.is_timeout() => Ended::Late,
        _ if error.is_parse() => Ended::NoHttp(format!("this is no HTTP request that can be served: {error}")),
        (_, Some(cause)) => Ended::NoHttp(reason(cause)),
        _ if error.is_body_write_aborted() => {
            Ended::NoHttp("the program printed less than its Content-Length, and the answer was cut".to_owned())
        }
        _ => Ended::NoHttp(error.to_string()),
    }
}

/// The answer to a request.
async fn respond(http: &Http, visit: &Visit, request: Request<Incoming>) -> Response<Body> {
    let line = visit.line(&request);
    let (version, method) = (request.version(), request.method().clone());
    let mut response = match refuse(&request, http) {
        Some(refusal) => refusal,
        None => match &http.content {
            Content::Files(folder) => folder.answer(&request).await,
            Content::Fixed(answer) => match Upload::of(Some(request.into_body()), http.limits).drop_all().await {
                Ok(()) => answer.response(),
                Err(refused) => refusal(refused.status()),
            },
            Content::Program(command) => cgi::answer(command, request, visit, http.limits).await,
        },
    };
    http.headers.add_to(response.headers_mut());
    name_status(&mut response);
    if version == Version::HTTP_10 && method != Method::HEAD {
        end_with_connection(&mut response);
    }
    visit.note(line, response)
}

/// A status that has no words gets none: what stands in their place is no claim of the library's.
fn name_status(response: &mut Response<Body>) {
    if response.status().canonical_reason().is_none() && response.extensions().get::<ReasonPhrase>().is_none() {
        response.extensions_mut().insert(ReasonPhrase::from_static(b""));
    }
}

/// HTTP/1.0 knows no chunks: a body whose length nobody knows ends with the connection, whatever the client would like, and the
/// answer must not say otherwise.
fn end_with_connection(response: &mut Response<Body>) {
    let headers = response.headers();
    let known = headers.contains_key(CONTENT_LENGTH) || response.body().size_hint().exact().is_some();
    let bodiless = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if headers.contains_key(CONNECTION) || !(known || bodiless) {
        // The library keeps connections only for answers of 1.1, and adds to their header.
        *response.version_mut() = Version::HTTP_10;
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// What no content has an answer to.
fn refuse(request: &Request<Incoming>, http: &Http) -> Option<Response<Body>> {
    let hosts = request.headers().get_all(HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() >= Version::HTTP_11) {
        // RFC 9112 section 3.2.
        return Some(refusal(StatusCode::BAD_REQUEST));
    }
    if request.method() == Method::CONNECT {
        return Some(not_allowed("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    }
    if !is_target(request) {
        return Some(refusal(StatusCode::BAD_REQUEST));
    }
    Upload::is_too_large(request, http.limits).then(|| refusal(Refused::TooLarge.status()))
}

/// Whether what is asked for is a path, a URL, or `*` where that has a meaning (RFC 9112 section 3.2).
fn is_target<B>(request: &Request<B>) -> bool {
    let uri = request.uri();
    match uri.path() {
        "*" => request.method() == Method::OPTIONS,
        _ => uri.scheme().is_some() || uri.authority().is_none(),
    }
}

/// A refusal after which the rest of what the client sends is not looked at.
fn refusal(status: StatusCode) -> Response<Body> {
    let mut response = plain(status);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_asked_for() {
        for (method, target, expected) in [
            (Method::GET, "/", true),
            (Method::GET, "/a?b=/c", true),
            (Method::GET, "http://host/a", true),
            (Method::GET, "http://host", true),
            (Method::OPTIONS, "*", true),
            (Method::GET, "*", false),
            (Method::GET, "ten", false),
            (Method::POST, "host:80", false),
        ] {
            let request = Request::builder().method(method).uri(target).body(()).unwrap();
            assert_eq!(is_target(&request), expected, "{target}");
        }
    }
}
