//! What a reader of messages waits for, looked for in the unread ones. No I/O and no clock; the search in a stream is in
//! `condition`.
//!
//! Texts and patterns are looked for in each message by itself, and everything up to the message that has them is the
//! result.

use std::time::Duration;

use super::buffer::End;
use super::messages::MessageQueue;
use super::received::Received;
use crate::condition::{Condition, Found, Matcher, MatcherError, Progress, Supply, Unit, Until};

/// A search.
#[derive(Debug)]
pub struct MessageSearch {
    goal: Goal,
    max_bytes: usize,
}

#[derive(Debug)]
enum Goal {
    Count(u64),
    Any,
    Idle(Duration),
    Eof,
    /// The first message that meets the condition; those before `looked_at` do not.
    Content {
        condition: Condition,
        looked_at: usize,
    },
}

/// Why there can be no search for a condition.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// An amount of something that messages are not made of.
    #[error("this socket has messages, which are read whole: write --for \"N messages\", --any, or --until TEXT")]
    Amount,
    /// A pattern is wrong.
    #[error(transparent)]
    Matcher(#[from] MatcherError),
}

/// The answer to "is it there yet?".
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Not yet.
    NotYet,
    /// There is a result, but what comes now belongs to it as well, until nothing has come for so long.
    Growing(Duration),
    /// So many messages are the result, and this was found in the last one.
    Found(usize, Option<Found>),
    /// The data ended before.
    Ended,
    /// It is not within the bound.
    TooLarge,
}

impl MessageSearch {
    /// A search for results of at most `max_bytes`; without a condition for one message.
    ///
    /// # Errors
    /// The condition is one for streams, or its pattern is wrong.
    pub fn new(condition: Option<&Condition>, max_bytes: usize) -> Result<Self, Unfit> {
        let goal = match condition {
            None => Goal::Count(1),
            Some(Condition::For(amount)) if amount.unit == Unit::Messages => Goal::Count(amount.count),
            Some(Condition::For(_)) => return Err(Unfit::Amount),
            Some(Condition::Any) => Goal::Any,
            Some(Condition::UntilIdle(silence)) => Goal::Idle(*silence),
            Some(Condition::Until(Until::Eof)) => Goal::Eof,
            Some(condition) => {
                Matcher::new(condition, max_bytes)?;
                Goal::Content { condition: condition.clone(), looked_at: 0 }
            }
        };
        Ok(MessageSearch { goal, max_bytes })
    }

    /// How much the queue may have to hold at once for it, in bytes.
    pub fn reach(&self) -> usize {
        match self.goal {
            Goal::Count(0 | 1) | Goal::Any => 0,
            Goal::Count(_) | Goal::Idle(_) | Goal::Eof | Goal::Content { .. } => self.max_bytes,
        }
    }

    /// Looks at the unread messages: those of the last call, and those that have come since. `silence` says for how long
    /// nothing has come; `eof_was_had`, that another reader has had the end of the data.
    pub fn advance(&mut self, queue: &MessageQueue<Received>, silence: Duration, eof_was_had: bool) -> Answer {
        let ended = *queue.end() != End::Open;
        let answer = match &mut self.goal {
            Goal::Count(count) => match usize::try_from(*count) {
                Ok(count) if count <= queue.len() => Answer::Found(count, None),
                _ => Answer::NotYet,
            },
            Goal::Any if queue.is_empty() => Answer::NotYet,
            Goal::Any => Answer::Found(self.fitting(queue), None),
            Goal::Idle(_) if queue.is_empty() => Answer::NotYet,
            Goal::Idle(wanted) if silence < *wanted && !ended => Answer::Growing(*wanted),
            Goal::Idle(_) => Answer::Found(queue.len(), None),
            Goal::Eof if *queue.end() == End::Eof && !eof_was_had => Answer::Found(queue.len(), None),
            Goal::Eof => Answer::NotYet,
            Goal::Content { condition, looked_at } => match first_with(condition, queue, looked_at, self.max_bytes) {
                Some((at, found)) => Answer::Found(at + 1, Some(found)),
                None => Answer::NotYet,
            },
        };
        match answer {
            Answer::Found(count, _) if queue.bytes_of(count) > self.max_bytes => Answer::TooLarge,
            Answer::NotYet if ended => Answer::Ended,
            Answer::NotYet if queue.is_full() => Answer::TooLarge,
            answer => answer,
        }
    }

    /// How many messages are within the bound; one at least.
    fn fitting(&self, queue: &MessageQueue<Received>) -> usize {
        let mut bytes = 0usize;
        let fits = |message: &&Received| {
            bytes = bytes.saturating_add(message.bytes().len());
            bytes <= self.max_bytes
        };
        queue.iter().take_while(fits).count().max(1)
    }
}

/// The first message that meets the condition, and where.
fn first_with(
    condition: &Condition,
    queue: &MessageQueue<Received>,
    looked_at: &mut usize,
    max_bytes: usize,
) -> Option<(usize, Found)> {
    for (at, message) in queue.iter().enumerate().skip(*looked_at) {
        // The message is all there is: a match at its end does not grow.
        let mut matcher = Matcher::new(condition, max_bytes).ok()?;
        if let Progress::Found(found) = matcher.advance(message.bytes(), Supply::Ended) {
            return Some((at, found));
        }
        *looked_at = at + 1;
    }
    None
}

#[cfg(test)]
mod tests;
