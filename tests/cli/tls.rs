//! Promises 44 to 48: TLS, against TLS peers of ours, the program itself, and other programs (`interop`).

mod certificates;
mod interop;
pub mod pki;
mod sessions;

use serde_json::Value;

use crate::support::{Child, Finished, Listener, Sandbox};
use pki::{Served, server_config};

/// The versions that a server of ours speaks.
const ANY: &[&rustls::SupportedProtocolVersion] = rustls::ALL_VERSIONS;

/// `accept` with TLS, the certificate `server`, on 127.0.0.1, with these options.
fn accept(sandbox: &Sandbox, options: &[&str]) -> (Child, u16) {
    let fixed = ["accept", "--json", "--secure", "--cert", "server.pem", "--key", "server.key", "127.0.0.1:0"];
    let child = sandbox.netverb(fixed.iter().chain(options)).spawn();
    let port = child.port();
    (child, port)
}

/// `open` with TLS to this port of localhost with these options, fed with `input`.
fn open(sandbox: &Sandbox, port: u16, options: &[&str], input: &[u8]) -> Finished {
    let to = format!("tls://localhost:{port}");
    sandbox.netverb(["open", "-4", &to].iter().chain(options)).feed(input)
}

/// What a server of ours saw of a client.
struct Seen {
    /// How the handshake ended.
    handshake: std::io::Result<()>,
    /// The name that the client sent.
    server_name: Option<String>,
    /// The application's bytes.
    data: Vec<u8>,
}

/// Runs `open --secure` with these options to a server of ours with the certificate `name` on `127.0.0.1`, which is `host`
/// in the ID, and gives what both saw. The server reads all, answers `answer` and ends as it should.
fn meet(sandbox: &Sandbox, name: &str, host: &str, options: &[&str]) -> (Finished, Seen) {
    meet_with(sandbox, server_config(sandbox, name, ANY), host, options)
}

fn meet_with(sandbox: &Sandbox, config: rustls::ServerConfig, host: &str, options: &[&str]) -> (Finished, Seen) {
    let listener = Listener::tcp();
    let id = format!("{host}:{}", listener.port());
    let serving = std::thread::spawn(move || {
        let mut peer = Served::accept(&listener, config);
        let handshake = peer.handshake();
        let data = match handshake {
            Ok(()) => peer.read_to_end().unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        let server_name = peer.session.server_name().map(str::to_owned);
        if handshake.is_ok() {
            peer.send(b"answer");
        }
        peer.close();
        Seen { handshake, server_name, data }
    });
    let ended = sandbox.netverb(["open", "-4", "--secure", &id].iter().chain(options)).feed(b"secret");
    (ended, serving.join().unwrap())
}

impl Seen {
    /// Asserts that all went well.
    #[track_caller]
    fn is_good(&self, ended: &Finished) {
        ended.exits(0);
        assert_eq!(ended.stdout, b"answer");
        assert_eq!(self.data, b"secret");
    }

    /// Asserts that no byte of the application came.
    #[track_caller]
    fn is_nothing(&self) {
        assert!(self.handshake.is_err(), "the handshake was finished");
        assert_eq!(self.data, b"", "before the certificate was accepted");
    }
}

/// The only event of this name.
#[track_caller]
fn event(ended: &Finished, name: &str) -> Value {
    let mut events = ended.events().into_iter().filter(|event| event["event"] == name);
    let event = events.next().unwrap_or_else(|| panic!("no event {name} in {}", ended.stderr));
    assert!(events.next().is_none(), "several events {name} in {}", ended.stderr);
    event
}
