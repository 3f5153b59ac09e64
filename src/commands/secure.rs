//! `secure`: TLS on a kept socket that stands.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use super::context::Context;
use super::inspection::Inspection;
use super::read::Output;
use crate::address::SocketId;
use crate::event::{Event, Phase, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::dial;
pub use crate::keeper::upgrade::TlsTerms;
use crate::keeper::wire::Secure;
use crate::transport::tls::SessionInfo;

/// `secure`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The socket.
    pub id: SocketId,
    /// How TLS is done; its files are named by absolute paths.
    pub terms: TlsTerms,
    /// What to show of the peer's certificates.
    pub inspection: Inspection,
    /// How long the handshake may take.
    pub timeout: Option<Duration>,
}

/// Runs the command. What was agreed on goes to stdout with `--tls-info`.
///
/// # Errors
/// The handshake failed, or unread plain text forbids it.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    let mut keeper = dial(&context.place, &options.id)?;
    let terms = serde_json::to_value(&options.terms)
        .map_err(|error| Failure::message(Exit::Usage, format!("an option of TLS cannot be passed on: {error}")))?;
    let begun = Instant::now();
    let agreed = keeper.secure(&Secure { timeout: options.timeout, options: terms })?;
    context.reporter.phase(Phase::Tls, begun.elapsed());
    let session = agreed.get("session").cloned().unwrap_or_default();
    let pins = agreed.get("pins").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for pin in pins.filter(|_| options.terms.server.self_signed) {
        context.reporter.note(&format!("made a certificate; clients can trust it with --pin {pin}"));
    }
    context.reporter.event(keeper.id(), &Event::TlsEstablished { session: session.clone() });
    if options.inspection.show {
        let text = match SessionInfo::deserialize(&session) {
            Ok(info) if !context.json => info.to_string(),
            _ => session.to_string(),
        };
        Output::open(None)?.write(format!("{text}\n").as_bytes())?;
    }
    Ok(Exit::Done)
}
