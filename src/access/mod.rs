//! Who may connect: rules and the policy that decides on a peer. No I/O: names are resolved by a function that is passed in.

pub mod list;
pub mod policy;
pub mod rule;

pub use list::{ListError, parse_list};
pub use policy::{Policy, Verdict};
pub use rule::{Rule, RuleError};
