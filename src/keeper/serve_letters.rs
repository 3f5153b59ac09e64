//! Writes of messages: one at a time, each whole or not at all.

use super::link::Stage;
use super::mailbox::Mailbox;
use super::serve::{deadline, standing, until};
use super::talk::{Gone, Talk};
use super::wire::{Request, Response, Write, WriteEnd};
use crate::event::Direction;
use crate::exit::Exit;
use crate::failure::Failure;

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
        Some(_) => sent(mailbox, write, &bytes, limit, talk).await?,
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
    bytes: &[u8],
    limit: Option<tokio::time::Instant>,
    talk: &mut Talk,
) -> Result<Result<(), Failure>, Gone> {
    if let (Some(_), Err(failure)) = (&write.letter, mailbox.demand(Direction::Out)) {
        return Ok(Err(failure));
    }
    let half_close = write.then == WriteEnd::HalfClose;
    if let (Some(letter), false, Stage::Connecting) = (&write.letter, half_close, mailbox.stage())
        && mailbox.queue(letter, bytes)
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
        if let Some(letter) = &write.letter {
            mailbox.send(letter, bytes).await?;
        }
        if half_close { mailbox.half_close().await } else { Ok(()) }
    };
    Ok(tokio::select! {
        biased;
        sent = sending => sent,
        () = until(deadline(write.timeout)) => {
            Err(Failure::message(Exit::TimedOut, format!("timed out: {}", mailbox.blockage())))
        }
    })
}
