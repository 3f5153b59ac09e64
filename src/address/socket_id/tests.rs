//! Tables of IDs, and properties of all of them.

use proptest::prelude::*;

use super::*;
use crate::address::{UnixKind, UnixName};

fn name(text: &str) -> Option<SocketName> {
    Some(SocketName::parse(text).unwrap())
}

fn inet(scheme: Scheme, host: &str, port: u16) -> Option<Endpoint> {
    let host = if host.is_empty() { Host::Unwritten } else { Host::parse(host).unwrap() };
    Some(Endpoint::Inet { scheme, host, port })
}

fn tcp(host: &str, port: u16) -> Option<Endpoint> {
    inet(Scheme::Tcp, host, port)
}

fn path(kind: UnixKind, path: &str) -> Option<Endpoint> {
    Some(Endpoint::Unix { kind, name: UnixName::Path(path.into()) })
}

fn abstract_name(kind: UnixKind, name: &[u8]) -> Option<Endpoint> {
    Some(Endpoint::Unix { kind, name: UnixName::Abstract(name.to_vec()) })
}

fn web(secure: bool, host: &str, port: u16, resource: &str) -> Option<Endpoint> {
    Some(Endpoint::WebSocket { secure, host: Host::parse(host).unwrap(), port, resource: resource.to_owned() })
}

fn id(endpoint: Option<Endpoint>, name: Option<SocketName>, number: Option<u32>) -> SocketId {
    SocketId { endpoint, name, number }
}

#[test]
fn addresses_and_names() {
    use UnixKind::{Seqpacket, Stream, ZeroMq};
    let table = [
        ("host:25", tcp("host", 25), None),
        ("host:smtp", tcp("host", 25), None),
        ("host", tcp("host", 80), None),
        ("mail", tcp("mail", 80), None),
        ("web.2", tcp("web.2", 80), None),
        ("http", tcp("http", 80), None),
        (":8080", tcp("", 8080), None),
        (":http", tcp("", 80), None),
        ("8080", tcp("", 8080), None),
        ("0", tcp("", 0), None),
        ("10.0.0.1:1", tcp("10.0.0.1", 1), None),
        ("[::1]:80", tcp("::1", 80), None),
        ("[::1]", tcp("::1", 80), None),
        ("::1", tcp("::1", 80), None),
        ("::1:80", tcp("::1:80", 80), None),
        ("[fe80::1%eth0]:22", tcp("fe80::1%eth0", 22), None),
        ("fe80::1%eth0", tcp("fe80::1%eth0", 80), None),
        ("host:25/mail", tcp("host", 25), name("mail")),
        ("host:25|mail", tcp("host", 25), name("mail")),
        ("host/mail", tcp("host", 80), name("mail")),
        (":25|mail", tcp("", 25), name("mail")),
        ("25/mail", tcp("", 25), name("mail")),
        ("::1/mail", tcp("::1", 80), name("mail")),
        ("[::1]:25|mail", tcp("::1", 25), name("mail")),
        ("tcp://host:25/mail", tcp("host", 25), name("mail")),
        ("TCP://host", tcp("host", 80), None),
        ("tcp://8080", tcp("", 8080), None),
        ("tls://host:443|mail", inet(Scheme::Tls, "host", 443), name("mail")),
        ("tls://host", inet(Scheme::Tls, "host", 80), None),
        ("udp://[::1]:domain", inet(Scheme::Udp, "::1", 53), None),
        ("udp://:53/dns", inet(Scheme::Udp, "", 53), name("dns")),
        ("tcp://unix:80", tcp("unix", 80), None),
        ("unix:/run/x", path(Stream, "/run/x"), None),
        ("unix:run/x", path(Stream, "run/x"), None),
        ("unix:80", path(Stream, "80"), None),
        ("unix:/run/x/mail", path(Stream, "/run/x/mail"), None),
        ("unix:/run/x|mail", path(Stream, "/run/x"), name("mail")),
        ("unix:/run/x|y|mail", path(Stream, "/run/x|y"), name("mail")),
        ("unix:/run/x|not a name", path(Stream, "/run/x|not a name"), None),
        ("unix:@bus", abstract_name(Stream, b"bus"), None),
        ("unix:@%00%ff|bus", abstract_name(Stream, b"\0\xff"), name("bus")),
        ("seqpacket:/run/x", path(Seqpacket, "/run/x"), None),
        ("seqpacket:@x|y", abstract_name(Seqpacket, b"x"), name("y")),
        ("ipc:///run/x", path(ZeroMq, "/run/x"), None),
        ("ipc://@x", abstract_name(ZeroMq, b"x"), None),
        ("ws://host", web(false, "host", 80, "/"), None),
        ("wss://host/a/mail?b|c", web(true, "host", 443, "/a/mail?b"), name("c")),
        ("ws://[::1]:81/a|b c", web(false, "::1", 81, "/a%7Cb%20c"), None),
        ("ws://host:81|w", web(false, "host", 81, "/"), name("w")),
    ];
    for (text, endpoint, name) in table {
        let expected = id(endpoint, name, None);
        assert_eq!(SocketId::parse(text), Ok(expected.clone()), "{text}");
        assert_eq!(SocketId::parse(&expected.to_string()), Ok(expected), "{text}");
    }
}

#[test]
fn websocket_over_a_unix_socket() {
    let endpoint = Endpoint::WebSocketUnix { name: UnixName::Path("/run/x".into()), resource: "/r".into() };
    assert_eq!(SocketId::parse("ws+unix:/run/x:/r|w"), Ok(id(Some(endpoint), name("w"), None)));
}

#[test]
fn kept_sockets() {
    let table = [
        ("mail", id(None, name("mail"), None)),
        ("MAIL", id(None, name("mail"), None)),
        ("web.2", id(None, name("web"), Some(2))),
        ("web.4294967295", id(None, name("web"), Some(u32::MAX))),
        ("localhost", id(None, name("localhost"), None)),
        ("example.com", id(tcp("example.com", 80), None, None)),
        ("a.b.2", id(tcp("a.b.2", 80), None, None)),
        ("10.0.0.1", id(tcp("10.0.0.1", 80), None, None)),
        ("8080", id(tcp("", 8080), None, None)),
        ("HOST:25", id(tcp("host", 25), None, None)),
        ("host:25/mail", id(tcp("host", 25), name("mail"), None)),
        ("10.0.0.1:50000|2", id(tcp("10.0.0.1", 50000), None, Some(2))),
        ("10.0.0.1:50000/2", id(tcp("10.0.0.1", 50000), None, Some(2))),
        ("[::1]:50000|web.2", id(tcp("::1", 50000), name("web"), Some(2))),
        ("unix:/run/x|2", id(path(UnixKind::Stream, "/run/x"), None, Some(2))),
        ("unix:/run/x|web.2", id(path(UnixKind::Stream, "/run/x"), name("web"), Some(2))),
    ];
    for (text, expected) in table {
        assert_eq!(SocketId::parse_kept(text), Ok(expected.clone()), "{text}");
        assert_eq!(SocketId::parse_kept(&expected.to_string()), Ok(expected), "{text}");
    }
}

#[test]
fn host_and_port_as_two_words() {
    let table = [
        ("host", "25", tcp("host", 25), None),
        ("::1", "25", tcp("::1", 25), None),
        ("[::1]", "25", tcp("::1", 25), None),
        ("fe80::1%eth0", "ssh", tcp("fe80::1%eth0", 22), None),
        ("10.0.0.1", "25/mail", tcp("10.0.0.1", 25), name("mail")),
        ("tls://host", "443|w", inet(Scheme::Tls, "host", 443), name("w")),
        ("unix", "25", tcp("unix", 25), None),
    ];
    for (host, port, endpoint, name) in table {
        assert_eq!(SocketId::parse_words(host, Some(port)), Ok(id(endpoint, name, None)), "{host} {port}");
    }
    assert_eq!(SocketId::parse_words("host:25/mail", None), SocketId::parse("host:25/mail"));
}

#[test]
fn errors_of_two_words() {
    let table = [
        ("", "25", 0, "host is missing"),
        ("日本", "x", 3, "not a valid port"),
        ("host", "", 5, "not a valid port"),
        ("host", "25/", 8, "is not a name"),
        ("host:80", "25", 5, "port is given twice"),
        (":80", "25", 1, "port is given twice"),
        ("[::1]:80", "25", 6, "port is given twice"),
        ("80", "25", 0, "is a number"),
        ("*", "25", 0, "every interface"),
        ("host/mail", "25", 4, "has no place in a host name"),
        ("unix:/run/x", "25", 12, "only a host has its port in a second word"),
        ("http://host", "25", 0, "not known here"),
        ("a:b:c", "25", 3, "too many colons"),
    ];
    for (host, port, column, reason) in table {
        let error = SocketId::parse_words(host, Some(port)).unwrap_err();
        assert!(error.reason.contains(reason), "{host} {port}: {error}");
        assert_eq!(error.column, column, "{host} {port}: {error}");
        assert_eq!(error.input, format!("{host} {port}"));
    }
}

#[test]
fn what_is_no_id_and_where() {
    let long_path = format!("unix:/{}|mail", "a".repeat(107));
    let table = [
        ("", 0, "address is missing"),
        ("|mail", 0, "address is missing"),
        ("tcp://", 6, "address is missing"),
        ("/mail", 0, "write unix:/mail"),
        (":", 1, "not a valid port"),
        ("host:", 5, "not a valid port"),
        ("host:99999", 5, "\"99999\" is not a valid port"),
        ("99999", 0, "ports go from 0 to 65535"),
        ("host:no-such-service", 5, "not a valid port"),
        ("host:80,81", 5, "not a valid port"),
        ("host:80/", 8, "a name is 1 to 32"),
        ("host:80/index.html", 13, "\"index.html\" is not a name"),
        ("host:80/2", 8, "begins with a letter"),
        ("host:80|2", 8, "begins with a letter"),
        ("host:25|mail box", 12, "is not a name"),
        ("ho st:80", 2, "has no place in a host name"),
        ("日本 :80", 2, "has no place in a host name"),
        ("[::1]80", 5, "followed by a colon"),
        ("[::1", 4, "closing bracket"),
        ("fe80::1%eth0:80", 12, "write [fe80::1%eth0]:80"),
        ("host:80:81", 7, "too many colons"),
        ("*:80", 0, "only for listening"),
        ("256.1.1.1:80", 0, "not an IPv4 address"),
        ("foo://host", 0, "write one of tcp:// tls:// udp:// unix: seqpacket: ipc:// ws:// wss://"),
        ("unix:", 5, "path is missing"),
        ("unix:|mail", 5, "path is missing"),
        ("unix:@", 6, "abstract name is missing"),
        ("unix:/a\0", 7, "NUL"),
        ("ipc:///a%0", 8, "write %25"),
        (long_path.as_str(), 112, "at most 107 bytes, and this one 108"),
        ("ws://:80/", 5, "host is missing"),
        ("wss://host/#x", 11, "no fragment"),
    ];
    for (text, column, reason) in table {
        let error = SocketId::parse(text).unwrap_err();
        assert!(error.reason.contains(reason), "{text}: {error}");
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.to_string().contains(&format!("{text:?} at column {}", column + 1)), "{error}");
    }
}

#[test]
fn numbers_of_kept_sockets_begin_with_one() {
    for (text, column) in [("web.0", 4), ("web.4294967296", 4), ("host:1|0", 7)] {
        let error = SocketId::parse_kept(text).unwrap_err();
        assert_eq!((error.column, error.reason.contains("numbered from 1")), (column, true), "{text}: {error}");
    }
}

#[test]
fn ids_compare_without_case() {
    let parse = |text| SocketId::parse(text).unwrap();
    assert_eq!(parse("Host:25/Mail"), parse("hOST:smtp|mAIL"));
    assert_eq!(parse("unix:/run//x/."), parse("unix:/run/x"));
    assert_ne!(parse("unix:/run/X"), parse("unix:/run/x"));
    assert_ne!(parse("host:25/mail"), parse("host:25"));
    assert_ne!(parse("ws://host/A"), parse("ws://host/a"));
}

#[test]
fn handles_and_keys() {
    let table = [
        ("Mail", "Mail", "mail"),
        ("Web.2", "Web.2", "web.2"),
        ("Host:25/Mail", "Mail", "mail"),
        ("Host:25", "Host:25", "host:25"),
        (":25", "localhost:25", "localhost:25"),
        ("25", "localhost:25", "localhost:25"),
        ("tls://Host:25", "Host:25", "host:25"),
        ("udp://Host:25", "Host:25", "host:25"),
        ("Host:25|1", "Host:25|1", "host:25|1"),
        ("tcp://Unix:25", "tcp://Unix:25", "tcp://unix:25"),
        ("[FE80::1%Eth0]:25", "[fe80::1%Eth0]:25", "[fe80::1%Eth0]:25"),
        ("unix:/run/X", "unix:/run/X", "unix:/run/X"),
        ("unix:/run//X/.", "unix:/run//X/.", "unix:/run/X"),
        ("unix:/run/X|Mail", "Mail", "mail"),
        ("WS://Host/A", "ws://Host/A", "ws://host/A"),
    ];
    for (text, handle, key) in table {
        let id = SocketId::parse_kept(text).unwrap();
        assert_eq!((id.handle().as_str(), id.key().as_str()), (handle, key), "{text}");
    }
}

fn any_host() -> impl Strategy<Value = Host> {
    prop_oneof![
        Just(Host::Unwritten),
        "[a-zA-Z_][a-zA-Z0-9_-]{0,10}([.][a-z0-9]{1,5}){0,3}[.]?".prop_map(Host::Name),
        "(unix|seqpacket|fd|systemd|UNIX|tcp|localhost|bücher|web[.]2)".prop_map(Host::Name),
        any::<[u8; 4]>().prop_map(|octets| Host::V4(octets.into())),
        (any::<[u16; 8]>(), prop::option::of("[a-z0-9]{1,15}"))
            .prop_map(|(groups, scope)| Host::V6 { address: groups.into(), scope }),
    ]
}

fn any_unix_name() -> impl Strategy<Value = UnixName> {
    use std::os::unix::ffi::OsStringExt;
    let path = |bytes| UnixName::Path(std::ffi::OsString::from_vec(bytes).into());
    prop_oneof![
        "[a-z|%@:/. ]{1,30}".prop_map(|text| UnixName::Path(text.into())),
        prop::collection::vec(1u8.., 1..=107).prop_map(path),
        prop::collection::vec(any::<u8>(), 1..=107).prop_map(UnixName::Abstract),
    ]
}

fn any_endpoint() -> impl Strategy<Value = Endpoint> {
    let scheme = prop::sample::select(vec![Scheme::Tcp, Scheme::Tls, Scheme::Udp]);
    let kind = prop::sample::select(vec![UnixKind::Stream, UnixKind::Seqpacket, UnixKind::ZeroMq]);
    let resource = || "/[a-z0-9/?%:@=&.]{0,20}";
    let written =
        any_host().prop_map(|host| if host == Host::Unwritten { Host::Name("host".to_owned()) } else { host });
    prop_oneof![
        (scheme, any_host(), any::<u16>()).prop_map(|(scheme, host, port)| Endpoint::Inet { scheme, host, port }),
        (kind, any_unix_name()).prop_map(|(kind, name)| Endpoint::Unix { kind, name }),
        (any::<bool>(), written, prop_oneof![Just(80), Just(443), any::<u16>()], resource())
            .prop_map(|(secure, host, port, resource)| Endpoint::WebSocket { secure, host, port, resource }),
        (any_unix_name(), resource()).prop_map(|(name, resource)| Endpoint::WebSocketUnix { name, resource }),
    ]
}

fn any_id() -> impl Strategy<Value = SocketId> {
    let name = || "[A-Za-z_][A-Za-z0-9_-]{0,31}".prop_map(|text| SocketName::parse(&text).unwrap());
    let number = || prop::option::of(1u32..);
    prop_oneof![
        3 => (any_endpoint().prop_map(Some), prop::option::of(name()), number()),
        1 => (Just(None), name().prop_map(Some), number()),
    ]
    .prop_map(|(endpoint, name, number)| SocketId { endpoint, name, number })
}

/// Texts near the grammar: most are wrong, and wrong in many ways.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "(tcp://|tls://|udp://|unix:|seqpacket:|ipc://|wss?://|ws[+]unix:|fd:|systemd|x://)",
        "([a-z0-9.:|/,*@%?#\\[\\]_-]|[日é\u{301}\0\n ]){0,12}",
        "(80|:80|::1|%25|[.]2|[|]mail|/mail)",
    ];
    prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(id in any_id()) {
        let printed = id.to_string();
        prop_assert!(!printed.chars().any(char::is_control), "{:?}", printed);
        prop_assert_eq!(SocketId::parse_kept(&printed), Ok(id.clone()), "{}", printed);
        if id.endpoint.is_some() && id.number.is_none() {
            prop_assert_eq!(SocketId::parse(&printed), Ok(id.clone()), "{}", printed);
        }
        let again = SocketId::parse_kept(&id.handle()).unwrap();
        prop_assert_eq!(again.key(), id.key());
    }

    #[test]
    fn any_text_is_read_or_marked(text in any_text(), second in prop::option::of(any_text())) {
        for result in [SocketId::parse(&text), SocketId::parse_kept(&text), SocketId::parse_words(&text, second.as_deref())] {
            match result {
                Ok(id) => prop_assert_eq!(SocketId::parse_kept(&id.to_string()), Ok(id)),
                Err(error) => {
                    prop_assert!(error.column <= error.input.chars().count());
                    prop_assert!(!error.to_string().contains('\n'), "{}", error);
                    prop_assert_eq!(error.marked().lines().count(), 2);
                }
            }
        }
    }

    #[test]
    fn ids_in_another_case_are_equal_and_have_the_same_key(text in "(tls://)?[a-z]{1,5}(:[0-9]{1,4})?(/[a-z]{1,5})?") {
        let id = SocketId::parse(&text).unwrap();
        let upper = SocketId::parse(&text.to_uppercase()).unwrap();
        prop_assert_eq!(id.key(), upper.key());
        prop_assert_eq!(id, upper);
    }
}
