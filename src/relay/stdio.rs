//! The standard streams as a side of a relay: what is read comes from stdin, what is written goes to stdout or a file.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::side::Side;
use crate::transport::descriptor::HangUp;
use crate::transport::{Descriptor, Kind};

/// Where received bytes go.
#[derive(Debug)]
pub enum Output {
    /// To a descriptor: stdout or a file.
    To(Descriptor),
    /// Nowhere (`--send-only`).
    Discard,
    /// There is no stdout (`>&-`): what comes is lost, and noted.
    Missing(Rc<Cell<bool>>),
}

/// Standard input and output.
#[derive(Debug)]
pub struct Stdio {
    input: Option<Descriptor>,
    output: Output,
    hang_up: Option<HangUp>,
}

impl Stdio {
    /// A side that reads `input` (`None`: has nothing to give) and writes `output`.
    pub fn new(input: Option<Descriptor>, output: Output) -> Self {
        let hang_up = match &output {
            Output::To(descriptor) => descriptor.hang_up(),
            Output::Discard | Output::Missing(_) => None,
        };
        Stdio { input, output, hang_up }
    }

    /// The two standard streams apart: one that only reads, one that only writes.
    pub fn split(self) -> (Stdio, Stdio) {
        let input = Stdio { input: self.input, output: Output::Discard, hang_up: None };
        (input, Stdio { input: None, output: self.output, hang_up: self.hang_up })
    }

    /// Takes the watch on the reader of the output, to be waited for beside writing.
    pub fn take_hang_up(&mut self) -> Option<HangUp> {
        self.hang_up.take()
    }

    /// Whether a person types the input.
    pub fn is_typed(&self) -> bool {
        self.input.as_ref().is_some_and(|input| input.kind() == Kind::Terminal)
    }
}

impl Side for Stdio {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match &self.input {
            Some(input) => input.poll_read(cx, buffer),
            None => Poll::Ready(Ok(0)),
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &self.output {
            Output::To(output) => output.poll_write(cx, bytes),
            Output::Discard => Poll::Ready(Ok(bytes.len())),
            Output::Missing(lost) => {
                lost.set(lost.get() || !bytes.is_empty());
                Poll::Ready(Ok(bytes.len()))
            }
        }
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// stdout stays open: more may be written to it after this relay, and its end is the program's end.
    fn poll_end(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.hang_up {
            Some(hang_up) => hang_up.poll(cx),
            None => Poll::Pending,
        }
    }

    fn source(&self) -> Option<&Descriptor> {
        self.input.as_ref()
    }

    fn sink(&self) -> Option<&Descriptor> {
        match &self.output {
            Output::To(output) => Some(output),
            Output::Discard | Output::Missing(_) => None,
        }
    }

    fn all_acknowledged(&self) -> bool {
        true
    }
}
