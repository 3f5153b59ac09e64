//! Several ranges of a file in one answer: `multipart/byteranges` (RFC 9110 section 14.6).

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::Body;
use super::folder::{Asked, Folder};

/// Who asks for more ranges gets the whole file, once.
const MOST: usize = 16;

/// The ranges of a `Range` header, each as a header of its own; none when it is to be ignored: another unit than bytes, what is no
/// range, too many of them (RFC 9110 section 14.2).
pub(super) fn wished(header: &str) -> Vec<HeaderValue> {
    let Some((unit, list)) = header.trim().split_once('=') else { return Vec::new() };
    let ranges: Vec<&str> = list.split(',').map(str::trim).filter(|range| !range.is_empty()).collect();
    if !unit.eq_ignore_ascii_case("bytes") || ranges.len() > MOST || !ranges.iter().all(|range| is_range(range)) {
        return Vec::new();
    }
    ranges.iter().filter_map(|range| HeaderValue::try_from(format!("bytes={range}")).ok()).collect()
}

/// `first-last`, `first-` or `-length`.
fn is_range(text: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    match text.split_once('-') {
        Some(("", length)) => !length.is_empty() && is_number(length),
        Some((first, "")) => is_number(first),
        Some((first, last)) => is_number(first) && is_number(last) && number(first) <= number(last),
        None => false,
    }
}

/// The answer to these ranges: those of them that the file has.
pub(super) async fn answer(folder: &Folder, asked: &Asked, ranges: &[HeaderValue]) -> io::Result<Response<Body>> {
    let mut parts: Vec<Response<Body>> = Vec::new();
    let mut other = None;
    for range in ranges {
        let response = folder.single(asked, Some(range)).await?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT => parts.push(response),
            StatusCode::RANGE_NOT_SATISFIABLE => other = Some(response),
            // Not changed, a redirect, …: the same for every range.
            _ => return Ok(response),
        }
    }
    match (parts.len(), other) {
        (0, Some(response)) => Ok(response),
        (1, _) => parts.pop().ok_or_else(|| io::ErrorKind::NotFound.into()),
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
        let table: [(&str, &[&str]); 16] = [
            ("bytes=0-1,5-6", &["bytes=0-1", "bytes=5-6"]),
            ("bytes= 0-1 , -3,", &["bytes=0-1", "bytes=-3"]),
            ("bytes=0-1", &["bytes=0-1"]),
            ("Bytes=7-", &["bytes=7-"]),
            ("bytes=-0", &["bytes=-0"]),
            ("bytes=99999999999999999999-", &["bytes=99999999999999999999-"]),
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
}
