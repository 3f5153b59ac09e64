//! Where datagrams are received: one system call gives several, of different senders, and each of these may be a run of equal
//! size from its sender (UDP_GRO of udp(7)). They are looked at one after the other.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV6};
use std::os::fd::BorrowedFd;
use std::time::SystemTime;

use super::control;
use super::target::Source;
use crate::address::{Peer, UnixName};
use crate::sys::{self, Envelope};

/// The space of control messages, in bytes; what is enabled needs less than half of it.
const CONTROL: usize = 512;

/// The most that one call receives.
const MOST: usize = 32;

/// What is known of received datagrams beside their bytes.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Who sent them; the address can be made up by anybody.
    pub from: Peer,
    /// The address that they were sent to: one of ours, a group or a broadcast address.
    pub to: Option<IpAddr>,
    /// Where an answer comes from.
    pub source: Option<Source>,
    /// The index of the interface that they came by; 0 when it is not known.
    pub interface: u32,
    /// The time to live or hop limit on arrival.
    pub ttl: Option<u8>,
    /// When the system received them.
    pub time: SystemTime,
    /// The length of the datagram as it was sent, in bytes.
    pub length: usize,
    /// Whether bytes at its end are missing.
    pub truncated: bool,
    /// How many datagrams the socket has lost since it was made, because its buffer was full.
    pub lost: u32,
}

impl Arrival {
    /// A whole datagram of which nothing else is known.
    pub(super) fn unknown(from: Peer, length: usize) -> Self {
        Arrival {
            from,
            to: None,
            source: None,
            interface: 0,
            ttl: None,
            time: SystemTime::UNIX_EPOCH,
            length,
            truncated: false,
            lost: 0,
        }
    }

    /// The address and port that they were sent to, at a socket with this local address. One of a link has its interface, as
    /// [`Arrival::from`] has.
    pub fn destination(&self, local: &Peer) -> Peer {
        match (self.to, local.socket_addr()) {
            (Some(IpAddr::V6(to)), Some(local)) if is_of_a_link(&to) => {
                Peer::Inet(SocketAddrV6::new(to, local.port(), 0, self.interface).into())
            }
            (Some(to), Some(local)) => Peer::inet((to, local.port()).into()),
            _ => local.clone(),
        }
    }
}

/// Whether each link has such addresses (RFC 4007 section 6).
pub(super) fn is_of_a_link(address: &Ipv6Addr) -> bool {
    address.is_unicast_link_local() || matches!(address.octets(), [0xff, flags, ..] if flags & 0xf == 2)
}

/// The place for what one call receives.
#[derive(Debug)]
pub struct Inbox {
    capacity: usize,
    /// As many as the next call may fill; more of them once calls fill all.
    envelopes: Vec<Envelope>,
    /// How many of them the last call filled.
    filled: usize,
    /// The one that is looked at.
    current: usize,
    /// How many bytes of it there are.
    length: usize,
    /// The size of each of its datagrams but the last.
    size: usize,
    arrival: Arrival,
}

impl Inbox {
    /// A place for datagrams of up to `capacity` bytes; of longer ones the end is cut off, which is said.
    pub fn new(capacity: usize) -> Self {
        let arrival = Arrival::unknown(Peer::Inet((Ipv4Addr::UNSPECIFIED, 0).into()), 0);
        let envelopes = vec![Envelope::new(capacity, CONTROL)];
        Inbox { capacity, envelopes, filled: 0, current: 0, length: 0, size: 0, arrival }
    }

    /// Receives without waiting, and shows the first of what came.
    pub(super) fn fill(&mut self, fd: BorrowedFd<'_>) -> io::Result<()> {
        if self.filled == self.envelopes.len() && self.filled < MOST {
            // More may be waiting than there was room for.
            self.envelopes.resize_with((self.filled * 2).min(MOST), || Envelope::new(self.capacity, CONTROL));
        }
        (self.filled, self.current) = (0, 0);
        self.filled = sys::receive_many(fd, &mut self.envelopes)?;
        self.show();
        Ok(())
    }

    /// Shows the next of what the last call received, if there is more.
    pub(super) fn advance(&mut self) -> bool {
        if self.current + 1 >= self.filled {
            return false;
        }
        self.current += 1;
        self.show();
        true
    }

    fn show(&mut self) {
        let Some(envelope) = self.envelopes.get(self.current) else { return };
        let (arrival, size) = control::arrival(envelope);
        self.length = arrival.length.min(self.capacity);
        self.size = size.min(self.length);
        self.arrival = arrival;
    }

    /// The space of the one datagram that [`Inbox::one`] is told of.
    pub(super) fn space(&mut self) -> &mut [u8] {
        self.current = 0;
        self.envelopes.first_mut().map(|envelope| envelope.buffer.as_mut_slice()).unwrap_or_default()
    }

    /// Notes one whole datagram, or the beginning of one.
    pub(super) fn one(&mut self, from: Peer, length: usize) {
        let filled = length.min(self.capacity);
        (self.filled, self.length, self.size) = (1, filled, filled);
        let arrival = Arrival::unknown(from, length);
        self.arrival = Arrival { time: SystemTime::now(), truncated: length > filled, ..arrival };
    }

    /// What is known of the datagrams of the last call.
    pub fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    fn bytes(&self) -> &[u8] {
        self.envelopes.get(self.current).and_then(|envelope| envelope.buffer.get(..self.length)).unwrap_or_default()
    }

    /// The datagrams of the last call, in order; an empty one is one.
    pub fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        let bytes = self.bytes();
        let empty = bytes.is_empty().then_some(&[][..]);
        empty.into_iter().chain(bytes.chunks(self.size.max(1)))
    }

    /// All bytes of the last call with the size of each datagram but the last, to be sent on as a run.
    pub fn run(&self) -> (&[u8], usize) {
        (self.bytes(), self.size)
    }

    /// The length of one of the datagrams as it was sent, which is more than its bytes when it was truncated.
    pub fn length_of(&self, datagram: &[u8]) -> usize {
        if self.arrival.truncated { self.arrival.length } else { datagram.len() }
    }
}

/// A Unix sender: mostly without a name.
pub(super) fn unix_peer(path: Option<&[u8]>, abstract_name: Option<&[u8]>) -> Peer {
    use std::os::unix::ffi::OsStrExt;
    let path = path.map(|path| UnixName::Path(std::ffi::OsStr::from_bytes(path).into()));
    Peer::Unix(path.or_else(|| abstract_name.map(|name| UnixName::Abstract(name.to_vec()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_datagrams_were_sent_to() {
        let table = [
            (None, "[::]:7", "[::]:7"),
            (Some("10.0.0.1"), "[::]:7", "10.0.0.1:7"),
            (Some("2001:db8::1"), "[::]:7", "[2001:db8::1]:7"),
            (Some("fe80::1"), "[::]:7", "[fe80::1%3]:7"),
            (Some("ff02::1234"), "[::]:7", "[ff02::1234%3]:7"),
            (Some("ff05::1234"), "[::]:7", "[ff05::1234]:7"),
        ];
        for (to, local, text) in table {
            let local = Peer::inet(local.parse().unwrap());
            let mut arrival = Arrival::unknown(local.clone(), 0);
            (arrival.to, arrival.interface) = (to.map(|to| to.parse().unwrap()), 3);
            assert_eq!(arrival.destination(&local).to_string(), text);
        }
    }
}
