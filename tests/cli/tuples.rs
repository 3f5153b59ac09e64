//! Promises 60 to 62: tuples, against Python's cbor2, msgpack, json and struct.

mod datagrams;
mod formats;
mod limits;
mod listening;
mod manual;
mod text;
mod values;

use crate::support::{Finished, Listener, Sandbox};

/// What `send-tuple` with these arguments after the ID, and this on stdin, sends.
fn sent_from(sandbox: &Sandbox, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let listener = Listener::tcp();
    let id = listener.id();
    let receiving = listener.serve(|mut peer| peer.read_to_end());
    let options = arguments.iter().take_while(|argument| **argument != "--");
    let values = arguments.iter().skip_while(|argument| **argument != "--");
    let line = ["send-tuple"].iter().chain(options).copied().chain([id.as_str()]).chain(values.copied());
    sandbox.netverb(line).feed(input).exits(0);
    receiving.join().unwrap()
}

/// What `send-tuple` sends of these arguments; options stand before `--`.
fn sent(sandbox: &Sandbox, arguments: &[&str]) -> Vec<u8> {
    sent_from(sandbox, arguments, b"")
}

/// What `recv-tuple` with these options does with a stream of these bytes.
fn received(sandbox: &Sandbox, options: &[&str], bytes: &[u8]) -> Finished {
    let listener = Listener::tcp();
    let id = listener.id();
    let bytes = bytes.to_vec();
    let sending = listener.serve(move |peer| {
        // A receiver that has enough, or too much, does not take the rest.
        let _ = std::io::Write::write_all(&mut peer.socket(), &bytes);
        let _ = peer.socket().shutdown(std::net::Shutdown::Write);
        let _ = std::io::copy(&mut peer.socket(), &mut std::io::sink());
    });
    let ended = sandbox.netverb(["recv-tuple", &id].iter().chain(options)).run();
    sending.join().unwrap();
    ended
}

/// What `recv-tuple` with these options, which it should refuse, says of them.
fn refused(sandbox: &Sandbox, options: &[&str]) -> Finished {
    sandbox.netverb(["recv-tuple", "127.0.0.1:1"].iter().chain(options)).run()
}

/// What a script of Python prints, given this on stdin.
fn python(sandbox: &Sandbox, script: &str, input: &[u8]) -> Vec<u8> {
    let ended = sandbox.python(script, [""; 0]).feed(input);
    ended.exits(0);
    ended.stdout
}
