//! The JSON record of one message, as `--json` prints it on message sockets. How it was received is not known here.

use std::io;
use std::time::SystemTime;

use serde::{Serialize, Serializer};

use super::message::Message;
use crate::json_field::{self, Payload};

/// One message; a field that is `None` is not written.
#[derive(Debug, Clone, Serialize)]
pub struct MessageRecord<'a> {
    /// Who sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'a str>,
    /// The local address it was sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<&'a str>,
    /// The name of the interface it came by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<&'a str>,
    /// When it came.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_some_time")]
    pub time: Option<SystemTime>,
    /// Its time to live or hop limit on arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u8>,
    /// Its length in bytes as it was sent; more than the payload has when it was truncated.
    pub length: u64,
    /// Whether bytes at its end are missing.
    pub truncated: bool,
    /// Its parts, where it may have several: each as `text` or `base64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<Payload<'a>>>,
    /// Its bytes, as `text` or `base64`.
    #[serde(flatten)]
    pub payload: Option<Payload<'a>>,
}

impl<'a> MessageRecord<'a> {
    /// The record of a whole message of which nothing else is known.
    pub fn new(message: &'a [u8]) -> Self {
        MessageRecord {
            from: None,
            to: None,
            interface: None,
            time: None,
            ttl: None,
            length: u64::try_from(message.len()).unwrap_or(u64::MAX),
            truncated: false,
            parts: None,
            payload: Some(Payload::from(message)),
        }
    }

    /// The record of a message that may have several parts. Only of a single part there is a payload besides.
    pub fn of_parts(message: &'a Message) -> Self {
        let of_several = MessageRecord::of_several(message.bytes(), message.parts());
        let single = (!message.is_multipart()).then(|| Payload::from(message.bytes()));
        MessageRecord { payload: single, ..of_several }
    }

    /// The record of a message of several parts.
    pub fn of_several(bytes: &'a [u8], parts: impl Iterator<Item = &'a [u8]>) -> Self {
        MessageRecord { parts: Some(parts.map(Payload::from).collect()), payload: None, ..MessageRecord::new(bytes) }
    }

    /// Appends the record and a newline to `output`.
    pub fn write_to(&self, output: &mut Vec<u8>) -> io::Result<()> {
        serde_json::to_writer(&mut *output, self)?;
        output.push(b'\n');
        Ok(())
    }
}

fn serialize_some_time<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => json_field::serialize_time(time, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn line(record: &MessageRecord<'_>) -> String {
        let mut output = Vec::new();
        record.write_to(&mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn what_is_not_known_is_not_written() {
        assert_eq!(line(&MessageRecord::new(b"")), "{\"length\":0,\"truncated\":false,\"text\":\"\"}\n");
        assert_eq!(line(&MessageRecord::new(b"a\nb")), "{\"length\":3,\"truncated\":false,\"text\":\"a\\nb\"}\n");
        assert_eq!(line(&MessageRecord::new(b"\xff\x00")), "{\"length\":2,\"truncated\":false,\"base64\":\"/wA=\"}\n");
        assert_eq!(
            line(&MessageRecord { payload: None, ..MessageRecord::new(b"abc") }),
            "{\"length\":3,\"truncated\":false}\n"
        );
    }

    #[test]
    fn parts_stand_apart() {
        let mut message = Message::new(b"a");
        assert_eq!(
            line(&MessageRecord::of_parts(&message)),
            "{\"length\":1,\"truncated\":false,\"parts\":[{\"text\":\"a\"}],\"text\":\"a\"}\n"
        );
        message.next_part();
        message.append(b"\xff");
        assert_eq!(
            line(&MessageRecord::of_parts(&message)),
            "{\"length\":2,\"truncated\":false,\"parts\":[{\"text\":\"a\"},{\"base64\":\"/w==\"}]}\n"
        );
    }

    #[test]
    fn every_field_in_the_order_of_the_manual() {
        let record = MessageRecord {
            from: Some("192.0.2.1:5000"),
            to: Some("192.0.2.2:53"),
            interface: Some("eth0"),
            time: Some(UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_001)),
            ttl: Some(64),
            length: 1500,
            truncated: true,
            ..MessageRecord::new(b"begin")
        };
        assert_eq!(
            line(&record),
            "{\"from\":\"192.0.2.1:5000\",\"to\":\"192.0.2.2:53\",\"interface\":\"eth0\",\
             \"time\":\"2023-11-14T22:13:20.000001Z\",\"ttl\":64,\"length\":1500,\"truncated\":true,\"text\":\"begin\"}\n"
        );
    }
}
