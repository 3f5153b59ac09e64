//! The words of `accept`.

mod forward;

use std::rc::Rc;

use clap::Args;

use super::access::AccessArgs;
use super::capture::{CaptureArgs, ViewArgs};
use super::dial::DialArgs;
use super::groups::{DataArgs, NetArgs, ProgramArgs, ReadyArgs, TimeArgs, only_one};
use super::help;
use super::keep::KeepArgs;
use super::listen_words::ListenWords;
use super::messages::{Carries, MessageArgs};
use super::misbehave::MisbehaveArgs;
use super::steps::StepArgs;
use super::websocket::WebSocketArgs;
use crate::address::{Endpoint, ListenAddress, ListenId, SocketId, UnixKind};
use crate::commands::accept::{Offer, Options};
use crate::commands::keep::Keep;
use crate::commands::shared_stdio::Prefix;
use crate::commands::stream::StreamOptions;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::service::Service;
use crate::service::broker::Naming;
use crate::service::program::Group;
use crate::service::proxy_server::{Protocol, Proxy};
use crate::transport::listener::{ListenOptions, Unwritten};
#[cfg(feature = "zmq")]
use crate::transport::zeromq::Kind;

/// `accept`
#[derive(Debug, Args)]
#[command(after_help = help::ACCEPT_EXAMPLES, override_usage = "netverb accept [OPTIONS] AT…\n       netverb accept [OPTIONS] HOST PORT")]
pub struct AcceptArgs {
    #[command(flatten)]
    words: ListenWords,
    #[arg(skip)]
    at: Vec<ListenId>,
    /// Receive datagrams: ports are UDP ports (as udp://…), unix:/path is a datagram socket
    #[arg(long)]
    datagram: bool,
    /// Go on after the first client: all share stdin and stdout
    #[arg(short, long)]
    keep_open: bool,
    /// With a service: end after the first client
    #[arg(long, conflicts_with = "keep_open")]
    once: bool,
    /// Serve at most N clients at the same time
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| super::groups::whole_number(text, 1, u32::MAX))]
    max_conns: Option<u32>,
    /// How many connections may wait to be accepted
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 4096, value_parser = |text: &str| super::groups::whole_signed(text, 0))]
    backlog: i32,
    /// With -k: begin each line with the ID of its sender
    #[arg(long, requires = "keep_open")]
    prefix: bool,
    /// Expect a PROXY protocol header, v1 or v2, of each client
    #[arg(long)]
    accept_proxy: bool,
    /// The mode of a Unix socket's file, in octal
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    mode: Option<u32>,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    service: ServiceArgs,
    #[cfg(feature = "http")]
    #[command(flatten)]
    http: super::http::HttpArgs,
    #[command(flatten)]
    steps: StepArgs,
    #[command(flatten)]
    program: ProgramArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    ready: ReadyArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    view: ViewArgs,
    #[command(flatten)]
    capture: CaptureArgs,
    #[command(flatten)]
    misbehave: MisbehaveArgs,
    #[command(flatten)]
    messages: MessageArgs,
    #[command(flatten)]
    ws: WebSocketArgs,
    #[command(flatten)]
    dial: DialArgs,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: super::tls::TlsArgs,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls_server: super::tls::TlsServerArgs,
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

/// What clients get.
#[derive(Debug, Args)]
#[command(next_help_heading = "Services")]
pub struct ServiceArgs {
    /// Send back what comes
    #[arg(long)]
    echo: bool,
    /// Read and drop what comes
    #[arg(long)]
    discard: bool,
    /// Send TEXT, then the end of data
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    respond: Option<String>,
    /// Send what a client says to all the others
    #[arg(long)]
    broker: bool,
    /// As --broker, by lines, each with the name of its sender
    #[arg(long)]
    chat: bool,
    /// Forward each client to this address, over any transport
    #[arg(long, value_name = "ID", value_parser = super::keep::forward_id)]
    to: Option<SocketId>,
    /// The address of --to is ZeroMQ's; be a socket of this type there: push, pub, pair, dealer, req, sub or pull
    #[cfg(feature = "zmq")]
    #[arg(long, value_name = "TYPE", requires = "to", group = "zeromq", value_parser = super::zeromq::parse_target)]
    to_zmq: Option<Kind>,
    /// Be a proxy for clients that speak http or socks5
    #[arg(long, value_name = "KIND")]
    proxy_server: Option<Protocol>,
}

fn parse_mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "type octal permissions from 0 to 777, such as 600".to_owned())
}

impl AcceptArgs {
    /// The typed form.
    ///
    /// # Errors
    /// Status 2 for words that clash, 3 for an address.
    pub fn into_options(mut self) -> Result<Options, Failure> {
        self.at = std::mem::take(&mut self.words).ids()?;
        let [steps, replay] = self.steps.forms();
        #[cfg_attr(not(feature = "http"), expect(unused_mut, reason = "only HTTP adds to it"))]
        let mut forms = vec![
            ("--echo", self.service.echo),
            ("--discard", self.service.discard),
            ("--respond", self.service.respond.is_some()),
            ("--broker", self.service.broker),
            ("--chat", self.service.chat),
            ("--to", self.service.to.is_some()),
            ("--proxy-server", self.service.proxy_server.is_some()),
            ("-e", self.program.exec.is_some()),
            ("-c", self.program.shell.is_some()),
            steps,
            replay,
        ];
        #[cfg(feature = "http")]
        forms.extend(self.http.forms(self.ws.is_given()));
        only_one(&forms)?;
        let kept = self.kept(&forms)?;
        let mut stream = self.data.stream_options(&self.time);
        stream.misbehaviour = self.misbehave.misbehaviour()?;
        stream.recorder.pcap = self.capture.pcap.take();
        #[cfg(feature = "zmq")]
        let zmq = self.zmq.options(self.once, self.service.to_zmq, self.messages.count(), &mut stream)?;
        #[cfg(feature = "zmq")]
        {
            self.zmq.check_listener(&self.at)?;
            self.zmq.refuse(&[
                ("--broker", self.service.broker),
                ("--chat", self.service.chat),
                ("--proxy-server", self.service.proxy_server.is_some()),
                ("--datagram", self.datagram),
                ("--prefix", self.prefix),
                ("--discard", self.service.discard && self.zmq.must_answer()),
                steps,
                replay,
            ])?;
            self.zmq.check_answers(&[
                ("--echo", self.service.echo),
                ("--respond", self.service.respond.is_some()),
                ("-e", self.program.exec.is_some()),
                ("-c", self.program.shell.is_some()),
            ])?;
        }
        let conversation = self.steps.conversation(&self.time, &stream)?;
        if conversation.is_some() && self.keep_open {
            let message =
                "steps and --replay serve the first client alone; leave out -k, and run the command again for each";
            return Err(Failure::message(Exit::Usage, message));
        }
        #[cfg(feature = "http")]
        if let Some(word) = self.http.foreground_only().filter(|_| conversation.is_some()) {
            let message = format!("{word} and steps cannot be used together; use two commands");
            return Err(Failure::message(Exit::Usage, message));
        }
        let service = self.service(&stream)?;
        #[cfg(feature = "http")]
        let (service, http) = if self.serves_datagrams() && service.is_some() {
            (service, None)
        } else {
            let beside = super::http::Beside {
                headers: self.dial.headers(),
                time: &self.time,
                websockets: self.ws.is_given(),
                max_bytes: self.messages.max_bytes(),
            };
            self.http.divide(service, &mut self.at, &beside)?
        };
        stream.recorder.view = self.view.form(service.is_some())?;
        let prefix = if self.prefix { Prefix::Sender } else { Prefix::None };
        let offer = match (service, conversation) {
            (Some(service), _) => Offer::Service { service, once: self.once },
            (None, Some(conversation)) => Offer::Conversation(conversation),
            (None, None) => match kept {
                Some(keep) => Offer::Keep(Keep { wait: self.time.timeout, ..keep }),
                None => Offer::Stdio { many: self.keep_open, prefix },
            },
        };
        let is_service = matches!(offer, Offer::Service { .. });
        if is_service {
            self.data.refuse_stdio_words()?;
        }
        let streams = matches!(offer, Offer::Stdio { .. } | Offer::Conversation(_));
        stream.recorder.share_stdout(is_service || replay.1 || (streams && !stream.uses_stdout()))?;
        self.check_messages(&offer)?;
        #[cfg(feature = "tls")]
        let tls = self.server_tls()?;
        Ok(Options {
            expects_header: self.accept_proxy || (self.dial.proxy_protocol().is_some() && self.service.to.is_none()),
            #[cfg(feature = "zmq")]
            zmq,
            #[cfg(feature = "tls")]
            tls,
            #[cfg(feature = "tls")]
            inspection: self.inspection.inspection(),
            #[cfg(feature = "http")]
            http,
            listen: ListenOptions {
                lookup: self.net.lookup(),
                unwritten: Unwritten::AllInterfaces,
                backlog: self.backlog,
                socket: self.net.socket_options(),
                mode: self.mode,
            },
            max_connections: self.max_conns.map(|count| count as usize),
            policy: self.access.policy()?,
            reject: self.access.reject(),
            ready: self.ready.options(),
            stream,
            split: self.data.split(),
            #[cfg(feature = "zmq")]
            parts: self.zmq.has_parts(),
            #[cfg(not(feature = "zmq"))]
            parts: false,
            count: self.messages.count(),
            #[cfg(feature = "ws")]
            websocket: self.ws.is_given().then(|| self.websocket(&offer)),
            offer,
            datagrams: self.datagram,
            at: self.at,
        })
    }

    /// Refuses words about messages that clients, or what is done with them, have no use for.
    fn check_messages(&self, offer: &Offer) -> Result<(), Failure> {
        let seqpacket = |at: &ListenId| matches!(at.address, ListenAddress::Unix { kind: UnixKind::Seqpacket, .. });
        let to_websocket =
            self.service.to.as_ref().and_then(|to| to.endpoint.as_ref()).is_some_and(Endpoint::is_websocket);
        #[cfg(feature = "zmq")]
        let zmq = self.zmq.is_given();
        #[cfg(not(feature = "zmq"))]
        let zmq = false;
        #[cfg(feature = "http")]
        let http = self.http.foreground_only().is_some();
        #[cfg(not(feature = "http"))]
        let http = false;
        self.messages.check(match () {
            () if to_websocket || self.ws.is_given() => Carries::WebSocket,
            () if http => Carries::Http,
            () if zmq || self.serves_datagrams() || self.at.iter().all(seqpacket) => Carries::Messages,
            () => Carries::Bytes,
        })?;
        let refuse = |text: &str| Err(Failure::message(Exit::Usage, text));
        if zmq && (http || self.ws.is_given()) {
            return refuse("--zmq, --ws and --http speak protocols of their own; use one, or two commands");
        }
        self.ws.check(!self.serves_datagrams() && !self.at.iter().any(seqpacket))?;
        if self.ws.is_given() && (matches!(offer, Offer::Conversation(_)) || self.service.proxy_server.is_some()) {
            return refuse("steps, --replay and --proxy-server need streams of bytes; leave out --ws");
        }
        let counted = match offer {
            // Those of all who send, as one socket receives them.
            Offer::Stdio { many, .. } => !many || self.serves_datagrams(),
            Offer::Service { .. } | Offer::Conversation(_) | Offer::Keep(_) => false,
        };
        if self.messages.count().is_some() && !counted {
            return refuse("--count is for one client on stdin and stdout; leave it out, or -k and the service");
        }
        Ok(())
    }

    /// How the WebSockets of clients behave.
    #[cfg(feature = "ws")]
    fn websocket(&self, offer: &Offer) -> crate::transport::websocket::Settings {
        use crate::transport::websocket::Settings;
        let settings = self.messages.settings();
        // One of many holds less.
        let read_buffer = match offer {
            Offer::Stdio { many: true, .. } | Offer::Service { once: false, .. } => Settings::SMALL_BUFFER,
            _ => settings.read_buffer,
        };
        Settings { read_buffer, ..settings }
    }

    /// How the listener is kept, if it is; its name, which any address may have, is then that of the first.
    fn kept(&mut self, forms: &[(&'static str, bool)]) -> Result<Option<Keep>, Failure> {
        let mut written = None;
        for name in self.at.iter_mut().filter_map(|at| at.name.take()) {
            if written.as_ref().is_some_and(|first| *first != name) {
                let text = "one listener has one name; write it once, or use a command for each";
                return Err(Failure::message(Exit::Usage, text));
            }
            written = Some(name);
        }
        let name = self.keep.name(written.as_ref())?;
        let mut more = vec![
            ("-k", self.keep_open),
            ("--once", self.once),
            ("-m", self.max_conns.is_some()),
            ("--pcap", self.capture.pcap.is_some()),
            ("--idle-timeout", self.time.idle_timeout.is_some()),
            #[cfg(feature = "tls")]
            ("--tls-info", self.inspection.is_given()),
        ];
        more.extend(self.misbehave.foreground_only().map(|word| (word, true)));
        #[cfg(feature = "http")]
        more.extend(self.http.foreground_only().map(|word| (word, true)));
        let other = forms.iter().chain(&more);
        let other = other.into_iter().find_map(|(word, given)| given.then_some(*word));
        let kept = self.keep.keep(name.as_ref(), other.or_else(|| self.data.foreground_only()))?;
        if let Some(first) = self.at.first_mut() {
            first.name = name;
        }
        Ok(kept)
    }

    /// Whether clients are spoken to with TLS.
    #[cfg(feature = "tls")]
    fn serves_tls(&self) -> bool {
        let named = |at: &ListenId| matches!(at.address, ListenAddress::Tcp { secure: true, .. });
        self.tls.secure() || self.at.iter().any(named) || self.steps.starts_tls()
    }

    #[cfg(feature = "tls")]
    fn server_tls(&self) -> Result<Option<crate::transport::tls::ServerOptions>, Failure> {
        let serves = self.serves_tls();
        let named = |at: &ListenId| matches!(at.address, ListenAddress::Tcp { secure: true, .. });
        if self.steps.starts_tls() && (self.tls.secure() || self.at.iter().any(named)) {
            let message = "--starttls goes on in TLS what begins in clear; leave out --secure or tls://";
            return Err(Failure::message(Exit::Usage, message));
        }
        if serves && !self.tls.secure() && !self.steps.starts_tls() && !self.at.iter().all(named) {
            let message = "tls:// and plain addresses cannot be mixed; use --secure for all, or two commands";
            return Err(Failure::message(Exit::Usage, message));
        }
        let target = self.service.to.as_ref().and_then(|to| to.endpoint.as_ref());
        let forwards = matches!(
            target,
            Some(Endpoint::Inet { scheme: crate::address::Scheme::Tls, .. } | Endpoint::WebSocket { secure: true, .. })
        );
        self.tls.require_tls(serves || forwards)?;
        self.tls_server.require_tls(serves)?;
        if self.inspection.is_given() && !serves {
            let message = "--tls-info and --min-days have no use without TLS; add --secure";
            return Err(Failure::message(Exit::Usage, message));
        }
        if !serves {
            return Ok(None);
        }
        let connect = self.dial.connect_options(&self.net, &self.time)?;
        Ok(Some(self.tls.server(&self.tls_server, Some(&connect))?))
    }

    fn serves_datagrams(&self) -> bool {
        self.datagram || self.at.iter().any(|at| matches!(at.address, ListenAddress::Udp { .. }))
    }

    fn service(&self, stream: &StreamOptions) -> Result<Option<Service>, Failure> {
        if let Some(command) = self.program.command(Group::Own)? {
            return Ok(Some(Service::Program(Rc::new(command))));
        }
        let args = &self.service;
        if let Some(target) = &args.to {
            return Ok(Some(Service::Forward(Rc::new(self.target(target, stream)?))));
        }
        if let Some(protocol) = args.proxy_server {
            let mut connect = self.dial.connect_options(&self.net, &self.time)?;
            // The header is what our own clients begin with; targets get what the client asked for and no more.
            connect.route.announce = None;
            let credentials = self.dial.proxy_credentials()?;
            return Ok(Some(Service::Proxy(Rc::new(Proxy { protocol, credentials, connect }))));
        }
        Ok(match &args.respond {
            Some(answer) => Some(Service::Respond(answer.as_bytes().into())),
            None if args.echo => Some(Service::Echo),
            None if args.discard => Some(Service::Discard),
            None if args.broker => Some(Service::Broker(Rc::default(), Naming::Anonymous)),
            None if args.chat => Some(Service::Broker(Rc::default(), Naming::Named)),
            None => None,
        })
    }
}
