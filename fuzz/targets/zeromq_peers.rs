//! Peers of ZeroMQ sockets: their greeting, their handshake with and without CURVE, their frames.
#![no_main]

use std::task::{Context, Waker};

use libfuzzer_sys::fuzz_target;
use netverb::message::Message;
use netverb::transport::zeromq::decoder::{Decoder, decode};
use netverb::transport::zeromq::handshake::{Handshake, Role};
use netverb::transport::inbox::Inbox;
use netverb::transport::zeromq::{KeyPair, Kind, Security, ZeroMqOptions};
use netverb_fuzz::pieces;

fn fill(inbox: &mut Inbox, mut piece: &[u8]) {
    while !piece.is_empty() {
        let _ = inbox.poll_fill(&mut piece, &mut Context::from_waker(Waker::noop()));
    }
}

fuzz_target!(|data: &[u8]| {
    let (first, rest) = data.split_first().unwrap_or((&0, data));
    let kind = Kind::ALL[usize::from(*first) % Kind::ALL.len()];
    let security = if first & 0x80 == 0 { Security::None } else { Security::CurveServer { own: KeyPair::generate() } };
    let options = ZeroMqOptions { security, ..ZeroMqOptions::new(kind) };
    let (mut handshake, mut inbox) = (Handshake::new(&options, Role::Server, 1 << 20), Inbox::default());
    for piece in pieces(rest) {
        fill(&mut inbox, piece);
        if !matches!(handshake.advance(&mut inbox), Ok(None)) {
            break;
        }
        handshake.output(&mut Vec::new());
    }
    // The frames that follow are looked at whatever came of the handshake.
    let (mut decoder, mut inbox, mut message) = (Decoder::default(), Inbox::default(), Message::default());
    for piece in pieces(rest) {
        fill(&mut inbox, piece);
        let prefix = (first & 0x40 != 0).then_some(&b"name"[..]);
        while matches!(decoder.next(&mut inbox, &mut message, prefix), Ok(Some(_))) {}
    }
    let _ = decode(rest);
});
