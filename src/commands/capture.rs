//! `--pcap FILE`: what passes, as packets that Wireshark and its like read. The packets are made up around the payload, which
//! is what was said inside TLS; addresses and ports are the real ones. A packet that cannot be written is an error, never a gap.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::recorder::{create, named, names_stdout};
use crate::address::Peer;
use crate::event::{Direction, Event};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::packet::{self, DATAGRAM, Stream};
use crate::output::pcapng::{self, Packet};

/// Where Unix sockets are put: addresses for documentation (RFC 5737), the server's port, the first of the clients'.
const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const SERVER_PORT: u16 = 1;
const FIRST_PORT: u16 = 1024;

/// What the packets of a run are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// TCP: streams, and messages on streams.
    Streams,
    /// UDP.
    Datagrams,
}

#[derive(Debug)]
enum Known {
    Stream(Stream),
    Datagrams { local: SocketAddr, peer: SocketAddr, told: bool },
}

/// A file of packets.
#[derive(Debug)]
pub struct Capture {
    file: File,
    carrier: Carrier,
    known: HashMap<String, Known>,
    /// How many connections were made up.
    made_up: u16,
    /// Packets are never earlier than the ones before them, even where the clock goes back.
    last: Duration,
    block: Vec<u8>,
}

impl Capture {
    /// Begins a file.
    ///
    /// # Errors
    /// A file that cannot be written: status 23.
    pub fn create(path: &Path, carrier: Carrier) -> Result<Self, Failure> {
        if names_stdout(path) && rustix::termios::isatty(rustix::stdio::stdout()) {
            let text = "--pcap - writes packets, which a terminal cannot show; add | tshark -r -, or name a FILE";
            return Err(Failure::message(Exit::Usage, text));
        }
        let mut file = create(path)?;
        file.write_all(&pcapng::beginning()).map_err(|error| super::recorder::unwritable(path, &error))?;
        let (known, block) = (HashMap::new(), Vec::new());
        Ok(Capture { file, carrier, known, made_up: 0, last: Duration::ZERO, block })
    }

    /// Takes note of what opens and closes a connection.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn event(&mut self, id: &str, event: &Event) -> io::Result<()> {
        // The connection to the target of a forward carries what its client's does.
        if self.carrier == Carrier::Datagrams || id.contains('>') {
            return Ok(());
        }
        match event {
            Event::Connected { peer, local, .. } => self.open(id, local, peer, Direction::Out),
            Event::Accepted { peer, local, .. } => self.open(id, local, peer, Direction::In),
            Event::Closed { reason, .. } => {
                let Some(Known::Stream(mut stream)) = self.known.remove(id) else { return Ok(()) };
                let reset = match reason {
                    ours if ours.contains("reset after") => Some(Direction::Out),
                    theirs if theirs.contains("reset") => Some(Direction::In),
                    _ => None,
                };
                self.write(&stream.close(reset), None)
            }
            _ => Ok(()),
        }
    }

    /// The ends of the datagrams of `id` that come next.
    pub fn between(&mut self, id: &str, local: &Peer, peer: &Peer) {
        let told = matches!(self.known.get(id), Some(Known::Datagrams { told: true, .. }));
        let (local, peer) = match (local.socket_addr(), peer.socket_addr()) {
            (Some(local), Some(peer)) => (local, peer),
            _ if self.known.contains_key(id) => return,
            _ => self.make_up(Direction::In),
        };
        self.known.insert(id.to_owned(), Known::Datagrams { local, peer, told });
    }

    /// Bytes that passed: a piece of a stream, or a message.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn record(&mut self, id: &str, direction: Direction, bytes: &[u8]) -> io::Result<()> {
        if !self.known.contains_key(id) {
            // Nobody has said where it comes from.
            match self.carrier {
                Carrier::Streams => self.open(id, "", "", Direction::In)?,
                Carrier::Datagrams => self.between(id, &Peer::Unix(None), &Peer::Unix(None)),
            }
        }
        match self.known.get_mut(id) {
            Some(Known::Stream(stream)) => {
                let packets = stream.data(direction, bytes);
                self.write(&packets, None)
            }
            Some(Known::Datagrams { local, peer, told }) => {
                let packet = packet::datagram(direction, *local, *peer, bytes);
                let first = (!std::mem::replace(told, true)).then(|| id.to_owned());
                let cut = (bytes.len() > DATAGRAM).then(|| format!("{} bytes, cut to {DATAGRAM}", bytes.len()));
                self.write(&[packet], cut.or(first).as_deref())
            }
            None => Ok(()),
        }
    }

    /// A direction of a stream came to its end.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn ended(&mut self, id: &str, direction: Direction) -> io::Result<()> {
        match self.known.get_mut(id) {
            Some(Known::Stream(stream)) => {
                let packets = stream.end(direction);
                self.write(&packets, None)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, id: &str, local: &str, peer: &str, begun: Direction) -> io::Result<()> {
        let (local, peer) = match (local.parse(), peer.parse()) {
            (Ok(local), Ok(peer)) => (local, peer),
            _ => self.make_up(begun),
        };
        let mut stream = Stream::new(local, peer);
        let packets = stream.open(begun);
        self.known.insert(id.to_owned(), Known::Stream(stream));
        self.write(&packets, Some(id))
    }

    /// Ends, local and peer, for what has no internet address.
    fn make_up(&mut self, begun: Direction) -> (SocketAddr, SocketAddr) {
        let port = FIRST_PORT.saturating_add(self.made_up);
        self.made_up = (self.made_up + 1) % (u16::MAX - FIRST_PORT);
        let (client, server) = (SocketAddr::from((CLIENT, port)), SocketAddr::from((SERVER, SERVER_PORT)));
        match begun {
            Direction::In => (server, client),
            Direction::Out => (client, server),
        }
    }

    /// Writes packets of this moment, the first with a comment. Each call is one write.
    fn write(&mut self, packets: &[packet::Packet], comment: Option<&str>) -> io::Result<()> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.last = self.last.max(now);
        self.block.clear();
        for (at, (direction, bytes)) in packets.iter().enumerate() {
            let comment = comment.filter(|_| at == 0);
            pcapng::put_packet(&mut self.block, Packet { time: self.last, direction: *direction, bytes, comment });
        }
        self.file.write_all(&self.block).map_err(|error| named("pcap file", &error))
    }
}
