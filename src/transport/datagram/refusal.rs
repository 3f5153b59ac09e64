//! What it means that a datagram could not be sent or received: the status and the message.

use std::io;

use crate::exit::Exit;
use crate::failure::{Failure, reason};

/// A datagram that could not be sent.
pub fn sending(peer: &str, error: &io::Error) -> Failure {
    let text = format!("cannot send to {peer}: {}", reason(error));
    match error.raw_os_error() {
        _ if is_refusal(error) => refused(peer, error),
        Some(libc::EMSGSIZE) => Failure::message(Exit::TooLarge, text).hint("the message is too long for this socket"),
        Some(libc::EACCES) => Failure::message(Exit::SendFailed, text).hint("a broadcast address needs -b"),
        Some(libc::ENOENT) => Failure::message(Exit::Refused, text),
        _ => Failure::message(Exit::SendFailed, text),
    }
}

/// Receiving that failed.
pub fn receiving(peer: &str, error: &io::Error) -> Failure {
    if is_refusal(error) {
        return refused(peer, error);
    }
    Failure::message(Exit::ReceiveFailed, format!("cannot receive from {peer}: {}", reason(error)))
}

/// Whether an error came back from the network (ICMP), or from a Unix socket that nobody holds.
pub fn is_refusal(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::ECONNREFUSED
                | libc::ECONNRESET
                | libc::EHOSTUNREACH
                | libc::ENETUNREACH
                | libc::EHOSTDOWN
                | libc::ENOPROTOOPT
                | libc::EPROTO
        )
    )
}

fn refused(peer: &str, error: &io::Error) -> Failure {
    let text = match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => {
            format!("{peer} refused the datagram: nobody receives there")
        }
        _ => format!("cannot reach {peer}: {}", reason(error)),
    };
    Failure::message(Exit::Refused, text)
}
