//! The file name of a kept socket: its key, readable where that is possible, so that a listing needs to ask nobody.

/// The end of the name of a keeper's socket.
pub const SOCKET: &str = ".sock";
/// The end of the name of its lock.
pub const LOCK: &str = ".lock";

/// How a name begins that is the hash of a key.
const HASHED: char = '~';

/// The file name of a key, without its end, within `room` bytes where the hash fits into them.
pub fn name(key: &str, room: usize) -> String {
    let readable = escaped(key);
    if readable.len() <= room {
        return readable;
    }
    let hash = blake3::hash(key.as_bytes()).to_hex();
    let digits: String = hash.chars().take(20).collect();
    format!("{HASHED}{digits}")
}

/// The key of a file name; `None` when it is a hash or nothing that [`name`] makes.
pub fn key(name: &str) -> Option<String> {
    if name.starts_with(HASHED) {
        return None;
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

fn escaped(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    for (at, byte) in key.bytes().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b':' | b'@' | b'[' | b']' | b'|' => {
                name.push(char::from(byte));
            }
            b'.' if at > 0 => name.push('.'),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_readable_and_no_path() {
        for (given, file) in [
            ("mail", "mail"),
            ("web.2", "web.2"),
            ("[::1]:25", "[::1]:25"),
            ("unix:/run/x", "unix:%2frun%2fx"),
            ("..", "%2e."),
            ("~a", "%7ea"),
        ] {
            assert_eq!(name(given, 90), file);
            assert_eq!(key(file).as_deref(), Some(given));
        }
    }

    #[test]
    fn a_long_key_has_a_short_name_of_its_own() {
        let (one, two) = (name(&"a".repeat(90), 60), name(&"b".repeat(90), 60));
        assert_eq!((one.len(), two.len()), (21, 21));
        assert_ne!(one, two);
        assert_eq!(key(&one), None);
    }

    proptest! {
        #[test]
        fn a_name_reads_back(text in ".{1,30}") {
            let file = name(&text, 1000);
            prop_assert!(!file.contains('/') && !file.starts_with('.'));
            prop_assert_eq!(key(&file), Some(text));
        }

        #[test]
        fn any_file_name_is_survived(text in ".{0,30}") {
            let _ = key(&text);
        }
    }
}
