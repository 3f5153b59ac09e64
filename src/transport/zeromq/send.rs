//! Which peers a message goes to, by the type of the socket (RFC 28 to 31).

use std::io;

use super::core::{Core, Ending, Exchange};
use super::kind::Kind;
use super::session::Session;
use crate::event::{Direction, Event};
use crate::message::Message;

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was taken.
    Taken,
    /// Not now.
    Full,
}

impl Core {
    /// Takes one message to send.
    ///
    /// # Errors
    /// What can never be sent.
    pub fn send(&mut self, message: &Message) -> io::Result<Sent> {
        self.check()?;
        self.sent = true;
        if !matches!(self.ending, Ending::Open) || (self.options.once && self.had_peer && self.is_alone()) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if let Some(refusal) = self.kind().refusal(Direction::Out) {
            return Err(io::Error::new(io::ErrorKind::Unsupported, refusal));
        }
        match self.kind() {
            Kind::Rep => return Ok(self.reply(message)),
            Kind::Req if !matches!(self.exchange, Exchange::Idle) || !self.backlog.is_empty() => return Ok(Sent::Full),
            _ => {}
        }
        if self.backlog.is_empty() && self.route(message) == Sent::Taken {
            return Ok(Sent::Taken);
        }
        // With nobody there yet, as much waits here as would wait for a peer.
        if !self.is_met() && self.backlog.len() < self.options.high_water {
            self.backlog.push_back(message.clone());
            return Ok(Sent::Taken);
        }
        Ok(Sent::Full)
    }

    /// Takes more messages of one part, as many as there is room for, where they all go to one peer.
    pub fn send_singles<'a>(&mut self, pieces: &mut impl Iterator<Item = &'a [u8]>) {
        let any_will_do = matches!(self.kind(), Kind::Pair | Kind::Push | Kind::Dealer);
        if !any_will_do || self.fatal.is_some() || !matches!(self.ending, Ending::Open) || !self.backlog.is_empty() {
            return;
        }
        if let [Some(session)] = self.peers.as_mut_slice()
            && session.is_ready()
        {
            session.put_singles(self.options.high_water, pieces);
        }
    }

    /// Whether there is somebody to send to, or was where nobody is waited for twice.
    fn is_met(&self) -> bool {
        match self.kind() {
            // Who publishes before the first subscriber is there would publish to nobody.
            Kind::Pub | Kind::XPub => self.had_subscriber,
            Kind::Router | Kind::Stream | Kind::XSub => self.had_peer,
            _ => self.sessions().any(Session::is_ready),
        }
    }

    /// Whether there is nobody to send to, and nobody about to be.
    pub fn has_nobody(&self) -> bool {
        !self.is_met() && self.sessions().all(|session| session.handshake_until().is_none())
    }

    /// Sends what was taken before there was anybody.
    pub fn send_backlog(&mut self) {
        while self.is_met() {
            let Some(message) = self.backlog.pop_front() else { return };
            if self.route(&message) == Sent::Full {
                self.backlog.push_front(message);
                return;
            }
        }
    }

    fn route(&mut self, message: &Message) -> Sent {
        if !self.is_met() {
            return Sent::Full;
        }
        match self.kind() {
            Kind::Pub | Kind::XPub => self.publish(message),
            Kind::Router | Kind::Stream => self.send_by_name(message),
            Kind::XSub => self.send_upwards(message),
            _ => self.send_in_turn(message),
        }
    }

    /// Why nothing more is taken at the moment, where that is not because of slow or absent peers.
    pub fn awaits(&self) -> Option<&'static str> {
        match (self.kind(), &self.exchange) {
            (Kind::Rep, Exchange::Idle) => {
                Some("a REP socket answers requests, and none was received that waits for it")
            }
            (Kind::Req, Exchange::Asked { .. }) => Some("a REQ socket waits for the reply before it asks again"),
            _ => None,
        }
    }

    /// To the next peer that has room.
    fn send_in_turn(&mut self, message: &Message) -> Sent {
        let (count, most, asks) = (self.peers.len(), self.options.high_water, self.kind() == Kind::Req);
        for step in 0..count {
            let place = (self.sending + step) % count;
            let Some(session) = self.peers.get_mut(place).and_then(Option::as_mut) else { continue };
            if !session.is_ready() || session.is_full(most) {
                continue;
            }
            match asks {
                // The delimiter, behind which routers would put their envelope.
                true => session.put(std::iter::once(&[][..]).chain(message.parts())),
                false => session.put(message.parts()),
            }
            if asks {
                self.exchange = Exchange::Asked { place, serial: session.serial };
            }
            self.sending = place + 1;
            return Sent::Taken;
        }
        Sent::Full
    }

    /// To all that subscribed to it; those that are full miss it.
    fn publish(&mut self, message: &Message) -> Sent {
        let most = self.options.high_water;
        let topic = message.parts().next().unwrap_or_default();
        for session in self.peers.iter_mut().flatten() {
            if !session.is_ready() || !session.subscriptions.matches(topic) {
                continue;
            }
            if session.is_full(most) {
                self.dropped += 1;
            } else {
                session.put(message.parts());
            }
        }
        Sent::Taken
    }

    /// To the peer that the first part names.
    fn send_by_name(&mut self, message: &Message) -> Sent {
        let most = self.options.high_water;
        let mut parts = message.parts();
        let name = parts.next().unwrap_or_default();
        // What libzmq's users close a connection with.
        let farewell = self.kind() == Kind::Stream && message.len() == name.len() && message.parts().count() == 2;
        let place = self.names.get(name).copied();
        let Some(session) = place.and_then(|place| self.peers.get_mut(place)).and_then(Option::as_mut) else {
            self.lost += 1;
            let text = format!("a message is lost: no peer is named {:?}", String::from_utf8_lossy(name));
            self.event(&self.id, &Event::Error { message: text });
            return Sent::Taken;
        };
        if session.is_full(most) {
            return Sent::Full;
        }
        let mut parts = parts.peekable();
        if farewell {
            session.leave();
        } else if session.is_ready() && parts.peek().is_some() {
            session.put(parts);
        }
        Sent::Taken
    }

    /// To all: subscriptions, which later peers get too, and what users of XPUB understand.
    fn send_upwards(&mut self, message: &Message) -> Sent {
        let most = self.options.high_water;
        let subscription = match message.bytes().split_first() {
            Some((on @ (0 | 1), prefix)) if message.parts().count() == 1 => Some((*on == 1, prefix)),
            _ => None,
        };
        match subscription {
            Some((true, prefix)) => self.subscriptions.push(prefix.to_vec()),
            Some((false, prefix)) => {
                if let Some(at) = self.subscriptions.iter().position(|known| known == prefix) {
                    self.subscriptions.swap_remove(at);
                }
            }
            None => {}
        }
        for session in self.peers.iter_mut().flatten().filter(|session| session.is_ready()) {
            match subscription {
                Some((on, prefix)) => session.subscribe(prefix, on),
                None if session.is_full(most) => self.dropped += 1,
                None => session.put(message.parts()),
            }
        }
        Sent::Taken
    }

    /// To the peer that asked, behind the envelope of its request.
    fn reply(&mut self, message: &Message) -> Sent {
        let most = self.options.high_water;
        let Exchange::Owes { place, serial, envelope } = &self.exchange else { return Sent::Full };
        let session = self.peers.get_mut(*place).and_then(Option::as_mut).filter(|session| session.serial == *serial);
        if let Some(session) = session {
            if session.is_full(most) {
                return Sent::Full;
            }
            session.put(envelope.iter().map(Vec::as_slice).chain(message.parts()));
        }
        self.exchange = Exchange::Idle;
        Sent::Taken
    }

    /// A peer is gone: what it did not get goes to the next one, where any will do.
    pub fn take_back(&mut self, session: &Session) {
        let unsent = session.unsent();
        let untaken = match self.kind() {
            Kind::Pair | Kind::Push | Kind::Dealer | Kind::Req => session.untaken(),
            Kind::Pub | Kind::XPub | Kind::XSub | Kind::Sub | Kind::Pull => return,
            Kind::Rep | Kind::Router | Kind::Stream => Vec::new(),
        };
        let lost = unsent - untaken.len();
        if lost > 0 {
            self.lost += lost as u64;
            let text = format!("{lost} messages to {} are lost with its connection", session.peer());
            self.event(&self.id, &Event::Error { message: text });
        }
        for mut message in untaken.into_iter().rev() {
            if self.kind() == Kind::Req {
                self.exchange = Exchange::Idle;
                message = super::receive::behind_delimiter(&message).1;
            }
            self.backlog.push_front(message);
        }
    }
}
