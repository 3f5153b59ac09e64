//! `ask`: a write, and the read of its answer.

use super::context::Context;
use super::read::{self, Output, Wish};
use super::write::{self, Sending};
use crate::address::SocketId;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::dial;

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
    let mut keeper = dial(&context.place, &options.id)?;
    keeper.demand_readable()?;
    let mut output = Output::open(None)?;
    let done = write::send(&mut keeper, &options.sending, options.wish.timeout)
        .and_then(|()| read::read(&mut keeper, &options.wish, &mut output, context));
    context.count(keeper.passed());
    done
}
