//! The race for a name: at most one living keeper has it, whatever died before.
//!
//! The lock is held as long as the keeper lives, and its file is never removed: a lock on a removed file would protect
//! nothing.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use rustix::fs::FlockOperation;

use super::directory::Files;
use crate::failure::reason;

/// A name that is ours until this is dropped.
#[derive(Debug)]
pub struct Claim {
    files: Files,
    device: u64,
    inode: u64,
    _lock: Option<OwnedFd>,
}

/// How a name is defended while it is probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// By a lock: anybody may want the name.
    Lock,
    /// By the lock of another name: only the keeper that holds that one gives out this name, as a listener numbers its
    /// connections. Each would leave a lock file behind otherwise.
    Another,
}

/// Why a name cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// A living keeper has it.
    #[error("socket is already open")]
    Taken,
    /// The files cannot be made.
    #[error("cannot make {what}: {}", reason(error))]
    Io {
        /// What.
        what: String,
        /// Why.
        error: io::Error,
    },
}

impl Claim {
    /// Takes a name: lock, probe, unlink only what refuses, bind beside, listen, rename. The lock tells `id`, as it was
    /// written: the name of the file has no case.
    ///
    /// # Errors
    /// A keeper has it, or is about to.
    pub fn take(files: &Files, guard: Guard, id: &str) -> Result<(Self, UnixListener), ClaimError> {
        let failed = |what: &Path| {
            let what = what.display().to_string();
            move |error: io::Error| ClaimError::Io { what, error }
        };
        let lock = match guard {
            Guard::Lock => Some(lock(&files.lock)?),
            Guard::Another => None,
        };
        match UnixStream::connect(&files.socket) {
            Ok(_) => return Err(ClaimError::Taken),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                std::fs::remove_file(&files.socket).map_err(failed(&files.socket))?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&files.socket)(error)),
        }
        if let Some(lock) = &lock {
            inscribe(lock, id).map_err(failed(&files.lock))?;
        }
        let _ = std::fs::remove_file(&files.temporary);
        // std listens in the same call; nobody knows the name until it is renamed.
        let listener = UnixListener::bind(&files.temporary).map_err(failed(&files.temporary))?;
        let placed = std::fs::symlink_metadata(&files.temporary).and_then(|made| {
            std::fs::rename(&files.temporary, &files.socket)?;
            Ok(made)
        });
        let made = placed.map_err(|error| {
            let _ = std::fs::remove_file(&files.temporary);
            failed(&files.socket)(error)
        })?;
        Ok((Claim { files: files.clone(), device: made.dev(), inode: made.ino(), _lock: lock }, listener))
    }

    /// Whether the path still leads to us.
    pub fn stands(&self) -> bool {
        std::fs::symlink_metadata(&self.files.socket)
            .is_ok_and(|now| (now.dev(), now.ino()) == (self.device, self.inode))
    }
}

fn lock(path: &Path) -> Result<OwnedFd, ClaimError> {
    let failed = |error: io::Error| ClaimError::Io { what: path.display().to_string(), error };
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    let lock = OwnedFd::from(options.open(path).map_err(failed)?);
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(ClaimError::Taken),
        Err(error) => Err(failed(error.into())),
    }
}

/// Writes the ID into a lock that is held.
fn inscribe(lock: &OwnedFd, id: &str) -> io::Result<()> {
    rustix::fs::ftruncate(lock, 0)?;
    let written = rustix::io::pwrite(lock, id.as_bytes(), 0)?;
    if written < id.len() { Err(io::ErrorKind::WriteZero.into()) } else { Ok(()) }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.stands() {
            let _ = std::fs::remove_file(&self.files.socket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::directory::Directory;
    use std::os::unix::fs::PermissionsExt;

    fn directory() -> (tempfile::TempDir, Directory) {
        let place = tempfile::tempdir().unwrap();
        std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let directory = Directory::given(place.path().to_owned()).unwrap();
        (place, directory)
    }

    #[test]
    fn one_of_two_has_it_and_a_stale_path_is_replaced() {
        let (_place, directory) = directory();
        let files = directory.files("mail").unwrap();
        drop(UnixListener::bind(&files.socket).unwrap());
        let (claim, _listener) = Claim::take(&files, Guard::Lock, "Mail").unwrap();
        assert!(matches!(Claim::take(&files, Guard::Lock, "Mail"), Err(ClaimError::Taken)));
        assert!(claim.stands());
        drop(claim);
        assert!(!files.socket.exists() && files.lock.exists());
        assert!(Claim::take(&files, Guard::Lock, "Mail").is_ok());
    }

    #[test]
    fn a_living_socket_is_left_alone_even_without_its_lock() {
        let (_place, directory) = directory();
        let files = directory.files("mail").unwrap();
        let (claim, _listener) = Claim::take(&files, Guard::Lock, "Mail").unwrap();
        std::fs::remove_file(&files.lock).unwrap();
        assert!(matches!(Claim::take(&files, Guard::Lock, "Mail"), Err(ClaimError::Taken)));
        assert!(claim.stands());
    }

    #[test]
    fn somebody_elses_path_is_not_removed() {
        let (_place, directory) = directory();
        let files = directory.files("mail").unwrap();
        let (claim, _listener) = Claim::take(&files, Guard::Lock, "Mail").unwrap();
        std::fs::remove_file(&files.socket).unwrap();
        std::fs::write(&files.socket, "other").unwrap();
        assert!(!claim.stands());
        drop(claim);
        assert!(files.socket.exists());
    }
}
