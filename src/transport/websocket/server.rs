//! The server's part of the handshake (RFC 6455 section 4.2).

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::HEAD_LIMIT;
use super::error::HandshakeError;
use super::origin::{Ends, Origin};
use super::request::{Refusal, Request, judge};
use super::settings::Settings;
use super::socket::{Role, WebSocket};
use crate::transport::Bytes;
use crate::transport::http_head::{self, HeadError, first_line};

/// Does the server's part of the handshake within a time limit. A client that asks for something else is told what is wanted.
///
/// # Errors
/// What is wrong with this client.
pub async fn accept(mut bytes: Bytes, settings: &Settings, limit: Duration) -> Result<WebSocket, HandshakeError> {
    let hand = async {
        let mut buffer = Vec::new();
        let read = http_head::read(&mut bytes, &mut buffer, HEAD_LIMIT, may_begin).await;
        let end = match read {
            Ok(end) => end,
            Err(error) => return Err(unread(error, &buffer, &mut bytes).await),
        };
        let early = buffer.split_off(end);
        let judged = Request::parse(&buffer).and_then(|request| Ok((judge(&request, &settings.protocols)?, request)));
        match judged {
            Ok((agreement, request)) => {
                bytes.write_all(agreement.head().as_bytes()).await?;
                bytes.flush().await?;
                Ok((agreement.protocol, request, early))
            }
            Err(refusal) => {
                refuse(refusal, &mut bytes).await;
                Err(HandshakeError::NoRequest(format!("{}: {}", refusal.problem, first_line(&buffer))))
            }
        }
    };
    let (protocol, request, early) = match tokio::time::timeout(limit, hand).await {
        Ok(done) => done?,
        Err(_) => return Err(HandshakeError::TimedOut),
    };
    let (ends, origin) = (Ends::of(&bytes, bytes.transport() == "tls"), Origin::of(&bytes));
    let mut socket = WebSocket::new(bytes, early, Role::Server, ends, settings).await;
    socket.tell(request.environment());
    Ok(socket.with_origin(origin).with_protocol(protocol))
}

/// Whether a client speaks HTTP: its first bytes are a method, which has capital letters alone in all that are registered but a few
/// with a hyphen.
fn may_begin(bytes: &[u8]) -> bool {
    let word = bytes.split(|byte| *byte == b' ').next().unwrap_or_default();
    word.len() <= 20 && word.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'-')
}

async fn unread(error: HeadError, buffer: &[u8], bytes: &mut Bytes) -> HandshakeError {
    match error {
        HeadError::Closed => HandshakeError::Closed,
        HeadError::Io(error) => HandshakeError::Io(error),
        HeadError::NotHttp => HandshakeError::NoRequest(match buffer {
            [0x16, 3, ..] => "the client speaks TLS, and --secure is not given".to_owned(),
            _ => format!("the client says \"{}\"", first_line(buffer)),
        }),
        HeadError::TooLarge => {
            let phrase = "Request Header Fields Too Large";
            refuse(Refusal { status: 431, phrase, header: None, problem: "the head is too large" }, bytes).await;
            HandshakeError::TooLarge
        }
    }
}

/// Answers, and takes what the client still sends for a moment, so that the answer is not lost by a reset.
async fn refuse(refusal: Refusal, bytes: &mut Bytes) {
    let answer = async {
        bytes.write_all(refusal.answer().as_bytes()).await?;
        bytes.shutdown().await?;
        let sink = &mut tokio::io::sink();
        tokio::time::timeout(Duration::from_secs(1), tokio::io::copy(bytes, sink)).await.unwrap_or(Ok(0))
    };
    let _ = answer.await;
}
