//! The automaton below `pattern.rs`: takes each byte once and says what is known about the leftmost match.
//!
//! It is built lazily while bytes come, so that a search costs time in proportion to the data, however the data is cut
//! into reads. It does not know where a match begins nor its groups.

use regex_automata::Input;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::look::{Look, LookSet};

/// The memory for the states, in bytes; when it is full, it is emptied and filled anew.
pub(super) const STATES_LIMIT: usize = 2 << 20;

/// What the data so far says about the leftmost match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// There is none yet.
    Nothing,
    /// There is one, or there may be one, that more data could change.
    Open,
    /// There is one that no data can change.
    Settled,
}

/// The automaton in the state that the data so far has brought it to.
#[derive(Debug)]
pub(super) struct Automaton {
    dfa: DFA,
    cache: Cache,
    state: LazyStateID,
    /// One byte of each class that the automaton tells apart.
    classes: Vec<u8>,
    /// How many bytes it has taken.
    taken: usize,
    course: Course,
    foresight: Foresight,
}

/// How far the search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// No match so far.
    Looking,
    /// A match that ends before the last byte taken, which another one may still replace.
    Standing,
    /// Nothing can match any more.
    Exhausted,
    /// The match is final.
    Settled,
}

/// What the automaton is asked about bytes that have not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Foresight {
    /// Whether a match ends where the data ends, and whether it does so whatever follows.
    Full,
    /// Only whether one ends there: what follows could still change the groups of the match, which this automaton
    /// does not see.
    EndOnly,
    /// Nothing: the states do not fit into their memory, and asking would throw away the present one.
    Off,
}

/// The memory for states was emptied while looking ahead: the present state is gone.
struct StateLost;

impl Automaton {
    pub(super) fn new(nfa: thompson::NFA, states_limit: usize) -> Result<Self, String> {
        let behind = [Look::Start, Look::StartLF, Look::StartCRLF];
        let ahead = behind.into_iter().fold(nfa.look_set_any(), LookSet::remove);
        let plain = nfa.group_info().explicit_slot_len() == 0;
        let dfa = DFA::builder()
            .configure(DFA::config().cache_capacity(states_limit).skip_cache_capacity_check(true))
            .build_from_nfa(nfa)
            .map_err(|error| error.to_string())?;
        let mut cache = dfa.create_cache();
        let state = dfa.start_state_forward(&mut cache, &Input::new(b"")).map_err(|error| error.to_string())?;
        let classes = dfa.byte_classes().representatives(..).filter_map(|unit| unit.as_u8()).collect();
        let foresight = if ahead.is_empty() || plain { Foresight::Full } else { Foresight::EndOnly };
        Ok(Automaton { dfa, cache, state, classes, taken: 0, course: Course::Looking, foresight })
    }

    /// Takes the bytes that are new and says what is known now.
    pub(super) fn take(&mut self, window: &[u8]) -> Outlook {
        for byte in window.get(self.taken..).unwrap_or_default() {
            if matches!(self.course, Course::Settled | Course::Exhausted) {
                break;
            }
            let Ok(next) = self.dfa.next_state(&mut self.cache, self.state, *byte) else {
                return Outlook::Open;
            };
            self.state = next;
            self.taken += 1;
            if next.is_match() {
                self.course = Course::Standing;
            } else if next.is_dead() {
                let settled = self.course == Course::Standing;
                self.course = if settled { Course::Settled } else { Course::Exhausted };
            }
        }
        match self.course {
            Course::Settled => Outlook::Settled,
            Course::Exhausted => Outlook::Nothing,
            Course::Looking | Course::Standing => self.look_ahead(window),
        }
    }

    fn look_ahead(&mut self, window: &[u8]) -> Outlook {
        if self.foresight == Foresight::Off {
            return Outlook::Open;
        }
        match self.foresee() {
            Ok(outlook) => outlook,
            Err(StateLost) => {
                self.foresight = Foresight::Off;
                self.start_again(window)
            }
        }
    }

    /// What can still become of the leftmost match.
    ///
    /// The automaton shows a match one byte late, and its end another byte later: the states that follow are the ones
    /// to ask.
    fn foresee(&mut self) -> Result<Outlook, StateLost> {
        let clears = self.cache.clear_count();
        let end = self.dfa.next_eoi_state(&mut self.cache, self.state).map_err(|_| StateLost)?;
        if self.cache.clear_count() != clears {
            return Err(StateLost);
        }
        let standing = self.course == Course::Standing;
        let settled = match (end.is_match(), self.foresight) {
            (true, Foresight::Full) => self.ends_whatever_follows(end, clears)?,
            (true, _) => false,
            (false, _) => standing && self.is_over(self.state, clears)?,
        };
        Ok(match (settled, standing || end.is_match()) {
            (true, _) => Outlook::Settled,
            (false, true) => Outlook::Open,
            (false, false) => Outlook::Nothing,
        })
    }

    /// Whether the match of `end`, the state that the end of the data would lead to, is there whatever byte follows.
    fn ends_whatever_follows(&mut self, end: LazyStateID, clears: usize) -> Result<bool, StateLost> {
        let pattern = self.dfa.match_pattern(&self.cache, end, 0);
        let mut followers: Vec<LazyStateID> = Vec::new();
        for place in 0..self.classes.len() {
            let next = self.follow(self.state, place, clears)?;
            if !next.is_match() || self.dfa.match_pattern(&self.cache, next, 0) != pattern {
                return Ok(false);
            }
            if !followers.contains(&next) {
                followers.push(next);
            }
        }
        for follower in followers {
            if !self.is_over(follower, clears)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether nothing can match from this state on.
    fn is_over(&mut self, state: LazyStateID, clears: usize) -> Result<bool, StateLost> {
        for place in 0..self.classes.len() {
            if !self.follow(state, place, clears)?.is_dead() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The state that follows from a byte of this class.
    fn follow(&mut self, state: LazyStateID, class: usize, clears: usize) -> Result<LazyStateID, StateLost> {
        let byte = self.classes.get(class).copied().unwrap_or_default();
        let next = self.dfa.next_state(&mut self.cache, state, byte).map_err(|_| StateLost)?;
        if self.cache.clear_count() == clears { Ok(next) } else { Err(StateLost) }
    }

    /// Takes all the data once more; happens at most once in a search.
    fn start_again(&mut self, window: &[u8]) -> Outlook {
        self.dfa.reset_cache(&mut self.cache);
        let Ok(state) = self.dfa.start_state_forward(&mut self.cache, &Input::new(b"")) else {
            return Outlook::Open;
        };
        self.state = state;
        self.taken = 0;
        self.course = Course::Looking;
        self.take(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_automata::util::syntax;

    fn automaton(pattern: &str, states_limit: usize) -> Automaton {
        let nfa = thompson::Compiler::new()
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .configure(thompson::Config::new().utf8(false))
            .build(pattern)
            .unwrap();
        Automaton::new(nfa, states_limit).unwrap()
    }

    #[test]
    fn a_match_is_settled_as_soon_as_nothing_can_change_it() {
        let table: [(&str, &[u8], Outlook); 19] = [
            ("OK\n", b"xOK\n", Outlook::Settled),
            ("OK\r?\n", b"OK\r\n", Outlook::Settled),
            ("a{3}", b"aaa", Outlook::Settled),
            ("a+?", b"a", Outlook::Settled),
            ("a+", b"aa", Outlook::Open),
            ("a+", b"aab", Outlook::Settled),
            ("a|abc", b"a", Outlook::Settled),
            ("abc|a", b"a", Outlook::Open),
            ("abc|a", b"abx", Outlook::Settled),
            ("abc|a", b"ab", Outlook::Open),
            ("> $", b"> ", Outlook::Open),
            ("> $", b"> x", Outlook::Nothing),
            ("^> $", b"> ", Outlook::Open),
            (r"a\b", b"a", Outlook::Open),
            (r"a\b", b"a.", Outlook::Settled),
            (r"\ba\n", b"a\n", Outlook::Settled),
            (r"\b(a)\n", b"a\n", Outlook::Open),
            ("^b", b"ab", Outlook::Nothing),
            ("", b"", Outlook::Settled),
        ];
        for (pattern, data, outlook) in table {
            assert_eq!(automaton(pattern, STATES_LIMIT).take(data), outlook, "{pattern:?} in {}", data.escape_ascii());
        }
    }

    #[test]
    fn each_byte_is_taken_once() {
        let mut automaton = automaton(r"a.*b\n|\d+z", STATES_LIMIT);
        let data = b"ax12".repeat(25_000);
        let mut length = 0;
        while length < data.len() {
            length += 1;
            assert_eq!(automaton.take(&data[..length]), Outlook::Nothing);
            assert_eq!(automaton.taken, length);
        }
    }

    #[test]
    fn states_that_do_not_fit_cost_foresight_and_no_answer() {
        let pattern = "[ab]*a[ab]{9}c|[ab]{12}";
        let data = b"abbabaabbbabaaababbbaabab".repeat(20);
        for length in 1..data.len() {
            let mut small = automaton(pattern, 0);
            let mut large = automaton(pattern, STATES_LIMIT);
            let (mut answer, mut expected) = (Outlook::Nothing, Outlook::Nothing);
            for end in (0..=data.len()).step_by(length) {
                (answer, expected) = (small.take(&data[..end]), large.take(&data[..end]));
            }
            assert!(small.cache.clear_count() > 0, "the memory is too large for this test");
            assert!(answer == expected || answer == Outlook::Open, "{answer:?} for {expected:?}");
        }
    }

    #[test]
    fn a_buffer_that_has_shrunk_is_survived() {
        let mut automaton = automaton("ab", STATES_LIMIT);
        automaton.take(b"xxxxxx");
        assert_eq!(automaton.take(b"ab"), Outlook::Nothing);
    }
}
