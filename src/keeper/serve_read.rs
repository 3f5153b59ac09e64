//! Reads: one at a time, and bytes leave the buffer only when the client says that it has them.

use std::time::Duration;

use tokio::time::Instant;

use super::buffer::End;
use super::byte_delivery::{Outcome, deliver};
use super::serve::{deadline, failed, standing, until};
use super::stream::Stream;
use super::talk::{Gone, Talk};
use super::wire::{Read, Reason};
use crate::condition::{Condition, Matcher, Progress, Supply};
use crate::exit::Exit;

/// Serves one read.
///
/// # Errors
/// The client went away: it has read nothing.
pub async fn read(stream: &Stream, read: Read, talk: &mut Talk) -> Result<(), Gone> {
    let condition = read.condition.clone().unwrap_or_else(Condition::line);
    let mut matcher = match Matcher::new(&condition, read.max_bytes) {
        Ok(matcher) => matcher,
        Err(error) => return talk.answer(&failed(Exit::Usage, &error.to_string())).await,
    };
    let limit = deadline(read.timeout);
    let turn = tokio::select! {
        biased;
        turn = stream.reading.lock() => Some(turn),
        () = until(limit) => None,
        gone = talk.gone() => return Err(gone),
    };
    let outcome = match turn {
        Some(_) => {
            let _ = standing(stream, limit, talk).await?;
            stream.with_buffer(|buffer| buffer.set_reach(matcher.reach()));
            stream.resume();
            let outcome = wait(stream, (&condition, read.timeout), &mut matcher, talk).await;
            stream.with_buffer(|buffer| buffer.set_reach(0));
            outcome?
        }
        None => Outcome::Unmet(Reason::TimedOut),
    };
    deliver(stream, &read, outcome, talk).await
}

/// Waits for the condition; the time begins anew with each byte that comes.
async fn wait(
    stream: &Stream,
    (condition, timeout): (&Condition, Option<Duration>),
    matcher: &mut Matcher,
    talk: &mut Talk,
) -> Result<Outcome, Gone> {
    let mut limit = deadline(timeout);
    let mut quiet_since = Instant::now();
    let mut seen = stream.totals().0;
    let mut supply = Supply::Flowing;
    loop {
        let changed = stream.changed();
        if stream.totals().0 != seen {
            seen = stream.totals().0;
            limit = deadline(timeout);
            quiet_since = Instant::now();
            supply = Supply::Flowing;
        }
        let progress = stream.with_buffer(|buffer| buffer.advance(matcher, supply));
        let silence = match progress {
            Progress::Found(found) => return Ok(Outcome::Found(found)),
            Progress::Ended => return Ok(Outcome::Unmet(ended(stream))),
            Progress::TooLarge => return Ok(Outcome::Unmet(Reason::TooLarge)),
            Progress::NoReply(error) => return Ok(Outcome::Unmet(Reason::NoReply(error.to_string()))),
            Progress::NotYet => None,
            Progress::Growing if supply == Supply::Idle => None,
            Progress::Growing => condition.silence().and_then(|silence| quiet_since.checked_add(silence)),
        };
        tokio::select! {
            biased;
            () = changed => {}
            gone = talk.gone() => return Err(gone),
            () = until(silence) => supply = Supply::Idle,
            () = until(limit) => {
                // What is in the system's buffer already has come in time.
                stream.receive_pending();
                if stream.totals().0 == seen {
                    return Ok(Outcome::Unmet(Reason::TimedOut));
                }
            }
        }
    }
}

fn ended(stream: &Stream) -> Reason {
    match stream.with_buffer(|buffer| buffer.end().clone()) {
        End::Failed(reason) => Reason::Failed(reason),
        End::Open | End::Eof => Reason::Ended,
    }
}
