//! The lines that were entered before, in memory and in a file that only its user can read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// How many lines are remembered.
const MOST: usize = 1000;

/// The file is written anew when it has this many times more.
const SLACK: usize = 2;

/// No more of the file is read than this, in bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// The lines that were entered, the oldest first.
#[derive(Debug, Default)]
pub struct History {
    lines: Vec<String>,
    path: Option<PathBuf>,
}

/// Where the history is: `$XDG_STATE_HOME/netverb/history`, else under `~/.local/state`. `None` without a home.
pub fn usual_path() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = named("XDG_STATE_HOME").or_else(|| Some(named("HOME")?.join(".local/state")))?;
    Some(state.join("netverb/history"))
}

impl History {
    /// The history in this file, which is made on the first line.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut history = History { lines: Vec::new(), path: Some(path.to_owned()) };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(history),
            Err(error) => return Err(error),
        };
        // Passwords may stand in it, whoever made it.
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
        for line in BufReader::new(file.take(LARGEST_FILE)).split(b'\n') {
            history.remember(&unescaped(&String::from_utf8_lossy(&line?)));
        }
        history.shorten()?;
        Ok(history)
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A line, 0 being the oldest.
    pub fn get(&self, place: usize) -> Option<&str> {
        self.lines.get(place).map(String::as_str)
    }

    /// The newest line before `before` that contains the text: its place, itself, and where the text stands in it.
    pub fn find(&self, text: &str, before: usize) -> Option<(usize, &str, usize)> {
        let older = self.lines.iter().enumerate().take(before).rev();
        older.into_iter().find_map(|(place, line)| Some((place, line.as_str(), line.find(text)?)))
    }

    /// Adds a line. One that begins with a blank, is empty, or is the same as the one before is not remembered.
    ///
    /// # Errors
    /// The file cannot be written; the line is remembered all the same.
    pub fn add(&mut self, line: &str) -> io::Result<()> {
        if line.starts_with(' ') || !self.remember(line) {
            return Ok(());
        }
        if self.lines.len() > MOST * SLACK {
            return self.shorten();
        }
        let Some(path) = &self.path else { return Ok(()) };
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        // One write, so that the lines of two programs do not mix.
        file.write_all(format!("{}\n", escaped(line)).as_bytes())
    }

    fn remember(&mut self, line: &str) -> bool {
        let new = !line.is_empty() && self.lines.last().is_none_or(|last| last != line);
        if new {
            self.lines.push(line.to_owned());
        }
        new
    }

    /// Forgets the oldest, also in the file, which is written beside and renamed.
    fn shorten(&mut self) -> io::Result<()> {
        let file_is_long = self.lines.len() > MOST * SLACK;
        self.lines.drain(..self.lines.len().saturating_sub(MOST));
        let Some(path) = self.path.as_ref().filter(|_| file_is_long) else { return Ok(()) };
        let beside = path.with_extension(format!("new{}", std::process::id()));
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&beside)?;
        let all: String = self.lines.iter().map(|line| format!("{}\n", escaped(line))).collect();
        let written = file.write_all(all.as_bytes()).and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }
}

/// A line of several, such as a pasted one, on one line.
fn escaped(line: &str) -> String {
    line.replace('\\', "\\\\").replace('\n', "\\n")
}

fn unescaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match (c, rest.as_str().chars().next()) {
            ('\\', Some('n')) => {
                rest.next();
                text.push('\n');
            }
            ('\\', Some('\\')) => {
                rest.next();
                text.push('\\');
            }
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn lines_outlive_the_program_in_a_file_of_its_user_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/netverb/history");
        let mut history = History::open(&path).unwrap();
        for line in ["one", "a\\nb", "two\nlines", "two\nlines", "", " secret", "three"] {
            history.add(line).unwrap();
        }
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let again = History::open(&path).unwrap();
        assert_eq!(again.lines, ["one", "a\\nb", "two\nlines", "three"]);
        assert_eq!(again.lines, history.lines);
    }

    #[test]
    fn a_file_that_others_can_read_is_closed_to_them() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("history");
        fs::write(&path, "old\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(History::open(&path).unwrap().get(0), Some("old"));
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn the_oldest_are_forgotten_in_the_file_too() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("history");
        let mut history = History::open(&path).unwrap();
        for number in 0..=MOST * SLACK {
            history.add(&number.to_string()).unwrap();
        }
        let again = History::open(&path).unwrap();
        assert_eq!((again.len(), again.get(0)), (MOST, Some((MOST * (SLACK - 1) + 1).to_string().as_str())));
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_said_and_the_line_is_remembered() {
        let mut history = History::open(Path::new("/dev/null/history")).unwrap_or_default();
        history.path = Some(PathBuf::from("/dev/null/x/history"));
        assert!(history.add("line").is_err());
        assert_eq!(history.get(0), Some("line"));
    }

    #[test]
    fn the_newest_match_is_found_first() {
        let mut history = History::default();
        for line in ["ab", "b", "ab c"] {
            history.add(line).unwrap();
        }
        assert_eq!(history.find("b", 3), Some((2, "ab c", 1)));
        assert_eq!(history.find("b", 2), Some((1, "b", 0)));
        assert_eq!(history.find("z", 3), None);
    }
}
