//! Control messages (cmsg(3)): what the system tells of a received datagram, and the source address of a sent one.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt, sockopt,
};

use super::inbox::{Arrival, Inbox};
use super::target::Source;
use crate::address::Peer;

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

/// Takes runs of equal size in one call, where the system can.
pub(super) fn enable_runs(socket: &impl AsFd) {
    let _ = setsockopt(socket, sockopt::UdpGroSegment, &true);
}

/// Receives into an inbox without waiting.
pub(super) fn receive(fd: BorrowedFd<'_>, inbox: &mut Inbox) -> io::Result<()> {
    let capacity = inbox.buffer.len();
    let mut space = [IoSliceMut::new(&mut inbox.buffer)];
    // MSG_TRUNC: the length is that of the whole datagram, also of one that does not fit.
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
    let received = recvmsg::<SockaddrStorage>(fd.as_raw_fd(), &mut space, Some(&mut inbox.control), flags)?;
    let from = received.address.and_then(|address| {
        let v4 = address.as_sockaddr_in().map(|address| SocketAddr::V4(SocketAddrV4::from(*address)));
        v4.or_else(|| address.as_sockaddr_in6().map(|address| SocketAddr::V6(SocketAddrV6::from(*address))))
    });
    let length = received.bytes;
    let mut arrival = Arrival {
        from: Peer::inet(from.unwrap_or_else(|| (Ipv4Addr::UNSPECIFIED, 0).into())),
        to: None,
        source: None,
        interface: 0,
        ttl: None,
        time: SystemTime::UNIX_EPOCH,
        length,
        truncated: length > capacity,
    };
    let mut size = length;
    // Room for all that is enabled was made; what is missing all the same stays unknown.
    for message in received.cmsgs().into_iter().flatten() {
        match message {
            ControlMessageOwned::ScmTimestampns(time) => {
                let seconds = Duration::from_secs(u64::try_from(time.tv_sec()).unwrap_or(0));
                arrival.time = UNIX_EPOCH + seconds + Duration::from_nanos(u64::try_from(time.tv_nsec()).unwrap_or(0));
            }
            ControlMessageOwned::Ipv4PacketInfo(info) => {
                arrival.to = Some(IpAddr::V4(v4(info.ipi_addr)));
                arrival.interface = u32::try_from(info.ipi_ifindex).unwrap_or(0);
                // For a group or a broadcast this is the address of ours on that interface.
                arrival.source = Some(Source { address: IpAddr::V4(v4(info.ipi_spec_dst)), interface: 0 });
            }
            ControlMessageOwned::Ipv6PacketInfo(info) => {
                let address = IpAddr::V6(Ipv6Addr::from(info.ipi6_addr.s6_addr)).to_canonical();
                arrival.to = Some(address);
                arrival.interface = info.ipi6_ifindex;
                arrival.source = answers_from(address, info.ipi6_ifindex).or(arrival.source);
            }
            ControlMessageOwned::Ipv4Ttl(ttl) | ControlMessageOwned::Ipv6HopLimit(ttl) => {
                arrival.ttl = u8::try_from(ttl).ok();
            }
            ControlMessageOwned::UdpGroSegments(segment) => {
                size = usize::try_from(segment).ok().filter(|size| *size > 0).unwrap_or(length);
            }
            _ => {}
        }
    }
    if arrival.time == SystemTime::UNIX_EPOCH {
        arrival.time = SystemTime::now();
    }
    inbox.filled = length.min(capacity);
    inbox.size = size.min(inbox.filled);
    inbox.arrival = arrival;
    Ok(())
}

/// Nothing is sent from a group. For v4, the message of ip(7) beside this one says where an answer comes from.
fn answers_from(address: IpAddr, interface: u32) -> Option<Source> {
    let usable = match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => !address.is_multicast(),
    };
    usable.then_some(Source { address, interface })
}

fn v4(address: libc::in_addr) -> Ipv4Addr {
    Ipv4Addr::from(u32::from_be(address.s_addr))
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
