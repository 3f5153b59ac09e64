//! Control messages (cmsg(3)): what the system tells of a received datagram, and the source address of a sent one.

use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage, sendmsg, setsockopt, sockopt};

use super::inbox::Arrival;
use super::target::Source;
use crate::address::Peer;
use crate::sys::{self, Envelope};

/// Asks the system to tell destination, interface, time to live and time of each datagram. What it does not know stays
/// unknown.
pub(super) fn enable(socket: &impl AsFd, v6: bool) {
    let _ = setsockopt(socket, sockopt::ReceiveTimestampns, &true);
    // A v6 socket may carry v4 as well, which is told about as ip(7) has it.
    let _ = setsockopt(socket, sockopt::Ipv4RecvTtl, &true);
    let _ = setsockopt(socket, sockopt::Ipv4PacketInfo, &true);
    if v6 {
        let _ = setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &true);
        let _ = setsockopt(socket, sockopt::Ipv6RecvHopLimit, &true);
    }
}

/// Asks the system to count the datagrams that are lost because the buffer is full.
pub(super) fn count_losses(socket: &impl AsRawFd) {
    let _ = sys::set_socket_option(socket, libc::SOL_SOCKET, libc::SO_RXQ_OVFL, &1i32.to_ne_bytes());
}

/// Asks the system to tell of every ICMP error. A v6 socket may send v4 as well.
pub(super) fn enable_errors(socket: &impl AsFd, v6: bool) {
    #[cfg(target_os = "linux")]
    {
        let _ = sys::set_socket_option(&socket.as_fd(), libc::IPPROTO_IP, libc::IP_RECVERR, &1i32.to_ne_bytes());
        if v6 {
            let (level, name) = (libc::IPPROTO_IPV6, libc::IPV6_RECVERR);
            let _ = sys::set_socket_option(&socket.as_fd(), level, name, &1i32.to_ne_bytes());
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (socket, v6);
}

/// Takes runs of equal size in one call, where the system can.
pub(super) fn enable_runs(socket: &impl AsFd) {
    let _ = setsockopt(socket, sockopt::UdpGroSegment, &true);
}

/// What is known of a received datagram, and the size of each datagram but the last where it is a run of them.
pub(super) fn arrival(envelope: &Envelope) -> (Arrival, usize) {
    let length = envelope.received();
    let from = envelope.from().unwrap_or_else(|| (Ipv4Addr::UNSPECIFIED, 0).into());
    let mut arrival = Arrival::unknown(Peer::inet(from), length);
    arrival.truncated = length > envelope.buffer.len();
    let mut size = length;
    // Room for all that is enabled was made; what is missing all the same stays unknown.
    for (level, kind, data) in envelope.control() {
        match (level, kind) {
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => arrival.time = timestamp(data).unwrap_or(UNIX_EPOCH),
            (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) => arrival.lost = number(data).map_or(0, |lost| lost as u32),
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => note_v4(data, &mut arrival),
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => note_v6(data, &mut arrival),
            (libc::IPPROTO_IP, libc::IP_TTL) | (libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT) => {
                arrival.ttl = number(data).and_then(|ttl| u8::try_from(ttl).ok());
            }
            (libc::SOL_UDP, libc::UDP_GRO) => {
                size =
                    number(data).and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0).unwrap_or(length);
            }
            _ => {}
        }
    }
    if arrival.time == UNIX_EPOCH {
        arrival.time = SystemTime::now();
    }
    (arrival, size)
}

fn number(data: &[u8]) -> Option<i32> {
    data.first_chunk().map(|bytes| i32::from_ne_bytes(*bytes))
}

/// The timespec of SO_TIMESTAMPNS: seconds and nanoseconds, each as long as the system's long is.
fn timestamp(data: &[u8]) -> Option<SystemTime> {
    let (seconds, nanoseconds) = data.split_at_checked(data.len() / 2)?;
    let long = |half: &[u8]| -> Option<u64> {
        let number = match *half {
            [a, b, c, d] => i32::from_ne_bytes([a, b, c, d]).into(),
            _ => i64::from_ne_bytes(*half.first_chunk()?),
        };
        u64::try_from(number).ok()
    };
    Some(UNIX_EPOCH + Duration::from_secs(long(seconds)?) + Duration::from_nanos(long(nanoseconds)?))
}

/// struct in_pktinfo of ip(7): the interface, the address of ours on it, the address in the header.
fn note_v4(data: &[u8], arrival: &mut Arrival) {
    let Some(([index, ours, header], _)) = data.as_chunks::<4>().0.split_first_chunk::<3>() else { return };
    arrival.to = Some(IpAddr::from(*header));
    arrival.interface = u32::from_ne_bytes(*index);
    // For a group or a broadcast this is the address of ours on that interface.
    arrival.source = Some(Source { address: IpAddr::from(*ours), interface: 0 });
}

/// struct in6_pktinfo (RFC 3542 section 6): the address in the header, the interface.
fn note_v6(data: &[u8], arrival: &mut Arrival) {
    let Some((address, rest)) = data.split_first_chunk::<16>() else { return };
    let address = IpAddr::from(*address).to_canonical();
    arrival.to = Some(address);
    arrival.interface = rest.first_chunk().map_or(0, |index| u32::from_ne_bytes(*index));
    arrival.source = answers_from(address, arrival.interface).or(arrival.source);
}

/// Nothing is sent from a group. For v4, the message of ip(7) beside this one says where an answer comes from.
fn answers_from(address: IpAddr, interface: u32) -> Option<Source> {
    let usable = match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => !address.is_multicast(),
    };
    usable.then_some(Source { address, interface })
}

/// Sends datagrams without waiting: one, or a run of `segment` bytes each.
pub(super) fn send(
    fd: BorrowedFd<'_>,
    bytes: &[u8],
    to: Option<SocketAddr>,
    source: Option<Source>,
    segment: Option<u16>,
    v6: bool,
) -> io::Result<()> {
    let to = to.map(SockaddrStorage::from);
    let (info4, info6) = match source {
        Some(Source { address: IpAddr::V4(address), .. }) if !v6 => (Some(packet_info_v4(address)), None),
        Some(Source { address, interface }) => (None, Some(packet_info_v6(address, interface))),
        None => (None, None),
    };
    let mut control: Vec<ControlMessage<'_>> = Vec::new();
    control.extend(info4.as_ref().map(ControlMessage::Ipv4PacketInfo));
    control.extend(info6.as_ref().map(ControlMessage::Ipv6PacketInfo));
    control.extend(segment.as_ref().map(ControlMessage::UdpGsoSegments));
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    sendmsg(fd.as_raw_fd(), &[IoSlice::new(bytes)], &control, flags, to.as_ref())?;
    Ok(())
}

fn packet_info_v4(address: Ipv4Addr) -> libc::in_pktinfo {
    libc::in_pktinfo {
        ipi_ifindex: 0,
        ipi_spec_dst: libc::in_addr { s_addr: u32::from(address).to_be() },
        ipi_addr: libc::in_addr { s_addr: 0 },
    }
}

fn packet_info_v6(address: IpAddr, interface: u32) -> libc::in6_pktinfo {
    let address = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    // Only the address of a link means nothing without its interface.
    let interface = if address.is_unicast_link_local() { interface } else { 0 };
    libc::in6_pktinfo { ipi6_addr: libc::in6_addr { s6_addr: address.octets() }, ipi6_ifindex: interface }
}
