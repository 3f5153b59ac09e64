//! The other end of the program's sockets, which may be as rude as a peer can be. Every call ends within [`LIMIT`].

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::path::Path;
use std::time::Duration;

use rustix::net::RecvFlags;
use socket2::{Domain, SockAddr, Socket, Type};

use super::LIMIT;
use super::run::Closed;

/// Takes a call on a socket with a time limit up again where the system does not: after the process was stopped and
/// continued (signal(7)).
pub fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            ended => return ended,
        }
    }
}

/// A listening socket of ours.
pub struct Listener {
    socket: Socket,
    id: String,
    /// What fills the queue of a deaf one.
    _queue: Vec<Socket>,
    _closed: Closed,
}

impl Listener {
    /// On 127.0.0.1, any port.
    pub fn tcp() -> Self {
        Self::tcp_on("127.0.0.1:0").unwrap()
    }

    /// On this IP address and port.
    pub fn tcp_on(address: &str) -> io::Result<Self> {
        let listener = Self::closed_on(address)?;
        listener.listen();
        Ok(listener)
    }

    /// A port of 127.0.0.1 that is taken and where nobody listens: connections are refused.
    pub fn closed() -> Self {
        Self::closed_on("127.0.0.1:0").unwrap()
    }

    /// This IP address and port, taken, where nobody listens yet.
    pub fn closed_on(address: &str) -> io::Result<Self> {
        let address: SocketAddr = address.parse().unwrap();
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.bind(&address.into())?;
        let id = socket.local_addr()?.as_socket().unwrap().to_string();
        Ok(Listener { socket, id, _queue: Vec::new(), _closed: Closed })
    }

    /// Begins to listen where it was closed.
    pub fn listen(&self) {
        self.socket.listen(128).unwrap();
    }

    /// On this IP address and port; its queue is full and it never takes anybody out, so that nobody gets an answer.
    pub fn deaf(address: &str) -> io::Result<Self> {
        let mut listener = Self::closed_on(address)?;
        listener.socket.listen(0)?;
        let to = listener.socket.local_addr()?;
        // With a backlog of 0 there is one place, and this takes it: later SYNs are dropped.
        let first = Socket::new(to.domain(), Type::STREAM, None)?;
        first.connect_timeout(&to, LIMIT)?;
        listener._queue.push(first);
        Ok(listener)
    }

    /// A Unix stream socket at this path; a leading NUL makes it abstract.
    pub fn unix(path: &Path) -> Self {
        Self::unix_with_backlog(path, 128)
    }

    /// A Unix stream socket whose queue holds one connection more than this.
    pub fn unix_with_backlog(path: &Path, backlog: i32) -> Self {
        Self::local(path, Type::STREAM, "unix", backlog)
    }

    /// A Unix seqpacket socket at this path.
    pub fn seqpacket(path: &Path) -> Self {
        Self::local(path, Type::SEQPACKET, "seqpacket", 128)
    }

    fn local(path: &Path, kind: Type, scheme: &str, backlog: i32) -> Self {
        let socket = Socket::new(Domain::UNIX, kind, None).unwrap();
        socket.bind(&SockAddr::unix(path).unwrap()).unwrap();
        socket.listen(backlog).unwrap();
        let name = path.display().to_string().replace('\0', "@");
        Listener { socket, id: format!("{scheme}:{name}"), _queue: Vec::new(), _closed: Closed }
    }

    /// What `open` calls it.
    pub fn id(&self) -> String {
        self.id.clone()
    }

    /// Its TCP port.
    pub fn port(&self) -> u16 {
        self.socket.local_addr().unwrap().as_socket().unwrap().port()
    }

    /// The next connection.
    #[track_caller]
    pub fn accept(&self) -> Peer {
        self.accept_within(LIMIT).expect("a connection comes")
    }

    /// The next connection, if one comes in this time.
    pub fn accept_within(&self, limit: Duration) -> io::Result<Peer> {
        // SO_RCVTIMEO, which limits accept(2) as well (socket(7)); zero would mean none.
        self.socket.set_read_timeout(Some(limit.max(Duration::from_millis(1))))?;
        Ok(Peer::new(uninterrupted(|| self.socket.accept())?.0))
    }

    /// Accepts in a thread and lets `talk` do the rest there.
    pub fn serve<T: Send + 'static>(self, talk: impl FnOnce(Peer) -> T + Send + 'static) -> std::thread::JoinHandle<T> {
        std::thread::spawn(move || talk(self.accept()))
    }
}

/// One end of a connection, ours.
pub struct Peer {
    socket: Socket,
    _closed: Closed,
}

impl Peer {
    fn new(socket: Socket) -> Self {
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        socket.set_write_timeout(Some(LIMIT)).unwrap();
        Peer { socket, _closed: Closed }
    }

    /// Connects to this port of 127.0.0.1.
    #[track_caller]
    pub fn connect(port: u16) -> Self {
        Self::connect_to(&SocketAddr::from(([127, 0, 0, 1], port)).into(), Type::STREAM).unwrap()
    }

    /// Connects to this TCP address.
    pub fn connect_tcp(address: &str) -> io::Result<Self> {
        Self::connect_to(&address.parse::<SocketAddr>().unwrap().into(), Type::STREAM)
    }

    /// Connects to a Unix stream socket; a leading NUL means an abstract one.
    pub fn connect_unix(path: &Path) -> io::Result<Self> {
        Self::connect_to(&SockAddr::unix(path)?, Type::STREAM)
    }

    /// Connects to a Unix seqpacket socket.
    pub fn connect_seqpacket(path: &Path) -> io::Result<Self> {
        Self::connect_to(&SockAddr::unix(path)?, Type::SEQPACKET)
    }

    fn connect_to(to: &SockAddr, kind: Type) -> io::Result<Self> {
        let socket = Socket::new(to.domain(), kind, None)?;
        match to.is_unix() {
            true => socket.connect(to)?,
            false => {
                socket.connect_timeout(to, LIMIT)?;
                socket.set_tcp_nodelay(true)?;
            }
        }
        Ok(Self::new(socket))
    }

    /// The socket, for what has no method here.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The same connection, for another thread.
    pub fn another(&self) -> Self {
        Peer { socket: self.socket.try_clone().unwrap(), _closed: Closed }
    }

    /// Our address, as events of the program name their peer.
    pub fn address(&self) -> String {
        self.socket.local_addr().unwrap().as_socket().unwrap().to_string()
    }

    /// The program's address.
    pub fn remote(&self) -> String {
        self.socket.peer_addr().unwrap().as_socket().unwrap().to_string()
    }

    /// Sends all of this; on seqpacket, as one packet.
    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).expect("the program takes data");
    }

    /// Sends one byte after the other, each as soon as the one before it is acknowledged by the program's system.
    #[track_caller]
    pub fn send_slowly(&mut self, bytes: &[u8]) {
        self.socket.set_tcp_nodelay(true).unwrap();
        for byte in bytes {
            self.send(&[*byte]);
        }
    }

    /// Sends without end, until the connection is gone.
    pub fn flood(mut self) {
        while self.socket.write_all(&[b'f'; 1 << 16]).is_ok() {}
    }

    /// What the next read gives, at most this many bytes; none at the end of data.
    #[track_caller]
    pub fn read_some(&mut self, limit: usize) -> Vec<u8> {
        let mut bytes = vec![0; limit];
        let length = uninterrupted(|| self.socket.read(&mut bytes)).expect("the program sends data");
        bytes.truncate(length);
        bytes
    }

    /// Reads exactly this many bytes.
    #[track_caller]
    pub fn read(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.socket.read_exact(&mut bytes).expect("the program sends data");
        bytes
    }

    /// Reads to the end of data.
    #[track_caller]
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.socket.read_to_end(&mut bytes).expect("the program sends an end of data");
        bytes
    }

    /// Reads to the end of data and keeps nothing but its length.
    #[track_caller]
    pub fn count_to_end(&mut self) -> u64 {
        io::copy(&mut self.socket, &mut io::sink()).expect("the program sends an end of data")
    }

    /// One packet of a seqpacket socket; empty at the end.
    #[track_caller]
    pub fn packet(&mut self) -> Vec<u8> {
        self.read_some(1 << 20)
    }

    /// What there is now: its length, 0 at the end of data, or `WouldBlock`. The data is left where it is.
    pub fn poll_read(&mut self) -> io::Result<usize> {
        rustix::net::recv(&self.socket, &mut [0; 256][..], RecvFlags::PEEK | RecvFlags::DONTWAIT)
            .map(|(length, _)| length)
            .map_err(io::Error::from)
    }

    /// What the next read fails with, after any data.
    #[track_caller]
    pub fn read_error(&mut self) -> io::ErrorKind {
        io::copy(&mut self.socket, &mut io::sink()).expect_err("the program resets").kind()
    }

    /// Sends the end of data; receiving goes on.
    pub fn end(&mut self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// Resets the connection: RST instead of FIN.
    pub fn reset(self) {
        self.socket.set_linger(Some(Duration::ZERO)).unwrap();
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        uninterrupted(|| self.socket.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
