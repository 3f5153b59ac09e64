//! `sockets --watch`: the table of what is kept, with the rate of each socket and a graph of its last seconds, beat by beat. How
//! it gets to a screen of its own is in `sockets_page`.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::read::Output;
use super::sockets::{all, span, text};
use crate::failure::Failure;
use crate::keeper::directory::Directory;
use crate::output::sparkline::{short, sparkline};
use crate::output::table::{self, Column, Side};

/// How often the table is drawn.
pub(super) const BEAT: Duration = Duration::from_secs(1);

/// How many beats a graph shows.
const BEATS: usize = 16;

/// What a narrow terminal can do without, the first first.
const EXPENDABLE: [&str; 10] = ["LOCAL", "VIA", "KIND", "IDLE", "OUT", "IN", "UNREAD", "PEER", "STATE", "GRAPH"];

/// What is remembered of a socket from beat to beat.
#[derive(Debug, Default)]
struct Past {
    bytes_in: u64,
    bytes_out: u64,
    /// Bytes per second, both ways together.
    rates: VecDeque<u64>,
}

/// The rates of a socket since the last beat, in bytes per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Rates {
    incoming: u64,
    outgoing: u64,
}

impl Past {
    /// A beat later; the first one of a socket knows no rate.
    fn beat(&mut self, status: &Value, first: bool, took: Duration) -> Rates {
        // One whose keeper does not answer for a while has not lost what it had counted.
        let count = |field, known| status.get(field).and_then(Value::as_u64).unwrap_or(known);
        let (bytes_in, bytes_out) = (count("bytes_in", self.bytes_in), count("bytes_out", self.bytes_out));
        let rate = |now: u64, then: u64| match first {
            true => 0,
            false => (now.saturating_sub(then) as f64 / took.as_secs_f64().max(0.001)) as u64,
        };
        let rates = Rates { incoming: rate(bytes_in, self.bytes_in), outgoing: rate(bytes_out, self.bytes_out) };
        (self.bytes_in, self.bytes_out) = (bytes_in, bytes_out);
        if !first {
            self.rates.push_back(rates.incoming.saturating_add(rates.outgoing));
        }
        while self.rates.len() > BEATS {
            self.rates.pop_front();
        }
        rates
    }
}

/// All that is remembered.
#[derive(Debug, Default)]
pub(super) struct Watch {
    past: HashMap<String, Past>,
    /// The table of the last beat.
    rows: Vec<Vec<String>>,
}

impl Watch {
    /// A beat later.
    pub(super) fn beat(&mut self, statuses: &[Value], took: Duration) {
        self.rows = statuses.iter().map(|status| self.row(status, took)).collect();
        let there: Vec<String> = statuses.iter().map(|status| text(status, "id")).collect();
        self.past.retain(|id, _| there.contains(id));
    }

    /// The lines of the table, as wide and as high as the terminal lets them be.
    pub(super) fn lines(&self, (width, height): (usize, usize)) -> Vec<String> {
        let column = |head, side| Column { head, side };
        let left = ["ID", "KIND", "STATE", "VIA", "LOCAL", "PEER"].map(|head| column(head, Side::Left));
        let right = ["UNREAD", "IN", "OUT", "IN/s", "OUT/s"].map(|head| column(head, Side::Right));
        let mut columns: Vec<Column> = left.into_iter().chain(right).collect();
        columns.extend([column("GRAPH", Side::Left), column("IDLE", Side::Right)]);
        let rows = &self.rows;
        // The last line of the screen is the cursor's.
        let room = height.saturating_sub(2).max(1);
        let shown = if rows.len() > room { room.saturating_sub(1) } else { rows.len() };
        let mut lines = table::lines_within(&columns, rows.get(..shown).unwrap_or(rows), width, &EXPENDABLE);
        if shown < rows.len() {
            lines.push(format!("… {} more\n", rows.len() - shown));
        }
        if rows.is_empty() && room > 1 {
            lines.push("no socket is kept\n".to_owned());
        }
        lines
    }

    fn row(&mut self, status: &Value, took: Duration) -> Vec<String> {
        let id = text(status, "id");
        let first = !self.past.contains_key(&id);
        let past = self.past.entry(id).or_default();
        let rates = past.beat(status, first, took);
        let mut row: Vec<String> =
            ["id", "kind", "state", "transport", "local", "peer"].map(|field| text(status, field)).to_vec();
        let amount = |field| status.get(field).and_then(Value::as_u64).map_or_else(|| "-".to_owned(), short);
        row.extend(["unread", "bytes_in", "bytes_out"].map(amount));
        row.extend([short(rates.incoming), short(rates.outgoing)]);
        row.push(format!("{:<BEATS$}", sparkline(past.rates.iter().copied())));
        row.push(span(status, "idle"));
        row
    }
}

/// Prints the table again and again, for a terminal that cannot move its cursor; a signal ends it.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(directory: &Directory, output: &mut Output) -> Result<(), Failure> {
    let mut watch = Watch::default();
    let mut drawn = Instant::now();
    loop {
        let statuses = all(directory);
        watch.beat(&statuses, drawn.elapsed());
        drawn = Instant::now();
        let mut frame = watch.lines(size()).concat();
        frame.push('\n');
        output.write(frame.as_bytes())?;
        std::thread::sleep(BEAT);
    }
}

/// The columns and lines of the terminal; one that does not tell is taken for as large as it takes.
pub(super) fn size() -> (usize, usize) {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    size.map_or((usize::MAX, usize::MAX), |size| (size.ws_col.into(), size.ws_row.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(id: &str, bytes_in: u64, bytes_out: u64) -> Value {
        serde_json::json!({ "id": id, "kind": "connection", "state": "open", "transport": "tcp", "local": "10.0.0.1:4000",
            "peer": "10.0.0.2:25", "unread": 0, "bytes_in": bytes_in, "bytes_out": bytes_out, "idle": 1.0 })
    }

    const WIDE: (usize, usize) = (usize::MAX, usize::MAX);

    fn lines(watch: &mut Watch, statuses: &[Value], took: Duration, size: (usize, usize)) -> Vec<String> {
        watch.beat(statuses, took);
        watch.lines(size)
    }

    #[test]
    fn each_beat_shows_rates_and_adds_to_the_graph() {
        let mut watch = Watch::default();
        let second = Duration::from_secs(1);
        // What passed before the watch began is no rate.
        let first = lines(&mut watch, &[status("mail", 5000, 0)], second, WIDE);
        assert!(first.concat().contains("4.9k") && !first.concat().contains('█'), "{first:?}");
        let next = lines(&mut watch, &[status("mail", 5000 + 2048, 100)], second * 2, WIDE);
        let cells: Vec<&str> = next.last().unwrap().split_whitespace().collect();
        assert_eq!(cells[9..12], ["1.0k", "50", "█"]);
        let silent = lines(&mut watch, &[status("mail", 5000 + 2048, 100)], second, WIDE);
        assert!(silent.concat().contains("█▁"), "{silent:?}");
        for _ in 0..50 {
            lines(&mut watch, &[status("mail", 5000 + 2048, 100)], second, WIDE);
        }
        assert_eq!(watch.past["mail"].rates.len(), BEATS);
        // A keeper that is stopped tells nothing; when it goes on, nothing has passed meanwhile.
        lines(&mut watch, &[serde_json::json!({ "id": "mail", "state": "error" })], second, WIDE);
        let back = lines(&mut watch, &[status("mail", 5000 + 2048, 100)], second, WIDE);
        assert!(!back.concat().contains('█'), "{back:?}");
        let none = lines(&mut watch, &[], second, WIDE);
        assert_eq!(none.last().unwrap(), "no socket is kept\n");
        assert!(watch.past.is_empty());
    }

    #[test]
    fn frames_fit_every_terminal() {
        use unicode_width::UnicodeWidthStr;
        let many: Vec<Value> = (0..30).map(|number| status(&format!("socket{number}"), 1 << 30, 7)).collect();
        for width in [1, 10, 20, 40, 80, 200] {
            for height in [1, 2, 3, 5, 24, 50] {
                let mut watch = Watch::default();
                let lines = lines(&mut watch, &many, BEAT, (width, height));
                let wide: Vec<&String> = lines.iter().filter(|line| line.trim_end().width() > width.max(9)).collect();
                assert!(wide.is_empty(), "{width}: {wide:?}");
                assert!(lines.len() < height.max(4), "{height}: {}", lines.len());
            }
        }
        let mut watch = Watch::default();
        let lines = lines(&mut watch, &many, BEAT, (40, 10));
        assert!(lines[0].starts_with("ID") && lines[0].contains("IN/s") && !lines[0].contains("LOCAL"), "{lines:?}");
        assert!(lines.last().unwrap().starts_with("… 23 more"), "{lines:?}");
    }
}
