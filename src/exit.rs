//! The exit statuses of the program: one enum, one mapping, curl's numbers where curl has the class.
//!
//! Nothing else in the crate writes a status as a number.

use std::process::ExitCode;

/// How a run ended, as a script sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, everything delivered.
    Done,
    /// A negative answer: `--fail` matched, the data is no tuple.
    Negative,
    /// The command line does not make sense.
    Usage,
    /// A malformed address or socket ID.
    MalformedAddress,
    /// Not supported here: by this build, this system or this transport.
    Unsupported,
    /// A name was not resolved.
    NotResolved,
    /// Refused or unreachable.
    Refused,
    /// The output cannot be written.
    OutputFailed,
    /// A time limit passed.
    TimedOut,
    /// The TLS handshake failed.
    TlsFailed,
    /// The address cannot be bound.
    CannotBind,
    /// The peer closed before the condition was met.
    PeerClosed,
    /// Sending failed.
    SendFailed,
    /// Receiving failed: a reset, a truncated TLS stream, an abnormal close.
    ReceiveFailed,
    /// The peer's certificate was not accepted.
    BadCertificate,
    /// A size limit was passed.
    TooLarge,
    /// The proxy failed or refused.
    ProxyFailed,
    /// The socket is not open.
    NotOpen,
    /// The socket is already open.
    AlreadyOpen,
    /// The keeper of a kept socket does not answer.
    KeeperSilent,
    /// Ended by this signal; the process ends by raising it again.
    Signal(i32),
    /// The status of a program joined to the connection.
    Program(u8),
}

impl Exit {
    /// The number that a shell sees in `$?`.
    pub fn status(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Negative => 1,
            Exit::Usage => 2,
            Exit::MalformedAddress => 3,
            Exit::Unsupported => 4,
            Exit::NotResolved => 6,
            Exit::Refused => 7,
            Exit::OutputFailed => 23,
            Exit::TimedOut => 28,
            Exit::TlsFailed => 35,
            Exit::CannotBind => 45,
            Exit::PeerClosed => 52,
            Exit::SendFailed => 55,
            Exit::ReceiveFailed => 56,
            Exit::BadCertificate => 60,
            Exit::TooLarge => 63,
            Exit::ProxyFailed => 97,
            Exit::NotOpen => 110,
            Exit::AlreadyOpen => 111,
            Exit::KeeperSilent => 112,
            Exit::Signal(number) => 128u8.saturating_add(u8::try_from(number).unwrap_or(0)),
            Exit::Program(status) => status,
        }
    }
}

impl Exit {
    /// The exit of a status that another process of this program gave; one that it does not have is a program's.
    pub fn from_status(status: u8) -> Self {
        const ALL: [Exit; 20] = [
            Exit::Done,
            Exit::Negative,
            Exit::Usage,
            Exit::MalformedAddress,
            Exit::Unsupported,
            Exit::NotResolved,
            Exit::Refused,
            Exit::OutputFailed,
            Exit::TimedOut,
            Exit::TlsFailed,
            Exit::CannotBind,
            Exit::PeerClosed,
            Exit::SendFailed,
            Exit::ReceiveFailed,
            Exit::BadCertificate,
            Exit::TooLarge,
            Exit::ProxyFailed,
            Exit::NotOpen,
            Exit::AlreadyOpen,
            Exit::KeeperSilent,
        ];
        ALL.into_iter().find(|exit| exit.status() == status).unwrap_or(Exit::Program(status))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_those_of_the_manual() {
        let table = [
            (Exit::Done, 0),
            (Exit::Negative, 1),
            (Exit::Usage, 2),
            (Exit::MalformedAddress, 3),
            (Exit::Unsupported, 4),
            (Exit::NotResolved, 6),
            (Exit::Refused, 7),
            (Exit::OutputFailed, 23),
            (Exit::TimedOut, 28),
            (Exit::TlsFailed, 35),
            (Exit::CannotBind, 45),
            (Exit::PeerClosed, 52),
            (Exit::SendFailed, 55),
            (Exit::ReceiveFailed, 56),
            (Exit::BadCertificate, 60),
            (Exit::TooLarge, 63),
            (Exit::ProxyFailed, 97),
            (Exit::NotOpen, 110),
            (Exit::AlreadyOpen, 111),
            (Exit::KeeperSilent, 112),
            (Exit::Signal(15), 143),
            (Exit::Program(9), 9),
        ];
        for (exit, status) in table {
            assert_eq!(exit.status(), status, "{exit:?}");
            if !matches!(exit, Exit::Signal(_) | Exit::Program(_)) {
                assert_eq!(Exit::from_status(status), exit);
            }
        }
    }
}
