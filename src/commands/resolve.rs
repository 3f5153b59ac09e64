//! `resolve`: names to addresses and addresses to names.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde_json::json;

use super::context::Context;
use crate::address::Host;
use crate::event::{Event, Phase, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::report;
use crate::transport::resolve::{self, Lookup};

/// `resolve`, parsed.
#[derive(Debug)]
pub struct Options {
    /// Names and addresses.
    pub names: Vec<Host>,
    /// Which families, and whether addresses stay addresses (`-n`).
    pub lookup: Lookup,
}

/// Prints what each name or address is, one answer a line. All are looked up, also after one that fails.
///
/// # Errors
/// Status 6 when one of them could not be resolved.
pub async fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let mut took = Duration::ZERO;
    for host in &options.names {
        let (name, begun) = (host.to_string(), Instant::now());
        context.reporter.event(&name, &Event::Resolving { host: name.clone() });
        match look_up(host, options.lookup).await {
            Ok(answers) => {
                took += begun.elapsed();
                context.reporter.phase(Phase::Dns, took);
                tell(&name, host, &answers, context);
                show(host, &answers, context)?;
            }
            Err(error) => failures.push(Failure::new(Exit::NotResolved, error)),
        }
    }
    let last = failures.pop();
    for failure in failures {
        context.reporter.failure(&failure);
    }
    last.map_or(Ok(Exit::Done), Err)
}

async fn look_up(host: &Host, lookup: Lookup) -> Result<Vec<String>, resolve::ResolveError> {
    let address: Option<IpAddr> = match host {
        Host::V4(address) => Some((*address).into()),
        Host::V6 { address, .. } => Some((*address).into()),
        Host::Name(_) | Host::Unwritten => None,
    };
    match address {
        Some(address) if !lookup.numeric => Ok(vec![resolve::name_of(address).await?]),
        _ => {
            let found = resolve::addresses(host, 0, lookup).await?;
            Ok(found.into_iter().map(|address| address.ip().to_string()).collect())
        }
    }
}

/// The event of an answer: a name has addresses, also where it was found by one of them.
fn tell(id: &str, host: &Host, answers: &[String], context: &Context) {
    let found = match host {
        Host::Name(_) | Host::Unwritten => vec![(id.to_owned(), answers.to_vec())],
        Host::V4(_) | Host::V6 { .. } => answers.iter().map(|name| (name.clone(), vec![id.to_owned()])).collect(),
    };
    for (host, addresses) in found {
        context.reporter.event(id, &Event::Resolved { host, addresses });
    }
}

fn show(host: &Host, answers: &[String], context: &Context) -> Result<(), Failure> {
    let text = if context.json {
        let key = if matches!(host, Host::Name(_) | Host::Unwritten) { "addresses" } else { "names" };
        format!("{}\n", json!({"name": host.to_string(), key: answers}))
    } else {
        answers.iter().map(|answer| format!("{answer}\n")).collect()
    };
    report::write(&text)
}
