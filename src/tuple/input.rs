//! Records of a text stream to tuples: `--input tsv|csv|json|lines`.
//!
//! | input | a record | a field |
//! |---|---|---|
//! | tsv | a line; an empty one is the empty tuple | between tabs, with the escapes of the `tsv` module |
//! | csv | a record of RFC 4180; there is no header, empty lines are skipped | as the record says |
//! | lines | a line | the whole line |
//! | json | an array, or the object of [`report`](super::json::report) | one value of it |
//!
//! Fields are read as arguments are (see [`super::literal`]): `5` is an integer, `s:5` a string. Lines end with LF or CRLF.
//! Text is UTF-8; a byte order mark in front of it is skipped.
//!
//! One record is in memory at a time. The reader that is passed in is read only when a record is asked for, and no
//! further than one read beyond it.

mod mark;
mod quotes;

use std::io::{self, BufRead, BufReader, Read};

use super::codec::{Codec as _, CodecError, Progress};
use super::json::Json;
use super::literal::{Integers, LiteralError};
use super::tsv;
use super::value::{Tuple, Value};

use self::mark::Unmarked;
use self::quotes::Quotes;
use crate::exit::Exit;

/// How a stream is cut into records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputForm {
    /// Tab-separated values.
    Tsv,
    /// Comma-separated values.
    Csv,
    /// JSON arrays.
    Json,
    /// Each line one value.
    Lines,
}

/// A name that is no form of input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no form of input: write tsv, csv, json or lines")]
pub struct UnknownInput(String);

impl std::str::FromStr for InputForm {
    type Err = UnknownInput;

    fn from_str(name: &str) -> Result<Self, UnknownInput> {
        match name {
            "tsv" => Ok(InputForm::Tsv),
            "csv" => Ok(InputForm::Csv),
            "json" => Ok(InputForm::Json),
            "lines" => Ok(InputForm::Lines),
            _ => Err(UnknownInput(name.to_owned())),
        }
    }
}

/// A record that is no tuple.
#[derive(Debug, thiserror::Error)]
#[error("record {record} of the input: {cause}")]
pub struct InputError {
    /// Which record, from 1.
    pub record: u64,
    /// What is wrong with it.
    pub cause: InputCause,
}

impl InputError {
    /// The exit status that a command ends with.
    pub fn exit(&self) -> Exit {
        match self.cause {
            InputCause::TooLarge(_) => Exit::TooLarge,
            _ => Exit::Usage,
        }
    }
}

/// What is wrong with a record.
#[derive(Debug, thiserror::Error)]
pub enum InputCause {
    /// The stream itself failed.
    #[error("cannot read it: {0}")]
    Read(#[from] io::Error),
    /// It is longer than the limit.
    #[error("it is longer than {0} bytes; --max-bytes sets another limit")]
    TooLarge(usize),
    /// A quote of CSV is open at the end.
    #[error(
        "a quote is never closed: the field that it begins ends with another one, and a quote in it is written twice"
    )]
    OpenQuote,
    /// It is not text.
    #[error("it is not UTF-8; send bytes as b:HEX")]
    NotUtf8,
    /// A field of TSV has an escape that is none.
    #[error(
        "field {field} has `{escape}`: write \\\\ for a backslash, \\t, \\n or \\r for what cannot stand in a field"
    )]
    Escape {
        /// Which field, from 1.
        field: usize,
        /// The backslash and what follows it.
        escape: String,
    },
    /// A field is no value.
    #[error("field {field}: {cause}")]
    Literal {
        /// Which field, from 1.
        field: usize,
        /// Why.
        cause: LiteralError,
    },
    /// It is no JSON array.
    #[error("{0}")]
    Json(String),
}

/// Reads tuples one by one.
#[derive(Debug)]
pub struct TupleReader<R> {
    records: Records<R>,
    count: u64,
    max_bytes: usize,
    integers: Integers,
}

/// How a line is cut into fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fields {
    Tabs,
    WholeLine,
}

#[derive(Debug)]
enum Records<R> {
    Lines { source: BufReader<Unmarked<R>>, line: Vec<u8>, fields: Fields },
    Csv(Box<CsvRecords<Unmarked<R>>>),
    Json(JsonRecords<Unmarked<R>>),
}

/// How much one read asks for.
const CHUNK: usize = 64 * 1024;

impl<R: Read> TupleReader<R> {
    /// Cuts `source` into records of at most `max_bytes` bytes each, in which these integers are integers.
    pub fn new(source: R, form: InputForm, max_bytes: usize, integers: Integers) -> Self {
        let source = Unmarked::new(source);
        let lines = |source, fields| {
            let source = BufReader::with_capacity(CHUNK, source);
            Records::Lines { source, line: Vec::new(), fields }
        };
        let records = match form {
            InputForm::Tsv => lines(source, Fields::Tabs),
            InputForm::Lines => lines(source, Fields::WholeLine),
            InputForm::Csv => Records::Csv(Box::new(CsvRecords::new(source))),
            InputForm::Json => Records::Json(JsonRecords {
                source: BufReader::with_capacity(CHUNK, source),
                codec: Json::with_reports(max_bytes),
                pending: Vec::new(),
                used: 0,
            }),
        };
        TupleReader { records, count: 0, max_bytes, integers }
    }

    /// The next tuple; `None` at the end of the stream.
    ///
    /// # Errors
    /// The record is no tuple, or the stream cannot be read. After an error nothing more can be read.
    pub fn next_tuple(&mut self) -> Result<Option<Tuple>, InputError> {
        self.count = self.count.saturating_add(1);
        let tuple = match &mut self.records {
            Records::Lines { source, line, fields } => {
                let there = next_line(source, line, self.max_bytes);
                there.and_then(|there| there.then(|| fields.parse(line, self.integers)).transpose())
            }
            Records::Csv(records) => records.next(self.max_bytes, self.integers),
            Records::Json(records) => records.next(),
        };
        tuple.map_err(|cause| InputError { record: self.count, cause })
    }
}

/// Puts the next line into `line`, without its end; `false` at the end of the stream.
fn next_line(source: &mut impl BufRead, line: &mut Vec<u8>, max_bytes: usize) -> Result<bool, InputCause> {
    line.clear();
    let limit = (max_bytes as u64).saturating_add(2);
    if source.take(limit).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.ends_with(b"\n") {
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    if line.len() > max_bytes { Err(InputCause::TooLarge(max_bytes)) } else { Ok(true) }
}

impl Fields {
    fn parse(self, line: &[u8], integers: Integers) -> Result<Tuple, InputCause> {
        match self {
            Fields::WholeLine => Ok(Tuple::from(vec![parse_field(line, 1, integers)?])),
            Fields::Tabs if line.is_empty() => Ok(Tuple::default()),
            Fields::Tabs => {
                let line = str::from_utf8(line).map_err(|_| InputCause::NotUtf8)?;
                let field = |(text, field)| {
                    let text = tsv::unescape(text).map_err(|escape| InputCause::Escape { field, escape })?;
                    integers.parse(&text).map_err(|cause| InputCause::Literal { field, cause })
                };
                line.split('\t').zip(1..).map(field).collect()
            }
        }
    }
}

fn parse_field(field: &[u8], number: usize, integers: Integers) -> Result<Value, InputCause> {
    let text = str::from_utf8(field).map_err(|_| InputCause::NotUtf8)?;
    integers.parse(text).map_err(|cause| InputCause::Literal { field: number, cause })
}

#[derive(Debug)]
struct CsvRecords<R> {
    reader: csv::Reader<Metered<R>>,
    record: csv::ByteRecord,
}

impl<R: Read> CsvRecords<R> {
    fn new(source: R) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(CHUNK)
            .from_reader(Metered { source, left: 0, quotes: Quotes::default() });
        CsvRecords { reader, record: csv::ByteRecord::new() }
    }

    fn next(&mut self, max_bytes: usize, integers: Integers) -> Result<Option<Tuple>, InputCause> {
        // A record may begin with what is left of the last read.
        self.reader.get_mut().left = max_bytes.saturating_add(CHUNK);
        let there = self.reader.read_byte_record(&mut self.record);
        if !there.map_err(|error| Self::cause(error, max_bytes))? {
            return Ok(None);
        }
        if self.record.as_slice().len() > max_bytes {
            return Err(InputCause::TooLarge(max_bytes));
        }
        self.record
            .iter()
            .zip(1..)
            .map(|(field, number)| parse_field(field, number, integers))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn cause(error: csv::Error, max_bytes: usize) -> InputCause {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => match error.kind() {
                io::ErrorKind::QuotaExceeded => InputCause::TooLarge(max_bytes),
                io::ErrorKind::UnexpectedEof => InputCause::OpenQuote,
                _ => InputCause::Read(error),
            },
            other => InputCause::Read(io::Error::other(format!("{other:?}"))),
        }
    }
}

/// Fails when a record has taken too much, and at the end when a quote is open: one that nobody closes takes all there is.
#[derive(Debug)]
struct Metered<R> {
    source: R,
    left: usize,
    quotes: Quotes,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = buffer.len().min(self.left);
        let Some(buffer) = buffer.get_mut(..size).filter(|buffer| !buffer.is_empty()) else {
            return Err(io::ErrorKind::QuotaExceeded.into());
        };
        let count = self.source.read(buffer)?;
        if count == 0 && self.quotes.are_open() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.quotes.push(buffer.get(..count).unwrap_or_default());
        self.left = self.left.saturating_sub(count);
        Ok(count)
    }
}

#[derive(Debug)]
struct JsonRecords<R> {
    source: BufReader<R>,
    codec: Json,
    pending: Vec<u8>,
    used: usize,
}

impl<R: Read> JsonRecords<R> {
    fn next(&mut self) -> Result<Option<Tuple>, InputCause> {
        let cause = |error| match error {
            CodecError::TooLarge { limit } => InputCause::TooLarge(limit),
            CodecError::NotATuple(reason) => InputCause::Json(reason),
            CodecError::Cut { .. } => InputCause::Json("the end of the array is missing".to_owned()),
            other => InputCause::Json(other.to_string()),
        };
        loop {
            let data = self.pending.get(self.used..).unwrap_or_default();
            if let Progress::Got(tuple, consumed) = self.codec.decode(data).map_err(cause)? {
                self.used = self.used.saturating_add(consumed);
                return Ok(Some(tuple));
            }
            self.pending.drain(..self.used);
            self.used = 0;
            if !self.take_more()? {
                return self.codec.finish(&self.pending).map_err(cause);
            }
        }
    }

    /// False at the end of the stream.
    fn take_more(&mut self) -> io::Result<bool> {
        let more = self.source.fill_buf()?;
        self.pending.extend_from_slice(more);
        let count = more.len();
        self.source.consume(count);
        Ok(count > 0)
    }
}

#[cfg(test)]
mod tests;
