//! Connecting to a host with several addresses: Happy Eyeballs (RFC 8305).
//!
//! Addresses are tried in an order that alternates between the families, each attempt starting when the one before it
//! failed or 250 ms have passed (RFC 8305 section 5); the first connection wins and the others are dropped.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// How long an attempt has a head start over the next one (RFC 8305 section 8).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The attempts that failed, in the order in which they did.
pub type Failures = Vec<(SocketAddr, io::Error)>;

/// Alternates between the families, beginning with that of the first address (RFC 8305 section 4).
pub fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first_is_v6);
    let mut ordered = Vec::with_capacity(addresses.len());
    while !first.is_empty() || !second.is_empty() {
        ordered.extend(first.pop_front());
        ordered.extend(second.pop_front());
    }
    ordered
}

/// Races attempts over the addresses in this order and returns the first connection.
///
/// # Errors
/// Every attempt's error, when all have failed.
pub async fn race<T, F>(
    addresses: &[SocketAddr],
    mut attempt: impl FnMut(SocketAddr) -> F,
) -> Result<(SocketAddr, T), Failures>
where
    F: Future<Output = io::Result<T>>,
{
    let mut waiting: VecDeque<SocketAddr> = addresses.iter().copied().collect();
    let mut running: Vec<(SocketAddr, Pin<Box<F>>)> = Vec::new();
    let mut failures = Failures::new();
    let mut head_start: Option<Pin<Box<Sleep>>> = None;
    std::future::poll_fn(move |cx| {
        loop {
            let mut failed = false;
            let mut index = 0;
            while let Some((address, future)) = running.get_mut(index) {
                match future.as_mut().poll(cx) {
                    Poll::Ready(Ok(connection)) => return Poll::Ready(Ok((*address, connection))),
                    Poll::Ready(Err(error)) => {
                        failures.push((*address, error));
                        running.remove(index);
                        failed = true;
                    }
                    Poll::Pending => index += 1,
                }
            }
            if running.is_empty() && waiting.is_empty() {
                return Poll::Ready(Err(std::mem::take(&mut failures)));
            }
            let elapsed = match &mut head_start {
                Some(sleep) => sleep.as_mut().poll(cx).is_ready(),
                None => true,
            };
            if !(failed || elapsed || running.is_empty()) {
                return Poll::Pending;
            }
            let Some(next) = waiting.pop_front() else { return Poll::Pending };
            running.push((next, Box::pin(attempt(next))));
            // A lone last address needs no timer.
            head_start =
                (!waiting.is_empty()).then(|| Box::pin(tokio::time::sleep_until(Instant::now() + ATTEMPT_DELAY)));
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap().block_on(future)
    }

    #[test]
    fn families_alternate_beginning_with_the_first() {
        let all = ["[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1"].map(address);
        assert_eq!(interleave(&all), ["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"].map(address));
    }

    #[test]
    fn a_dead_address_costs_the_head_start_only() {
        let all = ["[::1]:1", "1.1.1.1:1"].map(address);
        run(async {
            let begun = Instant::now();
            let (winner, ()) = race(&all, |to| async move {
                if to.is_ipv6() {
                    std::future::pending::<()>().await
                }
                Ok(())
            })
            .await
            .unwrap();
            assert_eq!(winner, all[1]);
            assert_eq!(begun.elapsed().as_millis(), ATTEMPT_DELAY.as_millis());
        });
    }

    #[test]
    fn a_refusal_starts_the_next_attempt_at_once_and_all_errors_are_kept() {
        let all = ["[::1]:1", "1.1.1.1:1"].map(address);
        run(async {
            let begun = Instant::now();
            let failures =
                race(&all, |_| async { Err::<(), _>(io::ErrorKind::ConnectionRefused.into()) }).await.unwrap_err();
            assert_eq!(failures.iter().map(|failure| failure.0).collect::<Vec<_>>(), all);
            assert_eq!(begun.elapsed(), Duration::ZERO);
        });
    }
}
