//! Heads of WebSocket handshakes, and the headers and sub-protocols that a user writes for one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::transport::websocket::{Request, judge, parse_header, parse_subprotocol};

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = Request::parse(data) {
        for (name, value) in request.environment() {
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !value.contains('\0'));
        }
        let _ = judge(&request, &["chat".to_owned()]);
    }
    let text = String::from_utf8_lossy(data);
    let _ = parse_subprotocol(&text);
    if let Some((name, value)) = text.split_once(':')
        && parse_header(name, value).is_ok()
    {
        assert!(!name.contains(['\r', '\n', ' ']) && !value.contains(['\r', '\n', '\0']));
    }
});
