//! The encodings by name: the one match from `--encoding` to a codec.

use super::cbor::Cbor;
use super::codec::Codec;
use super::json::Json;
use super::msgpack::MsgPack;

/// An encoding that needs no format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// CBOR, an array per tuple (RFC 8949, RFC 8742).
    #[default]
    Cbor,
    /// MessagePack, an array per tuple.
    MsgPack,
    /// JSON, an array on a line per tuple.
    Json,
}

/// A name that is no encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no encoding: write cbor, msgpack or json; --format describes packed binary data")]
pub struct UnknownEncoding(String);

impl std::str::FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        match name {
            "cbor" => Ok(Encoding::Cbor),
            "msgpack" => Ok(Encoding::MsgPack),
            "json" => Ok(Encoding::Json),
            _ => Err(UnknownEncoding(name.to_owned())),
        }
    }
}

impl Encoding {
    /// A codec that takes tuples of up to `max_bytes` bytes.
    pub fn codec(self, max_bytes: usize) -> Box<dyn Codec> {
        match self {
            Encoding::Cbor => Box::new(Cbor::new(max_bytes)),
            Encoding::MsgPack => Box::new(MsgPack::new(max_bytes)),
            Encoding::Json => Box::new(Json::new(max_bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_the_codecs_report() {
        for name in ["cbor", "msgpack", "json"] {
            assert_eq!(name.parse::<Encoding>().unwrap().codec(1).name(), name);
        }
        assert!("CBOR".parse::<Encoding>().unwrap_err().to_string().contains("write cbor, msgpack or json"));
    }
}
