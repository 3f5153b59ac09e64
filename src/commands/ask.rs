//! `ask`: a write, and the read of its answer.

use super::context::Context;
use super::read::{self, Output, Wish};
use super::write::{self, Payload};
use crate::address::SocketId;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::dial;
use crate::keeper::wire::WriteEnd;

/// `ask`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The socket.
    pub id: SocketId,
    /// What is sent.
    pub payload: Payload,
    /// What follows it.
    pub then: WriteEnd,
    /// The answer.
    pub wish: Wish,
}

/// Runs the command.
///
/// # Errors
/// Not everything could be sent, or no answer came.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    let mut keeper = dial(&context.place, &options.id)?;
    write::send(&mut keeper, &options.payload, options.wish.timeout, options.then)?;
    read::read(&mut keeper, &options.wish, &mut Output::open(None)?)
}
