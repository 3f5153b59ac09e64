//! Writes: one at a time, in the order in which they came, straight to the connection.

use std::io;
use std::time::Duration;

use super::link::Stage;
use super::serve::{deadline, failed, standing, until};
use super::stream::Stream;
use super::talk::{Gone, Talk};
use super::wire::{Request, Response, Write, WriteEnd};
use crate::exit::Exit;
use crate::failure::reason;
use crate::filter::Outgoing;

/// Serves one write.
///
/// # Errors
/// The client went away; what it had said is sent.
pub async fn write(stream: &Stream, write: &Write, talk: &mut Talk) -> Result<(), Gone> {
    let limit = deadline(write.timeout);
    let turn = tokio::select! {
        biased;
        turn = stream.writing.lock() => Some(turn),
        () = until(limit) => None,
    };
    let Some(mut turn) = turn else {
        return refuse(Exit::TimedOut, "timed out: another write has not ended", talk).await;
    };
    let mut failure: Option<(u8, String, Vec<String>)> = None;
    let mut queueing = matches!(stream.stage(), Stage::Connecting);
    loop {
        let data = match talk.request().await? {
            Some(Request::Data(bytes)) => convert(&mut turn, bytes),
            Some(Request::End) => break,
            _ => continue,
        };
        if failure.is_some() {
            continue;
        }
        if queueing && matches!(stream.stage(), Stage::Connecting) && stream.queue(&data) {
            continue;
        }
        queueing = false;
        failure = match ready(stream, limit, talk).await? {
            Err(failure) => Some(failure),
            Ok(()) => match stalled(write.timeout, stream, &data).await {
                Ok(()) => None,
                Err((exit, message)) => Some((exit.status(), message, Vec::new())),
            },
        };
    }
    let half_close = write.then == WriteEnd::HalfClose;
    if failure.is_none() && (half_close || !queueing) {
        failure = match ready(stream, limit, talk).await? {
            Err(failure) => Some(failure),
            Ok(()) => {
                let ended = match half_close {
                    true => stream.half_close().await,
                    false => stream.flush().await,
                };
                ended.err().map(|error| (Exit::SendFailed.status(), cannot_send(stream, &error), Vec::new()))
            }
        };
    }
    match failure {
        None => talk.answer(&Response::Done).await,
        Some((status, message, hints)) => talk.answer(&Response::Failed { status, message, hints }).await,
    }
}

/// Reads what the client still says, so that it can hear the answer.
///
/// # Errors
/// The client went away.
pub(super) async fn refuse(exit: Exit, message: &str, talk: &mut Talk) -> Result<(), Gone> {
    while !matches!(talk.request().await?, Some(Request::End)) {}
    talk.answer(&failed(exit, message)).await
}

fn convert(turn: &mut Option<Outgoing>, bytes: &[u8]) -> Vec<u8> {
    match turn {
        None => bytes.to_vec(),
        Some(outgoing) => {
            let mut converted = Vec::with_capacity(bytes.len());
            outgoing.push(bytes, &mut converted);
            converted
        }
    }
}

type Refusal = (u8, String, Vec<String>);

/// Sees to it that the connection stands and that what was queued before is on its way.
async fn ready(
    stream: &Stream,
    limit: Option<tokio::time::Instant>,
    talk: &mut Talk,
) -> Result<Result<(), Refusal>, Gone> {
    if let Err(failure) = standing(stream, limit, talk).await? {
        return Ok(Err((failure.exit.status(), failure.line(), Vec::new())));
    }
    if let Stage::Failed(status, message, hints) = stream.stage() {
        return Ok(Err((status, message, hints)));
    }
    Ok(send_queued(stream).await.map_err(|error| (Exit::SendFailed.status(), cannot_send(stream, &error), Vec::new())))
}

/// Sends what was written before the connection stood. The caller holds the writer's turn.
///
/// # Errors
/// What the connection says.
pub async fn send_queued(stream: &Stream) -> io::Result<()> {
    let queued = stream.take_queued();
    if queued.is_empty() {
        return Ok(());
    }
    stream.send_all(&queued).await?;
    stream.flush().await
}

fn cannot_send(stream: &Stream, error: &io::Error) -> String {
    format!("cannot send to {}: {}", stream.facts().peer, reason(error))
}

/// Sends all, unless it stands still for too long.
async fn stalled(timeout: Option<Duration>, stream: &Stream, mut bytes: &[u8]) -> Result<(), (Exit, String)> {
    while !bytes.is_empty() {
        let sent = tokio::select! {
            sent = stream.send(bytes) => sent,
            () = until(deadline(timeout)) => {
                let text = format!("timed out: {} takes no more data", stream.facts().peer);
                return Err((Exit::TimedOut, text));
            }
        };
        let count = sent.map_err(|error| (Exit::SendFailed, cannot_send(stream, &error)))?;
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}
