//! Streams against nc.openbsd, ncat, socat and Python's socket module, over TCP and Unix sockets.

use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

use crate::needs;
use crate::support::{Child, Sandbox, noise};

/// A program that joins its stdin and stdout to a socket. `$AT` in its commands is the port or the path.
struct Tool {
    program: &'static str,
    package: &'static str,
    connect_tcp: &'static str,
    listen_tcp: &'static str,
    connect_unix: &'static str,
    listen_unix: &'static str,
    /// Whether it goes on sending after it has read our end of data. nc.openbsd does not when it listens.
    answers_after_our_end: bool,
}

const NC_OPENBSD: Tool = Tool {
    program: "nc.openbsd",
    package: "netcat-openbsd",
    connect_tcp: "nc.openbsd -N 127.0.0.1 $AT",
    listen_tcp: "nc.openbsd -N -l 127.0.0.1 $AT",
    connect_unix: "nc.openbsd -N -U $AT",
    listen_unix: "nc.openbsd -N -l -U $AT",
    answers_after_our_end: false,
};

const NCAT: Tool = Tool {
    program: "ncat",
    package: "ncat",
    connect_tcp: "ncat 127.0.0.1 $AT",
    listen_tcp: "ncat -l 127.0.0.1 $AT",
    connect_unix: "ncat -U $AT",
    listen_unix: "ncat -l -U $AT",
    answers_after_our_end: false,
};

const SOCAT: Tool = Tool {
    program: "socat",
    package: "socat",
    connect_tcp: "socat -t 20 - TCP:127.0.0.1:$AT",
    listen_tcp: "socat -t 20 TCP-LISTEN:$AT,bind=127.0.0.1,reuseaddr -",
    connect_unix: "socat -t 20 - UNIX-CONNECT:$AT",
    listen_unix: "socat -t 20 UNIX-LISTEN:$AT -",
    answers_after_our_end: true,
};

const PYTHON: Tool = Tool {
    program: "python3",
    package: "python3",
    connect_tcp: "python3 peer.py connect tcp $AT",
    listen_tcp: "python3 peer.py listen tcp $AT",
    connect_unix: "python3 peer.py connect unix $AT",
    listen_unix: "python3 peer.py listen unix $AT",
    answers_after_our_end: true,
};

const PEER: &str = r#"
import os, socket, sys, threading
role, family, at = sys.argv[1:]
connection = socket.socket(socket.AF_UNIX if family == "unix" else socket.AF_INET)
address = at if family == "unix" else ("127.0.0.1", int(at))
if role == "connect":
    connection.connect(address)
else:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.bind(address)
    connection.listen()
    connection = connection.accept()[0]
def send():
    while data := os.read(0, 65536):
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)
sending = threading.Thread(target=send, daemon=True)
sending.start()
while data := connection.recv(65536):
    os.write(1, data)
sending.join()
"#;

/// All 256 byte values, and enough for many reads.
fn data() -> Vec<u8> {
    (0..=255).chain(noise(1 << 20)).collect()
}

impl Tool {
    fn start(&self, sandbox: &Sandbox, command: &str, at: &str) -> Child {
        sandbox.write("peer.py", PEER);
        sandbox.shell(&format!("exec {command}")).env("AT", at).spawn()
    }

    /// Both connected, in all four ways: netverb first.
    fn pairs(&self, sandbox: &Sandbox, mut talk: impl FnMut(Child, Child)) {
        needs(self.program, self.package);
        let accept = |at: &str| {
            let child = sandbox.netverb(["accept", "--json", "--half-open", "infinite", at]).spawn();
            child.wait_event("ready");
            child
        };
        let open = |at: &str| sandbox.netverb(["open", "--half-open", "infinite", "--wait", "20", at]).spawn();
        let ours = accept("127.0.0.1:0");
        let port = ours.port().to_string();
        talk(ours, self.start(sandbox, self.connect_tcp, &port));
        let ours = accept("unix:ours");
        talk(ours, self.start(sandbox, self.connect_unix, "ours"));
        // It binds to the port that is held for it: both allow that (SO_REUSEADDR), and only it listens.
        let held = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        held.set_reuse_address(true).unwrap();
        held.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        let port = held.local_addr().unwrap().as_socket().unwrap().port().to_string();
        let theirs = self.start(sandbox, self.listen_tcp, &port);
        talk(open(&format!("127.0.0.1:{port}")), theirs);
        let theirs = self.start(sandbox, self.listen_unix, "theirs");
        talk(open("unix:theirs"), theirs);
    }

    /// It says all it has to say, and hears our answer after that.
    fn ends_first(&self) {
        let sandbox = Sandbox::new();
        self.pairs(&sandbox, |mut ours, mut theirs| {
            theirs.feed(data());
            assert!(ours.read_stdout(data().len()) == data());
            ours.feed(data());
            let ended = theirs.wait();
            ended.exits(0);
            assert!(ended.stdout == data(), "{} bytes", ended.stdout.len());
            ours.wait().exits(0);
        });
    }

    /// We say all we have to say, and hear its answer after that.
    fn ends_last(&self) {
        let sandbox = Sandbox::new();
        self.pairs(&sandbox, |mut ours, mut theirs| {
            ours.feed(data());
            assert!(theirs.read_stdout(data().len()) == data());
            if self.answers_after_our_end {
                theirs.feed(data());
                let ended = ours.wait();
                ended.exits(0);
                assert!(ended.stdout == data(), "{} bytes", ended.stdout.len());
            }
            theirs.end_input();
            theirs.wait().exits(0);
            ours.wait().exits(0);
        });
    }

    /// A conversation, a word at a time.
    fn talks(&self) {
        let sandbox = Sandbox::new();
        self.pairs(&sandbox, |mut ours, mut theirs| {
            for word in ["one", "two\n", "\r\n", "three"] {
                ours.send(word.as_bytes());
                assert_eq!(theirs.read_stdout(word.len()), word.as_bytes());
                theirs.send(word.as_bytes());
                assert_eq!(ours.read_stdout(word.len()), word.as_bytes());
            }
            theirs.end_input();
            ours.end_input();
            theirs.wait().exits(0);
            ours.wait().exits(0);
        });
    }
}

#[test]
fn nc_openbsd_ends_first() {
    NC_OPENBSD.ends_first();
}

#[test]
fn nc_openbsd_ends_last() {
    NC_OPENBSD.ends_last();
}

#[test]
fn nc_openbsd_talks() {
    NC_OPENBSD.talks();
}

#[test]
fn ncat_ends_first() {
    NCAT.ends_first();
}

#[test]
fn ncat_ends_last() {
    NCAT.ends_last();
}

#[test]
fn ncat_talks() {
    NCAT.talks();
}

#[test]
fn socat_ends_first() {
    SOCAT.ends_first();
}

#[test]
fn socat_ends_last() {
    SOCAT.ends_last();
}

#[test]
fn socat_talks() {
    SOCAT.talks();
}

#[test]
fn python_ends_first() {
    PYTHON.ends_first();
}

#[test]
fn python_ends_last() {
    PYTHON.ends_last();
}

#[test]
fn python_talks() {
    PYTHON.talks();
}

#[test]
fn socat_reaches_abstract_names_and_seqpacket_sockets() {
    needs(SOCAT.program, SOCAT.package);
    let sandbox = Sandbox::new();
    // The name is this place's own, so that no other test has it.
    let name = sandbox.directory().display().to_string();
    let child = sandbox.netverb(["accept", "--json", "--echo", &format!("unix:@{name}"), "seqpacket:packets"]).spawn();
    child.wait_event("ready");
    let ended = sandbox.shell("exec socat -t 20 - ABSTRACT-CONNECT:$AT").env("AT", name).feed(&data());
    ended.exits(0);
    assert!(ended.stdout == data());
    // Type 5 is SOCK_SEQPACKET; it sends what one read gives as one packet.
    let mut theirs = sandbox.shell("exec socat -t 20 - UNIX-CONNECT:packets,type=5").spawn();
    for word in ["a packet", "another one"] {
        theirs.send(word.as_bytes());
        assert_eq!(theirs.read_stdout(word.len()), word.as_bytes());
    }
    theirs.end_input();
    theirs.wait().exits(0);
}

#[test]
fn a_client_of_each_kind_talks_through_a_forward_into_a_program() {
    let sandbox = Sandbox::new();
    let program = sandbox.netverb(["accept", "--json", "unix:program", "-c", "tr a-z A-Z"]).spawn();
    program.wait_event("ready");
    let forward = sandbox.netverb(["accept", "--json", "--to", "unix:program", "127.0.0.1:0"]).spawn();
    let port = forward.port().to_string();
    for tool in [NC_OPENBSD, NCAT, SOCAT, PYTHON] {
        needs(tool.program, tool.package);
        let mut theirs = tool.start(&sandbox, tool.connect_tcp, &port);
        theirs.feed(b"shout\n".repeat(10_000));
        let ended = theirs.wait();
        ended.exits(0);
        assert!(ended.stdout == b"SHOUT\n".repeat(10_000), "{}: {} bytes", tool.program, ended.stdout.len());
    }
}
