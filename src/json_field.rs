//! How times and bytes are written in the JSON records of this program, so that every kind of record writes them alike.
//! Which fields a record has is not known here.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

/// The last second that RFC 3339 can write, 9999-12-31T23:59:59Z, in seconds since 1970.
const LAST_SECOND: u64 = 253_402_300_799;

/// Bytes as the field `text`, or as `base64` (RFC 4648 section 4, padded) where they are not UTF-8. To be flattened
/// into a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Payload<'a> {
    /// UTF-8.
    Text(&'a str),
    /// Any other bytes.
    #[serde(serialize_with = "serialize_base64")]
    Base64(&'a [u8]),
}

impl<'a> From<&'a [u8]> for Payload<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Payload::Text(text),
            Err(_) => Payload::Base64(bytes),
        }
    }
}

fn serialize_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &STANDARD))
}

/// Writes a time as RFC 3339 in UTC with microseconds, such as `2026-11-20T09:58:00.000000Z`.
///
/// A clock that stands before 1970 or after 9999 is written as that end of the range: the record matters more than
/// its time.
pub fn serialize_time<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default().min(Duration::from_secs(LAST_SECOND));
    serializer.collect_str(&humantime::format_rfc3339_micros(UNIX_EPOCH + since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Record<'a> {
        #[serde(serialize_with = "serialize_time")]
        time: SystemTime,
        #[serde(flatten)]
        payload: Payload<'a>,
    }

    fn json(seconds_since_1970: i64, bytes: &[u8]) -> String {
        let distance = Duration::from_secs(seconds_since_1970.unsigned_abs());
        let time = if seconds_since_1970 < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance };
        serde_json::to_string(&Record { time, payload: Payload::from(bytes) }).unwrap()
    }

    #[test]
    fn utf8_is_text_and_other_bytes_are_base64() {
        let table: [(&[u8], &str); 5] = [
            (b"", r#""text":"""#),
            ("grüß\0\"\n".as_bytes(), r#""text":"grüß\u0000\"\n""#),
            (b"\x00\x01", r#""text":"\u0000\u0001""#),
            (b"\xff", r#""base64":"/w==""#),
            (b"ab\xc3", r#""base64":"YWLD""#),
        ];
        for (bytes, field) in table {
            assert_eq!(json(0, bytes), format!(r#"{{"time":"1970-01-01T00:00:00.000000Z",{field}}}"#));
        }
    }

    #[test]
    fn a_clock_out_of_range_is_no_panic() {
        for (seconds, time) in [
            (1_700_000_000, "2023-11-14T22:13:20.000000Z"),
            (-1, "1970-01-01T00:00:00.000000Z"),
            (253_402_300_799, "9999-12-31T23:59:59.000000Z"),
            (253_402_300_800, "9999-12-31T23:59:59.000000Z"),
            (i64::from(i32::MAX) << 20, "9999-12-31T23:59:59.000000Z"),
        ] {
            assert_eq!(json(seconds, b""), format!(r#"{{"time":"{time}","text":""}}"#));
        }
    }
}
