//! The record format of `--transcript FILE`: one line of JSON for each chunk that was received or sent, with its
//! exact bytes, so that a transcript can be replayed. Opening, writing and reading the file is not done here.

use std::borrow::Cow;
use std::io;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize, Serializer};

use crate::event::Direction;
use crate::json_field::{self, Payload};

/// The version of the format, the field `v`.
const VERSION: u64 = 1;

/// One chunk of one connection. Times are kept to the microsecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it passed.
    pub time: SystemTime,
    /// How long after the start of the transcript; by the clock that never jumps.
    pub offset: Duration,
    /// The ID of the connection, as in events.
    pub id: Cow<'a, str>,
    /// Which way it went.
    pub direction: Direction,
    /// Its exact bytes.
    pub bytes: Cow<'a, [u8]>,
}

/// A line of a transcript cannot be read. Each message names the line, counted from 1.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    /// Not JSON, or a field is missing or has the wrong type.
    #[error("transcript line {line} is no record: {reason}")]
    NotARecord {
        /// The line.
        line: u64,
        /// What the JSON reader says, and the column.
        reason: String,
    },
    /// Written in a later format.
    #[error(
        "transcript line {line} has version {version}, but only version {VERSION} can be read; use a newer netverb"
    )]
    UnknownVersion {
        /// The line.
        line: u64,
        /// Its `v`.
        version: u64,
    },
    /// The time is not RFC 3339 in UTC.
    #[error("transcript line {line} has no valid time: {time:?} is not like 2026-01-31T12:00:00.000000Z")]
    BadTime {
        /// The line.
        line: u64,
        /// Its `time`.
        time: String,
        /// What is wrong with it.
        source: humantime::TimestampError,
    },
    /// The offset is negative or too large.
    #[error("transcript line {line} has no valid offset: {offset}; write seconds since the start, such as 1.5")]
    BadOffset {
        /// The line.
        line: u64,
        /// Its `offset`.
        offset: f64,
    },
    /// Neither `text` nor `base64`, or both.
    #[error("transcript line {line} must have one of the fields text and base64, but has {found}")]
    NotOnePayload {
        /// The line.
        line: u64,
        /// `neither` or `both`.
        found: &'static str,
    },
    /// `base64` is not RFC 4648 base64 with padding.
    #[error("transcript line {line} has no valid base64")]
    BadBase64 {
        /// The line.
        line: u64,
        /// What is wrong with it.
        source: base64::DecodeError,
    },
}

#[derive(Serialize)]
struct Written<'a> {
    v: u64,
    #[serde(serialize_with = "json_field::serialize_time")]
    time: SystemTime,
    #[serde(serialize_with = "serialize_seconds")]
    offset: Duration,
    id: &'a str,
    direction: Direction,
    #[serde(flatten)]
    payload: Payload<'a>,
}

fn serialize_seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(whole_microseconds(*duration).as_secs_f64())
}

/// Cut to what `time` is written with, so that the two agree and the number stays short.
fn whole_microseconds(duration: Duration) -> Duration {
    duration.saturating_sub(Duration::from_nanos(u64::from(duration.subsec_nanos() % 1000)))
}

impl Record<'_> {
    /// Appends the record and a newline to `output`.
    pub fn write_to(&self, output: &mut Vec<u8>) -> io::Result<()> {
        let written = Written {
            v: VERSION,
            time: self.time,
            offset: self.offset,
            id: &self.id,
            direction: self.direction,
            payload: Payload::from(&*self.bytes),
        };
        serde_json::to_writer(&mut *output, &written)?;
        output.push(b'\n');
        Ok(())
    }
}

#[derive(Deserialize)]
struct Read {
    time: String,
    offset: f64,
    id: String,
    direction: Direction,
    text: Option<String>,
    base64: Option<String>,
}

/// The version alone, read first: a later one may have other fields.
#[derive(Deserialize)]
struct Version {
    v: u64,
}

/// Reads the record on one line, with or without its newline. `number` is that of the line, from 1, for the message
/// of an error. Fields that are not known are ignored.
pub fn read_record(number: u64, line: &[u8]) -> Result<Record<'static>, TranscriptError> {
    // Without the newline, as the JSON reader would count another line; its own line number, always 1, would only
    // confuse.
    let line = line.trim_ascii_end();
    let not_a_record = |error: serde_json::Error| TranscriptError::NotARecord {
        line: number,
        reason: error.to_string().replace(" at line 1 column ", " at column "),
    };
    let Version { v: version } = serde_json::from_slice(line).map_err(not_a_record)?;
    if version != VERSION {
        return Err(TranscriptError::UnknownVersion { line: number, version });
    }
    let Read { time, offset, id, direction, text, base64 } = serde_json::from_slice(line).map_err(not_a_record)?;
    let time =
        humantime::parse_rfc3339(&time).map_err(|source| TranscriptError::BadTime { line: number, time, source })?;
    let offset = read_seconds(offset).ok_or(TranscriptError::BadOffset { line: number, offset })?;
    let bytes = match (text, base64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(encoded)) => {
            STANDARD.decode(encoded).map_err(|source| TranscriptError::BadBase64 { line: number, source })?
        }
        (None, None) => return Err(TranscriptError::NotOnePayload { line: number, found: "neither" }),
        (Some(_), Some(_)) => return Err(TranscriptError::NotOnePayload { line: number, found: "both" }),
    };
    Ok(Record { time, offset, id: id.into(), direction, bytes: bytes.into() })
}

/// A number of seconds, to the nearest microsecond.
fn read_seconds(seconds: f64) -> Option<Duration> {
    let exact = Duration::try_from_secs_f64(seconds).ok()?;
    Some(whole_microseconds(exact.checked_add(Duration::from_nanos(500))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use crate::failure::Failure;
    use proptest::prelude::*;
    use std::time::UNIX_EPOCH;

    fn record(direction: Direction, bytes: &[u8]) -> Record<'_> {
        Record {
            time: UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_456),
            offset: Duration::from_nanos(1_500_000_999),
            id: "mail".into(),
            direction,
            bytes: bytes.into(),
        }
    }

    fn written(record: &Record<'_>) -> Vec<u8> {
        let mut output = Vec::new();
        record.write_to(&mut output).unwrap();
        output
    }

    #[test]
    fn the_format_of_the_manual() {
        assert_eq!(
            String::from_utf8(written(&record(Direction::In, "220 grüß\r\n".as_bytes()))).unwrap(),
            "{\"v\":1,\"time\":\"2023-11-14T22:13:20.123456Z\",\"offset\":1.5,\"id\":\"mail\",\"direction\":\"in\",\"text\":\"220 grüß\\r\\n\"}\n"
        );
        assert_eq!(
            String::from_utf8(written(&record(Direction::Out, b"\xff\xfe"))).unwrap(),
            "{\"v\":1,\"time\":\"2023-11-14T22:13:20.123456Z\",\"offset\":1.5,\"id\":\"mail\",\"direction\":\"out\",\"base64\":\"//4=\"}\n"
        );
    }

    #[test]
    fn fields_of_later_versions_and_of_other_writers_are_ignored() {
        let line = br#" { "base64":"/w==", "extra":[1], "direction":"out", "id":"a\n", "offset":2, "time":"2023-11-14T22:13:20Z", "v":1 } "#;
        let record = read_record(1, line).unwrap();
        assert_eq!((record.id.as_ref(), record.bytes.as_ref()), ("a\n", &b"\xff"[..]));
        assert_eq!((record.offset, record.direction), (Duration::from_secs(2), Direction::Out));
    }

    #[test]
    fn every_error_names_the_line_and_what_is_wrong() {
        let good = String::from_utf8(written(&record(Direction::In, b"hi"))).unwrap();
        for (from, to, says) in [
            ("\"v\":", "\"v\"", "is no record: expected `:` at column 5"),
            ("\"v\":1", "\"v\":2", "version 2"),
            ("\"v\":1,", "", "missing field `v`"),
            ("\"id\":\"mail\",", "", "missing field `id`"),
            ("\"in\"", "\"up\"", "unknown variant `up`"),
            ("2023-11-14T22", "2023-13-14T22", "\"2023-13-14T22:13:20.123456Z\" is not like"),
            ("2023-11-14T", "2023-11-14é", "no valid time"),
            ("Z\"", "+01:00\"", "no valid time"),
            ("1.5", "-1.5", "no valid offset: -1.5"),
            ("1.5", "1e30", "no valid offset: 1"),
            ("1.5", "18446744073709551615", "no valid offset: 1"),
            ("\"text\":\"hi\"", "\"more\":\"hi\"", "but has neither"),
            ("\"text\":\"hi\"", "\"text\":\"hi\",\"base64\":\"aGk=\"", "but has both"),
            ("\"text\":\"hi\"", "\"base64\":\"aGk\"", "no valid base64: Invalid padding"),
            ("hi\"}\n", "hi\"\n", "is no record: EOF while parsing an object at column 97"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = read_record(7, good.replace(from, to).as_bytes()).unwrap_err();
            let message = Failure::new(Exit::Negative, error).line();
            assert!(message.starts_with("transcript line 7 ") && message.contains(says), "{message}");
            assert!(!message.contains("line 1") && !message.contains('\n'), "{message}");
        }
        assert!(read_record(1, b"").is_err());
    }

    proptest! {
        #[test]
        fn any_record_comes_back(
            microseconds in 0..253_402_300_799_999_999u64,
            offset in 0..1_000_000_000_000_000u64,
            id in any::<String>(),
            received in any::<bool>(),
            bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..80), any::<String>().prop_map(String::into_bytes)],
        ) {
            let record = Record {
                time: UNIX_EPOCH + Duration::from_micros(microseconds),
                offset: Duration::from_micros(offset),
                id: id.into(),
                direction: if received { Direction::In } else { Direction::Out },
                bytes: bytes.into(),
            };
            let line = written(&record);
            prop_assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
            prop_assert_eq!(read_record(1, &line).unwrap(), record);
        }

        #[test]
        fn no_line_panics(line in prop::collection::vec(any::<u8>(), 0..60), time in "[0-9TZ:.+é-]{0,30}") {
            let _ = read_record(1, &line);
            let _ = read_record(1, format!(r#"{{"v":1,"time":"{time}","offset":0,"id":"","direction":"in","text":""}}"#).as_bytes());
        }
    }
}
