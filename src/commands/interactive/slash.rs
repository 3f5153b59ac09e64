//! The commands of a conversation: lines that begin with a slash. Words in, values out.

use std::path::PathBuf;

use crate::filter::LineEnding;
use crate::filter::escapes::{from_hex, unescaped};

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say what there is.
    Help,
    /// Show bytes in hexadecimal, or as text again.
    Hex,
    /// Show the time of each line, or not again.
    Time,
    /// Say how lines end.
    LineEndings,
    /// Change how lines end: those that come, those that go.
    SetLineEndings(Which, LineEnding),
    /// Go on in TLS.
    StartTls,
    /// Send a file.
    SendFile(PathBuf),
    /// Send these bytes.
    Send(Vec<u8>),
    /// End our data.
    EndOfData,
    /// End it all.
    Close,
}

/// Whose lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that come.
    In,
    /// Those that go.
    Out,
    /// All.
    Both,
}

/// Each command with what follows it and what it does.
const ALL: [(&str, &str, &str); 10] = [
    ("/help", "", "show this"),
    ("/hex", "", "show hexadecimal, or text again"),
    ("/time", "", "show times (UTC), or not again"),
    ("/eol", "[in|out] KIND", "line ends: lf, crlf, cr, or none: nothing is changed"),
    ("/send", "TEXT", "send without a line end; \\r \\n \\xHH are bytes"),
    ("/send-hex", "DIGITS", "send these bytes, as in /send-hex 00 ff"),
    ("/send-file", "FILE", "send what is in a file"),
    ("/starttls", "", "go on in TLS, after the peer has agreed to it"),
    ("/eof", "", "end our data; what still comes is shown"),
    ("/close", "", "end the connection and leave"),
];

/// The names of the commands.
pub fn names() -> Vec<&'static str> {
    ALL.map(|(name, ..)| name).to_vec()
}

/// What `/help` shows of the commands, a line each; `stops`: whether Ctrl-C stops what is under way.
pub fn help(stops: bool) -> Vec<String> {
    let line = |&(name, words, does): &(&str, &str, &str)| {
        let stop = if stops && name == "/send-file" { "; Ctrl-C stops it" } else { "" };
        format!("{:<22}{does}{stop}", format!("{name} {words}"))
    };
    let commands = ALL.iter().map(line);
    commands.chain([format!("{:<22}send a line that begins with one slash", "//…")]).collect()
}

/// Reads a line that begins with a slash.
///
/// # Errors
/// What is wrong, and what to type instead.
pub fn parse(line: &str) -> Result<Command, String> {
    let (name, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let word = rest.trim();
    let alone = |command| match word {
        "" => Ok(command),
        _ => Err(format!("{name} takes nothing after it")),
    };
    match name {
        "/help" | "/?" => alone(Command::Help),
        "/hex" if !word.is_empty() => Err("/hex takes nothing after it; /send-hex sends bytes".to_owned()),
        "/hex" => Ok(Command::Hex),
        "/time" => alone(Command::Time),
        "/starttls" => alone(Command::StartTls),
        "/eof" => alone(Command::EndOfData),
        "/close" | "/quit" | "/exit" => alone(Command::Close),
        "/eol" => line_endings(word),
        "/send" if rest.is_empty() => Err("/send needs the text to send".to_owned()),
        "/send" => unescaped(rest.as_bytes()).map(Command::Send).map_err(|error| error.to_string()),
        "/send-hex" if word.is_empty() => Err("/send-hex needs the bytes to send, as in /send-hex 00 ff".to_owned()),
        "/send-hex" => from_hex(word.as_bytes()).map(Command::Send).map_err(|error| error.to_string()),
        "/send-file" if word.is_empty() => Err("/send-file needs the name of a file".to_owned()),
        "/send-file" => Ok(Command::SendFile(at_home(word))),
        _ => Err(format!("{name} is no command; there are {}; // begins a line with one slash", names().join(" "))),
    }
}

fn line_endings(words: &str) -> Result<Command, String> {
    let (which, kind) = match words.split_once(char::is_whitespace) {
        None if words.is_empty() => return Ok(Command::LineEndings),
        None => (Which::Both, words),
        Some(("in", kind)) => (Which::In, kind.trim()),
        Some(("out", kind)) => (Which::Out, kind.trim()),
        Some((word, _)) => {
            return Err(format!("{word} is neither in nor out; type /eol out crlf, or /eol crlf for both"));
        }
    };
    let kind = kind.parse().map_err(|error: crate::filter::LineEndingError| error.to_string())?;
    Ok(Command::SetLineEndings(which, kind))
}

/// A leading `~/` is the home, as a shell would have it.
fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        let table = [
            ("/help", Command::Help),
            ("/hex ", Command::Hex),
            ("/eol", Command::LineEndings),
            ("/eol crlf", Command::SetLineEndings(Which::Both, LineEnding::CrLf)),
            ("/eol  out  lf", Command::SetLineEndings(Which::Out, LineEnding::Lf)),
            ("/send  a\\r\\n", Command::Send(b" a\r\n".to_vec())),
            ("/send-hex 00 fF", Command::Send(b"\0\xff".to_vec())),
            ("/send-file a b ", Command::SendFile("a b".into())),
            ("/starttls", Command::StartTls),
            ("/close", Command::Close),
        ];
        for (line, command) in table {
            assert_eq!(parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_told_with_those_there_are() {
        let wrong = parse("/etc/passwd").unwrap_err();
        assert!(wrong.contains("/etc/passwd is no command") && wrong.contains("/send-file /starttls"), "{wrong}");
        for line in ["/close now", "/hex 00", "/eol x", "/eol up lf", "/send", "/send \\q", "/send-hex 0", "/send-file"]
        {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn every_command_of_the_help_is_one() {
        for name in names() {
            let line = match name {
                "/send" | "/send-hex" | "/send-file" => format!("{name} 00"),
                _ => name.to_owned(),
            };
            assert!(parse(&line).is_ok(), "{line}");
            assert!(help(true).iter().any(|text| text.starts_with(name)));
        }
        assert!(help(true).iter().all(|text| text.chars().count() <= 76), "{:#?}", help(true));
    }
}
