//! The state of a ZeroMQ socket: its peers, and driving them. What is sent to whom is in `send.rs`, what is received from whom
//! in `receive.rs`.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use omq_proto::proto::Role;
use tokio::time::{Instant, Sleep};

use super::arrivals::{Arrival, Came, Source};
use super::decoder::Got;
use super::handshake::Introduction;
use super::kind::Kind;
use super::options::ZeroMqOptions;
use super::session::{Driven, Session};
use super::trouble::Trouble;
use crate::event::{Event, Report};
use crate::message::Message;

/// What an XPUB keeps for its user to receive before it stops listening to its peers.
const MOST_NOTICES: usize = 1000;

/// So many troubles are remembered as told.
const MOST_TOLD: usize = 256;

/// Where a request and its reply are.
#[derive(Debug, Default)]
pub(super) enum Exchange {
    /// No request is under way.
    #[default]
    Idle,
    /// REQ waits for the reply of this peer.
    Asked { place: usize, serial: u64 },
    /// REP owes this peer a reply, behind these parts.
    Owes { place: usize, serial: u64, envelope: Vec<Vec<u8>> },
}

/// How far the end of sending is.
#[derive(Debug, Default)]
pub(super) enum Ending {
    /// It has not come.
    #[default]
    Open,
    /// What was taken is being delivered.
    Begun { until: Option<Instant>, nobody_until: Option<Instant>, shut_until: Option<Instant> },
    /// It is done.
    Done,
}

pub(super) struct Core {
    pub options: ZeroMqOptions,
    pub source: Source,
    pub id: String,
    /// A peer has the same place as long as it is there.
    pub peers: Vec<Option<Session>>,
    /// The names of peers, for a router.
    pub names: HashMap<Vec<u8>, usize>,
    pub receiving: usize,
    pub sending: usize,
    /// What was taken before there was anybody to send it to.
    pub backlog: VecDeque<Message>,
    pub exchange: Exchange,
    pub ending: Ending,
    /// What our side subscribed to.
    pub subscriptions: Vec<Vec<u8>>,
    /// What comes besides messages of peers, and of whom it tells: subscriptions for an XPUB, arrivals and departures for a STREAM.
    pub notices: VecDeque<(String, Message)>,
    /// A peer was there, and for PUB one that subscribed.
    pub had_peer: bool,
    pub had_subscriber: bool,
    /// Dropped because a subscriber was full.
    pub dropped: u64,
    /// For peers that were not there, or gone.
    pub lost: u64,
    /// Something was sent: an answer may come.
    pub sent: bool,
    /// When something was heard last, or sending ended.
    pub heard: Instant,
    /// Why it cannot go on.
    pub fatal: Option<String>,
    report: Option<Rc<dyn Report>>,
    connected_told: bool,
    troubles_told: VecDeque<String>,
    /// Why there is no connection, as far as that is known.
    pub last_trouble: Option<String>,
    named: u64,
    serials: u64,
    scratch: Message,
    /// Who sent the last message, by its serial number.
    pub sender: (u64, String),
    timer: Option<Pin<Box<Sleep>>>,
}

impl Core {
    pub fn new(options: ZeroMqOptions, source: Source, id: String) -> Self {
        Core {
            subscriptions: options.subscriptions.clone(),
            options,
            source,
            id,
            peers: Vec::new(),
            names: HashMap::new(),
            receiving: 0,
            sending: 0,
            backlog: VecDeque::new(),
            exchange: Exchange::Idle,
            ending: Ending::Open,
            notices: VecDeque::new(),
            had_peer: false,
            had_subscriber: false,
            dropped: 0,
            lost: 0,
            sent: false,
            heard: Instant::now(),
            fatal: None,
            report: None,
            connected_told: false,
            troubles_told: VecDeque::new(),
            last_trouble: None,
            named: 0,
            serials: 0,
            scratch: Message::default(),
            sender: (0, String::new()),
            timer: None,
        }
    }

    pub fn report_to(&mut self, report: Rc<dyn Report>) {
        self.report = Some(report);
    }

    /// The connection that stands at first was reported by whoever made it.
    pub fn note_connected(&mut self) {
        self.connected_told = true;
        self.source.note_connected();
    }

    pub fn event(&self, id: &str, event: &Event) {
        if let Some(report) = &self.report {
            report.event(id, event);
        }
    }

    pub fn remark(&self, sentence: &str) {
        if let Some(report) = &self.report {
            report.remark(sentence);
        }
    }

    pub fn kind(&self) -> Kind {
        self.options.kind
    }

    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.peers.iter().flatten()
    }

    pub fn is_alone(&self) -> bool {
        self.sessions().next().is_none()
    }

    /// The error of a socket that cannot go on.
    pub fn check(&self) -> io::Result<()> {
        match &self.fatal {
            // Whichever direction meets it, it is the peer's doing.
            Some(text) => Err(io::Error::new(io::ErrorKind::ConnectionReset, text.clone())),
            None => Ok(()),
        }
    }

    /// Takes a peer in.
    pub fn welcome(&mut self, arrival: Arrival) {
        let role = if self.source.dials() { Role::Client } else { Role::Server };
        self.serials += 1;
        let session = Session::new(arrival, role, &self.options, self.serials);
        if self.source.dials() && !self.connected_told {
            self.connected_told = true;
            let (peer, local) = (session.peer().to_string(), session.local().to_string());
            self.event(&session.id, &Event::Connected { peer, local, transport: session.transport() });
        }
        let place = match self.peers.iter().position(Option::is_none) {
            Some(free) => free,
            None => {
                self.peers.push(None);
                self.peers.len() - 1
            }
        };
        if let Some(free) = self.peers.get_mut(place) {
            *free = Some(session);
        }
        if self.kind() == Kind::Stream {
            self.introduce(place, Introduction { identity: Vec::new(), is_old: false });
        }
    }

    /// Lets peers come, read, write and go, as far as that is possible now; true when something happened.
    pub fn drive(&mut self, cx: &mut Context<'_>) -> bool {
        let mut happened = self.drive_source(cx);
        for place in 0..self.peers.len() {
            let Some(session) = self.peers.get_mut(place).and_then(Option::as_mut) else { continue };
            match session.poll_in(cx) {
                Driven::Nothing => {}
                Driven::Something => happened = true,
                Driven::Introduced(introduction) => {
                    happened = true;
                    self.introduce(place, introduction);
                }
            }
            self.absorb(place);
        }
        self.send_backlog();
        for session in self.peers.iter_mut().flatten() {
            let _ = session.poll_go_on(cx);
        }
        happened |= self.bury();
        self.watch_time(cx);
        happened
    }

    fn drive_source(&mut self, cx: &mut Context<'_>) -> bool {
        let mut happened = false;
        loop {
            let alone = self.is_alone() && self.wants_peer();
            match self.source.poll(cx, alone) {
                Poll::Pending => return happened,
                Poll::Ready(Came::Peer(arrival)) => self.welcome(arrival),
                Poll::Ready(Came::Not(error)) => {
                    self.remark(&format!("{error}; trying again"));
                    self.last_trouble = Some(error.to_string());
                }
                Poll::Ready(Came::Never(error)) => {
                    self.fatal = Some(error.to_string());
                    return true;
                }
            }
            happened = true;
        }
    }

    /// Whether a lost connection is to be made again.
    fn wants_peer(&self) -> bool {
        if self.fatal.is_some() || (self.kind() == Kind::Stream && self.had_peer) {
            return false;
        }
        match self.ending {
            Ending::Open => true,
            Ending::Begun { .. } => !self.backlog.is_empty(),
            Ending::Done => !self.had_peer,
        }
    }

    /// A peer is done with its handshake.
    fn introduce(&mut self, place: usize, introduction: Introduction) {
        let kind = self.kind();
        let taken = match kind {
            Kind::Pair
                if self
                    .peers
                    .iter()
                    .enumerate()
                    .any(|(at, other)| at != place && other.as_ref().is_some_and(Session::is_ready)) =>
            {
                Some(Trouble::Second)
            }
            _ if kind.names_peers() && self.names.contains_key(&introduction.identity) => {
                Some(Trouble::Taken(String::from_utf8_lossy(&introduction.identity).into_owned()))
            }
            _ => None,
        };
        let identity = match (kind.names_peers(), introduction.identity.is_empty()) {
            (true, true) => self.new_name(),
            _ => introduction.identity,
        };
        let Some(session) = self.peers.get_mut(place).and_then(Option::as_mut) else { return };
        if let Some(trouble) = taken {
            session.give_up(trouble);
            return;
        }
        session.identity.clone_from(&identity);
        for prefix in &self.subscriptions {
            session.subscribe(prefix, true);
        }
        self.had_peer = true;
        let peer = session.peer().to_string();
        if kind.names_peers() {
            self.names.insert(identity.clone(), place);
        }
        self.remark(&format!("{peer} is ready"));
        if kind == Kind::Stream {
            self.notices.push_back((peer, notice(&identity)));
        }
    }

    /// A name for a peer that has none: one that can be typed.
    fn new_name(&mut self) -> Vec<u8> {
        loop {
            self.named += 1;
            let name = format!("peer-{}", self.named).into_bytes();
            if !self.names.contains_key(&name) {
                return name;
            }
        }
    }

    /// Takes in what is not for the user: subscriptions, and what nobody may send us.
    fn absorb(&mut self, place: usize) {
        let kind = self.kind();
        if !matches!(kind, Kind::Pub | Kind::XPub | Kind::Push) {
            return;
        }
        while self.notices.len() < MOST_NOTICES {
            let Some(session) = self.peers.get_mut(place).and_then(Option::as_mut) else { return };
            let Some(got) = session.next(&mut self.scratch, None) else { return };
            let message = &self.scratch;
            let (prefix, on) = match (got, message.bytes().split_first()) {
                (Got::Subscription { prefix, on }, _) => (prefix, on),
                // As ZMTP 3.0 and users of XSUB subscribe.
                (Got::Message, Some((on @ (0 | 1), prefix))) if message.parts().count() == 1 => {
                    (prefix.to_vec(), *on == 1)
                }
                (Got::Message, _) => {
                    if kind == Kind::XPub {
                        self.notices.push_back((session.peer().to_string(), message.clone()));
                    }
                    continue;
                }
                (Got::Ping(_), _) => continue,
            };
            if kind == Kind::Push {
                continue;
            }
            let changed = session.note_subscription(&prefix, on);
            self.had_subscriber |= on;
            if changed && kind == Kind::XPub {
                let text = [&[u8::from(on)], prefix.as_slice()].concat();
                self.notices.push_back((session.peer().to_string(), Message::new(&text)));
            }
        }
    }

    /// Takes leave of the peers that are over; true when there were any.
    pub fn bury(&mut self) -> bool {
        let mut any = false;
        for place in 0..self.peers.len() {
            let is_over = |session: &Session| session.is_over().is_some();
            let Some(mut session) =
                self.peers.get_mut(place).and_then(|place| place.take_if(|session| is_over(session)))
            else {
                continue;
            };
            any = true;
            self.names.retain(|_, at| *at != place);
            if self.kind() == Kind::Stream {
                self.notices.push_back((session.peer().to_string(), notice(&session.identity)));
            }
            self.take_back(&session);
            let trouble = session.take_trouble().unwrap_or(Trouble::Closed);
            self.tell_end(&session, &trouble);
            match self.exchange {
                Exchange::Asked { serial, .. } if serial == session.serial => {
                    self.fatal.get_or_insert("the peer was lost before it replied".to_owned());
                }
                Exchange::Owes { serial, .. } if serial == session.serial => {
                    self.exchange = Exchange::Idle;
                    self.remark("a reply is dropped: the peer that asked is gone");
                }
                _ => {}
            }
            if self.source.dials() && !trouble.may_pass() {
                self.fatal.get_or_insert(trouble.to_string());
            }
        }
        any
    }

    fn tell_end(&mut self, session: &Session, trouble: &Trouble) {
        let (peer, local) = (session.peer().to_string(), session.local().to_string());
        let clean = matches!(trouble, Trouble::Closed);
        if self.source.dials() {
            let text = format!("{peer}: {trouble}");
            match clean || !trouble.may_pass() {
                true => self.remark(&text),
                // The address of this end is in none of them: they do not become many.
                false => self.tell_once(&self.id.clone(), text.clone(), &text),
            }
            self.last_trouble = Some(text);
            return;
        }
        let text = format!("{peer}: {trouble}");
        match (clean, trouble.turns_away()) {
            (true, _) => {}
            // Who is turned away comes again and again, each time from another port.
            (false, true) => self.tell_once(&session.id, format!("{}: {trouble}", session.peer().ip_text()), &text),
            (false, false) => self.event(&session.id, &Event::Error { message: text }),
        }
        let (bytes_in, bytes_out) = session.counts;
        self.event(
            &session.id,
            &Event::Closed { peer, local, bytes_in, bytes_out, code: None, reason: trouble.to_string() },
        );
    }

    /// Says what goes wrong, but not each time that it is tried again: once for each `trouble`.
    fn tell_once(&mut self, id: &str, trouble: String, text: &str) {
        if self.troubles_told.contains(&trouble) {
            return self.remark(text);
        }
        self.event(id, &Event::Error { message: text.to_owned() });
        if self.troubles_told.len() == MOST_TOLD {
            self.troubles_told.pop_front();
        }
        self.troubles_told.push_back(trouble);
    }

    /// Whether a connection stood, now or before.
    pub fn has_stood(&self) -> bool {
        !self.source.dials() || self.connected_told
    }

    /// Wakes the task when a handshake takes too long or the linger time is over.
    fn watch_time(&mut self, cx: &mut Context<'_>) {
        let handshakes = self.sessions().filter_map(Session::handshake_until).min();
        let end = match self.ending {
            Ending::Begun { until, nobody_until, shut_until } => {
                let nobody_until = nobody_until.filter(|_| self.has_nobody());
                [until, nobody_until, shut_until].into_iter().flatten().min()
            }
            Ending::Done => self.quiet_until(),
            Ending::Open => None,
        };
        let Some(at) = [handshakes, end].into_iter().flatten().min() else { return };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        if timer.as_mut().poll(cx).is_ready() && at > Instant::now() {
            cx.waker().wake_by_ref();
        }
    }
}

impl Drop for Core {
    /// Each peer that was let in is also told of as gone.
    fn drop(&mut self) {
        if self.source.dials() {
            return;
        }
        for session in self.sessions() {
            let (peer, local) = (session.peer().to_string(), session.local().to_string());
            let ((bytes_in, bytes_out), reason) = (session.counts, "done".to_owned());
            self.event(&session.id, &Event::Closed { peer, local, bytes_in, bytes_out, code: None, reason });
        }
    }
}

/// That a plain peer came or went: its name and nothing.
fn notice(identity: &[u8]) -> Message {
    let mut message = Message::new(identity);
    message.next_part();
    message
}
