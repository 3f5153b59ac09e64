//! ZMTP frames (RFC 23, "Framing"): their heads, read and written. No I/O.

/// Another frame of the message follows.
const MORE: u8 = 1;
/// The size takes eight bytes instead of one.
const LONG: u8 = 2;
/// A command, no part of a message.
const COMMAND: u8 = 4;

/// What stands before the body of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Whether another frame of the message follows.
    pub more: bool,
    /// Whether this is a command.
    pub command: bool,
    /// The size of the head itself: 2 or 9 bytes.
    pub length: usize,
    /// The size of the body in bytes.
    pub size: u64,
}

/// A first byte that no frame has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame cannot begin with 0x{0:02x}")]
pub struct BadFlags(pub u8);

/// Reads the head of a frame; `None` while it is not all there.
///
/// # Errors
/// Flags that no frame has.
pub fn head(input: &[u8]) -> Result<Option<Head>, BadFlags> {
    let Some((flags, rest)) = input.split_first() else { return Ok(None) };
    let more = flags & MORE != 0;
    let command = flags & COMMAND != 0;
    if flags & !(MORE | LONG | COMMAND) != 0 || (more && command) {
        return Err(BadFlags(*flags));
    }
    let sized = match flags & LONG != 0 {
        false => rest.first().map(|size| (2, u64::from(*size))),
        true => rest.first_chunk::<8>().map(|size| (9, u64::from_be_bytes(*size))),
    };
    Ok(sized.map(|(length, size)| Head { more, command, length, size }))
}

/// A message of one part that is all there: its body of at most `limit` bytes, and what follows it.
pub fn single(input: &[u8], limit: usize) -> Option<(&[u8], &[u8])> {
    let head = head(input).ok()??;
    let size = usize::try_from(head.size).ok().filter(|size| *size <= limit && !head.more && !head.command)?;
    input.split_at_checked(head.length)?.1.split_at_checked(size)
}

/// Appends a frame of a message.
pub fn put_part(out: &mut Vec<u8>, more: bool, body: &[u8]) {
    put(out, if more { MORE } else { 0 }, body.len());
    out.extend_from_slice(body);
}

/// Appends a command: its name, at most 255 bytes, and what follows it.
pub fn put_command(out: &mut Vec<u8>, name: &str, body: &[u8]) {
    put(out, COMMAND, 1 + name.len() + body.len());
    out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(body);
}

fn put(out: &mut Vec<u8>, flags: u8, size: usize) {
    match u8::try_from(size) {
        Ok(size) => out.extend_from_slice(&[flags, size]),
        Err(_) => {
            out.push(flags | LONG);
            out.extend_from_slice(&(size as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn flags_that_no_frame_has_are_refused() {
        for flags in [0x08, 0x80, 0xff, MORE | COMMAND] {
            assert_eq!(head(&[flags, 0]), Err(BadFlags(flags)));
        }
    }

    proptest! {
        #[test]
        fn a_frame_reads_back_wherever_it_is_cut(size in 0usize..600, more: bool) {
            let mut out = Vec::new();
            put_part(&mut out, more, &vec![7; size]);
            let whole = head(&out).unwrap().unwrap();
            prop_assert_eq!(whole.length + size, out.len());
            prop_assert_eq!((whole.more, whole.command, whole.size), (more, false, size as u64));
            for cut in 0..whole.length {
                prop_assert_eq!(head(&out[..cut]), Ok(None));
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(input in prop::collection::vec(any::<u8>(), 0..12)) {
            let _ = head(&input);
        }
    }
}
