//! Files and options that cannot be used are reported before any connection.

use rcgen::KeyPair;

use super::super::testing::{Pki, handshake, params, serving};
use super::super::{ClientOptions, ClientTls, LocalError, ServerOptions, ServerTls, TlsError};
use crate::exit::Exit;

fn client_error(options: &ClientOptions, host: Option<&str>) -> LocalError {
    local(ClientTls::new(options, host).err().unwrap())
}

fn local(error: TlsError) -> LocalError {
    assert_eq!(error.exit(), Exit::Usage);
    match error {
        TlsError::Local(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn a_ca_that_cannot_be_read_is_named() {
    let options = ClientOptions { ca: vec!["/nonexistent/ca".into()], ..ClientOptions::default() };
    assert!(client_error(&options, Some("h")).to_string().contains("/nonexistent/ca"));
    let options = ServerOptions { client_ca: vec!["/nonexistent/ca".into()], self_signed: true, ..Default::default() };
    assert!(local(ServerTls::new(&options).err().unwrap()).to_string().contains("/nonexistent/ca"));
}

#[test]
fn verification_needs_a_name() {
    let pki = Pki::new();
    assert!(matches!(client_error(&pki.trusting(), None), LocalError::NoName));
    assert!(matches!(client_error(&pki.trusting(), Some("a b")), LocalError::BadName { name } if name == "a b"));
    let named = ClientOptions { verify_host: Some("h".into()), ..pki.trusting() };
    assert!(ClientTls::new(&named, None).is_ok());
    assert!(ClientTls::new(&ClientOptions { verify: false, ..pki.trusting() }, None).is_ok());
}

#[test]
fn a_key_must_serve_its_certificate() {
    let pki = Pki::new();
    let (one, two) = (pki.client(), pki.leaf("two", &params(&["h"])));
    let options = ClientOptions { cert: Some(one.cert.clone()), key: Some(two.key.clone()), ..pki.trusting() };
    let error = client_error(&options, Some("h")).to_string();
    assert!(error.contains("two.key does not serve the certificate in") && error.contains("client.pem"), "{error}");
    let options = ServerOptions { certificates: vec![(one.cert.clone(), two.key)], ..ServerOptions::default() };
    assert!(matches!(local(ServerTls::new(&options).err().unwrap()), LocalError::KeyMismatch { .. }));
    let options = ClientOptions { key: Some(one.key), ..pki.trusting() };
    assert!(matches!(client_error(&options, Some("h")), LocalError::KeyWithoutCertificate { .. }));
    let options = ClientOptions { cert: Some(one.cert), ..pki.trusting() };
    assert!(matches!(client_error(&options, Some("h")), LocalError::NoKey { .. }));
}

#[tokio::test]
async fn a_key_in_the_certificates_own_file_is_found() {
    let pki = Pki::new();
    let (leaf, client) = (pki.leaf("good", &params(&["host.example"])), pki.client());
    let both: String = [&client.key, &client.cert].map(|path| std::fs::read_to_string(path).unwrap()).concat();
    let options = ClientOptions { cert: Some(pki.write("both.pem", &both)), ..pki.trusting() };
    let server = ServerOptions { client_ca: vec![pki.ca()], ..serving(&leaf) };
    let (_, theirs) = handshake(&options, "host.example", &server).await;
    assert_eq!(theirs.unwrap().1.chain.len(), 1);
}

#[test]
fn a_server_has_exactly_one_kind_of_certificate() {
    let pki = Pki::new();
    let options = ServerOptions::default();
    assert!(matches!(local(ServerTls::new(&options).err().unwrap()), LocalError::NoServerCertificate));
    let options = ServerOptions { self_signed: true, ..serving(&pki.leaf("x", &params(&["h"]))) };
    assert!(matches!(local(ServerTls::new(&options).err().unwrap()), LocalError::TwoServerCertificates));
}

#[test]
fn the_three_forms_of_a_key_are_read() {
    // PKCS#8 is what the other tests use. SEC1 and PKCS#1 have no writer here: their readers are told by their labels.
    let pki = Pki::new();
    let key = KeyPair::generate().unwrap();
    let path = pki.write("pkcs8.key", &key.serialize_pem());
    let kinds = [
        (path, "PrivatePkcs8KeyDer"),
        (pki.write("sec1.key", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"), "Sec1"),
        (pki.write("pkcs1.key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"), "Pkcs1"),
    ];
    for (path, kind) in kinds {
        let read = super::super::pki_files::key(&path).unwrap();
        let found = match read {
            rustls::pki_types::PrivateKeyDer::Pkcs8(_) => "PrivatePkcs8KeyDer",
            rustls::pki_types::PrivateKeyDer::Sec1(_) => "Sec1",
            _ => "Pkcs1",
        };
        assert_eq!(found, kind);
    }
}
