//! Writes of messages: one at a time, each whole or not at all.

use std::time::Duration;

use super::link::Stage;
use super::mailbox::Mailbox;
use super::serve::{deadline, standing, until};
use super::talk::{Gone, Talk};
use super::wire::{Request, Response, Write, WriteEnd};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::message::Message;

/// Serves one write: what comes up to `End` is one message, or none where there is no letter.
///
/// # Errors
/// The client went away; nothing of the message is sent.
pub async fn write(mailbox: &Mailbox, write: &Write, talk: &mut Talk) -> Result<(), Gone> {
    let limit = deadline(write.timeout);
    let turn = tokio::select! {
        biased;
        turn = mailbox.writing.lock() => Some(turn),
        () = until(limit) => None,
    };
    let longest = mailbox.longest();
    let Some(bytes) = whole(longest, talk).await? else {
        let text = format!("a message of more than {longest} bytes is larger than this socket carries");
        return talk.answer(&super::serve::failed(Exit::TooLarge, &text)).await;
    };
    let done = match turn {
        None => Err(Failure::message(Exit::TimedOut, "timed out: another write has not ended")),
        Some(_) => {
            let message = write.letter.as_ref().map(|letter| mailbox.written(letter, &bytes));
            sent(mailbox, write, message.as_ref(), limit, talk).await?
        }
    };
    talk.answer(&done.map_or_else(|failure| super::serve::refused(&failure), |()| Response::Done)).await
}

/// All that the client says; none if it is too long. It is heard to its end, so that it can hear the answer.
async fn whole(longest: usize, talk: &mut Talk) -> Result<Option<Vec<u8>>, Gone> {
    let mut bytes = Some(Vec::new());
    loop {
        match talk.request().await? {
            Some(Request::Data(more)) => {
                bytes = bytes.filter(|bytes: &Vec<u8>| bytes.len() + more.len() <= longest).map(|mut bytes| {
                    bytes.extend_from_slice(more);
                    bytes
                });
            }
            Some(Request::End) => return Ok(bytes),
            _ => {}
        }
    }
}

async fn sent(
    mailbox: &Mailbox,
    write: &Write,
    message: Option<&Message>,
    limit: Option<tokio::time::Instant>,
    talk: &mut Talk,
) -> Result<Result<(), Failure>, Gone> {
    let half_close = write.then == WriteEnd::HalfClose;
    if let (Some(message), false, Stage::Connecting) = (message, half_close, mailbox.stage())
        && mailbox.queue(message)
    {
        return Ok(Ok(()));
    }
    if let Err(failure) = standing(mailbox, limit, talk).await? {
        return Ok(Err(failure));
    }
    if let Stage::Failed(status, text, hints) = mailbox.stage() {
        return Ok(Err(hints.into_iter().fold(Failure::message(Exit::from_status(status), text), Failure::hint)));
    }
    let sending = async {
        mailbox.send_queued().await?;
        if let Some(message) = message {
            mailbox.send(message).await?;
        }
        if half_close { mailbox.half_close().await } else { Ok(()) }
    };
    Ok(within(write.timeout, mailbox, sending).await)
}

/// Within the limit, and with the words of a failure.
async fn within(
    timeout: Option<Duration>,
    mailbox: &Mailbox,
    sending: impl Future<Output = std::io::Result<()>>,
) -> Result<(), Failure> {
    let peer = || mailbox.facts().peer;
    tokio::select! {
        biased;
        sent = sending => sent.map_err(|error| {
            let exit = if is_too_large(&error) { Exit::TooLarge } else { Exit::SendFailed };
            Failure::message(exit, format!("cannot send to {}: {}", peer(), reason(&error)))
        }),
        () = until(deadline(timeout)) => {
            Err(Failure::message(Exit::TimedOut, format!("timed out: {} takes no more messages", peer())))
        }
    }
}

fn is_too_large(error: &std::io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::MSGSIZE)
}
