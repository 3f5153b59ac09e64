//! Connecting a WebSocket: the stream, TLS where the URL or the options say so, then the handshake.

use std::time::Instant;

use super::{ConnectError, ConnectOptions, inet_stream, unix_stream};
use crate::address::{Endpoint, Host};
use crate::event::{Event, Report};
use crate::transport::channel::Channel;
use crate::transport::messages::Messages;
use crate::transport::secure::SecureLayer;
use crate::transport::websocket::{Ends, connect};

pub(super) async fn attempt(
    endpoint: &Endpoint,
    options: &ConnectOptions,
    layer: &SecureLayer,
    id: &str,
    report: &dyn Report,
) -> Result<Channel, ConnectError> {
    let (bytes, authority, resource) = match endpoint {
        Endpoint::WebSocket { secure, host, port, resource } => {
            let bytes = inet_stream(host, *port, options, id, report).await?;
            (bytes, authority(host, *port, *secure), resource)
        }
        Endpoint::WebSocketUnix { name, resource } => {
            let bytes = unix_stream(endpoint, name, options, id, report).await?;
            (bytes, "localhost".to_owned(), resource)
        }
        other => return Err(ConnectError::Unsupported(other.to_string())),
    };
    let transport = if layer.is_used() { "wss" } else { "ws" };
    let (peer, local) = (bytes.peer().to_string(), bytes.local().to_string());
    report.event(id, &Event::Connected { peer, local, transport });
    let bytes = options.overlay.put_on_bytes(layer.put_on_bytes(bytes, id, report).await?);
    let (ends, begun) = (Ends::of(&bytes, layer.is_used()), Instant::now());
    let socket = connect(bytes, ends, &authority, resource, &options.websocket).await?;
    let took = humantime::format_duration(std::time::Duration::from_millis(begun.elapsed().as_millis() as u64));
    match socket.protocol() {
        Some(protocol) => report.remark(&format!("{endpoint} speaks WebSocket ({took}), sub-protocol {protocol}")),
        None => report.remark(&format!("{endpoint} speaks WebSocket ({took})")),
    }
    Ok(Channel::Messages(Messages::WebSocket(Box::new(socket))))
}

/// The host and port as a Host header has them (RFC 9110 section 7.2): no scope, no port that is the scheme's own.
fn authority(host: &Host, port: u16, secure: bool) -> String {
    let host = match host {
        Host::V6 { address, .. } => format!("[{address}]"),
        other => other.to_string(),
    };
    if port == if secure { 443 } else { 80 } { host } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_header_has_neither_scope_nor_needless_port() {
        let header = |host: &str, port, secure| authority(&Host::parse(host).unwrap(), port, secure);
        assert_eq!(header("Example.org", 80, false), "Example.org");
        assert_eq!(header("example.org", 80, true), "example.org:80");
        assert_eq!(header("fe80::1%eth0", 443, true), "[fe80::1]");
        assert_eq!(header("::1", 8080, false), "[::1]:8080");
    }
}
