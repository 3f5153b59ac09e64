//! A second thread beside a verb that blocks: it ends the run at a signal or the deadline, and tells of that, whatever the
//! verb waits for. What the verb does has no place here.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::cli::Run;
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::output::Reporter;
use crate::quantity::Limit;
use crate::sys;

/// A run that somebody looks after.
pub struct Overseen(Arc<AtomicBool>);

impl Overseen {
    /// Has the run looked after from now on.
    ///
    /// # Errors
    /// The system gives no thread, or not what it waits with.
    pub fn begin(run: &Run, deadline: Limit) -> Result<Self, Failure> {
        let (name, format, verbosity, subject) = (run.name, run.format, run.verbosity, run.verb.subject());
        let told = Arc::new(AtomicBool::new(false));
        let (shared, begun) = (told.clone(), Instant::now());
        let started = || -> std::io::Result<()> {
            let heard = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|number| !sys::is_ignored(*number));
            let signals = heard.map(|number| Ok((number, caught(number)?))).collect::<std::io::Result<Vec<_>>>()?;
            std::thread::Builder::new().spawn(move || {
                let reporter = Reporter::since(begun, name, format, verbosity);
                if let Some(id) = subject {
                    reporter.about(&id);
                }
                look_after(&reporter, &signals, deadline, begun, &shared);
            })?;
            Ok(())
        };
        started().map_err(|error| Failure::message(Exit::Unsupported, format!("cannot start: {}", reason(&error))))?;
        Ok(Overseen(told))
    }

    /// The verb has ended by itself, and tells of it. Where the run has been ended meanwhile, this does not return.
    pub fn ended(self) {
        while self.0.swap(true, Ordering::SeqCst) {
            std::thread::park();
        }
    }
}

/// Where the arrivals of a signal can be read.
fn caught(number: i32) -> std::io::Result<UnixStream> {
    let (read, write) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(number, write)?;
    Ok(read)
}

/// Ends the process at the first signal, or at the deadline while nobody has told of the end of the run.
fn look_after(reporter: &Reporter, signals: &[(i32, UnixStream)], deadline: Limit, begun: Instant, told: &AtomicBool) {
    let claimed = || !told.swap(true, Ordering::SeqCst);
    if let Limit::After(limit) = deadline
        // Beyond any clock is no limit either.
        && let Some(until) = begun.checked_add(limit)
    {
        if let Some(number) = arrival(signals, Some(until)) {
            die(reporter, number, claimed());
        } else if claimed() {
            let exit = late(reporter, limit);
            sys::leave(exit.status());
        }
    }
    while let Some(number) = arrival(signals, None) {
        die(reporter, number, claimed());
    }
}

fn late(reporter: &Reporter, limit: Duration) -> Exit {
    let limit = format!("the deadline of {}", humantime::format_duration(limit));
    reporter.event("", &Event::Timeout { limit: limit.clone() });
    let failure = Failure::message(Exit::TimedOut, format!("timed out: {limit} has passed"));
    reporter.failure(&failure);
    reporter.summary(failure.exit, &failure.line());
    failure.exit
}

/// What waits for this process sees what killed it.
fn die(reporter: &Reporter, number: i32, tell: bool) {
    if tell {
        let exit = Exit::Signal(number);
        reporter.summary(exit, &super::words(exit));
    }
    let _ = signal_hook::low_level::emulate_default_handler(number);
}

/// The first signal that arrives before this moment.
fn arrival(signals: &[(i32, UnixStream)], until: Option<Instant>) -> Option<i32> {
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let span = left.and_then(|left| Timespec::try_from(left).ok());
        let mut watched: Vec<PollFd<'_>> =
            signals.iter().map(|(_, stream)| PollFd::new(stream, PollFlags::IN)).collect();
        // An interrupted wait begins again.
        let _ = rustix::event::poll(&mut watched, span.as_ref());
        let came = signals.iter().zip(&watched).find(|(_, watched)| !watched.revents().is_empty());
        if let Some(((number, _), _)) = came {
            return Some(*number);
        }
        if left.is_some_and(|left| left.is_zero()) {
            return None;
        }
    }
}
