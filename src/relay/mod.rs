//! The relay: bytes both ways between two sides, with half-close, limits and the fastest path for each direction.
//!
//! `half_close` decides, `copy` and `splice` move, `plan` chooses between them; this file only drives.

pub mod buffer;
pub mod copy;
pub mod half_close;
pub mod lane;
pub mod plan;
pub mod rate;
pub mod side;
pub mod spin;
pub mod splice;
pub mod stdio;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::event::Direction;
pub use half_close::{AtLocalEnd, End, HalfClose, Next, Rules, Traffic};
pub use lane::{Lane, Observer};
pub use side::Side;
pub use stdio::{Output, Stdio};

use copy::CopyPump;
use lane::{Failed, Moved};
use plan::Path;
use spin::Spin;
use splice::{SplicePump, Spliced};

/// How often one task goes on before the others get their turn.
const TURNS: u32 = 32;

/// The longest pause between two questions whether everything was acknowledged.
const ACKNOWLEDGE_PAUSE: Duration = Duration::from_millis(20);

/// How a relay ended.
#[derive(Debug)]
pub struct Outcome {
    /// Why.
    pub end: End,
    /// What failed, if something did: the first failure, or the peer's reset if there was one.
    pub fault: Option<Fault>,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Reading the local input.
    Input,
    /// Writing the local output.
    Output,
    /// Sending to the peer.
    Sending,
    /// Receiving from the peer.
    Receiving,
    /// Converting bytes.
    Converting,
    /// Writing a transcript or dump.
    Recording,
}

/// A failure in the middle of a relay.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Fault {
    /// Whose it is.
    pub blame: Blame,
    /// The system's error.
    pub error: io::Error,
}

impl Fault {
    fn new(direction: Direction, failed: Failed) -> Self {
        let (blame, error) = match (direction, failed) {
            (Direction::Out, Failed::Reading(error)) => (Blame::Input, error),
            (Direction::Out, Failed::Writing(error)) => (Blame::Sending, error),
            (Direction::In, Failed::Reading(error)) => (Blame::Receiving, error),
            (Direction::In, Failed::Writing(error)) => (Blame::Output, error),
            (_, Failed::Converting(error)) => (Blame::Converting, error),
            (_, Failed::Recording(error)) => (Blame::Recording, error),
        };
        // A reset that is met while sending is still the peer's reset.
        let reset = blame == Blame::Sending && error.kind() == io::ErrorKind::ConnectionReset;
        Fault { blame: if reset { Blame::Receiving } else { blame }, error }
    }
}

/// Whether a relay may burn a little time to answer sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Look for data for some microseconds before sleeping; for the one relay of a process.
    Eager,
    /// Sleep at once; for one of many.
    Patient,
}

#[derive(Debug)]
enum Pump {
    Copy(CopyPump),
    Splice(SplicePump),
}

impl Pump {
    fn new(from: &impl Side, to: &impl Side, lane: &Lane<'_>) -> Pump {
        let path = match (from.source(), to.sink()) {
            (Some(from), Some(to)) => plan::path(from.kind(), to.kind(), lane.is_looked_at()),
            _ => Path::Copy,
        };
        match path {
            Path::Copy => Pump::Copy(CopyPump::default()),
            Path::Splice => Pump::Splice(SplicePump::new(false)),
            Path::SpliceThrough => Pump::Splice(SplicePump::new(true)),
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut impl Side,
        to: &mut impl Side,
        lane: &mut Lane<'_>,
    ) -> Poll<Result<Moved, Failed>> {
        loop {
            match self {
                Pump::Copy(pump) => return pump.poll(cx, from, to, lane),
                Pump::Splice(pump) => {
                    let (Some(source), Some(sink)) = (from.source(), to.sink()) else {
                        *self = Pump::Copy(CopyPump::default());
                        continue;
                    };
                    match pump.poll(cx, source, sink, lane) {
                        Poll::Ready(Ok(Spliced::Moved(moved))) => return Poll::Ready(Ok(moved)),
                        Poll::Ready(Ok(Spliced::Refused(copy))) => *self = Pump::Copy(copy),
                        Poll::Ready(Err(failed)) => return Poll::Ready(Err(failed)),
                        Poll::Pending => return Poll::Pending,
                    }
                }
            }
        }
    }
}

/// Relays between a local and a remote side until both directions are over or a rule ends it.
pub async fn run(
    local: &mut impl Side,
    remote: &mut impl Side,
    rules: Rules,
    outgoing: Lane<'_>,
    incoming: Lane<'_>,
    waiting: Waiting,
) -> Outcome {
    let pumps = (Pump::new(local, remote, &outgoing), Pump::new(remote, local, &incoming));
    let mut relay = Relay {
        machine: HalfClose::new(rules, Instant::now()),
        outgoing,
        incoming,
        pump_out: pumps.0,
        pump_in: pumps.1,
        ending: None,
        fault: None,
        timer: Timer::default(),
        acknowledge_pause: Duration::from_millis(1),
        spin: (waiting == Waiting::Eager).then(Spin::default),
    };
    std::future::poll_fn(|cx| relay.poll(cx, local, remote)).await
}

struct Relay<'a> {
    machine: HalfClose,
    outgoing: Lane<'a>,
    incoming: Lane<'a>,
    pump_out: Pump,
    pump_in: Pump,
    /// An end of data that is being sent: TLS may have to wait for it.
    ending: Option<Direction>,
    fault: Option<Fault>,
    timer: Timer,
    acknowledge_pause: Duration,
    spin: Option<Spin>,
}

impl Relay<'_> {
    fn poll(&mut self, cx: &mut Context<'_>, local: &mut impl Side, remote: &mut impl Side) -> Poll<Outcome> {
        for _ in 0..TURNS {
            let mut progress = false;
            if self.machine.is_open(Direction::Out) {
                let step = self.pump_out.poll(cx, local, remote, &mut self.outgoing);
                progress |= self.note(Direction::Out, step);
            }
            if self.machine.is_open(Direction::In) {
                let step = self.pump_in.poll(cx, remote, local, &mut self.incoming);
                progress |= self.note(Direction::In, step);
            }
            if let Poll::Ready(end) = self.obey(cx, local, remote) {
                return Poll::Ready(Outcome { end, fault: self.fault.take() });
            }
            if progress {
                continue;
            }
            if self.machine.is_open(Direction::In) && local.poll_gone(cx).is_ready() {
                let error = io::ErrorKind::BrokenPipe.into();
                let fault = Some(Fault { blame: Blame::Output, error });
                return Poll::Ready(Outcome { end: End::Failed, fault });
            }
            if let Some(spin) = &mut self.spin
                && spin.wait_for([local.source(), remote.source()])
            {
                // The event loop learns of it without sleeping.
                cx.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Tells the machine what a pump did; true when something moved.
    fn note(&mut self, direction: Direction, step: Poll<Result<Moved, Failed>>) -> bool {
        let now = Instant::now();
        match step {
            Poll::Pending => return false,
            Poll::Ready(Ok(Moved::Bytes(_))) => self.machine.moved(direction, now),
            Poll::Ready(Ok(Moved::End)) => {
                self.machine.ended(direction, now);
                match direction {
                    Direction::Out => self.outgoing.ended(),
                    Direction::In => self.incoming.ended(),
                }
            }
            Poll::Ready(Err(failed)) => {
                let fault = Fault::new(direction, failed);
                // Only a failed send leaves the other direction a chance.
                let fatal = matches!(fault.blame, Blame::Converting | Blame::Recording);
                self.machine.failed(if fatal { Direction::In } else { direction });
                if self.fault.is_none() || fault.blame == Blame::Receiving {
                    self.fault = Some(fault);
                }
            }
        }
        true
    }

    /// Does what the machine says until it waits; ready when it is over.
    fn obey(&mut self, cx: &mut Context<'_>, local: &mut impl Side, remote: &mut impl Side) -> Poll<End> {
        loop {
            if let Some(direction) = self.ending {
                let done = match direction {
                    Direction::Out => remote.poll_end(cx),
                    Direction::In => local.poll_end(cx),
                };
                match done {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => {
                        self.machine.failed(direction);
                        self.fault.get_or_insert(Fault::new(direction, Failed::Writing(error)));
                    }
                }
                self.ending = None;
            }
            let now = Instant::now();
            match self.machine.next(now) {
                Next::EndRemote => self.ending = Some(Direction::Out),
                Next::EndLocal => self.ending = Some(Direction::In),
                Next::Finish(end) => return Poll::Ready(end),
                Next::Wait(at) => {
                    if !self.timer.is_due(cx, at) {
                        return Poll::Pending;
                    }
                }
                Next::AwaitDelivery(at) => {
                    if remote.all_acknowledged() {
                        self.machine.acknowledged();
                        continue;
                    }
                    // The kernel does not tell when the last byte is acknowledged; ask again soon.
                    let ask = now + self.acknowledge_pause;
                    if !self.timer.is_due(cx, Some(at.map_or(ask, |at| at.min(ask)))) {
                        return Poll::Pending;
                    }
                    self.acknowledge_pause = (self.acknowledge_pause * 2).min(ACKNOWLEDGE_PAUSE);
                }
            }
        }
    }
}

/// A sleep that is only made when there is something to wait for.
#[derive(Debug, Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Whether the moment has come; if not, the task is woken then.
    fn is_due(&mut self, cx: &mut Context<'_>, at: Option<Instant>) -> bool {
        let Some(at) = at else { return false };
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        // Moving a timer costs; one that rings too early is moved then.
        if sleep.is_elapsed() || sleep.deadline() > at {
            sleep.as_mut().reset(at);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if Instant::now() >= at {
                return true;
            }
            sleep.as_mut().reset(at);
        }
        false
    }
}
