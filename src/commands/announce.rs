//! Telling the world that a listener listens: events, port file, ready descriptor, NOTIFY_SOCKET.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use super::context::Context;
use crate::address::{ListenId, Peer};
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::output::human::Verbosity;
use crate::sys;

/// Who is to be told.
#[derive(Debug, Clone, Default)]
pub struct ReadyOptions {
    /// `--port-file FILE`.
    pub port_file: Option<PathBuf>,
    /// `--ready-fd N`.
    pub ready_fd: Option<i32>,
}

/// A bound socket to announce.
#[derive(Debug, Clone)]
pub struct Bound {
    /// What events call it.
    pub id: String,
    /// Its address.
    pub local: Peer,
}

impl Bound {
    /// A socket of this AT: called by its name, where there is one, else by its address.
    pub fn of(at: &ListenId, local: &Peer) -> Self {
        let id = at.name.as_ref().map_or_else(|| local.to_string(), ToString::to_string);
        Bound { id, local: local.clone() }
    }

    fn port(&self) -> Option<u16> {
        self.local.socket_addr().map(|address| address.port())
    }
}

/// A port that the system chose is said even without `-v`: nobody could find the socket otherwise.
pub fn note_chosen_port(bound: &[Bound], chosen: bool, ready: &ReadyOptions, context: &Context) {
    let told = ready.port_file.is_some() || ready.ready_fd.is_some();
    if chosen && !told && !context.reporter.shows(Verbosity::Verbose) {
        for socket in bound {
            context.reporter.note(&format!("listening on {}", socket.local));
        }
    }
}

/// Announces listeners, with the pins of their certificates, after listen(2) has succeeded for all of them.
///
/// # Errors
/// A port file or descriptor that cannot be written.
pub fn announce(bound: &[Bound], pins: &[String], ready: &ReadyOptions, context: &Context) -> Result<(), Failure> {
    if bound.len() > 1 {
        context.reporter.about("");
    }
    for socket in bound {
        let event = Event::Listening { local: socket.local.to_string(), port: socket.port(), pins: pins.to_vec() };
        context.reporter.event(&socket.id, &event);
    }
    let mut ports: Vec<u16> = bound.iter().filter_map(Bound::port).collect();
    ports.dedup();
    self::ready(&ports, ready, context)
}

/// Announces that these ports are listened on.
///
/// # Errors
/// A port file or descriptor that cannot be written.
pub fn ready(ports: &[u16], ready: &ReadyOptions, context: &Context) -> Result<(), Failure> {
    let mut lines: String = ports.iter().map(|port| format!("{port}\n")).collect();
    if lines.is_empty() {
        lines.push('\n');
    }
    if let Some(path) = &ready.port_file {
        write_beside(path, &lines).map_err(|error| {
            Failure::message(Exit::OutputFailed, format!("cannot write {}: {}", path.display(), reason(&error)))
        })?;
    }
    if let Some(number) = ready.ready_fd {
        tell(number, &lines).map_err(|error| {
            Failure::message(Exit::OutputFailed, format!("cannot write to descriptor {number}: {}", reason(&error)))
                .hint("open it in the shell first, for example: 3>ready")
        })?;
    }
    if let Err(error) = notify("READY=1") {
        context.reporter.remark(&format!("cannot notify NOTIFY_SOCKET: {}", reason(&error)));
    }
    context.reporter.event("", &Event::Ready);
    Ok(())
}

/// Writes a file so that a reader sees all of it or nothing: beside, then renamed. What is there and is no regular file,
/// such as a FIFO, is written to as it is.
fn write_beside(path: &Path, text: &str) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return File::options().write(true).open(path)?.write_all(text.as_bytes());
    }
    // A link stays one: what it leads to is replaced.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn tell(number: i32, text: &str) -> io::Result<()> {
    match number {
        1 => io::stdout().write_all(text.as_bytes()),
        2 => io::stderr().write_all(text.as_bytes()),
        // Closed afterwards, so that its reader sees the end.
        _ => File::from(sys::inherited(number)?).write_all(text.as_bytes()),
    }
}

/// sd_notify(3): one datagram to the Unix socket that NOTIFY_SOCKET names, where it does.
fn notify(state: &str) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let Some(name) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let socket = UnixDatagram::unbound()?;
    match name.as_bytes().strip_prefix(b"@") {
        #[cfg(target_os = "linux")]
        Some(name) => {
            use std::os::linux::net::SocketAddrExt;
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
            socket.send_to_addr(state.as_bytes(), &address)?;
        }
        _ => {
            socket.send_to(state.as_bytes(), &name)?;
        }
    }
    Ok(())
}
