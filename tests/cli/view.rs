//! Traffic of a service on stdout, for a person.

use std::fs::OpenOptions;

use crate::support::{Child, Listener, Peer, Sandbox, Terminal, noise};

fn accept(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let port_file = ["accept", "127.0.0.1:0", "--port-file", "port"];
    sandbox.netverb(port_file.iter().chain(arguments)).spawn()
}

fn port(sandbox: &Sandbox) -> u16 {
    crate::support::wait_until("the port file", || std::fs::read_to_string(sandbox.path("port")).ok())
        .trim()
        .parse()
        .unwrap()
}

#[test]
fn b75_a_relay_shows_each_chunk_on_a_line_of_stdout() {
    let sandbox = Sandbox::new();
    let target = Listener::tcp();
    let mut child = accept(&sandbox, &["--once", "--view", "--to", &target.id()]);
    let mut client = Peer::connect(port(&sandbox));
    let mut target = target.accept();
    client.send(b"GET / HTTP/1.1\r\n\x1b[2J\xff");
    target.read(21);
    target.send("grüße\0".as_bytes());
    client.read(8);
    client.send(b"more");
    target.read(4);
    drop(client);
    drop(target);
    let finished = child.wait();
    let shown = String::from_utf8(finished.exits(0).stdout.clone()).unwrap();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 3, "{shown}");
    let of = |line: &str| line.trim_start().split_once(' ').unwrap().1.to_owned();
    let id = of(lines[0]).split(' ').next().unwrap().to_owned();
    assert!(id.starts_with("127.0.0.1:") && id.ends_with("|1"), "{id}");
    assert_eq!(of(lines[0]), format!("{id} ->    21 B  GET / HTTP/1.1\\r\\n\\x1b[2J\\xff"));
    assert_eq!(of(lines[1]), format!("{id} <-     8 B  grüße\\x00"));
    assert_eq!(of(lines[2]), format!("{id} ->     4 B  more"));
    let times: Vec<f64> = lines.iter().map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn b75_hex_json_and_colour_are_there_when_asked_for() {
    let sandbox = Sandbox::new();
    let shown = |arguments: &[&str]| {
        let _ = std::fs::remove_file(sandbox.path("port"));
        let mut child = accept(&sandbox, &[&["--once", "--respond", "ok\n"][..], arguments].concat());
        let mut client = Peer::connect(port(&sandbox));
        client.end();
        client.read_to_end();
        String::from_utf8(child.wait().exits(0).stdout.clone()).unwrap()
    };
    let hex = shown(&["--view=hex"]);
    assert!(hex.ends_with("  3 B\n  00000000  6f 6b 0a                                          |ok.|\n"), "{hex}");
    assert!(!hex.contains('\x1b'));
    let colored = shown(&["--view", "--color", "always"]);
    assert!(colored.contains("ok\x1b[32m\\n"), "{colored:?}");
    let record: serde_json::Value = serde_json::from_str(shown(&["--view", "--json"]).trim()).unwrap();
    assert_eq!((record["direction"].as_str(), record["text"].as_str()), (Some("out"), Some("ok\n")));
}

#[test]
fn b75_long_chunks_fit_a_terminal_and_its_colours_obey_no_color() {
    let sandbox = Sandbox::new();
    let command = "\"$NETVERB\" accept 127.0.0.1:0 --port-file port --discard --once --view";
    for (no_color, setting) in [(false, ""), (true, "NO_COLOR=1 ")] {
        let _ = std::fs::remove_file(sandbox.path("port"));
        let terminal = Terminal::shell(&sandbox, &format!("stty cols 60; {setting}{command}"));
        let mut client = Peer::connect(port(&sandbox));
        client.send(&[b'x'; 1000]);
        let screen = terminal.wait_screen("…");
        let line = screen.lines().find(|line| line.contains("1000 B")).unwrap();
        assert_eq!(line.contains('\x1b'), !no_color, "{line:?}");
        assert!(line.matches('x').count() < 32, "{line:?}");
    }
}

#[test]
fn b75_a_view_that_nobody_can_read_ends_the_command() {
    let sandbox = Sandbox::new();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let accept = ["accept", "127.0.0.1:0", "--port-file", "port", "--echo", "--view"];
    let mut child = sandbox.netverb(accept).stdout(full).spawn();
    let mut client = Peer::connect(port(&sandbox));
    client.send(b"x");
    child.wait().failed(23, &["view", "space"]);
}

#[test]
fn b75_where_stdout_has_data_there_is_no_view() {
    let sandbox = Sandbox::new();
    for arguments in [&["--view"][..], &["--view", "-k"], &["--view", "--expect", "x"]] {
        sandbox.netverb(["accept", "127.0.0.1:0"].iter().chain(arguments)).run().failed(2, &["--view", "--to"]);
    }
    sandbox.netverb(["accept", "127.0.0.1:0", "--echo", "--view=binary"]).run().failed(2, &["text or hex"]);
}

#[test]
fn b75_all_of_many_bytes_is_shown() {
    let sandbox = Sandbox::new();
    let mut child = accept(&sandbox, &["--once", "--discard", "--view=hex"]);
    let mut client = Peer::connect(port(&sandbox));
    let data = noise(300_000);
    client.send(&data);
    drop(client);
    let shown = String::from_utf8(child.wait().exits(0).stdout.clone()).unwrap();
    let rows = shown.lines().filter(|line| line.starts_with("  0"));
    let bytes = rows.flat_map(|row| row[10..60].split_whitespace()).map(|pair| u8::from_str_radix(pair, 16).unwrap());
    assert_eq!(bytes.collect::<Vec<_>>(), data);
}

/// The file is read in part before, which the bar knows.
#[test]
fn b78_progress_shows_a_bar_what_is_left_and_a_summary() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    sandbox.write("data", noise(100_100));
    let script = format!(
        "stty cols 100; {{ head -c 100 >/dev/null; \"$NETVERB\" open --progress --rate 200k {}; }} <data",
        listener.id()
    );
    let mut terminal = Terminal::shell(&sandbox, &script);
    let mut peer = listener.accept();
    let screen = terminal.wait_screen(" left");
    assert!(screen.contains("% of ") && screen.contains("/s") && screen.contains('░'), "{screen:?}");
    peer.send(b"hello");
    peer.read_to_end();
    drop(peer);
    terminal.wait_screen("received 5 B in ");
    terminal.wait_screen("sent ");
    assert_eq!(terminal.wait(), crate::support::Status::Exited(0));
}
