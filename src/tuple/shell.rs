//! Quoting for bash: what `eval` gets back is the text, whatever it holds.

/// Appends a word. Control characters are written as `$'…'` escapes, so that an assignment is one line; NUL must have
/// been refused before, for no shell variable holds it.
pub fn quote(text: &str, out: &mut Vec<u8>) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+.,:/@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let controls = text.bytes().any(|byte| byte.is_ascii_control());
    out.extend_from_slice(if controls { b"$'" } else { b"'" });
    for byte in text.bytes() {
        match byte {
            b'\'' if controls => out.extend_from_slice(b"\\'"),
            b'\'' => out.extend_from_slice(b"'\\''"),
            b'\\' if controls => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            // Three octal digits: a digit that follows is never taken for one of them.
            _ if byte.is_ascii_control() => out.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'\'');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    #[test]
    fn words() {
        let table = [
            ("", "''"),
            ("abc-1.5", "abc-1.5"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("$(rm -rf /)`x`", "'$(rm -rf /)`x`'"),
            ("~", "'~'"),
            ("a\\b", "'a\\b'"),
            ("a\nb'\\", "$'a\\nb\\'\\\\'"),
            ("\u{1}1", "$'\\0011'"),
            ("\u{7f}", "$'\\177'"),
            ("[0]=x", "'[0]=x'"),
            ("é", "'é'"),
        ];
        for (text, word) in table {
            let mut out = Vec::new();
            quote(text, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), word, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn bash_reads_back_every_text_from_one_line(
            texts in prop::collection::vec("[^\0]{0,20}|[ -~\n\t\r\u{1}]{0,20}", 1..8),
        ) {
            let mut script = b"tuple=( ".to_vec();
            for text in &texts {
                quote(text, &mut script);
                script.push(b' ');
            }
            prop_assert!(!script.contains(&b'\n'));
            script.extend_from_slice(b"); printf '%s\\0' \"${tuple[@]}\"");
            let script = String::from_utf8(script).unwrap();
            let output = Command::new("bash").args(["-c", &script]).output().unwrap();
            let expected: Vec<u8> = texts.iter().flat_map(|text| text.bytes().chain([0])).collect();
            prop_assert_eq!(output.stdout, expected, "{}", script);
        }
    }
}
