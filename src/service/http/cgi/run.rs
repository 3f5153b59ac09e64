//! Running the program of a request: its stdin is the body, its stdout the answer, and it does not outlive the client.

use std::cell::Cell;
use std::ffi::OsString;
use std::future::poll_fn;
use std::io;
use std::process::Stdio;

use hyper::StatusCode;
use hyper::body::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::output::Said;
use super::variables;
use crate::event::Event;
use crate::failure::reason;
use crate::quantity::Limit;
use crate::service::Surroundings;
use crate::service::http::upload::{Refused, Upload};
use crate::service::program::{Command, Environment, GRACE, Running};
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
    /// The client is gone.
    Unwanted,
    /// The client wants no more of it: it has asked for the head alone, or is gone.
    Unheard,
    /// By us, for a reason that has this status.
    Cut(StatusCode),
}

/// What becomes of the client, each a future.
pub(super) struct Fate<R, O> {
    /// The connection is lost.
    pub(super) reset: R,
    /// No request is served any more.
    pub(super) over: O,
}

impl Program {
    /// Runs it to its end.
    pub(super) async fn run<R, O>(self, upload: Upload, say: mpsc::Sender<Said>, fate: Fate<R, O>)
    where
        R: Future<Output = ()>,
        O: Future<Output = ()>,
    {
        if let Err(error) = self.attempt(upload, say, fate).await {
            let message = format!("cannot run {:?}: {}", self.command.text, reason(&error));
            self.around.report.event(&self.id, &Event::Error { message });
        }
    }

    async fn attempt<R, O>(&self, upload: Upload, say: mpsc::Sender<Said>, fate: Fate<R, O>) -> io::Result<()>
    where
        R: Future<Output = ()>,
        O: Future<Output = ()>,
    {
        let (their_stdin, our_writer) = io::pipe()?;
        let (our_reader, their_stdout) = io::pipe()?;
        let mut process = self.command.prepare(&self.environment)?;
        variables::replace(&mut process, &self.variables);
        process.stdin(Stdio::from(their_stdin)).stdout(Stdio::from(their_stdout));
        let child = tokio::process::Command::from(process).spawn()?;
        let mut child = Running::new(child, &self.id, &self.around, &self.command);
        let stdin = Descriptor::own_pipe(our_writer.into())?;
        let stdout = Descriptor::own_pipe(our_reader.into())?;
        let mut reset = std::pin::pin!(fate.reset);
        let ended = {
            let printed = Cell::new(Instant::now());
            let (feeding, printing) = (feed(upload, stdin), pass_on(&stdout, &say, &printed));
            tokio::pin!(feeding, printing);
            let mut fed = false;
            loop {
                tokio::select! {
                    ended = &mut printing => break ended?,
                    result = &mut feeding, if !fed => {
                        fed = true;
                        printed.set(Instant::now());
                        if let Err(refused) = result {
                            break Ended::Cut(refused.status());
                        }
                    }
                    () = say.closed() => break Ended::Unheard,
                    () = &mut reset => break Ended::Unwanted,
                    () = silent_for(&printed, self.silence), if fed => break Ended::Cut(StatusCode::GATEWAY_TIMEOUT),
                }
            }
        };
        match ended {
            Ended::Whole => {
                drop((say, stdout));
                tokio::select! {
                    status = child.wait() => return status.map(|_| ()),
                    () = fate.over => {}
                }
                // What it has to do after its answer may take a moment.
                if let Ok(status) = tokio::time::timeout(GRACE, child.wait()).await {
                    return status.map(|_| ());
                }
            }
            Ended::Unheard => {
                let rest = async {
                    ignore(&stdout).await?;
                    child.wait().await
                };
                tokio::select! {
                    status = rest => return status.map(|_| ()),
                    () = reset => {}
                    () = tokio::time::sleep(GRACE) => {}
                }
            }
            Ended::Cut(status) => _ = say.send(Said::Cut(status)).await,
            Ended::Unwanted => _ = say.try_send(Said::Gone),
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

/// Passes on what the program prints, to its end, and keeps the time of the last piece.
async fn pass_on(stdout: &Descriptor, say: &mpsc::Sender<Said>, printed: &Cell<Instant>) -> io::Result<Ended> {
    let mut buffer = vec![0; PIECE];
    loop {
        let count = poll_fn(|cx| stdout.poll_read(cx, &mut buffer)).await?;
        if count == 0 {
            return Ok(Ended::Whole);
        }
        let piece = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
        if say.send(Said::Bytes(piece)).await.is_err() {
            return Ok(Ended::Unheard);
        }
        printed.set(Instant::now());
    }
}

/// Reads what the program prints, to its end, for nobody.
async fn ignore(stdout: &Descriptor) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    while poll_fn(|cx| stdout.poll_read(cx, &mut buffer)).await? > 0 {}
    Ok(())
}

/// Resolves when nothing was printed for this long.
async fn silent_for(printed: &Cell<Instant>, limit: Limit) {
    let Limit::After(limit) = limit else { return std::future::pending().await };
    while let Some(left) = limit.checked_sub(printed.get().elapsed()).filter(|left| !left.is_zero()) {
        tokio::time::sleep(left).await;
    }
}
