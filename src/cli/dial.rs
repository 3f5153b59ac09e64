//! How to connect: patience, the local end, and the proxies on the way.

use std::time::Duration;

use clap::Args;

use super::groups::{NetArgs, TimeArgs, whole_number};
use crate::address::{Host, IdError, port};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::quantity::{Limit, parse_duration};
use crate::transport::proxy::proxy_protocol::Version;
use crate::transport::proxy::{Credentials, ProxyUrl};
use crate::transport::{ConnectOptions, Patience, Route};

/// How to connect.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connecting")]
pub struct DialArgs {
    /// Limit look-up and connecting
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration)]
    connect_timeout: Option<Limit>,
    /// Try again this many times when connecting fails
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "wait", value_parser = |text: &str| whole_number(text, 0, u32::MAX))]
    retry: Option<u32>,
    /// Keep trying to connect for this long
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration)]
    wait: Option<Limit>,
    #[command(flatten)]
    route: RouteArgs,
}

/// The way to the peer.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connecting")]
pub struct RouteArgs {
    /// Connect from this local address and port
    #[arg(long, value_name = "[HOST][:PORT]", value_parser = parse_source, conflicts_with_all = ["source", "source_port"])]
    from: Option<Source>,
    /// Connect from this local address
    #[arg(short, long, value_name = "ADDR", value_parser = Host::parse)]
    source: Option<Host>,
    /// Connect from this local port
    #[arg(short = 'p', long, value_name = "PORT", value_parser = port::parse)]
    source_port: Option<u16>,
    /// Connect through a proxy (repeat for a chain, the nearest first)
    ///
    /// URL is http, https, socks4, socks4a, socks5 or socks5h, then ://[user:password@]host[:port]. socks4a and socks5h
    /// leave the name look-up to the proxy.
    #[arg(long, value_name = "URL", value_parser = ProxyUrl::parse)]
    proxy: Vec<ProxyUrl>,
    /// USER:PASSWORD for the proxy, or @FILE that holds it
    #[arg(long, value_name = "USER:PASSWORD|@FILE")]
    proxy_user: Option<String>,
    /// Add a header to a WebSocket handshake, else to the request to an HTTP proxy (repeat)
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = parse_header)]
    header: Vec<(String, String)>,
    /// Begin with a PROXY protocol header, v1 or v2; an accept without --to expects one of its clients
    #[arg(long, value_name = "v1|v2")]
    proxy_protocol: Option<Version>,
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("type it as 'Name: value'".to_owned()),
    }
}

/// `--from`: a local host, a local port, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The host, if one is written.
    pub host: Option<Host>,
    /// The port; 0 is any.
    pub port: u16,
}

/// Reads `[HOST][:PORT]`.
///
/// # Errors
/// What is wrong, and where.
pub fn parse_source(text: &str) -> Result<Source, IdError> {
    let wrong = |column, reason| IdError { subject: "address", input: text.to_owned(), column, reason };
    let host_alone =
        |host: &str| Host::parse(host).map_err(|error| IdError { input: text.to_owned(), ..error }).map(Some);
    if text.is_empty() {
        return Err(wrong(0, "it is empty; type a local HOST, :PORT or HOST:PORT".to_owned()));
    }
    match text.rsplit_once(':') {
        // An IPv6 address without brackets is a host alone.
        Some((host, _)) if host.contains(':') && !host.ends_with(']') => {
            Ok(Source { host: host_alone(text)?, port: 0 })
        }
        Some((host, port)) => Ok(Source {
            host: if host.is_empty() { None } else { host_alone(host)? },
            port: port::parse(port).map_err(|error| wrong(host.chars().count() + 1, error.to_string()))?,
        }),
        None => Ok(Source { host: host_alone(text)?, port: 0 }),
    }
}

impl DialArgs {
    /// The version of `--proxy-protocol`.
    pub fn proxy_protocol(&self) -> Option<Version> {
        self.route.proxy_protocol
    }

    /// The headers of `--header`.
    pub fn headers(&self) -> &[(String, String)] {
        &self.route.header
    }

    /// As [`RouteArgs::proxy_credentials`].
    ///
    /// # Errors
    /// As there.
    pub fn proxy_credentials(&self) -> Result<Option<Credentials>, Failure> {
        self.route.proxy_credentials()
    }

    /// Whether a limit for connecting was given, rather than the usual one.
    pub fn limits_connecting(&self, time: &TimeArgs) -> bool {
        self.connect_timeout.or(time.timeout).is_some()
    }

    /// The typed form.
    ///
    /// # Errors
    /// Status 2 for proxies that cannot be used.
    pub fn connect_options(&self, net: &NetArgs, time: &TimeArgs) -> Result<ConnectOptions, Failure> {
        let timeout = match self.connect_timeout.or(time.timeout).unwrap_or(Limit::After(Duration::from_secs(10))) {
            Limit::Never => None,
            Limit::After(limit) => Some(limit),
        };
        let patience = match (self.retry, self.wait) {
            (Some(count), _) => Patience::Retries(count),
            (None, Some(Limit::Never)) => Patience::For(None),
            (None, Some(Limit::After(limit))) => Patience::For(Some(limit)),
            (None, None) => Patience::Once,
        };
        Ok(ConnectOptions { timeout, patience, ..self.route.connect_options(net)? })
    }
}

impl RouteArgs {
    /// The user and password of `--proxy-user`, read from its file where it names one.
    ///
    /// # Errors
    /// Status 2 for a file that cannot be read or a text without a colon.
    pub fn proxy_credentials(&self) -> Result<Option<Credentials>, Failure> {
        let Some(text) = &self.proxy_user else { return Ok(None) };
        let text = match text.strip_prefix('@') {
            None => text.clone(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                Failure::message(Exit::Usage, format!("cannot read --proxy-user {path}: {}", reason(&error)))
            })?,
        };
        match text.trim_end_matches(['\r', '\n']).split_once(':') {
            Some((user, password)) => Ok(Some(Credentials { user: user.to_owned(), password: password.to_owned() })),
            None => Err(Failure::message(Exit::Usage, "--proxy-user has no colon; type USER:PASSWORD or @FILE")),
        }
    }

    /// The proxies: those of the command line, else that of NETVERB_PROXY.
    fn proxies(&self) -> Result<Vec<ProxyUrl>, Failure> {
        let mut proxies = self.proxy.clone();
        if proxies.is_empty()
            && let Some(urls) = std::env::var("NETVERB_PROXY").ok().filter(|urls| !urls.is_empty())
        {
            let parsed: Result<Vec<_>, _> = urls.split(',').map(|url| ProxyUrl::parse(url.trim())).collect();
            proxies = parsed.map_err(|error| Failure::message(Exit::Usage, format!("NETVERB_PROXY: {error}")))?;
        }
        if let Some(credentials) = self.proxy_credentials()? {
            for proxy in proxies.iter_mut().filter(|proxy| proxy.credentials.is_none()) {
                proxy.credentials = Some(credentials.clone());
            }
        }
        Ok(proxies)
    }

    /// The way, with no limit of time.
    ///
    /// # Errors
    /// Status 2 for proxies that cannot be used.
    pub fn connect_options(&self, net: &NetArgs) -> Result<ConnectOptions, Failure> {
        let from = self.from.clone();
        Ok(ConnectOptions {
            route: Route {
                proxies: self.proxies()?,
                usual: self.proxy.is_empty(),
                headers: self.header.clone(),
                announce: self.proxy_protocol,
                ..Route::default()
            },
            lookup: net.lookup(),
            source_host: from.as_ref().map_or_else(|| self.source.clone(), |from| from.host.clone()),
            source_port: from.map_or_else(|| self.source_port.unwrap_or(0), |from| from.port),
            socket: net.socket_options(),
            ..ConnectOptions::default()
        })
    }
}
