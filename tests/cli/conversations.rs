//! The conversations of netverb-sockets(7), as its page shows them, with real servers of those protocols.

use std::process::Command;

use crate::kept::Kept;
#[cfg(feature = "tls")]
use crate::support::MailServer;
use crate::support::{Child, Finished, Run, Sandbox, Signal, wait_until};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/man/netverb-sockets.7");

/// The script among the examples of the page that says this, as a reader sees it.
fn example(said: &str) -> String {
    let shown = Command::new("mandoc").args(["-T", "utf8", "-O", "width=120", PAGE]).output();
    let shown = shown.unwrap_or_else(|error| panic!("mandoc: {error}; its package is mandoc"));
    // Bold is a letter, a step back, and the letter again.
    let mut page = String::new();
    for letter in String::from_utf8(shown.stdout).unwrap().chars() {
        match letter {
            '\u{8}' => page.truncate(page.len() - page.chars().next_back().map_or(0, char::len_utf8)),
            letter => page.push(letter),
        }
    }
    let examples = page.split("EXAMPLES\n").nth(1).unwrap().split("SEE ALSO\n").next().unwrap();
    let mut scripts = vec![String::new()];
    for line in examples.lines() {
        // The text is indented by 5 columns, what is to be typed by more.
        match line.strip_prefix("           ") {
            Some(typed) => scripts.last_mut().unwrap().push_str(&format!("{typed}\n")),
            None => scripts.push(String::new()),
        }
    }
    let found: Vec<String> = scripts.into_iter().filter(|script| script.contains(said)).collect();
    let [script] = found.as_slice() else { panic!("{} examples say {said:?}:\n{page}", found.len()) };
    script.clone()
}

/// A sandbox in which `netverb` is found.
trait Typed {
    fn types(&self, script: &str) -> Run;
}

impl Typed for Sandbox {
    fn types(&self, script: &str) -> Run {
        let path = std::path::Path::new(env!("CARGO_BIN_EXE_netverb")).parent().unwrap().display();
        self.shell(script).env("PATH", format!("{path}:/usr/local/bin:/usr/bin:/bin"))
    }
}

/// The port that a server has printed on a line of its own.
fn port_of(server: &mut Child) -> u16 {
    server.read_line().parse().unwrap()
}

fn end(server: &mut Child) {
    server.signal(Signal::KILL);
    server.wait();
}

/// What was printed, without the line ends of the network.
fn printed(ended: &Finished) -> String {
    String::from_utf8(ended.stdout.clone()).unwrap().replace('\r', "")
}

#[cfg(feature = "tls")]
#[test]
fn b58_a_whole_smtp_conversation_with_starttls() {
    let kept = Kept::new();
    let mut server = MailServer::start(&kept.0);
    let script = r#"
        set -e
        ask() { netverb ask mail --line "$1" --until reply | tee -a log | grep -q "^$2"; }
        netverb open "localhost:$PORT/mail" -C
        netverb read mail --until reply >> log
        ask 'EHLO me' '250[ -]STARTTLS'
        ask 'MAIL FROM:<a@example.org>' 530
        ask STARTTLS 220
        netverb secure mail --ca ca.pem
        ask 'EHLO me' 250
        ask 'MAIL FROM:<a@example.org>' 250
        ask 'RCPT TO:<b@example.org>' 250
        ask DATA 354
        printf 'Subject: hello\n\nA line\n.\n' | netverb write mail
        netverb read mail --until reply | grep -q '^250 taken'
        ask QUIT 221
        netverb read mail --until eof
        netverb close mail
    "#;
    let ended = kept.0.types(script).env("PORT", server.port.to_string()).run();
    let log = std::fs::read_to_string(kept.0.path("log")).unwrap_or_default();
    assert_eq!(ended.status, crate::support::Status::Exited(0), "{log}{}", ended.stderr);
    let mail = r"b'Subject: hello\r\n\r\nA line\r\n'";
    assert_eq!(server.taken(), format!("True a@example.org ['b@example.org'] {mail}"));
}

#[cfg(feature = "tls")]
#[test]
fn the_mail_example_secures_its_connection() {
    let kept = Kept::new();
    let server = MailServer::start(&kept.0);
    let script = example("STARTTLS").replace("mail.example.org:25", &format!("localhost:{}", server.port));
    let trusted = kept.0.path("ca.pem");
    let ended = kept.0.types(&script).env("SSL_CERT_FILE", trusted).run();
    ended.exits(0);
    let shown = printed(&ended);
    assert!(shown.starts_with("mail\n250-") && shown.contains("220 Ready to start TLS\n"), "{shown}");
    assert!(shown.ends_with("221 Bye\n"), "{shown}");
    assert_eq!(kept.says(&["sockets", "--ids"]), "", "a session leaves nothing behind");
}

#[test]
fn the_server_by_hand_answers_a_browser() {
    let kept = Kept::new();
    let script =
        example("in a browser").replace("echo \"open http://localhost:$port/ in a browser\"", "echo $port > port");
    let mut shell = kept.0.types(&script).spawn();
    let port = wait_until("the port", || std::fs::read_to_string(kept.0.path("port")).ok()?.trim().parse::<u16>().ok());
    let fetched = kept.0.program("curl", "curl", ["-s", "-m", "20", &format!("http://localhost:{port}/")]).run();
    let ended = shell.wait();
    ended.exits(0);
    assert!(printed(&ended).starts_with("GET / HTTP/1.1\n"), "{}", printed(&ended));
    assert_eq!(fetched.stdout, b"hello\n");
}

/// An FTP server with the folder `served`; it prints its port.
const FTP_SERVER: &str = r#"
import logging
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
logging.basicConfig(level=logging.CRITICAL)
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_anonymous("served")
server = FTPServer(("127.0.0.1", 0), FTPHandler)
print(server.address[1], flush=True)
server.serve_forever()
"#;

#[test]
fn the_ftp_example_gets_a_file_over_its_second_connection() {
    let kept = Kept::new();
    std::fs::create_dir(kept.0.path("served")).unwrap();
    let content = crate::support::noise(300_000);
    kept.0.write("served/README", &content);
    let mut server = kept.0.python_with("pyftpdlib", FTP_SERVER).spawn();
    let port = port_of(&mut server);
    let script = example("EPSV").replace("ftp.example.org:21", &format!("127.0.0.1:{port}"));
    let ended = kept.0.types(&script.replace("ftp.example.org", "127.0.0.1")).run();
    ended.exits(0);
    assert!(std::fs::read(kept.0.path("README")).unwrap() == content, "{}", printed(&ended));
    let codes: Vec<String> = printed(&ended).lines().filter_map(|line| line.get(..3).map(str::to_owned)).collect();
    assert_eq!(codes, ["ftp", "220", "331", "230", "200", "dat", "125", "226", "221"], "{}", printed(&ended));
    assert_eq!(kept.says(&["sockets", "--ids"]), "");
    end(&mut server);
}

#[test]
fn the_redis_example_is_answered() {
    let kept = Kept::new();
    let path = kept.0.path("redis");
    // It cannot be asked for a free port; a Unix socket needs none.
    let words = ["--port", "0", "--unixsocket", path.to_str().unwrap(), "--save", "", "--daemonize", "no"];
    let mut server = kept.0.program("redis-server", "redis-server", words).spawn();
    wait_until("the socket of the server", || std::os::unix::net::UnixStream::connect(&path).ok());
    let address = format!("unix:{} --name redis", path.display());
    let ended = kept.0.types(&example("localhost:6379").replace("localhost:6379/redis", &address)).run();
    ended.exits(0);
    assert_eq!(printed(&ended), "redis\n+OK\nhello, world\n:1\n");
    end(&mut server);
}

/// A device that wants a name and a password, as a terminal server leads to it; it prints its port.
const DEVICE: &str = r#"
import socketserver
class Device(socketserver.StreamRequestHandler):
    def say(self, text): self.wfile.write(text.encode())
    def hear(self): return self.rfile.readline().decode().removesuffix("\r\n")
    def handle(self):
        self.say("switch01\r\n\r\nlogin: ")
        user = self.hear()
        self.say("Password: ")
        if (user, self.hear()) != ("admin", "s3cret pass"):
            return self.say("\r\nLogin incorrect\r\n")
        self.say("\r\nswitch01# ")
        self.say({"show version": "version 15.2\r\n"}.get(self.hear(), "% unknown\r\n") + "switch01# ")
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Device)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

#[test]
fn the_login_example_takes_the_password_from_a_file() {
    let kept = Kept::new();
    let mut server = kept.0.python_with("socketserver", DEVICE).spawn();
    let address = format!("127.0.0.1:{}", port_of(&mut server));
    let script = example("switch.example.org").replace("switch.example.org:4001", &address);
    for password in ["s3cret pass", "s3cret pass\n", "s3cret pass\r\n"] {
        kept.0.write("password", password);
        let ended = kept.0.types(&script).run();
        ended.exits(0);
        assert_eq!(printed(&ended), "switch\nversion 15.2\nswitch01# ", "{password:?}");
        assert_eq!(ended.stderr, "");
    }
    kept.0.write("password", "guessed");
    let refused = kept.0.types(&script).run();
    assert_eq!(printed(&refused), "switch\n");
    assert!(refused.stderr.contains("incorrect"), "{}", refused.stderr);
    end(&mut server);
}
