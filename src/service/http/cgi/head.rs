//! The head of what a CGI program prints (RFC 3875 section 6): header lines up to an empty one.

use hyper::ext::ReasonPhrase;
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue, LOCATION};
use hyper::{HeaderMap, StatusCode, Uri};

use crate::service::http::is_of_the_connection;

/// The longest head, in bytes.
const LONGEST: usize = 64 << 10;

/// The most headers.
const MOST: usize = 100;

/// What a program says of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status: that of `Status`, or 302 with a `Location` alone, or 200.
    pub status: StatusCode,
    /// What `Status` says behind the code, where it says anything.
    pub reason: Option<ReasonPhrase>,
    /// The other headers.
    pub headers: HeaderMap,
    /// The path that is to be answered for instead: that of a `Location` which stands alone (RFC 3875 section 6.2.2).
    pub instead: Option<Uri>,
}

/// Why a program's output is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It ended before the empty line.
    #[error("the program printed no head; let it begin with printf 'Content-Type: text/plain\\n\\n'")]
    Missing,
    /// There is no end of it in sight.
    #[error(
        "the head of the program's answer is too long; it has at most {MOST} lines and {LONGEST} bytes, and then an empty line"
    )]
    TooLong,
    /// A line without a name or with a value that no header can have.
    #[error("{0:?} is no header; let the program begin with printf 'Content-Type: text/plain\\n\\n'")]
    Line(String),
    /// A status that ends no request.
    #[error("{0:?} is no HTTP status; print Status: and 200 to 599")]
    Status(String),
}

/// Reads a head from the beginning of an output; with it comes how long it was. `None`: it goes on.
///
/// # Errors
/// What is no head, however it goes on.
pub fn parse(output: &[u8]) -> Result<Option<(Head, usize)>, HeadError> {
    let mut headers = HeaderMap::new();
    let (mut status, mut reason) = (None, None);
    let mut length = 0;
    for (count, line) in output.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(text) = line.strip_suffix(b"\n") else { break };
        length += line.len();
        if length > LONGEST || count > MOST {
            return Err(HeadError::TooLong);
        }
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            if count == 0 {
                return Err(HeadError::Missing);
            }
            let found = if headers.contains_key(LOCATION) { StatusCode::FOUND } else { StatusCode::OK };
            let instead = if status.is_none() { instead(&headers) } else { None };
            return Ok(Some((Head { status: status.unwrap_or(found), reason, headers, instead }, length)));
        }
        let (name, value) = header(text)?;
        if name.as_str() == "status" {
            status = Some(code(&value)?);
            reason = words(&value);
        } else if name == CONTENT_LENGTH {
            headers.insert(name, value);
        } else if !is_of_the_connection(&name) {
            headers.append(name, value);
        }
    }
    if output.len() > LONGEST { Err(HeadError::TooLong) } else { Ok(None) }
}

fn header(line: &[u8]) -> Result<(HeaderName, HeaderValue), HeadError> {
    let wrong = || HeadError::Line(String::from_utf8_lossy(line.get(..80).unwrap_or(line)).into_owned());
    let colon = line.iter().position(|byte| *byte == b':').ok_or_else(wrong)?;
    let (name, value) = line.split_at_checked(colon).ok_or_else(wrong)?;
    let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
    let name = HeaderName::from_bytes(name).map_err(|_| wrong())?;
    let is_length = value.iter().all(u8::is_ascii_digit) && !value.is_empty();
    if name == CONTENT_LENGTH && !is_length {
        return Err(wrong());
    }
    Ok((name, HeaderValue::from_bytes(value).map_err(|_| wrong())?))
}

/// A path on this server, and nothing beside it. With other headers, such as a cookie, it is for the client to follow, which
/// gets them; so it is with a fragment, which only the client knows what to do with.
fn instead(headers: &HeaderMap) -> Option<Uri> {
    let location = headers.get(LOCATION).filter(|_| headers.len() == 1)?.to_str().ok()?;
    let is_local = location.starts_with('/') && !location.starts_with("//") && !location.contains('#');
    is_local.then(|| location.parse().ok())?
}

/// `Not Found` of `404 Not Found`.
fn words(value: &HeaderValue) -> Option<ReasonPhrase> {
    let (_, words) = value.as_bytes().split_at_checked(3)?;
    ReasonPhrase::try_from(words.trim_ascii()).ok().filter(|words| !words.as_bytes().is_empty())
}

/// `404`, or `404 Not Found`.
fn code(value: &HeaderValue) -> Result<StatusCode, HeadError> {
    let text = String::from_utf8_lossy(value.as_bytes());
    let number = text.split_ascii_whitespace().next().filter(|number| number.len() == 3);
    let status = number.and_then(|number| StatusCode::from_bytes(number.as_bytes()).ok());
    let status = status.filter(|status| (200..=599).contains(&status.as_u16()));
    status.ok_or_else(|| HeadError::Status(text.chars().take(80).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (u16, Vec<(String, String)>, usize) {
        let (head, length) = parse(text.as_bytes()).unwrap().unwrap();
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        (head.status.as_u16(), headers.collect(), length)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn heads() {
        let text = "Content-Type: text/plain\n\nbody\n\n";
        assert_eq!(read(text), (200, pairs(&[("content-type", "text/plain")]), 26));
        assert_eq!(read("status: 404 Not Found\r\nX-A:b\r\n\r\n"), (404, pairs(&[("x-a", "b")]), 32));
        assert_eq!(read("Location: /x\n\n").0, 302);
        assert_eq!(read("Location: /x\nStatus: 201\n\n").0, 201);
        for (text, instead) in [
            ("Location: /x?a=/b\n\n", Some("/x?a=/b")),
            ("Location: /x\nStatus: 302\n\n", None),
            ("Location: /x\nSet-Cookie: a\n\n", None),
            ("Location: /x\nLocation: /y\n\n", None),
            ("Location: //host/x\n\n", None),
            ("Location: http://host/x\n\n", None),
            ("Location: /x#part\n\n", None),
            ("Location: /a b\n\n", None),
            ("Location: x\n\n", None),
        ] {
            let (head, _) = parse(text.as_bytes()).unwrap().unwrap();
            assert_eq!(head.instead.map(|uri| uri.to_string()).as_deref(), instead, "{text}");
        }
        for (value, reason) in
            [("404", None), ("404 ", None), ("404 Not Here", Some(&b"Not Here"[..])), ("404  a b ", Some(b"a b"))]
        {
            let (head, _) = parse(format!("Status: {value}\n\n").as_bytes()).unwrap().unwrap();
            assert_eq!(head.reason.as_ref().map(ReasonPhrase::as_bytes), reason, "{value}");
        }
        let twice = "Set-Cookie: a\nSet-Cookie: b\nTransfer-Encoding: chunked\nConnection: close\n\n";
        assert_eq!(read(twice).1, pairs(&[("set-cookie", "a"), ("set-cookie", "b")]));
    }

    #[test]
    fn a_head_is_the_same_however_it_comes() {
        let text = b"Status: 201\r\nContent-Type: a/b\r\n\r\nrest";
        let whole = parse(text).unwrap();
        for cut in 0..=text.len() {
            let part = parse(&text[..cut]).unwrap();
            assert_eq!(part, if cut < text.len() - 4 { None } else { whole.clone() }, "{cut}");
        }
    }

    proptest::proptest! {
        /// What follows a head does not change it, and what is none does not become one.
        #[test]
        fn only_the_head_counts(output in "[a-zA-Z:\\-0-9 \r\n]{0,80}|(Status: [0-9]{3}\n|[a-z]{1,4}: [a-z]?\r?\n){0,4}\r?\n.{0,9}") {
            let whole = parse(output.as_bytes());
            if let Ok(Some((head, length))) = &whole {
                proptest::prop_assert!((200..=599).contains(&head.status.as_u16()));
                proptest::prop_assert_eq!(&parse(&output.as_bytes()[..*length]), &whole);
            }
            let half = parse(&output.as_bytes()[..output.len() / 2]);
            proptest::prop_assert!(half.is_ok() || whole.is_err());
        }
    }

    #[test]
    fn what_is_no_head() {
        for (text, words) in [
            ("\n", "printed no head"),
            ("hello\n", "is no header"),
            ("HTTP/1.1 200 OK\n\n", "is no header"),
            (": x\n\n", "is no header"),
            ("a b: x\n\n", "is no header"),
            ("a: \u{1}\n\n", "is no header"),
            ("Content-Length: 1x\n\n", "is no header"),
            ("Status: 100 Continue\n\n", "200 to 599"),
            ("Status: abc\n\n", "200 to 599"),
            ("Status: 2000\n\n", "200 to 599"),
            ("Status:\n\n", "200 to 599"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(words), "{text:?}: {error}");
        }
        assert_eq!(parse(&[b'x'; LONGEST + 1]), Err(HeadError::TooLong));
        assert_eq!(parse("a: b\n".repeat(MOST + 2).as_bytes()), Err(HeadError::TooLong));
    }
}
