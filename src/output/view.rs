//! Traffic for the eyes of a person: a line for each chunk, as text or in hex, with a colour for each class of bytes. Text out;
//! where it goes, and how wide that is, is said by the caller.

use std::time::Duration;

use unicode_width::UnicodeWidthChar;

use super::sanitize;
use crate::event::Direction;

/// How chunks are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// On one line, control characters escaped.
    Text,
    /// Rows of hex below it.
    Hex,
}

impl std::str::FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Form::Text),
            "hex" => Ok(Form::Hex),
            other => Err(format!("{other:?} is no way to show traffic; type text or hex")),
        }
    }
}

/// A chunk that passed.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    /// Since the run began.
    pub time: Duration,
    /// The client.
    pub id: &'a str,
    /// [`Direction::In`] is from the client.
    pub direction: Direction,
    /// What it was.
    pub bytes: &'a [u8],
}

/// Shows chunks.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// How.
    pub form: Form,
    /// Whether in colour.
    pub color: bool,
    /// How many columns there are; what does not fit is left out. `None`: nothing is.
    pub width: Option<usize>,
}

/// The least columns that text gets, however narrow the terminal is.
const LEAST: usize = 16;

/// At most this many rows of hex where the width is limited.
const ROWS: usize = 16;

/// The classes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Nul,
    Space,
    Control,
    Printable,
    High,
}

impl Class {
    fn of(byte: u8) -> Self {
        match byte {
            0 => Class::Nul,
            b'\t' | b'\n' | b'\r' | b' ' => Class::Space,
            b'!'..=b'~' => Class::Printable,
            0x80.. => Class::High,
            _ => Class::Control,
        }
    }

    /// Select graphic rendition (ECMA-48 section 8.3.117).
    fn sgr(self) -> &'static str {
        match self {
            Class::Nul => "90",
            Class::Space => "32",
            Class::Control => "35",
            Class::Printable => "",
            Class::High => "33",
        }
    }
}

/// Text with colours, changed only where they change.
struct Painter {
    text: String,
    color: bool,
    current: &'static str,
}

impl Painter {
    fn put(&mut self, sgr: &'static str, text: &str) {
        if self.color && sgr != self.current {
            self.text.push_str(&format!("\x1b[{sgr}m"));
            self.current = sgr;
        }
        self.text.push_str(text);
    }
}

impl View {
    /// The lines of a chunk, each ended.
    pub fn lines(&self, chunk: Chunk<'_>) -> String {
        let mut painter = Painter { text: String::new(), color: self.color, current: "" };
        // `<` and `>` say what came from the peer and went to it; between a client and a target each is a peer.
        let (mark, sgr) = match chunk.direction {
            Direction::In => ("->", "1;36"),
            Direction::Out => ("<-", "1;33"),
        };
        let id: String = chunk.id.chars().map(sanitize::escaped).collect();
        let time = format!("{:>9.3}", chunk.time.as_secs_f64());
        let size = format!("{} B", chunk.bytes.len());
        painter.put("", &format!("{time} {id} "));
        painter.put(sgr, mark);
        painter.put("", &format!(" {size:>7}"));
        match self.form {
            Form::Text => {
                painter.put("", "  ");
                let used = time.len() + id.chars().count() + size.len().max(7) + 7;
                let room = self.width.map(|width| width.saturating_sub(used).max(LEAST));
                put_text(&mut painter, chunk.bytes, room);
                painter.put("", "\n");
            }
            Form::Hex => {
                painter.put("", "\n");
                self.put_rows(&mut painter, chunk.bytes);
            }
        }
        painter.text
    }

    fn put_rows(&self, painter: &mut Painter, bytes: &[u8]) {
        let columns = match self.width {
            None => 16,
            Some(width) if width >= 80 => 16,
            Some(width) if width >= 46 => 8,
            Some(_) => 4,
        };
        let rows = self.width.map_or(usize::MAX, |_| ROWS);
        for (number, row) in bytes.chunks(columns).take(rows).enumerate() {
            painter.put("", &format!("  {:08x}", number * columns));
            for (column, byte) in row.iter().enumerate() {
                painter.put("", if column % 8 == 0 { "  " } else { " " });
                painter.put(Class::of(*byte).sgr(), &format!("{byte:02x}"));
            }
            let missing = columns - row.len();
            let gap = missing * 3 + usize::from(columns == 16 && row.len() <= 8);
            painter.put("", &format!("{:gap$}  |", ""));
            for byte in row {
                let shown = if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
                painter.put(Class::of(*byte).sgr(), shown.encode_utf8(&mut [0; 4]));
            }
            painter.put("", "|\n");
        }
        let shown = rows.saturating_mul(columns);
        if bytes.len() > shown {
            painter.put("", &format!("  … {} bytes more\n", bytes.len() - shown));
        }
    }
}

/// The bytes on one line of at most so many columns.
fn put_text(painter: &mut Painter, bytes: &[u8], room: Option<usize>) {
    let mut left = room.unwrap_or(usize::MAX);
    let mut put = |sgr, text: &str, width: usize, is_last: bool| {
        // The last column is for the mark that something is missing.
        let fits = width < left || (is_last && width == left);
        if fits {
            left -= width;
            painter.put(sgr, text);
        } else {
            painter.put("", "…");
        }
        fits
    };
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        let ends = chunks.peek().is_none();
        let mut characters = chunk.valid().chars().peekable();
        while let Some(character) = characters.next() {
            let last = ends && characters.peek().is_none() && chunk.invalid().is_empty();
            let sgr = u8::try_from(character).map_or(Class::High, Class::of).sgr();
            let text = escaped(character);
            let width = text.chars().map(|c| c.width().unwrap_or(0)).sum();
            if !put(sgr, &text, width, last) {
                return;
            }
        }
        let mut invalid = chunk.invalid().iter().peekable();
        while let Some(byte) = invalid.next() {
            let last = ends && invalid.peek().is_none();
            if !put(Class::High.sgr(), &format!("\\x{byte:02x}"), 4, last) {
                return;
            }
        }
    }
}

/// A character as it is shown: what could move the cursor, and the backslash, as escapes.
fn escaped(character: char) -> String {
    match character {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\\' => "\\\\".to_owned(),
        other => sanitize::escaped(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(form: Form, width: Option<usize>, color: bool, bytes: &[u8]) -> String {
        let chunk = Chunk { time: Duration::from_millis(1234), id: "web.1", direction: Direction::In, bytes };
        View { form, color, width }.lines(chunk)
    }

    #[test]
    fn text_is_one_line_in_which_nothing_moves_the_cursor() {
        let line = show(Form::Text, None, false, "GET \\ \r\n\t\0\x1b[2J ü\u{202e}\u{85}".as_bytes());
        assert_eq!(line, "    1.234 web.1 ->    22 B  GET \\\\ \\r\\n\\t\\x00\\x1b[2J ü\\u{202e}\\u{85}\n");
        let line = show(Form::Text, None, false, b"a\xffb\xc3");
        assert_eq!(line, "    1.234 web.1 ->     4 B  a\\xffb\\xc3\n");
        assert_eq!(show(Form::Text, None, false, b""), "    1.234 web.1 ->     0 B  \n");
    }

    #[test]
    fn a_line_fits_the_width_whatever_is_in_it() {
        for text in ["x".repeat(100), "日本語".repeat(30), "\u{1b}".repeat(30), "é\n".repeat(40)] {
            for width in 60..80 {
                let line = show(Form::Text, Some(width), false, text.as_bytes());
                let columns: usize = line.trim_end().chars().map(|c| c.width().unwrap_or(0)).sum();
                assert!(columns <= width && columns + 4 >= width, "{columns} of {width}: {line}");
                assert!(line.ends_with("…\n"));
            }
        }
        let room = 60 - 28;
        let exact = "y".repeat(room);
        assert!(show(Form::Text, Some(60), false, exact.as_bytes()).ends_with("yy\n"));
        assert!(show(Form::Text, Some(1), false, b"0123456789abcdefgh").ends_with("0123456789abcde…\n"));
    }

    #[test]
    fn hex_has_rows_as_wide_as_fits_and_an_end() {
        let shown = show(Form::Hex, None, false, b"Hello, world! \x00\xff~");
        assert_eq!(
            shown,
            "    1.234 web.1 ->    17 B\n  \
             00000000  48 65 6c 6c 6f 2c 20 77  6f 72 6c 64 21 20 00 ff  |Hello, world! ..|\n  \
             00000010  7e                                                |~|\n"
        );
        let narrow = show(Form::Hex, Some(60), false, &[b'x'; 1000]);
        assert!(narrow.lines().skip(1).all(|line| line.chars().count() <= 60), "{narrow}");
        assert_eq!(narrow.lines().count(), 1 + ROWS + 1);
        assert!(narrow.ends_with("  … 872 bytes more\n"));
        assert_eq!(show(Form::Hex, None, false, &[b'x'; 1000]).lines().count(), 1 + 63);
    }

    #[test]
    fn each_class_of_bytes_has_its_colour() {
        let line = show(Form::Text, None, true, b"a\0\n\x07\xff");
        let end = line.split_once(" B").unwrap().1;
        assert_eq!(end, "  a\x1b[90m\\x00\x1b[32m\\n\x1b[35m\\x07\x1b[33m\\xff\x1b[m\n");
        assert!(!show(Form::Hex, None, false, b"a\0\n\x07\xff").contains('\x1b'));
    }
}
