use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use socket2::{Domain, Type};

use super::*;
use crate::condition::{Answer, Expectation};
use crate::event::Direction;
use crate::relay::Nobody;
use crate::transport::Socket;

fn pair() -> (Bytes, socket2::Socket) {
    let (ours, theirs) = socket2::Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap();
    ours.set_nonblocking(true).unwrap();
    (Bytes::Socket(Socket::new(ours, None).unwrap()), theirs)
}

fn talk(limit: Limit) -> Talk<'static> {
    let lane = |direction| Lane::new(direction, Vec::new(), None, &Nobody);
    Talk::new(lane(Direction::Out), lane(Direction::In), limit)
}

fn wanted(pattern: &str) -> Condition {
    Condition::Expect(vec![Expectation { pattern: pattern.parse().unwrap(), answer: Answer::Wanted }])
}

const AT_ONCE: Limit = Limit::After(Duration::ZERO);

#[tokio::test]
async fn a_limit_of_zero_takes_what_is_there() {
    let (mut bytes, mut peer) = pair();
    let mut talk = talk(AT_ONCE);
    peer.write_all(b"aaab").unwrap();
    let found = talk.wait_for(&mut bytes, &wanted("b")).await.unwrap().unwrap();
    assert_eq!(talk.consume(found.consumed), b"aaab");
    let missed = talk.wait_for(&mut bytes, &wanted("b")).await.unwrap();
    assert!(matches!(missed, Err(Trouble::Silence(limit)) if limit.is_zero()), "{missed:?}");
}

#[tokio::test]
async fn a_match_that_could_grow_is_taken_when_the_limit_passes() {
    let (mut bytes, mut peer) = pair();
    let mut talk = talk(AT_ONCE);
    peer.write_all(b"aaa").unwrap();
    let found = talk.wait_for(&mut bytes, &wanted("a+")).await.unwrap().unwrap();
    assert_eq!(found.consumed, 3);
}

#[tokio::test]
async fn a_match_that_could_grow_is_taken_when_the_stream_is_silent() {
    let (mut bytes, mut peer) = pair();
    let mut talk = talk(Limit::Never);
    peer.write_all(b"aaa").unwrap();
    let found = talk.wait_for(&mut bytes, &wanted("a+")).await.unwrap().unwrap();
    assert_eq!(found.consumed, 3);
}

#[tokio::test]
async fn what_came_before_the_end_is_matched_and_then_the_end_is_told() {
    let (mut bytes, mut peer) = pair();
    let mut talk = talk(Limit::Never);
    peer.write_all(b"ab").unwrap();
    drop(peer);
    let found = talk.wait_for(&mut bytes, &wanted("a")).await.unwrap().unwrap();
    talk.consume(found.consumed);
    let missed = talk.wait_for(&mut bytes, &wanted("a")).await.unwrap();
    assert!(matches!(missed, Err(Trouble::Closed)), "{missed:?}");
    assert_eq!(talk.unread(), b"b");
}

#[tokio::test]
async fn sending_reads_nothing_ahead_unless_it_must() {
    let (mut bytes, mut peer) = pair();
    let mut talk = talk(Limit::Never);
    peer.write_all(b"hello").unwrap();
    talk.send(&mut bytes, b"go").await.unwrap();
    assert_eq!(talk.unread(), b"", "a TLS handshake that begins here would miss it");
    let mut said = [0; 2];
    peer.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"go");
}

#[tokio::test]
async fn the_end_is_sent_and_the_rest_is_read() {
    let (mut bytes, mut peer) = pair();
    let mut talk = talk(Limit::Never);
    talk.end(&mut bytes).await.unwrap();
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
    peer.write_all(b"rest").unwrap();
    assert_eq!(talk.wind_down(&mut bytes, None).await.unwrap(), Wind::Data);
    assert_eq!(talk.consume(usize::MAX), b"rest");
    assert_eq!(talk.wind_down(&mut bytes, Some(Instant::now())).await.unwrap(), Wind::Silent);
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(talk.wind_down(&mut bytes, None).await.unwrap(), Wind::Ended);
}
