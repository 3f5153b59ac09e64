//! Answers that need nothing but themselves: that of `--http-respond`, and refusals.

use std::str::FromStr;

use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::{self, Body};

/// `CODE[:BODY]`: the answer to every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedAnswer {
    status: StatusCode,
    body: Bytes,
}

/// Why a text is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// What stands before the colon is no status code.
    #[error("{0:?} is no HTTP status; type 200 to 599, and :BODY if there is one, as in 200:hello")]
    Code(String),
    /// An interim status: the client would go on waiting for the answer.
    #[error("{0} only announces an answer; type 200 to 599")]
    Interim(u16),
    /// A status whose answers have no body (RFC 9110 sections 15.3.5, 15.3.6, 15.4.5).
    #[error("an answer with status {0} has no body; type {0} alone")]
    Bodiless(u16),
}

impl FromStr for FixedAnswer {
    type Err = AnswerError;

    fn from_str(text: &str) -> Result<Self, AnswerError> {
        let (code, body) = text.split_once(':').unwrap_or((text, ""));
        let number = Some(code).filter(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()));
        let number: u16 = number.and_then(|code| code.parse().ok()).unwrap_or_default();
        let status = match number {
            100..=199 => return Err(AnswerError::Interim(number)),
            204 | 205 | 304 if !body.is_empty() => return Err(AnswerError::Bodiless(number)),
            200..=599 => StatusCode::from_u16(number).map_err(|_| AnswerError::Code(code.to_owned()))?,
            _ => return Err(AnswerError::Code(code.to_owned())),
        };
        Ok(FixedAnswer { status, body: Bytes::copy_from_slice(body.as_bytes()) })
    }
}

impl FixedAnswer {
    /// With another body, in the place of the one there was.
    ///
    /// # Errors
    /// The status is one whose answers have none.
    pub fn with_body(self, body: Vec<u8>) -> Result<Self, AnswerError> {
        match self.status.as_u16() {
            code @ (204 | 205 | 304) => Err(AnswerError::Bodiless(code)),
            _ => Ok(FixedAnswer { status: self.status, body: body.into() }),
        }
    }

    /// The response.
    pub(super) fn response(&self) -> Response<Body> {
        let mut response = Response::new(body::whole(self.body.clone()));
        *response.status_mut() = self.status;
        if !self.body.is_empty() {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type()));
        }
        response
    }

    /// A JSON object or array is told from text, and text from what is none; whoever means something else says so with -H.
    fn content_type(&self) -> &'static str {
        let begins = self.body.trim_ascii_start().first().copied();
        let is_json =
            matches!(begins, Some(b'{' | b'[')) && serde_json::from_slice::<serde::de::IgnoredAny>(&self.body).is_ok();
        match std::str::from_utf8(&self.body) {
            Ok(_) if is_json => "application/json",
            Ok(_) => "text/plain; charset=utf-8",
            Err(_) => "application/octet-stream",
        }
    }
}

/// A status with its own words as the body.
pub(super) fn plain(status: StatusCode) -> Response<Body> {
    let text = format!("{} {}\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    let mut response = Response::new(body::whole(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The answer to a method that is not served, with those that are.
pub(super) fn not_allowed(methods: &'static str) -> Response<Body> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_bodies() {
        let table = [
            ("200", 200, ""),
            ("200:hello", 200, "hello"),
            ("503:later", 503, "later"),
            ("204", 204, ""),
            ("204:", 204, ""),
            ("404:a:b", 404, "a:b"),
            ("599: ü", 599, " ü"),
        ];
        for (text, status, body) in table {
            let answer: FixedAnswer = text.parse().unwrap();
            assert_eq!((answer.status.as_u16(), &*answer.body), (status, body.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_is_no_answer() {
        let table = [
            ("", "is no HTTP status"),
            ("hello", "type 200 to 599"),
            ("99", "is no HTTP status"),
            ("099", "is no HTTP status"),
            ("600:x", "is no HTTP status"),
            ("+20", "is no HTTP status"),
            ("0200", "is no HTTP status"),
            ("100", "only announces"),
            ("103:x", "only announces"),
            ("204:hello", "type 204 alone"),
            ("304:x", "type 304 alone"),
        ];
        for (text, words) in table {
            let error = text.parse::<FixedAnswer>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn json_is_known_from_text() {
        for (body, expected) in [
            ("hello", "text/plain; charset=utf-8"),
            ("{\"ok\":true}", "application/json"),
            (" [1,2]", "application/json"),
            ("{not json}", "text/plain; charset=utf-8"),
            ("12", "text/plain; charset=utf-8"),
        ] {
            let answer: FixedAnswer = format!("200:{body}").parse().unwrap();
            assert_eq!(answer.response().headers()[CONTENT_TYPE], expected, "{body}");
        }
        let answer: FixedAnswer = "200".parse().unwrap();
        let headers = answer.clone().with_body(vec![0xff]).unwrap().response().headers().clone();
        assert_eq!(headers[CONTENT_TYPE], "application/octet-stream");
        assert!("204".parse::<FixedAnswer>().unwrap().with_body(vec![b'x']).is_err());
    }
}
