//! Splits a byte stream into messages, whatever the chunks are cut like. It borrows where a message lies whole in a
//! chunk and holds no more than one message. No I/O.

use super::Split;

/// The bytes of a length prefix.
const PREFIX: usize = 4;

/// Why a stream cannot be split further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A message is longer than the limit.
    #[error("message is too long: more than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The stream ended inside a length prefix.
    #[error("input ended in the middle of a length prefix: {received} of {PREFIX} bytes came")]
    CutPrefix {
        /// How many bytes of the prefix came.
        received: usize,
    },
    /// The stream ended inside a message with a length prefix.
    #[error("input ended in the middle of a message: {received} of {expected} bytes came")]
    CutMessage {
        /// How many bytes of the message came.
        received: usize,
        /// How many its prefix promised.
        expected: usize,
    },
}

/// Splits one stream. After an error the stream is beyond repair.
#[derive(Debug)]
pub struct Splitter {
    split: Split,
    limit: usize,
    /// The beginning of a message that is not complete, its prefix included; or a complete one that `next_message`
    /// gave out.
    held: Vec<u8>,
    /// `held` was given out.
    given: bool,
}

impl Splitter {
    /// A splitter at the start of a stream in which no message is longer than `limit` bytes.
    pub fn new(split: Split, limit: usize) -> Self {
        Splitter { split, limit, held: Vec::new(), given: false }
    }

    /// Takes bytes from `input` up to the end of the next message and gives that message, or takes all of them and
    /// gives `None`. To be called until it does:
    ///
    /// ```
    /// # use netverb::message::{Split, Splitter};
    /// let mut splitter = Splitter::new(Split::Line, 1 << 20);
    /// let mut input = &b"one\ntwo\nthr"[..];
    /// let mut messages = Vec::new();
    /// while let Some(message) = splitter.next_message(&mut input)? {
    ///     messages.push(message.to_vec());
    /// }
    /// assert_eq!(messages, [b"one", b"two"]);
    /// assert_eq!(splitter.finish()?, Some(&b"thr"[..]));
    /// # Ok::<(), netverb::message::SplitError>(())
    /// ```
    ///
    /// Fails when a message passes the limit, at once when its length prefix says so.
    pub fn next_message<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8]) -> Result<Option<&'s [u8]>, SplitError> {
        self.forget_given();
        match self.split {
            Split::None => self.hold_all(input),
            Split::Line => self.until(b'\n', input),
            Split::Nul => self.until(0, input),
            Split::Length => self.prefixed(input),
            Split::Size(size) => {
                // A size beyond the memory is beyond any limit.
                let size = usize::try_from(size.get()).unwrap_or(usize::MAX);
                self.fits(size.min(self.held.len().saturating_add(input.len())))?;
                Ok(self.exactly(size, 0, input))
            }
            Split::Chunk if input.is_empty() => Ok(None),
            Split::Chunk => {
                self.fits(input.len())?;
                Ok(Some(std::mem::take(input)))
            }
        }
    }

    /// Ends the stream: gives the last message if it has no terminator. `none` gives the one message, if there was
    /// any input.
    ///
    /// Fails when the stream ends inside a message that has a length prefix.
    pub fn finish(&mut self) -> Result<Option<&[u8]>, SplitError> {
        self.forget_given();
        if self.held.is_empty() {
            return Ok(None);
        }
        if self.split == Split::Length {
            return Err(match self.held.first_chunk() {
                None => SplitError::CutPrefix { received: self.held.len() },
                Some(prefix) => SplitError::CutMessage {
                    received: self.held.len().saturating_sub(PREFIX),
                    expected: length_of(*prefix),
                },
            });
        }
        self.given = true;
        Ok(Some(&self.held))
    }

    /// As [`Splitter::next_message`] for a message that lies whole in `input` and ends with a terminator; takes nothing and gives
    /// `None` where that is not so, or where it is too long. The piece does not borrow from the splitter, so that one can go
    /// through many of them.
    pub fn next_whole<'i>(&mut self, input: &mut &'i [u8]) -> Option<&'i [u8]> {
        self.forget_given();
        let terminator = match self.split {
            Split::Line => b'\n',
            Split::Nul => 0,
            Split::None | Split::Length | Split::Chunk | Split::Size(_) => return None,
        };
        if !self.held.is_empty() {
            return None;
        }
        let (part, rest) = terminated(terminator, input).filter(|(part, _)| part.len() <= self.limit)?;
        *input = rest;
        Some(part)
    }

    fn forget_given(&mut self) {
        if std::mem::take(&mut self.given) {
            self.held.clear();
        }
    }

    fn fits(&self, length: usize) -> Result<(), SplitError> {
        if length > self.limit { Err(SplitError::TooLarge { limit: self.limit }) } else { Ok(()) }
    }

    fn hold_all<'s>(&'s mut self, input: &mut &[u8]) -> Result<Option<&'s [u8]>, SplitError> {
        self.fits(self.held.len().saturating_add(input.len()))?;
        self.held.extend_from_slice(std::mem::take(input));
        Ok(None)
    }

    fn until<'s, 'i: 's>(&'s mut self, terminator: u8, input: &mut &'i [u8]) -> Result<Option<&'s [u8]>, SplitError> {
        let Some((part, rest)) = terminated(terminator, input) else { return self.hold_all(input) };
        self.fits(self.held.len().saturating_add(part.len()))?;
        *input = rest;
        if self.held.is_empty() {
            return Ok(Some(part));
        }
        self.held.extend_from_slice(part);
        self.given = true;
        Ok(Some(&self.held))
    }

    fn prefixed<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8]) -> Result<Option<&'s [u8]>, SplitError> {
        let prefix = match input.first_chunk() {
            Some(prefix) if self.held.is_empty() => *prefix,
            _ => {
                self.take_up_to(PREFIX, input);
                let Some(prefix) = self.held.first_chunk() else { return Ok(None) };
                *prefix
            }
        };
        let length = length_of(prefix);
        self.fits(length)?;
        Ok(self.exactly(length.saturating_add(PREFIX), PREFIX, input))
    }

    /// A message of `size` bytes, of which the first `skip` are not given out.
    fn exactly<'s, 'i: 's>(&'s mut self, size: usize, skip: usize, input: &mut &'i [u8]) -> Option<&'s [u8]> {
        if self.held.is_empty()
            && let Some((whole, rest)) = input.split_at_checked(size)
        {
            *input = rest;
            return whole.get(skip..);
        }
        if self.take_up_to(size, input) < size {
            return None;
        }
        self.given = true;
        self.held.get(skip..)
    }

    /// Moves bytes into `held` until it has `size`, or `input` is empty; gives how many it has then.
    fn take_up_to(&mut self, size: usize, input: &mut &[u8]) -> usize {
        let missing = size.saturating_sub(self.held.len()).min(input.len());
        if let Some((part, rest)) = input.split_at_checked(missing) {
            self.held.extend_from_slice(part);
            *input = rest;
        }
        self.held.len()
    }
}

/// What stands before the first terminator, and behind it.
fn terminated(terminator: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (part, rest) = input.split_at_checked(memchr::memchr(terminator, input)?)?;
    Some((part, rest.get(1..)?))
}

fn length_of(prefix: [u8; PREFIX]) -> usize {
    usize::try_from(u32::from_be_bytes(prefix)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunking::{cut, cuts};
    use proptest::prelude::*;
    use std::num::NonZeroU64;

    fn split_within(limit: usize, split: Split, chunks: &[&[u8]]) -> Result<Vec<Vec<u8>>, SplitError> {
        let mut splitter = Splitter::new(split, limit);
        let mut messages = Vec::new();
        for chunk in chunks {
            let mut input = *chunk;
            while let Some(message) = splitter.next_message(&mut input)? {
                messages.push(message.to_vec());
            }
            assert!(input.is_empty(), "bytes are left: {input:?}");
        }
        messages.extend(splitter.finish()?.map(<[u8]>::to_vec));
        assert_eq!(splitter.finish(), Ok(None), "the last message came twice");
        Ok(messages)
    }

    fn split(split: Split, chunks: &[&[u8]]) -> Vec<Vec<u8>> {
        split_within(1000, split, chunks).unwrap()
    }

    fn size(bytes: u64) -> Split {
        Split::Size(NonZeroU64::new(bytes).unwrap())
    }

    /// How to split, the chunks that are pushed, and the messages that come.
    type Case<'a> = (Split, &'a [&'a [u8]], &'a [&'a [u8]]);

    #[test]
    fn each_kind_finds_its_messages() {
        let table: [Case; 13] = [
            (Split::None, &[b"a\nb", b"\0c"], &[b"a\nb\0c"]),
            (Split::None, &[b"", b""], &[]),
            (Split::Line, &[b"a\n\nb\r\nc"], &[b"a", b"", b"b\r", b"c"]),
            (Split::Line, &[b"a", b"b\n"], &[b"ab"]),
            (Split::Line, &[b"a", b"\n", b"\n"], &[b"a", b""]),
            (Split::Line, &[], &[]),
            (Split::Nul, &[b"a\0\0b\nc"], &[b"a", b"", b"b\nc"]),
            (Split::Length, &[b"\0\0\0\x02ab\0\0\0\0\0\0\0\x01c"], &[b"ab", b"", b"c"]),
            (Split::Length, &[b"\0\0", b"\0\0\0\0\0\x01", b"c"], &[b"", b"c"]),
            (Split::Length, &[], &[]),
            (Split::Chunk, &[b"ab", b"", b"c\n"], &[b"ab", b"c\n"]),
            (size(2), &[b"abcd", b"e"], &[b"ab", b"cd", b"e"]),
            (size(u64::MAX), &[b"abcd", b"e"], &[b"abcde"]),
        ];
        for (kind, chunks, messages) in table {
            assert_eq!(split(kind, chunks), messages, "{kind:?} {chunks:?}");
        }
    }

    #[test]
    fn a_cut_message_with_a_length_prefix_is_an_error() {
        let stream = b"\0\0\0\x03abc";
        for cut in 1..stream.len() {
            let expected = match cut {
                1..4 => SplitError::CutPrefix { received: cut },
                _ => SplitError::CutMessage { received: cut - 4, expected: 3 },
            };
            assert_eq!(split_within(9, Split::Length, &[&stream[..cut]]), Err(expected), "cut at {cut}");
        }
    }

    #[test]
    fn the_limit_holds_for_every_kind_and_however_the_message_comes() {
        for (kind, message) in [
            (Split::None, &b"abcd"[..]),
            (Split::Line, b"abcd\n"),
            (Split::Nul, b"abcd\0"),
            (Split::Length, b"\0\0\0\x04abcd"),
            (size(4), b"abcd"),
        ] {
            for cut in 0..message.len() {
                let chunks = [&message[..cut], &message[cut..]];
                assert_eq!(split_within(4, kind, &chunks), Ok(vec![b"abcd".to_vec()]), "{kind:?} cut at {cut}");
                let error = Err(SplitError::TooLarge { limit: 3 });
                assert_eq!(split_within(3, kind, &chunks), error, "{kind:?} cut at {cut}");
            }
        }
        assert_eq!(split_within(3, Split::Chunk, &[b"abc", b"abcd"]), Err(SplitError::TooLarge { limit: 3 }));
        assert_eq!(split_within(3, size(9), &[b"ab", b"cd"]), Err(SplitError::TooLarge { limit: 3 }));
    }

    #[test]
    fn a_prefix_that_claims_four_gigabytes_takes_no_memory() {
        let mut splitter = Splitter::new(Split::Length, 1 << 20);
        assert!(splitter.next_message(&mut &b"\xff\xff\xff\xff"[..]).is_err());
        let mut splitter = Splitter::new(Split::Length, usize::MAX);
        assert_eq!(splitter.next_message(&mut &b"\xff\xff\xff\xffabc"[..]), Ok(None));
        assert!(splitter.held.capacity() < 100);
    }

    #[test]
    fn only_what_is_whole_fits_and_has_a_terminator_is_given_at_once() {
        let mut splitter = Splitter::new(Split::Line, 3);
        let mut input = &b"one\n\ntwo\nfour\nthr"[..];
        let whole: Vec<&[u8]> = std::iter::from_fn(|| splitter.next_whole(&mut input)).collect();
        assert_eq!((whole, input), (vec![&b"one"[..], b"", b"two"], &b"four\nthr"[..]));
        assert!(splitter.next_message(&mut input).is_err());

        let mut splitter = Splitter::new(Split::Nul, 9);
        assert_eq!(splitter.next_message(&mut &b"begun"[..]), Ok(None));
        let mut input = &b"end\0other\0"[..];
        assert_eq!(splitter.next_whole(&mut input), None);
        assert_eq!(splitter.next_message(&mut input), Ok(Some(&b"begunend"[..])));
        assert_eq!((splitter.next_whole(&mut input), input), (Some(&b"other"[..]), &b""[..]));

        for kind in [Split::None, Split::Length, Split::Chunk, size(2)] {
            assert_eq!(Splitter::new(kind, 9).next_whole(&mut &b"\0\0\0\x01a\n"[..]), None, "{kind:?}");
        }
    }

    #[test]
    fn a_whole_message_is_borrowed_from_the_input() {
        for (kind, stream) in
            [(Split::Line, &b"abc\n"[..]), (Split::Length, b"\0\0\0\x03abc"), (size(3), b"abc"), (Split::Chunk, b"abc")]
        {
            let mut splitter = Splitter::new(kind, 9);
            let mut input = stream;
            let message = splitter.next_message(&mut input).unwrap().unwrap();
            assert!(stream.as_ptr_range().contains(&message.as_ptr()), "{kind:?} copies");
        }
    }

    proptest! {
        #[test]
        fn joined_messages_come_back_however_the_stream_is_cut(
            messages in prop::collection::vec("[a\r]{0,9}", 0..8),
            cuts in cuts(),
        ) {
            let messages: Vec<Vec<u8>> = messages.into_iter().map(String::into_bytes).collect();
            for kind in [Split::Line, Split::Nul, Split::Length] {
                let mut stream = Vec::new();
                for message in &messages {
                    kind.join(message, &mut stream).unwrap();
                }
                prop_assert_eq!(&split(kind, &cut(&stream, &cuts)), &messages);
            }
        }

        #[test]
        fn any_stream_splits_as_its_model_however_it_is_cut(
            stream in prop::collection::vec(prop::sample::select(&b"\0\n\x01a"[..]), 0..40),
            length in 1..9u64,
            cuts in cuts(),
        ) {
            let chunks = cut(&stream, &cuts);
            let ended_by = |end: u8| {
                let mut parts: Vec<Vec<u8>> = stream.split(|byte| *byte == end).map(<[u8]>::to_vec).collect();
                if parts.last().is_some_and(Vec::is_empty) {
                    parts.pop();
                }
                parts
            };
            prop_assert_eq!(split(Split::Line, &chunks), ended_by(b'\n'));
            prop_assert_eq!(split(Split::Nul, &chunks), ended_by(0));
            prop_assert_eq!(split(size(length), &chunks), stream.chunks(length as usize).map(<[u8]>::to_vec).collect::<Vec<_>>());
            prop_assert_eq!(split(Split::None, &chunks).concat(), stream.clone());
            // Any bytes at all as length prefixes: cut anywhere, the outcome is that of the whole.
            prop_assert_eq!(split_within(300, Split::Length, &chunks), split_within(300, Split::Length, &[&stream]));
        }
    }
}
