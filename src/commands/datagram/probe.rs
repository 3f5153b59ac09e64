//! `datagram -z` and `open -z udp://…`: does anybody answer there? Open is 0, closed (ICMP) 7, silence 28.

use std::io::Write;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::super::context::Context;
use super::{From, failures};
use crate::address::SocketId;
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::quantity::Limit;
use crate::service::within;
use crate::transport::datagram::{DatagramOptions, DatagramSocket, Target};

/// How long an answer is waited for, where nothing is said.
pub const LIMIT: Duration = Duration::from_secs(2);

/// As long as it takes; shorter than what a clock can add.
pub const ENDLESS: Duration = Duration::from_secs(u64::MAX / 4);

/// How often the messages are sent: a datagram may get lost.
const TRIES: u32 = 3;

/// Sends the messages, several times within the limit, until an answer comes.
///
/// # Errors
/// Status 7 when nobody receives there, 28 when nobody answers.
pub async fn run(
    to: &SocketId,
    from: &From,
    messages: &[Vec<u8>],
    limit: Duration,
    options: &DatagramOptions,
    context: &Context,
) -> Result<Exit, Failure> {
    let (id, begun) = (to.handle(), Instant::now());
    let name = to.endpoint.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut ends = None;
    let result = async {
        let (socket, target) = super::open(to, from, options).await?;
        let (peer, local) = (socket.peer(&target).to_string(), socket.local().to_string());
        let transport = socket.transport();
        ends = Some((peer.clone(), local.clone()));
        context.reporter.event(&id, &Event::Connecting { peer: peer.clone() });
        context.reporter.event(&id, &Event::Connected { peer: peer.clone(), local: local.clone(), transport });
        let asking = answer(&socket, &target, messages, limit, (&id, &name), context);
        let answered = tokio::time::timeout(limit, asking).await;
        let answered = answered.unwrap_or_else(|_| {
            let text = format!("no answer from {name} within {}", humantime::format_duration(limit));
            Err(Failure::message(Exit::TimedOut, format!("{text}: open or filtered, nobody can tell"))
                .hint("a service that answers only to its own requests needs one: add it as DATA"))
        });
        let reason = answered.as_ref().map_or_else(Failure::line, |_| "probed".to_owned());
        let [bytes_in, bytes_out] = [Direction::In, Direction::Out].map(|way| context.reporter.total(way));
        context.reporter.event(&id, &Event::Closed { peer, local, bytes_in, bytes_out, code: None, reason });
        answered
    }
    .await;
    if context.json {
        let mut record = json!({"id": id, "open": result.is_ok(), "seconds": begun.elapsed().as_secs_f64()});
        if let (Some((peer, local)), Some(record)) = (ends, record.as_object_mut()) {
            record.insert("peer".to_owned(), peer.into());
            record.insert("local".to_owned(), local.into());
        }
        if let (Err(failure), Some(record)) = (&result, record.as_object_mut()) {
            record.insert("reason".to_owned(), failure.line().into());
            record.insert("status".to_owned(), failure.exit.status().into());
        }
        // A reader that is gone needs no report; the exit status says the same.
        let _ = writeln!(std::io::stdout(), "{record}");
    }
    result.map(|()| Exit::Done)
}

async fn answer(
    socket: &DatagramSocket,
    target: &Target,
    messages: &[Vec<u8>],
    limit: Duration,
    (id, name): (&str, &str),
    context: &Context,
) -> Result<(), Failure> {
    let mut inbox = socket.inbox();
    for attempt in 1..=TRIES {
        for message in messages {
            let sent = socket.send(target, message).await;
            sent.map_err(|error| failures::sending(name, &error))?;
            note(context, id, Direction::Out, message.len());
        }
        // The last one is waited for until the time is over.
        let pause = if attempt < TRIES { Limit::After(limit / TRIES) } else { Limit::Never };
        if let Some(received) = within(pause, socket.receive(&mut inbox)).await {
            received.map_err(|error| failures::receiving(name, &error))?;
            note(context, id, Direction::In, inbox.datagrams().next().map_or(0, <[u8]>::len));
            return Ok(());
        }
    }
    Ok(())
}

fn note(context: &Context, id: &str, direction: Direction, length: usize) {
    context.reporter.count(id, direction, length as u64);
    context.reporter.message(direction);
}
