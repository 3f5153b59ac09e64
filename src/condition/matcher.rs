//! One search for one condition: the state that it keeps between reads, and its bound.

use super::count::{ByteCount, Ending, SeparatorCount, WordCount};
use super::pattern::PatternSearch;
use super::reply::ReplySearch;
use super::until::{BlankSearch, TextSearch};
use super::{Answer, Condition, Expectation, Found, PatternError, Progress, Supply, Terminator, Unit, Until};

/// Searches unread data that grows for what a [`Condition`] asks.
///
/// It takes time in proportion to the data, however small the reads are, and looks at no more than `max_bytes` and
/// one. The answer does not depend on how the data was cut into reads.
#[derive(Debug)]
pub struct Matcher {
    search: Search,
    max_bytes: usize,
    fewest_bytes: u64,
}

#[derive(Debug)]
enum Search {
    Text(Box<TextSearch>),
    Blank(BlankSearch),
    Eof,
    Reply(ReplySearch),
    Pattern(Box<PatternSearch>),
    Bytes(ByteCount),
    Separators(SeparatorCount),
    Words(WordCount),
    Idle,
    Any,
}

/// Why there can be no search for a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// A pattern is wrong.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// Messages were asked for in a stream of bytes.
    #[error("a byte stream has no messages to count: write --for \"N lines\" or --for N bytes")]
    NoMessages,
}

impl Matcher {
    /// A search that gives up beyond `max_bytes`, of which one is the least.
    ///
    /// # Errors
    /// A pattern that cannot be compiled; messages, which only a socket that keeps their boundaries has.
    pub fn new(condition: &Condition, max_bytes: usize) -> Result<Self, MatcherError> {
        let search = match condition {
            Condition::Until(Until::Text(text)) => Search::Text(Box::new(TextSearch::new(text))),
            Condition::Until(Until::Blank) => Search::Blank(BlankSearch::default()),
            Condition::Until(Until::Eof) => Search::Eof,
            Condition::Until(Until::Reply) => Search::Reply(ReplySearch::default()),
            Condition::UntilRegex(pattern) => {
                let expectation = Expectation { pattern: pattern.clone(), answer: Answer::Wanted };
                Search::Pattern(Box::new(PatternSearch::new(&[expectation])?))
            }
            Condition::UntilIdle(_) => Search::Idle,
            Condition::For(amount) => match amount.unit {
                Unit::Bytes | Unit::Numbers(_) => Search::Bytes(ByteCount(amount.fewest_bytes())),
                Unit::Lines => Search::Separators(SeparatorCount::new(amount.count, Ending::LineFeed)),
                Unit::Items => Search::Separators(SeparatorCount::new(amount.count, Ending::Comma)),
                Unit::Words => Search::Words(WordCount::new(amount.count)),
                Unit::Messages => return Err(MatcherError::NoMessages),
            },
            Condition::Any => Search::Any,
            Condition::Expect(expectations) => Search::Pattern(Box::new(PatternSearch::new(expectations)?)),
        };
        let fewest_bytes = match condition {
            Condition::For(amount) => amount.fewest_bytes(),
            _ => 0,
        };
        Ok(Matcher { search, max_bytes: max_bytes.max(1), fewest_bytes })
    }

    /// How much unread data it may have to see at once, in bytes: whoever bounds the buffer lets it grow so far.
    pub fn reach(&self) -> usize {
        self.max_bytes.saturating_add(1)
    }

    /// Looks at `buffer`, everything that is unread: the bytes of the last call, and those that have come since.
    pub fn advance(&mut self, buffer: &[u8], supply: Supply) -> Progress {
        if usize::try_from(self.fewest_bytes).map_or(true, |fewest| fewest > self.max_bytes) {
            return Progress::TooLarge;
        }
        // One byte beyond the bound shows whether a match that ends there would grow.
        let (window, supply) = match buffer.get(..self.reach()) {
            Some(window) => (window, Supply::Flowing),
            None => (buffer, supply),
        };
        match self.search(window, supply) {
            Progress::Found(found) if found.consumed > self.max_bytes => Progress::TooLarge,
            Progress::NotYet | Progress::Growing if window.len() > self.max_bytes => Progress::TooLarge,
            Progress::NotYet if matches!(supply, Supply::Ended | Supply::Broken) => Progress::Ended,
            progress => progress,
        }
    }

    fn search(&mut self, window: &[u8], supply: Supply) -> Progress {
        match &mut self.search {
            Search::Text(search) => search.advance(window),
            Search::Blank(search) => search.advance(window),
            Search::Reply(search) => search.advance(window),
            Search::Pattern(search) => search.advance(window, supply),
            Search::Bytes(search) => search.advance(window),
            Search::Separators(search) => search.advance(window, supply),
            Search::Words(search) => search.advance(window, supply),
            Search::Eof => match supply {
                Supply::Ended => {
                    Progress::Found(Found { terminator: Terminator::EndOfData, ..Found::counted(window.len()) })
                }
                _ => Progress::NotYet,
            },
            Search::Idle => match supply {
                _ if window.is_empty() => Progress::NotYet,
                Supply::Flowing => Progress::Growing,
                Supply::Idle | Supply::Ended | Supply::Broken => Progress::Found(Found::counted(window.len())),
            },
            Search::Any => match window.len() {
                0 => Progress::NotYet,
                length => Progress::Found(Found::counted(length.min(self.max_bytes))),
            },
        }
    }
}
