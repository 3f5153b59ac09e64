//! `write`: data to a kept socket.

use std::io::{Cursor, Read};
use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use crate::address::SocketId;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::keeper::client::{Keeper, dial};
use crate::keeper::wire::Write;
pub use crate::keeper::wire::WriteEnd;

/// `write`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The socket.
    pub id: SocketId,
    /// What is sent.
    pub payload: Payload,
    /// How long sending may stand still.
    pub timeout: Option<Duration>,
    /// What follows the data.
    pub then: WriteEnd,
}

/// What is sent.
#[derive(Debug, Clone)]
pub enum Payload {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The content of a file.
    File(PathBuf),
    /// All of stdin.
    Stdin,
}

/// Runs the command.
///
/// # Errors
/// Not everything could be sent.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    let mut keeper = dial(&context.place, &options.id)?;
    send(&mut keeper, &options.payload, options.timeout, options.then)?;
    Ok(Exit::Done)
}

/// Sends a payload.
///
/// # Errors
/// As [`run`].
pub fn send(keeper: &mut Keeper, payload: &Payload, timeout: Option<Duration>, then: WriteEnd) -> Result<(), Failure> {
    let mut input: Box<dyn Read> = match payload {
        Payload::Bytes(bytes) => Box::new(Cursor::new(bytes.clone())),
        Payload::Stdin => Box::new(std::io::stdin().lock()),
        Payload::File(path) => Box::new(std::fs::File::open(path).map_err(|error| {
            Failure::message(Exit::Usage, format!("cannot read {}: {}", path.display(), reason(&error)))
        })?),
    };
    let write = Write { timeout, then, message: serde_json::Value::Null };
    keeper.write(&write, &mut input)
}
