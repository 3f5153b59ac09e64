//! Moving bytes inside the kernel with splice(2), which never maps them into this process.
//!
//! Only Linux has it; `plan` never chooses it elsewhere.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};

use rustix::pipe::{PipeFlags, SpliceFlags};
use tokio::io::Interest;

use super::copy::CopyPump;
use super::lane::{Failed, Lane, Moved};
use crate::transport::{Descriptor, Kind};

/// The size that a pipe between two descriptors is grown to; /proc/sys/fs/pipe-max-size allows it to everyone by default.
const PIPE: usize = 1 << 20;

/// After this much the traffic counts as bulk, which is worth growing a pipe for.
const BULK: u64 = 128 << 10;

/// Pipes kept for the next connection that needs one.
const POOLED: usize = 32;

const FLAGS: SpliceFlags = SpliceFlags::NONBLOCK.union(SpliceFlags::MOVE);

thread_local! {
    static POOL: RefCell<Vec<Conduit>> = const { RefCell::new(Vec::new()) };
}

/// A pipe of ours.
#[derive(Debug)]
struct Conduit {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Conduit {
    fn borrow() -> io::Result<Conduit> {
        if let Some(conduit) = POOL.with_borrow_mut(Vec::pop) {
            return Ok(conduit);
        }
        let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok(Conduit { reader, writer })
    }

    fn give_back(self) {
        POOL.with_borrow_mut(|pool| {
            if pool.len() < POOLED {
                pool.push(self);
            }
        });
    }
}

/// A direction that splices.
#[derive(Debug)]
pub struct SplicePump {
    /// `None` where one of the two descriptors is a pipe itself, and while nothing is under way.
    conduit: Option<Conduit>,
    /// What is in the conduit.
    held: usize,
    through: bool,
    ended: bool,
    total: u64,
    grown: bool,
}

/// What a step did.
pub enum Spliced {
    /// As for every pump.
    Moved(Moved),
    /// This pair cannot be spliced; the copy takes over with what was already taken from the source.
    Refused(CopyPump),
}

impl SplicePump {
    /// A pump; `through` a pipe of ours, or straight where one of the two is a pipe.
    pub fn new(through: bool) -> Self {
        SplicePump { conduit: None, held: 0, through, ended: false, total: 0, grown: false }
    }

    /// Moves one portion, or says that the end is reached and everything written.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &Descriptor,
        to: &Descriptor,
        lane: &Lane<'_>,
    ) -> Poll<Result<Spliced, Failed>> {
        if self.through { self.poll_through(cx, from, to, lane) } else { self.poll_straight(cx, from, to, lane) }
    }

    fn poll_straight(
        &mut self,
        cx: &mut Context<'_>,
        from: &Descriptor,
        to: &Descriptor,
        lane: &Lane<'_>,
    ) -> Poll<Result<Spliced, Failed>> {
        let moved = ready!(Descriptor::poll_pair(from, to, cx, |from, to| {
            Ok(rustix::pipe::splice(from, None, to, None, PIPE, FLAGS)?)
        }));
        match moved {
            Ok(0) => Poll::Ready(Ok(Spliced::Moved(Moved::End))),
            Ok(moved) => {
                self.count(moved, lane);
                if self.total > BULK && !self.grown {
                    self.grown = true;
                    for descriptor in [from, to].into_iter().filter(|descriptor| descriptor.kind() == Kind::Pipe) {
                        grow(descriptor);
                    }
                }
                Poll::Ready(Ok(Spliced::Moved(Moved::Bytes(moved))))
            }
            Err(error) if self.total == 0 && is_refusal(&error) => {
                Poll::Ready(Ok(Spliced::Refused(CopyPump::default())))
            }
            // Only writing can meet a reader that is gone.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Poll::Ready(Err(Failed::Writing(error))),
            Err(error) if to.kind() == Kind::Socket => Poll::Ready(Err(Failed::Writing(error))),
            Err(error) if from.kind() == Kind::Socket && is_of_a_connection(&error) => {
                Poll::Ready(Err(Failed::Reading(error)))
            }
            Err(error) if from.kind() == Kind::Pipe => Poll::Ready(Err(Failed::Writing(error))),
            Err(error) => Poll::Ready(Err(Failed::Reading(error))),
        }
    }

    fn poll_through(
        &mut self,
        cx: &mut Context<'_>,
        from: &Descriptor,
        to: &Descriptor,
        lane: &Lane<'_>,
    ) -> Poll<Result<Spliced, Failed>> {
        if self.held == 0 && !self.ended {
            match self.poll_fill(cx, from) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) if self.total == 0 && is_refusal(&error) => {
                    return Poll::Ready(Ok(Spliced::Refused(CopyPump::default())));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(Failed::Reading(error))),
                Poll::Pending => {
                    if let Some(conduit) = self.conduit.take() {
                        conduit.give_back();
                    }
                    return Poll::Pending;
                }
            }
        }
        let Some(conduit) = self.conduit.as_ref().filter(|_| self.held > 0) else {
            return Poll::Ready(Ok(Spliced::Moved(Moved::End)));
        };
        let reader = conduit.reader.as_fd();
        let held = self.held;
        let moved =
            ready!(to.poll_io(cx, Interest::WRITABLE, |to| {
                Ok(rustix::pipe::splice(reader, None, to, None, held, FLAGS)?)
            }));
        match moved {
            Ok(moved) => {
                self.held = self.held.saturating_sub(moved);
                self.count(moved, lane);
                Poll::Ready(Ok(Spliced::Moved(Moved::Bytes(moved))))
            }
            Err(error) if self.total == 0 && is_refusal(&error) => {
                let mut rest = vec![0; self.held];
                let taken = rustix::io::read(reader, &mut rest).map_err(|error| Failed::Reading(error.into()))?;
                rest.truncate(taken);
                Poll::Ready(Ok(Spliced::Refused(CopyPump::with_rest(rest, self.ended))))
            }
            Err(error) => Poll::Ready(Err(Failed::Writing(error))),
        }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, from: &Descriptor) -> Poll<io::Result<()>> {
        let conduit = match self.conduit.take() {
            Some(conduit) => conduit,
            None => Conduit::borrow()?,
        };
        if self.total > BULK && !self.grown {
            self.grown = true;
            let _ = rustix::pipe::fcntl_setpipe_size(&conduit.writer, PIPE);
        }
        let conduit = self.conduit.insert(conduit);
        let writer = conduit.writer.as_fd();
        let taken = ready!(from.poll_io(cx, Interest::READABLE, |from| {
            Ok(rustix::pipe::splice(from, None, writer, None, PIPE, FLAGS)?)
        }))?;
        self.ended = taken == 0;
        self.held = taken;
        Poll::Ready(Ok(()))
    }

    fn count(&mut self, moved: usize, lane: &Lane<'_>) {
        self.total += moved as u64;
        lane.passed_unseen(moved);
    }
}

impl Drop for SplicePump {
    fn drop(&mut self) {
        if let (Some(conduit), 0) = (self.conduit.take(), self.held) {
            conduit.give_back();
        }
    }
}

fn grow(pipe: &Descriptor) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE);
}

/// What splice(2) says of descriptors that it cannot work on.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS | libc::EPERM | libc::EOPNOTSUPP))
}

fn is_of_a_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    )
}
