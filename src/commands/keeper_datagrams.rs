//! The process that keeps a datagram socket: how it comes to stand. Connections and listeners are in `keeper.rs`.

use std::rc::Rc;

use super::accept;
use super::admission::Admission;
use super::datagram::{self, Form};
use super::keep::Keep;
use super::keeper::{Telling, not_kept, terms};
use crate::access::Verdict;
use crate::address::{Endpoint, ListenId, SocketId, SocketName};
use crate::failure::Failure;
use crate::keeper::claim::{Claim, Guard};
use crate::keeper::client::address_key;
use crate::keeper::datagrams::{Admits, Datagrams};
use crate::keeper::directory::Directory;
use crate::keeper::kept::{Body, Kept};
use crate::keeper::mailbox::Mailbox;
use crate::keeper::process::{self, Process};
use crate::transport::datagram::DatagramOptions;
use crate::transport::listener::Unwritten;

/// Keeps what `datagram` was asked for.
///
/// # Errors
/// Why it does not stand.
pub(super) async fn keep(options: datagram::Options, directory: Directory, ready: &Telling) -> Result<(), Failure> {
    let keep = options.keep.as_ref().ok_or_else(not_kept)?;
    let process = Process::new(terms(keep, &options.stream, directory));
    match &options.form {
        Form::Send { to, from } => {
            let endpoint = to.endpoint.clone().ok_or_else(not_kept)?;
            let claimed = process::claim(&process.terms, &to.handle(), &to.key(), Guard::Lock)?;
            let (socket, target) = datagram::open(to, from, &options.socket).await?;
            let peer =
                datagram::peer_of(&socket, &target).map_or_else(|| endpoint.to_string(), |peer| peer.to_string());
            let peer = Some((target, peer));
            let datagrams = Datagrams::new(vec![socket], peer, everybody(), options.socket.lookup);
            let place = Place { id: to.handle(), name: to.name.clone(), endpoint: Some(endpoint), process };
            place.stand(datagrams, claimed, keep, ready).await
        }
        Form::Receive { at, to, .. } => {
            let hearing = Hearing { at: std::slice::from_ref(at), to: to.as_ref(), admits: everybody() };
            hearing.keep(&options.socket, None, process, keep, ready).await
        }
        Form::Probe { .. } => Err(not_kept()),
    }
}

/// Keeps what `accept udp://…` was asked for.
///
/// # Errors
/// Why it does not stand.
pub(super) async fn keep_accepting(
    options: &accept::Options,
    keep: &Keep,
    directory: Directory,
    ready: &Telling,
) -> Result<(), Failure> {
    let process = Process::new(terms(keep, &options.stream, directory));
    let admission = Admission::new(options.policy.clone()).await?;
    let admits: Admits = Box::new(move |peer| admission.decide(peer) == Verdict::Allowed);
    let (lookup, socket) = (options.listen.lookup, options.listen.socket.clone());
    let sockets = DatagramOptions { lookup, socket, ..DatagramOptions::default() };
    let hearing = Hearing { at: &options.at, to: None, admits };
    hearing.keep(&sockets, options.listen.mode, process, keep, ready).await
}

fn everybody() -> Admits {
    Box::new(|_| true)
}

/// Receiving on addresses.
struct Hearing<'a> {
    at: &'a [ListenId],
    /// Whom it writes to where nobody is named.
    to: Option<&'a SocketId>,
    admits: Admits,
}

impl Hearing<'_> {
    async fn keep(
        self,
        options: &DatagramOptions,
        mode: Option<u32>,
        process: Rc<Process>,
        keep: &Keep,
        ready: &Telling,
    ) -> Result<(), Failure> {
        let name = self.at.first().and_then(|at| at.name.clone());
        // A taken name is known before a port is.
        let named = match &name {
            Some(name) => {
                let key = SocketId { endpoint: None, name: Some(name.clone()), number: None }.key();
                Some(process::claim(&process.terms, name.as_str(), &key, Guard::Lock)?)
            }
            None => None,
        };
        let mut sockets = Vec::new();
        for at in self.at {
            sockets.extend(datagram::listen(at, Unwritten::Loopback, mode, options).await?);
        }
        let target = match self.to {
            Some(to) => Some(datagram::bound_target(to, &sockets, options).await?),
            None => None,
        };
        let local = sockets.first().map(|socket| socket.local().to_string()).unwrap_or_default();
        let id = name.as_ref().map_or(local, SocketName::to_string);
        let claimed = match named {
            Some(named) => named,
            None => {
                let key = SocketId::parse_kept(&id).map_or_else(|_| id.clone(), |id| id.key());
                process::claim(&process.terms, &id, &key, Guard::Lock)?
            }
        };
        let datagrams = Datagrams::new(sockets, target, self.admits, options.lookup);
        Place { id, name, endpoint: None, process }.stand(datagrams, claimed, keep, ready).await
    }
}

/// What a kept datagram socket is called, and where it lives.
struct Place {
    id: String,
    name: Option<SocketName>,
    endpoint: Option<Endpoint>,
    process: Rc<Process>,
}

impl Place {
    async fn stand(
        self,
        datagrams: Rc<Datagrams>,
        (claim, socket): (Claim, std::os::unix::net::UnixListener),
        keep: &Keep,
        ready: &Telling,
    ) -> Result<(), Failure> {
        let _ = rustix::process::chdir("/");
        let mailbox = Mailbox::connecting(keep.buffer);
        mailbox.install_datagrams(datagrams);
        let mut kept = Kept::new(self.id, self.name, Body::Messages(mailbox), self.process, claim);
        kept.address = self.endpoint.as_ref().map(address_key);
        kept.endpoint = self.endpoint;
        let kept = Rc::new(kept);
        process::keep(kept.clone(), socket, async { ready.tell_status(&kept) }).await
    }
}
