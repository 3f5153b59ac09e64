//! `open -z`: does anybody answer there?

use std::io::Write;
use std::time::Instant;

use serde_json::json;

use super::context::Context;
use crate::address::Endpoint;
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transport::{ConnectOptions, connect};

/// Connects and closes. Open is 0, refused 7, no answer 28; with `--json` stdout has one object.
///
/// # Errors
/// Why nobody answers.
pub async fn run(endpoint: &Endpoint, options: &ConnectOptions, id: &str, context: &Context) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let result = connect(endpoint, options, id, &*context.reporter).await;
    let seconds = begun.elapsed().as_secs_f64();
    match result {
        Ok(channel) => {
            let (peer, local) = (channel.peer().to_string(), channel.local().to_string());
            if context.json {
                report(&json!({"id": id, "open": true, "peer": peer, "local": local, "seconds": seconds}));
            }
            let event = Event::Closed { peer, local, bytes_in: 0, bytes_out: 0, reason: "probed".to_owned() };
            context.reporter.event(id, &event);
            Ok(Exit::Done)
        }
        Err(error) => {
            let failure = Failure::from(error);
            if context.json {
                let (reason, status) = (failure.line(), failure.exit.status());
                report(&json!({"id": id, "open": false, "reason": reason, "status": status, "seconds": seconds}));
            }
            Err(failure)
        }
    }
}

fn report(record: &serde_json::Value) {
    // A reader that is gone needs no report; the exit status says the same.
    let _ = writeln!(std::io::stdout(), "{record}");
}
