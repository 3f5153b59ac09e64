//! `wait`: until targets answer, or are gone; then a command.

use std::cell::RefCell;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::context::Context;
use super::reach::{Miss, Session, Target, What};
use super::session::Watched;
use crate::event::Report;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::output::report;
use crate::quantity::Limit;
use crate::sys;

/// The pause after the first try; each next one is twice as long, up to the interval.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// That targets answer.
    Answer,
    /// That they do not (`--gone`).
    Gone,
}

/// How many targets must be as wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quorum {
    /// Every one, not necessarily at the same moment.
    All,
    /// One (`--any`).
    Any,
}

/// `wait`, parsed.
#[derive(Debug)]
pub struct Options {
    /// What is tried.
    pub targets: Vec<Target>,
    /// What is waited for.
    pub wish: Wish,
    /// In how many of them.
    pub quorum: Quorum,
    /// The longest pause between two tries of a target.
    pub interval: Duration,
    /// For how long every try must have the wished result.
    pub stable: Duration,
    /// How long a try may take.
    pub try_limit: Duration,
    /// How long all of it may take; zero is one try of each target.
    pub limit: Limit,
    /// What to run then.
    pub command: Vec<OsString>,
    /// Whether the certificates of who answers are shown (`--tls-info`).
    #[cfg(feature = "tls")]
    pub show_session: bool,
}

/// What is known of a target.
#[derive(Debug, Default)]
struct Finding {
    tries: u32,
    /// When it was as wished, counted from the beginning.
    done: Option<Duration>,
    answers: bool,
    /// Why it did not answer at the last try.
    miss: Option<String>,
    /// What its TLS agreed on at the last try.
    session: Option<Session>,
}

/// How a target is tried.
#[derive(Debug, Clone, Copy)]
struct Manner {
    wish: Wish,
    interval: Duration,
    stable: Duration,
    try_limit: Duration,
    once: bool,
    begun: Instant,
}

/// Runs the command.
///
/// # Errors
/// Status 28 with what each target lacks when the limit passes; what no waiting can mend; 126 and 127 for a command that
/// cannot be run.
pub async fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    let findings: Vec<Rc<RefCell<Finding>>> = options.targets.iter().map(|_| Rc::default()).collect();
    let once = options.limit == Limit::After(Duration::ZERO);
    let manner = Manner {
        wish: options.wish,
        interval: options.interval,
        stable: options.stable,
        try_limit: options.try_limit,
        once,
        begun: Instant::now(),
    };
    let mut watches = JoinSet::new();
    for (target, finding) in options.targets.iter().zip(&findings) {
        let watch = watch(target.clone(), manner, finding.clone(), context.clone());
        watches.spawn_local(watch);
    }
    let waiting = settled(&mut watches, options.quorum);
    let ended = match options.limit {
        Limit::After(limit) if !once => tokio::time::timeout(limit, waiting).await.unwrap_or(Ok(false)),
        _ => waiting.await,
    };
    drop(watches);
    if context.json && options.command.is_empty() {
        for (target, finding) in options.targets.iter().zip(&findings) {
            let record = record(target, &finding.borrow());
            #[cfg(feature = "tls")]
            let record = with_session(record, &options, &finding.borrow());
            report::write(&format!("{record}\n"))?;
        }
    }
    if !ended? {
        return Err(late(&options, &findings));
    }
    #[cfg(feature = "tls")]
    if !context.json {
        show_sessions(&options, &findings, context)?;
    }
    match options.command.split_first() {
        // Its status is to be told, which nobody could do in whose place it runs.
        Some((program, arguments)) if context.json => run_command(program, arguments, &options, context),
        Some((program, arguments)) => Err(become_command(program, arguments, context)),
        None => Ok(Exit::Done),
    }
}

/// Waits until enough targets are as wished; false when none is tried any more before that.
async fn settled(watches: &mut JoinSet<Result<bool, Failure>>, quorum: Quorum) -> Result<bool, Failure> {
    let mut all = true;
    while let Some(watched) = watches.join_next().await {
        let wished = watched.unwrap_or(Ok(false))?;
        if wished && quorum == Quorum::Any {
            return Ok(true);
        }
        all &= wished;
    }
    Ok(all && quorum == Quorum::All)
}

/// Tries a target until it is as wished.
async fn watch(
    target: Target,
    manner: Manner,
    finding: Rc<RefCell<Finding>>,
    context: Context,
) -> Result<bool, Failure> {
    let mut since: Option<Instant> = None;
    let mut pause = FIRST_PAUSE.min(manner.interval);
    loop {
        let began = Instant::now();
        let limit = match (&target.what, manner.once) {
            // To be readable is to wait; to try once is not to.
            (What::Kept(..), true) => Duration::ZERO,
            _ => manner.try_limit,
        };
        let reached = target.reach(limit, &context.place).await;
        let answers = reached.is_ok();
        match reached {
            Ok(session) => finding.borrow_mut().session = session,
            Err(miss) => {
                note(&miss, &finding, &context);
                if miss.is_hopeless() {
                    return Err(miss.into_failure());
                }
            }
        }
        let wished = answers == (manner.wish == Wish::Answer);
        since = wished.then(|| since.unwrap_or(began));
        let holds = since.is_some_and(|since| since.elapsed() >= manner.stable);
        {
            let mut finding = finding.borrow_mut();
            finding.tries += 1;
            finding.answers = answers;
            if holds {
                finding.done = Some(manner.begun.elapsed());
                let state = if answers { "answers" } else { "is gone" };
                let tries = if finding.tries == 1 { "1 try".to_owned() } else { format!("{} tries", finding.tries) };
                let took = manner.begun.elapsed().as_secs_f64();
                context.reporter.remark(&format!("{} {state} after {took:.3} s and {tries}", target.text));
            }
        }
        if holds || (manner.once && !wished) {
            return Ok(holds);
        }
        match since {
            Some(since) => {
                tokio::time::sleep(manner.interval.min(manner.stable.saturating_sub(since.elapsed()))).await;
            }
            None => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(manner.interval);
            }
        }
    }
}

/// Says why a target does not answer, when that is news.
fn note(miss: &Miss, finding: &RefCell<Finding>, context: &Context) {
    let text = miss.to_string();
    let mut finding = finding.borrow_mut();
    if finding.miss.as_ref() != Some(&text) {
        context.reporter.remark(&text);
        finding.miss = Some(text);
    }
}

fn late(options: &Options, findings: &[Rc<RefCell<Finding>>]) -> Failure {
    let mut lacking = Vec::new();
    for (target, finding) in options.targets.iter().zip(findings) {
        let finding = finding.borrow();
        lacking.push(match (finding.done, options.wish, finding.answers, &finding.miss) {
            (Some(_), ..) => continue,
            (None, Wish::Gone, ..) if finding.tries == 0 => format!("no try of {} has ended", target.text),
            (None, Wish::Answer, true, _) => format!("{} answers, but not steadily", target.text),
            (None, Wish::Answer, false, Some(miss)) => miss.clone(),
            (None, Wish::Answer, false, None) if target.is_kept() => format!("{} has nothing to read", target.text),
            (None, Wish::Answer, false, None) => format!("{} gave no answer", target.text),
            (None, Wish::Gone, true, _) if target.is_kept() => format!("{} is still open", target.text),
            (None, Wish::Gone, true, _) => format!("{} still answers", target.text),
            (None, Wish::Gone, false, _) => format!("{} is not gone steadily", target.text),
        });
    }
    let passed = match options.limit {
        Limit::After(limit) if !limit.is_zero() => format!("timed out after {}", humantime::format_duration(limit)),
        _ => "at the first try".to_owned(),
    };
    Failure::message(Exit::TimedOut, format!("{passed}: {}", lacking.join("; ")))
}

fn record(target: &Target, finding: &Finding) -> serde_json::Value {
    let mut record = json!({
        "target": target.text,
        "done": finding.done.is_some(),
        "answers": finding.answers,
        "tries": finding.tries,
    });
    if let Some(fields) = record.as_object_mut() {
        if let Some(done) = finding.done {
            fields.insert("seconds".to_owned(), done.as_secs_f64().into());
        }
        if let (false, Some(miss)) = (finding.answers, &finding.miss) {
            fields.insert("reason".to_owned(), miss.clone().into());
        }
    }
    record
}

/// Says in the record of a target what its TLS agreed on.
#[cfg(feature = "tls")]
fn with_session(mut record: serde_json::Value, options: &Options, finding: &Finding) -> serde_json::Value {
    let session = finding.session.as_ref().filter(|_| options.show_session && finding.answers);
    let session = session.and_then(|session| serde_json::to_value(session).ok());
    if let (Some(fields), Some(serde_json::Value::Object(session))) = (record.as_object_mut(), session) {
        fields.extend(session);
    }
    record
}

/// Shows a person what TLS agreed on, on stdout unless that belongs to the command.
#[cfg(feature = "tls")]
fn show_sessions(options: &Options, findings: &[Rc<RefCell<Finding>>], context: &Context) -> Result<(), Failure> {
    for (target, finding) in options.targets.iter().zip(findings).filter(|_| options.show_session) {
        let finding = finding.borrow();
        let Some(session) = finding.session.as_ref().filter(|_| finding.answers) else { continue };
        let head = if options.targets.len() > 1 { format!("{}\n", target.text) } else { String::new() };
        let text = format!("{head}{session}\n");
        match options.command.is_empty() {
            true => report::write(&text)?,
            false => text.lines().for_each(|line| context.reporter.note(line)),
        }
    }
    Ok(())
}

/// Runs the command beside this process, between the events of its beginning and end.
fn run_command(
    program: &OsString,
    arguments: &[OsString],
    options: &Options,
    context: &Context,
) -> Result<Exit, Failure> {
    let watched = Watched::new()?;
    sys::seal_descriptors();
    let child = std::process::Command::new(program).args(arguments).spawn();
    let child = child.map_err(|error| cannot_run(program, &error))?;
    Ok(Exit::Program(watched.report(&options.command, child, context)?))
}

/// Replaces this process by the command, which has its status then as from a shell: 127 not found, 126 not to be run.
fn become_command(program: &OsString, arguments: &[OsString], context: &Context) -> Failure {
    context.reporter.summary(Exit::Done, "done");
    cannot_run(program, &std::process::Command::new(program).args(arguments).exec())
}

fn cannot_run(program: &OsString, error: &std::io::Error) -> Failure {
    let status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
    let message = format!("cannot run {:?}: {}", program.display().to_string(), reason(error));
    Failure::message(Exit::Program(status), message)
}
