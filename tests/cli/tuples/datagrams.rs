//! Promises 60 and 61 over datagrams: each holds one tuple.

use std::net::UdpSocket;

use serde_json::{Value, json};

use super::formats::rows;
use crate::support::{Child, LIMIT, Sandbox, uninterrupted};

/// A socket that `send-tuple` sends to, and its ID.
fn peer() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let id = format!("udp://{}", socket.local_addr().unwrap());
    (socket, id)
}

fn datagram(socket: &UdpSocket) -> Vec<u8> {
    let mut space = vec![0; 1 << 16];
    let length = uninterrupted(|| socket.recv(&mut space)).expect("a datagram comes");
    space.truncate(length);
    space
}

/// What `send-tuple` with these arguments sends, in one datagram.
fn sent(sandbox: &Sandbox, options: &[&str], values: &[&str]) -> Vec<u8> {
    let (socket, id) = peer();
    let line = ["send-tuple"].iter().chain(options).copied().chain([id.as_str(), "--"]).chain(values.iter().copied());
    sandbox.netverb(line).run().exits(0);
    let bytes = datagram(&socket);
    assert!(nothing_more(&socket), "more than one datagram came");
    bytes
}

fn nothing_more(socket: &UdpSocket) -> bool {
    socket.set_nonblocking(true).unwrap();
    socket.recv(&mut [0; 9]).is_err()
}

/// `recv-tuple` with these options, and a socket that sends to it.
fn receiver(sandbox: &Sandbox, options: &[&str]) -> (Child, UdpSocket) {
    let line = ["recv-tuple", "--json", "--listen", "udp://127.0.0.1:0"];
    let child = sandbox.netverb(line.iter().chain(options)).spawn();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(("127.0.0.1", child.port())).unwrap();
    (child, socket)
}

fn records(child: &mut Child) -> Vec<Value> {
    let ended = child.wait();
    ended.exits(0);
    ended.stdout.split_inclusive(|byte| *byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// It says why, and prints nothing.
fn ends_with_1(child: &mut Child, why: &str) {
    let ended = child.wait();
    ended.exits(1);
    assert_eq!(ended.stdout, b"");
    let errors: Vec<Value> = ended.events().into_iter().filter(|event| event["event"] == "error").collect();
    let [error] = errors.try_into().unwrap();
    assert!(error["message"].as_str().unwrap().starts_with(why), "{error}");
}

#[test]
fn b61_every_row_of_the_table_is_one_datagram_both_ways() {
    let sandbox = Sandbox::new();
    for (format, values, bytes) in rows() {
        assert_eq!(sent(&sandbox, &["--format", format], values), bytes, "{format}");
        let (mut child, socket) = receiver(&sandbox, &["--format", format]);
        socket.send(&bytes).unwrap();
        let [record] = records(&mut child).try_into().unwrap();
        let shown: Vec<String> = record["tuple"]
            .as_array()
            .unwrap()
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
            .collect();
        assert_eq!((shown, &record["format"]), (values.iter().map(|v| (*v).to_owned()).collect(), &json!(format)));
    }
}

#[test]
fn b61_of_several_formats_the_first_whose_size_fits_a_datagram_wins_and_is_named() {
    let sandbox = Sandbox::new();
    let formats = ["--format", "in", "--format", "sn2", "--format", "sn", "--format", "z8", "--count", "3"];
    let (mut child, socket) = receiver(&sandbox, &formats);
    for bytes in [&b"\xff\xfe"[..], b"\0\0\0\x01", b"abc"] {
        socket.send(bytes).unwrap();
    }
    let expected = [
        json!({"tuple": [-2], "types": ["i"], "format": "sn"}),
        json!({"tuple": [1], "types": ["i"], "format": "in"}),
        json!({"tuple": ["abc"], "types": ["s"], "format": "z8"}),
    ];
    assert_eq!(records(&mut child), expected);
    let (mut child, socket) = receiver(&sandbox, &formats);
    socket.send(b"more than eight").unwrap();
    ends_with_1(&mut child, "data does not match the format `in`, `sn2`, `sn`, `z8`: 15 bytes were received");
}

#[test]
fn b60_python_and_datagrams_of_every_encoding() {
    let sandbox = Sandbox::new();
    for (encoding, read, write) in [
        ("cbor", "cbor2.loads(data)", "cbor2.dumps(values)"),
        ("msgpack", "msgpack.unpackb(data)", "msgpack.packb(values)"),
        ("json", "json.loads(data)", "json.dumps(values).encode()"),
    ] {
        // Python answers each datagram with its own form of what it has read.
        let script = format!(
            "import cbor2, json, msgpack, socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
             s.bind(('127.0.0.1', 0))\nprint(s.getsockname()[1], flush=True)\n\
             data, _ = s.recvfrom(65535)\nvalues = {read}\nprint(repr(values), flush=True)\n\
             s.sendto({write}, ('127.0.0.1', int(input())))"
        );
        let mut python = sandbox.python(&script, [""; 0]).stdout(std::process::Stdio::piped()).spawn();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(python.take_stdout()));
        let id = format!("udp://127.0.0.1:{}", lines.next().unwrap().unwrap());
        let values = ["9223372036854775807", "-9223372036854775808", "-0.0", "", "gr\u{fc}n"];
        let line = ["send-tuple", "--encoding", encoding, &id, "--"];
        sandbox.netverb(line.iter().chain(&values)).run().exits(0);
        let read = lines.next().unwrap().unwrap();
        assert_eq!(read, "[9223372036854775807, -9223372036854775808, -0.0, '', 'gr\u{fc}n']", "{encoding}");
        let (mut child, _) = receiver(&sandbox, &["--encoding", encoding]);
        python.send(format!("{}\n", child.port()).as_bytes());
        let [record] = records(&mut child).try_into().unwrap();
        let expected = json!([i64::MAX, i64::MIN, -0.0, "", "gr\u{fc}n"]);
        assert_eq!((&record["tuple"], &record["format"]), (&expected, &json!(encoding)));
    }
}

#[test]
fn b60_each_record_of_the_input_is_a_datagram_and_the_empty_tuple_is_one() {
    let sandbox = Sandbox::new();
    let (mut child, socket) = receiver(&sandbox, &["--count", "400"]);
    let id = format!("udp://{}", socket.peer_addr().unwrap());
    let input: String = (0..399).map(|number| format!("{}\t{number}\n", "x".repeat(number % 7))).collect();
    sandbox.netverb(["send-tuple", "--input", "tsv", &id]).feed((input + "\n").as_bytes()).exits(0);
    let all = records(&mut child);
    for (number, record) in all.iter().take(399).enumerate() {
        assert_eq!(record["tuple"], json!(["x".repeat(number % 7), number]));
    }
    assert_eq!(all[399]["tuple"], json!([]));
}

#[test]
fn b62_a_datagram_that_is_no_tuple_is_1_or_left_out_of_all() {
    let sandbox = Sandbox::new();
    for bytes in [&b"nonsense"[..], b"", b"\x81", b"\x81\x05\x05"] {
        let (mut child, socket) = receiver(&sandbox, &[]);
        socket.send(bytes).unwrap();
        ends_with_1(&mut child, "received data is no tuple: ");
    }
    let (mut child, socket) = receiver(&sandbox, &["--count", "all"]);
    for bytes in [&b"\x81\x05"[..], b"nonsense", b"\x81\x06"] {
        socket.send(bytes).unwrap();
    }
    let lines = child.read_stdout(2 * "{\"tuple\":[5],\"types\":[\"i\"],\"format\":\"cbor\"}\n".len());
    assert!(lines.ends_with(b"{\"tuple\":[6],\"types\":[\"i\"],\"format\":\"cbor\"}\n"), "{}", lines.escape_ascii());
    let error = child.wait_event("error")["message"].as_str().unwrap().to_owned();
    assert!(error.contains("no tuple") && error.contains(&socket.local_addr().unwrap().to_string()), "{error}");
}

#[test]
fn b37_a_tuple_beyond_a_datagram_is_63_and_nothing_of_it_is_sent() {
    let sandbox = Sandbox::new();
    let (socket, id) = peer();
    // 65,507 bytes: a head of one byte, one of three for the text.
    let most = "x".repeat(65_503);
    sandbox.netverb(["send-tuple", &id, &most]).run().exits(0);
    assert_eq!(datagram(&socket).len(), 65_507);
    sandbox.netverb(["send-tuple", &id, &format!("{most}x")]).run().failed(63, &["65508", "65507", "udp"]);
    let input = format!("small\n{most}x\nbehind\n");
    let line = ["send-tuple", "--input", "lines", &id];
    sandbox.netverb(line).feed(input.as_bytes()).failed(63, &["65508"]);
    assert_eq!(datagram(&socket), b"\x81\x65small");
    assert!(nothing_more(&socket), "a part of it came");
}

#[test]
fn b40_nobody_receives_tuples_there() {
    let sandbox = Sandbox::new();
    let id = peer().1;
    sandbox.netverb(["send-tuple", &id, "1"]).run().failed(7, &["refused", &id["udp://".len()..]]);
}

#[test]
fn b62_no_datagram_in_time_is_28() {
    let sandbox = Sandbox::new();
    let line = ["recv-tuple", "--listen", "udp://127.0.0.1:0", "--port-file", "port", "-w", "0.2"];
    sandbox.netverb(line).run().failed(28, &["no tuple came in time"]);
}

#[test]
fn b60_unix_datagrams_carry_tuples() {
    let sandbox = Sandbox::new();
    let id = format!("unix:{}", sandbox.path("socket").display());
    let line = ["recv-tuple", "--json", "--datagram", "--listen", &id, "--count", "2"];
    let mut child = sandbox.netverb(line).spawn();
    child.wait_event("listening");
    sandbox.netverb(["send-tuple", "--datagram", "--input", "lines", &id]).feed(b"5\nfive\n").exits(0);
    let tuples: Vec<Value> = records(&mut child).into_iter().map(|record| record["tuple"].clone()).collect();
    assert_eq!(tuples, [json!([5]), json!(["five"])]);
}

#[test]
fn b43_a_group_gets_tuples() {
    let sandbox = Sandbox::new();
    let line = ["recv-tuple", "--json", "--listen", "udp://:0", "--join", "239.77.3.2%lo"];
    let mut child = sandbox.netverb(line).spawn();
    let id = format!("udp://239.77.3.2:{}", child.port());
    sandbox.netverb(["send-tuple", "--interface", "lo", &id, "7"]).run().exits(0);
    assert_eq!(records(&mut child)[0]["tuple"], json!([7]));
    let line = ["recv-tuple", "--listen", "127.0.0.1:0", "--join", "239.77.3.2"];
    sandbox.netverb(line).run().failed(2, &["--join", "udp://"]);
}
