//! `next`: the next connection of a kept listener.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::context::Context;
use super::read::Output;
use crate::address::SocketId;
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::dial;
use crate::quantity::Limit;

/// How long to wait where neither the command nor the listener says it.
const USUAL: Duration = Duration::from_secs(10);

/// `next`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The listener.
    pub id: SocketId,
    /// How long to wait; `None`: as the listener says.
    pub timeout: Option<Limit>,
}

/// Runs the command: prints the ID of the connection.
///
/// # Errors
/// None came in time.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    let mut keeper = dial(&context.place, &options.id)?;
    let timeout = match options.timeout {
        Some(Limit::Never) => None,
        Some(Limit::After(limit)) => Some(limit),
        None => listeners_own(&keeper.status()?),
    };
    let accepted = keeper.next(timeout)?;
    let address = |end: &str| accepted.about.get(end).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (peer, local) = (address("peer"), address("local"));
    let port = local.parse::<SocketAddr>().ok().map(|local| local.port());
    context.reporter.event(&accepted.id, &Event::Accepted { peer, local, port });
    Output::open(None)?.write(format!("{}\n", accepted.id).as_bytes())?;
    Ok(Exit::Done)
}

/// Its `--timeout`: a number of seconds, or `none`.
fn listeners_own(status: &Value) -> Option<Duration> {
    match status.get("wait") {
        Some(Value::String(_)) => None,
        Some(Value::Number(seconds)) => {
            seconds.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).or(Some(USUAL))
        }
        _ => Some(USUAL),
    }
}
