//! Where a JSON array ends, found as bytes arrive: brackets and strings are seen, nothing else is checked.

use std::ops::Range;

use crate::tuple::codec::CodecError;
use crate::tuple::limit::Budget;

/// How far the array at the front of the data has been looked at.
#[derive(Debug)]
pub struct Outline {
    start: usize,
    position: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    objects: bool,
    limit: Budget,
}

impl Outline {
    /// `objects`: an object may stand where an array does.
    pub fn new(max_bytes: usize, objects: bool) -> Self {
        Outline {
            start: 0,
            position: 0,
            depth: 0,
            in_string: false,
            escaped: false,
            objects,
            limit: Budget::new(max_bytes),
        }
    }

    pub fn reset(&mut self) {
        (self.start, self.position, self.depth) = (0, 0, 0);
        (self.in_string, self.escaped) = (false, false);
    }

    /// Looks on; `Some` is where the array lies, and the next call begins another.
    pub fn advance(&mut self, data: &[u8]) -> Result<Option<Range<usize>>, CodecError> {
        if self.depth == 0 && !self.begin(data)? {
            return Ok(None);
        }
        while let Some(rest) = data.get(self.position..).filter(|rest| !rest.is_empty()) {
            if self.in_string {
                self.string(rest);
            } else if self.brackets(rest)? {
                let place = self.start..self.position;
                self.limit.reach(place.len() as u64)?;
                self.reset();
                return Ok(Some(place));
            }
        }
        self.limit.reach(self.position.saturating_sub(self.start) as u64)?;
        Ok(None)
    }

    /// Skips white space up to the first bracket.
    fn begin(&mut self, data: &[u8]) -> Result<bool, CodecError> {
        let rest = data.get(self.position..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        self.position = self.position.saturating_add(blank);
        match rest.get(blank) {
            Some(b'[') => {}
            Some(b'{') if self.objects => {}
            Some(_) => return Err(super::no_array()),
            None => {
                self.limit.reach(self.position as u64)?;
                return Ok(false);
            }
        }
        self.start = self.position;
        Ok(true)
    }

    /// Goes to the end of a string, to an escape, or to the end of the data.
    fn string(&mut self, rest: &[u8]) {
        let step = if std::mem::take(&mut self.escaped) {
            1
        } else if let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
            self.escaped = rest.get(at) == Some(&b'\\');
            self.in_string = self.escaped;
            at.saturating_add(1)
        } else {
            rest.len()
        };
        self.position = self.position.saturating_add(step);
    }

    /// Goes to the end of the array (true), to the beginning of a string, or to the end of the data.
    fn brackets(&mut self, rest: &[u8]) -> Result<bool, CodecError> {
        for (index, byte) in rest.iter().enumerate() {
            match byte {
                b'"' => self.in_string = true,
                b'[' | b'{' => {
                    self.limit.enter(self.depth)?;
                    self.depth = self.depth.saturating_add(1);
                    continue;
                }
                b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                _ => continue,
            }
            if self.in_string || self.depth == 0 {
                self.position = self.position.saturating_add(index).saturating_add(1);
                return Ok(self.depth == 0);
            }
        }
        self.position = self.position.saturating_add(rest.len());
        Ok(false)
    }
}
