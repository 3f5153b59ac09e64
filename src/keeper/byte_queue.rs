//! A first-in first-out queue of bytes that is always one slice: filled at its end, consumed at its beginning.
//!
//! It knows no limits and no transactions; whoever owns it says how much may come.

use std::fmt;

/// The first area that is offered to a reader of a socket, in bytes.
const FIRST_AREA: usize = 16 << 10;
/// The largest area that reads which fill their area make it grow to, in bytes.
const LARGEST_AREA: usize = 256 << 10;

/// The queue.
///
/// Each byte that passes through is moved at most twice on the average: bytes are moved to the front only when at
/// least as many have been consumed, or together with an enlargement that makes room for as many again. The memory is
/// at most twice what was ever unread at once, and two areas.
#[derive(Default)]
pub(super) struct ByteQueue {
    storage: Vec<u8>,
    head: usize,
    tail: usize,
    /// How much is offered at least; doubled by reads of this size, 0 before the first.
    area: usize,
    #[cfg(test)]
    moved: usize,
}

impl ByteQueue {
    /// Everything that is unread.
    pub(super) fn unread(&self) -> &[u8] {
        self.storage.get(self.head..self.tail).unwrap_or_default()
    }

    /// The number of unread bytes.
    pub(super) fn len(&self) -> usize {
        self.tail - self.head
    }

    /// Memory to write to, of 1 to `most` bytes (none when `most` is 0); what was written is told to
    /// [`ByteQueue::filled`].
    pub(super) fn area(&mut self, most: usize) -> &mut [u8] {
        self.area = self.area.max(FIRST_AREA);
        let enough = most.min(self.area);
        if self.storage.len() - self.tail < enough {
            self.make_room(enough);
        }
        let end = self.storage.len().min(self.tail.saturating_add(most));
        self.storage.get_mut(self.tail..end).unwrap_or_default()
    }

    /// The first `count` bytes of the area were written.
    pub(super) fn filled(&mut self, count: usize) {
        let count = count.min(self.storage.len() - self.tail);
        self.tail += count;
        if count >= self.area && self.area < LARGEST_AREA {
            self.area *= 2;
        }
    }

    /// Takes a copy of all these bytes.
    pub(super) fn extend(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let area = self.area(bytes.len());
            let (now, later) = bytes.split_at_checked(area.len()).unwrap_or((bytes, &[]));
            copy(area, now);
            self.filled(now.len());
            bytes = later;
        }
    }

    /// Removes `count` bytes, at most all.
    pub(super) fn consume(&mut self, count: usize) {
        self.head += count.min(self.len());
        if self.head == self.tail {
            self.head = 0;
            self.tail = 0;
        }
    }

    /// Gives the memory back if nothing is unread.
    pub(super) fn release(&mut self) {
        if self.len() == 0 {
            self.storage = Vec::new();
            self.head = 0;
            self.tail = 0;
            self.area = 0;
        }
    }

    /// The memory that it holds, in bytes.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.storage.capacity()
    }

    fn make_room(&mut self, enough: usize) {
        let unread = self.len();
        if self.head >= unread && self.storage.len() - unread >= enough {
            self.storage.copy_within(self.head..self.tail, 0);
        } else {
            // Zeroed memory straight from the allocator is not touched before it is used.
            let mut storage = vec![0; unread + unread.max(2 * self.area)];
            copy(&mut storage, self.unread());
            self.storage = storage;
        }
        self.head = 0;
        self.tail = unread;
        #[cfg(test)]
        {
            self.moved += unread;
        }
    }
}

/// Copies as much as both hold.
fn copy(to: &mut [u8], from: &[u8]) {
    let count = to.len().min(from.len());
    if let (Some(to), Some(from)) = (to.get_mut(..count), from.get(..count)) {
        to.copy_from_slice(from);
    }
}

impl fmt::Debug for ByteQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteQueue").field("unread", &self.len()).field("memory", &self.storage.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keeps `backlog` bytes unread while `total` pass through in steps, and returns the queue.
    fn pass(backlog: usize, step: usize, total: usize) -> ByteQueue {
        let mut queue = ByteQueue::default();
        queue.extend(&vec![0; backlog]);
        let mut passed = 0;
        while passed < total {
            let count = queue.area(step).len().min(step);
            queue.filled(count);
            queue.consume(count);
            passed += count;
        }
        queue
    }

    #[test]
    fn passing_bytes_are_moved_a_bounded_number_of_times() {
        for (backlog, step) in
            [(0, 100), (1, 1), (100_000, 1), (100_000, 1000), (1_000_000, 10_000), (3_000_000, 10_000), (20_000, 4096)]
        {
            let total = 4_000_000;
            let queue = pass(backlog, step, total);
            assert!(queue.moved <= 2 * (total + backlog), "{backlog}, {step}: {} moved", queue.moved);
            assert!(queue.storage.len() <= 2 * backlog + 4 * LARGEST_AREA, "{backlog}, {step}: {queue:?}");
        }
    }

    #[test]
    fn the_area_grows_with_full_reads_and_only_with_them() {
        let mut queue = ByteQueue::default();
        assert!(queue.area(usize::MAX / 4).len() <= 2 * FIRST_AREA);
        for _ in 0..100 {
            let offered = queue.area(usize::MAX / 4).len();
            queue.filled(FIRST_AREA.min(offered) - 1);
            queue.consume(FIRST_AREA);
        }
        assert!(queue.area(usize::MAX / 4).len() <= 2 * FIRST_AREA);
        for _ in 0..100 {
            let offered = queue.area(usize::MAX / 4).len();
            queue.filled(offered);
            queue.consume(offered);
        }
        let grown = queue.area(usize::MAX / 4).len();
        assert!((LARGEST_AREA..=2 * LARGEST_AREA).contains(&grown), "{grown}");
    }

    #[test]
    fn the_memory_goes_when_it_is_not_needed() {
        let mut queue = pass(0, 100_000, 1_000_000);
        assert!(!queue.storage.is_empty());
        queue.extend(b"x");
        queue.release();
        assert_eq!(queue.unread(), b"x", "what is unread stays");
        queue.consume(1);
        queue.release();
        assert_eq!(queue.storage.capacity(), 0);
        queue.extend(b"y");
        assert_eq!(queue.unread(), b"y");
    }

    proptest! {
        #[test]
        fn it_is_a_queue(steps in prop::collection::vec((0usize..40_000, 0usize..60_000), 1..60)) {
            let mut queue = ByteQueue::default();
            let (mut written, mut read) = (0usize, 0usize);
            for (fill, consume) in steps {
                let bytes: Vec<u8> = (written..written + fill).map(|at| (at % 251) as u8).collect();
                queue.extend(&bytes);
                written += fill;
                queue.consume(consume);
                read = written.min(read + consume);
                prop_assert_eq!(queue.len(), written - read);
                prop_assert!(queue.unread().iter().enumerate().all(|(at, byte)| *byte == ((read + at) % 251) as u8));
            }
        }
    }
}
