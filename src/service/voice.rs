//! A client as one who says something to others and hears them, whatever its transport: what a stream gives is said as it comes,
//! what a message socket gives message by message.

use std::borrow::Cow;
use std::io;

use super::{Closing, Surroundings, Watcher};
use crate::address::Peer;
use crate::event::{Direction, Report};
use crate::message::Message;
use crate::quantity::Limit;
use crate::relay::{Blame, Lane, SETTLE, buffer};
use crate::transport::{Bytes, Channel};

/// A client that talks and listens.
pub struct Voice<'a> {
    channel: &'a mut Channel,
    incoming: Lane<'a>,
    outgoing: Lane<'a>,
    report: &'a dyn Report,
    received: Message,
}

/// What a client said.
#[derive(Debug)]
pub struct Said {
    /// A piece of a stream, or a message.
    pub message: Message,
    /// Whether it has said all it has to say.
    pub last: bool,
}

/// The client cannot be heard any more.
#[derive(Debug)]
pub struct Unheard {
    /// Why.
    pub error: io::Error,
    /// Whose fault it is.
    pub blame: Blame,
}

impl<'a> Voice<'a> {
    /// The voice of the connection `id`.
    pub fn new(channel: &'a mut Channel, id: &str, watcher: &'a dyn Watcher, around: &'a Surroundings) -> Self {
        Voice {
            channel,
            incoming: around.lane(Direction::In, id, watcher),
            outgoing: around.lane(Direction::Out, id, watcher),
            report: &*around.report,
            received: Message::default(),
        }
    }

    /// What the client says next. Cancel-safe.
    ///
    /// # Errors
    /// A connection that breaks, a conversion or a record that fails.
    pub async fn hear(&mut self) -> Result<Said, Unheard> {
        let unheard = |blame| move |error| Unheard { error, blame };
        let converting = |error: io::Error| {
            let blame = if error.kind() == io::ErrorKind::InvalidData { Blame::Converting } else { Blame::Recording };
            Unheard { error, blame }
        };
        match self.channel {
            Channel::Bytes(bytes) => {
                let holding = self.incoming.is_holding();
                let (held, count) = tokio::select! {
                    read = read(bytes, &mut self.incoming) => read.map_err(unheard(Blame::Receiving))?,
                    () = tokio::time::sleep(SETTLE), if holding => {
                        let settled = self.incoming.settle().map_err(converting)?;
                        return Ok(Said { message: Message::new(&settled), last: false });
                    }
                };
                self.incoming.spend(count);
                let (piece, last) = (held.get(..count).unwrap_or_default(), count == 0);
                self.incoming.spend(count);
                let message = self.incoming.receive(piece, last).map(|heard| Message::new(&heard));
                buffer::give_back(held);
                if last {
                    self.incoming.ended();
                }
                Ok(Said { message: message.map_err(converting)?, last })
            }
            Channel::Messages(messages) => {
                self.incoming.allowance().await;
                if !messages.receive(&mut self.received).await.map_err(unheard(Blame::Receiving))? {
                    self.incoming.ended();
                    return Ok(Said { message: Message::default(), last: true });
                }
                self.report.message(Direction::In);
                self.incoming.spend(self.received.len());
                self.incoming.passed(self.received.bytes()).map_err(unheard(Blame::Recording))?;
                let message = convert(&mut self.incoming, &self.received).map_err(converting)?;
                Ok(Said { message: message.into_owned(), last: false })
            }
        }
    }

    /// Lets the client hear something.
    ///
    /// # Errors
    /// A connection that breaks, a conversion or a record that fails.
    pub async fn say(&mut self, message: &Message) -> io::Result<()> {
        match self.channel {
            Channel::Bytes(bytes) => {
                let converted = self.outgoing.convert(message.bytes(), false)?;
                buffer::send(bytes, &converted, &mut self.outgoing, Limit::Never).await
            }
            Channel::Messages(messages) => {
                let message = convert(&mut self.outgoing, message)?;
                self.outgoing.allowance().await;
                messages.send(&message).await?;
                self.outgoing.spend(message.len());
                self.report.message(Direction::Out);
                self.outgoing.passed(message.bytes())
            }
        }
    }

    /// Lets the client hear the end of data.
    pub async fn end(&mut self) {
        let _ = match self.channel {
            Channel::Bytes(bytes) => buffer::end(bytes).await,
            Channel::Messages(messages) => messages.end().await,
        };
        self.outgoing.ended();
    }

    /// Our end of its connection.
    pub fn local(&self) -> &Peer {
        self.channel.local()
    }

    /// Lets the end of the connection be a reset, where there is such a thing.
    pub fn reset(&self) {
        if let Channel::Bytes(bytes) = &self.channel {
            bytes.socket().reset_on_close();
        }
    }

    /// A clean end, with the client's farewell where it gave one.
    pub fn closing(&self) -> Closing {
        let closing = Closing::clean("the client closed");
        match &self.channel {
            Channel::Bytes(_) => closing,
            Channel::Messages(messages) => closing.with_farewell(messages),
        }
    }

    /// Whether the end of what the client hears leaves it free to say more.
    pub fn has_half_close(&self) -> bool {
        match &self.channel {
            Channel::Bytes(_) => true,
            Channel::Messages(messages) => messages.has_half_close(),
        }
    }

    /// Whether it says messages and not pieces of a stream.
    pub fn has_messages(&self) -> bool {
        matches!(self.channel, Channel::Messages(_))
    }
}

/// Reads as much as the rate of the lane allows.
async fn read(bytes: &mut Bytes, lane: &mut Lane<'_>) -> io::Result<(Vec<u8>, usize)> {
    let allowed = lane.allowance().await.min(buffer::SMALLEST);
    buffer::read(bytes, allowed).await
}

fn convert<'m>(lane: &mut Lane<'_>, message: &'m Message) -> io::Result<Cow<'m, Message>> {
    if lane.is_plain() {
        return Ok(Cow::Borrowed(message));
    }
    let mut converted = Message::new(&lane.convert(message.bytes(), true)?);
    converted.set_kind(message.kind());
    Ok(Cow::Owned(converted))
}
