//! The rules of the house, read from the sources: who may know whom, how large a file may be, where `unsafe` may stand,
//! and which names say nothing.
//!
//! The table of layers is the map of the crate; a new module needs a row in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // A test fails by panicking.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What every module may know: values and small tools without any knowledge of the ones above.
const BASE: [&str; 7] = ["event", "exit", "failure", "quantity", "json_field", "sys", "limits"];

/// Pure values and engines: they do no I/O and know nothing above them.
const PURE: [&str; 6] = ["address", "access", "filter", "condition", "tuple", "message"];

/// Each module with those it may know besides the base.
const LAYERS: [(&str, &[&str]); 16] = [
    ("address", &[]),
    ("access", &["address"]),
    ("filter", &[]),
    ("condition", &[]),
    ("tuple", &[]),
    ("message", &[]),
    ("output", &[]),
    ("terminal", &["output"]),
    ("transport", &["filter", "address", "message"]),
    ("relay", &["transport", "filter", "message"]),
    ("conversation", &["relay", "transport", "filter", "condition", "tuple", "message", "access", "address"]),
    ("service", &["relay", "transport", "filter", "condition", "tuple", "message", "access", "address"]),
    ("keeper", &["conversation", "transport", "filter", "message", "condition", "address"]),
    (
        "commands",
        &[
            "keeper",
            "service",
            "conversation",
            "relay",
            "transport",
            "terminal",
            "output",
            "address",
            "access",
            "filter",
            "condition",
            "tuple",
            "message",
        ],
    ),
    // The words become the Options of the commands, and these are made of the values of all layers.
    (
        "cli",
        &[
            "commands",
            "keeper",
            "service",
            "conversation",
            "relay",
            "transport",
            "terminal",
            "output",
            "address",
            "access",
            "filter",
            "condition",
            "tuple",
            "message",
        ],
    ),
    ("run", &["cli", "commands", "output"]),
];

/// Among the base, who may know whom.
const FOUNDATION: [(&str, &[&str]); 7] = [
    ("event", &["json_field"]),
    ("exit", &[]),
    ("failure", &["exit"]),
    ("quantity", &[]),
    ("json_field", &[]),
    ("sys", &[]),
    ("limits", &["sys"]),
];

/// The only file that may contain `unsafe`.
const UNSAFE: &str = "src/sys.rs";

/// The one pure module that reads a file: a service name means what /etc/services says.
const SERVICES: (&str, &str) = ("src/address/port.rs", "std::fs::");

/// Names that do not say what is in a file.
const EMPTY_NAMES: [&str; 9] = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "stuff"];

/// No file of the program is longer, its unit tests included.
const LONGEST: usize = 500;

/// No file of tests from outside is longer: what belongs to one theme stands together.
const LONGEST_THEME: usize = 600;

/// Half of the files are shorter.
const MEDIAN: usize = 150;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under this directory, by its path from the root of the package.
fn sources(directory: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root().join(directory)];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    assert!(!found.is_empty(), "no sources in {directory}");
    found
}

/// The module of the crate that a file belongs to.
fn module(name: &str) -> &str {
    let inside = name.strip_prefix("src/").unwrap();
    inside.split(['/', '.']).next().unwrap()
}

/// A source without its unit tests, which may use what they like to set up their scene.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

/// The code of a line, without its comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap()
}

/// The modules that a source names after `crate::`, also in braces and over several lines.
fn known(text: &str) -> BTreeSet<String> {
    let code: String = without_tests(text).lines().map(|line| format!("{}\n", code(line))).collect();
    let word = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => _ = found.insert(word(rest)),
            Some(group) => {
                let (mut depth, mut start) = (0, 0);
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth > 0 => depth -= 1,
                        ',' | '}' if depth == 0 => {
                            found.insert(word(&group[start..at]));
                            start = at + 1;
                            if c == '}' {
                                break;
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn the_reader_of_use_lines_reads_every_form() {
    let text = "use crate::a::x;\nuse crate::{b, c::{y, z}, d::w};\nfn f() { crate::e::g() } // crate::f\n\
                use crate::{\n    g,\n    h::i,\n};\n#[cfg(test)]\nmod tests { use crate::z; }";
    assert_eq!(known(text).into_iter().collect::<Vec<_>>(), ["a", "b", "c", "d", "e", "g", "h"]);
}

#[test]
fn dependencies_go_one_way() {
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        let this = module(&name);
        if ["lib", "main", "chunking"].contains(&this) || name.ends_with("/tests.rs") || name.contains("/tests/") {
            continue;
        }
        let row = LAYERS.iter().chain(&FOUNDATION).find(|(module, _)| *module == this);
        let Some((_, may_know)) = row else {
            wrong.push(format!("{name}: the module {this} is in no layer; add it to the table"));
            continue;
        };
        let is_base = BASE.contains(&this);
        for other in known(&text) {
            let allowed =
                other == this || may_know.contains(&other.as_str()) || (!is_base && BASE.contains(&other.as_str()));
            // A macro or a name of the crate's root is no module.
            let is_module =
                root().join("src").join(&other).is_dir() || root().join(format!("src/{other}.rs")).is_file();
            if is_module && !allowed {
                wrong.push(format!("{name} knows {other}, which {this} may not"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_layers_has_no_circle_and_no_ghost() {
    let names: Vec<&str> = LAYERS.iter().map(|(module, _)| *module).collect();
    for (position, (module, may_know)) in LAYERS.iter().enumerate() {
        let exists = root().join("src").join(module).is_dir() || root().join(format!("src/{module}.rs")).is_file();
        assert!(exists, "{module} is in the table and not in the house");
        for other in *may_know {
            let below = names.iter().position(|name| name == other).unwrap();
            assert!(below < position, "{module} may know {other}, which stands above it");
        }
    }
}

#[test]
fn pure_modules_do_no_input_or_output() {
    let forbidden = [
        "std::net::Tcp",
        "std::net::Udp",
        "std::fs::",
        "std::process",
        "std::thread",
        "tokio::",
        "socket2::",
        "rustix::",
    ];
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        if !PURE.contains(&module(&name)) || name.ends_with("/tests.rs") || name.contains("/tests/") {
            continue;
        }
        for line in without_tests(&text).lines().map(code) {
            if let Some(word) =
                forbidden.iter().find(|word| line.contains(*word) && (name.as_str(), **word) != SERVICES)
            {
                wrong.push(format!("{name} uses {word}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_knows_clap() {
    for (name, text) in sources("src") {
        let uses =
            without_tests(&text).lines().map(code).any(|line| line.contains("clap::") || line.contains("use clap"));
        assert!(!uses || module(&name) == "cli", "{name} knows clap");
    }
}

#[test]
fn unsafe_stands_in_one_module() {
    for (name, text) in sources("src") {
        let words = text.lines().map(code).flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_')));
        let is_unsafe = words.into_iter().any(|word| word == "unsafe");
        assert!(!is_unsafe || name == UNSAFE, "{name} contains unsafe");
    }
    let text = fs::read_to_string(root().join(UNSAFE)).unwrap();
    let marks = ["unsafe {", "unsafe("];
    let blocks = text.lines().filter(|line| marks.iter().any(|mark| code(line).contains(mark))).count();
    assert_eq!(text.matches("// SAFETY: ").count(), blocks, "each block has its reason");
}

#[test]
fn files_are_small() {
    let lengths = |directory: &str| -> Vec<(usize, String)> {
        let mut lengths: Vec<(usize, String)> =
            sources(directory).into_iter().map(|(name, text)| (text.lines().count(), name)).collect();
        lengths.sort_unstable();
        lengths
    };
    let src = lengths("src");
    let (median, _) = src[src.len() / 2];
    assert!(median < MEDIAN, "half of the files are longer than {median} lines");
    let longer = |of: Vec<(usize, String)>, limit| of.into_iter().filter(move |(length, _)| *length > limit);
    let long: Vec<_> = longer(src, LONGEST).chain(longer(lengths("tests"), LONGEST_THEME)).collect();
    assert!(long.is_empty(), "too long: {long:?}");
}

#[test]
fn main_only_runs() {
    let text = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(text.lines().count() <= 25, "main.rs has {} lines", text.lines().count());
}

/// `docs/behaviours.md` has a line for each promise, and the names of its tests begin with its number.
#[test]
fn each_promise_has_a_number_of_its_own_and_a_test() {
    let promises = fs::read_to_string(root().join("docs/behaviours.md")).unwrap();
    let numbers: Vec<u32> =
        promises.lines().filter_map(|line| line.split_once(". ").and_then(|(number, _)| number.parse().ok())).collect();
    assert_eq!(
        numbers.iter().collect::<BTreeSet<_>>().len(),
        numbers.len(),
        "two promises share a number: {numbers:?}"
    );
    let tests: String = sources("tests").into_values().collect();
    for number in &numbers {
        assert!(tests.contains(&format!("fn b{number:02}_")), "no test of promise {number}");
    }
    for name in tests.split("fn b").skip(1).filter(|name| name.get(2..3) == Some("_")) {
        let Ok(number) = name[..2].parse() else { continue };
        assert!(numbers.contains(&number), "b{number:02} is no promise");
    }
}

#[test]
fn names_say_what_is_inside() {
    for (name, _) in sources("src").into_iter().chain(sources("tests")) {
        let path = PathBuf::from(&name);
        for part in path.with_extension("").iter().map(|part| part.to_str().unwrap()) {
            let empty = part.split('_').any(|word| EMPTY_NAMES.contains(&word));
            assert!(!empty, "{name}: {part:?} says nothing; find the name of what it is");
        }
    }
}

#[test]
fn each_module_begins_with_what_it_is_for() {
    for (name, text) in sources("src").into_iter().chain(sources("tests")) {
        // A folder of unit tests is explained by what it tests.
        let of_tests = name.starts_with("src/") && (name.ends_with("/tests.rs") || name.contains("/tests/"));
        assert!(of_tests || text.starts_with("//! "), "{name} does not say what it is for");
    }
}
