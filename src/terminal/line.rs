//! A line of text and the cursor in it. The cursor never stands inside of what a person sees as one character.

use unicode_width::UnicodeWidthChar;

/// What joins the characters before and after it into one picture.
const JOINER: char = '\u{200d}';

/// A line that is being written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    text: String,
    /// In bytes.
    cursor: usize,
}

impl From<&str> for Line {
    /// The cursor is at the end.
    fn from(text: &str) -> Self {
        Line { text: text.to_owned(), cursor: text.len() }
    }
}

impl Line {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor is, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes the text out.
    pub fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Puts text in at the cursor, which is behind it then.
    pub fn insert(&mut self, text: &str) {
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
    }

    /// Puts the cursor there, or at the nearest place before.
    pub fn move_to(&mut self, place: usize) {
        self.cursor = self.text.floor_char_boundary(place);
    }

    /// Takes out what lies between the cursor and a place.
    pub fn cut(&mut self, place: usize) -> String {
        let place = self.text.floor_char_boundary(place);
        let (from, to) = (place.min(self.cursor), place.max(self.cursor));
        self.cursor = from;
        self.text.drain(from..to).collect()
    }

    fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn after(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    /// The place one character to the left.
    pub fn left(&self) -> usize {
        let mut place = self.cursor;
        let mut chars = self.before().chars().rev().peekable();
        while let Some(c) = chars.next() {
            place -= c.len_utf8();
            if !belongs_to_last(chars.peek().copied(), c) {
                break;
            }
        }
        place
    }

    /// The place one character to the right.
    pub fn right(&self) -> usize {
        let mut place = self.cursor;
        let mut last = None;
        for c in self.after().chars() {
            if last.is_some() && !belongs_to_last(last, c) {
                break;
            }
            place += c.len_utf8();
            last = Some(c);
        }
        place
    }

    /// The beginning of the word to the left: letters and digits, as in Emacs.
    pub fn word_left(&self) -> usize {
        let rest = self.before().trim_end_matches(|c: char| !c.is_alphanumeric());
        rest.trim_end_matches(char::is_alphanumeric).len()
    }

    /// The end of the word to the right.
    pub fn word_right(&self) -> usize {
        let rest = self.after().trim_start_matches(|c: char| !c.is_alphanumeric());
        self.text.len() - rest.trim_start_matches(char::is_alphanumeric).len()
    }

    /// The beginning of what stands between blanks to the left, as the shells' Ctrl-W takes it.
    pub fn blank_left(&self) -> usize {
        self.before().trim_end().trim_end_matches(|c: char| !c.is_whitespace()).len()
    }

    /// The end of the text.
    pub fn end(&self) -> usize {
        self.text.len()
    }
}

/// Whether a character is drawn as a part of the one before it.
fn belongs_to_last(last: Option<char>, c: char) -> bool {
    last.is_some_and(|last| last == JOINER || (c.width() == Some(0) && last != '\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_cursor_passes_what_is_seen_as_one_character() {
        // a, e with an accent of its own, a wide character, a family of three joined by joiners.
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f466}";
        let text = format!("ae\u{301}漢{family}z");
        let mut line = Line::from(text.as_str());
        let mut stops = Vec::new();
        while line.cursor() > 0 {
            line.move_to(line.left());
            stops.push(line.cursor());
        }
        assert_eq!(stops, [text.len() - 1, 7, 4, 1, 0]);
        let mut back = Vec::new();
        while line.cursor() < line.end() {
            line.move_to(line.right());
            back.push(line.cursor());
        }
        assert_eq!(back, [1, 4, 7, text.len() - 1, text.len()]);
    }

    #[test]
    fn words_and_blanks_are_told_apart() {
        let line = Line::from("MAIL FROM:<me@example.org>");
        assert_eq!(line.text().get(line.word_left()..), Some("org>"));
        assert_eq!(line.text().get(line.blank_left()..), Some("FROM:<me@example.org>"));
        let mut start = line.clone();
        start.move_to(0);
        assert_eq!(start.word_right(), 4);
        start.move_to(4);
        assert_eq!(start.word_right(), 9);
    }

    #[test]
    fn a_cut_goes_either_way_and_leaves_the_cursor_where_it_was_cut() {
        let mut line = Line::from("one two");
        assert_eq!(line.cut(4), "two");
        assert_eq!((line.text(), line.cursor()), ("one ", 4));
        line.move_to(1);
        assert_eq!(line.cut(3), "ne");
        assert_eq!((line.text(), line.cursor()), ("o ", 1));
    }

    proptest! {
        #[test]
        fn the_cursor_stays_between_characters(text in ".{0,20}", moves in prop::collection::vec(0usize..6, 0..30)) {
            let mut line = Line::from(text.as_str());
            for step in moves {
                match step {
                    0 => line.move_to(line.left()),
                    1 => line.move_to(line.right()),
                    2 => line.move_to(line.word_left()),
                    3 => line.move_to(line.word_right()),
                    4 => line.insert("\u{301}x"),
                    _ => _ = line.cut(line.blank_left()),
                }
                prop_assert!(line.text().is_char_boundary(line.cursor()));
                prop_assert!(line.cursor() <= line.text().len());
            }
        }
    }
}
