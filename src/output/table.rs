//! Aligned columns for a person. What is in them is not known here.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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

/// As [`lines`], no wider than so many columns of a terminal: of the columns with these heads, the first ones are left out until
/// the others fit; what does not fit then is cut.
pub fn lines_within(columns: &[Column], rows: &[Vec<String>], width: usize, expendable: &[&str]) -> Vec<String> {
    let mut left_out = expendable.iter();
    let mut hidden: Vec<&str> = Vec::new();
    loop {
        let shown: Vec<bool> = columns.iter().map(|column| !hidden.contains(&column.head)).collect();
        let those = |row: &Vec<String>| -> Vec<String> {
            row.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(cell, _)| cell.clone()).collect()
        };
        let rows: Vec<Vec<String>> = rows.iter().map(those).collect();
        let columns: Vec<Column> = columns.iter().zip(&shown).filter(|(_, shown)| **shown).map(|it| *it.0).collect();
        let lines = lines(&columns, &rows);
        if lines.iter().all(|line| line.trim_end().width() <= width) {
            return lines;
        }
        match left_out.next() {
            Some(head) => hidden.push(head),
            None => return lines.iter().map(|line| cut(line.trim_end(), width)).collect(),
        }
    }
}

/// A line of at most so many columns, which says where something is missing.
fn cut(line: &str, width: usize) -> String {
    if line.width() <= width {
        return format!("{line}\n");
    }
    let mut short = String::new();
    for character in line.chars() {
        if short.width() + character.width().unwrap_or(0) >= width {
            break;
        }
        short.push(character);
    }
    format!("{short}…\n")
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

    #[test]
    fn a_narrow_table_leaves_out_what_matters_least_and_then_cuts() {
        let columns = ["ID", "PEER", "IN"].map(|head| Column { head, side: Side::Left });
        let rows = vec![["mail", "10.0.0.1:25", "1000"].map(str::to_owned).to_vec()];
        let within = |width| lines_within(&columns, &rows, width, &["PEER", "IN"]).concat();
        assert_eq!(within(23), "ID    PEER         IN\nmail  10.0.0.1:25  1000\n");
        assert_eq!(within(22), "ID    IN\nmail  1000\n");
        assert_eq!(within(9), "ID\nmail\n");
        assert_eq!(within(3), "ID\nma…\n");
    }
}
