//! What is sent: messages cut out of stdin or given as arguments, gathered into runs of equal size.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::{Messages, failures, line_ends};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::filter::LineEnding;
use crate::message::{Split, Splitter};
use crate::relay::{Side, Stdio};
use crate::transport::datagram::Burst;

/// How much is read at once: several runs.
const READ: usize = 256 << 10;

/// The messages to send.
pub struct Input {
    words: VecDeque<Vec<u8>>,
    stdin: Option<Stdin>,
}

struct Stdin {
    stdio: Stdio,
    splitter: Splitter,
    /// What was read: `buffer[start..end]` is not cut yet.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// A message that did not fit to those before it.
    held: Option<Vec<u8>>,
    eol: Option<LineEnding>,
    limit: usize,
}

impl Input {
    /// Messages of at most `limit` bytes, to peers that end their lines with `eol`.
    pub fn new(messages: &Messages, stdio: Stdio, limit: usize, eol: Option<LineEnding>) -> Self {
        let stdin = |split: Split| Stdin {
            stdio,
            splitter: Splitter::new(split, limit),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            held: None,
            eol,
            limit,
        };
        match messages {
            Messages::Words(words) => Input { words: words.iter().cloned().collect(), stdin: None },
            Messages::Stdin(split) => Input { words: VecDeque::new(), stdin: Some(stdin(*split)) },
            Messages::None => Input { words: VecDeque::new(), stdin: None },
        }
    }

    /// Fills a burst with what comes next; false at the end. What is there is not held back for what may come.
    ///
    /// # Errors
    /// Input that cannot be read or cut.
    pub async fn next(&mut self, burst: &mut Burst) -> Result<bool, Failure> {
        burst.clear();
        if let Some(stdin) = &mut self.stdin {
            return stdin.next(burst).await;
        }
        while self.words.front().is_some_and(|word| burst.push(word)) {
            self.words.pop_front();
        }
        Ok(!burst.is_empty())
    }
}

impl Stdin {
    async fn next(&mut self, burst: &mut Burst) -> Result<bool, Failure> {
        if let Some(held) = self.held.take() {
            let _first = burst.push(&held);
        }
        loop {
            if !self.cut(burst)? || !burst.is_empty() {
                return Ok(true);
            }
            if self.ended {
                return match self.splitter.finish().map_err(|error| failures::cutting(&error))? {
                    Some(last) => Ok(burst.push(&converted(last, self.eol, self.limit)?)),
                    None => Ok(false),
                };
            }
            self.buffer.resize(READ, 0);
            let (stdio, buffer) = (&mut self.stdio, &mut self.buffer);
            let read = std::future::poll_fn(|cx| stdio.poll_read(cx, buffer)).await;
            let read = read.map_err(|error| {
                Failure::message(Exit::SendFailed, format!("cannot read the input: {}", reason(&error)))
            })?;
            (self.start, self.end, self.ended) = (0, read, read == 0);
        }
    }

    /// Cuts what was read; false when a message came that does not fit to the burst.
    fn cut(&mut self, burst: &mut Burst) -> Result<bool, Failure> {
        let all = self.buffer.get(..self.end).unwrap_or_default();
        let mut rest = all.get(self.start..).unwrap_or_default();
        let mut fits = true;
        while fits
            && let Some(message) = self.splitter.next_message(&mut rest).map_err(|error| failures::cutting(&error))?
        {
            let message = converted(message, self.eol, self.limit)?;
            fits = burst.push(&message);
            if !fits {
                self.held = Some(message.into_owned());
            }
        }
        self.start = self.end - rest.len();
        Ok(fits)
    }
}

fn converted(message: &[u8], eol: Option<LineEnding>, limit: usize) -> Result<Cow<'_, [u8]>, Failure> {
    let converted = line_ends::outgoing(eol, message);
    if converted.len() > limit {
        return Err(failures::too_large(&converted.len().to_string(), limit));
    }
    Ok(converted)
}
