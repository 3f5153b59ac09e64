//! Bounds on what a peer can make us hold: the size of a tuple on the wire, the memory of its values, and its depth.

use super::codec::CodecError;
use super::value::{Nested, Value};

/// Arrays within arrays, maps and tags may lie this deep, the tuple itself counted.
pub const MAX_DEPTH: usize = 64;

/// What one value takes in memory, without its text or bytes.
pub const VALUE: usize = size_of::<Value>();

/// What a nested value takes on top of that, with what the allocator adds.
pub const NESTED: usize = size_of::<Nested>() + 16;

/// One byte on the wire can stand for a value of many: the values of a tuple may take this many times its size limit.
const GROWTH: usize = 4;

/// What they may take however small the limit is, so that a small limit bounds the wire alone.
const FLOOR: usize = 64 * 1024;

/// The limits of one tuple and what is left of them.
#[derive(Debug)]
pub struct Budget {
    max_bytes: usize,
    memory: usize,
}

impl Budget {
    /// A tuple may have `max_bytes` bytes on the wire, and its values some four times that in memory.
    pub fn new(max_bytes: usize) -> Self {
        Budget { max_bytes, memory: max_bytes.saturating_mul(GROWTH).saturating_add(FLOOR) }
    }

    /// Begins another tuple.
    pub fn reset(&mut self) {
        *self = Budget::new(self.max_bytes);
    }

    /// The tuple reaches at least up to this many bytes after its beginning.
    ///
    /// # Errors
    /// [`CodecError::TooLarge`] where that is beyond the limit.
    pub fn reach(&self, end: u64) -> Result<(), CodecError> {
        if end > self.max_bytes as u64 { Err(self.too_large()) } else { Ok(()) }
    }

    /// The values take this many more bytes of memory.
    ///
    /// # Errors
    /// [`CodecError::TooLarge`] where that is beyond the limit.
    pub fn charge(&mut self, bytes: usize) -> Result<(), CodecError> {
        self.memory = self.memory.checked_sub(bytes).ok_or_else(|| self.too_large())?;
        Ok(())
    }

    /// As [`Budget::charge`] for this many values, which have not arrived yet.
    ///
    /// # Errors
    /// [`CodecError::TooLarge`] where that is beyond the limit.
    pub fn charge_values(&mut self, count: u64) -> Result<(), CodecError> {
        self.charge(usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(VALUE))
    }

    /// One more level of nesting above `depth` others.
    ///
    /// # Errors
    /// [`CodecError::NotATuple`] beyond [`MAX_DEPTH`].
    pub fn enter(&self, depth: usize) -> Result<(), CodecError> {
        if depth < MAX_DEPTH {
            return Ok(());
        }
        Err(CodecError::NotATuple(format!("it is nested deeper than {MAX_DEPTH} levels")))
    }

    fn too_large(&self) -> CodecError {
        CodecError::TooLarge { limit: self.max_bytes }
    }
}
