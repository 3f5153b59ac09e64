//! Makes the listener a proxy: a client says where it wants to go (HTTP or SOCKS5), and is forwarded there.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use super::{Client, Closing, LINGER, Surroundings, Verdict, Watcher, discard, forward};
use crate::address::{Endpoint, Host, Scheme};
use crate::event::{Direction, Event};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::relay::{Blame, buffer};
use crate::transport::proxy::server::{Refusal, RequestError, read_http_request, read_socks5_request};
use crate::transport::proxy::{Credentials, Target};
use crate::transport::{Bytes, Channel, ConnectOptions, connect};

/// How long a client may take to say where it wants to go.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// What the clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP CONNECT and absolute URIs (RFC 9110 section 9.3.6, RFC 9112 section 3.2.2).
    Http,
    /// SOCKS5 CONNECT (RFC 1928).
    Socks5,
}

impl std::str::FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "http" => Ok(Protocol::Http),
            "socks5" => Ok(Protocol::Socks5),
            other => Err(format!("{other:?} is no proxy protocol; type http or socks5")),
        }
    }
}

/// A proxy to offer.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// What the clients speak.
    pub protocol: Protocol,
    /// Whom to serve; without it everyone whom the access rules let in.
    pub credentials: Option<Credentials>,
    /// How targets are reached.
    pub connect: ConnectOptions,
}

pub(super) async fn serve(
    client: &mut Client,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
    proxy: &Proxy,
) -> Closing {
    let Channel::Bytes(bytes) = &mut client.channel else {
        return Closing::unsupported(&client.id, "a proxy needs streams; message sockets are not supported", around);
    };
    match negotiate(bytes, &client.id, around, proxy).await {
        Ok((mut target, id)) => {
            let closing = forward::streams(bytes, &mut target, &client.id, watcher, around).await;
            let (peer, local) = (target.peer().to_string(), target.local().to_string());
            forward::target_closed(&id, &peer, &local, &closing, &**watcher, around);
            closing
        }
        Err(failure) => {
            let reason = failure.line();
            around.report.event(&client.id, &Event::Error { message: reason.clone() });
            let ended = buffer::end(bytes).await;
            if ended.is_ok() {
                let mut lane = around.lane(Direction::In, &client.id, &**watcher);
                let _ = tokio::time::timeout(LINGER, discard::linger(bytes, &mut lane)).await;
            }
            Closing { reason, verdict: Verdict::Reported(failure.exit) }
        }
    }
}

/// Reads the request, connects, answers. The target, with its ID, has got its first bytes.
async fn negotiate(
    bytes: &mut Bytes,
    id: &str,
    around: &Surroundings,
    proxy: &Proxy,
) -> Result<(Bytes, String), Failure> {
    let credentials = proxy.credentials.as_ref();
    let reading = async {
        match proxy.protocol {
            Protocol::Http => read_http_request(bytes, credentials).await,
            Protocol::Socks5 => read_socks5_request(bytes, credentials).await,
        }
    };
    let request = match tokio::time::timeout(REQUEST_LIMIT, reading).await {
        Ok(request) => request.map_err(|error| Failure::new(status(&error), error))?,
        Err(_) => {
            let text = "the client did not say in time where it wants to go";
            return Err(Failure::message(Exit::TimedOut, text));
        }
    };
    let (host, port) = match &request.target {
        Target::Name { name, port } => (Host::Name(name.clone()), *port),
        Target::Address(SocketAddr::V4(address)) => (Host::V4(*address.ip()), address.port()),
        Target::Address(SocketAddr::V6(address)) => (Host::V6 { address: *address.ip(), scope: None }, address.port()),
    };
    let endpoint = Endpoint::Inet { scheme: Scheme::Tcp, host, port };
    let target_id = forward::target_id(id, &endpoint);
    let mut target = match connect(&endpoint, &proxy.connect, &target_id, &*around.report).await {
        Ok(Channel::Bytes(target)) => target,
        Ok(Channel::Messages(_)) => return Err(Failure::message(Exit::Unsupported, "the target is no stream")),
        Err(error) => {
            let failure = Failure::from(error);
            let _ = request.refuse(bytes, refusal(&failure)).await;
            return Err(failure);
        }
    };
    let local = target.local().socket_addr().unwrap_or_else(|| ([0, 0, 0, 0], 0).into());
    let answered = async {
        request.accept(bytes, local).await?;
        buffer::write_all(bytes, &[]).await?;
        buffer::write_all(&mut target, &request.first).await
    };
    let failed = |error| Failure::message(Exit::SendFailed, Closing::failed(&error, Blame::Sending).reason);
    answered.await.map_err(failed)?;
    Ok((target, target_id))
}

/// What a request that was not understood or not accepted means where its client was the only one.
fn status(error: &RequestError) -> Exit {
    match error {
        RequestError::Closed => Exit::PeerClosed,
        RequestError::Io(_) => Exit::ReceiveFailed,
        _ => Exit::ProxyFailed,
    }
}

fn refusal(failure: &Failure) -> Refusal {
    match failure.exit {
        Exit::NotResolved => Refusal::NotResolved,
        Exit::TimedOut => Refusal::TimedOut,
        Exit::Refused => Refusal::Refused,
        _ => Refusal::Failed,
    }
}
