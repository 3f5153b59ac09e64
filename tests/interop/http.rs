//! HTTP by hand: `open` against Python's web server, curl against `accept`, and both through a forward.

use crate::needs;
use crate::support::{Child, Sandbox, noise};

/// Python's web server in the directory of the sandbox, and its port.
fn web_server(sandbox: &Sandbox) -> (Child, u16) {
    needs("python3", "python3");
    let child = sandbox.shell("exec python3 -u -m http.server --bind 127.0.0.1 0 >&2").spawn();
    let line = child.wait_stderr("Serving HTTP on 127.0.0.1 port ");
    let port = line.split_whitespace().nth(5).expect("a port").parse().unwrap();
    (child, port)
}

fn curl(sandbox: &Sandbox, arguments: &str) -> Vec<u8> {
    needs("curl", "curl");
    let ended = sandbox.shell(&format!("exec curl --silent --show-error --fail --noproxy '*' {arguments}")).run();
    ended.exits(0);
    ended.stdout
}

#[test]
fn open_asks_a_web_server() {
    let sandbox = Sandbox::new();
    let body: Vec<u8> = (0..=255).chain(noise(1 << 20)).collect();
    sandbox.write("file", &body);
    let (_server, port) = web_server(&sandbox);
    let ended = sandbox.netverb(["open", "-C", &format!("127.0.0.1:{port}")]).feed(b"GET /file HTTP/1.0\n\n");
    ended.exits(0);
    let end_of_head = ended.stdout.windows(4).position(|four| four == b"\r\n\r\n").expect("an HTTP head") + 4;
    assert!(ended.stdout.starts_with(b"HTTP/1.0 200 OK\r\n"));
    assert!(ended.stdout[end_of_head..] == body, "{} bytes", ended.stdout.len() - end_of_head);
    // The first word in the form of two arguments.
    let ended = sandbox.netverb(["open", "127.0.0.1", &port.to_string(), "--crlf"]).feed(b"HEAD /none HTTP/1.0\n\n");
    ended.exits(0);
    assert!(ended.stdout.starts_with(b"HTTP/1.0 404 "));
}

#[test]
fn curl_gets_a_fixed_answer() {
    let sandbox = Sandbox::new();
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nanswer";
    let child = sandbox.netverb(["accept", "--json", "--respond", answer, "127.0.0.1:0", "unix:front"]).spawn();
    let port = child.port();
    child.wait_event("ready");
    for _ in 0..5 {
        assert_eq!(curl(&sandbox, &format!("http://127.0.0.1:{port}/")), b"answer");
        assert_eq!(curl(&sandbox, "--unix-socket front http://localhost/"), b"answer");
    }
    // An upload that nobody reads.
    sandbox.write("upload", noise(500_000));
    assert_eq!(curl(&sandbox, &format!("--data-binary @upload http://127.0.0.1:{port}/")), b"answer");
}

#[test]
fn curl_gets_the_answer_of_a_program_that_does_not_read_the_request() {
    let sandbox = Sandbox::new();
    let script = r"printf 'HTTP/1.0 200 OK\r\n\r\n'; head -c 1000000 /dev/zero";
    let child = sandbox.netverb(["accept", "--json", "-c", script, "127.0.0.1:0"]).spawn();
    let port = child.port();
    for _ in 0..3 {
        assert_eq!(curl(&sandbox, &format!("http://127.0.0.1:{port}/")).len(), 1_000_000);
    }
}

#[test]
fn curl_talks_to_a_web_server_through_forwards() {
    let sandbox = Sandbox::new();
    let body = noise(3 << 20);
    sandbox.write("file", &body);
    let (_server, port) = web_server(&sandbox);
    let inner = sandbox.netverb(["accept", "--json", "unix:inner", "--to", &format!("127.0.0.1:{port}")]).spawn();
    inner.wait_event("ready");
    let outer = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--to", "unix:inner"]).spawn();
    let port = outer.port();
    for _ in 0..3 {
        assert!(curl(&sandbox, &format!("http://127.0.0.1:{port}/file")) == body);
    }
    assert!(curl(&sandbox, "--unix-socket inner http://localhost/file") == body);
}

/// A page whose script asks for a part of a file, speaks over a WebSocket, and reports. The image that a program holds back keeps
/// the page loading until then.
#[test]
#[cfg(all(feature = "http", feature = "ws"))]
fn a_browser_loads_a_page_and_opens_a_websocket() {
    needs("chromium", "chromium");
    let sandbox = Sandbox::new();
    sandbox.write("data.txt", "0123456789");
    sandbox.write(
        "page.html",
        "<!DOCTYPE html><meta charset=utf-8><p id=out>waiting</p><img src='http://127.0.0.1:PORT/'><script src=code.js></script>",
    );
    sandbox.write(
        "code.js",
        "(async () => {
            const part = await fetch('/data.txt', {headers: {Range: 'bytes=2-4'}});
            const texts = [part.status, await part.text()];
            const socket = new WebSocket(`ws://${location.host}/any/path`);
            socket.onopen = () => socket.send('grüße');
            socket.onmessage = async (message) => {
                texts.push(message.data);
                document.getElementById('out').textContent = texts.join(' ');
                socket.close(4000, 'bye');
                await fetch('http://127.0.0.1:PORT/', {method: 'POST', mode: 'no-cors'});
            };
        })();",
    );
    // A POST lets go what a GET waits for.
    let script = "if [ $REQUEST_METHOD = POST ]; then touch done; fi
        until [ -e done ]; do sleep 0.05; done; echo Content-Type: text/plain; echo";
    let holding = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--http-exec", script]).spawn();
    for file in ["page.html", "code.js"] {
        let text = std::fs::read_to_string(sandbox.path(file)).unwrap();
        sandbox.write(file, text.replace("PORT", &holding.port().to_string()));
    }
    let server = sandbox.netverb(["accept", "--json", "127.0.0.1:0", "--ws", "--echo", "--http", "."]).spawn();
    let page = format!("http://127.0.0.1:{}/page.html", server.port());
    let profile = format!("--user-data-dir={}", sandbox.path("profile").display());
    let options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server", "--dump-dom", &profile, &page];
    let ended = sandbox.program("chromium", "chromium", options).run();
    let page = String::from_utf8(ended.stdout).unwrap();
    assert!(page.contains(">206 234 grüße</p>"), "{page}");
    // The close code that the page gave.
    server.wait_for_events("the end of the WebSocket", 1, |event| event["event"] == "closed" && event["code"] == 4000);
}
