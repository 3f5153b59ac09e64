//! The only writer of stderr: events and failures, as people or as programs read them.

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use super::human::{self, Verbosity};
use super::json;
use super::standing::Standing;
use crate::event::{Digests, Direction, Event, Phase, Phases, Report};
use crate::exit::Exit;
use crate::failure::Failure;

/// In which form stderr is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Sentences; `color` when the terminal shows it.
    Human {
        /// Whether to mark errors in colour.
        color: bool,
    },
    /// NDJSON.
    Json,
}

/// Writes events and failures to stderr and keeps the totals of the run.
#[derive(Debug)]
pub struct Reporter {
    format: Format,
    verbosity: Verbosity,
    command: &'static str,
    started: Instant,
    subject: RefCell<Option<String>>,
    timed_out: Cell<bool>,
    phases: Cell<Phases>,
    bytes_in: Cell<u64>,
    bytes_out: Cell<u64>,
    messages_in: Cell<u64>,
    messages_out: Cell<u64>,
    hash: RefCell<Option<Digests>>,
    standing: RefCell<Standing>,
    silent: Cell<bool>,
    diversion: RefCell<Diversion>,
    witness: RefCell<Option<Witness>>,
}

/// Takes a sentence that would stand in the way on stderr.
pub type Take = Box<dyn Fn(&str)>;

/// Where sentences go instead of to stderr, if anywhere.
#[derive(Default)]
struct Diversion(Option<Take>);

impl std::fmt::Debug for Diversion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Diversion").field(&self.0.is_some()).finish()
    }
}

/// Hears of every event, with the ID of its connection.
pub type Hearer = Rc<dyn Fn(&str, &Event)>;

/// Who is told of every event, shown or not.
struct Witness(Hearer);

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Witness")
    }
}

impl Reporter {
    /// A reporter for a run of the verb `command` that begins now.
    pub fn new(command: &'static str, format: Format, verbosity: Verbosity) -> Self {
        Self::since(Instant::now(), command, format, verbosity)
    }

    /// As [`Reporter::new`], for a run that began then.
    pub fn since(started: Instant, command: &'static str, format: Format, verbosity: Verbosity) -> Self {
        Reporter {
            format,
            verbosity,
            command,
            started,
            subject: RefCell::default(),
            timed_out: Cell::new(false),
            phases: Cell::default(),
            bytes_in: Cell::new(0),
            bytes_out: Cell::new(0),
            messages_in: Cell::new(0),
            messages_out: Cell::new(0),
            hash: RefCell::new(None),
            standing: RefCell::default(),
            silent: Cell::new(false),
            diversion: RefCell::default(),
            witness: RefCell::new(None),
        }
    }

    /// Says which socket the run is about: the ID of events that have none of their own, such as the summary; empty where
    /// it is about several. Where nobody says it, it is the first socket that an event is of.
    pub fn about(&self, id: &str) {
        *self.subject.borrow_mut() = Some(id.to_owned());
    }

    /// Gives sentences for a person to `take` from now on, for a screen that is on the same terminal; `None`: to stderr.
    pub fn divert(&self, take: Option<Take>) {
        *self.diversion.borrow_mut() = Diversion(take);
    }

    /// Tells somebody of every event from now on, shown or not.
    pub fn tell(&self, hearer: Hearer) {
        *self.witness.borrow_mut() = Some(Witness(hearer));
    }

    /// The form of the output.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether events of this level are shown; callers with costly events ask first.
    pub fn shows(&self, level: Verbosity) -> bool {
        !self.silent.get() && (self.format == Format::Json || self.verbosity >= level)
    }

    /// Writes nothing any more: nobody listens.
    pub fn fall_silent(&self) {
        self.silent.set(true);
    }

    /// Writes what another reporter has written, of a process that works for this one.
    pub fn pass_on(&self, text: &[u8]) {
        if memchr::memmem::find(text, b"\"event\":\"timeout\"").is_some() {
            self.timed_out.set(true);
        }
        let _ = std::io::stderr().write_all(text);
    }

    /// Time since the run began.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// A sentence for a person; no event.
    pub fn note(&self, sentence: &str) {
        if matches!(self.format, Format::Human { .. }) && self.shows(Verbosity::Normal) {
            if let Diversion(Some(take)) = &*self.diversion.borrow() {
                return take(&one_line(sentence));
            }
            write_stderr(&format!("netverb: {}\n", one_line(sentence)));
        }
    }

    /// Reports why the run fails and what to do about it, on one line.
    pub fn failure(&self, failure: &Failure) {
        let line = one_line(&failure.line());
        match self.format {
            Format::Json => {
                if failure.exit == Exit::TimedOut && !self.timed_out.get() {
                    self.event("", &Event::Timeout { limit: line.clone() });
                }
                let hints = failure.hints.iter().map(|hint| one_line(hint)).collect();
                self.event("", &Event::Failed { message: line, hints });
            }
            Format::Human { .. } if !self.shows(Verbosity::Normal) => {}
            Format::Human { color } => {
                let (on, off) = if color { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
                let name =
                    if self.command.is_empty() { "netverb".to_owned() } else { format!("netverb {}", self.command) };
                let hints: String = failure.hints.iter().map(|hint| format!("; {}", one_line(hint))).collect();
                let text = format!("{name}: {on}{line}{off}{hints}\n");
                write_stderr(&text);
            }
        }
    }

    /// Counts bytes that passed on the socket `id`, without an event.
    pub fn count(&self, id: &str, direction: Direction, length: u64) {
        if self.shows(Verbosity::Verbose) {
            self.standing.borrow_mut().count(id, direction, length);
        }
        let total = match direction {
            Direction::In => &self.bytes_in,
            Direction::Out => &self.bytes_out,
        };
        total.set(total.get().saturating_add(length));
        if direction == Direction::In && length > 0 {
            let mut phases = self.phases.get();
            if phases.first_byte.is_none() {
                phases.first_byte = Some(self.started.elapsed().as_secs_f64());
                self.phases.set(phases);
            }
        }
    }

    /// Takes over the phases that another reporter has timed, of a process that works for this one.
    pub fn adopt_phases(&self, phases: Phases) {
        self.phases.set(phases);
    }

    /// The phases so far.
    pub fn phases(&self) -> Phases {
        self.phases.get()
    }

    /// How many bytes passed in a direction.
    pub fn total(&self, direction: Direction) -> u64 {
        match direction {
            Direction::In => self.bytes_in.get(),
            Direction::Out => self.bytes_out.get(),
        }
    }

    /// Records the digests that the summary shows.
    pub fn digests(&self, digests: Digests) {
        *self.hash.borrow_mut() = Some(digests);
    }

    /// The run is over, and with it every connection that has not been reported as closed.
    pub fn close_standing(&self, reason: &str) {
        let left = self.standing.take();
        for (id, event) in left.closed(reason) {
            self.event(&id, &event);
        }
    }

    /// The last event of every run.
    pub fn summary(&self, exit: Exit, reason: &str) {
        let mut phases = self.phases.get();
        phases.total = self.started.elapsed().as_secs_f64();
        let event = Event::Summary {
            bytes_in: self.bytes_in.get(),
            bytes_out: self.bytes_out.get(),
            messages_in: self.messages_in.get(),
            messages_out: self.messages_out.get(),
            phases,
            hash: self.hash.borrow().clone(),
            reason: reason.to_owned(),
            status: exit.status(),
        };
        if let (Format::Human { .. }, Some(hash)) = (self.format, &*self.hash.borrow()) {
            self.note(&format!("{} in  {}", hash.algorithm, hash.incoming));
            self.note(&format!("{} out {}", hash.algorithm, hash.outgoing));
        }
        self.event("", &event);
    }
}

impl Report for Reporter {
    fn event(&self, id: &str, event: &Event) {
        let hearer = self.witness.borrow().as_ref().map(|witness| witness.0.clone());
        if let Some(hearer) = hearer {
            hearer(id, event);
        }
        if self.silent.get() {
            return;
        }
        if let Event::Timeout { .. } = event {
            self.timed_out.set(true);
        }
        if !id.is_empty() && self.subject.borrow().is_none() {
            self.about(id);
        }
        if self.shows(Verbosity::Verbose) {
            self.standing.borrow_mut().note(id, event);
        }
        match self.format {
            Format::Json if id.is_empty() => {
                let subject = self.subject.borrow();
                write_stderr(&json::line(SystemTime::now(), subject.as_deref().unwrap_or_default(), event));
            }
            Format::Json => write_stderr(&json::line(SystemTime::now(), id, event)),
            Format::Human { .. } if self.verbosity >= human::level(event) => self.note(&human::sentence(event)),
            Format::Human { .. } => {}
        }
    }

    fn remark(&self, sentence: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.note(sentence);
        }
    }

    fn phase(&self, phase: Phase, took: Duration) {
        let mut phases = self.phases.get();
        let seconds = Some(took.as_secs_f64());
        match phase {
            Phase::Dns => phases.dns = seconds,
            Phase::Connect => phases.connect = seconds,
            Phase::Tls => phases.tls = seconds,
        }
        self.phases.set(phases);
    }

    fn messages(&self, direction: Direction, count: u64) {
        let total = match direction {
            Direction::In => &self.messages_in,
            Direction::Out => &self.messages_out,
        };
        total.set(total.get().saturating_add(count));
    }
}

/// Keeps a message on one line and its control characters harmless, whatever a peer or an argument put into it.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// One write for each text, so that lines of several processes do not mix. Nobody can be told when stderr fails.
fn write_stderr(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
