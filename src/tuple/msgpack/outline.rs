//! Where a MessagePack array ends, found item by item as bytes arrive; values are not looked at.
//!
//! What this accepts is well-formed, within the size limit and bounded in depth, so that reading the values needs no
//! care.

use crate::tuple::codec::CodecError;
use crate::tuple::limit::{Budget, NESTED};

/// How far the array at the front of the data has been looked at.
#[derive(Debug)]
pub struct Outline {
    position: usize,
    /// Items still to come, for each array and map that is open.
    frames: Vec<u64>,
    budget: Budget,
}

/// What an item is, after its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// This many bytes follow.
    Scalar(usize),
    /// nil and truth values.
    Word,
    /// A string, bytes or an extension: the width of its length, and the bytes that it has beyond that length.
    Sized { width: usize, extra: u64 },
    /// A string whose length is in the first byte.
    Short(u64),
    /// An extension whose length is in the first byte, with its type.
    FixedExtension(u64),
    /// An array or map: the width of its count, and how many items each of them is.
    Counted { width: usize, items: u64 },
    /// An array or map whose number of items is in the first byte.
    Few(u64),
}

impl Form {
    fn of(first: u8) -> Result<Form, CodecError> {
        let low = |mask: u8| u64::from(first & mask);
        Ok(match first {
            0x00..=0x7f | 0xe0..=0xff => Form::Scalar(0),
            0x80..=0x8f => Form::Few(low(0x0f).saturating_mul(2)),
            0x90..=0x9f => Form::Few(low(0x0f)),
            0xa0..=0xbf => Form::Short(low(0x1f)),
            0xc0 | 0xc2 | 0xc3 => Form::Word,
            0xc1 => return Err(CodecError::NotATuple("the byte 0xc1 begins no MessagePack item".to_owned())),
            0xc4..=0xc6 => Form::Sized { width: 1 << (first - 0xc4), extra: 0 },
            0xc7..=0xc9 => Form::Sized { width: 1 << (first - 0xc7), extra: 1 },
            0xca | 0xcb => Form::Scalar(4 << (first - 0xca)),
            0xcc..=0xcf => Form::Scalar(1 << (first - 0xcc)),
            0xd0..=0xd3 => Form::Scalar(1 << (first - 0xd0)),
            0xd4..=0xd8 => Form::FixedExtension((1 << (first - 0xd4)) + 1),
            0xd9..=0xdb => Form::Sized { width: 1 << (first - 0xd9), extra: 0 },
            0xdc | 0xdd => Form::Counted { width: 2 << (first - 0xdc), items: 1 },
            0xde | 0xdf => Form::Counted { width: 2 << (first - 0xde), items: 2 },
        })
    }

    fn is_array(first: u8) -> bool {
        matches!(first, 0x90..=0x9f | 0xdc | 0xdd)
    }
}

impl Outline {
    pub fn new(max_bytes: usize) -> Self {
        Outline { position: 0, frames: Vec::new(), budget: Budget::new(max_bytes) }
    }

    pub fn reset(&mut self) {
        self.position = 0;
        self.frames.clear();
        self.budget.reset();
    }

    /// Looks on; `Some` is the length of the array, and the next call begins another.
    pub fn advance(&mut self, data: &[u8]) -> Result<Option<usize>, CodecError> {
        loop {
            let Some((&first, rest)) = data.get(self.position..).and_then(<[u8]>::split_first) else {
                self.budget.reach(data.len() as u64)?;
                return Ok(None);
            };
            if self.frames.is_empty() && !Form::is_array(first) {
                return Err(CodecError::NotATuple("it does not begin with an array".to_owned()));
            }
            let form = Form::of(first)?;
            let (width, number) = match form {
                Form::Sized { width, .. } | Form::Counted { width, .. } => {
                    let Some(bytes) = rest.get(..width) else {
                        self.budget.reach(data.len() as u64)?;
                        return Ok(None);
                    };
                    (width, bytes.iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte)))
                }
                _ => (0, 0),
            };
            let body = match form {
                Form::Scalar(size) => size as u64,
                Form::Sized { extra, .. } => number.saturating_add(extra),
                Form::Short(length) | Form::FixedExtension(length) => length,
                Form::Word | Form::Counted { .. } | Form::Few(_) => 0,
            };
            let head = (self.position as u64).saturating_add(1).saturating_add(width as u64);
            let end = head.saturating_add(body);
            self.budget.reach(end)?;
            let Some(end) = usize::try_from(end).ok().filter(|end| *end <= data.len()) else { return Ok(None) };
            if let Some(left) = self.frames.last_mut() {
                *left = left.saturating_sub(1);
            }
            match form {
                // An unsigned integer above the signed ones.
                Form::Scalar(_) if first == 0xcf && rest.first().is_some_and(|high| *high > 0x7f) => {
                    self.budget.charge(NESTED)?;
                }
                Form::Scalar(_) => {}
                Form::Word => self.budget.charge(NESTED)?,
                Form::Short(length) => self.budget.charge(usize::try_from(length).unwrap_or(usize::MAX))?,
                Form::Sized { extra: 0, .. } => self.budget.charge(usize::try_from(number).unwrap_or(usize::MAX))?,
                Form::Sized { .. } | Form::FixedExtension(_) => {
                    self.budget.charge(usize::try_from(body).unwrap_or(usize::MAX).saturating_add(NESTED))?;
                }
                Form::Few(items) => self.open(items)?,
                Form::Counted { items, .. } => self.open(number.saturating_mul(items))?,
            }
            self.position = end;
            while let Some(0) = self.frames.last() {
                self.frames.pop();
            }
            if self.frames.is_empty() {
                self.reset();
                return Ok(Some(end));
            }
        }
    }

    fn open(&mut self, items: u64) -> Result<(), CodecError> {
        self.budget.enter(self.frames.len())?;
        // Each item takes a byte at least: what cannot come any more is refused before it comes.
        self.budget.reach(items.saturating_add(self.position as u64))?;
        self.budget.charge_values(items)?;
        self.budget.charge(NESTED)?;
        self.frames.push(items);
        Ok(())
    }
}

/// The number of items of an array that an outline has found whole, and their bytes.
pub fn split_head(array: &[u8]) -> (usize, &[u8]) {
    let Some((first, rest)) = array.split_first() else { return (0, array) };
    let width = match first {
        0xdc => 2,
        0xdd => 4,
        few => return (usize::from(few & 0x0f), rest),
    };
    let (count, items) = rest.split_at_checked(width).unwrap_or((rest, &[]));
    (count.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)), items)
}
