//! Tables of listening addresses, and properties of all of them.

use proptest::prelude::*;

use super::*;

fn tcp(host: Host, ports: &[(u16, u16)]) -> ListenAddress {
    let ports = ports.iter().map(|(first, last)| PortRange { first: *first, last: *last }).collect();
    ListenAddress::Tcp { host, ports, secure: false }
}

fn host(text: &str) -> Host {
    if text == "*" { Host::Name("*".to_owned()) } else { Host::parse(text).unwrap() }
}

#[test]
fn addresses_and_names() {
    use Host::Unwritten;
    let unix = |kind, path: &str| ListenAddress::Unix { kind, name: UnixName::Path(path.into()) };
    let secure = |host, port| ListenAddress::Tcp { host, ports: vec![PortRange::single(port)], secure: true };
    let systemd = |name: &str| ListenAddress::Systemd(Some(name.to_owned()));
    let table = [
        ("8080", tcp(Unwritten, &[(8080, 8080)]), None, "8080"),
        ("0/web", tcp(Unwritten, &[(0, 0)]), Some("web"), "0/web"),
        (":8080", tcp(Unwritten, &[(8080, 8080)]), None, "8080"),
        ("http", tcp(Unwritten, &[(80, 80)]), None, "80"),
        ("ftp-data", tcp(Unwritten, &[(20, 20)]), None, "20"),
        (
            "1001,2000,3000|web",
            tcp(Unwritten, &[(1001, 1001), (2000, 2000), (3000, 3000)]),
            Some("web"),
            "1001,2000,3000/web",
        ),
        ("8000-8010,http", tcp(Unwritten, &[(8000, 8010), (80, 80)]), None, "8000-8010,80"),
        ("localhost:0", tcp(host("localhost"), &[(0, 0)]), None, "localhost:0"),
        ("localhost:80,443/web", tcp(host("localhost"), &[(80, 80), (443, 443)]), Some("web"), "localhost:80,443/web"),
        ("*:8080", tcp(host("*"), &[(8080, 8080)]), None, "*:8080"),
        ("0.0.0.0:80", tcp(host("0.0.0.0"), &[(80, 80)]), None, "0.0.0.0:80"),
        ("[::]:80-81", tcp(host("::"), &[(80, 81)]), None, "[::]:80-81"),
        ("tcp://[fe80::1%eth0]:1", tcp(host("fe80::1%eth0"), &[(1, 1)]), None, "[fe80::1%eth0]:1"),
        ("tcp://fd:3", tcp(host("fd"), &[(3, 3)]), None, "tcp://fd:3"),
        ("tcp://80", tcp(Unwritten, &[(80, 80)]), None, "80"),
        ("tls://443", secure(Unwritten, 443), None, "tls://:443"),
        ("tls://*:https/web", secure(host("*"), 443), Some("web"), "tls://*:443/web"),
        ("udp://:53", ListenAddress::Udp { host: Unwritten, port: 53 }, None, "udp://:53"),
        ("udp://domain", ListenAddress::Udp { host: Unwritten, port: 53 }, None, "udp://:53"),
        ("udp://[::1]:53|dns", ListenAddress::Udp { host: host("::1"), port: 53 }, Some("dns"), "udp://[::1]:53/dns"),
        ("unix:/run/x", unix(UnixKind::Stream, "/run/x"), None, "unix:/run/x"),
        ("unix:/run/x|web", unix(UnixKind::Stream, "/run/x"), Some("web"), "unix:/run/x|web"),
        ("unix:/run/x|1", unix(UnixKind::Stream, "/run/x|1"), None, "unix:/run/x%7C1"),
        ("seqpacket:x", unix(UnixKind::Seqpacket, "x"), None, "seqpacket:x"),
        ("ipc:///run/z", unix(UnixKind::ZeroMq, "/run/z"), None, "ipc:///run/z"),
        ("fd:3", ListenAddress::Descriptor(3), None, "fd:3"),
        ("FD:0/web", ListenAddress::Descriptor(0), Some("web"), "fd:0/web"),
        ("systemd", ListenAddress::Systemd(None), None, "systemd"),
        ("systemd|web", ListenAddress::Systemd(None), Some("web"), "systemd/web"),
        ("systemd:web.socket", systemd("web.socket"), None, "systemd:web.socket"),
        ("systemd:a b/web", systemd("a b"), Some("web"), "systemd:a b/web"),
    ];
    for (text, address, name, printed) in table {
        let name = name.map(|name| SocketName::parse(name).unwrap());
        let expected = ListenId { address, name };
        assert_eq!(ListenId::parse(text), Ok(expected.clone()), "{text}");
        assert_eq!(expected.to_string(), printed);
        assert_eq!(ListenId::parse(printed), Ok(expected), "{printed}");
    }
}

#[test]
fn every_interface_is_not_the_same_as_no_host() {
    let every = |text| matches!(ListenId::parse(text).unwrap().address, ListenAddress::Tcp { host, .. } if host.is_every_interface());
    assert!(every("*:80"));
    assert!(!every("80") && !every(":80") && !every("0.0.0.0:80"));
}

#[test]
fn ports_in_the_order_written() {
    let ports = |text| ListenId::parse(text).unwrap().address.ports().collect::<Vec<_>>();
    assert_eq!(ports("9000-9002,80,https,22"), [9000, 9001, 9002, 80, 443, 22]);
    assert_eq!(ports("udp://:53"), [53]);
    assert!(ports("unix:/x").is_empty());
    assert_eq!(ports("0-65535").len(), 65536);
}

#[test]
fn what_is_no_address_and_where() {
    let long_name = format!("systemd:{}", "a".repeat(256));
    let table = [
        ("", 0, "not a valid port"),
        ("/web", 0, "write unix:/web"),
        ("|web", 0, "not a valid port"),
        (
            "web",
            0,
            "\"web\" is not a valid port: write a number from 0 to 65535 or a service name such as http, or web:PORT",
        ),
        ("10.0.0.1", 0, "or 10.0.0.1:PORT"),
        ("99999", 0, "ports go from 0 to 65535"),
        ("80,", 3, "not a valid port"),
        ("22,90-80", 3, "write 80-90"),
        ("80,80", 3, "port 80 stands twice"),
        ("0-65535,0", 8, "at most 65536 ports"),
        ("host:", 5, "not a valid port"),
        ("*", 0, "not a valid port"),
        ("*:", 2, "not a valid port"),
        ("::1", 3, "write [::1]:PORT"),
        ("[::1]", 5, "write [::1]:PORT"),
        (":::80", 2, "write [::]:80"),
        ("ho*st:80", 2, "has no place in a host name"),
        ("80/2", 3, "begins with a letter"),
        ("80/index.html", 8, "is not a name"),
        ("udp://53,54", 6, "udp:// takes one port"),
        ("udp://:53-54", 7, "udp:// takes one port"),
        ("ws://host/", 0, "--ws"),
        ("ws+unix:/x", 0, "--ws"),
        ("http://host/", 0, "not known here"),
        ("unix:", 5, "path is missing"),
        ("fd:", 3, "not a file descriptor"),
        ("fd:-1", 3, "not a file descriptor"),
        ("fd:2147483648", 3, "not a file descriptor"),
        ("fd://3", 3, "not a file descriptor"),
        ("fd:3/3", 5, "is not a name"),
        ("systemd:", 8, "1 to 255"),
        ("systemd:a:b", 9, "':' has no place"),
        ("systemd:é", 8, "has no place"),
        (long_name.as_str(), 8, "1 to 255"),
    ];
    for (text, column, reason) in table {
        let error = ListenId::parse(text).unwrap_err();
        assert!(error.reason.contains(reason), "{text}: {error}");
        assert_eq!(error.column, column, "{text}: {error}");
    }
}

fn any_host() -> impl Strategy<Value = Host> {
    prop_oneof![
        Just(Host::Unwritten),
        Just(Host::Name("*".to_owned())),
        "(fd|systemd|unix|localhost|[a-z]{1,5}[.][a-z]{1,3})".prop_map(Host::Name),
        any::<[u8; 4]>().prop_map(|octets| Host::V4(octets.into())),
        (any::<[u16; 8]>(), prop::option::of("[a-z0-9]{1,15}"))
            .prop_map(|(groups, scope)| Host::V6 { address: groups.into(), scope }),
    ]
}

fn any_address() -> impl Strategy<Value = ListenAddress> {
    let kind = prop::sample::select(vec![UnixKind::Stream, UnixKind::Seqpacket, UnixKind::ZeroMq]);
    // Sorted and distinct, so that no two ranges overlap.
    let ports = prop::collection::btree_set(any::<u16>(), 1..9).prop_map(|bounds| {
        let bounds: Vec<u16> = bounds.into_iter().collect();
        bounds.chunks(2).map(|pair| PortRange { first: pair[0], last: *pair.last().unwrap() }).rev().collect()
    });
    prop_oneof![
        (any_host(), ports, any::<bool>()).prop_map(|(host, ports, secure)| ListenAddress::Tcp { host, ports, secure }),
        (any_host(), any::<u16>()).prop_map(|(host, port)| ListenAddress::Udp { host, port }),
        (kind, "[a-z|%@/ ]{1,20}")
            .prop_map(|(kind, path)| ListenAddress::Unix { kind, name: UnixName::Path(path.into()) }),
        (0i32..).prop_map(ListenAddress::Descriptor),
        prop::option::of("[ -.0-9;-{}~]{1,30}").prop_map(ListenAddress::Systemd),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(address in any_address(), name in prop::option::of("[A-Za-z_][A-Za-z0-9_-]{0,31}")) {
        let id = ListenId { address, name: name.map(|name| SocketName::parse(&name).unwrap()) };
        prop_assert_eq!(ListenId::parse(&id.to_string()), Ok(id));
    }

    #[test]
    fn any_text_is_read_or_marked(
        text in "(tcp://|tls://|udp://|unix:|ipc://|fd:|systemd:?)?([a-z0-9.:|/,*@%\\[\\]-]|[日\0\n ]){0,16}",
    ) {
        match ListenId::parse(&text) {
            Ok(id) => prop_assert_eq!(ListenId::parse(&id.to_string()), Ok(id)),
            Err(error) => {
                prop_assert!(error.column <= text.chars().count());
                prop_assert!(!error.to_string().contains('\n'), "{}", error);
            }
        }
    }
}
