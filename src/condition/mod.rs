//! The read-until engine: what a reader waits for, and the search for it in a growing buffer of received bytes.
//!
//! Pure values and searches. No I/O, no clock and no rendering of messages: whoever drives a [`Matcher`] owns the
//! socket and the timers, and tells it in [`Supply`] whether more can come.

pub mod amount;
mod automaton;
mod count;
mod line;
pub mod matcher;
pub mod pattern;
pub mod print;
pub mod progress;
pub mod reply;
pub mod until;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use amount::{Amount, AmountError, NumberKind, Unit};
pub use matcher::{Matcher, MatcherError};
pub use pattern::{Answer, Expectation, Pattern, PatternError};
pub use print::{Print, PrintError};
pub use progress::{Detail, Found, Group, Match, Progress, Supply, Terminator, TerminatorRule};
pub use reply::ReplyError;
pub use until::{Until, UntilError};

/// The `--max-bytes` of a read that names none, in bytes: 64 MiB.
pub const DEFAULT_MAX_BYTES: usize = 64 << 20;

/// How long a stream has to be silent before a match that could still grow is taken as it stands.
pub const SETTLE: Duration = Duration::from_millis(100);

/// What a read waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// `--until`: up to and with a terminator.
    Until(Until),
    /// `--until-regex`: up to the end of the first match; the match is the terminator.
    UntilRegex(Pattern),
    /// `--until-idle`: everything, once something has come and then nothing for this long. A stream that has not
    /// said anything yet is not idle: the answer to a question may take its time.
    UntilIdle(Duration),
    /// `--for`: a counted amount.
    For(Amount),
    /// `--any`: what is there, or what comes next.
    Any,
    /// The patterns of `expect`: up to the end of the match that begins first; of those that begin at the same place
    /// the one that comes first in this list.
    Expect(Vec<Expectation>),
}

impl Condition {
    /// What a read of a stream waits for that names nothing: a line.
    pub fn line() -> Self {
        Condition::Until(Until::Text(b"\n".to_vec()))
    }

    /// How long the stream has to be silent before the driver of a matcher that has answered [`Progress::Growing`]
    /// asks again with [`Supply::Idle`]. `None`: silence changes nothing.
    pub fn silence(&self) -> Option<Duration> {
        match self {
            Condition::UntilIdle(silence) => Some(*silence),
            Condition::UntilRegex(_) | Condition::Expect(_) => Some(SETTLE),
            Condition::Until(_) | Condition::For(_) | Condition::Any => None,
        }
    }
}

#[cfg(test)]
mod tests;
