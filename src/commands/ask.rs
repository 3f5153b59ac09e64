//! `ask`: a write, and the read of its answer.

use super::context::Context;
use super::read::{self, Output, Wish};
use super::write::{self, Sending};
use crate::address::SocketId;
use crate::exit::Exit;
use crate::failure::Failure;

/// `ask`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The socket.
    pub id: SocketId,
    /// What is sent, and how.
    pub sending: Sending,
    /// The answer.
    pub wish: Wish,
}

/// Runs the command.
///
/// # Errors
/// Not everything could be sent, or no answer came.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    context.talk(&options.id, |keeper| {
        keeper.demand_readable()?;
        let mut output = Output::open(None)?;
        write::send(keeper, &options.sending, options.wish.timeout)?;
        read::read(keeper, &options.wish, &mut output, context)
    })
}
