//! Who may come in: the rules with the addresses of the names in them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;

use crate::access::{Policy, Rule, Verdict};
use crate::address::{Host, Peer};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::transport::resolve;

/// The rules of one run.
#[derive(Debug)]
pub struct Admission {
    policy: Policy,
    /// The addresses of the names in the rules, looked up once at the start.
    names: HashMap<String, Vec<IpAddr>>,
}

impl Admission {
    /// Looks up the names in the rules.
    ///
    /// # Errors
    /// A name that has no address: it could neither keep anyone out nor let anyone in.
    pub async fn new(policy: Policy) -> Result<Self, Failure> {
        let mut names = HashMap::new();
        for rule in policy.allow.iter().chain(&policy.deny) {
            if let Rule::Name { name, .. } = rule {
                let found = resolve::addresses(&Host::Name(name.clone()), 0, resolve::Lookup::default()).await;
                let found = found.map_err(|error| Failure::new(Exit::NotResolved, error))?;
                names.insert(name.clone(), found.into_iter().map(|address| address.ip()).collect());
            }
        }
        Ok(Admission { policy, names })
    }

    /// Decides on a peer.
    pub fn decide(&self, peer: &Peer) -> Verdict {
        let mut look_up = |name: &str| self.names.get(name).cloned().unwrap_or_default();
        self.policy.decide(peer, &mut look_up)
    }
}

/// Reads an access list: one rule a line.
///
/// # Errors
/// A file that cannot be read or a line that is no rule.
pub fn read_list(path: &Path) -> Result<Vec<Rule>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::message(Exit::Usage, format!("cannot read the list {}: {}", path.display(), reason(&error)))
    })?;
    crate::access::parse_list(&text)
        .map_err(|error| Failure::message(Exit::Usage, format!("{}: {error}", path.display())))
}
