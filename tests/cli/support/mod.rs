//! What the tests stand on. It knows no behaviour of the program: those are in the files of the themes.
//!
//! ```ignore
//! let sandbox = Sandbox::new();                       // private directory and environment; everything is shown on failure
//! let listener = Listener::tcp();                     // a peer of ours on 127.0.0.1, port 0
//! let mut child = sandbox.netverb(["open", "--json", &listener.id()]).spawn();
//! let mut peer = listener.accept();                   // every call has a limit of LIMIT and panics after it
//! child.send(b"ping");                                // to its stdin
//! assert_eq!(peer.read(4), b"ping");
//! peer.send(b"pong");
//! assert_eq!(child.read_stdout(4), b"pong");
//! assert_eq!(child.wait_event("connected")["transport"], "tcp");
//! peer.reset();                                       // or: end(), send_slowly(..), dropped without reading, …
//! child.wait().failed(56, &["reset"]);                // status 56, one line on stderr with these words
//! ```
//!
//! - [`Sandbox::netverb`], [`Sandbox::shell`] (`$NETVERB` is the program), [`Sandbox::path`], [`Sandbox::write`].
//! - [`Sandbox::program`], [`Sandbox::python`]: other programs; one that is missing fails the test with its package's name.
//! - [`Run`] (what they return): `.env(k, v)`, `.stdin(…)`, `.stdout(…)`, `.stderr(…)`, then `.spawn()` for a
//!   [`Child`], or `.run()` (stdin is empty) or `.feed(bytes)` for a [`Finished`].
//! - [`Child`]: `send`, `feed`, `end_input`, `read_stdout`, `take_stdout` (with `.stdout(Stdio::piped())`), `wait_event`,
//!   `wait_events`, `wait_stderr`, `port` (of the event `listening`, needs `--json`), `signal`, `wait`, `facts` (memory, CPU
//!   time, descriptors, children).
//! - [`Finished`]: `status`, `stdout`, `stderr`, `took`; `exits(n)`, `failed(n, words)`, `events()`.
//! - [`Listener`] and [`Peer`]: the other end, polite or not, over TCP, Unix streams and seqpacket; [`Listener::deaf`] never
//!   answers a SYN.
//! - [`Terminal`]: the program at a terminal of its own.
//! - [`wait_until`]: any other fact, such as a file that appears.
//!
//! A test never sleeps to let something happen: it waits for the fact. Sleeping is right only where time is the behaviour.
// Without some features there is nothing to try with some of the tools.
#![cfg_attr(
    not(all(
        feature = "tls",
        feature = "tuples",
        feature = "interactive",
        feature = "ws",
        feature = "zmq",
        feature = "http"
    )),
    allow(dead_code)
)]

mod child;
mod facts;
mod installed;
#[cfg(feature = "tls")]
mod mail_server;
mod peer;
mod run;
mod sandbox;
mod terminal;

use std::time::{Duration, Instant};

pub use child::{Child, Finished, Status};
pub use facts::Facts;
#[cfg(feature = "tls")]
pub use mail_server::MailServer;
pub use peer::{Listener, Peer, uninterrupted};
pub use run::{Run, close};
pub use rustix::process::Signal;
pub use sandbox::Sandbox;
pub use terminal::Terminal;

/// The limit of each operation that waits. Only a test that fails comes near it.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Waits for a fact that nothing announces, by asking again; panics with `what` after [`LIMIT`].
pub fn wait_until<T>(what: &str, mut fact: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = fact() {
            return value;
        }
        assert!(begun.elapsed() < LIMIT, "waited {LIMIT:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Bytes that do not repeat at any power of two and are the same in each run (xorshift64).
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
