//! A running process: its streams, what it announces, how it ends.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};
use serde_json::Value;

use super::facts::Facts;
use super::{LIMIT, uninterrupted, wait_until};

/// What came out of a pipe so far, read by a thread.
#[derive(Clone, Default)]
pub struct Collected(Arc<(Mutex<Flow>, Condvar)>);

#[derive(Default)]
struct Flow {
    bytes: Vec<u8>,
    ended: bool,
}

impl Collected {
    pub(super) fn from(source: Option<impl Read + Send + 'static>) -> Self {
        let collected = Collected::default();
        let shared = collected.clone();
        let Some(mut source) = source else {
            shared.0.0.lock().unwrap().ended = true;
            return collected;
        };
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            loop {
                let length = uninterrupted(|| source.read(&mut buffer)).unwrap_or(0);
                let mut flow = shared.0.0.lock().unwrap();
                flow.bytes.extend_from_slice(&buffer[..length]);
                flow.ended = length == 0;
                shared.0.1.notify_all();
                if flow.ended {
                    return;
                }
            }
        });
        collected
    }

    /// Waits until `fact` finds something in the bytes so far; it is told whether more can come.
    #[track_caller]
    pub(super) fn wait<T>(&self, what: &str, mut fact: impl FnMut(&[u8], bool) -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        let mut flow = self.0.0.lock().unwrap();
        loop {
            if let Some(value) = fact(&flow.bytes, flow.ended) {
                return value;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if flow.ended || left.is_zero() {
                let why = if flow.ended { "the stream ended" } else { "the limit passed" };
                drop(flow);
                panic!("waiting for {what}: {why}");
            }
            flow = self.0.1.wait_timeout(flow, left).unwrap().0;
        }
    }

    fn so_far(&self) -> Vec<u8> {
        self.0.0.lock().unwrap().bytes.clone()
    }
}

/// What a failed test shows of a process.
#[derive(Default)]
pub struct Record {
    pub(super) line: String,
    pub(super) stdout: Collected,
    pub(super) stderr: Collected,
    pub(super) status: Arc<Mutex<Option<Status>>>,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.lock().unwrap();
        let ended = status.map_or("killed by the test".to_owned(), |status| format!("{status:?}"));
        writeln!(f, "--- {}: {ended}", self.line)?;
        for (name, flow) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            let bytes = flow.so_far();
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(8192)]).into_owned();
            let shown = text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}");
            writeln!(f, "{name}, {} bytes: {shown}", bytes.len())?;
        }
        Ok(())
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

/// A process that ended, with all it printed.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: Status,
    /// Its stdout, where that was collected.
    pub stdout: Vec<u8>,
    /// Its stderr.
    pub stderr: String,
    /// How long it ran, as seen from here.
    pub took: Duration,
}

impl Finished {
    /// Asserts this exit status.
    #[track_caller]
    pub fn exits(&self, status: i32) -> &Self {
        assert_eq!(self.status, Status::Exited(status), "stderr: {}", self.stderr);
        self
    }

    /// Asserts a documented failure: this status, nothing on stdout, and on stderr one line that begins with the program's
    /// name and has all these words.
    #[track_caller]
    pub fn failed(&self, status: i32, words: &[&str]) -> &Self {
        assert_eq!(self.stdout, b"", "a failure prints nothing on stdout; stderr: {}", self.stderr);
        self.failed_after_data(status, words)
    }

    /// As [`Finished::failed`], where something was on stdout before.
    #[track_caller]
    pub fn failed_after_data(&self, status: i32, words: &[&str]) -> &Self {
        self.exits(status);
        let message = self.stderr.strip_suffix('\n').expect("a failure says why, in a whole line");
        assert!(!message.contains('\n'), "more than one line: {message}");
        assert!(message.starts_with("netverb"), "no name of the program in {message:?}");
        for word in words {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
        self
    }

    /// The events on its stderr; every line must be one.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        self.stderr.lines().map(parse).collect()
    }
}

/// A running process. It and its process group are killed when this is dropped.
pub struct Child {
    child: std::process::Child,
    pidfd: OwnedFd,
    stdin: Option<OwnedFd>,
    held_stdout: Option<File>,
    stdout: Collected,
    stderr: Collected,
    line: String,
    status: Arc<Mutex<Option<Status>>>,
    taken: usize,
    started: Instant,
}

impl Child {
    pub(super) fn new(mut child: std::process::Child, line: &str, collect_stdout: bool) -> Self {
        let pid = Pid::from_child(&child);
        let pidfd = rustix::process::pidfd_open(pid, PidfdFlags::empty()).unwrap();
        let stdin = child.stdin.take().map(OwnedFd::from);
        if let Some(stdin) = &stdin {
            // The end of the pipe that is ours alone: a process that reads no more must not hang the test.
            rustix::io::ioctl_fionbio(stdin, true).unwrap();
        }
        let stdout = child.stdout.take();
        let stderr = Collected::from(child.stderr.take());
        let (stdout, held_stdout) = match collect_stdout {
            true => (Collected::from(stdout), None),
            false => (Collected::from(None::<File>), stdout.map(|pipe| File::from(OwnedFd::from(pipe)))),
        };
        let (line, status) = (line.to_owned(), Arc::default());
        Child { child, pidfd, stdin, held_stdout, stdout, stderr, line, status, taken: 0, started: Instant::now() }
    }

    pub(super) fn record(&self) -> Record {
        let (stdout, stderr) = (self.stdout.clone(), self.stderr.clone());
        Record { line: self.line.clone(), stdout, stderr, status: self.status.clone() }
    }

    /// Writes all of this to its stdin.
    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_ref().expect("its stdin is open");
        write_all(stdin, bytes).expect("its stdin takes data");
    }

    /// Ends its stdin.
    pub fn end_input(&mut self) {
        drop(self.stdin.take());
    }

    /// Writes this to its stdin and ends it, without waiting for that; the rest is dropped if it reads no more.
    pub fn feed(&mut self, bytes: Vec<u8>) {
        if let Some(stdin) = self.stdin.take() {
            std::thread::spawn(move || write_all(&stdin, &bytes));
        }
    }

    /// Takes the reading end of its stdout, which nobody has read yet.
    #[track_caller]
    pub fn take_stdout(&mut self) -> File {
        self.held_stdout.take().expect("stdout was made by .stdout(Stdio::piped())")
    }

    /// Waits for this many more bytes on its stdout.
    #[track_caller]
    pub fn read_stdout(&mut self, length: usize) -> Vec<u8> {
        let (from, to) = (self.taken, self.taken + length);
        self.taken = to;
        self.stdout.wait(&format!("{length} bytes on stdout"), |bytes, _| bytes.get(from..to).map(<[u8]>::to_vec))
    }

    /// Waits for the next line on its stdout, and gives it without its end.
    #[track_caller]
    pub fn read_line(&mut self) -> String {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            line.extend(self.read_stdout(1));
        }
        String::from_utf8(line).unwrap().trim_end().to_owned()
    }

    /// Waits for a line on its stderr that contains this text.
    #[track_caller]
    pub fn wait_stderr(&self, text: &str) -> String {
        self.stderr.wait(&format!("{text:?} on stderr"), |bytes, _| {
            let all = String::from_utf8_lossy(bytes);
            all.split_inclusive('\n').find(|line| line.ends_with('\n') && line.contains(text)).map(str::to_owned)
        })
    }

    /// Waits for the first event of this name (with `--json`).
    #[track_caller]
    pub fn wait_event(&self, name: &str) -> Value {
        self.wait_events(name, 1).swap_remove(0)
    }

    /// Waits until this many events of this name have come, and gives them all.
    #[track_caller]
    pub fn wait_events(&self, name: &str, count: usize) -> Vec<Value> {
        self.wait_for_events(&format!("{count} events {name:?}"), count, |event| event["event"] == name)
    }

    /// Waits until this many events of this kind have come, and gives them all.
    #[track_caller]
    pub fn wait_for_events(&self, what: &str, count: usize, kind: impl Fn(&Value) -> bool) -> Vec<Value> {
        let (mut events, mut seen) = (Vec::new(), 0);
        self.stderr.wait(what, |bytes, _| {
            let lines = bytes[seen..].split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
            for line in lines {
                seen += line.len();
                events.extend(serde_json::from_slice::<Value>(line).ok().filter(&kind));
            }
            (events.len() >= count).then(|| std::mem::take(&mut events))
        })
    }

    /// Waits until it listens, and gives the port (with `--json`).
    #[track_caller]
    pub fn port(&self) -> u16 {
        let event = self.wait_event("listening");
        event["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port in the event listening")
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// Stops it, until it gets `Signal::CONT`.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
        wait_until("it is stopped", || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid().as_raw_nonzero())).unwrap();
            stat.rsplit_once(") ").unwrap().1.starts_with('T').then_some(())
        });
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Its command line, for messages.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// What the system says about it.
    pub fn facts(&self) -> Facts {
        Facts(self.pid())
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        !self.ends_within(Duration::ZERO)
    }

    /// Waits this long for its end; true when it came.
    pub fn ends_within(&self, limit: Duration) -> bool {
        let limit = Timespec::try_from(limit).unwrap();
        let mut watched = [PollFd::new(&self.pidfd, PollFlags::IN)];
        rustix::io::retry_on_intr(|| rustix::event::poll(&mut watched, Some(&limit))).unwrap() > 0
    }

    /// Waits for its end and for the ends of its collected streams. Its stdin stays as it is.
    #[track_caller]
    pub fn wait(&mut self) -> Finished {
        assert!(self.ends_within(LIMIT), "still running after {LIMIT:?}: {}", self.line);
        let took = self.started.elapsed();
        // It is not reaped before it is dropped: as long as its number is taken, killing its group hits nobody else.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let ended = rustix::process::waitid(WaitId::Pid(self.pid()), options).unwrap().unwrap();
        let status = match ended.exit_status() {
            Some(status) => Status::Exited(status),
            None => Status::Killed(ended.terminating_signal().unwrap()),
        };
        *self.status.lock().unwrap() = Some(status);
        let all = |bytes: &[u8], ended: bool| ended.then(|| bytes.to_vec());
        let stdout = self.stdout.wait("the end of stdout", all);
        let stderr = String::from_utf8(self.stderr.wait("the end of stderr", all)).expect("stderr is UTF-8");
        assert!(!stderr.contains("panicked at"), "a panic: {stderr}");
        Finished { status, stdout, stderr, took }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Writes all, within [`LIMIT`] for each portion.
fn write_all(pipe: &impl AsFd, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(pipe, bytes) {
            Ok(length) => bytes = &bytes[length..],
            Err(rustix::io::Errno::AGAIN) => {
                let limit = Timespec::try_from(LIMIT).unwrap();
                let mut watched = [PollFd::new(pipe, PollFlags::OUT)];
                if rustix::io::retry_on_intr(|| rustix::event::poll(&mut watched, Some(&limit)))? == 0 {
                    return Err(std::io::ErrorKind::TimedOut.into());
                }
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
