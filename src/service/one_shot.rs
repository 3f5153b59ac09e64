//! A program for one message: its stdin is the message, its stdout the answer.

use std::io;
use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::program::{Command, Environment, status_number};
use crate::event::{Event, Report};

/// What a program said to a message.
pub struct Answer {
    /// What it printed.
    pub output: Vec<u8>,
    /// How it ended, as a shell has it.
    pub status: u8,
}

/// Runs the program to its end and returns what it printed, one byte more than `most` at most.
///
/// # Errors
/// When it cannot be started, or its output not be read.
pub async fn answer(
    command: &Command,
    environment: &Environment,
    id: &str,
    message: &[u8],
    most: usize,
    report: &dyn Report,
) -> io::Result<Answer> {
    let mut child = command.start(environment, Stdio::piped(), Stdio::piped())?;
    let pid = child.id().unwrap_or(0);
    report.event(id, &Event::ExecStarted { command: command.text.clone(), pid });
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program need not read its input.
            let _ = stdin.write_all(message).await;
        }
    };
    let mut output = Vec::new();
    let read = async {
        match stdout {
            Some(stdout) => stdout.take(most as u64 + 1).read_to_end(&mut output).await,
            None => Ok(0),
        }
    };
    let ((), read) = tokio::join!(feed, read);
    read?;
    let status = status_number(child.wait().await?);
    report.event(id, &Event::ExecExited { pid, status });
    Ok(Answer { output, status })
}
