//! The words of `wait`.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use super::dial::RouteArgs;
use super::groups::NetArgs;
use super::help;
use super::variable::variable;
use crate::address::SocketId;
#[cfg(feature = "tls")]
use crate::address::{Endpoint, Scheme};
use crate::commands::reach::{KeptProof, Proof, Target, What};
use crate::commands::wait::{Options, Quorum, Wish};
use crate::condition::Pattern;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::quantity::{Limit, parse_duration};
use crate::transport::ConnectOptions;

/// How long all of it may take, where nothing is said.
const USUAL: Limit = Limit::After(Duration::from_secs(60));

/// `wait`
#[derive(Debug, Args)]
#[command(after_help = help::WAIT_EXAMPLES, override_usage = "netverb wait [OPTIONS] TARGET… [-- CMD [ARG…]]")]
pub struct WaitArgs {
    /// Who must answer: host:port, :port, tls://…, unix:/path, http://… or https://… (as --http), or the name of a kept socket that must have something to read
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,
    /// Run this in our place then; its status is ours
    #[arg(value_name = "CMD", last = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
    /// One target is enough
    #[arg(long)]
    any: bool,
    /// Wait until they do not answer
    #[arg(long)]
    gone: bool,
    /// An answer is a status of 2xx or 3xx to GET PATH
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, default_missing_value = "/", conflicts_with = "expect")]
    http: Option<String>,
    /// An answer is data that matches RE
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    expect: Option<Pattern>,
    /// The longest pause between two tries; the first pauses are shorter
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, default_value = "250ms", value_parser = parse_span)]
    interval: Duration,
    /// It must stay so for this long
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, default_value = "0", hide_default_value = true, value_parser = parse_span)]
    stable: Duration,
    /// Fail with 28 after this long; 0 tries once, none waits for ever [default: 60s]
    #[arg(short = 'w', long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration, env = variable("NETVERB_TIMEOUT"), hide_env = true)]
    timeout: Option<Limit>,
    /// The same; the shorter one counts
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration)]
    deadline: Option<Limit>,
    /// Limit each try
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, default_value = "5s", value_parser = parse_span)]
    connect_timeout: Duration,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: super::tls::TlsArgs,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    inspection: super::tls::InspectionArgs,
    #[command(flatten)]
    route: RouteArgs,
    #[command(flatten)]
    net: NetArgs,
}

fn parse_span(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(Limit::After(span)) => Ok(span),
        Ok(Limit::Never) => Err("it needs an end; type a time such as 500ms".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl WaitArgs {
    /// The typed form.
    ///
    /// # Errors
    /// Status 3 for a target, 2 for words that clash, 110 for a socket that is not open.
    pub fn into_options(self) -> Result<Options, Failure> {
        if self.interval.is_zero() {
            return Err(Failure::message(
                Exit::Usage,
                "--interval 0 would try without a pause; type a time such as 50ms",
            ));
        }
        let targets = self.targets.iter().map(|text| self.target(text)).collect::<Result<Vec<Target>, _>>()?;
        #[cfg(feature = "tls")]
        {
            let named = |target: &Target| {
                matches!(target.what, What::Address { endpoint: Endpoint::Inet { scheme: Scheme::Tls, .. }, .. })
            };
            let spoken = self.tls.secure() || targets.iter().any(named);
            self.tls.require_tls(spoken)?;
            if self.inspection.is_given() && !spoken {
                let message = "--tls-info and --min-days have no use without TLS; add --secure";
                return Err(Failure::message(Exit::Usage, message));
            }
            if self.inspection.is_given() && self.gone {
                let message = "--tls-info and --min-days are about those who answer; leave out --gone";
                return Err(Failure::message(Exit::Usage, message));
            }
        }
        Ok(Options {
            targets,
            wish: if self.gone { Wish::Gone } else { Wish::Answer },
            quorum: if self.any { Quorum::Any } else { Quorum::All },
            interval: self.interval,
            stable: self.stable,
            try_limit: self.connect_timeout,
            limit: shorter(self.timeout, self.deadline),
            #[cfg(feature = "tls")]
            show_session: self.inspection.inspection().show,
            command: self.command,
        })
    }

    fn target(&self, text: &str) -> Result<Target, Failure> {
        let (address, path) = match url(text)? {
            Some((address, path)) => (address, Some(path)),
            None => (text.to_owned(), self.http.clone()),
        };
        let id = SocketId::parse_kept(&address).map_err(|error| Failure::new(Exit::MalformedAddress, error))?;
        let endpoint = match (id.name.is_some() || id.number.is_some(), &id.endpoint) {
            (false, Some(endpoint)) => endpoint.clone(),
            _ => return self.kept(text, id),
        };
        let route = self.route.connect_options(&self.net)?;
        let connect = ConnectOptions { timeout: Some(self.connect_timeout), ..route };
        #[cfg(feature = "tls")]
        let connect = ConnectOptions { secure: self.tls.secure(), tls: self.tls.client(true)?, ..connect };
        let proof = match (path, &self.expect) {
            (Some(path), _)
                if !path.starts_with('/') || path.contains(|c: char| c.is_whitespace() || c.is_control()) =>
            {
                let message = format!("--http={path:?} is no path; type one such as --http=/health");
                return Err(Failure::message(Exit::Usage, message));
            }
            (Some(path), _) => Proof::Http(path),
            (None, Some(pattern)) => Proof::Match(pattern.clone()),
            (None, None) => Proof::Connection,
        };
        #[cfg(feature = "tls")]
        let min_days = self.inspection.inspection().min_days;
        #[cfg(not(feature = "tls"))]
        let min_days = None;
        let what = What::Address { endpoint, connect: Box::new(connect), proof, min_days };
        Ok(Target { text: text.to_owned(), what })
    }

    /// A kept socket: readable, or with `--gone` not open any more.
    fn kept(&self, text: &str, id: SocketId) -> Result<Target, Failure> {
        if self.expect.is_some() || self.http.is_some() {
            let message = format!("{text} is a kept socket: --expect and --http are for addresses");
            return Err(
                Failure::message(Exit::Usage, message).hint("type: netverb expect, or HOST:PORT for an address")
            );
        }
        let proof = if self.gone { KeptProof::Open } else { KeptProof::Readable };
        Ok(Target { text: text.to_owned(), what: What::Kept(id, proof) })
    }
}

/// The shorter of two limits; a usual one where there is none.
fn shorter(one: Option<Limit>, other: Option<Limit>) -> Limit {
    match (one, other) {
        (Some(Limit::After(one)), Some(Limit::After(other))) => Limit::After(one.min(other)),
        (Some(Limit::Never), Some(limit)) | (Some(limit), _) | (None, Some(limit)) => limit,
        (None, None) => USUAL,
    }
}

/// The address and path of a URL of HTTP, where it is one.
fn url(text: &str) -> Result<Option<(String, String)>, Failure> {
    let (scheme, port, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
        (Some(rest), _) => ("tcp", 80, rest),
        (None, Some(rest)) => ("tls", 443, rest),
        (None, None) => return Ok(None),
    };
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at_checked(at).unwrap_or((rest, "/")),
        None => (rest, "/"),
    };
    if host.is_empty() || host.contains(['@', '?', '#']) {
        let message = format!("{text:?} is no URL that can be asked; type http://HOST[:PORT][/PATH]");
        return Err(Failure::message(Exit::MalformedAddress, message));
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
    let address = if has_port { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") };
    let path = path.split('#').next().unwrap_or("/");
    Ok(Some((address, path.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_addresses_and_paths() {
        let read = |text| url(text).unwrap();
        let pair = |address: &str, path: &str| Some((address.to_owned(), path.to_owned()));
        assert_eq!(read("http://localhost"), pair("tcp://localhost:80", "/"));
        assert_eq!(read("http://localhost:8080/a/b?c=d#e"), pair("tcp://localhost:8080", "/a/b?c=d"));
        assert_eq!(read("https://[::1]/x"), pair("tls://[::1]:443", "/x"));
        assert_eq!(read("https://[::1]:8443"), pair("tls://[::1]:8443", "/"));
        assert_eq!(read("localhost:80"), None);
        assert!(url("http:///x").is_err() && url("http://user@host/").is_err());
    }
}
