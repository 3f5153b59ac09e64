//! The words of HTTP ports.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;

use clap::Args;

use super::groups::{TimeArgs, only_one};
use crate::address::{Host, ListenAddress, ListenId, PortList, PortRange};
use crate::commands::http_ports::HttpPorts;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::quantity::Limit;
use crate::service::Service;
use crate::service::http::{AnswerError, Content, FixedAnswer, Folder, Headers, Http, Limits, Ports};
use crate::service::program::{Command, Group};

/// Other words that matter to HTTP.
#[derive(Debug)]
pub struct Beside<'a> {
    /// `-H`.
    pub headers: &'a [(String, String)],
    /// The time limits.
    pub time: &'a TimeArgs,
    /// Whether WebSockets are spoken, too.
    pub websockets: bool,
    /// `--max-bytes`.
    pub max_bytes: Option<usize>,
}

/// What HTTP clients get, and on which ports.
#[derive(Debug, Args)]
#[command(next_help_heading = "HTTP")]
pub struct HttpArgs {
    /// Speak HTTP on these ports, whatever AT says of them, and there only
    ///
    /// A list as that of AT: ports, services, ranges. A port that AT does not have is listened on too, at the host of the first AT, unless there
    /// are inherited listeners (fd:, systemd); 0 is another free port. The other ports get the service that is given for them. Without it, the next three options make all
    /// of AT HTTP. UDP ports are not concerned.
    #[arg(long, value_name = "LIST")]
    http_ports: Option<PortList>,
    /// Serve the files of DIR: types, ranges, index.html or a listing
    ///
    /// Nothing outside DIR is served: symbolic links are followed as long as they stay inside and are relative. Names that begin with
    /// a dot are neither listed nor served, but for .well-known.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    http: Option<PathBuf>,
    /// Answer every request with this status, and BODY
    ///
    /// CODE is 200 to 599. BODY is sent as JSON if it is a JSON object or array, else as text; -H adds and replaces headers. @FILE is
    /// what FILE holds when the command begins.
    #[arg(long, value_name = "CODE[:BODY|@FILE]", value_parser = fixed_answer)]
    http_respond: Option<FixedAnswer>,
    /// Run a shell command for each request, as a CGI program (RFC 3875)
    ///
    /// Its stdin is the body of the request, its stdout the answer: headers, such as Status: 404 and Content-Type: text/plain, an empty
    /// line, and the body, which is sent as it comes. Location: with a path and nothing else has the command run again for that path;
    /// with Status: 302 it is for the client. REQUEST_METHOD, PATH_INFO, QUERY_STRING, CONTENT_LENGTH, CONTENT_TYPE, HTTP_*,
    /// SERVER_* and REMOTE_* say what is asked for; a body sent in chunks has no CONTENT_LENGTH. It is hung up when the client goes.
    #[arg(long, value_name = "CMD")]
    http_exec: Option<String>,
}

/// `CODE[:BODY]`, or `CODE:@FILE`, which is read.
fn fixed_answer(text: &str) -> Result<FixedAnswer, String> {
    let words = |error: AnswerError| error.to_string();
    match text.split_once(":@") {
        Some((code, file)) if !code.contains(':') => {
            let answer: FixedAnswer = code.parse().map_err(words)?;
            let body = std::fs::read(file).map_err(|error| {
                format!("cannot read {file}: {}; a BODY that begins with @ names a file", reason(&error))
            })?;
            answer.with_body(body).map_err(words)
        }
        _ => text.parse().map_err(words),
    }
}

impl HttpArgs {
    /// The options that say what HTTP clients get.
    fn contents(&self) -> [(&'static str, bool); 3] {
        [
            ("--http", self.http.is_some()),
            ("--http-respond", self.http_respond.is_some()),
            ("--http-exec", self.http_exec.is_some()),
        ]
    }

    /// Those of them that stand for the service of all clients: not with WebSockets, which have another.
    pub fn forms(&self, websockets: bool) -> [(&'static str, bool); 3] {
        self.contents().map(|(word, given)| (word, given && !websockets && self.http_ports.is_none()))
    }

    /// The first of these options that is given: what cannot be kept in the background.
    pub fn foreground_only(&self) -> Option<&'static str> {
        let contents = self.contents().into_iter().find_map(|(word, given)| given.then_some(word));
        self.http_ports.as_ref().map(|_| "--http-ports").or(contents)
    }

    /// What HTTP clients get.
    ///
    /// # Errors
    /// Status 2 for words that clash, and for a directory that cannot be served.
    fn http(&self, beside: &Beside<'_>) -> Result<Option<Rc<Http>>, Failure> {
        only_one(&self.contents())?;
        let usage = |message: String| Failure::message(Exit::Usage, message);
        let content = match (&self.http, &self.http_respond, &self.http_exec) {
            (Some(directory), ..) => Content::Files(Folder::open(directory).map_err(|error| {
                let directory = directory.display();
                usage(format!(
                    "cannot serve {directory}: {}; give --http a directory that you can read",
                    reason(&error)
                ))
            })?),
            (_, Some(answer), _) => Content::Fixed(answer.clone()),
            (.., Some(command)) => {
                Content::Program(Command::shell(command, Group::Own).map_err(|error| Failure::new(Exit::Usage, error))?)
            }
            (None, None, None) if self.http_ports.is_some() => {
                let message = "--http-ports needs to know what HTTP clients get: add --http DIR, --http-respond CODE or --http-exec CMD";
                return Err(usage(message.to_owned()));
            }
            (None, None, None) => return Ok(None),
        };
        let headers = Headers::new(beside.headers).map_err(usage)?;
        let idle = beside.time.idle_timeout.or(beside.time.timeout);
        let limits = Limits {
            head: beside.time.timeout.unwrap_or(Limit::After(Limits::HEAD)),
            stall: idle.unwrap_or(Limit::After(Limits::STALL)),
            silence: idle.unwrap_or(Limit::Never),
            body: beside.max_bytes.map_or(Limits::BODY, |size| size as u64),
        };
        Ok(Some(Rc::new(Http { content, headers, limits })))
    }

    /// The service of all ports, given that of the others, and what HTTP ports there are beside; those that AT lacks are added
    /// to it.
    ///
    /// # Errors
    /// Status 2 for words that clash, and for a directory that cannot be served.
    pub fn divide(
        &self,
        others: Option<Service>,
        at: &mut Vec<ListenId>,
        beside: &Beside<'_>,
    ) -> Result<(Option<Service>, Option<HttpPorts>), Failure> {
        let Some(http) = self.http(beside)? else { return Ok((others, None)) };
        if beside.websockets && others.is_none() {
            let message =
                "--ws needs a service for the WebSockets besides what other HTTP clients get; add one, such as --echo";
            return Err(Failure::message(Exit::Usage, message));
        }
        let list = match &self.http_ports {
            Some(list) => list,
            None if beside.websockets => return Ok((others, Some(HttpPorts { ports: Ports::All, added: None, http }))),
            None => return Ok((Some(Service::Http(http)), None)),
        };
        let ports: BTreeSet<u16> = list.iter().filter(|port| *port != 0).collect();
        let is_http = |at: &ListenId| {
            let is_tcp = matches!(at.address, ListenAddress::Tcp { .. });
            is_tcp && at.address.ports().all(|port| ports.contains(&port))
        };
        if others.is_none() && !at.iter().all(is_http) {
            let message = "the ports outside --http-ports need a service, such as --echo; or list all ports there";
            return Err(Failure::message(Exit::Usage, message));
        }
        let added = missing(list, at).map(|address| {
            at.push(ListenId { address, name: None });
            at.len() - 1
        });
        let others = others.unwrap_or(Service::Http(http.clone()));
        Ok((Some(others), Some(HttpPorts { ports: Ports::These(ports), added, http })))
    }
}

/// An address with the ports of the list that no AT has. Who was given listeners has all that there are to be: which ports they
/// are on is not known yet.
fn missing(list: &PortList, at: &[ListenId]) -> Option<ListenAddress> {
    let given = |at: &ListenId| matches!(at.address, ListenAddress::Descriptor(_) | ListenAddress::Systemd(_));
    if at.iter().any(given) {
        return None;
    }
    let there: BTreeSet<u16> = at.iter().flat_map(|at| at.address.ports()).collect();
    let ports: Vec<PortRange> =
        list.iter().filter(|port| *port == 0 || !there.contains(port)).map(PortRange::single).collect();
    let first = at.iter().find_map(|at| match &at.address {
        ListenAddress::Tcp { host, secure, .. } => Some((host.clone(), *secure)),
        _ => None,
    });
    let (host, secure) = first.unwrap_or((Host::Unwritten, false));
    (!ports.is_empty()).then_some(ListenAddress::Tcp { host, ports, secure })
}
