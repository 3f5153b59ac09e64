//! Examples, help topics, and the choice of what `-h` shows: what clap does not make from the options.

use std::ffi::OsString;

use super::articles::Article;
use super::description;
use crate::exit::Exit;
use crate::failure::Failure;

/// What the program is.
pub const ABOUT: &str = "netcat with verbs: open, accept, read, write and close sockets from the shell";

/// Shown under the main help.
pub const EXAMPLES: &str = "\
Examples:
  netverb open -C example.org:80              talk to a server by hand
  netverb accept 8080 --to localhost:80       forward a port
  netverb open host:25/mail; netverb read mail --until reply; netverb close mail";

/// Shown under the help of `open`.
pub const OPEN_EXAMPLES: &str = "\
Examples:
  printf 'GET / HTTP/1.0\\n\\n' | netverb open -C localhost:80
  netverb open host:8080 --send-only --progress < file
  netverb open -z --wait 30s localhost:5432
  netverb open --interactive host:6379       talk line by line, with a history
  netverb open tls://host:465 --ca ca.pem
  seq 3 | netverb open host:5555 --zmq push   ZeroMQ: each line a message
  netverb open host:25/mail -C               then: netverb ask mail --line NOOP
  netverb open unix:/run/app.sock < request
  netverb open tls://host:465 --pcap file    for Wireshark, in clear
  netverb open host:25 -C --fail-on '(?m)^[45]' --expect '220 .*\\n' \\
      --send-line 'EHLO me' --expect '(?m)^250 .*\\n' --send-line QUIT
  netverb open host:25 --replay session      the client of a --transcript
  netverb open ws://host/chat                lines as messages
  echo hi | netverb open wss://host/echo --count 1 -H 'Origin: https://host'";

/// Shown under the help of `accept`.
pub const ACCEPT_EXAMPLES: &str = "\
Examples:
  netverb accept 8080 > file                 one client
  netverb accept -k 8080 --prefix            many, each line with its sender
  netverb accept localhost:8080 --to unix:/run/app.sock
  netverb accept 8080 --to localhost:80 --view    see what two programs say
  netverb accept 0 --port-file port -c date  any free port, a program for each
  port=$(netverb accept 0/web)               keep it: netverb next web
  netverb accept 8080,9000-9010 --echo --allow 192.168.1.0/24
  netverb accept udp://:5000 --echo          datagrams
  netverb accept 8080 --to localhost:80 --latency 200ms --jitter 50ms
  netverb accept 5555 --zmq rep -c date      ZeroMQ: a reply to each request
  netverb accept 8080 --http site            the files of a folder
  netverb accept 8080 --http-respond '503:{\"ok\": false}'
  netverb accept 8080 --http-exec 'echo Content-Type: text/plain; echo; date'
  netverb accept 8080 --ws --chat --http site    and WebSockets
  netverb accept 7000 --echo --http-ports 8080 --http site
  netverb accept 8080 --expect '(?s)^GET .*\\r\\n\\r\\n' \\
      --send $'HTTP/1.0 204 OK\\r\\n\\r\\n'
  netverb accept 2525 --replay session       the server of a --transcript
  netverb accept --ws 8080 --to localhost:25    a stream for browsers";

/// Shown under the help of `wait`.
pub const WAIT_EXAMPLES: &str = "\
Examples:
  netverb wait localhost:5432 && psql
  netverb wait db:5432 cache:6379 -w 2m -- ./server --port 80
  netverb wait http://localhost:8080/health --stable 3s
  netverb wait mail:25 --expect '^220 '
  netverb wait --tls host:443 --ca ca.pem
  netverb wait --any 10.0.0.1:80 10.0.0.2:80
  netverb wait --gone unix:/run/app.sock -w 10s";

/// Shown under the help of `read`.
pub const READ_EXAMPLES: &str = "\
Examples:
  netverb read mail                           one line
  netverb read mail --until reply             a whole SMTP or FTP reply
  netverb read mail --for '2 int4'            two numbers
  netverb read mail --until eof -w infinite > file
  netverb read mail --any -w 0                what is there, without waiting
  netverb read chat --for '2 messages'        of a WebSocket, ZeroMQ, datagrams
  netverb -j read inbox                       a datagram with its sender";

/// Shown under the help of `write`.
pub const WRITE_EXAMPLES: &str = "\
Examples:
  netverb write mail --line 'EHLO me'
  netverb write mail -E 'a\\tb\\r\\n'
  netverb write mail --from-hex '0d 0a'
  netverb write mail --eof < file             and then the end of our data
  netverb write chat 'one message' 'another'  where messages are kept apart
  netverb write inbox --to 10.2.1.1:5000 hi   a datagram to this peer";

/// Shown under the help of `ask`.
pub const ASK_EXAMPLES: &str = "\
Examples:
  netverb ask mail --line 'NOOP' --until reply
  netverb ask redis -E 'PING\\r\\n' --until crlf --strip";

/// Shown under the help of `expect`.
pub const EXPECT_EXAMPLES: &str = "\
Examples:
  netverb expect dev 'login: '
  netverb expect dev '[$#] $' --fail 'incorrect'
  netverb expect dev 'v(?<version>[0-9.]+)' --print version";

/// Shown under the help of `secure`.
pub const SECURE_EXAMPLES: &str = "\
Examples:
  netverb ask mail --line STARTTLS --until reply && netverb secure mail
  netverb secure mail --ca ca.pem --verify-host mail.example.org
  netverb secure web.1 --cert server.pem";

/// Shown under the help of `attach`.
pub const ATTACH_EXAMPLES: &str = "\
Examples:
  netverb open host:25/mail -C; netverb attach mail
  netverb attach web.1 --raw                  character by character";

/// Shown under the help of `next`.
pub const NEXT_EXAMPLES: &str = "\
Examples:
  port=$(netverb accept 0/web)
  c=$(netverb next web -w infinite)           web.1, web.2, …
  netverb read \"$c\"; netverb close \"$c\"";

/// Shown under the help of `close`.
pub const CLOSE_EXAMPLES: &str = "\
Examples:
  netverb close mail
  netverb close web.1 --rst
  netverb close --all --force";

/// Shown under the help of `sockets`.
pub const SOCKETS_EXAMPLES: &str = "\
Examples:
  netverb sockets
  netverb sockets --json | jq -r 'select(.state == \"eof\").id'
  netverb sockets --watch";

/// Shown under the help of `session`.
pub const SESSION_EXAMPLES: &str = "\
Examples:
  netverb session run -- ./talk.sh            whatever it keeps ends with it
  export NETVERB_SESSION=$(netverb session new)
  netverb session end";

/// Shown under the help of `zmq-keygen`.
pub const ZMQ_KEYGEN_EXAMPLES: &str = "\
Examples:
  netverb zmq-keygen server                   server.key, server.key_secret
  netverb accept 5555 --zmq pull --curve-key server.key_secret
  netverb open host:5555 --zmq push --curve-server-key server.key < lines";

/// Shown under the help of `datagram`.
pub const DATAGRAM_EXAMPLES: &str = "\
Examples:
  netverb datagram host:5000 one two three        three datagrams
  netverb datagram host:5000 --split line < log   each line a datagram
  netverb datagram --replies 1 host:7 ping        one answer, or status 28
  netverb datagram --listen 5000 --json           each with its sender
  netverb datagram --listen 5000/inbox            keep it: read inbox
  netverb datagram -z host:53                     does anybody answer?
  netverb datagram --from :8080 --to 10.2.1.1:8080 hello
  netverb datagram --listen 5000 --join 239.1.2.3%eth0
  netverb datagram 239.1.2.3:5000 --ttl 4 hello
  netverb datagram -b 192.168.1.255:9 hello       to all on the network
  netverb datagram unix:/run/log.sock hello
  netverb accept -k udp://:5000 --echo            serve";

/// Shown under the help of `resolve`.
pub const RESOLVE_EXAMPLES: &str = "\
Examples:
  netverb resolve example.org
  netverb resolve -4 -j example.org 192.0.2.1";

/// Shown under the help of `send-tuple`.
pub const SEND_TUPLE_EXAMPLES: &str = "\
Examples:
  netverb send-tuple host:5000 42 3.14 'part A' s:007
  netverb send-tuple host:5000 --format 'in2 A8' 1 2 name
  netverb send-tuple host:5000 --input tsv < table.tsv
  netverb send-tuple udp://host:5000 --format 'in2' 3 4";

/// Shown under the help of `recv-tuple`.
pub const RECV_TUPLE_EXAMPLES: &str = "\
Examples:
  netverb recv-tuple --listen 5000
  eval \"$(netverb recv-tuple host:5000 --shell)\"; echo \"${tuple[0]}\"
  netverb recv-tuple --listen 5000 --count all --json
  netverb recv-tuple --listen udp://:5000 --format in2 --format A12 --json
  netverb recv-tuple --listen 5000 --ws --count all --tsv
  netverb recv-tuple --listen 5555 --zmq pull --count all --tsv";

/// `help`
#[derive(Debug, clap::Args)]
pub struct HelpArgs {
    /// A verb or a topic
    pub topic: Option<String>,
}

/// Shown under the help of `completions`.
pub const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(netverb completions bash)          for this shell
  netverb completions zsh > ~/.zfunc/_netverb
  netverb completions fish > ~/.config/fish/completions/netverb.fish";

/// Shown under the help of `man`.
pub const MAN_EXAMPLES: &str = "\
Examples:
  netverb man open | man -l -
  netverb man --all ~/.local/share/man/man1";

/// A text that `netverb help` prints and that the manual contains.
#[derive(Debug)]
pub struct Topic {
    /// What `netverb help` calls it.
    pub name: &'static str,
    /// Its heading in the manual.
    pub heading: &'static str,
    /// Paragraphs, and indented lines that stay as they are.
    pub text: &'static str,
}

/// `netverb help ids`
pub const IDS: Topic = Topic { name: "ids", heading: "ADDRESSES AND SOCKET IDS", text: include_str!("help/ids.txt") };
/// `netverb help exit-codes`
pub const EXIT_CODES: Topic =
    Topic { name: "exit-codes", heading: "EXIT STATUS", text: include_str!("help/exit-codes.txt") };
/// `netverb help events`
pub const EVENTS: Topic = Topic { name: "events", heading: "EVENTS", text: include_str!("help/events.txt") };
/// `netverb help environment`
pub const ENVIRONMENT: Topic =
    Topic { name: "environment", heading: "ENVIRONMENT", text: include_str!("help/environment.txt") };
/// `netverb help keeping`
pub const KEEPING: Topic = Topic { name: "keeping", heading: "KEPT SOCKETS", text: include_str!("help/keeping.txt") };
/// `netverb help websockets`
pub const WEBSOCKETS: Topic =
    Topic { name: "websockets", heading: "WEBSOCKETS", text: include_str!("help/websockets.txt") };
/// `netverb help recipes`
pub const RECIPES: Topic = Topic { name: "recipes", heading: "EXAMPLES", text: include_str!("help/recipes.txt") };

/// `netverb help interactive`
pub const INTERACTIVE: Topic =
    Topic { name: "interactive", heading: "AT A TERMINAL", text: include_str!("help/interactive.txt") };

/// Every topic.
pub const TOPICS: [Topic; 8] = [IDS, KEEPING, INTERACTIVE, WEBSOCKETS, EVENTS, EXIT_CODES, ENVIRONMENT, RECIPES];

/// The verbs that only print texts.
pub const PRINTING: [&str; 3] = ["completions", "man", "help"];

/// How many lines of examples `-h` of a verb shows.
const EXAMPLES_SHOWN: usize = 5;

/// A verb with a `-h` that shows its common options and first examples only.
pub fn shortened(command: clap::Command) -> clap::Command {
    let verb = command.get_name().to_owned();
    let command = match command.get_after_help().map(ToString::to_string) {
        Some(examples) => {
            let first: Vec<&str> = examples.lines().take(1 + EXAMPLES_SHOWN).collect();
            command.after_help(first.join("\n")).after_long_help(examples)
        }
        None => command,
    };
    command.mut_args(|arg| {
        let rare = !arg.is_positional() && !arg.get_long().is_some_and(|option| description::is_common(&verb, option));
        arg.hide_short_help(rare)
    })
}

/// The program's own `-h` on one screen: the verbs that only print texts or make keys, and the options of all verbs, are left
/// to `--help`.
pub fn on_one_screen(command: clap::Command, words: &[OsString]) -> clap::Command {
    if words.iter().any(|word| word == "--help") {
        return command;
    }
    let left = PRINTING.iter().chain(cfg!(feature = "zmq").then_some(&"zmq-keygen"));
    let command = left.fold(command, |command, verb| command.mut_subcommand(verb, |verb| verb.hide(true)));
    let topics = TOPICS.map(|topic| topic.name).join(" ");
    let ways_on = "Each has -h (short help), --help (all), -v (say more), -j (JSON events).";
    command
        .help_template("{about}\n\n{usage-heading} {usage}\n\nVerbs:\n{subcommands}{after-help}")
        .after_help(format!("{ways_on}\nTopics: {topics}\n\n{EXAMPLES}"))
}

/// The text of a topic, or the long help of a verb.
///
/// # Errors
/// Status 2 for an unknown one.
pub fn topic(name: Option<&str>) -> Result<String, Failure> {
    if let Some(topic) = TOPICS.iter().find(|topic| Some(topic.name) == name) {
        return Ok(topic.text.to_owned());
    }
    let mut command = super::command();
    command.build();
    let Some(name) = name else { return Ok(command.render_long_help().to_string()) };
    match command.find_subcommand_mut(name) {
        Some(verb) => Ok(verb.render_long_help().to_string()),
        None => {
            let topics: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
            let message = format!("no help on {name:?}; type a verb, or one of {}", topics.join(", "));
            let failure = Failure::message(Exit::Usage, message);
            Err(match Article::find(name) {
                Some(_) => failure.hint(format!("it has a manual page: netverb man {name} | man -l -")),
                None => failure,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns and lines of the smallest screen that `-h` has to fit.
    const SCREEN: (usize, usize) = (80, 30);

    fn short_help(words: &[&str]) -> String {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let command = on_one_screen(crate::cli::command(), &words).term_width(SCREEN.0);
        let all = std::iter::once(OsString::from("netverb")).chain(words);
        command.try_get_matches_from(all).unwrap_err().to_string()
    }

    #[test]
    fn the_short_help_fits_a_screen() {
        let text = short_help(&["-h"]);
        assert!(text.lines().count() <= SCREEN.1, "{} lines:\n{text}", text.lines().count());
        assert!(text.lines().all(|line| line.chars().count() <= SCREEN.0), "{text}");
        let mut command = crate::cli::command();
        command.build();
        let left = |verb: &&clap::Command| PRINTING.contains(&verb.get_name()) || verb.get_name() == "zmq-keygen";
        for verb in command.get_subcommands().filter(|verb| !left(verb)) {
            assert!(text.contains(&format!("\n  {} ", verb.get_name())), "{} is missing:\n{text}", verb.get_name());
        }
    }

    #[test]
    fn the_short_help_of_a_verb_is_much_shorter_than_the_long_one() {
        for verb in ["open", "accept", "datagram"] {
            let text = short_help(&[verb, "-h"]);
            assert!(text.lines().count() <= 2 * SCREEN.1, "{} lines:\n{text}", text.lines().count());
            assert!(!text.contains("--congestion"), "{text}");
            assert!(short_help(&[verb, "--help"]).contains("--congestion"));
        }
    }

    /// The commands of `netverb` in the indented lines of a text, as words.
    #[cfg(feature = "default")]
    fn commands(text: &str) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for line in text.replace("\\\n", "").lines().filter(|line| line.starts_with("  ")) {
            let line = line.replace("\"$c\"", "c").replace("$'", "'").replace("2>", ">");
            for (at, _) in line.match_indices("netverb ") {
                let (mut quote, mut blank, mut command) = (None, false, String::new());
                for c in line[at..].chars() {
                    match (quote, c) {
                        (None, '|' | ';' | '&' | '<' | '>' | ')') => break,
                        // What it is for follows.
                        (None, ' ') if blank => break,
                        (None, '\'' | '"') => quote = Some(c),
                        (Some(open), _) if open == c => quote = None,
                        _ => {}
                    }
                    blank = c == ' ';
                    command.push(c);
                }
                found.push(shell_words::split(&command).unwrap());
            }
        }
        found
    }

    #[test]
    #[cfg(feature = "default")] // Left-out features leave out options.
    fn every_example_is_understood() {
        let mut definition = crate::cli::command();
        definition.build();
        let examples = definition.get_subcommands().filter_map(|verb| verb.get_after_long_help());
        let examples = examples.map(ToString::to_string).chain([EXAMPLES.to_owned()]);
        // The recipes are run by a test.
        let topics = TOPICS.iter().filter(|topic| topic.name != "recipes").map(|topic| topic.text.to_owned());
        let is_command = |words: &Vec<String>| {
            let first = words.get(1).map_or("", String::as_str);
            // Those of `man` and `completions` are carried out when they are read, and write files.
            !PRINTING.contains(&first) && (first.starts_with('-') || crate::cli::verbs::find(first).is_some())
        };
        let found = examples.chain(topics).flat_map(|text| commands(&text)).filter(is_command).collect::<Vec<_>>();
        assert!(found.len() > 100, "{found:?}");
        for words in found {
            if let Err(refusal) = crate::cli::parse(words.iter().map(OsString::from).collect()) {
                let message = format!("{:?}", refusal.failure);
                assert!(message.contains("no such file"), "{words:?}: {message}");
            }
        }
    }

    /// Wrapped, the columns of examples would be lost.
    #[test]
    fn examples_and_topics_fit_a_line() {
        let mut command = crate::cli::command();
        command.build();
        let examples =
            command.get_subcommands().filter_map(|verb| verb.get_after_long_help().or(verb.get_after_help()));
        let examples = examples.map(ToString::to_string).chain([EXAMPLES.to_owned()]);
        for text in examples.chain(TOPICS.map(|topic| topic.text.to_owned())) {
            for line in text.lines() {
                assert!(line.chars().count() <= SCREEN.0, "{} columns: {line}", line.chars().count());
            }
        }
    }
}
