//! What is put on every stream that is connected, above TLS and below any framing of messages. What that is, is not known here.

use std::rc::Rc;

use super::channel::{Bytes, Channel};

/// Makes a stream of a stream; nothing is changed by default.
#[derive(Clone, Default)]
pub struct Overlay(Option<Rc<dyn Fn(Bytes) -> Bytes>>);

impl Overlay {
    /// Puts this on each stream.
    pub fn new(wrap: impl Fn(Bytes) -> Bytes + 'static) -> Self {
        Overlay(Some(Rc::new(wrap)))
    }

    pub(super) fn put_on(&self, channel: Channel) -> Channel {
        match channel {
            Channel::Bytes(bytes) => Channel::Bytes(self.put_on_bytes(bytes)),
            messages => messages,
        }
    }

    pub(super) fn put_on_bytes(&self, bytes: Bytes) -> Bytes {
        match &self.0 {
            Some(wrap) => wrap(bytes),
            None => bytes,
        }
    }
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Overlay" } else { "no Overlay" })
    }
}
