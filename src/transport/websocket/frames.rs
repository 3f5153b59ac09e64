//! The frames of whole messages (RFC 6455 section 5.2), read where they lie and written at once. Fragments, control frames and all
//! that is wrong with a frame are the library's. No I/O.

/// The first of several frames has this bit not set, nor have those in the middle.
const FINAL: u8 = 0x80;
/// Bits without a meaning: no extension is ever agreed to.
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
/// Opcodes from here on are of control frames, which may come between the fragments of a message.
const CONTROL: u8 = 8;
/// In the second byte: the payload is masked.
const MASKED: u8 = 0x80;
/// The size takes two bytes more.
const SIZE_16: u8 = 126;
/// The size takes eight bytes more.
const SIZE_64: u8 = 127;

/// What a processor masks at once, in bytes; a multiple of the mask's size.
const AT_ONCE: usize = 32;

/// What a masked payload is combined with, byte by byte.
pub type Mask = [u8; 4];

/// What stands before the payload of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    flags: u8,
    /// What the payload is masked with.
    pub mask: Option<Mask>,
    /// The size of the head itself: 2 to 14 bytes.
    pub length: usize,
    /// The size of the payload in bytes.
    pub size: u64,
}

impl Head {
    /// Whether it is a whole message, and then whether that is a text.
    pub fn message(&self) -> Option<bool> {
        match (self.flags & (FINAL | RESERVED), self.flags & OPCODE) {
            (FINAL, TEXT) => Some(true),
            (FINAL, BINARY) => Some(false),
            _ => None,
        }
    }

    /// Whether a message is incomplete behind this frame, where `before` says whether one was before it.
    pub fn leaves_incomplete(&self, before: bool) -> bool {
        match self.flags & OPCODE {
            CONTROL.. => before,
            CONTINUATION..CONTROL => self.flags & FINAL == 0,
        }
    }
}

/// Reads the head of a frame; `None` while it is not all there.
pub fn head(input: &[u8]) -> Option<Head> {
    let ([flags, second], rest) = input.split_first_chunk()?;
    let (size, rest) = match second & !MASKED {
        SIZE_16 => rest.split_first_chunk().map(|(size, rest)| (u64::from(u16::from_be_bytes(*size)), rest))?,
        SIZE_64 => rest.split_first_chunk().map(|(size, rest)| (u64::from_be_bytes(*size), rest))?,
        size => (u64::from(size), rest),
    };
    let (mask, rest) = match second & MASKED {
        0 => (None, rest),
        _ => rest.split_first_chunk().map(|(mask, rest)| (Some(*mask), rest))?,
    };
    Some(Head { flags: *flags, mask, length: input.len() - rest.len(), size })
}

/// Appends the frame of a whole message.
pub fn put(out: &mut Vec<u8>, text: bool, mask: Option<Mask>, payload: &[u8]) {
    let masked = if mask.is_some() { MASKED } else { 0 };
    out.push(FINAL | if text { TEXT } else { BINARY });
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(size), _) if size < SIZE_16 => out.push(masked | size),
        (_, Ok(size)) => {
            out.push(masked | SIZE_16);
            out.extend_from_slice(&size.to_be_bytes());
        }
        _ => {
            out.push(masked | SIZE_64);
            out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    if let Some(mask) = mask {
        out.extend_from_slice(&mask);
    }
    let start = out.len();
    out.extend_from_slice(payload);
    apply(mask, out.get_mut(start..).unwrap_or_default());
}

/// Masks a payload, or takes the mask off.
pub fn apply(mask: Option<Mask>, payload: &mut [u8]) {
    let Some(mask) = mask else { return };
    let mut repeated = [0; AT_ONCE];
    for (place, byte) in repeated.iter_mut().zip(mask.iter().cycle()) {
        *place = *byte;
    }
    let (whole, rest) = payload.as_chunks_mut::<AT_ONCE>();
    for chunk in whole {
        for (byte, mask) in chunk.iter_mut().zip(&repeated) {
            *byte ^= mask;
        }
    }
    for (byte, mask) in rest.iter_mut().zip(&repeated) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The examples of RFC 6455 section 5.7.
    #[test]
    fn frames_look_as_in_the_rfc() {
        let put = |text, mask, payload: &[u8]| {
            let mut out = Vec::new();
            super::put(&mut out, text, mask, payload);
            out
        };
        assert_eq!(put(true, None, b"Hello"), b"\x81\x05Hello");
        assert_eq!(
            put(true, Some([0x37, 0xfa, 0x21, 0x3d]), b"Hello"),
            [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        );
        assert!(put(false, None, &[7; 256]).starts_with(b"\x82\x7e\x01\x00\x07"));
        assert!(put(false, None, &[7; 65536]).starts_with(b"\x82\x7f\0\0\0\0\0\x01\0\0\x07"));
        assert!(put(false, None, &[7; 125]).starts_with(b"\x82\x7d\x07"));
        assert!(put(false, None, &[7; 126]).starts_with(b"\x82\x7e\x00\x7e\x07"));
        assert!(put(false, None, &[7; 65535]).starts_with(b"\x82\x7e\xff\xff\x07"));
    }

    #[test]
    fn only_a_whole_message_without_reserved_bits_is_one() {
        for (first, message) in [
            (0x81, Some(true)),
            (0x82, Some(false)),
            (0x01, None),
            (0x02, None),
            (0x80, None),
            (0x83, None),
            (0x88, None),
            (0x89, None),
            (0xc1, None),
            (0xa1, None),
            (0x92, None),
        ] {
            assert_eq!(head(&[first, 0]).unwrap().message(), message, "{first:#x}");
        }
    }

    #[test]
    fn a_message_is_incomplete_until_its_last_fragment_whatever_comes_between() {
        let frames =
            [(0x01, true), (0x89, true), (0x00, true), (0x8a, true), (0x80, false), (0x89, false), (0x82, false)];
        let mut incomplete = false;
        for (first, expected) in frames {
            incomplete = head(&[first, 0]).unwrap().leaves_incomplete(incomplete);
            assert_eq!(incomplete, expected, "{first:#x}");
        }
    }

    proptest! {
        #[test]
        fn a_frame_reads_back_wherever_it_is_cut(
            payload in prop::collection::vec(any::<u8>(), 0..400),
            text: bool,
            mask in prop::option::of(any::<Mask>()),
        ) {
            let mut out = Vec::new();
            put(&mut out, text, mask, &payload);
            let whole = head(&out).unwrap();
            prop_assert_eq!((whole.message(), whole.mask, whole.size), (Some(text), mask, payload.len() as u64));
            for cut in 0..whole.length {
                prop_assert_eq!(head(&out[..cut]), None);
            }
            let mut body = out.split_off(whole.length);
            let expected: Vec<u8> =
                payload.iter().enumerate().map(|(at, byte)| byte ^ mask.map_or(0, |mask| mask[at % 4])).collect();
            prop_assert_eq!(&body, &expected);
            apply(mask, &mut body);
            prop_assert_eq!(body, payload);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(input in prop::collection::vec(any::<u8>(), 0..20)) {
            if let Some(head) = head(&input) {
                prop_assert!(head.length <= 14 && head.length <= input.len());
            }
        }
    }
}
