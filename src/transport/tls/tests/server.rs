//! What a server shows, asks for, and refuses; and what both sides say of it.

use rcgen::{KeyPair, PKCS_ED25519};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::provider::provider;
use super::super::testing::{Pki, handshake, params, serving};
use super::super::{
    CertificateProblem, ClientOptions, ClientTls, HandshakeProblem, Pin, ServerOptions, ServerTls, TlsError, TlsVersion,
};
use crate::exit::Exit;

fn handshake_problem<T>(outcome: Result<T, TlsError>) -> HandshakeProblem {
    let error = outcome.err().expect("the handshake succeeded");
    assert_eq!(error.exit(), Exit::TlsFailed, "{error}");
    match error {
        TlsError::Handshake { problem, .. } => problem,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_client_certificate_is_sent_and_known_to_the_server() {
    let pki = Pki::new();
    let (leaf, client) = (pki.leaf("good", &params(&["host.example"])), pki.client());
    let server = ServerOptions { client_ca: vec![pki.ca()], ..serving(&leaf) };
    let options = ClientOptions { cert: Some(client.cert), key: Some(client.key), ..pki.trusting() };
    let (ours, theirs) = handshake(&options, "host.example", &server).await;
    ours.unwrap();
    let info = theirs.unwrap().1;
    assert!(info.verified);
    assert_eq!(info.chain[0].subject, "CN=the tester");
    let environment = info.environment();
    for (name, value) in [
        ("NETVERB_TLS_PROTOCOL", "TLSv1.3"),
        ("NETVERB_TLS_SNI", "host.example"),
        ("NETVERB_TLS_VERIFIED", "1"),
        ("NETVERB_TLS_CLIENT_SUBJECT", "CN=the tester"),
        ("NETVERB_TLS_CLIENT_SHA256", &Pin::of(&client.der).hex()),
    ] {
        assert!(environment.contains(&(name.to_owned(), value.to_owned())), "{name}: {environment:?}");
    }
}

#[tokio::test]
async fn a_missing_client_certificate_is_reported_by_both_sides() {
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example"]));
    let server = ServerOptions { client_ca: vec![pki.ca()], ..serving(&leaf) };
    let (ours, theirs) = handshake(&pki.trusting(), "host.example", &server).await;
    let error = theirs.err().unwrap();
    assert_eq!(error.to_string(), "certificate of the client not accepted: it sent none, and one is required");
    // Under TLS 1.3 the client learns of it at its first read.
    let mut received = Vec::new();
    let error = ours.unwrap().0.read_to_end(&mut received).await.unwrap_err();
    let error = TlsError::in_io(&error).unwrap();
    assert_eq!(error.exit(), Exit::TlsFailed);
    assert!(error.to_string().contains("requires a client certificate"), "{error}");
    assert_eq!(error.hints(), ["send one: --cert FILE --key FILE"]);
}

#[tokio::test]
async fn a_server_of_tls_1_2_that_asks_in_vain_is_understood_too() {
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example"]));
    let mut roots = rustls::RootCertStore::empty();
    roots.add(pki.ca_der()).unwrap();
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), provider());
    let config = rustls::ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![leaf.der.clone().into()], PrivateKeyDer::from_pem_file(&leaf.key).unwrap())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let client = ClientTls::new(&pki.trusting(), Some("host.example")).unwrap();
    let (one, two) = tokio::io::duplex(1 << 16);
    let (ours, _) = tokio::join!(client.connect(one), acceptor.accept(two));
    assert!(matches!(handshake_problem(ours), HandshakeProblem::CertificateRequired));
}

#[tokio::test]
async fn a_client_certificate_of_another_authority_is_refused() {
    let (pki, other) = (Pki::new(), Pki::called("another authority"));
    let (leaf, client) = (pki.leaf("good", &params(&["host.example"])), other.client());
    let server = ServerOptions { client_ca: vec![pki.ca()], ..serving(&leaf) };
    let options = ClientOptions { cert: Some(client.cert), key: Some(client.key), ..pki.trusting() };
    let (_, theirs) = handshake(&options, "host.example", &server).await;
    let error = theirs.err().unwrap();
    assert_eq!(error.exit(), Exit::BadCertificate, "{error}");
    assert_eq!(error.to_string(), "certificate of the client not accepted: its issuer is not trusted here");
    assert_eq!(error.hints(), ["the authorities of clients are named with --client-ca FILE"]);
}

#[tokio::test]
async fn the_application_protocol_is_agreed_on_or_the_handshake_fails() {
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example"]));
    let protocols = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let server = ServerOptions { alpn: protocols(&["h2", "http/1.1"]), ..serving(&leaf) };
    let client = |names: &[&str]| ClientOptions { alpn: protocols(names), ..pki.trusting() };
    let (ours, theirs) = handshake(&client(&["http/1.1", "h2"]), "host.example", &server).await;
    assert_eq!(ours.unwrap().1.alpn.as_deref(), Some("h2"), "the server's order decides");
    assert_eq!(theirs.unwrap().1.alpn.as_deref(), Some("h2"));
    let (ours, theirs) = handshake(&client(&["mqtt"]), "host.example", &server).await;
    assert!(matches!(handshake_problem(ours), HandshakeProblem::NoCommonProtocol));
    assert!(matches!(handshake_problem(theirs), HandshakeProblem::NoCommonProtocol));
    let (ours, _) = handshake(&pki.trusting(), "host.example", &server).await;
    assert_eq!(ours.unwrap().1.alpn, None);
}

#[tokio::test]
async fn the_oldest_version_is_held_by_both_sides() {
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example"]));
    let server = |min_version| ServerOptions { min_version, ..serving(&leaf) };
    let client = |min_version| ClientOptions { min_version, ..pki.trusting() };
    let (ours, _) = handshake(&client(TlsVersion::V1_3), "host.example", &server(TlsVersion::V1_3)).await;
    assert_eq!(ours.unwrap().1.protocol.as_deref(), Some("TLSv1.3"));
    // A peer that knows TLS 1.2 alone.
    for ours_is_client in [true, false] {
        let (one, two) = tokio::io::duplex(1 << 16);
        let outcome = if ours_is_client {
            let tls = ClientTls::new(&client(TlsVersion::V1_3), Some("host.example")).unwrap();
            tokio::join!(tls.connect(one), old_server(two, &leaf.cert, &leaf.key)).0.map(|_| ())
        } else {
            let tls = ServerTls::new(&server(TlsVersion::V1_3)).unwrap();
            tokio::join!(tls.accept(one), old_client(two)).0.map(|_| ())
        };
        assert!(matches!(handshake_problem(outcome), HandshakeProblem::NoCommonVersion), "{ours_is_client}");
    }
}

/// A server that only speaks TLS 1.2 sends its alert or hello and goes.
async fn old_server(stream: tokio::io::DuplexStream, cert: &std::path::Path, key: &std::path::Path) {
    let chain = vec![CertificateDer::from_pem_file(cert).unwrap()];
    let config = rustls::ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key).unwrap())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    assert!(acceptor.accept(stream).await.is_err());
}

async fn old_client(stream: tokio::io::DuplexStream) {
    let config = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    assert!(connector.connect("host.example".try_into().unwrap(), stream).await.is_err());
}

#[tokio::test]
async fn the_name_that_the_client_sends_chooses_the_certificate() {
    let pki = Pki::new();
    let leaves = [
        pki.leaf("one", &params(&["one.example"])),
        pki.leaf("two", &params(&["*.two.example"])),
        pki.leaf("three", &params(&["three.example"])),
    ];
    let certificates = leaves.iter().map(|leaf| (leaf.cert.clone(), leaf.key.clone())).collect();
    let server = ServerOptions { certificates, ..ServerOptions::default() };
    assert_eq!(ServerTls::new(&server).unwrap().pins()[1], Pin::of(&leaves[1].der));
    let options = ClientOptions { verify: false, ..ClientOptions::default() };
    for (host, served) in
        [("one.example", 0), ("a.two.example", 1), ("three.example", 2), ("other.example", 0), ("127.0.0.1", 0)]
    {
        let (ours, _) = handshake(&options, host, &server).await;
        assert_eq!(ours.unwrap().1.chain[0].sha256, Pin::of(&leaves[served].der).hex(), "{host}");
    }
}

#[tokio::test]
async fn a_certificate_whose_key_the_client_cannot_verify_gives_way_to_one_it_can() {
    let pki = Pki::new();
    let edwards = {
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let certificate = params(&["other.example"]).self_signed(&key).unwrap();
        (pki.write("ed.pem", &certificate.pem()), pki.write("ed.key", &key.serialize_pem()))
    };
    let leaf = pki.leaf("good", &params(&["other.example"]));
    let certificates = vec![edwards, (leaf.cert.clone(), leaf.key.clone())];
    let server = ServerTls::new(&ServerOptions { certificates, ..ServerOptions::default() }).unwrap();
    // The schemes that a client offers are those of its provider.
    let mut provider = rustls::crypto::ring::default_provider();
    provider.signature_verification_algorithms.mapping = &provider.signature_verification_algorithms.mapping[..2];
    let mut roots = rustls::RootCertStore::empty();
    roots.add(pki.ca_der()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let (one, two) = tokio::io::duplex(1 << 16);
    let (ours, _) = tokio::join!(connector.connect("other.example".try_into().unwrap(), one), server.accept(two));
    assert_eq!(ours.unwrap().get_ref().1.peer_certificates().unwrap()[0].as_ref(), leaf.der);
    // For a name that no certificate has, the client is still shown one that it can read.
    let (one, two) = tokio::io::duplex(1 << 16);
    let (_, theirs) = tokio::join!(connector.connect("third.example".try_into().unwrap(), one), server.accept(two));
    assert!(matches!(handshake_problem(theirs), HandshakeProblem::Alert { name } if name == "bad_certificate"));
}

#[tokio::test]
async fn the_self_signed_certificate_is_found_by_its_pin() {
    let options = ServerOptions { self_signed: true, names: vec!["host.example".into()], ..ServerOptions::default() };
    let server = ServerTls::new(&options).unwrap();
    let client = ClientOptions { pins: server.pins().to_vec(), ..ClientOptions::default() };
    let client = ClientTls::new(&client, Some("10.9.8.7")).unwrap();
    let (one, two) = tokio::io::duplex(1 << 16);
    let (ours, theirs) = tokio::join!(client.connect(one), server.accept(two));
    let info = ours.unwrap().1;
    assert!(info.verified);
    assert_eq!(info.chain[0].names, ["localhost", "127.0.0.1", "::1", "host.example"]);
    let theirs = theirs.unwrap().1;
    assert_eq!((theirs.verified, theirs.chain.len()), (false, 0));
}

#[tokio::test]
async fn plain_text_is_called_so_by_both_sides() {
    let server = ServerTls::new(&ServerOptions { self_signed: true, ..ServerOptions::default() }).unwrap();
    let client = ClientTls::new(&ClientOptions { verify: false, ..ClientOptions::default() }, Some("h")).unwrap();
    for text in ["GET / HTTP/1.1\r\nHost: h\r\n\r\n", "220 mail.example ESMTP\r\n", "hello\n", "{}\n\n\n"] {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        theirs.write_all(text.as_bytes()).await.unwrap();
        let problem = handshake_problem(server.accept(ours).await);
        assert!(matches!(problem, HandshakeProblem::PlainText), "{text}: {problem}");
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        theirs.write_all(text.as_bytes()).await.unwrap();
        let error = client.connect(ours).await.err().unwrap();
        assert!(error.to_string().contains("does not speak TLS"), "{text}: {error}");
        assert!(error.hints()[0].contains("--starttls"));
    }
}

#[tokio::test]
async fn a_peer_that_goes_away_in_mid_handshake_is_reported() {
    let server = ServerTls::new(&ServerOptions { self_signed: true, ..ServerOptions::default() }).unwrap();
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    drop(theirs);
    assert!(matches!(handshake_problem(server.accept(ours).await), HandshakeProblem::Closed));
}

#[tokio::test]
async fn a_silent_peer_is_dropped_when_the_time_is_over() {
    let limit = Some(std::time::Duration::from_millis(20));
    let server = ServerOptions { self_signed: true, handshake_timeout: limit, ..ServerOptions::default() };
    let server = ServerTls::new(&server).unwrap();
    let client = ClientOptions { verify: false, handshake_timeout: limit, ..ClientOptions::default() };
    let client = ClientTls::new(&client, Some("h")).unwrap();
    let (ours, _theirs) = tokio::io::duplex(1 << 16);
    let error = server.accept(ours).await.err().unwrap();
    assert_eq!(error.exit(), Exit::TimedOut);
    assert_eq!(error.to_string(), "TLS handshake with the client not finished within 20ms");
    let (ours, _theirs) = tokio::io::duplex(1 << 16);
    assert_eq!(client.connect(ours).await.err().unwrap().exit(), Exit::TimedOut);
}

#[tokio::test]
async fn a_rejected_server_is_not_told_our_certificate() {
    let (pki, other) = (Pki::new(), Pki::new());
    let (leaf, client) = (other.self_signed("self", &params(&["host.example"])), pki.client());
    let options = ClientOptions { cert: Some(client.cert), key: Some(client.key), ..pki.trusting() };
    let server = ServerOptions { client_ca: vec![pki.ca()], ..serving(&leaf) };
    let (ours, theirs) = handshake(&options, "host.example", &server).await;
    let Err(TlsError::Certificate(rejection)) = ours else { panic!() };
    assert_eq!(rejection.problem, CertificateProblem::SelfSigned);
    assert!(matches!(handshake_problem(theirs), HandshakeProblem::Alert { name } if name == "unknown_ca"));
}
