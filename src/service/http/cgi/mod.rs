//! A program for each request (CGI, RFC 3875): its variables, its stdin, and an answer that streams.

mod head;
mod output;
mod run;
mod variables;

use hyper::body::Incoming;
use hyper::header::CONTENT_LENGTH;
use hyper::{Request, Response, StatusCode, Version};
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

/// Runs the program and answers with what it prints.
pub(super) async fn answer(
    command: &Command,
    request: Request<Incoming>,
    visit: &Visit,
    limits: Limits,
) -> Response<Body> {
    let variables = match variables::of(&request, visit) {
        Ok(variables) => variables,
        Err(status) => return plain(status),
    };
    // One piece under way: the program is held up as soon as the client is.
    let (say, said) = mpsc::channel::<Said>(1);
    let program = run::Program {
        command: command.clone(),
        environment: visit.environment.clone(),
        variables,
        id: visit.id.to_string(),
        around: visit.around.clone(),
        silence: limits.silence,
    };
    let fate = run::Fate { reset: visit.reset(), over: visit.over() };
    let (version, mut sounding) = (request.version(), Box::pin(visit.sound()));
    visit.ahead().before_head(version);
    visit.spawn(program.run(Upload::of(request, limits), say, fate));
    let mut output = Output::new(said);
    let head = tokio::select! {
        biased;
        head = output.head() => head,
        never = &mut sounding => match never {},
    };
    match head {
        Ok(head) => {
            visit.ahead().before_body(version >= Version::HTTP_11 && !head.headers.contains_key(CONTENT_LENGTH));
            output.sound(Box::pin(visit.sound()));
            let mut response = Response::new(Box::pin(output) as Body);
            *response.status_mut() = head.status;
            *response.headers_mut() = head.headers;
            response
        }
        Err(output::NoAnswer::Refused(status)) => plain(status),
        Err(output::NoAnswer::Head(error)) => {
            let message = format!("{:?}: {error}", command.text);
            visit.around.report.event(&visit.id, &Event::Error { message });
            plain(StatusCode::BAD_GATEWAY)
        }
    }
}
