//! The sockets of a kept datagram socket: whom it hears, and whom it writes to. What has come is kept in `mailbox.rs`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use super::link::Facts;
use super::received::{Origin, Received};
use crate::address::{Endpoint, Peer, Scheme, SocketId, UnixKind};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transport::datagram::{DatagramSocket, Inbox, Receiver, Target, refusal};
use crate::transport::resolve::{self, Lookup};

/// So many senders are remembered, with the address of ours that they wrote to.
const MOST_WAYS: usize = 1024;

/// Who is heard.
pub type Admits = Box<dyn Fn(&Peer) -> bool>;

/// Sockets that datagrams are sent from and received on.
pub struct Datagrams {
    sockets: Vec<Rc<DatagramSocket>>,
    /// Its own peer, and what that is called.
    target: Option<(Target, String)>,
    admits: Admits,
    lookup: Lookup,
    /// The way back to senders: the socket, and the address of ours.
    ways: RefCell<HashMap<SocketAddr, (usize, Target)>>,
}

impl Datagrams {
    /// These sockets, with the peer that they write to where nobody is named.
    pub fn new(
        sockets: Vec<DatagramSocket>,
        target: Option<(Target, String)>,
        admits: Admits,
        lookup: Lookup,
    ) -> Rc<Self> {
        let sockets = sockets.into_iter().map(Rc::new).collect();
        Rc::new(Datagrams { sockets, target, admits, lookup, ways: RefCell::default() })
    }

    /// Its addresses.
    pub fn facts(&self) -> Facts {
        let first = self.sockets.first();
        Facts {
            transport: first.map_or("udp", |socket| socket.transport()).to_owned(),
            local: first.map(|socket| socket.local().to_string()).unwrap_or_default(),
            peer: self.target.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
            secure: false,
            ports: self.ports(),
        }
    }

    /// The ports that it receives on, where it hears everybody.
    fn ports(&self) -> Vec<u16> {
        if self.is_connected() {
            return Vec::new();
        }
        let mut ports: Vec<u16> = self.sockets.iter().filter_map(|socket| socket.port()).collect();
        ports.dedup();
        ports
    }

    fn is_connected(&self) -> bool {
        matches!(self.target, Some((Target::Connected, _)))
    }

    /// Where to receive.
    pub fn receiver(&self) -> Receiver {
        Receiver::new(&self.sockets)
    }

    /// The longest datagram that can be sent, in bytes.
    pub fn longest(&self) -> usize {
        self.sockets.first().map_or(0, |socket| socket.max_payload())
    }

    /// Takes what socket `number` has received; what comes from somebody who is not heard is ignored.
    pub fn take(&self, number: usize, inbox: &Inbox, mut keep: impl FnMut(Received)) {
        let arrival = inbox.arrival();
        let Some(socket) = self.sockets.get(number).filter(|_| (self.admits)(&arrival.from)) else { return };
        if let (Some(from), Some(_)) = (arrival.from.socket_addr(), arrival.source)
            && let Some(way) = Target::back_to(&arrival.from, arrival.source)
        {
            let mut ways = self.ways.borrow_mut();
            if ways.len() >= MOST_WAYS {
                ways.clear();
            }
            ways.insert(from, (number, way));
        }
        let to = arrival.destination(socket.local()).to_string();
        for datagram in inbox.datagrams() {
            let origin = Origin {
                from: arrival.from.to_string(),
                to: to.clone(),
                interface: arrival.interface,
                ttl: arrival.ttl,
                length: inbox.length_of(datagram),
            };
            keep(Received::datagram(datagram, arrival.time, origin));
        }
    }

    /// Sends a datagram to a peer, or to its own. What came back for an earlier one does not keep it from being sent; it is
    /// told to `noted`.
    ///
    /// # Errors
    /// Nobody is named; the name is none; what the system says.
    pub async fn send(&self, to: Option<&str>, bytes: &[u8], noted: impl Fn(&io::Error)) -> Result<(), Failure> {
        let (number, target, name) = match (to, &self.target) {
            (None, Some((target, name))) => (0, target.clone(), name.clone()),
            (None, None) => {
                let text = "this socket hears everybody and has no peer of its own";
                return Err(Failure::message(Exit::Usage, text).hint("write --to HOST:PORT names one"));
            }
            (Some(_), Some((Target::Connected, name))) => {
                let text = format!("this socket has one peer, {name}, and --to names another");
                return Err(Failure::message(Exit::Usage, text).hint("leave out --to, or keep one with --listen"));
            }
            (Some(to), _) => {
                let (number, target) = self.way_to(to).await?;
                (number, target, to.to_owned())
            }
        };
        let Some(socket) = self.sockets.get(number) else {
            return Err(Failure::message(Exit::NotOpen, "the socket is closed"));
        };
        let sent = match socket.send(&target, bytes).await {
            Err(error) if self.is_connected() && refusal::is_refusal(&error) => {
                noted(&error);
                socket.send(&target, bytes).await
            }
            sent => sent,
        };
        sent.map_err(|error| refusal::sending(&name, &error))
    }

    /// The socket that leads to a peer, and the target there.
    async fn way_to(&self, to: &str) -> Result<(usize, Target), Failure> {
        if let Some(way) = to.parse().ok().and_then(|to: SocketAddr| self.ways.borrow().get(&to).cloned()) {
            return Ok(way);
        }
        let id = SocketId::parse(to).map_err(|error| Failure::new(Exit::MalformedAddress, error))?;
        match id.endpoint {
            Some(Endpoint::Inet { scheme: Scheme::Udp | Scheme::Tcp, host, port }) => {
                let found = resolve::addresses(&host, port, self.lookup).await;
                let found = found.map_err(|error| Failure::new(Exit::NotResolved, error))?;
                let way = found.iter().find_map(|to| {
                    let number = self.sockets.iter().position(|socket| reaches(socket, to))?;
                    Some((number, Target::Inet { to: *to, source: None }))
                });
                way.ok_or_else(|| {
                    let text = format!("{to} is not of the family that is received on");
                    Failure::message(Exit::Usage, text)
                })
            }
            Some(Endpoint::Unix { kind: UnixKind::Stream, name }) => Ok((0, Target::Unix(name))),
            _ => {
                let text = format!("{to} carries no datagrams; type HOST:PORT or unix:/path");
                Err(Failure::message(Exit::Usage, text))
            }
        }
    }

    /// What is said of datagrams that were refused.
    pub fn refused(&self, error: &io::Error) -> String {
        refusal::receiving(&self.facts().peer, error).line()
    }
}

/// Whether a socket is of the family of an address; a v6 socket reaches v4 as well where it hears all.
fn reaches(socket: &DatagramSocket, to: &SocketAddr) -> bool {
    match socket.local().socket_addr() {
        Some(SocketAddr::V4(_)) => to.is_ipv4(),
        Some(SocketAddr::V6(local)) => to.is_ipv6() || local.ip().is_unspecified(),
        None => false,
    }
}
