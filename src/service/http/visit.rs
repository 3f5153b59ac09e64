//! What is known of a client for as long as its connection lasts, whatever it asks for.

use std::cell::RefCell;
use std::convert::Infallible;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use hyper::{Request, Response};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::ahead::Ahead;
use super::body::{Body, Noted};
use crate::event::HttpRequest;
use crate::service::program::Environment;
use crate::service::{Client, Surroundings};
use crate::transport::Channel;
use crate::transport::descriptor::{Disconnect, PeerEnd};

/// One client's connection.
pub(super) struct Visit {
    pub(super) id: Rc<str>,
    pub(super) environment: Environment,
    /// Whether it speaks TLS.
    pub(super) is_secure: bool,
    pub(super) around: Surroundings,
    peer: String,
    socket: Option<OwnedFd>,
    ahead: Rc<Ahead>,
    over: watch::Sender<bool>,
    programs: RefCell<Vec<JoinHandle<()>>>,
}

impl Visit {
    /// A client; with programs, its socket is watched.
    pub(super) fn of(client: &Client, around: &Surroundings, programs: bool) -> Self {
        let socket = match &client.channel {
            Channel::Bytes(bytes) if programs => bytes.socket().as_fd().try_clone_to_owned().ok(),
            _ => None,
        };
        Visit {
            id: Rc::from(client.id.as_str()),
            environment: Environment::of(&client.id, &client.channel),
            is_secure: client.channel.transport() == "tls",
            around: around.clone(),
            peer: client.channel.peer().to_string(),
            socket,
            ahead: Rc::default(),
            over: watch::Sender::new(false),
            programs: RefCell::default(),
        }
    }

    /// What is noted of a request once its answer is known.
    pub(super) fn line<B>(&self, request: &Request<B>) -> HttpRequest {
        HttpRequest {
            peer: self.peer.clone(),
            method: request.method().to_string(),
            path: request.uri().to_string(),
            status: 0,
            bytes: 0,
        }
    }

    /// Has the answer noted when it is over.
    pub(super) fn note(&self, mut request: HttpRequest, response: Response<Body>) -> Response<Body> {
        request.status = response.status().as_u16();
        let (id, report) = (self.id.clone(), self.around.report.clone());
        response.map(|body| Box::pin(Noted { body, id, request, report }) as Body)
    }

    /// Resolves when the connection was reset.
    pub(super) fn reset(&self) -> impl Future<Output = ()> + 'static {
        let watch = self.another_socket().and_then(|socket| Disconnect::watch(socket).ok());
        async move {
            match watch {
                Some(watch) => watch.happened().await,
                None => std::future::pending().await,
            }
        }
    }

    /// Once the client has ended its direction, finds out for as long as this is waited for whether it is gone: then
    /// [`Visit::reset`] resolves.
    pub(super) fn sound(&self) -> impl Future<Output = Infallible> + 'static {
        let watch = self.another_socket().and_then(|socket| PeerEnd::watch(socket).ok());
        let ahead = self.ahead.clone();
        async move {
            match watch {
                Some(watch) => watch.happened().await,
                None => std::future::pending().await,
            }
            ahead.sound().await
        }
    }

    /// What of the answer can be sent before it is known.
    pub(super) fn ahead(&self) -> &Rc<Ahead> {
        &self.ahead
    }

    fn another_socket(&self) -> Option<OwnedFd> {
        self.socket.as_ref().and_then(|socket| socket.try_clone().ok())
    }

    /// Runs a program beside the connection, which is not over before it.
    pub(super) fn spawn(&self, program: impl Future<Output = ()> + 'static) {
        let mut programs = self.programs.borrow_mut();
        programs.retain(|program| !program.is_finished());
        programs.push(tokio::task::spawn_local(program));
    }

    /// Resolves when no request of this client is served any more.
    pub(super) fn over(&self) -> impl Future<Output = ()> + 'static {
        let mut over = self.over.subscribe();
        async move { _ = over.wait_for(|over| *over).await }
    }

    /// Waits for the programs to end, now that the connection has.
    pub(super) async fn end(&self) {
        self.over.send_replace(true);
        let programs = self.programs.take();
        for program in programs {
            let _ = program.await;
        }
    }
}
