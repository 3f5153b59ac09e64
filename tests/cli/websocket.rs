//! Promises 65 and 69: WebSockets, against peers of ours that write every frame by hand.

mod clients;
mod handshakes;
mod hostile;
mod listeners;

use base64::Engine;

use crate::support::{Child, Finished, Listener, Peer, Sandbox};

/// Opcodes (RFC 6455 section 5.2).
const CONTINUED: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// One end of a WebSocket, ours.
struct Wire {
    peer: Peer,
    /// Clients mask what they send.
    masks: bool,
    /// The head that the program sent.
    head: String,
}

/// A frame of the program.
#[derive(Debug, PartialEq, Eq)]
struct Frame {
    fin: bool,
    opcode: u8,
    payload: Vec<u8>,
}

impl Frame {
    fn whole(opcode: u8, payload: &[u8]) -> Self {
        Frame { fin: true, opcode, payload: payload.to_vec() }
    }
}

fn accept_key(key: &str) -> String {
    tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes())
}

/// The value of a header.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, v)| v.trim())
}

/// Reads up to the blank line.
fn read_head(peer: &mut Peer) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(peer.read(1));
    }
    String::from_utf8(head).unwrap()
}

impl Wire {
    /// The server's end of the next connection, with these lines in its answer.
    #[track_caller]
    fn serve(listener: &Listener, lines: &str) -> Self {
        let mut peer = listener.accept();
        let head = read_head(&mut peer);
        let key = accept_key(header(&head, "Sec-WebSocket-Key").expect("a key"));
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {key}\r\n{lines}\r\n"
        );
        peer.send(answer.as_bytes());
        Wire { peer, masks: false, head }
    }

    /// A client of this port.
    #[track_caller]
    fn connect(port: u16) -> Self {
        Self::ask(Peer::connect(port), "")
    }

    /// A client over this connection, with these lines in its request.
    #[track_caller]
    fn ask(mut peer: Peer, lines: &str) -> Self {
        let key = base64::engine::general_purpose::STANDARD.encode([7; 16]);
        let request = format!(
            "GET /path?query HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{lines}\r\n"
        );
        peer.send(request.as_bytes());
        let head = read_head(&mut peer);
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert_eq!(header(&head, "Sec-WebSocket-Accept"), Some(accept_key(&key).as_str()));
        Wire { peer, masks: true, head }
    }

    /// The bytes of a frame.
    fn bytes(&self, fin: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![u8::from(fin) << 7 | opcode];
        let mask = u8::from(self.masks) << 7;
        match payload.len() {
            short @ 0..=125 => bytes.push(mask | short as u8),
            medium @ 126..=0xffff => {
                bytes.push(mask | 126);
                bytes.extend((medium as u16).to_be_bytes());
            }
            long => {
                bytes.push(mask | 127);
                bytes.extend((long as u64).to_be_bytes());
            }
        }
        let key = [0x12, 0x34, 0x56, 0x78];
        if self.masks {
            bytes.extend(key);
            bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        } else {
            bytes.extend(payload);
        }
        bytes
    }

    /// Sends a whole message.
    fn say(&mut self, opcode: u8, payload: &[u8]) {
        self.send(true, opcode, payload);
    }

    /// Sends a frame.
    fn send(&mut self, fin: bool, opcode: u8, payload: &[u8]) {
        let bytes = self.bytes(fin, opcode, payload);
        self.peer.send(&bytes);
    }

    /// Sends a close frame.
    fn close(&mut self, code: u16, reason: &str) {
        self.say(CLOSE, &close(code, reason));
    }

    /// The program's next frame.
    #[track_caller]
    fn hear(&mut self) -> Frame {
        let head = self.peer.read(2);
        assert_eq!(head[0] & 0x70, 0, "reserved bits without an extension");
        assert_eq!(head[1] & 0x80 != 0, !self.masks, "clients mask, servers do not");
        let length = match head[1] & 0x7f {
            126 => u64::from(u16::from_be_bytes(self.peer.read(2).try_into().unwrap())),
            127 => u64::from_be_bytes(self.peer.read(8).try_into().unwrap()),
            short => u64::from(short),
        };
        let key = if self.masks { vec![0; 4] } else { self.peer.read(4) };
        let payload = self.peer.read(usize::try_from(length).unwrap());
        let payload = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        Frame { fin: head[0] & 0x80 != 0, opcode: head[0] & 0x0f, payload }
    }

    /// The program's next frame is this whole one.
    #[track_caller]
    fn hears(&mut self, opcode: u8, payload: &[u8]) {
        let frame = self.hear();
        assert_eq!((frame.fin, frame.opcode, frame.payload.len()), (true, opcode, payload.len()), "{frame:?}");
        assert!(frame.payload == payload, "{} bytes", payload.len());
    }

    /// The program closes with this code; it is answered, and the connection ends.
    #[track_caller]
    fn hears_close(&mut self, code: u16) -> String {
        let frame = self.hear();
        assert_eq!((frame.opcode, frame.payload.get(..2)), (CLOSE, Some(&code.to_be_bytes()[..])), "{frame:?}");
        self.say(CLOSE, &frame.payload);
        String::from_utf8(frame.payload[2..].to_vec()).unwrap()
    }
}

/// What a close frame carries.
fn close(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}

/// `open` to this listener, with these options.
fn open(sandbox: &Sandbox, listener: &Listener, options: &[&str]) -> Child {
    let url = format!("ws://{}/", listener.id());
    sandbox.netverb(["open", &url].iter().chain(options)).spawn()
}

/// `accept --ws` on 127.0.0.1, with these options.
fn accept(sandbox: &Sandbox, options: &[&str]) -> Child {
    sandbox.netverb(["accept", "--ws", "--json", "127.0.0.1:0"].iter().chain(options)).spawn()
}

/// The event of this name.
#[track_caller]
fn event(ended: &Finished, name: &str) -> serde_json::Value {
    ended
        .events()
        .into_iter()
        .find(|event| event["event"] == name)
        .unwrap_or_else(|| panic!("no {name}: {}", ended.stderr))
}
