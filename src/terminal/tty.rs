//! The terminal as a device: its mode, its size, and giving it back as it was, whatever way this program ends.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};

use crossterm::Command;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{getpgrp, getppid, getsid};
use rustix::termios::{LocalModes, OptionalActions, Termios};

/// Whether the terminal is in our mode.
static OURS: AtomicBool = AtomicBool::new(false);

/// Whether it shows a page of ours instead of what was there.
static PAGE: AtomicBool = AtomicBool::new(false);

/// How the terminal was set before we kept it from showing what is typed.
static SHOWING: Mutex<Option<Termios>> = Mutex::new(None);

/// How long a terminal that takes nothing is waited for at the end.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// What a peer may have switched on, off again: colours, a hidden cursor, reports of the mouse, other keys (xterm's control
/// sequences, ECMA-48).
const SOBER: &str = "\x1b[0m\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1l\x1b>";

/// What the terminal is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The line editor: keys one by one, pastes told apart.
    Editor,
    /// Everything passes, both ways.
    PassThrough,
    /// A page of its own, keys one by one; afterwards it shows again what it showed before.
    Page,
}

/// The terminal in our mode; it is given back when this is dropped, and when the program panics.
#[derive(Debug)]
pub struct Tty {
    usage: Use,
}

impl Tty {
    /// Takes the terminal of stdin and stdout.
    ///
    /// # Errors
    /// It cannot be set.
    pub fn take(usage: Use) -> io::Result<Self> {
        survive_panics();
        let tty = Tty { usage };
        tty.enter()?;
        Ok(tty)
    }

    fn enter(&self) -> io::Result<()> {
        OURS.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        match self.usage {
            Use::Editor => write(&ansi(EnableBracketedPaste)),
            Use::PassThrough => {}
            Use::Page => {
                PAGE.store(true, Ordering::SeqCst);
                write(&format!("{}{}", ansi(EnterAlternateScreen), ansi(Hide)));
            }
        }
        Ok(())
    }

    /// Gives the terminal back for a while.
    pub fn leave(&self) {
        give_back(match self.usage {
            Use::Editor | Use::Page => "",
            Use::PassThrough => SOBER,
        });
    }

    /// Takes it again; it may have been used and set by others meanwhile.
    ///
    /// # Errors
    /// It cannot be set.
    pub fn take_again(&self) -> io::Result<()> {
        // crossterm remembers that it has set it, and would not do it again.
        let _ = disable_raw_mode();
        self.enter()
    }
}

/// Gives the terminal back where the program panics. Also where that aborts the process, this comes first.
fn survive_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back("\r\n");
            show_typed();
            report(info);
        }));
    });
}

/// Whether a terminal that edits lines itself shows what is typed; it does again when this is dropped, and when the program panics.
#[derive(Debug, Default)]
pub struct Echo {
    hidden: bool,
}

impl Echo {
    /// Hides what is typed, or shows it again. The end of a hidden line is seen all the same.
    ///
    /// # Errors
    /// It cannot be hidden.
    pub fn hide(&mut self, hidden: bool) -> io::Result<()> {
        if std::mem::replace(&mut self.hidden, hidden) == hidden {
            return Ok(());
        }
        if !hidden {
            show_typed();
            return Ok(());
        }
        survive_panics();
        let stdin = rustix::stdio::stdin();
        let before = rustix::termios::tcgetattr(stdin)?;
        if !before.local_modes.contains(LocalModes::ECHO) {
            return Ok(());
        }
        let mut settings = before.clone();
        settings.local_modes.remove(LocalModes::ECHO);
        settings.local_modes.insert(LocalModes::ECHONL);
        if let Ok(mut showing) = SHOWING.try_lock() {
            *showing = Some(before);
        }
        Ok(rustix::termios::tcsetattr(stdin, OptionalActions::Now, &settings)?)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        show_typed();
    }
}

fn show_typed() {
    // Who panics while holding it does not wait for itself.
    if let Some(before) = SHOWING.try_lock().ok().and_then(|mut showing| showing.take()) {
        let _ = rustix::termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &before);
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.leave();
    }
}

fn give_back(first: &str) {
    if PAGE.swap(false, Ordering::SeqCst) {
        write(&format!("{}{}", ansi(Show), ansi(LeaveAlternateScreen)));
    }
    if OURS.swap(false, Ordering::SeqCst) {
        write(&format!("{first}{}", ansi(DisableBracketedPaste)));
        let _ = disable_raw_mode();
    }
}

fn ansi(command: impl Command) -> String {
    let mut text = String::new();
    let _ = command.write_ansi(&mut text);
    text
}

/// Writes a few bytes, unless the terminal takes nothing at all.
fn write(text: &str) {
    let stdout = rustix::stdio::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::OUT)];
    if rustix::io::retry_on_intr(|| rustix::event::poll(&mut watched, Some(&PATIENCE))).is_ok_and(|ready| ready > 0) {
        let _ = rustix::io::write(stdout, text.as_bytes());
    }
}

/// How many columns and rows it has.
pub fn size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(rustix::stdio::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => (80, 24),
    }
}

/// Whether stdin and stdout are terminals.
pub fn is_there() -> bool {
    rustix::termios::isatty(rustix::stdio::stdin()) && rustix::termios::isatty(rustix::stdio::stdout())
}

/// Whether the terminal can move its cursor.
pub fn is_capable() -> bool {
    std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// Whether there is a shell that would let this program go on after it was stopped. Not so where the process group is that of
/// the leader of the session, whose parent is elsewhere (POSIX calls the group orphaned, and the system does not stop it).
pub fn can_be_stopped() -> bool {
    let ours = getsid(None).ok();
    let of_parent = getppid().and_then(|parent| getsid(Some(parent)).ok());
    ours.is_some() && ours == of_parent && ours != Some(getpgrp())
}
