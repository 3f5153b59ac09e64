//! A program for each datagram: its stdin is the datagram, its stdout the answer.

use std::process::Stdio;
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::callers::Caller;
use super::exchange::note;
use super::failures;
use crate::event::{Direction, Event};
use crate::failure::reason;
use crate::service::Surroundings;
use crate::service::program::{Command, Environment, status_number};
use crate::transport::datagram::DatagramSocket;

/// Runs the program and sends what it prints as one datagram; a program that prints nothing sends none.
pub async fn run(
    command: Rc<Command>,
    caller: Caller,
    socket: Rc<DatagramSocket>,
    datagram: Vec<u8>,
    around: Surroundings,
) {
    let complain = |message: String| around.report.event(&caller.id, &Event::Error { message });
    let answer = match answer(&command, &caller, &datagram, socket.max_payload(), socket.transport(), &around).await {
        Ok(answer) if answer.is_empty() => return,
        Ok(answer) if answer.len() > socket.max_payload() => {
            let most = socket.max_payload();
            return complain(format!(
                "{:?} printed more than the {most} bytes of a datagram; nothing was sent",
                command.text
            ));
        }
        Ok(answer) => answer,
        Err(error) => return complain(format!("cannot run {:?}: {}", command.text, reason(&error))),
    };
    let Some(target) = &caller.target else { return };
    let sent = socket.send(target, &answer).await;
    let noted = sent
        .map_err(|error| failures::sending(&caller.peer.to_string(), &error))
        .and_then(|()| note(&*caller.watcher, &*around.report, Direction::Out, &answer));
    if let Err(failure) = noted {
        complain(failure.line());
    }
    caller.last.set(tokio::time::Instant::now());
}

async fn answer(
    command: &Command,
    caller: &Caller,
    datagram: &[u8],
    most: usize,
    transport: &'static str,
    around: &Surroundings,
) -> std::io::Result<Vec<u8>> {
    let environment = Environment::new(&caller.id, transport, &caller.peer, &caller.local);
    let mut child = command.start(&environment, Stdio::piped(), Stdio::piped())?;
    let pid = child.id().unwrap_or(0);
    around.report.event(&caller.id, &Event::ExecStarted { command: command.text.clone(), pid });
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program need not read its input.
            let _ = stdin.write_all(datagram).await;
        }
    };
    let mut answer = Vec::new();
    let read = async {
        match stdout {
            Some(stdout) => stdout.take(most as u64 + 1).read_to_end(&mut answer).await,
            None => Ok(0),
        }
    };
    let ((), read) = tokio::join!(feed, read);
    read?;
    let status = status_number(child.wait().await?);
    around.report.event(&caller.id, &Event::ExecExited { pid, status });
    Ok(answer)
}
