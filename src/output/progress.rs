//! The progress line of a long transfer, on stderr.

use std::cell::Cell;
use std::time::Duration;

use indicatif::{BinaryBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::event::Direction;

/// How often the line is drawn, in times a second.
const FRAMES: u8 = 10;

/// A line with amount, rate and, where the size is known, a bar and the time left. It is drawn on terminals only; the last
/// line, which [`Progress::finish`] gives, is for everybody.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Whether the bar shows how much of what is to be sent is sent; else it shows what passed in both directions.
    sends: bool,
    sent: Cell<u64>,
    received: Cell<u64>,
}

impl Progress {
    /// A line for a transfer in which `size` bytes are to be sent, if that is known.
    pub fn new(size: Option<u64>) -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(FRAMES);
        let bar = ProgressBar::with_draw_target(size, target);
        let template = match size {
            Some(_) => "{wide_bar} {percent}% of {binary_total_bytes}  {binary_bytes_per_sec}  {eta} left",
            None => "{spinner} {binary_bytes}  {binary_bytes_per_sec}  {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar, sends: size.is_some(), sent: Cell::new(0), received: Cell::new(0) }
    }

    /// Bytes passed.
    pub fn moved(&self, direction: Direction, length: u64) {
        let total = match direction {
            Direction::In => &self.received,
            Direction::Out => &self.sent,
        };
        total.set(total.get().saturating_add(length));
        if direction == Direction::Out || !self.sends {
            self.bar.inc(length);
        }
    }

    /// Takes the line away and gives the last one: how much, how long, how fast.
    pub fn finish(&self) -> String {
        let elapsed = self.bar.elapsed();
        self.bar.finish_and_clear();
        summary(self.sent.get(), self.received.get(), elapsed)
    }
}

fn summary(sent: u64, received: u64, elapsed: Duration) -> String {
    let rate = (sent.saturating_add(received) as f64 / elapsed.as_secs_f64().max(1e-6)) as u64;
    let [sent, received, rate] = [sent, received, rate].map(BinaryBytes);
    format!("sent {sent}, received {received} in {:.3} s, {rate}/s", elapsed.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_of_what_is_to_be_sent_and_the_summary_of_both() {
        let progress = Progress::new(Some(1000));
        progress.moved(Direction::Out, 400);
        progress.moved(Direction::In, 5000);
        assert_eq!(progress.bar.position(), 400);
        assert!(progress.finish().starts_with("sent 400 B, received 4.88 KiB in "));
        let progress = Progress::new(None);
        progress.moved(Direction::Out, 400);
        progress.moved(Direction::In, 5000);
        assert_eq!(progress.bar.position(), 5400);
    }

    #[test]
    fn a_summary_says_how_much_how_long_and_how_fast() {
        let text = summary(3 << 20, 1 << 20, Duration::from_secs(2));
        assert_eq!(text, "sent 3.00 MiB, received 1.00 MiB in 2.000 s, 2.00 MiB/s");
        assert!(summary(0, 0, Duration::ZERO).ends_with("0 B/s"));
    }
}
