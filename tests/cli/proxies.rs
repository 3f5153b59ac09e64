//! Promises 49 to 51: proxies asked, proxies offered, and the PROXY protocol.

mod asking;
mod offering;
mod proxy_protocol;

use crate::support::{Finished, Listener, Peer, Sandbox};

/// What one side of a hand-made proxy's talk is: how much it reads, and what it says to that.
enum Turn {
    /// Reads an HTTP head.
    Head,
    /// Reads this many bytes.
    Read(usize),
    /// Reads to this byte.
    To(u8),
    /// Says this at once.
    Say(Vec<u8>),
    /// Says this byte by byte.
    Slowly(Vec<u8>),
}

fn say(bytes: &[u8]) -> Turn {
    Turn::Say(bytes.to_vec())
}

fn read_to(peer: &mut Peer, end: &[u8]) -> Vec<u8> {
    let mut read = Vec::new();
    while !read.ends_with(end) {
        read.extend(peer.read(1));
    }
    read
}

/// Runs `open` with these arguments, where `PROXY` stands for the address of a proxy that talks like this and, when it was
/// let to the end of its turns, says `from the target` and takes what the client sends. Returned are what `open` did, what
/// the proxy was told, and what came through the tunnel.
fn through(sandbox: &Sandbox, arguments: &[&str], turns: Vec<Turn>) -> (Finished, Vec<u8>, Vec<u8>) {
    let run = |listener: &Listener| {
        let arguments: Vec<String> = arguments.iter().map(|text| text.replace("PROXY", &listener.id())).collect();
        sandbox.netverb(["open".to_owned()].into_iter().chain(arguments)).feed(b"to the target")
    };
    talk(run, turns)
}

fn talk(run: impl FnOnce(&Listener) -> Finished, turns: Vec<Turn>) -> (Finished, Vec<u8>, Vec<u8>) {
    let listener = std::sync::Arc::new(Listener::tcp());
    let proxy = std::thread::spawn({
        let listener = listener.clone();
        move || {
            let mut peer = listener.accept();
            let mut told = Vec::new();
            for turn in turns {
                match turn {
                    Turn::Head => told.extend(read_to(&mut peer, b"\r\n\r\n")),
                    Turn::Read(length) => told.extend(peer.read(length)),
                    Turn::To(byte) => told.extend(read_to(&mut peer, &[byte])),
                    Turn::Say(bytes) => peer.send(&bytes),
                    Turn::Slowly(bytes) => peer.send_slowly(&bytes),
                }
            }
            // A client that gives up may reset the connection.
            let _ = std::io::Write::write_all(&mut peer.socket(), b"from the target");
            let _ = peer.socket().shutdown(std::net::Shutdown::Write);
            let mut tunnel = Vec::new();
            let _ = std::io::Read::read_to_end(&mut peer.socket(), &mut tunnel);
            (told, tunnel)
        }
    });
    let ended = run(&listener);
    let (told, tunnel) = proxy.join().unwrap();
    (ended, told, tunnel)
}

/// The same, where the connection is closed after the turns.
fn cut(sandbox: &Sandbox, arguments: &[&str], mut turns: Vec<Turn>, answer: &[u8]) -> Finished {
    let listener = Listener::tcp();
    let arguments: Vec<String> = arguments.iter().map(|text| text.replace("PROXY", &listener.id())).collect();
    turns.push(say(answer));
    let proxy = listener.serve(move |mut peer| {
        for turn in turns {
            match turn {
                Turn::Head => drop(read_to(&mut peer, b"\r\n\r\n")),
                Turn::Read(length) => drop(peer.read(length)),
                Turn::To(byte) => drop(read_to(&mut peer, &[byte])),
                Turn::Say(bytes) | Turn::Slowly(bytes) => {
                    let _ = std::io::Write::write_all(&mut peer.socket(), &bytes);
                }
            }
        }
        let _ = peer.socket().shutdown(std::net::Shutdown::Write);
        let _ = std::io::copy(&mut peer.socket(), &mut std::io::sink());
    });
    let ended = sandbox.netverb(["open".to_owned()].into_iter().chain(arguments)).feed(b"secret");
    proxy.join().unwrap();
    ended
}
