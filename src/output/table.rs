//! Aligned columns for a person. What is in them is not known here.

use unicode_width::UnicodeWidthStr;

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its head.
    pub head: &'static str,
    /// Which side its cells are aligned to.
    pub side: Side,
}

/// Where the text of a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Texts.
    Left,
    /// Numbers.
    Right,
}

/// The lines of a table, each ended; control characters in cells are escaped.
pub fn lines(columns: &[Column], rows: &[Vec<String>]) -> Vec<String> {
    let heads: Vec<String> = columns.iter().map(|column| column.head.to_owned()).collect();
    let rows = rows.iter().map(|row| row.iter().map(|cell| harmless(cell)).collect());
    let all: Vec<Vec<String>> = std::iter::once(heads).chain(rows).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| all.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    all.iter()
        .map(|row| {
            let mut line = String::new();
            for ((cell, column), width) in row.iter().zip(columns).zip(&widths) {
                let gap = " ".repeat(width.saturating_sub(cell.width()));
                match column.side {
                    Side::Left => line.extend([cell.as_str(), &gap]),
                    Side::Right => line.extend([gap.as_str(), cell]),
                }
                line.push_str("  ");
            }
            let mut line = line.trim_end().to_owned();
            line.push('\n');
            line
        })
        .collect()
}

fn harmless(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_cells_cannot_move_the_cursor() {
        let columns = [Column { head: "ID", side: Side::Left }, Column { head: "IN", side: Side::Right }];
        let rows = vec![vec!["mail".to_owned(), "7".to_owned()], vec!["a\x1b".to_owned(), "1000".to_owned()]];
        assert_eq!(lines(&columns, &rows).concat(), "ID         IN\nmail        7\na\\u{1b}  1000\n");
    }
}
