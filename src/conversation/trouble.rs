//! What can go wrong between two ends of a conversation, and the exit status that it means.

use std::io;
use std::time::Duration;

use crate::exit::Exit;
use crate::failure::reason;

/// Why a conversation cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// What was waited for did not come.
    #[error("timed out: nothing that fits came within {}", humantime::format_duration(*.0))]
    Silence(Duration),
    /// The peer reads no more.
    #[error("timed out: the peer took no data for {}", humantime::format_duration(*.0))]
    Deaf(Duration),
    /// The peer has ended its data.
    #[error("the peer closed before it came")]
    Closed,
    /// More came than may be waited in.
    #[error("it is not in the first {0} bytes")]
    TooLarge(usize),
    /// Receiving failed.
    #[error("receiving failed: {}", reason(.0))]
    Receiving(io::Error),
    /// Sending failed.
    #[error("sending failed: {}", reason(.0))]
    Sending(io::Error),
    /// A filter refused the bytes.
    #[error("the data cannot be converted: {}", reason(.0))]
    Converting(io::Error),
    /// A transcript or dump could not be written.
    #[error("{}", reason(.0))]
    Recording(io::Error),
    /// The local output could not be written.
    #[error("cannot write the output: {}", reason(.0))]
    Output(io::Error),
}

impl Trouble {
    /// An error of sending; a reset that is met while sending is still the peer's reset.
    pub(super) fn sending(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset => Trouble::Receiving(error),
            _ => Trouble::Sending(error),
        }
    }

    /// An error of the filters and records that received bytes pass.
    pub(super) fn taking(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Trouble::Converting(error),
            _ => Trouble::Recording(error),
        }
    }

    /// The exit status that it means.
    pub fn exit(&self) -> Exit {
        match self {
            Trouble::Silence(_) | Trouble::Deaf(_) => Exit::TimedOut,
            Trouble::Closed => Exit::PeerClosed,
            Trouble::TooLarge(_) => Exit::TooLarge,
            Trouble::Receiving(error) | Trouble::Sending(error) if is_late_handshake(error) => Exit::TlsFailed,
            Trouble::Receiving(_) | Trouble::Converting(_) => Exit::ReceiveFailed,
            Trouble::Sending(_) => Exit::SendFailed,
            Trouble::Recording(_) | Trouble::Output(_) => Exit::OutputFailed,
        }
    }
}

#[cfg(feature = "tls")]
fn is_late_handshake(error: &io::Error) -> bool {
    use crate::transport::tls::TlsError;
    matches!(TlsError::in_io(error), Some(TlsError::Handshake { .. }))
}

#[cfg(not(feature = "tls"))]
fn is_late_handshake(_: &io::Error) -> bool {
    false
}
