//! Starting a keeper: the program runs itself again, under a hidden verb, with nothing of ours but one pipe.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec};
use serde_json::Value;

use super::directory::Directory;
use super::wire::{Decoder, Response};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::quantity::Limit;
use crate::sys;

/// The hidden verb.
pub const VERB: &str = "__keeper";

/// The most that a keeper says when it is ready, in bytes.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Starts a keeper for the command line `words`, the program's name left out, and waits until its socket is ready; its
/// status comes back.
///
/// # Errors
/// Why it is not; then there is no keeper.
pub fn launch(directory: &Directory, words: &[OsString], deadline: Limit) -> Result<Value, Failure> {
    let failed = |error: std::io::Error| {
        Failure::message(Exit::KeeperSilent, format!("cannot start a keeper: {}", reason(&error)))
    };
    // None of the descriptors that were leaked to us reaches it: whoever waits for their end would wait for the keeper.
    sys::seal_descriptors();
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.arg0("netverb").arg(VERB).arg(directory.path()).args(words);
    command.stdin(Stdio::null()).stdout(OwnedFd::from(writer)).stderr(Stdio::null());
    let mut child = command.spawn().map_err(failed)?;
    // Our copy of the writing end goes with the command, so that the end of the keeper is the end of the pipe.
    drop(command);
    if !speaks(&reader, deadline).map_err(failed)? {
        let _ = child.kill();
        let _ = child.wait();
        return Err(Failure::message(Exit::TimedOut, "timed out: the deadline of the command has passed"));
    }
    let mut bytes = Vec::new();
    reader.take(LONGEST_ANSWER).read_to_end(&mut bytes).map_err(failed)?;
    let mut decoder = Decoder::new();
    decoder.push(&bytes);
    match decoder.next_frame().ok().flatten().map(Response::decode) {
        Some(Ok(Response::Status(status))) => Ok(status),
        Some(Ok(Response::Failed { status, message, hints })) => {
            Err(hints.into_iter().fold(Failure::message(Exit::from_status(status), message), Failure::hint))
        }
        _ => Err(Failure::message(Exit::KeeperSilent, "the keeper ended before its socket was ready")),
    }
}

/// Waits until the keeper has said something, or ended.
fn speaks(pipe: &impl AsFd, deadline: Limit) -> std::io::Result<bool> {
    let end = deadline.deadline(Instant::now());
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match rustix::event::poll(&mut [PollFd::new(pipe, PollFlags::IN)], left.as_ref()) {
            Ok(count) => return Ok(count > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The other end of the pipe, in the keeper.
pub struct Readiness(std::fs::File);

impl Readiness {
    /// Takes the pipe from stdout, which becomes /dev/null as the other standard streams are.
    ///
    /// # Errors
    /// What the system says.
    pub fn take() -> std::io::Result<Self> {
        let pipe = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
        let nothing = std::fs::File::options().read(true).write(true).open("/dev/null")?;
        rustix::stdio::dup2_stdin(&nothing)?;
        rustix::stdio::dup2_stdout(&nothing)?;
        rustix::stdio::dup2_stderr(&nothing)?;
        Ok(Readiness(pipe.into()))
    }

    /// Says how it went.
    ///
    /// # Errors
    /// Nobody waits for it any more.
    pub fn tell(mut self, response: &Response<'_>) -> std::io::Result<()> {
        let mut frame = Vec::new();
        response.encode(&mut frame).map_err(std::io::Error::other)?;
        self.0.write_all(&frame)
    }
}
