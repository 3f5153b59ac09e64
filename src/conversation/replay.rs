//! Plays one part of a recorded conversation, and compares the other part with what the peer says, byte for byte.

use super::{Excerpt, Part, Script, Speech, Talk, Trouble, Wind};
use crate::event::Report;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transport::Bytes;

/// How much of the recorded and the received bytes a message shows.
const SHOWN: usize = 60;

/// Plays `ours`: says what it said, each time after the peer has said what it had said before. How the bytes are cut into
/// chunks does not matter. When everything is said, it ends its direction and waits for the end of the peer, which must say
/// nothing more.
///
/// # Errors
/// Status 1 and the first difference; or what broke the conversation.
pub async fn run(
    script: &Script,
    ours: Part,
    bytes: &mut Bytes,
    talk: &mut Talk<'_>,
    report: &dyn Report,
) -> Result<(), Failure> {
    let mut offset = 0u64;
    for speech in &script.speeches {
        if speech.part == ours {
            report.remark(&format!("line {}: sending {} bytes", speech.line, speech.bytes.len()));
            let sent = talk.send(bytes, &speech.bytes).await;
            sent.map_err(|trouble| {
                Failure::message(trouble.exit(), format!("line {} of the transcript: {trouble}", speech.line))
            })?;
        } else {
            report.remark(&format!("line {}: waiting for {} bytes", speech.line, speech.bytes.len()));
            compare(speech, &mut offset, bytes, talk).await?;
        }
    }
    let broken = |trouble: Trouble| {
        Failure::message(trouble.exit(), format!("after the last line of the transcript: {trouble}"))
    };
    match talk.end(bytes).await {
        // A peer that is gone already needs no end of data; whether it went cleanly shows when it is read.
        Ok(()) | Err(Trouble::Sending(_)) => {}
        Err(trouble) => return Err(broken(trouble)),
    }
    loop {
        match talk.wind_down(bytes, None).await.map_err(broken)? {
            Wind::Ended | Wind::Silent => return Ok(()),
            Wind::Data => match talk.unread() {
                [] => {}
                more => {
                    let message = format!(
                        "difference at byte {offset} of what the peer sends, after the last line of the transcript: \
                         expected its end, received {}",
                        shown(more)
                    );
                    return Err(Failure::message(Exit::Negative, message));
                }
            },
        }
    }
}

/// Takes what the peer says as far as it is what was recorded; `offset` counts it.
async fn compare(speech: &Speech, offset: &mut u64, bytes: &mut Bytes, talk: &mut Talk<'_>) -> Result<(), Failure> {
    let mut expected = speech.bytes.as_slice();
    while !expected.is_empty() {
        if let Err(trouble) = talk.wait_for_data(bytes).await {
            let message = format!(
                "at byte {offset} of what the peer sends (line {} of the transcript): {trouble}; expected {}",
                speech.line,
                shown(expected)
            );
            return Err(Failure::message(trouble.exit(), message));
        }
        let same = expected.iter().zip(talk.unread()).take_while(|(wanted, came)| wanted == came).count();
        *offset += same as u64;
        expected = expected.get(same..).unwrap_or_default();
        talk.consume(same);
        if !expected.is_empty() && !talk.unread().is_empty() {
            let message = format!(
                "difference at byte {offset} of what the peer sends (line {} of the transcript): expected {}, received {}",
                speech.line,
                shown(expected),
                shown(talk.unread())
            );
            return Err(Failure::message(Exit::Negative, message));
        }
    }
    Ok(())
}

fn shown(bytes: &[u8]) -> String {
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!("{}{more}", Excerpt(bytes.get(..SHOWN).unwrap_or(bytes)))
}
