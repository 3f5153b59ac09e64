//! The words of `send-tuple` and `recv-tuple`.

use std::ffi::OsString;

use clap::Args;

use super::dial::DialArgs;
use super::groups::{NetArgs, TimeArgs};
use super::tuple_listen::{Beside, TupleListenArgs};
use super::{help, kept_id};
use crate::address::{Endpoint, Scheme, SocketId, UnixKind};
use crate::commands::read::Taking;
use crate::commands::tuple_receive::{self, From};
use crate::commands::tuple_send;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::quantity::parse_size;
#[cfg(feature = "zmq")]
use crate::transport::ConnectOptions;
use crate::transport::datagram::DatagramOptions;
#[cfg(feature = "zmq")]
use crate::transport::zeromq::Kind;
use crate::tuple::literal::LiteralError;
use crate::tuple::{Charset, Codec, Encoding, ExpectedTypes, Form, InputForm, Pack, Tuple, Value, json, literal};

/// How tuples become bytes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Encoding")]
struct EncodingArgs {
    /// cbor, msgpack or json
    #[arg(long, value_name = "NAME", default_value = "cbor", hide_default_value = true, conflicts_with = "format")]
    encoding: Encoding,
    /// Raw packets in this format, such as 'in2 A8'
    ///
    /// To receive, repeat it: the first whose size fits wins.
    #[arg(long, value_name = "FMT", allow_hyphen_values = true)]
    format: Vec<String>,
    /// The character set of strings in packets: utf8, locale, ignore, or a name such as iso-8859-1
    #[arg(long, value_name = "NAME", requires = "format")]
    text_encoding: Option<String>,
    /// The largest tuple [default: 64M]
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_size, default_value = "64M", hide_default_value = true)]
    max_bytes: u64,
}

/// Whether an ID names a kept socket rather than an address to connect to.
fn is_kept(id: &SocketId) -> bool {
    id.name.is_some() || id.number.is_some()
}

/// What `--datagram` makes of an address.
fn datagram_id(id: SocketId) -> Result<SocketId, Failure> {
    match id.endpoint {
        Some(Endpoint::Inet { scheme: Scheme::Tcp | Scheme::Udp, host, port }) => {
            Ok(SocketId { endpoint: Some(Endpoint::Inet { scheme: Scheme::Udp, host, port }), ..id })
        }
        Some(Endpoint::Unix { kind: UnixKind::Stream, .. }) => Ok(id),
        _ => {
            let message = format!("{id} carries no datagrams; type HOST:PORT, udp://HOST:PORT or unix:/path");
            Err(Failure::message(Exit::Usage, message))
        }
    }
}

fn datagram_options(net: &NetArgs) -> DatagramOptions {
    DatagramOptions { lookup: net.lookup(), socket: net.socket_options(), ..DatagramOptions::default() }
}

enum Way {
    Sending,
    Receiving,
}

impl EncodingArgs {
    fn max_bytes(&self) -> usize {
        usize::try_from(self.max_bytes).unwrap_or(usize::MAX)
    }

    fn charset(&self) -> Result<Charset, Failure> {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .unwrap_or_default();
        let name = self.text_encoding.as_deref().unwrap_or("utf8");
        Charset::parse(name, &locale).map_err(|error| Failure::new(Exit::Usage, error))
    }

    fn codec(&self, way: Way) -> Result<Box<dyn Codec>, Failure> {
        let max_bytes = self.max_bytes();
        let pack = match (self.format.as_slice(), way) {
            ([], _) => return Ok(self.encoding.codec(max_bytes)),
            ([format], Way::Sending) => Pack::sender(format, self.charset()?, max_bytes),
            (_, Way::Sending) => {
                return Err(Failure::message(Exit::Usage, "several --format only make sense for receiving; give one"));
            }
            (formats, Way::Receiving) => Pack::receiver(formats, self.charset()?, max_bytes),
        };
        pack.map(|pack| Box::new(pack) as Box<dyn Codec>).map_err(|error| Failure::new(error.exit(), error))
    }
}

/// The types of ZeroMQ sockets that send tuples, and that receive them.
#[cfg(feature = "zmq")]
const SENDING: &[Kind] = &[Kind::Push, Kind::Pub, Kind::Pair, Kind::Dealer];
#[cfg(feature = "zmq")]
const RECEIVING: &[Kind] = &[Kind::Pull, Kind::Sub, Kind::Pair, Kind::Dealer];

/// Why `--zmq` is refused.
#[cfg(feature = "zmq")]
const KEPT_OR_DATAGRAM: &str =
    "--zmq is for an address; a kept socket has its type, and datagrams are none of ZeroMQ's";

/// What `--timeout` limits here.
const TIMEOUT: &str =
    "Limit connecting, and how long nothing may pass; on a kept socket, each wait [default there: 10s]";

/// `send-tuple`
#[derive(Debug, Args)]
#[command(
    after_help = help::SEND_TUPLE_EXAMPLES,
    override_usage = "netverb send-tuple [OPTIONS] ID [VALUE…]",
    mut_arg("timeout", |arg| arg.help(TIMEOUT)),
)]
pub struct SendTupleArgs {
    /// Where to: an address such as host:port, or the name of a kept socket
    #[arg(value_name = "ID", value_parser = SocketId::parse_kept)]
    id: SocketId,
    /// Values: 5, 1.0, text; i:5, r:5, s:5, b:0aff force a type; none: the empty tuple
    #[arg(value_name = "VALUE", allow_negative_numbers = true)]
    values: Vec<String>,
    /// The tuple as a JSON array
    #[arg(long, value_name = "JSON", conflicts_with_all = ["values", "input"])]
    json_tuple: Option<String>,
    /// Each record of stdin is a tuple: tsv, csv, json, lines
    #[arg(long, value_name = "FORM", conflicts_with = "values")]
    input: Option<InputForm>,
    /// Send datagrams, each a tuple (as udp://…); unix:/path is a datagram socket
    #[arg(long)]
    datagram: bool,
    #[cfg(feature = "zmq")]
    #[command(flatten)]
    zmq: super::zeromq::TupleArgs,
    #[command(flatten)]
    encoding: EncodingArgs,
    #[command(flatten)]
    dial: DialArgs,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: super::tls::TlsArgs,
    #[command(flatten)]
    net: NetArgs,
    /// Time limits
    #[command(flatten)]
    pub time: TimeArgs,
}

/// Writes the numbers that look like options with their type: `-inf` is `r:-inf`, `-0x1f` is `i:-0x1f`.
pub fn with_types(words: &[OsString]) -> Vec<OsString> {
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let spell = |(index, word): (usize, &OsString)| match word.to_str() {
        Some(text) if index < end => with_type(text).map_or_else(|| word.clone(), OsString::from),
        _ => word.clone(),
    };
    words.iter().enumerate().map(spell).collect()
}

/// `None` for what is no number, and for numbers that clap knows from options.
fn with_type(word: &str) -> Option<String> {
    let digits = word.strip_prefix('-')?;
    let is_plain = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E'));
    match literal::parse(word) {
        _ if is_plain => None,
        Ok(Value::Integer(_)) | Err(LiteralError::IntegerRange(_)) => Some(format!("i:{word}")),
        Ok(Value::Real(_)) | Err(LiteralError::RealRange(_)) => Some(format!("r:{word}")),
        _ => None,
    }
}

impl SendTupleArgs {
    /// The typed form.
    ///
    /// # Errors
    /// Status 2 for values or formats that cannot be read.
    pub fn into_options(self) -> Result<tuple_send::Options, Failure> {
        let usage = |error: anyhow::Error| Failure::new(Exit::Usage, error);
        let codec = self.encoding.codec(Way::Sending)?;
        let source = match (&self.json_tuple, self.input) {
            (Some(text), _) => tuple_send::Source::Arguments(json::parse_argument(text).map_err(|e| usage(e.into()))?),
            (None, Some(form)) => tuple_send::Source::Stdin(form),
            (None, None) => {
                let integers = codec.integers();
                let values = self.values.iter().map(|value| integers.parse(value)).collect::<Result<Tuple, _>>();
                tuple_send::Source::Arguments(values.map_err(|error| usage(error.into()))?)
            }
        };
        let connect = self.dial.connect_options(&self.net, &self.time)?;
        #[cfg(feature = "tls")]
        let connect = self.tls.with_tls(connect, self.id.endpoint.as_ref())?;
        #[cfg(feature = "zmq")]
        let connect =
            ConnectOptions { zmq: self.zmq.options(SENDING, self.id.endpoint.as_ref(), self.time.idle())?, ..connect };
        let id = if self.datagram { datagram_id(self.id)? } else { self.id };
        #[cfg(feature = "zmq")]
        if self.zmq.is_given() && (is_kept(&id) || self.datagram) {
            return Err(Failure::message(Exit::Usage, KEPT_OR_DATAGRAM));
        }
        let unix = matches!(id.endpoint, Some(Endpoint::Unix { .. }));
        Ok(tuple_send::Options {
            kept: is_kept(&id),
            datagram: (self.datagram && unix).then(|| datagram_options(&self.net)),
            timeout: self.time.timeout,
            connect,
            codec,
            max_bytes: self.encoding.max_bytes(),
            id,
            source,
        })
    }
}

/// `recv-tuple`
#[derive(Debug, Args)]
#[command(
    after_help = help::RECV_TUPLE_EXAMPLES,
    override_usage = "netverb recv-tuple [OPTIONS] ID\n       netverb recv-tuple [OPTIONS] HOST PORT\n       netverb recv-tuple [OPTIONS] --listen AT",
    mut_arg("timeout", |arg| arg.help(TIMEOUT)),
)]
pub struct RecvTupleArgs {
    /// Where from: an address such as host:port, or the name of a kept socket
    #[arg(value_name = "ID", required_unless_present = "listen")]
    id: Option<String>,
    /// The port, where the host stands alone
    #[arg(value_name = "PORT", conflicts_with = "listen")]
    port: Option<String>,
    /// Leave the tuple in the kept socket
    #[arg(long, conflicts_with_all = ["listen", "count"])]
    peek: bool,
    /// How many tuples: a number, or all
    #[arg(long, value_name = "N|all", allow_negative_numbers = true, default_value = "1", hide_default_value = true)]
    count: tuple_receive::Count,
    #[command(flatten)]
    listening: TupleListenArgs,
    #[command(flatten)]
    encoding: EncodingArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[cfg(feature = "zmq")]
    #[command(flatten)]
    zmq: super::zeromq::TupleArgs,
    #[command(flatten)]
    dial: DialArgs,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: super::tls::TlsArgs,
    #[command(flatten)]
    net: NetArgs,
    /// Time limits
    #[command(flatten)]
    pub time: TimeArgs,
}

/// How tuples are printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
#[group(multiple = false)]
struct FormArgs {
    /// Values separated by tabs
    #[arg(long)]
    tsv: bool,
    /// Values separated by commas
    #[arg(long)]
    csv: bool,
    /// Assign the bash array `tuple`
    #[arg(long)]
    shell: bool,
    /// The types only: i, r, s, b for each value
    #[arg(long = "type")]
    types: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct OutputArgs {
    #[command(flatten)]
    form: FormArgs,
    /// Fail with 1 unless the types are these, such as irs
    #[arg(long, value_name = "TYPES")]
    expect_types: Option<ExpectedTypes>,
}

impl RecvTupleArgs {
    /// The typed form; `json` is the global option.
    ///
    /// # Errors
    /// Status 2 for formats that cannot be read.
    pub fn into_options(mut self, json: bool) -> Result<tuple_receive::Options, Failure> {
        let forms = &self.output.form;
        let form = match (forms.tsv, forms.csv, forms.shell, forms.types) {
            (true, ..) => Form::Tsv,
            (_, true, ..) => Form::Csv,
            (_, _, true, _) => Form::Shell,
            (.., true) => Form::Types,
            _ if json => Form::Json,
            _ => Form::Lines,
        };
        Ok(tuple_receive::Options {
            codec: self.encoding.codec(Way::Receiving)?,
            max_bytes: self.encoding.max_bytes(),
            count: self.count,
            form,
            expected: self.output.expect_types.take(),
            idle: self.time.idle(),
            from: self.from()?,
        })
    }

    fn from(self) -> Result<From, Failure> {
        let at = self.listening.at().cloned();
        let id = self.id.as_deref().map(|id| kept_id::read(id, self.port.as_deref())).transpose()?;
        let id = match (id, at) {
            (Some(id), _) => id,
            (None, Some(at)) => {
                let beside = Beside {
                    net: &self.net,
                    dial: &self.dial,
                    #[cfg(feature = "tls")]
                    tls: &self.tls,
                    datagrams: datagram_options(&self.net),
                    #[cfg(feature = "zmq")]
                    zmq: self.zmq.options(RECEIVING, None, self.time.idle())?,
                    #[cfg(feature = "ws")]
                    max_bytes: self.encoding.max_bytes(),
                };
                return self.listening.into_from(at, beside);
            }
            (None, None) => return Err(Failure::message(Exit::Usage, "an ID or --listen AT is missing")),
        };
        self.listening.refuse()?;
        if is_kept(&id) {
            #[cfg(feature = "zmq")]
            if self.zmq.is_given() {
                return Err(Failure::message(Exit::Usage, KEPT_OR_DATAGRAM));
            }
            let taking = if self.peek { Taking::Peek } else { Taking::Take };
            return Ok(From::Kept(id, taking, self.time.timeout));
        }
        if self.peek {
            let text = "--peek leaves a tuple in a kept socket; keep one, and give its name";
            return Err(Failure::message(Exit::Usage, text));
        }
        let connect = self.dial.connect_options(&self.net, &self.time)?;
        #[cfg(feature = "tls")]
        let connect = self.tls.with_tls(connect, id.endpoint.as_ref())?;
        #[cfg(feature = "zmq")]
        let connect =
            ConnectOptions { zmq: self.zmq.options(RECEIVING, id.endpoint.as_ref(), self.time.idle())?, ..connect };
        Ok(From::Connection(id, Box::new(connect)))
    }
}
