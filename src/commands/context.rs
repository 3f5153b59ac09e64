//! What every command is given: the global options, in the form in which they are used.

use std::rc::Rc;

use crate::event::Direction;
use crate::keeper::client::Passed;
pub use crate::keeper::directory::Place;
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

    /// Counts what has passed between a kept socket and this run, for the summary.
    pub fn count(&self, passed: Passed) {
        self.reporter.count("", Direction::In, passed.bytes_in);
        self.reporter.count("", Direction::Out, passed.bytes_out);
        self.reporter.count_messages(passed.messages_in, passed.messages_out);
    }
}
