//! Opening files beneath a directory and nowhere else: no `..`, no absolute path and no symbolic link leads out of it, also
//! when somebody renames and links while it is looked up.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustix::fs::{Mode, OFlags};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File as ServedFile};

/// A directory, by its descriptor: what happens to its path later does not matter.
#[derive(Debug, Clone)]
pub(super) struct Beneath(Arc<OwnedFd>);

impl Beneath {
    /// Opens the directory.
    pub(super) fn new(directory: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Beneath(Arc::new(rustix::fs::open(directory, flags, Mode::empty())?)))
    }

    /// Opens a directory beneath it, or itself, to list it.
    pub(super) fn directory(&self, path: &Path) -> io::Result<OwnedFd> {
        self.open_with(path, OFlags::RDONLY | OFlags::DIRECTORY).map(OwnedFd::from)
    }

    /// What there is to know of a regular file or directory beneath it; whatever else is there is not found.
    pub(super) fn facts(&self, path: &Path) -> io::Result<Metadata> {
        #[cfg(target_os = "linux")]
        let flags = OFlags::PATH;
        #[cfg(not(target_os = "linux"))]
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let facts = self.open_with(path, flags)?.metadata()?;
        if facts.is_file() || facts.is_dir() { Ok(facts) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Opens a regular file. A FIFO would wait for its writer, a device do what it does: they are not found.
    fn file(&self, path: &Path) -> io::Result<File> {
        let file = self.open_with(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn open_with(&self, path: &Path, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::CLOEXEC;
        #[cfg(target_os = "linux")]
        let opened = match self.resolve(path, flags) {
            // A kernel before 5.6, or a container that does not know the call.
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => self.walk(path, flags),
            opened => opened,
        };
        #[cfg(not(target_os = "linux"))]
        let opened = self.walk(path, flags);
        opened.map(File::from).map_err(|error| match error.raw_os_error() {
            // It leads out, or in a circle.
            Some(libc::EXDEV | libc::ELOOP) => io::ErrorKind::NotFound.into(),
            _ => error,
        })
    }

    /// The kernel resolves the path beneath the directory, links included (openat2(2)).
    #[cfg(target_os = "linux")]
    fn resolve(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        use rustix::fs::ResolveFlags;
        /// A rename at the same time, anywhere, makes the kernel give up for once.
        const ATTEMPTS: usize = 16;
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let mut last = rustix::io::Errno::AGAIN;
        for _ in 0..ATTEMPTS {
            match rustix::fs::openat2(&*self.0, path, flags, Mode::empty(), how) {
                Err(rustix::io::Errno::AGAIN) => {}
                Err(rustix::io::Errno::INTR) => last = rustix::io::Errno::INTR,
                opened => return Ok(opened?),
            }
        }
        Err(last.into())
    }

    /// Step by step through real directories; links are not followed at all.
    fn walk(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        let mut names = Vec::new();
        for component in path.components() {
            match component {
                Component::Normal(name) => names.push(name),
                Component::CurDir => {}
                _ => return Err(io::ErrorKind::NotFound.into()),
            }
        }
        let Some((last, directories)) = names.split_last() else {
            return Ok(rustix::fs::openat(&*self.0, ".", flags, Mode::empty())?);
        };
        let step = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut place: Option<OwnedFd> = None;
        for name in directories {
            let from = place.as_ref().map_or(self.0.as_fd(), AsFd::as_fd);
            place = Some(rustix::fs::openat(from, *name, step, Mode::empty())?);
        }
        let from = place.as_ref().map_or(self.0.as_fd(), AsFd::as_fd);
        let opened = rustix::fs::openat(from, *last, flags | OFlags::NOFOLLOW, Mode::empty())?;
        // With O_PATH a link itself is opened.
        let kind = rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode);
        if kind.is_symlink() { Err(io::ErrorKind::NotFound.into()) } else { Ok(opened) }
    }
}

/// Looking up may wait for a disk or a network: it is done in a thread.
async fn in_a_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

type Opening<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

impl Backend for Beneath {
    type File = Opened;
    type Metadata = Metadata;
    type OpenFuture = Opening<Opened>;
    type MetadataFuture = Opening<Metadata>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let root = self.clone();
        Box::pin(async move {
            let file = in_a_thread(move || root.file(&path)).await?;
            Ok(Opened(tokio::fs::File::from_std(file)))
        })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let root = self.clone();
        Box::pin(in_a_thread(move || root.facts(&path)))
    }
}

/// A file that is being served.
pub(super) struct Opened(tokio::fs::File);

impl AsyncRead for Opened {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncSeek for Opened {
    fn start_seek(mut self: Pin<&mut Self>, position: io::SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.0).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.0).poll_complete(cx)
    }
}

impl ServedFile for Opened {
    type Metadata = Metadata;
    type MetadataFuture<'a> = Pin<Box<dyn Future<Output = io::Result<Metadata>> + Send + 'a>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        Box::pin(self.0.metadata())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A directory `web` with a file and links, beside a secret.
    fn scene() -> (tempfile::TempDir, Beneath) {
        let place = tempfile::tempdir().unwrap();
        let web = place.path().join("web");
        std::fs::create_dir_all(web.join("sub")).unwrap();
        std::fs::write(place.path().join("secret"), "secret").unwrap();
        std::fs::write(web.join("file"), "file").unwrap();
        symlink("../secret", web.join("out")).unwrap();
        symlink(place.path().join("secret"), web.join("absolute")).unwrap();
        symlink("../..", web.join("sub/up")).unwrap();
        symlink("../file", web.join("sub/in")).unwrap();
        symlink("round", web.join("round")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, web.join("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let root = Beneath::new(&web).unwrap();
        (place, root)
    }

    const OUTSIDE: [&str; 9] =
        ["../secret", "/etc/passwd", "out", "absolute", "sub/up/secret", "sub/up", "sub/../../secret", "round", "fifo"];

    #[test]
    fn nothing_leads_out() {
        let (_place, root) = scene();
        for path in OUTSIDE {
            assert!(root.file(path.as_ref()).is_err(), "{path}");
            assert!(root.facts(path.as_ref()).is_err(), "{path}");
            assert!(root.directory(path.as_ref()).is_err(), "{path}");
        }
    }

    #[test]
    fn what_is_inside_is_found() {
        let (_place, root) = scene();
        for path in ["file", "./file"] {
            assert_eq!(root.file(path.as_ref()).unwrap().metadata().unwrap().len(), 4, "{path}");
            assert!(root.facts(path.as_ref()).unwrap().is_file());
        }
        #[cfg(target_os = "linux")]
        assert!(root.file("sub/in".as_ref()).is_ok(), "a link that stays inside");
        assert!(root.facts("sub".as_ref()).unwrap().is_dir());
        assert!(root.file("sub".as_ref()).is_err());
        assert!(root.directory("sub".as_ref()).is_ok() && root.directory(".".as_ref()).is_ok());
    }

    #[test]
    fn without_the_kernels_help_no_link_is_followed() {
        let (_place, root) = scene();
        for path in OUTSIDE.iter().filter(|path| **path != "fifo").chain(&["sub/in"]) {
            let opened = root.walk(path.as_ref(), OFlags::RDONLY | OFlags::CLOEXEC);
            assert!(opened.is_err(), "{path}");
        }
        for path in ["file", "sub", "."] {
            assert!(root.walk(path.as_ref(), OFlags::RDONLY | OFlags::CLOEXEC).is_ok(), "{path}");
        }
    }
}
