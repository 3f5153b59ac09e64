//! What a reader of messages is given, and when the messages leave the queue. How they are waited for is in
//! `serve_messages.rs`.

use super::link::Stage;
use super::mailbox::Mailbox;
use super::messages::MessageReservation;
use super::talk::{Gone, Talk};
use super::wire::{Batch, DATA_CHUNK, Read, Reason, Request, Response, Taking, Unmet, WhenUnmet};
use crate::condition::{Condition, Found, Until};

/// How a wait for a condition ended.
pub enum Outcome {
    /// So many messages are the result, and this was found in the last one.
    Found(usize, Option<Found>),
    /// There is no result.
    Unmet(Reason),
}

/// Gives what was waited for, or what had come, and lets it go when the client has it.
///
/// # Errors
/// The client went away: it has read nothing.
pub async fn deliver(mailbox: &Mailbox, read: &Read, outcome: Outcome, talk: &mut Talk) -> Result<(), Gone> {
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
    let facts = mailbox.facts();
    let (mut at, mut from) = (0, 0);
    loop {
        let more = mailbox.with_queue(|queue| {
            let Some(message) = queue.reserved(reservation, at).map_err(|_| Gone::Left)? else { return Ok(false) };
            if from == 0 {
                Response::Message(message.header(&facts)).encode(&mut frames)?;
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
