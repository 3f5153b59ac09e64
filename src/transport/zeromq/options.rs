//! How a ZeroMQ socket is to be, as values.

use std::time::Duration;

use omq_proto::proto::mechanism::{CurveServerOptions, MechanismSetup};

use super::keys::{KeyPair, PublicKey};
use super::kind::Kind;
use crate::quantity::Limit;

/// The messages that may wait for a peer where nothing else is said, as libzmq has it.
pub const DEFAULT_HIGH_WATER: usize = 1000;

/// How long an answer may take after the end of sending, where nothing else is said.
pub(super) const DEFAULT_QUIET: Duration = Duration::from_secs(5);

/// A ZeroMQ socket, as it was asked for.
#[derive(Debug, Clone)]
pub struct ZeroMqOptions {
    /// Its type.
    pub kind: Kind,
    /// What it calls itself to routers; empty: nothing.
    pub identity: Vec<u8>,
    /// What SUB and XSUB subscribe to at first, as prefixes.
    pub subscriptions: Vec<Vec<u8>>,
    /// How many messages may wait for each peer.
    pub high_water: usize,
    /// How long what was sent may take to be delivered after the end.
    pub linger: Limit,
    /// How long nothing may come, after the end of sending, before nothing more is awaited, and how long nobody may come that
    /// takes what was sent. Where it is not said: the usual time for types that cannot know and have sent something.
    pub quit_after: Option<Limit>,
    /// How peers prove who they are.
    pub security: Security,
    /// Whether a bound socket ends when the peers that came are gone.
    pub once: bool,
}

/// How peers prove who they are, and whether what they say is encrypted.
#[derive(Debug, Clone)]
pub enum Security {
    /// Not at all (NULL).
    None,
    /// CURVE (RFC 26), with a server of this public key.
    CurveClient {
        /// The server's key.
        server: PublicKey,
        /// Ours.
        own: KeyPair,
    },
    /// CURVE, as the server: anybody who knows its public key may come.
    CurveServer {
        /// Ours.
        own: KeyPair,
    },
}

impl ZeroMqOptions {
    /// A socket of this type with the default of everything else.
    pub fn new(kind: Kind) -> Self {
        ZeroMqOptions {
            kind,
            identity: Vec::new(),
            subscriptions: if kind.subscribes() { vec![Vec::new()] } else { Vec::new() },
            high_water: DEFAULT_HIGH_WATER,
            linger: Limit::Never,
            quit_after: None,
            security: Security::None,
            once: false,
        }
    }
}

impl Security {
    pub(super) fn mechanism(&self) -> MechanismSetup {
        match self {
            Security::None => MechanismSetup::Null,
            Security::CurveClient { server, own } => {
                MechanismSetup::CurveClient { our_keypair: own.0.clone(), server_public: server.0 }
            }
            Security::CurveServer { own } => {
                MechanismSetup::CurveServer { our_keypair: own.0.clone(), options: CurveServerOptions::new() }
            }
        }
    }
}
