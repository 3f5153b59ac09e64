//! A person talks to a peer: `open --interactive` and `attach`. Here it is set up and ended; `session` holds it.

mod clock;
mod ending;
mod front;
mod kept;
mod link;
mod outgoing;
mod raw;
mod secrets;
mod session;
mod signals;
mod slash;
#[cfg(feature = "tls")]
mod starttls;

use std::cell::RefCell;
use std::fmt;
use std::io::{self, IsTerminal};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use super::context::Context;
use super::stream::{Shown, Streams};
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::filter::LineEnding;
use crate::output::{Format, Reporter};
use crate::quantity::Limit;
use crate::relay::AtLocalEnd;
use crate::service::Client;
use crate::terminal::{History, Paint, history, tty};
use crate::transport::Channel;

pub use ending::{Ending, conclude};
use ending::{closing, last_line};
use front::Front;
pub use front::Output;
pub use kept::KeptLink;
pub use link::{Link, Lost};
use session::Session;
pub use session::{Parts, Terms};
pub use signals::{Change, Signals, stop_job};
#[cfg(feature = "tls")]
pub use starttls::{of_kept, of_stream};

/// How long the terminal and the peer are given for the last words.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How a person talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Line by line, with an editor.
    Lines,
    /// Character by character (`--raw`).
    Raw,
}

/// `--interactive`, parsed.
#[derive(Debug, Clone)]
pub struct Options {
    /// How a person talks.
    pub style: Style,
    /// How lines end at first.
    pub endings: LineEndings,
    /// Whether bytes are shown in hexadecimal at first.
    pub hex: bool,
}

/// How the lines of the peer end; `None`: nothing is converted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineEndings {
    /// Those that come.
    pub incoming: Option<LineEnding>,
    /// Those that go.
    pub outgoing: Option<LineEnding>,
}

impl fmt::Display for LineEndings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |kind: Option<LineEnding>| match kind {
            Some(LineEnding::CrLf) => Some("crlf"),
            Some(LineEnding::Cr) => Some("cr"),
            Some(LineEnding::Lf | LineEnding::None) | None => None,
        };
        match word(self.incoming) {
            Some(end) => write!(f, "lines that come end with {end}, ")?,
            None => f.write_str("line ends that come are not changed, ")?,
        }
        write!(f, "lines that go end with {}", word(self.outgoing).unwrap_or("lf"))
    }
}

/// TLS being begun: the connection afterwards, and what there is to be said. It is gone if it was lost in that.
pub type Starting<'a> = Pin<Box<dyn Future<Output = (Link, Result<String, Failure>)> + 'a>>;

/// Begins TLS.
pub type Starter<'a> = Box<dyn Fn(Link) -> Starting<'a> + 'a>;

/// Begins no TLS.
pub fn no_tls<'a>(why: &'static str) -> Starter<'a> {
    Box::new(move |link| Box::pin(async move { (link, Err(Failure::message(Exit::Unsupported, why))) }))
}

/// Whether a person is there to talk.
///
/// # Errors
/// Status 2, with what to do instead.
pub fn check(context: &Context) -> Result<(), Failure> {
    if !tty::is_there() {
        let text = "--interactive and attach need a terminal on stdin and stdout";
        let hint = "without --interactive, open streams stdin and stdout; read, write and ask talk to kept sockets";
        return Err(Failure::message(Exit::Usage, text).hint(hint));
    }
    if context.json && io::stderr().is_terminal() {
        let text = "the events of --json would stand in the conversation on this terminal; add 2> FILE";
        return Err(Failure::message(Exit::Usage, text));
    }
    Ok(())
}

/// Talks over a connection.
///
/// # Errors
/// Whatever is not a clean end.
pub async fn run(
    client: Client,
    options: &Options,
    starter: Starter<'_>,
    streams: &Streams,
    context: &Context,
) -> Result<Exit, Failure> {
    let Client { id, channel, .. } = client;
    let (peer, local, transport) = (channel.peer().to_string(), channel.local().to_string(), channel.transport());
    let link = match channel {
        Channel::Bytes(bytes) => Link::Bytes(bytes),
        Channel::Messages(messages) => Link::Messages(messages, Box::default()),
    };
    let around = streams.surroundings(Shown::ToConversation);
    let watcher = (around.watch)(&id);
    let wishes = streams.options();
    let terms = Terms {
        endings: options.endings,
        hex: options.hex,
        traffic: wishes.traffic,
        idle: wishes.idle,
        quit_after: wishes.quit_after.unwrap_or(Limit::Never),
        half_open: wishes.half_open,
        half_close: wishes.at_local_end == AtLocalEnd::HalfClose,
        detaches: false,
    };
    let place = Place { peer: &peer, greeting: format!("connected to {peer} ({transport})"), left: String::new() };
    let parts = Gathered {
        link,
        watcher: &*watcher,
        report: &*around.report,
        starter,
        lane: around.lane(Direction::In, &id, &*watcher),
    };
    let (ending, totals, code) = hold(parts, options.style, terms, &place, context).await?;
    let closing = closing(&ending);
    let (bytes_in, bytes_out) = totals;
    let reason = closing.as_ref().map_or_else(|_| "failed".to_owned(), |closing| closing.reason.clone());
    context.reporter.event(&id, &Event::Closed { peer: peer.clone(), local, bytes_in, bytes_out, code, reason });
    conclude(ending, &peer)
}

/// What is gathered before the terminal is taken.
pub struct Gathered<'a, 's> {
    /// The other end.
    pub link: Link,
    /// Sees what passes.
    pub watcher: &'a dyn crate::service::Watcher,
    /// Where events go.
    pub report: &'a dyn Report,
    /// Begins TLS.
    pub starter: Starter<'s>,
    /// What is done to received bytes besides the line ends.
    pub lane: crate::relay::Lane<'a>,
}

/// What is said of the other end.
pub struct Place<'a> {
    /// The peer.
    pub peer: &'a str,
    /// What is said at first.
    pub greeting: String,
    /// What is said when a kept socket is left open.
    pub left: String,
}

/// Sentences of the reporter are shown in the conversation, until this is dropped.
struct Diverted<'a>(&'a Reporter);

impl Drop for Diverted<'_> {
    fn drop(&mut self) {
        self.0.divert(None);
    }
}

/// Takes the terminal, holds the conversation, says how it ended, and gives the terminal back.
///
/// # Errors
/// The terminal cannot be used: status 23.
pub async fn hold(
    parts: Gathered<'_, '_>,
    style: Style,
    terms: Terms,
    place: &Place<'_>,
    context: &Context,
) -> Result<(Ending, (u64, u64), Option<u16>), Failure> {
    let no_terminal =
        |error: io::Error| Failure::message(Exit::OutputFailed, format!("cannot use the terminal: {}", reason(&error)));
    let watcher = parts.watcher;
    if style == Style::Raw {
        let ending = raw::hold(parts, terms, place).await.map_err(no_terminal)?;
        return Ok((ending, watcher.totals(), None));
    }
    let paint = Paint { color: matches!(context.reporter.format(), Format::Human { color: true }) };
    let (history, unread) = match history::usual_path().map(|path| History::open(&path)) {
        Some(Ok(history)) => (history, None),
        Some(Err(error)) => (History::default(), Some(error)),
        None => (History::default(), None),
    };
    let notes: Rc<RefCell<Vec<String>>> = Rc::default();
    let mut front = Front::open(history, slash::names(), paint).map_err(no_terminal)?;
    let _diverted = Diverted(&context.reporter);
    let taken = notes.clone();
    context.reporter.divert(Some(Box::new(move |sentence| taken.borrow_mut().push(sentence.to_owned()))));
    let end = match parts.link.has_half_close() {
        _ if terms.detaches => "Ctrl-D leaves",
        true => "Ctrl-D ends our data",
        false => "Ctrl-D closes it",
    };
    let greeting = format!("{}; /help for help, {end}", place.greeting);
    front.show(&[crate::terminal::Entry::new(crate::terminal::Mark::Note, greeting)], None);
    if let Some(error) = unread {
        notes.borrow_mut().push(format!("the history cannot be read: {}", reason(&error)));
    }
    let Gathered { link, watcher, report, starter, lane } = parts;
    let mut session = Session::new(Parts { link, front, watcher, report, notes, starter, lane }, terms);
    let ending = session.hold().await;
    let totals = watcher.totals();
    let code = session.link.farewell().1;
    let _ = tokio::time::timeout(LAST_WORDS, say_goodbye(&mut session, &ending, totals, place)).await;
    Ok((ending, totals, code))
}

/// The last line, and what is left to be done with the other end.
async fn say_goodbye(session: &mut Session<'_, '_>, ending: &Ending, (came, went): (u64, u64), place: &Place<'_>) {
    session.finish();
    if let Some(text) = last_line(ending, place.peer, &place.left, came, went) {
        session.note(text);
    }
    session.front.close();
    let _ = std::future::poll_fn(|cx| session.front.poll_flush(cx)).await;
    match (&mut session.link, ending) {
        (Link::Kept(kept), _) => kept.settle().await,
        (link, Ending::PeerClosed | Ending::Quit) => {
            let _ = std::future::poll_fn(|cx| link.poll_end(cx)).await;
        }
        _ => {}
    }
}

/// Whether a person who types goes on after the peer has ended its data: only when that was asked for.
pub fn usual_half_open() -> Limit {
    Limit::After(Duration::ZERO)
}
