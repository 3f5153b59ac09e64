//! `session`: sockets that end together.

use std::ffi::OsString;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::close::{close_all, in_order};
use super::context::Context;
use super::read::Output;
use super::sockets::listed;
use crate::address::SocketName;
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::keeper::client::Keeper;
use crate::keeper::directory::{Directory, DirectoryError, RUN_PREFIX};
use crate::keeper::pidfd::Pidfd;
use crate::keeper::wire::Close;
use crate::sys;

/// `session`, parsed.
#[derive(Debug)]
pub enum Options {
    /// Run a command; every socket that it kept is closed when it ends.
    Run(Vec<OsString>),
    /// Make a session.
    New(Option<SocketName>),
    /// List the sessions.
    List,
    /// Close every socket of a session.
    End(Option<SocketName>),
}

/// Runs the command.
///
/// # Errors
/// The session cannot be made or ended; the command cannot be run.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    let base = context.place.base()?;
    match options {
        Options::Run(words) => run_command(words, &base, context),
        Options::New(name) => {
            let name = match name {
                Some(name) if name.as_str().starts_with(RUN_PREFIX) => {
                    let text =
                        format!("{name} is a name of session run: choose one that does not begin with {RUN_PREFIX}");
                    return Err(Failure::message(Exit::Usage, text));
                }
                Some(name) => name.clone(),
                None => fresh("s-")?,
            };
            Directory::made(base.session(&name).path().to_owned())?;
            Output::open(None)?.write(format!("{name}\n").as_bytes())?;
            Ok(Exit::Done)
        }
        Options::List => {
            clear_away_orphans(&base);
            Output::open(None)?.write(listed("session", &base.sessions(), context).as_bytes())?;
            Ok(Exit::Done)
        }
        Options::End(name) => {
            let name = name.as_ref().or(context.place.session.as_ref()).ok_or_else(|| {
                Failure::message(Exit::Usage, "no session is named").hint("type: netverb session end NAME")
            })?;
            let directory = base.session(name);
            if !directory.path().exists() {
                return Err(DirectoryError::NoSession(name.to_string()).into());
            }
            let directory = Directory::given(directory.path().to_owned())?;
            let failures = close_all(&directory, Close::Graceful, true, context);
            directory.remove();
            in_order(failures, context)
        }
    }
}

/// Removes the sessions of `session run` that were killed before they could do it. Their keepers have seen that, too: one that
/// is still there keeps its session for now.
fn clear_away_orphans(base: &Directory) {
    let names = base.sessions().into_iter().filter(|name| name.starts_with(RUN_PREFIX));
    for name in names.filter_map(|name| SocketName::parse(&name).ok()) {
        let session = base.session(&name);
        // One that names no owner yet is being made.
        let owner = std::fs::read_to_string(session.owner_file()).ok();
        let owner = owner.and_then(|text| Pid::from_raw(text.trim().parse().ok()?));
        if owner.is_some_and(Pidfd::is_gone) && session.entries().iter().all(|entry| !Keeper::is_there(&entry.socket)) {
            session.remove();
        }
    }
}

/// A name that nobody has: the process and the time.
fn fresh(prefix: &str) -> Result<SocketName, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let text = format!("{prefix}{}-{:x}", std::process::id(), now.as_micros() & 0xffff_ffff);
    SocketName::parse(&text).map_err(|error| Failure::new(Exit::Usage, error))
}

/// A session that ends with this value, whatever happens.
struct Ending(Directory, Context);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = close_all(&self.0, Close::Graceful, true, &self.1);
        self.0.remove();
    }
}

fn run_command(words: &[OsString], base: &Directory, context: &Context) -> Result<Exit, Failure> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Failure::message(Exit::Usage, "the command is missing; type: netverb session run -- COMMAND"));
    };
    clear_away_orphans(base);
    let name = fresh(RUN_PREFIX)?;
    let directory = Directory::made(base.session(&name).path().to_owned())?;
    // Should this process be killed, the keepers see its end and end themselves.
    let owner = std::fs::write(directory.owner_file(), std::process::id().to_string());
    owner.map_err(|error| Failure::message(Exit::CannotBind, format!("cannot make a session: {}", reason(&error))))?;
    let ending = Ending(directory, context.clone());
    let watched = Watched::new()?;
    sys::seal_descriptors();
    let mut command = Command::new(program);
    command.args(arguments).env("NETVERB_SESSION", name.as_str()).env("NETVERB_SESSION_DIR", base.path());
    let child = command.spawn().map_err(|error| {
        // As a shell has it: not found, or not to be run.
        let status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
        let text = format!("cannot run {:?}: {}", program.display().to_string(), reason(&error));
        Failure::message(Exit::Program(status), text)
    })?;
    let status = watched.report(words, child, context)?;
    drop(ending);
    Ok(Exit::Program(status))
}

/// The signals that would end this process before it has ended the session.
pub(super) struct Watched {
    /// Sent by a terminal, which has sent them to the command as well.
    _terminal: UnixStream,
    terminate: UnixStream,
    hang_up: UnixStream,
}

impl Watched {
    /// Catches the signals from now on.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn new() -> Result<Self, Failure> {
        let made = || -> std::io::Result<Self> {
            let (terminal, one) = UnixStream::pair()?;
            signal_hook::low_level::pipe::register(SIGINT, one.try_clone()?)?;
            signal_hook::low_level::pipe::register(SIGQUIT, one)?;
            let (terminate, two) = UnixStream::pair()?;
            signal_hook::low_level::pipe::register(SIGTERM, two)?;
            let (hang_up, three) = UnixStream::pair()?;
            signal_hook::low_level::pipe::register(SIGHUP, three)?;
            Ok(Watched { _terminal: terminal, terminate, hang_up })
        };
        made().map_err(|error| Failure::message(Exit::Unsupported, format!("cannot catch signals: {}", reason(&error))))
    }

    /// Waits for the end of the command `words`, between the events of its beginning and end.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn report(&self, words: &[OsString], child: Child, context: &Context) -> Result<u8, Failure> {
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        let (command, pid) = (words.join(" "), child.id());
        context.reporter.event("", &Event::ExecStarted { command, pid });
        let status = self.wait(child)?;
        context.reporter.event("", &Event::ExecExited { pid, status });
        Ok(status)
    }

    /// Waits for the end of the command, and passes signals on to it.
    fn wait(&self, mut child: Child) -> Result<u8, Failure> {
        let failed = |error: std::io::Error| {
            Failure::message(Exit::Unsupported, format!("cannot wait for the command: {}", reason(&error)))
        };
        let process = Pidfd::open(Pid::from_child(&child)).map_err(failed)?;
        loop {
            let mut events = [
                PollFd::new(&process, PollFlags::IN),
                PollFd::new(&self.terminate, PollFlags::IN),
                PollFd::new(&self.hang_up, PollFlags::IN),
            ];
            match rustix::event::poll(&mut events, None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(failed(error.into())),
            }
            let [ended, terminated, hung_up] = events.map(|event| !event.revents().is_empty());
            if ended {
                let status = child.wait().map_err(failed)?;
                let signalled = status.signal().and_then(|number| u8::try_from(number).ok());
                let code = status.code().and_then(|code| u8::try_from(code).ok());
                return Ok(signalled.map_or(code.unwrap_or(255), |number| 128u8.saturating_add(number)));
            }
            for (came, pipe, signal) in
                [(terminated, &self.terminate, Signal::TERM), (hung_up, &self.hang_up, Signal::HUP)]
            {
                if came {
                    let mut bytes = [0u8; 16];
                    let _ = rustix::io::read(pipe.as_fd(), &mut bytes);
                    let _ = process.send(signal);
                }
            }
        }
    }
}
