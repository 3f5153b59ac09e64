//! Answers each message of a ZeroMQ socket by itself: with a fixed text, or with what a program makes of it.

use std::rc::Rc;

use super::one_shot;
use super::program::{Command, Environment};
use super::{Client, Closing, Surroundings, Verdict, Watcher, within};
use crate::event::{Direction, Event};
use crate::failure::reason;
use crate::message::Message;
use crate::relay::Blame;
use crate::transport::zeromq::ZeroMq;
use crate::transport::{Channel, Messages};

/// Where answers come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer<'a> {
    /// The same for all.
    Text(&'a [u8]),
    /// What a program prints; the message is its stdin.
    Program(&'a Command),
}

/// Answers until the socket is at its end.
pub(super) async fn serve(
    client: &Client,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
    answer: Answer<'_>,
) -> Closing {
    let environment = Environment::of(&client.id, &client.channel);
    let Channel::Messages(messages @ Messages::ZeroMq(socket)) = &client.channel else { return Closing::clean("done") };
    let mut outgoing = around.lane(Direction::Out, &client.id, &**watcher);
    let (mut request, mut reply) = (Message::default(), Message::default());
    loop {
        match within(around.idle, messages.receive(&mut request)).await {
            None => return Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle },
            Some(Err(error)) => return Closing::failed(&error, Blame::Receiving),
            Some(Ok(false)) => return Closing::clean("the peers closed"),
            Some(Ok(true)) => {}
        }
        if let Err(error) = around.note_message(Direction::In, messages.payload(&request), &**watcher) {
            return Closing::failed(&error, Blame::Recording);
        }
        let (address, body) = address(&request, socket);
        // What a STREAM tells of who came and went is no request.
        if socket.kind().tells_arrivals() && body.is_empty() {
            continue;
        }
        reply.clear();
        for part in address {
            reply.append(part);
            reply.next_part();
        }
        match answer {
            Answer::Text(text) => reply.append(text),
            Answer::Program(command) => {
                let answer =
                    one_shot::answer(command, &environment, &client.id, &body, messages.limit(), &*around.report).await;
                match answer {
                    Ok(answer) => reply.append(&answer.output),
                    // Whoever asked waits for an answer all the same: it is empty.
                    Err(error) => {
                        let message = format!("cannot run {:?}: {}", command.text, reason(&error));
                        around.report.event(&client.id, &Event::Error { message });
                    }
                }
            }
        }
        outgoing.allowance().await;
        outgoing.spend(messages.payload(&reply).len());
        if let Err(error) = messages.send(&reply).await {
            return Closing::failed(&error, Blame::Sending);
        }
        if let Err(error) = around.note_message(Direction::Out, messages.payload(&reply), &**watcher) {
            return Closing::failed(&error, Blame::Recording);
        }
    }
}

/// The parts that lead the answer back, and the bytes that ask: for a router the name of the peer, and the envelope that ends
/// with an empty part, where there is one (RFC 28).
fn address<'a>(request: &'a Message, socket: &ZeroMq) -> (Vec<&'a [u8]>, Vec<u8>) {
    if !socket.kind().names_peers() {
        return (Vec::new(), request.bytes().to_vec());
    }
    let parts: Vec<&[u8]> = request.parts().collect();
    let delimiter = parts.iter().skip(1).position(|part| part.is_empty()).filter(|_| !socket.kind().tells_arrivals());
    let led = delimiter.map_or(1, |at| at + 2);
    let body = parts.iter().skip(led).copied().collect::<Vec<_>>().concat();
    (parts.into_iter().take(led).collect(), body)
}
