//! `close`: the end of kept sockets.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use rustix::process::{Pid, Signal};
use serde_json::Value;

use super::context::Context;
use crate::address::SocketId;
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::{Keeper, Trouble, dial};
use crate::keeper::directory::Directory;
use crate::keeper::pidfd::Pidfd;
pub use crate::keeper::wire::Close;
use crate::output::human::Verbosity;

/// How long the end of a keeper's process is waited for.
const END: Duration = Duration::from_secs(3);

/// `close`, parsed.
#[derive(Debug)]
pub struct Options {
    /// Which sockets; none with `all`.
    pub ids: Vec<SocketId>,
    /// Whether all are meant.
    pub all: bool,
    /// How they end.
    pub how: Close,
    /// Whether a keeper that does not answer is killed.
    pub force: bool,
}

/// Runs the command. Each socket is tried and each failure told; the status is that of the first.
///
/// # Errors
/// A socket is not open; its keeper does not answer.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    let failures = match options.all {
        true => close_all(&context.place.look()?, options.how, options.force, context),
        false => options.ids.iter().filter_map(|id| close_one(id, options, context).err()).collect(),
    };
    in_order(failures, context)
}

/// Tells all failures but the last, which is left to the end of the run and has the status of the first.
///
/// # Errors
/// There is one.
pub fn in_order(mut failures: Vec<Failure>, context: &Context) -> Result<Exit, Failure> {
    let Some(last) = failures.pop() else { return Ok(Exit::Done) };
    let exit = failures.first().map_or(last.exit, |first| first.exit);
    for failure in &failures {
        context.reporter.failure(failure);
    }
    Err(Failure { exit, ..last })
}

fn close_one(id: &SocketId, options: &Options, context: &Context) -> Result<(), Failure> {
    let closed = dial(&context.place, id).and_then(|mut keeper| close(&mut keeper, options.how, context));
    match closed {
        Err(failure) if failure.exit == Exit::KeeperSilent && options.force => {
            let files = context.place.look()?.files(&id.key())?;
            kill(&files.socket, &id.handle())
        }
        closed => closed,
    }
}

/// Closes a socket, and tells of it where it was a connection.
fn close(keeper: &mut Keeper, how: Close, context: &Context) -> Result<(), Failure> {
    let told = context.reporter.shows(Verbosity::Verbose);
    let status = if told { keeper.status().ok() } else { None };
    keeper.close(how)?;
    if let Some((id, event)) = status.and_then(|status| closed(&status, how)) {
        context.reporter.event(&id, &event);
    }
    Ok(())
}

/// The event of the end of a connection that stood, by its last status.
fn closed(status: &Value, how: Close) -> Option<(String, Event)> {
    let text = |field: &str| status.get(field).and_then(Value::as_str).map(str::to_owned);
    let count = |field: &str| status.get(field).and_then(Value::as_u64).unwrap_or_default();
    if text("kind")? != "connection" {
        return None;
    }
    let reason = match how {
        Close::Graceful => "closed here",
        Close::Reset => "reset here",
    };
    let event = Event::Closed {
        peer: text("peer")?,
        local: text("local")?,
        bytes_in: count("bytes_in"),
        bytes_out: count("bytes_out"),
        code: None,
        reason: text("ended").unwrap_or_else(|| reason.to_owned()),
    };
    Some((text("id")?, event))
}

/// Closes everything in a directory, and waits for the ends of the keepers. What comes back are the failures: keepers that
/// do not answer, unless they are to be killed.
#[must_use]
pub fn close_all(directory: &Directory, how: Close, force: bool, context: &Context) -> Vec<Failure> {
    let mut closing: Vec<Keeper> = Vec::new();
    let mut failures = Vec::new();
    for entry in directory.entries() {
        let shown = entry.written().or_else(|| entry.key.clone());
        let (shown, socket) = (shown.unwrap_or_else(|| entry.socket.display().to_string()), entry.socket);
        let mut keeper = match Keeper::dial(&socket, &shown) {
            Ok(keeper) => keeper,
            // Left behind by a keeper that was killed.
            Err(Trouble::NotOpen(_)) => {
                remove_stale(&socket);
                continue;
            }
            Err(trouble) => {
                let killed = if force { kill(&socket, &shown) } else { Err(trouble.into()) };
                failures.extend(killed.err());
                continue;
            }
        };
        match close(&mut keeper, how, context) {
            Ok(()) => closing.push(keeper),
            Err(_) if force => failures.extend(kill(&socket, &shown).err()),
            Err(failure) => failures.push(failure),
        }
    }
    let begun = Instant::now();
    for mut keeper in closing {
        let left = END.saturating_sub(begun.elapsed()).max(Duration::from_millis(1));
        if !keeper.wait_for_end(left)
            && force
            && let Some(pid) = keeper.pid().and_then(Pid::from_raw)
        {
            kill_process(pid);
        }
    }
    failures
}

/// Removes a socket that nobody listens on, under its lock, so that no new keeper loses its own.
fn remove_stale(socket: &Path) {
    let free = match std::fs::File::options().write(true).open(socket.with_extension("lock")) {
        Ok(lock) => rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok(),
        // The numbered connection of a listener has none.
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if free && !Keeper::is_there(socket) {
        let _ = std::fs::remove_file(socket);
    }
}

/// Kills a keeper that does not answer. The system knows who listens on the socket; the keeper need not say it.
fn kill(socket: &Path, id: &str) -> Result<(), Failure> {
    let silent = || Failure::from(Trouble::Silent(id.to_owned()));
    let connected = std::os::unix::net::UnixStream::connect(socket);
    let Ok(connected) = connected else {
        remove_stale(socket);
        return Ok(());
    };
    let peer = rustix::net::sockopt::socket_peercred(&connected).map_err(|_| silent())?;
    if peer.uid != rustix::process::geteuid() {
        return Err(Trouble::Foreign { id: id.to_owned(), owner: peer.uid.as_raw() }.into());
    }
    kill_process(peer.pid);
    remove_stale(socket);
    Ok(())
}

/// Kills a process and waits until it is gone.
fn kill_process(pid: Pid) {
    let Ok(process) = Pidfd::open(pid) else { return };
    if process.send(Signal::KILL).is_ok() {
        process.ends_within(END);
    }
}
