//! One conversation from its beginning to its end: what is typed goes to the peer, what comes is shown, and neither waits for the
//! other. The peer is read only as fast as the terminal takes what it sends.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::front::{Front, Input, View};
use super::link::{Link, Lost, Received};
use super::outgoing::Outgoing;
use super::slash::{self, Command, Which};
use super::{Ending, LineEndings, Starter, clock};
use crate::event::{Direction, Report};
use crate::failure::Failure;
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
    /// Since when the end is near.
    leaving: Option<Instant>,
    times: bool,
    /// Whether the last key was Ctrl-C on an empty line.
    interrupted: bool,
    /// What a TELNET peer wants: a secret, each character.
    wants: Option<(bool, bool)>,
    active: Instant,
    eof_at: Option<Instant>,
    /// Since when the peer has been sending without a pause.
    flowing: Option<Instant>,
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
            leaving: None,
            times: false,
            interrupted: false,
            wants: None,
            active: Instant::now(),
            eof_at: None,
            flowing: None,
            resting: None,
            buffer: Vec::new(),
        }
    }

    /// Holds it.
    pub async fn hold(&mut self) -> Ending {
        loop {
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
        if self.leaving.is_none() || matches!(self.front, Front::Editor(_)) {
            if let Poll::Ready(input) = self.front.poll_input(cx) {
                return Poll::Ready(Happening::Input(input));
            }
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
                match &mut self.converter {
                    None => self.incoming.push(&bytes, &mut lines),
                    Some(converter) => {
                        let mut converted = Vec::with_capacity(bytes.len());
                        converter.push(&bytes, &mut converted);
                        if ended {
                            converter.finish(&mut converted);
                        }
                        self.incoming.push(&converted, &mut lines);
                    }
                }
                if ended {
                    self.lane.ended();
                    self.incoming.finish(&mut lines);
                    self.peer_ended = true;
                }
            }
        }
        self.show(&lines);
        if self.peer_ended && self.leaving.is_none() {
            let farewell = self.link.farewell().0;
            self.note(farewell.map_or("the peer has ended its data".to_owned(), |words| format!("the peer {words}")));
        }
        Ok(())
    }

    async fn typed(&mut self, input: Input) -> Option<Ending> {
        let again = matches!(input, Input::Interrupt { idle: true }) && self.interrupted;
        // Drawing is no key.
        self.interrupted &= matches!(input, Input::Resized);
        match input {
            Input::Line(line) => return self.line(line).await,
            Input::EndOfInput if self.terms.detaches => return Some(Ending::Detached),
            Input::EndOfInput if !self.link.has_half_close() => return self.close().await,
            Input::EndOfInput => self.end_ours(),
            Input::Interrupt { idle: true } if again || self.leaving.is_some() => return Some(Ending::Interrupted),
            Input::Interrupt { idle } => match self.outgoing.stop_file() {
                Some(note) => self.note(note),
                None if idle => {
                    self.interrupted = true;
                    let leave =
                        if self.terms.detaches { "Ctrl-D leaves the socket open" } else { "Ctrl-D ends our data" };
                    self.note(format!("Ctrl-C again leaves; {leave}; /help for help"));
                }
                None => {}
            },
            Input::Redraw => {}
            Input::Resized => self.tell_window(),
            Input::Note(text) => self.note(text),
        }
        None
    }

    fn end_ours(&mut self) {
        match (self.ours, self.terms.half_close) {
            (Ours::Open, true) => {
                self.ours = Ours::Ending;
                self.note("the end of our data is sent; what still comes is shown; Ctrl-C twice or /close leaves");
            }
            (Ours::Open, false) => {
                self.ours = Ours::Ending;
                self.note("our data has ended, and the peer is not told (--no-shutdown)");
            }
            (Ours::Ending | Ours::Ended, _) => self.note("our data has ended already; Ctrl-C twice or /close leaves"),
        }
    }

    async fn line(&mut self, line: Vec<u8>) -> Option<Ending> {
        let secret = self.hides_input();
        if let (Ok(text), false) = (std::str::from_utf8(&line), secret)
            && let Some(editor) = self.front.editor()
            && let Err(error) = editor.history().add(text)
        {
            let reason = crate::failure::reason(&error);
            if self.outgoing.first_trouble() {
                self.trouble(format!("the history cannot be written: {reason}"));
            }
        }
        match line.strip_prefix(b"/") {
            None => self.say(&line, secret),
            Some(rest) if rest.starts_with(b"/") => self.say(rest, secret),
            Some(_) => match slash::parse(&String::from_utf8_lossy(&line)) {
                Err(wrong) => self.trouble(wrong),
                Ok(command) => return self.obey(command).await,
            },
        }
        None
    }

    fn say(&mut self, line: &[u8], secret: bool) {
        if let Some(why) = self.cannot_send() {
            if let (Ok(text), Some(editor)) = (std::str::from_utf8(line), self.front.editor()) {
                editor.put_back(text);
            }
            return self.trouble(why);
        }
        self.answered();
        let lines = match secret {
            true => vec![Entry::new(Mark::Out, "(not shown)")],
            false => self.outgoing.shown_line(line),
        };
        match self.link.has_messages() {
            true => self.outgoing.messages(line),
            false => self.outgoing.line(line),
        }
        if !self.front.echoes() || self.outgoing.is_hex() {
            self.show(&lines);
        }
    }

    /// A prompt of the peer stays above what answers it.
    fn answered(&mut self) {
        let mut lines = Vec::new();
        self.incoming.answered(&mut lines);
        self.show(&lines);
    }

    fn cannot_send(&self) -> Option<String> {
        if self.terms.traffic == Traffic::ReceiveOnly {
            return Some("this socket only receives".to_owned());
        }
        if self.ours != Ours::Open {
            return Some("our data has ended: nothing more can be sent".to_owned());
        }
        self.outgoing.refusal()
    }

    async fn obey(&mut self, command: Command) -> Option<Ending> {
        match command {
            Command::Help => self.help(),
            Command::Hex => {
                let hex = !self.incoming.is_hex();
                let mut lines = Vec::new();
                self.incoming.set_hex(hex, &mut lines);
                self.outgoing.set_hex(hex);
                self.show(&lines);
                self.note(if hex { "bytes are shown in hexadecimal" } else { "bytes are shown as text" });
            }
            Command::Time => {
                self.times = !self.times;
                self.note(if self.times { "times are shown, in UTC" } else { "times are not shown" });
            }
            Command::LineEndings => self.note(self.terms.endings.to_string()),
            Command::SetLineEndings(which, kind) => self.set_endings(which, kind),
            Command::Send(bytes) => match self.cannot_send() {
                Some(why) => self.trouble(why),
                None => {
                    self.answered();
                    let lines = self.outgoing.shown_bytes(&bytes);
                    self.outgoing.bytes(bytes);
                    self.show(&lines);
                }
            },
            Command::SendFile(path) => match self.cannot_send() {
                Some(why) => self.trouble(why),
                None => match self.outgoing.file(&path, self.link.has_messages(), self.link.limit()) {
                    Ok(note) => self.note(note),
                    Err(why) => self.trouble(why),
                },
            },
            Command::StartTls => {
                return self.start_tls().await.err().map(|failure| Ending::Lost(Lost::Upgrade(failure)));
            }
            Command::EndOfData if !self.link.has_half_close() => return self.close().await,
            Command::EndOfData => self.end_ours(),
            Command::Close => return self.close().await,
        }
        None
    }

    async fn close(&mut self) -> Option<Ending> {
        if let Link::Kept(kept) = &mut self.link {
            return Some(match kept.close().await {
                Ok(()) => Ending::Closed,
                Err(failure) => Ending::Lost(Lost::Kept(failure)),
            });
        }
        self.leaving = Some(Instant::now());
        if self.ours == Ours::Open {
            self.ours = Ours::Ending;
        }
        None
    }

    fn set_endings(&mut self, which: Which, kind: LineEnding) {
        if matches!(which, Which::In | Which::Both) {
            self.terms.endings.incoming = Some(kind);
            let mut lines = Vec::new();
            if let Some(mut old) = self.converter.take() {
                let mut held = Vec::new();
                old.finish(&mut held);
                self.incoming.push(&held, &mut lines);
            }
            self.converter = converter(Some(kind));
            self.show(&lines);
        }
        if matches!(which, Which::Out | Which::Both) {
            self.terms.endings.outgoing = Some(kind);
            self.outgoing.set_ending(Some(kind));
        }
        self.note(self.terms.endings.to_string());
    }

    fn help(&mut self) {
        let end = match self.terms.detaches {
            true => "Ctrl-D on an empty line leaves, and the socket stays open.",
            false if !self.link.has_half_close() => "Ctrl-D on an empty line closes the connection.",
            false => "Ctrl-D on an empty line ends our data; what still comes is shown.",
        };
        let unit = if self.link.has_messages() { "Enter sends a message" } else { "Enter sends a line" };
        let mut text = vec![
            format!("{unit}. What came from the peer is marked <, what went to it >."),
            "Ctrl-C clears the line; twice on an empty line it leaves.".to_owned(),
            "Ctrl-R searches the history, Ctrl-L clears the screen, Ctrl-Z stops until fg.".to_owned(),
            end.to_owned(),
        ];
        text.extend(slash::help());
        let entries: Vec<Entry> = text.into_iter().map(|line| Entry::new(Mark::Note, line)).collect();
        self.front.show(&entries, None);
    }

    async fn start_tls(&mut self) -> Result<(), Failure> {
        if !self.outgoing.is_empty() {
            self.trouble("not everything is sent yet; try again");
            return Ok(());
        }
        self.note("beginning TLS; Ctrl-C gives up");
        self.refresh();
        let link = std::mem::replace(&mut self.link, Link::Gone);
        let mut starting = (self.starter)(link);
        let started = loop {
            let front = &mut self.front;
            let typed = std::future::poll_fn(|cx| {
                let _ = front.poll_flush(cx);
                front.poll_input(cx)
            });
            tokio::select! {
                biased;
                started = &mut starting => break started,
                typed = typed => match typed {
                    Ok(Input::Interrupt { .. }) => {
                        return Err(Failure::message(crate::exit::Exit::TlsFailed, "the TLS handshake was given up"));
                    }
                    Ok(Input::Line(line)) => {
                        if let (Ok(text), Some(editor)) = (String::from_utf8(line), self.front.editor()) {
                            editor.put_back(&text);
                        }
                    }
                    Ok(_) => {}
                    Err(_) => return Err(Failure::message(crate::exit::Exit::OutputFailed, "the terminal is gone")),
                },
            }
            let label = "(TLS) ";
            self.front.refresh(&View { unfinished: self.incoming.unfinished(), label, hidden: false });
        };
        let (link, said) = started;
        self.link = link;
        match said {
            Ok(note) => {
                self.note(note);
                Ok(())
            }
            // The connection is as it was.
            Err(failure) if !matches!(self.link, Link::Gone) => {
                self.trouble(failure.line());
                for hint in failure.hints {
                    self.trouble(hint);
                }
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    fn hides_input(&self) -> bool {
        self.telnet(|telnet| telnet.hides_input()).unwrap_or(false)
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
