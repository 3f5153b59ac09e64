//! The page that lists a directory without an `index.html`.

use std::fmt::Write;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustix::fs::Dir;

use super::beneath::Beneath;

/// A listing names no more than this.
const MOST: usize = 10_000;

/// What a name in a URL needs no escape for (RFC 3986 section 2.3).
const IN_A_URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

struct Entry {
    name: String,
    is_directory: bool,
    size: u64,
    modified: Option<SystemTime>,
}

/// The page for a directory, under the path of its URL.
pub(super) fn page(root: &Beneath, path: &Path, title: &str) -> io::Result<String> {
    let (entries, all) = read(root, path)?;
    Ok(html(&entries, all, title, path == Path::new(".")))
}

/// What is in a directory and can be asked for, in order; and whether that is all.
fn read(root: &Beneath, path: &Path) -> io::Result<(Vec<Entry>, bool)> {
    let mut entries = Vec::new();
    for entry in Dir::new(root.directory(path)?)? {
        let entry = entry?;
        // A name that is not UTF-8 has no URL here; one that begins with a dot is hidden.
        let Some(name) = entry.file_name().to_str().ok().filter(|name| !name.starts_with('.')) else { continue };
        // What leads out of the directory, or is no file, is not served.
        let Ok(facts) = root.facts(&path.join(name)) else { continue };
        if entries.len() == MOST {
            return Ok((sorted(entries), false));
        }
        let (is_directory, size) = (facts.is_dir(), facts.len());
        entries.push(Entry { name: name.to_owned(), is_directory, size, modified: facts.modified().ok() });
    }
    Ok((sorted(entries), true))
}

fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by(|a, b| (!a.is_directory, &a.name).cmp(&(!b.is_directory, &b.name)));
    entries
}

fn html(entries: &[Entry], all: bool, title: &str, is_root: bool) -> String {
    let title = escaped(&percent_encoding::percent_decode_str(title).decode_utf8_lossy());
    let mut page = format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>body{{font-family:sans-serif}}td{{padding:0 1em 0 0}}.n{{text-align:right}}</style></head>\n\
         <body><h1>{title}</h1>\n<table>\n"
    );
    if !is_root {
        page.push_str("<tr><td><a href=\"../\">../</a></td></tr>\n");
    }
    for entry in entries {
        let slash = if entry.is_directory { "/" } else { "" };
        // With ./ in front, a colon in the name makes no scheme of it.
        let link = utf8_percent_encode(&entry.name, IN_A_URL);
        let size = if entry.is_directory { String::new() } else { entry.size.to_string() };
        let modified = entry.modified.map(|time| humantime::format_rfc3339_seconds(time).to_string());
        let _ = writeln!(
            page,
            "<tr><td><a href=\"./{link}{slash}\">{}{slash}</a></td><td class=\"n\">{size}</td><td>{}</td></tr>",
            escaped(&entry.name),
            modified.unwrap_or_default(),
        );
    }
    page.push_str("</table>\n");
    if !all {
        let _ = writeln!(page, "<p>and more: only {MOST} are listed</p>");
    }
    page.push_str("</body></html>\n");
    page
}

/// Text for HTML, in an element or in double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_hidden_ones_left_out() {
        let place = tempfile::tempdir().unwrap();
        for name in ["b.txt", "a:b", "<script>&\"'", ".hidden", "ü 1"] {
            std::fs::write(place.path().join(name), name).unwrap();
        }
        std::fs::create_dir(place.path().join("sub")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", place.path().join("out")).unwrap();
        let root = Beneath::new(place.path()).unwrap();
        let page = page(&root, Path::new("."), "/%3Ctitle%3E").unwrap();
        let links: Vec<&str> = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let expected = ["./sub/", "./%3Cscript%3E%26%22%27", "./a%3Ab", "./b.txt", "./%C3%BC%201"];
        assert_eq!(links, expected);
        assert!(page.contains(">&lt;script&gt;&amp;&quot;&#39;</a>"), "{page}");
        assert!(page.contains("<h1>/&lt;title&gt;</h1>"), "{page}");
    }
}
