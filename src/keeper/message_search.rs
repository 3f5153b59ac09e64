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
mod tests {
    use super::*;
    use crate::condition::{Answer as Wanted, Detail, Expectation};
    use crate::message::Message;

    fn queue(messages: &[&str]) -> MessageQueue<Received> {
        let mut queue = MessageQueue::new(1 << 20);
        for message in messages {
            queue.offer(Received::message(&Message::new(message.as_bytes())), message.len()).unwrap();
        }
        queue
    }

    fn advance(condition: Option<Condition>, queue: &MessageQueue<Received>) -> Answer {
        MessageSearch::new(condition.as_ref(), 100).unwrap().advance(queue, Duration::ZERO, false)
    }

    fn amount(text: &str) -> Option<Condition> {
        Some(Condition::For(text.parse().unwrap()))
    }

    fn until(text: &str) -> Option<Condition> {
        Some(Condition::Until(text.parse().unwrap()))
    }

    #[test]
    fn messages_are_counted_whole() {
        let three = queue(&["one", "", "three"]);
        assert_eq!(advance(None, &three), Answer::Found(1, None));
        assert_eq!(advance(amount("2 messages"), &three), Answer::Found(2, None));
        assert_eq!(advance(amount("0 messages"), &three), Answer::Found(0, None));
        assert_eq!(advance(amount("4 messages"), &three), Answer::NotYet);
        assert_eq!(advance(Some(Condition::Any), &three), Answer::Found(3, None));
        assert_eq!(advance(Some(Condition::Any), &queue(&[])), Answer::NotYet);
        for stream in ["3", "1 line", "2 int4"] {
            assert!(matches!(MessageSearch::new(amount(stream).as_ref(), 100), Err(Unfit::Amount)), "{stream}");
        }
    }

    #[test]
    fn a_text_is_looked_for_in_each_message_by_itself() {
        let messages = queue(&["o", "k", "", "it is ok", "later"]);
        let Answer::Found(4, Some(found)) = advance(until("ok"), &messages) else { panic!("not found") };
        assert_eq!(found.consumed, 8);
        assert_eq!(advance(until("none"), &messages), Answer::NotYet);
        let pattern = |text: &str, answer| Expectation { pattern: text.parse().unwrap(), answer };
        let both = Condition::Expect(vec![pattern("l.t", Wanted::Wanted), pattern("^k$", Wanted::Failed)]);
        let Answer::Found(2, Some(found)) = advance(Some(both), &messages) else { panic!("not found") };
        let Detail::Match(matched) = found.detail else { panic!("no match") };
        assert_eq!((matched.answer, matched.range()), (Wanted::Failed, 0..1));
    }

    #[test]
    fn the_end_and_silence() {
        let mut messages = queue(&["a"]);
        let idle = Some(Condition::UntilIdle(Duration::from_millis(50)));
        let mut search = MessageSearch::new(idle.as_ref(), 100).unwrap();
        assert_eq!(search.advance(&messages, Duration::ZERO, false), Answer::Growing(Duration::from_millis(50)));
        assert_eq!(search.advance(&messages, Duration::from_millis(50), false), Answer::Found(1, None));
        assert_eq!(advance(until("eof"), &messages), Answer::NotYet);
        messages.finish(End::Eof);
        assert_eq!(search.advance(&messages, Duration::ZERO, false), Answer::Found(1, None));
        assert_eq!(advance(until("eof"), &messages), Answer::Found(1, None));
        assert_eq!(advance(amount("2 messages"), &messages), Answer::Ended);
        let mut had = MessageSearch::new(until("eof").as_ref(), 100).unwrap();
        assert_eq!(had.advance(&messages, Duration::ZERO, true), Answer::Ended);
    }

    #[test]
    fn a_result_is_bounded() {
        let large = "x".repeat(60);
        let messages = queue(&[&large, &large]);
        assert_eq!(advance(amount("2 messages"), &messages), Answer::TooLarge);
        assert_eq!(advance(Some(Condition::Any), &messages), Answer::Found(1, None));
        let mut full = MessageQueue::new(1);
        for offered in 0..2 {
            let _ = full.offer(Received::message(&Message::new(b"abc")), 3).map_err(|_| assert_eq!(offered, 1));
        }
        assert_eq!(advance(amount("2 messages"), &full), Answer::TooLarge);
    }
}
