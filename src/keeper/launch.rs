//! Starting a keeper: the program runs itself again, under a hidden verb, with nothing of ours but pipes: for its words, its
//! answer, and what it says of itself until then.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
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
const LONGEST_ANSWER: usize = 1 << 20;

/// Starts a keeper for the command line `words`, the program's name left out, and waits until its socket is ready; its
/// status comes back. What it says of itself meanwhile goes to `heard`.
///
/// # Errors
/// Why it is not; then there is no keeper.
pub fn launch(
    directory: &Directory,
    words: &[OsString],
    deadline: Limit,
    heard: &mut dyn FnMut(&[u8]),
) -> Result<Value, Failure> {
    let failed = |error: std::io::Error| {
        Failure::message(Exit::KeeperSilent, format!("cannot start a keeper: {}", reason(&error)))
    };
    // None of the descriptors that were leaked to us reaches it: whoever waits for their end would wait for the keeper.
    sys::seal_descriptors();
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let (voice, said) = std::io::pipe().map_err(failed)?;
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.arg0("netverb").arg(VERB).arg(directory.path());
    command.stdin(Stdio::piped()).stdout(OwnedFd::from(writer)).stderr(OwnedFd::from(said));
    let mut child = command.spawn().map_err(failed)?;
    // Our copies of the writing ends go with the command, so that the end of the keeper is the end of the pipes.
    drop(command);
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends before it has read all says why.
        let _ = stdin.write_all(&joined(words));
    }
    let answer = listen(reader.into(), voice.into(), deadline, heard).map_err(failed)?;
    let Some(bytes) = answer else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(Failure::message(Exit::TimedOut, "timed out: the deadline of the command has passed"));
    };
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

/// Words as they pass through a pipe: others may see the arguments of a process, and some of these are secret.
fn joined(words: &[OsString]) -> Vec<u8> {
    words.iter().flat_map(|word| word.as_bytes().iter().copied().chain([0])).collect()
}

/// The words that this process was started with as a keeper.
///
/// # Errors
/// What the system says.
pub fn words() -> std::io::Result<Vec<OsString>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    let words = bytes.strip_suffix(b"\0").map(|bytes| bytes.split(|byte| *byte == 0));
    Ok(words.into_iter().flatten().map(|word| OsString::from_vec(word.to_vec())).collect())
}

/// Reads the answer of a keeper to its end, and passes on what it says of itself; `None`: the deadline came first.
fn listen(
    answer: OwnedFd,
    voice: OwnedFd,
    deadline: Limit,
    heard: &mut dyn FnMut(&[u8]),
) -> std::io::Result<Option<Vec<u8>>> {
    let end = deadline.deadline(Instant::now());
    let (mut answer, mut voice) = (std::fs::File::from(answer), Some(std::fs::File::from(voice)));
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        let mut watched = vec![PollFd::new(&answer, PollFlags::IN)];
        watched.extend(voice.as_ref().map(|voice| PollFd::new(voice, PollFlags::IN)));
        match rustix::event::poll(&mut watched, left.as_ref()) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let mut ready = watched.iter().map(|watched| !watched.revents().is_empty());
        let (answers, speaks) = (ready.next().unwrap_or(false), ready.next().unwrap_or(false));
        drop(ready);
        // What it says comes before the answer.
        if let Some(open) = voice.as_mut().filter(|_| speaks) {
            match open.read(&mut piece)? {
                0 => voice = None,
                count => heard(piece.get(..count).unwrap_or_default()),
            }
        } else if answers {
            let count = answer.read(&mut piece)?;
            bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
            if count == 0 || bytes.len() > LONGEST_ANSWER {
                return Ok(Some(bytes));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_keeper_says_is_heard_before_its_answer() {
        let (answer, mut answers) = std::io::pipe().unwrap();
        let (voice, mut says) = std::io::pipe().unwrap();
        answers.write_all(b"done").unwrap();
        says.write_all(b"connecting").unwrap();
        drop((answers, says));
        let mut heard = Vec::new();
        let bytes = listen(answer.into(), voice.into(), Limit::Never, &mut |text| heard.extend_from_slice(text));
        assert_eq!((bytes.unwrap().unwrap(), heard), (b"done".to_vec(), b"connecting".to_vec()));
        let (answer, _silent) = std::io::pipe().unwrap();
        let (voice, _speechless) = std::io::pipe().unwrap();
        let soon = Limit::After(std::time::Duration::from_millis(1));
        assert!(listen(answer.into(), voice.into(), soon, &mut |_| {}).unwrap().is_none());
    }
}
