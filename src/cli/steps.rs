//! The words of steps, in the order in which they were written.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::groups::TimeArgs;
use crate::commands::conversation::{self, DEFAULT_WAIT, Text};
use crate::commands::stream::StreamOptions;
use crate::condition::Pattern;
use crate::conversation::Step;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::quantity::{Limit, parse_duration};
use crate::relay::AtLocalEnd;

/// A conversation without a person: steps, or a transcript.
#[derive(Debug, Args)]
#[command(next_help_heading = "Steps, in the order given")]
struct Words {
    /// Wait for data that matches RE; all up to its end goes to stdout (repeat)
    ///
    /// The match takes what came up to its end; ^ is the beginning of what no step has taken yet, (?m)^ that of every line.
    /// Status 28 when it does not come within -w, 52 when the peer closes first. After the last step our direction is ended and
    /// the rest of what the peer sends goes to stdout, until its end or until it is silent for -w.
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    expect: Vec<Pattern>,
    /// From here on, fail with 1 when RE matches while something is expected (repeat)
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    fail_on: Vec<Pattern>,
    /// Send TEXT (repeat)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    send: Vec<OsString>,
    /// Send TEXT and the line ending of --eol-out, else LF (repeat)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    send_line: Vec<OsString>,
    /// Send what is in FILE; - is stdin (repeat)
    #[arg(long, value_name = "FILE")]
    send_file: Vec<PathBuf>,
    /// Go on in TLS, as the TLS options say; unread data at this point is an error (35)
    ///
    /// What has come in clear and no --expect has taken could have been injected to be read as if it had come in TLS; so let the
    /// --expect before it match the whole answer, with its line ending. On accept it is the server's part of the handshake.
    #[cfg(feature = "tls")]
    #[arg(long)]
    starttls: bool,
    /// Wait this long (repeat)
    #[arg(long, value_name = "DUR", allow_negative_numbers = true, value_parser = parse_span)]
    sleep: Vec<Duration>,
    /// Play our end of a recorded --transcript: open the client, accept the server
    ///
    /// Each end speaks in its turn. The first difference between what the peer sends and what was recorded ends it with 1 and is
    /// named: offset, expected, received. Whether FILE was written by open or by accept is known from the ID in it. Nothing goes
    /// to stdout. What was recorded inside TLS is replayed in clear, unless --secure is given.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
}

fn parse_span(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(Limit::After(span)) => Ok(span),
        Ok(Limit::Never) => Err("it would never end; type a time such as 500ms".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Steps or a transcript, as far as they were given.
#[derive(Debug)]
pub struct StepArgs {
    steps: Vec<Step>,
    replay: Option<PathBuf>,
}

impl FromArgMatches for StepArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        // Taking the values out takes their places with them.
        let written = |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
        let places = |id: &clap::Id| matches.indices_of(id.as_str()).into_iter().flatten().collect();
        let places: Vec<(clap::Id, Vec<usize>)> =
            matches.ids().filter(written).map(|id| (id.clone(), places(id))).collect();
        let words = Words::from_arg_matches_mut(matches)?;
        let mut steps: Vec<(usize, Step)> = Vec::new();
        let mut add = |name: &str, given: Vec<Step>| {
            let places = places.iter().find(|(id, _)| id == name).map(|(_, places)| places.iter().copied());
            steps.extend(places.into_iter().flatten().zip(given));
        };
        let bytes = OsString::into_vec;
        add("expect", words.expect.into_iter().map(Step::Expect).collect());
        add("fail_on", words.fail_on.into_iter().map(Step::FailOn).collect());
        add("send", words.send.into_iter().map(bytes).map(Step::Send).collect());
        add("send_line", words.send_line.into_iter().map(bytes).map(Step::SendLine).collect());
        add("send_file", words.send_file.into_iter().map(Step::SendFile).collect());
        #[cfg(feature = "tls")]
        add("starttls", vec![Step::StartTls]);
        add("sleep", words.sleep.into_iter().map(Step::Sleep).collect());
        steps.sort_by_key(|(place, _)| *place);
        Ok(StepArgs { steps: steps.into_iter().map(|(_, step)| step).collect(), replay: words.replay })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for StepArgs {
    fn augment_args(command: Command) -> Command {
        Words::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Words::augment_args_for_update(command)
    }
}

impl StepArgs {
    /// The forms that clash with other modes: each with its name and whether it was given.
    pub fn forms(&self) -> [(&'static str, bool); 2] {
        [("steps", !self.steps.is_empty()), ("--replay", self.replay.is_some())]
    }

    /// Whether a step goes on in TLS.
    #[cfg(feature = "tls")]
    pub fn starts_tls(&self) -> bool {
        self.steps.contains(&Step::StartTls)
    }

    /// The conversation, if there is one.
    ///
    /// # Errors
    /// Status 2 for steps or options that would have no effect.
    pub fn conversation(
        &self,
        time: &TimeArgs,
        stream: &StreamOptions,
    ) -> Result<Option<conversation::Options>, Failure> {
        let usage = |message: &str| Err(Failure::message(Exit::Usage, message));
        let text = match (&self.replay, self.steps.is_empty()) {
            (None, true) => return Ok(None),
            (Some(path), _) => Text::Recorded(path.clone()),
            (None, false) => Text::Steps(self.steps.clone()),
        };
        let last_expected = self.steps.iter().rposition(|step| matches!(step, Step::Expect(_)));
        let last_feared = self.steps.iter().rposition(|step| matches!(step, Step::FailOn(_)));
        if last_feared > last_expected {
            return usage("--fail-on has no --expect after it: it is only looked for while something is expected");
        }
        if stream.rate.is_some() {
            return usage("--rate cannot be used with steps or --replay; use it with a stream");
        }
        let converts = stream.eol_in.is_some() || stream.eol_out.is_some() || stream.inband.is_some();
        if self.replay.is_some() && converts {
            return usage(
                "--replay sends and expects the recorded bytes as they are; leave out --eol, -C and --inband",
            );
        }
        Ok(Some(conversation::Options {
            text,
            wait: time.timeout.unwrap_or(Limit::After(DEFAULT_WAIT)),
            quit_after: stream.quit_after.unwrap_or(Limit::Never),
            half_close: stream.at_local_end == AtLocalEnd::HalfClose,
        }))
    }
}
