//! Shows received bytes on the local output, as the options for showing want them.

use std::io;

use crate::filter::Transform;
use crate::relay::{Stdio, buffer};

/// The local output of a conversation.
pub struct Printer {
    output: Stdio,
    display: Vec<Box<dyn Transform>>,
}

impl Printer {
    /// Writes to this output through these transforms, which concern eyes alone: nothing that is compared or recorded.
    pub fn new(output: Stdio, display: Vec<Box<dyn Transform>>) -> Self {
        Printer { output, display }
    }

    /// Shows these bytes.
    ///
    /// # Errors
    /// Those of the output.
    pub async fn print(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut shown = bytes.to_vec();
        for transform in &mut self.display {
            let mut output = Vec::with_capacity(shown.len() * 2);
            transform.push(&shown, &mut output)?;
            shown = output;
        }
        buffer::write_all(&mut self.output, &shown).await
    }

    /// Shows what the transforms have held back.
    ///
    /// # Errors
    /// Those of the output.
    pub async fn finish(&mut self) -> io::Result<()> {
        let mut held = Vec::new();
        for transform in &mut self.display {
            transform.finish(&mut held)?;
        }
        buffer::write_all(&mut self.output, &held).await
    }
}
