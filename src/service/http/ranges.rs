//! Several ranges of a file in one answer: `multipart/byteranges` (RFC 9110 section 14.6).

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::{self, Body};
use super::folder::{Asked, Folder};

/// Who asks for more ranges gets the whole file, once.
const MOST: usize = 16;

/// A range that a client wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// From this byte to that one, or to the end.
    From(u64, u64),
    /// So many at the end.
    Last(u64),
}

impl Wish {
    /// `first-last`, `first-` or `-length`.
    fn of(text: &str) -> Option<Self> {
        // What is larger than any file is no less a number.
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse().unwrap_or(u64::MAX))
        };
        match text.split_once('-')? {
            ("", length) => number(length).map(Wish::Last),
            (first, "") => number(first).map(|first| Wish::From(first, u64::MAX)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Wish::From(first, last))
            }
        }
    }

    /// The header that asks for as much of it as a file of this length has; none when it has nothing of it.
    pub(super) fn within(self, length: u64) -> Option<HeaderValue> {
        let end = length.checked_sub(1)?;
        let (first, last) = match self {
            Wish::From(first, last) => (first, last.min(end)),
            Wish::Last(count) => (length.saturating_sub(count), end),
        };
        (first <= last).then(|| HeaderValue::try_from(format!("bytes={first}-{last}")).ok()).flatten()
    }
}

/// The ranges of a `Range` header; none when it is to be ignored: another unit than bytes, what is no range, too many of them
/// (RFC 9110 section 14.2).
pub(super) fn wished(header: &str) -> Vec<Wish> {
    let Some((unit, list)) = header.trim().split_once('=') else { return Vec::new() };
    let ranges: Vec<&str> = list.split(',').map(str::trim).filter(|range| !range.is_empty()).collect();
    if !unit.eq_ignore_ascii_case("bytes") || ranges.len() > MOST {
        return Vec::new();
    }
    ranges.into_iter().map(Wish::of).collect::<Option<_>>().unwrap_or_default()
}

/// The answer to who wishes nothing that the file has, made of that to HEAD.
pub(super) fn none_of(head: Response<Body>, length: u64) -> Response<Body> {
    let mut response = head.map(|_| body::whole(""));
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
    if let Ok(range) = HeaderValue::try_from(format!("bytes */{length}")) {
        headers.insert(CONTENT_RANGE, range);
    }
    response
}

/// The answer to these ranges, which the file has.
pub(super) async fn answer(folder: &Folder, asked: &Asked, ranges: &[HeaderValue]) -> io::Result<Response<Body>> {
    let mut parts: Vec<Response<Body>> = Vec::new();
    for range in ranges {
        let response = folder.single(asked, Some(range)).await?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT => parts.push(response),
            // The file has become another meanwhile.
            _ => return Ok(response),
        }
    }
    match parts.len() {
        1 => parts.pop().ok_or_else(|| io::ErrorKind::NotFound.into()),
        _ => Ok(multipart(parts, &boundary())),
    }
}

/// Nothing that a file could have been made to contain.
fn boundary() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

fn multipart(parts: Vec<Response<Body>>, boundary: &str) -> Response<Body> {
    let mut response = Response::new(());
    let mut pieces = VecDeque::new();
    let mut length = 0;
    for part in parts {
        let (head, body) = part.into_parts();
        let text =
            |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
        let (kind, range) = (text(CONTENT_TYPE), text(CONTENT_RANGE));
        let before = Bytes::from(format!("\r\n--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: {range}\r\n\r\n"));
        let size: u64 = text(CONTENT_LENGTH).parse().unwrap_or_default();
        length += before.len() as u64 + size;
        pieces.push_back(Piece::Text(before));
        pieces.push_back(Piece::File(body));
        *response.headers_mut() = head.headers;
    }
    let after = Bytes::from(format!("\r\n--{boundary}--\r\n"));
    length += after.len() as u64;
    pieces.push_back(Piece::Text(after));
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let headers = response.headers_mut();
    headers.remove(CONTENT_RANGE);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Ok(kind) = HeaderValue::try_from(format!("multipart/byteranges; boundary={boundary}")) {
        headers.insert(CONTENT_TYPE, kind);
    }
    response.map(|()| Box::pin(Chain { pieces, length }) as Body)
}

enum Piece {
    Text(Bytes),
    File(Body),
}

/// One body after the other.
struct Chain {
    pieces: VecDeque<Piece>,
    length: u64,
}

impl hyper::body::Body for Chain {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            match self.pieces.front_mut() {
                None => return Poll::Ready(None),
                Some(Piece::Text(text)) => {
                    let text = std::mem::take(text);
                    self.pieces.pop_front();
                    return Poll::Ready(Some(Ok(Frame::data(text))));
                }
                Some(Piece::File(body)) => match ready!(body.as_mut().poll_frame(cx)) {
                    Some(frame) => return Poll::Ready(Some(frame)),
                    None => _ = self.pieces.pop_front(),
                },
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_ranges_are_taken() {
        use Wish::{From, Last};
        let most = u64::MAX;
        let table: [(&str, &[Wish]); 16] = [
            ("bytes=0-1,5-6", &[From(0, 1), From(5, 6)]),
            ("bytes= 0-1 , -3,", &[From(0, 1), Last(3)]),
            ("bytes=0-1", &[From(0, 1)]),
            ("Bytes=7-", &[From(7, most)]),
            ("bytes=-0", &[Last(0)]),
            ("bytes=99999999999999999999-", &[From(most, most)]),
            ("bytes=", &[]),
            ("bytes", &[]),
            ("bytes=-", &[]),
            ("bytes=5-2", &[]),
            ("bytes=0-1,5-2", &[]),
            ("bytes=a-b", &[]),
            ("bytes=+1-2", &[]),
            ("lines=1-2", &[]),
            ("lines=1-2,3-4", &[]),
            ("bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,0-0,1-1,2-2,3-3,4-4,5-5,6-6", &[]),
        ];
        for (header, expected) in table {
            assert_eq!(wished(header), expected, "{header}");
        }
    }

    #[test]
    fn a_file_has_what_is_in_it() {
        for (wish, length, expected) in [
            (Wish::From(0, 4), 10, Some("bytes=0-4")),
            (Wish::From(8, 100), 10, Some("bytes=8-9")),
            (Wish::From(9, u64::MAX), 10, Some("bytes=9-9")),
            (Wish::From(10, u64::MAX), 10, None),
            (Wish::Last(3), 10, Some("bytes=7-9")),
            (Wish::Last(300), 10, Some("bytes=0-9")),
            (Wish::Last(0), 10, None),
            (Wish::Last(1), 0, None),
            (Wish::From(0, 0), 0, None),
        ] {
            assert_eq!(wish.within(length), expected.map(HeaderValue::from_static), "{wish:?} of {length}");
        }
    }
}
