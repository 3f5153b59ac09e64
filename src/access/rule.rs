//! One rule about peers: an address, a network, a host name, each with or without a port, or `all`.
//!
//! An IPv4 address that is mapped into IPv6 (RFC 4291 section 2.5.5.2) is the IPv4 address that it is, in rules and in peers. So
//! `0.0.0.0/0` fits every IPv4 peer however it came, `::/0` every true IPv6 peer, and `all` both and Unix sockets too.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::address::{Host, Peer, port};

/// Which peers are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// `all`: every peer, those of Unix sockets included.
    All,
    /// `10.0.0.1`, `10.0.0.0/8`, `[::1]:1000`: an address is a network of one.
    Network {
        /// The network, its host bits cleared, never a mapped one.
        network: IpNet,
        /// The peer's port, if it matters.
        port: Option<u16>,
    },
    /// `host.example`, `host.example:1000`: the addresses of the name, which whoever decides has looked up.
    Name {
        /// The name.
        name: String,
        /// The peer's port, if it matters.
        port: Option<u16>,
    },
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed access rule {text:?}: {reason}")]
pub struct RuleError {
    /// The text.
    pub text: String,
    /// What is wrong and what to type instead.
    pub reason: String,
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// [`RuleError`], which says what to type instead.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        read(text).map_err(|reason| RuleError { text: text.to_owned(), reason })
    }

    /// Whether the rule is about this peer. `resolve` gives the addresses of a name, and is asked if the
    /// port fits; a name without addresses fits nobody.
    pub fn fits(&self, peer: &Peer, resolve: &mut dyn FnMut(&str) -> Vec<IpAddr>) -> bool {
        let address = peer.socket_addr().map(|address| (address.ip().to_canonical(), address.port()));
        match (self, address) {
            (Rule::All, _) => true,
            (_, None) => false,
            (Rule::Network { network, port }, Some((ip, peer_port))) => {
                port.is_none_or(|port| port == peer_port) && network.contains(&ip)
            }
            (Rule::Name { name, port }, Some((ip, peer_port))) => {
                port.is_none_or(|port| port == peer_port)
                    && resolve(name).iter().any(|address| address.to_canonical() == ip)
            }
        }
    }

    /// Whether deciding may take a name look-up.
    pub(super) fn needs_resolving(&self) -> bool {
        matches!(self, Rule::Name { .. })
    }
}

/// The text that reads back as the same rule.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = match self {
            Rule::All => return f.write_str("all"),
            Rule::Name { name, port } => (name.clone(), port),
            Rule::Network { network, port } => {
                let single = network.prefix_len() == network.max_prefix_len();
                let text = if single { network.addr().to_string() } else { network.to_string() };
                let in_brackets = port.is_some() && matches!(network, IpNet::V6(_));
                (if in_brackets { format!("[{text}]") } else { text }, port)
            }
        };
        match port {
            Some(port) => write!(f, "{host}:{port}"),
            None => f.write_str(&host),
        }
    }
}

fn read(text: &str) -> Result<Rule, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(Rule::All);
    }
    if text.starts_with('@') {
        return Err("a list of rules has no place here: write an address, ADDR/BITS, a host name or all".to_owned());
    }
    let (host, port) = split_port(text)?;
    let port = port.map(port::parse).transpose().map_err(|error| error.to_string())?;
    if let Some((address, bits)) = host.split_once('/') {
        return Ok(Rule::Network { network: network(address, Some(bits))?, port });
    }
    match Host::parse(&host).map_err(|error| error.reason)? {
        Host::Name(name) if name.eq_ignore_ascii_case("all") => Err("all has no port: write all alone".to_owned()),
        Host::Name(name) => Ok(Rule::Name { name, port }),
        Host::V6 { scope: Some(scope), .. } => {
            Err(format!("a rule has no scope: leave %{scope} out, and choose interfaces with --interface"))
        }
        Host::V4(_) | Host::V6 { .. } | Host::Unwritten => Ok(Rule::Network { network: network(&host, None)?, port }),
    }
}

/// Takes the port off, and the brackets: `[V6]:PORT`, `[V6/BITS]:PORT`, `[V6]/BITS:PORT`, `HOST:PORT`; more than one colon without
/// brackets is an IPv6 address.
fn split_port(text: &str) -> Result<(String, Option<&str>), String> {
    let Some(inside) = text.strip_prefix('[') else {
        return Ok(match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host.to_owned(), Some(port)),
            _ => (text.to_owned(), None),
        });
    };
    let (address, after) = inside.split_once(']').ok_or("the closing bracket is missing: write [V6]:PORT")?;
    if !address.contains(':') {
        return Err("only an IPv6 address goes in brackets: write HOST:PORT".to_owned());
    }
    let (bits, port) = after.split_once(':').map_or((after, None), |(bits, port)| (bits, Some(port)));
    if !bits.is_empty() && !bits.starts_with('/') {
        return Err("a closing bracket is followed by a colon and a port: write [V6]:PORT".to_owned());
    }
    Ok((format!("{address}{bits}"), port))
}

fn network(address: &str, bits: Option<&str>) -> Result<IpNet, String> {
    let ip: IpAddr = address
        .parse()
        .map_err(|_| format!("{address:?} is not an IP address: write ADDR, ADDR/BITS, ADDR:PORT or [V6]:PORT"))?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let remedy = match bits {
        Some(bits) if bits.contains(':') => "write [V6/BITS]:PORT".to_owned(),
        _ => format!("write /0 to /{most}"),
    };
    let bits = match bits {
        None => most,
        Some(text) => Some(text)
            .filter(|text| port::is_number(text))
            .and_then(|text| text.parse().ok())
            .filter(|bits| *bits <= most)
            .ok_or_else(|| format!("{text:?} is no prefix length: {remedy}"))?,
    };
    let (ip, bits) = unmapped(ip, bits);
    // It fits: it was compared with the most above.
    IpNet::new(ip, bits).map(|network| network.trunc()).map_err(|error| error.to_string())
}

/// The IPv4 network that a network within `::ffff:0:0/96` is.
fn unmapped(ip: IpAddr, bits: u8) -> (IpAddr, u8) {
    match ip {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped().zip(bits.checked_sub(96)) {
            Some((v4, bits)) => (IpAddr::V4(v4), bits),
            None => (ip, bits),
        },
        IpAddr::V4(_) => (ip, bits),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn peer(text: &str) -> Peer {
        Peer::Inet(text.parse().unwrap())
    }

    fn fits(rule: &str, peer: &Peer) -> bool {
        let mut resolve = |name: &str| match name {
            "two.example" => vec!["10.0.0.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
            "mapped.example" => vec!["::ffff:10.0.0.1".parse().unwrap()],
            _ => vec![],
        };
        Rule::parse(rule).unwrap().fits(peer, &mut resolve)
    }

    #[test]
    fn rules_and_how_they_print() {
        let table = [
            ("all", "all"),
            ("ALL", "all"),
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1/32", "10.0.0.1"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("10.0.0.1:1000", "10.0.0.1:1000"),
            ("10.0.0.0/8:ssh", "10.0.0.0/8:22"),
            ("::1", "::1"),
            ("[::1]", "::1"),
            ("[::1]:1000", "[::1]:1000"),
            ("::/0", "::/0"),
            ("2001:db8::5/32", "2001:db8::/32"),
            ("[2001:db8::]/32:1000", "[2001:db8::/32]:1000"),
            ("[2001:db8::/32]:1000", "[2001:db8::/32]:1000"),
            ("[2001:db8::]/32", "2001:db8::/32"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("[::ffff:10.0.0.1]:1000", "10.0.0.1:1000"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.0/64", "::/64"),
            ("Host.Example", "Host.Example"),
            ("host.example:1000", "host.example:1000"),
        ];
        for (text, printed) in table {
            let rule = Rule::parse(text).unwrap();
            assert_eq!(rule.to_string(), printed, "{text}");
            assert_eq!(Rule::parse(printed), Ok(rule), "{text}");
        }
    }

    #[test]
    fn what_is_no_rule() {
        let table = [
            ("", "host is missing"),
            ("@file", "a list of rules has no place here"),
            ("all:80", "write all alone"),
            ("*", "every interface"),
            (":80", "host is missing"),
            ("80", "is a number"),
            ("10.0.0.1:", "not a valid port"),
            ("10.0.0.1:99999", "not a valid port"),
            ("10.0.0.256", "not an IPv4 address"),
            ("10.0.0.0/33", "write /0 to /32"),
            ("10.0.0.0/", "write /0 to /32"),
            ("10.0.0.0/+8", "write /0 to /32"),
            ("10.0.0.0/255.0.0.0", "write /0 to /32"),
            ("::/129", "write /0 to /128"),
            ("::/8:80", "write [V6/BITS]:PORT"),
            ("host.example/8", "not an IP address"),
            ("[::1", "closing bracket"),
            ("[::1]x", "followed by a colon"),
            ("[10.0.0.1]:80", "only an IPv6 address goes in brackets"),
            ("[fe80::1%eth0]", "leave %eth0 out"),
            ("fe80::1%eth0/64", "not an IP address"),
            ("::1::80", "not an IPv6 address"),
            ("a b", "has no place"),
        ];
        for (text, reason) in table {
            let error = Rule::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn which_peers_a_rule_fits() {
        let table = [
            ("10.0.0.1", "10.0.0.1:5", true),
            ("10.0.0.1", "10.0.0.2:5", false),
            ("10.0.0.1", "[::ffff:10.0.0.1]:5", true),
            ("::ffff:10.0.0.1", "10.0.0.1:5", true),
            ("10.0.0.1:5", "10.0.0.1:5", true),
            ("10.0.0.1:5", "10.0.0.1:6", false),
            ("10.0.0.1:5", "10.0.0.2:5", false),
            ("10.0.0.0/8", "10.255.255.255:5", true),
            ("10.0.0.0/8", "11.0.0.0:5", false),
            ("10.0.0.0/8:5", "10.1.1.1:5", true),
            ("10.0.0.0/8:5", "10.1.1.1:6", false),
            ("0.0.0.0/0", "255.1.2.3:5", true),
            ("0.0.0.0/0", "[::ffff:1.2.3.4]:5", true),
            ("0.0.0.0/0", "[::1]:5", false),
            ("::/0", "[2001:db8::1]:5", true),
            ("::/0", "10.0.0.1:5", false),
            ("::/0", "[::ffff:10.0.0.1]:5", false),
            ("::1", "[::1]:5", true),
            ("fe80::1", "[fe80::1%3]:5", true),
            ("2001:db8::/32", "[2001:db8:ffff::1]:5", true),
            ("2001:db8::/32", "[2001:db9::1]:5", false),
            ("[::1]:5", "[::1]:5", true),
            ("[::1]:5", "[::1]:6", false),
            ("two.example", "10.0.0.1:5", true),
            ("two.example", "[2001:db8::1]:5", true),
            ("two.example", "[::ffff:10.0.0.1]:5", true),
            ("two.example", "10.0.0.2:5", false),
            ("two.example:5", "10.0.0.1:5", true),
            ("two.example:5", "10.0.0.1:6", false),
            ("mapped.example", "10.0.0.1:5", true),
            ("unknown.example", "10.0.0.1:5", false),
            ("all", "10.0.0.1:5", true),
            ("all", "[::1]:5", true),
        ];
        for (rule, address, expected) in table {
            assert_eq!(fits(rule, &peer(address)), expected, "{rule} {address}");
        }
    }

    #[test]
    fn only_all_fits_the_peer_of_a_unix_socket() {
        for (rule, expected) in [("all", true), ("0.0.0.0/0", false), ("::/0", false), ("two.example", false)] {
            assert_eq!(fits(rule, &Peer::Unix(None)), expected, "{rule}");
        }
    }

    #[test]
    fn a_name_is_not_resolved_when_the_port_does_not_fit() {
        let rule = Rule::parse("host.example:5").unwrap();
        assert!(!rule.fits(&peer("10.0.0.1:6"), &mut |_| panic!("resolved")));
    }

    fn any_network() -> impl Strategy<Value = IpNet> {
        prop_oneof![
            (any::<[u8; 4]>(), 0u8..=32).prop_map(|(octets, bits)| IpNet::new(Ipv4Addr::from(octets).into(), bits)),
            (any::<[u16; 8]>(), 0u8..=128).prop_map(|(groups, bits)| IpNet::new(Ipv6Addr::from(groups).into(), bits)),
        ]
        .prop_map(|network| network.unwrap().trunc())
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(network in any_network(), port in prop::option::of(any::<u16>())) {
            let rule = Rule::Network { network, port };
            prop_assert_eq!(Rule::parse(&rule.to_string()), Ok(rule));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "([a-z0-9.:/@%*\\[\\]-]|[日\n ]){0,20}") {
            match Rule::parse(&text) {
                Ok(rule) => prop_assert_eq!(Rule::parse(&rule.to_string()), Ok(rule)),
                Err(error) => prop_assert!(!error.to_string().contains('\n')),
            }
        }
    }
}
