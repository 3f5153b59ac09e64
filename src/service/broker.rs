//! Sends what one client says to all the others (`--broker`), with the speaker's name before each line (`--chat`).

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::outbox::{CAPACITY, Outbox};
use super::room::{Member, Room};
use super::voice::{Said, Unheard, Voice};
use super::{Client, Closing, LINGER, Surroundings, Verdict, Watcher, at_rate, within};
use crate::event::Event;
use crate::message::Message;
use crate::relay::Blame;

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
    let (member, outbox) = room.enter();
    let voice = Voice::new(&mut client.channel, &client.id, &**watcher, around);
    let speaker = Speaker { naming, name: client.id.clone(), line: Vec::new(), by_message: voice.has_messages() };
    let seat = Seat { room, member, outbox, patience: PATIENCE + at_rate(CAPACITY, around.rate) };
    let closing = converse(voice, speaker, seat, &client.id, around).await;
    room.leave(member);
    closing
}

/// What a client says, made ready for the others.
struct Speaker {
    naming: Naming,
    name: String,
    line: Vec<u8>,
    /// Whether it speaks in messages: a name stands before each, and none is cut or joined.
    by_message: bool,
}

impl Speaker {
    /// What the others get to hear of this now, if anything; with names, whole lines or messages.
    fn say(&mut self, said: Said) -> Option<Rc<Message>> {
        let Said { message, last: ended } = said;
        if self.by_message && ended {
            return None;
        }
        match (self.naming, self.by_message) {
            (Naming::Anonymous, false) => (!message.is_empty()).then(|| Rc::new(message)),
            (Naming::Anonymous, true) => Some(Rc::new(message)),
            (Naming::Named, true) => {
                let mut named = Message::new(format!("<{}> ", self.name).as_bytes());
                named.append(message.bytes());
                named.set_kind(message.kind());
                Some(Rc::new(named))
            }
            (Naming::Named, false) => self.lines(message.bytes(), ended).map(|lines| Rc::new(Message::new(&lines))),
        }
    }

    fn lines(&mut self, bytes: &[u8], ended: bool) -> Option<Vec<u8>> {
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
        (!named.is_empty()).then_some(named)
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
    message: Rc<Message>,
    to: Vec<(Member, Rc<Outbox>)>,
    until: Instant,
}

/// One client among the others.
struct Seat<'a> {
    room: &'a Room,
    member: Member,
    outbox: Rc<Outbox>,
    /// How long it waits for the others.
    patience: Duration,
}

impl Seat<'_> {
    fn tell(&self, message: Rc<Message>) -> Option<Untold> {
        let to = self.room.tell_others(&message, Some(self.member));
        (!to.is_empty()).then(|| Untold { message, to, until: Instant::now() + self.patience })
    }

    /// How many members were given up; never when there is nobody left to tell.
    async fn tell_slow(&self, untold: &mut Option<Untold>) -> usize {
        match untold {
            Some(untold) => self.room.tell_slow(&untold.message, &mut untold.to, untold.until).await,
            None => std::future::pending().await,
        }
    }
}

/// Reads and writes at the same time, so that a client that only talks and one that only listens are both served. What a client
/// says is not read on while others have no room for it.
async fn converse(
    mut voice: Voice<'_>,
    mut speaker: Speaker,
    seat: Seat<'_>,
    id: &str,
    around: &Surroundings,
) -> Closing {
    let (outbox, mut hears) = (&seat.outbox, true);
    let mut untold: Option<Untold> = None;
    enum Turn {
        Heard(Result<Said, Unheard>),
        ToSay(Option<Rc<Message>>),
        Told { given_up: usize },
        GivenUp,
        Idle,
    }
    while hears || untold.is_some() {
        let next = async {
            tokio::select! {
                heard = voice.hear(), if hears && untold.is_none() => Turn::Heard(heard),
                given_up = seat.tell_slow(&mut untold) => Turn::Told { given_up },
                say = outbox.next() => Turn::ToSay(say),
                () = outbox.is_abandoned() => Turn::GivenUp,
            }
        };
        let turn = within(around.idle, pin!(next)).await;
        match turn.unwrap_or(Turn::Idle) {
            Turn::Idle => return Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle },
            Turn::GivenUp | Turn::ToSay(None) => return deaf(&voice),
            Turn::Heard(Err(unheard)) => return Closing::failed(&unheard.error, unheard.blame),
            Turn::Heard(Ok(said)) => {
                hears = !said.last;
                untold = speaker.say(said).and_then(|said| seat.tell(said));
            }
            Turn::Told { given_up } => {
                untold = None;
                if given_up > 0 {
                    let message = "a client that does not read was disconnected".to_owned();
                    around.report.event(id, &Event::Error { message });
                }
            }
            Turn::ToSay(Some(message)) => match say(&mut voice, &message, outbox).await {
                None => return deaf(&voice),
                Some(Err(error)) => return Closing::failed(&error, Blame::Sending),
                Some(Ok(())) => outbox.sent(&message),
            },
        }
    }
    farewell(voice, outbox, around).await
}

/// Sends one message; `None` when the client was given up meanwhile.
async fn say(voice: &mut Voice<'_>, message: &Message, outbox: &Outbox) -> Option<std::io::Result<()>> {
    tokio::select! {
        sent = voice.say(message) => Some(sent),
        () = outbox.is_abandoned() => None,
    }
}

/// The client has said all it has to say: it gets what was meant for it until now, if it still hears.
async fn farewell(mut voice: Voice<'_>, outbox: &Outbox, around: &Surroundings) -> Closing {
    outbox.close();
    while let Some(message) = outbox.next().await {
        if !voice.has_half_close() {
            break;
        }
        let limit = LINGER + at_rate(message.len(), around.rate);
        match tokio::time::timeout(limit, say(&mut voice, &message, outbox)).await {
            Ok(Some(Ok(()))) => outbox.sent(&message),
            Ok(Some(Err(error))) => return Closing::failed(&error, Blame::Sending),
            Ok(None) | Err(_) => return deaf(&voice),
        }
    }
    voice.end().await;
    voice.closing()
}

fn deaf(voice: &Voice<'_>) -> Closing {
    voice.reset();
    Closing { reason: "the client does not read".to_owned(), verdict: Verdict::Failed(Blame::Sending) }
}
