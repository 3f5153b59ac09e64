//! Sends what one client says to all the others (`--broker`), with the speaker's name before each line (`--chat`).

use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::outbox::Outbox;
use super::room::{Member, Room};
use super::{Client, Closing, LINGER, Surroundings, Verdict, Watcher, within};
use crate::event::{Direction, Event};
use crate::relay::{Blame, Lane, SETTLE, buffer};
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

/// How long the others wait for a client that has no room for what was said before it is disconnected.
const PATIENCE: Duration = Duration::from_secs(2);

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
    let speaker = Speaker { naming, name: client.id.clone(), line: Vec::new() };
    let seat = Seat { room, member, outbox };
    let closing = converse(bytes, speaker, seat, &client.id, watcher, around).await;
    room.leave(member);
    closing
}

/// What a client says, made ready for the others.
struct Speaker {
    naming: Naming,
    name: String,
    line: Vec<u8>,
}

impl Speaker {
    /// What the others get to hear of these bytes now; with names, whole lines.
    fn say(&mut self, bytes: &[u8], ended: bool) -> Rc<[u8]> {
        if self.naming == Naming::Anonymous {
            return bytes.into();
        }
        let mut named = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() >= LONGEST_LINE {
                self.say_line(&mut named);
            }
        }
        if ended {
            self.say_line(&mut named);
        }
        named.into()
    }

    fn say_line(&mut self, named: &mut Vec<u8>) {
        if self.line.is_empty() {
            return;
        }
        named.extend_from_slice(format!("<{}> ", self.name).as_bytes());
        named.append(&mut self.line);
        if !named.ends_with(b"\n") {
            named.push(b'\n');
        }
    }
}

/// What was said, and who had no room for it yet.
struct Untold {
    bytes: Rc<[u8]>,
    to: Vec<(Member, Rc<Outbox>)>,
    until: Instant,
}

/// One client among the others.
struct Seat<'a> {
    room: &'a Room,
    member: Member,
    outbox: Rc<Outbox>,
}

impl Seat<'_> {
    fn tell(&self, bytes: Rc<[u8]>) -> Option<Untold> {
        let to = if bytes.is_empty() { Vec::new() } else { self.room.tell_others(&bytes, Some(self.member)) };
        (!to.is_empty()).then(|| Untold { bytes, to, until: Instant::now() + PATIENCE })
    }

    /// How many members were given up; never when there is nobody left to tell.
    async fn tell_slow(&self, untold: &mut Option<Untold>) -> usize {
        match untold {
            Some(untold) => self.room.tell_slow(&untold.bytes, &mut untold.to, untold.until).await,
            None => std::future::pending().await,
        }
    }
}

/// Reads and writes at the same time, so that a client that only talks and one that only listens are both served. What a client
/// says is not read on while others have no room for it.
async fn converse(
    bytes: &mut Bytes,
    mut speaker: Speaker,
    seat: Seat<'_>,
    id: &str,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
) -> Closing {
    let mut incoming = around.lane(Direction::In, id, &**watcher);
    let mut outgoing = around.lane(Direction::Out, id, &**watcher);
    let (outbox, mut hears) = (&seat.outbox, true);
    let mut untold: Option<Untold> = None;
    enum Turn {
        Heard(std::io::Result<(Vec<u8>, usize)>),
        ToSay(Option<Rc<[u8]>>),
        Told { given_up: usize },
        GivenUp,
        Settled,
        Idle,
    }
    while hears || untold.is_some() {
        let next = async {
            tokio::select! {
                heard = buffer::read(bytes, buffer::SMALLEST), if hears && untold.is_none() => Turn::Heard(heard),
                given_up = seat.tell_slow(&mut untold) => Turn::Told { given_up },
                say = outbox.next() => Turn::ToSay(say),
                () = outbox.is_abandoned() => Turn::GivenUp,
                () = tokio::time::sleep(SETTLE), if incoming.is_holding() && untold.is_none() => Turn::Settled,
            }
        };
        match within(around.idle, next).await.unwrap_or(Turn::Idle) {
            Turn::Idle => return Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle },
            Turn::GivenUp | Turn::ToSay(None) => return deaf(bytes),
            Turn::Heard(Err(error)) => return Closing::failed(&error, Blame::Receiving),
            Turn::Heard(Ok((held, count))) => {
                hears = count > 0;
                let heard = incoming.receive(held.get(..count).unwrap_or_default(), !hears);
                let heard = heard.map(|heard| speaker.say(&heard, !hears));
                buffer::give_back(held);
                match heard {
                    Ok(said) => untold = seat.tell(said),
                    Err(error) => return Closing::failed(&error, Blame::Recording),
                }
                if !hears {
                    incoming.ended();
                }
            }
            Turn::Settled => match incoming.settle() {
                Ok(held) => untold = seat.tell(speaker.say(&held, false)),
                Err(error) => return Closing::failed(&error, Blame::Recording),
            },
            Turn::Told { given_up } => {
                untold = None;
                if given_up > 0 {
                    let message = "a client that does not read was disconnected".to_owned();
                    around.report.event(id, &Event::Error { message });
                }
            }
            Turn::ToSay(Some(message)) => match say(bytes, &message, outbox, &mut outgoing).await {
                None => return deaf(bytes),
                Some(Err(error)) => return Closing::failed(&error, Blame::Sending),
                Some(Ok(())) => outbox.sent(message.len()),
            },
        }
    }
    farewell(bytes, outbox, &mut outgoing).await
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
        buffer::send(bytes, &converted, outgoing).await
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
