//! What a reader of a stream is given, and when the bytes leave the buffer. How they are waited for is in `serve_read.rs`.

use std::ops::Range;

use super::buffer::Reservation;
use super::link::Stage;
use super::stream::Stream;
use super::talk::{Gone, Talk};
use super::wire::{Read, Reason, Request, Response, Taking, Unmet, WhenUnmet};
use crate::condition::Found;

/// How a wait for a condition ended.
pub enum Outcome {
    /// There is a result.
    Found(Found),
    /// There is none.
    Unmet(Reason),
}

/// Gives what was waited for, or what had come, and lets it go when the client has it.
///
/// # Errors
/// The client went away: it has read nothing.
pub async fn deliver(stream: &Stream, read: &Read, outcome: Outcome, talk: &mut Talk) -> Result<(), Gone> {
    let (reservation, length) = match outcome {
        Outcome::Found(found) => {
            let length = found.consumed;
            let reservation = stream.with_buffer(|buffer| buffer.reserve(&found));
            talk.answer(&Response::Found(found)).await?;
            (reservation, length)
        }
        Outcome::Unmet(reason) => {
            if let (Stage::Failed(status, message, hints), 0) =
                (stream.stage(), stream.with_buffer(|buffer| buffer.unread().len()))
            {
                return talk.answer(&Response::Failed { status, message, hints }).await;
            }
            let (reservation, unread) =
                stream.with_buffer(|buffer| (buffer.reserve_unread(read.max_bytes), buffer.unread().len()));
            let length = match read.when_unmet {
                WhenUnmet::Leave => 0,
                WhenUnmet::Partial => unread.min(read.max_bytes),
            };
            talk.answer(&Response::Unmet(Unmet { reason, unread: unread as u64, length: length as u64, messages: 0 }))
                .await?;
            if length == 0 {
                return Ok(());
            }
            (reservation, length)
        }
    };
    give(stream, &reservation, read.skip.min(length)..length, talk).await?;
    match read.taking {
        Taking::Peek => Ok(()),
        Taking::Take => acknowledged(stream, reservation, talk).await,
    }
}

async fn give(stream: &Stream, reservation: &Reservation, range: Range<usize>, talk: &mut Talk) -> Result<(), Gone> {
    talk.send_data(range.len(), |from, most| {
        stream.with_buffer(|buffer| {
            let from = range.start + from;
            let bytes = buffer.reserved(reservation).ok().and_then(|bytes| bytes.get(from..from + most));
            bytes.unwrap_or_default().to_vec()
        })
    })
    .await
}

async fn acknowledged(stream: &Stream, reservation: Reservation, talk: &mut Talk) -> Result<(), Gone> {
    let taken = matches!(talk.request().await?, Some(Request::Ack));
    if taken {
        let _ = stream.with_buffer(|buffer| {
            let done = buffer.commit(reservation);
            buffer.release_memory();
            done
        });
        stream.resume();
    }
    Ok(())
}
