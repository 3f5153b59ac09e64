//! Options of message sockets, WebSockets above all, that `open` and `accept` share.

use std::num::NonZeroU64;

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
#[cfg(any(feature = "ws", feature = "http"))]
use crate::quantity::parse_size;
#[cfg(feature = "ws")]
use crate::quantity::{Limit, parse_duration};
#[cfg(feature = "ws")]
use crate::transport::ConnectOptions;
#[cfg(feature = "ws")]
use crate::transport::websocket::{CloseFrame, Settings, parse_header, parse_subprotocol};

/// What travels over message sockets, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
pub struct MessageArgs {
    /// End after N received messages
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_count)]
    count: Option<NonZeroU64>,
    /// Send messages as text; one that is not UTF-8 is an error [default: text where it is UTF-8]
    #[cfg(feature = "ws")]
    #[arg(long, conflicts_with = "binary")]
    text: bool,
    /// Send messages as binary
    #[cfg(feature = "ws")]
    #[arg(long)]
    binary: bool,
    /// The largest message of a WebSocket, either way (status 63), or body of an HTTP request (413) [default: 64M]
    #[cfg(any(feature = "ws", feature = "http"))]
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_limit)]
    max_bytes: Option<usize>,
    /// Offer, or as a server understand, a sub-protocol of WebSockets (repeat, the dearest first)
    #[cfg(feature = "ws")]
    #[arg(long, value_name = "NAME[,NAME…]", value_delimiter = ',', value_parser = parse_subprotocol)]
    subprotocol: Vec<String>,
    /// Ping the peer of a WebSocket this often; end when it does not answer in the same time (status 56)
    #[cfg(feature = "ws")]
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration)]
    ping: Option<Limit>,
    /// Close a WebSocket with this code and reason [default: 1000]
    #[cfg(feature = "ws")]
    #[arg(long, value_name = "CODE[:REASON]")]
    close_with: Option<CloseFrame>,
}

/// A number of messages that is waited for.
///
/// # Errors
/// None, or no number.
pub fn parse_count(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| "type a whole number from 1 up".to_owned())
}

#[cfg(any(feature = "ws", feature = "http"))]
fn parse_limit(text: &str) -> Result<usize, String> {
    let size = parse_size(text).map_err(|error| error.to_string())?;
    usize::try_from(size)
        .ok()
        .filter(|size| *size > 0)
        .ok_or_else(|| "no message would pass; type 1 or more".to_owned())
}

/// What a connection carries, as far as its address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carries {
    /// A stream of bytes.
    Bytes,
    /// Messages.
    Messages,
    /// Requests and answers.
    Http,
    /// The messages of a WebSocket.
    WebSocket,
}

impl MessageArgs {
    /// How many received messages are wanted.
    pub fn count(&self) -> Option<NonZeroU64> {
        self.count
    }

    /// The largest message or body.
    #[cfg(feature = "http")]
    pub fn max_bytes(&self) -> Option<usize> {
        self.max_bytes
    }

    /// Refuses words that say nothing about this kind of connection.
    ///
    /// # Errors
    /// Status 2.
    pub fn check(&self, carries: Carries) -> Result<(), Failure> {
        if self.count.is_some() && matches!(carries, Carries::Bytes | Carries::Http) {
            let text = "--count counts messages, and this is a stream of bytes; use ws://…, accept --ws, udp://… or seqpacket:/path";
            return Err(Failure::message(Exit::Usage, text));
        }
        #[cfg(any(feature = "ws", feature = "http"))]
        if self.max_bytes.is_some() && carries < Carries::Http {
            let text = "--max-bytes limits the messages of WebSockets and the bodies of HTTP requests; use ws://…, accept --ws or --http";
            return Err(Failure::message(Exit::Usage, text));
        }
        #[cfg(feature = "ws")]
        {
            let words = [
                ("--text", self.text),
                ("--binary", self.binary),
                ("--subprotocol", !self.subprotocol.is_empty()),
                ("--ping", self.ping.is_some()),
                ("--close-with", self.close_with.is_some()),
            ];
            if let Some((word, _)) = words.into_iter().find(|(_, given)| *given && carries != Carries::WebSocket) {
                let text = format!("{word} is for WebSockets; use ws://HOST:PORT/PATH, or accept with --ws");
                return Err(Failure::message(Exit::Usage, text));
            }
        }
        Ok(())
    }

    /// How a WebSocket behaves.
    #[cfg(feature = "ws")]
    pub fn settings(&self) -> Settings {
        use crate::message::Kind;
        let default = Settings::default();
        Settings {
            limit: self.max_bytes.unwrap_or(default.limit),
            kind: match (self.text, self.binary) {
                (true, _) => Kind::Text,
                (_, true) => Kind::Binary,
                _ => Kind::Unsaid,
            },
            ping: match self.ping {
                Some(Limit::After(every)) if !every.is_zero() => Some(every),
                _ => None,
            },
            protocols: self.subprotocol.clone(),
            farewell: self.close_with.clone().unwrap_or(default.farewell),
            ..default
        }
    }

    /// Lets a connection to a WebSocket behave so. The headers of the command line are then the handshake's, and no proxy on the
    /// way sees them.
    ///
    /// # Errors
    /// A header that cannot stand there: status 2.
    #[cfg(feature = "ws")]
    pub fn apply(&self, connect: &mut ConnectOptions) -> Result<(), Failure> {
        let headers = std::mem::take(&mut connect.route.headers);
        for (name, value) in &headers {
            parse_header(name, value).map_err(|error| Failure::message(Exit::Usage, error))?;
        }
        connect.websocket = Settings { headers, ..self.settings() };
        Ok(())
    }
}
