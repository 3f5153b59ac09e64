//! `accept --to`: where clients are forwarded to, and how.

use super::AcceptArgs;
use crate::address::{Endpoint, SocketId, UnixKind};
use crate::commands::stream::StreamOptions;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::message::Split;
use crate::service::forward::{Target, reaches};

impl AcceptArgs {
    /// The typed form of `--to`.
    ///
    /// # Errors
    /// Status 3 for no address, 4 for one that is not forwarded to, 2 for words that clash.
    pub(super) fn target(&self, target: &SocketId, stream: &StreamOptions) -> Result<Target, Failure> {
        let endpoint = target.endpoint.clone().ok_or_else(|| {
            Failure::message(Exit::MalformedAddress, format!("{target} is no address; type --to HOST:PORT"))
        })?;
        #[cfg(feature = "zmq")]
        let zmq = self.service.to_zmq.map(|kind| self.zmq.target(kind, &endpoint, stream.idle)).transpose()?;
        #[cfg(not(feature = "zmq"))]
        let zmq: Option<()> = None;
        if zmq.is_none() && !reaches(&endpoint) {
            let message = format!("forwarding to {endpoint} is not supported");
            return Err(Failure::message(Exit::Unsupported, message));
        }
        #[cfg_attr(
            not(any(feature = "tls", feature = "ws", feature = "zmq")),
            expect(unused_mut, reason = "only these add to it")
        )]
        let mut connect = self.dial.connect_options(&self.net, &self.time)?;
        #[cfg(feature = "ws")]
        if endpoint.is_websocket() {
            self.messages.apply(&mut connect)?;
        }
        #[cfg(feature = "tls")]
        {
            connect.tls = self.tls.client(!self.serves_tls())?;
        }
        #[cfg(feature = "zmq")]
        {
            connect.zmq = zmq;
        }
        if let (Endpoint::Unix { kind: UnixKind::Seqpacket, .. }, Some(_)) = (&endpoint, &stream.misbehaviour) {
            let message = format!("{endpoint} has no stream that could misbehave; leave out --latency and the like");
            return Err(Failure::message(Exit::Unsupported, message));
        }
        Ok(Target {
            endpoint,
            word: target.name.clone(),
            connect,
            split: self.data.split().unwrap_or(Split::Line),
            misbehaviour: stream.misbehaviour.clone(),
            at_clients_end: stream.at_end_without_half_close(),
        })
    }
}
