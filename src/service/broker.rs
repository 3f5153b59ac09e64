//! Sends what one client says to all the others (`--broker`), with the speaker's name before each line (`--chat`).

use std::rc::Rc;

use super::outbox::Outbox;
use super::room::{Member, Room};
use super::{Client, Closing, LINGER, Surroundings, Verdict, Watcher, within};
use crate::event::{Direction, Event};
use crate::relay::{Blame, Lane, buffer};
use crate::transport::{Bytes, Channel};

/// Whether the others see who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// Bytes as they come.
    Anonymous,
    /// Whole lines, each after its speaker.
    Named,
}

/// A line that is longer than this is passed on in pieces.
const LONGEST_LINE: usize = 64 << 10;

pub(super) async fn serve(
    client: &mut Client,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
    room: &Rc<Room>,
    naming: Naming,
) -> Closing {
    let Channel::Bytes(bytes) = &mut client.channel else {
        return Closing::unsupported(&client.id, "a broker needs streams; message sockets are not supported", around);
    };
    let (member, outbox) = room.enter();
    let speaker = Speaker { room, member, naming, name: client.id.clone(), line: Vec::new(), around };
    let closing = converse(bytes, speaker, &outbox, &client.id, watcher, around).await;
    room.leave(member);
    closing
}

struct Speaker<'a> {
    room: &'a Rc<Room>,
    member: Member,
    naming: Naming,
    name: String,
    line: Vec<u8>,
    around: &'a Surroundings,
}

impl Speaker<'_> {
    fn say(&mut self, bytes: &[u8]) {
        if self.naming == Naming::Anonymous {
            return self.tell(bytes.into());
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() >= LONGEST_LINE {
                self.say_line();
            }
        }
    }

    fn say_line(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let mut named = format!("<{}> ", self.name).into_bytes();
        named.append(&mut self.line);
        if !named.ends_with(b"\n") {
            named.push(b'\n');
        }
        self.tell(named.into());
    }

    fn tell(&self, bytes: Rc<[u8]>) {
        if self.room.tell_others(&bytes, Some(self.member)) > 0 {
            let message = "a client that does not read was disconnected".to_owned();
            self.around.report.event(&self.name, &Event::Error { message });
        }
    }
}

/// Reads and writes at the same time, so that a client that only talks and one that only listens are both served.
async fn converse(
    bytes: &mut Bytes,
    mut speaker: Speaker<'_>,
    outbox: &Rc<Outbox>,
    id: &str,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
) -> Closing {
    let mut incoming = around.lane(Direction::In, id, &**watcher);
    let mut outgoing = around.lane(Direction::Out, id, &**watcher);
    enum Turn {
        Heard(std::io::Result<(Vec<u8>, usize)>),
        ToSay(Option<Rc<[u8]>>),
        GivenUp,
        Idle,
    }
    loop {
        let next = async {
            tokio::select! {
                heard = buffer::read(bytes, buffer::SMALLEST) => Turn::Heard(heard),
                say = outbox.next() => Turn::ToSay(say),
                () = outbox.is_abandoned() => Turn::GivenUp,
            }
        };
        match within(around.idle, next).await.unwrap_or(Turn::Idle) {
            Turn::Idle => return Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle },
            Turn::GivenUp | Turn::ToSay(None) => return deaf(bytes),
            Turn::Heard(Err(error)) => return Closing::failed(&error, Blame::Receiving),
            Turn::Heard(Ok((held, count))) => {
                let heard = incoming.receive(held.get(..count).unwrap_or_default(), count == 0);
                let heard = heard.map(|heard| speaker.say(&heard));
                buffer::give_back(held);
                if let Err(error) = heard {
                    return Closing::failed(&error, Blame::Recording);
                }
                if count == 0 {
                    speaker.say_line();
                    incoming.ended();
                    return farewell(bytes, outbox, &mut outgoing).await;
                }
            }
            Turn::ToSay(Some(message)) => match say(bytes, &message, outbox, &mut outgoing).await {
                None => return deaf(bytes),
                Some(Err(error)) => return Closing::failed(&error, Blame::Sending),
                Some(Ok(())) => outbox.sent(message.len()),
            },
        }
    }
}

/// Sends one message; `None` when the client was given up meanwhile.
async fn say(
    bytes: &mut Bytes,
    message: &[u8],
    outbox: &Outbox,
    outgoing: &mut Lane<'_>,
) -> Option<std::io::Result<()>> {
    let sending = async {
        let converted = outgoing.convert(message, false)?;
        buffer::write_all(bytes, &converted).await?;
        outgoing.written(&converted)
    };
    tokio::select! {
        sent = sending => Some(sent),
        () = outbox.is_abandoned() => None,
    }
}

/// The client has said all it has to say: it gets what was meant for it until now.
async fn farewell(bytes: &mut Bytes, outbox: &Outbox, outgoing: &mut Lane<'_>) -> Closing {
    outbox.close();
    while let Some(message) = outbox.next().await {
        match tokio::time::timeout(LINGER, say(bytes, &message, outbox, outgoing)).await {
            Ok(Some(Ok(()))) => outbox.sent(message.len()),
            Ok(Some(Err(error))) => return Closing::failed(&error, Blame::Sending),
            Ok(None) | Err(_) => return deaf(bytes),
        }
    }
    let _ = buffer::end(bytes).await;
    outgoing.ended();
    Closing::clean("the client closed")
}

fn deaf(bytes: &Bytes) -> Closing {
    bytes.socket().reset_on_close();
    Closing { reason: "the client does not read".to_owned(), verdict: Verdict::Failed(Blame::Sending) }
}
