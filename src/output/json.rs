//! Events as NDJSON, one object a line.

use std::time::SystemTime;

use serde::Serialize;

use crate::event::Event;
use crate::json_field::serialize_time;

#[derive(Serialize)]
struct Line<'a> {
    v: u8,
    #[serde(serialize_with = "serialize_time")]
    time: SystemTime,
    #[serde(flatten)]
    event: &'a Event,
    id: &'a str,
}

/// One event as a line with its newline. Every event has an `id`: it is empty where none is known.
pub fn line(time: SystemTime, id: &str, event: &Event) -> String {
    let mut text = serde_json::to_string(&Line { v: 1, time, event, id }).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Direction;

    #[test]
    fn an_event_has_version_time_name_and_id() {
        let text = line(SystemTime::UNIX_EPOCH, "h:1", &Event::Data { direction: Direction::In, length: 3 });
        let expected =
            r#"{"v":1,"time":"1970-01-01T00:00:00.000000Z","event":"data","direction":"in","length":3,"id":"h:1"}"#;
        assert_eq!(text.trim_end(), expected);
    }
}
