//! Which socket a command line is about, for the events of the run as a whole.

use super::Verb;
#[cfg(feature = "tuples")]
use crate::commands::tuple_receive::From;

impl Verb {
    /// The ID of the one socket, target or name that is meant, empty where there are several; `None` where only the run will
    /// show which it is.
    pub fn subject(&self) -> Option<String> {
        match self {
            Verb::Open(options) => Some(options.id.handle()),
            Verb::Read(options) => Some(options.id.handle()),
            Verb::Write(options) => Some(options.id.handle()),
            Verb::Ask(options) => Some(options.id.handle()),
            Verb::Expect(options) => Some(options.id.handle()),
            #[cfg(feature = "tls")]
            Verb::Secure(options) => Some(options.id.handle()),
            #[cfg(feature = "interactive")]
            Verb::Attach(options) => Some(options.id.handle()),
            Verb::Next(options) => Some(options.id.handle()),
            #[cfg(feature = "tuples")]
            Verb::SendTuple(options) => Some(options.id.handle()),
            #[cfg(feature = "tuples")]
            Verb::ReceiveTuple(options) => match &options.from {
                From::Connection(id, _) | From::Kept(id, ..) => Some(id.handle()),
                From::Listener(..) | From::Datagrams(..) => None,
            },
            Verb::Close(options) => Some(sole(&options.ids).map(|id| id.handle()).unwrap_or_default()),
            Verb::Wait(options) => Some(sole(&options.targets).map(|target| target.text.clone()).unwrap_or_default()),
            Verb::Resolve(options) => Some(sole(&options.names).map(ToString::to_string).unwrap_or_default()),
            Verb::Session(_) => Some(String::new()),
            Verb::Accept(options) => sole(&options.at)?.name.as_ref().map(ToString::to_string),
            _ => None,
        }
    }
}

fn sole<T>(all: &[T]) -> Option<&T> {
    match all {
        [one] => Some(one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::super::{Action, parse};

    fn subject(words: &[&str]) -> Option<String> {
        let words = std::iter::once("netverb").chain(words.iter().copied()).map(OsString::from).collect();
        let Ok(Action::Run(run)) = parse(words) else { panic!("not understood") };
        run.verb.subject()
    }

    #[test]
    fn a_run_is_about_the_one_socket_that_is_named() {
        for (words, expected) in [
            (&["open", "localhost:25"][..], Some("localhost:25")),
            (&["open", "localhost:25/mail"], Some("mail")),
            (&["read", "localhost:25/mail"], Some("mail")),
            (&["close", "a"], Some("a")),
            (&["close", "a", "b"], Some("")),
            (&["resolve", "localhost", "::1"], Some("")),
            (&["wait", ":80"], Some(":80")),
            (&["resolve", "localhost"], Some("localhost")),
            (&["accept", "0/web"], Some("web")),
            // The first listener has it; its port is not known yet.
            (&["accept", "0"], None),
            (&["sockets"], None),
        ] {
            assert_eq!(subject(words).as_deref(), expected, "{words:?}");
        }
    }
}
