//! TLS on a connection that stands (`secure`, STARTTLS).

use std::rc::Rc;

use serde_json::Value;
#[cfg(feature = "tls")]
use serde_json::json;

#[cfg(feature = "tls")]
use super::buffer::End;
use super::kept::{Body, Kept};
use super::link::Stage;
#[cfg(feature = "tls")]
use super::replayed::replayed;
#[cfg(feature = "tls")]
use super::stream::{HANDSHAKE, Stream};
use super::talk::{Gone, Talk};
use super::wire::Secure;
use crate::exit::Exit;
use crate::failure::Failure;
#[cfg(feature = "tls")]
use crate::transport::{
    Bytes,
    tls::{ClientOptions, ServerOptions},
};

/// Both sides of the options: the keeper knows which one it is.
#[cfg(feature = "tls")]
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct TlsTerms {
    /// For a connection that we have opened.
    pub client: ClientOptions,
    /// For one that was accepted.
    pub server: ServerOptions,
    /// How many days the certificates of the peer must still be valid.
    #[serde(default)]
    pub min_days: Option<i64>,
}

/// Upgrades a connection. What both sides agreed on comes back: the field `session`, and the `pins` of our certificates.
///
/// # Errors
/// The client went away before the handshake began; after that it is finished without it.
pub async fn upgrade(kept: &Rc<Kept>, secure: &Secure, talk: &mut Talk) -> Result<Result<Value, Failure>, Gone> {
    let stream = match &kept.body {
        Body::Stream(stream) => stream,
        Body::Messages(_) => {
            let text = "can't secure this socket: it carries messages; give --secure when it is opened";
            return Ok(Err(Failure::message(Exit::Unsupported, text)));
        }
        Body::Listener(_) => {
            return Ok(Err(Failure::message(Exit::Unsupported, "can't secure this socket: it is a listener")));
        }
    };
    let limit = super::serve::deadline(secure.timeout);
    let turns = async { (stream.reading.lock().await, stream.writing.lock().await) };
    let _turns = tokio::select! {
        biased;
        turns = turns => turns,
        () = super::serve::until(limit) => {
            return Ok(Err(Failure::message(Exit::TimedOut, "timed out: another command is using the socket")));
        }
        gone = talk.gone() => return Err(gone),
    };
    if let Err(failure) = super::serve::standing(stream, limit, talk).await? {
        return Ok(Err(failure));
    }
    if let Stage::Failed(status, message, hints) = stream.stage() {
        let failure = Failure::message(Exit::from_status(status), message);
        return Ok(Err(hints.into_iter().fold(failure, Failure::hint)));
    }
    if stream.facts().secure {
        return Ok(Err(Failure::message(Exit::Usage, "the socket speaks TLS already")));
    }
    #[cfg(not(feature = "tls"))]
    return Ok(Err(Failure::message(Exit::Unsupported, "TLS is not supported in this build")));
    #[cfg(feature = "tls")]
    Ok(handshake(kept, stream, secure).await)
}

#[cfg(feature = "tls")]
async fn handshake(kept: &Kept, stream: &Stream, secure: &Secure) -> Result<Value, Failure> {
    let terms: TlsTerms = serde_json::from_value(secure.options.clone())
        .map_err(|error| Failure::message(Exit::Usage, format!("the options of TLS cannot be read: {error}")))?;
    let min_days = terms.min_days;
    let upgrade = Upgrade::prepare(kept, terms, secure)?;
    // RFC 3207 section 6: what a peer, or somebody between, has said in the clear must not be taken for what is said
    // after the handshake.
    stream.receive_pending();
    let early = stream.with_buffer(|buffer| buffer.unread().to_vec());
    // A client speaks first, and may have spoken before this end was told to listen. Whatever follows goes into the
    // handshake, never past it.
    let hello = matches!(upgrade, Upgrade::Server(_)) && early.first() == Some(&HANDSHAKE);
    if !early.is_empty() && !hello {
        let text = format!(
            "{} bytes of plain text are unread: they came before the handshake and would be taken for secured ones",
            early.len()
        );
        return Err(Failure::message(Exit::TlsFailed, text).hint("read them first, and do not trust them"));
    }
    can_begin(stream)?;
    let Some(mut bytes) = stream.take() else {
        return Err(Failure::message(Exit::NotOpen, "the connection is closed"));
    };
    if hello {
        stream.forget_unread();
        bytes = replayed(early, bytes);
    }
    let secured = upgrade.put_on(bytes, &kept.id, &crate::event::Unheard).await.and_then(|bytes| {
        if let (Some(session), Some(wanted)) = (bytes.session(), min_days) {
            session.demand_days(wanted)?;
        }
        Ok(bytes)
    });
    match secured {
        Ok(bytes) => {
            let told = json!({ "session": bytes.session(), "pins": upgrade.pins() });
            stream.install(bytes);
            Ok(told)
        }
        Err(failure) => {
            stream.fail(&failure);
            Err(failure)
        }
    }
}

/// A handshake needs both directions.
///
/// # Errors
/// One has ended.
#[cfg(feature = "tls")]
fn can_begin(stream: &Stream) -> Result<(), Failure> {
    let why = |what: &str| format!("can't secure this socket: {what}");
    match stream.with_buffer(|buffer| buffer.end().clone()) {
        End::Open if stream.is_half_closed() => {
            Err(Failure::message(Exit::SendFailed, why("the end of our data has been sent")))
        }
        End::Open => Ok(()),
        End::Eof => Err(Failure::message(Exit::PeerClosed, why("the peer has closed"))),
        End::Failed(reason) => {
            Err(Failure::message(Exit::ReceiveFailed, why(&format!("the connection is lost: {reason}"))))
        }
    }
}

#[cfg(feature = "tls")]
enum Upgrade {
    Client(Box<crate::transport::secure::SecureLayer>),
    Server(Box<crate::transport::tls::ServerTls>),
}

#[cfg(feature = "tls")]
impl Upgrade {
    /// Reads the files: a mistake there must not cost the connection.
    fn prepare(kept: &Kept, terms: TlsTerms, secure: &Secure) -> Result<Self, Failure> {
        use crate::transport::ConnectOptions;
        use crate::transport::secure::SecureLayer;
        use crate::transport::tls::ServerTls;

        match &kept.endpoint {
            Some(endpoint) => {
                let options = ConnectOptions {
                    secure: true,
                    timeout: secure.timeout,
                    tls: terms.client,
                    ..ConnectOptions::default()
                };
                Ok(Upgrade::Client(Box::new(SecureLayer::prepare(endpoint, &options)?)))
            }
            None => {
                let options = ServerOptions { handshake_timeout: secure.timeout, ..terms.server };
                let tls = ServerTls::new(&options).map_err(|error| Failure::new(error.exit(), error))?;
                Ok(Upgrade::Server(Box::new(tls)))
            }
        }
    }

    /// The pins of our certificates.
    fn pins(&self) -> Vec<String> {
        match self {
            Upgrade::Client(_) => Vec::new(),
            Upgrade::Server(tls) => tls.pins().iter().map(ToString::to_string).collect(),
        }
    }

    async fn put_on(&self, bytes: Bytes, id: &str, report: &dyn crate::event::Report) -> Result<Bytes, Failure> {
        use crate::transport::{Channel, secure};

        let channel = Channel::Bytes(bytes);
        let secured = match self {
            Upgrade::Client(layer) => layer.put_on(channel, id, report).await?,
            Upgrade::Server(tls) => {
                secure::accept(tls, channel, id, report).await.map_err(|error| Failure::new(error.exit(), error))?
            }
        };
        match secured {
            Channel::Bytes(bytes) => Ok(bytes),
            Channel::Messages(_) => Err(Failure::message(Exit::Unsupported, "TLS is for streams")),
        }
    }
}
