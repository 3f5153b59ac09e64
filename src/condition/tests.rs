//! The promise of the whole engine: the same answer however the data is cut into reads.

use proptest::prelude::*;
use regex::bytes::RegexBuilder;

use super::*;

/// Gives the data in pieces that end at `cuts`, then its end, and returns the first answer that is one.
fn drive(condition: &Condition, max_bytes: usize, data: &[u8], cuts: &[usize], end: Supply) -> Progress {
    let mut matcher = Matcher::new(condition, max_bytes).unwrap();
    for cut in cuts {
        match matcher.advance(&data[..*cut], Supply::Flowing) {
            Progress::NotYet | Progress::Growing => {}
            answer => return answer,
        }
    }
    matcher.advance(data, end)
}

/// Every way to cut data of this length.
fn every_chunking(length: usize) -> Vec<Vec<usize>> {
    (0..1usize << length).map(|bits| (0..length).filter(|at| bits >> at & 1 == 1).collect()).collect()
}

/// Every way to cut it at one or two places, and byte for byte.
fn some_chunkings(length: usize) -> Vec<Vec<usize>> {
    let pairs = (0..length).flat_map(|first| (first..length).map(move |second| vec![first, second]));
    pairs.chain([(0..length).collect()]).collect()
}

fn wanted(text: &str) -> Expectation {
    Expectation { pattern: text.parse().unwrap(), answer: Answer::Wanted }
}

fn until(text: &str) -> Condition {
    Condition::Until(text.parse().unwrap())
}

fn amount(text: &str) -> Condition {
    Condition::For(text.parse().unwrap())
}

#[test]
fn every_condition_gives_one_answer_for_every_chunking() {
    let conditions = [
        until("crlf"),
        until("\r\n.\r\n"),
        until("aab"),
        until("blank"),
        until("eof"),
        until("reply"),
        amount("2 lines"),
        amount("3 words"),
        amount("2 items"),
        amount("2 int2"),
        Condition::UntilRegex(r"(?m)^(b+)\r?$".parse().unwrap()),
        Condition::UntilRegex(r"a+(b|bc)?".parse().unwrap()),
        Condition::UntilRegex(r"\b(x)\b".parse().unwrap()),
        Condition::UntilRegex(r"(a\B)|(a)".parse().unwrap()),
        Condition::Expect(vec![wanted("bb"), wanted("aa*b"), wanted("(?s)1.*9")]),
        Condition::Expect(vec![wanted("1 a bb 9 xy|1"), wanted("x")]),
        Condition::Expect(vec![wanted(r"a\B"), wanted("a")]),
    ];
    let samples: [&[u8]; 12] = [
        b"",
        b"a\r\n.\r\nb",
        b"\r\r\n\r\r\n\r\n",
        b"aaabaab",
        b"a b,c\n, d\n",
        b"250-a\r\n250 b",
        b"12-\n12 ",
        b"250 ok\r\nx",
        b"\nbbb\r\na",
        b"aabc bb x9",
        b"1 a bb 9 x",
        b"xx x,",
    ];
    for condition in &conditions {
        for data in samples {
            for (max_bytes, end) in [(1000, Supply::Ended), (1000, Supply::Broken), (5, Supply::Ended)] {
                let whole = drive(condition, max_bytes, data, &[], end);
                let chunkings = match condition {
                    Condition::UntilRegex(_) | Condition::Expect(_) => some_chunkings(data.len()),
                    _ => every_chunking(data.len()),
                };
                for cuts in chunkings {
                    let answer = drive(condition, max_bytes, data, &cuts, end);
                    let place = format!("{condition:?} in {} cut at {cuts:?} below {max_bytes}", data.escape_ascii());
                    assert_eq!(answer, whole, "{place}");
                }
            }
        }
    }
}

#[test]
fn what_follows_a_terminator_is_left() {
    let Progress::Found(found) = drive(&until("crlf"), 100, b"one\r\ntwo\r\n", &[4], Supply::Flowing) else {
        panic!("not found");
    };
    assert_eq!((found.consumed, found.terminator), (5, Terminator::Bytes(2)));
}

#[test]
fn the_end_of_the_data_is_told_from_the_terminator() {
    let ended = |condition: &Condition, data: &[u8], end| drive(condition, 100, data, &[], end);
    assert_eq!(ended(&until("lf"), b"abc", Supply::Ended), Progress::Ended);
    assert_eq!(ended(&until("lf"), b"abc", Supply::Flowing), Progress::NotYet);
    let whole = |length| Progress::Found(Found { terminator: Terminator::EndOfData, ..Found::counted(length) });
    assert_eq!(ended(&until("eof"), b"abc", Supply::Ended), whole(3));
    assert_eq!(ended(&until("eof"), b"", Supply::Ended), whole(0));
    assert_eq!(ended(&until("eof"), b"abc", Supply::Broken), Progress::Ended);
    assert_eq!(ended(&Condition::Any, b"abc", Supply::Broken), Progress::Found(Found::counted(3)));
    assert_eq!(ended(&Condition::Any, b"", Supply::Ended), Progress::Ended);
}

#[test]
fn idle_is_silence_after_something_was_said() {
    let condition = Condition::UntilIdle(Duration::from_secs(1));
    assert_eq!(condition.silence(), Some(Duration::from_secs(1)));
    let mut matcher = Matcher::new(&condition, 100).unwrap();
    assert_eq!(matcher.advance(b"", Supply::Idle), Progress::NotYet);
    assert_eq!(matcher.advance(b"ab", Supply::Flowing), Progress::Growing);
    assert_eq!(matcher.advance(b"ab", Supply::Idle), Progress::Found(Found::counted(2)));
}

#[test]
fn nothing_beyond_the_bound_is_accepted() {
    let table: [(Condition, &[u8], bool); 12] = [
        (until("lf"), b"1234\n6", true),
        (until("lf"), b"12345\n", false),
        (until("eof"), b"12345", true),
        (until("eof"), b"123456", false),
        (amount("5"), b"1234567", true),
        (amount("2 int4"), b"", false),
        (amount("6"), b"", false),
        (amount("1 word"), b"12345 ", true),
        (amount("1 word"), b"123456 ", false),
        (Condition::UntilRegex(r"\d+".parse().unwrap()), b"12345x", true),
        (Condition::UntilRegex(r"\d+".parse().unwrap()), b"123456", false),
        (Condition::UntilIdle(SETTLE), b"123456", false),
    ];
    for (condition, data, accepted) in table {
        let answer = drive(&condition, 5, data, &[], Supply::Ended);
        let place = format!("{condition:?} in {}: {answer:?}", data.escape_ascii());
        assert_eq!(matches!(answer, Progress::Found(_)), accepted, "{place}");
        assert_eq!(answer == Progress::TooLarge, !accepted, "{place}");
    }
    let any = drive(&Condition::Any, 5, b"1234567", &[], Supply::Flowing);
    assert_eq!(any, Progress::Found(Found::counted(5)), "--any takes what it may");
}

#[test]
fn messages_are_not_counted_in_a_byte_stream() {
    let error = Matcher::new(&amount("2 messages"), 100).unwrap_err();
    assert_eq!(error, MatcherError::NoMessages);
}

#[test]
fn conditions_and_results_travel() {
    let conditions = [
        until("\\lf"),
        until("reply"),
        amount("2 uint4"),
        Condition::UntilIdle(Duration::from_millis(1500)),
        Condition::Any,
        Condition::Expect(vec![wanted("a(?<n>b)?"), Expectation { answer: Answer::Failed, ..wanted("c") }]),
    ];
    for condition in conditions {
        let text = serde_json::to_string(&condition).unwrap();
        assert_eq!(serde_json::from_str::<Condition>(&text).unwrap(), condition, "{text}");
    }
    let Progress::Found(found) = drive(&Condition::Expect(vec![wanted("a(?<n>b)?")]), 9, b"ac", &[], Supply::Flowing)
    else {
        panic!("not found");
    };
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Found>(&text).unwrap(), found, "{text}");
}

/// What a search of the whole data finds: the leftmost match, of those the first pattern's.
fn reference(patterns: &[&str], data: &[u8]) -> Option<(usize, std::ops::Range<usize>)> {
    let regex = |pattern: &str| RegexBuilder::new(pattern).unicode(false).build().unwrap();
    let found = |(index, pattern): (usize, &&str)| Some((index, regex(pattern).find(data)?.range()));
    patterns.iter().enumerate().filter_map(found).min_by_key(|(index, range)| (range.start, *index))
}

const PATTERNS: [&str; 16] = [
    "ab",
    "a+b*",
    "(?:a|ab)(?:c|bcd)?",
    r"\n$",
    r"(?m)^b.*$",
    r"a\b",
    r"\bb\B",
    "[^a]*",
    "(?s)a.*?c",
    "(?s)a.*c",
    r"\xff+",
    r"^\n",
    "(?i)AB",
    "b{2,3}?",
    "x*",
    r"(?mR)a$",
];

proptest! {
    #[test]
    fn patterns_find_what_a_search_of_the_whole_data_finds(
        chosen in prop::collection::vec(prop::sample::select(&PATTERNS[..]), 1..4),
        data in prop::collection::vec(prop::sample::select(&b"aabbc\r\n \xff"[..]), 0..40),
        cuts in prop::collection::btree_set(0usize..40, 0..12),
    ) {
        let condition = Condition::Expect(chosen.iter().map(|pattern| wanted(pattern)).collect());
        let cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= data.len()).collect();
        let answer = match drive(&condition, 1000, &data, &cuts, Supply::Ended) {
            Progress::Found(Found { consumed, detail: Detail::Match(found), .. }) => {
                prop_assert_eq!(consumed, found.range().end);
                Some((found.index, found.range()))
            }
            answer => { prop_assert_eq!(answer, Progress::Ended); None }
        };
        prop_assert_eq!(answer, reference(&chosen, &data));
    }

    #[test]
    fn texts_are_found_where_they_first_are(
        text in prop::collection::vec(prop::sample::select(&b"ab"[..]), 1..6),
        data in prop::collection::vec(prop::sample::select(&b"aab"[..]), 0..60),
        cuts in prop::collection::btree_set(0usize..60, 0..20),
    ) {
        let cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= data.len()).collect();
        let condition = Condition::Until(Until::Text(text.clone()));
        let expected = match data.windows(text.len()).position(|window| window == text) {
            Some(at) => Progress::Found(Found::terminated(at + text.len(), text.len())),
            None => Progress::Ended,
        };
        prop_assert_eq!(drive(&condition, 1000, &data, &cuts, Supply::Ended), expected);
    }

    #[test]
    fn hostile_data_is_survived(
        data in prop::collection::vec(any::<u8>(), 0..200),
        max_bytes in 0usize..100,
        text in "\\PC{0,8}",
    ) {
        let mut conditions = vec![Condition::Any, until("reply"), until("blank"), amount("3 words"), amount("9 int8")];
        conditions.extend(text.parse().map(Condition::Until));
        conditions.extend(text.parse().map(Condition::UntilRegex));
        conditions.extend(text.parse().map(Condition::For));
        for condition in conditions {
            let Ok(mut matcher) = Matcher::new(&condition, max_bytes) else { continue };
            for end in 0..=data.len() {
                if let Progress::Found(found) = matcher.advance(&data[..end], Supply::Flowing) {
                    prop_assert!(found.consumed <= end && found.consumed <= max_bytes.max(1));
                    prop_assert!(data.get(found.value(TerminatorRule::Strip)).is_some());
                    break;
                }
            }
        }
    }
}
