//! Watches one connection for the reporter, the recorder and the progress line.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use super::recorder::Recorder;
use crate::address::Peer;
use crate::event::{Direction, Event, Report};
use crate::output::Reporter;
use crate::output::human::Verbosity;
use crate::output::progress::Progress;
use crate::relay::Observer;
use crate::service::Watcher;

/// The watcher of one connection.
pub struct Monitor {
    id: String,
    reporter: Rc<Reporter>,
    recorder: Option<Rc<RefCell<Recorder>>>,
    progress: Option<Rc<Progress>>,
    bytes_in: Cell<u64>,
    bytes_out: Cell<u64>,
    ended_in: Cell<bool>,
    ended_out: Cell<bool>,
}

impl Monitor {
    /// A watcher of the connection `id`.
    pub fn new(
        id: &str,
        reporter: Rc<Reporter>,
        recorder: Option<Rc<RefCell<Recorder>>>,
        progress: Option<Rc<Progress>>,
    ) -> Self {
        Monitor {
            id: id.to_owned(),
            reporter,
            recorder,
            progress,
            bytes_in: Cell::new(0),
            bytes_out: Cell::new(0),
            ended_in: Cell::new(false),
            ended_out: Cell::new(false),
        }
    }
}

impl Observer for Monitor {
    fn wants_bytes(&self) -> bool {
        self.recorder.is_some()
    }

    fn wire(&self, direction: Direction, bytes: &[u8]) -> io::Result<()> {
        match &self.recorder {
            Some(recorder) => recorder.borrow_mut().record(&self.id, direction, self.reporter.elapsed(), bytes),
            None => Ok(()),
        }
    }

    fn moved(&self, direction: Direction, length: u64) {
        let total = match direction {
            Direction::In => &self.bytes_in,
            Direction::Out => &self.bytes_out,
        };
        total.set(total.get() + length);
        self.reporter.count(&self.id, direction, length);
        if let Some(progress) = &self.progress {
            progress.moved(direction, length);
        }
        if self.reporter.shows(Verbosity::Debug) {
            self.reporter.event(&self.id, &Event::Data { direction, length });
        }
    }

    fn ended(&self, direction: Direction) {
        let before = match direction {
            Direction::In => self.ended_in.replace(true),
            Direction::Out => self.ended_out.replace(true),
        };
        if let (false, Some(recorder)) = (before, &self.recorder) {
            recorder.borrow_mut().ended(&self.id, direction);
        }
        // Who waits for the rest of a connection comes to an end that was told.
        if !before && self.reporter.shows(Verbosity::Debug) {
            self.reporter.event(&self.id, &Event::Eof { direction });
        }
    }
}

impl Watcher for Monitor {
    fn totals(&self) -> (u64, u64) {
        (self.bytes_in.get(), self.bytes_out.get())
    }

    fn between(&self, local: &Peer, peer: &Peer) {
        if let Some(recorder) = &self.recorder {
            recorder.borrow_mut().between(&self.id, local, peer);
        }
    }
}
