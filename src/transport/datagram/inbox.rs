//! Where datagrams are received: one call gives one of them, or a run of equal size from one sender (UDP_GRO of udp(7)).

use std::net::{IpAddr, Ipv4Addr};
use std::time::SystemTime;

use super::target::Source;
use crate::address::{Peer, UnixName};

/// The space of control messages, in bytes; what is enabled needs less than half of it.
const CONTROL: usize = 512;

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
}

/// The place for what one call receives.
#[derive(Debug)]
pub struct Inbox {
    pub(super) buffer: Vec<u8>,
    pub(super) control: Vec<u8>,
    pub(super) filled: usize,
    /// The size of each datagram but the last.
    pub(super) size: usize,
    pub(super) arrival: Arrival,
}

impl Inbox {
    /// A place for datagrams of up to `capacity` bytes; of longer ones the end is cut off, which is said.
    pub fn new(capacity: usize) -> Self {
        let arrival = Arrival {
            from: Peer::Inet((Ipv4Addr::UNSPECIFIED, 0).into()),
            to: None,
            source: None,
            interface: 0,
            ttl: None,
            time: SystemTime::UNIX_EPOCH,
            length: 0,
            truncated: false,
        };
        Inbox { buffer: vec![0; capacity], control: vec![0; CONTROL], filled: 0, size: 0, arrival }
    }

    /// What is known of the datagrams of the last call.
    pub fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    /// The datagrams of the last call, in order; an empty one is one.
    pub fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        let bytes = self.buffer.get(..self.filled).unwrap_or_default();
        let empty = bytes.is_empty().then_some(&[][..]);
        empty.into_iter().chain(bytes.chunks(self.size.max(1)))
    }

    /// All bytes of the last call with the size of each datagram but the last, to be sent on as a run.
    pub fn run(&self) -> (&[u8], usize) {
        (self.buffer.get(..self.filled).unwrap_or_default(), self.size)
    }

    /// The length of one of the datagrams as it was sent, which is more than its bytes when it was truncated.
    pub fn length_of(&self, datagram: &[u8]) -> usize {
        if self.arrival.truncated { self.arrival.length } else { datagram.len() }
    }

    /// Notes one whole datagram, or the beginning of one.
    pub(super) fn one(&mut self, from: Peer, length: usize) {
        let filled = length.min(self.buffer.len());
        (self.filled, self.size) = (filled, filled);
        self.arrival = Arrival {
            from,
            to: None,
            source: None,
            interface: 0,
            ttl: None,
            time: SystemTime::now(),
            length,
            truncated: length > filled,
        };
    }
}

/// A Unix sender: mostly without a name.
pub(super) fn unix_peer(path: Option<&[u8]>, abstract_name: Option<&[u8]>) -> Peer {
    use std::os::unix::ffi::OsStrExt;
    let path = path.map(|path| UnixName::Path(std::ffi::OsStr::from_bytes(path).into()));
    Peer::Unix(path.or_else(|| abstract_name.map(|name| UnixName::Abstract(name.to_vec()))))
}
