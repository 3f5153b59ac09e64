//! Examples and help topics: the texts that clap does not make.

use crate::exit::Exit;
use crate::failure::Failure;

/// Shown under the main help.
pub const EXAMPLES: &str = "\
Examples:
  netverb open example.org:80 -C              talk to a server, CRLF at the end of lines
  netverb accept 8080 > file                  receive a file
  netverb open host:8080 --send-only < file   send it
  netverb accept 8080 --to localhost:80       forward a port
  netverb help recipes                        more of these";

/// Shown under the help of `open`.
pub const OPEN_EXAMPLES: &str = "\
Examples:
  printf 'GET / HTTP/1.0\\n\\n' | netverb open localhost:80 -C
  netverb open -z --wait 30s localhost:5432      wait for a server
  netverb open unix:/run/app.sock < request
  netverb open host:8080 --send-only --progress < file
  netverb open host:25 -C --fail-on '(?m)^[45]' --expect '220 .*\\n' --send-line 'EHLO me' \\
      --expect '(?m)^250 .*\\n' --send-line QUIT --expect '221 .*\\n'
  netverb open host:25 --replay session            the client of a recorded --transcript
  netverb open host:25/mail -C                     keep it: netverb ask mail --line NOOP";

/// Shown under the help of `accept`.
pub const ACCEPT_EXAMPLES: &str = "\
Examples:
  netverb accept 8080 > file                     one client
  netverb accept -k 8080 --prefix                many, each line with its sender
  netverb accept 8080,9000-9010 --echo
  netverb accept localhost:8080 --to unix:/run/app.sock
  netverb accept udp://:5000 --echo              datagrams
  netverb accept 0 --port-file port -c 'date'    any free port
  port=$(netverb accept 0/web)                   keep it: netverb next web
  netverb accept 8080 --echo --allow 192.168.1.0/24
  netverb accept 8080 --expect '(?s)^GET .*\\r\\n\\r\\n' --send $'HTTP/1.0 204 OK\\r\\n\\r\\n'
  netverb accept 2525 --replay session           the server of a recorded --transcript";

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
  netverb read mail --any -w 0                what is there, without waiting";

/// Shown under the help of `write`.
pub const WRITE_EXAMPLES: &str = "\
Examples:
  netverb write mail --line 'EHLO me'
  netverb write mail -E 'a\\tb\\r\\n'
  netverb write mail --from-hex '0d 0a'
  netverb write mail --eof < file             and then the end of our data";

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

/// Shown under the help of `datagram`.
pub const DATAGRAM_EXAMPLES: &str = "\
Examples:
  netverb datagram --from :8080 --to 10.2.1.1:8080 hello   from port 8080 here to port 8080 there
  netverb datagram host:5000 one two three                 three datagrams; answers are printed for 1s
  netverb datagram host:5000 --split line < log            each line a datagram
  netverb datagram --replies 1 host:7 ping                 one answer, or status 28
  netverb datagram --listen 5000 --json                    every datagram as a record, with its sender
  netverb datagram --listen 5000 --join 239.1.2.3%eth0     what is sent to a group
  netverb datagram 239.1.2.3:5000 --ttl 4 hello            send to a group
  netverb datagram -b 192.168.1.255:9 hello                send to everybody on the network
  netverb datagram unix:/run/log.sock hello
  netverb datagram -z host:53                              probe: 0 answers, 7 closed, 28 silent
  netverb accept -k udp://:5000 --echo                     serve

Messages: each DATA is one. Without DATA stdin is sent: all of it as one message, or as --split says; a terminal's
lines one by one. At most 65507 bytes fit into one (status 63); nothing is ever split. Unix peers may be sent less
or more, as their system allows.

End: after the end of the input, answers are printed for --replies-for (1s; with --replies, -w or 10s). --count
waits as long as it takes. A closed port is status 7, as soon as it is known.";

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
  netverb send-tuple host:5000 --input tsv < table.tsv";

/// Shown under the help of `recv-tuple`.
pub const RECV_TUPLE_EXAMPLES: &str = "\
Examples:
  netverb recv-tuple --listen 5000
  eval \"$(netverb recv-tuple host:5000 --shell)\"; echo \"${tuple[0]}\"
  netverb recv-tuple --listen 5000 --count all --json
  netverb recv-tuple host:5000 --format 'in2' --format 'A8' --expect-types ii";

/// `help`
#[derive(Debug, clap::Args)]
pub struct HelpArgs {
    /// A verb or a topic
    pub topic: Option<String>,
}

/// The text of a topic.
///
/// # Errors
/// Status 2 for an unknown one.
pub fn topic(name: Option<&str>) -> Result<String, Failure> {
    let mut command = super::command();
    command.build();
    let Some(name) = name else { return Ok(command.render_long_help().to_string()) };
    match name {
        "ids" => Ok(include_str!("help/ids.txt").to_owned()),
        "exit-codes" => Ok(include_str!("help/exit-codes.txt").to_owned()),
        "environment" => Ok(include_str!("help/environment.txt").to_owned()),
        "recipes" => Ok(include_str!("help/recipes.txt").to_owned()),
        "keeping" => Ok(include_str!("help/keeping.txt").to_owned()),
        verb => match command.find_subcommand_mut(verb) {
            Some(found) => Ok(found.render_long_help().to_string()),
            None => Err(Failure::message(
                Exit::Usage,
                format!("no help on {verb:?}; type a verb, or one of ids, exit-codes, environment, keeping, recipes"),
            )),
        },
    }
}
