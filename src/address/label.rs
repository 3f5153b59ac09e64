//! The NAMEPART of an ID: where it begins, and what it may be.

use super::piece::Piece;
use super::{IdError, SocketName, port};

/// What an ID is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// A socket to open or to listen on: the part is a NAME.
    New,
    /// A kept socket: the part may also be the number of an accepted connection, alone or after the listener's name.
    Kept,
}

/// What an ID says beside its address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Label {
    /// `mail` in `host:25/mail`, `web` in `web.2`.
    pub name: Option<SocketName>,
    /// `1` in `peer:1234|1`, `2` in `web.2`.
    pub number: Option<u32>,
}

/// Splits the label off a host and port: the first `/` or `|` begins it.
pub(super) fn split_after_port(id: Piece<'_>, reading: Reading) -> Result<(Piece<'_>, Label), IdError> {
    match id.text.find(['/', '|']) {
        Some(at) => {
            let (address, label) = id.split_at(at);
            Ok((address, parse(label.skip(1), reading)?))
        }
        None => Ok((id, Label::default())),
    }
}

/// Splits the label off a path or URL, which may itself contain both signs: the last `|` begins it, if a valid label follows.
pub(super) fn split_after_path(id: Piece<'_>, reading: Reading) -> (Piece<'_>, Label) {
    let split = id.rsplit_once('|').and_then(|(address, label)| Some((address, parse(label, reading).ok()?)));
    split.unwrap_or((id, Label::default()))
}

/// Reads what follows the sign.
pub(super) fn parse(label: Piece<'_>, reading: Reading) -> Result<Label, IdError> {
    if reading == Reading::Kept {
        if port::is_number(label.text) {
            return Ok(Label { name: None, number: Some(number(label)?) });
        }
        if let Some(numbered) = numbered(label)? {
            return Ok(numbered);
        }
    }
    Ok(Label { name: Some(name(label)?), number: None })
}

/// Reads `NAME.N`; `None` when it is not of this form.
pub(super) fn numbered(label: Piece<'_>) -> Result<Option<Label>, IdError> {
    let Some((before, digits)) = label.rsplit_once('.') else { return Ok(None) };
    match SocketName::parse(before.text) {
        Ok(name) if port::is_number(digits.text) => Ok(Some(Label { name: Some(name), number: Some(number(digits)?) })),
        _ => Ok(None),
    }
}

fn name(label: Piece<'_>) -> Result<SocketName, IdError> {
    SocketName::parse(label.text).map_err(|error| label.error_at(error.column, error.to_string()))
}

fn number(digits: Piece<'_>) -> Result<u32, IdError> {
    match digits.text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(digits.error(format!("accepted connections are numbered from 1 to {}", u32::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: Option<&str>, number: Option<u32>) -> Label {
        Label { name: name.map(|text| SocketName::parse(text).unwrap()), number }
    }

    #[test]
    fn after_a_port() {
        let table = [
            ("host:25", "host:25", label(None, None)),
            ("host:25/mail", "host:25", label(Some("mail"), None)),
            ("host:25|mail", "host:25", label(Some("mail"), None)),
            ("host:25|2", "host:25", label(None, Some(2))),
            ("host:25/2", "host:25", label(None, Some(2))),
            ("host:25|web.2", "host:25", label(Some("web"), Some(2))),
        ];
        for (text, address, expected) in table {
            let (rest, label) = split_after_port(Piece::whole(text), Reading::Kept).unwrap();
            assert_eq!((rest.text, label), (address, expected), "{text}");
        }
    }

    #[test]
    fn after_a_path_only_a_valid_label_counts() {
        let table = [
            ("/run/x", "/run/x", label(None, None)),
            ("/run/x|mail", "/run/x", label(Some("mail"), None)),
            ("/run/x|y|mail", "/run/x|y", label(Some("mail"), None)),
            ("/run/x|not a name", "/run/x|not a name", label(None, None)),
            ("/run/x|", "/run/x|", label(None, None)),
            ("/run/x|2", "/run/x|2", label(None, None)),
        ];
        for (text, address, expected) in table {
            let (rest, label) = split_after_path(Piece::whole(text), Reading::New);
            assert_eq!((rest.text, label), (address, expected), "{text}");
        }
        let (rest, number) = split_after_path(Piece::whole("/run/x|2"), Reading::Kept);
        assert_eq!((rest.text, number), ("/run/x", label(None, Some(2))));
    }

    #[test]
    fn what_is_no_label_and_where() {
        let table = [
            ("h:1/", 4, "a name is 1 to 32"),
            ("h:1/index.html", 9, "\"index.html\" is not a name"),
            ("h:1|a|b", 5, "is not a name"),
            ("h:1/é", 4, "is not a name"),
        ];
        for reading in [Reading::New, Reading::Kept] {
            for (text, column, reason) in table {
                let error = split_after_port(Piece::whole(text), reading).unwrap_err();
                assert!(error.reason.contains(reason), "{text}: {error}");
                assert_eq!(error.column, column, "{text}: {error}");
            }
        }
        for (text, column) in [("h:1|0", 4), ("h:1|4294967296", 4), ("h:1|web.0", 8), ("h:1|web.99999999999", 8)] {
            let error = split_after_port(Piece::whole(text), Reading::Kept).unwrap_err();
            assert!(error.reason.contains("numbered from 1"), "{text}: {error}");
            assert_eq!(error.column, column, "{text}: {error}");
        }
        let error = split_after_port(Piece::whole("h:1|2"), Reading::New).unwrap_err();
        assert!(error.reason.contains("begins with a letter"), "{error}");
    }
}
