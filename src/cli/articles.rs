//! The manual pages that are written by hand, so that the program has every page that it refers to.

use super::generate::Generated;

/// A page that is no verb's.
#[derive(Debug)]
pub struct Article {
    /// What `netverb man` calls it.
    pub name: &'static str,
    /// The section of the manual.
    pub section: u8,
    text: &'static str,
}

/// All of them.
pub const ARTICLES: [Article; 3] = [
    Article { name: "tuples", section: 5, text: include_str!("../../man/netverb-tuples.5") },
    Article { name: "zeromq", section: 7, text: include_str!("../../man/netverb-zeromq.7") },
    Article { name: "sockets", section: 7, text: include_str!("../../man/netverb-sockets.7") },
];

impl Article {
    /// The page that `word` means: its name, alone, as in `sockets.7` or as in `sockets(7)`.
    pub fn find(word: &str) -> Option<&'static Article> {
        ARTICLES.iter().find(|article| {
            let Article { name, section, .. } = article;
            word == *name || word == format!("{name}.{section}") || word == format!("{name}({section})")
        })
    }

    /// What it is found by where a verb has the same name, too.
    pub fn word(&self) -> String {
        let is_verb = super::verbs::find(self.name).is_some();
        if is_verb { format!("{}.{}", self.name, self.section) } else { self.name.to_owned() }
    }

    /// Its source.
    pub fn text(&self) -> String {
        self.text.to_owned()
    }

    /// The file of the page, beside those of section 1: in the directory of its own section, where they are in theirs.
    pub fn file(&self, beside: &std::path::Path) -> Generated {
        let Article { name, section, .. } = self;
        let folder = if beside.ends_with("man1") { format!("../man{section}/") } else { String::new() };
        Generated { name: format!("{folder}netverb-{name}.{section}"), text: self.text() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn pages_are_found_as_others_refer_to_them() {
        for word in ["zeromq", "zeromq.7", "zeromq(7)"] {
            assert_eq!(Article::find(word).unwrap().name, "zeromq");
        }
        assert!(Article::find("zeromq.1").is_none());
        for article in &ARTICLES {
            let head = format!(".Dt NETVERB-{} {}\n", article.name.to_uppercase(), article.section);
            assert!(article.text.contains(&head), "{head}");
        }
    }

    #[test]
    fn a_page_goes_to_the_directory_of_its_section() {
        let page = &ARTICLES[0];
        assert_eq!(page.file(Path::new("/x/man1")).name, "../man5/netverb-tuples.5");
        assert_eq!(page.file(Path::new("man")).name, "netverb-tuples.5");
    }
}
