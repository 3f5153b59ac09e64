use proptest::prelude::*;

use super::super::super::socks;
use super::super::super::testing::{Peer, block_on};
use super::*;

const BY_NAME: &[u8] = b"\x05\x01\0\x03\x0chost.example\x01\xbb";

fn me() -> Credentials {
    Credentials { user: "me".to_owned(), password: "pw".to_owned() }
}

/// The result, and what the client has been told.
async fn served(bytes: &[u8], credentials: Option<&Credentials>) -> (Result<Request, RequestError>, Vec<u8>) {
    let mut peer = Peer::answering(bytes);
    let result = read_request(&mut peer.stream, credentials).await;
    (result, peer.received().await)
}

#[tokio::test]
async fn every_kind_of_target_is_read_and_not_one_byte_more() {
    for (request, target) in [
        (b"\x05\x01\0\x01\x0a\0\0\x01\0\x50".as_slice(), "10.0.0.1:80"),
        (BY_NAME, "host.example:443"),
        (b"\x05\x01\0\x03\x0810.0.0.1\0\x50", "10.0.0.1:80"),
        (&[b"\x05\x01\0\x04".as_slice(), &[0; 15], &[1, 0, 80]].concat(), "[::1]:80"),
    ] {
        let mut peer = Peer::answering(&[b"\x05\x02\0\x02", request, b"hello"].concat());
        let request = read_request(&mut peer.stream, None).await.unwrap();
        assert_eq!(request.target.to_string(), target);
        assert_eq!(request.first, b"");
        let mut rest = [0; 5];
        peer.stream.read_exact(&mut rest).await.unwrap();
        assert_eq!(&rest, b"hello");
        assert_eq!(peer.received().await, b"\x05\0");
    }
}

#[tokio::test]
async fn user_and_password_must_be_right() {
    for (sent, told, accepted) in [
        (b"\x05\x01\x02\x01\x02me\x02pw".as_slice(), b"\x05\x02\x01\0".as_slice(), true),
        (b"\x05\x01\x02\x01\x02me\x02px", b"\x05\x02\x01\x01", false),
        (b"\x05\x01\x02\x01\0\0", b"\x05\x02\x01\x01", false),
        (b"\x05\x01\0", b"\x05\xff", false),
        (b"\x05\0", b"\x05\xff", false),
    ] {
        let (result, answer) = served(&[sent, BY_NAME].concat(), Some(&me())).await;
        assert_eq!(answer, told, "{sent:?}");
        assert_eq!(result.is_ok(), accepted);
        assert!(accepted || matches!(result, Err(RequestError::Unauthorized)));
    }
}

#[tokio::test]
async fn what_is_not_served_is_refused_in_its_own_code() {
    for (sent, told) in [
        (b"\x05\x01\x02".as_slice(), b"\x05\xff".as_slice()),
        (b"\x04\x01\0\x50\x0a\0\0\x01me\0", b"\0\x5b\0\0\0\0\0\0"),
        (b"\x05\x01\0\x05\x02\0\x01\x0a\0\0\x01\0\x50", b"\x05\0\x05\x07\0\x01\0\0\0\0\0\0"),
        (b"\x05\x01\0\x05\x03\0\x01\x0a\0\0\x01\0\x50", b"\x05\0\x05\x07\0\x01\0\0\0\0\0\0"),
        (b"\x05\x01\0\x05\x01\0\x02\x0a\0\0\x01\0\x50", b"\x05\0\x05\x08\0\x01\0\0\0\0\0\0"),
        (b"\x05\x01\0\x05\x01\0\x03\0\0\x50", b"\x05\0\x05\x01\0\x01\0\0\0\0\0\0"),
        (b"\x05\x01\0\x05\x01\0\x03\x03a b\0\x50", b"\x05\0\x05\x01\0\x01\0\0\0\0\0\0"),
        (b"\x05\x01\0\x05\x01\0\x03\x02\xff\xff\0\x50", b"\x05\0\x05\x01\0\x01\0\0\0\0\0\0"),
        (b"\x05\x01\0\x04\x01\0\x01\x0a\0\0\x01\0\x50", b"\x05\0"),
        (b"GET / HTTP/1.1\r\n\r\n", b""),
        (b"\x16\x03\x01", b""),
    ] {
        let (result, answer) = served(sent, None).await;
        assert!(matches!(result, Err(RequestError::Malformed(_) | RequestError::Unsupported(_))), "{sent:?}");
        assert_eq!(answer, told, "{sent:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_cut_anywhere_is_an_error() {
    let whole = [b"\x05\x01\x02\x01\x02me\x02pw", BY_NAME].concat();
    for length in 0..whole.len() {
        let (result, _) = served(&whole[..length], Some(&me())).await;
        assert!(matches!(result, Err(RequestError::Closed)), "{length}");
    }
    assert!(served(&whole, Some(&me())).await.0.is_ok());
}

#[tokio::test]
async fn the_reply_names_our_end() {
    let (request, _) = served(&[b"\x05\x01\0", BY_NAME].concat(), None).await;
    let request = request.unwrap();
    for (local, reply) in [
        ("10.0.0.1:80", b"\x05\0\0\x01\x0a\0\0\x01\0\x50".as_slice()),
        ("[::ffff:10.0.0.1]:80", b"\x05\0\0\x01\x0a\0\0\x01\0\x50"),
        ("[::1]:80", b"\x05\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\x50"),
    ] {
        let mut peer = Peer::answering(b"");
        request.accept(&mut peer.stream, local.parse().unwrap()).await.unwrap();
        assert_eq!(peer.received().await, reply);
    }
}

#[tokio::test]
async fn refusals_have_their_code() {
    let (request, _) = served(&[b"\x05\x01\0", BY_NAME].concat(), None).await;
    let request = request.unwrap();
    for (kind, code) in [
        (io::ErrorKind::PermissionDenied, 2),
        (io::ErrorKind::NetworkUnreachable, 3),
        (io::ErrorKind::HostUnreachable, 4),
        (io::ErrorKind::NotFound, 4),
        (io::ErrorKind::ConnectionRefused, 5),
        (io::ErrorKind::TimedOut, 6),
        (io::ErrorKind::BrokenPipe, 1),
    ] {
        let mut peer = Peer::answering(b"");
        request.refuse(&mut peer.stream, kind.into()).await.unwrap();
        assert_eq!(peer.received().await, [5, code, 0, 1, 0, 0, 0, 0, 0, 0], "{kind}");
    }
}

#[tokio::test]
async fn our_two_sides_understand_each_other() {
    for credentials in [None, Some(me())] {
        let (mut ours, mut theirs) = tokio::io::duplex(3);
        let target = Target::Name { name: "host.example".to_owned(), port: 25 };
        let server = async {
            let request = read_request(&mut theirs, credentials.as_ref()).await.unwrap();
            request.accept(&mut theirs, "127.0.0.1:1".parse().unwrap()).await.unwrap();
            request.target
        };
        let (connected, found) = tokio::join!(socks::connect_v5(&mut ours, &target, credentials.as_ref()), server);
        connected.unwrap();
        assert_eq!(found, target);
    }
}

proptest! {
    #[test]
    fn no_request_does_harm(bytes in prop::collection::vec(0u8..6, 0..300), with_password in any::<bool>()) {
        block_on(async {
            let credentials = with_password.then(me);
            let mut peer = Peer::answering_at_once(&bytes);
            let _ = read_request(&mut peer.stream, credentials.as_ref()).await;
        });
    }
}
