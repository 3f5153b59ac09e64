//! What the verbs on kept sockets say and count, and how they end when something stands in the way.

use std::io::ErrorKind;

use rustix::process::Signal;
use serde_json::Value;

use crate::kept::Kept;
use crate::support::{Finished, Listener, Peer, Status, Terminal};

/// The last event of a run.
fn summary(ended: &Finished) -> Value {
    let last = ended.events().last().cloned().expect("there are events");
    assert_eq!(last["event"], "summary");
    last
}

#[test]
fn close_tells_each_failure_in_order_and_the_first_is_the_status() {
    let kept = Kept::new();
    let _peer = kept.open("here", &[]);
    let ended = kept.run(&["close", "A", "here", "c"]);
    let hint = "socket is not open; netverb sockets lists what is open";
    let said = format!("netverb close: A: {hint}\nnetverb close: c: {hint}\n");
    assert_eq!((ended.exits(110).stderr.as_str(), ended.stdout.len()), (said.as_str(), 0));
    assert_eq!(kept.says(&["sockets", "--ids"]), "", "the one between them is closed");
    kept.run(&["close", "--all"]).exits(0);
}

#[test]
fn b04_what_names_no_kept_socket_is_3_and_speaks_of_names() {
    let kept = Kept::new();
    for verb in ["read", "close", "next", "wait"] {
        kept.run(&[verb, ""]).failed(3, &["malformed socket ID", "NAME"]);
        kept.run(&[verb, "a b"]).failed(3, &["socket ID \"a b\" at column 2", "a name is 1 to 32"]);
    }
    kept.run(&["read", "web.0"]).failed(3, &["socket ID", "numbered from 1"]);
}

#[test]
fn b36_values_may_begin_with_a_dash() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    peer.send(b"one\n-- two-3-x-");
    assert_eq!(kept.says(&["read", "s", "--until", "-- "]), "one\n-- ");
    assert_eq!(kept.says(&["read", "s", "--until-regex", "-[0-9]"]), "two-3");
    kept.run(&["expect", "s", "never", "--fail", "-x-"]).failed_after_data(1, &["-x-"]);
    kept.run(&["read", "s", "--for", "-1"]).failed(2, &["amount \"-1\"", "for example 512"]);
    kept.run(&["read", "s", "--for", "-1k"]).failed(2, &["amount \"-1k\""]);
}

#[test]
fn b66_the_summary_counts_what_left_the_socket_and_what_was_written() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    peer.send(b"one\nanswer\nrest");
    kept.wait_status("s", "all of it", |status| status["unread"] == 15);
    assert_eq!(summary(&kept.run(&["-j", "read", "s", "--peek"]))["bytes_in"], 0);
    assert_eq!(summary(&kept.run(&["-j", "read", "s", "--strip"]))["bytes_in"], 4);
    let asked = summary(&kept.run(&["-j", "ask", "s", "what?"]));
    assert_eq!((&asked["bytes_in"], &asked["bytes_out"]), (&Value::from(7), &Value::from(5)));
    assert_eq!(summary(&kept.run(&["-j", "expect", "s", "re"]))["bytes_in"], 2);
    assert_eq!(summary(&kept.run(&["-j", "read", "s", "--until", "x", "-w", "0"]))["bytes_in"], 0);
    assert_eq!(summary(&kept.run(&["-j", "read", "s", "--until", "x", "-w", "0", "--partial"]))["bytes_in"], 2);
}

#[test]
fn b66_messages_are_counted_and_name_both_ends() {
    let kept = Kept::new();
    let path = kept.0.path("sock");
    let listener = Listener::seqpacket(&path);
    let id = format!("seqpacket:{}", path.display());
    kept.says(&["open", &id, "--name", "s"]);
    let mut peer = listener.accept();
    let written = summary(&kept.run(&["-j", "write", "s", "one", "", "three"]));
    assert_eq!((&written["messages_out"], &written["bytes_out"]), (&Value::from(3), &Value::from(8)));
    assert_eq!((peer.packet(), peer.packet(), peer.packet()), (b"one".to_vec(), vec![], b"three".to_vec()));
    peer.send(b"four");
    peer.send(b"five!");
    let ended = kept.run(&["-j", "read", "s", "--for", "2 messages"]);
    let read = summary(&ended);
    assert_eq!((&read["messages_in"], &read["bytes_in"]), (&Value::from(2), &Value::from(9)));
    let status = kept.status("s").expect("it is open");
    for line in String::from_utf8(ended.stdout).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&record["from"], &record["to"]), (&status["peer"], &status["local"]), "{line}");
        assert_eq!(record["from"], id, "{line}");
    }
    // The ends are for records alone: what is printed for a person is as before.
    peer.send(b"six");
    assert_eq!(kept.says(&["read", "s"]), "six\n");
}

#[cfg(feature = "zmq")]
#[test]
fn b66_a_kept_zeromq_message_names_the_peer_that_sent_it() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/in", "--zmq", "pull"]).trim().to_owned();
    for word in ["one", "two"] {
        kept.says(&["open", &format!("localhost:{port}"), "--zmq", "push", "--name", word]);
        kept.says(&["write", word, word]);
        let record: Value = serde_json::from_str(&kept.says(&["-j", "read", "in"])).unwrap();
        let sender = kept.status(word).expect("it is open");
        assert_eq!((&record["text"], &record["from"]), (&Value::from(word), &sender["local"]));
        assert_eq!((&record["to"], &record["parts"][0]["text"]), (&sender["peer"], &Value::from(word)));
    }
}

#[cfg(feature = "tls")]
#[test]
fn b58_a_socket_of_which_one_direction_has_ended_cannot_be_secured() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    peer.end();
    kept.wait_status("s", "the end", |status| status["state"] == "eof");
    let ended = kept.run(&["secure", "s"]);
    ended.failed(52, &["s: can't secure this socket", "the peer has closed"]);
    let _peer = kept.open("t", &[]);
    kept.says(&["write", "t", "--eof"]);
    kept.run(&["secure", "t"]).failed(55, &["t: can't secure this socket", "our data"]);
}

#[test]
fn clients_are_not_forwarded_to_a_kept_socket() {
    let kept = Kept::new();
    let _peer = kept.open("mail", &[]);
    kept.run(&["accept", "127.0.0.1:0", "--to", "host:25/mail"]).failed(2, &["kept socket", "host:25"]);
    kept.run(&["accept", "127.0.0.1:0", "--to", "Mail"]).failed(4, &["kept socket Mail", "Mail:80"]);
    // A host of that name is meant where its port is written, and where nothing of that name is kept.
    for target in ["mail:80", "post"] {
        let server = kept.0.netverb(["accept", "127.0.0.1:0", "--to", target, "-j"]).spawn();
        server.wait_event("listening");
    }
}

#[test]
fn what_is_gone_is_not_called_unreadable() {
    let kept = Kept::new();
    let gone: Value = serde_json::from_str(&kept.says(&["-j", "wait", "s", "--gone"])).unwrap();
    assert_eq!((&gone["done"], &gone["reason"]), (&Value::from(true), &Value::from("s is not open")));
}

#[test]
fn a_file_that_is_none_is_2_and_named() {
    let kept = Kept::new();
    let _peer = kept.open("s", &[]);
    kept.run(&["write", "s", "--file", "/"]).failed(2, &["cannot read /", "is a directory"]);
    kept.run(&["write", "s", "--file", "absent"]).failed(2, &["cannot read absent"]);
}

#[test]
fn session_run_ends_as_a_shell_does_where_its_command_cannot_be_run() {
    let kept = Kept::new();
    kept.run(&["session", "run", "--", "./absent"]).failed(127, &["./absent"]);
    kept.run(&["session", "run", "--", "/"]).failed(126, &["permission denied"]);
    assert_eq!(kept.says(&["session", "list"]), "");
}

#[test]
fn a_keeper_that_stops_while_it_is_waited_for_is_112() {
    let kept = Kept::new();
    let _peer = kept.open("s", &[]);
    let (_one, _two) = (kept.open("r", &[]), kept.open("t", &[]));
    let mut reader = kept.0.netverb(["read", "s", "-w", "infinite"]).spawn();
    // A second reader would be served only after the first: that it is told to wait shows that the first one waits.
    kept.run(&["read", "s", "-w", "0"]).exits(28);
    let mut patient = kept.0.netverb(["read", "r", "-w", "infinite"]).spawn();
    kept.run(&["read", "r", "-w", "0"]).exits(28);
    // A writer that it takes no more from is told, too.
    let mut writer = kept.0.netverb(["write", "s", "--file", "/dev/zero", "-w", "infinite"]).spawn();
    kept.wait_status("s", "something written", |status| status["bytes_out"].as_u64() > Some(0));
    let keeper = kept.keeper("s");
    rustix::process::kill_process(keeper, Signal::STOP).unwrap();
    reader.wait().failed(112, &["s: its keeper does not answer"]);
    writer.wait().failed(112, &["s: its keeper does not answer"]);
    assert!(patient.is_running(), "a keeper that lives is waited for");
    kept.says(&["close", "s", "--force"]);
    kept.says(&["close", "r"]);
    patient.wait().failed(110, &["r: socket is not open"]);
}

#[test]
fn b26_a_kept_listener_turns_away_at_once_whom_it_does_not_let_in() {
    let kept = Kept::new();
    let port: u16 = kept.says(&["accept", "0/web", "--deny", "127.0.0.1"]).trim().parse().unwrap();
    // Who is reset before connect(2) has returned hears of it there.
    let denied = Peer::connect_tcp(&format!("127.0.0.1:{port}"));
    let error = denied.map_or_else(|error| error.kind(), |mut denied| denied.read_error());
    assert_eq!(error, ErrorKind::ConnectionReset);
    kept.run(&["next", "web", "-w", "0"]).failed(28, &["no connection"]);
}

#[test]
fn b17_who_has_come_to_a_kept_listener_is_there_without_waiting() {
    let kept = Kept::new();
    let port: u16 = kept.says(&["accept", "0/web"]).trim().parse().unwrap();
    let peers: Vec<Peer> = (0..80).map(|_| Peer::connect(port)).collect();
    // Some are held, the others wait in the queue of the system.
    kept.wait_status("web", "as many as are held", |status| status["unread"] == 64);
    kept.says(&["wait", "web", "-w", "0"]);
    for number in 1..=80 {
        assert_eq!(kept.says(&["next", "web", "-w", "0"]), format!("web.{number}\n"));
    }
    kept.run(&["next", "web", "-w", "0"]).failed(28, &["no connection"]);
    // Those that nobody has taken end with their listener.
    let mut untaken = Peer::connect(port);
    kept.wait_status("web", "one more", |status| status["unread"] == 1);
    kept.says(&["close", "web"]);
    assert!(Peer::connect_tcp(&format!("127.0.0.1:{port}")).is_err());
    assert_eq!(untaken.read_to_end(), b"");
    drop(peers);
}

#[cfg(feature = "tls")]
#[test]
fn b48_a_kept_listener_shakes_hands_before_anybody_takes_the_connection() {
    let kept = Kept::new();
    let port = kept.says(&["accept", "0/web", "--secure", "--self-signed"]).trim().to_owned();
    let mut client = kept.0.netverb(["open", &format!("tls://localhost:{port}"), "--no-verify", "-j"]).spawn();
    client.wait_event("tls-established");
    assert_eq!(kept.says(&["next", "web"]), "web.1\n");
    kept.says(&["write", "web.1", "hello"]);
    assert_eq!(client.read_stdout(5), b"hello");
}

#[test]
fn what_a_kept_socket_has_no_use_for_is_refused() {
    let kept = Kept::new();
    for words in [&["--idle-timeout", "1"][..], &["--split", "line"], &["--transcript", "t"], &["-o", "file"]] {
        let said = kept.run(&[&["open", "127.0.0.1:1/s"], words].concat());
        said.failed(2, &["kept in the background", words[0].trim_start_matches("-o"), "--foreground"]);
        kept.run(&[&["accept", "0/s"], words].concat()).failed(2, &["kept in the background"]);
    }
    kept.run(&["open", "127.0.0.1:1/s", "--expect", "x"]).failed(2, &["steps work in the foreground"]);
}

#[cfg(feature = "tls")]
#[test]
fn every_verb_ends_as_the_connection_did_that_never_stood() {
    let kept = Kept::new();
    let closed = Listener::closed();
    kept.says(&["open", &format!("{}/s", closed.id()), "--no-wait"]);
    kept.wait_status("s", "the refusal", |status| status["state"] == "error");
    for words in [&["read", "s"][..], &["write", "s", "x"], &["ask", "s", "x"], &["expect", "s", "x"], &["secure", "s"]]
    {
        kept.run(words).failed(7, &["s: cannot connect to", "connection refused"]);
    }
}

#[test]
fn b07_an_end_of_data_comes_after_what_stdin_has_and_alone_at_a_terminal() {
    let kept = Kept::new();
    let mut peer = kept.open("s", &[]);
    kept.0.netverb(["write", "s", "--eof"]).feed(b"all of\nstdin").exits(0);
    assert_eq!(peer.read_to_end(), b"all of\nstdin");
    let mut peer = kept.open("t", &[]);
    let mut terminal = Terminal::shell(&kept.0, "\"$NETVERB\" write t --eof");
    assert_eq!(terminal.wait(), Status::Exited(0));
    assert_eq!(peer.read_to_end(), b"");
    let mut peer = kept.open("u", &[]);
    kept.0.netverb(["write", "u", "--line"]).feed(b"not read").exits(0);
    kept.says(&["write", "u", "", "--eof"]);
    assert_eq!(peer.read_to_end(), b"\n");
}
