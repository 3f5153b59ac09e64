//! Performs steps in their order.

use std::collections::VecDeque;
use std::fmt;

use tokio::time::Instant;

use super::{Excerpt, Printer, Step, Talk, Trouble, Wind};
use crate::condition::{Answer, Condition, Detail, Expectation, Match, Pattern};
use crate::event::Report;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::relay::buffer;
use crate::transport::{Bytes, Descriptor};

/// How much of a file is read at once, in bytes.
const FILE_CHUNK: usize = 64 << 10;

/// Steps with everything that they need.
pub struct Performance {
    /// The steps.
    pub steps: Vec<Step>,
    /// The files of the steps that send one, in their order.
    pub files: VecDeque<Descriptor>,
    /// What `--starttls` does; absent where no step asks for it.
    #[cfg(feature = "tls")]
    pub upgrade: Option<super::Upgrade>,
    /// When the wait for the peer's end is over, counted from our end; absent: when nothing comes any more.
    pub quit_after: Option<std::time::Duration>,
    /// Whether the peer learns of our end before the connection is closed.
    pub half_close: bool,
}

/// The place of a step among all, and its text.
struct Place<'a>(usize, usize, &'a Step);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {} of {}, {}", self.0, self.1, self.2)
    }
}

impl Performance {
    /// Performs the steps, ends our direction, and reads the peer's data to its end. Everything that is received goes to
    /// the printer, at the latest when a step fails; but for what stands between a client and its TLS handshake.
    ///
    /// # Errors
    /// The step that failed, with what had come.
    pub async fn run(
        mut self,
        mut bytes: Bytes,
        talk: &mut Talk<'_>,
        printer: &mut Printer,
        id: &str,
        report: &dyn Report,
    ) -> Result<(), Failure> {
        let steps = std::mem::take(&mut self.steps);
        let mut feared: Vec<(usize, Pattern)> = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let place = Place(index + 1, steps.len(), step);
            report.remark(&place.to_string());
            let done = match step {
                Step::FailOn(pattern) => {
                    feared.push((index + 1, pattern.clone()));
                    Ok(())
                }
                Step::Expect(pattern) => expect(&mut bytes, talk, printer, pattern, &feared).await,
                Step::Send(text) => talk.send(&mut bytes, text).await.map_err(failure),
                Step::SendLine(text) => {
                    let line = [text.as_slice(), b"\n"].concat();
                    talk.send(&mut bytes, &line).await.map_err(failure)
                }
                Step::SendFile(_) => match self.files.pop_front() {
                    Some(file) => send_file(&mut bytes, talk, &file).await,
                    None => Ok(()),
                },
                Step::Sleep(span) => {
                    tokio::time::sleep(*span).await;
                    Ok(())
                }
                #[cfg(feature = "tls")]
                Step::StartTls => {
                    let secured = start_tls(bytes, talk, self.upgrade.as_ref(), id, report).await;
                    bytes = secured.map_err(|failure| at(&place, failure))?;
                    Ok(())
                }
            };
            if let Err(failure) = done {
                let failure = at(&place, failure);
                // What had come is worth more than an error of showing it.
                let _ = show_rest(talk, printer).await;
                return Err(failure);
            }
        }
        #[cfg(not(feature = "tls"))]
        let _ = id;
        self.wind_down(&mut bytes, talk, printer).await
    }

    async fn wind_down(&self, bytes: &mut Bytes, talk: &mut Talk<'_>, printer: &mut Printer) -> Result<(), Failure> {
        let after = |trouble: Trouble| Failure::message(trouble.exit(), format!("after the last step: {trouble}"));
        if self.half_close {
            match talk.end(bytes).await {
                // A peer that is gone already needs no end of data; whether it went cleanly shows when it is read.
                Ok(()) | Err(Trouble::Sending(_)) => {}
                Err(trouble) => return Err(after(trouble)),
            }
        }
        let until = self.quit_after.and_then(|span| Instant::now().checked_add(span));
        loop {
            let wind = talk.wind_down(bytes, until).await;
            show_rest(talk, printer).await.map_err(after)?;
            if wind.map_err(after)? != Wind::Data {
                return printer.finish().await.map_err(Trouble::Output).map_err(after);
            }
        }
    }
}

fn at(place: &Place<'_>, failure: Failure) -> Failure {
    let hints = failure.hints.clone();
    hints.into_iter().fold(Failure::message(failure.exit, format!("{place}: {failure}")), Failure::hint)
}

fn failure(trouble: Trouble) -> Failure {
    Failure::message(trouble.exit(), trouble.to_string())
}

async fn show_rest(talk: &mut Talk<'_>, printer: &mut Printer) -> Result<(), Trouble> {
    let rest = talk.consume(usize::MAX);
    printer.print(&rest).await.map_err(Trouble::Output)
}

/// Waits for a match. What may not come is looked for at the same time; of matches that begin at the same place it
/// counts first.
async fn expect(
    bytes: &mut Bytes,
    talk: &mut Talk<'_>,
    printer: &mut Printer,
    wanted: &Pattern,
    feared: &[(usize, Pattern)],
) -> Result<(), Failure> {
    let failed = feared.iter().map(|(_, pattern)| Expectation { pattern: pattern.clone(), answer: Answer::Failed });
    let wanted = Expectation { pattern: wanted.clone(), answer: Answer::Wanted };
    let expectations: Vec<Expectation> = failed.chain(std::iter::once(wanted.clone())).collect();
    let waited = talk.wait_for(bytes, &Condition::Expect(expectations)).await;
    let found = match waited.map_err(|error| Failure::new(Exit::Usage, error))? {
        Ok(found) => found,
        Err(trouble) => return Err(unmet(&trouble, &wanted.pattern, talk.unread())),
    };
    if let Detail::Match(Match { answer: Answer::Failed, index, .. }) = &found.detail {
        let came = had_come(talk.unread());
        let (number, pattern) = feared.get(*index).map_or((0, ""), |(number, pattern)| (*number, pattern.as_str()));
        let message = format!("--fail-on \"{pattern}\" (step {number}) matched; {came}");
        return Err(Failure::message(Exit::Negative, message));
    }
    let taken = talk.consume(found.consumed);
    printer.print(&taken).await.map_err(Trouble::Output).map_err(failure)
}

fn unmet(trouble: &Trouble, wanted: &Pattern, unread: &[u8]) -> Failure {
    let failure = Failure::message(trouble.exit(), format!("{trouble}; {}", had_come(unread)));
    let anchored = wanted.as_str().strip_prefix('^');
    let by_lines = anchored.and_then(|rest| regex::bytes::Regex::new(&format!("(?m-u)^{rest}")).ok());
    match by_lines.is_some_and(|pattern| pattern.is_match(unread)) {
        true => failure.hint("^ is the beginning of what no step has taken yet; (?m)^ is that of every line"),
        false => failure,
    }
}

fn had_come(unread: &[u8]) -> String {
    match unread.len() {
        0 => "nothing had come".to_owned(),
        1 => format!("1 byte had come: {}", Excerpt(unread)),
        count => format!("{count} bytes had come: {}", Excerpt(unread)),
    }
}

async fn send_file(bytes: &mut Bytes, talk: &mut Talk<'_>, file: &Descriptor) -> Result<(), Failure> {
    let mut space = buffer::borrow(FILE_CHUNK);
    let sent = loop {
        let read = std::future::poll_fn(|cx| file.poll_read(cx, &mut space)).await;
        match read {
            Ok(0) => break Ok(()),
            Ok(count) => {
                if let Err(trouble) = talk.send(bytes, space.get(..count).unwrap_or_default()).await {
                    break Err(failure(trouble));
                }
            }
            Err(error) => {
                let message = format!("cannot read the file: {}", crate::failure::reason(&error));
                break Err(Failure::message(Exit::SendFailed, message));
            }
        }
    };
    buffer::give_back(space);
    sent
}

/// Goes on in TLS. Plaintext that nobody has taken may have been put there by an attacker to be read as if it had come in
/// TLS (RFC 3207 section 6): it is an error, and shown only in the message.
#[cfg(feature = "tls")]
async fn start_tls(
    bytes: Bytes,
    talk: &Talk<'_>,
    upgrade: Option<&super::Upgrade>,
    id: &str,
    report: &dyn Report,
) -> Result<Bytes, Failure> {
    if !talk.unread().is_empty() {
        let came = Excerpt(talk.unread());
        let message = format!("unencrypted data is still unread, which could have been injected: {came}");
        let hint =
            "if it belongs to the answer, let --expect match the whole of it, with its line ending: '220 .*\\r\\n'";
        return Err(Failure::message(Exit::TlsFailed, message).hint(hint));
    }
    match upgrade {
        Some(upgrade) => upgrade.put_on(bytes, id, report).await,
        None => Err(Failure::message(Exit::Usage, "TLS is not prepared")),
    }
}
