//! Events as lines for a person, and from which verbosity on each is shown.

use crate::event::{Direction, Event};

/// How talkative a run is; each level shows what the ones before it show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Not even errors.
    Quiet,
    /// Errors, and what cannot be found out otherwise.
    Normal,
    /// `-v`: connections.
    Verbose,
    /// `-vv`: look-ups, attempts, ends of data, every chunk.
    Debug,
}

/// The level from which on an event is shown; errors of the run itself are not events.
pub fn level(event: &Event) -> Verbosity {
    match event {
        Event::Error { .. } | Event::Failed { .. } => Verbosity::Normal,
        // The failure of the run says the same.
        Event::Timeout { .. }
        | Event::Connected { .. }
        | Event::TlsEstablished { .. }
        | Event::Listening { .. }
        | Event::Accepted { .. }
        | Event::Rejected { .. }
        | Event::Closed { .. }
        | Event::Request { .. }
        | Event::ExecStarted { .. }
        | Event::ExecExited { .. }
        | Event::Inband { .. }
        | Event::Summary { .. } => Verbosity::Verbose,
        Event::Resolving { .. }
        | Event::Resolved { .. }
        | Event::Connecting { .. }
        | Event::Ready
        | Event::Data { .. }
        | Event::Eof { .. } => Verbosity::Debug,
    }
}

/// The sentence for an event, without a line break.
pub fn sentence(event: &Event) -> String {
    match event {
        Event::Resolving { host } => format!("looking up {host}"),
        Event::Resolved { host, addresses } => format!("{host} is {}", addresses.join(", ")),
        Event::Connecting { peer } => format!("connecting to {peer}"),
        Event::Connected { peer, local, .. } => format!("connected to {peer} from {local}"),
        Event::TlsEstablished { session } => {
            let text = |key: &str| session.get(key).and_then(|value| value.as_str()).unwrap_or("-").to_owned();
            format!("{} with {}", text("protocol"), text("cipher"))
        }
        Event::Listening { local, .. } => format!("listening on {local}"),
        Event::Ready => "ready".to_owned(),
        Event::Accepted { peer, local, .. } => format!("{peer} connected to {local}"),
        Event::Rejected { peer, rule, .. } => format!("{peer} rejected by {rule}"),
        Event::Data { direction: Direction::In, length } => format!("received {length} bytes"),
        Event::Data { direction: Direction::Out, length } => format!("sent {length} bytes"),
        Event::Request { request, .. } => {
            format!("{} {} {}: {}, {} bytes", request.peer, request.method, request.path, request.status, request.bytes)
        }
        Event::Eof { direction: Direction::In } => "the peer has sent its end of data".to_owned(),
        Event::Eof { direction: Direction::Out } => "end of data sent".to_owned(),
        Event::Closed { peer, bytes_in, bytes_out, reason, .. } => {
            format!("{peer} closed: {reason}; received {bytes_in} bytes, sent {bytes_out}")
        }
        Event::Error { message } | Event::Failed { message, .. } => message.clone(),
        Event::ExecStarted { command, pid } => format!("started {command} as process {pid}"),
        Event::ExecExited { pid, status } => format!("process {pid} ended with status {status}"),
        Event::Timeout { limit } => format!("timed out: {limit}"),
        Event::Inband { command } => format!("in-band command: {command}"),
        Event::Summary { bytes_in, bytes_out, phases, reason, status, .. } => {
            format!("{reason}; received {bytes_in} bytes, sent {bytes_out}, {:.3} s, status {status}", phases.total)
        }
    }
}
