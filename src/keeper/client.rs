//! The only dialler of keepers. It blocks: a verb on a kept socket needs no event loop, and Ctrl-C ends it at once.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};
use rustix::process::geteuid;
use serde_json::Value;

pub use super::delivered::Delivered;
pub use super::lookup::{address_key, dial, is_kept};
use super::passed::Passed;
pub use super::trouble::Trouble;
use super::wire::{
    Accepted, Batch, Close, DATA_CHUNK, Decoder, Dialect, Greeting, Read, Request, Response, Secure, Unmet, Wait,
    WireError, Write, data_header,
};
use crate::condition::Found;
use crate::exit::Exit;
use crate::failure::{Failure, reason};

/// How long a keeper may take for what it does at once, such as greeting.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A connection to a keeper.
pub struct Keeper {
    socket: UnixStream,
    decoder: Decoder,
    dialect: Dialect,
    id: String,
    pid: Option<i32>,
    path: PathBuf,
    /// Whether an answer may take its time: then it is the keeper's life that is looked after.
    patient: bool,
    passed: Passed,
    /// What the last read brought and was not taken yet.
    brought: Passed,
}

/// What a read brought.
pub enum Outcome {
    /// What was waited for; the bytes are those that the result takes.
    Found(Found, Vec<u8>),
    /// It did not come; the bytes are what had come, where that was asked for.
    Unmet(Unmet, Vec<u8>),
    /// The messages that were waited for, and what was found in the last one.
    Messages(Vec<Delivered>, Option<Found>),
    /// They did not come; these had come, where that was asked for.
    UnmetMessages(Unmet, Vec<Delivered>),
}

/// Reads what is to be written to a socket; 0 is its end.
///
/// # Errors
/// Status 55.
pub fn read_input(input: &mut dyn io::Read, buffer: &mut [u8]) -> Result<usize, Failure> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => {
                return read.map_err(|error| {
                    Failure::message(Exit::SendFailed, format!("cannot read the input: {}", reason(&error)))
                });
            }
        }
    }
}

/// Connects; a keeper whose queue is full is waited for at most this long, and so is one that takes no data afterwards.
fn connect(path: &Path, limit: Duration) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, Some(limit))?;
    rustix::net::connect(&socket, &address)?;
    Ok(socket.into())
}

impl Keeper {
    /// Dials the socket at this path.
    ///
    /// # Errors
    /// Nobody is there, or nobody who can be talked to.
    pub fn dial(path: &Path, id: &str) -> Result<Self, Trouble> {
        Self::dial_within(path, id, AT_ONCE)
    }

    /// Whether somebody listens at this path. Nobody is waited for.
    pub fn is_there(path: &Path) -> bool {
        let connected = SocketAddrUnix::new(path).and_then(|address| {
            let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
            let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
            rustix::net::connect(&socket, &address)
        });
        !matches!(connected, Err(rustix::io::Errno::CONNREFUSED | rustix::io::Errno::NOENT))
    }

    /// As [`Keeper::dial`], with a limit for the greeting.
    ///
    /// # Errors
    /// As [`Keeper::dial`].
    pub fn dial_within(path: &Path, id: &str, limit: Duration) -> Result<Self, Trouble> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Trouble::NotOpen(id.to_owned()),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Trouble::Silent(id.to_owned()),
            _ => Trouble::Io { id: id.to_owned(), error },
        };
        let socket = connect(path, limit).map_err(failed)?;
        let peer = sockopt::socket_peercred(&socket).map_err(|error| failed(error.into()))?;
        if peer.uid != geteuid() {
            return Err(Trouble::Foreign { id: id.to_owned(), owner: peer.uid.as_raw() });
        }
        socket.set_read_timeout(Some(limit)).map_err(failed)?;
        let mut keeper = Keeper {
            socket,
            decoder: Decoder::new(),
            dialect: Dialect::Full,
            id: id.to_owned(),
            pid: Some(peer.pid.as_raw_nonzero().get()),
            path: path.to_owned(),
            patient: false,
            passed: Passed::default(),
            brought: Passed::default(),
        };
        keeper.socket.write_all(&Greeting::own().encode()).map_err(failed)?;
        loop {
            if let Some(greeting) = keeper.decoder.greeting().map_err(|error| keeper.wire(error))? {
                keeper.dialect = greeting.dialect();
                return Ok(keeper);
            }
            keeper.receive()?;
        }
    }

    fn wire(&self, error: WireError) -> Trouble {
        Trouble::Wire { id: self.id.clone(), error }
    }

    /// What the socket is called.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The process of the keeper.
    pub fn pid(&self) -> Option<i32> {
        self.pid
    }

    /// What was taken and given so far.
    pub fn passed(&self) -> Passed {
        self.passed
    }

    fn receive(&mut self) -> Result<(), Trouble> {
        loop {
            match self.socket.read(self.decoder.area()) {
                Ok(0) => return Err(Trouble::Ended(self.id.clone())),
                Ok(count) => {
                    self.decoder.filled(count);
                    return Ok(());
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut if self.patient => self.look_after()?,
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                        return Err(Trouble::Silent(self.id.clone()));
                    }
                    io::ErrorKind::ConnectionReset => return Err(Trouble::Ended(self.id.clone())),
                    _ => return Err(Trouble::Io { id: self.id.clone(), error }),
                },
            }
        }
    }

    /// Whether the keeper still lives, of whom nothing was heard: another client would be greeted at once.
    fn look_after(&self) -> Result<(), Trouble> {
        match Self::dial(&self.path, &self.id) {
            Err(Trouble::Silent(id)) => Err(Trouble::Silent(id)),
            // One that is ending takes nobody any more, and tells those whom it has.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn send(&mut self, mut bytes: &[u8]) -> Result<(), Trouble> {
        while !bytes.is_empty() {
            match self.socket.write(bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    // It takes nothing while its own peer does not.
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => self.look_after()?,
                    io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
                        return Err(Trouble::Ended(self.id.clone()));
                    }
                    _ => return Err(Trouble::Io { id: self.id.clone(), error }),
                },
            }
        }
        Ok(())
    }

    fn request(&mut self, request: &Request<'_>, patience: Option<Duration>) -> Result<(), Trouble> {
        if self.dialect == Dialect::StatusAndClose && !matches!(request, Request::Status | Request::Close(_)) {
            return Err(Trouble::Version(self.id.clone()));
        }
        self.patient = patience.is_none();
        let limit = Some(patience.unwrap_or(AT_ONCE));
        self.socket.set_read_timeout(limit).map_err(|error| Trouble::Io { id: self.id.clone(), error })?;
        let mut frame = Vec::new();
        request.encode(&mut frame).map_err(|error| self.wire(error))?;
        self.send(&frame)
    }

    /// The next answer; `Failed` becomes a failure.
    fn answer<T>(&mut self, take: impl FnOnce(Response<'_>) -> Option<T>) -> Result<T, Failure> {
        while !self.decoder.has_frame().map_err(|error| self.wire(error))? {
            self.receive()?;
        }
        let id = &self.id;
        let strange =
            || Failure::message(Exit::KeeperSilent, format!("{id}: its keeper gave an answer to something else"));
        let frame = self.decoder.next_frame().map_err(|error| Trouble::Wire { id: id.clone(), error })?;
        let response = frame.map(Response::decode).ok_or_else(strange)?;
        match response.map_err(|error| Trouble::Wire { id: id.clone(), error })? {
            Response::Failed { status, message, hints } => {
                let message = if message.starts_with(id.as_str()) { message } else { format!("{id}: {message}") };
                Err(hints.into_iter().fold(Failure::message(Exit::from_status(status), message), Failure::hint))
            }
            response => take(response).ok_or_else(strange),
        }
    }

    fn done(&mut self) -> Result<(), Failure> {
        self.answer(|response| matches!(response, Response::Done).then_some(()))
    }

    /// What the socket is and how it does.
    ///
    /// # Errors
    /// The keeper does not answer.
    pub fn status(&mut self) -> Result<Value, Failure> {
        self.request(&Request::Status, Some(AT_ONCE))?;
        self.answer(|response| match response {
            Response::Status(status) => Some(status),
            _ => None,
        })
    }

    /// Whether the socket keeps the boundaries of messages.
    ///
    /// # Errors
    /// The keeper does not answer.
    pub fn has_messages(&mut self) -> Result<bool, Failure> {
        Ok(self.status()?.get("longest").is_some())
    }

    /// Refuses a socket that nothing can be read from, before something is written to it for the sake of the answer.
    ///
    /// # Errors
    /// Status 2; the keeper does not answer.
    pub fn demand_readable(&mut self) -> Result<(), Failure> {
        match self.status()?.get("unreadable").and_then(Value::as_str) {
            Some(why) => Err(Failure::message(Exit::Usage, format!("{}: can't read from this socket: {why}", self.id))),
            None => Ok(()),
        }
    }

    /// Ends the socket. Its name is free when this returns.
    ///
    /// # Errors
    /// The keeper does not answer.
    pub fn close(&mut self, how: Close) -> Result<(), Failure> {
        self.request(&Request::Close(how), Some(AT_ONCE * 2))?;
        self.done()
    }

    /// Another handle of this connection: shutting it down ends whatever is being waited for.
    ///
    /// # Errors
    /// There are no descriptors left.
    pub fn interrupter(&self) -> io::Result<UnixStream> {
        self.socket.try_clone()
    }

    /// Waits until the process of the keeper has let go of this connection, at most this long.
    pub fn wait_for_end(&mut self, limit: Duration) -> bool {
        self.patient = false;
        let _ = self.socket.set_read_timeout(Some(limit));
        matches!(self.receive(), Err(Trouble::Ended(_)))
    }

    /// Reads. Nothing is taken before [`Keeper::acknowledge`].
    ///
    /// # Errors
    /// The socket cannot be read from.
    pub fn read(&mut self, read: &Read) -> Result<Outcome, Failure> {
        self.request(&Request::Read(read.clone()), None)?;
        self.brought = Passed::default();
        enum Head {
            Found(Found),
            Unmet(Unmet),
            Messages(Batch),
        }
        let head = self.answer(|response| match response {
            Response::Found(found) => Some(Head::Found(found)),
            Response::Unmet(unmet) => Some(Head::Unmet(unmet)),
            Response::Messages(batch) => Some(Head::Messages(batch)),
            _ => None,
        })?;
        match head {
            Head::Found(found) => {
                let bytes = self.data(found.consumed.saturating_sub(read.skip))?;
                // What the client knew already leaves the socket, too.
                self.brought.bytes_in = found.consumed as u64;
                Ok(Outcome::Found(found, bytes))
            }
            Head::Messages(batch) => Ok(Outcome::Messages(self.messages(batch.count)?, batch.found)),
            Head::Unmet(unmet) if unmet.messages > 0 => {
                let messages = self.messages(unmet.messages)?;
                Ok(Outcome::UnmetMessages(unmet, messages))
            }
            Head::Unmet(unmet) => {
                let bytes = self.data(usize::try_from(unmet.length).unwrap_or(usize::MAX))?;
                Ok(Outcome::Unmet(unmet, bytes))
            }
        }
    }

    fn messages(&mut self, count: u64) -> Result<Vec<Delivered>, Failure> {
        let mut messages = Vec::new();
        for _ in 0..count {
            let header = self.answer(|response| match response {
                Response::Message(header) => Some(header),
                _ => None,
            })?;
            let bytes = self.data(usize::try_from(header.length).unwrap_or(usize::MAX))?;
            self.brought.messages_in += 1;
            messages.push(Delivered { header, bytes });
        }
        Ok(messages)
    }

    fn data(&mut self, length: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let more = self.answer(|response| match response {
                Response::Data(data) => Some(data.to_vec()),
                _ => None,
            })?;
            bytes.extend_from_slice(&more);
        }
        self.brought.bytes_in += bytes.len() as u64;
        Ok(bytes)
    }

    /// The bytes of the last read were delivered: they leave the socket.
    ///
    /// # Errors
    /// The keeper has gone.
    pub fn acknowledge(&mut self) -> Result<(), Failure> {
        let brought = std::mem::take(&mut self.brought);
        self.passed.bytes_in += brought.bytes_in;
        self.passed.messages_in += brought.messages_in;
        Ok(self.request(&Request::Ack, None)?)
    }

    /// Writes all that `input` gives.
    ///
    /// # Errors
    /// The input cannot be read; it cannot be sent.
    pub fn write(&mut self, write: &Write, input: &mut dyn io::Read) -> Result<(), Failure> {
        self.request(&Request::Write(write.clone()), None)?;
        let (mut buffer, mut given) = (vec![0; DATA_CHUNK], 0);
        loop {
            let count = read_input(input, &mut buffer)?;
            given += count as u64;
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            self.send(&data_header(u32::try_from(count).unwrap_or(u32::MAX)))?;
            self.send(bytes)?;
        }
        self.request(&Request::End, None)?;
        self.done()?;
        self.passed.bytes_out += given;
        self.passed.messages_out += u64::from(write.letter.is_some());
        Ok(())
    }

    /// Upgrades to TLS.
    ///
    /// # Errors
    /// The handshake fails.
    pub fn secure(&mut self, secure: &Secure) -> Result<Value, Failure> {
        self.request(&Request::Secure(secure.clone()), None)?;
        self.answer(|response| match response {
            Response::Status(agreed) => Some(agreed),
            _ => None,
        })
    }

    /// The next connection of a listener.
    ///
    /// # Errors
    /// None came in time.
    pub fn next(&mut self, timeout: Option<Duration>) -> Result<Accepted, Failure> {
        self.request(&Request::Next(Wait { timeout }), None)?;
        self.answer(|response| match response {
            Response::Accepted(accepted) => Some(accepted),
            _ => None,
        })
    }

    /// Waits until there is something to read, or a connection to take.
    ///
    /// # Errors
    /// Nothing came in time.
    pub fn wait_readable(&mut self, timeout: Option<Duration>) -> Result<(), Failure> {
        self.request(&Request::WaitReadable(Wait { timeout }), None)?;
        self.done()
    }
}
