//! What nobody shall see or find later: whether a peer asks for it, and whether a line tells it. Guesses by what protocols
//! and programs usually say, which can err; a line that begins with a blank is never remembered.

/// Whether a prompt, the peer's line that is not at its end, asks for a secret.
pub fn asks(prompt: &str) -> bool {
    let prompt = prompt.to_lowercase();
    prompt.trim_end().ends_with([':', '?', '>'])
        && ["password", "passphrase", "passcode", "secret"].iter().any(|word| prompt.contains(word))
}

/// Whether a line of the peer asks for a secret in the next line: the challenge of AUTH in SMTP (RFC 4954 section 4).
pub fn challenges(line: &str) -> bool {
    line.starts_with("334 ")
}

/// Whether a line to the peer has a secret in it: PASS (POP3, FTP, IRC), AUTH (SMTP, Redis), LOGIN and AUTHENTICATE, with or
/// without the tag of IMAP.
pub fn tells(line: &str) -> bool {
    let line = line.strip_prefix("/send ").unwrap_or(line);
    let words: Vec<String> = line.split_whitespace().take(4).map(str::to_uppercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["PASS" | "AUTH", _, ..]
            | [_, "LOGIN", _, _]
            | ["LOGIN", _, _, ..]
            | [_, "AUTHENTICATE", _, _]
            | ["AUTHENTICATE", _, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_for_secrets() {
        for prompt in ["Password: ", "Enter passphrase for key:", "[sudo] password for me:", "Your secret?"] {
            assert!(asks(prompt), "{prompt}");
        }
        for prompt in ["", "login: ", "the password is wrong", "Password expired. Press Enter"] {
            assert!(!asks(prompt), "{prompt}");
        }
        assert!(challenges("334 UGFzc3dvcmQ6") && !challenges("3345") && !challenges("235 OK"));
    }

    #[test]
    fn lines_with_secrets() {
        for line in
            ["PASS x", "pass x", "AUTH PLAIN abc", "AUTH hunter2", "a1 LOGIN me x", "LOGIN me x", "/send PASS x\\r\\n"]
        {
            assert!(tells(line), "{line}");
        }
        for line in [
            "",
            "PASS",
            "LOGIN",
            "LOGIN me",
            "a LOGIN",
            "PASSIVE x",
            "GET AUTH",
            "he did login now",
            "/send-file PASS x",
        ] {
            assert!(!tells(line), "{line}");
        }
    }
}
