//! The words that make a peer misbehave on purpose, for testing others.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::filter::chance::Probability;
use crate::filter::misbehaviour::Misbehaviour;
use crate::quantity::{Limit, parse_duration, parse_size};

/// What streams and datagrams can be made to suffer.
#[derive(Debug, Args)]
#[command(next_help_heading = "For tests")]
pub struct ChanceArgs {
    /// Hold back what is sent for this long
    ///
    /// All of these concern what is sent: to the client by accept, to the peer by open, and with --to in both directions, to
    /// the client and to the target. What is received is untouched. Inside TLS they work on the plain text. The sizes of
    /// --stall-after and --reset-after are counted for each connection and direction.
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_delay)]
    latency: Option<Duration>,
    /// Hold back each piece by chance up to this much longer
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_delay)]
    jitter: Option<Duration>,
    /// Lose a datagram with this probability, from 0 to 1
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    drop: Option<Probability>,
    /// Send a datagram twice with this probability, from 0 to 1
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    duplicate: Option<Probability>,
    /// Send a datagram after its successor with this probability, from 0 to 1
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    reorder: Option<Probability>,
    /// Repeat the chances of an earlier run; -v shows its seed
    ///
    /// Each connection, by its number, and each direction has chances of its own, so that others do not disturb them.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_seed)]
    seed: Option<u64>,
}

/// All of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "For tests")]
pub struct MisbehaveArgs {
    #[command(flatten)]
    chance: ChanceArgs,
    /// Send at most N bytes at a time, with a millisecond in between
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_slice)]
    slice: Option<NonZeroUsize>,
    /// Send nothing more after SIZE bytes, and leave the connection open
    ///
    /// It ends by the peer, a signal or a time limit such as --idle-timeout.
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_size)]
    stall_after: Option<u64>,
    /// Reset the connection when SIZE bytes have arrived at the peer (status 56)
    ///
    /// A Unix socket knows no reset: its peer reads the end of data.
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_size, conflicts_with = "stall_after")]
    reset_after: Option<u64>,
}

fn parse_delay(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(Limit::After(delay)) if delay <= Duration::from_secs(24 * 3600) => Ok(delay),
        Ok(_) => Err("that is longer than a day; type a time such as 100ms, or use --stall-after 0".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn parse_slice(text: &str) -> Result<NonZeroUsize, String> {
    let size = parse_size(text).map_err(|error| error.to_string())?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    NonZeroUsize::new(size).ok_or_else(|| "nothing would ever be sent; type 1 or more, or --stall-after 0".to_owned())
}

fn parse_seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("type a whole number from 0 to {}", u64::MAX))
}

impl ChanceArgs {
    /// The typed form; `None` when nothing is asked for.
    ///
    /// # Errors
    /// A seed with nothing to decide: status 2.
    pub fn misbehaviour(&self) -> Result<Option<Misbehaviour>, Failure> {
        let misbehaviour = self.all();
        if self.seed.is_some() && !misbehaviour.is_random() {
            let text = "--seed has nothing to decide; add --jitter, --drop, --duplicate or --reorder";
            return Err(Failure::message(Exit::Usage, text));
        }
        let given = misbehaviour.is_random() || !misbehaviour.latency.is_zero();
        Ok(given.then_some(misbehaviour))
    }

    /// The first word that makes no sense for a socket that a keeper holds.
    pub fn foreground_only(&self) -> Option<&'static str> {
        [
            ("--latency", self.latency.is_some()),
            ("--jitter", self.jitter.is_some()),
            ("--drop", self.drop.is_some()),
            ("--duplicate", self.duplicate.is_some()),
            ("--reorder", self.reorder.is_some()),
        ]
        .into_iter()
        .find_map(|(word, given)| given.then_some(word))
    }

    fn all(&self) -> Misbehaviour {
        Misbehaviour {
            latency: self.latency.unwrap_or_default(),
            jitter: self.jitter.unwrap_or_default(),
            slice: None,
            stall_after: None,
            reset_after: None,
            drop: self.drop.unwrap_or_default(),
            duplicate: self.duplicate.unwrap_or_default(),
            reorder: self.reorder.unwrap_or_default(),
            seed: self.seed.unwrap_or_else(drawn_seed),
        }
    }
}

impl MisbehaveArgs {
    /// The typed form; `None` when nothing is asked for.
    ///
    /// # Errors
    /// As [`ChanceArgs::misbehaviour`].
    pub fn misbehaviour(&self) -> Result<Option<Misbehaviour>, Failure> {
        let by_chance = self.chance.misbehaviour()?;
        let (slice, stall_after, reset_after) = (self.slice, self.stall_after, self.reset_after);
        if slice.is_none() && stall_after.is_none() && reset_after.is_none() {
            return Ok(by_chance);
        }
        let rest = by_chance.unwrap_or_else(|| self.chance.all());
        Ok(Some(Misbehaviour { slice, stall_after, reset_after, ..rest }))
    }

    /// The first word that makes no sense for a socket that a keeper holds.
    pub fn foreground_only(&self) -> Option<&'static str> {
        let of_streams = [
            ("--slice", self.slice.is_some()),
            ("--stall-after", self.stall_after.is_some()),
            ("--reset-after", self.reset_after.is_some()),
        ];
        self.chance.foreground_only().or_else(|| of_streams.into_iter().find_map(|(word, given)| given.then_some(word)))
    }
}

/// A seed that nobody asked for, short enough to be typed again. The hash keys of the standard library are random.
fn drawn_seed() -> u64 {
    RandomState::new().hash_one(()) >> 32
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        misbehave: MisbehaveArgs,
    }

    fn parse(words: &str) -> Result<Option<Misbehaviour>, String> {
        let line = Line::try_parse_from(format!("x {words}").split_whitespace()).map_err(|error| error.to_string())?;
        line.misbehave.misbehaviour().map_err(|failure| failure.line())
    }

    #[test]
    fn what_is_asked_for_becomes_typed() {
        assert_eq!(parse(""), Ok(None));
        assert_eq!(parse("--latency 0 --drop 0"), Ok(None));
        let typed =
            parse("--latency 100ms --jitter 1 --slice 1k --stall-after 5 --drop 10% --seed 7").unwrap().unwrap();
        assert_eq!((typed.latency, typed.jitter), (Duration::from_millis(100), Duration::from_secs(1)));
        assert_eq!((typed.slice.unwrap().get(), typed.stall_after, typed.seed), (1024, Some(5), 7));
        assert_eq!(typed.drop, "0.1".parse().unwrap());
        assert_eq!(typed.only_for_streams(), Some("--slice"));
        assert_eq!(typed.only_for_datagrams(), Some("--drop"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_remedy() {
        let table = [
            ("--drop 2", "from 0 (never) to 1"),
            ("--reorder -1", "from 0 (never) to 1"),
            ("--slice 0", "--stall-after 0"),
            ("--latency infinite", "--stall-after 0"),
            ("--jitter soon", "1m30s"),
            ("--seed 7", "add --jitter, --drop"),
            ("--seed 7 --slice 1", "add --jitter, --drop"),
            ("--seed -7 --drop 1", "whole number from 0"),
            ("--reset-after 5 --stall-after 6", "cannot be used with"),
        ];
        for (words, remedy) in table {
            let message = parse(words).unwrap_err();
            assert!(message.contains(remedy), "{words}: {message}");
        }
    }
}
