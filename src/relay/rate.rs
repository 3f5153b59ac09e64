//! A limit of bytes per second for one direction.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// How much may pass at once: this part of a second's worth.
const BURST: Duration = Duration::from_millis(50);

/// A token bucket.
#[derive(Debug)]
pub struct Rate {
    bytes_per_second: u64,
    available: f64,
    refilled: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Rate {
    /// A limit in bytes per second; 0 is taken as 1.
    pub fn new(bytes_per_second: u64) -> Self {
        let bytes_per_second = bytes_per_second.max(1);
        Rate { bytes_per_second, available: 0.0, refilled: Instant::now(), sleep: None }
    }

    fn burst(&self) -> f64 {
        (self.bytes_per_second as f64 * BURST.as_secs_f64()).max(1.0)
    }

    /// How many bytes may pass now, at least one; waits where there are none.
    pub fn poll_allowance(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                if sleep.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                self.sleep = None;
            }
            let now = Instant::now();
            let earned = now.duration_since(self.refilled).as_secs_f64() * self.bytes_per_second as f64;
            self.available = (self.available + earned).min(self.burst());
            self.refilled = now;
            if self.available >= 1.0 {
                return Poll::Ready(self.available as usize);
            }
            let missing = (1.0 - self.available) / self.bytes_per_second as f64;
            let pause = Duration::from_secs_f64(missing).max(Duration::from_millis(1));
            self.sleep = Some(Box::pin(tokio::time::sleep_until(now + pause)));
        }
    }

    /// Takes what has passed from the allowance.
    pub fn spend(&mut self, bytes: usize) {
        self.available -= bytes as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_passes_as_much_as_the_limit() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut rate = Rate::new(10_000);
            let begun = Instant::now();
            let mut passed = 0;
            while passed < 20_000 {
                let allowed = std::future::poll_fn(|cx| rate.poll_allowance(cx)).await.min(20_000 - passed);
                rate.spend(allowed);
                passed += allowed;
            }
            let seconds = begun.elapsed().as_secs_f64();
            assert!((1.9..2.1).contains(&seconds), "{seconds}");
        });
    }
}
