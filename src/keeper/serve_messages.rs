//! Reads of messages: one reader at a time, and a message leaves the queue only when the client says that it has it.

use std::time::Duration;

use tokio::time::Instant;

use super::buffer::End;
use super::link::Stage;
use super::mailbox::Mailbox;
use super::message_search::{Answer, MessageSearch};
use super::messages::MessageReservation;
use super::serve::{deadline, failed, standing, until};
use super::talk::{Gone, Talk};
use super::wire::{Batch, DATA_CHUNK, Read, Reason, Request, Response, Taking, Unmet, WhenUnmet};
use crate::condition::{Condition, Found, Until};
use crate::exit::Exit;

/// How a wait for a condition ended.
enum Outcome {
    Found(usize, Option<Found>),
    Unmet(Reason),
}

/// Serves one read.
///
/// # Errors
/// The client went away: it has read nothing.
pub async fn read(mailbox: &Mailbox, read: Read, talk: &mut Talk) -> Result<(), Gone> {
    let mut search = match MessageSearch::new(read.condition.as_ref(), read.max_bytes) {
        Ok(search) => search,
        Err(error) => return talk.answer(&failed(Exit::Usage, &error.to_string())).await,
    };
    let limit = deadline(read.timeout);
    let turn = tokio::select! {
        biased;
        turn = mailbox.reading.lock() => Some(turn),
        () = until(limit) => None,
        gone = talk.gone() => return Err(gone),
    };
    let outcome = match turn {
        Some(_) => {
            let _ = standing(mailbox, limit, talk).await?;
            mailbox.with_queue(|queue| queue.set_reach(search.reach()));
            mailbox.resume();
            let outcome = wait(mailbox, &read, &mut search, talk).await;
            mailbox.with_queue(|queue| queue.set_reach(0));
            outcome?
        }
        None => Outcome::Unmet(Reason::TimedOut),
    };
    deliver(mailbox, &read, outcome, talk).await
}

/// Waits for the condition; the time begins anew with each message that comes.
async fn wait(mailbox: &Mailbox, read: &Read, search: &mut MessageSearch, talk: &mut Talk) -> Result<Outcome, Gone> {
    let mut limit = deadline(read.timeout);
    let mut quiet_since = Instant::now();
    let mut seen = mailbox.message_totals().0;
    loop {
        let changed = mailbox.changed();
        if mailbox.message_totals().0 != seen {
            seen = mailbox.message_totals().0;
            limit = deadline(read.timeout);
            quiet_since = Instant::now();
        }
        let silence = quiet_since.elapsed();
        let answer = mailbox.with_queue(|queue| search.advance(queue, silence, mailbox.end_was_had()));
        let idle = match answer {
            Answer::Found(count, found) => return Ok(Outcome::Found(count, found)),
            Answer::Ended => return Ok(Outcome::Unmet(ended(mailbox))),
            Answer::TooLarge => return Ok(Outcome::Unmet(Reason::TooLarge)),
            Answer::NotYet => match mailbox.take_refusal() {
                Some(refusal) => return Ok(Outcome::Unmet(Reason::Refused(refusal))),
                None => None,
            },
            Answer::Growing(wanted) => quiet_since.checked_add(wanted),
        };
        tokio::select! {
            biased;
            () = changed => {}
            gone = talk.gone() => return Err(gone),
            () = until(idle) => {}
            () = until(limit) => {
                // What is in the system's buffer already has come in time.
                mailbox.catch_up().await;
                if mailbox.message_totals().0 == seen {
                    return Ok(Outcome::Unmet(Reason::TimedOut));
                }
            }
        }
    }
}

fn ended(mailbox: &Mailbox) -> Reason {
    match mailbox.with_queue(|queue| queue.end().clone()) {
        End::Failed(reason) => Reason::Failed(reason),
        End::Open | End::Eof => Reason::Ended,
    }
}

async fn deliver(mailbox: &Mailbox, read: &Read, outcome: Outcome, talk: &mut Talk) -> Result<(), Gone> {
    let unread = mailbox.with_queue(|queue| queue.len());
    let (response, count, with_end) = match outcome {
        Outcome::Found(count, found) => {
            let with_end = read.condition == Some(Condition::Until(Until::Eof));
            (Response::Messages(Batch { count: count as u64, found }), count, with_end)
        }
        Outcome::Unmet(reason) => {
            if let (Stage::Failed(status, message, hints), 0) = (mailbox.stage(), unread) {
                return talk.answer(&Response::Failed { status, message, hints }).await;
            }
            let count = match read.when_unmet {
                WhenUnmet::Leave => 0,
                WhenUnmet::Partial => within(mailbox, read.max_bytes),
            };
            let unmet = Unmet { reason, unread: unread as u64, length: 0, messages: count as u64 };
            (Response::Unmet(unmet), count, false)
        }
    };
    let announces = matches!(response, Response::Messages(_)) || count > 0;
    let reservation = mailbox.with_queue(|queue| queue.reserve(count));
    talk.answer(&response).await?;
    give(mailbox, &reservation, talk).await?;
    if announces && read.taking == Taking::Take && matches!(talk.request().await?, Some(Request::Ack)) {
        let _ = mailbox.commit(reservation, with_end);
    }
    Ok(())
}

/// Sends the reserved messages, many small ones at once and large ones in pieces.
async fn give(mailbox: &Mailbox, reservation: &MessageReservation, talk: &mut Talk) -> Result<(), Gone> {
    let mut frames = Vec::new();
    let (mut at, mut from) = (0, 0);
    loop {
        let more = mailbox.with_queue(|queue| {
            let Some(message) = queue.reserved(reservation, at).map_err(|_| Gone::Left)? else { return Ok(false) };
            if from == 0 {
                Response::Message(message.header()).encode(&mut frames)?;
            }
            let rest = message.bytes().get(from..).unwrap_or_default();
            let (piece, after) = rest.split_at_checked(DATA_CHUNK).unwrap_or((rest, &[]));
            if !piece.is_empty() {
                Response::Data(piece).encode(&mut frames)?;
            }
            (at, from) = if after.is_empty() { (at + 1, 0) } else { (at, from + piece.len()) };
            Ok::<bool, Gone>(true)
        })?;
        if !more || frames.len() >= DATA_CHUNK {
            talk.send(&frames).await?;
            frames.clear();
        }
        if !more {
            return Ok(());
        }
    }
}

/// How many unread messages are within so many bytes.
fn within(mailbox: &Mailbox, max_bytes: usize) -> usize {
    mailbox.with_queue(|queue| {
        let mut bytes = 0usize;
        let fits = |length: usize| {
            bytes = bytes.saturating_add(length);
            bytes <= max_bytes
        };
        queue.iter().map(|message| message.bytes().len()).map(fits).take_while(|fits| *fits).count()
    })
}

/// Waits until there is a message, or nothing more will come.
///
/// # Errors
/// The client went away.
pub async fn readable(mailbox: &Mailbox, timeout: Option<Duration>, talk: &mut Talk) -> Result<bool, Gone> {
    let limit = deadline(timeout);
    loop {
        let changed = mailbox.changed();
        if mailbox.with_queue(|queue| !queue.is_empty() || *queue.end() != End::Open) {
            return Ok(true);
        }
        tokio::select! {
            () = changed => {}
            () = until(limit) => return Ok(false),
            gone = talk.gone() => return Err(gone),
        }
    }
}
