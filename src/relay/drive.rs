//! Drives any traffic by the half-close machine: asks both directions to move, does what the machine says, sleeps in
//! between.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::half_close::{End, HalfClose, Next, Rules};
use super::lane::{Failed, Moved};
use super::spin::Spin;
use super::{Blame, Fault, Outcome, Waiting};
use crate::event::Direction;
use crate::transport::Descriptor;

/// How often one task goes on before the others get their turn.
const TURNS: u32 = 32;

/// The longest pause between two questions whether everything was acknowledged.
const ACKNOWLEDGE_PAUSE: Duration = Duration::from_millis(20);

/// Two directions of something that moves.
pub(super) trait Traffic {
    /// Moves one portion in this direction, or says that it is over.
    fn poll_move(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>>;
    /// Passes the end of this direction on to its receiver.
    fn poll_end(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// Ready when what comes in can reach nobody any more.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()>;
    /// The direction is over; for the record.
    fn ended(&self, direction: Direction);
    /// Whether the peer's system has everything.
    fn all_acknowledged(&self) -> bool;
    /// What may give data, for looking at it without sleeping.
    fn sources(&self) -> [Option<&Descriptor>; 2];
}

/// Runs to the end.
pub(super) async fn run<T: Traffic>(traffic: T, rules: Rules, waiting: Waiting) -> Outcome {
    let mut relay = Relay {
        traffic,
        machine: HalfClose::new(rules, Instant::now()),
        ending: None,
        fault: None,
        timer: Timer::default(),
        acknowledge_pause: Duration::from_millis(1),
        spin: if waiting == Waiting::Eager { Spin::new() } else { None },
    };
    std::future::poll_fn(|cx| relay.poll(cx)).await
}

struct Relay<T> {
    traffic: T,
    machine: HalfClose,
    /// An end of data that is being sent: TLS may have to wait for it.
    ending: Option<Direction>,
    fault: Option<Fault>,
    timer: Timer,
    acknowledge_pause: Duration,
    spin: Option<Spin>,
}

impl<T: Traffic> Relay<T> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        for _ in 0..TURNS {
            let mut progress = false;
            for direction in [Direction::Out, Direction::In] {
                if self.machine.is_open(direction) {
                    let step = self.traffic.poll_move(direction, cx);
                    progress |= self.note(direction, step);
                }
            }
            if let Poll::Ready(end) = self.obey(cx) {
                return Poll::Ready(Outcome { end, fault: self.fault.take() });
            }
            if progress {
                if let Some(spin) = &mut self.spin {
                    spin.moved();
                }
                continue;
            }
            if self.machine.is_open(Direction::In) && self.traffic.poll_gone(cx).is_ready() {
                let error = io::ErrorKind::BrokenPipe.into();
                let fault = Some(Fault { blame: Blame::Output, error });
                return Poll::Ready(Outcome { end: End::Failed, fault });
            }
            // A direction that is over gives nothing more; its source would look ready for ever.
            let [local, remote] = self.traffic.sources();
            let awaited = [
                local.filter(|_| self.machine.is_open(Direction::Out)),
                remote.filter(|_| self.machine.is_open(Direction::In)),
            ];
            if let Some(spin) = &mut self.spin {
                spin.wait(awaited);
            }
            return Poll::Pending;
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Tells the machine what a pump did; true when something moved.
    fn note(&mut self, direction: Direction, step: Poll<Result<Moved, Failed>>) -> bool {
        match step {
            Poll::Pending => return false,
            Poll::Ready(Ok(Moved::Bytes(_))) => self.machine.moved(direction, Instant::now()),
            Poll::Ready(Ok(Moved::End)) => {
                self.machine.ended(direction, Instant::now());
                self.traffic.ended(direction);
            }
            Poll::Ready(Err(failed)) => {
                let fault = Fault::new(direction, self.told_of_reset(direction, failed));
                // Only a failed send leaves the other direction a chance, and a failed read of what is no connection.
                let fatal = matches!(fault.blame, Blame::Converting | Blame::Recording | Blame::Oversized)
                    || fault.is_lost_local_peer()
                    || fault.leaves_connection_alive();
                self.machine.failed(if fatal { Direction::In } else { direction });
                if self.fault.is_none() || fault.blame == Blame::Receiving {
                    self.fault = Some(fault);
                }
            }
        }
        true
    }

    /// splice(2) that meets a reset behind a portion reports the portion and swallows the reset; what is sent next meets a broken
    /// pipe. Over TCP a peer that has not ended its data can have broken it only by a reset.
    fn told_of_reset(&self, direction: Direction, failed: Failed) -> Failed {
        let [_, remote] = self.traffic.sources();
        match failed {
            Failed::Writing(error)
                if error.kind() == io::ErrorKind::BrokenPipe
                    && direction == Direction::Out
                    && self.machine.is_open(Direction::In)
                    && remote.is_some_and(Descriptor::is_tcp) =>
            {
                Failed::Writing(rustix::io::Errno::CONNRESET.into())
            }
            failed => failed,
        }
    }

    /// Does what the machine says until it waits; ready when it is over.
    fn obey(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            if let Some(direction) = self.ending {
                match self.traffic.poll_end(direction, cx) {
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
                    if self.traffic.all_acknowledged() {
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

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use super::*;

    /// A peer whose data ends, and to whom nothing can be sent.
    struct Broken {
        remote: Descriptor,
        /// Whether its data ends before anything is sent.
        ends_first: bool,
    }

    impl Traffic for Broken {
        fn poll_move(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
            match direction {
                Direction::In => Poll::Ready(Ok(Moved::End)),
                Direction::Out if std::mem::take(&mut self.ends_first) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Direction::Out => Poll::Ready(Err(Failed::Writing(rustix::io::Errno::PIPE.into()))),
            }
        }

        fn poll_end(&mut self, _: Direction, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_gone(&mut self, _: &mut Context<'_>) -> Poll<()> {
            Poll::Pending
        }

        fn ended(&self, _: Direction) {}

        fn all_acknowledged(&self) -> bool {
            true
        }

        fn sources(&self) -> [Option<&Descriptor>; 2] {
            [None, Some(&self.remote)]
        }
    }

    async fn blamed(remote: OwnedFd, ends_first: bool) -> (Blame, io::ErrorKind) {
        let traffic = Broken { remote: Descriptor::socket(remote).unwrap(), ends_first };
        let fault = run(traffic, Rules::SYMMETRIC, Waiting::Patient).await.fault.unwrap();
        (fault.blame, fault.error.kind())
    }

    #[tokio::test]
    async fn b05_a_broken_pipe_before_the_end_of_the_peers_data_is_its_reset() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp = || std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap().into();
        let unix = std::os::unix::net::UnixStream::pair().unwrap().0.into();
        assert_eq!(blamed(tcp(), false).await, (Blame::Receiving, io::ErrorKind::ConnectionReset));
        assert_eq!(blamed(tcp(), true).await, (Blame::Sending, io::ErrorKind::BrokenPipe));
        assert_eq!(blamed(unix, false).await, (Blame::Sending, io::ErrorKind::BrokenPipe));
    }
}
