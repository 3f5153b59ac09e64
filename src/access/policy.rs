//! The decision on a peer, before anything is read from it.

use std::net::IpAddr;

use super::Rule;
use crate::address::Peer;

/// Who may connect. The default lets everyone in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// With any rule here, only peers that one of them fits are let in.
    pub allow: Vec<Rule>,
    /// Peers that one of these fits are kept out, whatever `allow` says.
    pub deny: Vec<Rule>,
    /// The switch that keeps everyone out, whatever the rules say.
    pub off: bool,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The peer is let in.
    Allowed,
    /// The peer is kept out.
    Denied {
        /// What keeps it out, for the report: `deny 10.0.0.0/8`, or that it is on no list.
        rule: String,
    },
}

impl Policy {
    /// Decides on a peer. Host names are resolved at that moment by `resolve`, and only when no rule about addresses has decided. A
    /// name without addresses fits nobody: in `allow` it lets nobody in, in `deny` it keeps nobody out.
    pub fn decide(&self, peer: &Peer, resolve: &mut dyn FnMut(&str) -> Vec<IpAddr>) -> Verdict {
        if self.off {
            return Verdict::Denied { rule: "incoming connections are switched off".to_owned() };
        }
        if let Some(rule) = first_that_fits(&self.deny, peer, resolve) {
            return Verdict::Denied { rule: format!("deny {rule}") };
        }
        if self.allow.is_empty() || first_that_fits(&self.allow, peer, resolve).is_some() {
            return Verdict::Allowed;
        }
        Verdict::Denied { rule: "no allow rule fits".to_owned() }
    }
}

/// Names come last, because looking one up may take a while.
fn first_that_fits<'a>(
    rules: &'a [Rule],
    peer: &Peer,
    resolve: &mut dyn FnMut(&str) -> Vec<IpAddr>,
) -> Option<&'a Rule> {
    let addresses = rules.iter().filter(|rule| !rule.needs_resolving());
    let names = rules.iter().filter(|rule| rule.needs_resolving());
    addresses.chain(names).find(|rule| rule.fits(peer, resolve))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allow: &[&str], deny: &[&str]) -> Policy {
        let rules = |texts: &[&str]| texts.iter().map(|text| Rule::parse(text).unwrap()).collect();
        Policy { allow: rules(allow), deny: rules(deny), off: false }
    }

    fn peer(text: &str) -> Peer {
        Peer::Inet(text.parse().unwrap())
    }

    fn unresolvable(name: &str) -> Vec<IpAddr> {
        panic!("{name} resolved")
    }

    fn allowed(policy: &Policy, address: &str) -> bool {
        policy.decide(&peer(address), &mut unresolvable) == Verdict::Allowed
    }

    fn denied_by(policy: &Policy, peer: &Peer) -> String {
        match policy.decide(peer, &mut unresolvable) {
            Verdict::Denied { rule } => rule,
            Verdict::Allowed => "allowed".to_owned(),
        }
    }

    /// The modes of a Tibbo socket, and who gets in: (address and port fit, only the address, only the port, neither).
    #[test]
    fn truth_table_of_the_modes_for_incoming_connections() {
        let peers = ["192.168.1.40:1000", "192.168.1.40:1001", "192.168.1.41:1000", "192.168.1.41:1001"];
        let table = [
            ("none", policy(&[], &["all"]), [false, false, false, false]),
            ("address and port", policy(&["192.168.1.40:1000"], &[]), [true, false, false, false]),
            ("address", policy(&["192.168.1.40"], &[]), [true, true, false, false]),
            ("any", policy(&[], &[]), [true, true, true, true]),
        ];
        for (mode, policy, expected) in table {
            assert_eq!(peers.map(|address| allowed(&policy, address)), expected, "{mode}");
            let off = Policy { off: true, ..policy };
            assert_eq!(peers.map(|address| allowed(&off, address)), [false; 4], "{mode}, switched off");
        }
    }

    #[test]
    fn deny_beats_allow_whatever_the_order_and_width() {
        let table = [
            (policy(&["all"], &["10.0.0.0/8"]), "10.1.1.1:5", false),
            (policy(&["all"], &["10.0.0.0/8"]), "11.1.1.1:5", true),
            (policy(&["10.1.1.1"], &["10.0.0.0/8"]), "10.1.1.1:5", false),
            (policy(&["10.1.1.1"], &["10.1.1.1:5"]), "10.1.1.1:5", false),
            (policy(&["10.1.1.1"], &["10.1.1.1:5"]), "10.1.1.1:6", true),
            (policy(&["10.1.1.1", "::1"], &[]), "[::1]:6", true),
            (policy(&["10.1.1.1", "::1"], &[]), "[::2]:6", false),
            (policy(&["0.0.0.0/0"], &[]), "[::ffff:1.2.3.4]:6", true),
            (policy(&[], &["0.0.0.0/0"]), "[::ffff:1.2.3.4]:6", false),
            (policy(&[], &["0.0.0.0/0"]), "[::1]:6", true),
            (policy(&[], &["::ffff:1.2.3.4"]), "1.2.3.4:6", false),
        ];
        for (policy, address, expected) in table {
            assert_eq!(allowed(&policy, address), expected, "{policy:?} {address}");
        }
    }

    #[test]
    fn the_report_names_what_keeps_the_peer_out() {
        let peer = peer("10.1.1.1:5");
        assert_eq!(denied_by(&policy(&[], &["::1", "10.1.2.3/8"]), &peer), "deny 10.0.0.0/8");
        assert_eq!(denied_by(&policy(&["::1"], &[]), &peer), "no allow rule fits");
        let off = Policy { off: true, ..Policy::default() };
        assert_eq!(denied_by(&off, &peer), "incoming connections are switched off");
    }

    #[test]
    fn peers_of_unix_sockets_are_only_in_all() {
        let table = [
            (policy(&[], &[]), true),
            (policy(&[], &["0.0.0.0/0", "::/0", "host.example"]), true),
            (policy(&[], &["all"]), false),
            (policy(&["0.0.0.0/0", "host.example"], &[]), false),
            (policy(&["all"], &["::/0"]), true),
        ];
        for (policy, expected) in table {
            let verdict = policy.decide(&Peer::Unix(None), &mut unresolvable);
            assert_eq!(verdict == Verdict::Allowed, expected, "{policy:?}");
        }
    }

    #[test]
    fn names_are_resolved_for_each_decision_and_only_when_needed() {
        let policy = policy(&["host.example", "::1"], &["bad.example"]);
        let mut asked = Vec::new();
        let mut now: IpAddr = "10.0.0.1".parse().unwrap();
        for (address, expected) in [("10.0.0.1:5", true), ("10.0.0.2:5", false), ("[::1]:5", true)] {
            let verdict = policy.decide(&peer(address), &mut |name| {
                asked.push(name.to_owned());
                if name == "host.example" { vec![now] } else { vec![] }
            });
            assert_eq!(verdict == Verdict::Allowed, expected, "{address}");
        }
        assert_eq!(asked, ["bad.example", "host.example", "bad.example", "host.example", "bad.example"]);
        now = "10.0.0.2".parse().unwrap();
        let verdict =
            policy.decide(&peer("10.0.0.2:5"), &mut |name| if name == "bad.example" { vec![now] } else { vec![] });
        assert_eq!(verdict, Verdict::Denied { rule: "deny bad.example".to_owned() });
    }
}
