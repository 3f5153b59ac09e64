use super::*;

/// As much of a terminal as the screen needs: cells, a cursor, scrolling, and wrapping again when the width changes.
struct Emulator {
    columns: usize,
    height: usize,
    /// All rows since the beginning, the visible ones being the last.
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Emulator {
    fn new(columns: usize, height: usize) -> Self {
        Emulator { columns, height, rows: vec![Vec::new(); height], row: 0, column: 0 }
    }

    fn top(&self) -> usize {
        self.rows.len() - self.height
    }

    fn down(&mut self) {
        self.row += 1;
        if self.row == self.rows.len() {
            self.rows.push(Vec::new());
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).unwrap();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                '\r' => self.column = 0,
                '\n' => self.down(),
                '\x1b' => {
                    assert_eq!(rest.next(), Some('['));
                    let mut number = String::new();
                    let end = loop {
                        match rest.next().unwrap() {
                            digit @ ('0'..='9' | ';') => number.push(digit),
                            end => break end,
                        }
                    };
                    let count: usize = number.parse().unwrap_or(1);
                    match end {
                        'A' => self.row = self.row.saturating_sub(count).max(self.top()),
                        'C' => self.column += count,
                        'G' => self.column = count - 1,
                        'J' if number == "2" => (self.top()..self.rows.len()).for_each(|row| self.rows[row].clear()),
                        'J' => {
                            self.rows[self.row].truncate(self.column);
                            (self.row + 1..self.rows.len()).for_each(|row| self.rows[row].clear());
                        }
                        'H' => (self.row, self.column) = (self.top(), 0),
                        'm' => {}
                        other => panic!("what is {number}{other}?"),
                    }
                }
                c => {
                    if self.column == self.columns {
                        self.column = 0;
                        self.down();
                    }
                    let row = &mut self.rows[self.row];
                    row.resize(row.len().max(self.column), ' ');
                    row.truncate(self.column);
                    row.push(c);
                    self.column += 1;
                }
            }
        }
    }

    /// Wraps each row anew, as most terminals do.
    fn narrow(&mut self, columns: usize) {
        let mut rows = Vec::new();
        let mut place = (0, 0);
        for (number, row) in self.rows.iter().enumerate() {
            if number == self.row {
                place = (rows.len() + self.column / columns, self.column % columns);
            }
            match row.is_empty() {
                true => rows.push(Vec::new()),
                false => rows.extend(row.chunks(columns).map(<[char]>::to_vec)),
            }
        }
        // What is below the cursor and empty makes room.
        while rows.len() > self.height && rows.len() > place.0 + 1 && rows.last().is_some_and(Vec::is_empty) {
            rows.pop();
        }
        (self.rows, self.columns, (self.row, self.column)) = (rows, columns, place);
    }

    fn shown(&self) -> Vec<String> {
        let mut rows: Vec<String> = self.rows.iter().map(|row| row.iter().collect::<String>()).collect();
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }
}

fn screen(columns: usize, rows: usize) -> (Screen, Emulator) {
    (Screen::new((columns, rows), Paint { color: false }), Emulator::new(columns, rows))
}

fn live(text: &str) -> Live<'_> {
    Live { label: "> ", text, cursor: text.len(), ..Live::default() }
}

fn received(text: &str) -> Entry {
    Entry::new(Mark::In, text)
}

#[test]
fn what_comes_is_shown_above_the_line_that_is_being_written() {
    let (mut screen, mut terminal) = screen(20, 6);
    screen.draw(&live("EHL"));
    screen.print(&[received("220 hello"), received("and more")], None);
    screen.draw(&live("EHLO"));
    terminal.write(&screen.take_output());
    assert_eq!(terminal.shown(), ["< 220 hello", "< and more", "> EHLO"]);
    assert_eq!((terminal.row, terminal.column), (2, 6));
}

#[test]
fn a_prompt_of_the_peer_is_shown_and_not_lost_when_more_comes() {
    let (mut screen, mut terminal) = screen(20, 6);
    screen.draw(&Live { unfinished: Some((Mark::In, "login: ")), ..live("me") });
    terminal.write(&screen.take_output());
    assert_eq!(terminal.shown(), ["< login: ", "> me"]);
    screen.print(&[received("login: refused")], None);
    screen.draw(&live("me"));
    terminal.write(&screen.take_output());
    assert_eq!(terminal.shown(), ["< login: refused", "> me"]);
}

#[test]
fn lines_longer_than_the_screen_are_taken_away_whole() {
    let (mut screen, mut terminal) = screen(10, 6);
    let long = "0123456789".repeat(2);
    screen.draw(&Live { cursor: 3, ..live(&long) });
    terminal.write(&screen.take_output());
    assert_eq!(terminal.shown(), ["> 01234567", "8901234567", "89"]);
    assert_eq!((terminal.row, terminal.column), (0, 5));
    screen.print(&[received("x")], None);
    screen.draw(&live(""));
    terminal.write(&screen.take_output());
    assert_eq!(terminal.shown(), ["< x", "> "]);
}

#[test]
fn the_live_rows_never_fill_more_than_the_screen() {
    let (mut screen, mut terminal) = screen(10, 4);
    let (long, peer) = ("abcdefghij".repeat(9), "z".repeat(99));
    for _ in 0..3 {
        screen.draw(&Live { unfinished: Some((Mark::In, &peer)), ..live(&long) });
    }
    terminal.write(&screen.take_output());
    assert_eq!(terminal.shown().len(), 3);
    screen.draw(&Live { unfinished: Some((Mark::In, &peer)), ..live("me") });
    terminal.write(&screen.take_output());
    assert_eq!(terminal.shown(), ["zzzzzzzzzz", "z", "> me"]);
}

#[test]
fn a_narrower_terminal_keeps_nothing_of_the_live_rows() {
    let (mut screen, mut terminal) = screen(20, 8);
    screen.print(&[received("above")], None);
    screen.draw(&Live { unfinished: Some((Mark::In, "fifteen letters")), ..live("and a line of mine") });
    terminal.write(&screen.take_output());
    for columns in [13, 7, 4, 30] {
        terminal.narrow(columns);
        screen.resize((columns, 8));
        screen.draw(&live("mine"));
        terminal.write(&screen.take_output());
    }
    let shown = terminal.shown().concat();
    assert_eq!(shown, "< above> mine", "{:?}", terminal.shown());
}

#[test]
fn a_note_is_shown_on_the_narrowest_screen() {
    for columns in 0..4 {
        let (mut screen, _terminal) = screen(columns, 1);
        screen.resize((columns, 1));
        screen.print(&[Entry::new(Mark::Note, "a note".to_owned()), received("x")], None);
        screen.draw(&live("mine"));
        assert!(!screen.take_output().is_empty());
    }
}

#[test]
fn a_secret_is_not_shown() {
    let (mut screen, mut terminal) = screen(20, 4);
    screen.draw(&Live { hidden: true, ..live("secret") });
    terminal.write(&screen.take_output());
    assert_eq!(terminal.shown(), ["> ******"]);
}

#[test]
fn a_cleared_screen_has_the_live_rows_at_its_top() {
    let (mut screen, mut terminal) = screen(20, 4);
    screen.print(&[received("a"), received("b")], None);
    screen.draw(&live("x"));
    screen.clear();
    screen.draw(&live("x"));
    terminal.write(&screen.take_output());
    assert_eq!(terminal.shown(), ["> x"]);
}
