//! What happens in a run, as data. Rendering is `output`'s; nothing here formats or writes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Which of the timed parts of a run is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Name look-up.
    Dns,
    /// Connecting.
    Connect,
    /// The TLS handshake.
    Tls,
}

/// Takes what happens in a run, as it happens.
pub trait Report {
    /// An event of the socket `id`; an empty `id` is that of the run.
    fn event(&self, id: &str, event: &Event);
    /// A sentence that helps to understand a run; no event.
    fn remark(&self, sentence: &str);
    /// How long a phase took.
    fn phase(&self, phase: Phase, took: Duration);
    /// So many messages passed.
    fn messages(&self, direction: Direction, count: u64);
    /// A message passed.
    fn message(&self, direction: Direction) {
        self.messages(direction, 1);
    }
}

/// Lets everything pass: for attempts that are expected to fail, and for processes that have nobody to tell.
#[derive(Debug, Clone, Copy)]
pub struct Unheard;

impl Report for Unheard {
    fn event(&self, _: &str, _: &Event) {}
    fn remark(&self, _: &str) {}
    fn phase(&self, _: Phase, _: Duration) {}
    fn messages(&self, _: Direction, _: u64) {}
}

/// Which way bytes travel, seen from this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the peer to us.
    In,
    /// From us to the peer.
    Out,
}

impl Direction {
    /// The mark in front of a line that went this way: `<` from the peer, `>` to it.
    pub fn mark(self) -> char {
        match self {
            Direction::In => '<',
            Direction::Out => '>',
        }
    }
}

/// Seconds that the phases of a run took; a phase that did not happen is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Phases {
    /// Name look-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns: Option<f64>,
    /// From the first SYN to an established connection, a proxy's part included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<f64>,
    /// The TLS handshake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<f64>,
    /// From the start of the run to the first byte of the peer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte: Option<f64>,
    /// The whole run.
    pub total: f64,
}

/// One thing that happened. The names and fields are part of the command line's contract: fields are only ever added.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A name is being looked up.
    Resolving {
        /// The name.
        host: String,
    },
    /// A name has these addresses.
    Resolved {
        /// The name.
        host: String,
        /// Its addresses in the order in which they will be tried.
        addresses: Vec<String>,
    },
    /// A connection attempt has begun.
    Connecting {
        /// Where to.
        peer: String,
    },
    /// A connection stands.
    Connected {
        /// The other end.
        peer: String,
        /// This end.
        local: String,
        /// `tcp`, `unix`, …
        transport: &'static str,
    },
    /// A TLS handshake is done.
    TlsEstablished {
        /// The session: protocol, cipher, ALPN, chain.
        #[serde(flatten)]
        session: serde_json::Value,
    },
    /// A listening socket accepts connections from now on.
    Listening {
        /// The bound address.
        local: String,
        /// The bound port, for addresses that have one.
        #[serde(skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        /// The pins of the certificates that clients will see, as `--pin` takes them.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pins: Vec<String>,
    },
    /// All listeners listen and readiness was announced.
    Ready,
    /// A client was let in.
    Accepted {
        /// The client.
        peer: String,
        /// The address it reached.
        local: String,
        /// The port it reached.
        #[serde(skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
    },
    /// A client was turned away by the access rules.
    Rejected {
        /// The client.
        peer: String,
        /// The address it reached.
        local: String,
        /// The port it reached.
        #[serde(skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        /// The rule that decided.
        rule: String,
    },
    /// Bytes passed.
    Data {
        /// Which way.
        direction: Direction,
        /// How many bytes.
        length: u64,
    },
    /// An HTTP request was answered. Its bytes are counted where they pass, so that `length` is 0 here.
    #[serde(rename = "data")]
    Request {
        /// Outwards.
        direction: Direction,
        /// None.
        length: u64,
        /// The request and its answer.
        request: HttpRequest,
    },
    /// One direction is at its end.
    Eof {
        /// Which one.
        direction: Direction,
    },
    /// A connection is over.
    Closed {
        /// The other end.
        peer: String,
        /// This end.
        local: String,
        /// Bytes received from the peer.
        bytes_in: u64,
        /// Bytes sent to the peer.
        bytes_out: u64,
        /// The code that the peer closed a WebSocket with, where it gave one.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<u16>,
        /// Why it ended.
        reason: String,
    },
    /// Something failed.
    Error {
        /// What, on one line.
        message: String,
    },
    /// The run failed.
    #[serde(rename = "error")]
    Failed {
        /// Why, on one line.
        message: String,
        /// What to do about it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        hints: Vec<String>,
    },
    /// A program was started.
    ExecStarted {
        /// The command as given.
        command: String,
        /// Its process.
        pid: u32,
    },
    /// A program ended.
    ExecExited {
        /// Its process.
        pid: u32,
        /// Its exit status, or 128 + the signal that ended it.
        status: u8,
    },
    /// A time limit passed.
    Timeout {
        /// Which one.
        limit: String,
    },
    /// An in-band command was taken out of the stream.
    Inband {
        /// The command's body.
        command: String,
    },
    /// The end of the run.
    Summary {
        /// Bytes received from peers.
        bytes_in: u64,
        /// Bytes sent to peers.
        bytes_out: u64,
        /// Messages received.
        messages_in: u64,
        /// Messages sent.
        messages_out: u64,
        /// Where the time went, in seconds.
        phases: Phases,
        /// The digests of what came and went, where `--hash` asked for them.
        #[serde(skip_serializing_if = "Option::is_none")]
        hash: Option<Digests>,
        /// Why the run ended.
        reason: String,
        /// The exit status.
        status: u8,
    },
}

impl Event {
    /// An HTTP request was answered.
    pub fn request(request: HttpRequest) -> Self {
        Event::Request { direction: Direction::Out, length: 0, request }
    }
}

/// An HTTP request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpRequest {
    /// Who asked.
    pub peer: String,
    /// The method.
    pub method: String,
    /// The target as it was sent: path and query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// How much of its body was sent, in bytes.
    pub bytes: u64,
}

/// The digests of a run, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digests {
    /// `sha256` or `blake3`.
    pub algorithm: &'static str,
    /// Of the bytes received.
    #[serde(rename = "in")]
    pub incoming: String,
    /// Of the bytes sent.
    #[serde(rename = "out")]
    pub outgoing: String,
}
