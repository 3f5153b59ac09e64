//! What reads wait for: the conditions as users write them, and searches in data that grows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::condition::{Amount, Condition, Found, Matcher, Pattern, Progress, Supply, Until};
use netverb_fuzz::pieces;

fuzz_target!(|input: (&str, &[u8])| {
    let (text, data) = input;
    let conditions = [
        Until::parse(text.as_bytes()).ok().map(Condition::Until),
        text.parse::<Amount>().ok().map(Condition::For),
        text.parse::<Pattern>().ok().map(Condition::UntilRegex),
        Some(Condition::Until(Until::Reply)),
        Some(Condition::Until(Until::Blank)),
    ];
    for condition in conditions.into_iter().flatten() {
        let (Ok(mut once), Ok(mut growing)) = (Matcher::new(&condition, 512), Matcher::new(&condition, 512)) else {
            continue;
        };
        let whole = found(once.advance(data, Supply::Ended));
        let mut length = 0;
        let mut early = None;
        for piece in pieces(data) {
            length += piece.len();
            match growing.advance(&data[..length], Supply::Flowing) {
                Progress::NotYet | Progress::Growing => {}
                end => {
                    early = Some(end);
                    break;
                }
            }
        }
        let growing = found(early.unwrap_or_else(|| growing.advance(data, Supply::Ended)));
        assert_eq!(growing, whole, "{condition:?}");
        assert!(whole.is_none_or(|found| found.consumed <= data.len()));
    }
});

/// What was found; the kinds of failure are not compared.
fn found(progress: Progress) -> Option<Found> {
    match progress {
        Progress::Found(found) => Some(found),
        _ => None,
    }
}
