//! What waits to be written to the terminal.

use std::io;
use std::task::{Context, Poll, ready};

use crate::transport::Descriptor;

/// What waits to be written to the terminal. Nothing is dropped: who gives more than it takes has to wait.
pub struct Output {
    terminal: Descriptor,
    bytes: Vec<u8>,
    written: usize,
}

impl Output {
    /// The terminal of stdout.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn open() -> io::Result<Self> {
        Ok(Output { terminal: Descriptor::stdout()?, bytes: Vec::new(), written: 0 })
    }

    /// Adds bytes.
    pub fn add(&mut self, mut bytes: Vec<u8>) {
        match self.is_empty() {
            true => (self.bytes, self.written) = (bytes, 0),
            false => self.bytes.append(&mut bytes),
        }
    }

    /// Whether everything is written.
    pub fn is_empty(&self) -> bool {
        self.written >= self.bytes.len()
    }

    /// Writes; ready when everything is.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.bytes.get(self.written..).filter(|rest| !rest.is_empty()) {
            self.written += ready!(self.terminal.poll_write(cx, rest))?;
        }
        Poll::Ready(Ok(()))
    }
}
