//! SOCKS, the asking side: version 4 with its extension 4a, and version 5 with user and password (RFC 1928, RFC 1929).
//! The protocol itself is the library's, which reads no byte past the proxy's answer.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_socks::tcp::{Socks4Stream, Socks5Stream};
use tokio_socks::{Error, TargetAddr};

use super::credentials::Credentials;
use super::error::ProxyError;
use super::target::Target;

/// The longest user that version 4 is sent: beside the longest name it fits the library's buffer.
const LONGEST_V4_USER: usize = 240;

/// Asks a SOCKS4 proxy for a connection; a name makes it 4a. Of the credentials only the user can be sent.
pub(super) async fn connect_v4<S>(
    stream: &mut S,
    target: &Target,
    credentials: Option<&Credentials>,
) -> Result<(), ProxyError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if matches!(target, Target::Address(address) if address.is_ipv6()) {
        let reason = "SOCKS4 has no IPv6 addresses, socks5:// has".to_owned();
        return Err(ProxyError::Target { target: target.clone(), reason });
    }
    let target = speakable(target)?;
    let user = credentials.map(|credentials| credentials.user.as_str()).filter(|user| !user.is_empty());
    let result = match user {
        None => Socks4Stream::connect_with_socket(stream, target).await,
        Some(user) if user.len() > LONGEST_V4_USER || user.contains('\0') => {
            return Err(ProxyError::Credentials { reason: "a SOCKS4 user has at most 240 bytes and no NUL" });
        }
        Some(user) => Socks4Stream::connect_with_userid_and_socket(stream, target, user).await,
    };
    result.map(|_| ()).map_err(failure)
}

/// Asks a SOCKS5 proxy for a connection.
pub(super) async fn connect_v5<S>(
    stream: &mut S,
    target: &Target,
    credentials: Option<&Credentials>,
) -> Result<(), ProxyError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let target = speakable(target)?;
    let result = match credentials {
        None => Socks5Stream::connect_with_socket(stream, target).await,
        Some(Credentials { user, password })
            if !(1..=255).contains(&user.len()) || !(1..=255).contains(&password.len()) =>
        {
            return Err(ProxyError::Credentials { reason: "a SOCKS5 user and password have 1 to 255 bytes each" });
        }
        Some(Credentials { user, password }) => {
            Socks5Stream::connect_with_password_and_socket(stream, target, user, password).await
        }
    };
    result.map(|_| ()).map_err(failure)
}

/// The library cuts long names and would send a NUL in one; both are refused here.
fn speakable(target: &Target) -> Result<TargetAddr<'_>, ProxyError> {
    match target {
        _ if !target.is_speakable() => {
            let reason = "the name has characters that cannot be sent, or more than 255".to_owned();
            Err(ProxyError::Target { target: target.clone(), reason })
        }
        Target::Name { name, port } => Ok(TargetAddr::Domain(name.as_str().into(), *port)),
        Target::Address(address) => Ok(TargetAddr::Ip(*address)),
    }
}

fn failure(error: Error) -> ProxyError {
    let refused = |reason| ProxyError::Refused { reason };
    let unauthorized = |reason| ProxyError::Unauthorized { reason };
    let senseless = |found: &str| ProxyError::Senseless { expected: "a SOCKS", found: found.to_owned() };
    match error {
        Error::Io(error) => ProxyError::from(error),
        Error::GeneralSocksServerFailure => refused("it could not or would not connect"),
        Error::ConnectionNotAllowedByRuleset => refused("its rules do not allow this connection"),
        Error::NetworkUnreachable => refused("network unreachable"),
        Error::HostUnreachable => refused("host unreachable"),
        Error::ConnectionRefused => refused("connection refused"),
        Error::TtlExpired => refused("time to live expired"),
        Error::CommandNotSupported => refused("it does not support connecting"),
        Error::AddressTypeNotSupported => refused("it does not support this kind of address"),
        Error::NoAcceptableAuthMethods => unauthorized("it wants another way of authentication"),
        Error::AuthorizationRequired => unauthorized("it wants a user and a password"),
        Error::PasswordAuthFailure(_) => unauthorized("wrong user or password"),
        Error::IdentdAuthFailure => unauthorized("it cannot ask our identd for the user"),
        Error::InvalidUserIdAuthFailure => unauthorized("our identd names another user"),
        Error::InvalidResponseVersion => senseless("another version"),
        Error::InvalidReservedByte => senseless("a reserved byte that is not zero"),
        Error::UnknownAddressType => senseless("an unknown type of address"),
        Error::UnknownAuthMethod | Error::UnknownError => senseless("an unknown code"),
        other => senseless(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt;

    use super::super::testing::{Peer, block_on};
    use super::*;

    const GRANTED_V4: &[u8] = &[0, 90, 0, 80, 1, 2, 3, 4];

    fn name() -> Target {
        Target::Name { name: "host.example".to_owned(), port: 80 }
    }

    fn address(text: &str) -> Target {
        Target::Address(text.parse().unwrap())
    }

    fn credentials(user: &str, password: &str) -> Credentials {
        Credentials { user: user.to_owned(), password: password.to_owned() }
    }

    #[tokio::test]
    async fn version_4_asks_by_address_and_4a_by_name() {
        let me = credentials("me", "ignored");
        for (target, user, request) in [
            (address("10.0.0.1:80"), None, b"\x04\x01\0\x50\x0a\0\0\x01\0".as_slice()),
            (address("10.0.0.1:80"), Some(&me), b"\x04\x01\0\x50\x0a\0\0\x01me\0"),
            (name(), Some(&me), b"\x04\x01\0\x50\0\0\0\x01me\0host.example\0"),
        ] {
            let mut peer = Peer::answering(&[GRANTED_V4, b"hello"].concat());
            connect_v4(&mut peer.stream, &target, user).await.unwrap();
            let mut rest = [0; 5];
            peer.stream.read_exact(&mut rest).await.unwrap();
            assert_eq!(&rest, b"hello", "not one byte too many is read");
            assert_eq!(peer.received().await, request);
        }
    }

    #[tokio::test]
    async fn what_version_4_cannot_say_is_refused_before_anything_is_sent() {
        let long = Target::Name { name: "a".repeat(255), port: 80 };
        for (target, user) in [
            (address("[::1]:80"), credentials("me", "")),
            (name(), credentials(&"u".repeat(241), "")),
            (name(), credentials("a\0b", "")),
            (Target::Name { name: "a\0b".to_owned(), port: 1 }, credentials("me", "")),
            (Target::Name { name: "a".repeat(256), port: 1 }, credentials("me", "")),
        ] {
            let mut peer = Peer::answering(GRANTED_V4);
            assert!(connect_v4(&mut peer.stream, &target, Some(&user)).await.is_err());
            assert_eq!(peer.received().await, b"");
        }
        // The longest of both is sent whole.
        let mut peer = Peer::answering(GRANTED_V4);
        connect_v4(&mut peer.stream, &long, Some(&credentials(&"u".repeat(240), ""))).await.unwrap();
        assert_eq!(peer.received().await.len(), 8 + 240 + 1 + 255 + 1);
    }

    #[tokio::test]
    async fn version_5_asks_by_any_kind_of_target_and_reads_any_kind_of_answer() {
        for bound in [
            b"\x01\x01\x02\x03\x04\0\x50".as_slice(),
            &[&[4], [1; 16].as_slice(), &[0, 80]].concat(),
            b"\x03\x0bproxy.local\0\x50",
            &[&[3, 255], [b'x'; 255].as_slice(), &[0, 80]].concat(),
        ] {
            for (target, asked) in [
                (address("10.0.0.1:80"), b"\x01\x0a\0\0\x01\0\x50".as_slice()),
                (address("[::1]:80"), &[&[4], [0; 15].as_slice(), &[1, 0, 80]].concat()),
                (name(), b"\x03\x0chost.example\0\x50"),
            ] {
                let mut peer = Peer::answering(&[b"\x05\0\x05\0\0".as_slice(), bound, b"hello"].concat());
                connect_v5(&mut peer.stream, &target, None).await.unwrap();
                let mut rest = [0; 5];
                peer.stream.read_exact(&mut rest).await.unwrap();
                assert_eq!(&rest, b"hello");
                assert_eq!(peer.received().await, [b"\x05\x01\0\x05\x01\0", asked].concat());
            }
        }
    }

    #[tokio::test]
    async fn version_5_sends_user_and_password_when_asked() {
        let me = credentials("me", "secret");
        let mut peer = Peer::answering(b"\x05\x02\x01\0\x05\0\0\x01\x01\x02\x03\x04\0\x50");
        connect_v5(&mut peer.stream, &name(), Some(&me)).await.unwrap();
        assert_eq!(peer.received().await, b"\x05\x02\0\x02\x01\x02me\x06secret\x05\x01\0\x03\x0chost.example\0\x50");
        let mut peer = Peer::answering(b"\x05\x02\x01\x01");
        let error = connect_v5(&mut peer.stream, &name(), Some(&me)).await.unwrap_err();
        assert_eq!(error.to_string(), "the proxy does not let us in: wrong user or password");
        for (user, password) in [("", "x"), ("x", ""), (&*"u".repeat(256), "x")] {
            let mut peer = Peer::answering(b"");
            let error = connect_v5(&mut peer.stream, &name(), Some(&credentials(user, password))).await.unwrap_err();
            assert!(matches!(error, ProxyError::Credentials { .. }));
            assert_eq!(peer.received().await, b"");
        }
    }

    #[tokio::test]
    async fn denials_are_understood() {
        for (code, reason) in [
            (1, "it could not or would not connect"),
            (2, "its rules do not allow this connection"),
            (3, "network unreachable"),
            (4, "host unreachable"),
            (5, "connection refused"),
            (6, "time to live expired"),
            (7, "it does not support connecting"),
            (8, "it does not support this kind of address"),
        ] {
            let mut peer = Peer::answering(&[5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
            let error = connect_v5(&mut peer.stream, &name(), None).await.unwrap_err();
            assert_eq!(error.to_string(), format!("the proxy refused: {reason}"));
        }
        for answer in [[5, 255].as_slice(), &[5, 2]] {
            let error = connect_v5(&mut Peer::answering(answer).stream, &name(), None).await.unwrap_err();
            assert!(error.hints()[0].contains("USER:PASSWORD"), "{error}");
        }
        for code in [91, 92, 93] {
            let mut peer = Peer::answering(&[0, code, 0, 0, 0, 0, 0, 0]);
            let error = connect_v4(&mut peer.stream, &name(), None).await.unwrap_err();
            assert!(matches!(error, ProxyError::Refused { .. } | ProxyError::Unauthorized { .. }), "{error}");
        }
    }

    #[tokio::test]
    async fn senseless_answers_are_called_so_though_the_proxy_waits() {
        for answer in [
            b"HTTP/1.1 400 Bad Request\r\n".as_slice(),
            b"\x04\0",
            b"\x05\x01",
            b"\x05\x80",
            b"\x05\x02\x05\0",
            b"\x05\0\x04\0\0\x01",
            b"\x05\0\x05\0\x01\x01",
            b"\x05\0\x05\x09\0\x01",
            b"\x05\0\x05\0\0\x02",
            b"\x05\0\x05\0\0\x03\x01\xff\0\x50",
        ] {
            let mut peer = Peer::waiting_after(answer);
            let error = connect_v5(&mut peer.stream, &name(), Some(&credentials("a", "b"))).await.unwrap_err();
            assert!(matches!(error, ProxyError::Senseless { .. }), "{answer:?}: {error}");
        }
        for answer in [b"HTTP/1.1".as_slice(), &[4, 90, 0, 0, 0, 0, 0, 0], &[0, 0, 0, 0, 0, 0, 0, 0]] {
            let error = connect_v4(&mut Peer::waiting_after(answer).stream, &name(), None).await.unwrap_err();
            assert!(matches!(error, ProxyError::Senseless { .. }), "{answer:?}: {error}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_anywhere_is_an_error() {
        let answer = b"\x05\x02\x01\0\x05\0\0\x03\x02ab\0\x50";
        for length in 0..answer.len() {
            let mut peer = Peer::answering(&answer[..length]);
            let result = connect_v5(&mut peer.stream, &name(), Some(&credentials("a", "b"))).await;
            assert!(matches!(result, Err(ProxyError::Closed)), "{length}");
        }
        for length in 0..GRANTED_V4.len() {
            let result = connect_v4(&mut Peer::answering(&GRANTED_V4[..length]).stream, &name(), None).await;
            assert!(matches!(result, Err(ProxyError::Closed)), "{length}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_does_harm(answer in prop::collection::vec(0u8..8, 0..600), version_5 in any::<bool>()) {
            block_on(async {
                let mut peer = Peer::answering_at_once(&answer);
                let me = credentials("a", "b");
                let _ = match version_5 {
                    true => connect_v5(&mut peer.stream, &name(), Some(&me)).await,
                    false => connect_v4(&mut peer.stream, &name(), Some(&me)).await,
                };
            });
        }
    }
}
