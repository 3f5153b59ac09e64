//! What goes wrong with datagrams, with the status and the remedy of each; and what can be refused before anything is sent.

use std::io;
use std::net::SocketAddr;

use super::{Form, Messages};
use crate::address::{Endpoint, Scheme, SocketId, UnixKind};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::message::{Split, SplitError};
pub use crate::transport::datagram::refusal::{is_refusal, receiving, sending};
use crate::transport::datagram::{DatagramOptions, DatagramSocket, MAX_PAYLOAD, Target};
use crate::transport::resolve;

/// Refuses what would be too large before the first datagram leaves.
pub(super) fn check_sizes(messages: &Messages, form: &Form) -> Result<(), Failure> {
    let to = match form {
        Form::Send { to, .. } | Form::Probe { to, .. } => Some(to),
        Form::Receive { to, .. } => to.as_ref(),
    };
    if !matches!(to.and_then(|to| to.endpoint.as_ref()), Some(Endpoint::Inet { .. })) {
        return Ok(());
    }
    let longest = match messages {
        Messages::Words(words) => words.iter().map(|word| word.len() as u64).max().unwrap_or(0),
        Messages::Stdin(Split::Size(size)) => size.get(),
        Messages::Stdin(_) | Messages::None => 0,
    };
    if longest > MAX_PAYLOAD as u64 { Err(too_large(&longest.to_string(), MAX_PAYLOAD)) } else { Ok(()) }
}

pub(super) fn too_large(length: &str, limit: usize) -> Failure {
    let message = format!("a message of {length} bytes does not fit into a datagram, which takes {limit}");
    Failure::message(Exit::TooLarge, message).hint("cut it with --split line or --split SIZE, or use a stream")
}

/// Input that cannot be cut into messages.
pub(super) fn cutting(error: &SplitError) -> Failure {
    match error {
        SplitError::TooLarge { limit } => too_large(&format!("more than {limit}"), *limit),
        other => Failure::message(Exit::SendFailed, format!("cannot cut the input into messages: {other}")),
    }
}

/// Writing the output that failed.
pub(super) fn writing(error: &io::Error) -> Failure {
    Failure::message(Exit::OutputFailed, format!("cannot write the output: {}", reason(error)))
}

/// An address that carries no datagrams.
pub(super) fn no_datagrams(to: &SocketId) -> Failure {
    Failure::message(Exit::Usage, format!("{to} carries no datagrams; type HOST:PORT, udp://HOST:PORT or unix:/path"))
}

/// The peer to send to from a socket that is bound already, and what messages call it.
pub async fn bound_target(
    to: &SocketId,
    sockets: &[DatagramSocket],
    options: &DatagramOptions,
) -> Result<(Target, String), Failure> {
    let name = to.endpoint.as_ref().map(ToString::to_string).unwrap_or_default();
    match &to.endpoint {
        Some(Endpoint::Inet { scheme: Scheme::Udp | Scheme::Tcp, host, port }) => {
            let found = resolve::addresses(host, *port, options.lookup).await;
            let found = found.map_err(|error| Failure::new(Exit::NotResolved, error))?;
            // A v6 socket reaches v4 as well.
            let fits = |to: &&SocketAddr| {
                sockets.iter().filter_map(|socket| socket.local().socket_addr()).any(|local| match local {
                    SocketAddr::V4(_) => to.is_ipv4(),
                    SocketAddr::V6(local) => to.is_ipv6() || local.ip().is_unspecified(),
                })
            };
            match found.iter().find(fits) {
                Some(to) => Ok((Target::Inet { to: *to, source: None }, name)),
                None => {
                    let message = format!("{name} is not of the family that is received on; type -4 or -6");
                    Err(Failure::message(Exit::Usage, message))
                }
            }
        }
        Some(Endpoint::Unix { kind: UnixKind::Stream, name: path }) => Ok((Target::Unix(path.clone()), name)),
        _ => Err(no_datagrams(to)),
    }
}
