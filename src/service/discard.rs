//! Reads and drops what comes (RFC 863).

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use super::{Client, Closing, LINGER, Surroundings, Verdict, Watcher, within};
use crate::event::Direction;
use crate::message::Message;
use crate::quantity::Limit;
use crate::relay::{Blame, Lane, Side, buffer};
use crate::transport::Channel;

pub(super) async fn serve(client: &mut Client, watcher: &Rc<dyn Watcher>, around: &Surroundings) -> Closing {
    match &mut client.channel {
        Channel::Bytes(bytes) => {
            let mut lane = around.lane(Direction::In, &client.id, &**watcher);
            let closing = drain(bytes, &mut lane, around.idle).await;
            let _ = buffer::end(bytes).await;
            closing
        }
        Channel::Messages(messages) => {
            let mut message = Message::default();
            let mut lane = around.lane(Direction::In, &client.id, &**watcher);
            loop {
                lane.allowance().await;
                let received = within(around.idle, pin!(messages.receive(&mut message))).await;
                match received {
                    None => return idle(),
                    Some(Err(error)) => return Closing::failed(&error, Blame::Receiving),
                    Some(Ok(false)) => return Closing::clean("the client closed").with_farewell(messages),
                    Some(Ok(true)) => {
                        lane.spend(message.len());
                        if let Err(error) = around.note_message(Direction::In, messages.payload(&message), &**watcher) {
                            return Closing::failed(&error, Blame::Recording);
                        }
                    }
                }
            }
        }
    }
}

fn idle() -> Closing {
    Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle }
}

/// Reads to the end of data.
pub(super) async fn drain(side: &mut impl Side, lane: &mut Lane<'_>, idle_limit: Limit) -> Closing {
    let mut size = buffer::SMALLEST;
    loop {
        // What is not read yet holds the sender up, which is what a rate is for.
        let allowed = std::future::poll_fn(|cx| lane.poll_allowance(cx)).await.min(size);
        let read = within(idle_limit, pin!(buffer::read(side, allowed))).await;
        match read {
            None => return idle(),
            Some(Err(error)) => return Closing::failed(&error, Blame::Receiving),
            Some(Ok((held, count))) => {
                let recorded = lane.receive(held.get(..count).unwrap_or_default(), count == 0).map(|_| ());
                buffer::give_back(held);
                if let Err(error) = recorded {
                    return Closing::failed(&error, Blame::Recording);
                }
                if count == 0 {
                    lane.ended();
                    return Closing::clean("the client closed");
                }
                lane.spend(count);
                size = if count == size { (size * 2).min(buffer::LARGEST) } else { size };
            }
        }
    }
}

/// Reads to the end of data for a moment, so that closing does not reset the connection on unread data.
pub(super) async fn linger(side: &mut impl Side, lane: &mut Lane<'_>) {
    let _ = tokio::time::timeout(LINGER, drain(side, lane, Limit::After(Duration::from_secs(1)))).await;
}
