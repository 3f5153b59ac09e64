//! Promise 68 for words that are uncommon: where they are wrong, the message names the word and what to type instead, and
//! stays short.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::kept::Kept;
use crate::support::{Listener, Peer, Sandbox};

/// The longest message, whatever was typed.
const SHORT: usize = 600;

#[test]
fn b68_a_huge_word_makes_no_huge_message() {
    let sandbox = Sandbox::new();
    let huge = "x".repeat(20_000);
    let spaced = "x y ".repeat(10_000);
    let cases: [(Vec<String>, i32); 8] = [
        (vec!["open".to_owned(), format!("{huge}:99999")], 3),
        (vec!["open".to_owned(), format!("{spaced}:99999")], 3),
        (vec!["open".to_owned(), "host:1".to_owned(), "--timeout".to_owned(), huge.clone()], 2),
        (vec!["open".to_owned(), "host:1".to_owned(), format!("--timeout={spaced}")], 2),
        (vec!["open".to_owned(), "host:1".to_owned(), format!("-w{huge}")], 2),
        (vec!["open".to_owned(), format!("--{huge}")], 2),
        (vec!["accept".to_owned(), "0".to_owned(), "--allow".to_owned(), format!("{huge}/99")], 2),
        (vec![huge.clone()], 2),
    ];
    for (words, status) in cases {
        let ended = sandbox.netverb(&words).run();
        ended.failed(status, &["…"]);
        assert!(ended.stderr.len() < SHORT, "{} bytes: {}", ended.stderr.len(), ended.stderr);
    }
}

#[test]
fn b68_a_word_that_is_no_text_is_named_with_its_remedy() {
    let sandbox = Sandbox::new();
    let word = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let path = sandbox.netverb(["open".into(), word(b"unix:/run/\xff")]).run();
    path.failed(2, &["word 2", "\\xff", "unix:/run/%FF"]);
    let host = sandbox.netverb(["open".into(), word(b"h\xfest:80")]).run();
    host.failed(2, &["word 2", "h\\xfest:80", "not UTF-8"]);
}

#[test]
fn b68_a_bad_variable_is_blamed_and_not_the_option() {
    let sandbox = Sandbox::new();
    let ended = sandbox.netverb(["open", "127.0.0.1:1"]).env("NETVERB_TIMEOUT", "soon").run();
    ended.failed(2, &["\"soon\"", "NETVERB_TIMEOUT", "seconds"]);
    assert!(!ended.stderr.contains("--timeout"), "{}", ended.stderr);
    let typed = sandbox.netverb(["open", "127.0.0.1:1", "-w", "soon"]).env("NETVERB_TIMEOUT", "5").run();
    typed.failed(2, &["--timeout", "\"soon\""]);
    assert!(!typed.stderr.contains("NETVERB_TIMEOUT"), "{}", typed.stderr);
}

#[test]
fn b68_values_that_mean_nothing_say_so() {
    let sandbox = Sandbox::new();
    let cases: [(&[&str], &[&str]); 4] = [
        (&["open", "127.0.0.1:1", "--keepalive", "0"], &["--keepalive", "1s"]),
        (&["open", "127.0.0.1:1", "--keepalive", "20000d"], &["--keepalive", "32767s"]),
        (&["open", "127.0.0.1:1", "--hex-dump", ""], &["--hex-dump", "empty name", "-"]),
        (&["open", "127.0.0.1:1", "-o", ""], &["--output"]),
    ];
    for (words, message) in cases {
        sandbox.netverb(words).run().failed(2, message);
    }
}

#[cfg(feature = "tls")]
#[test]
fn b68_a_missing_file_is_said_once() {
    let sandbox = Sandbox::new();
    for option in ["--cert", "--ca"] {
        let ended = sandbox.netverb(["open", "tls://127.0.0.1:1", option, "/nonexistent/x.pem"]).run();
        ended.failed(2, &["/nonexistent/x.pem: no such file or directory"]);
        assert!(!ended.stderr.contains("os error"), "{}", ended.stderr);
    }
}

#[test]
fn b04_an_output_that_cannot_be_written_opens_no_socket() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    for path in ["/nonexistent/folder/x", "/", sandbox.directory().to_str().unwrap()] {
        sandbox.netverb(["open", &listener.id(), "-o", path]).run().failed(23, &[path]);
    }
    assert!(listener.accept_within(std::time::Duration::from_millis(20)).is_err(), "it has connected all the same");
    // What is there stays as it was until data can come.
    let kept = sandbox.write("kept", "as it was");
    let refused = Listener::closed().id();
    sandbox.netverb(["open", &refused, "-o", kept.to_str().unwrap()]).run().failed(7, &["refused"]);
    assert_eq!(std::fs::read(kept).unwrap(), b"as it was");
}

#[test]
fn every_name_that_does_not_resolve_is_reported_alike() {
    let sandbox = Sandbox::new();
    let ended = sandbox.netverb(["resolve", "-n", "one.invalid", "127.0.0.1", "two.invalid"]).run();
    ended.exits(6);
    assert_eq!(ended.stdout, b"127.0.0.1\n");
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ended.stderr);
    assert!(lines.iter().all(|line| line.starts_with("netverb resolve: ")), "{}", ended.stderr);
}

#[test]
fn the_short_help_fits_a_narrow_terminal() {
    let sandbox = Sandbox::new();
    let ended = sandbox.netverb(["-h"]).env("COLUMNS", "30").run();
    let text = String::from_utf8(ended.exits(0).stdout.clone()).unwrap();
    // The usage of clap is one line for each form, whatever the width.
    let long: Vec<&str> =
        text.lines().filter(|line| line.chars().count() > 30 && !line.starts_with("Usage:")).collect();
    assert_eq!(long, [""; 0], "{text}");
}

#[cfg(feature = "tls")]
#[test]
fn secure_does_not_offer_what_it_does_anyway() {
    let help = Sandbox::new().netverb(["secure", "--help"]).run();
    let text = String::from_utf8(help.exits(0).stdout.clone()).unwrap();
    assert!(!text.contains("--secure") && text.contains("--no-verify"), "{text}");
}

#[test]
fn texts_and_patterns_may_begin_with_a_hyphen() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    peer.send(b"a--end-b-c");
    assert_eq!(kept.says(&["read", "s", "--until", "--end"]), "a--end");
    assert_eq!(kept.says(&["read", "s", "--until-regex", "-[a-b]"]), "-b");
    kept.run(&["expect", "s", "x", "--fail", "-c"]).exits(1);
    let listener = kept.0.netverb(["accept", "--json", "127.0.0.1:0", "--once", "--respond", "-no-"]).spawn();
    assert_eq!(Peer::connect(listener.port()).read_to_end(), b"-no-");
    let run = |words: &[&str]| kept.run(&[&["open", "127.0.0.1:1", "--zmq"], words].concat());
    run(&["sub", "--subscribe", "-x", "--deadline", "0.05"]).exits(28);
    // What is no key is said to be none, and not to be an option.
    run(&["push", "--curve-server-key", "-x"]).failed(2, &["the key file -x"]);
}

#[test]
fn the_program_has_every_manual_page_that_it_refers_to() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("share/man1");
    sandbox.netverb(["man", "--all", folder.to_str().unwrap()]).run().exits(0);
    let mut referred = std::collections::BTreeSet::new();
    for words in [&["help", "keeping"][..], &["help", "open"], &["help", "send-tuple"], &["man"]] {
        let text = String::from_utf8(sandbox.netverb(words).run().exits(0).stdout.clone()).unwrap();
        for part in text.replace("\\-", "-").split("netverb-").skip(1) {
            if let Some((name, section)) = part.split_once('(')
                && let (true, Some(section)) =
                    (name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), section.chars().next())
            {
                referred.insert((name.to_owned(), section));
            }
        }
    }
    assert!(referred.contains(&("zeromq".to_owned(), '7')), "{referred:?}");
    for (name, section) in referred {
        let page = sandbox.path(&format!("share/man{section}/netverb-{name}.{section}"));
        assert!(page.exists(), "{}", page.display());
        sandbox.netverb(["man", &format!("{name}({section})")]).run().exits(0);
    }
    sandbox.netverb(["help", "zeromq"]).run().failed(2, &["netverb man zeromq"]);
}
