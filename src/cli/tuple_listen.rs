//! The words of `recv-tuple --listen`: where, who may come in, and what is spoken before the tuples.

use clap::Args;

use super::access::AccessArgs;
use super::dial::DialArgs;
use super::groups::{NetArgs, ReadyArgs};
use super::websocket::WebSocketArgs;
use crate::address::{ListenAddress, ListenId, UnixKind};
use crate::commands::host::Entrance;
use crate::commands::tuple_receive::{From, Listening};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transport::datagram::{DatagramOptions, Group};
use crate::transport::listener::{ListenOptions, Unwritten};
#[cfg(feature = "zmq")]
use crate::transport::zeromq::ZeroMqOptions;

/// Listening for tuples.
#[derive(Debug, Args)]
pub struct TupleListenArgs {
    /// Take the tuples of the first client that connects here; at udp://[host]:port, of all who send
    #[arg(long, value_name = "AT", value_parser = ListenId::parse, conflicts_with = "id")]
    listen: Option<ListenId>,
    /// Receive datagrams, each a tuple, from whoever sends (as udp://…); unix:/path is a datagram socket
    #[arg(long, requires = "listen")]
    datagram: bool,
    /// Join this multicast group, with --listen udp://… (repeat)
    #[arg(long, value_name = "GROUP[%IF]", requires = "listen")]
    join: Vec<Group>,
    #[command(flatten)]
    ws: WebSocketArgs,
    #[command(flatten)]
    ready: ReadyArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: super::tls::TlsServerArgs,
}

/// What else a listener needs to know.
pub struct Beside<'a> {
    /// The network.
    pub net: &'a NetArgs,
    /// What clients and targets have in common.
    pub dial: &'a DialArgs,
    /// TLS.
    #[cfg(feature = "tls")]
    pub tls: &'a super::tls::TlsArgs,
    /// How datagrams are received, the groups aside.
    pub datagrams: DatagramOptions,
    /// The ZeroMQ socket whose peers the clients are.
    #[cfg(feature = "zmq")]
    pub zmq: Option<Box<ZeroMqOptions>>,
    /// The largest message of a WebSocket.
    #[cfg(feature = "ws")]
    pub max_bytes: usize,
}

fn usage<T>(text: &str) -> Result<T, Failure> {
    Err(Failure::message(Exit::Usage, text))
}

impl TupleListenArgs {
    /// Where to listen, if that is asked for.
    pub fn at(&self) -> Option<&ListenId> {
        self.listen.as_ref()
    }

    /// Refuses words that are only for listening.
    ///
    /// # Errors
    /// Status 2.
    pub fn refuse(&self) -> Result<(), Failure> {
        if self.ws.is_given() {
            return usage("--ws is for the side that accepts; add --listen AT, or type ws://HOST:PORT/PATH");
        }
        if let Some(word) = self.access.given() {
            return usage(&format!("{word} says who may connect; add --listen AT"));
        }
        #[cfg(feature = "tls")]
        if let Some(word) = self.tls.given() {
            return usage(&format!("{word} is for the side that accepts; add --listen AT"));
        }
        Ok(())
    }

    /// The typed form.
    ///
    /// # Errors
    /// Status 2 for words that clash.
    pub fn into_from(self, at: ListenId, beside: Beside<'_>) -> Result<From, Failure> {
        let policy = self.access.policy()?;
        let datagrams = self.datagram || matches!(at.address, ListenAddress::Udp { .. });
        let streams = !datagrams && !matches!(at.address, ListenAddress::Unix { kind: UnixKind::Seqpacket, .. });
        self.ws.check(streams)?;
        if !self.join.is_empty() && !datagrams {
            return usage("--join needs datagrams; type --listen udp://:PORT");
        }
        #[cfg(feature = "zmq")]
        match (&beside.zmq, &at.address) {
            (Some(_), _) if self.ws.is_given() || !streams => {
                return usage(
                    "ZeroMQ sockets talk over plain streams; leave out --ws, and listen on a port or unix:/path",
                );
            }
            (None, ListenAddress::Unix { kind: UnixKind::ZeroMq, .. }) => {
                return usage("ipc:// is where ZeroMQ sockets are; add --zmq TYPE, or write unix:/path");
            }
            _ => {}
        }
        #[cfg(feature = "tls")]
        let tls = self.server_tls(&at, streams, &beside)?;
        if datagrams {
            let options = DatagramOptions { groups: self.join, ..beside.datagrams };
            return Ok(From::Datagrams(at, Box::new(options), policy, self.ready.options()));
        }
        Ok(From::Listener(Box::new(Listening {
            at,
            listen: ListenOptions {
                lookup: beside.net.lookup(),
                unwritten: Unwritten::AllInterfaces,
                backlog: 16,
                socket: beside.net.socket_options(),
                mode: None,
            },
            policy,
            reject: self.access.reject(),
            entrance: Entrance {
                socket: beside.net.socket_options(),
                expects_header: beside.dial.proxy_protocol().is_some(),
                #[cfg(feature = "ws")]
                websocket: self
                    .ws
                    .is_given()
                    .then(|| crate::transport::websocket::Settings { limit: beside.max_bytes, ..Default::default() }),
                #[cfg(feature = "tls")]
                tls,
                #[cfg(feature = "tls")]
                inspection: crate::commands::inspection::Inspection::default(),
            },
            #[cfg(feature = "zmq")]
            zmq: beside.zmq,
            ready: self.ready.options(),
        })))
    }

    #[cfg(feature = "tls")]
    fn server_tls(
        &self,
        at: &ListenId,
        streams: bool,
        beside: &Beside<'_>,
    ) -> Result<Option<crate::transport::tls::ServerOptions>, Failure> {
        let named = matches!(at.address, ListenAddress::Tcp { secure: true, .. });
        let serves = named || beside.tls.secure();
        beside.tls.require_tls(serves)?;
        self.tls.require_tls(serves)?;
        match (serves, streams) {
            (true, false) => usage("TLS needs streams; leave out --secure, or listen on a port or unix:/path"),
            (true, true) => beside.tls.server(&self.tls, None).map(Some),
            (false, _) => Ok(None),
        }
    }
}
