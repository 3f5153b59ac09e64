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
#[derive(Debug, Default)]
pub struct Spin {
    misses: u32,
    skip: u32,
}

impl Spin {
    /// Looks for data on these descriptors; true when there is some, false at once when looking has not paid lately.
    pub fn wait_for(&mut self, sources: [Option<&Descriptor>; 2]) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        let ready = look(sources);
        if ready {
            self.misses = 0;
        } else {
            self.misses = (self.misses + 1).min(MOST_MISSES);
            self.skip = 1 << self.misses;
        }
        ready
    }
}

fn look(sources: [Option<&Descriptor>; 2]) -> bool {
    let waits = |descriptor: &&Descriptor| matches!(descriptor.kind(), Kind::Socket | Kind::Pipe);
    let mut watched: Vec<PollFd<'_>> =
        sources.into_iter().flatten().filter(waits).map(|descriptor| PollFd::new(descriptor, PollFlags::IN)).collect();
    if watched.is_empty() {
        return false;
    }
    let begun = Instant::now();
    loop {
        if poll(&mut watched, Some(&Timespec::default())).is_ok_and(|ready| ready > 0) {
            return true;
        }
        if begun.elapsed() >= LONGEST {
            return false;
        }
        std::hint::spin_loop();
    }
}
