//! `--on-open`: a shell command that is run when a connection stands, with the socket's ID as its first argument. Its output goes
//! to stderr, since stdout is for data and handles.

use std::process::{Command, Stdio};

use super::context::Context;
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::service::program::status_number;
use crate::sys;

/// The command, ready to be started.
///
/// # Errors
/// There are no descriptors left.
pub fn shell(command: &str, id: &str, environment: Vec<(String, String)>) -> Result<Command, Failure> {
    sys::seal_descriptors();
    let stderr = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3);
    let stderr = stderr.map_err(|error| failed(command, &error.into()))?;
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(format!("{command} \"$@\"")).arg("netverb").arg(id);
    shell.stdin(Stdio::null()).stdout(Stdio::from(stderr)).envs(environment);
    Ok(shell)
}

/// The failure of a command that cannot be started.
pub fn failed(command: &str, error: &std::io::Error) -> Failure {
    Failure::message(Exit::Usage, format!("cannot run --on-open {command:?}: {}", reason(error)))
}

/// Runs it to its end, for a socket that is kept by another process.
///
/// # Errors
/// It cannot be started.
pub fn run(command: &str, id: &str, environment: Vec<(String, String)>, context: &Context) -> Result<(), Failure> {
    let mut child = shell(command, id, environment)?.spawn().map_err(|error| failed(command, &error))?;
    let pid = child.id();
    context.reporter.event(id, &Event::ExecStarted { command: command.to_owned(), pid });
    if let Ok(status) = child.wait() {
        context.reporter.event(id, &Event::ExecExited { pid, status: status_number(status) });
    }
    Ok(())
}
