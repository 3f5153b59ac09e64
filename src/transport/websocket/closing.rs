//! How a WebSocket ends: the codes and reasons of close frames (RFC 6455 section 7.4), and which of them are failures. No I/O.

use std::fmt;
use std::io;
use std::str::FromStr;

use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame as WireFrame;

use crate::transport::messages::TooLarge;

/// The most bytes of a reason: a control frame carries 125, and the code takes two of them.
const LONGEST_REASON: usize = 123;

/// What a side says when it closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code; `None`: the frame has none, which others show as 1005.
    pub code: Option<u16>,
    /// The reason, which may be empty.
    pub reason: String,
}

impl CloseFrame {
    /// The purpose of the connection is fulfilled.
    pub const NORMAL: CloseFrame = CloseFrame { code: Some(1000), reason: String::new() };
    /// What this side needs to go on is lost.
    pub const LOST: CloseFrame = CloseFrame { code: Some(1011), reason: String::new() };
    /// This side goes away.
    pub const AWAY: CloseFrame = CloseFrame { code: Some(1001), reason: String::new() };

    /// A code with a reason, which is cut to what fits.
    pub(super) fn new(code: u16, reason: &str) -> Self {
        let mut end = reason.len().min(LONGEST_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        CloseFrame { code: Some(code), reason: reason.get(..end).unwrap_or_default().to_owned() }
    }

    /// Whether it ends a connection that did what it was for.
    pub fn is_normal(&self) -> bool {
        matches!(self.code, None | Some(1000 | 1001))
    }

    pub(super) fn from_wire(frame: Option<WireFrame>) -> Self {
        match frame {
            Some(frame) => CloseFrame { code: Some(frame.code.into()), reason: frame.reason.as_str().to_owned() },
            None => CloseFrame { code: None, reason: String::new() },
        }
    }

    pub(super) fn to_wire(&self) -> Option<WireFrame> {
        let reason = self.reason.clone().into();
        self.code.map(|code| WireFrame { code: code.into(), reason })
    }
}

/// The code, and the reason if there is one: `1000`, `1011 (out of memory)`.
impl fmt::Display for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "{code}")?,
            None => f.write_str("no code")?,
        }
        match self.reason.as_str() {
            "" => Ok(()),
            // What a peer says must not control a terminal.
            reason => write!(f, " ({})", reason.chars().flat_map(escaped).collect::<String>()),
        }
    }
}

fn escaped(character: char) -> impl Iterator<Item = char> {
    let escape = character.is_control();
    let (escaped, plain) = if escape { (Some(character.escape_debug()), None) } else { (None, Some(character)) };
    escaped.into_iter().flatten().chain(plain)
}

/// Why a text is no close frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseFrameError {
    /// The code is none that a side may send.
    #[error("not a close code: {0:?}; type 1000 to 1003, 1007 to 1014 or 3000 to 4999, and :REASON if you like")]
    Code(String),
    /// The reason is too long.
    #[error("the reason has {0} bytes; a close frame carries at most {LONGEST_REASON}")]
    Reason(usize),
}

/// Reads `CODE[:REASON]`.
impl FromStr for CloseFrame {
    type Err = CloseFrameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, reason) = text.split_once(':').unwrap_or((text, ""));
        let code = number.parse().ok().filter(|code| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999));
        let code = code.ok_or_else(|| CloseFrameError::Code(number.to_owned()))?;
        if reason.len() > LONGEST_REASON {
            return Err(CloseFrameError::Reason(reason.len()));
        }
        Ok(CloseFrame { code: Some(code), reason: reason.to_owned() })
    }
}

/// The peer closed with a code that says that something went wrong.
#[derive(Debug, thiserror::Error)]
#[error("the peer closed with {0}")]
pub struct Closed(pub CloseFrame);

/// What an error of the library means: what the peer is told, if it can be, and what the user is.
pub(super) fn explain(error: WsError) -> (Option<CloseFrame>, io::Error) {
    let broken = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
    match error {
        WsError::Io(error) => (None, error),
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            let text = "the peer ended the connection without closing the WebSocket (1006)";
            (None, io::Error::new(io::ErrorKind::UnexpectedEof, text))
        }
        WsError::Protocol(ProtocolError::SendAfterClosing) | WsError::ConnectionClosed | WsError::AlreadyClosed => {
            (None, io::Error::new(io::ErrorKind::BrokenPipe, "the WebSocket is closed"))
        }
        WsError::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            let error = TooLarge { length: size, limit: max_size };
            (Some(CloseFrame::new(1009, "message too large")), io::Error::new(io::ErrorKind::InvalidData, error))
        }
        WsError::Utf8(_) => {
            let text = "a text from the peer is not valid UTF-8 (closed with 1007)";
            (Some(CloseFrame::new(1007, "text is not UTF-8")), broken(text.to_owned()))
        }
        WsError::Protocol(error) => {
            let text = format!("the peer breaks the WebSocket protocol: {error} (closed with 1002)");
            (Some(CloseFrame::new(1002, &error.to_string())), broken(text))
        }
        other => (Some(CloseFrame::new(1011, "")), io::Error::other(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_a_side_may_send() {
        let frame = |code, reason: &str| CloseFrame { code: Some(code), reason: reason.to_owned() };
        assert_eq!("1000".parse(), Ok(CloseFrame::NORMAL));
        assert_eq!("4001:over: and out".parse(), Ok(frame(4001, "over: and out")));
        for text in ["", "x", "999", "1004", "1005", "1006", "1015", "2999", "5000", "-1", "99999"] {
            assert_eq!(text.parse::<CloseFrame>(), Err(CloseFrameError::Code(text.to_owned())));
        }
        let long = "ü".repeat(62);
        assert_eq!(format!("3000:{long}").parse::<CloseFrame>(), Err(CloseFrameError::Reason(124)));
        assert_eq!(CloseFrame::new(1002, &long).reason, "ü".repeat(61));
    }

    #[test]
    fn a_frame_is_shown_on_one_line() {
        assert_eq!(CloseFrame::NORMAL.to_string(), "1000");
        assert_eq!(CloseFrame::from_wire(None).to_string(), "no code");
        let rude = CloseFrame { code: Some(4000), reason: "a\x1b[2J\nü".to_owned() };
        assert_eq!(rude.to_string(), "4000 (a\\u{1b}[2J\\nü)");
    }

    #[test]
    fn what_is_a_failure() {
        let normal = |code| CloseFrame { code, reason: String::new() }.is_normal();
        assert!(normal(None) && normal(Some(1000)) && normal(Some(1001)));
        assert!(!normal(Some(1002)) && !normal(Some(1011)) && !normal(Some(4000)));
    }
}
