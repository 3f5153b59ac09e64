//! The head of an HTTP message, read whole and no larger than a limit. What the lines mean is decided elsewhere.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Why there is no head.
#[derive(Debug)]
pub enum HeadError {
    /// The stream ended before it.
    Closed,
    /// Reading failed.
    Io(io::Error),
    /// It is larger than the limit.
    TooLarge,
    /// Its first bytes are none of HTTP.
    NotHttp,
}

/// Reads until `buffer` begins with a whole head, and gives its length, the blank line included. What came with it stays
/// in the buffer behind it. `may_begin` judges the first bytes, however few: who speaks another protocol and then waits
/// is known at once.
///
/// # Errors
/// The end of the stream before it, a head of more than `limit` bytes, another protocol.
pub async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    limit: usize,
    may_begin: fn(&[u8]) -> bool,
) -> Result<usize, HeadError> {
    let mut searched = 0;
    loop {
        if !may_begin(buffer) {
            return Err(HeadError::NotHttp);
        }
        if let Some(end) = end_after(buffer, searched) {
            return if end <= limit { Ok(end) } else { Err(HeadError::TooLarge) };
        }
        if buffer.len() >= limit {
            return Err(HeadError::TooLarge);
        }
        searched = buffer.len();
        match stream.read_buf(buffer).await {
            Ok(0) => return Err(HeadError::Closed),
            Ok(_) => {}
            Err(error) => return Err(HeadError::Io(error)),
        }
    }
}

/// The end of the blank line, where it was not to be found in the first `searched` bytes. Lines may end with LF alone
/// (RFC 9112 section 2.2).
fn end_after(buffer: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(2);
    memchr::memchr_iter(b'\n', buffer.get(from..)?).find_map(|place| {
        let after = from + place + 1;
        match buffer.get(after..)? {
            [b'\n', ..] => Some(after + 1),
            [b'\r', b'\n', ..] => Some(after + 2),
            _ => None,
        }
    })
}

/// The first line for a message to the user: at most 200 characters, control characters escaped.
pub fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line).trim_end().chars().take(200).flat_map(char::escape_debug).collect()
}

/// Whether this can stand before the colon of a header (RFC 9110 section 5.6.2).
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 64 << 10;

    #[test]
    fn the_blank_line_is_found_wherever_the_search_stood() {
        for (head, rest) in [("a\r\n\r\n", ""), ("a\n\n", "\n"), ("a\nb\r\n\r\n", "\r\n\r\n"), ("a\r\n\n", "x")] {
            let bytes = format!("{head}{rest}");
            for searched in 0..head.len() {
                assert_eq!(end_after(bytes.as_bytes(), searched), Some(head.len()), "{bytes:?} {searched}");
            }
        }
        for bytes in ["", "\n", "a\r\n\r", "a\r\r\n", "a\nb\n"] {
            assert_eq!(end_after(bytes.as_bytes(), 0), None, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn no_more_than_the_limit_is_held() {
        for size in [LIMIT - 1, LIMIT, LIMIT + 1] {
            let mut bytes = vec![b'x'; size - 2];
            bytes.extend(b"\n\n");
            let mut buffer = Vec::new();
            let result = read(&mut bytes.as_slice(), &mut buffer, LIMIT, |_| true).await;
            assert_eq!(result.is_ok(), size <= LIMIT, "{size}");
        }
        let mut buffer = Vec::new();
        let result = read(&mut tokio::io::repeat(b'x'), &mut buffer, LIMIT, |_| true).await;
        assert!(matches!(result, Err(HeadError::TooLarge)));
        assert!(buffer.capacity() <= 2 * LIMIT);
    }
}
