//! The files in man/ and completions/ are those that the program makes today.
#![cfg(feature = "default")] // Left-out features leave out options.
#![allow(clippy::unwrap_used, clippy::panic)] // A test fails by panicking.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use netverb::cli::completions::{Shell, all_completions, completions};
use netverb::cli::generate::{Generated, all_pages};

/// What to type when this fails.
const REFRESH: &str = "cargo run -- man --all man && cargo run -- completions --all completions";

fn check(directory: &str, made: Vec<Generated>, is_made: impl Fn(&str) -> bool) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let entries = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{directory}/: {error}; type: {REFRESH}"));
    let committed: BTreeSet<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| is_made(name)).collect();
    let expected: BTreeSet<String> = made.iter().map(|file| file.name.clone()).collect();
    assert_eq!(
        committed, expected,
        "{directory}/ has other files than it should; remove what is left over, and type: {REFRESH}"
    );
    for file in made {
        let text = std::fs::read_to_string(path.join(&file.name)).unwrap();
        let difference = text.lines().zip(file.text.lines()).position(|(old, new)| old != new);
        assert!(
            text == file.text,
            "{directory}/{} is stale, from line {}; type: {REFRESH}",
            file.name,
            1 + difference.unwrap_or(0)
        );
    }
}

#[test]
fn manual_pages_are_fresh() {
    // Pages of other sections are written by hand.
    check("man", all_pages().unwrap(), |name| name.ends_with(".1"));
}

#[test]
fn completions_are_fresh() {
    check("completions", all_completions().unwrap(), |_| true);
}

#[test]
fn manual_pages_have_their_sections() {
    for page in all_pages().unwrap() {
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SEE ALSO"] {
            assert!(
                page.text.contains(&format!("\n.SH {section}\n"))
                    || page.text.contains(&format!("\n.SH \"{section}\"\n")),
                "{} has no {section}",
                page.name
            );
        }
        let longest = page.text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest < 200, "{} lists something in one line of {longest} characters", page.name);
    }
}

/// Runs a checker of files; `None` when this machine has not got it.
fn checked(program: &str, options: &[&str], file: &Path) -> Option<(bool, String)> {
    let output = match Command::new(program).args(options).arg(file).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        output => output.unwrap(),
    };
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn manual_pages_are_well_formed() {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("man")).unwrap() {
        let page = entry.unwrap().path();
        let Some((_, complaints)) = checked("mandoc", &["-T", "lint", "-W", "warning"], &page) else { return };
        assert_eq!(complaints, "", "{}", page.display());
    }
}

#[test]
fn completions_are_well_formed() {
    for (shell, file) in [("bash", "netverb.bash"), ("zsh", "_netverb"), ("fish", "netverb.fish")] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file);
        if let Some((accepted, complaints)) = checked(shell, &["-n"], &path) {
            assert!(accepted && complaints.is_empty(), "{shell}: {complaints}");
        }
    }
    // zsh takes what follows a second colon for a command; it reads the file, and fails at the key.
    let zsh = completions(Shell::Zsh).unwrap();
    let options = zsh.lines().filter(|line| line.contains("=[") || line.contains("+["));
    for value in options.filter_map(|line| line.rsplit_once("]:")).map(|(_, value)| value) {
        let name = value.split(':').next().unwrap();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' '), "{value}");
    }
}
