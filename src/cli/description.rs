//! What the help says of each verb beside its options, and which of its options `-h` shows.

/// One verb.
struct Description {
    verb: &'static str,
    /// Paragraphs for `--help` and the manual.
    text: &'static str,
    /// The long names of the options that `-h` shows.
    common: &'static [&'static str],
}

/// The program itself is the first; a verb that is not here has nothing to add, and shows all its options.
const ALL: &[Description] = &[
    Description {
        verb: "netverb",
        text: "\
One verb for each thing to do with a socket. Received data goes to stdout, byte for byte; everything else that there is to \
say goes to stderr; the exit status says what happened.

Without a name, open and accept stream: they end with the connection. With a name, as in host:25/mail or 0/web, the socket \
stays open in the background, and the other verbs talk over it: read, write, ask, expect, secure, next, close.",
        common: &["verbose", "json", "help"],
    },
    Description {
        verb: "open",
        text: "\
What stdin gives goes to the peer, what the peer sends goes to stdout. The end of stdin becomes the end of data for the \
peer, whose answer is then read to its end; status 0 means that everything was delivered, both ways. Every address that a \
name has is tried, IPv6 and IPv4 in turn (RFC 8305).

With a name (host:25/mail, --name) or --keep, the connection is kept in the background: open prints its handle and returns \
as soon as it stands, or with the status that says why it does not. With steps (--expect, --send-line and the like), it is \
led through a conversation instead of streaming stdin.

With --zmq it is a ZeroMQ socket, whose messages are lines: netverb-zeromq(7).",
        common: &[
            "probe", "name", "interactive", "expect", "send-line", "exec", "sh-exec", "crlf", "send-only", "wait", "proxy",
            "secure", "ca", "timeout",
        ],
    },
    Description {
        verb: "accept",
        text: "\
Without a service, the first client gets stdin and stdout, and the listener is closed at once: a second client is refused. \
With -k many clients share them. With a service or a program (--echo, --to, -c and the like), clients are served at the \
same time until the command is ended; --once ends it after the first. Without a host it listens on all interfaces, IPv4 \
and IPv6.

With --http, --http-respond or --http-exec clients speak HTTP, on the --http-ports or on all: files, a fixed answer, or what a \
program prints for each request. They have 10 seconds (-w) for the head of a request, which has at most 16 KiB, and a \
connection that stands still for 30 (--idle-timeout) is closed. With --secure it is https; with --ws a client may \
ask for a WebSocket and gets the service that is given beside.

With a name (8080/web, --name) or --keep, the listener is kept in the background, on loopback unless a host is written: \
accept prints the port and returns, and next takes the connections.

With --zmq all clients are the peers of one ZeroMQ socket: netverb-zeromq(7).",
        common: &[
            "keep-open", "once", "max-conns", "name", "echo", "respond", "chat", "to", "exec", "sh-exec", "http", "allow", "deny",
            "port-file", "secure", "self-signed", "cert", "timeout",
        ],
    },
    Description {
        verb: "datagram",
        text: "\
Each DATA is one message; without DATA, stdin is sent: all of it as one message, or as --split says, a terminal's lines one \
by one. At most 65507 bytes fit into one (status 63), and nothing is ever split. Unix peers may be sent less or more, as \
their system allows.

After the end of the input, answers are printed for --replies-for; --count waits as long as it takes. A closed port is \
status 7 as soon as it is known.",
        common: &["listen", "to", "from", "probe", "broadcast", "join", "count", "replies", "split", "port-file", "timeout"],
    },
    Description {
        verb: "send-tuple",
        text: "\
An argument that reads as an integer is one, one that reads as a real (1.0, 2e3, nan) is one, all else is a string; i:, \
r:, s: and b: force a type, so 1 and 1.0 differ on both ends. The bytes are described in netverb-tuples(5).",
        common: &["json-tuple", "input", "encoding", "format", "wait", "secure", "timeout"],
    },
    Description {
        verb: "recv-tuple",
        text: "\
Prints one value a line, or in the form that is asked for. A stream that is no tuple is status 1, a cut tuple 56, one that \
is larger than --max-bytes 63. The bytes are described in netverb-tuples(5).",
        common: &[
            "listen", "count", "encoding", "format", "tsv", "csv", "shell", "type", "expect-types", "port-file", "secure",
            "timeout",
        ],
    },
    Description {
        verb: "read",
        text: "\
Bytes leave the socket's buffer when the reader has them: Ctrl-C and a time-out lose nothing. A time-out is status 28 and \
prints nothing; a peer that closed before the end was met is status 52.",
        common: &["until", "until-regex", "for", "until-idle", "any", "strip", "peek", "output", "timeout"],
    },
    Description { verb: "write", text: "The arguments are sent literally, without a line ending unless --line adds it.", common: &["line", "escape", "file", "eof", "timeout"] },
    Description {
        verb: "ask",
        text: "Writes as write does and reads as read does, so that no other reader comes in between.",
        common: &["line", "escape", "file", "until", "until-regex", "for", "strip", "timeout"],
    },
    Description {
        verb: "expect",
        text: "\
All up to the end of the match leaves the socket. A --fail pattern that matches first is status 1, a time-out 28, a peer \
that closed 52; then nothing leaves the socket.",
        common: &["fail", "print", "timeout"],
    },
    Description {
        verb: "secure",
        text: "\
For protocols with STARTTLS: after the peer has agreed, both sides go on in TLS on the same connection. Plain text that \
has already come is an error, not carried over.",
        common: &["ca", "verify-host", "no-verify", "cert", "self-signed", "timeout"],
    },
    #[cfg(feature = "interactive")]
    Description {
        verb: "attach",
        text: "\
What is unread is shown first. Ctrl-D on an empty line leaves, and the socket stays open; /close ends it; /help lists what else \
can be done. While it is attached to, other readers of the socket wait. More is in netverb help interactive.",
        common: &["raw", "hex", "ca", "no-verify"],
    },
    Description {
        verb: "next",
        text: "Prints the handle of the connection: web.1, web.2, … of the listener web. It is a kept socket of its own.",
        common: &["timeout"],
    },
    Description {
        verb: "close",
        text: "What was written is delivered first; --rst drops it.",
        common: &["all", "rst", "force"],
    },
    Description {
        verb: "session",
        text: "\
A session is a set of kept sockets with names of their own. The command of session run has a session to itself: whatever \
way it ends, nothing that it kept stays open.",
        common: &[],
    },
    Description {
        verb: "wait",
        text: "\
Tries each target until it answers, or with --gone until it does not, and then runs the command, if there is one, in its \
own place. Status 28 says that the time was over first.",
        common: &["any", "gone", "http", "expect", "interval", "stable", "timeout", "secure", "ca"],
    },
    #[cfg(feature = "zmq")]
    Description {
        verb: "zmq-keygen",
        text: "\
Writes a new pair of keys for CURVE in two files, as ZeroMQ's own tools do, and prints the public key. NAME.key holds the \
public key, which the peers get; NAME.key_secret holds both keys and is readable to its owner alone. No file is ever \
overwritten (status 23).

The side that is known in advance, mostly the one that listens, takes --curve-key NAME.key_secret; those who come to it take \
--curve-server-key NAME.key. More is in netverb-zeromq(7).",
        common: &[],
    },
    Description {
        verb: "resolve",
        text: "Prints the addresses of each name and the name of each address, one a line.",
        common: &["ipv4", "ipv6", "numeric", "deadline"],
    },
];

fn find(verb: &str) -> Option<&'static Description> {
    ALL.iter().find(|description| description.verb == verb)
}

/// The long description of a verb, which begins with what it is about.
pub fn long(verb: &str, about: &str) -> String {
    match find(verb) {
        Some(found) => format!("{about}\n\n{}", found.text),
        None => about.to_owned(),
    }
}

/// Whether `-h` of a verb shows this option.
pub fn is_common(verb: &str, option: &str) -> bool {
    let listed = |verb: &str| find(verb).is_none_or(|found| found.common.contains(&option));
    listed(verb) || listed("netverb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_option_exists() {
        let mut command = crate::cli::command();
        command.build();
        for description in ALL {
            let verb = match description.verb {
                "netverb" => &command,
                name if cfg!(not(feature = "tls")) && name == "secure" => continue,
                name if cfg!(not(feature = "tuples")) && name.ends_with("-tuple") => continue,
                name => command.find_subcommand(name).unwrap_or_else(|| panic!("no verb {name}")),
            };
            let tls = ["secure", "ca", "cert", "self-signed", "no-verify", "verify-host"];
            for option in description.common.iter().filter(|option| cfg!(feature = "tls") || !tls.contains(option)) {
                if cfg!(not(feature = "interactive")) && *option == "interactive" {
                    continue;
                }
                if cfg!(not(feature = "http")) && *option == "http" {
                    continue;
                }
                let exists = verb.get_arguments().any(|arg| arg.get_long() == Some(option));
                assert!(exists, "{} has no --{option}", description.verb);
            }
        }
    }
}
