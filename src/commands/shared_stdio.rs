//! `accept -k` without a service: stdin goes to all clients, what they send goes to stdout.

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::sync::{Mutex, Notify};

use super::stream::{StreamOptions, Streams};
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::quantity::Limit;
use crate::relay::{Blame, SETTLE, Side, Stdio, Traffic, buffer};
use crate::service::outbox::Outbox;
use crate::service::room::Room;
use crate::service::{Client, Closing, Surroundings, Verdict, Watcher};
use crate::transport::descriptor::HangUp;
use crate::transport::{Bytes, Channel};

/// How long stdin waits for a client that does not read before it is disconnected.
const STALL: Duration = Duration::from_secs(10);

/// Whether stdout shows who sent what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// Bytes as they come.
    None,
    /// Whole lines, each after its sender's ID.
    Sender,
}

/// The standard streams, shared by all clients.
pub struct SharedStdio {
    room: Rc<Room>,
    output: Mutex<Stdio>,
    hang_up: Option<HangUp>,
    prefix: Prefix,
    half_open: Limit,
    traffic: Traffic,
    input_ended: Cell<bool>,
    last_input: Cell<tokio::time::Instant>,
    /// stdout cannot be written any more: the whole command is over.
    broken: Cell<Option<std::io::ErrorKind>>,
    broke: Notify,
}

impl SharedStdio {
    /// Shares the standard streams of `streams`.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn new(streams: &Streams, options: &StreamOptions, prefix: Prefix) -> Result<(Rc<Self>, Stdio), Failure> {
        let (input, mut output) = streams.stdio()?.split();
        let hang_up = output.take_hang_up();
        let shared = SharedStdio {
            room: Rc::new(Room::default()),
            output: Mutex::new(output),
            hang_up,
            prefix,
            half_open: options.half_open,
            traffic: options.traffic,
            input_ended: Cell::new(options.traffic == Traffic::ReceiveOnly),
            last_input: Cell::new(tokio::time::Instant::now()),
            broken: Cell::new(None),
            broke: Notify::new(),
        };
        Ok((Rc::new(shared), input))
    }

    /// Reads stdin to its end and hands it to every client that is there. A client that does not read slows stdin down,
    /// until it is disconnected.
    ///
    /// # Errors
    /// When stdin cannot be read.
    pub async fn distribute(self: Rc<Self>, mut input: Stdio, report: Rc<dyn Report>) -> Result<(), Failure> {
        if self.traffic == Traffic::ReceiveOnly {
            return Ok(());
        }
        loop {
            let (held, count) = buffer::read(&mut input, buffer::SMALLEST).await.map_err(|error| {
                Failure::message(Exit::SendFailed, format!("cannot read the input: {}", reason(&error)))
            })?;
            if count == 0 {
                break;
            }
            self.last_input.set(tokio::time::Instant::now());
            let bytes: Rc<[u8]> = held.get(..count).unwrap_or_default().into();
            buffer::give_back(held);
            for (member, outbox) in self.room.outboxes() {
                if tokio::time::timeout(STALL, outbox.push_when_room(&bytes)).await.is_err() {
                    outbox.abandon();
                    self.room.leave(member);
                    let message = "a client that does not read was disconnected".to_owned();
                    report.event("", &Event::Error { message });
                }
            }
        }
        self.input_ended.set(true);
        for (_, outbox) in self.room.outboxes() {
            outbox.close();
        }
        Ok(())
    }

    /// Resolves with the failure when stdout can no longer be written.
    pub async fn output_failed(&self) -> Failure {
        loop {
            if let Some(kind) = self.broken.get() {
                let message = format!("cannot write the output: {}", reason(&kind.into()));
                return Failure::message(Exit::OutputFailed, message);
            }
            tokio::select! {
                () = self.broke.notified() => {}
                () = self.reader_gone() => self.broken.set(Some(std::io::ErrorKind::BrokenPipe)),
            }
        }
    }

    async fn reader_gone(&self) {
        match &self.hang_up {
            Some(hang_up) => std::future::poll_fn(|cx| hang_up.poll(cx)).await,
            None => std::future::pending().await,
        }
    }

    /// Serves one client.
    pub async fn serve(&self, client: &mut Client, watcher: &Rc<dyn Watcher>, around: &Surroundings) -> Closing {
        let Channel::Bytes(bytes) = &mut client.channel else {
            let reason = "several clients on the standard streams need stream sockets";
            return Closing::unsupported(&client.id, reason, around);
        };
        let (member, outbox) = self.room.enter();
        if self.input_ended.get() {
            outbox.close();
        }
        let closing = self.converse(bytes, &outbox, &client.id, watcher, around).await;
        self.room.leave(member);
        outbox.abandon();
        if closing.verdict == Verdict::Clean {
            client.channel.take_leave().await;
        }
        closing
    }

    async fn converse(
        &self,
        bytes: &mut Bytes,
        outbox: &Outbox,
        id: &str,
        watcher: &Rc<dyn Watcher>,
        around: &Surroundings,
    ) -> Closing {
        let mut incoming = around.lane(Direction::In, id, &**watcher);
        let mut outgoing = around.lane(Direction::Out, id, &**watcher);
        let mut unfinished = Unfinished { shared: self, id, line: Vec::new() };
        let (mut hears, mut says) = (true, true);
        enum Turn {
            Heard(std::io::Result<(Vec<u8>, usize)>),
            ToSay(Option<Rc<[u8]>>),
            GivenUp,
            Settled,
            Silent,
        }
        while hears || says {
            // After the client's end of data stdin is sent on while it keeps giving.
            let limit = if hears { around.idle } else { self.half_open };
            let next = async {
                tokio::select! {
                    heard = buffer::read(bytes, buffer::SMALLEST), if hears => Turn::Heard(heard),
                    say = outbox.next(), if says => Turn::ToSay(say),
                    () = outbox.is_abandoned() => Turn::GivenUp,
                    () = tokio::time::sleep(SETTLE), if incoming.is_holding() => Turn::Settled,
                }
            };
            match crate::service::within(limit, next).await.unwrap_or(Turn::Silent) {
                Turn::Silent if hears => {
                    return Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle };
                }
                Turn::Silent => break,
                Turn::GivenUp => {
                    bytes.socket().reset_on_close();
                    return Closing {
                        reason: "the client does not read".to_owned(),
                        verdict: Verdict::Failed(Blame::Sending),
                    };
                }
                Turn::Heard(Err(error)) => return Closing::failed(&error, Blame::Receiving),
                Turn::Heard(Ok((held, count))) => {
                    hears = count > 0;
                    let shown = match incoming.receive(held.get(..count).unwrap_or_default(), !hears) {
                        Ok(heard) => self.show(id, &heard, !hears, &mut unfinished.line).await,
                        // What one client sends ends no other.
                        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                            return Closing::failed(&error, Blame::Converting);
                        }
                        Err(error) => Err(error),
                    };
                    buffer::give_back(held);
                    if let Err(error) = shown {
                        return self.broken_by(&error);
                    }
                    if !hears {
                        incoming.ended();
                    }
                }
                Turn::Settled => {
                    let shown = match incoming.settle() {
                        Ok(held) => self.show(id, &held, false, &mut unfinished.line).await,
                        Err(error) => Err(error),
                    };
                    if let Err(error) = shown {
                        return self.broken_by(&error);
                    }
                }
                Turn::ToSay(None) => {
                    says = false;
                    if self.traffic != Traffic::ReceiveOnly {
                        let _ = buffer::end(bytes).await;
                        outgoing.ended();
                    }
                }
                Turn::ToSay(Some(message)) => {
                    let sending = async {
                        let converted = outgoing.convert(&message, false)?;
                        buffer::send(bytes, &converted, &outgoing).await
                    };
                    let sent = tokio::select! { sent = sending => Some(sent), () = outbox.is_abandoned() => None };
                    match sent {
                        Some(Ok(())) => outbox.sent(message.len()),
                        Some(Err(error)) => return Closing::failed(&error, Blame::Sending),
                        None => {
                            bytes.socket().reset_on_close();
                            let reason = "the client does not read".to_owned();
                            return Closing { reason, verdict: Verdict::Failed(Blame::Sending) };
                        }
                    }
                }
            }
        }
        Closing::clean("the client closed")
    }

    fn broken_by(&self, error: &std::io::Error) -> Closing {
        self.broken.set(Some(error.kind()));
        self.broke.notify_one();
        Closing::failed(error, Blame::Output)
    }

    /// Writes what a client said to stdout: a chunk, or with prefixes whole lines, in one piece.
    async fn show(&self, id: &str, heard: &[u8], ended: bool, line: &mut Vec<u8>) -> std::io::Result<()> {
        if self.traffic == Traffic::SendOnly {
            return Ok(());
        }
        let mut output = self.output.lock().await;
        if self.prefix == Prefix::None {
            return buffer::write_all(&mut *output, heard).await;
        }
        let mut text = Vec::new();
        for piece in heard.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(piece);
            if line.ends_with(b"\n") || line.len() >= LONGEST_LINE {
                flush_line(id, line, &mut text);
            }
        }
        if ended {
            flush_line(id, line, &mut text);
        }
        buffer::write_all(&mut *output, &text).await
    }
}

/// The line of a client that has not come to its end. Where it never does, because the client was lost or the command was ended,
/// what there is of it is shown all the same.
struct Unfinished<'a> {
    shared: &'a SharedStdio,
    id: &'a str,
    line: Vec<u8>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let mut text = Vec::new();
        flush_line(self.id, &mut self.line, &mut text);
        if let (false, Ok(mut output)) = (text.is_empty(), self.shared.output.try_lock()) {
            // Nothing may wait here: what a reader that stalls does not take at once is lost.
            let _ = output.poll_write(&mut Context::from_waker(Waker::noop()), &text);
        }
    }
}

/// A line that is longer than this is shown in pieces.
const LONGEST_LINE: usize = 64 << 10;

fn flush_line(id: &str, line: &mut Vec<u8>, text: &mut Vec<u8>) {
    if line.is_empty() {
        return;
    }
    text.extend_from_slice(id.as_bytes());
    text.extend_from_slice(b": ");
    text.append(line);
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
}
