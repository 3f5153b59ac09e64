//! What the tests of several encodings share: arbitrary tuples, and the promises that every codec keeps.

use proptest::prelude::*;

use super::codec::{Codec, CodecError, Progress};
use super::value::{Nested, Tuple, Value};

/// Reals with the rare ones among them.
pub fn real() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        any::<u64>().prop_map(f64::from_bits),
        any::<f32>().prop_map(f64::from),
        prop::sample::select(vec![
            0.0,
            -0.0,
            1.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            1e16,
            1e21,
        ]),
    ]
}

/// Integers around the borders of their widths.
pub fn integer() -> impl Strategy<Value = i64> {
    let borders = (0u32..64, -2i64..=2).prop_map(|(bits, offset)| (1i64 << bits).wrapping_add(offset));
    prop_oneof![any::<i64>(), borders, -300i64..300]
}

/// Any value that can be typed.
pub fn typed_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        integer().prop_map(Value::Integer),
        real().prop_map(Value::Real),
        any::<String>().prop_map(Value::Text),
        "[ -~\t\n]{0,40}".prop_map(Value::Text),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
    ]
}

/// Any tuple that can be typed.
pub fn typed_tuple() -> impl Strategy<Value = Tuple> {
    prop::collection::vec(typed_value(), 0..24).prop_map(Tuple::from)
}

/// Tuples with what other programs send; arrays and maps within.
pub fn any_tuple(leaf: impl Strategy<Value = Nested> + 'static) -> impl Strategy<Value = Tuple> {
    let leaf = prop_oneof![typed_value(), leaf.prop_map(Value::from)];
    let value = leaf.prop_recursive(4, 24, 5, |inner| {
        let pair = ("[a-y]{0,5}".prop_map(Value::Text), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(|values| Nested::Array(values).into()),
            prop::collection::vec(pair, 0..5).prop_map(|pairs| Nested::Map(pairs).into()),
        ]
    });
    prop::collection::vec(value, 0..8).prop_map(Tuple::from)
}

/// The bytes of a tuple.
pub fn encode(codec: &dyn Codec, tuple: &Tuple) -> Vec<u8> {
    let mut out = b"kept".to_vec();
    codec.encode(tuple, &mut out).unwrap();
    out.split_off(4)
}

/// Decodes what became of a tuple when one of its bytes came as another, and does no harm.
pub fn survives_a_wrong_byte(codec: &mut dyn Codec, tuple: &Tuple, at: prop::sample::Index, byte: u8) {
    let mut bytes = encode(codec, tuple);
    let at = at.index(bytes.len());
    bytes[at] = byte;
    survives(codec, &bytes, 7);
}

/// Tuples in a stream arrive as sent, whatever the pieces; at its end nothing is left.
pub fn arrives_in_pieces(codec: &mut dyn Codec, tuples: &[Tuple], piece: usize) {
    let stream: Vec<u8> = tuples.iter().flat_map(|tuple| encode(codec, tuple)).collect();
    let mut buffer = Vec::new();
    let mut got = Vec::new();
    for bytes in stream.chunks(piece.max(1)) {
        buffer.extend_from_slice(bytes);
        while let Progress::Got(tuple, consumed) = codec.decode(&buffer).unwrap() {
            got.push(tuple);
            buffer.drain(..consumed);
        }
    }
    assert_eq!(got, tuples);
    assert_eq!(codec.finish(&buffer), Ok(None));
}

/// Cut after any byte of the tuple, the stream is an error and never another tuple.
pub fn is_never_cut_short(codec: &mut dyn Codec, tuple: &Tuple) {
    let whole = encode(codec, tuple);
    // The line feed after a JSON array is no part of it.
    let bytes = whole.strip_suffix(b"\n").filter(|_| codec.name() == "json").unwrap_or(&whole);
    for cut in 1..bytes.len() {
        let part = &bytes[..cut];
        assert_eq!(codec.decode(part), Ok(Progress::NeedMore), "cut after {cut} of {bytes:02x?}");
        assert_eq!(codec.finish(part), Err(CodecError::Cut { received: cut }), "cut after {cut} of {bytes:02x?}");
    }
    assert_eq!(codec.decode(&whole), Ok(Progress::Got(tuple.clone(), bytes.len())));
    codec.reset();
}

/// Whatever arrives, in whatever pieces, ends in tuples that encode again or in an error, and never consumes nothing.
pub fn survives(codec: &mut dyn Codec, stream: &[u8], piece: usize) {
    let mut buffer = Vec::new();
    for bytes in stream.chunks(piece.max(1)) {
        buffer.extend_from_slice(bytes);
        loop {
            match codec.decode(&buffer) {
                Ok(Progress::NeedMore) => break,
                Ok(Progress::Got(tuple, consumed)) => {
                    assert!(consumed > 0 && consumed <= buffer.len());
                    assert_eq!(codec.decode_message(&encode(codec, &tuple)), Ok(tuple));
                    buffer.drain(..consumed);
                }
                Err(CodecError::NotATuple(_) | CodecError::TooLarge { .. } | CodecError::DoesNotMatch { .. }) => return,
                Err(other) => panic!("{other}"),
            }
        }
    }
    let _ = codec.finish(&buffer);
}

/// What has been looked at is not looked at again: other bytes in its place do not matter until the tuple is whole.
pub fn looks_once(codec: &mut dyn Codec, tuple: &Tuple, other: u8) {
    let mut bytes = encode(codec, tuple);
    let half = bytes.len() / 2;
    assert_eq!(codec.decode(&bytes[..half]), Ok(Progress::NeedMore));
    // The last item seen may be begun again.
    bytes[..half - 16].fill(other);
    assert_eq!(codec.decode(&bytes[..half + 1]), Ok(Progress::NeedMore));
    codec.reset();
}

/// A tuple of this size limit's worth of values.
pub fn many(count: usize) -> Tuple {
    (0..count).map(|number| Value::Integer(number as i64)).collect()
}
