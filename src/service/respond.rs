//! Sends a fixed answer, ends its own direction, and reads what the client has to say. A message socket gets the answer to each
//! message.

use std::pin::pin;
use std::rc::Rc;

#[cfg(feature = "zmq")]
use super::requests::{self, Answer};
use super::{Client, Closing, Surroundings, Verdict, Watcher, discard, within};
use crate::event::Direction;
use crate::message::Message;
use crate::relay::{Blame, Lane, buffer};
use crate::transport::{Channel, Messages};

pub(super) async fn serve(
    client: &mut Client,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
    answer: &[u8],
) -> Closing {
    match &mut client.channel {
        Channel::Bytes(bytes) => {
            let mut outgoing = around.lane(Direction::Out, &client.id, &**watcher);
            let mut incoming = around.lane(Direction::In, &client.id, &**watcher);
            let sent = async {
                let answer = outgoing.convert(answer, true)?;
                buffer::send(bytes, &answer, &mut outgoing, around.idle).await?;
                outgoing.ended();
                buffer::end_within(bytes, around.idle).await
            };
            if let Err(error) = sent.await {
                return Closing::failed(&error, Blame::Sending);
            }
            discard::linger(bytes, &mut incoming).await;
            Closing::clean("answered")
        }
        #[cfg(feature = "zmq")]
        Channel::Messages(Messages::ZeroMq(_)) => requests::serve(client, watcher, around, Answer::Text(answer)).await,
        Channel::Messages(messages) => {
            let outgoing = around.lane(Direction::Out, &client.id, &**watcher);
            to_each(messages, watcher, around, outgoing, &Message::new(answer)).await
        }
    }
}

async fn to_each(
    messages: &Messages,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
    mut outgoing: Lane<'_>,
    answer: &Message,
) -> Closing {
    let mut question = Message::default();
    loop {
        let received = within(around.idle, pin!(messages.receive_for(&mut question, messages))).await;
        match received {
            None => return Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle },
            Some(Err(error)) => return Closing::failed(&error, Blame::Receiving),
            Some(Ok(false)) => return Closing::clean("the client closed").with_farewell(messages),
            Some(Ok(true)) => {}
        }
        outgoing.allowance().await;
        outgoing.spend(answer.len());
        if let Err(error) = messages.feed(answer).await {
            return Closing::failed(&error, Blame::Sending);
        }
        for (direction, message) in [(Direction::In, &question), (Direction::Out, answer)] {
            if let Err(error) = around.note_message(direction, message.bytes(), &**watcher) {
                return Closing::failed(&error, Blame::Recording);
            }
        }
    }
}
