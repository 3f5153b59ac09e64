//! Chance that can be repeated: a small seeded generator, and probabilities. It decides; what is done about it happens elsewhere.

use std::str::FromStr;
use std::time::Duration;

use crate::event::Direction;

/// How likely something is, from 0 (never) to 1 (always).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Probability(f64);

/// Why a text is no probability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a probability: {0:?}; type a number from 0 (never) to 1 (always) such as 0.05, or a percentage such as 5%"
)]
pub struct ProbabilityError(String);

impl Probability {
    /// Whether it can happen at all.
    pub fn is_possible(self) -> bool {
        self.0 > 0.0
    }
}

impl FromStr for Probability {
    type Err = ProbabilityError;

    fn from_str(text: &str) -> Result<Self, ProbabilityError> {
        let (number, whole) = match text.strip_suffix('%') {
            Some(number) => (number, 100.0),
            None => (text, 1.0),
        };
        // What f64 reads besides: signs, exponents, inf and nan.
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let value = digits.then(|| number.parse::<f64>().ok()).flatten().map(|number| number / whole);
        value
            .filter(|value| (0.0..=1.0).contains(value))
            .map(Probability)
            .ok_or_else(|| ProbabilityError(text.to_owned()))
    }
}

/// A sequence of decisions that the same seed repeats: SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
/// Generators", 2014). Not for secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chance {
    state: u64,
}

/// The odd number nearest to 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Chance {
    /// The decisions about what one connection is sent in one direction: [`Direction::Out`] is towards the peer or client,
    /// [`Direction::In`] towards the target of a forward. `connection` is its number, that of the only one being 1. Other
    /// connections and the other direction get decisions of their own, whatever happens first.
    pub fn new(seed: u64, connection: u64, direction: Direction) -> Self {
        let way = match direction {
            Direction::Out => 0,
            Direction::In => 1,
        };
        let place = connection.wrapping_mul(2).wrapping_add(way);
        Chance { state: mix(mix(seed).wrapping_add(place.wrapping_mul(STEP))) }
    }

    /// The next number; all are equally likely.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// The next number from 0 to below 1.
    fn fraction(&mut self) -> f64 {
        // As many bits as the mantissa has.
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Whether something that is so likely happens this time. Takes one number, also where the answer is certain.
    pub fn happens(&mut self, probability: Probability) -> bool {
        self.fraction() < probability.0
    }

    /// A part of `whole`, from nothing to just below it. Takes one number.
    pub fn part_of(&mut self, whole: Duration) -> Duration {
        let fraction = self.fraction();
        Duration::try_from_secs_f64(whole.as_secs_f64() * fraction).map_or(whole, |part| part.min(whole))
    }
}

/// Variant 13 of the finalizers that SplitMix64 may use.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, connection: u64, direction: Direction) -> Vec<u64> {
        let mut chance = Chance::new(seed, connection, direction);
        (0..8).map(|_| chance.number()).collect()
    }

    /// The first numbers of the published generator from state 1234567.
    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut chance = Chance { state: 1_234_567 };
        let numbers = [0; 3].map(|_| chance.number());
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn the_same_seed_repeats_and_all_else_differs() {
        assert_eq!(first(7, 1, Direction::Out), first(7, 1, Direction::Out));
        let others = [
            first(8, 1, Direction::Out),
            first(7, 2, Direction::Out),
            first(7, 1, Direction::In),
            first(6, 2, Direction::Out),
        ];
        for other in others {
            assert_ne!(first(7, 1, Direction::Out), other);
        }
    }

    #[test]
    fn things_happen_as_often_as_they_are_likely() {
        for (text, least, most) in [("0", 0, 0), ("0.25", 2400, 2600), ("50%", 4850, 5150), ("1", 10_000, 10_000)] {
            let probability = text.parse().unwrap();
            let mut chance = Chance::new(1, 1, Direction::Out);
            let count = (0..10_000).filter(|_| chance.happens(probability)).count();
            assert!((least..=most).contains(&count), "{text}: {count} of 10000");
        }
    }

    #[test]
    fn parts_are_spread_over_the_whole_and_never_beyond() {
        let mut chance = Chance::new(3, 1, Direction::Out);
        let whole = Duration::from_millis(100);
        let parts: Vec<Duration> = (0..1000).map(|_| chance.part_of(whole)).collect();
        assert!(parts.iter().all(|part| *part < whole));
        for quarter in 0..4 {
            let (from, to) = (whole / 4 * quarter, whole / 4 * (quarter + 1));
            let count = parts.iter().filter(|part| (from..to).contains(*part)).count();
            assert!((200..=300).contains(&count), "quarter {quarter}: {count}");
        }
        assert_eq!(chance.part_of(Duration::ZERO), Duration::ZERO);
        assert!(chance.part_of(Duration::MAX) <= Duration::MAX);
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        assert_eq!("5%".parse(), Ok(Probability(0.05)));
        assert_eq!(".5".parse(), Ok(Probability(0.5)));
        for text in ["", "%", "-0.1", "1.01", "101%", "nan", "inf", "1e-3", "+1", "0.5.5", "half", " 1"] {
            let error = text.parse::<Probability>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")) && error.contains("0.05"), "{error}");
        }
    }
}
