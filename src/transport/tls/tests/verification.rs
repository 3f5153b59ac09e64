//! Which servers a client accepts, and what it says of those that it does not.

use std::net::Ipv4Addr;
use std::sync::Arc;

use rcgen::{BasicConstraints, IsCa, SanType, date_time_ymd};
use tokio::io::AsyncReadExt;

use super::super::testing::{Leaf, Pki, handshake, named, params, serving, version_1};
use super::super::{CertificateInfo, CertificateProblem, ClientOptions, ClientTls, Pin, SessionInfo, TlsError};
use crate::exit::Exit;

/// The client's session, or the rejection; and that the server has got no application byte.
async fn client_of(options: &ClientOptions, host: &str, leaf: &Leaf) -> Result<SessionInfo, TlsError> {
    let (client, server) = handshake(options, host, &serving(leaf)).await;
    let outcome = client.map(|(_, info)| info);
    if outcome.is_err()
        && let Ok((mut stream, _)) = server
    {
        let mut received = Vec::new();
        assert!(stream.read_to_end(&mut received).await.is_err());
        assert!(received.is_empty());
    }
    outcome
}

async fn problem_of(options: &ClientOptions, host: &str, leaf: &Leaf) -> (CertificateProblem, TlsError) {
    let error = client_of(options, host, leaf).await.unwrap_err();
    assert_eq!(error.exit(), Exit::BadCertificate, "{error}");
    let TlsError::Certificate(rejection) = &error else { panic!("{error}") };
    assert_eq!(rejection.session.chain, [CertificateInfo::read(&leaf.der)], "the rejected chain can be shown");
    assert!(!rejection.session.verified);
    (rejection.problem.clone(), error)
}

#[tokio::test]
async fn a_trusted_certificate_for_the_name_is_accepted() {
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example"]));
    let info = client_of(&pki.trusting(), "host.example", &leaf).await.unwrap();
    assert!(info.verified);
    assert_eq!(info.protocol.as_deref(), Some("TLSv1.3"));
    assert!(info.cipher.as_deref().is_some_and(|cipher| cipher.starts_with("TLS_")), "{info}");
    assert_eq!(info.server_name.as_deref(), Some("host.example"));
    assert_eq!(info.chain, [CertificateInfo::read(&leaf.der)]);
    assert!(info.min_days_left().unwrap() > 1000);
}

#[tokio::test]
async fn another_name_is_refused_and_the_names_are_listed() {
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example", "10.0.0.1"]));
    let (problem, error) = problem_of(&pki.trusting(), "other.example", &leaf).await;
    let names = vec!["host.example".to_owned(), "10.0.0.1".to_owned()];
    assert_eq!(problem, CertificateProblem::WrongName { expected: "other.example".into(), names });
    assert_eq!(
        error.to_string(),
        "certificate of other.example not accepted: it is not for \"other.example\" but for \"host.example\", \"10.0.0.1\""
    );
    assert_eq!(error.hints()[0], "if that is the one you mean: --verify-host host.example");
}

#[tokio::test]
async fn the_common_name_does_not_count() {
    let pki = Pki::new();
    let mut params = params(&[]);
    params.distinguished_name = named("host.example");
    let leaf = pki.leaf("cn", &params);
    let (problem, _) = problem_of(&pki.trusting(), "host.example", &leaf).await;
    assert!(matches!(problem, CertificateProblem::WrongName { names, .. } if names.is_empty()));
}

#[tokio::test]
async fn a_wildcard_stands_for_one_label() {
    let pki = Pki::new();
    let leaf = pki.leaf("wild", &params(&["*.host.example"]));
    for (host, accepted) in [("a.host.example", true), ("host.example", false), ("a.b.host.example", false)] {
        assert_eq!(client_of(&pki.trusting(), host, &leaf).await.is_ok(), accepted, "{host}");
    }
}

#[tokio::test]
async fn an_address_is_verified_against_the_addresses_and_never_sent() {
    let pki = Pki::new();
    let mut with_address = params(&["host.example"]);
    with_address.subject_alt_names.push(SanType::IpAddress(Ipv4Addr::new(127, 0, 0, 7).into()));
    let leaf = pki.leaf("address", &with_address);
    let info = client_of(&pki.trusting(), "127.0.0.7", &leaf).await.unwrap();
    assert_eq!(info.server_name, None);
    problem_of(&pki.trusting(), "127.0.0.8", &leaf).await;
    // An address written as a host name is not one.
    let mut as_name = params(&[]);
    as_name.subject_alt_names.push(SanType::DnsName("127.0.0.7".try_into().unwrap()));
    let leaf = pki.leaf("name", &as_name);
    problem_of(&pki.trusting(), "127.0.0.7", &leaf).await;
}

#[tokio::test]
async fn verify_host_is_the_name_that_is_verified_and_sent() {
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example", "10.0.0.1"]));
    let options = |name: &str| ClientOptions { verify_host: Some(name.to_owned()), ..pki.trusting() };
    for host in ["127.0.0.1", "tunnel.example"] {
        let (client, server) = handshake(&options("host.example"), host, &serving(&leaf)).await;
        assert!(client.unwrap().1.verified);
        assert_eq!(server.unwrap().1.server_name.as_deref(), Some("host.example"), "{host}");
    }
    // An address is verified, and the host's own name sent.
    let (client, server) = handshake(&options("10.0.0.1"), "tunnel.example", &serving(&leaf)).await;
    assert!(client.unwrap().1.verified);
    assert_eq!(server.unwrap().1.server_name.as_deref(), Some("tunnel.example"));
    problem_of(&options("other.example"), "host.example", &leaf).await;
}

#[tokio::test]
async fn an_expired_certificate_is_refused_with_its_date() {
    let pki = Pki::new();
    let mut expired = params(&["host.example"]);
    expired.not_after = date_time_ymd(2020, 2, 3);
    let (problem, error) = problem_of(&pki.trusting(), "host.example", &pki.leaf("old", &expired)).await;
    assert_eq!(problem, CertificateProblem::Expired { since: "2020-02-03T00:00:00Z".into() });
    assert!(error.session().unwrap().min_days_left().unwrap() < -1000);
}

#[tokio::test]
async fn a_certificate_of_the_future_is_refused_with_its_date() {
    let pki = Pki::new();
    let mut future = params(&["host.example"]);
    future.not_before = date_time_ymd(3000, 1, 1);
    let (problem, _) = problem_of(&pki.trusting(), "host.example", &pki.leaf("new", &future)).await;
    assert_eq!(problem, CertificateProblem::NotYetValid { from: "3000-01-01T00:00:00Z".into() });
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_named() {
    let (pki, other) = (Pki::new(), Pki::new());
    let leaf = other.leaf("good", &params(&["host.example"]));
    // One of the same name is trusted, with another key: as after an authority was made anew.
    let (problem, _) = problem_of(&pki.trusting(), "host.example", &leaf).await;
    assert_eq!(problem, CertificateProblem::BadSignature { issuer: Some("CN=test authority".into()) });
    let pki = Pki::called("another authority");
    let (problem, error) = problem_of(&pki.trusting(), "host.example", &leaf).await;
    assert_eq!(problem, CertificateProblem::UnknownIssuer { issuer: Some("CN=test authority".into()) });
    let pin = Pin::of(&leaf.der).to_string();
    assert!(error.hints().iter().any(|hint| hint.contains(&pin)), "{:?}", error.hints());
    assert!(error.hints().iter().any(|hint| hint.contains("--no-verify")));
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_as_such() {
    let pki = Pki::new();
    let mut namesake = params(&["host.example"]);
    namesake.distinguished_name = named("test authority");
    let (problem, _) = problem_of(&pki.trusting(), "host.example", &pki.self_signed("namesake", &namesake)).await;
    assert_eq!(problem, CertificateProblem::SelfSigned, "though a trusted authority has the same name");
    let leaf = pki.self_signed("self", &params(&["host.example"]));
    let (problem, error) = problem_of(&pki.trusting(), "host.example", &leaf).await;
    assert_eq!(problem, CertificateProblem::SelfSigned);
    assert!(error.hints()[0].contains("--ca FILE"));
    // Trusted by itself it is accepted.
    let options = ClientOptions { ca: vec![leaf.cert.clone()], ..ClientOptions::default() };
    assert!(client_of(&options, "host.example", &leaf).await.unwrap().verified);
}

#[tokio::test]
async fn an_authority_serves_only_where_it_is_itself_named_or_pinned() {
    let pki = Pki::new();
    let mut authority = params(&["host.example"]);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let leaf = pki.self_signed("authority", &authority);
    // What `openssl req -x509` makes, given to both ends.
    let named = ClientOptions { ca: vec![leaf.cert.clone()], ..ClientOptions::default() };
    assert!(client_of(&named, "host.example", &leaf).await.unwrap().verified);
    let (problem, _) = problem_of(&named, "other.example", &leaf).await;
    assert!(matches!(problem, CertificateProblem::WrongName { .. }), "{problem:?}");
    let mut expired = authority.clone();
    expired.not_after = date_time_ymd(2020, 2, 3);
    let old = pki.self_signed("expired-authority", &expired);
    let named_old = ClientOptions { ca: vec![old.cert.clone()], ..ClientOptions::default() };
    let (problem, _) = problem_of(&named_old, "host.example", &old).await;
    assert!(matches!(problem, CertificateProblem::Expired { .. }), "{problem:?}");
    // Another authority of that name does not vouch for it.
    let namesake = pki.self_signed("namesake", &authority);
    let other = ClientOptions { ca: vec![namesake.cert.clone()], ..ClientOptions::default() };
    problem_of(&other, "host.example", &leaf).await;
    let pinned = ClientOptions { pins: vec![Pin::of(&leaf.der)], ..ClientOptions::default() };
    assert!(client_of(&pinned, "host.example", &leaf).await.unwrap().verified);
}

#[tokio::test]
async fn a_pin_alone_is_trust_enough() {
    let pki = Pki::new();
    let mut expired = params(&["other.example"]);
    expired.not_after = date_time_ymd(2020, 2, 3);
    let leaf = pki.self_signed("pinned", &expired);
    let wrong = Pin::of(b"another");
    for verify in [true, false] {
        let options = |pins: &[Pin]| ClientOptions { verify, pins: pins.to_vec(), ..ClientOptions::default() };
        let info = client_of(&options(&[wrong, Pin::of(&leaf.der)]), "host.example", &leaf).await.unwrap();
        assert!(info.verified);
        let (problem, _) = problem_of(&options(&[wrong]), "host.example", &leaf).await;
        assert_eq!(problem, CertificateProblem::NotPinned { found: Pin::of(&leaf.der) });
    }
}

#[tokio::test]
async fn with_an_authority_the_pin_is_checked_beside_it() {
    let pki = Pki::new();
    let leaf = pki.leaf("good", &params(&["host.example"]));
    let options = |pin: Pin| ClientOptions { pins: vec![pin], ..pki.trusting() };
    let good = Pin::of(&leaf.der);
    assert!(client_of(&options(good), "host.example", &leaf).await.unwrap().verified);
    let (problem, _) = problem_of(&options(Pin::of(b"")), "host.example", &leaf).await;
    assert!(matches!(problem, CertificateProblem::NotPinned { .. }));
    let (problem, _) = problem_of(&options(good), "other.example", &leaf).await;
    assert!(matches!(problem, CertificateProblem::WrongName { .. }));
    let stranger = pki.self_signed("stranger", &params(&["host.example"]));
    let (problem, _) = problem_of(&options(Pin::of(&stranger.der)), "host.example", &stranger).await;
    assert_eq!(problem, CertificateProblem::SelfSigned);
}

#[tokio::test]
async fn without_verification_anything_is_accepted_and_called_unverified() {
    let pki = Pki::new();
    let mut expired = params(&["other.example"]);
    expired.not_after = date_time_ymd(2020, 2, 3);
    let leaf = pki.self_signed("any", &expired);
    let options = ClientOptions { verify: false, ..ClientOptions::default() };
    for host in ["host.example", "127.0.0.1", "not a name"] {
        let info = client_of(&options, host, &leaf).await.unwrap();
        assert!(!info.verified, "{host}");
        assert_eq!(info.chain, [CertificateInfo::read(&leaf.der)]);
    }
}

/// A server with a certificate of version 1, which our own side refuses to serve, in one version of TLS.
fn old_server(version: &'static rustls::SupportedProtocolVersion) -> (Pin, tokio_rustls::TlsAcceptor) {
    let (der, key) = version_1(&params(&[]));
    let pin = Pin::of(&der);
    let provider = super::super::provider::provider();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let certified = rustls::sign::CertifiedKey::new(vec![der.into()], key);
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    (pin, tokio_rustls::TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn a_certificate_of_version_1_can_be_pinned_and_its_key_is_still_checked() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (pin, server) = old_server(version);
        for (verify, pins) in [(true, vec![pin]), (false, Vec::new())] {
            let options = ClientOptions { verify, pins, ..ClientOptions::default() };
            let client = ClientTls::new(&options, Some("host.example")).unwrap();
            let (one, two) = tokio::io::duplex(1 << 16);
            let (ours, _) = tokio::join!(client.connect(one), server.accept(two));
            assert_eq!(ours.unwrap().1.chain[0].sha256, pin.hex());
        }
        let client = ClientTls::new(&Pki::new().trusting(), Some("host.example")).unwrap();
        let (one, two) = tokio::io::duplex(1 << 16);
        let (ours, _) = tokio::join!(client.connect(one), server.accept(two));
        let Err(TlsError::Certificate(rejection)) = ours else { panic!() };
        assert_eq!(rejection.problem, CertificateProblem::OldFormat);
    }
}

#[tokio::test]
async fn whoever_shows_a_pinned_certificate_without_its_key_is_refused() {
    let pki = Pki::new();
    let (leaf, thief) = (pki.leaf("good", &params(&["host.example"])), rcgen::KeyPair::generate().unwrap());
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let provider = super::super::provider::provider();
        let key = rustls::pki_types::PrivateKeyDer::try_from(thief.serialize_der()).unwrap();
        let key = provider.key_provider.load_private_key(key).unwrap();
        let certified = rustls::sign::CertifiedKey::new(vec![leaf.der.clone().into()], key);
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
        let server = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        for options in [ClientOptions { pins: vec![Pin::of(&leaf.der)], ..ClientOptions::default() }, pki.trusting()] {
            let client = ClientTls::new(&options, Some("host.example")).unwrap();
            let (one, two) = tokio::io::duplex(1 << 16);
            let (ours, _) = tokio::join!(client.connect(one), server.accept(two));
            let error = ours.err().unwrap();
            assert_eq!(error.exit(), Exit::BadCertificate);
            assert!(error.to_string().ends_with("the peer cannot prove that it has the certificate's key"), "{error}");
            assert!(error.hints().is_empty());
        }
    }
}
