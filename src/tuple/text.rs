//! Tuples as text on the way out: one form for people, several for scripts.
//!
//! | form | a tuple is |
//! |---|---|
//! | lines | one value a line |
//! | tsv | one line, fields parted by tabs, with the escapes of the `tsv` module |
//! | csv | one record of RFC 4180, lines ended by LF |
//! | shell | one line, `tuple=( 5 1.0 'a b' )`, for `eval` in bash |
//! | json | one line, the object of [`report`] |
//! | types | one line, a letter for each value: i, r, s, b, n |
//!
//! In the first four, strings stand as they are (escaped or quoted as the form asks), integers in decimal, reals as
//! [`literal`] prints them, bytes as `b:` and hexadecimal. They do not tell `"5"` from `5`: json does. The empty
//! tuple is no line in the first, an empty one in the others.

use super::json::report;
use super::literal;
use super::shell;
use super::tsv;
use super::value::{Nested, Tuple, Value};

/// How tuples are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// One value a line.
    #[default]
    Lines,
    /// `--tsv`
    Tsv,
    /// `--csv`
    Csv,
    /// `--shell`
    Shell,
    /// `--json`
    Json,
    /// `--type`
    Types,
}

/// Why a tuple cannot be printed in a form.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// A value that the form has no way to write.
    #[error("value {index} of the tuple {what}, which {form} cannot show: print it with {remedy}")]
    CannotShow {
        /// Which value, from 1.
        index: usize,
        /// `is an array`, `holds a NUL`.
        what: String,
        /// The form, in the words of a message.
        form: &'static str,
        /// The option to use instead.
        remedy: &'static str,
    },
    /// What a library reports that writes the form.
    #[error("cannot print the tuple as {form}: {reason}")]
    Library {
        /// The form.
        form: &'static str,
        /// Why.
        reason: String,
    },
}

impl Form {
    /// Appends the tuple, with the line feed that ends it. `format` is the name of the encoding it came in, or the
    /// packed format.
    ///
    /// # Errors
    /// The form cannot hold a value; nothing is appended then.
    pub fn print(self, tuple: &Tuple, format: &str, out: &mut Vec<u8>) -> Result<(), FormError> {
        let before = out.len();
        let printed = match self {
            Form::Lines => lines(tuple, out),
            Form::Tsv => tab_separated(tuple, out),
            Form::Csv => comma_separated(tuple, out),
            Form::Shell => shell_array(tuple, out),
            Form::Json => report::write(tuple, format, out)
                .map(|()| out.push(b'\n'))
                .map_err(|error| FormError::Library { form: "JSON", reason: error.to_string() }),
            Form::Types => {
                out.extend_from_slice(tuple.letters().as_bytes());
                out.push(b'\n');
                Ok(())
            }
        };
        if printed.is_err() {
            out.truncate(before);
        }
        printed
    }
}

fn lines(tuple: &Tuple, out: &mut Vec<u8>) -> Result<(), FormError> {
    each(tuple, "one value a line", |text, index| {
        // Whoever reads lines would take it for two values.
        if text.contains('\n') {
            let what = "holds a line break".to_owned();
            let remedy = "--tsv, --csv, --shell or --json";
            return Err(FormError::CannotShow { index, what, form: "one value a line", remedy });
        }
        out.extend_from_slice(text.as_bytes());
        out.push(b'\n');
        Ok(())
    })
}

fn tab_separated(tuple: &Tuple, out: &mut Vec<u8>) -> Result<(), FormError> {
    each(tuple, "--tsv", |text, index| {
        if index > 1 {
            out.push(b'\t');
        }
        tsv::escape(text, out);
        Ok(())
    })?;
    out.push(b'\n');
    Ok(())
}

fn comma_separated(tuple: &Tuple, out: &mut Vec<u8>) -> Result<(), FormError> {
    if tuple.is_empty() {
        out.push(b'\n');
        return Ok(());
    }
    let library = |error: csv::Error| FormError::Library { form: "CSV", reason: error.to_string() };
    let mut writer = csv::WriterBuilder::new().buffer_capacity(256).from_writer(&mut *out);
    each(tuple, "--csv", |text, _| writer.write_field(text).map_err(library))?;
    writer.write_record(None::<&[u8]>).map_err(library)?;
    writer.flush().map_err(|error| library(error.into()))
}

fn shell_array(tuple: &Tuple, out: &mut Vec<u8>) -> Result<(), FormError> {
    out.extend_from_slice(b"tuple=( ");
    each(tuple, "--shell", |text, index| {
        if text.contains('\0') {
            let what = "holds a NUL".to_owned();
            return Err(FormError::CannotShow { index, what, form: "--shell", remedy: "--json" });
        }
        shell::quote(text, out);
        out.push(b' ');
        Ok(())
    })?;
    out.extend_from_slice(b")\n");
    Ok(())
}

/// Calls `show` with the plain text of each value and its number from 1.
fn each(
    tuple: &Tuple,
    form: &'static str,
    mut show: impl FnMut(&str, usize) -> Result<(), FormError>,
) -> Result<(), FormError> {
    tuple.values().iter().zip(1..).try_for_each(|(value, index)| match value {
        Value::Text(text) => show(text, index),
        Value::Integer(number) => show(&number.to_string(), index),
        Value::Real(number) => show(&literal::print_real(*number), index),
        Value::Bytes(bytes) => show(&literal::print_bytes(bytes), index),
        Value::Nested(nested) => match &**nested {
            Nested::Wide(number) => show(&number.to_string(), index),
            other => {
                let what = format!("is {}", other.noun());
                Err(FormError::CannotShow { index, what, form, remedy: "--json" })
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn print(form: Form, values: Vec<Value>) -> Result<String, String> {
        let mut out = b"before ".to_vec();
        let printed = form.print(&values.into(), "cbor", &mut out);
        let out = String::from_utf8(out).unwrap();
        let out = out.strip_prefix("before ").unwrap().to_owned();
        match printed {
            Ok(()) => Ok(out),
            Err(error) => {
                assert_eq!(out, "", "nothing is printed with an error");
                Err(error.to_string())
            }
        }
    }

    fn sample() -> Vec<Value> {
        vec![
            Value::Integer(-5),
            Value::Real(1.0),
            text("a b"),
            text("x,\"y\""),
            Value::Bytes(vec![10, 255]),
            Value::integer(u64::MAX.into()),
            Value::Real(f64::NAN),
        ]
    }

    #[test]
    fn every_form_of_one_tuple() {
        let table = [
            (Form::Lines, "-5\n1.0\na b\nx,\"y\"\nb:0aff\n18446744073709551615\nnan\n"),
            (Form::Tsv, "-5\t1.0\ta b\tx,\"y\"\tb:0aff\t18446744073709551615\tnan\n"),
            (Form::Csv, "-5,1.0,a b,\"x,\"\"y\"\"\",b:0aff,18446744073709551615,nan\n"),
            (Form::Shell, "tuple=( -5 1.0 'a b' 'x,\"y\"' b:0aff 18446744073709551615 nan )\n"),
            (
                Form::Json,
                "{\"tuple\":[-5,1.0,\"a b\",\"x,\\\"y\\\"\",{\"base64\":\"Cv8=\"},18446744073709551615,\"NaN\"],\
                 \"types\":[\"i\",\"r\",\"s\",\"s\",\"b\",\"n\",\"r\"],\"format\":\"cbor\"}\n",
            ),
            (Form::Types, "irssbnr\n"),
        ];
        for (form, expected) in table {
            assert_eq!(print(form, sample()).as_deref(), Ok(expected), "{form:?}");
        }
    }

    #[test]
    fn the_empty_tuple_and_the_empty_string() {
        let table = [
            (Form::Lines, "", "\n"),
            (Form::Tsv, "\n", "\n"),
            (Form::Csv, "\n", "\"\"\n"),
            (Form::Shell, "tuple=( )\n", "tuple=( '' )\n"),
            (
                Form::Json,
                "{\"tuple\":[],\"types\":[],\"format\":\"cbor\"}\n",
                "{\"tuple\":[\"\"],\"types\":[\"s\"],\"format\":\"cbor\"}\n",
            ),
            (Form::Types, "\n", "s\n"),
        ];
        for (form, empty, empty_string) in table {
            assert_eq!(print(form, vec![]).as_deref(), Ok(empty), "{form:?}");
            assert_eq!(print(form, vec![text("")]).as_deref(), Ok(empty_string), "{form:?}");
        }
    }

    #[test]
    fn line_breaks_and_tabs() {
        let values = || vec![text("a\nb\t\\"), text("\r")];
        assert_eq!(print(Form::Tsv, values()).as_deref(), Ok("a\\nb\\t\\\\\t\\r\n"));
        assert_eq!(print(Form::Csv, values()).as_deref(), Ok("\"a\nb\t\\\",\"\r\"\n"));
        assert_eq!(print(Form::Shell, values()).as_deref(), Ok("tuple=( $'a\\nb\\t\\\\' $'\\r' )\n"));
        assert_eq!(
            print(Form::Lines, vec![text("x"), text("a\nb")]).unwrap_err(),
            "value 2 of the tuple holds a line break, which one value a line cannot show: \
             print it with --tsv, --csv, --shell or --json"
        );
    }

    #[test]
    fn nested_values_and_nul_have_one_clear_error() {
        let array: Value = Nested::Array(vec![Value::Integer(1)]).into();
        for (form, name) in
            [(Form::Lines, "one value a line"), (Form::Tsv, "--tsv"), (Form::Csv, "--csv"), (Form::Shell, "--shell")]
        {
            assert_eq!(
                print(form, vec![Value::Integer(1), array.clone()]).unwrap_err(),
                format!("value 2 of the tuple is an array, which {name} cannot show: print it with --json")
            );
        }
        let json = print(Form::Json, vec![array.clone()]).unwrap();
        assert_eq!(json, "{\"tuple\":[[1]],\"types\":[\"n\"],\"format\":\"cbor\"}\n");
        assert_eq!(print(Form::Types, vec![array]).as_deref(), Ok("n\n"));
        assert_eq!(
            print(Form::Shell, vec![text("a\0b")]).unwrap_err(),
            "value 1 of the tuple holds a NUL, which --shell cannot show: print it with --json"
        );
        assert_eq!(print(Form::Tsv, vec![text("a\0b")]).as_deref(), Ok("a\0b\n"));
    }
}
