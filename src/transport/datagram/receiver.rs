//! Receiving from several datagram sockets as from one.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{DatagramSocket, Inbox};

/// Sockets that are received from in turn.
#[derive(Debug)]
pub struct Receiver {
    sockets: Vec<Rc<DatagramSocket>>,
    inbox: Inbox,
    /// The socket of which the inbox was filled last.
    last: usize,
    /// How many datagrams each socket is known to have lost.
    known_lost: Vec<u32>,
    /// How many more were lost than was told.
    lost: u64,
}

impl Receiver {
    /// Receives from these sockets.
    pub fn new(sockets: &[Rc<DatagramSocket>]) -> Self {
        let inbox = sockets.first().map_or_else(|| Inbox::new(0), |first| first.inbox());
        Receiver { sockets: sockets.to_vec(), inbox, last: 0, known_lost: vec![0; sockets.len()], lost: 0 }
    }

    /// What the last call received: a datagram, or a run of equal size from one sender.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Receives from whichever socket has something, and says which it was by its place in the list.
    ///
    /// # Errors
    /// As [`DatagramSocket::receive`].
    pub async fn receive(&mut self) -> (usize, io::Result<()>) {
        // Only a connected socket is told what came back, and it is alone.
        let alone = match self.sockets.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        };
        let failed = async {
            match alone {
                Some(only) => only.failed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            received = std::future::poll_fn(|cx| self.poll_receive(cx)) => received,
            error = failed => (0, Err(error)),
        }
    }

    /// As [`Receiver::receive`], if something is there already.
    pub async fn receive_now(&mut self) -> Option<(usize, io::Result<()>)> {
        std::future::poll_fn(|cx| match self.poll_receive(cx) {
            Poll::Ready(received) => Poll::Ready(Some(received)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    /// How many datagrams were lost, since this was asked last, because a socket's buffer was full.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    fn note_lost(&mut self) {
        if let Some(known) = self.known_lost.get_mut(self.last) {
            let lost = self.inbox.arrival().lost;
            // The system's count begins again after the largest number.
            self.lost += u64::from(lost.wrapping_sub(*known));
            *known = lost;
        }
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<(usize, io::Result<()>)> {
        if self.inbox.advance() {
            self.note_lost();
            return Poll::Ready((self.last, Ok(())));
        }
        // The next one first: a flood at one socket does not silence the others.
        let (before, after) = self.sockets.split_at_checked(self.last + 1).unwrap_or((&self.sockets, &[]));
        let after = after.iter().enumerate().map(|(at, socket)| (self.last + 1 + at, socket));
        for (number, socket) in after.chain(before.iter().enumerate()) {
            if let Poll::Ready(received) = socket.poll_receive(cx, &mut self.inbox) {
                self.last = number;
                if received.is_ok() {
                    self.note_lost();
                }
                return Poll::Ready((number, received));
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use socket2::{Domain, Type};

    use super::*;
    use crate::address::Peer;
    use crate::transport::datagram::DatagramOptions;

    /// A receiving socket, and its address.
    fn bound() -> (Rc<DatagramSocket>, std::net::SocketAddr) {
        let socket = socket2::Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (Rc::new(DatagramSocket::new(socket, &DatagramOptions::default(), None).unwrap()), address)
    }

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let limited = async { tokio::time::timeout(Duration::from_secs(20), work).await.unwrap() };
        runtime.block_on(limited)
    }

    /// Who sent what, up to so many datagrams.
    async fn received(receiver: &mut Receiver, count: usize) -> Vec<(usize, Peer, Vec<u8>)> {
        let mut all = Vec::new();
        while all.len() < count {
            let (number, result) = receiver.receive().await;
            result.unwrap();
            let arrival = receiver.inbox().arrival();
            assert!(!arrival.truncated && arrival.lost == 0 && arrival.ttl.is_some(), "{arrival:?}");
            assert_eq!(arrival.to, Some([127, 0, 0, 1].into()));
            let from = arrival.from.clone();
            all.extend(receiver.inbox().datagrams().map(|datagram| (number, from.clone(), datagram.to_vec())));
        }
        all
    }

    #[test]
    fn many_datagrams_of_several_senders_come_whole_in_order_and_with_their_senders() {
        block_on(async {
            let (socket, address) = bound();
            let senders = [(); 3].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
            let mut sent = Vec::new();
            for number in 0..150usize {
                let sender = &senders[number % 3];
                let datagram = vec![number as u8; number * 37 % 900];
                sender.send_to(&datagram, address).unwrap();
                sent.push((0, Peer::inet(sender.local_addr().unwrap()), datagram));
            }
            assert_eq!(received(&mut Receiver::new(&[socket]), sent.len()).await, sent);
        });
    }

    #[test]
    fn a_flood_at_one_socket_does_not_silence_another() {
        block_on(async {
            let (sockets, addresses): (Vec<_>, Vec<_>) = [(); 2].map(|()| bound()).into_iter().unzip();
            let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
            for _ in 0..200 {
                sender.send_to(b"flood", addresses[0]).unwrap();
            }
            sender.send_to(b"word", addresses[1]).unwrap();
            let mut receiver = Receiver::new(&sockets);
            let heard = received(&mut receiver, 100).await;
            assert!(heard.iter().any(|(number, _, datagram)| (*number, &**datagram) == (1, b"word")));
        });
    }
}
