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
mod tests {
    use super::*;
    use crate::event::Direction;
    use crate::filter::chance::Probability;
    use proptest::prelude::*;

    const FAR: Duration = Duration::from_secs(1000);

    fn how(seed: u64) -> Misbehaviour {
        Misbehaviour {
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            slice: None,
            stall_after: None,
            reset_after: None,
            drop: Probability::NEVER,
            duplicate: Probability::NEVER,
            reorder: Probability::NEVER,
            seed,
        }
    }

    fn lossy(how: &Misbehaviour) -> Lossy {
        Lossy::new(how.clone(), how.chance(1, Direction::Out))
    }

    fn likely(text: &str) -> Probability {
        text.parse().unwrap()
    }

    /// What leaves of the datagrams 0, 1, …, sent at once.
    fn leaves(how: &Misbehaviour, count: u16) -> Vec<u16> {
        let mut lossy = lossy(how);
        for number in 0..count {
            lossy.push(Duration::ZERO, &number.to_be_bytes());
        }
        let mut all = Vec::new();
        while let Some(datagram) = lossy.take_due(FAR) {
            all.push(u16::from_be_bytes(datagram.try_into().unwrap()));
        }
        assert_eq!((lossy.next_due(), lossy.held_bytes), (None, 0));
        all
    }

    #[test]
    fn without_mishaps_everything_leaves_at_once_and_in_order() {
        assert_eq!(leaves(&how(1), 100), (0..100).collect::<Vec<_>>());
        let mut lossy = lossy(&how(1));
        lossy.push(Duration::from_secs(5), b"");
        assert_eq!(lossy.take_due(Duration::from_secs(5)), Some(Vec::new()));
    }

    #[test]
    fn each_mishap_happens_as_often_as_it_is_likely() {
        let dropped = 1000 - leaves(&Misbehaviour { drop: likely("0.2"), ..how(3) }, 1000).len();
        assert!((150..250).contains(&dropped), "{dropped}");
        let doubled = leaves(&Misbehaviour { duplicate: likely("0.2"), ..how(3) }, 1000);
        assert!((1150..1250).contains(&doubled.len()), "{}", doubled.len());
        assert!(doubled.is_sorted(), "copies follow each other");
        let swapped = leaves(&Misbehaviour { reorder: likely("0.2"), ..how(3) }, 1000);
        let turned = swapped.windows(2).filter(|two| two[0] > two[1]).count();
        assert!((120..250).contains(&turned), "{turned}");
        assert!(swapped.iter().enumerate().all(|(at, number)| at.abs_diff(usize::from(*number)) <= 1), "{swapped:?}");
        assert_eq!(leaves(&Misbehaviour { drop: likely("1"), ..how(3) }, 1000), Vec::<u16>::new());
    }

    #[test]
    fn the_same_seed_repeats_and_one_mishap_does_not_change_another() {
        let all = Misbehaviour { drop: likely("0.3"), duplicate: likely("0.3"), reorder: likely("0.3"), ..how(9) };
        assert_eq!(leaves(&all, 500), leaves(&all, 500));
        assert_ne!(leaves(&all, 500), leaves(&Misbehaviour { seed: 10, ..all.clone() }, 500));
        let survivors = |how: &Misbehaviour| {
            let mut numbers = leaves(how, 500);
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        assert_eq!(survivors(&all), survivors(&Misbehaviour { drop: likely("0.3"), ..how(9) }));
    }

    #[test]
    fn latency_and_jitter_delay_and_keep_the_order() {
        let (latency, jitter) = (Duration::from_millis(100), Duration::from_millis(50));
        let mut lossy = lossy(&Misbehaviour { latency, jitter, ..how(5) });
        for number in 0..100u8 {
            lossy.push(Duration::from_millis(number.into()), &[number]);
        }
        let mut due = Duration::ZERO;
        for number in 0..100u8 {
            let next = lossy.next_due().unwrap();
            assert!(next >= due && next >= latency + Duration::from_millis(number.into()));
            assert!(next <= latency + jitter + Duration::from_millis(number.into()));
            assert_eq!(lossy.take_due(next - Duration::from_nanos(1)), None);
            assert_eq!(lossy.take_due(next), Some(vec![number]));
            due = next;
        }
    }

    #[test]
    fn one_that_nobody_overtakes_leaves_after_a_while() {
        let mut lossy = lossy(&Misbehaviour { reorder: likely("1"), ..how(5) });
        lossy.push(Duration::ZERO, b"last");
        assert_eq!((lossy.take_due(Duration::ZERO), lossy.next_due()), (None, Some(OVERTAKING)));
        assert_eq!(lossy.take_due(OVERTAKING), Some(b"last".to_vec()));
    }

    #[test]
    fn what_is_held_back_is_bounded() {
        let latency = Duration::from_secs(3600);
        for size in [0, 1, 65_507] {
            let mut lossy = lossy(&Misbehaviour { latency, duplicate: likely("1"), ..how(5) });
            (0..10_000).for_each(|_| lossy.push(Duration::ZERO, &vec![0; size]));
            assert!(lossy.on_the_way.len() <= MOST && lossy.held_bytes <= MOST_BYTES);
        }
    }

    proptest! {
        /// Whatever happens, each datagram leaves unchanged, at most twice, and never before its time.
        #[test]
        fn nothing_is_made_up(
            seed: u64, drop in 0..=100u8, duplicate in 0..=100u8, reorder in 0..=100u8,
            waits in prop::collection::vec(0u64..50, 0..100),
        ) {
            let percent = |number: u8| likely(&format!("{number}%"));
            let how = Misbehaviour {
                drop: percent(drop), duplicate: percent(duplicate), reorder: percent(reorder),
                jitter: Duration::from_millis(20), ..how(seed)
            };
            let mut lossy = lossy(&how);
            let (mut now, mut sent, mut left) = (Duration::ZERO, Vec::new(), vec![0; waits.len()]);
            for (number, wait) in waits.iter().enumerate() {
                now += Duration::from_millis(*wait);
                lossy.push(now, &(number as u64).to_be_bytes());
                sent.push(now);
                while let Some(datagram) = lossy.take_due(now) {
                    left[u64::from_be_bytes(datagram.try_into().unwrap()) as usize] += 1;
                }
            }
            while let Some(datagram) = lossy.take_due(now + FAR) {
                left[u64::from_be_bytes(datagram.try_into().unwrap()) as usize] += 1;
            }
            prop_assert!(left.iter().all(|count| *count <= 2));
            if drop == 0 {
                prop_assert!(left.iter().all(|count| *count >= 1));
            }
            prop_assert_eq!(lossy.next_due(), None);
        }
    }
}
