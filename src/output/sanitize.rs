//! Makes a peer's bytes safe to show on a terminal: what could move the cursor, change the terminal or reverse the
//! reading order is written as an escape, everything printable passes. For eyes only: the escapes are not
//! unambiguous, and a pipe gets the bytes as they are.

use std::str;

/// Sanitizes one stream.
///
/// LF and tab pass, and CR LF becomes LF. A lone CR, which would overwrite the line, is written `\r`; other control
/// characters and bytes that are not UTF-8 `\xNN`; C1 controls and the characters that control the direction of text
/// (UAX #9 section 2) `\u{NNNN}`.
#[derive(Debug, Default)]
pub struct Sanitizer {
    /// What the end of the last push leaves open: a CR, or the at most 3 bytes of an incomplete UTF-8 sequence.
    held: Vec<u8>,
}

impl Sanitizer {
    /// A sanitizer at the start of a stream.
    pub fn new() -> Self {
        Sanitizer::default()
    }

    /// Appends what is safe to show to `output`; a CR or an incomplete UTF-8 sequence at the end is held.
    pub fn push(&mut self, input: &[u8], output: &mut String) {
        let mut chunks = self.complete_held(input, output).utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            let last = chunks.peek().is_none();
            let mut text = chunk.valid();
            if last
                && chunk.invalid().is_empty()
                && let Some(before) = text.strip_suffix('\r')
            {
                self.held.push(b'\r');
                text = before;
            }
            push_text(text, output);
            if last && is_incomplete(chunk.invalid()) {
                self.held.extend_from_slice(chunk.invalid());
            } else {
                push_escaped(chunk.invalid(), output);
            }
        }
    }

    /// Whether something is held. It is too little to see, but a prompt may end with it: call [`Sanitizer::finish`]
    /// when the peer falls silent.
    pub fn pending(&self) -> bool {
        !self.held.is_empty()
    }

    /// Appends what is held, escaped. The stream may go on afterwards.
    pub fn finish(&mut self, output: &mut String) {
        if self.held == b"\r" {
            output.push_str("\\r");
        } else {
            push_escaped(&self.held, output);
        }
        self.held.clear();
    }

    /// Settles what is held with the first bytes of `input`; gives the others.
    fn complete_held<'i>(&mut self, input: &'i [u8], output: &mut String) -> &'i [u8] {
        let mut rest = input;
        while let (false, Some((next, after))) = (self.held.is_empty(), rest.split_first()) {
            if self.held == b"\r" {
                if *next != b'\n' {
                    output.push_str("\\r");
                }
                self.held.clear();
                break;
            }
            self.held.push(*next);
            match str::from_utf8(&self.held) {
                Ok(text) => {
                    push_text(text, output);
                    self.held.clear();
                    rest = after;
                }
                Err(error) if error.error_len().is_none() => rest = after,
                // The sequence ends before this byte, which begins anew.
                Err(_) => {
                    self.held.pop();
                    self.finish(output);
                }
            }
        }
        rest
    }
}

fn is_incomplete(invalid: &[u8]) -> bool {
    str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none())
}

fn push_escaped(bytes: &[u8], output: &mut String) {
    for byte in bytes {
        output.push_str(&format!("\\x{byte:02x}"));
    }
}

/// Appends text in which a CR at the end is a lone one.
fn push_text(text: &str, output: &mut String) {
    output.reserve(text.len());
    let mut rest = text;
    while let Some((at, control)) = rest.char_indices().find(|(_, c)| is_unsafe(*c)) {
        let Some((safe, from_control)) = rest.split_at_checked(at) else { break };
        output.push_str(safe);
        rest = from_control.get(control.len_utf8()..).unwrap_or_default();
        match control {
            '\r' if rest.starts_with('\n') => {}
            '\r' => output.push_str("\\r"),
            '\0'..='\x7f' => output.push_str(&format!("\\x{:02x}", u32::from(control))),
            _ => output.push_str(&format!("\\u{{{:x}}}", u32::from(control))),
        }
    }
    output.push_str(rest);
}

/// A character that is safe to show on its own line: itself or an escape.
pub fn escaped(character: char) -> String {
    match character {
        '\0'..='\x1f' | '\x7f' => format!("\\x{:02x}", u32::from(character)),
        c if is_unsafe(c) => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    }
}

/// C0 but LF and tab, DEL, C1, and the characters with the property Bidi_Control.
fn is_unsafe(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunking::{cut, cuts};
    use proptest::prelude::*;

    fn sanitized(chunks: &[&[u8]]) -> String {
        let (mut sanitizer, mut output) = (Sanitizer::new(), String::new());
        for chunk in chunks {
            sanitizer.push(chunk, &mut output);
        }
        sanitizer.finish(&mut output);
        output
    }

    #[test]
    fn what_is_printable_passes() {
        for text in ["plain\n\ttext \\x1b", "grüße, 日本語, 👩‍👩‍👧, שלום", "\u{fffd}", ""] {
            assert_eq!(sanitized(&[text.as_bytes()]), text);
        }
    }

    #[test]
    fn what_would_reach_the_terminal_is_escaped() {
        let table: [(&[u8], &str); 12] = [
            (b"\x1b[2J\x07", "\\x1b[2J\\x07"),
            (b"\0\x08\x7f", "\\x00\\x08\\x7f"),
            (b"a\r\nb\n", "a\nb\n"),
            (b"real\rfake", "real\\rfake"),
            (b"\r\r\n\r", "\\r\n\\r"),
            ("\u{9b}31m\u{85}".as_bytes(), "\\u{9b}31m\\u{85}"),
            ("\u{202e}cba\u{202c}".as_bytes(), "\\u{202e}cba\\u{202c}"),
            ("\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}".as_bytes(), "\\u{2066}\\u{2069}\\u{200e}\\u{200f}\\u{61c}"),
            (b"\x9b31m\xff", "\\x9b31m\\xff"),
            (b"\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80"),
            (b"\xe2\x82\n\xf0\x9f\x98", "\\xe2\\x82\n\\xf0\\x9f\\x98"),
            (b"\xe2\x82\x1b", "\\xe2\\x82\\x1b"),
        ];
        for (bytes, shown) in table {
            assert_eq!(sanitized(&[bytes]), shown);
        }
    }

    #[test]
    fn a_character_cut_over_pushes_is_one_character() {
        assert_eq!(sanitized(&[b"\xf0", b"", b"\x9f\x98", b"\x80\r", b"\n\xe2", b"\xe2\x82\xac"]), "😀\n\\xe2€");
        assert_eq!(sanitized(&[b"\xc2", b"\x9b"]), "\\u{9b}");
        assert_eq!(sanitized(&[b"a\r", b"\r", b"\xc3", b"\r", b"\n"]), "a\\r\\r\\xc3\n");
    }

    #[test]
    fn what_is_held_can_be_shown_when_the_peer_falls_silent() {
        let (mut sanitizer, mut output) = (Sanitizer::new(), String::new());
        sanitizer.push(b"prompt>\r", &mut output);
        assert!(sanitizer.pending());
        sanitizer.finish(&mut output);
        assert!(!sanitizer.pending());
        sanitizer.push(b"\nok", &mut output);
        assert_eq!(output, "prompt>\\r\nok");
    }

    const SPECIAL: &[&[u8]] = &[b"\r", b"\n", b"\r\n", b"\x1b", b"\xc2", b"\xe2\x80", b"\xae", b"a"];

    proptest! {
        #[test]
        fn nothing_unsafe_comes_out_however_the_stream_is_cut(
            parts in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(SPECIAL).prop_map(<[u8]>::to_vec),
                    any::<char>().prop_map(|c| c.to_string().into_bytes()),
                    prop::collection::vec(any::<u8>(), 0..4),
                ],
                0..12,
            ),
            cuts in cuts(),
        ) {
            let stream = parts.concat();
            let shown = sanitized(&cut(&stream, &cuts));
            prop_assert!(!shown.contains(is_unsafe), "{shown:?}");
            prop_assert_eq!(shown, model(&stream));
        }
    }

    /// Character by character, from the whole stream.
    fn model(stream: &[u8]) -> String {
        let mut shown = String::new();
        for chunk in stream.utf8_chunks() {
            for c in chunk.valid().replace("\r\n", "\n").chars() {
                match c {
                    '\r' => shown += "\\r",
                    '\n' | '\t' => shown.push(c),
                    '\0'..='\x1f' | '\x7f' => shown += &format!("\\x{:02x}", c as u32),
                    '\u{80}'..='\u{9f}' => shown += &format!("\\u{{{:x}}}", c as u32),
                    c if "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".contains(c) => {
                        shown += &format!("\\u{{{:x}}}", c as u32);
                    }
                    c => shown.push(c),
                }
            }
            shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
        }
        shown
    }
}
