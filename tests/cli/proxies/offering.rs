//! Promises 49 and 50 from the other side: `accept --proxy-server`, asked by curl and by the program itself.

use crate::support::{Child, Listener, Peer, Sandbox};

/// A web server that answers each request with `hello`.
fn web(sandbox: &Sandbox) -> (Child, u16) {
    let script = "while read line; do test \"$line\" = \"$(printf '\\r')\" && break; done; \
                  printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello'";
    let server = sandbox.netverb(["accept", "--json", "-k", "127.0.0.1:0", "-c", script]).spawn();
    let port = server.port();
    (server, port)
}

fn proxy(sandbox: &Sandbox, options: &[&str]) -> (Child, String) {
    let fixed = ["accept", "--json", "-k", "127.0.0.1:0", "--proxy-server"];
    let server = sandbox.netverb(fixed.iter().chain(options)).spawn();
    let address = format!("127.0.0.1:{}", server.port());
    (server, address)
}

#[test]
fn b49_curl_gets_through_an_http_proxy() {
    let sandbox = Sandbox::new();
    let (_web, port) = web(&sandbox);
    let (server, address) = proxy(&sandbox, &["http"]);
    let url = format!("http://127.0.0.1:{port}/path?query");
    for options in [&["-x"][..], &["-p", "-x"]] {
        let curl = ["-sS", &url].into_iter().chain(options.iter().copied()).chain([address.as_str()]);
        let ended = sandbox.program("curl", "curl", curl).run();
        ended.exits(0);
        assert_eq!(ended.stdout, b"hello");
    }
    assert_eq!(server.wait_events("accepted", 2).len(), 2);
    // A target that refuses is the proxy's 502.
    let closed = Listener::tcp().port();
    let write = ["-s", "-o", "/dev/null", "-w", "%{http_connect}", "-p", "-x", &address];
    let ended =
        sandbox.program("curl", "curl", write.iter().chain(&[format!("http://127.0.0.1:{closed}/").as_str()])).run();
    assert_eq!(ended.stdout, b"502", "{}", ended.stderr);
}

#[test]
fn b49_an_http_proxy_asks_for_its_user() {
    let sandbox = Sandbox::new();
    let (_web, port) = web(&sandbox);
    let (_server, address) = proxy(&sandbox, &["http", "--proxy-user", "me:secret"]);
    let url = format!("http://127.0.0.1:{port}/");
    let curl = |options: &[&str]| {
        let fixed = ["-s", "-p", "-w", "%{http_connect}", "-x", &address, &url];
        sandbox.program("curl", "curl", fixed.iter().chain(options)).run()
    };
    assert_eq!(curl(&[]).stdout, b"407");
    assert_eq!(curl(&["-U", "me:wrong"]).stdout, b"407");
    assert_eq!(curl(&["-U", "me:secret"]).stdout, b"hello200");
}

#[test]
fn b50_curl_gets_through_a_socks_proxy() {
    let sandbox = Sandbox::new();
    let (_web, port) = web(&sandbox);
    let (_server, address) = proxy(&sandbox, &["socks5"]);
    for (option, host) in [("--socks5", "127.0.0.1"), ("--socks5-hostname", "localhost")] {
        let url = format!("http://{host}:{port}/");
        let ended = sandbox.program("curl", "curl", ["-sS", option, &address, &url]).run();
        ended.exits(0);
        assert_eq!(ended.stdout, b"hello");
    }
    let (_server, address) = proxy(&sandbox, &["socks5", "--proxy-user", "me:secret"]);
    let url = format!("http://127.0.0.1:{port}/");
    let curl = |user: &str| sandbox.program("curl", "curl", ["-sS", "--socks5", &address, "-U", user, &url]).run();
    assert_eq!(curl("me:secret").stdout, b"hello");
    curl("me:wrong").exits(97);
}

#[test]
fn b50_the_program_gets_through_a_chain_of_its_own_proxies() {
    let sandbox = Sandbox::new();
    let (_http, first) = proxy(&sandbox, &["http", "--proxy-user", "me:secret"]);
    let (_socks, second) = proxy(&sandbox, &["socks5", "--proxy-user", "you:too"]);
    let echo = sandbox.netverb(["accept", "--json", "-k", "127.0.0.1:0", "--echo"]).spawn();
    let to = format!("localhost:{}", echo.port());
    let (first, second) = (format!("http://me:secret@{first}"), format!("socks5h://you:too@{second}"));
    let data = crate::support::noise(1 << 20);
    let ended = sandbox.netverb(["open", "--proxy", &first, "--proxy", &second, &to]).feed(&data);
    ended.exits(0);
    assert!(ended.stdout == data, "{} of {} bytes", ended.stdout.len(), data.len());
    let closed = format!("127.0.0.1:{}", Listener::tcp().port());
    sandbox.netverb(["open", "--proxy", &first, &closed]).run().failed(97, &["502"]);
    sandbox.netverb(["open", "--proxy", &second, &closed]).run().failed(97, &["refused"]);
}

#[test]
fn a_client_that_leaves_before_it_has_said_where_to_is_not_refused() {
    let sandbox = Sandbox::new();
    for (kind, said, status) in
        [("socks5", &b"\x05"[..], 52), ("http", b"CONNECT h:1 HT", 52), ("socks5", b"\x04\x01", 97)]
    {
        let mut child = sandbox.netverb(["accept", "127.0.0.1:0", "--proxy-server", kind, "--once", "--json"]).spawn();
        let mut client = Peer::connect(child.port());
        client.send(said);
        client.end();
        child.wait().exits(status);
    }
}
