//! What HTTP ports parse by themselves: the head of what a CGI program prints, and the answer and ports of the command line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::address::PortList;
use netverb::service::http::FixedAnswer;
use netverb::service::http::cgi::parse;

fuzz_target!(|output: &[u8]| {
    let whole = parse(output);
    if let Ok(Some((head, length))) = &whole {
        assert!(*length <= output.len() && (200..=599).contains(&head.status.as_u16()));
        // What follows the head changes nothing.
        assert_eq!(parse(&output[..*length]), whole);
    }
    // A head that goes on is not known to be one, and what is none does not become one.
    let half = parse(&output[..output.len() / 2]);
    if half.is_err() {
        assert!(whole.is_err());
    }
    if let Ok(text) = std::str::from_utf8(output) {
        let _ = text.parse::<FixedAnswer>();
        if let Ok(list) = text.parse::<PortList>() {
            assert!(list.iter().count() <= 65_536);
        }
    }
});
