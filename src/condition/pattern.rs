//! Regular expressions over data that is still arriving: `--until-regex` and the patterns of `expect`.
//!
//! A match is reported when it can no longer change, whatever comes, or when nothing more comes: the answer is always
//! the one that a search of the whole data would give. When that is so is known by the automaton in `automaton.rs`,
//! which takes each byte once; a second engine is run once, on a match that is settled, to find its groups.

use std::str::FromStr;

use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_automata::{Input, PatternID, meta};
use serde::{Deserialize, Serialize};

use super::automaton::{Automaton, Outlook, STATES_LIMIT};
use super::{Detail, Found, Group, Match, Progress, Supply};

/// The most memory that the program of a pattern may take, in bytes.
const PROGRAM_LIMIT: usize = 10 << 20;

/// A regular expression in the syntax of the `regex` crate, over bytes: `.`, `\w`, `\d`, `\s`, `\b` and `(?i)` know
/// ASCII only, so that they work in any data; `\xff` is a byte. `(?u:…)` has the Unicode meaning, but for `\b`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It cannot be parsed.
    #[error("\"{pattern}\" is not a regular expression: {reason}")]
    Syntax {
        /// The text.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It is valid, but cannot be searched for here.
    #[error("regular expression {patterns} cannot be used: {reason}")]
    Unusable {
        /// The texts, quoted.
        patterns: String,
        /// The limit that it passes.
        reason: String,
    },
}

/// A pattern and what it means that it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// What is looked for.
    pub pattern: Pattern,
    /// What it means.
    pub answer: Answer,
}

/// What it means that a pattern matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// What was waited for is here.
    Wanted,
    /// `--fail`: it will not come.
    Failed,
}

impl Pattern {
    /// The text of the expression.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pattern = Pattern(text.into());
        PatternSearch::new(&[Expectation { pattern: pattern.clone(), answer: Answer::Wanted }])?;
        Ok(pattern)
    }
}

/// Looks for the leftmost match of several patterns.
#[derive(Debug)]
pub(super) struct PatternSearch {
    answers: Vec<Answer>,
    regex: meta::Regex,
    automaton: Automaton,
}

impl PatternSearch {
    pub(super) fn new(expectations: &[Expectation]) -> Result<Self, PatternError> {
        let unusable = |reason: String| PatternError::Unusable {
            patterns: expectations.iter().map(|e| format!("{:?}", e.pattern.0)).collect::<Vec<_>>().join(", "),
            reason,
        };
        let config = syntax::Config::new().unicode(false).utf8(false);
        let mut parsed = Vec::new();
        for Expectation { pattern: Pattern(text), .. } in expectations {
            let reason = |error: String| error.rsplit("error: ").next().unwrap_or_default().trim().to_owned();
            let hir = syntax::parse_with(text, &config)
                .map_err(|error| PatternError::Syntax { pattern: text.clone(), reason: reason(error.to_string()) })?;
            parsed.push(hir);
        }
        let regex = meta::Builder::new()
            .configure(meta::Config::new().utf8_empty(false).nfa_size_limit(Some(PROGRAM_LIMIT)))
            .build_many_from_hir(&parsed)
            .map_err(|error| unusable(error.to_string()))?;
        let nfa = thompson::Compiler::new()
            .configure(thompson::Config::new().utf8(false).nfa_size_limit(Some(PROGRAM_LIMIT)))
            .build_many_from_hir(&parsed)
            .map_err(|error| unusable(error.to_string()))?;
        if nfa.look_set_any().contains_word_unicode() {
            return Err(unusable("\\b and \\B cannot have their Unicode meaning here: write (?-u:\\b)".into()));
        }
        let answers = expectations.iter().map(|expectation| expectation.answer).collect();
        Ok(PatternSearch { answers, regex, automaton: Automaton::new(nfa, STATES_LIMIT).map_err(unusable)? })
    }

    pub(super) fn advance(&mut self, window: &[u8], supply: Supply) -> Progress {
        let outlook = self.automaton.take(window);
        let found = match (outlook, supply) {
            (Outlook::Settled, _) | (Outlook::Open, Supply::Idle | Supply::Ended) => self.found(window),
            _ => None,
        };
        match (found, outlook, supply) {
            (Some(found), ..) => Progress::Found(found),
            (None, Outlook::Open, Supply::Flowing) => Progress::Growing,
            (None, ..) => Progress::NotYet,
        }
    }

    /// The match in this data, taken as the whole of it.
    fn found(&self, data: &[u8]) -> Option<Found> {
        let mut captures = self.regex.create_captures();
        self.regex.search_captures(&Input::new(data), &mut captures);
        let pattern = captures.pattern()?;
        let range = captures.get_match()?.range();
        let names = captures.group_info().pattern_names(pattern);
        let groups = names
            .zip(captures.iter())
            .map(|(name, span)| Group { name: name.map(str::to_owned), range: span.map(|span| span.range()) });
        let place = pattern.as_usize();
        let answer = *self.answers.get(place)?;
        let index = self.answers.iter().take(place).filter(|other| **other == answer).count();
        let detail = Detail::Match(Match { answer, index, groups: groups.collect() });
        Some(Found { detail, ..Found::terminated(range.end, range.len()) })
    }

    /// Whether some pattern has a group of this number.
    pub(super) fn has_group(&self, number: usize) -> bool {
        let info = self.regex.group_info();
        (0..self.answers.len()).any(|place| number < PatternID::new(place).map_or(0, |id| info.group_len(id)))
    }

    /// Whether some pattern has a group of this name.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.regex.group_info().all_names().any(|(_, _, known)| known == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(patterns: &[(&str, Answer)]) -> PatternSearch {
        let expectations: Vec<Expectation> = patterns
            .iter()
            .map(|(text, answer)| Expectation { pattern: text.parse().unwrap(), answer: *answer })
            .collect();
        PatternSearch::new(&expectations).unwrap()
    }

    fn matched(progress: Progress) -> (usize, Match) {
        match progress {
            Progress::Found(Found { consumed, detail: Detail::Match(found), .. }) => (consumed, found),
            other => panic!("no match: {other:?}"),
        }
    }

    #[test]
    fn bytes_are_bytes() {
        for (pattern, data, range) in [
            (r"a.b", &b"a\xffb"[..], 0..3),
            (r"\xff", b"\xc3\xbf\xff", 2..3),
            ("é+", "éé.".as_bytes(), 0..4),
            (r"(?u:\w+)!", "naïf!".as_bytes(), 0..6),
            (r"\w+!", "naïf!".as_bytes(), 4..6),
            (r"\bOK\b", b"NOK OK.", 4..6),
        ] {
            let mut search = search(&[(pattern, Answer::Wanted)]);
            let (_, found) = matched(search.advance(data, Supply::Ended));
            assert_eq!(found.range(), range, "{pattern}");
        }
    }

    #[test]
    fn the_first_in_the_data_wins_and_then_the_first_in_the_list() {
        let patterns =
            [("fine", Answer::Wanted), ("[a-z]+!", Answer::Failed), ("error", Answer::Failed), ("err", Answer::Wanted)];
        let (consumed, found) = matched(search(&patterns).advance(b"12 error fine", Supply::Flowing));
        assert_eq!((consumed, found.answer, found.index), (8, Answer::Failed, 1));
        let (_, found) = matched(search(&patterns).advance(b"fine! error", Supply::Flowing));
        assert_eq!((found.answer, found.index), (Answer::Wanted, 0));
        let (_, found) = matched(search(&patterns).advance(b"errand", Supply::Idle));
        assert_eq!((found.answer, found.index), (Answer::Wanted, 1));
    }

    #[test]
    fn a_match_that_could_grow_waits_for_silence_or_the_end() {
        for (supply, growing) in [(Supply::Idle, false), (Supply::Ended, false), (Supply::Flowing, true)] {
            let mut search = search(&[(r"\d+", Answer::Wanted)]);
            assert_eq!(search.advance(b"a", supply), Progress::NotYet);
            let answer = search.advance(b"a12", supply);
            assert_eq!(answer == Progress::Growing, growing, "{supply:?}: {answer:?}");
            assert_eq!(matches!(answer, Progress::Found(_)), !growing, "{supply:?}: {answer:?}");
        }
        let mut search = search(&[(r"\d+", Answer::Wanted)]);
        assert_eq!(search.advance(b"12", Supply::Broken), Progress::NotYet, "the rest of it may have been lost");
    }

    #[test]
    fn groups_come_by_number_and_by_name() {
        let mut search = search(&[("z", Answer::Wanted), ("(?<code>[0-9]+)(-)?", Answer::Wanted)]);
        let (_, found) = matched(search.advance(b"a 250 ", Supply::Flowing));
        let group = |name: Option<&str>, range| Group { name: name.map(str::to_owned), range };
        assert_eq!(found.groups, [group(None, Some(2..5)), group(Some("code"), Some(2..5)), group(None, None)]);
    }

    #[test]
    fn what_cannot_be_searched_for_is_refused_in_one_line() {
        let table = [
            ("a(", "\"a(\" is not a regular expression: unclosed group"),
            (r"\p{Greek}", r#""\p{Greek}" is not a regular expression: Unicode not allowed here"#),
            (r"(?u)\bé", "cannot have their Unicode meaning here: write (?-u:\\b)"),
            (r"a{1000}{1000}{1000}", "cannot be used"),
        ];
        for (pattern, part) in table {
            let message = pattern.parse::<Pattern>().unwrap_err().to_string();
            assert!(message.contains(part) && !message.contains('\n'), "{message:?}");
        }
    }
}
