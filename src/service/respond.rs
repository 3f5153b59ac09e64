//! Sends a fixed answer, ends its own direction, and reads what the client has to say.

use std::rc::Rc;

#[cfg(feature = "zmq")]
use super::requests::{self, Answer};
use super::{Client, Closing, Surroundings, Watcher, discard};
use crate::event::Direction;
use crate::message::Message;
use crate::relay::{Blame, buffer};
use crate::transport::Channel;
#[cfg(feature = "zmq")]
use crate::transport::Messages;

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
                buffer::send(bytes, &answer, &outgoing).await?;
                outgoing.ended();
                buffer::end(bytes).await
            };
            if let Err(error) = sent.await {
                return Closing::failed(&error, Blame::Sending);
            }
            discard::linger(bytes, &mut incoming).await;
            Closing::clean("answered")
        }
        #[cfg(feature = "zmq")]
        Channel::Messages(Messages::ZeroMq(_)) => requests::serve(client, watcher, around, Answer::Text(answer)).await,
        Channel::Messages(messages) => match messages.send(&Message::new(answer)).await {
            Ok(()) => {
                let _ = messages.end().await;
                match around.note_message(Direction::Out, answer, &**watcher) {
                    Ok(()) => Closing::clean("answered"),
                    Err(error) => Closing::failed(&error, Blame::Recording),
                }
            }
            Err(error) => Closing::failed(&error, Blame::Sending),
        },
    }
}
