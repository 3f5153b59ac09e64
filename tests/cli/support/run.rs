//! A process that is about to start.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use super::child::{Child, Finished, Record};

/// Held while a process starts: until its exec it has a copy of each of our descriptors, and what a test closes meanwhile is not
/// closed yet.
static STARTING: Mutex<()> = Mutex::new(());

/// Starts something while nothing else is started.
pub(super) fn starting<T>(start: impl FnOnce() -> T) -> T {
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    start()
}

/// The last field behind descriptors: when it is dropped they are closed, in processes that are just starting as well.
pub(super) struct Closed;

impl Drop for Closed {
    fn drop(&mut self) {
        starting(|| ());
    }
}

/// Closes a descriptor for good: a process that is just starting has no copy of it any more.
pub fn close<T>(descriptor: T) {
    drop(descriptor);
    drop(Closed);
}

/// How to start a process. Its streams are pipes to the test unless said otherwise; what it prints is collected.
pub struct Run {
    command: Command,
    collect_stdout: bool,
    records: Rc<RefCell<Vec<Record>>>,
}

impl Run {
    pub(super) fn new(mut command: Command, records: Rc<RefCell<Vec<Record>>>) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Run { command, collect_stdout: true, records }
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Its stdin is this instead of a pipe from the test.
    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.command.stdin(stdin);
        self
    }

    /// Its stdout is this. With `Stdio::piped()` nobody reads it until the test takes it.
    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self.collect_stdout = false;
        self
    }

    /// Its stderr is this; then no event can be waited for.
    pub fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.command.stderr(stderr);
        self
    }

    /// Starts it, in a process group of its own that is killed when the [`Child`] is dropped.
    pub fn spawn(mut self) -> Child {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        let line = words.map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" ");
        let started = starting(|| self.command.process_group(0).spawn());
        let child = started.unwrap_or_else(|error| panic!("cannot start {line}: {error}"));
        // Our copies of what was given to it, such as the end of a pipe, are closed with the command.
        drop(self.command);
        let child = Child::new(child, &line, self.collect_stdout);
        self.records.borrow_mut().push(child.record());
        child
    }

    /// Runs it with an empty stdin to its end.
    pub fn run(self) -> Finished {
        self.feed(b"")
    }

    /// Runs it with these bytes as its stdin to its end.
    pub fn feed(self, input: &[u8]) -> Finished {
        let mut child = self.spawn();
        child.feed(input.to_vec());
        child.wait()
    }
}
