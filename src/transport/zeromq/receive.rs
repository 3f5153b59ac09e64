//! Which peer is heard next, and what its message looks like to the user, by the type of the socket (RFC 28 to 31).

use tokio::time::Instant;

use super::core::{Core, Ending, Exchange};
use super::decoder::Got;
use super::kind::Kind;
use super::options::DEFAULT_QUIET;
use super::session::Session;
use crate::message::Message;

impl Core {
    /// The next message that is there; false: none.
    pub fn receive(&mut self, message: &mut Message) -> bool {
        if let Some((of, notice)) = self.notices.pop_front() {
            // No peer has this number: the next message says anew whose it is.
            self.sender = (0, of);
            *message = notice;
            return true;
        }
        match (self.kind(), &self.exchange) {
            (Kind::Pub | Kind::XPub | Kind::Push, _) => false,
            (Kind::Req, Exchange::Asked { place, serial }) => self.receive_reply(*place, *serial, message),
            // A reply is heard after a request, and a request after the reply to the one before.
            (Kind::Req, _) | (Kind::Rep, Exchange::Owes { .. }) => false,
            (Kind::Rep, _) => self.receive_request(message),
            _ => self.receive_in_turn(message).is_some(),
        }
    }

    /// Gives messages of one part that came already to `take`, until it says that it has enough, where there is one peer and its
    /// messages stand for themselves.
    pub fn receive_singles(&mut self, take: impl FnMut(&[u8]) -> bool) {
        let stand_alone = matches!(self.kind(), Kind::Pair | Kind::Pull | Kind::Dealer | Kind::Sub | Kind::XSub);
        if let [Some(session)] = self.peers.as_mut_slice()
            && stand_alone
            && self.notices.is_empty()
        {
            session.next_singles(take);
        }
    }

    /// The next message of any peer, each in its turn; says whose.
    fn receive_in_turn(&mut self, message: &mut Message) -> Option<usize> {
        let (count, named) = (self.peers.len(), self.kind().names_peers());
        for step in 0..count {
            let place = (self.receiving + step) % count;
            let Some(session) = self.peers.get_mut(place).and_then(Option::as_mut) else { continue };
            let name = if named { std::mem::take(&mut session.identity) } else { Vec::new() };
            let mut got = session.next(message, named.then_some(name.as_slice()));
            // Who subscribes to what sends none is not understood, and harmless.
            while matches!(got, Some(Got::Subscription { .. } | Got::Ping(_))) {
                got = session.next(message, named.then_some(name.as_slice()));
            }
            session.identity = name;
            if got.is_some() {
                if self.sender.0 != session.serial {
                    self.sender = (session.serial, session.peer().to_string());
                }
                self.receiving = place + 1;
                return Some(place);
            }
        }
        None
    }

    fn receive_request(&mut self, message: &mut Message) -> bool {
        while let Some(place) = self.receive_in_turn(message) {
            let (envelope, body) = behind_delimiter(message);
            // Without a delimiter it is no request (RFC 28).
            let Some(envelope) = envelope else { continue };
            let Some(session) = self.peers.get(place).and_then(Option::as_ref) else { continue };
            self.exchange = Exchange::Owes { place, serial: session.serial, envelope };
            *message = body;
            return true;
        }
        false
    }

    fn receive_reply(&mut self, place: usize, serial: u64, message: &mut Message) -> bool {
        let asked = self.peers.get_mut(place).and_then(Option::as_mut).filter(|session| session.serial == serial);
        let Some(session) = asked else { return false };
        while let Some(got) = session.next(message, None) {
            if got != Got::Message || message.parts().next().is_some_and(|first| !first.is_empty()) {
                continue;
            }
            let (Some(_), body) = behind_delimiter(message) else { continue };
            *message = body;
            self.exchange = Exchange::Idle;
            return true;
        }
        false
    }

    /// Whether no message can come any more.
    pub fn is_at_end(&self) -> bool {
        let gone = self.had_peer && self.is_alone();
        if self.options.once && gone {
            return true;
        }
        if self.kind() == Kind::Stream && self.source.dials() && gone {
            return true;
        }
        match (&self.ending, self.kind()) {
            (Ending::Done, _) if self.leaves_at_end() => true,
            (Ending::Done, Kind::Req) if !matches!(self.exchange, Exchange::Asked { .. }) => true,
            (Ending::Done, kind) => {
                (gone && kind != Kind::Req) || self.quiet_until().is_some_and(|until| until <= Instant::now())
            }
            _ => false,
        }
    }

    /// When there is nothing more to wait for after the end of sending, as far as that can be known. Who sent nothing listens,
    /// and who asked has its answer coming, unless somebody said how long.
    pub fn quiet_until(&self) -> Option<Instant> {
        match self.options.quit_after {
            Some(limit) => limit.deadline(self.heard.into_std()).map(Instant::from_std),
            None if self.sent && self.kind() != Kind::Req => self.heard.checked_add(DEFAULT_QUIET),
            None => None,
        }
    }

    /// Whether nothing is to come from the peers after the end of sending. An XPUB that sent nothing is there for the
    /// subscriptions; a receiver that ends has what it wanted.
    pub fn leaves_at_end(&self) -> bool {
        match self.kind() {
            Kind::XPub => self.sent,
            kind => matches!(kind, Kind::Push | Kind::Pub | Kind::Rep | Kind::Sub | Kind::Pull),
        }
    }

    /// Messages that were taken and not given to the system.
    pub fn undelivered(&self) -> usize {
        self.backlog.len() + self.sessions().map(Session::unsent).sum::<usize>()
    }
}

/// A message in two: the parts up to the first empty one, that one included, and those behind it. No empty part: no
/// envelope, and an empty body.
pub(super) fn behind_delimiter(message: &Message) -> (Option<Vec<Vec<u8>>>, Message) {
    let mut envelope = Vec::new();
    let mut parts = message.parts();
    for part in parts.by_ref() {
        envelope.push(part.to_vec());
        if part.is_empty() {
            return (Some(envelope), Message::of_parts(parts));
        }
    }
    (None, Message::default())
}
