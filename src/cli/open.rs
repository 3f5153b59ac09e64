//! The words of `open`.

use std::io::IsTerminal;

use clap::Args;

use super::capture::CaptureArgs;
use super::dial::DialArgs;
use super::groups::{DataArgs, NetArgs, ProgramArgs, TimeArgs, only_one};
use super::help;
use super::interactive::TerminalArgs;
use super::keep::KeepArgs;
use super::messages::{Carries, MessageArgs};
use super::misbehave::MisbehaveArgs;
use super::steps::StepArgs;
use crate::address::{Endpoint, Scheme, SocketId, UnixKind};
use crate::commands::datagram;
use crate::commands::keep::Keep;
use crate::commands::open::{Mode, Options};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::service::program::{CommandError, Group};
use crate::transport::ConnectOptions;
use crate::transport::proxy::{ProxyScheme, ProxyUrl};

/// `open`
#[derive(Debug, Args)]
#[command(after_help = help::OPEN_EXAMPLES, override_usage = "netverb open [OPTIONS] ID\n       netverb open [OPTIONS] HOST PORT")]
pub struct OpenArgs {
    /// Where to: host:port, tls://host:port, ws://host/path, unix:/path, unix:@name, seqpacket:/path (see netverb help ids)
    #[arg(value_name = "ID")]
    id: String,
    /// The port, where the host stands alone
    #[arg(value_name = "PORT")]
    port: Option<String>,
    /// Only see whether somebody answers (status 0 open, 7 refused, 28 silent) [-w default for udp://: 2s]
    #[arg(short = 'z', long)]
    probe: bool,
    /// Run a shell command when the connection stands, with the socket's ID as its first argument
    ///
    /// It runs beside a stream. Of a kept socket it can write to it and read from it by that ID; open returns when it has ended. What
    /// it prints goes to stderr, and its status is an event.
    #[arg(long, value_name = "CMD", value_parser = hook)]
    on_open: Option<String>,
    /// Pass the connected descriptor over stdout (ssh's ProxyUseFdpass)
    #[arg(short = 'F', long)]
    pass_fd: bool,
    /// Return at once; what is written meanwhile is sent when the connection stands
    #[arg(long, help_heading = "Keeping")]
    no_wait: bool,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    steps: StepArgs,
    #[command(flatten)]
    terminal: TerminalArgs,
    #[command(flatten)]
    program: ProgramArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    capture: CaptureArgs,
    #[command(flatten)]
    misbehave: MisbehaveArgs,
    #[command(flatten)]
    messages: MessageArgs,
    #[command(flatten)]
    dial: DialArgs,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: super::tls::TlsArgs,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    inspection: super::tls::InspectionArgs,
    #[cfg(feature = "zmq")]
    #[command(flatten)]
    zmq: super::zeromq::ZeroMqArgs,
    #[command(flatten)]
    net: NetArgs,
    /// Time limits
    #[command(flatten)]
    pub time: TimeArgs,
}

impl OpenArgs {
    /// The typed form.
    ///
    /// # Errors
    /// Status 3 for an address, 2 for words that clash.
    pub fn into_options(self) -> Result<Options, Failure> {
        let mut id = SocketId::parse_words(&self.id, self.port.as_deref())
            .map_err(|error| Failure::new(Exit::MalformedAddress, error))?;
        let [steps, replay] = self.steps.forms();
        only_one(&[
            ("-z", self.probe),
            ("-e", self.program.exec.is_some()),
            ("-c", self.program.shell.is_some()),
            ("-F", self.pass_fd),
            self.terminal.forms(),
            steps,
            replay,
        ])?;
        let treated = self.misbehave.foreground_only().or(self.capture.pcap.is_some().then_some("--pcap"));
        if let (Some(word), true) = (treated, self.probe || self.pass_fd) {
            let text =
                format!("{word} has no use with -z and -F, which send and receive nothing; leave one of them out");
            return Err(Failure::message(Exit::Usage, text));
        }
        id.name = self.keep.name(id.name.as_ref())?;
        let other = [
            ("-z", self.probe),
            ("-e", self.program.exec.is_some()),
            ("-c", self.program.shell.is_some()),
            ("-F", self.pass_fd),
            self.terminal.forms(),
            ("--pcap", self.capture.pcap.is_some()),
            ("--idle-timeout", self.time.idle_timeout.is_some()),
            steps,
            replay,
        ];
        let other = other.into_iter().find_map(|(word, given)| given.then_some(word));
        let other = other.or_else(|| self.data.foreground_only()).or_else(|| self.misbehave.foreground_only());
        let kept = self.keep.keep(id.name.as_ref(), other)?;
        if self.no_wait && kept.is_none() {
            let text = "--no-wait is for a kept socket; give it a name, as in HOST:PORT/NAME, or add --keep";
            return Err(Failure::message(Exit::Usage, text));
        }
        if self.no_wait && self.on_open.is_some() {
            let text =
                "--on-open runs when the connection stands, and --no-wait does not wait for it; leave one of them out";
            return Err(Failure::message(Exit::Usage, text));
        }
        let mut stream = self.data.stream_options(&self.time);
        #[cfg(feature = "interactive")]
        let talks = self.terminal.options(&mut stream)?;
        stream.misbehaviour = self.misbehave.misbehaviour()?;
        stream.recorder.pcap = self.capture.pcap;
        #[cfg(feature = "zmq")]
        let zmq = self.zmq.options(false, None, self.messages.count(), &mut stream)?;
        #[cfg(feature = "zmq")]
        {
            self.zmq.check_target(id.endpoint.as_ref())?;
            self.zmq.refuse(&[("-z", self.probe), ("-F", self.pass_fd)])?;
            self.zmq.check_answers(&[("-e", self.program.exec.is_some()), ("-c", self.program.shell.is_some())])?;
        }
        if self.program.exec.is_some() || self.program.shell.is_some() {
            self.data.refuse_stdio_words()?;
        }
        let conversation = self.steps.conversation(&self.time, &stream)?;
        let mode = match (self.program.command(group())?, conversation) {
            (Some(command), _) => Mode::Program(command),
            (None, Some(conversation)) => Mode::Conversation(conversation),
            (None, None) if self.probe => Mode::Probe,
            (None, None) if self.pass_fd => Mode::PassDescriptor,
            #[cfg(feature = "interactive")]
            (None, None) if talks.is_some() => talks.map_or(Mode::Stream, Mode::Interactive),
            (None, None) => match kept {
                Some(keep) => Mode::Keep(Keep { no_wait: self.no_wait, ..keep }),
                None => Mode::Stream,
            },
        };
        let has_own_stdin_and_stdout = matches!(mode, Mode::Program(_)) || replay.1;
        let streams = matches!(mode, Mode::Stream | Mode::Conversation(_));
        stream.recorder.share_stdout(has_own_stdin_and_stdout || (streams && !stream.uses_stdout()))?;
        #[cfg(feature = "zmq")]
        let carried = if self.zmq.is_given() { Carries::Messages } else { carries(id.endpoint.as_ref()) };
        #[cfg(not(feature = "zmq"))]
        let carried = carries(id.endpoint.as_ref());
        self.messages.check(carried)?;
        if let (Mode::Conversation(_), true) = (&mode, carried != Carries::Bytes) {
            let text = "steps and --replay need a stream of bytes, and this carries messages; keep the socket, and use write, expect and read";
            return Err(Failure::message(Exit::Usage, text));
        }
        let mut connect = self.dial.connect_options(&self.net, &self.time)?;
        if is_udp(&id) && !self.dial.limits_connecting(&self.time) {
            // Nothing connects here, and a probe has a limit of its own.
            connect.timeout = Some(datagram::probe::LIMIT);
        }
        connect.telnet = self.terminal.telnet();
        connect.route.frugal = self.pass_fd;
        let by_http = |proxy: &ProxyUrl| matches!(proxy.scheme, ProxyScheme::Http | ProxyScheme::Https);
        if !self.dial.headers().is_empty()
            && carried != Carries::WebSocket
            && !connect.route.proxies.iter().any(by_http)
        {
            let text = "-H is for the handshake of a WebSocket or the request to an HTTP proxy, and here is neither; \
                        use ws://HOST:PORT/PATH or --proxy http://…, or write the request to stdin";
            return Err(Failure::message(Exit::Usage, text));
        }
        #[cfg(feature = "ws")]
        if id.endpoint.as_ref().is_some_and(Endpoint::is_websocket) {
            self.messages.apply(&mut connect)?;
        }
        #[cfg(feature = "zmq")]
        {
            connect.zmq = zmq;
        }
        #[cfg(feature = "tls")]
        {
            let named = match &id.endpoint {
                Some(Endpoint::Inet { scheme, .. }) => *scheme == Scheme::Tls,
                Some(Endpoint::WebSocket { secure, .. }) => *secure,
                _ => false,
            };
            connect.secure = self.tls.secure();
            // A person may go on in TLS later.
            #[cfg(feature = "interactive")]
            let talks = matches!(mode, Mode::Interactive(_));
            #[cfg(not(feature = "interactive"))]
            let talks = false;
            let later = self.steps.starts_tls() || talks;
            if self.steps.starts_tls() && (named || connect.secure) {
                let message = "--starttls goes on in TLS what begins in clear; leave out --secure or tls://";
                return Err(Failure::message(Exit::Usage, message));
            }
            // Who asks for a certificate asks for TLS.
            connect.secure |= self.inspection.is_given() && !named && !later;
            self.tls.require_tls(named || connect.secure || later)?;
            connect.tls = self.tls.client(true)?;
        }
        if self.pass_fd {
            plain(&connect, &id)?;
        }
        Ok(Options {
            id,
            connect,
            #[cfg(feature = "tls")]
            inspection: self.inspection.inspection(),
            mode,
            stream,
            split: self.data.split(),
            #[cfg(feature = "zmq")]
            parts: self.zmq.has_parts(),
            #[cfg(not(feature = "zmq"))]
            parts: false,
            count: self.messages.count(),
            on_open: self.on_open,
        })
    }
}

/// Reads the command of `--on-open`.
///
/// # Errors
/// It is empty.
fn hook(text: &str) -> Result<String, CommandError> {
    if text.trim().is_empty() { Err(CommandError::Empty) } else { Ok(text.to_owned()) }
}

/// The group of a program that is joined to a connection. At a terminal its keys are for both; anywhere else nothing but us ends
/// what a shell started, when the connection is gone.
fn group() -> Group {
    if std::io::stdin().is_terminal() { Group::Shared } else { Group::Own }
}

/// Whether all that there is of a connection is its socket, so that another process can have it.
///
/// # Errors
/// Status 2 for what is spoken above it.
fn plain(connect: &ConnectOptions, id: &SocketId) -> Result<(), Failure> {
    let secure = connect.secure
        || connect.route.proxies.iter().any(|proxy| proxy.scheme == ProxyScheme::Https)
        || matches!(&id.endpoint, Some(Endpoint::Inet { scheme: Scheme::Tls, .. }));
    let above = match (secure, connect.telnet.is_some(), carries(id.endpoint.as_ref())) {
        (true, ..) => "TLS",
        (false, true, _) => "--telnet",
        (false, false, Carries::WebSocket) => "a WebSocket",
        _ => return Ok(()),
    };
    let text = format!("-F passes the descriptor alone, and {above} would stay behind in this process; leave it out");
    Err(Failure::message(Exit::Usage, text))
}

fn is_udp(id: &SocketId) -> bool {
    matches!(id.endpoint, Some(Endpoint::Inet { scheme: Scheme::Udp, .. }))
}

/// What a connection to this address carries.
fn carries(endpoint: Option<&Endpoint>) -> Carries {
    match endpoint {
        Some(endpoint) if endpoint.is_websocket() => Carries::WebSocket,
        Some(
            Endpoint::Unix { kind: UnixKind::Seqpacket | UnixKind::ZeroMq, .. }
            | Endpoint::Inet { scheme: Scheme::Udp, .. },
        ) => Carries::Messages,
        _ => Carries::Bytes,
    }
}
