//! The way of datagrams to one peer on which mishaps happen to them: what the network of `filter::lossy` lets through is sent by a
//! task, when it is due.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::time::Instant;

use super::Watcher;
use crate::event::{Direction, Event, Report};
use crate::failure::reason;
use crate::filter::lossy::Lossy;
use crate::filter::misbehaviour::Misbehaviour;
use crate::transport::datagram::{DatagramSocket, Outlet, Target};

/// One way, in one direction.
pub struct Mishaps {
    lossy: RefCell<Lossy>,
    begun: Instant,
    /// Where the last datagram was sent.
    way: RefCell<Option<(Rc<DatagramSocket>, Target)>>,
    id: Rc<str>,
    report: Rc<dyn Report>,
    /// Counts what leaves, unless somebody else does.
    watcher: Option<Rc<dyn Watcher>>,
    running: Cell<bool>,
    /// Who waits until nothing is on its way, or for what goes wrong.
    waiting: RefCell<Vec<Waker>>,
    /// Whether somebody waits for what goes wrong.
    keeps_trouble: Cell<bool>,
    /// What went wrong first.
    trouble: RefCell<Option<io::Error>>,
}

impl Mishaps {
    /// The way to or from the peer with this ID and number; see [`crate::filter::chance::Chance::new`].
    pub fn new(
        how: &Misbehaviour,
        (id, number): (Rc<str>, u64),
        direction: Direction,
        report: Rc<dyn Report>,
        watcher: Option<Rc<dyn Watcher>>,
    ) -> Rc<Self> {
        Rc::new(Mishaps {
            lossy: RefCell::new(Lossy::new(how.clone(), how.chance(number, direction))),
            begun: Instant::now(),
            way: RefCell::default(),
            id,
            report,
            watcher,
            running: Cell::new(false),
            waiting: RefCell::default(),
            keeps_trouble: Cell::new(false),
            trouble: RefCell::default(),
        })
    }

    /// Waits for what goes wrong, which is not reported from now on.
    pub async fn failed(&self) -> io::Error {
        self.keeps_trouble.set(true);
        std::future::poll_fn(|cx| match self.trouble.take() {
            Some(error) => Poll::Ready(error),
            None => {
                self.wait(cx);
                Poll::Pending
            }
        })
        .await
    }

    fn wait(&self, cx: &Context<'_>) {
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
    }

    fn wake_all(&self) {
        self.waiting.take().into_iter().for_each(Waker::wake);
    }

    /// Sends a datagram, or does to it what happens to it.
    pub fn send(self: &Rc<Self>, socket: &Rc<DatagramSocket>, target: &Target, datagram: &[u8]) {
        *self.way.borrow_mut() = Some((socket.clone(), target.clone()));
        self.lossy.borrow_mut().push(self.begun.elapsed(), datagram);
        if !self.running.replace(true) {
            tokio::task::spawn_local(self.clone().run());
        }
    }

    /// This way to one target, for what takes datagrams to be sent.
    pub fn outlet(self: &Rc<Self>, socket: Rc<DatagramSocket>, target: Target) -> Box<dyn Outlet> {
        Box::new(Way { mishaps: self.clone(), socket, target })
    }

    /// Waits until nothing is on its way any more.
    pub async fn drained(&self) {
        std::future::poll_fn(|cx| self.poll_drained(cx)).await;
    }

    fn poll_drained(&self, cx: &Context<'_>) -> Poll<()> {
        if !self.running.get() {
            return Poll::Ready(());
        }
        self.wait(cx);
        Poll::Pending
    }

    async fn run(self: Rc<Self>) {
        while let Some(due) = self.next_due() {
            if due > self.begun.elapsed() {
                tokio::time::sleep_until(self.begun + due).await;
            }
            while let Some(datagram) = self.take_due() {
                self.leave(&datagram).await;
            }
        }
        self.running.set(false);
        self.wake_all();
    }

    fn next_due(&self) -> Option<std::time::Duration> {
        self.lossy.borrow().next_due()
    }

    fn take_due(&self) -> Option<Vec<u8>> {
        self.lossy.borrow_mut().take_due(self.begun.elapsed())
    }

    async fn leave(&self, datagram: &[u8]) {
        let way = self.way.borrow().clone();
        let Some((socket, target)) = way else { return };
        let sent = match (socket.send(&target, datagram).await, &self.watcher) {
            (Ok(()), Some(watcher)) => {
                self.report.message(Direction::Out);
                watcher.moved(Direction::Out, datagram.len() as u64);
                if watcher.wants_bytes() { watcher.wire(Direction::Out, datagram) } else { Ok(()) }
            }
            (sent, _) => sent,
        };
        if let Err(error) = sent {
            if self.keeps_trouble.get() {
                self.trouble.borrow_mut().get_or_insert(error);
                return self.wake_all();
            }
            self.report.event(&self.id, &Event::Error { message: reason(&error) });
        }
    }
}

struct Way {
    mishaps: Rc<Mishaps>,
    socket: Rc<DatagramSocket>,
    target: Target,
}

impl Outlet for Way {
    fn send(&self, datagram: &[u8]) {
        self.mishaps.send(&self.socket, &self.target, datagram);
    }

    fn poll_drained(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.mishaps.poll_drained(cx)
    }
}
