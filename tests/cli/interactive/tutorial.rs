//! docs/debugging.md is typed again, against the servers that it was written with.

use std::collections::HashMap;

use crate::recipes::only_one;
use crate::support::{Child, Sandbox, Status, Terminal};
use crate::tls::pki::Pki;

const TUTORIAL: &str = include_str!("../../../docs/debugging.md");

/// A server in Python that says when it listens.
fn serve(sandbox: &Sandbox, script: &str, arguments: &[&str]) -> Child {
    let mut server = sandbox.python(script, arguments).spawn();
    assert_eq!(server.read_stdout(10), b"listening\n");
    server
}

/// The fenced blocks: what stands behind the fence, and the lines.
fn blocks() -> Vec<(&'static str, Vec<&'static str>)> {
    let fenced = TUTORIAL.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).map(|(kind, text)| (kind, text.lines().collect())).collect()
}

/// Types what a capture says was typed, and waits for what it says was shown.
fn retype(sandbox: &Sandbox, lines: &[&str]) {
    let command = lines[0].strip_prefix("$ netverb ").expect("a capture begins with its command");
    let script = format!("stty cols 100 rows 30; exec \"$NETVERB\" {command} --color never");
    let mut terminal = Terminal::shell(sandbox, &script);
    let mut shown: HashMap<String, usize> = HashMap::new();
    // Each line stands there as a whole; where it is too long for the page, its beginning.
    let mut wait = |terminal: &Terminal, line: &str| {
        let text = line.strip_suffix('…').map_or_else(|| format!("{line}\r\n"), str::to_owned);
        let times = shown.entry(text.clone()).or_default();
        *times += 1;
        terminal.wait_times(&text, *times);
    };
    let (mut rest, mut sends) = (lines[1..].iter(), false);
    while let Some(line) = rest.next() {
        if *line == "$ echo $?" {
            let status = rest.next().unwrap().parse().unwrap();
            assert_eq!(terminal.wait(), Status::Exited(status), "after {command}");
            return;
        }
        let command = line.strip_prefix("-- /");
        if let Some(typed) = command {
            terminal.send(&format!("/{typed}\r"));
        } else if let Some(typed) = line.strip_prefix("> ").filter(|_| !sends) {
            // In hexadecimal, what was typed stands at the end of the row.
            let typed = typed.split('|').nth(1).map_or(typed, |row| row.trim_end_matches('.'));
            terminal.send(&format!("{typed}\r"));
        }
        wait(&terminal, line);
        // What a command has sent is shown below it.
        sends = command.is_some_and(|typed| typed.starts_with("send"));
    }
    assert_eq!(terminal.wait(), Status::Exited(0), "after {command}");
}

#[test]
fn the_tutorial_shows_what_happens() {
    let _alone = only_one();
    let sandbox = Sandbox::new();
    let _pki = Pki::for_localhost(&sandbox);
    let _mail = serve(&sandbox, include_str!("servers/mail.py"), &["7121", "server.pem", "server.key"]);
    let _prices = serve(&sandbox, include_str!("servers/prices.py"), &["7123"]);
    let _device = serve(&sandbox, include_str!("servers/device.py"), &["7124"]);
    let words = ["--port", "7122", "--bind", "127.0.0.1", "--save", "", "--dir", "."];
    let _redis = sandbox.program("redis-server", "redis-server", words).spawn();
    sandbox.netverb(["wait", "localhost:7122", "-w", "20s"]).run().exits(0);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_netverb")).parent().unwrap().display();
    let mut output = None;
    let mut captures = 0;
    for (kind, lines) in blocks() {
        let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        match kind {
            "console" => {
                retype(&sandbox, &lines);
                captures += 1;
            }
            "sh runnable" => {
                let run = sandbox.shell(&text).env("PATH", format!("{program}:/usr/local/bin:/usr/bin:/bin")).run();
                output = Some(String::from_utf8(run.stdout.clone()).unwrap().replace('\r', ""));
            }
            "text" => assert_eq!(output.take().as_deref(), Some(text.as_str())),
            other => panic!("what is a block of {other:?}?"),
        }
    }
    assert_eq!(captures, 6);
}
