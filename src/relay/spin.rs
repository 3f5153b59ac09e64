//! Adaptive spinning: waking up on another CPU costs tens of microseconds, so a relay that expects an answer looks for it
//! a moment longer before it sleeps. What does not pay is given up: after a miss the next 2^k waits sleep at once.

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::transport::{Descriptor, Kind};

/// The longest look.
const LONGEST: Duration = Duration::from_micros(50);

/// The exponent at which giving up stops growing.
const MOST_MISSES: u32 = 10;

/// The memory of one relay's luck.
#[derive(Debug)]
pub struct Spin {
    misses: u32,
    skip: u32,
    /// Data came during the last look, and nothing has moved since.
    hit: bool,
}

/// What a look saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// There was something before it began: it says nothing about how long answers take.
    AlreadyThere,
    /// Something came while it lasted.
    Came,
    /// Nothing came.
    Nothing,
}

impl Spin {
    /// The memory of a new relay; `None` where spinning only keeps the one that would answer from running.
    pub fn new() -> Option<Spin> {
        (usable_cpus() > 1).then_some(Spin { misses: 0, skip: 0, hit: false })
    }

    /// Before sleeping: looks whether data comes to these descriptors; returns at once when looking has not paid lately.
    /// Either way the event loop is asked next, which does not sleep when there is some.
    pub fn wait(&mut self, sources: [Option<&Descriptor>; 2]) {
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            self.judge(look(sources));
        }
    }

    /// Something moved, which pays for a look that saw it coming.
    pub fn moved(&mut self) {
        if std::mem::take(&mut self.hit) {
            self.misses = 0;
        }
    }

    fn judge(&mut self, look: Look) {
        self.hit = look == Look::Came;
        if look == Look::Nothing {
            self.misses = (self.misses + 1).min(MOST_MISSES);
            self.skip = 1 << self.misses;
        }
    }
}

fn look(sources: [Option<&Descriptor>; 2]) -> Look {
    let waits = |descriptor: &&Descriptor| matches!(descriptor.kind(), Kind::Socket | Kind::Pipe);
    let mut watched: Vec<PollFd<'_>> =
        sources.into_iter().flatten().filter(waits).map(|descriptor| PollFd::new(descriptor, PollFlags::IN)).collect();
    if watched.is_empty() {
        return Look::Nothing;
    }
    let mut found = Look::AlreadyThere;
    let begun = Instant::now();
    loop {
        if poll(&mut watched, Some(&Timespec::default())).is_ok_and(|ready| ready > 0) {
            return found;
        }
        found = Look::Came;
        if begun.elapsed() >= LONGEST {
            return Look::Nothing;
        }
        std::hint::spin_loop();
    }
}

/// How many CPUs this process may run on.
#[cfg(target_os = "linux")]
fn usable_cpus() -> u32 {
    rustix::thread::sched_getaffinity(None).map_or(1, |cpus| cpus.count())
}

#[cfg(not(target_os = "linux"))]
fn usable_cpus() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> Spin {
        Spin { misses: 0, skip: 0, hit: false }
    }

    #[tokio::test]
    async fn data_that_is_there_is_seen_at_once_and_silence_is_given_up() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let source = Descriptor::own_pipe(reader).unwrap();
        assert_eq!(look([Some(&source), None]), Look::Nothing);
        rustix::io::write(&writer, b"x").unwrap();
        assert_eq!(look([Some(&source), None]), Look::AlreadyThere);
    }

    #[test]
    fn each_miss_doubles_the_waits_that_sleep_at_once() {
        let mut spin = fresh();
        let skipped: Vec<u32> = (0..12)
            .map(|_| {
                spin.judge(Look::Nothing);
                spin.skip
            })
            .collect();
        assert_eq!(skipped, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024]);
    }

    #[test]
    fn only_data_that_came_and_moved_makes_up_for_misses() {
        let mut spin = fresh();
        spin.judge(Look::Nothing);
        spin.judge(Look::AlreadyThere);
        spin.moved();
        assert_eq!(spin.misses, 1, "what was there before the look proves nothing");
        spin.judge(Look::Came);
        assert_eq!(spin.misses, 1, "its receiver may take none");
        spin.moved();
        assert_eq!(spin.misses, 0);
    }
}
