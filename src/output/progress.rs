//! The progress line of a long transfer, on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::event::Direction;

/// How often the line is drawn, in times a second.
const FRAMES: u8 = 10;

/// A line with amount, rate and, where the size is known, a bar and the time left.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A line for a transfer of `size` bytes, if that is known. It draws also where stderr is no terminal, as asked for.
    pub fn new(size: Option<u64>) -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(FRAMES);
        let bar = ProgressBar::with_draw_target(size, target);
        let template = match size {
            Some(_) => "{bar:30} {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left",
            None => "{spinner} {bytes}  {bytes_per_sec}  {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar }
    }

    /// Bytes passed.
    pub fn moved(&self, _: Direction, length: u64) {
        self.bar.inc(length);
    }

    /// Leaves one last line: how much, how long, how fast.
    pub fn finish(&self) -> String {
        let (bytes, elapsed) = (self.bar.position(), self.bar.elapsed());
        self.bar.finish_and_clear();
        let rate = (bytes as f64 / elapsed.as_secs_f64().max(1e-6)) as u64;
        let [bytes, rate] = [bytes, rate].map(indicatif::BinaryBytes);
        format!("{bytes} in {:.3} s, {rate}/s", elapsed.as_secs_f64())
    }
}
