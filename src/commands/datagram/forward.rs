//! Forwards the datagrams of each caller from a socket of its own, so that answers find their way back.

use std::rc::Rc;

use super::callers::Caller;
use super::exchange::{cut, note};
use super::{From, failures, open};
use crate::address::{Endpoint, Host, Scheme, SocketId};
use crate::event::{Direction, Event};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::filter::misbehaviour::Misbehaviour;
use crate::service::Surroundings;
use crate::service::mishaps::Mishaps;
use crate::transport::datagram::{DatagramOptions, DatagramSocket, Target};
use crate::transport::{ConnectOptions, resolve};

/// Where everything goes.
pub struct Destination {
    id: SocketId,
    from: From,
    options: DatagramOptions,
    misbehaviour: Option<Misbehaviour>,
}

/// The way on from one caller; answers come back as long as it lives.
pub struct Upstream {
    socket: Rc<DatagramSocket>,
    target: Target,
    answers: tokio::task::JoinHandle<()>,
    /// What happens to what the target is sent.
    mishaps: Option<Rc<Mishaps>>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.answers.abort();
    }
}

impl Destination {
    /// Looks the target up, once for all callers.
    ///
    /// # Errors
    /// A target that carries no datagrams or has no address.
    pub async fn new(
        endpoint: &Endpoint,
        options: &ConnectOptions,
        misbehaviour: Option<Misbehaviour>,
    ) -> Result<Self, Failure> {
        let Endpoint::Inet { scheme: Scheme::Udp, host, port } = endpoint else {
            let message = format!("datagrams cannot be forwarded to {endpoint}; type --to udp://HOST:PORT");
            return Err(Failure::message(Exit::Usage, message));
        };
        let found = resolve::addresses(host, *port, options.lookup).await;
        let found = found.map_err(|error| Failure::new(Exit::NotResolved, error))?;
        let datagram =
            DatagramOptions { lookup: options.lookup, socket: options.socket.clone(), ..DatagramOptions::default() };
        let from = From { host: options.source_host.clone(), port: 0, unix: None };
        let mut failure = None;
        for address in found {
            let host = match address {
                std::net::SocketAddr::V4(address) => Host::V4(*address.ip()),
                std::net::SocketAddr::V6(address) => {
                    let scope = (address.scope_id() != 0).then(|| address.scope_id().to_string());
                    Host::V6 { address: *address.ip(), scope }
                }
            };
            let endpoint = Endpoint::Inet { scheme: Scheme::Udp, host, port: *port };
            let id = SocketId { endpoint: Some(endpoint), name: None, number: None };
            match open(&id, &from, &datagram).await {
                Ok(_) => return Ok(Destination { id, from, options: datagram, misbehaviour }),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| {
            failures::no_datagrams(&SocketId { endpoint: Some(endpoint.clone()), name: None, number: None })
        }))
    }

    /// Opens the way on for a caller, whose answers leave by `back`.
    ///
    /// # Errors
    /// When no socket can be made.
    pub async fn upstream(
        &self,
        caller: &Caller,
        back: Rc<DatagramSocket>,
        around: &Surroundings,
    ) -> Result<Upstream, Failure> {
        let (socket, target) = open(&self.id, &self.from, &self.options).await?;
        let socket = Rc::new(socket);
        let answers = tokio::task::spawn_local(pass_back(socket.clone(), caller.clone(), back, around.clone()));
        let place = (caller.id.clone(), caller.number);
        let mishaps =
            self.misbehaviour.as_ref().map(|how| Mishaps::new(how, place, Direction::In, around.report.clone(), None));
        Ok(Upstream { socket, target, answers, mishaps })
    }
}

impl Upstream {
    /// Sends a run of datagrams on.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn send(&self, bytes: &[u8], size: usize) -> std::io::Result<()> {
        if let Some(mishaps) = &self.mishaps {
            cut(bytes, size).for_each(|message| mishaps.send(&self.socket, &self.target, message));
            return Ok(());
        }
        self.socket.send_run(&self.target, bytes, size).await
    }
}

async fn pass_back(upstream: Rc<DatagramSocket>, caller: Caller, back: Rc<DatagramSocket>, around: Surroundings) {
    let Some(target) = &caller.target else { return };
    let mut inbox = upstream.inbox();
    loop {
        let passed = async {
            upstream.receive(&mut inbox).await?;
            let (bytes, size) = inbox.run();
            match &caller.mishaps {
                Some(mishaps) => {
                    cut(bytes, size).for_each(|message| mishaps.send(&back, target, message));
                    Ok(())
                }
                None => back.send_run(target, bytes, size).await,
            }
        };
        match passed.await {
            Ok(()) => {
                caller.last.set(tokio::time::Instant::now());
                // With mishaps, what leaves is counted when it does.
                for datagram in inbox.datagrams().filter(|_| caller.mishaps.is_none()) {
                    if let Err(failure) = note(&*caller.watcher, &*around.report, Direction::Out, datagram) {
                        around.report.event(&caller.id, &Event::Error { message: failure.line() });
                    }
                }
            }
            // A target that refuses now may be there for the next datagram.
            Err(error) => {
                let message = failures::receiving("the target", &error).line();
                around.report.event(&caller.id, &Event::Error { message });
                if !failures::is_refusal(&error) {
                    return;
                }
            }
        }
    }
}
