//! A socket that a keeper holds, as the other end of a conversation. The keeper's client blocks; a thread reads with it, another
//! one writes. What was received leaves the keeper only when it has been shown.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc as std_mpsc;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::sync::mpsc;

use super::link::{Lost, Received};
use crate::address::SocketId;
use crate::condition::{Condition, DEFAULT_MAX_BYTES};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::keeper::client::{Keeper, Outcome, dial};
use crate::keeper::directory::Place;
use crate::keeper::wire::{Close, Letter, Read, Reason, Secure, Taking, WhenUnmet, Write, WriteEnd};

/// How much is read at once, in bytes.
const AT_ONCE: usize = 16 << 10;

/// What the thread that reads has to tell.
enum News {
    Data(Vec<u8>),
    /// What was shown has left the keeper.
    Taken,
    End,
    Failed(Failure),
}

/// What the thread that writes is to do.
enum Work {
    Write(Vec<u8>, WriteEnd, Option<Letter>),
    Secure(Box<Secure>),
    Close,
}

/// The reading half, which ends when this is dropped.
struct Reader {
    news: mpsc::Receiver<News>,
    taken: std_mpsc::Sender<()>,
    socket: UnixStream,
}

/// A kept socket.
pub struct KeptLink {
    id: SocketId,
    place: Place,
    reader: Reader,
    messages: bool,
    /// Whether something was received that has not been shown.
    unshown: bool,
    /// Whether what was shown may not have left the keeper yet.
    leaving: bool,
    work: std_mpsc::Sender<Work>,
    done: mpsc::Receiver<Result<(), Failure>>,
    /// How much is being written.
    writing: Option<usize>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

fn read(mut keeper: Keeper, messages: bool, news: &mpsc::Sender<News>, taken: &std_mpsc::Receiver<()>) {
    let wish = Read {
        // What is there of a stream, or one message.
        condition: (!messages).then_some(Condition::Any),
        timeout: None,
        max_bytes: if messages { DEFAULT_MAX_BYTES } else { AT_ONCE },
        taking: Taking::Take,
        when_unmet: WhenUnmet::Leave,
        skip: 0,
    };
    loop {
        let outcome = keeper.read(&wish).map(|outcome| match outcome {
            Outcome::Found(_, bytes) => Ok(bytes),
            Outcome::Messages(messages, _) => Ok(messages.into_iter().flat_map(|message| message.bytes).collect()),
            Outcome::Unmet(unmet, _) | Outcome::UnmetMessages(unmet, _) => Err(unmet),
        });
        let last = match outcome {
            Ok(Ok(bytes)) => {
                if news.blocking_send(News::Data(bytes)).is_err() || taken.recv().is_err() {
                    return;
                }
                match keeper.acknowledge() {
                    Ok(()) if news.blocking_send(News::Taken).is_ok() => continue,
                    Ok(()) => return,
                    Err(failure) => News::Failed(failure),
                }
            }
            Ok(Err(unmet)) => match unmet.reason {
                Reason::Ended => News::End,
                Reason::Failed(reason) => {
                    News::Failed(Failure::message(Exit::ReceiveFailed, format!("connection lost: {reason}")))
                }
                Reason::TooLarge => {
                    let text = format!("a message has more than {DEFAULT_MAX_BYTES} bytes");
                    News::Failed(Failure::message(Exit::TooLarge, text))
                }
                Reason::Refused(reason) => News::Failed(Failure::message(Exit::Refused, reason)),
                Reason::TimedOut | Reason::NoReply(_) => continue,
            },
            // A socket that only sends has nothing to show, and can be talked to all the same.
            Err(failure) if failure.exit == Exit::Usage => return,
            Err(failure) => News::Failed(failure),
        };
        let _ = news.blocking_send(last);
        return;
    }
}

fn write(mut keeper: Keeper, work: &std_mpsc::Receiver<Work>, done: &mpsc::Sender<Result<(), Failure>>) {
    while let Ok(work) = work.recv() {
        let result = match work {
            Work::Write(bytes, then, letter) => {
                let write = Write { timeout: None, then, letter };
                keeper.write(&write, &mut bytes.as_slice())
            }
            Work::Secure(secure) => keeper.secure(&secure).map(drop),
            Work::Close => keeper.close(Close::Graceful),
        };
        if done.blocking_send(result).is_err() {
            return;
        }
    }
}

fn no_thread(error: &std::io::Error) -> Failure {
    Failure::message(Exit::Unsupported, format!("cannot start a thread: {}", reason(error)))
}

impl Reader {
    fn start(keeper: Keeper, messages: bool) -> Result<Self, Failure> {
        let socket = keeper.interrupter().map_err(|error| no_thread(&error))?;
        let (sender, news) = mpsc::channel(1);
        let (taken, shown) = std_mpsc::channel();
        let work = move || read(keeper, messages, &sender, &shown);
        thread::Builder::new().name("reader".to_owned()).spawn(work).map_err(|error| no_thread(&error))?;
        Ok(Reader { news, taken, socket })
    }
}

impl KeptLink {
    /// The socket of this ID.
    ///
    /// # Errors
    /// It is not open, or its keeper cannot be talked to.
    pub fn open(id: &SocketId, place: &Place) -> Result<Self, Failure> {
        let mut writer = dial(place, id)?;
        let messages = writer.has_messages()?;
        let reader = Reader::start(dial(place, id)?, messages)?;
        let (work, orders) = std_mpsc::channel();
        let (sender, done) = mpsc::channel(1);
        let writing = move || write(writer, &orders, &sender);
        thread::Builder::new().name("writer".to_owned()).spawn(writing).map_err(|error| no_thread(&error))?;
        Ok(KeptLink {
            id: id.clone(),
            place: place.clone(),
            reader,
            messages,
            unshown: false,
            leaving: false,
            work,
            done,
            writing: None,
        })
    }

    /// Whether each line is a message.
    pub fn has_messages(&self) -> bool {
        self.messages
    }

    /// See [`super::link::Link::poll_receive`].
    pub fn poll_receive(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<u8>) -> Poll<Result<Received, Lost>> {
        self.shown();
        buffer.clear();
        match ready!(self.poll_news(cx)) {
            Some(News::Data(bytes)) => {
                *buffer = bytes;
                self.unshown = true;
                Poll::Ready(Ok(if self.messages { Received::Message } else { Received::Bytes }))
            }
            Some(News::Taken) | None => Poll::Pending,
            Some(News::End) => Poll::Ready(Ok(Received::End)),
            Some(News::Failed(failure)) => Poll::Ready(Err(Lost::Kept(failure))),
        }
    }

    fn poll_news(&mut self, cx: &mut Context<'_>) -> Poll<Option<News>> {
        loop {
            match ready!(self.reader.news.poll_recv(cx)) {
                Some(News::Taken) => self.leaving = false,
                news => return Poll::Ready(news),
            }
        }
    }

    /// Waits until what was shown has left the keeper, so that the next reader does not get it again.
    pub async fn settle(&mut self) {
        self.shown();
        while self.leaving {
            match self.reader.news.recv().await {
                Some(News::Taken) => self.leaving = false,
                Some(_) => {}
                None => return,
            }
        }
    }

    /// What was received last has been shown, and may leave the keeper.
    pub fn shown(&mut self) {
        if std::mem::take(&mut self.unshown) {
            let _ = self.reader.taken.send(());
            self.leaving = true;
        }
    }

    /// See [`super::link::Link::poll_send`].
    pub fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, Lost>> {
        if self.writing.is_none() {
            let letter = self.messages.then(Letter::default);
            let _ = self.work.send(Work::Write(data.to_vec(), WriteEnd::Continue, letter));
            self.writing = Some(data.len());
        }
        ready!(self.poll_done(cx)).map_err(Lost::Kept)?;
        Poll::Ready(Ok(self.writing.take().unwrap_or(0)))
    }

    /// See [`super::link::Link::poll_end`].
    pub fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if self.writing.is_none() {
            let _ = self.work.send(Work::Write(Vec::new(), WriteEnd::HalfClose, None));
            self.writing = Some(0);
        }
        ready!(self.poll_done(cx)).map_err(Lost::Kept)?;
        self.writing = None;
        Poll::Ready(Ok(()))
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let gone = || Err(Failure::message(Exit::NotOpen, format!("{}: socket is not open", self.id.handle())));
        self.done.poll_recv(cx).map(|done| done.unwrap_or_else(gone))
    }

    /// Has the keeper go on in TLS. Nothing is read meanwhile, so that it can see whether all was read that came in clear.
    ///
    /// # Errors
    /// What the keeper says.
    pub async fn secure(&mut self, secure: Secure) -> Result<(), Failure> {
        self.settle().await;
        let _ = self.reader.socket.shutdown(Shutdown::Both);
        let _ = self.work.send(Work::Secure(Box::new(secure)));
        let secured = std::future::poll_fn(|cx| self.poll_done(cx)).await;
        self.reader = Reader::start(dial(&self.place, &self.id)?, self.messages)?;
        secured
    }

    /// Closes the socket.
    ///
    /// # Errors
    /// What the keeper says.
    pub async fn close(&mut self) -> Result<(), Failure> {
        let _ = self.work.send(Work::Close);
        std::future::poll_fn(|cx| self.poll_done(cx)).await
    }
}
