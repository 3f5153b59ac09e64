//! Running the program of a request: its stdin is the body, its stdout the answer, and it does not outlive the client.

use std::ffi::OsString;
use std::future::poll_fn;
use std::io;
use std::process::Stdio;

use hyper::StatusCode;
use hyper::body::Bytes;
use tokio::sync::mpsc;

use super::output::Said;
use super::variables;
use crate::event::Event;
use crate::failure::reason;
use crate::quantity::Limit;
use crate::service::http::upload::{Refused, Upload};
use crate::service::program::{Command, Environment, GRACE, Running};
use crate::service::{Surroundings, within};
use crate::transport::Descriptor;

/// How much of the output is read at once, in bytes.
const PIECE: usize = 64 << 10;

/// A program that is about to answer a request.
pub(super) struct Program {
    pub(super) command: Command,
    pub(super) environment: Environment,
    pub(super) variables: Vec<(OsString, OsString)>,
    pub(super) id: String,
    pub(super) around: Surroundings,
    /// How long it may print nothing.
    pub(super) silence: Limit,
}

/// How the output ended.
enum Ended {
    /// At its end.
    Whole,
    /// Nobody wants it any more.
    Unwanted,
    /// By us, for a reason that has this status.
    Cut(StatusCode),
}

impl Program {
    /// Runs it to its end.
    pub(super) async fn run(
        self,
        upload: Upload,
        say: mpsc::Sender<Said>,
        gone: impl Future<Output = ()>,
        over: impl Future<Output = ()>,
    ) {
        if let Err(error) = self.attempt(upload, say, gone, over).await {
            let message = format!("cannot run {:?}: {}", self.command.text, reason(&error));
            self.around.report.event(&self.id, &Event::Error { message });
        }
    }

    async fn attempt(
        &self,
        upload: Upload,
        say: mpsc::Sender<Said>,
        gone: impl Future<Output = ()>,
        over: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let (their_stdin, our_writer) = io::pipe()?;
        let (our_reader, their_stdout) = io::pipe()?;
        let mut process = self.command.prepare(&self.environment)?;
        variables::replace(&mut process, &self.variables);
        process.stdin(Stdio::from(their_stdin)).stdout(Stdio::from(their_stdout));
        let child = tokio::process::Command::from(process).spawn()?;
        let mut child = Running::new(child, &self.id, &self.around, &self.command);
        let stdin = Descriptor::own_pipe(our_writer.into())?;
        let stdout = Descriptor::own_pipe(our_reader.into())?;
        let ended = {
            let (feeding, printing) = (feed(upload, stdin), pass_on(&stdout, &say, self.silence));
            tokio::pin!(feeding, printing, gone);
            let mut fed = false;
            loop {
                tokio::select! {
                    ended = &mut printing => break ended?,
                    result = &mut feeding, if !fed => {
                        fed = true;
                        if let Err(refused) = result {
                            break Ended::Cut(refused.status());
                        }
                    }
                    () = say.closed() => break Ended::Unwanted,
                    () = &mut gone => break Ended::Unwanted,
                }
            }
        };
        drop(stdout);
        match ended {
            Ended::Whole => {
                drop(say);
                tokio::select! {
                    status = child.wait() => return status.map(|_| ()),
                    () = over => {}
                }
                // What it has to do after its answer may take a moment.
                if let Ok(status) = tokio::time::timeout(GRACE, child.wait()).await {
                    return status.map(|_| ());
                }
            }
            Ended::Cut(status) => _ = say.send(Said::Cut(status)).await,
            Ended::Unwanted => {}
        }
        child.hang_up().await.map(|_| ())
    }
}

/// Gives the program the body of the request, then the end of its stdin.
async fn feed(mut upload: Upload, stdin: Descriptor) -> Result<(), Refused> {
    let mut is_read = true;
    while let Some(piece) = upload.next().await {
        let piece = piece?;
        let mut rest: &[u8] = &piece;
        while !rest.is_empty() && is_read {
            match poll_fn(|cx| stdin.poll_write(cx, rest)).await {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                // A program that does not want more is no failure; its output counts.
                Err(_) => is_read = false,
            }
        }
    }
    Ok(())
}

/// Passes on what the program prints, to its end.
async fn pass_on(stdout: &Descriptor, say: &mpsc::Sender<Said>, silence: Limit) -> io::Result<Ended> {
    let mut buffer = vec![0; PIECE];
    loop {
        let Some(count) = within(silence, poll_fn(|cx| stdout.poll_read(cx, &mut buffer))).await else {
            return Ok(Ended::Cut(StatusCode::GATEWAY_TIMEOUT));
        };
        let count = count?;
        if count == 0 {
            return Ok(Ended::Whole);
        }
        let piece = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
        if say.send(Said::Bytes(piece)).await.is_err() {
            return Ok(Ended::Unwanted);
        }
    }
}
