//! When a run of datagrams is over, and what is said of it.

use super::*;

fn names(ended: &crate::support::Finished) -> Vec<String> {
    ended.events().iter().map(|event| event["event"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn b40_every_verb_ends_after_so_many_datagrams() {
    let sandbox = Sandbox::new();
    for more in [&["-k"][..], &[]] {
        let line = ["accept", "--json", "udp://127.0.0.1:0", "--count", "3"];
        let (mut child, port) = listener(&sandbox, &[&line, more].concat());
        let socket = peer().0;
        for word in ["one", "", "three", "four"] {
            socket.send_to(word.as_bytes(), ("127.0.0.1", port)).unwrap();
        }
        let ended = child.wait();
        let all = records(&ended.exits(0).stdout);
        assert_eq!(all.iter().map(|record| &record["text"]).collect::<Vec<_>>(), ["one", "", "three"], "{more:?}");
    }
    let (_echo, port) = listener(&sandbox, &["accept", "-j", "udp://127.0.0.1:0", "--echo"]);
    let id = format!("udp://127.0.0.1:{port}");
    let ended = sandbox.netverb(["open", &id, "--count", "2", "--split", "line"]).feed(b"one\ntwo\n");
    assert_eq!(ended.exits(0).stdout, b"one\ntwo\n");
    for line in [&["udp://127.0.0.1:0", "--echo", "--count", "1"][..], &["udp://127.0.0.1:0/x", "--count", "1"]] {
        sandbox.netverb(["accept"].iter().chain(line)).run().failed(2, &["--count is for one client"]);
    }
}

#[test]
fn b40_a_listener_that_writes_to_a_peer_hears_that_it_is_refused() {
    let sandbox = Sandbox::new();
    for (at, host) in [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "[::1]"), ("*:0", "127.0.0.1"), ("*:0", "[::1]")] {
        let port = peer_on(host.trim_matches(['[', ']'])).0.local_addr().unwrap().port();
        let to = format!("{host}:{port}");
        let ended = sandbox.netverb(["datagram", "--quiet", "--listen", at, "--to", &to, "--count", "1", "x"]).run();
        ended.exits(7);
    }
}

#[test]
fn b42_a_probe_without_a_limit_gives_up_after_two_seconds() {
    let sandbox = Sandbox::new();
    let (_socket, id) = peer();
    for line in [["datagram", "-z", &id], ["open", "-z", &format!("udp://{id}")]] {
        sandbox.netverb(line).run().failed(28, &[&id, "within 2s"]);
    }
    sandbox.netverb(["open", "-z", "-w", "0.1", &format!("udp://{id}")]).run().failed(28, &["within 100ms"]);
}

#[test]
fn b42_datagrams_go_past_the_proxy_of_every_command_and_through_none() {
    let sandbox = Sandbox::new();
    // Who is connected hears one peer alone: for all others the port is taken, and closed.
    let held = peer().0;
    held.connect("127.0.0.1:1").unwrap();
    let id = format!("udp://{}", held.local_addr().unwrap());
    for verb in [&["open", "-z"][..], &["open"], &["datagram"]] {
        let line = [verb, &[&id, "--connect-timeout", "5"][..if verb[0] == "open" { 3 } else { 1 }]].concat();
        sandbox.netverb(line).env("NETVERB_PROXY", "http://127.0.0.1:9").feed(b"x").failed(7, &["refused"]);
    }
    sandbox.netverb(["open", &id, "--proxy", "http://127.0.0.1:9"]).run().failed(4, &["--proxy", "datagrams"]);
}

#[test]
fn b66_a_socket_that_hears_everybody_is_no_connection_and_closes_none() {
    let sandbox = Sandbox::new();
    let (target, id) = peer();
    for more in [&[][..], &["--to", &id, "word"]] {
        let line = ["datagram", "--json", "--listen", "127.0.0.1:0", "--count", "1"];
        let (mut child, port) = listener(&sandbox, &[&line, more].concat());
        target.send_to(b"x", ("127.0.0.1", port)).unwrap();
        let ended = child.wait();
        let names = names(&ended);
        assert!(!names.iter().any(|name| name == "closed" || name == "connected"), "{names:?}");
        assert_eq!((names[0].as_str(), names.last().map(String::as_str)), ("listening", Some("summary")));
    }
}

#[test]
fn b38_a_datagram_is_not_cut_in_silence() {
    let sandbox = Sandbox::new();
    let line = ["datagram", "--listen", "127.0.0.1:0", "--port-file", "port", "--count", "2", "--max-bytes", "3"];
    let mut child = sandbox.netverb(line).spawn();
    let port = wait_until("the port file", || std::fs::read_to_string(sandbox.path("port")).ok());
    let (socket, from) = peer();
    for word in ["longer", "few"] {
        socket.send_to(word.as_bytes(), format!("127.0.0.1:{}", port.trim())).unwrap();
    }
    let ended = child.wait();
    assert_eq!(ended.exits(0).stdout, b"lonfew");
    assert!(ended.stderr.contains(&format!("a datagram of 6 bytes from {from} was cut")), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("was cut").count(), 1, "{}", ended.stderr);
}

#[test]
fn b32_the_program_of_the_only_datagram_gives_the_status() {
    let sandbox = Sandbox::new();
    for (program, status, answer) in
        [(&["-c", "cat; exit 3"][..], 3, "q"), (&["-c", "cat"], 0, "q"), (&["-e", "./missing"], 127, "")]
    {
        let line = ["accept", "--json", "udp://127.0.0.1:0", "--once"];
        let (mut child, port) = listener(&sandbox, &[&line, program].concat());
        let socket = peer().0;
        socket.send_to(b"q", ("127.0.0.1", port)).unwrap();
        if !answer.is_empty() {
            assert_eq!(receive(&socket).0, answer.as_bytes());
        }
        let events = child.wait().exits(status).events();
        assert_eq!(events.last().unwrap()["status"], status, "{program:?}");
    }
}

#[test]
fn b25_a_peer_whose_name_is_no_text_is_refused_with_the_spelling_that_works() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::new();
    let path = sandbox.path("p").with_file_name(std::ffi::OsStr::from_bytes(b"p\xff"));
    let socket = UnixDatagram::bind(&path).unwrap();
    let line = [&b"datagram"[..], b"unix:p\xff", b"x"].map(std::ffi::OsStr::from_bytes);
    sandbox.netverb(line).run().failed(2, &["is not UTF-8", "unix:p%FF"]);
    sandbox.netverb(["datagram", "unix:p%FF", "x", "--send-only"]).run().exits(0);
    assert_eq!(socket.recv(&mut [0; 9]).unwrap(), 1);
}
