//! The terminal that a person sits at: a line editor with history, and the screen above it. No sockets, and nothing about what
//! the lines mean.
//!
//! `keymap` makes edits of keys, `editor` obeys them, `layout` makes rows of cells of text, `screen` makes the bytes that
//! show them; none of these does I/O. `tty` and `keyboard` are the device.

pub mod editor;
pub mod history;
pub mod incoming;
pub mod keyboard;
pub mod keymap;
pub mod layout;
pub mod line;
pub mod mark;
pub mod screen;
pub mod tty;

pub use editor::{Action, Editor};
pub use history::History;
pub use incoming::Incoming;
pub use mark::{Entry, Mark, Paint};
pub use screen::Screen;
