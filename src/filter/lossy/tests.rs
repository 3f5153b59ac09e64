use super::*;
use crate::event::Direction;
use crate::filter::chance::Probability;
use proptest::prelude::*;

const FAR: Duration = Duration::from_secs(1000);

fn how(seed: u64) -> Misbehaviour {
    Misbehaviour { seed, ..Misbehaviour::default() }
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
