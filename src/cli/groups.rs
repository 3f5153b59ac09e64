//! Options that several verbs share, each group with its heading in the help.

use std::path::PathBuf;

use clap::Args;

use super::variable::variable;
use crate::commands::announce::ReadyOptions;
use crate::commands::recorder::{DumpTarget, HashKind, RecorderOptions, names_stdout};
use crate::commands::stream::StreamOptions;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::filter::{InbandMarks, LineEnding};
use crate::message::Split;
use crate::quantity::{Limit, parse_duration, parse_size};
use crate::relay::{AtLocalEnd, Traffic};
use crate::transport::sockopt::{self, NamedOption};
use crate::transport::{Family, Lookup, SocketOptions};

/// How long stdin may be idle after the peer's end of data, where `--half-open` does not say.
const USUAL_HALF_OPEN: Limit = Limit::After(std::time::Duration::from_secs(1));

/// Time limits.
#[derive(Debug, Args)]
#[command(next_help_heading = "Time")]
pub struct TimeArgs {
    /// Limit connecting, and how long nothing may pass; with steps, each wait [default there: 10s]
    #[arg(short = 'w', long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration, env = variable("NETVERB_TIMEOUT"), hide_env = true)]
    pub timeout: Option<Limit>,
    /// End when nothing passed for this long (status 28)
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration)]
    pub idle_timeout: Option<Limit>,
    /// Limit the whole command, name look-up included (status 28)
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration, default_value = "none", hide_default_value = true)]
    pub deadline: Limit,
}

impl TimeArgs {
    /// How long nothing may pass.
    pub fn idle(&self) -> Limit {
        self.idle_timeout.or(self.timeout).unwrap_or(Limit::Never)
    }
}

/// The network.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub struct NetArgs {
    /// Use IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', long)]
    ipv6: bool,
    /// Allow addresses only, look up no names
    #[arg(short, long)]
    numeric: bool,
    /// Use these interfaces
    #[arg(long, value_name = "IF[,IF…]", value_delimiter = ',')]
    interface: Vec<String>,
    /// Set a socket option by the name of its manual page (repeat)
    #[arg(long, value_name = "NAME=VALUE")]
    sockopt: Vec<NamedOption>,
    /// Hops that a packet may take
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole_number(text, 1, 255))]
    ttl: Option<u32>,
    /// The type-of-service byte
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_byte)]
    tos: Option<u32>,
    /// Send small writes at once (this is the default)
    #[arg(long)]
    nodelay: bool,
    /// Probe an idle connection after this long
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = sockopt::parse_keepalive)]
    keepalive: Option<Limit>,
    /// Size of the send buffer
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_size)]
    sndbuf: Option<u64>,
    /// Size of the receive buffer
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_size)]
    rcvbuf: Option<u64>,
    /// Mark packets for the firewall
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole_number(text, 0, u32::MAX))]
    mark: Option<u32>,
    /// The TCP congestion control, such as cubic
    #[arg(long, value_name = "NAME")]
    congestion: Option<String>,
    /// Do not reuse an address that is still in TIME_WAIT
    #[arg(long)]
    no_reuseaddr: bool,
}

/// A whole number within bounds, with a message that names them.
pub fn whole_number(text: &str, least: u32, most: u32) -> Result<u32, String> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ if most == u32::MAX => Err(format!("type a whole number from {least} up")),
        _ => Err(format!("type a whole number from {least} to {most}")),
    }
}

/// As [`whole_number`], for what the system counts with a sign.
///
/// # Errors
/// As there.
pub fn whole_signed(text: &str, least: u32) -> Result<i32, String> {
    let most = i32::MAX.unsigned_abs();
    whole_number(text, least, most).map(|number| i32::try_from(number).unwrap_or(i32::MAX))
}

fn parse_byte(text: &str) -> Result<u32, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.ok().filter(|number| *number <= 255).ok_or_else(|| "type a number from 0 to 255, or 0x00 to 0xff".to_owned())
}

impl NetArgs {
    /// How names are looked up.
    pub fn lookup(&self) -> Lookup {
        let family = match (self.ipv4, self.ipv6) {
            (true, _) => Family::V4,
            (_, true) => Family::V6,
            _ => Family::Any,
        };
        Lookup { family, numeric: self.numeric }
    }

    /// What is set on sockets.
    pub fn socket_options(&self) -> SocketOptions {
        let bytes = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        SocketOptions {
            keepalive: match self.keepalive {
                Some(Limit::After(idle)) => Some(idle),
                Some(Limit::Never) | None => None,
            },
            send_buffer: self.sndbuf.map(bytes),
            receive_buffer: self.rcvbuf.map(bytes),
            ttl: self.ttl,
            tos: self.tos,
            mark: self.mark,
            congestion: self.congestion.clone(),
            interfaces: self.interface.clone(),
            no_reuse_address: self.no_reuseaddr,
            named: self.sockopt.clone(),
        }
    }
}

/// What happens to the data.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub struct DataArgs {
    /// Line ending of the peer: lf, crlf, cr, none; converts both directions
    #[arg(long, value_name = "KIND")]
    eol: Option<LineEnding>,
    /// Line ending that the peer sends; becomes LF
    #[arg(long, value_name = "KIND")]
    eol_in: Option<LineEnding>,
    /// Line ending that the peer gets
    #[arg(long, value_name = "KIND")]
    eol_out: Option<LineEnding>,
    /// Send CRLF at the end of lines (= --eol-out crlf)
    #[arg(short = 'C', long, conflicts_with_all = ["eol", "eol_out"])]
    crlf: bool,
    /// Write received data to FILE; - is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show received data as a hex dump
    #[arg(long)]
    hex: bool,
    /// Dump both directions in hex to FILE, or - for stderr
    #[arg(long, value_name = "FILE|-", value_parser = DumpTarget::parse, value_hint = clap::ValueHint::FilePath)]
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
    /// Limit each direction to SIZE bytes a second
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_rate)]
    rate: Option<u64>,
    /// Only send: never print; end when the peer has everything
    #[arg(long, conflicts_with = "recv_only")]
    send_only: bool,
    /// Only receive: never touch stdin
    #[arg(long)]
    recv_only: bool,
    /// Shut down sending at the end of stdin (this is the default)
    #[arg(short = 'N', conflicts_with = "no_shutdown")]
    shutdown: bool,
    /// Do not tell the peer that stdin has ended
    #[arg(long)]
    no_shutdown: bool,
    /// End this long after the end of stdin
    #[arg(short = 'q', long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration)]
    quit_after_eof: Option<Limit>,
    /// After the peer's end of data, end when stdin was idle for this long [default: 1s]
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration)]
    half_open: Option<Limit>,
    /// Take in-band commands out of the received data
    #[arg(long, value_name = "ESC,END")]
    inband: Option<InbandMarks>,
    /// How stdin is cut into messages on message sockets: none, line, nul, length, chunk or SIZE
    #[arg(long, value_name = "KIND")]
    split: Option<Split>,
}

/// The file of `-o`; none for `-`, which is stdout.
pub fn received_to(output: Option<&PathBuf>) -> Option<PathBuf> {
    output.filter(|path| !names_stdout(path)).cloned()
}

fn parse_rate(text: &str) -> Result<u64, String> {
    match parse_size(text) {
        Ok(0) => Err("nothing would ever pass; type bytes per second, such as 64k".to_owned()),
        Ok(rate) => Ok(rate),
        Err(error) => Err(error.to_string()),
    }
}

impl DataArgs {
    /// The typed form.
    pub fn stream_options(&self, time: &TimeArgs) -> StreamOptions {
        let crlf = self.crlf.then_some(LineEnding::CrLf);
        StreamOptions {
            traffic: match (self.send_only, self.recv_only) {
                (true, _) => Traffic::SendOnly,
                (_, true) => Traffic::ReceiveOnly,
                _ => Traffic::Both,
            },
            at_local_end: if self.no_shutdown { AtLocalEnd::KeepOpen } else { AtLocalEnd::HalfClose },
            end_at_once: self.shutdown,
            quit_after: self.quit_after_eof,
            half_open: self.half_open.unwrap_or(USUAL_HALF_OPEN),
            idle: time.idle(),
            eol_in: self.eol_in.or(self.eol),
            eol_out: self.eol_out.or(self.eol).or(crlf),
            inband: self.inband,
            output: received_to(self.output.as_ref()),
            hex: self.hex,
            recorder: RecorderOptions {
                transcript: self.transcript.clone(),
                hex_dump: self.hex_dump.clone(),
                hash: self.hash,
                ..RecorderOptions::default()
            },
            progress: self.progress,
            rate: self.rate,
            split: self.split,
            misbehaviour: None,
        }
    }

    /// The first word that makes no sense for a socket that a keeper holds.
    pub fn foreground_only(&self) -> Option<&'static str> {
        [
            ("--output", self.output.is_some()),
            ("--hex", self.hex),
            ("--hex-dump", self.hex_dump.is_some()),
            ("--transcript", self.transcript.is_some()),
            ("--progress", self.progress),
            ("--hash", self.hash.is_some()),
            ("--rate", self.rate.is_some()),
            ("--send-only", self.send_only),
            ("--recv-only", self.recv_only),
            ("-N", self.shutdown),
            ("--no-shutdown", self.no_shutdown),
            ("--half-open", self.half_open.is_some()),
            ("--quit-after-eof", self.quit_after_eof.is_some()),
            ("--inband", self.inband.is_some()),
            ("--split", self.split.is_some()),
        ]
        .into_iter()
        .find_map(|(word, given)| given.then_some(word))
    }

    /// Refuses words about stdin and stdout where neither is joined to the connection.
    ///
    /// # Errors
    /// Status 2.
    pub fn refuse_stdio_words(&self) -> Result<(), Failure> {
        let text = match (&self.output, self.send_only, self.recv_only) {
            (Some(_), ..) => {
                "--output is for what would go to stdout, and here it goes to the service; type --transcript FILE or \
                 --hex-dump FILE"
            }
            (None, true, _) => "--send-only is for stdin, and here the service sends; leave it out",
            (None, false, true) => {
                "--recv-only is for stdin, and here the service sends; type --discard, or leave it out"
            }
            (None, false, false) => return Ok(()),
        };
        Err(Failure::message(Exit::Usage, text))
    }

    /// How messages are cut on stdin and ended on stdout, where that is said.
    pub fn split(&self) -> Option<Split> {
        self.split
    }
}

/// Telling others that a listener listens.
#[derive(Debug, Args)]
#[command(next_help_heading = "Readiness")]
pub struct ReadyArgs {
    /// Write the port to FILE once connections are accepted
    ///
    /// The file appears at once with all its content, the port and a newline: it is written beside and renamed.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// Write the port to descriptor N once connections are accepted
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole_signed(text, 1))]
    ready_fd: Option<i32>,
}

impl ReadyArgs {
    /// The typed form.
    pub fn options(&self) -> ReadyOptions {
        ReadyOptions { port_file: self.port_file.clone(), ready_fd: self.ready_fd }
    }
}

/// Joining a program to a connection.
#[derive(Debug, Args)]
#[command(next_help_heading = "Programs")]
pub struct ProgramArgs {
    /// Join a program to the connection, without a shell
    ///
    /// The connection lasts until the program and all that it left in the background have let go of it.
    #[arg(short = 'e', long = "exec", value_name = "CMD", conflicts_with = "shell")]
    pub exec: Option<String>,
    /// Join a shell command to the connection
    #[arg(short = 'c', long = "sh-exec", id = "shell", value_name = "CMD")]
    pub shell: Option<String>,
}

impl ProgramArgs {
    /// The command, if there is one.
    ///
    /// # Errors
    /// A command line that cannot be read: status 2.
    pub fn command(
        &self,
        group: crate::service::program::Group,
    ) -> Result<Option<crate::service::program::Command>, Failure> {
        use crate::service::program::Command;
        let parsed = match (&self.exec, &self.shell) {
            (Some(text), _) => Some(Command::direct(text, group)),
            (None, Some(text)) => Some(Command::shell(text, group)),
            (None, None) => None,
        };
        parsed.transpose().map_err(|error| Failure::new(Exit::Usage, error))
    }
}

/// Counts how many of these forms were asked for, and names them when it is more than one.
///
/// # Errors
/// Status 2 when forms clash.
pub fn only_one(forms: &[(&str, bool)]) -> Result<(), Failure> {
    let given: Vec<&str> = forms.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    if given.len() <= 1 {
        return Ok(());
    }
    let all: Vec<&str> = forms.iter().map(|(name, _)| *name).collect();
    Err(Failure::message(
        Exit::Usage,
        format!("{} cannot be used together; choose one of {}", given.join(" and "), all.join(", ")),
    ))
}
