//! How a conversation ends: in words, and as an exit status.

use std::io;

use super::Lost;
use crate::commands::stream::verdict;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::relay::Blame;
use crate::service::{Closing, Verdict};

/// How a conversation ended.
#[derive(Debug)]
pub enum Ending {
    /// The peer has ended its data.
    PeerClosed,
    /// The person has ended it.
    Closed,
    /// The person has left a kept socket, which stays open.
    Detached,
    /// Ctrl-C.
    Interrupted,
    /// Nothing passed for too long.
    Idle,
    /// The time after the end of our data is over.
    Quit,
    /// It broke.
    Lost(Lost),
    /// The terminal cannot be read or written.
    NoTerminal(io::Error),
}

/// What is said last; what went wrong is the failure's to say.
pub fn last_line(ending: &Ending, peer: &str, left: &str, came: u64, went: u64) -> Option<String> {
    let why = match ending {
        Ending::PeerClosed => format!("closed by {peer}"),
        Ending::Closed => "closed".to_owned(),
        Ending::Interrupted => "left".to_owned(),
        Ending::Quit => "closed: the time after the end of our data is over".to_owned(),
        Ending::Detached => left.to_owned(),
        Ending::Idle | Ending::Lost(_) | Ending::NoTerminal(_) => return None,
    };
    Some(format!("{why}; received {came} bytes, sent {went}"))
}

/// How it ended, in the words and with the meaning of a stream; what is no stream's end comes as a failure.
pub fn closing(ending: &Ending) -> Result<Closing, ()> {
    let clean = |reason: &str| Closing { reason: reason.to_owned(), verdict: Verdict::Clean };
    Ok(match ending {
        Ending::PeerClosed => clean("the peer closed"),
        Ending::Closed | Ending::Detached => clean("done"),
        Ending::Interrupted => clean("interrupted"),
        Ending::Quit => clean("the time after the end of the input is over"),
        Ending::Idle => Closing { reason: "idle for too long".to_owned(), verdict: Verdict::Idle },
        Ending::Lost(Lost::Broken(blame, error)) => {
            let blame = match (blame, error.kind()) {
                // A reset that is met while sending is still the peer's reset.
                (Blame::Sending, io::ErrorKind::ConnectionReset) => Blame::Receiving,
                (blame, _) => *blame,
            };
            Closing { reason: reason(error), verdict: Verdict::Failed(blame) }
        }
        Ending::NoTerminal(error) => Closing { reason: reason(error), verdict: Verdict::Failed(Blame::Output) },
        Ending::Lost(Lost::Kept(_) | Lost::Upgrade(_)) => return Err(()),
    })
}

/// The exit status.
///
/// # Errors
/// Whatever is not a clean end.
pub fn conclude(ending: Ending, peer: &str) -> Result<Exit, Failure> {
    let closing = closing(&ending);
    match (ending, closing) {
        (Ending::Interrupted, _) => Ok(Exit::Signal(libc::SIGINT)),
        (Ending::Lost(Lost::Kept(failure) | Lost::Upgrade(failure)), _) => Err(failure),
        (_, Ok(closing)) => verdict(peer, &closing),
        (_, Err(())) => Ok(Exit::Done),
    }
}
