//! Sends back what comes (RFC 862).

use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::presence::Presence;
use super::{Client, Closing, Surroundings, Verdict, Watcher, within};
use crate::event::Direction;
use crate::message::Message;
use crate::quantity::Limit;
use crate::relay::{Blame, SETTLE, Side, buffer};
use crate::transport::{Bytes, Channel, Messages};

pub(super) async fn serve(client: &mut Client, watcher: &Rc<dyn Watcher>, around: &Surroundings) -> Closing {
    match &mut client.channel {
        Channel::Bytes(bytes) => stream(bytes, watcher, around, &client.id).await,
        Channel::Messages(messages) => whole(messages, watcher, around, &client.id).await,
    }
}

async fn stream(bytes: &mut Bytes, watcher: &Rc<dyn Watcher>, around: &Surroundings, id: &str) -> Closing {
    let mut incoming = around.lane(Direction::In, id, &**watcher);
    let mut outgoing = around.lane(Direction::Out, id, &**watcher);
    let mut size = buffer::SMALLEST;
    loop {
        let settles = incoming.is_holding() && !matches!(around.idle, Limit::After(idle) if idle < SETTLE);
        let limit = if settles { Limit::After(SETTLE) } else { around.idle };
        let next = async {
            let allowed = incoming.allowance().await.min(size);
            read(bytes, allowed, &around.presence).await
        };
        let turn = within(limit, pin!(next)).await;
        let (held, count) = match turn {
            None if settles => {
                let sent = async {
                    let answer = outgoing.convert(&incoming.settle()?, false)?.into_owned();
                    buffer::send(bytes, &answer, &mut outgoing, around.idle).await
                };
                match sent.await {
                    Ok(()) => continue,
                    Err(error) => return Closing::failed(&error, Blame::Sending),
                }
            }
            None => return Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle },
            Some(Err(error)) => return Closing::failed(&error, Blame::Receiving),
            Some(Ok(read)) => read,
        };
        let ended = count == 0;
        incoming.spend(count);
        let sent = async {
            let received = incoming.receive(held.get(..count).unwrap_or_default(), ended)?;
            let answer = outgoing.convert(&received, ended)?;
            buffer::send_unflushed(bytes, &answer, &mut outgoing, around.idle).await
        };
        if let Err(error) = sent.await {
            return Closing::failed(&error, Blame::Sending);
        }
        size = if count == size { (size * 2).min(buffer::LARGEST / 4) } else { size };
        buffer::give_back(held);
        if ended {
            incoming.ended();
            if let Err(error) = buffer::end_within(bytes, around.idle).await
                && Closing::failed(&error, Blame::Sending).verdict == Verdict::Idle
            {
                return Closing::failed(&error, Blame::Sending);
            }
            outgoing.ended();
            return Closing::clean("the client closed");
        }
    }
}

/// Sends on what was handed over, and reads as soon as there is something. An echo is waited for: so is, for a moment, what its lone client sends next.
async fn read(bytes: &mut Bytes, size: usize, presence: &Presence) -> io::Result<(Vec<u8>, usize)> {
    std::future::poll_fn(|cx| {
        // What is held back on its way out holds up nobody.
        if let Poll::Ready(Err(error)) = bytes.poll_flush(cx) {
            return Poll::Ready(Err(error));
        }
        let read = buffer::poll_read(bytes, cx, size);
        match read.is_ready() {
            true => presence.moved(),
            false => presence.before_sleep(bytes.source()),
        }
        read
    })
    .await
}

async fn whole(messages: &mut Messages, watcher: &Rc<dyn Watcher>, around: &Surroundings, id: &str) -> Closing {
    let mut message = Message::default();
    let mut incoming = around.lane(Direction::In, id, &**watcher);
    loop {
        let next = async {
            incoming.allowance().await;
            messages.receive_for(&mut message, messages).await
        };
        let received = within(around.idle, pin!(next)).await;
        match received {
            None => return Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle },
            Some(Err(error)) => return Closing::failed(&error, Blame::Receiving),
            Some(Ok(false)) => return Closing::clean("the client closed").with_farewell(messages),
            Some(Ok(true)) => {}
        }
        incoming.spend(message.len());
        // Many that came together go together.
        if let Err(error) = messages.feed(&message).await {
            return Closing::failed(&error, Blame::Sending);
        }
        for direction in [Direction::In, Direction::Out] {
            if let Err(error) = around.note_message(direction, messages.payload(&message), &**watcher) {
                return Closing::failed(&error, Blame::Recording);
            }
        }
    }
}
