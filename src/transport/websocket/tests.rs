//! What peers may send, and what becomes of it, without a network.

use std::time::Duration;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::{Ends, Refusal, Request, Role, Settings, WebSocket, judge};
use crate::address::Peer;
use crate::message::{Kind, Message};

const WHOLE: &str = "GET /a?b HTTP/1.1\r\nHost: x\r\nUpgrade: h2c, WebSocket\r\nConnection: keep-alive\r\n\
    connection: UPGRADE\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\nX-One: 1\r\nx-one: 2\r\n\r\n";

fn judged(head: &str, protocols: &[&str]) -> Result<(Option<String>, String), Refusal> {
    let protocols: Vec<String> = protocols.iter().map(|name| (*name).to_owned()).collect();
    let agreement = judge(&Request::parse(head.as_bytes())?, &protocols)?;
    let key = agreement.headers.iter().find(|(name, _)| *name == "Sec-WebSocket-Accept").unwrap().1.clone();
    Ok((agreement.protocol, key))
}

#[test]
fn a_request_is_agreed_to_as_the_rfc_says() {
    // The key and its answer are those of RFC 6455 section 1.3.
    let key = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned();
    assert_eq!(judged(WHOLE, &[]), Ok((None, key.clone())));
    // The client's order counts, over all its lines.
    assert_eq!(judged(WHOLE, &["c", "b"]), Ok((Some("b".to_owned()), key.clone())));
    assert_eq!(judged(WHOLE, &["d"]), Ok((None, key)));
    let variables = Request::parse(WHOLE.as_bytes()).unwrap().environment();
    let value = |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((value("NETVERB_RESOURCE"), value("NETVERB_HEADER_X_ONE")), (Some("/a?b"), Some("1, 2")));
}

#[test]
fn what_is_missing_is_said_by_the_status() {
    for (what, with, status) in [
        ("GET ", "PUT ", 405),
        ("HTTP/1.1", "HTTP/1.0", 400),
        ("WebSocket\r", "x\r", 426),
        ("UPGRADE", "close", 426),
        (": 13", ": 8", 426),
        ("Sec-WebSocket-Key: dGhl", "Sec-WebSocket-Key: dGh", 400),
        ("Sec-WebSocket-Key", "Key", 400),
        ("X-One: 1", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 400),
        ("Host: x", "Host", 400),
    ] {
        let refusal = judged(&WHOLE.replacen(what, with, 1), &[]).unwrap_err();
        assert_eq!(refusal.status, status, "{with}: {refusal:?}");
        assert!(refusal.answer().starts_with(&format!("HTTP/1.1 {status} ")));
    }
}

async fn over(stream: DuplexStream, role: Role, settings: &Settings) -> WebSocket {
    let ends = Ends { local: Peer::Unix(None), peer: Peer::Unix(None), transport: "ws" };
    WebSocket::new(stream, Vec::new(), role, ends, settings).await
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(work)
}

async fn receive(socket: &WebSocket, message: &mut Message) -> std::io::Result<bool> {
    std::future::poll_fn(|cx| socket.poll_receive(cx, message)).await
}

async fn send(socket: &WebSocket, message: &Message) {
    std::future::poll_fn(|cx| socket.poll_send(cx, message)).await.unwrap();
    std::future::poll_fn(|cx| socket.poll_flush(cx)).await.unwrap();
}

/// A flood after an offence is not read for ever.
#[test]
fn a_peer_that_floods_after_its_offence_is_left() {
    // By the clock: a paused one stands still while there is something to do.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (near, mut far) = tokio::io::duplex(1 << 16);
        let socket = over(near, Role::Client, &Settings::default()).await;
        let flood = async { while far.write_all(&[0xff; 1 << 12]).await.is_ok() {} };
        let mut message = Message::default();
        let error = tokio::select! {
            () = flood => panic!("it reads no more"),
            received = receive(&socket, &mut message) => received.unwrap_err(),
        };
        assert!(error.to_string().contains("1002"), "{error}");
    });
}

#[test]
fn a_ping_is_answered_before_the_messages_behind_it_are_all_read() {
    block_on(async {
        let (near, mut far) = tokio::io::duplex(1 << 12);
        let socket = over(near, Role::Client, &Settings::default()).await;
        far.write_all(&[&b"\x89\x02hi"[..], &b"\x81\x03one".repeat(100)].concat()).await.unwrap();
        assert!(receive(&socket, &mut Message::default()).await.unwrap());
        let mut answer = [0; 8];
        let answered = tokio::time::timeout(Duration::from_secs(1), far.read_exact(&mut answer)).await;
        assert!(answered.is_ok() && answer.starts_with(&[0x8a, 0x82]), "{answer:x?}");
        let mut others = 0;
        socket.receive_singles(|message| {
            others += usize::from(message == b"one");
            others < 98
        });
        assert_eq!(others, 98);
        assert!(receive(&socket, &mut Message::default()).await.unwrap());
    });
}

#[test]
fn both_ends_close_and_nothing_is_lost() {
    block_on(async {
        let (near, far) = tokio::io::duplex(64);
        let settings = Settings::default();
        let (client, server) = (over(near, Role::Client, &settings).await, over(far, Role::Server, &settings).await);
        let asking = async {
            send(&client, &Message::new(b"text")).await;
            send(&client, &Message::new(b"\xff")).await;
            std::future::poll_fn(|cx| client.poll_end(cx)).await.unwrap();
            let mut message = Message::default();
            assert!(receive(&client, &mut message).await.unwrap());
            assert_eq!(message.bytes(), b"late");
            assert!(!receive(&client, &mut message).await.unwrap());
        };
        let answering = async {
            let (mut message, mut kinds) = (Message::default(), Vec::new());
            for _ in 0..2 {
                assert!(receive(&server, &mut message).await.unwrap());
                kinds.push(message.kind());
            }
            assert_eq!(kinds, [Kind::Text, Kind::Binary]);
            send(&server, &Message::new(b"late")).await;
            assert!(!receive(&server, &mut message).await.unwrap());
        };
        tokio::join!(asking, answering);
        assert_eq!((client.closed().unwrap().code, server.closed().unwrap().code), (Some(1000), Some(1000)));
    });
}

proptest! {
    #[test]
    fn no_head_does_harm(head in prop::collection::vec(any::<u8>(), 0..300), begin in any::<bool>()) {
        let head = if begin { [WHOLE.as_bytes(), &head].concat() } else { head };
        let _ = Request::parse(&head).and_then(|request| judge(&request, &[]));
    }

    #[test]
    fn no_frames_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), first in 0x80u8..0x8b, server in any::<bool>()) {
        block_on(async {
            let (near, mut far) = tokio::io::duplex(1 << 12);
            let settings = Settings { limit: 1000, ping: Some(Duration::from_secs(3)), ..Settings::default() };
            let socket = over(near, if server { Role::Server } else { Role::Client }, &settings).await;
            let sending = async {
                far.write_all(&[&[first][..], &bytes].concat()).await.unwrap();
                let mut heard = Vec::new();
                let _ = far.read_to_end(&mut heard).await;
            };
            let hearing = async {
                let mut message = Message::default();
                while let Ok(true) = receive(&socket, &mut message).await {
                    assert!(message.len() <= 1000);
                }
                drop(socket);
            };
            tokio::join!(sending, hearing);
        });
    }
}
