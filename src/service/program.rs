//! Joins a program to a connection: `-e` runs a command line without a shell, `-c` hands it to `/bin/sh -c`.
//!
//! Where nothing has to look at the bytes the program gets the socket itself as its stdin and stdout; otherwise two pipes
//! and a relay.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::process::Child;

#[cfg(feature = "zmq")]
use super::requests::{self, Answer};
use super::{Client, Closing, Surroundings, Verdict, Watcher, discard};
use crate::event::{Direction, Event};
use crate::failure::reason;
use crate::quantity::Limit;
use crate::relay::{self, Blame, End, Observer, Rules, Side, Waiting, buffer};
use crate::sys;
use crate::transport::descriptor::Disconnect;
use crate::transport::{Bytes, Channel, Descriptor, Messages};

/// How long a program may take to end after its connection is gone and SIGHUP was sent.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// How long a program may be silent after the close of a socket that has no half-close.
const UNANSWERED: Duration = Duration::from_secs(1);

/// The statuses of a program that could not be run, as shells, env(1) and nohup(1) have them (POSIX).
const NOT_FOUND: u8 = 127;
const NOT_STARTED: u8 = 126;

/// Whether the terminal's signals reach the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// It shares our process group: Ctrl-C reaches both.
    Shared,
    /// It leads a group of its own, which is hung up as a whole when the client is gone.
    Own,
}

/// A program to join to connections.
#[derive(Debug, Clone)]
pub struct Command {
    /// As the user wrote it.
    pub text: String,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Its process group.
    pub group: Group,
}

/// Why a command line cannot be run.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CommandError {
    /// A quote is not closed.
    #[error("{0:?} has a quote that is not closed; close it or use -c for a shell")]
    Quote(String),
    /// There is no word in it.
    #[error("the command is empty; type a program and its arguments")]
    Empty,
}

impl Command {
    /// A command line that is split at blanks, quotes respected, and run without a shell.
    ///
    /// # Errors
    /// An open quote, or no word at all.
    pub fn direct(text: &str, group: Group) -> Result<Self, CommandError> {
        let argv = shell_words::split(text).map_err(|_| CommandError::Quote(text.to_owned()))?;
        if argv.is_empty() {
            return Err(CommandError::Empty);
        }
        Ok(Command { text: text.to_owned(), argv, group })
    }

    /// A command line for `/bin/sh -c`.
    ///
    /// # Errors
    /// When it is empty.
    pub fn shell(text: &str, group: Group) -> Result<Self, CommandError> {
        if text.trim().is_empty() {
            return Err(CommandError::Empty);
        }
        let argv = ["/bin/sh", "-c", text].map(str::to_owned).to_vec();
        Ok(Command { text: text.to_owned(), argv, group })
    }

    /// Starts the program with these streams; it is killed when the [`Child`] is dropped.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, client: &Environment, stdin: Stdio, stdout: Stdio) -> io::Result<Child> {
        let mut command = self.prepare(client)?;
        command.stdin(stdin).stdout(stdout);
        tokio::process::Command::from(command).spawn()
    }

    /// The process that is about to be started, but for its streams.
    ///
    /// # Errors
    /// When there is no program.
    pub(super) fn prepare(&self, client: &Environment) -> io::Result<std::process::Command> {
        let (program, arguments) = self.argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = std::process::Command::new(program);
        command.args(arguments).envs(client.variables());
        for passed in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET"] {
            command.env_remove(passed);
        }
        if self.group == Group::Own {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        sys::seal_descriptors();
        crate::limits::give_original_descriptor_limit(&mut command);
        Ok(command)
    }
}

/// What a program is told about its connection.
#[derive(Debug, Clone)]
pub struct Environment {
    id: String,
    proto: &'static str,
    peer: crate::address::Peer,
    local: crate::address::Peer,
    tls: Vec<(String, String)>,
}

impl Environment {
    /// About a peer without a connection.
    pub fn new(id: &str, proto: &'static str, peer: &crate::address::Peer, local: &crate::address::Peer) -> Self {
        Environment { id: id.to_owned(), proto, peer: peer.clone(), local: local.clone(), tls: Vec::new() }
    }

    /// About this connection.
    pub fn of(id: &str, channel: &Channel) -> Self {
        Environment {
            id: id.to_owned(),
            proto: channel.transport(),
            peer: channel.peer().clone(),
            local: channel.local().clone(),
            tls: match channel {
                Channel::Bytes(bytes) => bytes.environment(),
                Channel::Messages(messages) => messages.environment(),
            },
        }
    }

    /// The variables that the manual promises.
    pub fn variables(&self) -> Vec<(String, String)> {
        let addresses = [
            ("NETVERB_ID", self.id.clone()),
            ("NETVERB_PROTO", self.proto.to_owned()),
            ("NETVERB_PEER", self.peer.to_string()),
            ("NETVERB_LOCAL", self.local.to_string()),
            ("REMOTE_ADDR", self.peer.ip_text()),
            ("REMOTE_PORT", self.peer.port_text()),
            ("LOCAL_ADDR", self.local.ip_text()),
            ("LOCAL_PORT", self.local.port_text()),
        ];
        addresses.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(self.tls.iter().cloned()).collect()
    }
}

pub(super) async fn serve(
    client: &mut Client,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
    command: &Command,
) -> Closing {
    let environment = Environment::of(&client.id, &client.channel);
    let bytes = match &mut client.channel {
        Channel::Bytes(bytes) => bytes,
        #[cfg(feature = "zmq")]
        Channel::Messages(Messages::ZeroMq(_)) => {
            return requests::serve(client, watcher, around, Answer::Program(command)).await;
        }
        Channel::Messages(messages) => {
            let joined = through_pipes(Other::Messages(messages), &client.id, &environment, watcher, around, command);
            return match joined.await {
                Ok((closing, _)) => closing,
                Err(error) => not_run(&error, &client.id, around, command),
            };
        }
    };
    let joined = match bytes.plain() {
        Some(socket) if !around.looks_at(&client.id, &**watcher) => match socket.duplicate_blocking() {
            Ok(socket) => directly(&client.id, socket, &environment, around, command).await,
            Err(error) => Err(error),
        },
        _ => through_pipes(Other::Bytes(bytes), &client.id, &environment, watcher, around, command).await,
    };
    match joined {
        Ok((closing, Output::Whole)) => {
            // What the client sent and the program did not read would turn the close into a reset, and could cost the client
            // the end of the answer.
            if let Err(error) = buffer::end_within(bytes, around.idle).await
                && let idle @ Closing { verdict: Verdict::Idle, .. } = Closing::failed(&error, Blame::Sending)
            {
                return idle;
            }
            discard::linger(bytes, &mut around.lane(Direction::In, &client.id, &**watcher)).await;
            closing
        }
        Ok((closing, Output::Elsewhere)) => closing,
        Err(error) => {
            bytes.socket().reset_on_close();
            not_run(&error, &client.id, around, command)
        }
    }
}

fn not_run(error: &io::Error, id: &str, around: &Surroundings, command: &Command) -> Closing {
    let reason = format!("cannot run {:?}: {}", command.text, reason(error));
    around.report.event(id, &Event::Error { message: reason.clone() });
    Closing { reason, verdict: Verdict::Program(unstarted(error)) }
}

/// The status of a program that could not be run, as a shell has it.
pub fn unstarted(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_STARTED }
}

/// What a program is joined to by a relay.
enum Other<'a> {
    Bytes(&'a mut Bytes),
    /// The program writes messages and reads them as `--split` says.
    Messages(&'a Messages),
}

/// What became of a program's output when it ended.
enum Output {
    /// All of it was written to the connection.
    Whole,
    /// The client is gone, or processes that the program left behind go on writing.
    Elsewhere,
}

/// The program reads and writes the socket itself.
async fn directly(
    id: &str,
    socket: OwnedFd,
    environment: &Environment,
    around: &Surroundings,
    command: &Command,
) -> io::Result<(Closing, Output)> {
    let watch = Disconnect::watch(socket.try_clone()?)?;
    let child = command.start(environment, Stdio::from(socket.try_clone()?), Stdio::from(socket))?;
    let mut child = Running::new(child, id, around, command);
    tokio::select! {
        status = child.wait() => {
            let output = if child.has_left_others() { Output::Elsewhere } else { Output::Whole };
            Ok((closing(status?), output))
        }
        () = watch.happened() => {
            let status = child.hang_up().await?;
            let closing = match closing(status) {
                Closing { verdict: Verdict::Clean, .. } => Closing::clean("the client closed"),
                other => other,
            };
            Ok((closing, Output::Elsewhere))
        }
    }
}

/// The program reads and writes pipes, and a relay joins them to the connection.
async fn through_pipes(
    other: Other<'_>,
    id: &str,
    environment: &Environment,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
    command: &Command,
) -> io::Result<(Closing, Output)> {
    let (their_stdin, our_writer) = io::pipe()?;
    let (our_reader, their_stdout) = io::pipe()?;
    let child = command.start(environment, Stdio::from(their_stdin), Stdio::from(their_stdout))?;
    let mut child = Running::new(child, id, around, command);
    let state = Rc::new(State::default());
    let mut pipes = Pipes {
        stdout: Descriptor::own_pipe(our_reader.into())?,
        stdin: Some(Descriptor::own_pipe(our_writer.into())?),
        state: state.clone(),
    };
    let told = Told { watcher: &**watcher, state: &state };
    let lanes = (around.lane(Direction::Out, id, &told), around.lane(Direction::In, id, &told));
    let rules = Rules { idle: around.idle, ..Rules::SYMMETRIC };
    let outcome = {
        let (pipes, report) = (&mut pipes, &*around.report);
        let relay = async move {
            let (outgoing, incoming) = lanes;
            match other {
                Other::Bytes(bytes) => relay::run(pipes, bytes, rules, outgoing, incoming, Waiting::Patient).await,
                Other::Messages(messages) => {
                    // After the close of a whole socket there is nobody to answer; one that goes on to answer is hung up.
                    let half_open = if messages.has_half_close() { rules.half_open } else { Limit::After(UNANSWERED) };
                    let rules = Rules { half_open, ..rules };
                    let split = around.split;
                    let patient = Waiting::Patient;
                    relay::messages::run(pipes, messages, rules, split, outgoing, incoming, report, patient).await
                }
            }
        };
        tokio::pin!(relay);
        loop {
            tokio::select! {
                outcome = &mut relay => break outcome,
                // What it wrote before it ended is still in the pipe.
                status = child.wait(), if !state.exited.get() => { status?; state.exited.set(true); }
            }
        }
    };
    drop(pipes);
    if outcome.end == End::Idle {
        // It may have said nothing for as long as it was silent, and would go on so.
        child.hang_up().await?;
        return Ok((Closing::from(outcome), Output::Elsewhere));
    }
    let gone =
        outcome.end == End::PeerClosed || outcome.fault.as_ref().is_some_and(|fault| fault.blame != Blame::Output);
    let status = if gone { child.hang_up().await? } else { child.wait().await? };
    match closing(status) {
        Closing { verdict: Verdict::Clean, .. } if gone => Ok((Closing::from(outcome), Output::Elsewhere)),
        closing if gone => Ok((closing, Output::Elsewhere)),
        closing => Ok((closing, Output::Whole)),
    }
}

fn closing(status: ExitStatus) -> Closing {
    match status_number(status) {
        0 => Closing::clean("the program ended"),
        number => {
            Closing { reason: format!("the program ended with status {number}"), verdict: Verdict::Program(number) }
        }
    }
}

/// A program's status as a shell shows it.
pub fn status_number(status: ExitStatus) -> u8 {
    let number = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(number).unwrap_or(255)
}

/// A program that was started, and the duty to report and to end it.
pub(super) struct Running<'a> {
    child: Child,
    pid: u32,
    id: &'a str,
    around: &'a Surroundings,
    group: Group,
    reported: bool,
}

impl<'a> Running<'a> {
    pub(super) fn new(child: Child, id: &'a str, around: &'a Surroundings, command: &Command) -> Self {
        let pid = child.id().unwrap_or(0);
        around.report.event(id, &Event::ExecStarted { command: command.text.clone(), pid });
        Running { child, pid, id, around, group: command.group, reported: false }
    }

    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        if !self.reported {
            self.reported = true;
            self.around.report.event(self.id, &Event::ExecExited { pid: self.pid, status: status_number(status) });
        }
        Ok(status)
    }

    /// The client is gone: the program is told so, and ended when it does not listen.
    pub(super) async fn hang_up(&mut self) -> io::Result<ExitStatus> {
        self.signal(rustix::process::Signal::HUP);
        if let Ok(status) = tokio::time::timeout(GRACE, self.wait()).await {
            return status;
        }
        self.signal(rustix::process::Signal::KILL);
        self.wait().await
    }

    /// Whether other processes of its group live on after it ended, such as those that a shell started with `&`.
    fn has_left_others(&self) -> bool {
        let group = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        self.group == Group::Own && group.is_some_and(|pid| rustix::process::test_kill_process_group(pid).is_ok())
    }

    fn signal(&self, signal: rustix::process::Signal) {
        // Once waited for, the number may belong to another process.
        let Some(pid) =
            self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw)
        else {
            return;
        };
        let _ = match self.group {
            Group::Own => rustix::process::kill_process_group(pid, signal),
            Group::Shared => rustix::process::kill_process(pid, signal),
        };
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::HUP);
    }
}

/// What the relay and the waiting for the program have to tell each other.
#[derive(Debug, Default)]
struct State {
    exited: Cell<bool>,
    drained: Cell<bool>,
}

/// Passes everything on and notes that the program's output is delivered.
struct Told<'a> {
    watcher: &'a dyn Watcher,
    state: &'a State,
}

impl Observer for Told<'_> {
    fn wants_bytes(&self) -> bool {
        self.watcher.wants_bytes()
    }

    fn wire(&self, direction: Direction, bytes: &[u8]) -> io::Result<()> {
        self.watcher.wire(direction, bytes)
    }

    fn moved(&self, direction: Direction, length: u64) {
        self.watcher.moved(direction, length);
    }

    fn ended(&self, direction: Direction) {
        if direction == Direction::Out {
            self.state.drained.set(true);
        }
        self.watcher.ended(direction);
    }
}

/// A program's stdin and stdout as a side of a relay.
struct Pipes {
    stdout: Descriptor,
    stdin: Option<Descriptor>,
    state: Rc<State>,
}

impl Side for Pipes {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.stdout.poll_read(cx, buffer)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(stdin) = &self.stdin else { return Poll::Ready(Ok(bytes.len())) };
        match stdin.poll_write(cx, bytes) {
            // A program that does not want more input is no failure; its output counts.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.stdin = None;
                Poll::Ready(Ok(bytes.len()))
            }
            other => other,
        }
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_end(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stdin = None;
        Poll::Ready(Ok(()))
    }

    fn poll_gone(&mut self, _: &mut Context<'_>) -> Poll<()> {
        if self.state.exited.get() && self.state.drained.get() { Poll::Ready(()) } else { Poll::Pending }
    }

    // Copied, not spliced: a refused write must not end the relay.
    fn source(&self) -> Option<&Descriptor> {
        None
    }

    fn sink(&self) -> Option<&Descriptor> {
        None
    }

    fn all_acknowledged(&self) -> bool {
        true
    }
}

impl AsFd for Pipes {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.stdout.as_fd()
    }
}
