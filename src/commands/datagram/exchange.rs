//! The exchange between the standard streams and datagram sockets: stdin is sent, what comes is printed, until one of the
//! limits says that it is over.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::task::Poll;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::callers::{Caller, Callers};
use super::failures;
use super::input::Input;
use super::printer::Printer;
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::quantity::Limit;
use crate::relay::rate::Rate;
use crate::relay::{Stdio, Traffic};
use crate::service::Watcher;
use crate::service::mishaps::Mishaps;
use crate::transport::datagram::{Burst, DatagramSocket, Inbox, Receiver, Target};

/// When to stop receiving.
#[derive(Debug, Clone, Copy)]
pub struct Replies {
    /// `--count`: end after this many received messages, and wait for them as long as it takes.
    pub count: Option<u64>,
    /// `--replies`: end after this many; fewer within the window are a time-out.
    pub wanted: Option<u64>,
    /// How long answers are waited for after the end of the input. `None`: until something else ends the run.
    pub window: Option<Limit>,
}

/// Who is heard and written to.
pub enum Hearing {
    /// Whoever sends; what is sent goes to one target, where there is one.
    Everybody {
        /// Where to send, and what messages call it.
        target: Option<(Target, String)>,
        /// Sees everything.
        watcher: Rc<dyn Watcher>,
    },
    /// Those who write first; what is sent goes to each of them.
    Callers {
        /// Who they are.
        callers: Box<RefCell<Callers>>,
        /// Whether each message is printed with its sender.
        prefix: bool,
        /// Told when somebody is there to be written to.
        came: Notify,
    },
}

impl Hearing {
    /// Hears those who write first.
    pub fn callers(callers: Callers, prefix: bool) -> Self {
        Hearing::Callers { callers: Box::new(RefCell::new(callers)), prefix, came: Notify::new() }
    }
}

/// One exchange.
pub struct Exchange {
    /// The sockets; what is sent leaves by the first.
    pub sockets: Vec<Rc<DatagramSocket>>,
    /// Who is heard.
    pub hearing: Hearing,
    /// When to stop.
    pub replies: Replies,
    /// How long nothing may pass.
    pub idle: Limit,
    /// Which directions carry messages.
    pub traffic: Traffic,
    /// How fast is sent, where there is a limit; what comes cannot be slowed down.
    pub rate: Option<RefCell<Rate>>,
    /// What happens to what is sent to the one peer.
    pub mishaps: Option<Rc<Mishaps>>,
    /// Where events go.
    pub report: Rc<dyn Report>,
}

/// What the parts of an exchange have to tell each other.
struct Progress {
    received: Cell<u64>,
    last: Cell<Instant>,
}

impl Exchange {
    /// Runs to the end.
    ///
    /// # Errors
    /// Whatever keeps messages from being sent, received or written; a time limit.
    pub async fn run(&self, input: Input, mut output: Stdio, printer: Printer) -> Result<Exit, Failure> {
        let progress = Progress { received: Cell::new(0), last: Cell::new(Instant::now()) };
        let hang_up = output.take_hang_up();
        let gone = std::future::poll_fn(|cx| match &hang_up {
            Some(hang_up) => hang_up.poll(cx),
            None => Poll::Pending,
        });
        tokio::select! {
            biased;
            ended = self.receive(output, printer, &progress) => ended,
            failure = self.lost() => Err(failure),
            ended = self.send(input, &progress) => ended,
            () = self.idle(&progress) => {
                Err(Failure::message(Exit::TimedOut, "timed out: nothing came or went for too long"))
            }
            () = gone => Err(failures::writing(&io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// Until what is sent to the one peer goes wrong on its way through the mishaps.
    async fn lost(&self) -> Failure {
        match (&self.mishaps, &self.hearing) {
            (Some(mishaps), Hearing::Everybody { target: Some((_, name)), .. }) => {
                failures::sending(name, &mishaps.failed().await)
            }
            _ => std::future::pending().await,
        }
    }

    async fn send(&self, mut input: Input, progress: &Progress) -> Result<Exit, Failure> {
        let mut burst = Burst::default();
        if let Hearing::Callers { came, .. } = &self.hearing {
            // Nobody is there yet to be sent what stdin has to say.
            came.notified().await;
        }
        while input.next(&mut burst).await? {
            self.send_burst(&burst).await?;
            progress.last.set(Instant::now());
        }
        self.drained().await;
        if let Hearing::Everybody { watcher, .. } = &self.hearing {
            watcher.ended(Direction::Out);
        }
        match self.replies.window {
            None => std::future::pending().await,
            Some(Limit::Never) => std::future::pending().await,
            Some(Limit::After(window)) => tokio::time::sleep(window).await,
        }
        // What came back by ICMP and nobody has been told yet.
        if let Some(socket) = self.sockets.first()
            && let Ok(Some(error)) = socket.take_error()
        {
            return Err(failures::sending(self.peer(), &error));
        }
        match self.replies.wanted {
            Some(wanted) => {
                let text = format!("{} of {wanted} replies came from {} in time", progress.received.get(), self.peer());
                Err(Failure::message(Exit::TimedOut, text))
            }
            None => Ok(Exit::Done),
        }
    }

    fn peer(&self) -> &str {
        match &self.hearing {
            Hearing::Everybody { target: Some((_, peer)), .. } => peer,
            Hearing::Everybody { target: None, .. } | Hearing::Callers { .. } => "everybody",
        }
    }

    async fn send_burst(&self, burst: &Burst) -> Result<(), Failure> {
        let Some(rate) = &self.rate else { return self.send_run(burst.bytes(), burst.size()).await };
        for message in burst.messages() {
            std::future::poll_fn(|cx| rate.borrow_mut().poll_allowance(cx)).await;
            self.send_run(message, message.len()).await?;
            rate.borrow_mut().spend(message.len());
        }
        Ok(())
    }

    async fn send_run(&self, bytes: &[u8], size: usize) -> Result<(), Failure> {
        let (target, watcher) = match &self.hearing {
            Hearing::Everybody { target, watcher } => (target, watcher),
            Hearing::Callers { callers, .. } => return self.send_round(callers, bytes, size).await,
        };
        let (Some((target, peer)), Some(socket)) = (target, self.sockets.first()) else { return Ok(()) };
        if watcher.wants_bytes() {
            watcher.between(socket.local(), &socket.peer(target));
        }
        if let Some(mishaps) = &self.mishaps {
            cut(bytes, size).for_each(|message| mishaps.send(socket, target, message));
            return Ok(());
        }
        socket.send_run(target, bytes, size).await.map_err(|error| failures::sending(peer, &error))?;
        cut(bytes, size).try_for_each(|message| note(&**watcher, &*self.report, Direction::Out, message))
    }

    /// Sends to everybody who has written. One who cannot be reached any more is forgotten; the only one is a failure.
    async fn send_round(&self, callers: &RefCell<Callers>, bytes: &[u8], size: usize) -> Result<(), Failure> {
        let all: Vec<Caller> = callers.borrow().all().cloned().collect();
        for caller in &all {
            let (Some(target), Some(socket)) = (&caller.target, self.sockets.get(caller.socket)) else {
                let message = format!("{} has no name to be answered at", caller.peer);
                self.report.event(&caller.id, &Event::Error { message });
                continue;
            };
            if let Some(mishaps) = &caller.mishaps {
                cut(bytes, size).for_each(|message| mishaps.send(socket, target, message));
                continue;
            }
            if let Err(error) = socket.send_run(target, bytes, size).await {
                let failure = failures::sending(&caller.peer.to_string(), &error);
                if all.len() == 1 {
                    return Err(failure);
                }
                self.report.event(&caller.id, &Event::Error { message: failure.line() });
                callers.borrow_mut().forget(&caller.peer, &failure.line());
                continue;
            }
            cut(bytes, size).try_for_each(|message| note(&*caller.watcher, &*self.report, Direction::Out, message))?;
        }
        Ok(())
    }

    /// Waits until what is held back has left.
    async fn drained(&self) {
        if let Some(mishaps) = &self.mishaps {
            mishaps.drained().await;
        }
        if let Hearing::Callers { callers, .. } = &self.hearing {
            let all: Vec<_> = callers.borrow().all().filter_map(|caller| caller.mishaps.clone()).collect();
            for mishaps in all {
                mishaps.drained().await;
            }
        }
    }

    async fn receive(&self, mut output: Stdio, mut printer: Printer, progress: &Progress) -> Result<Exit, Failure> {
        if self.traffic == Traffic::SendOnly {
            return std::future::pending().await;
        }
        let mut receiver = Receiver::new(&self.sockets);
        let enough = self.replies.count.or(self.replies.wanted).unwrap_or(u64::MAX);
        if enough == 0 {
            return std::future::pending().await;
        }
        loop {
            let mut from = Some(receiver.receive().await);
            // More that is there already is written together with it.
            while let Some((socket, received)) = from.take() {
                if let Err(error) = received {
                    printer.flush(&mut output).await.map_err(|error| failures::writing(&error))?;
                    return Err(failures::receiving(self.peer(), &error));
                }
                let left = enough.saturating_sub(progress.received.get());
                let printed = self.print(&mut printer, socket, receiver.inbox(), left)?;
                progress.received.set(progress.received.get() + printed);
                progress.last.set(Instant::now());
                if progress.received.get() < enough && !printer.is_full() {
                    from = receiver.receive_now().await;
                }
            }
            printer.flush(&mut output).await.map_err(|error| failures::writing(&error))?;
            super::note_losses(&mut receiver, "", &*self.report);
            if progress.received.get() >= enough {
                return Ok(Exit::Done);
            }
        }
    }

    /// Prints what came, and says how many messages that were.
    fn print(&self, printer: &mut Printer, number: usize, inbox: &Inbox, left: u64) -> Result<u64, Failure> {
        let Some(socket) = self.sockets.get(number) else { return Ok(0) };
        let (watcher, sender) = match &self.hearing {
            Hearing::Everybody { watcher, .. } => {
                if watcher.wants_bytes() {
                    watcher.between(&inbox.arrival().destination(socket.local()), &inbox.arrival().from);
                }
                (watcher.clone(), None)
            }
            Hearing::Callers { callers, prefix, came } => {
                let mut callers = callers.borrow_mut();
                let Some(caller) = callers.hear(number, socket, inbox.arrival()) else { return Ok(0) };
                came.notify_one();
                (caller.watcher.clone(), prefix.then(|| caller.id.clone()))
            }
        };
        let arrival = inbox.arrival();
        if arrival.truncated && !printer.flags_truncated() {
            let message =
                format!("a datagram of {} bytes from {} was cut, as --max-bytes says", arrival.length, arrival.from);
            self.report.event("", &Event::Error { message });
        }
        let mut count = 0;
        for datagram in inbox.datagrams().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            note(&*watcher, &*self.report, Direction::In, datagram)?;
            let added = printer.add(inbox, datagram, socket.local(), sender.as_deref());
            added.map_err(|error| failures::writing(&error))?;
            count += 1;
        }
        Ok(count)
    }

    async fn idle(&self, progress: &Progress) {
        let Limit::After(idle) = self.idle else { return std::future::pending().await };
        loop {
            let at = progress.last.get() + idle;
            if Instant::now() >= at {
                return;
            }
            tokio::time::sleep_until(at).await;
        }
    }
}

/// The datagrams of a run; no bytes are one empty datagram.
pub(super) fn cut(bytes: &[u8], size: usize) -> impl Iterator<Item = &[u8]> {
    let empty = bytes.is_empty().then_some(&[][..]);
    empty.into_iter().chain(bytes.chunks(size.max(1)))
}

/// Counts and records one message.
pub(super) fn note(
    watcher: &dyn Watcher,
    report: &dyn Report,
    direction: Direction,
    message: &[u8],
) -> Result<(), Failure> {
    report.message(direction);
    watcher.moved(direction, message.len() as u64);
    if watcher.wants_bytes() {
        let recorded = watcher.wire(direction, message);
        return recorded.map_err(|error| Failure::message(Exit::OutputFailed, reason(&error)));
    }
    Ok(())
}
