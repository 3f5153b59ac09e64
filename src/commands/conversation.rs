//! Holds a conversation over the one connection of a run: steps, or a recorded peer. Shared by `open` and `accept`.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::context::Context;
use super::stream::{Shown, Streams};
use super::transcript_file;
#[cfg(feature = "tls")]
use crate::conversation::Upgrade;
use crate::conversation::steps::Performance;
use crate::conversation::{Part, Script, Step, Talk, replay};
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::quantity::Limit;
use crate::relay::Lane;
use crate::service::Client;
use crate::transport::{Bytes, Channel, Descriptor};

/// How long each wait of a conversation lasts at most, where `-w` does not say.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(10);

/// A conversation, parsed.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is said.
    pub text: Text,
    /// How long each wait lasts at most.
    pub wait: Limit,
    /// When the wait for the peer's end is over after the last step (`-q`).
    pub quit_after: Limit,
    /// Whether the peer learns of our end.
    pub half_close: bool,
}

/// Where it stands what is said.
#[derive(Debug, Clone)]
pub enum Text {
    /// On the command line.
    Steps(Vec<Step>),
    /// In a transcript (`--replay`).
    Recorded(PathBuf),
}

/// A conversation that can begin: files are open, transcripts read.
pub struct Prepared {
    act: Act,
    wait: Limit,
}

enum Act {
    Steps(Box<Performance>),
    Replay(Script, Part),
}

impl Options {
    /// Whether a step needs TLS to be prepared.
    #[cfg(feature = "tls")]
    pub fn starts_tls(&self) -> bool {
        matches!(&self.text, Text::Steps(steps) if steps.contains(&Step::StartTls))
    }

    /// Opens and reads what is needed, before anybody is connected to.
    ///
    /// # Errors
    /// A file that cannot be used: status 2.
    pub async fn prepare(
        &self,
        part: Part,
        #[cfg(feature = "tls")] upgrade: Option<Upgrade>,
    ) -> Result<Prepared, Failure> {
        let act = match &self.text {
            Text::Recorded(path) => Act::Replay(transcript_file::read(path)?, part),
            Text::Steps(steps) => {
                let mut files = VecDeque::new();
                for step in steps {
                    if let Step::SendFile(path) = step {
                        files.push_back(open(path).await?);
                    }
                }
                Act::Steps(Box::new(Performance {
                    steps: steps.clone(),
                    files,
                    #[cfg(feature = "tls")]
                    upgrade,
                    quit_after: match self.quit_after {
                        Limit::After(span) => Some(span),
                        Limit::Never => None,
                    },
                    half_close: self.half_close,
                }))
            }
        };
        Ok(Prepared { act, wait: self.wait })
    }
}

/// Opens a file of `--send-file`. A FIFO is waited for without holding up anything else.
async fn open(path: &Path) -> Result<Descriptor, Failure> {
    let failed = |error: &std::io::Error| {
        Failure::message(Exit::Usage, format!("cannot read --send-file {}: {}", path.display(), reason(error)))
    };
    if path == Path::new("-") {
        return Descriptor::stdin().map_err(|error| failed(&error));
    }
    let owned = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || File::open(owned)).await.map_err(std::io::Error::from);
    let file = opened.and_then(|file| file).map_err(|error| failed(&error))?;
    if file.metadata().is_ok_and(|facts| facts.is_dir()) {
        return Err(failed(&rustix::io::Errno::ISDIR.into()));
    }
    Descriptor::file(file).map_err(|error| failed(&error))
}

/// Holds the conversation to its end.
///
/// # Errors
/// The step, or the line of the transcript, that failed.
pub async fn run(prepared: Prepared, client: Client, streams: &Streams, context: &Context) -> Result<Exit, Failure> {
    let Client { id, channel, .. } = client;
    let (peer, local) = (channel.peer().to_string(), channel.local().to_string());
    let Channel::Bytes(bytes) = channel else {
        return Err(Failure::message(Exit::Unsupported, "steps and --replay need a stream of bytes, not messages"));
    };
    let around = streams.surroundings(Shown::ToConversation);
    let watcher = (around.watch)(&id);
    let held = match prepared.act {
        Act::Steps(performance) => {
            let outgoing = around.lane(Direction::Out, &id, &*watcher);
            let incoming = around.lane(Direction::In, &id, &*watcher);
            let mut talk = Talk::new(outgoing, incoming, prepared.wait);
            let mut printer = streams.printer()?;
            performance.run(bytes, &mut talk, &mut printer, &id, &*context.reporter).await
        }
        Act::Replay(script, part) => {
            let plain = |direction| Lane::new(direction, Vec::new(), None, &*watcher);
            let mut talk = Talk::new(plain(Direction::Out), plain(Direction::In), prepared.wait);
            play(&script, part, bytes, &mut talk, context).await
        }
    };
    if let (Err(failure), Limit::After(wait), true) = (&held, prepared.wait, context.json)
        && failure.exit == Exit::TimedOut
    {
        let limit = format!("the wait of {}", humantime::format_duration(wait));
        context.reporter.event(&id, &Event::Timeout { limit });
    }
    let reason = match &held {
        Ok(()) => "done".to_owned(),
        Err(failure) => failure.line(),
    };
    let (bytes_in, bytes_out) = watcher.totals();
    context.reporter.event(&id, &Event::Closed { peer, local, bytes_in, bytes_out, code: None, reason });
    held.map(|()| Exit::Done)
}

async fn play(
    script: &Script,
    part: Part,
    mut bytes: Bytes,
    talk: &mut Talk<'_>,
    context: &Context,
) -> Result<(), Failure> {
    replay::run(script, part, &mut bytes, talk, &*context.reporter).await
}
