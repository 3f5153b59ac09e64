//! `/starttls`.

use super::lines;
use crate::support::{Child, Listener, Sandbox, Status, Terminal};

/// A server of ours that agrees to STARTTLS and echoes then, and its port.
fn server(sandbox: &Sandbox) -> (Child, String, String) {
    let words = ["accept", "127.0.0.1:0", "--json", "--self-signed", "--expect", "^STARTTLS\n", "--send-line", "go"];
    let server = sandbox.netverb([&words[..], &["--starttls", "--expect", "^secret\n", "--send-line", "yes"]].concat());
    let server = server.spawn();
    let event = server.wait_event("listening");
    (server, format!("127.0.0.1:{}", event["port"]), event["pins"][0].as_str().unwrap().to_owned())
}

#[test]
fn a_conversation_goes_on_in_tls() {
    let sandbox = Sandbox::new();
    let (mut server, id, pin) = server(&sandbox);
    let script = format!("exec \"$NETVERB\" open --interactive --color never --pin {pin} {id}");
    let mut terminal = Terminal::shell(&sandbox, &script);
    terminal.wait_screen("Ctrl-D ends our data");
    terminal.send("STARTTLS\r");
    terminal.wait_screen("< go\r\n");
    terminal.send("/starttls\r");
    terminal.wait_screen("-- TLSv1.3 with ");
    terminal.send("/starttls\r");
    terminal.wait_screen("!! TLS is spoken already");
    terminal.send("secret\r");
    terminal.wait_screen("< yes\r\n");
    terminal.send("\x04");
    assert_eq!(terminal.wait(), Status::Exited(0));
    server.wait().exits(0);
}

#[test]
fn b44_a_certificate_that_is_not_accepted_ends_it() {
    let sandbox = Sandbox::new();
    let (_server, id, _) = server(&sandbox);
    let mut terminal = Terminal::shell(&sandbox, &format!("exec \"$NETVERB\" open --interactive {id}"));
    terminal.wait_screen("Ctrl-D ends our data");
    terminal.send("STARTTLS\r");
    terminal.wait_screen("go\r\n");
    terminal.send("/starttls\r");
    terminal.wait_screen("netverb open: ");
    assert_eq!(terminal.wait(), Status::Exited(60));
}

#[test]
fn a_kept_socket_goes_on_in_tls() {
    let sandbox = Sandbox::new();
    let (mut server, id, pin) = server(&sandbox);
    sandbox.netverb(["open", &format!("{id}/dev")]).run().exits(0);
    let script = format!("exec \"$NETVERB\" attach --color never --pin {pin} dev");
    let mut terminal = Terminal::shell(&sandbox, &script);
    terminal.wait_screen("attached to dev");
    terminal.send("STARTTLS\r");
    terminal.wait_screen("< go\r\n");
    terminal.send("/starttls\r");
    terminal.wait_screen("TLS is spoken from here on");
    terminal.send("secret\r");
    terminal.wait_screen("< yes\r\n");
    terminal.send("/close\r");
    assert_eq!(terminal.wait(), Status::Exited(0));
    server.wait().exits(0);
}

#[test]
fn tls_begins_behind_what_was_typed_before() {
    const FILE: usize = 32 << 20;
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    std::fs::write(sandbox.path("much"), vec![b'x'; FILE]).unwrap();
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "--no-verify --color never");
    terminal.send(&format!("/send-file {}\r/starttls\r", sandbox.path("much").display()));
    terminal.wait_screen("-- TLS begins when everything is sent; Ctrl-C gives up");
    terminal.send("secret\r");
    terminal.wait_screen("!! TLS is about to begin: nothing more is sent in clear");
    terminal.send("\x15\x03");
    terminal.wait_screen("-- TLS does not begin");
    terminal.send("/starttls\r");
    terminal.wait_times("-- TLS begins when everything is sent", 2);
    assert!(peer.read(FILE).iter().all(|byte| *byte == b'x'));
    assert_eq!(peer.read(1), [22], "a handshake");
}

#[test]
fn b58_what_came_in_clear_is_shown_before_tls_begins() {
    let (sandbox, listener) = (Sandbox::new(), Listener::tcp());
    let (mut terminal, mut peer) = lines(&sandbox, &listener, "--no-verify --color never");
    peer.send(b"220 go\r\n250 injected\r\n");
    terminal.wait_screen("< 250 injected\r\n");
    terminal.send("/starttls\r");
    assert_eq!(peer.read(1), [22], "a handshake");
    peer.send(b"no handshake\r\n");
    terminal.wait_screen("netverb open: ");
    assert_eq!(terminal.wait(), Status::Exited(35));
}
