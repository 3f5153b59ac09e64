//! What a peer that misbehaves on purpose does to what it sends, as a value. Only what is asked for: the layers that do it are
//! those of streams and of datagrams.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::chance::{Chance, Probability};
use crate::event::Direction;

/// How what is sent is mistreated, by default not at all. Nothing that is received is touched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Misbehaviour {
    /// `--latency`: how long everything is held back.
    pub latency: Duration,
    /// `--jitter`: up to how much longer, by chance, for each piece.
    pub jitter: Duration,
    /// `--slice`: at most this many bytes of a stream at a time.
    pub slice: Option<NonZeroUsize>,
    /// `--stall-after`: nothing more is sent after this many bytes of a stream.
    pub stall_after: Option<u64>,
    /// `--reset-after`: the stream is reset after this many bytes.
    pub reset_after: Option<u64>,
    /// `--drop`: how likely a datagram is not sent.
    pub drop: Probability,
    /// `--duplicate`: how likely a datagram is sent twice.
    pub duplicate: Probability,
    /// `--reorder`: how likely a datagram is sent after the one that follows it.
    pub reorder: Probability,
    /// `--seed`, or one that was drawn.
    pub seed: u64,
}

impl Misbehaviour {
    /// The decisions of one connection; see [`Chance::new`].
    pub fn chance(&self, connection: u64, direction: Direction) -> Chance {
        Chance::new(self.seed, connection, direction)
    }

    /// Whether anything is left to chance, so that the seed matters.
    pub fn is_random(&self) -> bool {
        !self.jitter.is_zero() || [self.drop, self.duplicate, self.reorder].iter().any(|it| it.is_possible())
    }

    /// The first option given that only streams can obey.
    pub fn only_for_streams(&self) -> Option<&'static str> {
        [
            ("--slice", self.slice.is_some()),
            ("--stall-after", self.stall_after.is_some()),
            ("--reset-after", self.reset_after.is_some()),
        ]
        .into_iter()
        .find_map(|(word, given)| given.then_some(word))
    }

    /// The first option given that only datagrams can obey.
    pub fn only_for_datagrams(&self) -> Option<&'static str> {
        [
            ("--drop", self.drop.is_possible()),
            ("--duplicate", self.duplicate.is_possible()),
            ("--reorder", self.reorder.is_possible()),
        ]
        .into_iter()
        .find_map(|(word, given)| given.then_some(word))
    }
}
