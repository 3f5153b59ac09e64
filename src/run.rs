//! One run: parse, build the runtime, do it, and turn what comes of it into messages and an exit status.

mod overseen;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::rc::Rc;

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::{self, Action, Run, Verb};
use crate::commands::{self, Context};
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::output::human::Verbosity;
use crate::output::{Format, Reporter, report};
use crate::quantity::Limit;
use crate::sys;
use overseen::Overseen;

/// Runs a command line, the program's name first.
pub fn run(arguments: Vec<OsString>) -> Exit {
    match cli::parse(arguments) {
        Ok(Action::Print(text)) => match report::write(&text) {
            Ok(()) => Exit::Done,
            Err(failure) => {
                Reporter::new("", Format::Human { color: false }, Verbosity::Normal).failure(&failure);
                failure.exit
            }
        },
        Ok(Action::Run(run)) => {
            let exit = execute(*run);
            if let Exit::Signal(number) = exit {
                // What waits for this process sees what killed it.
                let _ = signal_hook::low_level::emulate_default_handler(number);
            }
            exit
        }
        Err(refusal) => {
            let exit = refusal.failure.exit;
            let reporter = Reporter::new(refusal.name, refusal.format, Verbosity::Normal);
            reporter.failure(&refusal.failure);
            reporter.summary(exit, &refusal.failure.line());
            if let Some(drawing) = refusal.drawing.filter(|_| std::io::stderr().is_terminal()) {
                let _ = writeln!(std::io::stderr(), "{drawing}");
            }
            exit
        }
    }
}

fn execute(mut run: Run) -> Exit {
    let reporter = Rc::new(Reporter::new(run.name, run.format, run.verbosity));
    if let Some(id) = run.verb.subject() {
        reporter.about(&id);
    }
    let context = Context::new(reporter.clone(), run.place.clone(), run.color);
    let overseen = match overseen(&run) {
        Ok(overseen) => overseen,
        Err(failure) => {
            let (exit, ended) = outcome(Err(failure), &reporter);
            reporter.summary(exit, &ended);
            return exit;
        }
    };
    if let Some(result) = perform_directly(&mut run, &context) {
        if let Some(overseen) = overseen {
            overseen.ended();
        }
        let (exit, ended) = outcome(result, &reporter);
        reporter.summary(exit, &ended);
        return exit;
    }
    let mut builder = Builder::new_current_thread();
    // For look-ups of names and files; who serves many clients does not need a thread for each.
    builder.enable_all().max_blocking_threads(64);
    let runtime = match builder.build_local(LocalOptions::default()) {
        Ok(runtime) => runtime,
        Err(error) => {
            let message = format!("cannot start: {}", reason(&error));
            reporter.failure(&Failure::message(Exit::Unsupported, message));
            return Exit::Unsupported;
        }
    };
    let (exit, ended) = outcome(drive(&runtime, run, context), &reporter);
    reporter.close_standing(&ended);
    reporter.summary(exit, &ended);
    // Nothing that is still blocked, such as a resolver without an answer, holds up the exit.
    runtime.shutdown_background();
    exit
}

fn outcome(result: Result<Exit, Failure>, reporter: &Reporter) -> (Exit, String) {
    match result {
        Ok(exit) => (exit, words(exit)),
        Err(failure) => {
            reporter.failure(&failure);
            (failure.exit, failure.line())
        }
    }
}

/// Has a verb looked after that blocks and whose end is to be told of, or which has a deadline.
fn overseen(run: &Run) -> Result<Option<Overseen>, Failure> {
    // Who starts a keeper looks at the deadline itself, so that none stays behind.
    let deadline = if starts_keeper(&run.verb) { Limit::Never } else { run.deadline };
    let wanted = blocks(&run.verb) && (run.format == Format::Json || deadline != Limit::Never);
    wanted.then(|| Overseen::begin(run, deadline)).transpose()
}

/// Whether the verb starts a keeper.
fn starts_keeper(verb: &Verb) -> bool {
    match verb {
        Verb::Open(options) => matches!(options.mode, commands::open::Mode::Keep(_)),
        Verb::Accept(options) => matches!(options.offer, commands::accept::Offer::Keep(_)),
        Verb::Datagram(options) => options.keep.is_some(),
        _ => false,
    }
}

/// Whether the verb starts a keeper or talks to one, which blocks.
fn blocks(verb: &Verb) -> bool {
    match verb {
        Verb::Read(_) | Verb::Write(_) | Verb::Ask(_) | Verb::Expect(_) | Verb::Next(_) | Verb::Close(_) => true,
        #[cfg(feature = "tls")]
        Verb::Secure(_) => true,
        #[cfg(feature = "tuples")]
        Verb::SendTuple(options) => options.kept,
        #[cfg(feature = "tuples")]
        Verb::ReceiveTuple(options) => matches!(options.from, commands::tuple_receive::From::Kept(..)),
        verb => starts_keeper(verb),
    }
}

/// The verbs that talk to keepers: they need no event loop, and a signal ends them as it ends any program.
fn perform_directly(run: &mut Run, context: &Context) -> Option<Result<Exit, Failure>> {
    Some(match &mut run.verb {
        Verb::Open(options) => match &options.mode {
            commands::open::Mode::Keep(keep) => commands::keep::open(options, keep, run.deadline, context),
            _ => return None,
        },
        Verb::Accept(options) => match &options.offer {
            commands::accept::Offer::Keep(keep) => commands::keep::accept(options, keep, run.deadline, context),
            _ => return None,
        },
        Verb::Datagram(options) => match &options.keep {
            Some(keep) => commands::keep::datagram(options, keep, run.deadline, context),
            None => return None,
        },
        Verb::Read(options) => commands::read::run(options, context),
        Verb::Write(options) => commands::write::run(options, context),
        Verb::Ask(options) => commands::ask::run(options, context),
        Verb::Expect(options) => commands::expect::run(options, context),
        #[cfg(feature = "tls")]
        Verb::Secure(options) => commands::secure::run(options, context),
        Verb::Next(options) => commands::next::run(options, context),
        Verb::Close(options) => commands::close::run(options, context),
        #[cfg(feature = "interactive")]
        Verb::Sockets(options) if commands::sockets_page::is_wanted(*options, context) => return None,
        Verb::Sockets(options) => commands::sockets::run(*options, context),
        #[cfg(feature = "zmq")]
        Verb::ZmqKeygen(options) => commands::zmq_keygen::run(options, context),
        Verb::Session(options) => commands::session::run(options, context),
        #[cfg(feature = "tuples")]
        Verb::SendTuple(options) => return commands::tuple_send::run_kept(options, context),
        #[cfg(feature = "tuples")]
        Verb::ReceiveTuple(options) => return commands::tuple_receive::run_kept(options, context),
        _ => return None,
    })
}

fn words(exit: Exit) -> String {
    match exit {
        Exit::Done => "done".to_owned(),
        Exit::Signal(number) => format!("ended by signal {number}"),
        other => format!("ended with status {}", other.status()),
    }
}

/// Runs the verb until it is done, its deadline has come, or a signal ends it. What the verb holds is given back in each
/// case before this returns: paths are removed, programs hung up.
fn drive(runtime: &LocalRuntime, run: Run, context: Context) -> Result<Exit, Failure> {
    runtime.block_on(async move {
        let mut signals = Signals::listen()?;
        let deadline = run.deadline;
        let verb = Box::pin(perform(run.verb, &context));
        tokio::select! {
            biased;
            number = signals.next() => Ok(Exit::Signal(number)),
            result = verb => result,
            limit = passed(deadline) => {
                let limit = format!("the deadline of {}", humantime::format_duration(limit));
                context.reporter.event("", &Event::Timeout { limit: limit.clone() });
                Err(Failure::message(Exit::TimedOut, format!("timed out: {limit} has passed")))
            }
        }
    })
}

async fn passed(deadline: Limit) -> std::time::Duration {
    match deadline {
        Limit::Never => std::future::pending().await,
        Limit::After(limit) => {
            tokio::time::sleep(limit).await;
            limit
        }
    }
}

async fn perform(verb: Verb, context: &Context) -> Result<Exit, Failure> {
    match verb {
        Verb::Open(options) => commands::open::run(*options, context).await,
        Verb::Accept(options) => commands::accept::run(*options, context).await,
        Verb::Datagram(options) => commands::datagram::run(*options, context).await,
        #[cfg(feature = "tuples")]
        Verb::SendTuple(options) => commands::tuple_send::run(*options, context).await,
        #[cfg(feature = "tuples")]
        Verb::ReceiveTuple(options) => commands::tuple_receive::run(*options, context).await,
        #[cfg(feature = "interactive")]
        Verb::Attach(options) => commands::attach::run(*options, context).await,
        #[cfg(feature = "interactive")]
        Verb::Sockets(_) => commands::sockets_page::run(context).await,
        Verb::Wait(options) => commands::wait::run(*options, context).await,
        Verb::Resolve(options) => commands::resolve::run(options, context).await,
        Verb::Keeper(options) => commands::keeper::run(*options, context).await,
        // Done without an event loop.
        _ => Ok(Exit::Done),
    }
}

/// The signals that end a run, caught so that paths are removed and the last event is written. One that this process was
/// told to ignore stays ignored.
struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hang_up: Option<Signal>,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let caught = |kind: SignalKind| {
            if sys::is_ignored(kind.as_raw_value()) {
                return Ok(None);
            }
            signal(kind).map(Some).map_err(|error| {
                Failure::message(Exit::Unsupported, format!("cannot catch signals: {}", reason(&error)))
            })
        };
        Ok(Signals {
            interrupt: caught(SignalKind::interrupt())?,
            terminate: caught(SignalKind::terminate())?,
            hang_up: caught(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> i32 {
        tokio::select! {
            () = arrival(&mut self.interrupt) => libc::SIGINT,
            () = arrival(&mut self.terminate) => libc::SIGTERM,
            () = arrival(&mut self.hang_up) => libc::SIGHUP,
        }
    }
}

async fn arrival(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
