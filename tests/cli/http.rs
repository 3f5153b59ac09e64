//! HTTP ports (promises 27 and 69): against curl, Python and clients that keep to nothing.

mod files;
mod hostile;
mod ports;
mod programs;
#[cfg(feature = "ws")]
mod websockets;

use std::ffi::OsStr;

use crate::support::{Child, Finished, Peer, Sandbox};

/// `accept` on a free port of 127.0.0.1 with these options, and the port.
fn accept<I: IntoIterator<Item: AsRef<OsStr>>>(sandbox: &Sandbox, options: I) -> (Child, u16) {
    let options = options.into_iter().map(|option| option.as_ref().to_owned());
    let fixed = ["accept", "--json", "127.0.0.1:0"].map(Into::into);
    let child = sandbox.netverb(fixed.into_iter().chain(options)).spawn();
    let port = child.port();
    (child, port)
}

/// An answer, taken apart.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// Takes apart what curl -i or a connection gave.
    #[track_caller]
    fn of(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        let end = end.unwrap_or_else(|| panic!("no HTTP head in {:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Answer { status: status.expect("a status"), head, body: bytes[end..].to_vec() }
    }

    /// The value of a header.
    #[track_caller]
    fn header(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    fn find(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find_map(|(other, value)| other.eq_ignore_ascii_case(name).then_some(value))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// curl with these arguments, given to the URL `http://127.0.0.1:PORT` and the target.
#[track_caller]
fn curl(sandbox: &Sandbox, port: u16, target: &str, options: &[&str]) -> Answer {
    let ended = run_curl(sandbox, &format!("http://127.0.0.1:{port}{target}"), options);
    ended.exits(0);
    Answer::of(&ended.stdout)
}

#[track_caller]
fn run_curl(sandbox: &Sandbox, url: &str, options: &[&str]) -> Finished {
    let fixed = ["--silent", "--show-error", "--noproxy", "*", "--path-as-is", "--globoff", "--include", url];
    sandbox.program("curl", "curl", fixed.iter().chain(options)).run()
}

/// What a server answers to these bytes, to the end of the connection.
#[track_caller]
fn talk(port: u16, request: &[u8]) -> Vec<u8> {
    let mut peer = Peer::connect(port);
    peer.send(request);
    peer.end();
    peer.read_to_end()
}
