//! `accept -k` without a service: stdin goes to all clients, what they send goes to stdout. Where clients have messages, stdin is
//! cut into them.

use std::cell::Cell;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::{Duration, SystemTime};

use tokio::sync::{Mutex, Notify};

use super::stream::{Shown, StreamOptions, Streams};
use crate::address::Peer;
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::message::{Message, MessageRecord, SplitError, Splitter};
use crate::quantity::Limit;
use crate::relay::messages::Form;
use crate::relay::{Blame, Side, Stdio, Traffic, buffer};
use crate::service::outbox::{CAPACITY, Outbox};
use crate::service::room::Room;
use crate::service::voice::{Said, Unheard, Voice};
use crate::service::{Client, Closing, Surroundings, Verdict, Watcher, at_rate};
use crate::transport::descriptor::HangUp;

/// How long stdin waits for a client that does not read before it is disconnected.
const STALL: Duration = Duration::from_secs(10);

/// Whether stdout shows who sent what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// Bytes as they come.
    None,
    /// Whole lines or messages, each after its sender's ID.
    Sender,
}

/// The standard streams, shared by all clients.
pub struct SharedStdio {
    room: Rc<Room>,
    output: Mutex<Stdio>,
    hang_up: Option<HangUp>,
    prefix: Prefix,
    form: Form,
    messages: Option<usize>,
    half_open: Limit,
    stall: Duration,
    traffic: Traffic,
    input_ended: Cell<bool>,
    last_input: Cell<tokio::time::Instant>,
    /// stdout cannot be written any more: the whole command is over.
    broken: Cell<Option<io::ErrorKind>>,
    broke: Notify,
}

impl SharedStdio {
    /// Shares the standard streams of `streams`. Where clients have messages, `messages` is the size of the largest.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn new(
        streams: &Streams,
        options: &StreamOptions,
        prefix: Prefix,
        form: Form,
        messages: Option<usize>,
    ) -> Result<(Rc<Self>, Stdio), Failure> {
        let (input, mut output) = streams.stdio()?.split();
        let hang_up = output.take_hang_up();
        let shared = SharedStdio {
            room: Rc::new(Room::default()),
            output: Mutex::new(output),
            hang_up,
            prefix,
            form,
            messages,
            half_open: options.half_open,
            stall: STALL + at_rate(CAPACITY, options.rate),
            traffic: options.traffic,
            input_ended: Cell::new(options.traffic == Traffic::ReceiveOnly),
            last_input: Cell::new(tokio::time::Instant::now()),
            broken: Cell::new(None),
            broke: Notify::new(),
        };
        Ok((Rc::new(shared), input))
    }

    /// Who sees what clients say.
    pub async fn shown(&self) -> Shown {
        if self.form.records { Shown::ToProgram } else { Shown::on(&*self.output.lock().await) }
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
        let mut splitter = self.messages.map(|limit| Splitter::new(self.form.split, limit));
        let uncut = |error: SplitError| Failure::message(Exit::TooLarge, format!("cannot split the input: {error}"));
        loop {
            let (held, count) = buffer::read(&mut input, buffer::SMALLEST).await.map_err(|error| {
                Failure::message(Exit::SendFailed, format!("cannot read the input: {}", reason(&error)))
            })?;
            if count == 0 {
                break;
            }
            self.last_input.set(tokio::time::Instant::now());
            let mut rest = held.get(..count).unwrap_or_default();
            match &mut splitter {
                None => self.tell_all(Message::new(rest), &*report).await,
                Some(splitter) => {
                    while let Some(message) = splitter.next_message(&mut rest).map_err(uncut)? {
                        self.tell_all(Message::new(message), &*report).await;
                    }
                }
            }
            buffer::give_back(held);
        }
        if let Some(splitter) = &mut splitter
            && let Some(message) = splitter.finish().map_err(uncut)?
        {
            self.tell_all(Message::new(message), &*report).await;
        }
        self.input_ended.set(true);
        for (_, outbox) in self.room.outboxes() {
            outbox.close();
        }
        Ok(())
    }

    async fn tell_all(&self, message: Message, report: &dyn Report) {
        let message = Rc::new(message);
        for (member, outbox) in self.room.outboxes() {
            if tokio::time::timeout(self.stall, outbox.push_when_room(&message)).await.is_err() {
                outbox.abandon();
                self.room.leave(member);
                let message = "a client that does not read was disconnected".to_owned();
                report.event("", &Event::Error { message });
            }
        }
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
                () = self.reader_gone() => self.broken.set(Some(io::ErrorKind::BrokenPipe)),
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
        let (member, outbox) = self.room.enter();
        if self.input_ended.get() {
            outbox.close();
        }
        let mut peer = client.channel.peer().to_string();
        if self.prefix == Prefix::Sender {
            peer.clone_from(&client.id);
        }
        let voice = Voice::new(&mut client.channel, &client.id, &**watcher, around);
        let closing = self.converse(voice, &outbox, &peer, around).await;
        let closing = closing.timed(around.idle, &client.id, &*around.report);
        self.room.leave(member);
        outbox.abandon();
        if closing.verdict == Verdict::Clean {
            client.channel.take_leave().await;
        }
        closing
    }

    async fn converse(&self, mut voice: Voice<'_>, outbox: &Outbox, name: &str, around: &Surroundings) -> Closing {
        let mut unfinished = Unfinished { shared: self, name, line: Vec::new() };
        let (mut hears, mut says) = (true, true);
        enum Turn {
            Heard(Result<Said, Unheard>),
            ToSay(Option<Rc<Message>>),
            GivenUp,
            Silent,
        }
        let deaf = |voice: &Voice<'_>| {
            voice.reset();
            let reason = "the client does not read".to_owned();
            Closing { reason, verdict: Verdict::Failed(Blame::Sending) }
        };
        // Without a half-close there is nobody to send to when the client has closed.
        while hears || (says && voice.has_half_close()) {
            // After the client's end of data stdin is sent on while it keeps giving.
            let limit = if hears { around.idle } else { self.half_open };
            let next = async {
                tokio::select! {
                    heard = voice.hear(), if hears => Turn::Heard(heard),
                    say = outbox.next(), if says => Turn::ToSay(say),
                    () = outbox.is_abandoned() => Turn::GivenUp,
                }
            };
            let turn = crate::service::within(limit, pin!(next)).await;
            match turn.unwrap_or(Turn::Silent) {
                Turn::Silent if hears => {
                    return Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle };
                }
                Turn::Silent => break,
                Turn::GivenUp => return deaf(&voice),
                Turn::Heard(Err(Unheard { error, blame: Blame::Recording })) => return self.broken_by(&error),
                // What one client sends ends no other.
                Turn::Heard(Err(unheard)) => return Closing::failed(&unheard.error, unheard.blame),
                Turn::Heard(Ok(said)) => {
                    hears = !said.last;
                    let shown = match (voice.has_messages(), hears) {
                        (true, true) => self.show_message(name, voice.local(), &said.message).await,
                        (true, false) => Ok(()),
                        (false, _) => self.show(name, said.message.bytes(), !hears, &mut unfinished.line).await,
                    };
                    if let Err(error) = shown {
                        return self.broken_by(&error);
                    }
                }
                Turn::ToSay(None) => {
                    says = false;
                    // A client that could not be heard any more is let be: others may still come and go, too.
                    if self.traffic != Traffic::ReceiveOnly && voice.has_half_close() {
                        voice.end().await;
                    }
                }
                Turn::ToSay(Some(message)) => {
                    let sending = self.send(&mut voice, &message);
                    let sent = tokio::select! { sent = sending => Some(sent), () = outbox.is_abandoned() => None };
                    match sent {
                        Some(Ok(())) => outbox.sent(&message),
                        Some(Err(error)) => return Closing::failed(&error, Blame::Sending),
                        None => return deaf(&voice),
                    }
                }
            }
        }
        voice.closing()
    }

    /// A stream among message sockets gets messages as stdout would.
    async fn send(&self, voice: &mut Voice<'_>, message: &Message) -> io::Result<()> {
        if voice.has_messages() || self.messages.is_none() {
            return voice.say(message).await;
        }
        let mut joined = Vec::new();
        self.form.split.join(message.bytes(), &mut joined).map_err(io::Error::other)?;
        voice.say(&Message::new(&joined)).await
    }

    fn broken_by(&self, error: &io::Error) -> Closing {
        self.broken.set(Some(error.kind()));
        self.broke.notify_one();
        Closing::failed(error, Blame::Output)
    }

    /// Writes a message to stdout in one piece.
    async fn show_message(&self, name: &str, to: &Peer, message: &Message) -> io::Result<()> {
        if self.traffic == Traffic::SendOnly {
            return Ok(());
        }
        let mut text = Vec::with_capacity(message.len() + name.len() + 4);
        if self.form.records {
            let (to, time) = (to.to_string(), Some(SystemTime::now()));
            let record = MessageRecord { from: Some(name), to: Some(&to), time, ..MessageRecord::new(message.bytes()) };
            record.write_to(&mut text)?;
        } else if self.prefix == Prefix::Sender {
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(message.bytes());
            text.push(b'\n');
        } else {
            self.form.split.join(message.bytes(), &mut text).map_err(io::Error::other)?;
        }
        buffer::write_all(&mut *self.output.lock().await, &text).await
    }

    /// Writes what a client said to stdout: a chunk, or with prefixes whole lines, in one piece.
    async fn show(&self, id: &str, heard: &[u8], ended: bool, line: &mut Vec<u8>) -> io::Result<()> {
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
    name: &'a str,
    line: Vec<u8>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let mut text = Vec::new();
        flush_line(self.name, &mut self.line, &mut text);
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
