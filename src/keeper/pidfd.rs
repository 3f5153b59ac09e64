//! Another process, by a descriptor that cannot come to mean a different one (pidfd_open(2)): whether it has ended, and signals to it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, Signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::sys;

/// A process; readable when it has ended, whether or not its parent has waited for it.
#[derive(Debug)]
pub struct Pidfd(OwnedFd);

impl Pidfd {
    /// The process that has this number now.
    ///
    /// # Errors
    /// `ESRCH`: there is none.
    pub fn open(process: Pid) -> io::Result<Self> {
        Ok(Pidfd(rustix::process::pidfd_open(process, PidfdFlags::empty())?))
    }

    /// The process that has this number, which is none where it cannot be one.
    ///
    /// # Errors
    /// As [`Pidfd::open`].
    pub fn of_number(process: u32) -> io::Result<Self> {
        let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
        Pidfd::open(pid.ok_or(io::ErrorKind::InvalidInput)?)
    }

    /// Whether a process has ended, waited for by its parent or not.
    pub fn is_gone(process: Pid) -> bool {
        match Pidfd::open(process) {
            Ok(process) => process.ends_within(Duration::ZERO),
            Err(error) => error.raw_os_error() == Some(libc::ESRCH),
        }
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// Those of pidfd_send_signal(2).
    pub fn send(&self, signal: Signal) -> io::Result<()> {
        Ok(rustix::process::pidfd_send_signal(&self.0, signal)?)
    }

    /// Waits for its end, no longer than this; whether it has ended.
    pub fn ends_within(&self, limit: Duration) -> bool {
        let mut watched = [PollFd::new(&self.0, PollFlags::IN)];
        let limit = Timespec::try_from(limit).ok();
        rustix::io::retry_on_intr(|| rustix::event::poll(&mut watched, limit.as_ref())).is_ok_and(|ended| ended > 0)
    }

    /// For the event loop: readable at its end.
    ///
    /// # Errors
    /// When the event loop refuses it.
    pub fn watch(self) -> io::Result<AsyncFd<OwnedFd>> {
        sys::watch(self.0, Interest::READABLE).map_err(|(_, error)| error)
    }
}

impl AsFd for Pidfd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_is_gone_when_it_has_ended_though_nobody_has_waited_for_it() {
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let process = Pidfd::of_number(child.id()).unwrap();
        assert!(!Pidfd::is_gone(pid) && !process.ends_within(Duration::ZERO));
        process.send(Signal::KILL).unwrap();
        assert!(process.ends_within(Duration::from_secs(60)));
        assert!(Pidfd::is_gone(pid));
        child.wait().unwrap();
        assert!(Pidfd::is_gone(pid) && Pidfd::of_number(u32::MAX).is_err());
    }
}
