//! One conversation from its beginning to its end: what is typed goes to the peer, what comes is shown, and neither waits for the
//! other. The peer is read only as fast as the terminal takes what it sends.

mod typed;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::front::{Front, Input, View};
use super::link::{Link, Lost, Received};
use super::outgoing::Outgoing;
use super::{Ending, LineEndings, Starter, clock, secrets};
use crate::event::{Direction, Report};
use crate::filter::{self, LineEnding};
use crate::quantity::Limit;
use crate::relay::{Blame, Lane, Traffic};
use crate::service::Watcher;
use crate::terminal::{Entry, Incoming, Mark};

/// After `/close`, how long the peer's system is given to take everything.
const PATIENCE: Duration = Duration::from_secs(2);

/// While a peer sends without a pause: how long it is shown, and how long the line that is being written can be seen then.
const SHOWING: Duration = Duration::from_millis(40);
const RESTING: Duration = Duration::from_millis(10);

/// How often it is asked whether it has.
const STEP: Duration = Duration::from_millis(10);

/// How a conversation is held.
pub struct Terms {
    /// How lines end.
    pub endings: LineEndings,
    /// Whether bytes are shown in hexadecimal at first.
    pub hex: bool,
    /// Which directions carry data.
    pub traffic: Traffic,
    /// How long nothing may pass.
    pub idle: Limit,
    /// How long the peer's answer is waited for after the end of our data.
    pub quit_after: Limit,
    /// Whether what is typed goes on after the end of the peer's data.
    pub half_open: Limit,
    /// Whether the peer learns of the end of our data.
    pub half_close: bool,
    /// Whether the end of what is typed leaves the socket to its keeper.
    pub detaches: bool,
}

/// What becomes of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ours {
    Open,
    /// The end is to be sent behind what waits.
    Ending,
    Ended,
}

/// A conversation.
pub struct Session<'a, 's> {
    pub(super) link: Link,
    pub(super) front: Front,
    terms: Terms,
    watcher: &'a dyn Watcher,
    report: &'a dyn Report,
    notes: Rc<RefCell<Vec<String>>>,
    starter: Starter<'s>,
    lane: Lane<'a>,
    converter: Option<filter::Incoming>,
    incoming: Incoming,
    outgoing: Outgoing,
    ours: Ours,
    peer_ended: bool,
    /// Whether TLS is to begin when everything is sent.
    secures: bool,
    /// Since when the end is near.
    leaving: Option<Instant>,
    times: bool,
    /// Whether the last key was Ctrl-C on an empty line.
    interrupted: bool,
    /// Whether the peer's last line asks for a secret.
    challenged: bool,
    /// What a TELNET peer wants: a secret, each character.
    wants: Option<(bool, bool)>,
    active: Instant,
    eof_at: Option<Instant>,
    /// Since when the peer has been sending without a pause.
    flowing: Option<Instant>,
    /// Whether everything was received that has come: a line without an end is a prompt then.
    quiet: bool,
    /// Until when nothing is received.
    resting: Option<Instant>,
    buffer: Vec<u8>,
}

/// What a session is made of besides its terms.
pub struct Parts<'a, 's> {
    /// The other end.
    pub link: Link,
    /// The terminal.
    pub front: Front,
    /// Sees what passes.
    pub watcher: &'a dyn Watcher,
    /// Where events go.
    pub report: &'a dyn Report,
    /// What is to be said to the person.
    pub notes: Rc<RefCell<Vec<String>>>,
    /// Begins TLS.
    pub starter: Starter<'s>,
    /// What is done to received bytes besides the line ends.
    pub lane: Lane<'a>,
}

enum Happening {
    Input(io::Result<Input>),
    Terminal(io::Error),
    Sent(Result<(), Lost>),
    Received(Result<Received, Lost>),
    /// A TELNET peer wants something else.
    Negotiated,
    Time,
}

impl<'a, 's> Session<'a, 's> {
    /// A conversation at its beginning.
    pub fn new(parts: Parts<'a, 's>, terms: Terms) -> Self {
        let mut incoming = Incoming::default();
        incoming.set_hex(terms.hex, &mut Vec::new());
        let outgoing = Outgoing::new(terms.endings.outgoing, terms.hex);
        let converter = converter(terms.endings.incoming);
        let Parts { link, front, watcher, report, notes, starter, lane } = parts;
        Session {
            link,
            front,
            terms,
            watcher,
            report,
            notes,
            starter,
            lane,
            converter,
            incoming,
            outgoing,
            ours: Ours::Open,
            peer_ended: false,
            secures: false,
            leaving: None,
            times: false,
            interrupted: false,
            challenged: false,
            wants: None,
            active: Instant::now(),
            eof_at: None,
            flowing: None,
            quiet: true,
            resting: None,
            buffer: Vec::new(),
        }
    }

    /// Holds it.
    pub async fn hold(&mut self) -> Ending {
        loop {
            if let Err(failure) = self.start_tls().await {
                return Ending::Lost(Lost::Upgrade(failure));
            }
            self.tell_notes();
            self.refresh();
            if let Some(ending) = self.over() {
                return ending;
            }
            let deadline = self.deadline();
            let happening = tokio::select! {
                biased;
                happening = std::future::poll_fn(|cx| self.poll(cx)) => happening,
                () = until(deadline) => Happening::Time,
            };
            let ending = match happening {
                Happening::Input(Ok(input)) => self.typed(input).await,
                Happening::Input(Err(error)) | Happening::Terminal(error) => Some(Ending::NoTerminal(error)),
                Happening::Sent(Ok(())) => None,
                Happening::Received(Ok(received)) => self.received(received).err().map(Ending::Lost),
                Happening::Sent(Err(lost)) | Happening::Received(Err(lost)) => Some(Ending::Lost(lost)),
                Happening::Negotiated => {
                    self.tell_characters();
                    None
                }
                Happening::Time => None,
            };
            if let Some(ending) = ending {
                return ending;
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Happening> {
        let listens = self.leaving.is_none() || matches!(self.front, Front::Editor(_));
        if listens && let Poll::Ready(input) = self.front.poll_input(cx) {
            return Poll::Ready(Happening::Input(input));
        }
        if let Poll::Ready(Err(error)) = self.front.poll_flush(cx) {
            return Poll::Ready(Happening::Terminal(error));
        }
        if let Poll::Ready(sent) = self.poll_send(cx) {
            return Poll::Ready(Happening::Sent(sent));
        }
        if self.peer_ended || self.terms.traffic == Traffic::SendOnly {
            return Poll::Pending;
        }
        if !self.front.is_flushed() || self.resting.is_some_and(|until| until > Instant::now()) {
            return Poll::Pending;
        }
        if self.needs_rest() {
            return Poll::Ready(Happening::Time);
        }
        match self.link.poll_receive(cx, &mut self.buffer) {
            Poll::Ready(received) => Poll::Ready(Happening::Received(received)),
            Poll::Pending => {
                self.flowing = None;
                self.quiet = true;
                let wants = self.telnet(|telnet| (telnet.hides_input(), telnet.wants_characters()));
                let changed = wants != self.wants;
                self.wants = wants;
                if changed { Poll::Ready(Happening::Negotiated) } else { Poll::Pending }
            }
        }
    }

    /// Whether it is time to let the person see what is being written. A peer that sends without a pause would leave no moment
    /// for it.
    fn needs_rest(&mut self) -> bool {
        let now = Instant::now();
        let long = now.duration_since(*self.flowing.get_or_insert(now)) > SHOWING;
        if long {
            self.flowing = None;
        }
        self.resting = long.then(|| now + RESTING);
        long
    }

    /// Sends what waits, then the end where it is due.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        match self.outgoing.poll_send(&mut self.link, self.watcher, self.report, cx) {
            Poll::Ready(Ok(true)) => {
                self.active = Instant::now();
                return Poll::Ready(Ok(()));
            }
            Poll::Ready(Ok(false)) => {}
            Poll::Ready(Err(lost)) => return Poll::Ready(Err(lost)),
            Poll::Pending => return Poll::Pending,
        }
        if self.ours != Ours::Ending {
            return Poll::Pending;
        }
        if self.terms.half_close || self.leaving.is_some() {
            match self.link.poll_end(cx) {
                Poll::Ready(Ok(())) => self.watcher.ended(Direction::Out),
                Poll::Ready(Err(lost)) => return Poll::Ready(Err(lost)),
                Poll::Pending => return Poll::Pending,
            }
        }
        self.ours = Ours::Ended;
        self.eof_at = Some(Instant::now());
        Poll::Ready(Ok(()))
    }

    /// Whether it has come to its end.
    fn over(&self) -> Option<Ending> {
        let idle_for = self.active.elapsed();
        match self.leaving {
            Some(since) => {
                let taken = self.outgoing.is_empty() && self.ours == Ours::Ended && self.link.all_acknowledged();
                let done = taken || (self.ours == Ours::Ended && since.elapsed() > PATIENCE);
                return (done || self.peer_ended).then_some(Ending::Closed);
            }
            None if self.peer_ended => {
                let waits = self.ours == Ours::Open && self.terms.half_open == Limit::Never;
                return (!waits && self.outgoing.is_empty()).then_some(Ending::PeerClosed);
            }
            None => {}
        }
        match (self.terms.idle, self.terms.quit_after, self.eof_at) {
            (Limit::After(limit), ..) if idle_for >= limit => Some(Ending::Idle),
            (_, Limit::After(limit), Some(since)) if since.elapsed() >= limit => Some(Ending::Quit),
            _ => None,
        }
    }

    /// When to look whether it is over though nothing happens.
    fn deadline(&self) -> Option<Instant> {
        if self.leaving.is_some() {
            return Some(Instant::now() + STEP);
        }
        let after = |limit: Limit, since: Option<Instant>| match limit {
            Limit::After(limit) => since?.checked_add(limit),
            Limit::Never => None,
        };
        let moments = [after(self.terms.idle, Some(self.active)), after(self.terms.quit_after, self.eof_at)];
        moments.into_iter().flatten().chain(self.resting).min()
    }

    fn refresh(&mut self) {
        let hidden = self.hides_input();
        let label = if self.ours == Ours::Open { "> " } else { "(our data has ended) " };
        self.front.refresh(&View { unfinished: self.incoming.unfinished(), label, hidden });
    }

    fn show(&mut self, entries: &[Entry]) {
        if !entries.is_empty() {
            let time = self.times.then(|| clock::time_of_day(SystemTime::now()));
            self.front.show(entries, time.as_deref());
        }
    }

    /// Shows what the peer has said without an end.
    pub fn finish(&mut self) {
        let mut lines = Vec::new();
        self.incoming.finish(&mut lines);
        self.show(&lines);
    }

    /// Says something to the person.
    pub fn note(&mut self, text: impl Into<String>) {
        self.front.show(&[Entry::new(Mark::Note, text)], None);
    }

    fn trouble(&mut self, text: impl Into<String>) {
        self.front.show(&[Entry::new(Mark::Trouble, text)], None);
    }

    fn tell_notes(&mut self) {
        let mut notes = std::mem::take(&mut *self.notes.borrow_mut());
        notes.append(&mut self.outgoing.take_notes());
        for note in notes {
            self.note(note);
        }
    }

    fn received(&mut self, received: Received) -> Result<(), Lost> {
        self.active = Instant::now();
        self.quiet = false;
        let recording = |error| Lost::Broken(Blame::Recording, error);
        let mut lines = Vec::new();
        match received {
            Received::Message => {
                self.report.message(Direction::In);
                self.watcher.moved(Direction::In, self.buffer.len() as u64);
                if self.watcher.wants_bytes() {
                    self.watcher.wire(Direction::In, &self.buffer).map_err(recording)?;
                }
                self.incoming.push_message(&self.buffer, &mut lines);
            }
            Received::Bytes | Received::End => {
                let ended = received == Received::End;
                let bytes = self.lane.receive(&self.buffer, ended).map_err(|error| {
                    let blame =
                        if error.kind() == io::ErrorKind::InvalidData { Blame::Converting } else { Blame::Recording };
                    Lost::Broken(blame, error)
                })?;
                let mut converted = Vec::new();
                if let Some(converter) = &mut self.converter {
                    converter.push(&bytes, &mut converted);
                    if ended {
                        converter.finish(&mut converted);
                    }
                }
                // In hexadecimal stands what came, not what became of it.
                let raw = self.converter.is_none() || self.incoming.is_hex();
                self.incoming.push(if raw { &bytes } else { &converted }, &mut lines);
                if ended {
                    self.lane.ended();
                    self.incoming.finish(&mut lines);
                    self.peer_ended = true;
                }
            }
        }
        if let Some(line) = lines.last() {
            self.challenged = secrets::challenges(&line.text);
        }
        self.show(&lines);
        if self.peer_ended && self.leaving.is_none() {
            let farewell = self.link.farewell().0;
            self.note(farewell.map_or("the peer has ended its data".to_owned(), |words| format!("the peer {words}")));
        }
        Ok(())
    }

    fn hides_input(&self) -> bool {
        // TELNET says that a peer echoes, but not what; its prompt tells, as where nothing is said at all.
        let asks = self.incoming.unfinished().is_some_and(|(_, prompt)| secrets::asks(prompt));
        self.telnet(|telnet| telnet.hides_input() || (asks && telnet.wants_characters())).unwrap_or(asks)
    }

    fn telnet<T>(&self, ask: impl FnOnce(&mut filter::telnet::Telnet) -> T) -> Option<T> {
        match &self.link {
            Link::Bytes(bytes) => bytes.telnet().map(|control| ask(&mut control.borrow_mut())),
            _ => None,
        }
    }

    fn tell_window(&mut self) {
        let (columns, rows) = crate::terminal::tty::size();
        let narrow = |size: usize| u16::try_from(size).unwrap_or(u16::MAX);
        self.telnet(|telnet| telnet.resize(narrow(columns), narrow(rows)));
    }

    fn tell_characters(&mut self) {
        if let Some((_, true)) = self.wants {
            self.note("the peer wants each character as it is typed: --raw suits it better");
        }
    }
}

fn converter(kind: Option<LineEnding>) -> Option<filter::Incoming> {
    kind.filter(|kind| kind.converts()).map(filter::Incoming::new)
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
