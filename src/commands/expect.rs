//! `expect`: the first of several patterns.

use super::context::Context;
use super::read::{Output, Wish, request, taken, unmet_failure};
use crate::address::SocketId;
use crate::condition::{Answer, Condition, Detail, Expectation, Print};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::{Outcome, dial};

/// `expect`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The socket.
    pub id: SocketId,
    /// The patterns are its condition.
    pub wish: Wish,
    /// What of the match is printed.
    pub print: Print,
}

/// Runs the command.
///
/// # Errors
/// No pattern matched, or one of `--fail` did: status 1.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    let mut keeper = dial(&context.place, &options.id)?;
    let mut output = Output::open(None)?;
    match keeper.read(&request(&options.wish))? {
        Outcome::Found(found, bytes) => {
            let mut text = options.print.render(&found, &bytes).into_owned();
            if options.print == Print::Index {
                text.push(b'\n');
            }
            output.write(&text)?;
            taken(&mut keeper, options.wish.taking)?;
            match &found.detail {
                Detail::Match(matched) if matched.answer == Answer::Failed => {
                    let (Condition::Expect(all), index) = (&options.wish.condition, matched.index) else {
                        return Ok(Exit::Negative);
                    };
                    let feared = |expectation: &&Expectation| expectation.answer == Answer::Failed;
                    let pattern = all.iter().filter(feared).nth(index).map_or("", |found| found.pattern.as_str());
                    Err(Failure::message(Exit::Negative, format!("--fail {pattern:?} has matched")))
                }
                _ => Ok(Exit::Done),
            }
        }
        Outcome::Unmet(unmet, bytes) => Err(unmet_failure(&mut keeper, &options.wish, &unmet, &bytes, &mut output)?),
    }
}
