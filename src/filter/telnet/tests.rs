use super::*;
use crate::chunking::{cut, cuts};
use proptest::prelude::*;

fn terms() -> Terms {
    Terms { terminal: Some("xterm".into()), window: Some((80, 24)) }
}

/// What data there is in these bytes, and what is answered.
fn received(telnet: &mut Telnet, input: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut data = Vec::new();
    telnet.receive(input, &mut data);
    (data, telnet.take_answers())
}

fn sent(chunks: &[&[u8]]) -> Vec<u8> {
    let (mut telnet, mut output) = (Telnet::new(terms()), Vec::new());
    for chunk in chunks {
        telnet.send(chunk, &mut output);
    }
    telnet.settle(&mut output);
    output
}

#[test]
fn data_is_what_is_left() {
    let mut telnet = Telnet::new(terms());
    let input = b"a\xff\xffb\xff\xf1c\r\nd\r\0e\0\xff\xfa\x63xyz\xff\xff\xff\xf0f";
    assert_eq!(received(&mut telnet, input), (b"a\xffbc\r\nd\re\0f".to_vec(), Vec::new()));
}

#[test]
fn options_are_accepted_or_refused_once_and_never_in_a_loop() {
    let table: [(&[u8], &[u8]); 10] = [
        (&[IAC, WILL, ECHO], &[IAC, DO, ECHO]),
        (&[IAC, WILL, ECHO], &[]),
        (&[IAC, WILL, SUPPRESS_GO_AHEAD], &[IAC, DO, SUPPRESS_GO_AHEAD]),
        (&[IAC, DO, SUPPRESS_GO_AHEAD], &[IAC, WILL, SUPPRESS_GO_AHEAD]),
        (&[IAC, DO, ECHO], &[IAC, WONT, ECHO]),
        (&[IAC, DONT, ECHO], &[]),
        (&[IAC, WONT, ECHO], &[IAC, DONT, ECHO]),
        (&[IAC, WONT, ECHO], &[]),
        (&[IAC, WILL, 99], &[IAC, DONT, 99]),
        (&[IAC, DO, 200], &[IAC, WONT, 200]),
    ];
    let mut telnet = Telnet::new(terms());
    for (input, answer) in table {
        assert_eq!(received(&mut telnet, input), (Vec::new(), answer.to_vec()), "{input:?}");
    }
}

#[test]
fn the_terminal_is_told_when_it_is_asked_for() {
    let mut telnet = Telnet::new(terms());
    let send = [IAC, SB, TERMINAL_TYPE, SEND, IAC, SE];
    assert_eq!(received(&mut telnet, &send).1, b"");
    assert_eq!(received(&mut telnet, &[IAC, DO, TERMINAL_TYPE]).1, [IAC, WILL, TERMINAL_TYPE]);
    assert_eq!(received(&mut telnet, &send).1, b"\xff\xfa\x18\0xterm\xff\xf0");
    let mut without = Telnet::new(Terms::default());
    assert_eq!(received(&mut without, &[IAC, DO, TERMINAL_TYPE]).1, [IAC, WONT, TERMINAL_TYPE]);
    assert_eq!(received(&mut without, &[IAC, DO, WINDOW_SIZE]).1, [IAC, WONT, WINDOW_SIZE]);
}

#[test]
fn the_window_is_told_at_first_and_when_it_changes() {
    let mut telnet = Telnet::new(terms());
    telnet.resize(100, 30);
    assert_eq!(telnet.take_answers(), b"");
    let (_, answer) = received(&mut telnet, &[IAC, DO, WINDOW_SIZE]);
    assert_eq!(answer, b"\xff\xfb\x1f\xff\xfa\x1f\0\x64\0\x1e\xff\xf0");
    telnet.resize(100, 30);
    assert_eq!(telnet.take_answers(), b"");
    telnet.resize(255, 256);
    assert_eq!(telnet.take_answers(), b"\xff\xfa\x1f\0\xff\xff\x01\0\xff\xf0");
}

#[test]
fn a_secret_and_a_character_at_a_time_are_told_apart() {
    let mut telnet = Telnet::new(terms());
    assert!(!telnet.hides_input() && !telnet.wants_characters());
    received(&mut telnet, &[IAC, WILL, ECHO]);
    assert!(telnet.hides_input() && !telnet.wants_characters());
    received(&mut telnet, &[IAC, WILL, SUPPRESS_GO_AHEAD]);
    assert!(!telnet.hides_input() && telnet.wants_characters());
    received(&mut telnet, &[IAC, WONT, ECHO]);
    assert!(!telnet.hides_input() && !telnet.wants_characters());
}

#[test]
fn what_is_sent_suits_a_network_virtual_terminal() {
    let table: [(&[&[u8]], &[u8]); 6] = [
        (&[b"a\nb\r\nc"], b"a\r\nb\r\nc"),
        (&[b"a\r", b"\nb"], b"a\r\nb"),
        (&[b"a\rb"], b"a\r\0b"),
        (&[b"a\r"], b"a\r\0"),
        (&[b"\xff\xff"], b"\xff\xff\xff\xff"),
        (&[b"\r\r\n"], b"\r\0\r\n"),
    ];
    for (chunks, wire) in table {
        assert_eq!(sent(chunks).escape_ascii().to_string(), wire.escape_ascii().to_string());
    }
}

#[test]
fn a_subnegotiation_without_an_end_takes_no_memory() {
    let mut telnet = Telnet::new(terms());
    received(&mut telnet, &[IAC, SB, TERMINAL_TYPE]);
    for _ in 0..1000 {
        assert_eq!(received(&mut telnet, &[SEND; 1000]), (Vec::new(), Vec::new()));
    }
    assert!(telnet.subnegotiation.capacity() <= 2 * LONGEST);
}

proptest! {
    #[test]
    fn commands_are_found_however_the_stream_is_cut(
        whole in prop::collection::vec(prop::sample::select(&b"a\r\n\0\x01\x03\x18\xf0\xfa\xfb\xfc\xfd\xfe\xff"[..]), 0..60),
        cuts in cuts(),
    ) {
        let all = |slices: &[&[u8]]| {
            let (mut telnet, mut data) = (Telnet::new(terms()), Vec::new());
            slices.iter().for_each(|slice| telnet.receive(slice, &mut data));
            (data, telnet.take_answers())
        };
        let (data, answers) = all(&[&whole]);
        // Nobody is answered with more than a terminal's name for each request.
        prop_assert!(data.len() <= whole.len() && answers.len() <= 4 * whole.len());
        prop_assert_eq!(all(&cut(&whole, &cuts)), (data, answers));
    }

    #[test]
    fn what_is_sent_is_received(whole in prop::collection::vec(prop::sample::select(&b"a\r\xff\0"[..]), 0..40), cuts in cuts()) {
        let mut data = Vec::new();
        Telnet::new(terms()).receive(&sent(&cut(&whole, &cuts)), &mut data);
        prop_assert_eq!(data, whole);
    }

    #[test]
    fn two_ends_that_only_answer_come_to_rest(begin in prop::collection::btree_map(0u8..40, 251u8..=254, 1..20)) {
        let (mut one, mut other) = (Telnet::new(terms()), Telnet::new(terms()));
        let mut passing: Vec<u8> = begin.iter().flat_map(|(option, verb)| [IAC, *verb, *option]).collect();
        for _ in 0..6 {
            passing = received(&mut one, &passing).1;
            std::mem::swap(&mut one, &mut other);
        }
        prop_assert!(passing.is_empty(), "still talking: {:?}", passing);
    }
}
