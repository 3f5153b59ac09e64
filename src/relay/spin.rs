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
    /// Data was seen, and nothing has moved since.
    hit: bool,
}

impl Spin {
    /// Looks for data on these descriptors; true when there is some, false at once when looking has not paid lately.
    ///
    /// Data that nothing moves, because its receiver takes none, is seen once: it would be there at every look.
    pub fn wait_for(&mut self, sources: [Option<&Descriptor>; 2]) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if !self.hit && look(sources) {
            self.hit = true;
            return true;
        }
        self.hit = false;
        self.misses = (self.misses + 1).min(MOST_MISSES);
        self.skip = 1 << self.misses;
        false
    }

    /// Something moved, which pays for a look that saw it coming.
    pub fn moved(&mut self) {
        if std::mem::take(&mut self.hit) {
            self.misses = 0;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn data_that_nothing_moves_is_seen_once() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        rustix::io::write(&writer, b"x").unwrap();
        let source = Descriptor::own_pipe(reader).unwrap();
        let mut spin = Spin::default();
        let looks: Vec<bool> = (0..4).map(|_| spin.wait_for([Some(&source), None])).collect();
        assert_eq!(looks, [true, false, false, false]);
        assert!(spin.wait_for([Some(&source), None]), "worth another look");
        spin.moved();
        assert!(spin.wait_for([Some(&source), None]), "it paid");
    }
}
