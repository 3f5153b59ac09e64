//! `resolve`: promises 2, 3, 66 and 68 as far as they are about names.

use std::time::Duration;

use crate::support::{Sandbox, Status, close};

/// A label is at most 63 bytes long (RFC 1035 section 2.3.4), so the resolver refuses this one without asking anybody.
const UNKNOWN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example";

#[test]
fn b02_a_name_has_its_addresses_one_a_line() {
    let sandbox = Sandbox::new();
    let ended = sandbox.netverb(["resolve", "-4", "localhost"]).run();
    assert_eq!((&ended.exits(0).stdout[..], &ended.stderr[..]), (&b"127.0.0.1\n"[..], ""));
    let ended = sandbox.netverb(["resolve", "localhost", "localhost"]).run();
    let answers = String::from_utf8(ended.exits(0).stdout.clone()).unwrap();
    let addresses: Vec<&str> = answers.lines().collect();
    assert!(addresses.len() >= 2 && addresses.len().is_multiple_of(2), "{addresses:?}");
    assert!(addresses.iter().all(|address| ["127.0.0.1", "::1"].contains(address)), "{addresses:?}");
    let (first, second) = addresses.split_at(addresses.len() / 2);
    assert_eq!(first, second);
}

#[test]
fn b02_an_address_has_its_name() {
    let sandbox = Sandbox::new();
    let ended = sandbox.netverb(["resolve", "127.0.0.1"]).run();
    let name = String::from_utf8(ended.exits(0).stdout.clone()).unwrap();
    let back = sandbox.netverb(["resolve", "-4", name.trim()]).run();
    assert!(back.exits(0).stdout.split(|byte| *byte == b'\n').any(|line| line == b"127.0.0.1"), "{name}");
}

#[test]
fn b02_numeric_asks_nobody_and_prints_the_usual_form() {
    let sandbox = Sandbox::new();
    let ended = sandbox.netverb(["resolve", "-n", "127.0.0.1", "::0001", "[2001:db8::0:1]", "::ffff:1.2.3.4"]).run();
    assert_eq!(
        String::from_utf8(ended.exits(0).stdout.clone()).unwrap(),
        "127.0.0.1\n::1\n2001:db8::1\n::ffff:1.2.3.4\n"
    );
    sandbox.netverb(["resolve", "-n", "localhost"]).run().failed(6, &["localhost", "-n"]);
}

#[test]
fn b03_an_unknown_name_is_6_and_the_others_are_answered() {
    let sandbox = Sandbox::new();
    sandbox.netverb(["resolve", UNKNOWN]).run().failed(6, &[UNKNOWN]);
    let ended = sandbox.netverb(["resolve", "-4", UNKNOWN, "localhost"]).run();
    ended.failed_after_data(6, &[UNKNOWN]);
    assert_eq!(ended.stdout, b"127.0.0.1\n");
    let ended = sandbox.netverb(["resolve", UNKNOWN, "localhost", UNKNOWN]).run();
    assert_eq!(ended.exits(6).stderr.lines().count(), 2, "one line for each: {}", ended.stderr);
}

#[test]
fn b03_a_family_that_a_name_has_not_is_6() {
    let sandbox = Sandbox::new();
    sandbox.netverb(["resolve", "-n", "-6", "127.0.0.1"]).run().failed(6, &["127.0.0.1", "IPv6"]);
    sandbox.netverb(["resolve", "-n", "-4", "::1"]).run().failed(6, &["::1", "IPv4"]);
}

#[test]
fn b04_what_is_no_name_is_3_and_clashing_words_are_2() {
    let sandbox = Sandbox::new();
    for name in ["a b", "a..b", "127.0.0.1:80", "", "[::1", "host/name"] {
        let ended = sandbox.netverb(["resolve", name]).run();
        ended.failed(3, &["malformed address"]);
    }
    sandbox.netverb(["resolve"]).run().failed(2, &["NAME"]);
    sandbox.netverb(["resolve", "-4", "-6", "localhost"]).run().failed(2, &["--ipv4", "--ipv6"]);
    sandbox.netverb(["resolve", "-w", "soon", "localhost"]).run().failed(2, &["soon"]);
}

#[test]
fn b66_with_json_each_answer_is_an_object_and_stderr_has_events() {
    let sandbox = Sandbox::new();
    let ended = sandbox.netverb(["resolve", "-j", "-4", "localhost", UNKNOWN]).run();
    let lines: Vec<serde_json::Value> = ended
        .exits(6)
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    assert_eq!(lines, [serde_json::json!({"name": "localhost", "addresses": ["127.0.0.1"]})]);
    let events = ended.events();
    let summary = events.last().unwrap();
    assert_eq!((&summary["event"], &summary["status"]), (&"summary".into(), &6.into()));
    assert!(
        events.iter().any(|event| event["event"] == "error" && event["message"].as_str().unwrap().contains(UNKNOWN))
    );
}

#[test]
fn b68_a_reader_that_has_read_enough_is_no_failure() {
    let sandbox = Sandbox::new();
    let (reader, writer) = std::io::pipe().unwrap();
    close(reader);
    let ended = sandbox.netverb(["resolve", "-4", "localhost"]).stdout(writer).run();
    assert_eq!((ended.status, &ended.stderr[..]), (Status::Exited(0), ""));
    assert!(ended.took < Duration::from_secs(5));
}

#[test]
fn b68_the_variable_limits_look_ups_too() {
    let sandbox = Sandbox::new();
    let run = |value| sandbox.netverb(["resolve", "-4", "localhost"]).env("NETVERB_TIMEOUT", value).run();
    run("20").exits(0);
    run("soon").failed(2, &["variable NETVERB_TIMEOUT", "\"soon\""]);
}
