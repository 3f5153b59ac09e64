//! One step of a conversation, as the command line writes it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::condition::Pattern;

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `--expect RE`: wait for a match, and take what came up to its end.
    Expect(Pattern),
    /// `--fail-on RE`: from here on, a match of this while something is expected is a failure.
    FailOn(Pattern),
    /// `--send TEXT`: send these bytes.
    Send(Vec<u8>),
    /// `--send-line TEXT`: send these bytes and the socket's line ending.
    SendLine(Vec<u8>),
    /// `--send-file FILE`: send what is in it; `-` is stdin.
    SendFile(PathBuf),
    /// `--starttls`: go on in TLS.
    #[cfg(feature = "tls")]
    StartTls,
    /// `--sleep DUR`: wait this long.
    Sleep(Duration),
}

/// How much of a text a message repeats, in characters.
const SHOWN: usize = 60;

/// The step as it was written, with a long text cut.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Expect(pattern) => write!(f, "--expect {}", quoted(pattern.as_str().as_bytes())),
            Step::FailOn(pattern) => write!(f, "--fail-on {}", quoted(pattern.as_str().as_bytes())),
            Step::Send(text) => write!(f, "--send {}", quoted(text)),
            Step::SendLine(text) => write!(f, "--send-line {}", quoted(text)),
            Step::SendFile(path) => write!(f, "--send-file {}", path.display()),
            #[cfg(feature = "tls")]
            Step::StartTls => f.write_str("--starttls"),
            Step::Sleep(span) => write!(f, "--sleep {}", humantime::format_duration(*span)),
        }
    }
}

/// A text in double quotes on one line. Backslashes stay single, so that a pattern reads as it was typed.
fn quoted(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let shown: String = text.chars().take(SHOWN).collect();
    let shown: String =
        shown.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.into() }).collect();
    let more = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("\"{shown}{more}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_as_it_was_typed() {
        let pattern = r"^2\d\d ".parse().unwrap();
        assert_eq!(Step::Expect(pattern).to_string(), r#"--expect "^2\d\d ""#);
        assert_eq!(Step::SendLine(b"EHLO\ta".to_vec()).to_string(), r#"--send-line "EHLO\ta""#);
        assert_eq!(Step::Sleep(Duration::from_millis(1500)).to_string(), "--sleep 1s 500ms");
    }

    #[test]
    fn a_long_text_is_cut() {
        let shown = Step::Send(vec![b'a'; 1000]).to_string();
        assert_eq!(shown, format!("--send \"{}…\"", "a".repeat(SHOWN)));
    }
}
