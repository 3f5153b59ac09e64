//! The program at a terminal: a pseudo-terminal of its own, without echo, that a person would sit at.

use std::fs::File;
use std::io::Write;
use std::process::Command;

use rexpect::process::{PtyProcess, WaitStatus};

use super::child::{Collected, Status};
use super::run::starting;
use super::{Sandbox, wait_until};

/// A script of /bin/sh in a session of its own; `"$NETVERB"` is the program.
pub struct Terminal {
    process: PtyProcess,
    keyboard: File,
    screen: Collected,
}

impl Terminal {
    /// Starts the script with stdin, stdout and stderr on the terminal.
    pub fn shell(sandbox: &Sandbox, script: &str) -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        sandbox.furnish(&mut command);
        command.env("TERM", "xterm");
        let mut process = starting(|| PtyProcess::new(command)).unwrap();
        process.set_kill_timeout(Some(0));
        let keyboard = process.get_file_handle().unwrap();
        let screen = Collected::from(Some(process.get_file_handle().unwrap()));
        sandbox.show(format!("at a terminal: {script}"), screen.clone());
        Terminal { process, keyboard, screen }
    }

    /// Types this; `\x04` is the end of input, `\x03` interrupts.
    pub fn send(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Waits until the screen has shown this, and gives all it has shown.
    #[track_caller]
    pub fn wait_screen(&self, text: &str) -> String {
        let mut seen = 0_usize;
        self.screen.wait(&format!("{text:?} on the screen"), |bytes, _| {
            // What was looked at before is not looked at again: a screen may have shown megabytes.
            let fresh = String::from_utf8_lossy(&bytes[seen.saturating_sub(text.len())..]);
            seen = bytes.len();
            fresh.contains(text).then(|| String::from_utf8_lossy(bytes).into_owned())
        })
    }

    /// Waits until the screen has shown this so many times.
    #[track_caller]
    pub fn wait_times(&self, text: &str, times: usize) {
        self.screen.wait(&format!("{text:?} {times} times on the screen"), |bytes, _| {
            (String::from_utf8_lossy(bytes).matches(text).count() >= times).then_some(())
        });
    }

    /// Gives the window another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = rustix::termios::Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&self.keyboard, size).unwrap();
    }

    /// What the system says about the program in the foreground.
    pub fn facts(&self) -> super::Facts {
        super::Facts(rustix::termios::tcgetpgrp(&self.keyboard).unwrap())
    }

    /// Sends the program in the foreground a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.facts().0, signal).unwrap();
    }

    /// The settings of the terminal, to be compared.
    pub fn settings(&self) -> String {
        format!("{:?}", rustix::termios::tcgetattr(&self.keyboard).unwrap())
    }

    /// Waits for the end of the script.
    #[track_caller]
    pub fn wait(&mut self) -> Status {
        wait_until("the end of the script at the terminal", || match self.process.status()? {
            WaitStatus::Exited(_, status) => Some(Status::Exited(status)),
            WaitStatus::Signaled(_, signal, _) => Some(Status::Killed(signal as i32)),
            _ => None,
        })
    }
}
