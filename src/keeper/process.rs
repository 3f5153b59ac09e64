//! The keeper's process: its sockets, their lives, and its own end. It ends when nothing is kept any more.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use rustix::process::geteuid;
use tokio::io::unix::AsyncFd;
use tokio::net::UnixListener;
use tokio::sync::Notify;
use tokio::task::spawn_local;

use super::claim::{Claim, ClaimError, Guard};
use super::kept::{Body, Kept, Listening, Terms};
use super::mailbox::Mailbox;
use super::pidfd::Pidfd;
use super::serve;
use super::stream::Stream;
use super::wire::Close;
use crate::address::SocketId;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::sys;
use crate::transport::Channel;

/// How long the end of our data may take.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How often a socket looks whether its path still leads to it, and whether its idle life is over.
const LOOK: Duration = Duration::from_secs(5);

/// This process: what it was told, and how much keeps it alive.
pub struct Process {
    /// What it was told.
    pub terms: Terms,
    held: Cell<usize>,
    emptied: Notify,
}

/// Something that keeps the process alive.
pub struct Hold(Rc<Process>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.held.set(self.0.held.get().saturating_sub(1));
        self.0.emptied.notify_one();
    }
}

impl Process {
    /// A process that keeps nothing yet.
    pub fn new(terms: Terms) -> Rc<Self> {
        Rc::new(Process { terms, held: Cell::new(0), emptied: Notify::new() })
    }

    /// Keeps it alive for as long as the result lives.
    pub fn hold(self: &Rc<Self>) -> Hold {
        self.held.set(self.held.get() + 1);
        Hold(self.clone())
    }

    async fn empty(&self) {
        while self.held.get() > 0 {
            self.emptied.notified().await;
        }
    }
}

/// Detaches this process from whoever started it: a session of its own, nothing of it readable to others, files for
/// nobody else.
///
/// # Errors
/// What the system says.
pub fn detach() -> std::io::Result<()> {
    match rustix::process::setsid() {
        // The leader of its group already: it was not started by `launch`.
        Ok(_) | Err(rustix::io::Errno::PERM) => {}
        Err(error) => return Err(error.into()),
    }
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Takes the name of a socket.
///
/// # Errors
/// Status 111 when it is open already.
pub fn claim(
    terms: &Terms,
    id: &str,
    key: &str,
    guard: Guard,
) -> Result<(Claim, std::os::unix::net::UnixListener), Failure> {
    let files = terms.directory.files(key)?;
    Claim::take(&files, guard, id).map_err(|error| match error {
        ClaimError::Taken => Failure::message(Exit::AlreadyOpen, format!("{id}: socket is already open")),
        error => Failure::new(Exit::CannotBind, error),
    })
}

/// Keeps a socket until it ends; others that it brings forth too. `begin` runs beside it, and ends it with its failure.
///
/// # Errors
/// The failure of `begin`.
pub async fn keep(
    kept: Rc<Kept>,
    listener: std::os::unix::net::UnixListener,
    begin: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    start(&kept, listener)?;
    let begun = begin.await;
    #[cfg(target_os = "linux")]
    sys::release_pages();
    if begun.is_err() {
        kept.release();
        kept.end(Close::Graceful);
    }
    kept.process.empty().await;
    begun
}

/// Serves a socket from now on.
fn start(kept: &Rc<Kept>, listener: std::os::unix::net::UnixListener) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::message(Exit::CannotBind, format!("cannot keep {}: {}", kept.id, reason(&error)))
    };
    listener.set_nonblocking(true).map_err(failed)?;
    let listener = UnixListener::from_std(listener).map_err(failed)?;
    let owners = owners(&kept.process.terms)?;
    spawn_local(run(kept.clone(), listener, owners, kept.process.hold()));
    Ok(())
}

async fn run(kept: Rc<Kept>, listener: UnixListener, owners: Vec<Watched>, hold: Hold) {
    match &kept.body {
        Body::Stream(stream) => drop(spawn_local(stream.clone().pump())),
        Body::Messages(mailbox) => drop(spawn_local(mailbox.clone().pump())),
        Body::Listener(_) => drop(spawn_local(let_in(kept.clone()))),
    }
    spawn_local(notice(kept.clone()));
    let how = tokio::select! {
        how = kept.over() => how,
        () = answer(&kept, &listener) => Close::Graceful,
        () = worn_out(&kept) => Close::Graceful,
        () = any_gone(&owners) => Close::Graceful,
    };
    // In this order: whoever wants the name finds it taken until the path is gone.
    kept.release();
    drop(listener);
    kept.end(how);
    let closed = Failure::message(Exit::NotOpen, format!("{}: socket is not open: it was closed", kept.id));
    match &kept.body {
        Body::Stream(stream) => {
            if how == Close::Graceful {
                let _ = tokio::time::timeout(LAST_WORDS, stream.half_close()).await;
            }
            stream.fail(&closed);
            match how {
                Close::Graceful => stream.linger().await,
                Close::Reset => drop(stream.take()),
            }
        }
        Body::Messages(mailbox) => {
            if how == Close::Graceful {
                let _ = tokio::time::timeout(LAST_WORDS, mailbox.half_close()).await;
            }
            mailbox.fail(&closed);
            match how {
                Close::Graceful => mailbox.linger().await,
                Close::Reset => mailbox.drop_carrier(),
            }
        }
        Body::Listener(listening) => listening.arrivals.shut().await,
    }
    // Those who still wait are told.
    tokio::task::yield_now().await;
    drop(hold);
}

/// Lets in who comes to a listener.
async fn let_in(kept: Rc<Kept>) {
    if let Body::Listener(listening) = &kept.body {
        listening.arrivals.let_in(&kept).await;
    }
}

/// What comes counts as use.
async fn notice(kept: Rc<Kept>) {
    let Some(link) = kept.body.link() else { return };
    loop {
        tokio::select! {
            () = link.changed() => kept.touch(),
            _ = kept.over() => return,
        }
    }
}

/// Takes clients: those of our own user only.
async fn answer(kept: &Rc<Kept>, listener: &UnixListener) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // No descriptor left for a moment.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let own = socket.peer_cred().is_ok_and(|peer| peer.uid() == geteuid().as_raw());
        if own {
            let kept = kept.clone();
            spawn_local(async move {
                let _ = serve::serve(kept, socket).await;
            });
        }
    }
}

/// Becomes ready when nobody has used the socket for too long, or nobody can reach it any more. A socket that falls silent
/// gives back what it needs no longer.
async fn worn_out(kept: &Kept) {
    let mut silent = false;
    loop {
        let before = std::mem::replace(&mut silent, kept.idle() >= LOOK / 2);
        if silent && !before {
            if let Body::Messages(mailbox) = &kept.body {
                mailbox.release_memory();
            }
            #[cfg(target_os = "linux")]
            sys::release_pages();
        }
        let left = kept.process.terms.idle.map(|life| life.saturating_sub(kept.idle()));
        if left == Some(Duration::ZERO) || !kept.stands() {
            return;
        }
        tokio::time::sleep(left.unwrap_or(LOOK).min(LOOK).max(Duration::from_millis(1))).await;
    }
}

/// A process whose end is waited for.
type Watched = AsyncFd<std::os::fd::OwnedFd>;

/// The process that was named, and the one that the session belongs to.
fn owners(terms: &Terms) -> Result<Vec<Watched>, Failure> {
    let session = std::fs::read_to_string(terms.directory.owner_file()).ok();
    let session = session.and_then(|text| text.trim().parse::<u32>().ok());
    terms.owner.into_iter().chain(session).map(watch).collect()
}

fn watch(process: u32) -> Result<Watched, Failure> {
    let failed = |error: std::io::Error| {
        Failure::message(Exit::Usage, format!("cannot keep a socket for process {process}: {}", reason(&error)))
    };
    Pidfd::of_number(process).and_then(Pidfd::watch).map_err(failed)
}

async fn any_gone(owners: &[Watched]) {
    std::future::poll_fn(|cx| match owners.iter().any(|owner| owner.poll_read_ready(cx).is_ready()) {
        true => std::task::Poll::Ready(()),
        false => std::task::Poll::Pending,
    })
    .await;
}

/// Makes a connection that was accepted a kept socket of its own, and gives its ID.
///
/// # Errors
/// Its name cannot be had.
pub fn adopt(listener: &Kept, listening: &Listening, channel: Channel) -> Result<String, Failure> {
    let terms = &listener.process.terms;
    loop {
        let number = listening.count.get() + 1;
        listening.count.set(number);
        let id = match &listener.name {
            Some(name) => format!("{name}.{number}"),
            None => format!("{}|{number}", channel.peer()),
        };
        let key = SocketId::parse_kept(&id).map_or_else(|_| id.clone(), |id| id.key());
        let (claim, socket) = match claim(terms, &id, &key, Guard::Another) {
            Ok(claimed) => claimed,
            // The connection of an earlier listener of this name is still open.
            Err(failure) if failure.exit == Exit::AlreadyOpen => continue,
            Err(failure) => return Err(failure),
        };
        let body = match channel {
            Channel::Bytes(bytes) => Body::Stream(Stream::accepted(terms.buffer, terms.endings, bytes)),
            Channel::Messages(messages) => {
                let mailbox = Mailbox::connecting(terms.buffer);
                mailbox.install(messages, Vec::new());
                Body::Messages(mailbox)
            }
        };
        let (name, process) = (listener.name.clone(), listener.process.clone());
        let kept = Rc::new(Kept::new(id.clone(), name, body, process, claim));
        start(&kept, socket)?;
        #[cfg(target_os = "linux")]
        sys::release_pages();
        return Ok(id);
    }
}
