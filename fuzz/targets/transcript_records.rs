//! Records of transcripts: one that was read is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netverb::output::transcript::read_record;

fuzz_target!(|line: &[u8]| {
    let Ok(record) = read_record(1, line) else { return };
    let mut written = Vec::new();
    record.write_to(&mut written).unwrap();
    assert_eq!(read_record(1, written.trim_ascii_end()).unwrap(), record);
});
