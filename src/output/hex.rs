//! Hex dumps in the canonical form: offset, 16 bytes in hex, the same bytes as text. Text in, text out; where it goes
//! is not known here.

use crate::event::Direction;

/// How many bytes a row shows.
const ROW: usize = 16;

/// The dump of one stream.
///
/// `00000000  48 65 6c 6c 6f 0a                                 |Hello.|`
#[derive(Debug, Default)]
pub struct HexDump {
    /// What each row begins with, if the dump is one of two.
    mark: Option<char>,
    /// How many bytes of the stream stand in the rows that were written.
    offset: u64,
    /// The bytes of a row that is not full.
    held: Vec<u8>,
}

impl HexDump {
    /// A dump at the start of a stream.
    pub fn new() -> Self {
        HexDump::default()
    }

    fn marked(direction: Direction) -> Self {
        HexDump { mark: Some(direction.mark()), ..HexDump::default() }
    }

    /// Appends the rows that `input` makes full to `output`; the rest is held.
    pub fn push(&mut self, input: &[u8], output: &mut Vec<u8>) {
        let mut rest = input;
        if !self.held.is_empty() {
            let missing = ROW.saturating_sub(self.held.len()).min(rest.len());
            let (part, after) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            self.held.extend_from_slice(part);
            rest = after;
            if self.held.len() == ROW {
                self.finish(output);
            }
        }
        let rows = rest.chunks_exact(ROW);
        // Only the end of the input: while a row is held, nothing is left after it.
        self.held.extend_from_slice(rows.remainder());
        for row in rows {
            self.write_row(row, output);
        }
    }

    /// Appends the row that is not full, if there is one. The stream may go on: the next row begins at the offset
    /// reached.
    pub fn finish(&mut self, output: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            self.write_row(&held, output);
        }
        self.held = held;
        self.held.clear();
    }

    fn write_row(&mut self, row: &[u8], output: &mut Vec<u8>) {
        if let Some(mark) = self.mark {
            output.extend_from_slice(format!("{mark} ").as_bytes());
        }
        output.extend_from_slice(format!("{:08x}", self.offset).as_bytes());
        for column in 0..ROW {
            output.extend_from_slice(if column % 8 == 0 { b"  " } else { b" " });
            match row.get(column) {
                Some(byte) => output.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]),
                None => output.extend_from_slice(b"  "),
            }
        }
        output.extend_from_slice(b"  |");
        output.extend(row.iter().map(|byte| if matches!(byte, b' '..=b'~') { *byte } else { b'.' }));
        output.extend_from_slice(b"|\n");
        self.offset += row.len() as u64;
    }
}

fn digit(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0' + nibble,
        _ => b'a' + (nibble - 10),
    }
}

/// The dump of both directions of a connection: each row is marked `<` or `>`, and each direction counts its own
/// offset.
///
/// When the direction turns, the held row of the other one is written first, so that the rows stand in the order of
/// the conversation.
#[derive(Debug)]
pub struct DuplexHexDump {
    incoming: HexDump,
    outgoing: HexDump,
}

impl Default for DuplexHexDump {
    fn default() -> Self {
        Self::new()
    }
}

impl DuplexHexDump {
    /// A dump at the start of a connection.
    pub fn new() -> Self {
        DuplexHexDump { incoming: HexDump::marked(Direction::In), outgoing: HexDump::marked(Direction::Out) }
    }

    /// Appends the rows that `input` makes full to `output`, after what is held of the other direction.
    pub fn push(&mut self, direction: Direction, input: &[u8], output: &mut Vec<u8>) {
        if input.is_empty() {
            return;
        }
        let (this, other) = match direction {
            Direction::In => (&mut self.incoming, &mut self.outgoing),
            Direction::Out => (&mut self.outgoing, &mut self.incoming),
        };
        other.finish(output);
        this.push(input, output);
    }

    /// Appends the row that is not full, if there is one; at the end, or when nothing has come for a while.
    pub fn finish(&mut self, output: &mut Vec<u8>) {
        self.incoming.finish(output);
        self.outgoing.finish(output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunking::{cut, cuts};
    use proptest::prelude::*;

    fn dump(chunks: &[&[u8]]) -> String {
        let (mut dump, mut output) = (HexDump::new(), Vec::new());
        for chunk in chunks {
            dump.push(chunk, &mut output);
        }
        dump.finish(&mut output);
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn rows_in_the_canonical_form() {
        assert_eq!(
            dump(&[b"Hello, world! \x00\xff~\x7f\n|"]),
            "00000000  48 65 6c 6c 6f 2c 20 77  6f 72 6c 64 21 20 00 ff  |Hello, world! ..|\n\
             00000010  7e 7f 0a 7c                                       |~..||\n"
        );
        assert_eq!(dump(&[]), "");
        assert_eq!(dump(&[b""]), "");
        assert_eq!(dump(&[b"0123456789abcdef"]).lines().count(), 1);
    }

    #[test]
    fn after_a_flush_the_next_row_begins_at_the_offset_reached() {
        let (mut dump, mut output) = (HexDump::new(), Vec::new());
        dump.push(b"login: ", &mut output);
        assert_eq!(output, b"");
        dump.finish(&mut output);
        dump.finish(&mut output);
        dump.push(b"0123456789abcdefg", &mut output);
        dump.finish(&mut output);
        let output = String::from_utf8(output).unwrap();
        let offsets: Vec<&str> = output.lines().map(|line| &line[..8]).collect();
        assert_eq!(offsets, ["00000000", "00000007", "00000017"]);
    }

    #[test]
    fn an_offset_above_32_bits_gets_more_digits() {
        let mut dump = HexDump { offset: 0xffff_fff0, ..HexDump::new() };
        let mut output = Vec::new();
        dump.push(&[0; 32], &mut output);
        let output = String::from_utf8(output).unwrap();
        assert!(output.starts_with("fffffff0  00") && output.contains("\n100000000  00"), "{output}");
    }

    #[test]
    fn both_directions_stand_in_order_with_offsets_of_their_own() {
        let (mut dump, mut output) = (DuplexHexDump::new(), Vec::new());
        dump.push(Direction::Out, b"GET", &mut output);
        dump.push(Direction::In, b"", &mut output);
        dump.push(Direction::Out, b" /\n", &mut output);
        dump.push(Direction::In, b"ok", &mut output);
        dump.push(Direction::Out, b"x", &mut output);
        dump.finish(&mut output);
        assert_eq!(
            String::from_utf8(output).unwrap(),
            "> 00000000  47 45 54 20 2f 0a                                 |GET /.|\n\
             < 00000000  6f 6b                                             |ok|\n\
             > 00000006  78                                                |x|\n"
        );
    }

    proptest! {
        #[test]
        fn a_dump_reads_back_and_is_the_same_however_the_stream_is_cut(
            whole in prop::collection::vec(any::<u8>(), 0..100),
            cuts in cuts(),
        ) {
            let text = dump(&cut(&whole, &cuts));
            prop_assert_eq!(&text, &dump(&[&whole]));
            let mut read = Vec::new();
            for (number, line) in text.lines().enumerate() {
                prop_assert_eq!(&line[..8], format!("{:08x}", number * ROW));
                read.extend(line[8..58].split_whitespace().map(|pair| u8::from_str_radix(pair, 16).unwrap()));
            }
            prop_assert_eq!(read, whole);
        }
    }
}
