//! What the system says to a program at a terminal: another size, stop, go on.

use std::io;
use std::task::{Context, Poll};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::terminal::tty::{self, Tty};

/// The signals that are listened to.
pub struct Signals {
    resized: Signal,
    stop: Signal,
    resumed: Signal,
    /// Whether the next signal to go on is of a stop that is known.
    expected: bool,
}

/// What has happened to the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It has another size.
    Resized,
    /// It was used by others, and may have another size.
    UsedByOthers,
}

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Signals {
            resized: signal(SignalKind::window_change())?,
            stop: signal(SignalKind::from_raw(libc::SIGTSTP))?,
            resumed: signal(SignalKind::from_raw(libc::SIGCONT))?,
            expected: false,
        })
    }

    /// Gives the terminal back while the program is stopped, takes it again, and tells that it has changed.
    pub fn poll(&mut self, tty: &Tty, cx: &mut Context<'_>) -> Poll<io::Result<Change>> {
        if self.stop.poll_recv(cx).is_ready() {
            tty.leave();
            // Stops this process; when the call returns, it goes on.
            crate::sys::stop_by(libc::SIGTSTP)?;
            tty.take_again()?;
            self.expected = true;
            return Poll::Ready(Ok(Change::UsedByOthers));
        }
        while self.resumed.poll_recv(cx).is_ready() {
            if std::mem::take(&mut self.expected) {
                continue;
            }
            // Perhaps after a SIGSTOP, of which nobody is told.
            tty.take_again()?;
            return Poll::Ready(Ok(Change::UsedByOthers));
        }
        if self.resized.poll_recv(cx).is_ready() {
            return Poll::Ready(Ok(Change::Resized));
        }
        Poll::Pending
    }
}

/// Stops all programs of this job, as Ctrl-Z does; false where nobody could let them go on.
///
/// # Errors
/// The system refuses.
pub fn stop_job() -> io::Result<bool> {
    let may = tty::can_be_stopped();
    if may {
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
    }
    Ok(may)
}
