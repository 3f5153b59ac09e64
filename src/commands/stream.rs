//! The options that shape a stream, shared by `open` and `accept`, and what follows from them.

use std::cell::{Cell, RefCell};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::Access;

use super::capture::Carrier;
use super::context::Context;
use super::monitor::Monitor;
use super::recorder::{Recorder, RecorderOptions};
use crate::conversation::Printer;
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::filter::misbehaviour::Misbehaviour;
use crate::filter::transform::TakeCommands;
use crate::filter::{InbandMarks, Incoming, LineEnding, Outgoing, Transform};
use crate::message::Split;
use crate::output::hex::HexDump;
use crate::output::human::Verbosity;
use crate::output::progress::Progress;
use crate::output::report;
use crate::output::sanitize::Sanitizer;
use crate::quantity::Limit;
use crate::relay::{AtLocalEnd, Blame, Output, Rules, Stdio, Traffic};
use crate::service::presence::Presence;
use crate::service::{Closing, Surroundings, Verdict, Watcher};
use crate::sys;
use crate::transport::{Descriptor, Kind, Messages};

/// How long a peer may be quiet after the end of stdin, where that ends the whole socket.
const QUIET: std::time::Duration = std::time::Duration::from_secs(1);

/// The data options of CLI streams.
#[derive(Debug, Clone)]
pub struct StreamOptions {
    /// Which directions carry data.
    pub traffic: Traffic,
    /// What the end of stdin means for the peer.
    pub at_local_end: AtLocalEnd,
    /// `-N`: a peer that cannot be half-closed is told at once, too.
    pub end_at_once: bool,
    /// `-q`, where it is said.
    pub quit_after: Option<Limit>,
    /// `--half-open`.
    pub half_open: Limit,
    /// `--idle-timeout`, or `-w`.
    pub idle: Limit,
    /// What the peer's line endings are.
    pub eol_in: Option<LineEnding>,
    /// What line endings the peer gets.
    pub eol_out: Option<LineEnding>,
    /// `--inband`.
    pub inband: Option<InbandMarks>,
    /// `-o FILE`.
    pub output: Option<PathBuf>,
    /// `--hex`: received data is shown as a hex dump.
    pub hex: bool,
    /// What to record.
    pub recorder: RecorderOptions,
    /// `--progress`.
    pub progress: bool,
    /// `--rate`, in bytes per second.
    pub rate: Option<u64>,
    /// `--split`.
    pub split: Option<Split>,
    /// How the peer is mistreated, for tests.
    pub misbehaviour: Option<Misbehaviour>,
}

/// What a run has open for its streams.
pub struct Streams {
    options: StreamOptions,
    context: Context,
    recorder: Option<Rc<RefCell<Recorder>>>,
    progress: Option<Rc<Progress>>,
    /// Whether something came that there was no stdout for.
    lost: Rc<Cell<bool>>,
}

impl StreamOptions {
    /// Whether received data goes to stdout.
    pub fn uses_stdout(&self) -> bool {
        self.output.is_none() && self.traffic != Traffic::SendOnly
    }

    /// What the end of the input means for a socket whose close ends both directions: it is closed when nothing has passed for a
    /// moment.
    pub fn at_end_without_half_close(&self) -> AtLocalEnd {
        match (self.at_local_end, self.quit_after) {
            (AtLocalEnd::HalfClose, _) if self.end_at_once || self.traffic == Traffic::SendOnly => {
                AtLocalEnd::HalfClose
            }
            (AtLocalEnd::HalfClose, limit) => AtLocalEnd::WhenQuiet(limit.unwrap_or(Limit::After(QUIET))),
            (other, _) => other,
        }
    }
}

impl Streams {
    /// Opens the records.
    ///
    /// # Errors
    /// A file that cannot be written: status 23.
    pub fn open(options: StreamOptions, context: &Context) -> Result<Self, Failure> {
        Self::opened(options, Carrier::Streams, context)
    }

    /// Opens the records of datagrams.
    ///
    /// # Errors
    /// A file that cannot be written: status 23.
    pub fn of_datagrams(options: StreamOptions, context: &Context) -> Result<Self, Failure> {
        Self::opened(options, Carrier::Datagrams, context)
    }

    fn opened(options: StreamOptions, carrier: Carrier, context: &Context) -> Result<Self, Failure> {
        if let Some(path) = &options.output {
            check_writable(path).map_err(|error| cannot_use(&path.display().to_string(), &error))?;
        }
        let recorder = Recorder::open(&options.recorder, carrier, context)?;
        let recorder = recorder.map(|recorder| Rc::new(RefCell::new(recorder)));
        if let (Some(recorder), true) = (&recorder, options.recorder.pcap.is_some()) {
            let recorder = recorder.clone();
            context.reporter.tell(Rc::new(move |id, event| recorder.borrow_mut().event(id, event)));
        }
        let to_send = match options.traffic {
            Traffic::ReceiveOnly => None,
            Traffic::Both | Traffic::SendOnly => size_of_stdin(),
        };
        let progress = options.progress.then(|| Rc::new(Progress::new(to_send)));
        Ok(Streams { options, context: context.clone(), recorder, progress, lost: Rc::default() })
    }

    /// The rules of a relay with the standard streams.
    pub fn rules(&self, stdio: &Stdio) -> Rules {
        let options = &self.options;
        Rules {
            traffic: options.traffic,
            at_local_end: options.at_local_end,
            quit_after: options.quit_after.unwrap_or(Limit::Never),
            // Nobody waits for a person to go on typing to a peer that has closed.
            half_open: match options.half_open {
                Limit::After(_) if stdio.is_typed() => Limit::After(std::time::Duration::ZERO),
                limit => limit,
            },
            idle: options.idle,
        }
    }

    /// The options.
    pub fn options(&self) -> &StreamOptions {
        &self.options
    }

    /// The rules of a relay of a message socket with the standard streams. Where its close ends both directions it is closed
    /// when the input has ended and the peer has been quiet for a moment, so that an answer to the last message still comes;
    /// and after the peer's close there is nobody to send to.
    pub fn message_rules(&self, stdio: &Stdio, socket: &Messages) -> Rules {
        let rules = self.rules(stdio);
        if socket.has_half_close() {
            return rules;
        }
        let at_local_end = self.options.at_end_without_half_close();
        let quit_after = if at_local_end == AtLocalEnd::KeepOpen { rules.quit_after } else { Limit::Never };
        let half_open = Limit::After(std::time::Duration::ZERO);
        Rules { at_local_end, quit_after, half_open, ..rules }
    }

    /// Which directions carry data.
    pub fn traffic(&self) -> Traffic {
        self.options.traffic
    }

    /// Whether received data is shown as a hex dump.
    pub fn hex(&self) -> bool {
        self.options.hex
    }

    /// The standard streams as the options want them.
    ///
    /// # Errors
    /// A file that cannot be written: status 23.
    pub fn stdio(&self) -> Result<Stdio, Failure> {
        let input = match self.options.traffic {
            Traffic::ReceiveOnly => None,
            Traffic::Both | Traffic::SendOnly => {
                Some(Descriptor::stdin().map_err(|error| cannot_use("stdin", &error))?)
            }
        };
        let output = match (self.options.traffic, &self.options.output) {
            (Traffic::SendOnly, _) => Output::Discard,
            (_, None) if sys::stdout_was_closed() => Output::Missing(self.lost.clone()),
            (_, None) => Output::To(Descriptor::stdout().map_err(|error| cannot_use("stdout", &error))?),
            (_, Some(path)) => {
                let name = path.display().to_string();
                let file = OpenOptions::new().write(true).create(true).truncate(true).open(path);
                let file = file.map_err(|error| cannot_use(&name, &error))?;
                Output::To(Descriptor::file(file).map_err(|error| cannot_use(&name, &error))?)
            }
        };
        Ok(Stdio::new(input, output))
    }

    /// The output alone, with what is done to received bytes for the eyes of its reader.
    ///
    /// # Errors
    /// A file that cannot be written: status 23.
    pub fn printer(&self) -> Result<Printer, Failure> {
        let (_, output) = self.stdio()?.split();
        let display = display(&self.options, Shown::on(&output)).into_iter().collect();
        Ok(Printer::new(output, display))
    }

    /// What services need, their output not being a terminal.
    pub fn surroundings(&self, shown: Shown) -> Surroundings {
        let reporter = self.context.reporter.clone();
        let (options, report) = (self.options.clone(), reporter.clone());
        let (recorder, progress) = (self.recorder.clone(), self.progress.clone());
        Surroundings {
            report: self.context.reporter.clone(),
            watch: Rc::new(move |id| -> Rc<dyn Watcher> {
                Rc::new(Monitor::new(id, reporter.clone(), recorder.clone(), progress.clone()))
            }),
            transforms: Rc::new(move |direction, id| transforms(&options, direction, id, shown, report.clone())),
            rate: self.options.rate,
            idle: self.options.idle,
            presence: Presence::new(),
            split: self.options.split.unwrap_or(Split::Line),
            counted: self.progress.is_some() || self.context.reporter.shows(Verbosity::Verbose),
        }
    }

    /// Runs something as long as records can be written: a failed record ends a run however many it serves.
    ///
    /// # Errors
    /// Those of the run, and a record that could not be written: status 23.
    pub async fn unless_broken(&self, run: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
        tokio::select! {
            biased;
            failure = self.record_failed() => Err(failure),
            ended = run => ended,
        }
    }

    async fn record_failed(&self) -> Failure {
        let Some(recorder) = &self.recorder else { return std::future::pending().await };
        let broke = recorder.borrow().broke();
        loop {
            if let Some(failure) = recorder.borrow().failure() {
                return failure;
            }
            broke.notified().await;
        }
    }

    /// Shows what is left to show when the run is over.
    ///
    /// # Errors
    /// Those of the run; and a record that could not be written, which a run that went well cannot make good.
    pub fn finish(&self, ended: Result<Exit, Failure>) -> Result<Exit, Failure> {
        if let Some(progress) = &self.progress {
            self.context.reporter.note(&progress.finish());
        }
        if let Some(digests) = self.recorder.as_ref().and_then(|recorder| recorder.borrow().digests()) {
            self.context.reporter.digests(digests);
        }
        match (self.recorder.as_ref().and_then(|recorder| recorder.borrow().failure()), ended) {
            (Some(failure), _) => Err(failure),
            (None, Ok(Exit::Done)) if self.lost.get() => Err(report::no_stdout()),
            (None, ended) => ended,
        }
    }
}

fn cannot_use(what: &str, error: &std::io::Error) -> Failure {
    Failure::message(Exit::OutputFailed, format!("cannot use {what}: {}", reason(error)))
}

/// Whether a file can be written, found out without touching it: a run that fails before data comes leaves it as it was.
fn check_writable(path: &Path) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(std::io::ErrorKind::IsADirectory.into()),
        Ok(_) => Ok(rustix::fs::access(path, Access::WRITE_OK)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Ok(rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
        }
        Err(error) => Err(error),
    }
}

/// Who sees received bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A person at a terminal: control characters are escaped.
    ToPerson,
    /// A program: not a byte is touched.
    ToProgram,
    /// A conversation, which looks at the data itself and shows it apart.
    ToConversation,
}

impl Shown {
    /// Who reads these standard streams.
    pub fn on(stdio: &Stdio) -> Self {
        use crate::relay::Side;
        match stdio.sink() {
            Some(output) if output.kind() == Kind::Terminal => Shown::ToPerson,
            _ => Shown::ToProgram,
        }
    }
}

fn transforms(
    options: &StreamOptions,
    direction: Direction,
    id: &str,
    shown: Shown,
    report: Rc<dyn Report>,
) -> Vec<Box<dyn Transform>> {
    let mut chain: Vec<Box<dyn Transform>> = Vec::new();
    match direction {
        Direction::Out => {
            if let Some(kind) = options.eol_out.filter(|kind| kind.converts()) {
                chain.push(Box::new(Outgoing::new(kind)));
            }
        }
        Direction::In => {
            if let Some(marks) = options.inband {
                let id = id.to_owned();
                chain.push(Box::new(TakeCommands::new(marks, move |command: &[u8]| {
                    let command = String::from_utf8_lossy(command).into_owned();
                    report.event(&id, &Event::Inband { command });
                })));
            }
            if let Some(kind) = options.eol_in.filter(|kind| kind.converts()) {
                chain.push(Box::new(Incoming::new(kind)));
            }
            chain.extend(display(options, shown));
        }
    }
    chain
}

/// What is done to received bytes for the eyes of their reader.
fn display(options: &StreamOptions, shown: Shown) -> Option<Box<dyn Transform>> {
    match shown {
        Shown::ToConversation => None,
        _ if options.hex => Some(Box::new(ShowHex(HexDump::new()))),
        Shown::ToPerson => Some(Box::new(Escape(Sanitizer::new()))),
        Shown::ToProgram => None,
    }
}

/// Received bytes as a hex dump; a row is completed when more comes, and shown at once all the same.
struct ShowHex(HexDump);

impl Transform for ShowHex {
    fn push(&mut self, input: &[u8], output: &mut Vec<u8>) -> std::io::Result<()> {
        self.0.push(input, output);
        self.0.finish(output);
        Ok(())
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> std::io::Result<()> {
        Ok(())
    }
}

/// Received bytes as text that cannot control a terminal.
struct Escape(Sanitizer);

impl Transform for Escape {
    fn push(&mut self, input: &[u8], output: &mut Vec<u8>) -> std::io::Result<()> {
        let mut text = String::with_capacity(input.len());
        self.0.push(input, &mut text);
        output.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn finish(&mut self, output: &mut Vec<u8>) -> std::io::Result<()> {
        let mut text = String::new();
        self.0.finish(&mut text);
        output.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// What misbehaviour can be done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistreated {
    /// Streams.
    Streams,
    /// Streams of clients, and the datagrams that go on to their target.
    StreamsAndDatagrams,
    /// Messages, to which none is done.
    Messages,
}

/// Whether misbehaviour is possible on this transport; tells the seed of what is left to chance.
///
/// # Errors
/// Status 2 for what only happens to datagrams, 4 for messages.
pub fn check_misbehaviour(how: Option<&Misbehaviour>, of: Mistreated, context: &Context) -> Result<(), Failure> {
    let Some(how) = how else { return Ok(()) };
    if let Some(word) = how.only_for_datagrams().filter(|_| of != Mistreated::StreamsAndDatagrams) {
        let text = format!("{word} is for datagrams; a stream loses nothing, but see --stall-after and --reset-after");
        return Err(Failure::message(Exit::Usage, text));
    }
    if of == Mistreated::Messages {
        let text = "a message socket does not misbehave; --latency, --slice and the like need a stream";
        return Err(Failure::message(Exit::Unsupported, text));
    }
    if how.is_random() {
        context.reporter.remark(&format!("chance is drawn with --seed {}", how.seed));
    }
    Ok(())
}

/// How much stdin will give, where it is a regular file.
fn size_of_stdin() -> Option<u64> {
    let facts = rustix::fs::fstat(rustix::stdio::stdin()).ok()?;
    let regular = rustix::fs::FileType::from_raw_mode(facts.st_mode).is_file();
    let size = regular.then(|| u64::try_from(facts.st_size).ok()).flatten()?;
    // It may have been read in part.
    let at = rustix::fs::tell(rustix::stdio::stdin()).unwrap_or(0);
    Some(size.saturating_sub(at))
}

/// The exit status that the end of the one connection of a run means, with a message where it is not 0.
///
/// # Errors
/// Whatever is not a clean end.
pub fn verdict(peer: &str, closing: &Closing) -> Result<Exit, Failure> {
    let reason = &closing.reason;
    let (exit, message) = match closing.verdict {
        Verdict::Clean => return Ok(Exit::Done),
        // A program has said itself what there was to say; the others were reported where they happened.
        Verdict::Program(status) => return Ok(Exit::Program(status)),
        Verdict::Reported(exit) => return Ok(exit),
        Verdict::TargetLost(exit) => (exit, reason.clone()),
        Verdict::Undelivered => (Exit::TimedOut, format!("not everything reached {peer}: {reason}")),
        Verdict::Idle => (Exit::TimedOut, format!("timed out: connection to {peer} {reason}")),
        Verdict::Failed(Blame::Sending) => (Exit::SendFailed, format!("cannot send to {peer}: {reason}")),
        Verdict::Failed(Blame::Receiving) => (Exit::ReceiveFailed, format!("connection to {peer} lost: {reason}")),
        Verdict::Failed(Blame::Input) => (Exit::SendFailed, format!("cannot read the input: {reason}")),
        Verdict::Failed(Blame::Output) => (Exit::OutputFailed, format!("cannot write the output: {reason}")),
        Verdict::Failed(Blame::Recording) => (Exit::OutputFailed, reason.clone()),
        Verdict::Failed(Blame::Securing) => (Exit::TlsFailed, reason.clone()),
        Verdict::Failed(Blame::Oversized) => (Exit::TooLarge, reason.clone()),
        Verdict::Failed(Blame::Converting) => (Exit::ReceiveFailed, format!("data from {peer}: {reason}")),
    };
    Err(Failure::message(exit, message))
}
