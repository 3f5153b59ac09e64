//! Everything that is shown: events, errors, dumps. `reporter` is the only writer of stderr.

pub mod human;
pub mod json;
pub mod reporter;

pub use reporter::{Format, Reporter};
