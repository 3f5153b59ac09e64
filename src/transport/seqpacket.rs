//! SOCK_SEQPACKET over Unix sockets: connections that keep message boundaries (unix(7)).

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::task::{Context, Poll};

use rustix::net::{RecvFlags, SendFlags};
use socket2::SockRef;
use tokio::io::Interest;

use super::descriptor::Descriptor;
use super::messages::TooLarge;
use super::socket::peer_of;
use crate::address::Peer;
use crate::message::Message;

/// The largest message that is received whole; the kernel's own limit is below it with default buffers.
pub const MAX_MESSAGE: usize = 1 << 20;

/// A connected message socket.
#[derive(Debug)]
pub struct Seqpacket {
    descriptor: Descriptor,
    local: Peer,
    peer: Peer,
}

impl Seqpacket {
    /// Takes a connected, non-blocking socket.
    ///
    /// # Errors
    /// When the event loop refuses it or its addresses cannot be read.
    pub fn new(socket: socket2::Socket, peer: Option<Peer>) -> io::Result<Self> {
        let local = peer_of(&socket.local_addr()?).with_messages();
        let peer = match peer {
            Some(peer) => peer,
            None => peer_of(&socket.peer_addr()?),
        };
        let peer = peer.with_messages();
        Ok(Seqpacket { descriptor: Descriptor::socket(OwnedFd::from(socket))?, local, peer })
    }

    /// This end.
    pub fn local(&self) -> &Peer {
        &self.local
    }

    /// The other end.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Receives one message, which may be empty, into `message`; false is the end of data.
    ///
    /// # Errors
    /// InvalidData when the message is larger than [`MAX_MESSAGE`]: nothing is cut silently.
    pub fn poll_receive(&self, cx: &mut Context<'_>, message: &mut Message) -> Poll<io::Result<bool>> {
        self.descriptor.poll_io(cx, Interest::READABLE, |fd| {
            let received = message.fill(MAX_MESSAGE, |space| {
                let received = rustix::net::recv(fd, &mut *space, RecvFlags::DONTWAIT | RecvFlags::TRUNC);
                let length = received.as_ref().map_or(0, |(_, length)| *length);
                (received, length)
            });
            let (_, length) = received?;
            if length > MAX_MESSAGE {
                let error = TooLarge { length, limit: MAX_MESSAGE };
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
            Ok(length > 0 || !has_ended(fd)?)
        })
    }

    /// Sends one message whole.
    ///
    /// # Errors
    /// What send(2) says; a message over the socket's buffer is EMSGSIZE.
    pub fn poll_send(&self, cx: &mut Context<'_>, message: &[u8]) -> Poll<io::Result<()>> {
        self.descriptor.poll_io(cx, Interest::WRITABLE, |fd| {
            rustix::net::send(fd, message, SendFlags::DONTWAIT | SendFlags::NOSIGNAL | SendFlags::EOR)?;
            Ok(())
        })
    }

    /// Sends the end of data.
    ///
    /// # Errors
    /// What shutdown(2) says, unless the peer is gone already.
    pub fn shutdown(&self) -> io::Result<()> {
        match SockRef::from(&self.descriptor).shutdown(std::net::Shutdown::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }
}

/// Whether an empty message was not one but the end of data, which recv(2) does not tell apart. Empty messages right before the
/// end are taken for it.
#[cfg(target_os = "linux")]
fn has_ended(socket: BorrowedFd<'_>) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut state = [PollFd::from_borrowed_fd(socket, PollFlags::RDHUP)];
    poll(&mut state, Some(&Timespec::default()))?;
    let [state] = state;
    Ok(state.revents().contains(PollFlags::RDHUP) && rustix::io::ioctl_fionread(socket)? == 0)
}

#[cfg(not(target_os = "linux"))]
fn has_ended(_: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(true)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_empty_message_is_not_the_end() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let kind = socket2::Type::SEQPACKET.nonblocking();
            let (one, other) = socket2::Socket::pair(socket2::Domain::UNIX, kind, None).unwrap();
            let socket = Seqpacket::new(one, None).unwrap();
            let mut heard = Message::default();
            for message in [&b""[..], b"a", b"", b"b"] {
                other.send(message).unwrap();
            }
            for sent in [&b""[..], b"a"] {
                assert!(receive(&socket, &mut heard).await.unwrap());
                assert_eq!(heard.bytes(), sent);
            }
            // Nor when the end is in sight.
            drop(other);
            for sent in [&b""[..], b"b"] {
                assert!(receive(&socket, &mut heard).await.unwrap());
                assert_eq!(heard.bytes(), sent);
            }
            for _ in 0..2 {
                assert!(!receive(&socket, &mut heard).await.unwrap());
            }
        });
    }

    async fn receive(socket: &Seqpacket, message: &mut Message) -> io::Result<bool> {
        std::future::poll_fn(|cx| socket.poll_receive(cx, message)).await
    }
}
