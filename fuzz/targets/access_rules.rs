//! Access rules and lists of them, and what they decide on some peers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::access::{Policy, Rule, parse_list};
use netverb::address::Peer;
use std::net::IpAddr;

fuzz_target!(|text: &str| {
    let mut rules = parse_list(text).unwrap_or_default();
    if let Ok(rule) = Rule::parse(text) {
        assert_eq!(Rule::parse(&rule.to_string()).as_ref(), Ok(&rule), "{rule}");
        rules.push(rule);
    }
    let resolve = |_: &str| vec![IpAddr::from([192, 0, 2, 1])];
    let policy = Policy { allow: rules.clone(), deny: rules, ..Policy::default() };
    for peer in ["192.0.2.1:1000", "[::1]:80", "[::ffff:10.0.0.1]:0"] {
        policy.decide(&Peer::inet(peer.parse().unwrap()), &mut { resolve });
    }
});
