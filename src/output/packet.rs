//! Packets that could have carried what passed a socket: IPv4 and IPv6 with TCP (RFC 9293) or UDP, with right checksums,
//! sequence numbers and ends. Neither sockets nor files are known here.

use std::net::{IpAddr, SocketAddr};

use crate::event::Direction;

/// A packet and which way it went.
pub type Packet = (Direction, Vec<u8>);

/// The most payload of a TCP segment.
const SEGMENT: usize = 32 << 10;

/// The most payload of a UDP datagram in IPv4.
pub const DATAGRAM: usize = 65_507;

/// After so many bytes without a word from the other end, it acknowledges them: readers of captures expect it.
const UNACKNOWLEDGED: u32 = 1 << 20;

/// Its scale makes a window of a gigabyte, so that no reader takes it for full.
const WINDOW: u16 = u16::MAX;
const WINDOW_SCALE: u8 = 14;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

const TCP: u8 = 6;
const UDP: u8 = 17;
const HOPS: u8 = 64;

/// What one end has sent.
#[derive(Debug, Clone, Copy, Default)]
struct Leg {
    /// The sequence number of the next byte; the first one of all is 0.
    next: u32,
    ended: bool,
    /// How much the other end has not acknowledged.
    silent: u32,
}

/// A TCP connection, told as packets.
#[derive(Debug)]
pub struct Stream {
    local: SocketAddr,
    peer: SocketAddr,
    outgoing: Leg,
    incoming: Leg,
}

impl Stream {
    /// A connection between these ends, before its handshake.
    pub fn new(local: SocketAddr, peer: SocketAddr) -> Self {
        let (local, peer) = alike(local, peer);
        Stream { local, peer, outgoing: Leg::default(), incoming: Leg::default() }
    }

    /// The handshake, begun in this direction.
    pub fn open(&mut self, begun: Direction) -> Vec<Packet> {
        let other = opposite(begun);
        vec![self.segment(begun, SYN, &[]), self.segment(other, SYN | ACK, &[]), self.segment(begun, ACK, &[])]
    }

    /// Bytes that went this way.
    pub fn data(&mut self, direction: Direction, bytes: &[u8]) -> Vec<Packet> {
        let mut packets = Vec::with_capacity(bytes.len() / SEGMENT + 2);
        for part in bytes.chunks(SEGMENT) {
            packets.push(self.segment(direction, PSH | ACK, part));
            if self.leg(direction).silent >= UNACKNOWLEDGED {
                packets.push(self.segment(opposite(direction), ACK, &[]));
            }
        }
        packets
    }

    /// The end of data of this direction, once.
    pub fn end(&mut self, direction: Direction) -> Vec<Packet> {
        if self.leg(direction).ended {
            return Vec::new();
        }
        vec![self.segment(direction, FIN | ACK, &[]), self.segment(opposite(direction), ACK, &[])]
    }

    /// The connection is over: whatever end of data has not been told, or a reset in this direction.
    pub fn close(&mut self, reset: Option<Direction>) -> Vec<Packet> {
        match reset {
            Some(direction) => vec![self.segment(direction, RST | ACK, &[])],
            None => [self.end(Direction::Out), self.end(Direction::In)].concat(),
        }
    }

    fn leg(&mut self, direction: Direction) -> &mut Leg {
        match direction {
            Direction::In => &mut self.incoming,
            Direction::Out => &mut self.outgoing,
        }
    }

    fn segment(&mut self, direction: Direction, flags: u8, payload: &[u8]) -> Packet {
        let (from, to) = ends(direction, self.local, self.peer);
        let acknowledged = self.leg(opposite(direction));
        acknowledged.silent = 0;
        let acknowledges = if flags & ACK == 0 { 0 } else { acknowledged.next };
        let leg = self.leg(direction);
        let sequence = leg.next;
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        leg.next = leg.next.wrapping_add(length).wrapping_add(u32::from(flags & (SYN | FIN) != 0));
        leg.silent = leg.silent.saturating_add(length);
        leg.ended |= flags & FIN != 0;
        // Maximum segment size and window scale belong to the handshake (RFC 9293 section 3.2, RFC 7323 section 2.2).
        let options: &[u8] = if flags & SYN == 0 { &[] } else { &[2, 4, 0xff, 0xd7, 1, 3, 3, WINDOW_SCALE] };
        let words = u8::try_from((20 + options.len()) / 4).unwrap_or(5);
        let mut segment = Vec::with_capacity(20 + options.len() + payload.len());
        segment.extend_from_slice(&from.port().to_be_bytes());
        segment.extend_from_slice(&to.port().to_be_bytes());
        segment.extend_from_slice(&sequence.to_be_bytes());
        segment.extend_from_slice(&acknowledges.to_be_bytes());
        segment.extend_from_slice(&[words << 4, flags]);
        segment.extend_from_slice(&WINDOW.to_be_bytes());
        segment.extend_from_slice(&[0; 4]);
        segment.extend_from_slice(options);
        segment.extend_from_slice(payload);
        let sum = checksum(from.ip(), to.ip(), TCP, &segment);
        put(&mut segment, 16, &sum.to_be_bytes());
        (direction, with_ip_header(from.ip(), to.ip(), TCP, segment))
    }
}

/// A UDP datagram that went this way; a payload above [`DATAGRAM`] bytes is cut there.
pub fn datagram(direction: Direction, local: SocketAddr, peer: SocketAddr, payload: &[u8]) -> Packet {
    let (local, peer) = alike(local, peer);
    let (from, to) = ends(direction, local, peer);
    let payload = payload.get(..DATAGRAM).unwrap_or(payload);
    let length = u16::try_from(payload.len() + 8).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(payload.len() + 8);
    bytes.extend_from_slice(&from.port().to_be_bytes());
    bytes.extend_from_slice(&to.port().to_be_bytes());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&[0; 2]);
    bytes.extend_from_slice(payload);
    // Zero would mean that there is none (RFC 768).
    let sum = match checksum(from.ip(), to.ip(), UDP, &bytes) {
        0 => u16::MAX,
        sum => sum,
    };
    put(&mut bytes, 6, &sum.to_be_bytes());
    (direction, with_ip_header(from.ip(), to.ip(), UDP, bytes))
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::In => Direction::Out,
        Direction::Out => Direction::In,
    }
}

fn ends(direction: Direction, local: SocketAddr, peer: SocketAddr) -> (SocketAddr, SocketAddr) {
    match direction {
        Direction::In => (peer, local),
        Direction::Out => (local, peer),
    }
}

/// Both ends in one family: where they differ, as a proxy in front may tell, v4 is mapped (RFC 4291 section 2.5.5.2).
fn alike(local: SocketAddr, peer: SocketAddr) -> (SocketAddr, SocketAddr) {
    let mapped = |end: SocketAddr| match end.ip() {
        IpAddr::V4(address) => SocketAddr::from((address.to_ipv6_mapped(), end.port())),
        IpAddr::V6(_) => end,
    };
    if local.is_ipv4() == peer.is_ipv4() { (local, peer) } else { (mapped(local), mapped(peer)) }
}

fn with_ip_header(from: IpAddr, to: IpAddr, protocol: u8, payload: Vec<u8>) -> Vec<u8> {
    let mut packet = Vec::with_capacity(payload.len() + 40);
    let length = |count: usize| u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes();
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            packet.extend_from_slice(&[0x45, 0]);
            packet.extend_from_slice(&length(payload.len() + 20));
            // No identification, do not fragment, no offset.
            packet.extend_from_slice(&[0, 0, 0x40, 0, HOPS, protocol, 0, 0]);
            packet.extend_from_slice(&from.octets());
            packet.extend_from_slice(&to.octets());
            let sum = folded(sum_of(&packet));
            put(&mut packet, 10, &sum.to_be_bytes());
        }
        (from, to) => {
            packet.extend_from_slice(&[0x60, 0, 0, 0]);
            packet.extend_from_slice(&length(payload.len()));
            packet.extend_from_slice(&[protocol, HOPS]);
            for address in [from, to] {
                packet.extend_from_slice(&octets(address));
            }
        }
    }
    packet.extend_from_slice(&payload);
    packet
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The checksum of a segment or datagram, with its pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1).
fn checksum(from: IpAddr, to: IpAddr, protocol: u8, bytes: &[u8]) -> u16 {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    // The length is a word of 16 or of 32 bits, whose sum is the same.
    let length = (length >> 16) + (length & 0xffff);
    folded(sum_of(&octets(from)) + sum_of(&octets(to)) + u64::from(protocol) + length + sum_of(bytes))
}

/// The sum of the words, the last one filled up with zero.
fn sum_of(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<2>();
    let whole: u64 = words.iter().map(|word| u64::from(u16::from_be_bytes(*word))).sum();
    whole + rest.first().map_or(0, |byte| u64::from(*byte) << 8)
}

/// The complement of the ones' complement sum (RFC 1071).
fn folded(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

/// Overwrites bytes that are there.
fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    for (byte, value) in bytes.iter_mut().skip(at).zip(value) {
        *byte = *value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{In, Out};

    const V4: (&str, &str) = ("192.0.2.1:40000", "198.51.100.7:80");
    const V6: (&str, &str) = ("[2001:db8::1]:40000", "[2001:db8::2]:80");

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    struct Read {
        from: u16,
        sequence: u32,
        acknowledged: u32,
        flags: u8,
        payload: Vec<u8>,
    }

    /// Reads a packet as its receiver does; every checksum must be right.
    fn read(packet: &[u8], protocol: u8) -> (Vec<u8>, Vec<u8>) {
        let (header, pseudo, named) = match packet[0] >> 4 {
            4 => {
                assert_eq!(folded(sum_of(&packet[..20])), 0, "header checksum");
                assert_eq!(u16::from_be_bytes([packet[2], packet[3]]) as usize, packet.len());
                (20, packet[12..20].to_vec(), packet[9])
            }
            _ => {
                assert_eq!(u16::from_be_bytes([packet[4], packet[5]]) as usize, packet.len() - 40);
                (40, packet[8..40].to_vec(), packet[6])
            }
        };
        assert_eq!(named, protocol);
        let body = packet[header..].to_vec();
        let length = body.len() as u64;
        assert_eq!(folded(sum_of(&pseudo) + u64::from(protocol) + length + sum_of(&body)), 0, "checksum");
        (pseudo, body)
    }

    fn segment(packet: &Packet) -> Read {
        let (_, body) = read(&packet.1, TCP);
        let word = |at: usize| u32::from_be_bytes(body[at..at + 4].try_into().unwrap());
        let payload = body[usize::from(body[12] >> 4) * 4..].to_vec();
        let from = u16::from_be_bytes([body[0], body[1]]);
        Read { from, sequence: word(4), acknowledged: word(8), flags: body[13], payload }
    }

    #[test]
    fn a_connection_is_told_from_syn_to_fin() {
        for (local, peer) in [V4, V6] {
            let mut stream = Stream::new(address(local), address(peer));
            let mut packets = stream.open(Out);
            packets.extend(stream.data(Out, b"GET"));
            packets.extend(stream.data(In, b"hello"));
            packets.extend(stream.end(In));
            packets.extend(stream.end(In));
            packets.extend(stream.data(Out, b"x"));
            packets.extend(stream.close(None));
            let told: Vec<(u16, u8, u32, u32, Vec<u8>)> = packets
                .iter()
                .map(segment)
                .map(|read| (read.from, read.flags, read.sequence, read.acknowledged, read.payload))
                .collect();
            let none = Vec::new;
            assert_eq!(
                told,
                [
                    (40000, SYN, 0, 0, none()),
                    (80, SYN | ACK, 0, 1, none()),
                    (40000, ACK, 1, 1, none()),
                    (40000, PSH | ACK, 1, 1, b"GET".to_vec()),
                    (80, PSH | ACK, 1, 4, b"hello".to_vec()),
                    (80, FIN | ACK, 6, 4, none()),
                    (40000, ACK, 4, 7, none()),
                    (40000, PSH | ACK, 4, 7, b"x".to_vec()),
                    (40000, FIN | ACK, 5, 7, none()),
                    (80, ACK, 7, 6, none()),
                ]
            );
        }
    }

    #[test]
    fn much_is_cut_into_segments_and_acknowledged_now_and_then() {
        let mut stream = Stream::new(address(V4.0), address(V4.1));
        stream.open(In);
        let sent: Vec<u8> = (0..3_000_000u32).map(|number| number as u8).collect();
        let packets = stream.data(Out, &sent);
        let read: Vec<Read> = packets.iter().map(segment).collect();
        let heard: Vec<u8> = read.iter().flat_map(|read| read.payload.clone()).collect();
        assert_eq!(heard, sent);
        assert_eq!(packets.iter().filter(|(direction, _)| *direction == In).count(), 2);
        assert_eq!(segment(&stream.close(Some(In))[0]).flags, RST | ACK);
    }

    #[test]
    fn sequence_numbers_wrap() {
        let mut stream = Stream::new(address(V4.0), address(V4.1));
        stream.outgoing.next = u32::MAX;
        assert_eq!(segment(&stream.data(Out, b"abc")[0]).sequence, u32::MAX);
        assert_eq!(segment(&stream.data(Out, b"d")[0]).sequence, 2);
    }

    #[test]
    fn datagrams_keep_their_payload_and_a_checksum() {
        for (local, peer) in [V4, V6, (V4.0, V6.1)] {
            for payload in [&b""[..], b"odd", b"even", &[0xff; DATAGRAM]] {
                let (_, body) = read(&datagram(In, address(local), address(peer), payload).1, UDP);
                assert_eq!(body[8..], *payload);
                assert_eq!(body[..4], [0, 80, 0x9c, 0x40]);
                assert_ne!(body[6..8], [0, 0]);
            }
        }
        let (_, body) = read(&datagram(Out, address(V4.0), address(V4.1), &[7; 70_000]).1, UDP);
        assert_eq!(body.len(), DATAGRAM + 8);
    }
}
