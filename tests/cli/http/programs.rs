//! `--http-exec CMD` and `--http-respond`: a program for each request (RFC 3875), and no program at all.

use super::{Answer, accept, curl, run_curl, talk};
use crate::support::{Peer, Sandbox, noise, wait_until};

/// A head for a program's answer.
const HEAD: &str = "printf 'Content-Type: text/plain\\n\\n'";

#[test]
fn b30_a_program_is_told_the_request() {
    let sandbox = Sandbox::new();
    let script = format!("{HEAD}; env; echo BODY=$(cat)");
    let run = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--http-exec", &script]);
    // Variables of ours that would look like those of a request.
    let run = run.env("HTTP_PROXY", "ours").env("CONTENT_LENGTH", "7").env("REMOTE_USER", "root").env("OTHER", "kept");
    let child = run.spawn();
    let port = child.port();
    let options = ["--data", "a=b", "--header", "X-Some-Thing: 1", "--header", "Proxy: http://evil.example"];
    let answer = curl(&sandbox, port, "/a%20b/c?x=%20&y", &[&options[..], &["--header", "X_Some_Thing: 2"]].concat());
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain"));
    let text = answer.text();
    let has = |line: String| assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    for line in [
        "GATEWAY_INTERFACE=CGI/1.1",
        "REQUEST_METHOD=POST",
        "PATH_INFO=/a b/c",
        "SCRIPT_NAME=",
        "QUERY_STRING=x=%20&y",
        "REQUEST_URI=/a%20b/c?x=%20&y",
        "CONTENT_LENGTH=3",
        "CONTENT_TYPE=application/x-www-form-urlencoded",
        "HTTP_X_SOME_THING=1",
        "SERVER_PROTOCOL=HTTP/1.1",
        "SERVER_NAME=127.0.0.1",
        "REMOTE_ADDR=127.0.0.1",
        "NETVERB_PROTO=tcp",
        "OTHER=kept",
        "BODY=a=b",
    ] {
        has(line.to_owned());
    }
    has(format!("SERVER_PORT={port}"));
    has(format!("HTTP_HOST=127.0.0.1:{port}"));
    for name in ["HTTP_PROXY", "REMOTE_USER", "HTTPS", "HTTP_CONTENT_TYPE"] {
        assert!(!text.contains(&format!("\n{name}=")), "{name} is in\n{text}");
    }
    // Without a body.
    let text = curl(&sandbox, port, "/", &[]).text();
    assert!(!text.contains("CONTENT_LENGTH=") && text.contains("QUERY_STRING=\n"), "{text}");
}

#[test]
fn what_a_client_sends_is_no_part_of_the_command() {
    let sandbox = Sandbox::new();
    let (_child, port) = accept(&sandbox, ["--http-exec", &format!("{HEAD}; echo ok")]);
    for target in ["/$(touch${IFS}made)", "/;touch${IFS}made;", "/%60touch%20made%60?`touch${IFS}made`"] {
        assert_eq!(curl(&sandbox, port, target, &["--header", "X: () { :; }; touch made"]).text(), "ok\n");
    }
    assert!(!sandbox.path("made").exists());
    let answer = talk(port, b"GET /%00 HTTP/1.0\r\n\r\n");
    assert_eq!(Answer::of(&answer).status, 400);
}

#[test]
fn the_head_of_its_output_makes_the_answer() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--http-exec", "cat"]);
    for (output, status, header, body) in [
        ("Status: 404 Not Found\nX-A: b\n\nnone", 404, ("x-a", "b"), "none"),
        ("Location: /x\nSet-Cookie: a=b\n\n", 302, ("location", "/x"), ""),
        ("Status: 303\nLocation: /x\n\n", 303, ("location", "/x"), ""),
        ("Status: 201\r\nContent-Type: a/b\r\n\r\nmade", 201, ("content-type", "a/b"), "made"),
        ("Location: http://h/x\n\n", 302, ("location", "http://h/x"), ""),
        ("Content-Type: a/b\nContent-Length: 2\n\nok", 200, ("content-length", "2"), "ok"),
        ("Content-Type: a/b\nTransfer-Encoding: gzip\n\nok", 200, ("transfer-encoding", "chunked"), "ok"),
    ] {
        let answer = curl(&sandbox, port, "/", &["--data-binary", output]);
        let found = (answer.status, answer.header(header.0), answer.text());
        assert_eq!(found, (status, header.1, body.to_owned()), "{output}");
    }
    for (status, line) in [
        ("404", "HTTP/1.1 404 Not Found\r\n"),
        ("404 Lost", "HTTP/1.1 404 Lost\r\n"),
        ("299 Very Fine", "HTTP/1.1 299 Very Fine\r\n"),
        ("299", "HTTP/1.1 299 \r\n"),
    ] {
        let answer = curl(&sandbox, port, "/", &["--data-binary", &format!("Status: {status}\n\n")]);
        assert!(answer.head.starts_with(line), "{status}: {}", answer.head);
    }
    for output in ["", "hello", "HTTP/1.1 200 OK\n\n", "Status: 100\n\n", "\nx"] {
        assert_eq!(curl(&sandbox, port, "/", &["--data-binary", output]).status, 502, "{output}");
    }
    let errors = child.wait_events("error", 5);
    assert!(errors.iter().all(|error| error["message"].as_str().unwrap().contains("print")), "{errors:?}");
}

#[test]
fn b32_the_status_of_a_program_is_reported() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--http-exec", &format!("{HEAD}; echo out; exit 3")]);
    assert_eq!(curl(&sandbox, port, "/", &[]).text(), "out\n");
    assert_eq!(child.wait_event("exec-exited")["status"], 3);
    child.wait_event("closed");
    assert_eq!(child.facts().children(), []);
}

/// Who asks for the head alone is no reason to end the program before its end.
#[test]
fn b32_a_program_ends_by_itself_when_its_head_is_enough() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--http-exec", &format!("{HEAD}; head -c 1000000 /dev/zero; exit 3")]);
    let answer = curl(&sandbox, port, "/", &["--head"]);
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(child.wait_event("exec-exited")["status"], 3);
}

#[test]
fn an_answer_streams() {
    let sandbox = Sandbox::new();
    let script = format!("{HEAD}; echo first; read line; echo \"$line\"");
    let (_child, port) = accept(&sandbox, ["--http-exec", &script]);
    let mut peer = Peer::connect(port);
    peer.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
    let mut seen = Vec::new();
    while !seen.ends_with(b"first\n\r\n") {
        seen.extend(peer.read(1));
    }
    // The rest depends on what comes only now, in a chunk.
    peer.send(b"6\r\nsecond\r\n1\r\n\n\r\n0\r\n\r\n");
    assert_eq!(peer.read_to_end(), b"7\r\nsecond\n\r\n0\r\n\r\n");
}

#[test]
fn bodies_go_in_and_out_whole() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--http-exec", "printf 'Content-Type: a/b\\n\\n'; cat"]);
    let content = noise(20 << 20);
    sandbox.write("content", &content);
    // With and without a length, and with Expect: 100-continue.
    for options in
        [&["--data-binary", "@content"][..], &["--upload-file", "content", "--header", "Transfer-Encoding: chunked"]]
    {
        let ended = run_curl(&sandbox, &format!("http://127.0.0.1:{port}/"), options);
        ended.exits(0);
        let answer = Answer::of(&ended.stdout);
        let answer = if answer.status == 100 { Answer::of(&answer.body) } else { answer };
        assert_eq!(answer.status, 200);
        assert!(answer.body == content);
    }
    assert!(child.facts().peak_memory() < 64 << 20, "{}", child.facts().peak_memory());
}

#[test]
fn b31_a_program_that_reads_nothing_answers_all_the_same() {
    let sandbox = Sandbox::new();
    let script = format!("{HEAD}; exec <&-; head -c 1000000 /dev/zero");
    let (_child, port) = accept(&sandbox, ["--http-exec", &script]);
    sandbox.write("upload", noise(3 << 20));
    for options in [&[][..], &["--data-binary", "@upload"]] {
        let ended =
            run_curl(&sandbox, &format!("http://127.0.0.1:{port}/"), &[options, &["--header", "Expect:"]].concat());
        assert_eq!(Answer::of(&ended.stdout).body.len(), 1_000_000, "{}", ended.stderr);
    }
    // The client ends its direction with its last request: its answer comes in full.
    let late = format!("{HEAD}; sleep 0.3; echo late");
    let (_child, port) = accept(&sandbox, ["--http-exec", &late]);
    assert_eq!(Answer::of(&talk(port, b"GET / HTTP/1.0\r\n\r\n")).text(), "late\n");
}

#[test]
fn b32_a_program_does_not_outlive_its_client() {
    let sandbox = Sandbox::new();
    let script = format!("trap 'touch hung-up' HUP; {HEAD}; sleep 1000 & echo $! > sleeper; wait");
    let (child, port) = accept(&sandbox, ["--http-exec", &script]);
    let reset = |peer: Peer| peer.reset();
    let leave: [fn(Peer); 2] = [drop, reset];
    for (count, leave) in leave.into_iter().enumerate() {
        let mut peer = Peer::connect(port);
        peer.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        let sleeper = wait_until("the program's child", || {
            std::fs::read_to_string(sandbox.path("sleeper")).ok()?.trim().parse::<i32>().ok()
        });
        // Until then it is a copy of the shell, which takes the signal.
        wait_until("the child's program", || {
            let name = std::fs::read_to_string(format!("/proc/{sleeper}/comm")).ok()?;
            (name == "sleep\n").then_some(())
        });
        leave(peer);
        child.wait_events("exec-exited", count + 1);
        wait_until("the hang-up", || sandbox.path("hung-up").exists().then_some(()));
        // The whole group was hung up.
        let sleeper = rustix::process::Pid::from_raw(sleeper).unwrap();
        wait_until("the end of the program's child", || rustix::process::test_kill_process(sleeper).err());
        for made in ["sleeper", "hung-up"] {
            std::fs::remove_file(sandbox.path(made)).unwrap();
        }
    }
}

/// A client that ends its direction, as nc -N does, may be gone or wait for its answer. The beginning of the answer is sent ahead
/// to find out, and nothing of that is seen.
#[test]
fn b31_who_ends_its_direction_gets_the_answer_however_late() {
    let sandbox = Sandbox::new();
    let script =
        format!("until test -e go; do sleep 0.05; done; {HEAD}; until test -e on; do sleep 0.05; done; echo late");
    let (child, port) = accept(&sandbox, ["--http-exec", &script]);
    for (request, status_line) in [
        (&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], &b"HTTP/1.1 200 OK\r\n"[..]),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", b"HTTP/1.0 200 OK\r\n"),
        (b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n"),
    ] {
        let mut peer = Peer::connect(port);
        peer.send(request);
        peer.end();
        // What is sent ahead comes before the program has said anything.
        let mut seen = peer.read(2);
        assert_eq!(seen, b"HT");
        sandbox.write("go", "");
        while !seen.ends_with(b"\r\n\r\n") {
            seen.extend(peer.read(1));
        }
        assert!(seen.starts_with(status_line), "{:?}", String::from_utf8_lossy(&seen));
        if status_line.starts_with(b"HTTP/1.1") {
            let ahead = peer.read(1);
            assert_eq!(ahead, b"0", "of a chunk");
        }
        sandbox.write("on", "");
        let body = String::from_utf8(peer.read_to_end()).unwrap();
        match body.split_once("\r\n") {
            Some((size, rest)) => {
                assert_eq!(
                    (u32::from_str_radix(size, 16), rest.trim_start_matches("late\n\r\n").trim_start_matches('0')),
                    (Ok(5), "\r\n\r\n")
                );
            }
            None => assert_eq!(body, "late\n"),
        }
        for made in ["go", "on"] {
            std::fs::remove_file(sandbox.path(made)).unwrap();
        }
    }
    let exited = child.wait_events("exec-exited", 3);
    assert!(exited.iter().all(|event| event["status"] == 0), "{exited:?}");
}

#[test]
fn b32_a_client_that_goes_in_silence_ends_the_program() {
    let sandbox = Sandbox::new();
    for before in [String::new(), format!("{HEAD}; ")] {
        let (child, port) = accept(&sandbox, ["--http-exec", &format!("{before}exec sleep 1000")]);
        let mut peer = Peer::connect(port);
        peer.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        if !before.is_empty() {
            let mut seen = Vec::new();
            while !seen.ends_with(b"\r\n\r\n") {
                seen.extend(peer.read(1));
            }
        }
        child.wait_event("exec-started");
        // Nothing is unread here: this is no reset, but an end of data like any other.
        drop(peer);
        child.wait_event("exec-exited");
        assert_eq!(child.facts().children(), []);
        let request = child.wait_for_events("a request", 1, |event| event["request"].is_object()).remove(0);
        assert_eq!(request["request"]["status"], if before.is_empty() { 499 } else { 200 }, "{request}");
        let end = child.wait_event("closed");
        assert_eq!(end["reason"], if before.is_empty() { "broken pipe" } else { "the client is gone" }, "{end}");
    }
}

#[test]
fn a_program_that_is_silent_for_too_long_is_ended() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--idle-timeout", "300ms", "--http-exec", "sleep 1000"]);
    assert_eq!(curl(&sandbox, port, "/", &[]).status, 504);
    child.wait_event("exec-exited");
    // An answer that has begun is cut, and cannot be taken for a whole one.
    let (_child, port) =
        accept(&sandbox, ["--idle-timeout", "300ms", "--http-exec", &format!("{HEAD}; echo x; sleep 1000")]);
    let ended = run_curl(&sandbox, &format!("http://127.0.0.1:{port}/"), &[]);
    ended.exits(18);
}

#[test]
fn a_fixed_answer() {
    let sandbox = Sandbox::new();
    let options = ["--http-respond", "503:{\"later\":true}", "-H", "Retry-After: 5", "-H", "Date: never"];
    let (_child, port) = accept(&sandbox, options);
    for method in ["GET", "POST", "DELETE", "BREW"] {
        let answer = curl(&sandbox, port, "/any/thing", &["--request", method, "--data", "x"]);
        assert_eq!((answer.status, answer.text().as_str()), (503, "{\"later\":true}"), "{method}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!((answer.header("retry-after"), answer.header("date")), ("5", "never"));
    }
    let head = curl(&sandbox, port, "/", &["--head"]);
    assert_eq!((head.status, head.header("content-length")), (503, "14"));
    sandbox.write("upload", noise(3 << 20));
    let upload = curl(&sandbox, port, "/", &["--data-binary", "@upload", "--header", "Expect:"]);
    assert_eq!(upload.status, 503);
    assert_eq!(Answer::of(&talk(port, b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n")).status, 405);
}

#[test]
fn a_fixed_answer_can_stand_in_a_file() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", "{\"ok\":true}\n");
    let (_child, port) = accept(&sandbox, ["--http-respond", "201:@body.json"]);
    let answer = curl(&sandbox, port, "/", &[]);
    assert_eq!((answer.status, answer.header("content-type")), (201, "application/json"));
    assert_eq!(answer.text(), "{\"ok\":true}\n");
    for (answer, words) in [("200:@missing", "cannot read missing"), ("204:@body.json", "type 204 alone")] {
        sandbox.netverb(["accept", "127.0.0.1:0", "--http-respond", answer]).run().failed(2, &[words]);
    }
}

#[test]
fn a_program_that_keeps_not_to_its_length_is_told_so() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, ["--http-exec", "printf 'Content-Type: a/b\\nContent-Length: 9\\n\\nfew'"]);
    // What there is of it arrives, and nobody takes it for the whole.
    let ended = run_curl(&sandbox, &format!("http://127.0.0.1:{port}/"), &[]);
    ended.exits(18);
    assert_eq!(Answer::of(&ended.stdout).text(), "few");
    let error = child.wait_event("error");
    assert!(error["message"].as_str().unwrap().contains("less than its Content-Length"), "{error}");
}

/// RFC 3875 section 6.2.2.
#[test]
fn a_program_can_have_another_path_answered_for() {
    let sandbox = Sandbox::new();
    let script = format!(
        "case $PATH_INFO in /round) printf 'Location: /round\\n\\n';; /from) printf 'Location: /to?a=b\\n\\n'; cat >&2;; \
         *) {HEAD}; echo \"$REQUEST_METHOD $PATH_INFO $QUERY_STRING $CONTENT_LENGTH$CONTENT_TYPE\"; cat;; esac"
    );
    let (child, port) = accept(&sandbox, ["--http-exec", &script]);
    let answer = curl(&sandbox, port, "/from?x", &["--data", "for the first alone"]);
    assert_eq!((answer.status, answer.text().as_str()), (200, "GET /to a=b \n"));
    let answer = curl(&sandbox, port, "/from", &["--head"]);
    assert_eq!((answer.status, answer.find("location")), (200, None));
    let requests = child.wait_for_events("requests", 2, |event| event["request"].is_object());
    assert_eq!(requests[0]["request"]["path"], "/from?x", "what the client has asked for");
    // It is not followed for ever.
    assert_eq!(curl(&sandbox, port, "/round", &[]).status, 502);
    let error = child.wait_event("error");
    assert!(error["message"].as_str().unwrap().contains("led to another path"), "{error}");
}

/// HTTP/1.0 has no chunks: where the length is not known, the connection ends the body, and the answer must say no other thing.
#[test]
fn an_old_client_is_told_when_its_connection_ends() {
    let sandbox = Sandbox::new();
    let script = format!("case $PATH_INFO in /known) printf 'Content-Length: 2\\n\\nhi';; *) {HEAD}; echo hi;; esac");
    let (_child, port) = accept(&sandbox, ["--max-bytes", "1k", "--http-exec", &script]);
    let known = b"GET /known HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    for (request, status) in [
        (&b"GET /unknown HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"[..], 200),
        (b"PUT / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 9999\r\n\r\n", 413),
    ] {
        let mut peer = Peer::connect(port);
        peer.send(known);
        let mut first = Vec::new();
        while !first.ends_with(b"\r\n\r\nhi") {
            first.extend(peer.read(1));
        }
        assert_eq!(Answer::of(&first).header("connection"), "keep-alive");
        peer.send(request);
        // It ends, though the client has not ended its direction.
        let answer = Answer::of(&peer.read_to_end());
        assert_eq!((answer.status, answer.header("connection")), (status, "close"));
    }
}
