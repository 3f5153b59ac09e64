//! The words of `datagram`.

use std::ffi::OsString;
use std::net::IpAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::capture::CaptureArgs;
use super::dial::{Source, parse_source};
use super::groups::{NetArgs, ReadyArgs, TimeArgs, received_to};
use super::help;
use super::keep::KeepArgs;
use super::messages::parse_count;
use super::misbehave::ChanceArgs;
use super::words::WordArgs;
use crate::address::{Endpoint, Host, IdError, ListenAddress, ListenId, SocketId, UnixName, port};
use crate::commands::datagram::exchange::Replies;
use crate::commands::datagram::{self, Form, From, Messages, Options, REPLY_WINDOW, probe};
use crate::commands::recorder::{DumpTarget, HashKind, RecorderOptions};
use crate::commands::stream::StreamOptions;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::message::Split;
use crate::quantity::{Limit, parse_duration, parse_size};
use crate::relay::{AtLocalEnd, Traffic};
use crate::transport::datagram::{DatagramOptions, Group};

/// How long a wanted number of replies is waited for, where nothing is said.
const WANTED_WINDOW: Limit = Limit::After(Duration::from_secs(10));

/// `datagram`
#[derive(Debug, Args)]
#[command(mut_arg("timeout", |arg| {
    arg.help("End when nothing passed for this long (status 28); with -z or --replies wait so long for answers")
}))]
#[command(after_help = help::DATAGRAM_EXAMPLES, override_usage = "netverb datagram [OPTIONS] ID [DATA…]\n       \
    netverb datagram [OPTIONS] --to ID [DATA…]\n       netverb datagram [OPTIONS] --listen AT [--to ID [DATA…]]")]
pub struct DatagramArgs {
    /// The peer (host:port, udp://…, unix:/path) unless --to or --listen is given; then the messages, each DATA one
    #[arg(value_name = "ID|DATA", value_parser = clap::value_parser!(OsString))]
    words: Vec<OsString>,
    /// Send to this peer
    #[arg(long, value_name = "ID", value_parser = SocketId::parse)]
    to: Option<SocketId>,
    /// Receive here, from everybody: [host:]port, udp://host:port, unix:/path
    #[arg(long, value_name = "AT", value_parser = ListenId::parse, conflicts_with_all = ["from", "source", "source_port", "probe"])]
    listen: Option<ListenId>,
    /// Send from this local address and port, where answers come to; unix:/path for a Unix peer
    #[arg(long, value_name = "[HOST][:PORT]", value_parser = parse_from, conflicts_with_all = ["source", "source_port"])]
    from: Option<FromArg>,
    /// Send from this local address
    #[arg(short, long, value_name = "ADDR", value_parser = Host::parse)]
    source: Option<Host>,
    /// Send from this local port
    #[arg(short = 'p', long, value_name = "PORT", value_parser = port::parse)]
    source_port: Option<u16>,
    /// Probe: send DATA, or an empty datagram (0 an answer came, 7 closed, 28 silent) [-w default: 2s]
    #[arg(short = 'z', long)]
    probe: bool,
    #[command(flatten)]
    groups: GroupArgs,
    #[command(flatten)]
    replies: ReplyArgs,
    #[command(flatten)]
    send: WordArgs,
    #[command(flatten)]
    data: MessageArgs,
    #[command(flatten)]
    chance: ChanceArgs,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    ready: ReadyArgs,
    #[command(flatten)]
    net: NetArgs,
    /// Time limits
    #[command(flatten)]
    pub time: TimeArgs,
}

/// Multicast and broadcast.
#[derive(Debug, Args)]
#[command(next_help_heading = "Multicast and broadcast")]
pub struct GroupArgs {
    /// Allow sending to broadcast addresses
    #[arg(short, long)]
    broadcast: bool,
    /// Join this multicast group, with --listen (repeat)
    #[arg(long, value_name = "GROUP[%IF]", requires = "listen")]
    join: Vec<Group>,
    /// Hear only this sender in the groups (repeat)
    #[arg(long, value_name = "ADDR", requires = "join")]
    source_specific: Vec<IpAddr>,
    /// Whether this machine hears the multicasts that it sends [default: on, as the system has it]
    #[arg(long = "loop", value_name = "on|off", num_args = 0..=1, require_equals = true, default_missing_value = "on",
          value_parser = parse_switch)]
    multicast_loop: Option<bool>,
}

/// When to stop receiving.
#[derive(Debug, Args)]
#[command(next_help_heading = "Replies")]
pub struct ReplyArgs {
    /// End after N received messages, however long they take
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_count, conflicts_with = "replies")]
    count: Option<NonZeroU64>,
    /// Wait for N replies; status 28 when fewer come in time
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_count, conflicts_with = "listen")]
    replies: Option<NonZeroU64>,
    /// Print what comes for this long after the end of the input [default: 1s; with --replies: -w, or 10s]
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration)]
    replies_for: Option<Limit>,
}

/// What happens to the messages.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
pub struct MessageArgs {
    /// How stdin is cut into messages, and what ends them on stdout: none, line, nul, length, chunk or SIZE
    #[arg(long, value_name = "KIND")]
    split: Option<Split>,
    /// Receive at most SIZE bytes of each message; longer ones are cut, which their records say, or a line on stderr
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_size)]
    max_bytes: Option<u64>,
    /// Write received messages to FILE; - is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show received messages as hex dumps
    #[arg(long)]
    hex: bool,
    /// Dump both directions in hex to FILE, or - for stderr
    #[arg(long, value_name = "FILE|-", value_parser = DumpTarget::parse)]
    hex_dump: Option<DumpTarget>,
    /// Record both directions, with times, as JSON lines; - is stdout, where nothing else goes there
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// Show progress, rate and time left on stderr, and a summary at the end
    #[arg(long)]
    progress: bool,
    /// Print the digest of each direction at the end: sha256 or blake3
    #[arg(long, value_name = "KIND")]
    hash: Option<HashKind>,
    /// Only send: never print, and do not wait for replies
    #[arg(long, conflicts_with_all = ["recv_only", "count", "replies", "replies_for", "probe"])]
    send_only: bool,
    /// Only receive: never touch stdin
    #[arg(long)]
    recv_only: bool,
    #[command(flatten)]
    capture: CaptureArgs,
}

/// `--from`
#[derive(Debug, Clone, PartialEq, Eq)]
enum FromArg {
    Inet(Source),
    Unix(UnixName),
}

fn parse_from(text: &str) -> Result<FromArg, IdError> {
    if text.starts_with("unix:")
        && let ListenAddress::Unix { name, .. } = ListenId::parse(text)?.address
    {
        return Ok(FromArg::Unix(name));
    }
    parse_source(text).map(FromArg::Inet)
}

fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("type --loop=on or --loop=off".to_owned()),
    }
}

impl DatagramArgs {
    /// The typed form.
    ///
    /// # Errors
    /// Status 3 for an address, 2 for words that clash.
    pub fn into_options(mut self) -> Result<Options, Failure> {
        let words = std::mem::take(&mut self.words);
        let mut words = words.into_iter();
        let to = match self.to.take() {
            Some(to) => Some(to),
            None if self.listen.is_some() => None,
            None => Some(peer(words.next(), words.as_slice())?),
        };
        let words = self.send.messages(words.collect(), self.data.split)?;
        if to.is_none() && !words.is_empty() {
            let message = "nobody is named to send DATA to; add --to HOST:PORT";
            return Err(Failure::message(Exit::Usage, message));
        }
        let replies = self.replies(to.is_some());
        let messages = match (to.is_some(), words.is_empty()) {
            (true, false) => Messages::Words(words),
            (true, true) if !self.data.recv_only && !self.probe => {
                Messages::Stdin(self.data.split.unwrap_or_else(datagram::default_split))
            }
            _ => Messages::None,
        };
        let ending = self.data.split.unwrap_or_else(datagram::default_ending);
        let socket = DatagramOptions {
            lookup: self.net.lookup(),
            socket: self.net.socket_options(),
            broadcast: self.groups.broadcast,
            groups: self.groups.join.clone(),
            sources: self.groups.source_specific.clone(),
            multicast_loop: self.groups.multicast_loop,
            max_bytes: self.data.max_bytes.map(|size| usize::try_from(size).unwrap_or(usize::MAX)),
        };
        let mut stream = self.data.stream_options(&self.time, matches!(messages, Messages::Stdin(_)));
        stream.misbehaviour = self.chance.misbehaviour()?;
        stream.recorder.share_stdout(!stream.uses_stdout())?;
        if self.replies.replies.is_some() {
            // -w is the window then.
            stream.idle = self.time.idle_timeout.unwrap_or(Limit::Never);
        }
        let (mut to, mut listen) = (to, self.listen.take());
        let named = listen.as_mut().map(|at| &mut at.name).or(to.as_mut().map(|to| &mut to.name));
        let keep = match named {
            Some(named) => {
                *named = self.keep.name(named.as_ref())?;
                self.keep.keep(named.as_ref(), self.foreground_only(&messages))?
            }
            None => None,
        };
        self.listen = listen;
        let form = self.form(to)?;
        Ok(Options { form, messages, ending, socket, replies, stream, keep })
    }

    /// A word that has no use where the socket is kept.
    fn foreground_only(&self, messages: &Messages) -> Option<&'static str> {
        let data = &self.data;
        let words = [
            ("DATA", matches!(messages, Messages::Words(_))),
            ("-z", self.probe),
            ("--count", self.replies.count.is_some()),
            ("--replies", self.replies.replies.is_some()),
            ("--replies-for", self.replies.replies_for.is_some()),
            ("--split", data.split.is_some()),
            ("-o", data.output.is_some()),
            ("--hex", data.hex),
            ("--hex-dump", data.hex_dump.is_some()),
            ("--transcript", data.transcript.is_some()),
            ("--pcap", data.capture.pcap.is_some()),
            ("--progress", data.progress),
            ("--hash", data.hash.is_some()),
            ("--send-only", data.send_only),
            ("--recv-only", data.recv_only),
        ];
        words.into_iter().find_map(|(word, given)| given.then_some(word)).or_else(|| self.chance.foreground_only())
    }

    fn form(self, to: Option<SocketId>) -> Result<Form, Failure> {
        let from = match self.from {
            Some(FromArg::Inet(Source { host, port })) => From { host, port, unix: None },
            Some(FromArg::Unix(name)) => From { unix: Some(name), ..From::default() },
            None => From { host: self.source, port: self.source_port.unwrap_or(0), unix: None },
        };
        match (self.listen, to) {
            (Some(at), to) => Ok(Form::Receive { at, to, ready: self.ready.options() }),
            (None, Some(to)) if self.probe => {
                let limit = match self.time.timeout.unwrap_or(Limit::After(probe::LIMIT)) {
                    Limit::After(limit) => limit,
                    Limit::Never => probe::ENDLESS,
                };
                Ok(Form::Probe { to, from, limit })
            }
            (None, Some(to)) => Ok(Form::Send { to, from }),
            (None, None) => Err(Failure::message(Exit::Usage, "no peer is named; type HOST:PORT")),
        }
    }

    fn replies(&self, sends: bool) -> Replies {
        let args = &self.replies;
        let window = match (args.replies_for, args.replies, args.count) {
            (Some(window), ..) => Some(window),
            _ if self.data.send_only => Some(Limit::After(Duration::ZERO)),
            _ if !sends || self.listen.is_some() => None,
            (None, Some(_), _) => Some(self.time.timeout.unwrap_or(WANTED_WINDOW)),
            (None, None, Some(_)) => None,
            (None, None, None) => Some(Limit::After(REPLY_WINDOW)),
        };
        Replies { count: args.count.map(NonZeroU64::get), wanted: args.replies.map(NonZeroU64::get), window }
    }
}

fn peer(word: Option<OsString>, rest: &[OsString]) -> Result<SocketId, Failure> {
    let Some(word) = word else {
        return Err(Failure::message(Exit::Usage, "no peer is named; type HOST:PORT, or --listen PORT to receive"));
    };
    let text = word.to_str().ok_or_else(|| super::refusal::no_text("the peer", &word))?;
    let id = SocketId::parse(text).map_err(|error| Failure::new(Exit::MalformedAddress, error))?;
    // As nc has it; here the second word would be the message.
    if let [second, ..] = rest
        && let Some(number) = second.to_str().filter(|second| second.parse::<u16>().is_ok())
        && matches!(&id.endpoint, Some(Endpoint::Inet { host, .. }) if *host != Host::Unwritten)
        && !text.contains(':')
    {
        let text = format!("is {number} the port or the message? type {text}:{number}, or {text}:80 {number}");
        return Err(Failure::message(Exit::Usage, text));
    }
    Ok(id)
}

impl MessageArgs {
    fn stream_options(&self, time: &TimeArgs, stdin: bool) -> StreamOptions {
        StreamOptions {
            traffic: match (self.send_only, stdin) {
                (true, _) => Traffic::SendOnly,
                (false, true) => Traffic::Both,
                (false, false) => Traffic::ReceiveOnly,
            },
            end_at_once: false,
            at_local_end: AtLocalEnd::KeepOpen,
            quit_after: None,
            half_open: Limit::Never,
            idle: time.idle(),
            eol_in: None,
            eol_out: None,
            inband: None,
            output: received_to(self.output.as_ref()),
            hex: self.hex,
            recorder: RecorderOptions {
                transcript: self.transcript.clone(),
                hex_dump: self.hex_dump.clone(),
                hash: self.hash,
                pcap: self.capture.pcap.clone(),
                view: None,
            },
            progress: self.progress,
            rate: None,
            split: None,
            misbehaviour: None,
        }
    }
}
