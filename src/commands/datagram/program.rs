//! A program for each datagram: its stdin is the datagram, its stdout the answer.

use std::rc::Rc;

use super::callers::Caller;
use super::exchange::note;
use super::failures;
use crate::event::{Direction, Event};
use crate::failure::reason;
use crate::service::Surroundings;
use crate::service::one_shot::{Answer, answer};
use crate::service::program::{Command, Environment, unstarted};
use crate::transport::datagram::DatagramSocket;

/// Runs the program and sends what it prints as one datagram; a program that prints nothing sends none. Returns its status.
pub async fn run(
    command: Rc<Command>,
    caller: Caller,
    socket: Rc<DatagramSocket>,
    datagram: Vec<u8>,
    around: Surroundings,
) -> u8 {
    let complain = |message: String| around.report.event(&caller.id, &Event::Error { message });
    let environment = Environment::new(&caller.id, socket.transport(), &caller.peer, &caller.local);
    let most = socket.max_payload();
    let Answer { output, status } =
        match answer(&command, &environment, &caller.id, &datagram, most, &*around.report).await {
            Ok(answer) => answer,
            Err(error) => {
                complain(format!("cannot run {:?}: {}", command.text, reason(&error)));
                return unstarted(&error);
            }
        };
    if output.len() > most {
        complain(format!("{:?} printed more than the {most} bytes of a datagram; nothing was sent", command.text));
        return status;
    }
    let Some(target) = caller.target.as_ref().filter(|_| !output.is_empty()) else { return status };
    caller.last.set(tokio::time::Instant::now());
    if let Some(mishaps) = &caller.mishaps {
        mishaps.send(&socket, target, &output);
        mishaps.drained().await;
        return status;
    }
    let sent = socket.send(target, &output).await;
    let noted = sent
        .map_err(|error| failures::sending(&caller.peer.to_string(), &error))
        .and_then(|()| note(&*caller.watcher, &*around.report, Direction::Out, &output));
    if let Err(failure) = noted {
        complain(failure.line());
    }
    status
}
