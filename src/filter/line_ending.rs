//! Line endings between this side, which ends lines with LF, and a peer that ends them its own way (`--eol`).
//! One converter for each direction of a connection; nothing here knows which direction of which connection it is.
//!
//! Neither converter doubles a CR or deletes a lone one, and both keep their state across pushes.

use std::str::FromStr;

use super::split_at_byte;

/// How the peer ends its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnding {
    /// LF, as here: nothing to convert.
    Lf,
    /// CR LF, as most text protocols.
    CrLf,
    /// CR.
    Cr,
    /// Not text: nothing to convert.
    None,
}

/// The text names no line ending.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a line ending: {0:?}; type lf, crlf, cr or none")]
pub struct LineEndingError(String);

impl FromStr for LineEnding {
    type Err = LineEndingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "lf" => Ok(LineEnding::Lf),
            "crlf" => Ok(LineEnding::CrLf),
            "cr" => Ok(LineEnding::Cr),
            "none" => Ok(LineEnding::None),
            _ => Err(LineEndingError(text.to_owned())),
        }
    }
}

impl LineEnding {
    /// Whether a stream is changed at all; where not, its bytes may take a path without the converters.
    pub fn converts(self) -> bool {
        matches!(self, LineEnding::CrLf | LineEnding::Cr)
    }

    /// What ends a line that is written for this peer; LF where nothing is converted.
    pub fn terminator(self) -> &'static [u8] {
        match self {
            LineEnding::CrLf => b"\r\n",
            LineEnding::Cr => b"\r",
            LineEnding::Lf | LineEnding::None => b"\n",
        }
    }
}

/// Converts what is sent: a line that ends with LF or CR LF ends as the peer wants it.
///
/// It never holds a byte back, so there is nothing to finish.
#[derive(Debug)]
pub struct Outgoing {
    kind: LineEnding,
    /// The last byte that was pushed is a CR, and has been written.
    after_cr: bool,
}

impl Outgoing {
    /// A converter at the start of a stream to a peer of this kind.
    pub fn new(kind: LineEnding) -> Self {
        Outgoing { kind, after_cr: false }
    }

    /// Appends the converted `input` to `output`.
    pub fn push(&mut self, input: &[u8], output: &mut Vec<u8>) {
        let (after_text, after_cr): (&[u8], &[u8]) = match self.kind {
            LineEnding::Lf | LineEnding::None => return output.extend_from_slice(input),
            LineEnding::CrLf => (b"\r\n", b"\n"),
            LineEnding::Cr => (b"\r", b""),
        };
        output.reserve(input.len());
        let mut rest = input;
        while let Some((line, after)) = split_at_byte(b'\n', rest) {
            output.extend_from_slice(line);
            self.remember(line);
            output.extend_from_slice(if self.after_cr { after_cr } else { after_text });
            self.after_cr = false;
            rest = after;
        }
        output.extend_from_slice(rest);
        self.remember(rest);
    }

    fn remember(&mut self, written: &[u8]) {
        if let Some(last) = written.last() {
            self.after_cr = *last == b'\r';
        }
    }
}

/// Converts what is received: the peer's line endings become LF.
///
/// From a `crlf` peer CR LF becomes LF, and a lone CR or LF stays. From a `cr` peer CR becomes LF; CR LF there is one
/// line end, not two, for such peers that sometimes write both.
#[derive(Debug)]
pub struct Incoming {
    kind: LineEnding,
    /// The last byte that was pushed is a CR: held back (`crlf`), or written as the LF it becomes (`cr`).
    after_cr: bool,
}

impl Incoming {
    /// A converter at the start of a stream from a peer of this kind.
    pub fn new(kind: LineEnding) -> Self {
        Incoming { kind, after_cr: false }
    }

    /// Appends the converted `input` to `output`, but for a CR at its end that may be half of a CR LF: see
    /// [`Incoming::pending`].
    pub fn push(&mut self, input: &[u8], output: &mut Vec<u8>) {
        match self.kind {
            LineEnding::Lf | LineEnding::None => output.extend_from_slice(input),
            // Nothing came: a CR before it is still the last byte.
            LineEnding::CrLf | LineEnding::Cr if input.is_empty() => {}
            LineEnding::CrLf => self.push_crlf(input, output),
            LineEnding::Cr => self.push_cr(input, output),
        }
    }

    fn push_crlf(&mut self, input: &[u8], output: &mut Vec<u8>) {
        output.reserve(input.len());
        if self.after_cr && input.first() != Some(&b'\n') {
            output.push(b'\r');
        }
        self.after_cr = input.last() == Some(&b'\r');
        let mut rest = input;
        while let Some((before, after)) = split_at_byte(b'\r', rest) {
            output.extend_from_slice(before);
            if after.first().is_some_and(|next| *next != b'\n') {
                output.push(b'\r');
            }
            rest = after;
        }
        output.extend_from_slice(rest);
    }

    fn push_cr(&mut self, input: &[u8], output: &mut Vec<u8>) {
        output.reserve(input.len());
        let mut rest = if self.after_cr { without_lf(input) } else { input };
        self.after_cr = input.last() == Some(&b'\r');
        while let Some((line, after)) = split_at_byte(b'\r', rest) {
            output.extend_from_slice(line);
            output.push(b'\n');
            rest = without_lf(after);
        }
        output.extend_from_slice(rest);
    }

    /// Whether a CR is held back. It must not wait for ever, as it may end a prompt: when the peer falls silent (some
    /// tens of milliseconds are enough, CR and LF mostly come together) and at the end of the stream, call
    /// [`Incoming::finish`].
    pub fn pending(&self) -> bool {
        self.kind == LineEnding::CrLf && self.after_cr
    }

    /// Appends a held-back CR. The stream may go on afterwards; an LF that comes only then stays, as the CR before it
    /// has left.
    pub fn finish(&mut self, output: &mut Vec<u8>) {
        if self.pending() {
            output.push(b'\r');
            self.after_cr = false;
        }
    }
}

fn without_lf(input: &[u8]) -> &[u8] {
    input.strip_prefix(b"\n").unwrap_or(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunking::{cut, cuts};
    use proptest::prelude::*;
    use regex::bytes::Regex;

    const KINDS: [LineEnding; 4] = [LineEnding::Lf, LineEnding::CrLf, LineEnding::Cr, LineEnding::None];

    /// The kind, the chunks that are pushed, and what comes out.
    type Case<'a> = (LineEnding, &'a [&'a [u8]], &'a [u8]);

    fn outgoing(kind: LineEnding, chunks: &[&[u8]]) -> Vec<u8> {
        let (mut converter, mut output) = (Outgoing::new(kind), Vec::new());
        for chunk in chunks {
            converter.push(chunk, &mut output);
        }
        output
    }

    fn incoming(kind: LineEnding, chunks: &[&[u8]]) -> Vec<u8> {
        let (mut converter, mut output) = (Incoming::new(kind), Vec::new());
        for chunk in chunks {
            converter.push(chunk, &mut output);
        }
        converter.finish(&mut output);
        output
    }

    fn replaced(pattern: &str, by: &[u8], input: &[u8]) -> Vec<u8> {
        Regex::new(pattern).unwrap().replace_all(input, by).into_owned()
    }

    #[test]
    fn kinds_are_read_and_anything_else_is_refused_with_the_choices() {
        let kinds = ["lf", "crlf", "cr", "none"].map(|text| text.parse::<LineEnding>().unwrap());
        assert_eq!(kinds, KINDS);
        assert_eq!("CRLF".parse(), Ok(LineEnding::CrLf));
        let message = "dos".parse::<LineEnding>().unwrap_err().to_string();
        assert_eq!(message, "not a line ending: \"dos\"; type lf, crlf, cr or none");
    }

    #[test]
    fn a_written_line_ends_as_its_conversion_does() {
        for kind in KINDS {
            assert_eq!(kind.terminator(), outgoing(kind, &[b"\n"]));
            assert_eq!(kind.converts(), kind.terminator() != b"\n");
        }
    }

    #[test]
    fn outgoing_lines_get_the_ending_of_the_peer() {
        let table: [Case; 9] = [
            (LineEnding::CrLf, &[b"a\nb\n\nc"], b"a\r\nb\r\n\r\nc"),
            (LineEnding::CrLf, &[b"a\r\nb\n"], b"a\r\nb\r\n"),
            (LineEnding::CrLf, &[b"a\r", b"\nb\n"], b"a\r\nb\r\n"),
            (LineEnding::CrLf, &[b"a\r", b"", b"\n\n"], b"a\r\n\r\n"),
            (LineEnding::CrLf, &[b"a\rb\r", b"c\n\r"], b"a\rb\rc\r\n\r"),
            (LineEnding::CrLf, &[b"\r\r\n"], b"\r\r\n"),
            (LineEnding::Cr, &[b"a\nb\r", b"\nc\r"], b"a\rb\rc\r"),
            (LineEnding::Lf, &[b"a\r\n\r\n"], b"a\r\n\r\n"),
            (LineEnding::None, &[b"a\n\r\n"], b"a\n\r\n"),
        ];
        for (kind, chunks, expected) in table {
            assert_eq!(outgoing(kind, chunks).escape_ascii().to_string(), expected.escape_ascii().to_string());
        }
    }

    #[test]
    fn incoming_lines_end_with_lf() {
        let table: [Case; 9] = [
            (LineEnding::CrLf, &[b"a\r\nb\r\n\r\nc"], b"a\nb\n\nc"),
            (LineEnding::CrLf, &[b"a\r", b"\nb\r", b"c"], b"a\nb\rc"),
            (LineEnding::CrLf, &[b"a\r", b"", b"\n"], b"a\n"),
            (LineEnding::CrLf, &[b"50%\r60%\rdone\n"], b"50%\r60%\rdone\n"),
            (LineEnding::CrLf, &[b"\r\r", b"\r\n\r"], b"\r\r\n\r"),
            (LineEnding::Cr, &[b"a\rb\r\rc"], b"a\nb\n\nc"),
            (LineEnding::Cr, &[b"a\r", b"", b"\nb\n\r\n"], b"a\nb\n\n"),
            (LineEnding::Lf, &[b"a\r\n\r"], b"a\r\n\r"),
            (LineEnding::None, &[b"a\r\n\r"], b"a\r\n\r"),
        ];
        for (kind, chunks, expected) in table {
            assert_eq!(incoming(kind, chunks).escape_ascii().to_string(), expected.escape_ascii().to_string());
        }
    }

    #[test]
    fn a_cr_that_was_flushed_on_idle_is_not_written_again() {
        let (mut converter, mut output) = (Incoming::new(LineEnding::CrLf), Vec::new());
        converter.push(b"prompt>\r", &mut output);
        assert!(converter.pending());
        assert_eq!(output, b"prompt>");
        converter.finish(&mut output);
        assert!(!converter.pending());
        converter.finish(&mut output);
        converter.push(b"\nnext\r\n", &mut output);
        assert_eq!(output, b"prompt>\r\nnext\n");
    }

    #[test]
    fn a_long_stream_without_a_newline_takes_constant_memory() {
        let chunk = vec![b'x'; 1 << 20];
        let (mut out, mut back) = (Outgoing::new(LineEnding::CrLf), Incoming::new(LineEnding::CrLf));
        let (mut sent, mut received) = (Vec::new(), Vec::new());
        let mut total = 0;
        for _ in 0..100 {
            sent.clear();
            received.clear();
            out.push(&chunk, &mut sent);
            back.push(&sent, &mut received);
            total += received.len();
        }
        assert_eq!(total, 100 << 20);
        assert!(sent.capacity() <= 2 << 20 && received.capacity() <= 2 << 20);
    }

    /// A stream of text and line ends.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(&b"a\r\n"[..]), 0..40)
    }

    proptest! {
        #[test]
        fn outgoing_is_its_model_however_the_stream_is_cut(whole in stream(), cuts in cuts()) {
            let slices = cut(&whole, &cuts);
            prop_assert_eq!(outgoing(LineEnding::CrLf, &slices), replaced("\r?\n", b"\r\n", &whole));
            prop_assert_eq!(outgoing(LineEnding::Cr, &slices), replaced("\r?\n", b"\r", &whole));
            prop_assert_eq!(&outgoing(LineEnding::Lf, &slices), &whole);
            prop_assert_eq!(&outgoing(LineEnding::None, &slices), &whole);
        }

        #[test]
        fn incoming_is_its_model_however_the_stream_is_cut(whole in stream(), cuts in cuts()) {
            let slices = cut(&whole, &cuts);
            prop_assert_eq!(incoming(LineEnding::CrLf, &slices), replaced("\r\n", b"\n", &whole));
            prop_assert_eq!(incoming(LineEnding::Cr, &slices), replaced("\r\n?", b"\n", &whole));
            prop_assert_eq!(&incoming(LineEnding::Lf, &slices), &whole);
            prop_assert_eq!(&incoming(LineEnding::None, &slices), &whole);
        }

        #[test]
        fn no_cr_is_doubled_and_no_lone_one_is_lost(whole in stream(), cuts in cuts()) {
            let slices = cut(&whole, &cuts);
            let crs = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\r').count();
            let crlfs = |bytes: &[u8]| bytes.windows(2).filter(|pair| pair == b"\r\n").count();
            let lfs = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
            let lone = crs(&whole) - crlfs(&whole);
            let sent = outgoing(LineEnding::CrLf, &slices);
            prop_assert_eq!(crs(&sent), lone + lfs(&whole));
            prop_assert_eq!(crlfs(&sent), lfs(&sent));
            prop_assert_eq!(crs(&incoming(LineEnding::CrLf, &slices)), lone);
        }
    }
}
