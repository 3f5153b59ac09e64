//! A run of datagrams of equal size, which the system takes in one call (UDP_SEGMENT of udp(7)).

use super::MAX_PAYLOAD;

/// The most datagrams that all systems with UDP_SEGMENT take at once (UDP_MAX_SEGMENTS).
const MOST: usize = 64;

/// A run of datagrams to one target: all of one size, but for the last, which may be shorter.
#[derive(Debug, Default)]
pub struct Burst {
    bytes: Vec<u8>,
    size: usize,
    count: usize,
    closed: bool,
}

impl Burst {
    /// Forgets all datagrams.
    pub fn clear(&mut self) {
        self.bytes.clear();
        (self.size, self.count, self.closed) = (0, 0, false);
    }

    /// Adds a datagram, unless it does not fit to the others; the first one always does.
    #[must_use]
    pub fn push(&mut self, message: &[u8]) -> bool {
        if self.count == 0 {
            self.size = message.len();
            // An empty datagram has no size to cut a run by.
            self.closed = message.is_empty();
        } else {
            let fits = self.bytes.len() + message.len() <= MAX_PAYLOAD && self.count < MOST;
            if self.closed || !fits || message.is_empty() || message.len() > self.size {
                return false;
            }
            self.closed = message.len() < self.size;
        }
        self.bytes.extend_from_slice(message);
        self.count += 1;
        true
    }

    /// Takes the space of another burst, where this one has none and holds nothing.
    pub(super) fn give_space(&mut self, mut other: Burst) {
        // An empty datagram needs no space, and is one all the same.
        if self.is_empty() && self.bytes.capacity() == 0 {
            other.clear();
            *self = other;
        }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All bytes, one datagram after the other.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The size of each datagram but the last.
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The datagrams.
    pub fn messages(&self) -> impl Iterator<Item = &[u8]> {
        // The one empty datagram, which chunks() would not give.
        let empty = (self.size == 0 && self.count == 1).then_some(&[][..]);
        empty.into_iter().chain(self.bytes.chunks(self.size.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Cuts a sequence into bursts as a sender does.
    fn bursts(messages: &[Vec<u8>]) -> Vec<Vec<Vec<u8>>> {
        let (mut all, mut burst) = (Vec::new(), Burst::default());
        let taken = |burst: &Burst| burst.messages().map(<[u8]>::to_vec).collect::<Vec<_>>();
        for message in messages {
            if !burst.push(message) {
                all.push(taken(&burst));
                burst.clear();
                assert!(burst.push(message), "the first always fits");
            }
        }
        if !burst.is_empty() {
            all.push(taken(&burst));
        }
        all
    }

    #[test]
    fn equal_sizes_go_together_and_a_shorter_one_ends_the_run() {
        let messages = ["aa", "bb", "c", "dd", "", "", "eee", "ff"].map(|text| text.as_bytes().to_vec());
        let expected: [&[&str]; 5] = [&["aa", "bb", "c"], &["dd"], &[""], &[""], &["eee", "ff"]];
        let expected = expected.map(|run| run.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>());
        assert_eq!(bursts(&messages), expected);
    }

    #[test]
    fn a_run_is_no_larger_than_the_system_takes() {
        assert_eq!(bursts(&vec![vec![0; 1]; 130]).iter().map(Vec::len).collect::<Vec<_>>(), [64, 64, 2]);
        assert_eq!(bursts(&vec![vec![0; 32_000]; 5]).iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(bursts(&[vec![0; MAX_PAYLOAD], vec![0; 1]]).len(), 2);
    }

    #[test]
    fn space_is_not_given_in_place_of_an_empty_datagram() {
        let (mut burst, mut used) = (Burst::default(), Burst::default());
        assert!(burst.push(b"") && used.push(b"used"));
        burst.give_space(used);
        assert_eq!(burst.messages().collect::<Vec<_>>(), [b""]);
        burst = Burst::default();
        let mut used = Burst::default();
        assert!(used.push(b"used"));
        burst.give_space(used);
        assert!(burst.is_empty() && burst.bytes.capacity() > 0);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_reordered(lengths in prop::collection::vec(0usize..4, 0..300)) {
            let messages: Vec<Vec<u8>> = lengths.iter().enumerate().map(|(at, length)| vec![at as u8; *length]).collect();
            prop_assert_eq!(bursts(&messages).concat(), messages);
        }
    }
}
