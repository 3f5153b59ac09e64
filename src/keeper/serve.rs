//! A client's requests, one after the other.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::Instant;

use super::kept::{Body, Kept};
use super::link::{Link, Stage};
use super::process;
use super::talk::{Gone, Talk};
use super::wire::{Accepted, Close, Dialect, Request, Response, Wait};
use super::{serve_letters, serve_messages, serve_read, serve_write, upgrade};
use crate::exit::Exit;
use crate::failure::Failure;

/// How many turns of the event loop a connection needs from the system to those who take it, and some more.
const TURNS_TO_ENTER: usize = 16;

/// How long the end of a message socket waits for what was written to be delivered.
const DELIVERY: Duration = Duration::from_secs(4);

/// Serves a client until it leaves.
///
/// # Errors
/// Why it is not served any further.
pub async fn serve(kept: Rc<Kept>, socket: UnixStream) -> Result<(), Gone> {
    let (mut talk, dialect) = Talk::begin(socket).await?;
    loop {
        let request = match talk.request().await? {
            Some(request) => request,
            None => {
                talk.answer(&failed(Exit::Unsupported, "this keeper does not know such a request")).await?;
                continue;
            }
        };
        match request {
            Request::Status => talk.answer(&Response::Status(kept.status())).await?,
            Request::Close(how) => return close(&kept, how, talk).await,
            _ if dialect == Dialect::StatusAndClose => {
                let text = "the keeper is of another version: it can be listed and closed only";
                talk.answer(&failed(Exit::KeeperSilent, text)).await?;
            }
            Request::Read(read) => {
                let _use = kept.in_use();
                match &kept.body {
                    Body::Stream(stream) => serve_read::read(stream, read, &mut talk).await?,
                    Body::Messages(mailbox) => serve_messages::read(mailbox, read, &mut talk).await?,
                    Body::Listener(_) => {
                        talk.answer(&failed(Exit::Unsupported, "can't read from this socket: it is a listener"))
                            .await?;
                    }
                }
            }
            Request::Write(write) => {
                let _use = kept.in_use();
                match &kept.body {
                    Body::Stream(stream) => serve_write::write(stream, &write, &mut talk).await?,
                    Body::Messages(mailbox) => serve_letters::write(mailbox, &write, &mut talk).await?,
                    Body::Listener(_) => {
                        let why = "can't write to this socket: it is a listener";
                        serve_write::refuse(Exit::Unsupported, why, &mut talk).await?;
                    }
                }
            }
            Request::Secure(secure) => {
                let _use = kept.in_use();
                let done = upgrade::upgrade(&kept, &secure, &mut talk).await?;
                talk.answer(&done.map_or_else(|failure| refused(&failure), Response::Status)).await?;
            }
            Request::Next(wait) => {
                let _use = kept.in_use();
                next(&kept, wait, &mut talk).await?;
            }
            Request::WaitReadable(wait) => {
                let _use = kept.in_use();
                readable(&kept, wait, &mut talk).await?;
            }
            Request::Attach => {
                talk.answer(&failed(Exit::Unsupported, "this keeper cannot be attached to")).await?;
            }
            Request::Ack | Request::Nack | Request::Data(_) | Request::End => {}
        }
    }
}

/// An answer that says no.
pub fn failed(exit: Exit, message: &str) -> Response<'static> {
    Response::Failed { status: exit.status(), message: message.to_owned(), hints: Vec::new() }
}

/// A failure as an answer.
pub fn refused(failure: &Failure) -> Response<'static> {
    Response::Failed { status: failure.exit.status(), message: failure.line(), hints: failure.hints.clone() }
}

/// The moment at which a wait is over; `None`: never.
pub fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}

/// Sleeps until a moment that may never come.
pub async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Waits until a connection stands.
///
/// # Errors
/// It never did; the wait is over; or the client has gone.
pub async fn standing(link: &Link, limit: Option<Instant>, talk: &mut Talk) -> Result<Result<(), Failure>, Gone> {
    loop {
        let changed = link.changed();
        match link.stage() {
            Stage::Connecting => {}
            Stage::Up | Stage::Failed(..) => return Ok(Ok(())),
        }
        tokio::select! {
            () = changed => {}
            () = until(limit) => {
                return Ok(Err(Failure::message(Exit::TimedOut, "timed out: the connection does not stand yet")));
            }
            gone = talk.gone() => return Err(gone),
        }
    }
}

/// Ends the socket. The name is free before the answer goes out; the client sees the end of this process as the end of
/// its connection.
async fn close(kept: &Rc<Kept>, how: Close, mut talk: Talk) -> Result<(), Gone> {
    let mut outcome = Ok(());
    if let (Close::Graceful, Body::Stream(stream)) = (how, &kept.body) {
        let sent = async {
            let _writing = stream.writing.lock().await;
            let _ = stream.flush().await;
            let _ = stream.half_close().await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(5), sent).await;
    }
    if let (Close::Graceful, Body::Messages(mailbox)) = (how, &kept.body) {
        // Another writer may hold its turn for as long as it likes.
        let _writing = tokio::time::timeout(DELIVERY, mailbox.writing.lock()).await;
        outcome = mailbox.deliver(DELIVERY).await;
    }
    if let (Close::Reset, Body::Stream(stream)) = (how, &kept.body) {
        stream.reset_on_close();
    }
    let hold = kept.process.hold();
    kept.release();
    kept.end(how);
    match &kept.body {
        Body::Listener(listening) => listening.arrivals.shut().await,
        Body::Messages(mailbox) => mailbox.shut().await,
        Body::Stream(_) => {}
    }
    let answered = talk.answer(&outcome.map_or_else(|failure| refused(&failure), |()| Response::Done)).await;
    drop(hold);
    answered?;
    // Until the process ends, or the client has seen enough.
    let _ = talk.gone().await;
    Ok(())
}

/// The next connection of a listener, which becomes a kept socket of its own in this process.
async fn next(kept: &Rc<Kept>, wait: Wait, talk: &mut Talk) -> Result<(), Gone> {
    let Body::Listener(listening) = &kept.body else {
        return talk.answer(&failed(Exit::Unsupported, "can't accept on this socket: it is no listener")).await;
    };
    let channel = match in_time(kept, listening.arrivals.next(), wait, talk).await? {
        Ok(channel) => channel,
        Err(failure) => return talk.answer(&refused(&failure)).await,
    };
    let (peer, local) = (channel.peer().to_string(), channel.local().to_string());
    match process::adopt(kept, listening, channel) {
        Ok(id) => {
            let about = serde_json::json!({ "peer": peer, "local": local });
            talk.answer(&Response::Accepted(Accepted { id, about })).await
        }
        Err(failure) => talk.answer(&refused(&failure)).await,
    }
}

/// Waits for a connection that comes to a listener.
async fn in_time<T>(
    kept: &Kept,
    arrival: impl Future<Output = Result<T, Failure>>,
    wait: Wait,
    talk: &mut Talk,
) -> Result<Result<T, Failure>, Gone> {
    let limit = deadline(wait.timeout);
    tokio::select! {
        biased;
        arrived = arrival => Ok(arrived),
        () = async { let_in_who_is_there().await; until(limit).await } => {
            Ok(Err(Failure::message(Exit::TimedOut, "timed out: no connection has come")))
        }
        _ = kept.over() => Ok(Err(Failure::message(Exit::NotOpen, format!("{}: socket is not open", kept.id)))),
        gone = talk.gone() => Err(gone),
    }
}

/// Gives a connection that is in the queue of the system already its way through the door, also with no time at all.
async fn let_in_who_is_there() {
    for _ in 0..TURNS_TO_ENTER {
        tokio::task::yield_now().await;
    }
}

/// Waits until there is something to read, or a connection to take.
async fn readable(kept: &Rc<Kept>, wait: Wait, talk: &mut Talk) -> Result<(), Gone> {
    let limit = deadline(wait.timeout);
    let done = match &kept.body {
        Body::Stream(stream) => loop {
            let changed = stream.changed();
            let there =
                stream.with_buffer(|buffer| !buffer.unread().is_empty() || *buffer.end() != super::buffer::End::Open);
            if there {
                break Ok(());
            }
            tokio::select! {
                () = changed => {}
                () = until(limit) => break Err(Failure::message(Exit::TimedOut, "timed out: nothing has come")),
                gone = talk.gone() => return Err(gone),
            }
        },
        Body::Messages(mailbox) => serve_messages::readable(mailbox, limit, talk).await?,
        Body::Listener(listening) => in_time(kept, listening.arrivals.there(), wait, talk).await?,
    };
    talk.answer(&done.map_or_else(|failure| refused(&failure), |()| Response::Done)).await
}
