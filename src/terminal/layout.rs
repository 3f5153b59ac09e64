//! From text to the cells of a screen: rows that fit, and the cell of the cursor. No I/O.

use unicode_width::UnicodeWidthChar;

/// How far apart tabs are.
const TAB: usize = 8;

/// A row of cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// What is written, with its colours.
    pub text: String,
    /// How many cells it fills.
    pub width: usize,
}

/// Rows one below the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    rows: Vec<Row>,
    columns: usize,
    cursor: (usize, usize),
}

impl Block {
    /// An empty row of this many columns, at least 2: a wide character has to fit.
    pub fn new(columns: usize) -> Self {
        Block { rows: vec![Row::default()], columns: columns.max(2), cursor: (0, 0) }
    }

    /// Adds a sequence that fills no cell, such as a colour.
    pub fn style(&mut self, sequence: &str) {
        if let Some(row) = self.rows.last_mut() {
            row.text.push_str(sequence);
        }
    }

    /// Adds text; what has no picture of its own is written as `^X` or by its number.
    pub fn text(&mut self, text: &str) {
        for c in text.chars() {
            self.character(c);
        }
    }

    /// Adds a character.
    pub fn character(&mut self, c: char) {
        match c {
            '\t' => {
                let column = self.rows.last().map_or(0, |row| row.width);
                for _ in 0..(TAB - column % TAB).min(self.columns) {
                    self.cell(' ', 1);
                }
            }
            '\n' => self.cell('↵', 1),
            '\0'..='\x1f' | '\x7f' => {
                self.cell('^', 1);
                self.cell(char::from(u8::try_from(u32::from(c)).unwrap_or_default() ^ 0x40), 1);
            }
            c if is_unseen(c) => {
                for part in c.escape_unicode() {
                    self.cell(part, 1);
                }
            }
            c => self.cell(c, c.width().unwrap_or(1)),
        }
    }

    fn cell(&mut self, c: char, width: usize) {
        if self.rows.last().is_none_or(|row| row.width + width > self.columns) {
            self.rows.push(Row::default());
        }
        if let Some(row) = self.rows.last_mut() {
            row.text.push(c);
            row.width += width;
        }
    }

    /// The cursor is where the next character goes.
    pub fn cursor_here(&mut self) {
        if self.rows.last().is_some_and(|row| row.width >= self.columns) {
            self.rows.push(Row::default());
        }
        self.cursor = (self.rows.len().saturating_sub(1), self.rows.last().map_or(0, |row| row.width));
    }

    /// As many rows as fit, with the one of the cursor among them: the rows, and the cell of the cursor in them.
    pub fn around_cursor(mut self, most: usize) -> (Vec<Row>, (usize, usize)) {
        let (row, column) = self.cursor;
        let most = most.max(1);
        // The end is shown as long as the cursor is in it.
        let first = self.rows.len().saturating_sub(most).min(row);
        self.rows.drain(..first);
        self.rows.truncate(most);
        (self.rows, (row - first, column))
    }

    /// The last rows.
    pub fn last_rows(mut self, most: usize) -> Vec<Row> {
        let first = self.rows.len().saturating_sub(most);
        self.rows.drain(..first);
        self.rows
    }
}

/// Control characters of C1, and those that turn the direction of text around.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(rows: &[Row]) -> Vec<&str> {
        rows.iter().map(|row| row.text.as_str()).collect()
    }

    #[test]
    fn wide_characters_are_never_cut_in_two() {
        let mut block = Block::new(4);
        block.text("a漢字z");
        block.cursor_here();
        let (rows, cursor) = block.around_cursor(9);
        assert_eq!(texts(&rows), ["a漢", "字z"]);
        assert_eq!((rows[0].width, rows[1].width, cursor), (3, 3, (1, 3)));
    }

    #[test]
    fn a_cursor_behind_a_full_row_is_on_the_next() {
        let mut block = Block::new(3);
        block.text("abc");
        block.cursor_here();
        let (rows, cursor) = block.around_cursor(9);
        assert_eq!((texts(&rows), cursor), (vec!["abc", ""], (1, 0)));
    }

    #[test]
    fn what_has_no_picture_gets_one() {
        let mut block = Block::new(40);
        block.text("\x03\x1b\x7f\ta\nb\u{202e}e\u{301}");
        let rows = block.last_rows(1);
        assert_eq!(texts(&rows), ["^C^[^?  a↵b\\u{202e}e\u{301}"]);
        assert_eq!(rows[0].width, 8 + 3 + 8 + 1);
    }

    #[test]
    fn a_window_follows_the_cursor() {
        let mut block = Block::new(2);
        block.text("aabb");
        block.cursor_here();
        block.text("ccddee");
        let (rows, cursor) = block.clone().around_cursor(2);
        assert_eq!((texts(&rows), cursor), (vec!["cc", "dd"], (0, 0)));
        assert_eq!(texts(&block.last_rows(2)), ["dd", "ee"]);
    }

    proptest! {
        #[test]
        fn no_row_is_wider_than_the_screen(text in ".{0,60}", at in 0usize..60, columns in 1usize..12, most in 1usize..5) {
            let mut block = Block::new(columns);
            for (place, c) in text.chars().enumerate() {
                if place == at {
                    block.cursor_here();
                }
                block.character(c);
            }
            let (rows, (row, column)) = block.around_cursor(most);
            prop_assert!(rows.len() <= most && row < rows.len());
            prop_assert!(rows.iter().all(|row| row.width <= columns.max(2)));
            prop_assert!(column <= rows[row].width);
        }
    }
}
