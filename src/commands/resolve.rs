//! `resolve`: names to addresses and addresses to names.

use std::net::IpAddr;

use serde_json::json;

use super::context::Context;
use crate::address::Host;
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
    for host in &options.names {
        match look_up(host, options.lookup).await {
            Ok(answers) => show(host, &answers, context)?,
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

fn show(host: &Host, answers: &[String], context: &Context) -> Result<(), Failure> {
    let text = if context.json {
        let key = if matches!(host, Host::Name(_) | Host::Unwritten) { "addresses" } else { "names" };
        format!("{}\n", json!({"name": host.to_string(), key: answers}))
    } else {
        answers.iter().map(|answer| format!("{answer}\n")).collect()
    };
    report::write(&text)
}
