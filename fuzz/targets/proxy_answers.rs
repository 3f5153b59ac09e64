//! Answers of HTTP and SOCKS proxies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::transport::proxy::{ProxyUrl, Target, connect};
use netverb_fuzz::hostile::{Hostile, finish};

fuzz_target!(|data: &[u8]| {
    let _ = std::str::from_utf8(data).map(str::parse::<ProxyUrl>);
    let name = Target::Name { name: "host.example".to_owned(), port: 80 };
    let address = Target::Address("127.0.0.1:80".parse().unwrap());
    for (url, target) in [
        ("http://me:secret@proxy", &name),
        ("socks4://me@proxy", &address),
        ("socks4a://proxy", &name),
        ("socks5://me:secret@proxy", &address),
        ("socks5h://proxy", &name),
    ] {
        let url = url.parse().unwrap();
        let _ = finish(connect(Hostile::new(data), &url, target, &[]));
    }
});
