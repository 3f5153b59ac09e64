//! Records of what passes: transcript, hex dump, digests. A record that cannot be written is an error, never a gap.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use sha2::Digest;
use tokio::sync::Notify;

use super::capture::{Capture, Carrier};
use super::context::Context;
use super::viewer::Viewer;
use crate::address::Peer;
use crate::event::{Digests, Direction, Event};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::output::hex::DuplexHexDump;
use crate::output::{report, transcript, view};
use crate::sys;

/// Where a dump goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DumpTarget {
    /// To stderr (`-`); stdout is payload.
    Stderr,
    /// To a file.
    File(PathBuf),
}

impl DumpTarget {
    /// Reads where a dump goes.
    ///
    /// # Errors
    /// An empty name.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("no file has an empty name; type the name of a file, or - for stderr".to_owned()),
            "-" => Ok(DumpTarget::Stderr),
            name => Ok(DumpTarget::File(PathBuf::from(name))),
        }
    }
}

/// Which digest of the bytes is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashKind {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// BLAKE3.
    Blake3,
}

impl FromStr for HashKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sha256" => Ok(HashKind::Sha256),
            "blake3" => Ok(HashKind::Blake3),
            other => Err(format!("{other:?} is no hash; type sha256 or blake3")),
        }
    }
}

/// What to record.
#[derive(Debug, Clone, Default)]
pub struct RecorderOptions {
    /// `--transcript FILE`.
    pub transcript: Option<PathBuf>,
    /// `--hex-dump FILE|-`.
    pub hex_dump: Option<DumpTarget>,
    /// `--hash KIND`.
    pub hash: Option<HashKind>,
    /// `--pcap FILE`.
    pub pcap: Option<PathBuf>,
    /// `--view`.
    pub view: Option<view::Form>,
}

impl RecorderOptions {
    fn are_none(&self) -> bool {
        let files = self.transcript.is_none() && self.hex_dump.is_none() && self.pcap.is_none();
        files && self.hash.is_none() && self.view.is_none()
    }

    /// Makes sure that stdout has one use at most; `is_free`: that nothing else goes there.
    ///
    /// # Errors
    /// Status 2.
    pub fn share_stdout(&self, is_free: bool) -> Result<(), Failure> {
        let is_stdout = |path: &Option<PathBuf>| path.as_deref().is_some_and(names_stdout);
        let uses = [
            ("--pcap -", is_stdout(&self.pcap)),
            ("--transcript -", is_stdout(&self.transcript)),
            ("--view", self.view.is_some()),
        ];
        let mut uses = uses.into_iter().filter_map(|(word, given)| given.then_some(word));
        let text = match (uses.next(), uses.next()) {
            (Some(one), Some(other)) => format!("{one} and {other} both go to stdout; name a FILE for one of them"),
            (Some(one), None) if !is_free => {
                format!(
                    "{one} goes to stdout, which has other uses here; name a FILE, or type -o FILE for received data"
                )
            }
            _ => return Ok(()),
        };
        Err(Failure::message(Exit::Usage, text))
    }
}

enum Hasher {
    Sha256(Box<sha2::Sha256>),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    fn new(kind: HashKind) -> Self {
        match kind {
            HashKind::Sha256 => Hasher::Sha256(Box::default()),
            HashKind::Blake3 => Hasher::Blake3(Box::default()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Blake3(hasher) => {
                hasher.update(bytes);
            }
        }
    }

    fn hex(&self) -> String {
        match self {
            Hasher::Sha256(hasher) => hasher.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            Hasher::Blake3(hasher) => hasher.finalize().to_hex().to_string(),
        }
    }
}

struct Dump {
    dump: DuplexHexDump,
    target: Option<File>,
}

/// The records of one run.
pub struct Recorder {
    transcript: Option<File>,
    dump: Option<Dump>,
    hashers: Option<(HashKind, Hasher, Hasher)>,
    capture: Option<Capture>,
    viewer: Option<Viewer>,
    line: Vec<u8>,
    failed: Option<io::Error>,
    /// Told when a record could not be written.
    broke: Rc<Notify>,
}

impl Recorder {
    /// Opens the files; `None` when nothing is to be recorded.
    ///
    /// # Errors
    /// A file that cannot be created: status 23.
    pub fn open(options: &RecorderOptions, carrier: Carrier, context: &Context) -> Result<Option<Recorder>, Failure> {
        if options.are_none() {
            return Ok(None);
        }
        let dump = match &options.hex_dump {
            None => None,
            Some(DumpTarget::Stderr) => Some(Dump { dump: DuplexHexDump::new(), target: None }),
            Some(DumpTarget::File(path)) => Some(Dump { dump: DuplexHexDump::new(), target: Some(create(path)?) }),
        };
        Ok(Some(Recorder {
            transcript: options.transcript.as_deref().map(create).transpose()?,
            dump,
            hashers: options.hash.map(|kind| (kind, Hasher::new(kind), Hasher::new(kind))),
            capture: options.pcap.as_deref().map(|path| Capture::create(path, carrier)).transpose()?,
            viewer: options.view.map(|form| Viewer::new(form, context)),
            line: Vec::new(),
            failed: None,
            broke: Rc::default(),
        }))
    }

    /// Records bytes of the connection `id`, `elapsed` after the run began.
    ///
    /// # Errors
    /// When a record cannot be written.
    pub fn record(&mut self, id: &str, direction: Direction, elapsed: Duration, bytes: &[u8]) -> io::Result<()> {
        if let Some(error) = &self.failed {
            return Err(again(error));
        }
        let recorded = self.write(id, direction, elapsed, bytes);
        self.keep(recorded)
    }

    /// Keeps the first failure, which ends the run wherever it is met.
    fn keep(&mut self, recorded: io::Result<()>) -> io::Result<()> {
        if let Err(error) = &recorded
            && self.failed.is_none()
        {
            self.failed = Some(again(error));
            self.broke.notify_one();
        }
        recorded
    }

    /// A direction of a connection came to its end.
    pub fn ended(&mut self, id: &str, direction: Direction) {
        if let Some(capture) = &mut self.capture {
            let recorded = capture.ended(id, direction);
            let _ = self.keep(recorded);
        }
    }

    /// Something happened to a connection.
    pub fn event(&mut self, id: &str, event: &Event) {
        if let Some(capture) = &mut self.capture {
            let recorded = capture.event(id, event);
            let _ = self.keep(recorded);
        }
    }

    /// The ends of the datagrams of `id` that come next.
    pub fn between(&mut self, id: &str, local: &Peer, peer: &Peer) {
        if let Some(capture) = &mut self.capture {
            capture.between(id, local, peer);
        }
    }

    /// What could not be recorded, if that is so.
    pub fn failure(&self) -> Option<Failure> {
        self.failed.as_ref().map(|error| Failure::message(Exit::OutputFailed, reason(error)))
    }

    /// Told when something could not be recorded.
    pub fn broke(&self) -> Rc<Notify> {
        self.broke.clone()
    }

    fn write(&mut self, id: &str, direction: Direction, elapsed: Duration, bytes: &[u8]) -> io::Result<()> {
        if let Some(file) = &mut self.transcript {
            self.line.clear();
            let record = transcript::Record {
                time: SystemTime::now(),
                offset: elapsed,
                id: id.into(),
                direction,
                bytes: bytes.into(),
            };
            record.write_to(&mut self.line)?;
            file.write_all(&self.line).map_err(|error| named("transcript", &error))?;
        }
        if let Some(dump) = &mut self.dump {
            self.line.clear();
            dump.dump.push(direction, bytes, &mut self.line);
            dump.dump.finish(&mut self.line);
            match &mut dump.target {
                None => io::stderr().write_all(&self.line),
                Some(file) => file.write_all(&self.line),
            }
            .map_err(|error| named("hex dump", &error))?;
        }
        if let Some(capture) = &mut self.capture {
            capture.record(id, direction, bytes)?;
        }
        if let Some(viewer) = &self.viewer {
            viewer.show(id, direction, elapsed, bytes).map_err(|error| named("view to stdout", &error))?;
        }
        if let Some((_, incoming, outgoing)) = &mut self.hashers {
            match direction {
                Direction::In => incoming.update(bytes),
                Direction::Out => outgoing.update(bytes),
            }
        }
        Ok(())
    }

    /// The digests of everything recorded so far.
    pub fn digests(&self) -> Option<Digests> {
        self.hashers.as_ref().map(|(kind, incoming, outgoing)| Digests {
            algorithm: match kind {
                HashKind::Sha256 => "sha256",
                HashKind::Blake3 => "blake3",
            },
            incoming: incoming.hex(),
            outgoing: outgoing.hex(),
        })
    }
}

/// The same failure, for the next who asks.
fn again(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}

/// A failure to write a record, under its name.
pub fn named(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write the {what}: {}", reason(error)))
}

/// Whether stdout is meant.
pub fn names_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Begins a file of records; `-` is stdout, where [`RecorderOptions::share_stdout`] has found it free.
///
/// # Errors
/// A file that cannot be written: status 23.
pub fn create(path: impl AsRef<Path>) -> Result<File, Failure> {
    let path = path.as_ref();
    if names_stdout(path) {
        return match sys::stdout_was_closed() {
            true => Err(report::no_stdout()),
            false => {
                let stdout = io::stdout().as_fd().try_clone_to_owned();
                stdout.map(File::from).map_err(|error| unwritable(Path::new("stdout"), &error))
            }
        };
    }
    File::create(path).map_err(|error| unwritable(path, &error))
}

/// The failure of a file that cannot be written.
pub fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::message(Exit::OutputFailed, format!("cannot write {}: {}", path.display(), reason(error)))
}
