//! What a kept socket says about its data and its state: the fields that `sockets` shows, and some that verbs go by.

use std::time::Duration;

use serde_json::{Value, json};

use super::buffer::End;
use super::link::{Link, Stage};
use super::mailbox::Mailbox;
use super::stream::Stream;

/// A time in seconds.
pub fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

/// A stream.
pub fn of_stream(stream: &Stream) -> Value {
    let (unread, end) = stream.with_buffer(|buffer| (buffer.unread().len(), buffer.end().clone()));
    let own = json!({
        "kind": "connection", "messages_in": 0, "messages_out": 0, "unread": unread, "crlf": stream.ending().is_some(),
    });
    merged(link_status(stream, end), own)
}

/// A socket with messages.
pub fn of_mailbox(mailbox: &Mailbox) -> Value {
    let (unread, end) = mailbox.with_queue(|queue| (queue.len(), queue.end().clone()));
    let (messages_in, messages_out) = mailbox.message_totals();
    let (is_datagram, ports) = (mailbox.datagrams().is_some(), mailbox.facts().ports);
    let own = json!({
        "kind": if is_datagram { "datagram" } else { "connection" },
        "messages_in": messages_in, "messages_out": messages_out, "unread": unread, "longest": mailbox.longest(),
    });
    let farewell = mailbox.farewell().map_or(Value::Null, |words| json!({ "ended": words }));
    let dropped = if is_datagram { json!({ "dropped": mailbox.dropped() }) } else { Value::Null };
    let one_way = mailbox.one_way();
    let unreadable = one_way.read.map_or(Value::Null, |why| json!({ "unreadable": why }));
    let unwritable = one_way.write.map_or(Value::Null, |why| json!({ "unwritable": why }));
    let ports = if ports.is_empty() { Value::Null } else { json!({ "ports": ports }) };
    [own, dropped, unreadable, unwritable, ports, farewell].into_iter().fold(link_status(mailbox, end), merged)
}

/// What all connections say.
fn link_status(link: &Link, end: End) -> Value {
    let facts = link.facts();
    let (received, sent) = link.totals();
    let (state, ended) = match (link.stage(), end) {
        (Stage::Connecting, _) => ("connecting", None),
        (Stage::Failed(_, message, _), _) => ("error", Some(message)),
        (Stage::Up, End::Open) => ("open", None),
        (Stage::Up, End::Eof) if link.is_half_closed() => ("closed", Some("both sides ended their data".to_owned())),
        (Stage::Up, End::Eof) => ("eof", Some("the peer has ended its data".to_owned())),
        (Stage::Up, End::Failed(reason)) => ("error", Some(reason)),
    };
    let shown = |text: &String| (!text.is_empty()).then(|| text.clone());
    json!({
        "transport": shown(&facts.transport), "secure": facts.secure, "local": shown(&facts.local),
        "peer": shown(&facts.peer), "state": state, "bytes_in": received, "bytes_out": sent, "ended": ended,
    })
}

/// One object of two.
pub fn merged(mut first: Value, second: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut first, second) {
        fields.extend(more);
    }
    first
}
