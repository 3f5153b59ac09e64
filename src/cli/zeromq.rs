//! The words of ZeroMQ, for both ends, and of `zmq-keygen`.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{ArgGroup, Args};

use super::{Verb, help};
use crate::address::{Endpoint, ListenAddress, ListenId, Scheme, UnixKind};
use crate::commands::stream::StreamOptions;
use crate::commands::zmq_keygen;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::quantity::{Limit, parse_duration};
use crate::relay::Traffic;
use crate::transport::zeromq::options::DEFAULT_HIGH_WATER;
use crate::transport::zeromq::{KeyError, KeyPair, Kind, PublicKey, Security, ZeroMqOptions};

/// The longest identity (RFC 23).
const LONGEST_IDENTITY: usize = 255;

/// ZeroMQ.
#[derive(Debug, Args)]
#[command(next_help_heading = "ZeroMQ", group = ArgGroup::new("zeromq").multiple(true))]
pub struct ZeroMqArgs {
    /// Be a ZeroMQ socket: pair, pub, sub, req, rep, dealer, router, pull, push, xpub, xsub or stream
    #[arg(long, value_name = "TYPE", group = "zeromq")]
    zmq: Option<Kind>,
    /// With sub and xsub: receive what begins with PREFIX (repeat) [default: everything]
    #[arg(long, value_name = "PREFIX", requires = "zeromq", allow_hyphen_values = true)]
    subscribe: Vec<String>,
    /// Each line is a part of a message, and an empty line ends it; \ alone is an empty part [with router and stream: always]
    #[arg(long, requires = "zmq")]
    parts: bool,
    /// The name that routers call this socket by
    #[arg(long, value_name = "NAME", requires = "zeromq", value_parser = parse_identity)]
    identity: Option<String>,
    /// How many messages may wait for each peer; 0 is any number [default: 1000]
    #[arg(long, value_name = "N", requires = "zeromq", allow_negative_numbers = true, value_parser = |text: &str| super::groups::whole_number(text, 0, u32::MAX))]
    hwm: Option<u32>,
    /// How long to go on delivering after the end of the input, before what is left is lost [default: as -w, or infinite]
    #[arg(long, value_name = "DUR", requires = "zeromq", allow_negative_numbers = true, value_parser = parse_duration)]
    linger: Option<Limit>,
    #[command(flatten)]
    curve: CurveArgs,
}

/// The keys of CURVE.
#[derive(Debug, Args)]
#[command(next_help_heading = "ZeroMQ")]
struct CurveArgs {
    /// Encrypt with CURVE; the server's public key, or the file that holds it [with --to-zmq: the target's]
    // Z85, the spelling of keys, has a hyphen among its letters.
    #[arg(long = "curve-server-key", value_name = "KEY|FILE", requires = "zeromq", allow_hyphen_values = true)]
    server: Option<String>,
    /// Encrypt with CURVE; our own secret key: the server's, or a client's beside --curve-server-key
    #[arg(long = "curve-key", value_name = "FILE", requires = "zeromq")]
    own: Option<PathBuf>,
}

fn parse_identity(text: &str) -> Result<String, String> {
    match text.len() {
        1..=LONGEST_IDENTITY => Ok(text.to_owned()),
        length => Err(format!("an identity has 1 to {LONGEST_IDENTITY} bytes, not {length}")),
    }
}

const STREAMS: &str =
    "ZeroMQ sockets talk over streams; use tcp://HOST:PORT, tls://HOST:PORT, ipc:///path or unix:/path";

fn usage<T>(text: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::message(Exit::Usage, text.into()))
}

/// Refuses an address that has no stream for ZMTP: status 2.
fn over_streams(endpoint: &Endpoint) -> Result<(), Failure> {
    match endpoint {
        Endpoint::Unix { kind: UnixKind::Seqpacket, .. }
        | Endpoint::Inet { scheme: Scheme::Udp, .. }
        | Endpoint::WebSocket { .. }
        | Endpoint::WebSocketUnix { .. } => usage(STREAMS),
        Endpoint::Unix { .. } | Endpoint::Inet { .. } => Ok(()),
    }
}

/// What a socket of this type receives, given its `--subscribe`: status 2 for one that does not subscribe.
fn subscriptions(kind: Kind, prefixes: &[String]) -> Result<Vec<Vec<u8>>, Failure> {
    match prefixes {
        [] => Ok(ZeroMqOptions::new(kind).subscriptions),
        _ if !kind.subscribes() => {
            usage(format!("--subscribe is for sub and xsub; {} does not subscribe", kind.described()))
        }
        _ => Ok(prefixes.iter().map(|prefix| prefix.as_bytes().to_vec()).collect()),
    }
}

impl ZeroMqArgs {
    /// Whether this is a ZeroMQ socket.
    pub fn is_given(&self) -> bool {
        self.zmq.is_some()
    }

    /// Whether it receives nothing more before it has answered.
    pub fn must_answer(&self) -> bool {
        self.zmq == Some(Kind::Rep)
    }

    /// Whether stdin and stdout have parts of messages; those that name a peer could not be told from its message otherwise.
    pub fn has_parts(&self) -> bool {
        self.parts || self.zmq.is_some_and(Kind::names_peers)
    }

    /// The typed form, where this is a ZeroMQ socket; `stream` then does what the type can do. What it gets may go on to a socket
    /// of the type `target`, and be counted.
    ///
    /// # Errors
    /// Words that clash, and keys that cannot be read.
    pub fn options(
        &self,
        once: bool,
        target: Option<Kind>,
        count: Option<NonZeroU64>,
        stream: &mut StreamOptions,
    ) -> Result<Option<Box<ZeroMqOptions>>, Failure> {
        let Some(kind) = self.zmq else { return Ok(None) };
        if count.is_some() && !kind.receives() {
            return usage(format!(
                "--count counts received messages, and {} only sends; leave it out",
                kind.described()
            ));
        }
        let server = if target.is_some() { None } else { self.curve.server.as_deref() };
        let security = security(kind, server, self.curve.own.as_deref())?;
        let shaped = self.shaped(kind, target, stream.idle, security)?;
        match (stream.traffic, kind.sends(), kind.receives()) {
            (Traffic::SendOnly, false, _) => {
                return usage(format!("{} only receives; leave out --send-only", kind.described()));
            }
            (Traffic::ReceiveOnly, _, false) => {
                return usage(format!("{} only sends; leave out --recv-only", kind.described()));
            }
            (_, false, _) => stream.traffic = Traffic::ReceiveOnly,
            _ => {}
        }
        Ok(Some(Box::new(ZeroMqOptions { quit_after: stream.quit_after.take(), once, ..shaped })))
    }

    /// The socket of a client that is forwarded to `endpoint`; what is not delivered after `idle` is given up.
    ///
    /// # Errors
    /// An address that is none of ZeroMQ's, words that clash, and keys that cannot be read: status 2.
    pub fn target(&self, kind: Kind, endpoint: &Endpoint, idle: Limit) -> Result<Box<ZeroMqOptions>, Failure> {
        over_streams(endpoint)?;
        if let Some(ours) = self.zmq.filter(|ours| !ours.feeds(kind) && !kind.feeds(*ours)) {
            let text =
                format!("nothing passes between {} and {}; take other types", ours.described(), kind.described());
            return usage(text);
        }
        // Without the key of a server there, a key of ours is that of the socket which listens, where there is one.
        let own = self.curve.own.as_deref().filter(|_| self.zmq.is_none() || self.curve.server.is_some());
        let security = security(kind, self.curve.server.as_deref(), own)?;
        Ok(Box::new(self.shaped(kind, self.zmq, idle, security)?))
    }

    /// A socket of this type as the words want it, beside `other`, which they are meant for as well.
    fn shaped(
        &self,
        kind: Kind,
        other: Option<Kind>,
        idle: Limit,
        security: Security,
    ) -> Result<ZeroMqOptions, Failure> {
        let meant_for_other = !kind.subscribes() && other.is_some_and(Kind::subscribes);
        Ok(ZeroMqOptions {
            identity: self.identity.as_ref().map(|name| name.as_bytes().to_vec()).unwrap_or_default(),
            subscriptions: subscriptions(kind, if meant_for_other { &[] } else { &self.subscribe })?,
            high_water: match self.hwm.map(|count| count as usize) {
                None => DEFAULT_HIGH_WATER,
                Some(0) => usize::MAX,
                Some(count) => count,
            },
            // Nobody waits longer for a peer than for anything else.
            linger: self.linger.unwrap_or(idle),
            security,
            ..ZeroMqOptions::new(kind)
        })
    }

    /// Refuses what is no address of a ZeroMQ socket, and ZeroMQ's address where no type is said.
    ///
    /// # Errors
    /// Status 2.
    pub fn check_target(&self, endpoint: Option<&Endpoint>) -> Result<(), Failure> {
        match endpoint {
            Some(Endpoint::Unix { kind: UnixKind::ZeroMq, .. }) if self.zmq.is_none() => {
                usage("ipc:// is where ZeroMQ sockets are; add --zmq TYPE, or write unix:/path")
            }
            Some(endpoint) if self.zmq.is_some() => over_streams(endpoint),
            _ => Ok(()),
        }
    }

    /// The same of what `accept` listens on.
    ///
    /// # Errors
    /// Status 2.
    pub fn check_listener(&self, at: &[ListenId]) -> Result<(), Failure> {
        for at in at {
            match &at.address {
                ListenAddress::Unix { kind: UnixKind::ZeroMq, .. } if self.zmq.is_none() => {
                    return usage("ipc:// is where ZeroMQ sockets are; add --zmq TYPE, or write unix:/path");
                }
                ListenAddress::Udp { .. } | ListenAddress::Unix { kind: UnixKind::Seqpacket, .. }
                    if self.zmq.is_some() =>
                {
                    return usage(STREAMS);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Refuses what cannot be done with a ZeroMQ socket: the first of these words that was given.
    ///
    /// # Errors
    /// Status 2.
    pub fn refuse(&self, words: &[(&str, bool)]) -> Result<(), Failure> {
        let Some(kind) = self.zmq else { return Ok(()) };
        match words.iter().find(|(_, given)| *given) {
            Some((word, _)) => {
                usage(format!("{word} cannot be used with a ZeroMQ socket such as {kind}; leave one of them out"))
            }
            None => Ok(()),
        }
    }

    /// Refuses to answer where nothing can be heard or said.
    ///
    /// # Errors
    /// Status 2.
    pub fn check_answers(&self, words: &[(&str, bool)]) -> Result<(), Failure> {
        let Some(kind) = self.zmq.filter(|kind| !kind.receives() || !kind.sends() || *kind == Kind::Req) else {
            return Ok(());
        };
        match words.iter().find(|(_, given)| *given) {
            Some((word, _)) => {
                usage(format!("{word} answers requests, which {} does not; use rep or router", kind.described()))
            }
            None => Ok(()),
        }
    }
}

/// How a socket of this type is secured, given the key of a server and our own.
fn security(kind: Kind, server: Option<&str>, own: Option<&Path>) -> Result<Security, Failure> {
    let failed = |error: KeyError| Failure::new(Exit::Usage, error);
    let own = own.map(|path| KeyPair::read(path).map_err(failed)).transpose()?;
    let server = server.map(|text| PublicKey::read(text).map_err(failed)).transpose()?;
    if kind == Kind::Stream && (own.is_some() || server.is_some()) {
        return usage("a STREAM socket talks to plain TCP peers, which know no CURVE");
    }
    Ok(match (server, own) {
        (Some(server), own) => Security::CurveClient { server, own: own.unwrap_or_else(KeyPair::generate) },
        (None, Some(own)) => Security::CurveServer { own },
        (None, None) => Security::None,
    })
}

/// A ZeroMQ socket that tuples go over, one a message.
#[derive(Debug, Args)]
#[command(next_help_heading = "ZeroMQ", group = ArgGroup::new("zeromq"))]
pub struct TupleArgs {
    /// Be a ZeroMQ socket of this type: push, pub, pair or dealer to send, pull, sub, pair or dealer to receive
    #[arg(long, value_name = "TYPE", group = "zeromq")]
    zmq: Option<Kind>,
    /// With sub: receive what begins with PREFIX (repeat) [default: everything]
    #[arg(long, value_name = "PREFIX", requires = "zeromq", allow_hyphen_values = true)]
    subscribe: Vec<String>,
    #[command(flatten)]
    curve: CurveArgs,
}

impl TupleArgs {
    /// Whether this is a ZeroMQ socket.
    pub fn is_given(&self) -> bool {
        self.zmq.is_some()
    }

    /// The typed form, where this is a ZeroMQ socket of one of these types; undelivered tuples are given up after `limit`.
    ///
    /// # Errors
    /// Another type, or an address that is none of ZeroMQ's: status 2.
    pub fn options(
        &self,
        types: &[Kind],
        endpoint: Option<&Endpoint>,
        limit: Limit,
    ) -> Result<Option<Box<ZeroMqOptions>>, Failure> {
        let Some(kind) = self.zmq else { return Ok(None) };
        if !types.contains(&kind) {
            let names = types.iter().map(|kind| kind.to_string().to_lowercase()).collect::<Vec<_>>().join(", ");
            return usage(format!(
                "{} does not carry tuples this way; type --zmq with one of {names}",
                kind.described()
            ));
        }
        endpoint.map_or(Ok(()), over_streams)?;
        Ok(Some(Box::new(ZeroMqOptions {
            subscriptions: subscriptions(kind, &self.subscribe)?,
            linger: limit,
            security: security(kind, self.curve.server.as_deref(), self.curve.own.as_deref())?,
            ..ZeroMqOptions::new(kind)
        })))
    }
}

/// The type of a socket that a client is forwarded to.
///
/// # Errors
/// None, or one that does not fit a single peer's stream.
pub fn parse_target(text: &str) -> Result<Kind, String> {
    let kind: Kind = Kind::from_str(text).map_err(|error| error.to_string())?;
    match kind {
        Kind::Push | Kind::Pub | Kind::Pair | Kind::Dealer | Kind::Req | Kind::Sub | Kind::Pull => Ok(kind),
        _ => Err(format!(
            "{} is none to forward a client to; type push, pub, pair, dealer, req, sub or pull",
            kind.described()
        )),
    }
}

/// `zmq-keygen`
#[derive(Debug, Args)]
#[command(after_help = help::ZMQ_KEYGEN_EXAMPLES)]
pub struct ZmqKeygenArgs {
    /// The beginning of the names of both files: NAME.key and NAME.key_secret
    #[arg(value_name = "NAME")]
    name: PathBuf,
}

impl ZmqKeygenArgs {
    /// The typed form.
    pub fn into_verb(self) -> Verb {
        Verb::ZmqKeygen(zmq_keygen::Options { name: self.name })
    }
}
