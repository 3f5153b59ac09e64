//! A network that loses, doubles, swaps and delays datagrams on purpose, as a value: told what is sent and when, it says what
//! leaves and when. No I/O and no clock; times count from any moment.

use std::collections::VecDeque;
use std::time::Duration;

use super::chance::Chance;
use super::misbehaviour::Misbehaviour;

/// How long a datagram that is to be overtaken waits for the one that follows it.
pub const OVERTAKING: Duration = Duration::from_millis(100);

/// At most this many datagrams are held back; what is sent beyond them is lost, as in a network.
const MOST: usize = 4096;

/// At most so many bytes of datagrams are held back.
const MOST_BYTES: usize = 8 << 20;

/// A datagram on its way.
#[derive(Debug)]
struct Held {
    due: Duration,
    bytes: Vec<u8>,
    copies: u32,
}

/// What is done to the datagrams of one way, in one direction.
#[derive(Debug)]
pub struct Lossy {
    how: Misbehaviour,
    chance: Chance,
    /// In the order in which they leave.
    on_the_way: VecDeque<Held>,
    /// The one that waits to be overtaken, until its due.
    overtaken: Option<Held>,
    held_bytes: usize,
    /// None leaves before the one in front of it.
    last_due: Duration,
}

impl Lossy {
    /// Mistreats datagrams by these decisions.
    pub fn new(how: Misbehaviour, chance: Chance) -> Self {
        Lossy { how, chance, on_the_way: VecDeque::new(), overtaken: None, held_bytes: 0, last_due: Duration::ZERO }
    }

    /// A datagram is sent. Each takes four decisions, whatever becomes of it, so that one more or less of a kind of mishap
    /// leaves the others as they are.
    pub fn push(&mut self, now: Duration, datagram: &[u8]) {
        let dropped = self.chance.happens(self.how.drop);
        let doubled = self.chance.happens(self.how.duplicate);
        let overtaken = self.chance.happens(self.how.reorder);
        let delay = self.how.latency + self.chance.part_of(self.how.jitter);
        let full = self.on_the_way.len() >= MOST || self.held_bytes + datagram.len() > MOST_BYTES;
        if dropped || full {
            return;
        }
        self.held_bytes += datagram.len();
        let copies = if doubled { 2 } else { 1 };
        let held = Held { due: now.saturating_add(delay), bytes: datagram.to_vec(), copies };
        match self.overtaken.take() {
            None if overtaken => self.overtaken = Some(Held { due: held.due.saturating_add(OVERTAKING), ..held }),
            None => self.follow(held),
            Some(waiting) => {
                let due = held.due;
                self.follow(held);
                self.follow(Held { due, ..waiting });
            }
        }
    }

    fn follow(&mut self, held: Held) {
        self.last_due = self.last_due.max(held.due);
        self.on_the_way.push_back(Held { due: self.last_due, ..held });
    }

    /// The next datagram that leaves by this time.
    pub fn take_due(&mut self, now: Duration) -> Option<Vec<u8>> {
        if self.overtaken.as_ref().is_some_and(|waiting| waiting.due <= now)
            && let Some(waiting) = self.overtaken.take()
        {
            // Nothing has followed it.
            self.follow(waiting);
        }
        let first = self.on_the_way.front_mut().filter(|first| first.due <= now)?;
        if first.copies > 1 {
            first.copies -= 1;
            return Some(first.bytes.clone());
        }
        let first = self.on_the_way.pop_front()?;
        self.held_bytes = self.held_bytes.saturating_sub(first.bytes.len());
        Some(first.bytes)
    }

    /// When something is due next; `None` when nothing is on its way.
    pub fn next_due(&self) -> Option<Duration> {
        let first = self.on_the_way.front().map(|first| first.due);
        let waiting = self.overtaken.as_ref().map(|waiting| waiting.due);
        first.into_iter().chain(waiting).min()
    }
}

#[cfg(test)]
mod tests;
