//! Conversations over one stream of bytes without a person: steps in the order of the command line, and recorded peers.
//!
//! A [`Talk`] sends, receives and waits; `steps` and `replay` say what. Nothing here connects, listens or reads options.

pub mod excerpt;
pub mod printer;
pub mod replay;
pub mod script;
pub mod step;
pub mod steps;
pub mod talk;
pub mod trouble;
#[cfg(feature = "tls")]
pub mod upgrade;

pub use excerpt::Excerpt;
pub use printer::Printer;
pub use script::{Part, Script, Speech};
pub use step::Step;
pub use talk::{Talk, Wind};
pub use trouble::Trouble;
#[cfg(feature = "tls")]
pub use upgrade::Upgrade;
