//! `--http DIR`: files, parts of files, listings, and nothing beside them.

use std::os::unix::fs::symlink;

use super::{Answer, accept, curl, run_curl, talk};
use crate::support::{Child, Sandbox, noise};

/// A server of a directory with files, beside a secret.
fn serve(sandbox: &Sandbox) -> (Child, u16) {
    for directory in ["web", "web/sub", "web/list", "web/.git", "web/.well-known"] {
        std::fs::create_dir(sandbox.path(directory)).unwrap();
    }
    sandbox.write("secret", "secret");
    sandbox.write("web/page.html", "<p>page");
    sandbox.write("web/text.txt", "0123456789");
    sandbox.write("web/a b&ü.txt", "odd name");
    sandbox.write("web/sub/index.html", "index");
    sandbox.write("web/list/a:b", "x");
    sandbox.write("web/.env", "secret");
    sandbox.write("web/.git/config", "secret");
    sandbox.write("web/.well-known/x", "known");
    accept(sandbox, ["--http", "web"])
}

#[test]
fn files_have_types_and_lengths() {
    let sandbox = Sandbox::new();
    let (_child, port) = serve(&sandbox);
    for (target, kind, body) in [
        ("/page.html", "text/html; charset=utf-8", "<p>page"),
        ("/text.txt?query=1", "text/plain; charset=utf-8", "0123456789"),
        ("/a%20b%26%C3%BC.txt", "text/plain; charset=utf-8", "odd name"),
        ("/sub/", "text/html; charset=utf-8", "index"),
        ("//sub//index.html", "text/html; charset=utf-8", "index"),
        ("/list/a:b", "application/octet-stream", "x"),
        ("/.well-known/x", "application/octet-stream", "known"),
    ] {
        let answer = curl(&sandbox, port, target, &[]);
        assert_eq!(
            (answer.status, answer.header("content-type"), answer.text().as_str()),
            (200, kind, body),
            "{target}"
        );
        assert_eq!(answer.header("content-length"), body.len().to_string());
        assert!(answer.header("date").ends_with(" GMT") && answer.header("last-modified").ends_with(" GMT"));
        let head = curl(&sandbox, port, target, &["--head"]);
        assert_eq!((head.status, head.body.len()), (200, 0));
        for name in ["content-type", "content-length", "etag", "accept-ranges"] {
            assert_eq!(head.header(name), answer.header(name), "{target}");
        }
    }
}

#[test]
fn b01_a_large_file_arrives_whole() {
    let sandbox = Sandbox::new();
    let (child, port) = serve(&sandbox);
    let content = noise(40 << 20);
    sandbox.write("web/large", &content);
    for options in [&[][..], &["--http1.0"]] {
        assert!(curl(&sandbox, port, "/large", options).body == content);
    }
    assert!(child.facts().peak_memory() < 64 << 20, "{}", child.facts().peak_memory());
}

#[test]
fn parts_of_a_file() {
    let sandbox = Sandbox::new();
    let (_child, port) = serve(&sandbox);
    let get = |range: &str| curl(&sandbox, port, "/text.txt", &["--header", &format!("Range: {range}")]);
    for (range, content_range, body) in [
        ("bytes=2-4", "bytes 2-4/10", "234"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-2", "bytes 8-9/10", "89"),
        ("bytes=-200", "bytes 0-9/10", "0123456789"),
        ("bytes=8-100", "bytes 8-9/10", "89"),
        // Of several, those that the file has.
        ("bytes=1-2,50-60", "bytes 1-2/10", "12"),
    ] {
        let answer = get(range);
        assert_eq!((answer.status, answer.header("content-range"), answer.text().as_str()), (206, content_range, body));
    }
    // Another unit, and what is no range, mean nothing (RFC 9110 section 14.2).
    for range in ["lines=1-2", "bytes=x", "bytes=5-2", "bytes=0-1,x"] {
        let answer = get(range);
        assert_eq!((answer.status, answer.body.len()), (200, 10), "{range}");
    }
    for range in ["bytes=10-", "bytes=50-60,70-80", "bytes=-0"] {
        let answer = get(range);
        assert_eq!((answer.status, answer.header("content-range")), (416, "bytes */10"), "{range}");
    }
    sandbox.write("web/nothing", "");
    let answer = curl(&sandbox, port, "/nothing", &["--header", "Range: bytes=0-"]);
    assert_eq!((answer.status, answer.header("content-range")), (416, "bytes */0"));
    let answer = get("bytes=0-0, 3-5,-1");
    assert_eq!(answer.status, 206);
    let boundary = answer.header("content-type").strip_prefix("multipart/byteranges; boundary=").unwrap();
    let part = |range: &str, text: &str| {
        let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ";
        format!("\r\n--{boundary}\r\n{head}{range}/10\r\n\r\n{text}")
    };
    let expected = [part("0-0", "0"), part("3-5", "345"), part("9-9", "9"), format!("\r\n--{boundary}--\r\n")].concat();
    assert_eq!(answer.text(), expected);
    assert_eq!(answer.header("content-length"), expected.len().to_string());
    // More than anybody needs: the whole file, once.
    let many = vec!["0-9"; 1000].join(",");
    assert_eq!(get(&format!("bytes={many}")).body.len(), 10);
}

#[test]
fn a_part_of_another_version_is_not_given() {
    let sandbox = Sandbox::new();
    let (_child, port) = serve(&sandbox);
    let now = curl(&sandbox, port, "/text.txt", &[]);
    for (version, range, status, length) in [
        (now.header("etag"), "0-1", 206, 2),
        (now.header("last-modified"), "0-1", 206, 2),
        ("\"other\"", "0-1", 200, 10),
        ("\"other\"", "50-", 200, 10),
        ("\"other\"", "0-1,3-4", 200, 10),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "0-1", 200, 10),
    ] {
        let options = ["--header", &format!("If-Range: {version}"), "--range", range];
        let answer = curl(&sandbox, port, "/text.txt", &options);
        assert_eq!((answer.status, answer.body.len()), (status, length), "{version} {range}");
    }
    let several = ["--header", &format!("If-Range: {}", now.header("etag")), "--range", "0-1,3-4"];
    assert_eq!(curl(&sandbox, port, "/text.txt", &several).status, 206);
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let sandbox = Sandbox::new();
    let (_child, port) = serve(&sandbox);
    let now = curl(&sandbox, port, "/text.txt", &[]);
    let (tag, date) = (now.header("etag"), now.header("last-modified"));
    for (header, status) in [
        (format!("If-None-Match: {tag}"), 304),
        (format!("If-None-Match: \"other\", W/{tag}"), 304),
        ("If-None-Match: \"other\"".to_owned(), 200),
        (format!("If-Modified-Since: {date}"), 304),
        ("If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT".to_owned(), 200),
        (format!("If-Match: {tag}"), 200),
        ("If-Match: \"other\"".to_owned(), 412),
    ] {
        let answer = curl(&sandbox, port, "/text.txt", &["--header", &header]);
        assert_eq!(answer.status, status, "{header}");
        assert!(status != 304 || answer.body.is_empty());
    }
}

#[test]
fn a_directory_has_an_index_or_a_listing() {
    let sandbox = Sandbox::new();
    let (_child, port) = serve(&sandbox);
    symlink("../secret", sandbox.path("web/out")).unwrap();
    let redirect = curl(&sandbox, port, "/list?x", &[]);
    assert_eq!((redirect.status, redirect.header("location")), (307, "/list/?x"));
    // Not to another host.
    std::fs::create_dir_all(sandbox.path("web/evil.example")).unwrap();
    let redirect = curl(&sandbox, port, "//evil.example", &[]);
    assert_eq!((redirect.status, redirect.header("location")), (307, "/evil.example/"));
    let page = curl(&sandbox, port, "/", &[]);
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let text = page.text();
    for link in ["./list/", "./sub/", "./page.html", "./a%20b%26%C3%BC.txt"] {
        assert!(text.contains(&format!("href=\"{link}\"")), "{link} is not in {text}");
    }
    assert!(text.contains(">a b&amp;ü.txt</a>"), "{text}");
    for hidden in [".env", ".git", "out", "secret", sandbox.directory().to_str().unwrap()] {
        assert!(!text.contains(hidden), "{hidden} is in {text}");
    }
    assert!(curl(&sandbox, port, "/list/", &[]).text().contains("href=\"./a%3Ab\""));
}

#[test]
fn nothing_leads_out_of_the_directory() {
    let sandbox = Sandbox::new();
    let (_child, port) = serve(&sandbox);
    symlink("../secret", sandbox.path("web/out")).unwrap();
    symlink(sandbox.path("secret"), sandbox.path("web/absolute")).unwrap();
    symlink("..", sandbox.path("web/sub/up")).unwrap();
    symlink("../..", sandbox.path("web/sub/out")).unwrap();
    symlink("../text.txt", sandbox.path("web/sub/in")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        sandbox.path("web/fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.path("web/socket")).unwrap();
    let home = sandbox.directory().to_str().unwrap();
    let long = format!("/{}", "x".repeat(5000));
    for target in [
        "/../secret",
        "/sub/../../secret",
        "/%2e%2e/secret",
        "/%2e%2e%2fsecret",
        "/..%2fsecret",
        "/sub/%2e%2e/%2e%2e/secret",
        "/..%5csecret",
        "/out",
        "/absolute",
        "/sub/out/secret",
        "/sub/out/",
        "/fifo",
        "/socket",
        "/text.txt%00",
        "/text.txt/",
        "/text.txt/x",
        "/.env",
        "/.git/config",
        "/sub/up/.env",
        "/%2eenv",
        "/%ff",
        "/none",
        "/none/",
        &long,
    ] {
        for method in ["GET", "HEAD"] {
            let answer = talk(port, format!("{method} {target} HTTP/1.0\r\n\r\n").as_bytes());
            let answer = Answer::of(&answer);
            assert_eq!(answer.status, 404, "{method} {target}");
            assert!(!answer.head.contains(home) && !answer.text().contains(home), "{target}");
        }
    }
    let absolute = talk(port, format!("GET {} HTTP/1.0\r\n\r\n", sandbox.path("secret").display()).as_bytes());
    assert_eq!(Answer::of(&absolute).status, 404);
    // A link that stays inside is followed.
    assert_eq!(curl(&sandbox, port, "/sub/in", &[]).text(), "0123456789");
    assert_eq!(curl(&sandbox, port, "/sub/up/text.txt", &[]).text(), "0123456789");
}

/// Somebody who can write into the directory changes a file for a link while it is asked for.
#[test]
fn a_race_leads_nowhere_either() {
    let sandbox = Sandbox::new();
    let (_child, port) = serve(&sandbox);
    let (turning, stop) = (sandbox.path("web/turning"), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
    std::fs::write(&turning, "open").unwrap();
    let (other, stopped) = (turning.with_extension("new"), stop.clone());
    let renaming = std::thread::spawn(move || {
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            symlink("../secret", &other).unwrap();
            std::fs::rename(&other, &turning).unwrap();
            std::fs::write(&other, "open").unwrap();
            std::fs::rename(&other, &turning).unwrap();
        }
    });
    let request = b"GET /turning HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500);
    let answers = talk(port, &request);
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    renaming.join().unwrap();
    let answers = String::from_utf8(answers).unwrap();
    assert!(!answers.contains("secret"));
    assert_eq!(answers.matches("HTTP/1.1 200").count() + answers.matches("HTTP/1.1 404").count(), 500);
}

#[test]
fn other_methods_are_refused_with_those_that_are_not() {
    let sandbox = Sandbox::new();
    let (_child, port) = serve(&sandbox);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
        let answer = curl(&sandbox, port, "/text.txt", &["--request", method]);
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"), "{method}");
    }
    // What is uploaded all the same does not cost the client its answer.
    sandbox.write("upload", noise(5 << 20));
    let ended = run_curl(&sandbox, &format!("http://127.0.0.1:{port}/text.txt"), &["--upload-file", "upload"]);
    assert_eq!(Answer::of(&ended.stdout).status, 405);
}

#[test]
fn a_connection_serves_many_requests() {
    let sandbox = Sandbox::new();
    let (child, port) = serve(&sandbox);
    let script = "
import http.client, sys
c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))
for i in range(50):
    c.request('GET', '/text.txt', headers={'Range': f'bytes=0-{i % 10}'})
    r = c.getresponse()
    assert r.status == 206 and r.read() == b'0123456789'[:i % 10 + 1], i
    c.request('HEAD', '/none')
    r = c.getresponse()
    assert r.status == 404 and r.read() == b''
print('done')
";
    let ended = sandbox.python(script, [port.to_string()]).run();
    ended.exits(0);
    assert_eq!(ended.stdout, b"done\n");
    child.wait_event("closed");
    assert_eq!(child.wait_events("accepted", 1).len(), 1);
}

#[test]
fn a_file_without_permission_is_forbidden() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let (_child, port) = serve(&sandbox);
    let path = sandbox.write("web/closed", "x");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
    // root may read everything.
    let expected = if std::fs::read(&path).is_ok() { 200 } else { 403 };
    assert_eq!(curl(&sandbox, port, "/closed", &[]).status, expected);
}
