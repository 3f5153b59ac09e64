//! The words that show what passes.

use std::path::PathBuf;

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::view::Form;

/// Recording what passes as packets.
#[derive(Debug, Args)]
#[command(next_help_heading = "Seeing")]
pub struct CaptureArgs {
    /// Write what passes to FILE as pcapng packets, plain text under TLS too
    ///
    /// The packets are made up around what was said, for Wireshark and its like: TCP from SYN to FIN or RST, or UDP, with the
    /// real addresses and ports; messages of WebSocket and other framings are the payload of a segment each. Of a forward,
    /// it is the client's connection. The first packet of each connection has its ID as comment. Unix sockets, and the messages
    /// of a ZeroMQ socket that listens, appear between 192.0.2.1, the client, with a port from 1024 for each, and 192.0.2.2
    /// port 1. A file that cannot be written ends the run with status 23. As FILE, - is stdout, where nothing else goes there: with
    /// a service, a program or -o, as in `netverb accept 8080 --to host:80 --pcap - | tshark -r -`.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub pcap: Option<PathBuf>,
}

/// Showing what passes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Seeing")]
pub struct ViewArgs {
    /// Show on stdout what passes between clients and service, as text or hex [default: text]
    ///
    /// A line for each chunk: seconds since the start, ID of the client, -> from it or <- to it, size, and the bytes with control
    /// characters escaped. hex puts rows of bytes below it. A terminal gets only what fits its width, and 16 rows of each
    /// chunk; anything else gets all. Blanks, control characters, NUL and bytes that are not ASCII have their colours. With
    /// --json each chunk is a line as in a --transcript.
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    view: Option<Form>,
}

impl ViewArgs {
    /// The form, for a listener whose stdout is free.
    ///
    /// # Errors
    /// Status 2 where stdout has received data.
    pub fn form(&self, serves: bool) -> Result<Option<Form>, Failure> {
        match self.view {
            Some(_) if !serves => {
                let text = "--view shows the traffic of a service on stdout, which has received data here; add --to ID or another service, or use --hex-dump";
                Err(Failure::message(Exit::Usage, text))
            }
            view => Ok(view),
        }
    }
}
