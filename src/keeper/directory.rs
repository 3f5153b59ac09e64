//! Where the sockets of keepers are: a directory that only its owner can enter, and the names of the files in it.
//!
//! Nothing is dialled or bound here.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::process::geteuid;

use super::entry;
use crate::address::SocketName;
use crate::exit::Exit;
use crate::failure::{Failure, reason};

/// The longest path that every system takes for a Unix socket, in bytes (unix(7): 108 with its NUL, 104 elsewhere).
pub const LONGEST_PATH: usize = 103;

/// How the sessions of `session run` begin. They are never made by naming them: their commands have ended.
pub const RUN_PREFIX: &str = "run-";

/// The directory and session that a user asked for.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// `--session-dir`, `NETVERB_SESSION_DIR`.
    pub directory: Option<PathBuf>,
    /// `--session`, `NETVERB_SESSION`.
    pub session: Option<SocketName>,
}

/// Why a directory cannot hold keepers.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It belongs to another user.
    #[error("cannot keep sockets in {}: it belongs to user {owner}, not to user {user}", path.display())]
    Owner {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who we are.
        user: u32,
    },
    /// Others can enter it.
    #[error("cannot keep sockets in {}: its mode is {mode:04o}, and must be 0700", path.display())]
    Mode {
        /// The directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is no directory, or a symbolic link.
    #[error("cannot keep sockets in {}: it is no directory, or a symbolic link", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// It cannot be opened or made.
    #[error("cannot keep sockets in {}: {}", path.display(), reason(error))]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The path of a socket in it would be too long.
    #[error("cannot keep {id} in {}: the path of its socket would have {length} bytes, and {LONGEST_PATH} are allowed", path.display())]
    TooLong {
        /// The socket.
        id: String,
        /// The directory.
        path: PathBuf,
        /// How long.
        length: usize,
    },
    /// No such session.
    #[error("there is no session {0:?}")]
    NoSession(String),
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        let remedy = match &error {
            DirectoryError::Owner { .. } | DirectoryError::NotADirectory { .. } => {
                "name a directory of your own with --session-dir".to_owned()
            }
            DirectoryError::Mode { path, .. } => format!("type: chmod 700 {}", path.display()),
            DirectoryError::Io { .. } => "name another one with --session-dir".to_owned(),
            DirectoryError::TooLong { .. } => "name a shorter one with --session-dir".to_owned(),
            DirectoryError::NoSession(name) if name.starts_with(RUN_PREFIX) => {
                "the command that it was made for has ended".to_owned()
            }
            DirectoryError::NoSession(name) => format!("type: netverb session new {name}"),
        };
        Failure::new(Exit::Usage, error).hint(remedy)
    }
}

/// A directory that has passed: it is ours, and nobody else can enter it.
#[derive(Debug, Clone)]
pub struct Directory {
    path: PathBuf,
}

impl Place {
    /// The directory for a new socket; it is made where there is none.
    ///
    /// # Errors
    /// None passes.
    pub fn make(&self) -> Result<Directory, DirectoryError> {
        let base = self.base()?;
        let Some(session) = &self.session else { return Ok(base) };
        if session.as_str().starts_with(RUN_PREFIX) {
            let existing = base.sub_directory(session);
            return if existing.exists() {
                Directory::given(existing)
            } else {
                Err(DirectoryError::NoSession(session.to_string()))
            };
        }
        Directory::made(base.sub_directory(session))
    }

    /// The directory in which to look for sockets. The session may not exist; then nothing is open in it.
    ///
    /// # Errors
    /// The directory does not pass.
    pub fn look(&self) -> Result<Directory, DirectoryError> {
        let base = self.base()?;
        let Some(session) = &self.session else { return Ok(base) };
        let path = base.sub_directory(session);
        if path.exists() { Directory::given(path) } else { Ok(Directory { path }) }
    }

    /// The directory that holds the sockets without a session, and the sessions.
    ///
    /// # Errors
    /// None passes.
    pub fn base(&self) -> Result<Directory, DirectoryError> {
        if let Some(path) = &self.directory {
            let path = std::path::absolute(path).map_err(|error| DirectoryError::Io { path: path.clone(), error })?;
            return Directory::made(path);
        }
        let user = geteuid().as_raw();
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        let own = PathBuf::from(format!("/run/user/{user}"));
        for parent in runtime.into_iter().chain([own]) {
            // A variable that sudo(8) has let through names the directory of another user.
            let ours = std::fs::metadata(&parent).is_ok_and(|facts| facts.uid() == user);
            if let (true, Ok(directory)) = (ours, Directory::made(parent.join("netverb"))) {
                return Ok(directory);
            }
        }
        Directory::made(PathBuf::from(format!("/tmp/netverb-{user}")))
    }
}

impl Directory {
    /// A directory that exists.
    ///
    /// # Errors
    /// It does not pass.
    pub fn given(path: PathBuf) -> Result<Self, DirectoryError> {
        check(&path)?;
        Ok(Directory { path })
    }

    /// A directory that is made where there is none; its parent must exist.
    ///
    /// # Errors
    /// It cannot be made or does not pass.
    pub fn made(path: PathBuf) -> Result<Self, DirectoryError> {
        match rustix::fs::mkdir(&path, Mode::RWXU) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => Self::given(path),
            Err(error) => Err(DirectoryError::Io { path, error: error.into() }),
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn sub_directory(&self, session: &SocketName) -> PathBuf {
        self.path.join(session.as_str().to_ascii_lowercase())
    }

    /// The directory of a session in this one.
    pub fn session(&self, session: &SocketName) -> Directory {
        Directory { path: self.sub_directory(session) }
    }

    /// The names of the sessions in this directory.
    pub fn sessions(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| SocketName::parse(name).is_ok()).collect();
        names.sort();
        names
    }

    /// The files of the socket with this key.
    ///
    /// # Errors
    /// Their paths would be too long.
    pub fn files(&self, key: &str) -> Result<Files, DirectoryError> {
        let room = LONGEST_PATH.saturating_sub(self.path.as_os_str().len() + 1 + entry::SOCKET.len());
        let name = entry::name(key, room);
        let socket = self.path.join(format!("{name}{}", entry::SOCKET));
        let length = socket.as_os_str().as_bytes().len();
        if length > LONGEST_PATH {
            return Err(DirectoryError::TooLong { id: key.to_owned(), path: self.path.clone(), length });
        }
        Ok(Files {
            lock: self.path.join(format!("{name}{}", entry::LOCK)),
            temporary: self.path.join(format!(".{}", std::process::id())),
            socket,
        })
    }

    /// What is kept here, in the order of the names, without asking any keeper.
    pub fn entries(&self) -> Vec<Entry> {
        let found = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        let names = found.filter_map(|entry| entry.file_name().into_string().ok());
        let mut entries: Vec<Entry> = names
            .filter(|name| !name.starts_with('.'))
            .filter_map(|name| {
                let stem = name.strip_suffix(entry::SOCKET)?;
                Some(Entry { socket: self.path.join(&name), key: entry::key(stem) })
            })
            .collect();
        entries.sort_by(|a, b| a.socket.cmp(&b.socket));
        entries
    }

    /// Removes the directory of a session with what is left in it.
    pub fn remove(&self) {
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        for entry in entries {
            let _ = std::fs::remove_file(entry.path());
        }
        let _ = std::fs::remove_dir(&self.path);
    }

    /// The file that names the process a session belongs to.
    pub fn owner_file(&self) -> PathBuf {
        self.path.join(".owner")
    }
}

/// The files of one socket.
#[derive(Debug, Clone)]
pub struct Files {
    /// The Unix socket of its keeper.
    pub socket: PathBuf,
    /// What its keeper holds locked as long as it lives; never removed while the directory lives.
    pub lock: PathBuf,
    /// Where the socket is bound before it listens.
    pub temporary: PathBuf,
}

/// A socket file that was found.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its path.
    pub socket: PathBuf,
    /// The key of its socket; `None` where the file name is a hash of it.
    pub key: Option<String>,
}

impl Entry {
    /// The ID of the socket as it was written, which its lock tells, or for an accepted connection that of its listener. No
    /// keeper is asked.
    pub fn written(&self) -> Option<String> {
        let inscribed =
            |socket: &Path| std::fs::read_to_string(socket.with_extension(entry::LOCK.trim_start_matches('.'))).ok();
        let Some(key) = &self.key else { return inscribed(&self.socket).filter(|id| !id.is_empty()) };
        let same = |id: &String, key: &str| id.eq_ignore_ascii_case(key);
        inscribed(&self.socket).filter(|id| same(id, key)).or_else(|| {
            let (listener, number) = key.rsplit_once('.')?;
            let of_listener = inscribed(&self.socket.with_extension(""))?;
            same(&of_listener, listener).then(|| format!("{of_listener}.{number}"))
        })
    }
}

/// Opened without following a link, so that what is checked is what is used: in a sticky directory nobody else can
/// replace a directory of ours.
fn check(path: &Path) -> Result<(), DirectoryError> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::empty()).and_then(rustix::fs::fstat);
    let facts = opened.map_err(|error| match error {
        rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP => DirectoryError::NotADirectory { path: path.into() },
        error => DirectoryError::Io { path: path.into(), error: error.into() },
    })?;
    if FileType::from_raw_mode(facts.st_mode) != FileType::Directory {
        return Err(DirectoryError::NotADirectory { path: path.into() });
    }
    let user = geteuid().as_raw();
    if facts.st_uid != user {
        return Err(DirectoryError::Owner { path: path.into(), owner: facts.st_uid, user });
    }
    match facts.st_mode & 0o7777 {
        0o700 => Ok(()),
        mode => Err(DirectoryError::Mode { path: path.into(), mode }),
    }
}
