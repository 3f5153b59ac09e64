//! `expect`: the first of several patterns.

use super::context::Context;
use super::read::{Output, Wish, request, taken, unmet_failure, unmet_messages};
use crate::address::SocketId;
use crate::condition::{Answer, Condition, Detail, Expectation, Found, Print};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::{Keeper, Outcome};

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
    context.talk(&options.id, |keeper| expect(keeper, options, context))
}

fn expect(keeper: &mut Keeper, options: &Options, context: &Context) -> Result<Exit, Failure> {
    let mut output = Output::open(None)?;
    match keeper.read(&request(&options.wish))? {
        Outcome::Found(found, bytes) => {
            let mut text = options.print.render(&found, &bytes).into_owned();
            if options.print == Print::Index {
                text.push(b'\n');
            }
            output.write(&text)?;
            taken(keeper, options.wish.taking)?;
            verdict(&options.wish, &found)
        }
        // The pattern is in the last of the messages.
        Outcome::Messages(messages, found) => {
            let found = found.unwrap_or_else(|| Found::counted(0));
            let last = messages.last().map(|message| &*message.bytes).unwrap_or_default();
            let text = match &options.print {
                Print::All => options.wish.form(context).render(&messages)?,
                Print::Index => [&*options.print.render(&found, last), b"\n"].concat(),
                part => part.render(&found, last).into_owned(),
            };
            output.write(&text)?;
            taken(keeper, options.wish.taking)?;
            verdict(&options.wish, &found)
        }
        Outcome::UnmetMessages(unmet, messages) => {
            Err(unmet_messages(keeper, &options.wish, &unmet, &messages, &mut output, context)?)
        }
        Outcome::Unmet(unmet, bytes) => Err(unmet_failure(keeper, &options.wish, &unmet, &bytes, &mut output)?),
    }
}

/// Whether it was a pattern that was wanted.
fn verdict(wish: &Wish, found: &Found) -> Result<Exit, Failure> {
    match (&found.detail, &wish.condition) {
        (Detail::Match(matched), Some(Condition::Expect(all))) if matched.answer == Answer::Failed => {
            let feared = |expectation: &&Expectation| expectation.answer == Answer::Failed;
            let pattern = all.iter().filter(feared).nth(matched.index).map_or("", |found| found.pattern.as_str());
            Err(Failure::message(Exit::Negative, format!("--fail {pattern:?} has matched")))
        }
        _ => Ok(Exit::Done),
    }
}
