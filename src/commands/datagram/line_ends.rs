//! Line endings of datagrams: each is a text of its own, so that nothing is carried from one to the next.

use std::borrow::Cow;

use crate::filter::{Incoming, LineEnding, Outgoing};

/// What the peer gets of a message of ours.
pub fn outgoing(kind: Option<LineEnding>, message: &[u8]) -> Cow<'_, [u8]> {
    let Some(kind) = kind.filter(|kind| kind.converts()) else { return Cow::Borrowed(message) };
    let mut converted = Vec::with_capacity(message.len() + 16);
    Outgoing::new(kind).push(message, &mut converted);
    Cow::Owned(converted)
}

/// What we make of a message of the peer's.
pub fn incoming(kind: Option<LineEnding>, message: &[u8]) -> Cow<'_, [u8]> {
    let Some(kind) = kind.filter(|kind| kind.converts()) else { return Cow::Borrowed(message) };
    let (mut converter, mut converted) = (Incoming::new(kind), Vec::with_capacity(message.len()));
    converter.push(message, &mut converted);
    converter.finish(&mut converted);
    Cow::Owned(converted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_is_a_text_of_its_own() {
        let crlf = Some(LineEnding::CrLf);
        assert_eq!(outgoing(crlf, b"a\nb\r\n"), &b"a\r\nb\r\n"[..]);
        assert_eq!(outgoing(crlf, b"\n"), &b"\r\n"[..]);
        assert_eq!(incoming(crlf, b"a\r\nb\r"), &b"a\nb\r"[..]);
        assert!(matches!(outgoing(None, b"\n"), Cow::Borrowed(b"\n")));
        assert!(matches!(incoming(Some(LineEnding::Lf), b"\r\n"), Cow::Borrowed(b"\r\n")));
    }
}
