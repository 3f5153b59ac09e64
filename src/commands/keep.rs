//! `open` and `accept` that keep the socket: they start its keeper, wait until it stands, and print its handle.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::announce::{self, ReadyOptions};
use super::context::Context;
use super::datagram::{self, Form};
use super::hook;
use super::keeper::PHASES;
use super::read::Output;
use super::{accept, open};
use crate::event::{Event, Phases, Report};
use crate::exit::Exit;
use crate::failure::Failure;
pub use crate::keeper::buffer::DEFAULT_LIMIT as DEFAULT_BUFFER;
use crate::keeper::launch::launch;
use crate::quantity::Limit;

/// How a socket is kept.
#[derive(Debug, Clone, Default)]
pub struct Keep {
    /// How long it lives that nobody uses; `None`: for ever.
    pub idle: Option<Duration>,
    /// The process with which it ends.
    pub owner: Option<u32>,
    /// How much is read ahead, in bytes.
    pub buffer: usize,
    /// Whether to return before it stands.
    pub no_wait: bool,
    /// How long `next` waits where it is not told; `None`: as usual.
    pub wait: Option<Limit>,
    /// The words of the command line without the program's name: the keeper reads them again.
    pub words: Vec<OsString>,
}

/// Opens a kept connection and prints its handle.
///
/// # Errors
/// Why it does not stand; then nothing is kept.
pub fn open(options: &open::Options, keep: &Keep, deadline: Limit, context: &Context) -> Result<Exit, Failure> {
    let handle = options.id.handle();
    let status = launched(keep, deadline, context)?;
    if options.is_datagram() {
        tell_connected(&handle, &status, context);
    }
    Output::open(None)?.write(format!("{handle}\n").as_bytes())?;
    if let Some(command) = &options.on_open {
        hook::run(command, &handle, environment(&handle, &status), context)?;
    }
    Ok(Exit::Done)
}

/// What a hook is told about a kept connection.
fn environment(handle: &str, status: &Value) -> Vec<(String, String)> {
    let (peer, local) = (text(status, "peer"), text(status, "local"));
    let mut variables = vec![
        ("NETVERB_ID".to_owned(), handle.to_owned()),
        ("NETVERB_PROTO".to_owned(), text(status, "transport").to_owned()),
        ("NETVERB_PEER".to_owned(), peer.to_owned()),
        ("NETVERB_LOCAL".to_owned(), local.to_owned()),
    ];
    for (side, end) in [("REMOTE", peer), ("LOCAL", local)] {
        if let Ok(end) = end.parse::<SocketAddr>() {
            variables.push((format!("{side}_ADDR"), end.ip().to_string()));
            variables.push((format!("{side}_PORT"), end.port().to_string()));
        }
    }
    variables
}

/// Starts a keeper, and shows what it says until its socket stands; the status of the socket comes back.
fn launched(keep: &Keep, deadline: Limit, context: &Context) -> Result<Value, Failure> {
    let status = launch(&context.place.make()?, &keep.words, deadline, &mut |said| context.reporter.pass_on(said))?;
    if let Some(phases) = status.get(PHASES).and_then(|phases| Phases::deserialize(phases).ok()) {
        context.reporter.adopt_phases(phases);
    }
    Ok(status)
}

fn text<'a>(status: &'a Value, field: &str) -> &'a str {
    status.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn tell_connected(handle: &str, status: &Value, context: &Context) {
    let transport = if text(status, "transport") == "udp" { "udp" } else { "unix-datagram" };
    let (peer, local) = (text(status, "peer").to_owned(), text(status, "local").to_owned());
    context.reporter.event(handle, &Event::Connected { peer, local, transport });
}

/// Opens a kept listener and prints its ports, or its handle where it has none.
///
/// # Errors
/// Why it does not listen; then nothing is kept.
pub fn accept(options: &accept::Options, keep: &Keep, deadline: Limit, context: &Context) -> Result<Exit, Failure> {
    let status = launched(keep, deadline, context)?;
    let pins = tell_listening(&status, &options.ready, context)?;
    for pin in pins.iter().filter(|_| options.makes_certificate()) {
        context.reporter.note(&format!("made a certificate; clients can trust it with --pin {pin}"));
    }
    Ok(Exit::Done)
}

/// Opens a kept datagram socket and prints its ports, or its handle where it has none or sends to a peer.
///
/// # Errors
/// Why it does not stand; then nothing is kept.
pub fn datagram(options: &datagram::Options, keep: &Keep, deadline: Limit, context: &Context) -> Result<Exit, Failure> {
    let status = launched(keep, deadline, context)?;
    match &options.form {
        Form::Receive { ready, .. } => tell_listening(&status, ready, context).map(|_| Exit::Done),
        Form::Send { .. } | Form::Probe { .. } => {
            let handle = text(&status, "id");
            tell_connected(handle, &status, context);
            Output::open(None)?.write(format!("{handle}\n").as_bytes())?;
            Ok(Exit::Done)
        }
    }
}

/// Says that something listens, and prints its ports; the pins of its certificates come back.
fn tell_listening(status: &Value, ready: &ReadyOptions, context: &Context) -> Result<Vec<String>, Failure> {
    let id = text(status, "id");
    let ports: Vec<u16> = status
        .get("ports")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|port| u16::try_from(port.as_u64()?).ok())
        .collect();
    let pins: Vec<String> = status
        .get("pins")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|pin| Some(pin.as_str()?.to_owned()))
        .collect();
    let event =
        Event::Listening { local: text(status, "local").to_owned(), port: ports.first().copied(), pins: pins.clone() };
    context.reporter.event(id, &event);
    announce::ready(&ports, ready, context)?;
    let lines: String = match ports.as_slice() {
        [] => format!("{id}\n"),
        ports => ports.iter().map(|port| format!("{port}\n")).collect(),
    };
    Output::open(None)?.write(lines.as_bytes())?;
    Ok(pins)
}
