//! Unix sockets: their names, and paths that are created, replaced when stale and removed on exit (unix(7)).

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use socket2::{Domain, SockAddr, Type};

use crate::address::UnixName;

/// The send buffer of a Unix stream: the default of some 200 KiB halves the throughput.
const SEND_BUFFER: usize = 1 << 20;

/// The system's form of a name.
///
/// # Errors
/// When the name is too long or this system has no abstract names.
pub fn sock_addr(name: &UnixName) -> io::Result<SockAddr> {
    match name {
        UnixName::Path(path) => SockAddr::unix(path),
        UnixName::Abstract(name) => {
            if !cfg!(target_os = "linux") {
                return Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no abstract socket names"));
            }
            let mut bytes = vec![0];
            bytes.extend_from_slice(name);
            SockAddr::unix(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
        }
    }
}

/// Widens the send buffer of a stream; a system that refuses keeps its default.
pub fn widen(socket: &socket2::Socket) {
    let _ = socket.set_send_buffer_size(SEND_BUFFER);
}

/// The turn of one of several processes that want the same path. Whether a path is stale, its removal, and listening on it are
/// for one of them at a time: the others would remove what the first has just made.
///
/// It is a lock on the folder (flock(2)), which leaves nothing behind. Where the folder cannot be locked, or somebody holds it for
/// longer than `PATIENCE`, things go on without it.
#[derive(Debug)]
pub struct Turn {
    _lock: Option<OwnedFd>,
}

/// How long a turn is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

impl Turn {
    /// Waits for the turn; abstract names need none, as they are gone with their process.
    pub fn take(name: &UnixName) -> Self {
        match name {
            UnixName::Path(path) => Self::take_path(path),
            UnixName::Abstract(_) => Turn { _lock: None },
        }
    }

    fn take_path(path: &Path) -> Self {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let Ok(folder) = rustix::fs::open(folder, flags, Mode::empty()) else { return Turn { _lock: None } };
        let begun = Instant::now();
        while let Err(rustix::io::Errno::WOULDBLOCK) = flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            if begun.elapsed() >= PATIENCE {
                return Turn { _lock: None };
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Turn { _lock: Some(folder) }
    }
}

/// A path that this process bound: removed when dropped, if it is still the same file.
#[derive(Debug)]
pub struct BoundPath {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Drop for BoundPath {
    fn drop(&mut self) {
        let _turn = Turn::take_path(&self.path);
        if let Ok(now) = std::fs::symlink_metadata(&self.path)
            && (now.dev(), now.ino()) == (self.device, self.inode)
        {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Binds a socket to a name. A stale socket file is replaced; one that somebody listens on, and any other file, is an
/// error. `mode` is what the file may be used for, the umask aside.
///
/// # Errors
/// AddrInUse with the reason in words; what bind(2) says. The caller has the [`Turn`] until it listens.
pub fn bind(socket: &socket2::Socket, name: &UnixName, kind: Type, mode: Option<u32>) -> io::Result<Option<BoundPath>> {
    let address = sock_addr(name)?;
    let UnixName::Path(path) = name else {
        socket.bind(&address)?;
        return Ok(None);
    };
    make_way(path, kind, &address)?;
    match mode {
        None => socket.bind(&address)?,
        Some(mode) => {
            // The mode is there from the first moment: chmod(2) afterwards would leave a gap.
            let umask = rustix::process::umask(Mode::from_raw_mode(!mode & 0o777));
            let bound = socket.bind(&address);
            rustix::process::umask(umask);
            bound?;
        }
    }
    let made = std::fs::symlink_metadata(path)?;
    Ok(Some(BoundPath { path: path.clone(), device: made.dev(), inode: made.ino() }))
}

fn make_way(path: &Path, kind: Type, address: &SockAddr) -> io::Result<()> {
    let in_use = |reason: &str| Err(io::Error::new(io::ErrorKind::AddrInUse, reason.to_owned()));
    let file_type = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) => rustix::fs::FileType::from_raw_mode(found.mode()),
    };
    if file_type != rustix::fs::FileType::Socket {
        return in_use("a file that is no socket is there; it is left alone");
    }
    // As a datagram socket, which nobody has to accept: a listener for one client would take this for its client.
    let probe = socket2::Socket::new(Domain::UNIX, Type::DGRAM.nonblocking(), None)?;
    match probe.connect(address) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.raw_os_error() == Some(libc::EPROTOTYPE) && kind == Type::DGRAM => {
            in_use("another kind of socket is in use there")
        }
        Ok(()) if kind != Type::DGRAM => in_use("another kind of socket is in use there"),
        Ok(()) | Err(_) => in_use("another process listens there"),
    }
}
