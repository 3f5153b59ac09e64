//! `open -z`: does anybody answer there?

use std::time::Instant;

use serde_json::json;

use super::context::Context;
#[cfg(feature = "tls")]
use super::inspection::Inspection;
use crate::address::{Endpoint, Scheme};
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::report;
use crate::relay::buffer;
use crate::transport::connect::ConnectError;
#[cfg(feature = "tls")]
use crate::transport::tls::SessionInfo;
use crate::transport::{Channel, ConnectOptions, connect};

/// Connects and closes. Open is 0, refused 7, no answer 28; with `--json` stdout has one object.
///
/// # Errors
/// Why nobody answers, or what is wrong with the certificate.
pub async fn run(
    endpoint: &Endpoint,
    options: &ConnectOptions,
    #[cfg(feature = "tls")] inspection: &Inspection,
    id: &str,
    context: &Context,
) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let result = connect(endpoint, options, id, &*context.reporter).await;
    let secure = options.secure || matches!(endpoint, Endpoint::Inet { scheme: Scheme::Tls, .. });
    // Somebody took the connection, whatever became of it; of TLS that says nothing.
    let answered = matches!(&result, Err(ConnectError::Lost { .. })) && !secure;
    let mut record = json!({"id": id, "open": result.is_ok() || answered, "seconds": begun.elapsed().as_secs_f64()});
    let ended = match &result {
        Ok(channel) => {
            let (peer, local) = (channel.peer().to_string(), channel.local().to_string());
            add(&mut record, json!({"peer": peer, "local": local}));
            let event =
                Event::Closed { peer, local, bytes_in: 0, bytes_out: 0, code: None, reason: "probed".to_owned() };
            context.reporter.event(id, &event);
            #[cfg(feature = "tls")]
            let demanded = session(&result).map_or(Ok(()), |session| inspection.demand(session));
            #[cfg(not(feature = "tls"))]
            let demanded: Result<(), Failure> = Ok(());
            demanded
        }
        Err(_) => Ok(()),
    };
    #[cfg(feature = "tls")]
    if let Some(session) = session(&result).filter(|_| inspection.show) {
        add(&mut record, serde_json::to_value(session).unwrap_or_default());
        if !context.json {
            report::write(&format!("{session}\n"))?;
        }
    }
    let ended = match result {
        Ok(mut channel) => {
            // An orderly end, so that the peer does not report a cut connection.
            if let Channel::Bytes(bytes) = &mut channel {
                let _ = buffer::end(bytes).await;
            }
            ended
        }
        Err(_) if answered => Ok(()),
        Err(error) => Err(Failure::from(error)),
    };
    if let Err(failure) = &ended {
        add(&mut record, json!({"reason": failure.line(), "status": failure.exit.status()}));
    }
    if context.json {
        report::write(&format!("{record}\n"))?;
    }
    ended.map(|()| Exit::Done)
}

/// What is known of TLS, also after a certificate that was not accepted.
#[cfg(feature = "tls")]
fn session(result: &Result<Channel, ConnectError>) -> Option<&SessionInfo> {
    match result {
        Ok(Channel::Bytes(bytes)) => bytes.session(),
        Ok(Channel::Messages(_)) => None,
        Err(ConnectError::Tls(error)) => error.session(),
        Err(_) => None,
    }
}

fn add(record: &mut serde_json::Value, fields: serde_json::Value) {
    if let (Some(record), serde_json::Value::Object(fields)) = (record.as_object_mut(), fields) {
        record.extend(fields);
    }
}
