//! Each kind of condition against queues of a few messages.

use super::*;
use crate::condition::{Answer as Wanted, Detail, Expectation};
use crate::message::Message;

fn queue(messages: &[&str]) -> MessageQueue<Received> {
    let mut queue = MessageQueue::new(1 << 20);
    for message in messages {
        queue.offer(Received::message(&Message::new(message.as_bytes()), None), message.len()).unwrap();
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
        let _ = full.offer(Received::message(&Message::new(b"abc"), None), 3).map_err(|_| assert_eq!(offered, 1));
    }
    assert_eq!(advance(amount("2 messages"), &full), Answer::TooLarge);
}
