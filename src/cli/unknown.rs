//! What is said of an option or a verb that there is not: whose it is, or which one was probably meant. Only the wording.

use clap::Command;
use clap::error::{ContextKind, ContextValue};

use super::command;

/// The verbs whose arguments may be data, which may look like an option.
const TAKE_DATA: [&str; 6] = ["write", "ask", "datagram", "send-tuple", "expect", "session"];

/// An option, or a word too many, of this verb.
pub fn argument(error: &clap::Error, verb: &str) -> Option<String> {
    let word = text(error, ContextKind::InvalidArg)?;
    let mut message = format!("unexpected argument '{word}' found");
    if !word.starts_with('-') {
        return Some(message);
    }
    let owners = owners(word);
    let near = text(error, ContextKind::SuggestedArg).filter(|near| is_near(word, near));
    if let Some(near) = near {
        message.push_str(&format!("; a similar one is '{near}'"));
    } else if !owners.is_empty() {
        message.push_str(&format!("; it is an option of {}", owners.join(", ")));
    }
    if owners.is_empty() && TAKE_DATA.contains(&verb) {
        message.push_str(&format!("; to pass it as a value type '-- {word}'"));
    }
    Some(message)
}

/// A verb.
pub fn verb(error: &clap::Error) -> Option<String> {
    let word = text(error, ContextKind::InvalidSubcommand)?;
    let mut message = format!("unknown verb '{word}'");
    if let Some(ContextValue::Strings(near)) = error.get(ContextKind::SuggestedSubcommand)
        // clap has the best one last.
        && let Some(near) = near.last()
    {
        message.push_str(&format!("; a similar one is '{near}'"));
    }
    Some(message)
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

/// The verbs that have this option.
fn owners(word: &str) -> Vec<String> {
    let mut root = command();
    // What verbs have of their own is defined by it.
    root.build();
    let long = word.strip_prefix("--");
    let short = word.strip_prefix('-').filter(|_| long.is_none()).and_then(|word| word.chars().next());
    let has = |verb: &&Command| {
        verb.get_arguments().any(|arg| {
            let aliases = arg.get_all_aliases().unwrap_or_default();
            !arg.is_hide_set()
                && (long.is_some_and(|long| arg.get_long() == Some(long) || aliases.contains(&long))
                    || (short.is_some() && arg.get_short() == short))
        })
    };
    root.get_subcommands()
        .filter(|verb| !verb.is_hide_set())
        .filter(has)
        .map(|verb| verb.get_name().to_owned())
        .collect()
}

/// Whether one letter more, less or other makes it the same, or two letters changed places; clap finds words similar that nobody
/// would mix up.
fn is_near(word: &str, near: &str) -> bool {
    let (word, near): (Vec<char>, Vec<char>) = (word.chars().collect(), near.chars().collect());
    let same_start = word.iter().zip(&near).take_while(|(one, other)| one == other).count();
    let same_end = word.iter().rev().zip(near.iter().rev()).take_while(|(one, other)| one == other).count();
    let longest = word.len().max(near.len());
    // What differs is at most two letters in one place.
    same_start + same_end + 2 >= longest || near.starts_with(&word) || word.starts_with(&near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_slip_of_the_keys_is_similar() {
        for (word, near) in
            [("--secrue", "--secure"), ("--tineout", "--timeout"), ("--ech", "--echo"), ("--progres", "--progress")]
        {
            assert!(is_near(word, near), "{word} {near}");
        }
        for (word, near) in
            [("--self-signed", "--eol-in"), ("--until", "--line"), ("--fail-on", "--file"), ("--tls", "--tos-x")]
        {
            assert!(!is_near(word, near), "{word} {near}");
        }
    }

    #[test]
    fn an_option_of_other_verbs_is_found() {
        assert_eq!(owners("--until"), ["read", "ask"]);
        assert_eq!(owners("--echo"), ["accept"]);
        assert_eq!(owners("-m"), ["accept"]);
        assert!(owners("--bogus").is_empty());
    }
}
