//! The words that keep a socket, for `open` and `accept`.

use std::time::Duration;

use clap::Args;

use crate::address::{SocketId, SocketName};
use crate::commands::keep::{DEFAULT_BUFFER, Keep};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::quantity::{Limit, parse_duration, parse_size};

/// The idle life of a socket that names none.
const USUAL_LIFE: Limit = Limit::After(Duration::from_secs(600));

/// Keeping.
#[derive(Debug, Args)]
#[command(next_help_heading = "Keeping")]
pub struct KeepArgs {
    /// The name to keep the socket under, for any address
    #[arg(long, value_name = "NAME", value_parser = SocketName::parse)]
    name: Option<SocketName>,
    /// Keep the socket, named or not, until nobody has used it for DUR; none: for ever [default: 10m]
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_duration, num_args = 0..=1, require_equals = true, default_missing_value = "10m")]
    keep: Option<Limit>,
    /// End the socket with this process
    #[arg(long, value_name = "PID", value_parser = |text: &str| super::groups::whole_number(text, 1, u32::MAX))]
    owner: Option<u32>,
    /// How much is read ahead before the peer is slowed down [default: 1M]
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_size)]
    buffer: Option<u64>,
    /// Stream a named socket instead of keeping it
    #[arg(long, conflicts_with_all = ["keep", "owner", "buffer"])]
    foreground: bool,
}

impl KeepArgs {
    /// The name that counts: `--name`, or that of the ID.
    ///
    /// # Errors
    /// Both are given and differ: status 2.
    pub fn name(&self, written: Option<&SocketName>) -> Result<Option<SocketName>, Failure> {
        match (&self.name, written) {
            (Some(name), Some(written)) if name != written => {
                let text = format!("--name {name} and the name {written} of the ID differ: write one of them");
                Err(Failure::message(Exit::Usage, text))
            }
            (Some(name), _) => Ok(Some(name.clone())),
            (None, written) => Ok(written.cloned()),
        }
    }

    /// How the socket is kept, if it is. `other` is a form that was asked for and does not keep.
    ///
    /// # Errors
    /// Forms that clash, words without use: status 2.
    pub fn keep(&self, name: Option<&SocketName>, other: Option<&str>) -> Result<Option<Keep>, Failure> {
        let kept = !self.foreground && (name.is_some() || self.keep.is_some());
        if let (true, Some(other)) = (kept, other) {
            let work = if other.starts_with('-') { "works" } else { "work" };
            let text = format!("a named socket is kept in the background, and {other} {work} in the foreground");
            let remedy = "add --foreground, or leave out the name; without either, open and accept stream";
            return Err(Failure::message(Exit::Usage, text).hint(remedy));
        }
        if !kept {
            let stray = [("--owner", self.owner.is_some()), ("--buffer", self.buffer.is_some())];
            return match stray.into_iter().find(|(_, given)| *given) {
                Some((word, _)) => {
                    let text =
                        format!("{word} is for a kept socket; give it a name, as in HOST:PORT/NAME, or add --keep");
                    Err(Failure::message(Exit::Usage, text))
                }
                None => Ok(None),
            };
        }
        Ok(Some(Keep {
            idle: match self.keep.unwrap_or(USUAL_LIFE) {
                Limit::Never => None,
                Limit::After(life) => Some(life),
            },
            owner: self.owner,
            buffer: self.buffer.map_or(DEFAULT_BUFFER, |size| usize::try_from(size).unwrap_or(usize::MAX)),
            ..Keep::default()
        }))
    }
}

/// Reads the ID of a kept socket.
///
/// # Errors
/// It is malformed.
pub fn kept_id(text: &str) -> Result<SocketId, crate::address::IdError> {
    SocketId::parse_kept(text)
}

/// Reads the target of a forward. The name of a kept socket has no place in it; a word alone is a host, and stands as the
/// name as well, because it might be one.
///
/// # Errors
/// It is malformed, or has a name.
pub fn forward_id(text: &str) -> Result<SocketId, Box<dyn std::error::Error + Send + Sync>> {
    let id = SocketId::parse(text)?;
    match (&id.name, &id.endpoint) {
        (Some(name), Some(endpoint)) => {
            Err(format!("clients cannot be forwarded to a kept socket, which {name} names: type {endpoint}").into())
        }
        _ => Ok(SocketId { name: SocketName::parse(text).ok(), ..id }),
    }
}
