//! Reads of messages: one reader at a time, and a message leaves the queue only when the client says that it has it.

use tokio::time::Instant;

use super::buffer::End;
use super::mailbox::Mailbox;
use super::message_delivery::{Outcome, deliver};
use super::message_search::{Answer, MessageSearch};
use super::serve::{deadline, failed, refused, standing, until};
use super::talk::{Gone, Talk};
use super::wire::{Read, Reason};
use crate::event::Direction;
use crate::exit::Exit;
use crate::failure::Failure;

/// Serves one read.
///
/// # Errors
/// The client went away: it has read nothing.
pub async fn read(mailbox: &Mailbox, read: Read, talk: &mut Talk) -> Result<(), Gone> {
    if let Err(failure) = mailbox.demand(Direction::In) {
        return talk.answer(&refused(&failure)).await;
    }
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

/// Waits until there is a message, or nothing more will come.
///
/// # Errors
/// The client went away.
pub async fn readable(mailbox: &Mailbox, limit: Option<Instant>, talk: &mut Talk) -> Result<Result<(), Failure>, Gone> {
    if let Err(failure) = mailbox.demand(Direction::In) {
        return Ok(Err(failure));
    }
    loop {
        let changed = mailbox.changed();
        if mailbox.with_queue(|queue| !queue.is_empty() || *queue.end() != End::Open) {
            return Ok(Ok(()));
        }
        tokio::select! {
            () = changed => {}
            () = until(limit) => {
                return Ok(Err(Failure::message(Exit::TimedOut, "timed out: nothing has come")));
            }
            gone = talk.gone() => return Err(gone),
        }
    }
}
