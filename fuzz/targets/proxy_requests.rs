//! Requests to a proxy of ours: HTTP and SOCKS5, with and without a user.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::transport::proxy::Credentials;
use netverb::transport::proxy::server::{Refusal, read_http_request, read_socks5_request};
use netverb_fuzz::hostile::{Hostile, finish};

fuzz_target!(|data: &[u8]| {
    let me = Credentials { user: "me".to_owned(), password: "secret".to_owned() };
    for user in [None, Some(&me)] {
        let mut client = Hostile::new(data);
        if let Ok(request) = finish(read_http_request(&mut client, user)) {
            let _ = finish(request.refuse(&mut client, Refusal::Denied));
        }
        let mut client = Hostile::new(data);
        if let Ok(request) = finish(read_socks5_request(&mut client, user)) {
            let _ = finish(request.accept(&mut client, "127.0.0.1:80".parse().unwrap()));
        }
    }
});
