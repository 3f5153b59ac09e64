//! What every command is given: the global options, in the form in which they are used.

use std::rc::Rc;

use crate::address::SocketId;
use crate::event::{Direction, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::{Keeper, dial};
pub use crate::keeper::directory::Place;
use crate::keeper::passed::Passed;
use crate::output::{Format, Reporter};

/// Every global, passed in rather than looked up.
#[derive(Clone)]
pub struct Context {
    /// Writes events and counts what passes.
    pub reporter: Rc<Reporter>,
    /// Whether reports on stdout are JSON.
    pub json: bool,
    /// Whether what a person reads on stdout is in colour.
    pub color: bool,
    /// Where sockets are kept.
    pub place: Place,
}

impl Context {
    /// A context around this reporter.
    pub fn new(reporter: Rc<Reporter>, place: Place, color: bool) -> Self {
        let json = reporter.format() == Format::Json;
        Context { reporter, json, color, place }
    }

    /// Talks to a kept socket. What passed is counted, however that ends.
    ///
    /// # Errors
    /// No such socket; its keeper cannot be talked to; what `talk` says.
    pub fn talk(
        &self,
        id: &SocketId,
        talk: impl FnOnce(&mut Keeper) -> Result<Exit, Failure>,
    ) -> Result<Exit, Failure> {
        let mut keeper = dial(&self.place, id)?;
        let done = talk(&mut keeper);
        self.count(keeper.passed());
        done
    }

    /// Takes what went through a kept socket into the totals of the run.
    pub fn count(&self, passed: Passed) {
        self.reporter.count("", Direction::In, passed.bytes_in);
        self.reporter.count("", Direction::Out, passed.bytes_out);
        self.reporter.messages(Direction::In, passed.messages_in);
        self.reporter.messages(Direction::Out, passed.messages_out);
    }
}
