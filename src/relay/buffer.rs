//! Buffers that connections borrow while bytes are under way: an idle connection owns none.

use std::cell::RefCell;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use super::lane::Lane;
use super::side::Side;
use crate::quantity::Limit;
use crate::sys;

/// The first buffer of a direction, in bytes.
pub const SMALLEST: usize = 16 << 10;

/// Where growing ends when the bytes are only copied.
pub const LARGEST: usize = 1 << 20;

/// At most this many bytes lie in the pool.
const POOLED: usize = 8 << 20;

thread_local! {
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer of at least `size` bytes.
pub fn borrow(size: usize) -> Vec<u8> {
    let mut buffer = POOL.with_borrow_mut(|pool| match pool.iter().position(|buffer| buffer.len() >= size) {
        Some(index) => pool.swap_remove(index),
        None => Vec::new(),
    });
    if buffer.len() < size {
        if size > SMALLEST {
            sys::keep_freed_memory();
        }
        buffer = vec![0; size];
    }
    buffer
}

/// Gives a buffer back. One that is too small for the next borrower, such as a short converted text, is dropped: the pool
/// would fill up with them.
pub fn give_back(buffer: Vec<u8>) {
    if buffer.len() < SMALLEST {
        return;
    }
    POOL.with_borrow_mut(|pool| {
        if pool.iter().map(Vec::len).sum::<usize>() + buffer.len() <= POOLED {
            pool.push(buffer);
        }
    });
}

/// Reads at most `size` bytes into a borrowed buffer as soon as there is something; a side that is silent holds no buffer.
/// Returns the buffer and how much was read, 0 being the end of data.
///
/// # Errors
/// Those of the side.
pub async fn read(from: &mut impl Side, size: usize) -> io::Result<(Vec<u8>, usize)> {
    std::future::poll_fn(|cx| poll_read(from, cx, size)).await
}

/// As [`read`], for one moment.
pub fn poll_read(from: &mut impl Side, cx: &mut Context<'_>, size: usize) -> Poll<io::Result<(Vec<u8>, usize)>> {
    let mut buffer = borrow(size);
    match from.poll_read(cx, buffer.get_mut(..size).unwrap_or_default()) {
        Poll::Ready(Ok(read)) => Poll::Ready(Ok((buffer, read))),
        Poll::Ready(Err(error)) => {
            give_back(buffer);
            Poll::Ready(Err(error))
        }
        Poll::Pending => {
            give_back(buffer);
            Poll::Pending
        }
    }
}

/// Writes everything and flushes it.
///
/// # Errors
/// Those of the side; WriteZero when it takes nothing any more.
pub async fn write_all(to: &mut impl Side, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let written = write(to, rest).await?;
        rest = rest.get(written..).unwrap_or_default();
    }
    std::future::poll_fn(|cx| to.poll_flush(cx)).await
}

/// Writes a part and says how long it was.
async fn write(to: &mut impl Side, bytes: &[u8]) -> io::Result<usize> {
    match std::future::poll_fn(|cx| to.poll_write(cx, bytes)).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        written => Ok(written),
    }
}

/// A receiver that took nothing for as long as it had; the source of an [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("idle for too long")]
pub struct Stuck;

/// Writes everything as fast as the lane allows, telling it of each part that was taken, and flushes it. `patience` is how long
/// the receiver may take nothing.
///
/// # Errors
/// As [`write_all`], when it cannot be recorded, and [`Stuck`].
pub async fn send(to: &mut impl Side, bytes: &[u8], lane: &mut Lane<'_>, patience: Limit) -> io::Result<()> {
    send_unflushed(to, bytes, lane, patience).await?;
    patiently(patience, std::future::poll_fn(|cx| to.poll_flush(cx))).await
}

/// As [`send`]; whoever reads next has to flush it.
///
/// # Errors
/// As [`send`].
pub async fn send_unflushed(to: &mut impl Side, bytes: &[u8], lane: &mut Lane<'_>, patience: Limit) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let allowed = lane.allowance().await;
        let written = patiently(patience, write(to, rest.get(..allowed).unwrap_or(rest))).await?;
        lane.spend(written);
        let (sent, after) = rest.split_at_checked(written).unwrap_or((rest, &[]));
        lane.written(sent)?;
        if allowed < rest.len() {
            // The rest comes later: this is not held back until then.
            patiently(patience, std::future::poll_fn(|cx| to.poll_flush(cx))).await?;
        }
        rest = after;
    }
    Ok(())
}

async fn patiently<T>(patience: Limit, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match patience {
        Limit::Never => work.await,
        Limit::After(span) => tokio::time::timeout(span, work).await.unwrap_or_else(|_| Err(io::Error::other(Stuck))),
    }
}

/// Ends writing. `patience` is how long it may take to send what is held back before the end.
///
/// # Errors
/// Those of the side, and [`Stuck`].
pub async fn end_within(to: &mut impl Side, patience: Limit) -> io::Result<()> {
    patiently(patience, end(to)).await
}

/// Ends writing.
///
/// # Errors
/// Those of the side.
pub async fn end(to: &mut impl Side) -> io::Result<()> {
    std::future::poll_fn(|cx| to.poll_end(cx)).await
}

/// Ends writing and waits until the peer's system has everything, reading and dropping what comes meanwhile: closing on
/// unread data would reset the connection and destroy what is still on its way.
///
/// # Errors
/// Those of the side.
pub async fn deliver(to: &mut impl Side) -> io::Result<()> {
    end(to).await?;
    let mut pause = Duration::from_millis(1);
    while !to.all_acknowledged() {
        match tokio::time::timeout(pause, read(to, SMALLEST)).await {
            Ok(Ok((_, 0))) => break,
            Ok(Ok((buffer, _))) => give_back(buffer),
            Ok(Err(error)) => return Err(error),
            Err(_) => pause = (pause * 2).min(Duration::from_millis(20)),
        }
    }
    Ok(())
}

/// Gives a peer that is about to close the moment to do so, dropping what it still sends.
pub async fn let_close(from: &mut impl Side) {
    while let Ok(Ok((buffer, count))) = tokio::time::timeout(Duration::from_millis(100), read(from, SMALLEST)).await {
        give_back(buffer);
        if count == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_can_borrow_again_is_not_kept() {
        for length in [0, 1, SMALLEST - 1] {
            give_back(vec![0; length]);
        }
        assert_eq!(POOL.with_borrow(Vec::len), 0);
        give_back(vec![0; SMALLEST]);
        assert_eq!(borrow(SMALLEST).len(), SMALLEST);
        assert_eq!(POOL.with_borrow(Vec::len), 0);
    }
}
