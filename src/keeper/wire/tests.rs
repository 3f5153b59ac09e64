//! Both sides against each other, the bytes that never change, and hostile bytes.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::condition::{Answer, Condition, Expectation, Found, Matcher, Progress, Supply};

fn requests() -> Vec<Request<'static>> {
    let wanted = |text: &str| Expectation { pattern: text.parse().unwrap(), answer: Answer::Wanted };
    let read = |condition| Read {
        condition: Some(condition),
        timeout: Some(Duration::from_millis(1500)),
        max_bytes: 1 << 20,
        taking: Taking::Take,
        when_unmet: WhenUnmet::Partial,
        skip: 7,
    };
    vec![
        Request::Status,
        Request::Close(Close::Graceful),
        Request::Close(Close::Reset),
        Request::Read(read(Condition::Until("\r\n".parse().unwrap()))),
        Request::Read(Read { condition: None, ..read(Condition::Any) }),
        Request::Read(Read { timeout: None, taking: Taking::Peek, ..read(Condition::For("3 lines".parse().unwrap())) }),
        Request::Read(read(Condition::Expect(vec![wanted("a|b"), wanted("(?<c>c)")]))),
        Request::Ack,
        Request::Nack,
        Request::Write(Write {
            timeout: None,
            then: WriteEnd::HalfClose,
            letter: Some(Letter { to: Some("host:1".into()), text: Some(true), ends: vec![0, 3] }),
        }),
        Request::Data(b"any \0 bytes \xff"),
        Request::Data(b""),
        Request::End,
        Request::Secure(Secure { timeout: None, options: json!({"verify_host": "example.org"}) }),
        Request::Next(Wait { timeout: Some(Duration::ZERO) }),
        Request::WaitReadable(Wait { timeout: None }),
        Request::Attach,
    ]
}

fn found() -> Found {
    let condition = Condition::Expect(vec![Expectation { pattern: "b(c)?".parse().unwrap(), answer: Answer::Failed }]);
    match Matcher::new(&condition, 100).unwrap().advance(b"abd", Supply::Flowing) {
        Progress::Found(found) => found,
        other => panic!("not found: {other:?}"),
    }
}

fn responses() -> Vec<Response<'static>> {
    let unmet = |reason| Response::Unmet(Unmet { reason, unread: 3, length: 0, messages: 1 });
    vec![
        Response::Status(json!({"id": "host:25/mail", "unread": 0})),
        Response::Done,
        Response::Failed { status: 52, message: "the peer closed".into(), hints: vec!["try".into(), "again".into()] },
        Response::Failed { status: 28, message: String::new(), hints: vec![] },
        Response::Found(found()),
        unmet(Reason::TimedOut),
        unmet(Reason::Failed("connection reset by peer".into())),
        unmet(Reason::NoReply("received data is no reply".into())),
        Response::Messages(Batch { count: 2, found: Some(found()) }),
        unmet(Reason::Refused("nobody receives there".into())),
        Response::Message(MessageHeader {
            length: 7,
            ends: vec![2],
            from: Some("127.0.0.1:9".into()),
            ..MessageHeader::default()
        }),
        Response::Accepted(Accepted { id: "web.1".into(), about: json!(null) }),
        Response::Data(b"\x01\x00\x00\x00\x00"),
        Response::End,
    ]
}

fn encoded(requests: &[Request]) -> Vec<u8> {
    let mut bytes = Vec::new();
    requests.iter().for_each(|request| request.encode(&mut bytes).unwrap());
    bytes
}

#[test]
fn what_never_changes() {
    assert_eq!(Greeting { version: 0x0102_0304 }.encode(), *b"netverb\0\x01\x02\x03\x04");
    let requests: [(Request, &[u8]); 3] = [
        (Request::Status, b"\x01\0\0\0\0"),
        (Request::Close(Close::Graceful), b"\x02\0\0\0\x01\0"),
        (Request::Close(Close::Reset), b"\x02\0\0\0\x01\x01"),
    ];
    for (request, bytes) in requests {
        assert_eq!(encoded(std::slice::from_ref(&request)), bytes);
        let mut decoder = Decoder::new();
        decoder.push(bytes);
        assert_eq!(Request::decode(decoder.next_frame().unwrap().unwrap()), Ok(request));
    }
    let failed = Response::Failed { status: 110, message: "not open".into(), hints: vec!["open it".into()] };
    let responses: [(Response, &[u8]); 3] = [
        (Response::Status(json!({"state": "open"})), b"\x81\0\0\0\x10{\"state\":\"open\"}"),
        (Response::Done, b"\x82\0\0\0\0"),
        (failed, b"\x83\0\0\0\x11\x6enot open\nopen it"),
    ];
    for (response, bytes) in responses {
        let mut out = Vec::new();
        response.encode(&mut out).unwrap();
        assert_eq!(out, bytes);
        let mut decoder = Decoder::new();
        decoder.push(bytes);
        assert_eq!(Response::decode(decoder.next_frame().unwrap().unwrap()), Ok(response));
    }
    let later = Frame { kind: 2, payload: b"\x01 and what a later version adds" };
    assert_eq!(Request::decode(later), Ok(Request::Close(Close::Reset)));
}

#[test]
fn versions_that_differ_can_see_and_close() {
    assert_eq!(Greeting::own().dialect(), Dialect::Full);
    assert_eq!(Greeting { version: VERSION + 1 }.dialect(), Dialect::StatusAndClose);
}

#[test]
fn every_request_and_every_answer_survives() {
    let mut decoder = Decoder::new();
    decoder.push(&encoded(&requests()));
    for request in requests() {
        assert_eq!(Request::decode(decoder.next_frame().unwrap().unwrap()), Ok(request));
    }
    for response in responses() {
        let mut bytes = Vec::new();
        response.encode(&mut bytes).unwrap();
        decoder.push(&bytes);
        assert_eq!(Response::decode(decoder.next_frame().unwrap().unwrap()), Ok(response));
    }
    assert_eq!(decoder.finish(), Ok(()));
}

#[test]
fn a_data_header_is_that_of_a_data_frame() {
    let mut bytes = data_header(3).to_vec();
    bytes.extend_from_slice(b"abc");
    assert_eq!(bytes, encoded(&[Request::Data(b"abc")]));
}

#[test]
fn a_message_of_several_lines_becomes_one() {
    let mut bytes = Vec::new();
    let failed = Response::Failed { status: 1, message: "a\nb".into(), hints: vec!["c\r\nd".into()] };
    failed.encode(&mut bytes).unwrap();
    let expected = Response::Failed { status: 1, message: "a b".into(), hints: vec!["c  d".into()] };
    assert_eq!(Response::decode(Frame { kind: 0x83, payload: &bytes[5..] }), Ok(expected));
}

#[test]
fn a_stream_that_is_cut_is_waited_for_and_then_an_error() {
    let mut bytes = Greeting::own().encode().to_vec();
    let mut boundaries = vec![0, bytes.len()];
    for request in requests() {
        request.encode(&mut bytes).unwrap();
        boundaries.push(bytes.len());
    }
    for cut in 0..=bytes.len() {
        let mut decoder = Decoder::new();
        decoder.push(&bytes[..cut]);
        let greeted = decoder.greeting().unwrap().is_some();
        assert_eq!(greeted, cut >= Greeting::LENGTH);
        let mut frames = 0;
        while greeted && decoder.next_frame().unwrap().is_some() {
            frames += 1;
        }
        assert_eq!(frames, boundaries.iter().filter(|end| **end > Greeting::LENGTH && **end <= cut).count());
        let expected = if boundaries.contains(&cut) { Ok(()) } else { Err(WireError::Cut) };
        assert_eq!(decoder.finish(), expected, "cut at {cut}");
    }
}

#[test]
fn what_does_not_greet_is_no_keeper() {
    for bytes in [&b"HTTP/1.1 200 OK"[..], b"netverb ", b"\0", b"n\0"] {
        let mut decoder = Decoder::new();
        decoder.push(bytes);
        assert_eq!(decoder.greeting(), Err(WireError::NotAKeeper), "{}", bytes.escape_ascii());
        assert_eq!(decoder.next_frame(), Err(WireError::NotAKeeper), "an error stays");
    }
}

#[test]
fn a_claim_costs_no_memory() {
    let header = |length: u32| [&[0x10][..], &length.to_be_bytes()].concat();
    let mut decoder = Decoder::new();
    decoder.push(&header(MAX_PAYLOAD as u32));
    assert_eq!(decoder.next_frame(), Ok(None));
    assert!(decoder.bytes_held() <= 64 << 10, "{decoder:?}");
    for length in [MAX_PAYLOAD + 1, u32::MAX as usize] {
        let mut decoder = Decoder::new();
        decoder.push(&header(length as u32));
        assert_eq!(decoder.next_frame(), Err(WireError::TooLong { kind: 0x10, length }));
        assert!(decoder.bytes_held() <= 64 << 10, "{decoder:?}");
        assert_eq!(decoder.finish(), Err(WireError::TooLong { kind: 0x10, length }), "an error stays");
    }
    let mut out = Vec::new();
    let large = vec![0; MAX_PAYLOAD + 1];
    assert!(matches!(Request::Data(&large).encode(&mut out), Err(WireError::TooLong { .. })));
    assert!(out.is_empty());
}

#[test]
fn the_largest_frame_passes_through_the_area_and_no_more() {
    let bytes = vec![7; MAX_PAYLOAD];
    let mut sent = &encoded(&[Request::Data(&bytes), Request::End])[..];
    let mut decoder = Decoder::new();
    loop {
        let area = decoder.area();
        if area.is_empty() {
            break;
        }
        let count = area.len().min(sent.len());
        area[..count].copy_from_slice(&sent[..count]);
        sent = &sent[count..];
        decoder.filled(count);
        if count == 0 {
            break;
        }
    }
    assert_eq!(sent.len(), 5, "the next frame is not received before this one is taken");
    assert_eq!(decoder.next_frame().unwrap().unwrap().payload, bytes);
    assert!(!decoder.area().is_empty());
}

#[test]
fn malformed_payloads_and_unknown_kinds_are_refused() {
    let bad = |kind, payload| {
        let frame = Frame { kind, payload };
        let request = matches!(Request::decode(frame), Err(WireError::BadPayload { kind: of, .. }) if of == kind);
        let response = matches!(Response::decode(frame), Err(WireError::BadPayload { kind: of, .. }) if of == kind);
        request || response
    };
    let nested = [b'['; 10_000];
    for (kind, payload) in [
        (0x02, &b""[..]),
        (0x02, b"\x02"),
        (0x20, b""),
        (0x20, b"{}"),
        (0x20, b"\xff\xfe"),
        (0x24, &nested),
        (0x25, b"{\"timeout\":-1}"),
        (0x81, b"[]"),
        (0x81, b"{"),
        (0x83, b""),
        (0xa2, b"-1"),
    ] {
        assert!(bad(kind, payload), "{kind:#x} {}", payload.escape_ascii());
    }
    for kind in [0x00, 0x03, 0x0f, 0x12, 0x28, 0x80, 0xff] {
        let frame = Frame { kind, payload: b"" };
        assert_eq!(Request::decode(frame), Err(WireError::UnknownKind(kind)));
        assert_eq!(Response::decode(frame), Err(WireError::UnknownKind(kind)));
    }
    assert_eq!(Request::decode(Frame { kind: 0x82, payload: b"" }), Err(WireError::UnknownKind(0x82)));
    assert_eq!(Response::decode(Frame { kind: 0x01, payload: b"" }), Err(WireError::UnknownKind(0x01)));
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_frames(chunks in prop::collection::vec(1usize..40, 1..40)) {
        let bytes = encoded(&requests());
        let mut decoder = Decoder::new();
        let (mut at, mut expected) = (0, requests().into_iter());
        for chunk in chunks.iter().cycle() {
            let end = bytes.len().min(at + chunk);
            decoder.push(&bytes[at..end]);
            at = end;
            while let Some(frame) = decoder.next_frame().unwrap() {
                prop_assert_eq!(Some(Request::decode(frame).unwrap()), expected.next());
            }
            if at == bytes.len() {
                break;
            }
        }
        prop_assert_eq!(expected.next(), None);
        prop_assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn hostile_bytes_are_survived(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..30),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut damaged = encoded(&requests());
        for (place, byte) in damage {
            let place = place.index(damaged.len());
            damaged[place] = byte;
        }
        for chunks in [chunks, vec![damaged]] {
            let mut decoder = Decoder::new();
            let mut pushed = 0;
            for chunk in &chunks {
                decoder.push(chunk);
                pushed += chunk.len();
                while let Ok(Some(frame)) = decoder.next_frame() {
                    let _ = (Request::decode(frame), Response::decode(frame));
                }
            }
            let _ = decoder.finish();
            prop_assert!(decoder.bytes_held() <= (64 << 10) + 2 * pushed);
        }
    }
}
