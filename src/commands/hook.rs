//! `--on-open CMD`: a shell command that is told of a connection when it stands. What it writes goes to stderr, because stdout
//! belongs to the data. Not programs that are joined to a connection.

use std::process::{Command, ExitStatus, Stdio};

use super::context::Context;
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::service::Client;
use crate::service::program::{Environment, status_number};

/// Starts the hook beside a stream. When it ends is reported, and changes nothing.
///
/// # Errors
/// It cannot be started: status 2.
pub fn start(command: &str, client: &Client, context: &Context) -> Result<(), Failure> {
    let variables = Environment::of(&client.id, &client.channel).variables();
    let spawned = prepared(command, &client.id, variables)
        .and_then(|command| tokio::process::Command::from(command).spawn())
        .map_err(|error| not_run(command, &error))?;
    let pid = spawned.id().unwrap_or(0);
    context.reporter.event(&client.id, &Event::ExecStarted { command: command.to_owned(), pid });
    let (reporter, id, mut child) = (context.reporter.clone(), client.id.clone(), spawned);
    tokio::task::spawn_local(async move {
        if let Ok(status) = child.wait().await {
            reporter.event(&id, &exited(pid, status));
        }
    });
    Ok(())
}

/// Runs the hook of a kept socket to its end: who opened it goes on when both are done. Its status is reported, and changes
/// nothing.
///
/// # Errors
/// It cannot be started: status 2.
pub fn run(command: &str, id: &str, variables: Vec<(String, String)>, context: &Context) -> Result<(), Failure> {
    let spawned = prepared(command, id, variables).and_then(|mut command| command.spawn());
    let mut child = spawned.map_err(|error| not_run(command, &error))?;
    let pid = child.id();
    context.reporter.event(id, &Event::ExecStarted { command: command.to_owned(), pid });
    if let Ok(status) = child.wait() {
        context.reporter.event(id, &exited(pid, status));
    }
    Ok(())
}

/// The ID is the first argument of the command's last word.
fn prepared(command: &str, id: &str, variables: Vec<(String, String)>) -> std::io::Result<Command> {
    crate::sys::seal_descriptors();
    let stderr = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3)?;
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(format!("{command} \"$@\"")).arg("netverb").arg(id);
    shell.stdin(Stdio::null()).stdout(Stdio::from(stderr)).envs(variables);
    Ok(shell)
}

fn not_run(command: &str, error: &std::io::Error) -> Failure {
    Failure::message(Exit::Usage, format!("cannot run --on-open {command:?}: {}", reason(error)))
}

fn exited(pid: u32, status: ExitStatus) -> Event {
    Event::ExecExited { pid, status: status_number(status) }
}
