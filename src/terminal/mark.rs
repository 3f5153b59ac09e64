//! What is shown of a conversation: lines with a mark that says which way they went, and the colour of each.

/// Which way a line went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// From the peer.
    In,
    /// From the peer: more of the line, or of the message, above it.
    Rest,
    /// To the peer.
    Out,
    /// Said by this program.
    Note,
    /// Said by this program: something went wrong.
    Trouble,
}

impl Mark {
    /// What a line begins with; without colours it is all that tells the directions apart.
    pub fn text(self) -> &'static str {
        match self {
            Mark::In => "< ",
            Mark::Rest => "  ",
            Mark::Out => "> ",
            Mark::Note => "-- ",
            Mark::Trouble => "!! ",
        }
    }
}

/// A line of the conversation. Nothing in it can control a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which way it went.
    pub mark: Mark,
    /// What it says, without a line end.
    pub text: String,
}

impl Entry {
    /// A line.
    pub fn new(mark: Mark, text: impl Into<String>) -> Self {
        Entry { mark, text: text.into() }
    }
}

/// How lines are painted: the sequences of ECMA-48 (SGR), or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    /// Whether there are colours.
    pub color: bool,
}

impl Paint {
    /// Begins the colour of a mark.
    pub fn mark(self, mark: Mark) -> &'static str {
        match (self.color, mark) {
            (false, _) => "",
            (_, Mark::In | Mark::Rest) => "\x1b[1;36m",
            (_, Mark::Out) => "\x1b[1;32m",
            (_, Mark::Note) => "\x1b[33m",
            (_, Mark::Trouble) => "\x1b[1;31m",
        }
    }

    /// Begins what is not to be looked at first, such as the time.
    pub fn faint(self) -> &'static str {
        if self.color { "\x1b[2m" } else { "" }
    }

    /// Ends a colour.
    pub fn off(self) -> &'static str {
        if self.color { "\x1b[0m" } else { "" }
    }

    /// A line as it is shown, without a line end.
    pub fn line(self, entry: &Entry, time: Option<&str>) -> String {
        let (on, off) = (self.mark(entry.mark), self.off());
        let time = time.map_or_else(String::new, |time| format!("{}{time}{off} ", self.faint()));
        // What this program says is coloured as a whole: no peer can write a line that looks like it.
        match entry.mark {
            Mark::Note | Mark::Trouble => format!("{time}{on}{}{}{off}", entry.mark.text(), entry.text),
            Mark::In | Mark::Rest | Mark::Out => format!("{time}{on}{}{off}{}", entry.mark.text(), entry.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_differ_by_mark_and_by_colour() {
        let (plain, colored) = (Paint { color: false }, Paint { color: true });
        let [received, sent] = [Mark::In, Mark::Out].map(|mark| Entry::new(mark, "a"));
        assert_eq!((plain.line(&received, None), plain.line(&sent, Some("12:00"))), ("< a".into(), "12:00 > a".into()));
        assert_eq!(colored.line(&received, None), "\x1b[1;36m< \x1b[0ma");
        assert_ne!(colored.mark(Mark::In), colored.mark(Mark::Out));
    }
}
