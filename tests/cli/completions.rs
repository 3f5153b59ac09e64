//! What the completions of shells offer: words that are known, and the names of kept sockets.

use super::kept::Kept;
use crate::support::{Listener, Run};

/// Completes the last of these words as bash does, in a shell in which `netverb` is the program; a line for each offer.
const BASH: &str = r#"
netverb() { "$NETVERB" "$@"; }
eval "$(netverb completions bash)"
complete=$(complete -p netverb)
[[ $complete =~ -F\ ([^ ]*) ]]
COMP_WORDS=(netverb "$@") COMP_CWORD=$#
"${BASH_REMATCH[1]}" netverb "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;

/// As [`BASH`].
const FISH: &str = r#"
function netverb; $NETVERB $argv; end
netverb completions fish | source
complete -C "netverb $argv" | string split -f1 \t
or true
"#;

/// What a run printed, in order.
fn offers(run: Run) -> Vec<String> {
    let ended = run.run();
    assert_eq!(ended.exits(0).stderr, "");
    let mut offers: Vec<String> = String::from_utf8_lossy(&ended.stdout).lines().map(str::to_owned).collect();
    offers.sort();
    offers.retain(|offer| !offer.is_empty());
    offers
}

fn bash(kept: &Kept, words: &[&str]) -> Vec<String> {
    let words = ["-c", BASH, "bash"].into_iter().chain(words.iter().copied());
    offers(kept.0.program("bash", "bash", words))
}

fn fish(kept: &Kept, words: &[&str]) -> Vec<String> {
    offers(kept.0.program("fish", "fish", ["-c", FISH, "--", &words.join(" ")]))
}

#[test]
fn known_words_are_offered() {
    let kept = Kept::new();
    for (words, offered) in [
        (&["o"][..], &["open"][..]),
        (&["open", "--sec"], &["--secure"]),
        (&["listen", "--ech"], &["--echo"]),
        (&["open", "host:1", "--eol", ""], &["cr", "crlf", "lf", "none"]),
        (&["open", "host:1", "--zmq", "pu"], &["pub", "pull", "push"]),
        (&["read", "x", "--until", "c"], &["cr", "crlf"]),
        (&["help", "e"], &["environment", "events", "exit-codes", "expect"]),
        (&["man", "z"], &["zeromq", "zmq-keygen"]),
        (&["completions", ""], &["bash", "fish", "zsh"]),
        (&["session", ""], &["end", "list", "new", "run"]),
    ] {
        assert_eq!(bash(&kept, words), offered, "bash: {words:?}");
        assert_eq!(fish(&kept, words), offered, "fish: {words:?}");
    }
}

#[test]
fn the_names_of_kept_sockets_are_offered_where_one_can_stand() {
    let kept = Kept::new();
    let _peers = (kept.open("mail", &[]), kept.open("mars", &[]));
    let (other, test) = (Listener::tcp(), std::process::id().to_string());
    kept.says(&["open", "--session", "other", "--name", "moon", "--owner", &test, &other.id()]);
    for words in [&["read", "ma"][..], &["wait", "ma"], &["recv-tuple", "ma"], &["-j", "close", "ma"]] {
        assert_eq!(bash(&kept, words), ["mail", "mars"], "bash: {words:?}");
        assert_eq!(fish(&kept, words), ["mail", "mars"], "fish: {words:?}");
    }
    for (words, offered) in [
        (&["close", "mail", ""][..], &["mail", "mars"][..]),
        (&["read", "-w", "3", ""], &["mail", "mars"]),
        (&["read", "mail", "mar"], &[]),
        (&["read", "-o", "mar"], &[]),
        (&["write", "mail", "--", "mar"], &[]),
        (&["open", "read", "mar"], &[]),
        (&["--session", "other", "read", ""], &["moon"]),
        (&["--session", "=", "other", "read", ""], &["moon"]),
    ] {
        assert_eq!(bash(&kept, words), offered, "bash: {words:?}");
    }
}
