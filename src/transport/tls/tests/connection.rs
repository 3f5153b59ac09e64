//! Established connections: cuts, half-closes, alerts, large transfers.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::super::provider::provider;
use super::super::testing::{Pki, handshake, params, serving};
use super::super::{ClientTls, ServerTls, TlsError, TlsStream};
use crate::exit::Exit;

async fn connected() -> (TlsStream<DuplexStream>, TlsStream<DuplexStream>) {
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example"]));
    let (client, server) = handshake(&pki.trusting(), "host.example", &serving(&leaf)).await;
    (client.unwrap().0, server.unwrap().0)
}

/// Reads to the end with a buffer of this size.
async fn drain(stream: &mut TlsStream<DuplexStream>, size: usize) -> (Vec<u8>, std::io::Result<()>) {
    let (mut all, mut buffer) = (Vec::new(), vec![0; size]);
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return (all, Ok(())),
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            Err(error) => return (all, Err(error)),
        }
    }
}

#[tokio::test]
async fn a_cut_is_an_error_after_the_data_that_came() {
    for size in [1, 100, 1 << 20] {
        let (mut client, mut server) = connected().await;
        server.write_all(&[7; 50_000]).await.unwrap();
        server.flush().await.unwrap();
        drop(server);
        let (data, end) = drain(&mut client, size).await;
        assert_eq!(data, [7; 50_000]);
        let error = end.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        let error = TlsError::in_io(&error).unwrap();
        assert!(matches!(error, TlsError::Truncated));
        assert_eq!(error.exit(), Exit::ReceiveFailed);
        // It stays an error however often it is asked.
        assert_eq!(client.read(&mut [0; 8]).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }
}

#[tokio::test]
async fn a_half_close_ends_one_direction_alone() {
    for client_first in [true, false] {
        let (client, server) = connected().await;
        let (mut first, mut second) = if client_first { (client, server) } else { (server, client) };
        first.write_all(b"question").await.unwrap();
        first.shutdown().await.unwrap();
        assert_eq!(drain(&mut second, 100).await.0, b"question");
        second.write_all(&[9; 300_000]).await.unwrap();
        second.shutdown().await.unwrap();
        let (data, end) = drain(&mut first, 4096).await;
        assert_eq!(data, [9; 300_000]);
        end.unwrap();
    }
}

#[tokio::test]
async fn while_the_peer_does_not_read_a_quarter_of_a_mebibyte_waits_and_no_more() {
    let (mut client, _server) = connected().await;
    let mut taken = 0;
    loop {
        let blocked = std::future::ready(None);
        let write = async { Some(client.write(&[1; 100_000]).await.unwrap()) };
        match tokio::select! { biased; count = write => count, count = blocked => count } {
            Some(count) => taken += count,
            None => break,
        }
    }
    // The pipe of the tests holds a mebibyte.
    assert!((1 << 20) + 200_000 < taken && taken < (1 << 20) + 300_000, "{taken}");
}

#[tokio::test]
async fn large_writes_are_taken_whole_and_arrive_whole() {
    let (mut client, mut server) = connected().await;
    let data: Vec<u8> = (0..3_000_000_u32).map(|number| number as u8).collect();
    let expected = data.clone();
    let writer = tokio::spawn(async move {
        client.write_all(&data).await.unwrap();
        client.shutdown().await.unwrap();
        client
    });
    let (received, end) = drain(&mut server, 256 * 1024).await;
    end.unwrap();
    assert!(received == expected);
    writer.await.unwrap();
}

/// A connection whose client reads what `edit` makes of the server's records after the handshake.
async fn edited(edit: impl FnOnce(&mut Vec<u8>)) -> (Vec<u8>, std::io::Error) {
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example"]));
    let client = ClientTls::new(&pki.trusting(), Some("host.example")).unwrap();
    let server = ServerTls::new(&serving(&leaf)).unwrap();
    let (near, mut middle_near) = tokio::io::duplex(1 << 20);
    let (mut middle_far, far) = tokio::io::duplex(1 << 20);
    let (sender, relayed) = tokio::sync::oneshot::channel();
    let middle = tokio::spawn(async move {
        let mut stop = relayed;
        let (mut up, mut down) = ([0; 4096], [0; 4096]);
        loop {
            tokio::select! {
                count = middle_near.read(&mut up) => middle_far.write_all(&up[..count.unwrap()]).await.unwrap(),
                count = middle_far.read(&mut down) => middle_near.write_all(&down[..count.unwrap()]).await.unwrap(),
                _ = &mut stop => break,
            }
        }
        (middle_near, middle_far)
    });
    let (client, server) = tokio::join!(client.connect(near), server.accept(far));
    let (mut client, mut server) = (client.unwrap().0, server.unwrap().0);
    sender.send(()).unwrap();
    let (mut middle_near, mut middle_far) = middle.await.unwrap();
    server.write_all(&[5; 1000]).await.unwrap();
    server.flush().await.unwrap();
    server.write_all(&[6; 1000]).await.unwrap();
    server.flush().await.unwrap();
    drop(server);
    let mut records = Vec::new();
    middle_far.read_to_end(&mut records).await.unwrap();
    edit(&mut records);
    middle_near.write_all(&records).await.unwrap();
    drop(middle_near);
    let (data, end) = drain(&mut client, 1 << 16).await;
    (data, end.unwrap_err())
}

#[tokio::test]
async fn a_damaged_record_is_an_error_after_the_good_ones_before_it() {
    let (data, error) = edited(|records| *records.last_mut().unwrap() ^= 1).await;
    assert_eq!(data, [5; 1000]);
    let error = TlsError::in_io(&error).unwrap();
    assert!(matches!(error, TlsError::Broken(_)), "{error}");
    assert_eq!(error.exit(), Exit::ReceiveFailed);
}

#[tokio::test]
async fn a_record_cut_in_the_middle_is_a_truncation() {
    let (data, error) = edited(|records| records.truncate(records.len() - 1)).await;
    assert_eq!(data, [5; 1000]);
    assert!(matches!(TlsError::in_io(&error), Some(TlsError::Truncated)));
}

#[tokio::test]
async fn a_server_sends_nothing_after_the_handshake_by_itself() {
    // A client that only sends would leave it unread, and its system answer with a reset that destroys its data.
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example"]));
    let server = ServerTls::new(&serving(&leaf)).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(pki.ca_der()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let (near, far) = tokio::io::duplex(1 << 16);
    let (client, server) =
        tokio::join!(connector.connect("host.example".try_into().unwrap(), near), server.accept(far));
    drop(server.unwrap());
    let mut unread = Vec::new();
    client.unwrap().get_mut().0.read_to_end(&mut unread).await.unwrap();
    assert_eq!(unread, b"");
}
