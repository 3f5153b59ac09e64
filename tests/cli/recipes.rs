//! The README's recipes run as printed, and `netverb help recipes` has the same.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::path::Path;

use super::support::Sandbox;

const README: &str = include_str!("../../README.md");

/// The same recipes, for the terminal and the manual.
const TOPIC: &str = include_str!("../../src/cli/help/recipes.txt");

/// A fenced block and what it prints.
struct Recipe {
    script: String,
    output: String,
}

/// The blocks that are marked as runnable, each followed by a block of what it prints.
fn recipes() -> Vec<Recipe> {
    let blocks: Vec<&str> = README.split("\n```").collect();
    let body = |block: &str| block.split_once('\n').map_or_else(String::new, |(_, body)| format!("{body}\n"));
    let runnable = |at: &usize| blocks[*at].starts_with("sh runnable\n");
    let recipe = |at: usize| {
        // Between them is the rest of the text, which begins where the first fence ends.
        let output = blocks.get(at + 2).filter(|block| block.starts_with("text\n"));
        let output = output.unwrap_or_else(|| panic!("what does this print?\n{}", blocks[at]));
        Recipe { script: body(blocks[at]), output: body(output) }
    };
    (0..blocks.len()).filter(runnable).map(recipe).collect()
}

/// The ports in a recipe are those that are printed, so that only one run at a time can have them, on the whole machine.
pub fn only_one() -> File {
    let path = Path::new("/tmp/netverb-recipes.lock");
    let file = OpenOptions::new().create(true).append(true).open(path).or_else(|_| File::open(path)).unwrap();
    file.lock().unwrap();
    file
}

#[test]
fn recipes_print_what_the_readme_says() {
    let recipes = recipes();
    assert!(recipes.len() >= 15, "the README has {} recipes", recipes.len());
    let _alone = only_one();
    for port in (7101..=7120).filter(|port| README.contains(&format!(":{port}"))) {
        if let Err(error) = TcpListener::bind(("127.0.0.1", port)) {
            panic!("a recipe of the README needs port {port}, which another program has: {error}");
        }
    }
    let path = Path::new(env!("CARGO_BIN_EXE_netverb")).parent().unwrap().display();
    for Recipe { script, output } in recipes {
        let sandbox = Sandbox::new();
        let run = sandbox.shell(&script).env("PATH", format!("{path}:/usr/local/bin:/usr/bin:/bin")).run();
        assert_eq!(String::from_utf8_lossy(&run.stdout), output, "this printed something else:\n{script}");
        run.exits(0);
    }
}

#[test]
fn the_help_has_the_recipes_of_the_readme() {
    let indented = |script: &str| -> String { script.lines().map(|line| format!("  {line}\n")).collect() };
    for Recipe { script, .. } in recipes() {
        assert!(TOPIC.contains(&indented(&script)), "netverb help recipes has no\n{script}");
    }
    let commands = TOPIC.lines().filter(|line| line.starts_with("  ")).count();
    let printed: usize = recipes().iter().map(|recipe| recipe.script.lines().count()).sum();
    assert_eq!(commands, printed, "netverb help recipes has more than the README");
}
