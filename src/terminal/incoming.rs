//! What a peer sends, made into lines that are safe to show. Memory is bounded whatever comes.

use super::mark::{Entry, Mark};
use crate::output::hex::HexDump;
use crate::output::sanitize::Sanitizer;

/// A line that is longer is shown in pieces, in bytes.
const LONGEST: usize = 64 << 10;

/// The lines of one stream, or of one message after the other.
#[derive(Debug, Default)]
pub struct Incoming {
    sanitizer: Sanitizer,
    /// The line that is not at its end.
    unfinished: String,
    /// Whether a part of that line, or of that message, has been given already.
    begun: bool,
    /// Set while bytes are shown in hexadecimal.
    hex: Option<HexDump>,
}

impl Incoming {
    /// Whether bytes are shown in hexadecimal.
    pub fn is_hex(&self) -> bool {
        self.hex.is_some()
    }

    /// Shows bytes in hexadecimal from now on, or as text again. An unfinished line is given as it is.
    pub fn set_hex(&mut self, hex: bool, lines: &mut Vec<Entry>) {
        if hex != self.is_hex() {
            self.finish(lines);
            self.hex = hex.then(HexDump::new);
        }
    }

    /// Takes bytes of a stream and appends the lines that they complete.
    pub fn push(&mut self, bytes: &[u8], lines: &mut Vec<Entry>) {
        if let Some(dump) = &mut self.hex {
            let mut rows = Vec::new();
            dump.push(bytes, &mut rows);
            dump.finish(&mut rows);
            let rows = String::from_utf8_lossy(&rows);
            lines.extend(rows.lines().map(|row| Entry::new(Mark::In, row)));
            return;
        }
        self.sanitizer.push(bytes, &mut self.unfinished);
        self.take_lines(false, lines);
    }

    /// Takes one message and appends its lines; all but the first are marked as the rest of it.
    pub fn push_message(&mut self, message: &[u8], lines: &mut Vec<Entry>) {
        if self.is_hex() {
            // Each message is counted from 0.
            self.hex = Some(HexDump::new());
            if message.is_empty() {
                lines.push(Entry::new(Mark::In, "(empty)"));
            }
            return self.push(message, lines);
        }
        self.sanitizer.push(message.strip_suffix(b"\n").unwrap_or(message), &mut self.unfinished);
        self.sanitizer.finish(&mut self.unfinished);
        self.take_lines(true, lines);
        let last = std::mem::take(&mut self.unfinished);
        lines.push(Entry::new(self.mark(), last));
        self.begun = false;
    }

    /// The line that is not at its end, such as a prompt, and its mark.
    pub fn unfinished(&self) -> Option<(Mark, &str)> {
        (!self.unfinished.is_empty()).then(|| (self.mark(), self.unfinished.as_str()))
    }

    /// The line that is not at its end has been answered: appends it, and what comes then is another line for the eye.
    pub fn answered(&mut self, lines: &mut Vec<Entry>) {
        if !self.unfinished.is_empty() {
            let prompt = std::mem::take(&mut self.unfinished);
            lines.push(Entry::new(self.mark(), prompt));
            self.begun = false;
        }
    }

    /// The stream is at its end: appends the unfinished line.
    pub fn finish(&mut self, lines: &mut Vec<Entry>) {
        self.sanitizer.finish(&mut self.unfinished);
        if !self.unfinished.is_empty() {
            let last = std::mem::take(&mut self.unfinished);
            lines.push(Entry::new(self.mark(), last));
        }
        self.begun = false;
    }

    fn mark(&self) -> Mark {
        if self.begun { Mark::Rest } else { Mark::In }
    }

    fn take_lines(&mut self, of_one_message: bool, lines: &mut Vec<Entry>) {
        let text = std::mem::take(&mut self.unfinished);
        let mut rest = text.as_str();
        while let Some((line, after)) = rest.split_once('\n') {
            lines.push(Entry::new(self.mark(), line));
            self.begun = of_one_message;
            rest = after;
        }
        while rest.len() > LONGEST {
            let Some((piece, after)) = rest.split_at_checked(rest.floor_char_boundary(LONGEST)) else { break };
            lines.push(Entry::new(self.mark(), piece));
            self.begun = true;
            rest = after;
        }
        self.unfinished.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunking::{cut, cuts};
    use proptest::prelude::*;

    fn shown(entries: &[Entry]) -> Vec<String> {
        entries.iter().map(|entry| format!("{}{}", entry.mark.text(), entry.text)).collect()
    }

    #[test]
    fn lines_are_given_whole_and_a_prompt_waits() {
        let (mut incoming, mut lines) = (Incoming::default(), Vec::new());
        incoming.push(b"220 hel", &mut lines);
        assert_eq!((lines.len(), incoming.unfinished()), (0, Some((Mark::In, "220 hel"))));
        incoming.push(b"lo\r\n\r\nlogin: ", &mut lines);
        assert_eq!(shown(&lines), ["< 220 hello", "< "]);
        assert_eq!(incoming.unfinished(), Some((Mark::In, "login: ")));
        lines.clear();
        incoming.finish(&mut lines);
        assert_eq!((shown(&lines), incoming.unfinished()), (vec!["< login: ".to_owned()], None));
    }

    #[test]
    fn a_prompt_that_was_answered_stands_above_the_answer() {
        let (mut incoming, mut lines) = (Incoming::default(), Vec::new());
        incoming.push(b"login: ", &mut lines);
        incoming.answered(&mut lines);
        incoming.answered(&mut lines);
        incoming.push(b"hello\n", &mut lines);
        assert_eq!(shown(&lines), ["< login: ", "< hello"]);
    }

    #[test]
    fn what_controls_terminals_is_escaped() {
        let (mut incoming, mut lines) = (Incoming::default(), Vec::new());
        incoming.push(b"\x1b[2J\x1b]0;title\x07\x9b\n", &mut lines);
        assert_eq!(shown(&lines), ["< \\x1b[2J\\x1b]0;title\\x07\\x9b"]);
    }

    #[test]
    fn a_message_is_one_whatever_lines_it_has() {
        let (mut incoming, mut lines) = (Incoming::default(), Vec::new());
        for message in ["one\ntwo\n", "", "three"] {
            incoming.push_message(message.as_bytes(), &mut lines);
        }
        assert_eq!(shown(&lines), ["< one", "  two", "< ", "< three"]);
        assert_eq!(incoming.unfinished(), None);
    }

    #[test]
    fn hex_is_switched_on_and_off_in_the_middle_of_a_line() {
        let (mut incoming, mut lines) = (Incoming::default(), Vec::new());
        incoming.push(b"prompt", &mut lines);
        incoming.set_hex(true, &mut lines);
        incoming.push(b"\0\n", &mut lines);
        incoming.set_hex(false, &mut lines);
        incoming.push(b"text\n", &mut lines);
        let shown = shown(&lines);
        assert_eq!(
            (shown.first().map(String::as_str), shown.last().map(String::as_str)),
            (Some("< prompt"), Some("< text"))
        );
        assert!(shown.get(1).is_some_and(|row| row.starts_with("< 00000000  00 0a ")), "{shown:?}");
    }

    #[test]
    fn a_line_without_an_end_takes_bounded_memory() {
        let (mut incoming, mut lines) = (Incoming::default(), Vec::new());
        let (mut total, mut marks) = (0, Vec::new());
        for _ in 0..64 {
            incoming.push(&[b'x'; 16 << 10], &mut lines);
            marks.extend(lines.iter().map(|entry| entry.mark));
            total += lines.drain(..).map(|entry| entry.text.len()).sum::<usize>();
            assert!(incoming.unfinished.capacity() <= 2 * LONGEST);
        }
        assert_eq!(total + incoming.unfinished.len(), 64 * (16 << 10));
        assert_eq!(marks.first(), Some(&Mark::In));
        assert!(marks.iter().skip(1).all(|mark| *mark == Mark::Rest));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_however_a_stream_is_cut(
            whole in prop::collection::vec(prop::sample::select(&b"ab\r\n\xc3\xa4\x1b"[..]), 0..40),
            cuts in cuts(),
        ) {
            let show = |slices: &[&[u8]]| {
                let (mut incoming, mut lines) = (Incoming::default(), Vec::new());
                for slice in slices {
                    incoming.push(slice, &mut lines);
                }
                incoming.finish(&mut lines);
                shown(&lines)
            };
            prop_assert_eq!(show(&cut(&whole, &cuts)), show(&[&whole]));
        }
    }
}
