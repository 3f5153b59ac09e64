//! A program for each request (CGI, RFC 3875): its variables, its stdin, and an answer that streams.

mod head;
mod output;
mod run;
mod variables;

use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use tokio::sync::mpsc;

pub use head::{Head, HeadError, parse};

use super::Limits;
use super::answer::plain;
use super::body::Body;
use super::upload::Upload;
use super::visit::Visit;
use crate::event::Event;
use crate::service::program::Command;
use output::{Output, Said};

/// How often a program may say that another path is to be answered for.
const DETOURS: usize = 10;

/// Runs the program and answers with what it prints; again, where it says that another path is to be answered for.
pub(super) async fn answer(
    command: &Command,
    request: Request<Incoming>,
    visit: &Visit,
    limits: Limits,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let (mut request, mut body) = (Request::from_parts(parts, ()), Some(body));
    let mut sounding = Box::pin(visit.sound());
    visit.ahead().before_head(request.version());
    for _ in 0..=DETOURS {
        let mut output = match run(command, &request, Upload::of(body.take(), limits), visit) {
            Ok(output) => output,
            Err(status) => return plain(status),
        };
        let head = tokio::select! {
            biased;
            head = output.head() => head,
            never = &mut sounding => match never {},
        };
        match head {
            Ok(Head { instead: Some(path), .. }) => detour(&mut request, path),
            Ok(head) => return respond(head, output, &request, visit),
            Err(output::NoAnswer::Refused(status)) => return plain(status),
            Err(output::NoAnswer::Head(error)) => {
                let message = format!("{:?}: {error}", command.text);
                visit.around.report.event(&visit.id, &Event::Error { message });
                return plain(StatusCode::BAD_GATEWAY);
            }
        }
    }
    let message =
        format!("{:?}: its Location led to another path {DETOURS} times; let one of them answer", command.text);
    visit.around.report.event(&visit.id, &Event::Error { message });
    plain(StatusCode::BAD_GATEWAY)
}

/// Starts the program for a request.
///
/// # Errors
/// The status for a request that no program can be told.
fn run(command: &Command, request: &Request<()>, upload: Upload, visit: &Visit) -> Result<Output, StatusCode> {
    let variables = variables::of(request, visit)?;
    // One piece under way: the program is held up as soon as the client is.
    let (say, said) = mpsc::channel::<Said>(1);
    let program = run::Program {
        command: command.clone(),
        environment: visit.environment.clone(),
        variables,
        id: visit.id.to_string(),
        around: visit.around.clone(),
        silence: upload.limits().silence,
    };
    let fate = run::Fate { reset: visit.reset(), over: visit.over() };
    visit.spawn(program.run(upload, say, fate));
    Ok(Output::new(said))
}

/// Makes the request one for another path, which has no body (RFC 3875 section 6.2.2).
fn detour(request: &mut Request<()>, path: Uri) {
    *request.uri_mut() = path;
    if request.method() != Method::HEAD {
        *request.method_mut() = Method::GET;
    }
    for name in [CONTENT_LENGTH, CONTENT_TYPE] {
        request.headers_mut().remove(name);
    }
}

fn respond(head: Head, mut output: Output, request: &Request<()>, visit: &Visit) -> Response<Body> {
    let length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    visit.ahead().before_body(request.version() >= Version::HTTP_11 && !head.headers.contains_key(CONTENT_LENGTH));
    output.begin(length.filter(|_| request.method() != Method::HEAD), Box::pin(visit.sound()));
    let mut response = Response::new(Box::pin(output) as Body);
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    if let Some(reason) = head.reason {
        response.extensions_mut().insert(reason);
    }
    response
}
