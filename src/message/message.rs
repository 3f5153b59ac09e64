//! One message as it travels between a message socket and the rest of the program. It keeps its allocation: to be filled,
//! used and filled again. No I/O.

/// What a WebSocket carries a message as (RFC 6455 section 5.6).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nobody has said; the socket decides.
    #[default]
    Unsaid,
    /// Text: the bytes are UTF-8.
    Text,
    /// Any bytes.
    Binary,
}

/// A message of one part or, over ZeroMQ, of several.
#[derive(Debug, Default)]
pub struct Message {
    /// The bytes of all parts, `buffer[..length]`; what is behind them is space that needs no clearing again.
    buffer: Vec<u8>,
    length: usize,
    /// Where each part ends but the last, which ends with the message.
    ends: Vec<usize>,
    kind: Kind,
}

impl Message {
    /// A message of one part.
    pub fn new(bytes: &[u8]) -> Self {
        let mut message = Message::default();
        message.set(bytes);
        message
    }

    /// A message of one part that becomes text on a WebSocket.
    pub fn text(text: &str) -> Self {
        Message { kind: Kind::Text, ..Message::new(text.as_bytes()) }
    }

    /// A message of these parts, at least one.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut message = Message::default();
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                message.next_part();
            }
            message.append(part);
        }
        message
    }

    /// Becomes a message of one part, of no said kind.
    pub fn set(&mut self, bytes: &[u8]) {
        self.clear();
        self.append(bytes);
    }

    /// Becomes an empty message of one part, of no said kind.
    pub fn clear(&mut self) {
        self.length = 0;
        self.ends.clear();
        self.kind = Kind::Unsaid;
    }

    /// Appends to the last part.
    pub fn append(&mut self, bytes: &[u8]) {
        self.buffer.truncate(self.length);
        self.buffer.extend_from_slice(bytes);
        self.length = self.buffer.len();
    }

    /// Ends the last part and begins another.
    pub fn next_part(&mut self) {
        self.ends.push(self.length);
    }

    /// Says whether it is text or binary.
    pub fn set_text(&mut self, text: bool) {
        self.kind = if text { Kind::Text } else { Kind::Binary };
    }

    /// Says what a WebSocket carries it as.
    pub fn set_kind(&mut self, kind: Kind) {
        self.kind = kind;
    }

    /// What a WebSocket carries it as.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it is said to be text.
    pub fn is_text(&self) -> bool {
        self.kind == Kind::Text
    }

    /// The bytes of all parts.
    pub fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }

    /// The length of all parts in bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has no bytes; it is a message all the same.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether it has more than one part.
    pub fn is_multipart(&self) -> bool {
        !self.ends.is_empty()
    }

    /// Where each part ends but the last.
    pub fn ends(&self) -> impl Iterator<Item = usize> {
        self.ends.iter().copied()
    }

    /// Its parts, at least one.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ends = self.ends.iter().copied().chain(std::iter::once(self.length));
        starts.zip(ends).map(|(start, end)| self.buffer.get(start..end).unwrap_or_default())
    }

    /// Becomes a message of one part that is received in place: `fill` gets `size` bytes of space and returns how many
    /// of them it filled.
    pub(crate) fn fill<T>(&mut self, size: usize, fill: impl FnOnce(&mut [u8]) -> (T, usize)) -> T {
        self.clear();
        if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
        let space = self.buffer.get_mut(..size).unwrap_or_default();
        let (result, filled) = fill(space);
        self.length = filled.min(size);
        result
    }
}

/// A copy has the message, and not the space behind it.
impl Clone for Message {
    fn clone(&self) -> Self {
        Message { buffer: self.bytes().to_vec(), length: self.length, ends: self.ends.clone(), kind: self.kind }
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        (self.bytes(), &self.ends, self.kind) == (other.bytes(), &other.ends, other.kind)
    }
}

impl Eq for Message {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(message: &Message) -> Vec<&[u8]> {
        message.parts().collect()
    }

    #[test]
    fn a_message_has_at_least_one_part() {
        let mut message = Message::default();
        assert_eq!(parts(&message), [b""]);
        message.append(b"one");
        message.next_part();
        message.next_part();
        message.append(b"th");
        message.append(b"ree");
        assert_eq!(parts(&message), [&b"one"[..], b"", b"three"]);
        assert_eq!((message.bytes(), message.len()), (&b"onethree"[..], 8));
        message.next_part();
        assert_eq!(parts(&message), [&b"one"[..], b"", b"three", b""]);
        message.set(b"x");
        assert_eq!(message, Message::new(b"x"));
        assert_ne!(message, Message::text("x"));
    }

    #[test]
    fn space_is_used_again_and_its_old_bytes_are_not_shown() {
        let mut message = Message::new(b"a long message");
        assert_eq!(
            message.fill(4, |space| {
                space[..2].copy_from_slice(b"ab");
                (7, 2)
            }),
            7
        );
        assert_eq!(message, Message::new(b"ab"));
        message.append(b"c");
        assert_eq!(message.bytes(), b"abc");
        message.fill(20, |space| ((), space.len() + 1));
        assert_eq!(message.len(), 20);
    }
}
