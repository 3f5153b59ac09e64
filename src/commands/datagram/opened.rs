//! `open udp://…`: the verb `datagram` under another name.

use std::num::NonZeroU64;
use std::time::Duration;

use super::exchange::Replies;
use crate::commands::open::{self, Mode};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::quantity::Limit;
use crate::relay::Traffic;
use crate::transport::datagram::DatagramOptions;

/// What `open` asks for, as `datagram` does it.
///
/// # Errors
/// Status 2 for what needs a stream or a connection; 4 for TLS and proxies, without which nothing may go out that was to go
/// through them.
pub fn options(options: open::Options) -> Result<super::Options, Failure> {
    let open::Options { id, connect, mode, stream, split, count, on_open, .. } = options;
    let unsupported = |text: &str| Err(Failure::message(Exit::Unsupported, text.to_owned()));
    #[cfg(feature = "tls")]
    if connect.secure {
        return unsupported("there is no TLS over datagrams; leave out --secure, --tls-info and --min-days");
    }
    if connect.route.needs_streams() {
        return unsupported("datagrams do not go through proxies; leave out --proxy and --proxy-protocol");
    }
    let stray =
        [("--telnet", connect.telnet.is_some()), ("--on-open", on_open.is_some() && !matches!(mode, Mode::Keep(_)))];
    if let Some((word, _)) = stray.into_iter().find(|(_, given)| *given) {
        return Err(Failure::message(
            Exit::Usage,
            format!("{word} needs a connection, and datagrams have none; leave it out"),
        ));
    }
    let from = super::From { host: connect.source_host, port: connect.source_port, unix: None };
    let socket = DatagramOptions { lookup: connect.lookup, socket: connect.socket, ..DatagramOptions::default() };
    let mut keep = None;
    let form = match mode {
        Mode::Stream => super::Form::Send { to: id, from },
        Mode::Probe => super::Form::Probe { to: id, from, limit: connect.timeout.unwrap_or(super::probe::ENDLESS) },
        #[cfg(feature = "interactive")]
        Mode::Interactive(_) => {
            let message =
                "--interactive needs a connection; for datagrams, netverb datagram at a terminal sends each line";
            return Err(Failure::message(Exit::Usage, message));
        }
        Mode::Keep(ref kept) => {
            keep = Some(kept.clone());
            super::Form::Send { to: id, from }
        }
        Mode::Program(_) | Mode::PassDescriptor | Mode::Conversation(_) => {
            let message =
                "programs, steps and -F need a stream; for a program with each datagram use accept udp://… -c";
            return Err(Failure::message(Exit::Usage, message));
        }
    };
    let window = match (stream.traffic, stream.quit_after, count) {
        (Traffic::SendOnly, ..) => Some(Limit::After(Duration::ZERO)),
        // What is counted is waited for.
        (_, None, Some(_)) => None,
        (_, limit, _) => Some(limit.unwrap_or(Limit::After(super::REPLY_WINDOW))),
    };
    let messages = match stream.traffic {
        Traffic::ReceiveOnly => super::Messages::None,
        _ => super::Messages::Stdin(split.unwrap_or_else(super::default_split)),
    };
    Ok(super::Options {
        form,
        messages,
        ending: split.unwrap_or_else(super::default_ending),
        socket,
        replies: Replies { count: count.map(NonZeroU64::get), wanted: None, window },
        stream,
        keep,
    })
}
