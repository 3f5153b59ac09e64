//! Telling on an HTTP port whether a client wants a WebSocket, from the head of its first request. Who wants one connects for it
//! (RFC 6455 section 4.1), so later requests of a connection are not asked.

use std::time::Duration;

use crate::transport::{Bytes, http_head, rewound};

/// The longest head that is looked at, in bytes, and the most headers.
const LONGEST: usize = 16 << 10;
const HEADERS: usize = 100;

/// What a client asks for. Nothing of what it said is missing in the stream.
#[derive(Debug)]
pub enum Asks {
    /// A WebSocket.
    Upgrade(Bytes),
    /// Something else, or nothing in time: HTTP knows what to say to it.
    Otherwise(Bytes),
}

/// Waits for the head of the first request, this long at most.
pub async fn ask(mut bytes: Bytes, limit: Duration) -> Asks {
    let mut read = Vec::new();
    let head = http_head::read(&mut bytes, &mut read, LONGEST, |_| true);
    let is_whole = matches!(tokio::time::timeout(limit, head).await, Ok(Ok(_)));
    let wanted = is_whole && wants_websocket(&read);
    let bytes = rewound::rewound(bytes, read);
    if wanted { Asks::Upgrade(bytes) } else { Asks::Otherwise(bytes) }
}

fn wants_websocket(head: &[u8]) -> bool {
    let mut space = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut space);
    if !request.parse(head).is_ok_and(|parsed| parsed.is_complete()) {
        return false;
    }
    let upgrades = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("upgrade"));
    let mut protocols = upgrades.flat_map(|header| header.value.split(|byte| *byte == b','));
    protocols.any(|protocol| protocol.trim_ascii().eq_ignore_ascii_case(b"websocket"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wants_a_websocket() {
        for (head, expected) in [
            ("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: x\r\nupgrade: h2c, WebSocket\r\n\r\nmore", true),
            ("GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nX-Upgrade: websocket\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nUpgrade: websocket\r\n", false),
            ("nonsense\r\n\r\n", false),
        ] {
            assert_eq!(wants_websocket(head.as_bytes()), expected, "{head:?}");
        }
    }
}
