//! The services of a listening datagram socket: what is done with each datagram.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::bridge::Bridge;
use super::callers::{Caller, Callers};
use super::exchange::{cut, note};
use super::failures;
use super::forward::Destination;
use super::program;
use crate::event::{Direction, Event};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::quantity::Limit;
use crate::service::broker::Naming;
use crate::service::program::Command;
use crate::service::{Service, Surroundings};
use crate::transport::datagram::{DatagramSocket, Inbox, Receiver};

/// How long an answer waits for room at the peer, which only Unix peers can lack.
const STALL: Duration = Duration::from_secs(1);

/// At most this many programs run at the same time; datagrams wait in the system's buffer meanwhile.
const PROGRAMS: usize = 64;

/// How often one turn of the loop receives.
const TURNS: u32 = 256;

/// What is done with each datagram.
pub enum Job {
    /// Sends it back.
    Echo,
    /// Drops it.
    Discard,
    /// Answers it.
    Respond(Rc<[u8]>),
    /// Sends it to all others.
    Broker(Naming),
    /// Sends it on as a datagram.
    Forward(Box<Destination>),
    /// Sends it on over a connection.
    Bridge(Rc<Bridge>),
    /// Runs a program with it.
    Program(Rc<Command>, Arc<Semaphore>),
}

impl Job {
    /// The job of a service, which forgets silent callers after `idle`.
    ///
    /// # Errors
    /// A target that cannot be forwarded to.
    pub async fn of(service: &Service, idle: Duration, around: &Surroundings) -> Result<Self, Failure> {
        Ok(match service {
            Service::Echo => Job::Echo,
            Service::Discard => Job::Discard,
            Service::Respond(answer) => Job::Respond(answer.clone()),
            Service::Broker(_, naming) => Job::Broker(*naming),
            Service::Forward(target) if Job::is_bridge(service) => {
                let around = Surroundings { idle: Limit::After(idle), ..around.clone() };
                Job::Bridge(Rc::new(Bridge::new(target.clone(), around)))
            }
            Service::Forward(target) => Job::Forward(Box::new(
                Destination::new(&target.endpoint, &target.connect, target.misbehaviour.clone()).await?,
            )),
            Service::Proxy(_) => {
                return Err(Failure::message(Exit::Usage, "--proxy-server needs streams; accept a TCP port for it"));
            }
            #[cfg(feature = "http")]
            Service::Http(_) | Service::HttpOn(..) => {
                return Err(Failure::message(Exit::Usage, "HTTP needs streams; accept a TCP port for it"));
            }
            Service::Program(command) => Job::Program(command.clone(), Arc::new(Semaphore::new(PROGRAMS))),
        })
    }
}

impl Job {
    /// Whether a service forwards to what is no datagram socket.
    pub fn is_bridge(service: &Service) -> bool {
        matches!(service, Service::Forward(target) if !target.takes_datagrams())
    }
}

/// Serves everybody who writes.
pub struct Server {
    /// The sockets.
    pub sockets: Vec<Rc<DatagramSocket>>,
    /// Who has written.
    pub callers: Rc<RefCell<Callers>>,
    /// What they get.
    pub job: Job,
    /// Records and events.
    pub around: Surroundings,
    /// How long a silent caller is remembered.
    pub idle: Duration,
    /// Whether to end after the first datagram, or after the first caller's connection.
    pub once: bool,
}

impl Server {
    /// Serves until the process is told to end, or once.
    ///
    /// # Errors
    /// When receiving fails, or a record cannot be written.
    pub async fn run(&self) -> Result<Exit, Failure> {
        let mut receiver = Receiver::new(&self.sockets);
        let mut tidying = tokio::time::interval((self.idle / 4).max(Duration::from_millis(50)));
        loop {
            tokio::select! {
                first = receiver.receive() => {
                    let mut received = Some(first);
                    // Clocks and the others wait while there is more, but not for ever.
                    let mut turns = TURNS;
                    while let Some((number, result)) = received {
                        result.map_err(|error| failures::receiving("anybody", &error))?;
                        let heard = self.heard(number, receiver.inbox()).await?;
                        if let Some(exit) = heard
                            && self.once
                            && !matches!(self.job, Job::Bridge(_))
                        {
                            return Ok(exit);
                        }
                        turns -= 1;
                        received = if turns > 0 { receiver.receive_now().await } else { None };
                    }
                    super::note_losses(&mut receiver, "", &*self.around.report);
                }
                () = self.bridged_once() => return Ok(Exit::Done),
                _ = tidying.tick() => self.callers.borrow_mut().forget_idle(self.idle),
            }
        }
    }

    /// The one connection that was wanted has ended.
    async fn bridged_once(&self) {
        match &self.job {
            Job::Bridge(bridge) if self.once => bridge.ended.notified().await,
            _ => std::future::pending().await,
        }
    }

    /// Does the job; `None` for a caller that is not let in, else what it means where it is the only one.
    async fn heard(&self, number: usize, inbox: &Inbox) -> Result<Option<Exit>, Failure> {
        let Some(socket) = self.sockets.get(number) else { return Ok(None) };
        let heard = self.callers.borrow_mut().hear(number, socket, inbox.arrival()).cloned();
        let Some(caller) = heard else { return Ok(None) };
        let mut exit = Exit::Done;
        // What a connection takes is noted when it does.
        let taken = !matches!(self.job, Job::Bridge(_));
        for datagram in inbox.datagrams().filter(|_| taken) {
            note(&*caller.watcher, &*self.around.report, Direction::In, datagram)?;
        }
        if inbox.arrival().truncated && !matches!(self.job, Job::Discard) {
            let message = format!("a datagram of {} bytes is too long to be passed on", inbox.arrival().length);
            self.around.report.event(&caller.id, &Event::Error { message });
            return Ok(Some(exit));
        }
        match &self.job {
            Job::Discard => {}
            Job::Echo => {
                let (bytes, size) = inbox.run();
                self.answer(&caller, bytes, size).await?;
            }
            Job::Respond(answer) => {
                for _ in inbox.datagrams() {
                    self.answer(&caller, answer, answer.len()).await?;
                }
            }
            Job::Broker(naming) => self.pass_round(&caller, inbox, *naming).await?,
            Job::Forward(destination) => self.forward(caller, socket, destination, inbox).await,
            Job::Bridge(bridge) => {
                let lane = caller.lane.clone().unwrap_or_else(|| {
                    let lane = bridge.begin(&caller, socket.clone(), &self.callers);
                    self.callers.borrow_mut().set_lane(&caller.peer, lane.clone());
                    lane
                });
                inbox.datagrams().for_each(|datagram| bridge.pass(&caller, &lane, datagram));
            }
            Job::Program(command, places) => {
                for datagram in inbox.datagrams() {
                    let Ok(place) = places.clone().acquire_owned().await else { continue };
                    let run = program::run(
                        command.clone(),
                        caller.clone(),
                        socket.clone(),
                        datagram.to_vec(),
                        self.around.clone(),
                    );
                    let run = tokio::task::spawn_local(async move {
                        let status = run.await;
                        drop(place);
                        status
                    });
                    if self.once
                        && let Ok(status @ 1..) = run.await
                    {
                        exit = Exit::Program(status);
                    }
                }
            }
        }
        Ok(Some(exit))
    }

    /// Sends to a caller, and forgets one that is gone.
    async fn answer(&self, caller: &Caller, bytes: &[u8], size: usize) -> Result<(), Failure> {
        let (Some(target), Some(socket)) = (&caller.target, self.sockets.get(caller.socket)) else { return Ok(()) };
        if let Some(mishaps) = &caller.mishaps {
            cut(bytes, size).for_each(|message| mishaps.send(socket, target, message));
            if self.once {
                mishaps.drained().await;
            }
            return Ok(());
        }
        let sent = tokio::time::timeout(STALL, socket.send_run(target, bytes, size)).await;
        if let Err(error) = sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            let message = failures::sending(&caller.peer.to_string(), &error).line();
            self.around.report.event(&caller.id, &Event::Error { message: message.clone() });
            self.callers.borrow_mut().forget(&caller.peer, &message);
            return Ok(());
        }
        for message in cut(bytes, size) {
            note(&*caller.watcher, &*self.around.report, Direction::Out, message)?;
        }
        Ok(())
    }

    async fn pass_round(&self, speaker: &Caller, inbox: &Inbox, naming: Naming) -> Result<(), Failure> {
        let others: Vec<Caller> =
            self.callers.borrow().all().filter(|caller| caller.peer != speaker.peer).cloned().collect();
        let (bytes, size) = inbox.run();
        for other in others {
            match naming {
                Naming::Anonymous => self.answer(&other, bytes, size).await?,
                Naming::Named => {
                    for datagram in inbox.datagrams() {
                        let mut named = format!("<{}> ", speaker.id).into_bytes();
                        named.extend_from_slice(datagram);
                        self.answer(&other, &named, named.len()).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn forward(&self, mut caller: Caller, back: &Rc<DatagramSocket>, destination: &Destination, inbox: &Inbox) {
        let complain = |message: String| self.around.report.event(&caller.id, &Event::Error { message });
        if caller.upstream.is_none() {
            match destination.upstream(&caller, back.clone(), &self.around).await {
                Ok(upstream) => {
                    let upstream = Rc::new(upstream);
                    if let Some(remembered) = self.callers.borrow_mut().hear(caller.socket, back, inbox.arrival()) {
                        remembered.upstream = Some(upstream.clone());
                    }
                    caller.upstream = Some(upstream);
                }
                Err(failure) => return complain(failure.line()),
            }
        }
        let Some(upstream) = &caller.upstream else { return };
        let (bytes, size) = inbox.run();
        // The first error is what came back for an earlier datagram; this one deserves its own try.
        let sent = match upstream.send(bytes, size).await {
            Err(error) if failures::is_refusal(&error) => upstream.send(bytes, size).await,
            sent => sent,
        };
        if let Err(error) = sent {
            complain(failures::sending("the target", &error).line());
        }
    }
}
