//! Where a CBOR array ends (RFC 8949 section 3), found head by head as bytes arrive; values are not looked at.
//!
//! What this accepts is well-formed, within the size limit and bounded in depth, so that reading the values needs no
//! care.

use crate::tuple::codec::CodecError;
use crate::tuple::limit::{Budget, NESTED};

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

/// How far the array at the front of the data has been looked at.
#[derive(Debug)]
pub struct Outline {
    position: usize,
    frames: Vec<Frame>,
    budget: Budget,
}

/// What is open at the position.
#[derive(Debug)]
enum Frame {
    /// So many items are still to come: of an array, a map (two for each pair), a tag.
    Items(u64),
    /// An array of indefinite length.
    Array,
    /// A map of indefinite length, and whether a value must come next.
    Map { odd: bool },
    /// A string of indefinite length: chunks of this major type.
    Chunks(u8),
}

/// The first bytes of an item.
struct Head {
    major: u8,
    /// `None` for an indefinite length, and for a break.
    argument: Option<u64>,
    size: usize,
}

impl Head {
    fn read(data: &[u8]) -> Result<Option<Head>, CodecError> {
        let Some((&first, rest)) = data.split_first() else { return Ok(None) };
        let (major, info) = (first >> 5, first & 0x1f);
        let width = match info {
            0..=23 => return Ok(Some(Head { major, argument: Some(info.into()), size: 1 })),
            24..=27 => 1usize << (info - 24),
            31 if !matches!(major, UNSIGNED | NEGATIVE | TAG) => {
                return Ok(Some(Head { major, argument: None, size: 1 }));
            }
            _ => return Err(malformed(format!("the byte {first:#04x} begins no CBOR item"))),
        };
        let Some(bytes) = rest.get(..width) else { return Ok(None) };
        let argument = bytes.iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
        if major == SIMPLE && info == 24 && argument < 32 {
            return Err(malformed(format!("the CBOR simple value {argument} takes two bytes")));
        }
        Ok(Some(Head { major, argument: Some(argument), size: width.saturating_add(1) }))
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
            let Some(head) = Head::read(data.get(self.position..).unwrap_or_default())? else {
                self.budget.reach(data.len() as u64)?;
                return Ok(None);
            };
            if self.frames.is_empty() && head.major != ARRAY {
                return Err(malformed("it does not begin with an array".to_owned()));
            }
            let mut end = (self.position as u64).saturating_add(head.size as u64);
            if let (BYTES | TEXT, Some(length)) = (head.major, head.argument) {
                end = end.saturating_add(length);
            }
            self.budget.reach(end)?;
            let Some(end) = usize::try_from(end).ok().filter(|end| *end <= data.len()) else { return Ok(None) };
            self.item(&head)?;
            self.position = end;
            while let Some(Frame::Items(0)) = self.frames.last() {
                self.frames.pop();
            }
            if self.frames.is_empty() {
                self.reset();
                return Ok(Some(end));
            }
        }
    }

    /// An item begins, all of it but its own items being there.
    fn item(&mut self, head: &Head) -> Result<(), CodecError> {
        if (head.major, head.argument) == (SIMPLE, None) {
            return self.end_indefinite();
        }
        self.take_place(head)?;
        match (head.major, head.argument) {
            (BYTES | TEXT, Some(length)) => self.budget.charge(usize::try_from(length).unwrap_or(usize::MAX)),
            (major @ (BYTES | TEXT), None) => self.open(Frame::Chunks(major), NESTED),
            (ARRAY | MAP, Some(count)) => {
                let count = if head.major == MAP { count.saturating_mul(2) } else { count };
                // Each item takes a byte at least: what cannot come any more is refused before it comes.
                self.budget.reach(count.saturating_add(self.position as u64))?;
                self.budget.charge_values(count)?;
                self.open(Frame::Items(count), NESTED)
            }
            (ARRAY, None) => self.open(Frame::Array, NESTED),
            (MAP, None) => self.open(Frame::Map { odd: false }, NESTED),
            (TAG, _) => self.open(Frame::Items(1), NESTED),
            // Longer ones are reals.
            (SIMPLE, Some(_)) if head.size <= 2 => self.budget.charge(NESTED),
            (UNSIGNED | NEGATIVE, Some(number)) if i64::try_from(number).is_err() => self.budget.charge(NESTED),
            _ => Ok(()),
        }
    }

    /// The item takes a place in what is open around it.
    fn take_place(&mut self, head: &Head) -> Result<(), CodecError> {
        let indefinite = match self.frames.last_mut() {
            None => false,
            Some(Frame::Items(left)) => {
                *left = left.saturating_sub(1);
                false
            }
            Some(Frame::Array) => true,
            Some(Frame::Map { odd }) => {
                *odd = !*odd;
                true
            }
            Some(Frame::Chunks(major)) if *major == head.major && head.argument.is_some() => false,
            Some(Frame::Chunks(_)) => {
                return Err(malformed("a string of indefinite length holds something else".to_owned()));
            }
        };
        if indefinite { self.budget.charge_values(1) } else { Ok(()) }
    }

    fn open(&mut self, frame: Frame, memory: usize) -> Result<(), CodecError> {
        self.budget.enter(self.frames.len())?;
        self.budget.charge(memory)?;
        self.frames.push(frame);
        Ok(())
    }

    fn end_indefinite(&mut self) -> Result<(), CodecError> {
        match self.frames.pop() {
            Some(Frame::Array | Frame::Chunks(_) | Frame::Map { odd: false }) => Ok(()),
            _ => Err(malformed("a CBOR break ends nothing there".to_owned())),
        }
    }
}

fn malformed(reason: String) -> CodecError {
    CodecError::NotATuple(reason)
}
