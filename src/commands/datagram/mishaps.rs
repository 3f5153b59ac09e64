//! The way of datagrams to one peer on which mishaps happen to them: what the network of `filter::lossy` lets through is sent by a
//! task, when it is due.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::exchange::note;
use crate::event::{Direction, Event, Report};
use crate::failure::reason;
use crate::filter::lossy::Lossy;
use crate::filter::misbehaviour::Misbehaviour;
use crate::service::Watcher;
use crate::transport::datagram::{DatagramSocket, Target};

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
    idle: Notify,
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
            idle: Notify::new(),
        })
    }

    /// Sends a datagram, or does to it what happens to it.
    pub fn send(self: &Rc<Self>, socket: &Rc<DatagramSocket>, target: &Target, datagram: &[u8]) {
        *self.way.borrow_mut() = Some((socket.clone(), target.clone()));
        self.lossy.borrow_mut().push(self.begun.elapsed(), datagram);
        if !self.running.replace(true) {
            tokio::task::spawn_local(self.clone().run());
        }
    }

    /// Waits until nothing is on its way any more.
    pub async fn drained(&self) {
        while self.running.get() {
            self.idle.notified().await;
        }
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
        self.idle.notify_waiters();
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
        let sent = socket.send(&target, datagram).await.map_err(|error| reason(&error));
        let noted = sent.and_then(|()| match &self.watcher {
            Some(watcher) => {
                note(&**watcher, &*self.report, Direction::Out, datagram).map_err(|failure| failure.line())
            }
            None => Ok(()),
        });
        if let Err(message) = noted {
            self.report.event(&self.id, &Event::Error { message });
        }
    }
}
