//! Peers that misbehave on purpose, seen by their peers.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use crate::support::{Child, Listener, Peer, Sandbox, noise};

fn accept(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    sandbox.netverb(["accept", "--json", "127.0.0.1:0"].iter().chain(arguments)).spawn()
}

/// What each read gives, and how long after the one before it, until so much has come.
fn reads(peer: &mut Peer, length: usize) -> Vec<(Duration, Vec<u8>)> {
    let (mut heard, mut count, mut last) = (Vec::new(), 0, Instant::now());
    while count < length {
        let some = peer.read_some(length);
        assert!(!some.is_empty(), "the end came after {count} of {length} bytes");
        count += some.len();
        heard.push((last.elapsed(), some));
        last = Instant::now();
    }
    heard
}

#[test]
fn b77_latency_delays_each_chunk_and_not_the_stream() {
    let sandbox = Sandbox::new();
    let latency = Duration::from_millis(300);
    for arguments in [&["--echo", "--latency", "300ms"][..], &["-c", "cat", "--latency", "0.3"]] {
        let child = accept(&sandbox, arguments);
        let mut peer = Peer::connect(child.port());
        let begun = Instant::now();
        let mut sent = Vec::new();
        for byte in b'a'..=b'e' {
            sent.push(begun.elapsed());
            peer.send(&[byte]);
            // Time is the behaviour: each is a chunk of its own, and the pauses between them stay.
            std::thread::sleep(Duration::from_millis(40));
        }
        for (byte, sent) in (b'a'..=b'e').zip(sent) {
            assert_eq!(peer.read(1), [byte]);
            let took = begun.elapsed() - sent;
            // One after the other, the last would take five times as long.
            assert!(took >= latency && took < latency * 4, "{took:?} for {byte}");
        }
        peer.end();
        assert_eq!(peer.read_to_end(), b"");
    }
}

#[test]
fn b77_a_forward_is_late_in_both_directions() {
    let sandbox = Sandbox::new();
    let target = Listener::tcp();
    let child = accept(&sandbox, &["--to", &target.id(), "--latency", "200ms"]);
    let mut client = Peer::connect(child.port());
    let mut target = target.accept();
    let begun = Instant::now();
    client.send(b"question");
    assert_eq!(target.read(8), b"question");
    assert!(begun.elapsed() >= Duration::from_millis(200));
    target.send(b"answer");
    assert_eq!(client.read(6), b"answer");
    assert!(begun.elapsed() >= Duration::from_millis(400));
    drop(target);
    assert_eq!(client.read_to_end(), b"");
}

#[test]
fn b77_slices_arrive_one_by_one_and_whole() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let run = sandbox.netverb(["open", "--slice", "7", &listener.id()]);
    // A slice a millisecond: enough of them for a reader that now and then comes late.
    let data = noise(2000);
    sandbox.write("data", &data);
    let mut child = run.stdin(std::fs::File::open(sandbox.path("data")).unwrap()).spawn();
    let mut peer = listener.accept();
    let heard = reads(&mut peer, data.len());
    assert_eq!(heard.iter().flat_map(|(_, bytes)| bytes.clone()).collect::<Vec<_>>(), data);
    // A reader that comes late may find several; never is a slice larger than it was cut.
    assert!(
        heard.len() > 5 && heard.iter().all(|(_, bytes)| bytes.len() % 7 == 0 || bytes.len() % 7 == 2000 % 7),
        "{heard:?}"
    );
    drop(peer);
    child.wait().exits(0);
}

#[test]
fn b77_a_stall_delivers_so_much_and_leaves_the_connection_open() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--echo", "--stall-after", "10"]);
    let mut peer = Peer::connect(child.port());
    peer.send(&noise(1000));
    assert_eq!(peer.read(10), noise(1000)[..10]);
    // Another client has its own ten bytes; when it has them, what the first one sent has been read, too.
    let mut other = Peer::connect(child.port());
    other.send(b"0123456789");
    assert_eq!(other.read(10), b"0123456789");
    assert_eq!(peer.poll_read().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn b77_a_stalled_stream_is_ended_by_the_time_limits() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let mut child = sandbox.netverb(["open", "--stall-after", "3", "--idle-timeout", "300ms", &listener.id()]).spawn();
    let mut peer = listener.accept();
    child.feed(b"abcdef".to_vec());
    assert_eq!(peer.read(3), b"abc");
    child.wait().failed(28, &["timed out", "idle for 300ms"]);
}

#[test]
fn b77_a_reset_comes_after_exactly_so_many_bytes() {
    let sandbox = Sandbox::new();
    let data = noise(100_000);
    for size in [0, 1, 4096, 70_001] {
        let listener = Listener::tcp();
        let size_word = size.to_string();
        let mut child = sandbox.netverb(["open", "--reset-after", &size_word, &listener.id()]).spawn();
        let mut peer = listener.accept();
        child.feed(data.clone());
        assert_eq!(peer.read(size), data[..size]);
        assert_eq!(peer.read_error(), ErrorKind::ConnectionReset);
        child.wait().failed(56, &[&format!("reset after {size} bytes"), "--reset-after"]);
    }
    // What is over before is not reset.
    let listener = Listener::tcp();
    let mut child = sandbox.netverb(["open", "--reset-after", "7", &listener.id()]).spawn();
    let mut peer = listener.accept();
    child.feed(b"123456".to_vec());
    assert_eq!(peer.read_to_end(), b"123456");
    drop(peer);
    child.wait().exits(0);
}

#[test]
fn b77_a_listener_resets_each_client_and_goes_on() {
    let sandbox = Sandbox::new();
    let child = accept(&sandbox, &["--echo", "--reset-after", "5"]);
    for _ in 0..3 {
        // Who is reset at once may find even its connect(2) failed.
        let mut peer = Peer::connect(child.port());
        peer.send(b"hello, world");
        assert_eq!(peer.read(5), b"hello");
        assert_eq!(peer.read_error(), ErrorKind::ConnectionReset);
    }
    for closed in child.wait_events("closed", 3) {
        assert_eq!(closed["bytes_out"], 5);
        assert!(closed["reason"].as_str().unwrap().contains("reset after 5 bytes"), "{closed}");
    }
}

/// The seed decides how late each chunk is; the differences between chunks show it.
#[test]
fn b77_jitter_keeps_the_order_and_is_repeated_by_its_seed() {
    let sandbox = Sandbox::new();
    let children = ["1", "1", "2"].map(|seed| accept(&sandbox, &["--echo", "--jitter", "1200ms", "--seed", seed]));
    let delays = |port: u16| -> Vec<Duration> {
        let mut peer = Peer::connect(port);
        let mut delays = Vec::new();
        for byte in b'a'..b'f' {
            let begun = Instant::now();
            peer.send(&[byte]);
            assert_eq!(peer.read(1), [byte]);
            delays.push(begun.elapsed());
        }
        delays
    };
    let [first, again, other] = children
        .map(|child| {
            let port = child.port();
            (std::thread::spawn(move || delays(port)), child)
        })
        .map(|(delays, _child)| delays.join().unwrap());
    // A busy machine adds to what is drawn.
    let slack = Duration::from_millis(250);
    let near = |a: &[Duration], b: &[Duration]| a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) < slack);
    let (least, most) = (first.iter().min().unwrap(), first.iter().max().unwrap());
    assert!(most.abs_diff(*least) > slack, "{first:?}");
    assert!(near(&first, &again), "{first:?} {again:?}");
    assert!(!near(&first, &other), "{first:?} {other:?}");
}

#[test]
fn b77_a_drawn_seed_is_told() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let child = sandbox.netverb(["open", "-v", "--jitter", "1ms", &listener.id()]).spawn();
    let _peer = listener.accept();
    let line = child.wait_stderr("--seed ");
    line.trim().rsplit(' ').next().unwrap().parse::<u64>().unwrap();
}

#[test]
fn b77_misbehaviour_that_makes_no_sense_is_refused() {
    let sandbox = Sandbox::new();
    // It is refused before anybody is connected to.
    let id = format!("unix:{}", sandbox.path("absent").display());
    let table: [(&[&str], i32, &str); 7] = [
        (&["--drop", "0.5"], 2, "--stall-after"),
        (&["--drop", "1.5"], 2, "from 0 (never) to 1 (always)"),
        (&["--seed", "1"], 2, "add --jitter"),
        (&["--slice", "0"], 2, "--stall-after 0"),
        (&["--latency", "infinite"], 2, "--stall-after 0"),
        (&["--name", "x", "--latency", "1"], 2, "--foreground"),
        (&["-z", "--slice", "1"], 2, "-z"),
    ];
    for (arguments, status, remedy) in table {
        sandbox.netverb(["open", &id].iter().chain(arguments)).run().failed(status, &[remedy]);
    }
    let packets = format!("seqpacket:{}", sandbox.path("absent").display());
    sandbox.netverb(["open", "--latency", "1s", &packets]).run().failed(4, &["need a stream"]);
}

#[cfg(feature = "tls")]
#[test]
fn b77_what_is_said_inside_tls_is_cut_and_reset_too() {
    let sandbox = Sandbox::new();
    let arguments = [
        "accept",
        "--json",
        "--secure",
        "--self-signed",
        "127.0.0.1:0",
        "--echo",
        "--slice",
        "3",
        "--reset-after",
        "8",
    ];
    let child = sandbox.netverb(arguments).spawn();
    let to = format!("127.0.0.1:{}", child.port());
    let mut client = sandbox.netverb(["open", "--secure", "--no-verify", &to]).spawn();
    client.send(b"hello, world");
    assert_eq!(client.read_stdout(8), b"hello, w");
    client.wait().failed_after_data(56, &["lost"]);
}
