//! Typed tuples: values, their encodings on the wire, and their forms as text. No I/O; the limits here bound what a
//! peer can make us hold.
//!
//! - [`value`], [`types`]: what a tuple is.
//! - [`literal`]: arguments to values and back.
//! - [`codec`]: what an encoding does; [`encoding`] chooses one by name.
//! - [`cbor`], [`msgpack`], [`json`], [`pack`]: the encodings, byte by byte.
//! - [`charset`]: character sets of strings in packed formats.
//! - [`text`]: how tuples are printed; [`input`]: how records of a text stream become tuples.

pub mod cbor;
pub mod charset;
pub mod codec;
pub mod encoding;
pub mod input;
pub mod json;
mod limit;
pub mod literal;
pub mod msgpack;
pub mod pack;
mod shell;
#[cfg(test)]
mod testing;
pub mod text;
mod tsv;
pub mod types;
pub mod value;

pub use charset::Charset;
pub use codec::{Codec, CodecError, Progress};
pub use encoding::Encoding;
pub use input::{InputForm, TupleReader};
pub use pack::Pack;
pub use text::Form;
pub use types::{ExpectedTypes, Kind};
pub use value::{Nested, Tuple, Value};
