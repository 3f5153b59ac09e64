//! Sizes and time limits as the command line writes them. Only the two notations: no clock is read, no option is named.

use std::time::{Duration, Instant};

/// How long something may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// `infinite` or `none`: there is no limit.
    Never,
    /// At most this long; zero means not to wait at all.
    After(Duration),
}

impl Limit {
    /// The moment at which the limit passes, counted from `start`. `None`: it never does, as a limit beyond the
    /// clock's range.
    pub fn deadline(self, start: Instant) -> Option<Instant> {
        match self {
            Limit::Never => None,
            Limit::After(duration) => start.checked_add(duration),
        }
    }
}

/// Why a text is no size or no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// The text does not read as a size.
    #[error("not a size: {0:?}; type a number of bytes such as 4096, or with k, M or G (1024-based): 64k, 1.5M, 2GiB")]
    NotASize(String),
    /// A fraction where there is no unit to divide.
    #[error("not a size: {0:?} is not a whole number of bytes; type a whole number, or add k, M or G as in 1.5k")]
    FractionOfAByte(String),
    /// The size does not fit in 64 bits.
    #[error("size is too large: {0:?} does not fit in 64 bits; the largest size is 18446744073709551615 bytes")]
    SizeTooLarge(String),
    /// The text does not read as a duration.
    #[error("not a duration: {0:?}; type seconds such as 10 or 2.5, or 250ms, 10s, 1m30s, 2h, or infinite")]
    NotADuration(String),
    /// A number below zero.
    #[error("duration is negative: {0:?}; type 0 not to wait at all, or infinite for no limit")]
    NegativeDuration(String),
    /// More seconds than 64 bits hold, or a fraction of a nanosecond.
    #[error("duration is out of range: {0:?} is too long, or finer than a nanosecond; type infinite for no limit")]
    DurationOutOfRange(String),
}

/// Reads a size in bytes: digits with an optional fraction, then optionally `k`, `M` or `G` (1024-based) and `B` or
/// `iB`, in any case.
///
/// A fraction of a unit is rounded down to whole bytes; a fraction without a unit is an error.
pub fn parse_size(text: &str) -> Result<u64, QuantityError> {
    let not_a_size = || QuantityError::NotASize(text.to_owned());
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(number_end).ok_or_else(not_a_size)?;
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err(not_a_size()),
    };
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    // An empty side of the point, or a second point, is no number.
    if whole.is_empty() || fraction.is_some_and(|digits| digits.is_empty() || digits.contains('.')) {
        return Err(not_a_size());
    }
    if fraction.is_some() && shift == 0 {
        return Err(QuantityError::FractionOfAByte(text.to_owned()));
    }
    whole_and_fraction(whole, fraction.unwrap_or("0"), 1 << shift)
        .ok_or_else(|| QuantityError::SizeTooLarge(text.to_owned()))
}

/// `whole.fraction` times `unit`, rounded down; `None` when it passes 64 bits. Both texts are ASCII digits.
fn whole_and_fraction(whole: &str, fraction: &str, unit: u64) -> Option<u64> {
    let whole: u64 = whole.parse().ok()?;
    // The bytes of a fraction: digit by digit from the right, so that no number of digits overflows. Rounding down at
    // each step is exact: floor((d + floor(x)) / 10) = floor((d + x) / 10) for whole d.
    let digits = fraction.bytes().rev().map(|byte| u64::from(byte.saturating_sub(b'0')));
    let part = digits.fold(0, |below: u64, digit| (digit * unit + below) / 10);
    whole.checked_mul(unit)?.checked_add(part)
}

/// Reads a time limit: `10s`, `1m30s`, `250ms` (the units of humantime), a bare number of seconds that may have a
/// fraction, or `infinite` or `none`.
pub fn parse_duration(text: &str) -> Result<Limit, QuantityError> {
    if text.eq_ignore_ascii_case("infinite") || text.eq_ignore_ascii_case("none") {
        return Ok(Limit::Never);
    }
    if text.starts_with('-') {
        return Err(QuantityError::NegativeDuration(text.to_owned()));
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        let seconds: f64 = text.parse().map_err(|_| QuantityError::NotADuration(text.to_owned()))?;
        let duration = Duration::try_from_secs_f64(seconds);
        return duration.map(Limit::After).map_err(|_| QuantityError::DurationOutOfRange(text.to_owned()));
    }
    let mut total = Duration::ZERO;
    for span in spans(text) {
        let duration = humantime::parse_duration(span).map_err(|error| match error {
            humantime::DurationError::NumberOverflow => QuantityError::DurationOutOfRange(text.to_owned()),
            _ => QuantityError::NotADuration(text.to_owned()),
        })?;
        total = total.checked_add(duration).ok_or_else(|| QuantityError::DurationOutOfRange(text.to_owned()))?;
    }
    Ok(Limit::After(total))
}

/// The spans of a duration: `1m30s` is `1m` and `30s`. Added up by humantime itself, some sums just above the largest
/// duration panic.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let mut unit_seen = false;
        let next = current.char_indices().find_map(|(at, c)| {
            let begins = unit_seen && c.is_ascii_digit();
            unit_seen |= c.is_alphabetic();
            begins.then_some(at)
        });
        match next.and_then(|at| current.split_at_checked(at)) {
            Some((span, after)) => {
                rest = Some(after);
                Some(span)
            }
            None => rest.take(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_as_the_manual_writes_them() {
        let table = [
            ("0", 0),
            ("4096", 4096),
            ("12B", 12),
            ("1k", 1024),
            ("1K", 1024),
            ("64kB", 65536),
            ("64KiB", 65536),
            ("1.5M", 1_572_864),
            ("1.5mib", 1_572_864),
            ("2G", 2_147_483_648),
            ("0.001k", 1),
            ("0.000000000931322574615478515625G", 1),
            ("0.000000000931322574615478515624G", 0),
            ("18446744073709551615", u64::MAX),
            ("17179869183.99999999999999999999999999999G", u64::MAX),
            ("00000000000000000000000000007", 7),
        ];
        for (text, bytes) in table {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_says_so_and_names_the_value() {
        for text in
            ["", "k", ".5k", "5.k", "1.2.3k", "1 k", " 1", "-1", "+1", "1e3", "0x10", "1T", "1kk", "1ib", "nan", "1µ"]
        {
            assert_eq!(parse_size(text), Err(QuantityError::NotASize(text.into())), "{text}");
        }
        assert_eq!(parse_size("1.5"), Err(QuantityError::FractionOfAByte("1.5".into())));
        assert_eq!(parse_size("1.0B"), Err(QuantityError::FractionOfAByte("1.0B".into())));
        for text in ["18446744073709551616", "17179869184G", "99999999999999999999999999999999999999999k"] {
            assert_eq!(parse_size(text), Err(QuantityError::SizeTooLarge(text.into())), "{text}");
        }
        let message = parse_size("5x").unwrap_err().to_string();
        assert!(message.contains("\"5x\"") && message.contains("64k"), "{message}");
    }

    #[test]
    fn durations_as_the_manual_writes_them() {
        let after = |milliseconds| Limit::After(Duration::from_millis(milliseconds));
        let table = [
            ("0", after(0)),
            ("0s", after(0)),
            ("10", after(10_000)),
            ("2.5", after(2_500)),
            (".5", after(500)),
            ("10s", after(10_000)),
            ("1m30s", after(90_000)),
            ("1h 30m", after(5_400_000)),
            ("1 h30 m", after(5_400_000)),
            ("250ms", after(250)),
            ("1.5s", after(1_500)),
            ("1.5m500ms", after(90_500)),
            ("20µs", Limit::After(Duration::from_micros(20))),
            ("infinite", Limit::Never),
            ("None", Limit::Never),
            ("18446744073709551615s", Limit::After(Duration::from_secs(u64::MAX))),
        ];
        for (text, limit) in table {
            assert_eq!(parse_duration(text), Ok(limit), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_says_so_and_names_the_value() {
        for text in ["", " ", ".", "1.2.3", "5x", "s", "nan", "inf", "infinity", "1e3", "+1", "1,5", "soon", "1m30"] {
            assert_eq!(parse_duration(text), Err(QuantityError::NotADuration(text.into())), "{text}");
        }
        for text in ["-1", "-1s", "-0", "-inf"] {
            assert_eq!(parse_duration(text), Err(QuantityError::NegativeDuration(text.into())), "{text}");
        }
        let huge = "9".repeat(400);
        for text in [
            huge.as_str(),
            "18446744073709551616",
            "99999999999999999999s",
            "600000000000y",
            "18446744073709551615s1000ms",
            "1.5ns",
        ] {
            assert_eq!(parse_duration(text), Err(QuantityError::DurationOutOfRange(text.into())), "{text}");
        }
        let message = parse_duration("5x").unwrap_err().to_string();
        assert!(message.contains("\"5x\"") && message.contains("1m30s"), "{message}");
    }

    #[test]
    fn a_deadline_beyond_the_clock_never_comes() {
        let start = Instant::now();
        assert_eq!(Limit::After(Duration::ZERO).deadline(start), Some(start));
        assert_eq!(Limit::After(Duration::MAX).deadline(start), None);
        assert_eq!(Limit::Never.deadline(start), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9.kKmMgGiIbBsyn µ-]{0,40}", any in any::<String>()) {
            for text in [&text, &any] {
                let _ = parse_size(text);
                let _ = parse_duration(text);
            }
        }

        #[test]
        fn whole_numbers_come_back(number in any::<u64>(), seconds in 0..1u64 << 52) {
            prop_assert_eq!(parse_size(&number.to_string()), Ok(number));
            prop_assert_eq!(parse_duration(&seconds.to_string()), Ok(Limit::After(Duration::from_secs(seconds))));
            prop_assert_eq!(parse_duration(&format!("{number}s")), Ok(Limit::After(Duration::from_secs(number))));
        }
    }
}
