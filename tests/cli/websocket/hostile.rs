//! Peers that break the protocol or the limits: each is told so by the code that the protocol has for it, and memory stays bounded.

use super::{BINARY, CLOSE, CONTINUED, PING, TEXT, Wire, accept, close, event, open};
use crate::support::{Listener, Sandbox};

/// What a peer sends, and the code that it is closed with. Each is a list of frames: whether it is final, the opcode with the
/// reserved bits, the payload.
type Offence = (&'static str, Vec<(bool, u8, Vec<u8>)>, u16);

fn offences() -> Vec<Offence> {
    let frame = |fin, opcode, payload: &[u8]| (fin, opcode, payload.to_vec());
    vec![
        ("invalid UTF-8", vec![frame(true, TEXT, b"a\xff")], 1007),
        ("UTF-8 that is cut", vec![frame(true, TEXT, b"\xe2\x82")], 1007),
        ("UTF-8 that is cut between fragments", vec![frame(false, TEXT, b"\xe2"), frame(true, CONTINUED, b"a")], 1007),
        ("an overlong form", vec![frame(true, TEXT, b"\xc0\xaf")], 1007),
        ("a surrogate", vec![frame(true, TEXT, b"\xed\xa0\x80")], 1007),
        ("a reason that is not UTF-8", vec![frame(true, CLOSE, b"\x03\xe8\xff")], 1007),
        ("a continuation of nothing", vec![frame(true, CONTINUED, b"x")], 1002),
        ("a message in the middle of another", vec![frame(false, TEXT, b"x"), frame(true, TEXT, b"y")], 1002),
        ("a reserved bit", vec![frame(true, TEXT | 0x40, b"x")], 1002),
        ("an unknown kind", vec![frame(true, 3, b"x")], 1002),
        ("an unknown control", vec![frame(true, 11, b"x")], 1002),
        ("a long ping", vec![frame(true, PING, &[0; 126])], 1002),
        ("a ping in pieces", vec![frame(false, PING, b"x")], 1002),
        ("half a code", vec![frame(true, CLOSE, b"\x03")], 1002),
        ("a code that nobody may send", vec![frame(true, CLOSE, &close(1005, ""))], 1002),
        ("a message over the limit", vec![frame(true, BINARY, &[0; 1001])], 1009),
        ("fragments over the limit", vec![frame(false, BINARY, &[0; 600]), frame(true, CONTINUED, &[0; 600])], 1009),
    ]
}

impl Wire {
    fn commit(&mut self, frames: &[(bool, u8, Vec<u8>)]) {
        for (fin, opcode, payload) in frames {
            let bytes = self.bytes(*fin, *opcode, payload);
            self.peer.send(&bytes);
        }
    }
}

#[test]
fn b65_a_server_that_breaks_the_protocol_is_told_how() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    for (what, frames, code) in offences() {
        let mut child = open(&sandbox, &listener, &["--max-bytes", "1000"]);
        let mut wire = Wire::serve(&listener, "");
        wire.commit(&frames);
        let frame = wire.hear();
        assert_eq!((frame.opcode, &frame.payload[..2]), (CLOSE, &code.to_be_bytes()[..]), "{what}: {frame:?}");
        drop(wire);
        let (status, words) = match code {
            1009 => (63, "larger than the limit of 1000"),
            1007 => (56, "UTF-8"),
            _ => (56, "1002"),
        };
        child.wait().failed(status, &[words]);
    }
}

#[test]
fn b65_a_client_that_breaks_the_protocol_disturbs_nobody_else() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--echo", "--max-bytes", "1000"]);
    let mut other = Wire::connect(child.port());
    for (what, frames, code) in offences() {
        let mut wire = Wire::connect(child.port());
        wire.commit(&frames);
        let frame = wire.hear();
        assert_eq!((frame.opcode, &frame.payload[..2]), (CLOSE, &code.to_be_bytes()[..]), "{what}: {frame:?}");
        // The server is the one that ends the connection.
        assert_eq!(wire.peer.read_to_end(), b"", "{what}");
    }
    // Clients have to mask.
    let mut wire = Wire::connect(child.port());
    wire.peer.send(b"\x81\x01x");
    assert_eq!(wire.hear().payload[..2], 1002u16.to_be_bytes());
    other.say(TEXT, b"undisturbed");
    other.hears(TEXT, b"undisturbed");
}

#[test]
fn b65_a_masked_frame_from_a_server_is_an_offence() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &[]);
    let mut wire = Wire::serve(&listener, "");
    wire.peer.send(&[0x81, 0x81, 0, 0, 0, 0, b'x']);
    assert_eq!(wire.hear().payload[..2], 1002u16.to_be_bytes());
    drop(wire);
    child.wait().failed(56, &["1002"]);
}

#[test]
fn b69_lengths_that_are_claimed_cost_nothing() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    // More than the limit is refused when the head has come; as much as the limit takes memory only as it comes.
    let mut child = open(&sandbox, &listener, &["--json"]);
    let mut wire = Wire::serve(&listener, "");
    wire.peer.send(&[&[0x82, 127][..], &u64::MAX.to_be_bytes()].concat());
    // The highest bit must be zero (RFC 6455 section 5.2), but too large is too large.
    assert_eq!(wire.hear().opcode, CLOSE);
    drop(wire);
    child.wait().exits(63);
    let mut child = open(&sandbox, &listener, &["--json"]);
    let mut wire = Wire::serve(&listener, "");
    wire.peer.send(&[&[0x82, 127][..], &(64u64 << 20).to_be_bytes(), b"begin"].concat());
    wire.peer.end();
    let ended = child.wait();
    ended.exits(56);
    assert!(event(&ended, "closed")["reason"].as_str().unwrap().contains("1006"));
    assert_eq!(ended.stdout, b"");
}

#[test]
fn b69_a_peer_that_never_reads_fills_no_memory() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = open(&sandbox, &listener, &["--split", "64k"]);
    let mut wire = Wire::serve(&listener, "");
    child.feed(vec![b'x'; 96 << 20]);
    // It hears while it cannot send, and answers pings with what room there is.
    wire.say(TEXT, b"still heard");
    assert_eq!(child.read_stdout(11), b"still heard");
    for _ in 0..10_000 {
        wire.say(PING, &[b'p'; 125]);
    }
    wire.say(TEXT, b"and now");
    assert_eq!(child.read_stdout(7), b"and now");
    let memory = child.facts().peak_memory();
    assert!(memory < 64 << 20, "{memory} bytes");
}
