//! Forwards datagrams to what is no datagram socket: each caller gets a connection of its own, on which messages are framed, and
//! is forgotten when that ends.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Notify;

use super::callers::{Caller, Callers};
use crate::event::Event;
use crate::service::forward::Target;
use crate::service::{Client, Service, Surroundings, serve};
use crate::transport::datagram::{DatagramSocket, Flow, Mailbox};
use crate::transport::{Channel, Messages};

/// The most connections at a time, where nothing is said: anybody can make up addresses to write from.
pub const MOST: usize = 1024;

/// Where the datagrams of all callers go.
pub struct Bridge {
    service: Service,
    around: Surroundings,
    /// Told when a caller's connection has ended.
    pub ended: Notify,
}

/// The way on from one caller.
pub struct Lane {
    mailbox: Rc<Mailbox>,
    full: Cell<bool>,
}

impl Bridge {
    /// Forwards to this target. A caller of whom nothing is heard for as long as `around` says is forgotten.
    pub fn new(target: Rc<Target>, around: Surroundings) -> Self {
        Bridge { service: Service::Forward(target), around, ended: Notify::new() }
    }

    /// Begins to forward what a caller sends, which is put into the lane. Answers leave by `socket`.
    pub fn begin(
        self: &Rc<Self>,
        caller: &Caller,
        socket: Rc<DatagramSocket>,
        callers: &Rc<RefCell<Callers>>,
    ) -> Rc<Lane> {
        let (mailbox, socket_port) = (Rc::new(Mailbox::default()), socket.port());
        let (target, local) = (caller.target.clone(), caller.local.clone());
        let mut flow = Flow::shared(socket, target, local, caller.peer.clone(), mailbox.clone());
        if let Some(mishaps) = &caller.mishaps {
            flow.send_through(|socket, target| mishaps.outlet(socket, target));
        }
        let channel = Channel::Messages(Messages::Datagram(Box::new(flow)));
        let mut client = Client { id: caller.id.to_string(), port: socket_port, channel };
        let (bridge, callers) = (self.clone(), Rc::downgrade(callers));
        let (peer, watcher, kept) = (caller.peer.clone(), caller.watcher.clone(), mailbox.clone());
        tokio::task::spawn_local(async move {
            let closing = serve(&bridge.service, &mut client, &watcher, &bridge.around).await;
            let lost = kept.untaken();
            if lost > 0 {
                let message = format!("{lost} datagrams were not forwarded");
                bridge.around.report.event(&client.id, &Event::Error { message });
            }
            if let Some(callers) = callers.upgrade() {
                callers.borrow_mut().forget(&peer, &closing.reason);
            }
            bridge.ended.notify_one();
        });
        Rc::new(Lane { mailbox, full: Cell::new(false) })
    }

    /// Takes a datagram to be forwarded. What the connection is too slow for is dropped, which is said once.
    pub fn pass(&self, caller: &Caller, lane: &Lane, datagram: &[u8]) {
        let taken = lane.mailbox.put(datagram);
        if !taken && !lane.full.replace(true) {
            let message = "the target is too slow for this peer: datagrams are dropped".to_owned();
            self.around.report.event(&caller.id, &Event::Error { message });
        }
    }
}
