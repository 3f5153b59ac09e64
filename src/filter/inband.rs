//! In-band commands as Tibbo devices have them (`--inband ESC,END`): splits a stream into its data and the commands
//! inside it. What a command means is not known here.
//!
//! ESC, one arbitrary character, the body, END is a command; ESC ESC in the data is one literal ESC. A body is taken
//! as it is up to END, an ESC in it included.

use std::str::FromStr;

use super::split_at_byte;

/// The longest command body in bytes; a stream that merely happens to contain ESC must not fill the memory.
pub const COMMAND_LIMIT: usize = 64 * 1024;

/// The two bytes that delimit a command; they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InbandMarks {
    escape: u8,
    end: u8,
}

/// The text is no `ESC,END`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InbandMarksError {
    /// Not two bytes with a comma between them.
    #[error("not a pair of in-band marks: {0:?}; type two single bytes as ESC,END, such as '$,%' or '0x1b,\\r'")]
    NotAPair(String),
    /// ESC and END are the same byte.
    #[error("the in-band marks are the same byte: {0:?}; type two different bytes as ESC,END, such as '$,%'")]
    SameByte(String),
}

impl FromStr for InbandMarks {
    type Err = InbandMarksError;

    /// Reads `ESC,END`: each a single ASCII character, `0x1b`, `\x1b`, or one of `\0 \t \n \r \e \\`. A comma is
    /// written `0x2c`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pair = text.split_once(',').and_then(|(escape, end)| Some((parse_byte(escape)?, parse_byte(end)?)));
        match pair {
            None => Err(InbandMarksError::NotAPair(text.to_owned())),
            Some((escape, end)) if escape == end => Err(InbandMarksError::SameByte(text.to_owned())),
            Some((escape, end)) => Ok(InbandMarks { escape, end }),
        }
    }
}

fn parse_byte(text: &str) -> Option<u8> {
    if let [byte] = text.as_bytes() {
        return Some(*byte);
    }
    let hex = ["0x", "0X", "\\x"].iter().find_map(|prefix| text.strip_prefix(prefix));
    match (hex, text) {
        // Checked digit by digit, as from_str_radix takes a sign.
        (Some(digits), _) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            u8::from_str_radix(digits, 16).ok()
        }
        (_, "\\0") => Some(0),
        (_, "\\t") => Some(b'\t'),
        (_, "\\n") => Some(b'\n'),
        (_, "\\r") => Some(b'\r'),
        (_, "\\e") => Some(0x1b),
        (_, "\\\\") => Some(b'\\'),
        _ => None,
    }
}

/// A part of the stream, in the order in which it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Data, never empty; one run of data may come as several pieces.
    Data(&'a [u8]),
    /// The body of one command, without its marks and its arbitrary character.
    Command(&'a [u8]),
}

/// Why a stream cannot be split further. What came before was given out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InbandError {
    /// A body is longer than [`COMMAND_LIMIT`].
    #[error(
        "in-band command is longer than {COMMAND_LIMIT} bytes: its end mark '{}' did not come",
        .end.escape_ascii()
    )]
    TooLong {
        /// END.
        end: u8,
    },
    /// The stream ended inside a command.
    #[error(
        "in-band command is unterminated: the stream ended after {received} bytes of it without its end mark '{}'",
        .end.escape_ascii()
    )]
    Unterminated {
        /// How many bytes of the command came, its ESC included.
        received: usize,
        /// END.
        end: u8,
    },
}

#[derive(Debug)]
enum State {
    Data,
    /// After an ESC.
    Escape,
    /// After the arbitrary character; the bytes of the body so far, from earlier pushes.
    Body(Vec<u8>),
}

/// Splits one stream.
#[derive(Debug)]
pub struct Inband {
    marks: InbandMarks,
    state: State,
}

impl Inband {
    /// A splitter at the start of a stream.
    pub fn new(marks: InbandMarks) -> Self {
        Inband { marks, state: State::Data }
    }

    /// Gives the pieces of `input` to `emit`; a command as soon as its END is there, data at once.
    ///
    /// Fails when a command body passes [`COMMAND_LIMIT`]; the stream cannot be split after that.
    pub fn push(&mut self, input: &[u8], mut emit: impl FnMut(Piece<'_>)) -> Result<(), InbandError> {
        let InbandMarks { escape, end } = self.marks;
        let mut rest = input;
        while let Some((first, after_first)) = rest.split_first() {
            match &mut self.state {
                State::Data => {
                    let (data, after) = match split_at_byte(escape, rest) {
                        Some((data, after)) => {
                            self.state = State::Escape;
                            (data, after)
                        }
                        None => (rest, &[][..]),
                    };
                    if !data.is_empty() {
                        emit(Piece::Data(data));
                    }
                    rest = after;
                }
                State::Escape => {
                    if *first == escape {
                        emit(Piece::Data(&[escape]));
                        self.state = State::Data;
                    } else {
                        self.state = State::Body(Vec::new());
                    }
                    rest = after_first;
                }
                State::Body(held) => {
                    let (part, after) = match split_at_byte(end, rest) {
                        Some((part, after)) => (part, Some(after)),
                        None => (rest, None),
                    };
                    if held.len() + part.len() > COMMAND_LIMIT {
                        return Err(InbandError::TooLong { end });
                    }
                    let Some(after) = after else {
                        held.extend_from_slice(part);
                        return Ok(());
                    };
                    if held.is_empty() {
                        emit(Piece::Command(part));
                    } else {
                        held.extend_from_slice(part);
                        emit(Piece::Command(held));
                    }
                    self.state = State::Data;
                    rest = after;
                }
            }
        }
        Ok(())
    }

    /// Ends the stream; fails when that is in the middle of a command.
    pub fn finish(self) -> Result<(), InbandError> {
        let received = match self.state {
            State::Data => return Ok(()),
            State::Escape => 1,
            State::Body(held) => 2 + held.len(),
        };
        Err(InbandError::Unterminated { received, end: self.marks.end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunking::{cut, cuts};
    use proptest::prelude::*;

    const MARKS: InbandMarks = InbandMarks { escape: b'$', end: b'%' };

    /// All the data, and each command with the number of data bytes before it.
    type Split = (Vec<u8>, Vec<(usize, Vec<u8>)>);

    fn split(chunks: &[&[u8]]) -> (Split, Result<(), InbandError>) {
        let (mut data, mut commands) = (Vec::new(), Vec::new());
        let mut inband = Inband::new(MARKS);
        for chunk in chunks {
            inband
                .push(chunk, |piece| match piece {
                    Piece::Data(bytes) => {
                        assert!(!bytes.is_empty(), "data without a byte");
                        data.extend_from_slice(bytes);
                    }
                    Piece::Command(body) => commands.push((data.len(), body.to_vec())),
                })
                .unwrap();
        }
        ((data, commands), inband.finish())
    }

    #[test]
    fn the_example_of_the_device_manual() {
        let ((data, commands), end) = split(&[b"ABCD$#inband command%EFG$$123"]);
        assert_eq!(data, b"ABCDEFG$123");
        assert_eq!(commands, [(4, b"inband command".to_vec())]);
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn the_example_is_the_same_when_cut_at_every_byte() {
        let stream = b"ABCD$#inband command%EFG$$123";
        for at in 0..=stream.len() {
            assert_eq!(split(&[&stream[..at], &stream[at..]]), split(&[stream]), "cut at {at}");
        }
    }

    #[test]
    fn marks_inside_a_command_and_empty_bodies() {
        let commands = |stream: &[u8]| split(&[stream]).0.1;
        assert_eq!(commands(b"$%body%"), [(0, b"body".to_vec())]);
        assert_eq!(commands(b"$#a$b$$c%"), [(0, b"a$b$$c".to_vec())]);
        assert_eq!(commands(b"x$#%$#%"), [(1, Vec::new()), (1, Vec::new())]);
        assert_eq!(split(&[b"100%$$%$$"]).0, (b"100%$%$".to_vec(), Vec::new()));
    }

    #[test]
    fn an_unterminated_command_is_reported_with_what_came_of_it() {
        for (stream, received) in [(&b"data$"[..], 1), (b"data$#", 2), (b"data$#abc", 5)] {
            assert_eq!(split(&[stream]).1, Err(InbandError::Unterminated { received, end: b'%' }));
        }
    }

    #[test]
    fn a_body_at_the_limit_passes_and_one_byte_more_is_an_error() {
        let body = vec![b'x'; COMMAND_LIMIT];
        let stream = [b"$#", &body[..], b"%after"].concat();
        assert_eq!(split(&[&stream]).0, (b"after".to_vec(), vec![(0, body.clone())]));

        let mut inband = Inband::new(MARKS);
        inband.push(b"$#", |_| ()).unwrap();
        inband.push(&body, |_| panic!("nothing is complete")).unwrap();
        let error = inband.push(b"x", |_| panic!("nothing is complete")).unwrap_err();
        assert_eq!(error.to_string(), "in-band command is longer than 65536 bytes: its end mark '%' did not come");
        assert_eq!(Inband::new(MARKS).push(&[b"$#x", &body[..], b"%"].concat(), |_| ()), Err(error));
    }

    #[test]
    fn marks_are_read_in_every_notation() {
        for (text, escape, end) in [
            ("$,%", b'$', b'%'),
            ("0x1b,\\r", 0x1b, b'\r'),
            ("\\x1B,0XA", 0x1b, b'\n'),
            ("\\e,\\0", 0x1b, 0),
            ("\\\\,\\t", b'\\', b'\t'),
            ("0x2c,\\n", b',', b'\n'),
            ("0xff,0", 0xff, b'0'),
        ] {
            assert_eq!(text.parse(), Ok(InbandMarks { escape, end }), "{text}");
        }
        for text in ["", "$", "$%", "$,", ",%", ",,%", "$,%,#", "é,%", "0x,1", "0x+1,1", "0x100,1", "\\q,1", "ab,c"] {
            assert_eq!(text.parse::<InbandMarks>(), Err(InbandMarksError::NotAPair(text.into())), "{text}");
        }
        assert_eq!("$,0x24".parse::<InbandMarks>(), Err(InbandMarksError::SameByte("$,0x24".into())));
    }

    fn bytes(alphabet: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(alphabet), 0..6)
    }

    fn data_and_command() -> impl Strategy<Value = (Vec<u8>, Option<(u8, Vec<u8>)>)> {
        let arbitrary = any::<u8>().prop_filter("a doubled ESC is none", |byte| *byte != MARKS.escape);
        (bytes(b"a$%\0\xff"), prop::option::of((arbitrary, bytes(b"a$\0\xff"))))
    }

    proptest! {
        #[test]
        fn what_was_put_in_comes_out_however_the_stream_is_cut(
            parts in prop::collection::vec(data_and_command(), 0..6),
            cuts in cuts(),
        ) {
            let (mut stream, mut data, mut commands) = (Vec::new(), Vec::new(), Vec::new());
            for (plain, command) in parts {
                for byte in plain {
                    stream.push(byte);
                    data.push(byte);
                    if byte == MARKS.escape {
                        stream.push(byte);
                    }
                }
                if let Some((arbitrary, body)) = command {
                    stream.extend([MARKS.escape, arbitrary]);
                    stream.extend(&body);
                    stream.push(MARKS.end);
                    commands.push((data.len(), body));
                }
            }
            prop_assert_eq!(split(&cut(&stream, &cuts)), ((data, commands), Ok(())));
        }
    }
}
