//! WebSockets: the program against Python's `websockets` as server and as client, curl, and a browser.

use crate::needs;
use crate::support::{Child, Finished, Sandbox};

/// A server whose handler is this body of a function of `ws`; the path and the sub-protocol are those that the client asks for.
fn server(sandbox: &Sandbox, options: &str, handler: &str) -> (Child, u16) {
    needs("python3", "python3");
    let handler: String = handler.lines().map(|line| format!("    {line}\n")).collect();
    let script = format!(
        r#"
import asyncio, ssl, sys
from websockets.asyncio.server import serve, unix_serve
async def handle(ws):
{handler}
async def main():
    async with serve(handle, "127.0.0.1", 0, max_size=1 << 26, compression="deflate"{options}) as server:
        print("port", server.sockets[0].getsockname()[1], file=sys.stderr, flush=True)
        await asyncio.get_running_loop().create_future()
asyncio.run(main())
"#
    );
    let child = sandbox.python(&script, [""; 0]).spawn();
    let line = child.wait_stderr("port ");
    let port = line.split_whitespace().nth(1).expect("a port").parse().unwrap();
    (child, port)
}

/// A client of this port whose work is this body of a function of `ws`.
fn client(sandbox: &Sandbox, to: &str, options: &str, work: &str) -> Finished {
    needs("python3", "python3");
    let work: String = work.lines().map(|line| format!("        {line}\n")).collect();
    let script = format!(
        r#"
import asyncio, os, ssl
from websockets.asyncio.client import connect, unix_connect
from websockets.exceptions import ConnectionClosed
async def main():
    async with {to}, max_size=1 << 26{options}) as ws:
{work}
asyncio.run(main())
"#
    );
    sandbox.python(&script, [""; 0]).run()
}

fn accept(sandbox: &Sandbox, options: &[&str]) -> (Child, u16) {
    let child = sandbox.netverb(["accept", "--ws", "--json", "127.0.0.1:0"].iter().chain(options)).spawn();
    let port = child.port();
    (child, port)
}

const ECHO: &str = "async for message in ws:\n    await ws.send(message)";

#[test]
fn b65_python_echoes_every_size() {
    let sandbox = Sandbox::new();
    let (_server, port) = server(&sandbox, "", ECHO);
    let url = format!("ws://127.0.0.1:{port}/");
    for size in [0, 1, 125, 126, 65_535, 65_536, 16 << 20] {
        let message = crate::support::noise(size);
        let framed = [&(size as u32).to_be_bytes()[..], &message].concat();
        let ended = sandbox.netverb(["open", &url, "--split", "length", "--count", "1"]).feed(&framed);
        ended.exits(0);
        assert!(ended.stdout == framed, "{size} bytes: {} came back", ended.stdout.len());
    }
    let ended = sandbox.netverb(["open", &url]).feed("eins\nzwei ü\n\n".as_bytes());
    ended.exits(0);
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "eins\nzwei ü\n\n");
}

#[test]
fn b65_python_sends_fragments_pings_and_both_kinds() {
    let sandbox = Sandbox::new();
    let handler = r#"
async def pieces():
    yield "frag"
    await (await ws.ping())
    yield "ment"
    yield "ü"
await ws.send(pieces())
await ws.send(b"\x00\xff")
kind = type(await ws.recv()).__name__, type(await ws.recv()).__name__
await ws.send(" ".join(kind))
await ws.close(1000, "that is all")"#;
    let (_server, port) = server(&sandbox, "", handler);
    let ended = sandbox.netverb(["open", &format!("ws://127.0.0.1:{port}/"), "-v"]).feed(b"text\n\xff\n");
    ended.exits(0);
    assert_eq!(ended.stdout, [&b"fragment\xc3\xbc\n"[..], b"\0\xff\n", b"str bytes\n"].concat());
    assert!(ended.stderr.contains("closed with 1000 (that is all)"), "{}", ended.stderr);
}

#[test]
fn b65_python_gets_headers_and_a_sub_protocol_and_refuses() {
    let sandbox = Sandbox::new();
    let handler = r#"
head = ws.request.headers
await ws.send(f"{ws.request.path} {ws.subprotocol} {head['Origin']} {head['X-Why']}")
await ws.close(4004, "seen")"#;
    let (_server, port) = server(&sandbox, ", subprotocols=['v2', 'v1'], origins=['https://a.example']", handler);
    let url = format!("ws://127.0.0.1:{port}/path?query");
    let words = ["open", &url, "--subprotocol", "v1", "-H", "Origin: https://a.example", "-H", "X-Why: because"];
    let ended = sandbox.netverb(words).run();
    ended.failed_after_data(56, &["the peer closed with 4004 (seen)"]);
    assert_eq!(ended.stdout, b"/path?query v1 https://a.example because\n");
    let words = ["open", &url, "--subprotocol", "v1", "-H", "Origin: https://other.example"];
    let ended = sandbox.netverb(words).run();
    ended.exits(7);
    assert!(ended.stderr.contains("HTTP/1.1 403 Forbidden"), "{}", ended.stderr);
}

#[test]
fn b65_python_is_a_client_of_every_service() {
    let sandbox = Sandbox::new();
    let (child, port) = accept(&sandbox, &["--echo", "--subprotocol", "chat"]);
    let work = r#"
for message in "text", b"bytes", "", b"", "ü" * 70000, os.urandom(16 << 20), "x" * 125, "y" * 126:
    await ws.send(message)
    assert await ws.recv() == message, len(message)
await ws.send(["frag", "ment", "ed"])
assert await ws.recv() == "fragmented"
await (await ws.ping(b"payload"))
assert ws.subprotocol == "chat", ws.subprotocol
await ws.close(4321, "reason")
assert (ws.close_code, ws.close_reason) == (4321, "reason"), ws.close_code"#;
    let to = format!("connect('ws://127.0.0.1:{port}/', subprotocols=['x', 'chat']");
    client(&sandbox, &to, "", work).exits(0);
    assert_eq!(child.wait_event("closed")["code"], 4321);
    let (_child, port) = accept(&sandbox, &["-c", "echo \"$NETVERB_RESOURCE $NETVERB_HEADER_USER_AGENT\"; exec cat"]);
    let work = r#"
assert await ws.recv() == "/a?b agent"
await ws.send("line")
assert await ws.recv() == "line""#;
    let to = format!("connect('ws://127.0.0.1:{port}/a?b'");
    client(&sandbox, &to, ", user_agent_header='agent'", work).exits(0);
    let (child, port) = accept(&sandbox, &["--echo", "--max-bytes", "1000"]);
    let work = r#"
await ws.send("x" * 1001)
try:
    await ws.recv()
except ConnectionClosed as closed:
    assert closed.rcvd.code == 1009, closed"#;
    client(&sandbox, &format!("connect('ws://127.0.0.1:{port}/'"), "", work).exits(0);
    drop(child);
    // Over a Unix socket.
    let child = sandbox.netverb(["accept", "--ws", "--json", "--respond", "yes", "unix:front"]).spawn();
    child.wait_event("ready");
    let work = "await ws.send('?')\nassert await ws.recv() == 'yes'";
    let to = format!("unix_connect({:?}", sandbox.path("front"));
    client(&sandbox, &to, "", work).exits(0);
}

#[cfg(feature = "tls")]
#[test]
fn b65_python_over_tls() {
    let sandbox = Sandbox::new();
    needs("openssl", "openssl");
    let words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";
    sandbox.shell(words).run().exits(0);
    let setting = "await ws.send(ws.request.headers['Host'])\nawait ws.recv()";
    let options =
        ", ssl=(lambda c: (c.load_cert_chain('cert.pem', 'key.pem'), c)[1])(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))";
    let (_server, port) = server(&sandbox, options, setting);
    let url = format!("wss://localhost:{port}/x");
    let ended = sandbox.netverb(["open", "-4", &url, "--ca", "cert.pem", "--count", "1", "--json", "-q", "none"]).run();
    ended.exits(0);
    assert!(String::from_utf8_lossy(&ended.stdout).contains(&format!("\"text\":\"localhost:{port}\"")));
    assert!(
        ended.stderr.contains("\"transport\":\"wss\"") && ended.stderr.contains("tls-established"),
        "{}",
        ended.stderr
    );
    // Not verified: not a byte of the handshake leaves.
    sandbox.netverb(["open", "-4", &url]).run().failed(60, &["self-signed"]);
    let (_child, port) = accept(&sandbox, &["--echo", "--secure", "--cert", "cert.pem", "--key", "key.pem"]);
    let work = "await ws.send('over tls')\nassert await ws.recv() == 'over tls'";
    let options = ", ssl=ssl.create_default_context(cafile='cert.pem')";
    client(&sandbox, &format!("connect('wss://localhost:{port}/'"), options, work).exits(0);
}

#[test]
fn b65_curl_shakes_hands() {
    needs("curl", "curl");
    let sandbox = Sandbox::new();
    let (_child, port) = accept(&sandbox, &["-e", "echo hello"]);
    let headers = "-H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
        -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='";
    let words = format!("exec curl -s -i --http1.1 --max-time 10 --noproxy '*' {headers} http://127.0.0.1:{port}/");
    let ended = sandbox.shell(&words).run();
    let answer = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{answer}");
    // The key and its answer are those of RFC 6455 section 1.3.
    assert!(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
    assert!(ended.stdout.windows(7).any(|frame| frame == b"\x81\x05hello"), "{answer}");
    let ended = sandbox
        .shell(&format!("curl -s -o /dev/null -w '%{{http_code}}' --noproxy '*' http://127.0.0.1:{port}/"))
        .run();
    assert_eq!(ended.stdout, b"426");
}

#[test]
fn b65_a_browser_talks_to_a_program() {
    let browser = "/usr/bin/chromium";
    assert!(std::path::Path::new(browser).exists(), "chromium is missing; install the Debian package chromium");
    let sandbox = Sandbox::new();
    let options = ["accept", "--ws", "--port-file", "port", "--subprotocol", "lines", "127.0.0.1:0"];
    let mut child = sandbox.netverb(options).spawn();
    let port = crate::support::wait_until("the port", || std::fs::read_to_string(sandbox.path("port")).ok());
    let page = format!(
        r#"<script>
        const ws = new WebSocket("ws://127.0.0.1:{}/page", ["other", "lines"]);
        ws.binaryType = "arraybuffer";
        ws.onopen = () => {{ ws.send("ü " + ws.protocol); ws.send(new Uint8Array([65, 0, 255])); }};
        ws.onmessage = (event) => {{
            if (event.data === "close") ws.close(3001, "enough");
            else ws.send(typeof event.data + " " + (event.data.length ?? event.data.byteLength));
        }};
        </script>"#,
        port.trim()
    );
    sandbox.write("page.html", page);
    let words = format!(
        "exec {browser} --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir=profile \
         --remote-debugging-port=0 file://$PWD/page.html"
    );
    let _browser = sandbox.shell(&words).spawn();
    assert_eq!(child.read_stdout(13), [&b"\xc3\xbc lines\n"[..], b"A\0\xff\n"].concat());
    child.send(b"text \xc3\xbc\n\xff\xfe\n");
    assert_eq!(child.read_stdout(18), b"string 6\nobject 2\n");
    child.send(b"close\n");
    child.wait().failed_after_data(56, &["closed with 3001 (enough)"]);
}
